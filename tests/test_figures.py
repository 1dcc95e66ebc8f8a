"""Figures in words and digits: what they are worth, what they count, and when two can be one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.analysis.figures import Figure, agree, figures
from factcheck.analysis.sentences import words


def read(text: str) -> list[Figure]:
    return figures(words(text))


def first(text: str) -> Figure:
    return read(text)[0]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("twenty-three men", "count", 23),
        ("a dozen patients", "count", 12),
        ("three dozen eggs", "count", 36),
        ("three hundred and eight persons", "count", 308),
        ("two thousand three hundred and forty crowns", "money", 2340),
        ("1,250 people", "count", 1250),
        ("$3.5 billion", "money", 3.5e9),
        ("212 million", "money", 212e6),
        ("half a million", "money", 5e5),
        ("40% of it", "share", 40),
        ("forty per cent", "share", 40),
        ("a quarter of them", "share", 25),
        ("twice", "count", 2),
        ("three weeks", "duration", 3 * 604800),
        ("a fortnight", "duration", 1209600),
        ("ninety-six kilometres", "measure", 96000),
        ("half past nine", "time", 570),
        ("quarter to four", "time", 225),
        ("at 21:30", "time", 1290),
        ("ten o'clock", "time", 600),
        ("nine in the evening", "time", 540),
        ("at midnight", "time", 0),
        ("the ninth of July", "date", 9),
        ("July 9", "date", 9),
        ("on 16th August", "date", 16),
        ("twenty-third of May", "date", 23),
        ("on Wednesday", "date", 3),
        ("in 1996", "year", 1996),
        ("the third floor", "ordinal", 3),
        pytest.param(
            "five to nine",
            "time",
            535,
            marks=pytest.mark.xfail(
                strict=True, reason="minutes to and past the hour, but for half and quarter"
            ),
        ),
        pytest.param(
            "one patient died",
            "count",
            1,
            marks=pytest.mark.xfail(
                strict=True, raises=IndexError, reason="“one” is hardly ever a figure, so none"
            ),
        ),
    ],
)
def test_figures_are_worth_what_they_say(text: str, kind: str, value: float) -> None:
    figure = first(text)
    assert (figure.kind, figure.value) == (kind, pytest.approx(value))


def test_what_is_no_figure_is_not_read_as_one() -> None:
    assert read("No one of us would score a goal, and you may march on.") == []


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("about 310 people", "about"),
        ("more than forty men", "at least"),
        ("at least forty men", "at least"),
        ("no fewer than forty men", "at least"),
        ("up to forty men", "at most"),
        ("fewer than six men", "at most"),
        ("six men", "exact"),
    ],
)
def test_bounds_are_read(text: str, bound: str) -> None:
    assert first(text).bound == bound


@pytest.mark.parametrize(
    ("one", "other", "agreed"),
    [
        ("seven patients", "six patients", False),
        ("about 310 people", "308 people", True),
        ("more than forty men", "fifty-two men", True),
        ("more than forty men", "thirty men", False),
        ("at most six men", "four men", True),
        ("212 million", "340 million", False),
        ("two weeks", "a fortnight", True),
        ("a kilometre", "two weeks", None),
        ("twelve months of it", "one year of it", True),
        ("half past nine", "21:30", True),
        ("ten o'clock", "eleven o'clock", False),
        ("the ninth of July", "July 9", True),
        ("the ninth of July", "the ninth of May", False),
        ("on Monday", "on Wednesday", False),
        ("on Monday", "the ninth of May", None),
        ("six men", "60%", None),
    ],
)
def test_two_figures_agree_or_clash_or_cannot_be_compared(one: str, other: str, agreed: bool | None) -> None:
    a, b = read(one), read(other)
    assert (agree(a[0], b[0]) if a and b else None) is agreed
    assert (agree(b[0], a[0]) if a and b else None) is agreed


def test_what_is_counted_ends_with_the_clause() -> None:
    assert first("Seven patients, nurses beside them").counted == ("patients",)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "half",
                "twenty",
                "third",
                "second",
                "nine",
                "9",
                "9th",
                "12:30",
                "99:99",
                "1.5.2",
                "hundred",
                "thousand",
                "and",
                "million",
                "past",
                "to",
                "o'clock",
                "the",
                "of",
                "July",
                "May",
                "monday",
                "$",
                "%",
                "per",
                "cent",
                "dozen",
                "score",
                "²",
                "٣",
                "1,2,3",
                "0",
                "st",
                "12st",
                "more",
                "than",
                "at",
                "least",
            ]
        ),
        max_size=14,
    )
)
def test_any_run_of_number_words_is_read_without_a_crash(parts: list[str]) -> None:
    text = " ".join(parts)
    found = read(text)
    ends = [0, *(end for one in found for end in (one.start, one.end))]
    assert ends == sorted(ends)
    assert ends[-1] <= len(text)
    for one in found:
        assert agree(one, one) is not False


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_read_without_a_crash(text: str) -> None:
    for one in read(text):
        assert 0 <= one.start < one.end <= len(text)
