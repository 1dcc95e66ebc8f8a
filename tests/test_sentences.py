"""Sentences and words: where they stand, and that finding them takes time in proportion to the text."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.analysis.sentences import sentences, words


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Dr. J. Vane left. He was late.", ["Dr. J. Vane left.", "He was late."]),
        ("It cost 3.5 million. We paid.", ["It cost 3.5 million.", "We paid."]),
        ('"No!" he said. "Never."', ['"No!" he said.', '"Never."']),
        ("St. Brannoc's is open. Go in.", ["St. Brannoc's is open.", "Go in."]),
        ("I said no. I meant it.", ["I said no.", "I meant it."]),
        ("It was I. She saw.", ["It was I.", "She saw."]),
        ("He left at 4 p.m. on Friday.", ["He left at 4 p.m. on Friday."]),
        ("Well… perhaps. Or not…", ["Well… perhaps.", "Or not…"]),
        ("  \n ", []),
        ("Flight No. 7 is late. No. It left.", ["Flight No. 7 is late.", "No.", "It left."]),
        ("no stop at all", ["no stop at all"]),
        pytest.param(
            "He works for Vane Inc. She does not.",
            ["He works for Vane Inc.", "She does not."],
            marks=pytest.mark.xfail(strict=True, reason="an abbreviation at the end of a sentence hides it"),
        ),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, parts: list[str]) -> None:
    assert [text[one.start : one.end] for one in sentences(text)] == parts


def test_a_question_is_known_as_one() -> None:
    assert [one.question for one in sentences("Was it open? It was.")] == [True, False]
    assert [one.question for one in sentences("“Was it open?” It was.")] == [True, False]


def test_words_keep_apostrophes_and_part_at_hyphens() -> None:
    found = words("They didn’t see O'Brien's twenty-three boats, 1,250.50 in all: 40%.")
    assert [word.low for word in found] == [
        "they", "didn't", "see", "o'brien's", "twenty", "three", "boats", "1,250.50", "in", "all", "40", "%",
    ]  # fmt: skip


def test_clauses_part_at_commas_and_dashes_only() -> None:
    assert [word.clause for word in words("He went, she stayed - well — long")] == [0, 0, 1, 1, 1, 2]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_spans_are_exact_and_in_order(text: str) -> None:
    last = 0
    for one in sentences(text):
        assert last <= one.start < one.end <= len(text)
        last = one.end
        for word in one.words:
            assert one.start <= word.start < word.end <= one.end
            assert text[word.start : word.end] == word.text


@pytest.mark.parametrize("piece", [".", "a", "?!", "“", "’", "1", "a. ", "not ", "I. ", ", ", "\x00", "Dr. "])
def test_one_thing_over_and_over_takes_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    begun = time.process_time()
    sentences(text)
    assert time.process_time() - begun < 4
