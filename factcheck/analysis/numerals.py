"""Numbers in words and digits: "three hundred and eight", "half a million", "1,250", "twenty-third"."""

from collections.abc import Sequence
from typing import Final

from factcheck.analysis.sentences import Word

ONES: Final = {
    word: i
    for i, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
}
TENS: Final = {
    word: 10 * (i + 2)
    for i, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())
}
SCALES: Final = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SETS: Final = {"dozen": 12.0, "score": 20.0, "dozens": 24.0}
ORDINALS: Final = {
    word: i + 1
    for i, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
        "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split()
    )
} | {"thirtieth": 30}


def number(words: Sequence[Word], place: int) -> tuple[float, int] | None:
    """Read a number that begins at this word; returns it and the place after it."""
    low = words[place].low
    if low in ("a", "an") and place + 1 < len(words) and words[place + 1].low in (*SCALES, "dozen", "score"):
        total, place = 1.0, place + 1
    elif low[0].isdecimal():
        digits = low.replace(",", "")
        if not digits.replace(".", "", 1).isdecimal() or len(digits) > 15:
            return None
        total, place = float(digits), place + 1
    elif low in ONES or low in TENS:
        total, place = 0.0, place
        if low in TENS:
            total, place = float(TENS[low]), place + 1
            if place < len(words) and words[place].low in ONES and 0 < ONES[words[place].low] < 10:
                total, place = total + ONES[words[place].low], place + 1
        else:
            total, place = float(ONES[low]), place + 1
    elif low == "half" and place + 2 < len(words) and words[place + 2].low in SCALES:
        return 0.5 * SCALES[words[place + 2].low], place + 3
    elif low == "dozens":
        return 24.0, place + 1
    else:
        return None
    return _scaled(words, place, total)


def _scaled(words: Sequence[Word], place: int, total: float) -> tuple[float, int]:
    """Go on with "hundred and twelve", "million", "dozen" after a first part."""
    whole = 0.0
    while place < len(words):
        low = words[place].low
        if low in SCALES:
            total *= SCALES[low]
            if SCALES[low] >= 1e3:
                whole, total = whole + total, 0.0
            place += 1
        elif low in ("dozen", "score"):
            total *= _SETS[low]
            place += 1
        elif (
            low == "and"
            and place + 1 < len(words)
            and (whole or total >= 100)
            and _small(words[place + 1].low)
        ):
            place += 1
        elif (
            (low in ONES or low in TENS)
            and (whole or total >= 100)
            and words[place - 1].low in (*SCALES, "and")
        ):
            total += ONES.get(low, 0) or TENS.get(low, 0)
            place += 1
            if low in TENS and place < len(words) and 0 < ONES.get(words[place].low, 0) < 10:
                total += ONES[words[place].low]
                place += 1
        else:
            break
    return whole + total, place


def _small(low: str) -> bool:
    return low in ONES or low in TENS


def ordinal(low: str) -> int:
    """Return what an ordinal is worth ("ninth", "9th"); 0 for other words."""
    if low[0].isdecimal():
        digits = low[:-2]
        return (
            int(digits)
            if low[-2:] in ("st", "nd", "rd", "th") and digits.isdecimal() and len(digits) < 9
            else 0
        )
    return ORDINALS.get(low, 0)
