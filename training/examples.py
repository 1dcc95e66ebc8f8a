"""The labelled quotes that the engines are fitted on, whatever file they stand in.

Four formats, one JSON object a line: stories (`quotes`, `claims`, `pairs`, `stances`), dossiers (many
claims that are close to each other; each quote names in `links` those it bears on, `contradictions` and
`entailments` name pairs; all the rest is none, or neutral), contrast sets (`base` and `others`, each with
its label against the base), and single pairs (`a`, `b`, `label`).
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from factcheck.analysis import Proposition, Utterance


@dataclass(frozen=True)
class PairExample:
    """Two utterances and how they stand to each other. What shares a `group` must not be split."""

    group: str
    a: Utterance
    b: Utterance
    label: str
    source: str


@dataclass(frozen=True)
class StanceExample:
    """A statement, a claim and the stance: supports, disputes or none."""

    group: str
    statement: Utterance
    claim: Proposition
    stance: str
    source: str


def utterance(said: dict[str, Any]) -> Utterance:
    """Read a quote as all files of quotes have it."""
    return Utterance(
        said["text"], said.get("speaker"), said.get("role"), said.get("on_behalf_of"), said.get("said_on")
    )


def proposition(claim: dict[str, Any]) -> Proposition:
    """Read a claim as stories and dossiers have it."""
    return Proposition(claim["text"], claim.get("kind", "other"), tuple(claim.get("about", ())))


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file of one JSON object a line."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def pairs(paths: Iterable[Path]) -> Iterator[PairExample]:
    """Yield all labelled pairs of the files."""
    for path in paths:
        for row in rows(path):
            if "pairs" in row:
                quotes = {quote["id"]: utterance(quote) for quote in row["quotes"]}
                for key, (label, _) in row["pairs"].items():
                    a, b = key.split(",")
                    yield PairExample(row["group"], quotes[a], quotes[b], label, path.stem)
            elif "contradictions" in row:
                marked = {frozenset(pair): "contradiction" for pair in row["contradictions"]}
                marked |= {frozenset(pair): "entailment" for pair in row["entailments"]}
                for a, b in combinations(row["quotes"], 2):
                    label = marked.get(frozenset((a["id"], b["id"])), "neutral")
                    yield PairExample(row["group"], utterance(a), utterance(b), label, path.stem)
            elif "others" in row:
                base = utterance(row["base"])
                for other in row["others"]:
                    yield PairExample(row["set"], base, utterance(other), other["label"], path.stem)
            else:
                # A family of pairs (h1-0001a, b, c) has one quote in common.
                group = row["id"].rstrip("abcdefghij")
                yield PairExample(group, utterance(row["a"]), utterance(row["b"]), row["label"], path.stem)


def stances(paths: Iterable[Path]) -> Iterator[StanceExample]:
    """Yield all labelled stances of the stories in the files."""
    for path in paths:
        for row in rows(path):
            claims = {claim["id"]: proposition(claim) for claim in row.get("claims", ())}
            for quote in row.get("quotes", ()):
                linked = quote["links"] if "links" in quote else row["stances"][quote["id"]]
                for claim in claims:
                    side = linked.get(claim, "none")
                    yield StanceExample(row["group"], utterance(quote), claims[claim], side, path.stem)
