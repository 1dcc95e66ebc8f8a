"""What speaks for and against two texts contradicting each other, as named figures and as findings.

`weigh` reads both and returns `Evidence`: the feature vector that engines judge by, and the findings
(words in both that carry a clash) from which spans and the reason come. It does not depend on which
of the two comes first.
"""

import math
from collections.abc import Set
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Final

from factcheck.analysis import lexicon
from factcheck.analysis import plain as plain_rules
from factcheck.analysis.figures import agree
from factcheck.analysis.findings import Utterance
from factcheck.analysis.plain import Finding, plain, topic
from factcheck.analysis.reading import Reading, SentenceReading, Term, concept, concept_weight, read, weight

_CUES: Final = tuple(lexicon.CUES)
_AT: Final = {name: place for place, name in enumerate(_CUES)}

# What matters in the two sentences that are nearest in topic, beside the whole texts.
_NEAR: Final = (
    "universal", "hedge", "opinion", "future", "evidence", "knowing", "blame", "clears",
    "conditional", "reporting",
    "denial", "negator", "modal", "whether", "other", "i", "he",
)  # fmt: skip
_NEAR_AT: Final = tuple((f"near_{name}", _AT[name]) for name in _NEAR)

_SCALAR: Final = (
    "shared", "shared_best", "cosine", "containment", "shared_count", "rarest_shared",
    "best_containment", "names_shared", "names_apart", "polarity_same", "polarity_clash",
    "polarity_clash_best", "sides_clash", "sides_clash_near", "sides_agree", "sides_agree_near",
    "figure_clash", "figure_clash_same", "figure_match", "date_clash", "date_match",
    "figures_least", "same_speaker", "speaker_named", "i_he", "we_they", "i_they", "roles_shared",
    "role_in_text", "blame_clears", "universal_evidence", "negator_evidence", "negator_apart",
    "knowing_both", "question", "document_both", "rest_least", "rest_most", "rest_share",
    "rest_names", "rest_ahead", "near_negation", "near_kind", "near_unreal", "near_opposite",
    "near_figure", "near_stop_shared", "swapped", "he_both", "they_both", "present_apart",
    *(f"plain_{rule}" for rule in plain_rules.RULES), *(f"near_{name}" for name in _NEAR), "near_question",
)  # fmt: skip
FEATURES: Final = (*_SCALAR, *(f"{name}_{end}" for name in _CUES for end in ("least", "most")))
"""The names of the features, in the order of the vector."""


# A clash far from any common topic explains nothing.
_NEAR_ENOUGH: Final = {"figure": 5.0, "date": 8.0, "opposite": 8.0, "negation": 5.0}


@dataclass(frozen=True, slots=True)
class Evidence:
    """The features in the order of `FEATURES`, and what can explain a judgement of them.

    `strongest` is the clash that explains most, if any lies near enough to a common topic; `nearest` are the
    sentences closest in topic.
    """

    features: tuple[float, ...]
    strongest: Finding | None
    nearest: tuple[SentenceReading, SentenceReading] | None
    plain: Finding | None


class _Clashes:
    """Keeps the strongest of the clashes that lie near enough to a common topic."""

    def __init__(self) -> None:
        self.strongest: Finding | None = None

    def add(
        self,
        rule: str,
        strength: float,
        ends: tuple[tuple[int, int], tuple[int, int]],
        left: SentenceReading,
        shared: Set[str],
    ) -> None:
        """Take note of a clash at `ends` in both texts; `shared` are the concepts of its topic."""
        least = self.strongest.strength if self.strongest else 0.0
        if strength > least and strength >= _NEAR_ENOUGH[rule]:
            self.strongest = Finding(rule, strength, *ends, topic(left, shared))


def weigh(a: Utterance, b: Utterance) -> Evidence:
    """Hold two utterances against each other; the features are the same in both orders."""
    if (b.text, b.speaker or "", b.speaker_role or "") < (a.text, a.speaker or "", a.speaker_role or ""):
        return _turned(_weighed(b, a))
    return _weighed(a, b)


def _turned(found: Evidence) -> Evidence:
    strongest, plainly = (one and replace(one, a=one.b, b=one.a) for one in (found.strongest, found.plain))
    nearest = found.nearest and (found.nearest[1], found.nearest[0])
    return Evidence(found.features, strongest, nearest, plainly)


