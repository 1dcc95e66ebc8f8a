"""What speaks for and against two texts contradicting each other, as named figures and as findings.

`weigh` reads both and returns `Evidence`: the feature vector that engines judge by, and the findings
(words in both that carry a clash) from which spans and the reason come. It does not depend on which
of the two comes first.
"""

import math
from dataclasses import dataclass
from typing import Final

from factcheck.analysis import lexicon
from factcheck.analysis.figures import agree
from factcheck.analysis.findings import Utterance
from factcheck.analysis.reading import Reading, SentenceReading, Term, concept, concept_weight, read, weight

_CUES: Final = tuple(lexicon.CUES)
_AT: Final = {name: place for place, name in enumerate(_CUES)}

_SCALAR: Final = (
    "shared", "shared_best", "cosine", "containment", "shared_count", "rarest_shared", "best_containment",
    "names_shared", "names_apart", "polarity_same", "polarity_clash", "polarity_clash_best", "sides_clash",
    "sides_clash_near", "sides_agree", "sides_agree_near", "figure_clash", "figure_clash_same",
    "figure_match",
    "date_clash", "date_match", "figures_least", "same_speaker", "speaker_named", "i_he", "we_they", "i_they",
    "behalf", "days_apart", "years_apart", "roles_shared", "role_in_text", "blame_clears",
    "universal_evidence",
    "negator_evidence", "negator_apart", "knowing_both", "question", "length_least", "length_most", "defends",
    "defends_witness", "opposed_stance_near", "document_both",
)  # fmt: skip
FEATURES: Final = (*_SCALAR, *(f"{name}_{end}" for name in _CUES for end in ("least", "most")))
"""The names of the features, in the order of the vector."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Words of `a` and of `b` (code points) that clash by one rule; `strength` ranks findings."""

    rule: str
    strength: float
    a: tuple[int, int]
    b: tuple[int, int]
    topic: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The features in the order of `FEATURES`, the findings, and the sentences closest in topic."""

    features: tuple[float, ...]
    findings: tuple[Finding, ...]
    nearest: tuple[SentenceReading, SentenceReading] | None
    topic: tuple[str, ...]


def weigh(a: Utterance, b: Utterance) -> Evidence:
    """Hold two utterances against each other."""
    one, other = read(a.text), read(b.text)
    found: dict[str, float] = dict.fromkeys(_SCALAR, 0.0)
    shared = {key: concept_weight(key) for key in one.concepts.keys() & other.concepts.keys()}
    _overlap(found, one, other, shared)
    findings: list[Finding] = []
    nearest = _sentences(found, findings, one, other)
    _figures(found, findings, one, other)
    _people(found, a, b, one, other)
    _wordings(found, one, other)
    least_most = [end(x, y) for x, y in zip(one.cues, other.cues, strict=True) for end in (min, max)]
    topic = tuple(sorted(shared, key=lambda key: -shared[key])[:3])
    return Evidence((*found.values(), *map(float, least_most)), tuple(findings), nearest, topic)


def _overlap(found: dict[str, float], one: Reading, other: Reading, shared: dict[str, float]) -> None:
    total = sum(shared.values())
    heavy, light = (sum(map(concept_weight, reading.concepts)) for reading in (one, other))
    found["shared"] = total
    found["shared_count"] = len(shared)
    found["rarest_shared"] = max(shared.values(), default=0.0)
    found["cosine"] = total / math.sqrt(heavy * light) if heavy and light else 0.0
    found["containment"] = total / min(heavy, light) if heavy and light else 0.0
    found["names_shared"] = len(one.names & other.names)
    found["names_apart"] = bool(one.names and other.names and not one.names & other.names)
    for key, worth in shared.items():
        same = one.concepts[key] & other.concepts[key]
        found["polarity_same" if same else "polarity_clash"] += worth


def _sentences(
    found: dict[str, float], findings: list[Finding], one: Reading, other: Reading
) -> tuple[SentenceReading, SentenceReading] | None:
    best, nearest = 0.0, None
    for left in one.sentences:
        for right in other.sentences:
            shared = left.concepts.keys() & right.concepts.keys()
            worth = sum(map(concept_weight, shared))
            if worth > best:
                best, nearest = worth, (left, right)
            if shared:
                clash = sum(
                    concept_weight(key) for key in shared if not left.concepts[key] & right.concepts[key]
                )
                if clash > found["polarity_clash_best"]:
                    found["polarity_clash_best"] = clash
                    findings.append(_negation(left, right, shared, clash))
            for axis in left.sides.keys() & right.sides.keys():
                side, term = left.sides[axis]
                opposed, against = right.sides[axis]
                rest = worth - (concept_weight(term.concept) if term.concept in shared else 0.0)
                if side != opposed:
                    found["sides_clash"] += 1
                    found["sides_clash_near"] = max(found["sides_clash_near"], rest)
                    findings.append(
                        Finding(
                            "opposite", 2 + rest, _at(term), _at(against), _topic(shared - {term.concept})
                        )
                    )
                else:
                    found["sides_agree"] += 1
                    found["sides_agree_near"] = max(found["sides_agree_near"], rest)
    found["shared_best"] = best
    if nearest:
        found["best_containment"] = best / max(1.0, min(nearest[0].weight, nearest[1].weight))
    return nearest


def _at(term: Term) -> tuple[int, int]:
    return term.word.start, term.word.end


def _topic(shared: set[str] | frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(shared, key=lambda key: (-concept_weight(key), key))[:3])


def _negation(left: SentenceReading, right: SentenceReading, shared: set[str], clash: float) -> Finding:
    apart = {key for key in shared if not left.concepts[key] & right.concepts[key]}
    ends = []
    for reading in (left, right):
        terms = [term for term in reading.terms if term.concept in apart]
        ends.append((terms[0].word.start, terms[-1].word.end))
    return Finding("negation", clash, ends[0], ends[1], _topic(shared))


def _figures(found: dict[str, float], findings: list[Finding], one: Reading, other: Reading) -> None:
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
            near = sum(map(concept_weight, here.concepts.keys() & there.concepts.keys()))
            key = "date_clash" if dated else "figure_clash"
            found[key] = max(found[key], 1 + near)
            counted = {concept(w) for w in left.counted} & {concept(w) for w in right.counted}
            if counted and not dated:
                found["figure_clash_same"] = max(found["figure_clash_same"], 1 + near)
            findings.append(
                Finding(
                    "date" if dated else "figure",
                    near + 6 * bool(counted),
                    (left.start, left.end),
                    (right.start, right.end),
                    _topic(here.concepts.keys() & there.concepts.keys()),
                )
            )


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
    found["behalf"] = bool(a.on_behalf_of) + bool(b.on_behalf_of)
    days = _days(a.said_on, b.said_on)
    found["days_apart"] = math.log1p(days)
    found["years_apart"] = days / 365
    roles = [_role(u.speaker_role) for u in (a, b)]
    found["roles_shared"] = sum(map(concept_weight, roles[0] & roles[1]))
    found["role_in_text"] = sum(
        sum(map(concept_weight, role & reading.concepts.keys()))
        for role, reading in zip(roles, (other, one), strict=True)
    )
    defends = [not role.isdisjoint(_DEFENDERS) for role in roles]
    attests = [not role.isdisjoint(_WITNESSES) for role in roles]
    found["defends"] = sum(defends)
    found["defends_witness"] = (defends[0] and attests[1]) + (defends[1] and attests[0])


_DEFENDERS: Final = frozenset(map(concept, lexicon.DEFENDERS))
_WITNESSES: Final = frozenset(map(concept, lexicon.WITNESSES))


def _role(role: str | None) -> frozenset[str]:
    words = (
        "".join(c if c.isalnum() or c in "'-" else " " for c in (role or "").lower())
        .replace("-", " ")
        .split()
    )
    return frozenset(concept(word) for word in words if weight(word))


def _days(a: str | None, b: str | None) -> float:
    """Return roughly how many days lie between two ISO dates of any precision; 0 where one is missing."""
    return abs(_day(a) - _day(b)) if a and b else 0.0


def _day(said_on: str) -> float:
    parts = [int(part) for part in said_on.split("-")[:3] if part.isdigit()]
    year, month, day = (
        (*parts, 6, 15)[:3] if len(parts) == 1 else (*parts, 15)[:3] if len(parts) == 2 else parts
    )
    return year * 365.25 + month * 30.44 + day


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
    found["question"] = one.questions + other.questions
    found["length_least"] = min(one.size, other.size)
    found["length_most"] = max(one.size, other.size)
