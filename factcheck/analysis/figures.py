"""Figures of a text: amounts, shares, times of day, dates, ordinals, spans of time, what they count.

"212 million", "a dozen patients", "half past nine", "the ninth of July", "three weeks", "at least
forty": each becomes one `Figure` in one unit, so that two of the same thing can be held against
each other. Nothing is guessed: what names no unit and counts nothing is a bare number.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from factcheck.analysis.numerals import ONES, ORDINALS, TENS, number, ordinal
from factcheck.analysis.sentences import Word

FigureKind = Literal["count", "money", "share", "time", "date", "ordinal", "duration", "measure", "year"]
Bound = Literal["exact", "about", "at least", "at most"]

MONTHS: Final = {
    name: i + 1
    for i, name in enumerate(
        "january february march april may june july august september october november december".split()
    )
}
WEEKDAYS: Final = {
    name: i for i, name in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())
}
_MONEY: Final = frozenset(
    "dollar dollars euro euros pound pounds crown crowns franc francs mark marks cent cents "
    "pence penny pennies yen rupee rupees peso pesos krona kroner krone shilling shillings".split()
)
_CURRENCY: Final = frozenset("$€£¥")
# In seconds.
_DURATIONS: Final = {
    "second": 1.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86400.0,
    "night": 86400.0,
    "week": 604800.0,
    "fortnight": 1209600.0,
    "month": 2629800.0,
    "year": 31557600.0,
    "decade": 315576000.0,
}
_MEASURES: Final = {
    "kilometre": ("metre", 1e3), "kilometer": ("metre", 1e3), "km": ("metre", 1e3), "metre": ("metre", 1.0),
    "meter": ("metre", 1.0), "mile": ("metre", 1609.0), "yard": ("metre", 0.914), "foot": ("metre", 0.305),
    "feet": ("metre", 0.305), "inch": ("metre", 0.0254), "centimetre": ("metre", 0.01), "cm": ("metre", 0.01),
    "millimetre": ("metre", 0.001), "tonne": ("gram", 1e6), "ton": ("gram", 1e6), "kilo": ("gram", 1e3),
    "kilogram": ("gram", 1e3), "kilogramme": ("gram", 1e3), "kg": ("gram", 1e3), "gram": ("gram", 1.0),
    "litre": ("litre", 1.0), "liter": ("litre", 1.0), "gallon": ("litre", 4.5), "barrel": ("barrel", 1.0),
    "acre": ("acre", 1.0), "hectare": ("acre", 2.47), "degree": ("degree", 1.0), "knot": ("knot", 1.0),
    "kilobyte": ("byte", 1e3), "megawatt": ("watt", 1e6), "volt": ("volt", 1.0), "storey": ("storey", 1.0),
}  # fmt: skip
_ABOUT: Final = frozenset("about around roughly some approximately nearly almost circa estimated".split())
_LEAST: Final = frozenset(
    ["at least", "more than", "over", "no fewer", "no less", "upwards of", "above", "not less"]
)
_MOST: Final = frozenset(
    ["at most", "less than", "fewer than", "under", "up to", "no more", "below", "not more"]
)
_SMALL: Final = frozenset(
    "the a an of in on at to for and or is was were are be been had has have it that this they "
    "we he she i by from with as but not per each every more less other than last past next "
    "before after ago old were's".split()
)
# Whatever a figure can begin with; at other words nothing is tried.
_BEGINS: Final = (
    _CURRENCY
    | {*ONES, *TENS, *ORDINALS, *MONTHS, *WEEKDAYS}
    | set("a an half quarter third dozens once twice thrice fortnight midnight noon midday".split())
)


_VERBS: Final = frozenset("was is were are be been had has have and or but that which who".split())


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure at [start, end) of the text, in the unit's base (seconds, metres, minutes of the day).

    `value` is the number; for a date it is the day of the month with `month` 1–12 (0: not said).
    `counted` are the words right after it, lower case, which say what it counts ("patients").
    """

    start: int
    end: int
    value: float
    kind: FigureKind
    unit: str = ""
    bound: Bound = "exact"
    month: int = 0
    counted: tuple[str, ...] = ()


def figures(words: Sequence[Word]) -> list[Figure]:
    """Return the figures of a sentence, in order; each word belongs to one at most."""
    found: list[Figure] = []
    after = 0
    # At most words nothing can begin.
    for place in [i for i, word in enumerate(words) if word.low in _BEGINS or word.low[0].isdecimal()]:
        if place < after:
            continue
        if one := _clock(words, place) or _date(words, place) or _amount(words, place):
            figure, after = one
            if figure is not None:
                found.append(replace(figure, bound=_bound(words, place)))
    return found