def _weighed(a: Utterance, b: Utterance) -> Evidence:
    one, other = read(a.text), read(b.text)
    found: dict[str, float] = dict.fromkeys(_SCALAR, 0.0)
    shared = {key: one.concepts[key] for key in one.concepts.keys() & other.concepts.keys()}
    _overlap(found, one, other, shared)
    clashes = _Clashes()
    nearest = _sentences(found, clashes, one, other)
    _figures(found, clashes, one, other)
    _people(found, a, b, one, other)
    _wordings(found, one, other)
    cues = zip(one.cues, other.cues, strict=True)
    least_most = [end for x, y in cues for end in ((x, y) if x < y else (y, x))]
    clear = plain(one, other, same_speaker=bool(found["same_speaker"]))
    if clear:
        found[f"plain_{clear.rule}"] = 1.0
    return Evidence((*found.values(), *least_most), clashes.strongest, nearest, clear)


def _overlap(found: dict[str, float], one: Reading, other: Reading, shared: dict[str, float]) -> None:
    total = math.fsum(shared.values())
    heavy, light = (math.fsum(reading.concepts.values()) for reading in (one, other))
    found["shared"] = total
    found["shared_count"] = len(shared)
    found["rarest_shared"] = max(shared.values(), default=0.0)
    found["cosine"] = total / math.sqrt(heavy * light) if heavy and light else 0.0
    found["containment"] = total / min(heavy, light) if heavy and light else 0.0
    found["names_shared"] = len(one.names & other.names)
    found["names_apart"] = bool(one.names and other.names and not one.names & other.names)
    same = {key for key in shared if one.polarity[key] & other.polarity[key]}
    found["polarity_same"] = math.fsum(shared[key] for key in same)
    found["polarity_clash"] = math.fsum(worth for key, worth in shared.items() if key not in same)


def _sentences(
    found: dict[str, float], clashes: _Clashes, one: Reading, other: Reading
) -> tuple[SentenceReading, SentenceReading] | None:
    best, nearest = 0.0, None
    for left in one.sentences:
        for right in other.sentences:
            shared = left.concepts.keys() & right.concepts.keys()
            worth = math.fsum(left.concepts[key] for key in shared)
            if worth > best:
                best, nearest = worth, (left, right)
            if shared:
                clash = math.fsum(
                    left.concepts[key] for key in shared if not left.polarity[key] & right.polarity[key]
                )
                if clash > found["polarity_clash_best"]:
                    found["polarity_clash_best"] = clash
                    clashes.add("negation", clash, _negated(left, right, shared), left, shared)
            for axis in left.sides.keys() & right.sides.keys():
                side, term = left.sides[axis]
                opposed, against = right.sides[axis]
                rest = worth - (concept_weight(term.concept) if term.concept in shared else 0.0)
                if side != opposed:
                    found["sides_clash"] += 1
                    found["sides_clash_near"] = max(found["sides_clash_near"], rest)
                    ends = _at(term), _at(against)
                    clashes.add("opposite", 2 + rest, ends, left, shared - {term.concept})
                else:
                    found["sides_agree"] += 1
                    found["sides_agree_near"] = max(found["sides_agree_near"], rest)
    found["shared_best"] = best
    if nearest:
        found["best_containment"] = best / max(1.0, min(nearest[0].weight, nearest[1].weight))
        _remainder(found, *nearest)
    return nearest


def _remainder(found: dict[str, float], left: SentenceReading, right: SentenceReading) -> None:
    """Say what two sentences of one topic do not share: it decides where nearly all words are the same."""
    whole = left.weight + right.weight
    rest = [
        [term for term in one.terms if term.weight and term.concept not in other.concepts]
        for one, other in ((left, right), (right, left))
    ]
    weights = [math.fsum(term.weight for term in terms) for terms in rest]
    found["rest_least"], found["rest_most"] = min(weights), max(weights)
    found["rest_share"] = sum(weights) / whole if whole else 0.0
    found["rest_names"] = min(sum(term.name for term in terms) for terms in rest)
    near = max(0.0, 1 - found["rest_share"])
    for name, at in _NEAR_AT:
        found[name] = left.cues[at] + right.cues[at]
    found["near_question"] = left.sentence.question + right.sentence.question
    found["near_negation"] = near * (left.negators % 2 != right.negators % 2)
    apart = left.lows ^ right.lows
    found["near_kind"] = near * len(apart & lexicon.OTHERS)
    found["near_unreal"] = near * len(apart & lexicon.UNREAL)
    found["near_stop_shared"] = len(left.lows & right.lows & lexicon.STOP)
    ahead = 0
    for one, other in ((left, right), (right, left)):
        first = next((term for term in one.terms if term.weight), None)
        ahead += first is not None and first.concept not in other.concepts
    found["rest_ahead"] = near * ahead
    order = [term.concept for term in left.terms if term.concept in right.concepts and term.weight]
    places = {term.concept: place for place, term in enumerate(right.terms)}
    kept = [places[key] for key in dict.fromkeys(order)]
    found["swapped"] = near * sum(x > y for x, y in pairwise(kept))
    for axis in left.sides.keys() & right.sides.keys():
        if left.sides[axis][0] != right.sides[axis][0]:
            found["near_opposite"] = near
    found["near_figure"] = near * any(
        agree(x, y) is False for x in left.figures[:20] for y in right.figures[:20]
    )


