"""Who said what when, as places on a drawing."""

from itertools import combinations

import pytest

from factcheck.publish.timeline import GAP, LEFT, MOST, RIGHT, Timeline, lay_out


def drawn(*said: tuple[str | None, str]) -> Timeline:
    found = lay_out(said, above="supports")
    assert found is not None
    return found


@pytest.mark.parametrize(
    "said",
    [
        [],
        [("2022-04-20", "supports")],
        [(None, "supports"), ("2022-04-20", "disputes"), (None, "disputes")],
        [("2022-04-20", "supports"), ("2022-04-20", "disputes")],
        [("2022", "supports"), ("2022", "disputes")],
    ],
)
def test_dates_that_tell_nothing_make_no_timeline(said: list[tuple[str | None, str]]) -> None:
    assert lay_out(said, above="supports") is None


def test_days_stand_in_order_each_on_its_side_of_the_axis() -> None:
    found = drawn(("2022-05-01", "disputes"), (None, "supports"), ("2022-04-01", "supports"))
    assert [(mark.index, mark.side, mark.start, mark.end) for mark in found.marks] == [
        (2, "supports", LEFT, None),
        (0, "disputes", RIGHT, None),
    ]
    above, below = found.marks
    assert 0 < above.y < found.axis < below.y < found.height
    assert found.axis - above.y == below.y - found.axis


def test_what_is_known_to_the_month_or_year_is_a_bar_over_all_of_it() -> None:
    year, month, day = drawn(("2022-04", "supports"), ("2022", "disputes"), ("2022-12-31", "disputes")).marks
    assert (year.index, year.start, year.end) == (1, LEFT, RIGHT)
    assert (day.start, day.end) == (RIGHT, None)
    assert LEFT < month.start < (month.end or 0) < RIGHT
    # 30 days less one of the 364 between the first day and the last.
    assert (month.end or 0) - month.start == pytest.approx(29 / 364 * (RIGHT - LEFT), abs=0.02)


@pytest.mark.parametrize("on", ["2022-12", "9999-12", "9999", "0001", "0001-01-01", "2024-02"])
def test_every_date_that_can_be_stored_can_be_drawn(on: str) -> None:
    found = drawn((on, "supports"), ("2000-02-29", "disputes"))
    assert len(found.marks) == 2
    assert all(LEFT <= mark.start <= (mark.end or mark.start) <= RIGHT for mark in found.marks)
    assert found.ticks


def test_marks_do_not_cover_each_other_and_many_on_a_day_stay_within_the_drawing() -> None:
    crowded = [("2022-04-01", "supports")] * 50 + [("2022-04-02", "supports"), ("2022-06-01", "disputes")]
    found = drawn(*crowded)
    for one, other in combinations(found.marks, 2):
        assert one.y != other.y or abs(one.start - other.start) >= GAP
    assert all(0 < mark.y < found.height for mark in found.marks)
    assert found.height < 2 * MOST + 100


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        ("2022-04-20", "2022-04-22", ["20 Apr 2022", "21 Apr", "22 Apr"]),
        ("2022-12-30", "2023-01-08", ["30 Dec 2022", "4 Jan 2023"]),
        ("2022-01-15", "2022-04-20", ["Feb 2022", "Mar", "Apr"]),
        ("2021-11-15", "2022-02-20", ["Dec 2021", "Jan 2022", "Feb"]),
        ("2022", "2022-06-01", ["Jan 2022", "Apr", "Jul", "Oct"]),
        ("2019-06-01", "2022-06-01", ["2020", "2021", "2022"]),
        ("1990", "2022-06-01", ["1990", "2000", "2010", "2020"]),
        ("1500", "1999", ["1600", "1800"]),
        ("0001", "9999", ["2000", "4000", "6000", "8000"]),
        ("0900", "8500", ["2000", "4000", "6000", "8000"]),
    ],
)
def test_the_axis_names_a_few_dates(first: str, last: str, labels: list[str]) -> None:
    found = drawn((first, "supports"), (last, "disputes"))
    assert [tick.label for tick in found.ticks] == labels
    assert all(LEFT <= tick.x <= RIGHT for tick in found.ticks)
    assert {tick.anchor for tick in found.ticks if 12 <= tick.x <= 88} <= {"middle"}
