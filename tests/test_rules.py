"""The rules: what they find, what they leave alone, the words they show, and what is still wrong.

The tables are written by hand for this file; none of it stands in a development or training set.
"""

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck import analysis
from factcheck.analysis import Comparison, Proposition, Rules, Utterance
from factcheck.analysis.rules import FEATURES

ROOT = Path(__file__).parent.parent
# The model that ships reads where no engine is named; here the rules are alone.
compare = partial(analysis.compare, engine=Rules())
stance = partial(analysis.stance, engine=Rules())

CONTRADICTIONS = [
    ("The bridge was closed on Monday.", "The bridge was open on Monday."),
    ("The governor knew about the raid.", "The governor did not know about the raid."),
    ("The report clears the director of blame.", "Nothing in the report clears the director."),
    ("The report exonerates my client.", "The report finds that he bears responsibility for the collapse."),
    ("All the passengers survived.", "Nine passengers died in the crash."),
    ("Seven patients died that night.", "Six patients died that night."),
    ("Four workers were killed in the blast.", "Eleven workers were killed in the blast."),
    ("The council approved the sale in May.", "The council rejected the sale in May."),
    ("The doors were locked.", "The doors were not locked."),
    ("I did not take the money.", "He took the money."),
    ("The fire was started deliberately.", "The fire was an accident."),
    ("The valve was sound. I tested it myself.", "Anyone could see it. The valve was faulty."),
]
CONTRADICTIONS_MISSED = [
    (
        "Nobody warned us about the valve.",
        "We warned them about the valve three times.",
        "each speaks of “us”",
    ),
    (
        "I was never told about the leak.",
        "I told him about the leak in March.",
        "“told” is too common to be a topic",
    ),
    (
        "The company denies that it polluted the river.",
        "The company polluted the river.",
        "a denial is reported",
    ),
    (
        "The extension came in at 212 million.",
        "The final bill for the extension is 340 million.",
        "other words",
    ),
    ("Everyone aboard was saved.", "We buried Anders this morning.", "knowledge of the world"),
]
NEUTRAL = [
    ("The bridge in Aldow was closed.", "The bridge in Merrin was open.", "another place"),
    ("Peter Vane signed the letter.", "Anna Vane did not sign the letter.", "another person"),
    ("The sentence was too lenient.", "The sentence was far too severe.", "opinions"),
    ("If the bridge was closed, they should have said so.", "The bridge was open.", "a condition"),
    ("Was the bridge closed?", "The bridge was open.", "a question"),
    ("We approved 4,200 homes last year.", "Nine hundred homes were finished last year.", "other quantities"),
    ("The left engine was on fire.", "The right engine was not on fire.", "another part"),
    (
        "The doors were locked.",
        "They say that the doors were not locked, and I make no comment.",
        "a view reported",
    ),
    ("We shall close the school next year.", "The school was open last year.", "a plan"),
    (
        "About 310 people came to the meeting.",
        "Three hundred and eight people came to the meeting.",
        "rounding",
    ),
    ("Hangar twelve was empty.", "Hangar nine was not empty.", "another hangar"),
    ("In 1996 the mine was closed.", "In 2003 the mine was open.", "another year"),
    ("Some passengers survived.", "Nine passengers died.", "both can be so"),
    ("I never saw the letter.", "I saw the letter.", "each speaks of himself or herself"),
]


@pytest.mark.parametrize(("a", "b"), CONTRADICTIONS)
def test_a_plain_contradiction_is_found_both_ways(a: str, b: str) -> None:
    assert compare(a, b).label == "contradiction"
    assert compare(b, a).label == "contradiction"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(a, b, marks=pytest.mark.xfail(strict=True, reason=reason))
        for a, b, reason in CONTRADICTIONS_MISSED
    ],
)
def test_a_contradiction_that_is_still_missed(a: str, b: str) -> None:
    assert compare(a, b).label == "contradiction"


