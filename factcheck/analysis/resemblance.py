"""The passage of a source that comes closest to a quotation, and the words in which the two differ.

Candidates come from the quotation's rarest words, so that the cost is bounded however long the
source is and however often it repeats itself. Only they are aligned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from factcheck.analysis.findings import Difference
from factcheck.analysis.wording import Indexes, SourceText, Token, is_word

Weights = np.ndarray[tuple[int], np.dtype[np.float64]]

# What is looked at: pairs of places of the same word, and passages that are aligned.
_PAIRS = 40_000
_CANDIDATES = 6
# A passage resembles a quotation if it holds this share of its words, in order, and of their weight
# (rare words weigh more), or if the letters agree this far (a scanned page).
_SHARE = 0.6
_WEIGHT = 0.5
_LETTERS = 85
# A diff of more steps explains nothing more; the last one stands for the rest.
_MAX_STEPS = 200


@dataclass(frozen=True, slots=True)
class Passage:
    """Tokens [first, last) of the source, how much of the quotation they hold (0–1), and the diff."""

    first: int
    last: int
    share: float
    diff: tuple[Difference, ...]


def closest(quotation: str, tokens: list[Token], source: SourceText) -> list[Passage]:
    """Return the passages that resemble a quotation most: several where they are equally close."""
    if not any(token.is_word for token in tokens) or not len(source):
        return []
    # A word that the source does not have gets a number that nothing there has.
    ids = [source.caseless.get(token.form.lower(), -1 - i) for i, token in enumerate(tokens)]
    weights = _weights(tokens, ids, source)
    found: dict[tuple[int, int], Passage] = {}
    for start, end in _windows(ids, weights, source):
        if passage := _align(quotation, tokens, ids, weights, source, start, end):
            found[passage.first, passage.last] = passage
    best = max((passage.share for passage in found.values()), default=0.0)
    equal: list[Passage] = []
    for passage in sorted(found.values(), key=lambda p: p.first):
        # Two windows can show the same passage a word longer or shorter.
        if passage.share == best and not (equal and passage.first < equal[-1].last):
            equal.append(passage)
    return equal


def _weights(tokens: list[Token], ids: list[int], source: SourceText) -> Weights:
    """Return how much each token tells: the logarithm of its rarity in the source, 0 for punctuation."""
    counts = np.array([len(source.places(i)) if i >= 0 else 0.5 for i in ids])
    weights: Weights = np.log(1 + len(source) / counts)
    weights[[not token.is_word for token in tokens]] = 0
    return weights


def _windows(ids: list[int], weights: Weights, source: SourceText) -> Iterator[tuple[int, int]]:
    """Yield the stretches of the source in which most of the quotation's weight stands together."""
    size = len(ids)
    width = max(8, size // 2)
    diagonals, owners = _pairs(ids, weights, source)
    if not len(diagonals):
        return
    buckets = (diagonals + size) // width
    # A word that stands in one window often counts once.
    keys = np.unique(buckets * size + owners)
    buckets, owners = keys // size, keys % size
    scores = np.bincount(buckets, weights=weights[owners])
    both = scores + np.append(scores[1:], 0)
    for bucket in np.argsort(-both, kind="stable")[:_CANDIDATES].tolist():
        if both[bucket] > 0:
            start = bucket * width - size
            yield max(0, start - width), min(len(source), start + 2 * width + size + width)


def _pairs(ids: list[int], weights: Weights, source: SourceText) -> tuple[Indexes, Indexes]:
    """Return source index minus quotation index, and quotation index, of the same words: rarest first."""
    diagonals: list[Indexes] = []
    owners: list[Indexes] = []
    left = _PAIRS
    for i in np.argsort(-weights, kind="stable").tolist():
        if ids[i] < 0 or weights[i] == 0:
            continue
        places = source.places(ids[i])
        if len(places) > left:
            if diagonals:
                break
            # Every word is common: some of their places have to do.
            places = places[:: 1 + len(places) // max(1, left // 4)]
        diagonals.append(places - i)
        owners.append(np.full(len(places), i))
        left -= len(places)
    if not diagonals:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    return np.concatenate(diagonals), np.concatenate(owners)


def _align(
    quotation: str,
    tokens: list[Token],
    ids: list[int],
    weights: Weights,
    source: SourceText,
    start: int,
    end: int,
) -> Passage | None:
    """Return the part of a window that resembles the quotation, if it does."""
    theirs = source.caseless_ids[start:end].tolist()
    blocks = [(b.a, b.b, b.size) for b in LCSseq.editops(ids, theirs).as_matching_blocks() if b.size]
    blocks = _densest(blocks)
    if not blocks:
        return None
    first = _before(source, start + blocks[0][1], blocks[0][0])
    tail = blocks[-1]
    last = _after(source, start + tail[1] + tail[2], len(ids) - tail[0] - tail[2])
    steps = _steps(ids, source.caseless_ids[first:last].tolist())
    # Words of the source before and after the ones that differ are no part of the passage.
    if steps[0].op == "delete":
        first += steps[0].end
    if steps[-1].op == "delete":
        last -= steps[-1].end - steps[-1].begin
    equal = np.zeros(len(ids), dtype=bool)
    for step in steps:
        if step.op == "equal":
            equal[step.first : step.last] = True
    words = weights > 0
    share = float((equal & words).sum() / words.sum())
    theirs_held = (equal & words).sum() / max(1, sum(is_word(source.form(i)) for i in range(first, last)))
    enough = share >= _SHARE and weights[equal].sum() >= _WEIGHT * weights.sum() and theirs_held >= _SHARE / 2
    printed = " ".join(map(source.form, range(first, last)))
    letters = fuzz.ratio(" ".join(t.form for t in tokens).lower(), printed.lower())
    if not enough and letters < _LETTERS:
        return None
    diff = difference(quotation, tokens, source, first, last)
    return Passage(first, last, max(share, letters / 100), diff)


def _densest(blocks: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Return the run of matching blocks that gains most, where gaps cost: stray matches fall away."""
    best, best_range, current, begin = 0.0, (0, 0), 0.0, 0
    for i, (a, b, size) in enumerate(blocks):
        if i:
            before = blocks[i - 1]
            current -= 0.5 * max(a - before[0] - before[2], b - before[1] - before[2])
        if current <= 0:
            current, begin = 0.0, i
        current += size
        if current > best:
            best, best_range = current, (begin, i + 1)
    return blocks[slice(*best_range)]


def _before(source: SourceText, first: int, missing: int) -> int:
    """Return where a passage begins if as many tokens before it stand for the quotation's first ones."""
    for _ in range(missing):
        if not first or source.form(first - 1) in ".?!":
            break
        first -= 1
    return first


def _after(source: SourceText, last: int, missing: int) -> int:
    for _ in range(missing):
        if last == len(source) or source.form(last - 1) in ".?!":
            break
        last += 1
    return last


@dataclass(frozen=True, slots=True)
class _Step:
    """A difference by tokens: [first, last) of the quotation, [begin, end) of the passage."""

    op: Literal["equal", "insert", "delete", "replace"]
    first: int
    last: int
    begin: int
    end: int


def _steps(ours: Sequence[object], theirs: Sequence[object]) -> list[_Step]:
    """Return the steps that keep most tokens equal; an exchange of words is one step."""
    made: list[_Step] = []
    for op in LCSseq.opcodes(ours, theirs):
        span = (op.src_start, op.src_end, op.dest_start, op.dest_end)
        if op.tag == "equal":
            made.append(_Step("equal", *span))
        elif made and made[-1].op != "equal":
            made[-1] = _differing(made[-1].first, op.src_end, made[-1].begin, op.dest_end)
        else:
            made.append(_differing(*span))
    return made


def _differing(first: int, last: int, begin: int, end: int) -> _Step:
    # What is deleted stands in the source alone: the steps lead from the source to the quotation.
    return _Step(
        "delete" if first == last else "insert" if begin == end else "replace", first, last, begin, end
    )


def difference(
    quotation: str, tokens: list[Token], source: SourceText, first: int, last: int
) -> tuple[Difference, ...]:
    """Return the word-level diff from tokens [first, last) of a source to a quotation."""
    ours = [token.form for token in tokens]
    theirs = [source.form(i) for i in range(first, last)]
    if ours and theirs and ours[0].lower() == theirs[0].lower():
        theirs[0] = ours[0]
    steps = _steps(ours, theirs)
    if len(steps) > _MAX_STEPS:
        rest = steps[_MAX_STEPS - 1]
        steps[_MAX_STEPS - 1 :] = [_differing(rest.first, len(ours), rest.begin, len(theirs))]
    return tuple(
        Difference(
            step.op,
            quotation[tokens[step.first].start : tokens[step.last - 1].end] if step.first < step.last else "",
            source.words(first + step.begin, first + step.end),
        )
        for step in steps
    )
