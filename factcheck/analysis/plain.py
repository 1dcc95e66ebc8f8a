"""Contradictions that are plain: two sentences say the same but for a negation, an opposite or a figure.

Each rule asks that the shorter sentence is all but contained in the other, and stays silent where
something may set the two apart: another name, day or part, a question, a condition, a plan, a view
that is only reported. How often each rule is right was counted on stories written for this project
(training/fit_rules.py) and stands in the fitted file.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from math import fsum
from typing import Final

from factcheck.analysis import lexicon
from factcheck.analysis.figures import Figure, agree
from factcheck.analysis.numerals import ONES, SCALES, TENS
from factcheck.analysis.reading import Reading, SentenceReading, Term, concept

RULES: Final = ("negation", "opposite", "figure", "cleared")

# At least so much of what the shorter sentence says must stand in the other.
_CONTAINED: Final = 0.7
# A topic of less is none: one common word is shared by everything.
_TOPIC: Final = 4.0
# So much may each sentence say that the other does not.
_SLIGHT: Final = 4.5
_APART: Final = lexicon.UNREAL | lexicon.OTHERS | lexicon.HEDGES
_CUE: Final = {name: place for place, name in enumerate(lexicon.CUES)}


@dataclass(frozen=True, slots=True)
class Finding:
    """Words of `a` and of `b` (code points) that clash by a rule; `topic` are words both use."""

    rule: str
    strength: float
    a: tuple[int, int]
    b: tuple[int, int]
    topic: tuple[str, ...] = ()


def plain(a: Reading, b: Reading, *, same_speaker: bool = False) -> Finding | None:
    """Return the strongest plain contradiction of two texts, None where there is none."""
    return max(_found(a, b, same_speaker), key=lambda one: one.strength, default=None)


def _found(a: Reading, b: Reading, same_speaker: bool) -> Iterator[Finding]:
    for left in a.sentences:
        for right in b.sentences:
            shared = left.concepts.keys() & right.concepts.keys()
            if not shared and not (left.sides.keys() & right.sides.keys()):
                continue
            yield from _cleared(left, right, shared)
            if _set_apart(left, right) or (not same_speaker and _each_their_own(left, right)):
                continue
            yield from _figure(left, right, shared)
            if not any(agree(x, y) is False for x in left.figures[:10] for y in right.figures[:10]):
                yield from _opposite(left, right, shared)
                yield from _negation(left, right, shared)


def _set_apart(left: SentenceReading, right: SentenceReading) -> bool:
    """Tell whether something may make the two speak of different things, or assert nothing."""
    if left.sentence.question or right.sentence.question:
        return True
    apart = left.lows ^ right.lows
    if not (apart.isdisjoint(_APART) and apart.isdisjoint(_REPORTED)):
        return True
    names = [{term.concept for term in one.terms if term.name} for one in (left, right)]
    if (names[0] - right.concepts.keys()) or (names[1] - left.concepts.keys()):
        return True
    if _other_subject(left, right) or _other_subject(right, left):
        return True
    dated = [[f for f in one.figures if f.kind in ("date", "year", "time")] for one in (left, right)]
    return bool(dated[0]) != bool(dated[1]) or any(agree(x, y) is False for x in dated[0] for y in dated[1])


def _other_subject(one: SentenceReading, other: SentenceReading) -> bool:
    """Tell whether a sentence begins with something of which the other says nothing."""
    sides = {term.concept for _, term in one.sides.values()}
    first = next((term for term in one.terms if term.weight and not _numeral(term.concept)), None)
    return first is not None and first.concept not in other.concepts and first.concept not in sides


def _each_their_own(left: SentenceReading, right: SentenceReading) -> bool:
    """Tell whether two people each speak of what is theirs: "my farm" and "my farm" are two farms."""
    we, i = _CUE["we"], _CUE["i"]
    return bool(left.cues[we] + left.cues[i] and right.cues[we] + right.cues[i])


_REPORTED: Final = frozenset(
    "say says said claim claims alleges suggests rumour think believe believes thinks hope".split()
)


def _contained(
    left: SentenceReading,
    right: SentenceReading,
    shared: set[str],
    matched: frozenset[str] = frozenset(),
    slight: float = _SLIGHT,
) -> float:
    """Return how much of the shorter sentence stands in the other, apart from what is `matched`."""
    if fsum(left.concepts[key] for key in shared - matched) < _TOPIC:
        return 0.0
    best, rests = 0.0, 0
    for one, other in ((left, right), (right, left)):
        apart = {
            key: heavy for key, heavy in one.concepts.items() if key not in matched and not _numeral(key)
        }
        total = fsum(apart.values())
        rest = fsum(heavy for key, heavy in apart.items() if key not in other.concepts)
        rests += rest > slight
        best = max(best, 1 - rest / total if total else 0.0)
    # Where each says something of its own ("killed no eagle", "killed grouse"), both can be so.
    return best if rests < 2 else 0.0


def _numeral(key: str) -> bool:
    return key[0].isdecimal() or key in _NUMERALS


_NUMERALS: Final = frozenset(map(concept, {*ONES, *TENS, *SCALES, "dozen", "half"} - {"zero", "one"}))


def _negation(left: SentenceReading, right: SentenceReading, shared: set[str]) -> Iterator[Finding]:
    clash = {key for key in shared if {left.polarity[key], right.polarity[key]} == {1, 2}}
    if not clash or left.negators % 2 == right.negators % 2 or _opposed(left, right):
        return
    contained = _contained(left, right, shared)
    if contained >= _CONTAINED:
        yield Finding(
            "negation", contained, _stretch(left, clash), _stretch(right, clash), topic(left, shared - clash)
        )


def _opposed(left: SentenceReading, right: SentenceReading) -> list[tuple[Term, Term]]:
    return [
        (left.sides[axis][1], right.sides[axis][1])
        for axis in left.sides.keys() & right.sides.keys()
        if left.sides[axis][0] != right.sides[axis][0]
        and left.sides[axis][1].concept != right.sides[axis][1].concept
    ]


def _opposite(left: SentenceReading, right: SentenceReading, shared: set[str]) -> Iterator[Finding]:
    for mine, yours in _opposed(left, right):
        if mine.word.low in lexicon.STOP or yours.word.low in lexicon.STOP:
            continue
        living = {mine.concept, yours.concept} & _LIVING
        universal = left.cues[_CUE["universal"]] + right.cues[_CUE["universal"]]
        if living and not universal:
            # Some survive where others die.
            continue
        contained = _contained(left, right, shared, frozenset((mine.concept, yours.concept)))
        if contained >= _CONTAINED:
            yield Finding("opposite", 1 + contained, _at(mine), _at(yours), topic(left, shared))


_LIVING: Final = frozenset(map(concept, ("survive", "alive", "die", "dead", "kill", "perish", "drown")))


def _figure(left: SentenceReading, right: SentenceReading, shared: set[str]) -> Iterator[Finding]:
    numbers = [
        [f for f in one.figures if f.kind in ("count", "money", "share", "duration", "measure")][:10]
        for one in (left, right)
    ]
    if not all(numbers) or len(numbers[0]) > 2 or len(numbers[1]) > 2:
        return
    contained = _contained(left, right, shared, slight=0.0)
    for mine in numbers[0]:
        for yours in numbers[1]:
            agreed = [agree(mine, other) for other in numbers[1]] + [
                agree(other, yours) for other in numbers[0]
            ]
            if agree(mine, yours) is False and True not in agreed and _same_thing(mine, yours, contained):
                ends = (mine.start, mine.end), (yours.start, yours.end)
                yield Finding("figure", 2 + contained, *ends, topic(left, shared))


def _same_thing(mine: Figure, yours: Figure, contained: float) -> bool:
    counted = [{concept(word) for word in one.counted} for one in (mine, yours)]
    if counted[0] and counted[1] and not counted[0] & counted[1]:
        return False
    if mine.kind == "count" and not (counted[0] and counted[1]):
        # "Hangar twelve" and "hangar nine" are two hangars.
        return False
    return contained >= _CONTAINED


def _cleared(left: SentenceReading, right: SentenceReading, shared: set[str]) -> Iterator[Finding]:
    """One clears, by a document or of a thing that both name, and the other holds responsible."""
    if not shared & _DOCUMENTS and not any(term.name and term.concept in shared for term in left.terms):
        return
    if left.sentence.question or right.sentence.question:
        return
    for one, other in ((left, right), (right, left)):
        clears = next((t for t in one.terms if t.concept in _CLEARING and not t.negated), None)
        blames = next((t for t in other.terms if t.concept in _BLAMING and not t.negated), None)
        blames = blames or next((t for t in other.terms if t.concept in _CLEARING and t.negated), None)
        if clears and blames and not any(t.concept in _CLEARING and not t.negated for t in other.terms):
            first, second = (clears, blames) if one is left else (blames, clears)
            yield Finding("cleared", 1.5, _at(first), _at(second), topic(left, shared))
            return


_DOCUMENTS: Final = frozenset(map(concept, lexicon.DOCUMENTS))
_CLEARING: Final = frozenset(
    map(
        concept,
        (
            "clear",
            "clears",
            "exonerate",
            "acquit",
            "innocent",
            "blameless",
            "absolve",
            "vindicate",
            "exoneration",
        ),
    )
)
_BLAMING: Final = frozenset(
    map(
        concept,
        ("guilty", "responsibility", "responsible", "blame", "culpable", "negligent", "liable", "convict"),
    )
)


def topic(left: SentenceReading, shared: Set[str]) -> tuple[str, ...]:
    """Return the heaviest shared words as they stand in a sentence, three at most."""
    words: dict[str, Term] = {}
    for term in left.terms:
        if term.concept in shared and term.weight:
            words.setdefault(term.concept, term)
    heaviest = sorted(words.values(), key=lambda term: (-term.weight, term.word.start))[:3]
    return tuple(term.word.text if term.name else term.word.low for term in heaviest)


def _at(term: Term) -> tuple[int, int]:
    return term.word.start, term.word.end


def _stretch(reading: SentenceReading, keys: set[str]) -> tuple[int, int]:
    """Return where the words stretch, with the negator before them."""
    terms = [term for term in reading.terms if term.concept in keys]
    start = terms[0].word.start
    if terms[0].negated:
        before = [t.word for t in reading.terms if t.word.low in lexicon.NEGATORS and t.word.start < start]
        start = before[-1].start if before else start
    return start, terms[-1].word.end
