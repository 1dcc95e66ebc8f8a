"""What holds a history of many clients against one order of events must fail on histories that have none."""

import os

import pytest

from bench.endurance.__main__ import has_grown
from bench.endurance.history import (
    Change,
    Counted,
    Seen,
    Tried,
    check_counts,
    check_kept,
    check_records,
)
from bench.endurance.memory import Growth, Size, size_of


def wrote(start, end, version, value=None, over=None):
    return Seen("r", start, end, version, value, version - 1 if over is None else over)


def saw(start, end, version, value=None):
    return Seen("r", start, end, version, value)


RIGHT = {
    "one after the other": [wrote(0, 1, 1), saw(2, 3, 1), wrote(4, 5, 2), saw(6, 7, 2)],
    "a read while it is written may see either": [wrote(0, 1, 1), wrote(2, 9, 2), saw(3, 4, 1), saw(3, 5, 2)],
    "two reads at once may see different versions": [saw(0, 5, 2), saw(4, 9, 1)],
    "a write that took effect before its answer came": [wrote(0, 1, 1), wrote(2, 9, 2), saw(3, 4, 2)],
    "what touches does not come before": [saw(0, 1, 2), saw(1, 2, 1)],
    "versions that nobody saw": [saw(0, 1, 1), saw(2, 3, 7)],
}

WRONG = {
    "a version goes back": ([saw(0, 1, 2), saw(2, 3, 1)], "saw version 1 after version 2 was known"),
    "an acknowledged write is not seen": ([wrote(0, 1, 1), wrote(2, 3, 2), saw(4, 5, 1)], "saw version 1"),
    "it was seen before it was written": ([saw(0, 1, 2), wrote(2, 3, 2)], "known before it was written"),
    "a write lands below what is known": ([saw(0, 1, 5), wrote(2, 3, 3)], "wrote version 3 after version 5"),
    "two editors win": ([wrote(0, 5, 2, "a"), wrote(1, 6, 2, "b")], "version 2 was 'a' and 'b'"),
    "one version, two values": ([saw(0, 5, 1, "a"), saw(1, 6, 1, "b")], "version 1 was 'a' and 'b'"),
    "a write on what was not read": ([wrote(0, 1, 3, over=1)], "by who had read version 1"),
    "found, then gone": ([wrote(0, 1, 1), saw(2, 3, 1), saw(4, 5, 0)], "saw version 0"),
}


@pytest.mark.parametrize("history", RIGHT.values(), ids=RIGHT)
def test_a_history_that_one_order_explains(history):
    assert check_records(history) == []
    assert check_records(reversed(history)) == []


@pytest.mark.parametrize(("history", "told"), WRONG.values(), ids=WRONG)
def test_a_history_that_no_order_explains(history, told):
    for given in (history, list(reversed(history))):
        wrong = check_records(given)
        assert len(wrong) == 1
        assert wrong[0].startswith("r: ")
    assert told in check_records(history)[0]


def test_records_do_not_mix():
    assert check_records([Seen("a", 0, 1, 9), Seen("b", 2, 3, 1)]) == []


@pytest.mark.parametrize(
    ("tried", "wrong"),
    [
        ([Tried("r", 0, "a")], 0),
        ([Tried("r", 0, "a"), Tried("r", 1, "a")], 0),
        ([Tried("other", 0, "a")], 0),  # Nobody says what this record may hold.
        ([Tried("r", 0, "b")], 1),
        ([Tried("r", 5, "a")], 1),  # Sent only after it had been seen.
    ],
)
def test_a_value_was_sent_before_it_was_seen(tried, wrong):
    assert len(check_records([saw(2, 3, 1, "a")], tried)) == wrong


PLUS, MINUS = Change("n", 1, 2, 4), Change("n", -1, 6, 8)


@pytest.mark.parametrize(
    ("changes", "start", "end", "possible"),
    [
        ([], 0, 1, {0}),
        ([PLUS], 0, 1, {0}),  # Before it was sent.
        ([PLUS], 0, 3, {0, 1}),  # While it was on its way.
        ([PLUS], 5, 6, {1}),  # After it was acknowledged.
        ([PLUS, PLUS], 3, 5, {0, 1, 2}),
        ([PLUS, MINUS], 5, 7, {0, 1}),
        ([PLUS, MINUS], 9, 10, {0}),
        ([Change("n", 1, 2)], 9, 10, {0, 1}),  # No answer ever came.
        ([PLUS, Change("n", -1, 6)], 9, 10, {0, 1}),
        ([Change("other", 1, 2, 4)], 9, 10, {0}),
    ],
)
def test_a_count_is_between_what_was_certain_and_what_was_possible(changes, start, end, possible):
    found = {n for n in range(-1, 4) if not check_counts([Counted("n", start, end, n)], changes)}
    assert found == possible
    assert check_counts([Counted("n", start, end, 3)], changes)


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        ({"a": 1, "b": 2, "more": 3}, []),
        ({"a": 1}, ["b was acknowledged and is missing"]),
        ({"a": 1, "b": 3}, ["b was acknowledged as 2 and is 3"]),
    ],
)
def test_what_was_acknowledged_is_there(found, wrong):
    assert check_kept({"a": 1, "b": 2}, found) == wrong


@pytest.mark.parametrize(
    ("first", "a_minute", "grown"),
    [(100, 0, False), (100, 0.5, False), (100, 3, True), (1000, 3, False), (1000, 9, True)],
)
def test_memory_that_grows_is_told_from_memory_that_wavers(first, a_minute, grown):
    samples = [(s, Size(500 + s, first + a_minute * s / 60 + s % 3)) for s in range(601)]
    growth = Growth.of(1, samples, 60)
    assert growth.slope == pytest.approx(a_minute, abs=0.05)
    assert growth.last - growth.first == pytest.approx(a_minute * 8.1, abs=1)
    assert has_grown(growth, 600) == grown
    assert not has_grown(growth, 120), "too short to tell"


def test_a_worker_that_ended_early_is_not_judged():
    assert Growth.of(1, [(s, Size(100, 50)) for s in range(65)], 60) is None


def test_the_own_memory_of_a_process_is_told_from_what_it_shares():
    size = size_of(os.getpid())
    assert size
    assert 1 < size.own < size.resident
    assert size_of(2**30) is None