@pytest.mark.parametrize(("a", "b", "_why"), NEUTRAL)
def test_what_can_both_be_so_is_not_flagged(a: str, b: str, _why: str) -> None:
    assert compare(a, b).label != "contradiction"
    assert compare(b, a).label != "contradiction"


def test_what_was_so_years_ago_may_not_be_so_now() -> None:
    then = Utterance("The harbour bridge is closed.", "Anna Vane", said_on="2012-03-01")
    soon = Utterance("The harbour bridge is open.", "Peter Moor", said_on="2012-03-04")
    later = Utterance("The harbour bridge is open.", "Peter Moor", said_on="2020-03-04")
    assert compare(then, soon).label == "contradiction"
    assert compare(then, later).label == "neutral"


def test_a_person_who_takes_back_what_he_said_is_contradicted_by_himself() -> None:
    a = Utterance("I was at the meeting in March.", "Peter Vane", said_on="2021-04-01")
    b = Utterance("I was not at the meeting in March.", "Peter Vane", said_on="2021-06-01")
    assert compare(a, b).label == "contradiction"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("The mayor signed the contract in March.", "The contract was signed by the mayor in March."),
        ("Seven patients died at the hospital.", "At the hospital seven patients died, all of them old."),
    ],
)
def test_the_same_in_the_same_words_is_an_entailment(a: str, b: str) -> None:
    assert compare(a, b).label == "entailment"


@pytest.mark.parametrize(
    ("a", "b", "words_a", "words_b", "reason"),
    [
        (
            "It rained. The bridge was closed on Monday.",
            "The bridge was open on Monday.",
            "closed",
            "open",
            "One says “closed”, the other “open”, of the same thing (bridge, monday).",
        ),
        (
            "Seven patients died that night.",
            "Six patients died that night.",
            "Seven",
            "Six",
            "One says “Seven”, the other “Six”, of the same thing (patients, night, died).",
        ),
        (
            "The doors were locked.",
            "The doors were not locked.",
            "locked",
            "not locked",
            "The one denies what the other says of the same thing (doors): “locked” against “not locked”.",
        ),
        (
            "The report exonerates my client.",
            "The report says that he bears responsibility.",
            "exonerates",
            "responsibility",
            "The one clears whom the other holds responsible: “exonerates” against “responsibility”.",
        ),
        (
            "The report exonerates my client.",
            "Nothing in the report exonerates the client.",
            "exonerates",
            "exonerates",
            "The one denies what the other says of the same thing (exonerates, client, report).",
        ),
    ],
)
def test_the_words_that_clash_are_shown_and_named(
    a: str, b: str, words_a: str, words_b: str, reason: str
) -> None:
    found = compare(a, b)
    assert [one.text for one in found.spans_a] == [words_a]
    assert [one.text for one in found.spans_b] == [words_b]
    assert found.reason == reason
    assert found.engine == "rules"


@pytest.mark.parametrize(
    ("said", "claim", "side"),
    [
        ("The bridge was open on Monday.", Proposition("The bridge was closed on Monday."), "disputes"),
        ("The doors were not locked.", Proposition("The doors were locked."), "disputes"),
        ("Six patients died.", Proposition("Seven patients died.", "figure"), "disputes"),
        ("We gave the horses hay.", Proposition("The bridge was closed on Monday."), "none"),
        ("Was the bridge closed on Monday?", Proposition("The bridge was closed on Monday."), "none"),
        ("If the bridge was open, why did nobody cross it?", Proposition("The bridge was closed."), "none"),
        ("They say that the doors were not locked.", Proposition("The doors were locked."), "none"),
    ],
)
def test_the_stance_to_a_claim(said: str, claim: Proposition, side: str) -> None:
    assert stance(said, claim).stance == side


def test_of_two_claims_one_statement_disputes_each_by_its_own_words() -> None:
    said = "The doors were not locked. Six patients died."
    first = stance(said, "The doors were locked.")
    second = stance(said, Proposition("Seven patients died.", "figure"))
    assert [first.stance, second.stance] == ["disputes", "disputes"]
    assert [first.spans[0].text, second.spans[0].text] == ["not locked", "Six"]