def agree(a: Figure, b: Figure) -> bool | None:
    """Tell whether two figures can be the same one; None where they are not of one kind and unit.

    Rounding is no disagreement: "about 310" and 308 agree, "more than forty" and 52 do.
    """
    if a.kind != b.kind or a.unit != b.unit:
        return None
    if a.kind == "date":
        if a.month and b.month and a.month != b.month:
            return False
        return a.value == b.value if a.value and b.value else None
    if a.kind == "time":
        # Half past nine in the evening may be 21:30 or 9:30.
        apart = abs(a.value - b.value) % 720
        return min(apart, 720 - apart) <= (20 if "about" in (a.bound, b.bound) else 4)
    for one, other in ((a, b), (b, a)):
        if one.bound == "at least" and other.value >= one.value:
            return True
        if one.bound == "at most" and other.value <= one.value:
            return True
    rounding = (
        0.12 if "about" in (a.bound, b.bound) else 0.03 if max(abs(a.value), abs(b.value)) >= 1000 else 0.0
    )
    return abs(a.value - b.value) <= rounding * max(abs(a.value), abs(b.value))


def _amount(words: Sequence[Word], place: int) -> tuple[Figure | None, int] | None:
    """Read a count, an amount of money, a share, a measure, a span of time, an ordinal or a year."""
    word = words[place]
    money = word.low in _CURRENCY
    begin = place + 1 if money else place
    if begin >= len(words):
        return None
    read = number(words, begin)
    if read is None:
        return _named(words, place)
    value, after = read
    start, end = word.start, words[after - 1].end
    clause = words[after - 1].clause
    following = [one.low for one in words[after : after + 4] if one.clause == clause]
    unit = following[0] if following else ""
    if money or unit in _MONEY or (unit == "of" and following[1:2] and following[1] in _MONEY):
        return Figure(start, end, value, "money", counted=_counted(following[1:])), after
    if unit in ("%", "percent") or following[:2] == ["per", "cent"]:
        after += 1 if unit != "per" else 2
        return Figure(start, words[after - 1].end, value, "share"), after
    singular = unit[:-1] if unit.endswith("s") else unit
    if singular in _DURATIONS:
        old = "old" in following[1:2]
        figure = Figure(
            start, words[after].end, value * _DURATIONS[singular], "duration", counted=("old",) * old
        )
        return figure, after + 1
    if singular in _MEASURES or unit in _MEASURES:
        base, factor = _MEASURES.get(unit) or _MEASURES[singular]
        return Figure(start, words[after].end, value * factor, "measure", base), after + 1
    if 1800 <= value <= 2100 and value == int(value) and word.text.isdecimal() and len(word.text) == 4:
        return Figure(start, end, value, "year"), after
    if value == 1 and word.low == "one":
        # "One of us", "no one", "one thing": hardly ever a figure.
        return None, after
    if value >= 1e5 and not _counted(following):
        return Figure(start, end, value, "money"), after
    return Figure(start, end, value, "count", counted=_counted(following)), after


