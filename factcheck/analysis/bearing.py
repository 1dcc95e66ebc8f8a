"""What speaks for a statement supporting or disputing a claim, as named figures.

It stands on the evidence of two texts (`evidence.py`) and adds what only a claim has: a kind, the
entities it is about, and words that a statement covers or leaves out.
"""

from functools import lru_cache
from math import fsum
from typing import Final

from factcheck.analysis import evidence, lexicon
from factcheck.analysis.evidence import Evidence, weigh
from factcheck.analysis.findings import Proposition, Utterance
from factcheck.analysis.reading import concept, concept_weight, read, weight

_KINDS: Final = ("exoneration", "responsibility", "event", "figure", "other")
_EXTRA: Final = (
    "covered", "covered_best", "subject_speaks", "subject_spoken_for", "subject_named",
    "subject_kin", "others_named", "subject_by_role", "claim_negated", "claim_blames",
    "claim_clears", "said_blame", "said_clears", "own_denial", "own_clearing", "other_blame",
    "polarity_clash_covered", "opposite_covered", "figure_clash_figure", "figure_match_figure",
    "covered_apart", "left_out", "covered_apart_best",
)  # fmt: skip
BEARING: Final = (
    *evidence.FEATURES,
    *_EXTRA,
    *(f"kind_{kind}" for kind in _KINDS),
)
"""The names of the features of a statement and a claim, in the order of the vector."""

TOUCHED: Final = BEARING.index("covered_apart")
"""Where the vector says how much of the claim, its names apart, the statement speaks of (0–1)."""
LEAST_TOUCHED: Final = 0.25
"""A statement that speaks of less gets no link: who is accused denies much, and not everything."""

_AT: Final = {name: place for place, name in enumerate(evidence.FEATURES)}
_CUE: Final = {name: place for place, name in enumerate(lexicon.CUES)}


def bearing(statement: Utterance, claim: Proposition) -> tuple[tuple[float, ...], Evidence]:
    """Hold a statement against a claim; returns the features and the evidence of the two texts."""
    proof = weigh(statement, Utterance(claim.text))
    said, held = read(statement.text), read(claim.text)
    value = proof.features
    found = dict.fromkeys(_EXTRA, 0.0)
    whole = fsum(held.concepts.values()) or 1.0
    found["covered"] = fsum(map(concept_weight, held.concepts.keys() & said.concepts.keys())) / whole
    found["covered_best"] = max(
        (
            fsum(map(concept_weight, held.concepts.keys() & one.concepts.keys())) / whole
            for one in said.sentences
        ),
        default=0.0,
    )
    names = [_names(one) for one in claim.about]
    speaker, behalf = _names(statement.speaker or ""), _names(statement.on_behalf_of or "")
    subject = names[0] if names else frozenset()
    role = {concept(word) for word in _names(statement.speaker_role or "")}
    own_role = _names(statement.speaker_role or "")
    found["subject_speaks"] = _same(subject, speaker)
    found["subject_spoken_for"] = _same(subject, behalf) or bool(subject and subject <= own_role)
    # A relative shares the name and is not the person; so is whoever has the name in the role.
    found["subject_kin"] = bool(subject & (speaker | own_role)) and not _same(subject, speaker)
    found["subject_named"] = bool({concept(word) for word in subject} & said.concepts.keys())
    found["others_named"] = sum(
        bool({concept(word) for word in one} & said.concepts.keys()) for one in names[1:]
    )
    found["subject_by_role"] = bool(role & held.concepts.keys())
    found["claim_negated"] = held.cues[_CUE["negator"]] > 0
    for name, cue in (("blames", "blame"), ("clears", "clears")):
        found[f"claim_{name}"] = held.cues[_CUE[cue]] > 0
    found["said_blame"], found["said_clears"] = said.cues[_CUE["blame"]], said.cues[_CUE["clears"]]
    own = found["subject_speaks"] or found["subject_spoken_for"]
    found["own_denial"] = own and claim.kind == "responsibility"
    found["own_clearing"] = own and claim.kind == "exoneration"
    found["other_blame"] = not own and claim.kind == "responsibility"
    found["polarity_clash_covered"] = value[_AT["polarity_clash"]] / whole
    found["opposite_covered"] = value[_AT["sides_clash_near"]] / whole
    figure = claim.kind == "figure"
    found["figure_clash_figure"] = figure and value[_AT["figure_clash"]] + value[_AT["date_clash"]]
    found["figure_match_figure"] = figure and value[_AT["figure_match"]] + value[_AT["date_match"]]
    # What the claim says of its entities; to name these alone bears on nothing.
    named = {concept(word) for one in names for word in one}
    apart = {key: heavy for key, heavy in held.concepts.items() if key not in named}
    rest = fsum(apart.values()) or 1.0
    met = {key for key in apart if key in said.concepts}
    found["left_out"] = fsum(heavy for key, heavy in apart.items() if key not in met)
    found["covered_apart"] = fsum(apart[key] for key in met) / rest
    found["covered_apart_best"] = max(
        (fsum(apart[key] for key in met if key in one.concepts) / rest for one in said.sentences), default=0.0
    )
    return (*value, *found.values(), *(claim.kind == kind for kind in _KINDS)), proof


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Tell whether two names may be one person's: "Viktor Samsonov", "landlord Viktor Samsonov"."""
    return bool(one and other) and (one <= other or other <= one)


@lru_cache(maxsize=4096)
def _names(name: str) -> frozenset[str]:
    words = name.lower().replace(",", " ").replace(".", " ").replace("-", " ").split()
    return frozenset(word.removesuffix("'s") for word in words if weight(word))
