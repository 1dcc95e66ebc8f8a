"""A text as the rules read it: sentences, terms and their weight, what is negated, who and what is named.

Readings are remembered by text, so that a new statement is read once however many it is held against.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from factcheck.analysis import lexicon
from factcheck.analysis.figures import MONTHS, WEEKDAYS, Figure, figures
from factcheck.analysis.sentences import Sentence, Word, sentences
from factcheck.text import stem as stem_of

# A statement is some sentences. Of a whole article passed as one, the rest is read by nobody here.
MAX_SENTENCES: Final = 60
MAX_WORDS: Final = 400

# Negation reaches this many words to the right, and never past the end of its clause.
_REACH: Final = 8
_NOT_A_NAME: Final = (
    frozenset(MONTHS) | frozenset(WEEKDAYS) | frozenset("i i'm i've i'd i'll mr mrs ms dr miss sir".split())
)


class Term(NamedTuple):
    """A word with its concept: the stem of its base form, and how much it says (0 for stop words)."""

    word: Word
    concept: str
    weight: float
    negated: bool
    name: bool


@dataclass(frozen=True, slots=True)
class SentenceReading:
    """One sentence, read.

    `concepts` maps each content concept to its weight; `polarity` to 1 (asserted), 2 (negated) or 3 (both).

    `sides` holds, for each axis of opposites, the side taken and where; a negated word takes the
    other side. `weight` is the sum of the concepts' weights, `lows` are the words as a set.
    """

    sentence: Sentence
    terms: tuple[Term, ...]
    concepts: dict[str, float]
    polarity: dict[str, int]
    sides: dict[int, tuple[int, Term]]
    figures: tuple[Figure, ...]
    negators: int
    cues: tuple[int, ...]
    weight: float
    lows: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text read: its sentences, all its concepts, the names in it, and its words as a set."""

    text: str
    sentences: tuple[SentenceReading, ...]
    concepts: dict[str, float]
    polarity: dict[str, int]
    names: frozenset[str]
    lows: frozenset[str]
    cues: tuple[int, ...]
    questions: int
    size: int


def _frequencies() -> tuple[dict[str, float], float]:
    """Read how often each concept occurs; returns weights (nats, rare is heavy) and that of the unknown."""
    lines = (
        (files("factcheck.analysis") / "data" / "frequencies.txt").read_text(encoding="utf-8").splitlines()
    )
    total = int(lines[0].split()[-1])
    found = {}
    for line in lines[1:]:
        concept, count = line.split()
        found[concept] = math.log(total / int(count))
    return found, math.log(total / 2)


@lru_cache(maxsize=50_000)
def base(low: str) -> str:
    """Return the base form of a word's lower case: without 's, irregular forms undone."""
    low = low.removesuffix("'s").removesuffix("'")
    return lexicon.FORMS.get(low, low)


@lru_cache(maxsize=50_000)
def stem(low: str) -> str:
    """Return the stem of a lower-case word."""
    return stem_of(base(low)[:40])


@lru_cache(maxsize=50_000)
def concept(low: str) -> str:
    """Return what stands for a word in overlaps: the stem of the word that stands for its meaning."""
    one = base(low)
    stemmed = stem_of(one[:40])
    return _SAME.get(one) or _SAME.get(stemmed) or stemmed


_SAME: Final = {form: stem(head) for word, head in lexicon.SAME.items() for form in (word, stem(word))}
_SIDES: Final = {
    form: sides for word, sides in lexicon.OPPOSITES.items() for form in (word, stem(word))
} | lexicon.OPPOSITES
_CUES: Final = tuple(words | {stem(word) for word in words} for words in lexicon.CUES.values())
_WEIGHTS, _RAREST = _frequencies()


@lru_cache(maxsize=50_000)
def weight(low: str) -> float:
    """Return how much a word says: 0 for a stop word, about 10 for a rare one."""
    if low in lexicon.STOP or (len(low) < 2 and not low.isdigit()):
        return 0.0
    return _WEIGHTS.get(concept(low), _RAREST)


def concept_weight(key: str) -> float:
    """Return how much a concept says."""
    return _WEIGHTS.get(key, _RAREST)


# 16 kB each: a post reads some forty.
@lru_cache(maxsize=512)
def read(text: str) -> Reading:
    """Read a text; the same text is read once."""
    found = tuple(_sentence(one) for one in sentences(text[:200_000])[:MAX_SENTENCES])
    names = frozenset(term.word.low.removesuffix("'s") for one in found for term in one.terms if term.name)
    questions = sum(one.sentence.question for one in found)
    size = sum(len(one.terms) for one in found)
    if len(found) == 1:  # As most quotes have it: there is nothing to put together.
        [one] = found
        return Reading(text, found, one.concepts, one.polarity, names, one.lows, one.cues, questions, size)
    concepts: dict[str, float] = {}
    polarity: dict[str, int] = {}
    for one in found:
        concepts.update(one.concepts)
        for key, sign in one.polarity.items():
            polarity[key] = polarity.get(key, 0) | sign
    lows = frozenset[str]().union(*(one.lows for one in found))
    cues = tuple(map(sum, zip(*(one.cues for one in found), strict=True))) or (0,) * len(_CUES)
    return Reading(text, found, concepts, polarity, names, lows, cues, questions, size)


class _Known(NamedTuple):
    """What is known of a word wherever it stands."""

    concept: str
    weight: float
    sides: tuple[tuple[int, int], ...]
    kinds: tuple[int, ...]
    negates: bool
    negator: bool
    ends_negation: bool


@lru_cache(maxsize=50_000)
def _known(low: str) -> _Known:
    forms = {low, base(low), stem(low)}
    negator = low in lexicon.NEGATORS
    return _Known(
        concept(low),
        weight(low),
        tuple(_SIDES.get(low) or _SIDES.get(base(low)) or _SIDES.get(stem(low)) or ()),
        tuple(place for place, words in enumerate(_CUES) if not words.isdisjoint(forms)),
        negator or base(low) in lexicon.IMPLICATIVE_NEGATIVE,
        negator,
        low in ("but", "until", "except", "unless", "because", "although"),
    )


def _sentence(sentence: Sentence) -> SentenceReading:
    words = sentence.words[:MAX_WORDS]
    terms: list[Term] = []
    concepts: dict[str, float] = {}
    polarity: dict[str, int] = {}
    sides: dict[int, tuple[int, Term]] = {}
    cues = [0] * len(_CUES)
    negators, until, clause = 0, -1, -1
    for place, word in enumerate(words):
        key, weight, taken, kinds, negates, negator, ends_negation = _known(word.low)
        negated = place <= until and word.clause == clause
        name = place > 0 and word.text[0].isupper() and word.low not in _NOT_A_NAME
        term = Term(word, key, weight, negated, name)
        terms.append(term)
        if weight:
            concepts[key] = weight
            polarity[key] = polarity.get(key, 0) | (2 if negated else 1)
        for axis, side in taken:
            sides.setdefault(axis, ((1 - side) if negated else side, term))
        for kind in kinds:
            cues[kind] += 1
        if negates:
            negators += negator
            # A second negator inside the reach of a first undoes it.
            until, clause = (place, clause) if negated else (place + _REACH, word.clause)
        elif ends_negation:
            until = place
    return SentenceReading(
        sentence,
        tuple(terms),
        concepts,
        polarity,
        sides,
        tuple(figures(words)),
        negators,
        tuple(cues),
        sum(concepts.values()),
        frozenset([word.low for word in words]),
    )