def _counted(following: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    for low in following:
        if low in _VERBS or low[0].isdecimal():
            # "Hangar twelve was empty": the twelve counts nothing.
            break
        if low not in _SMALL:
            found.append(low)
    return tuple(found[:2])


def _named(words: Sequence[Word], place: int) -> tuple[Figure | None, int] | None:
    """Read what is a figure without a number: a half, a quarter, twice, a fortnight, an ordinal."""
    low = words[place].low
    word = words[place]
    if low in ("half", "quarter", "third") and place and words[place - 1].low in ("a", "the", "by", "one"):
        value = {"half": 50.0, "quarter": 25.0, "third": 100 / 3}[low]
        if words[place + 1 : place + 2] and words[place + 1].low in ("of", "to"):
            return Figure(word.start, word.end, value, "share"), place + 1
    if low in ("once", "twice", "thrice"):
        value = {"once": 1.0, "twice": 2.0, "thrice": 3.0}[low]
        return Figure(word.start, word.end, value, "count", counted=("times",)), place + 1
    if low == "fortnight":
        return Figure(word.start, word.end, _DURATIONS[low], "duration"), place + 1
    value = float(ordinal(low))
    if value and low != "second":
        after = tuple(one.low for one in words[place + 1 : place + 2])
        return Figure(word.start, word.end, value, "ordinal", counted=_counted(after)), place + 1
    return None


def _clock(words: Sequence[Word], place: int) -> tuple[Figure | None, int] | None:
    """Read a time of day: "half past nine", "ten o'clock", "21:30", "nine in the evening", "4 p.m."."""
    low = words[place].low
    word = words[place]
    if low in ("midnight", "noon", "midday"):
        return Figure(word.start, word.end, 0.0 if low == "midnight" else 720.0, "time"), place + 1
    if low in ("half", "quarter") and place + 2 < len(words) and words[place + 1].low in ("past", "to"):
        hour = _hour(words[place + 2].low)
        if hour is not None:
            minutes = 60 * hour + (30 if low == "half" else 15) * (
                1 if words[place + 1].low == "past" else -1
            )
            return Figure(word.start, words[place + 2].end, minutes % 1440, "time"), place + 3
    if low.count(":") == 1 and low.replace(":", "").isdecimal() and len(low) <= 5:
        hour_text, minute_text = low.split(":")[:2]
        return Figure(
            word.start, word.end, (60 * int(hour_text) + int(minute_text)) % 1440, "time"
        ), place + 1
    hour = _hour(low)
    if hour is None:
        return None
    following = [one.low for one in words[place + 1 : place + 5]]
    if following[:1] in (["o'clock"], ["am"], ["pm"]) or following[:2] in (["a", "m"], ["p", "m"]):
        after = place + (2 if following[0] in ("o'clock", "am", "pm") else 3)
        return Figure(word.start, words[after - 1].end, 60.0 * hour, "time"), after
    day = (
        following[:2] == ["in", "the"]
        and following[2:3]
        and following[2] in ("morning", "afternoon", "evening")
    )
    night = following[:2] == ["at", "night"] or following[:2] == ["that", "night"]
    at = place > 0 and words[place - 1].low in ("at", "by", "until", "till", "before", "after", "past", "to")
    alone = (
        not following or words[place + 1].clause != word.clause or following[0] in ("and", "on", "that", "in")
    )
    if day or night or (at and alone and words[place - 1].low != "to" and low in ONES):
        return Figure(word.start, word.end, 60.0 * hour, "time"), place + 1
    return None


def _hour(low: str) -> int | None:
    value = ONES.get(low, -1) if not low.isdecimal() else int(low) if len(low) <= 2 else -1
    return value if 1 <= value <= 24 else None


def _date(words: Sequence[Word], place: int) -> tuple[Figure | None, int] | None:
    """Read a day of a month, a month alone, or a day of the week."""
    low = words[place].low
    word = words[place]
    if low in WEEKDAYS:
        return Figure(word.start, word.end, float(WEEKDAYS[low] + 1), "date", "weekday"), place + 1
    day = _day(words, place)
    if day is not None:
        value, after = day
        if after < len(words) and words[after].low == "of":
            after += 1
        if after < len(words) and words[after].low in MONTHS and words[after].text[0].isupper():
            month = MONTHS[words[after].low]
            return Figure(word.start, words[after].end, value, "date", "day", month=month), after + 1
        preceded = (
            place > 0 and words[place - 1].low == "the" and place > 1 and words[place - 2].low in ("on", "of")
        )
        if (
            preceded
            and not low[0].isdecimal()
            and (day[1] >= len(words) or words[day[1]].clause != word.clause)
        ):
            return Figure(word.start, words[day[1] - 1].end, value, "date", "day"), day[1]
        return None
    if low in MONTHS and word.text[0].isupper() and (low not in ("may", "march") or place > 0):
        if place + 1 < len(words) and (read := _day(words, place + 1)):
            figure = Figure(word.start, words[read[1] - 1].end, read[0], "date", "day", month=MONTHS[low])
            return figure, read[1]
        return Figure(word.start, word.end, float(MONTHS[low]), "date", "month"), place + 1
    return None


def _day(words: Sequence[Word], place: int) -> tuple[float, int] | None:
    """Read "ninth", "twenty-third", "9", "9th" as a day of a month."""
    low = words[place].low
    digits = low[:-2] if low[-2:] in ("st", "nd", "rd", "th") else low
    if digits.isdecimal() and len(digits) <= 2 and 1 <= int(digits) <= 31:
        return float(digits), place + 1
    if low in ("twenty", "thirty") and place + 1 < len(words) and 0 < ordinal(words[place + 1].low) < 10:
        return float(TENS[low] + ordinal(words[place + 1].low)), place + 2
    value = ordinal(low)
    return (float(value), place + 1) if value else None


def _bound(words: Sequence[Word], place: int) -> Bound:
    before = words[place - 1].low if place else ""
    pair = f"{words[place - 2].low} {before}" if place > 1 else before
    if pair in _LEAST or before in _LEAST or (pair in ("fewer than", "less than") and _denied(words, place)):
        return "at least"
    if pair in _MOST or before in _MOST:
        return "at most"
    return "about" if before in _ABOUT else "exact"


def _denied(words: Sequence[Word], place: int) -> bool:
    return place > 2 and words[place - 3].low in ("no", "not")
