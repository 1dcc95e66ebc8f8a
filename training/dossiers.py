"""Dossiers with all links removed: which links an engine suggests, and which contradictions follow.

A dossier is a story: claims, how they stand to each other, and statements with the links that an
editor made. The contradictions are derived from the suggested links by the rules of
docs/contradictions.md, read literally; contradictions by words alone are added to them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from factcheck.analysis import compare
from factcheck.analysis.comparing import Engine
from training.examples import proposition, utterance

# As in factcheck/graph.py, which reads the same rules from the database.
MAX_HOPS = 4

Position = tuple[str, str]
"""A claim's slug and `supports` or `disputes`."""
Link = tuple[str, str, str]
"""A statement's id, a claim's slug, and the stance."""
Pair = frozenset[str]


@dataclass
class DossierScore:
    """What was suggested, what an editor says, and how much of it agrees; over all dossiers."""

    suggested: set[Link] = field(default_factory=set)
    linked: set[Link] = field(default_factory=set)
    derived: set[Pair] = field(default_factory=set)
    by_words: set[Pair] = field(default_factory=set)
    contradictions: set[Pair] = field(default_factory=set)
    bare: set[str] = field(default_factory=set)

    def links(self) -> tuple[float, float]:
        """Precision and recall of the suggested links, claim and stance both right."""
        return agreement(self.suggested, self.linked)

    def end_to_end(self) -> tuple[float, float]:
        """Precision and recall of all contradictions found."""
        return agreement(self.derived | self.by_words, self.contradictions)

    def bare_linked(self) -> float:
        """The share of the statements that bear on nothing and are given a link all the same."""
        touched = {statement for statement, _, _ in self.suggested}
        return len(self.bare & touched) / len(self.bare) if self.bare else 0.0


def agreement(found: set[Any], right: set[Any]) -> tuple[float, float]:
    """Return precision and recall; finding nothing is precise and recalls nothing."""
    both = len(found & right)
    return (both / len(found) if found else 1.0), (both / len(right) if right else 0.0)


def score_dossiers(dossiers: Iterable[dict[str, Any]], engine: Engine) -> DossierScore:
    """Suggest the links of each dossier's statements to its claims and derive what follows."""
    score = DossierScore()
    for dossier in dossiers:
        key = dossier["id"]
        statements = {f"{key}/{one['id']}": one for one in dossier["statements"]}
        uttered = {name: utterance(one) for name, one in statements.items()}
        for name, one in statements.items():
            score.linked |= {(name, f"{key}/{link['claim']}", link["stance"]) for link in one["links"]}
            if not one["links"]:
                score.bare.add(name)
        positions: dict[str, set[Position]] = {name: set() for name in statements}
        held = [proposition(claim) for claim in dossier["claims"]]
        for name, said in uttered.items():
            for claim, found in zip(dossier["claims"], engine.judge(said, held, [])[0], strict=True):
                if found.stance != "none":
                    score.suggested.add((name, f"{key}/{claim['slug']}", found.stance))
                    positions[name].add((claim["slug"], found.stance))
        score.contradictions |= {
            frozenset(f"{key}/{one}" for one in pair) for pair in dossier["contradictions"]
        }
        for a, b in combinations(statements, 2):
            if opposed(positions[a], positions[b], dossier):
                score.derived.add(frozenset((a, b)))
            if compare(uttered[a], uttered[b], engine=engine).label == "contradiction":
                score.by_words.add(frozenset((a, b)))
    return score


def opposed(first: set[Position], second: set[Position], dossier: dict[str, Any]) -> bool:
    """Tell whether two statements' positions cannot both stand."""
    wide_first, wide_second = spread(first, dossier), spread(second, dossier)
    if any(
        (claim, "disputes" if side == "supports" else "supports") in wide_second for claim, side in wide_first
    ):
        return True
    drawn = {
        frozenset((relation["a"], relation["b"]))
        for relation in dossier["claim_relations"]
        if relation["type"] == "contradicts"
    }
    kinds = {claim["slug"]: (claim["kind"], (claim["about"] or [None])[0]) for claim in dossier["claims"]}
    for a, side_a in wide_first:
        for b, side_b in wide_second:
            if side_a == side_b == "supports" and (
                frozenset((a, b)) in drawn or _clears_whom_it_blames(kinds[a], kinds[b])
            ):
                return True
    return False


def spread(positions: set[Position], dossier: dict[str, Any]) -> set[Position]:
    """Carry positions along `implies` and `equivalent`, at most four times."""
    implied = set()
    for relation in dossier["claim_relations"]:
        if relation["type"] in ("implies", "equivalent"):
            implied.add((relation["a"], relation["b"]))
        if relation["type"] == "equivalent":
            implied.add((relation["b"], relation["a"]))
    reached = set(positions)
    for _ in range(MAX_HOPS):
        reached |= {
            (end, side)
            for start, end in implied
            for claim, side in reached
            if (claim, side) == (start, "supports")
        }
        reached |= {
            (start, side)
            for start, end in implied
            for claim, side in reached
            if (claim, side) == (end, "disputes")
        }
    return reached


def _clears_whom_it_blames(one: tuple[str, str | None], other: tuple[str, str | None]) -> bool:
    return (
        {one[0], other[0]} == {"exoneration", "responsibility"} and one[1] is not None and one[1] == other[1]
    )