def test_text_that_is_not_english_gets_nothing_and_a_reason() -> None:
    german = "Die Brücke war am Montag gesperrt, und niemand durfte sie betreten."
    found = compare(german, "The bridge was open on Monday.")
    assert (found.label, found.scores.neutral) == ("neutral", 1.0)
    assert "not English" in found.reason
    assert stance(german, "The bridge was closed.").stance == "none"


def test_features_are_named_and_do_not_depend_on_the_order() -> None:
    a = Utterance("I was at home in Aldow by nine.", "Peter Vane", "porter")
    b = Utterance("Vane came in at ten and signed the book.", "Anna Moor", "clerk")
    rules = Rules()
    one, other = rules.features(a, b), rules.features(b, a)
    assert one.shape == (len(FEATURES),)
    assert one.tolist() == pytest.approx(other.tolist())
    assert len(set(FEATURES)) == len(FEATURES)
    assert one[FEATURES.index("speaker_named")] == 1


TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [
                "the",
                "a",
                "bridge",
                "doors",
                "report",
                "patients",
                "six",
                "seven",
                "not",
                "never",
                "no",
                "was",
                "were",
                "open",
                "closed",
                "cleared",
                "guilty",
                "locked",
                ".",
                ",",
                "?",
                "“",
                "”",
                "if",
                "I",
                "we",
                "he",
                "said",
                "half",
                "million",
                "40%",
                "Monday",
                "Vane",
                "all",
                "died",
                "survived",
            ]
        ),
        max_size=40,
    ).map(" ".join),
)


def exact(found: Comparison, a: str, b: str) -> None:
    for spans, text in ((found.spans_a, a), (found.spans_b, b)):
        for one in spans:
            assert text[one.start : one.end] == one.text
            assert one.text


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS)
def test_whatever_is_compared_spans_are_exact_and_probabilities_sum_to_one(a: str, b: str) -> None:
    found, other = compare(a, b), compare(b, a)
    exact(found, a, b)
    scores = found.scores
    assert scores.contradiction + scores.entailment + scores.neutral == pytest.approx(1)
    assert min(scores.contradiction, scores.entailment, scores.neutral) >= 0
    assert found.label == other.label
    assert scores.contradiction == pytest.approx(other.scores.contradiction)
    bearing = stance(a, b)
    assert 0 <= bearing.confidence <= 1
    for one in bearing.spans:
        assert a[one.start : one.end] == one.text
    assert bool(bearing.spans) == (bearing.stance != "none")


@pytest.mark.parametrize(
    "piece", ["not ", "six patients died. ", "“", "x", "no, ", "open closed ", "9", "a ", "Was it? "]
)
def test_enormous_and_repetitive_texts_do_not_take_long(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    begun = time.process_time()
    compare(text, "The doors were not locked. Six patients died.")
    compare(text, text + "not")
    assert time.process_time() - begun < 6


# Judges each quote of some stories against all others and all claims, and prints it to the last digit.
_JUDGE_STORIES = """
import json
from factcheck.analysis import Proposition, Utterance
from factcheck.analysis.rules import Rules

for line in open("training/data/groups.jsonl").read().splitlines()[:20]:
    story = json.loads(line)
    claims = [Proposition(one["text"], one["kind"], tuple(one["about"])) for one in story["claims"]]
    said = [Utterance(one["text"], one["speaker"], None, None, None) for one in story["quotes"]]
    for one in said:
        print(Rules().judge(one, claims, [other for other in said if other is not one]))
"""


def test_every_process_judges_alike() -> None:
    """Python orders sets by another seed in each process, and a sum of floats depends on the order."""
    found = {
        subprocess.run(
            [sys.executable, "-c", _JUDGE_STORIES],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            capture_output=True, check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(found) == 1
    assert len(found.pop()) > 10_000
