"""Measures of a ranked list of guesses: average precision, and recall at a precision.

A scored guess is `(score, right)`: `right` says whether the thing that was looked for is there.
"""

from collections.abc import Sequence

Scored = tuple[float, bool]


def average_precision(guesses: Sequence[Scored]) -> float:
    """Return the mean of the precisions at each right guess, best first; 0–1.

    Equal scores count as one step, so that the order of the file decides nothing.
    """
    total = sum(right for _, right in guesses)
    if not total:
        return 0.0
    area = found = seen = 0.0
    for _, at_once, right in _steps(guesses):
        seen += at_once
        found += right
        area += right * found / seen
    return area / total


def threshold_for(guesses: Sequence[Scored], precision: float) -> float:
    """Return the lowest score from which on the precision is reached; infinity where it never is."""
    best = float("inf")
    found = seen = 0
    for score, at_once, right in _steps(guesses):
        seen += at_once
        found += right
        if found / seen >= precision:
            best = score
    return best


def precision_recall(guesses: Sequence[Scored], threshold: float) -> tuple[float, float]:
    """Return precision and recall of what scores at least the threshold; 1.0, 0.0 where nothing does."""
    flagged = [right for score, right in guesses if score >= threshold]
    total = sum(right for _, right in guesses)
    precision = sum(flagged) / len(flagged) if flagged else 1.0
    return precision, (sum(flagged) / total if total else 0.0)


def precision_at_recall(guesses: Sequence[Scored], recall: float) -> float:
    """Return the best precision among the thresholds that reach this recall."""
    total = sum(right for _, right in guesses)
    best = 0.0
    found = seen = 0
    for _, at_once, right in _steps(guesses):
        seen += at_once
        found += right
        if total and found / total >= recall:
            best = max(best, found / seen)
    return best


def halves_at_precision(
    guesses: Sequence[Scored], precision: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Choose the threshold on one half and measure on the other, both ways.

    The halves are the odd and the even places of the list. Returns precision and recall as measured
    on the even places with the threshold of the odd ones, and the other way round.
    """
    odd, even = guesses[0::2], guesses[1::2]
    return (
        precision_recall(even, threshold_for(odd, precision)),
        precision_recall(odd, threshold_for(even, precision)),
    )


def _steps(guesses: Sequence[Scored]) -> list[tuple[float, int, int]]:
    """Return (score, how many have it, how many of these are right), the highest score first."""
    steps: dict[float, tuple[int, int]] = {}
    for score, right in guesses:
        count, rights = steps.get(score, (0, 0))
        steps[score] = (count + 1, rights + right)
    return [(score, *steps[score]) for score in sorted(steps, reverse=True)]
