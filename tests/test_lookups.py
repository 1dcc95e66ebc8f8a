"""What words of a post are looked up, and whom they may name."""

import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from flask import Flask

from factcheck import lookups
from factcheck.text import stem
from newsroom import Newsroom


@pytest.mark.parametrize(
    ("text", "context", "limit", "found"),
    [
        # In the order of the text as long as there is room; stop words and short ones tell nothing.
        ("The inspectors said 12 cranes of Northgate fell on Monday", "", 20,
         ["inspector", "12", "crane", "northgat", "fell", "monday"]),
        ("The of and a to it", "", 20, []),
        ("So we go to it, ad hoc", "", 20, ["hoc"]),
        ("5 of 7", "", 20, ["5", "7"]),
        ("Sheriff county investigation", "", 3, ["sheriff", "counti", "investig"]),
        # Where there is none: names and figures first, the longest of them first, then the longest words.
        ("Sheriff county investigation of Dana in 1999", "", 3, ["sheriff", "dana", "1999"]),
        ("an investigation of the county jetty", "", 2, ["investig", "counti"]),
        ("short investigation by Dana", "", 2, ["dana", "investig"]),
        # A word is marked if it is so anywhere, and counts by its longest form.
        ("crane investigation, Crane", "", 1, ["crane"]),
        ("crane investigation cranes", "", 1, ["investig"]),
        # What is known beside the text comes after it, and its capitals mark nothing.
        ("It fell.", "Ilse Brandt, engineer", 20, ["fell", "ils", "brandt", "engin"]),
        ("It fell.", "Ilse Brandt, engineer", 1, ["engin"]),
        # Words are folded, and taken out of what joins them.
        ("Über die Straße", "", 20, ["uber", "die", "strass"]),
        ("the co-operative's dock-workers", "", 20, ["oper", "dock", "worker"]),
        ("x" * 70, "", 20, ["x" * 60]),
        ("", "", 20, []),
    ],
)  # fmt: skip
def test_the_words_worth_looking_up(text: str, context: str, limit: int, found: list[str]) -> None:
    assert lookups.telling(text, context, limit) == found


def test_twenty_words_are_looked_up_of_a_long_text() -> None:
    assert len(lookups.telling(" ".join(f"Word{n}" for n in range(50)))) == 20
    assert "late" in lookups.telling("x " * 9_900 + "late")
    assert lookups.telling("x " * 10_000 + "late") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The inspectors saw Ms. Brandt fall", {"inspectors", "brandt", "fall"}),
        ("Al Ito of the IG Metall", {"ito", "metall"}),
        ("Herr Müller", {"herr", "muller"}),
        ("to be or not to be", set()),
    ],
)
def test_the_words_that_may_name_somebody(text: str, found: set[str]) -> None:
    assert lookups.spoken(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ilse Brandt came.", {"Ilse Brandt"}),
        ("we saw ilse brandt come", {"Ilse Brandt"}),
        ("that of Ilse Brandt's crane", {"Ilse Brandt"}),
        ("That is Brandt’s.", set()),
        ("the Bank of England said so", {"Bank of England"}),
        ("Jan van der Berg and the Bank of England", {"Jan van der Berg", "Bank of England"}),
        ("the bank of england said so", set()),
        ("Northgate fell.", {"Northgate"}),
        ("northgate fell.", set()),
        ("It was the Port Authority of New York that said so.", {"Port Authority of New York"}),
        ("ILSE BRANDT", {"Ilse Brandt"}),
        ("Ilse, Brandt", {"Ilse Brandt"}),
        ("Ilse Maria Brandt", {"Ilse Maria Brandt"}),
        ("", set()),
    ],
)
def test_who_is_named(newsroom: Newsroom, app: Flask, text: str, found: set[str]) -> None:
    names = {
        UUID(newsroom.post("/v1/entities", {"name": name})["id"]): name
        for name in (
            "Ilse Brandt", "Ilse Maria Brandt", "Bank of England", "Jan van der Berg", "Northgate",
            "Port Authority of New York",
        )
    }  # fmt: skip
    with app.extensions["factcheck.database"].reading() as session:
        assert {names[id_] for id_ in lookups.named(session, text)} == found


def test_another_name_is_a_name_too(newsroom: Newsroom, app: Flask) -> None:
    made = newsroom.post("/v1/entities", {"name": "Northgate Cranes", "alternate_names": ["NGC"]})
    with app.extensions["factcheck.database"].reading() as session:
        assert lookups.named(session, "NGC did it.") == {UUID(made["id"])}


def test_at_most_twelve_are_looked_at(newsroom: Newsroom, app: Flask) -> None:
    names = [f"Person {letter * 3}" for letter in "NMLKJIHGFEDCBA"]
    made = {UUID(newsroom.post("/v1/entities", {"name": name})["id"]): name for name in names}
    with app.extensions["factcheck.database"].reading() as session:
        found = lookups.named(session, ", ".join(names))
    assert len(found) == 12
    assert found <= made.keys()


def test_of_a_text_full_of_names_the_first_are_looked_up(newsroom: Newsroom, app: Flask) -> None:
    first = newsroom.post("/v1/entities", {"name": "Name1 Name2 Name3"})
    for late in ("Name148", "Name300 Name301 Name302"):
        newsroom.post("/v1/entities", {"name": late})
    with app.extensions["factcheck.database"].reading() as session:
        found = lookups.named(session, " ".join(f"Name{n}" for n in range(400)))
    assert found == {UUID(first["id"])}


def test_stems_are_right_while_other_threads_stem() -> None:
    """The stemmer in Python keeps the word that it works on where every thread finds it."""
    endings = ("", "s", "ing", "ed", "ational", "fulness", "ization", "ly")
    said = [f"{root}{ending}" for root in ("relat", "hope", "organ", "quick", "crane") for ending in endings]
    alone = {word: stem.__wrapped__(word) for word in said}
    assert alone["relating"] == alone["related"] == "relat"
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            for found in threads.map(lambda _: {w: stem.__wrapped__(w) for w in said * 100}, range(8)):
                assert found == alone
    finally:
        sys.setswitchinterval(interval)