def _at(term: Term) -> tuple[int, int]:
    return term.word.start, term.word.end


def _negated(
    left: SentenceReading, right: SentenceReading, shared: Set[str]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return where in both sentences the words stretch that one of them denies."""
    apart = {key for key in shared if not left.polarity[key] & right.polarity[key]}
    ends = []
    for reading in (left, right):
        words = [term.word for term in reading.terms if term.concept in apart]
        ends.append((words[0].start, words[-1].end))
    return ends[0], ends[1]


def _figures(found: dict[str, float], clashes: _Clashes, one: Reading, other: Reading) -> None:
    numbers = [[(f, s) for s in r.sentences for f in s.figures][:40] for r in (one, other)]
    found["figures_least"] = min(len(numbers[0]), len(numbers[1]))
    for left, here in numbers[0]:
        for right, there in numbers[1]:
            same = agree(left, right)
            if same is None:
                continue
            dated = left.kind in ("date", "time", "year")
            if same:
                found["date_match" if dated else "figure_match"] += 1
                continue
            shared = here.concepts.keys() & there.concepts.keys()
            near = math.fsum(map(concept_weight, shared))
            key = "date_clash" if dated else "figure_clash"
            found[key] = max(found[key], 1 + near)
            counted = {concept(w) for w in left.counted} & {concept(w) for w in right.counted}
            if counted and not dated:
                found["figure_clash_same"] = max(found["figure_clash_same"], 1 + near)
            ends = (left.start, left.end), (right.start, right.end)
            clashes.add("date" if dated else "figure", near + 6 * bool(counted), ends, here, shared)


def _people(found: dict[str, float], a: Utterance, b: Utterance, one: Reading, other: Reading) -> None:
    found["same_speaker"] = bool(a.speaker) and a.speaker == b.speaker
    surnames = [(u.speaker or "").lower().split()[-1:] for u in (a, b)]
    found["speaker_named"] = sum(
        bool(name) and name[0] in reading.lows for name, reading in zip(surnames, (other, one), strict=True)
    )
    i, we, he, they = (_AT[name] for name in ("i", "we", "he", "they"))
    for left, right in ((one.cues, other.cues), (other.cues, one.cues)):
        found["i_he"] += left[i] > 0 and right[he] > 0
        found["we_they"] += left[we] > 0 and right[they] > 0
        found["i_they"] += left[i] > 0 and right[they] > 0
    roles = [_role(u.speaker_role) for u in (a, b)]
    found["roles_shared"] = math.fsum(map(concept_weight, roles[0] & roles[1]))
    found["role_in_text"] = math.fsum(
        math.fsum(map(concept_weight, role & reading.concepts.keys()))
        for role, reading in zip(roles, (other, one), strict=True)
    )


@lru_cache(maxsize=1024)
def _role(role: str | None) -> frozenset[str]:
    words = (
        "".join(c if c.isalnum() or c in "'-" else " " for c in (role or "").lower())
        .replace("-", " ")
        .split()
    )
    return frozenset(concept(word) for word in words if weight(word))


def _wordings(found: dict[str, float], one: Reading, other: Reading) -> None:
    x, y = one.cues, other.cues
    blame, clears = _AT["blame"], _AT["clears"]
    found["blame_clears"] = min(x[blame], y[clears]) + min(y[blame], x[clears])
    universal, evidence, negator = _AT["universal"], _AT["evidence"], _AT["negator"]
    found["universal_evidence"] = min(x[universal], y[evidence]) + min(y[universal], x[evidence])
    found["negator_evidence"] = min(x[negator], y[evidence]) + min(y[negator], x[evidence])
    found["negator_apart"] = bool(x[negator]) != bool(y[negator])
    found["knowing_both"] = min(x[_AT["knowing"]], y[_AT["knowing"]])
    found["document_both"] = min(x[_AT["document"]], y[_AT["document"]])
    found["he_both"] = min(x[_AT["he"]], y[_AT["he"]])
    found["they_both"] = min(x[_AT["they"]], y[_AT["they"]])
    found["present_apart"] = (x[_AT["present"]] > x[_AT["past"]]) != (y[_AT["present"]] > y[_AT["past"]])
    found["question"] = one.questions + other.questions
