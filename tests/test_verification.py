"""Whether a source holds a quotation: what counts as found, what never does, and where it stands."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from factcheck.analysis import SourceText, TextPositionSelector, TextQuoteSelector, Verification, verify
from factcheck.analysis.wording import MAX_SOURCE

SOURCE = """Crane inquiry opens

“We knew nothing of it,” said Ilse Brandt. “The crane was inspected in March — and the inspectors found nothing wrong with it.” She did not say who paid. It is not true that we’d been warned.

He didn't do it, he said. The company paid $5 million, or 1,000 euros; temperatures fell to -5 degrees. A well-known engineer asked: did they know? “The report clears him,” she said. Later she repeated: “The report clears him.”

“I was there, with my sons and my lawyer, when the crane fell,” said Dana Ruiz. “Teh end of it was near.”

It was, as far as anybody at the port could tell, never safe. The firm denied that it opened the gate.

“First we ran.

“Then we hid.” The war‑weary crew left at 3:30 p.m. and the US team told us nothing."""

EXACT = [
    "The crane was inspected in March — and the inspectors found nothing wrong with it.",
    "inspected in March",
    "We knew nothing of it,",
    "  She did not say who paid. ",
    "we’d been warned",
    "$5 million",
    "did they know",
    "“Then we hid.”",
    "“First we ran.\n\n“Then we hid.”",
]

NORMALIZED = [
    (
        "quotation marks and a dash",
        '"The crane was inspected in March -- and the inspectors found nothing wrong',
    ),
    ("an apostrophe", "It is not true that we'd been warned."),
    ("a comma at the end for a stop", "We knew nothing of it."),
    ("the first letter", "The inspectors found nothing wrong with it."),
    ("the first letter", "Did they know?"),
    ("a bracketed letter", "[T]he inspectors found nothing wrong with it."),
    ("a bracketed letter within", "It is not true that [W]e'd been warned"),
    ("non-breaking space and line break", "She\u00a0did not\nsay who paid."),
    ("a soft hyphen", "the in\u00adspectors found nothing wrong"),
    ("a zero-width space", "The crane \u200bwas in\u200bspected in March"),
    ("another hyphen", "The war-weary crew"),
    ("a repeated opening mark", "First we ran. Then we hid."),
    ("an ellipsis", "The crane was inspected … and the inspectors found nothing wrong with it."),
    ("three stops", "The crane was inspected in March...the inspectors found nothing wrong"),
    ("spaced stops", "I was there . . . when the crane fell."),
    ("a bracketed ellipsis", "I was there […] when the crane fell."),
    ("an ellipsis at the ends", "… inspected in March …"),
    ("brackets for other words", "[Brandt] did not say who paid."),
    ("brackets for other words within", "I was there, with [the family], when the crane fell"),
    ("brackets that add", "The company paid [the city] $5 million"),
    ("an altered word", "The crane was inspect[ion] in March"),
    ("sic", "Teh [sic] end of it was near."),
]

# What readers fear most: what is nearly said. Each with words that the diff has to show.
LOOKALIKES = [
    ("She did say who paid.", "", "not"),
    ("He did do it", "did", "didn't"),
    ("He didn't do it, she said.", "she", "he"),
    ("The company paid $6 million", "6", "5"),
    ("The company paid 5 million", "", "$"),
    ("5 million", "", "$"),
    ("temperatures fell to 5 degrees", "", "-"),
    ("5 degrees", "", "-"),
    ("000 euros", "000", "1,000"),
    ("weary crew left", "", "war‑"),
    ("known engineer asked", "", "well-"),
    ("Did they know.", ".", "?"),
    ("We knew nothing about it.", "about", "of"),
    ("the us team told us nothing", "us", "US"),
    ("It is … true that we'd been warned.", "…", "not"),
    ("She did […] say who paid.", "[…]", "not"),
    ("She [did] say who paid.", "[did]", "did not"),
    ("It was […] safe.", "[…]", ", as far as anybody at the port could tell, never"),
    ("The firm … opened the gate.", "…", "denied that it"),
    ("She did not say who [never] paid", "[never]", ""),
    ("the inspectors found nothing wrong with it, ever", ", ever", "."),
    ("I was there, when the crane fell", "", "with my sons and my lawyer,"),
    ("We knew nothing of [un]it", "[un]", ""),
]

MISSING = [
    "Nobody ever said that the moon was cheese.",
    "The mayor of another town resigned over a bridge.",
    "he said that it was the",
    "",
    "…",
    "“—”",
    "?!",
    "\u00ad\u200b",
]


def differing(found: Verification) -> list[tuple[str, str]]:
    return [(step.quotation, step.source) for step in found.diff if step.op != "equal"]


@pytest.mark.parametrize("quotation", EXACT)
def test_words_that_stand_there_to_the_letter(quotation: str) -> None:
    found = verify(quotation, SOURCE)
    [place] = found.occurrences
    assert (found.result, found.diff, found.ambiguous) == ("exact", (), False)
    assert SOURCE[place.start : place.end] == quotation.strip()
    assert found.selectors == place.selectors
    quote, position = place.selectors
    assert quote.exact == quotation.strip()
    assert f"{quote.prefix}{quote.exact}{quote.suffix}" in SOURCE
    assert position == TextPositionSelector(place.start, place.end)


@pytest.mark.parametrize(("what", "quotation"), NORMALIZED)
def test_words_that_stand_there_printed_in_another_way(what: str, quotation: str) -> None:
    found = verify(quotation, SOURCE)
    [place] = found.occurrences
    assert found.result == "normalized", found
    assert found.selectors == place.selectors
    marked = any(mark in quotation.strip("… ") for mark in ("…", "...", ". .", "[Brandt", "[the", "t[ion"))
    assert bool(differing(found)) == marked, "what ellipses and brackets stand for is shown"


@pytest.mark.parametrize(("quotation", "ours", "theirs"), LOOKALIKES)
def test_a_lookalike_is_partial_and_the_diff_shows_why(quotation: str, ours: str, theirs: str) -> None:
    found = verify(quotation, SOURCE)
    assert found.result == "partial", found
    assert (ours, theirs) in differing(found), found.diff
    assert found.reason.endswith(".")


@pytest.mark.parametrize("quotation", MISSING)
def test_what_does_not_stand_there(quotation: str) -> None:
    found = verify(quotation, SOURCE)
    assert (found.result, found.selectors, found.occurrences, found.diff) == ("missing", None, (), ())
    assert found.reason


@pytest.mark.parametrize(
    ("quotation", "source"),
    [
        # Composed and decomposed letters, and the ligatures of a typeset page.
        ("Jos\u00e9 left the caf\u00e9", "He said: Jose\u0301 left the cafe\u0301."),
        ("The final figures", "The \ufb01nal \ufb01gures are in."),
        ("「橋は安全だ」", "市長は『橋は安全だ』と述べた。"),
        ("I knew – I think", "“I knew—I think,” he said"),
    ],
)
def test_scripts_and_typesetting(quotation: str, source: str) -> None:
    assert verify(quotation, source).result == "normalized"


def test_part_of_a_sentence_in_a_script_without_spaces() -> None:
    assert verify("橋は安全だ", "市長は橋は安全だと述べた。").result == "exact"
    assert verify("橋は危険だ", "市長は橋は安全だと述べた。").result == "partial"


def test_words_that_stand_twice_are_not_settled() -> None:
    found = verify("The report clears him", SOURCE)
    assert (found.result, found.selectors, len(found.occurrences)) == ("exact", None, 2)
    assert found.ambiguous
    assert found.reason == "The words stand in the source. They stand there twice: say which is meant."
    found = verify("The report clears him.", SOURCE)
    assert found.reason.endswith("twice, once to the letter: say which is meant.")


def test_surroundings_are_long_enough_to_tell_places_apart() -> None:
    page = "It was said again and again that the same thing had been said. " * 4
    source = f"One. {page}The crane fell. {page}Two. {page}The crane fell. {page}End."
    found = verify("The crane fell.", source)
    quotes = [occurrence.selectors[0] for occurrence in found.occurrences]
    assert len(quotes) == len({(q.prefix, q.exact, q.suffix) for q in quotes}) == 2
    assert all(source.count(f"{q.prefix}{q.exact}{q.suffix}") == 1 for q in quotes)
    assert len(verify("One.", source).occurrences[0].selectors[0].suffix) == 64


def test_overlapping_words_are_two_places() -> None:
    assert len(verify("ha ha", "Ha, he said: ha ha ha").occurrences) == 2


def test_a_closest_passage_that_stands_twice_says_so() -> None:
    source = "The bridge is quite safe, he said. Much later, again: the bridge is quite safe, she said."
    found = verify("The bridge is not safe", source)
    assert (found.result, found.selectors, len(found.occurrences)) == ("partial", None, 2)
    assert "2 passages" in found.reason


def test_an_ellipsis_leaves_out_a_page_and_not_a_book() -> None:
    def between(words: int) -> str:
        return f"The council voted for it. {'And so on. ' * (words // 3)}The mayor signed it at once."

    quotation = "The council voted for it. … The mayor signed it at once."
    assert verify(quotation, between(300)).result == "normalized"
    assert verify(quotation, between(3000)).result != "normalized"
    assert verify("The council … at once", between(300)).result != "normalized", "two words prove little"


def test_an_ellipsis_takes_the_shortest_way() -> None:
    source = "We saw it. We saw it too. We saw it and we told the police about it. We told the police."
    found = verify("We saw it … told the police", source)
    assert [source[o.start : o.end] for o in found.occurrences] == ["We saw it and we told the police"]


def test_words_in_the_wrong_order_are_no_omission() -> None:
    assert verify("when the crane fell … I was there, with my sons", SOURCE).result != "normalized"


def test_an_ellipsis_in_the_source_itself() -> None:
    assert verify("I was … there", "“I was … there,” he said").result == "exact"
    assert verify("I was ... there", "“I was … there,” he said").result == "normalized"
    assert verify("[The report] is clear", "He wrote: [The report] is clear.").result == "exact"


def test_a_scanned_page_is_found_and_not_trusted() -> None:
    source = "lt was n0t the firrn that pald for the inspectlon of the crane, he sald."
    found = verify("It was not the firm that paid for the inspection of the crane", source)
    assert (found.result, bool(found.occurrences)) == ("partial", True)


def test_the_diff_holds_every_word_of_the_quotation() -> None:
    quotation = "I was there with my two sons and a lawyer when the old crane fell"
    found = verify(quotation, SOURCE)
    assert found.result == "partial"
    assert " ".join(step.quotation for step in found.diff if step.quotation) == quotation
    for step in found.diff:
        assert step.source in SOURCE
        assert bool(step.quotation) == (step.op != "delete")
        assert bool(step.source) == (step.op != "insert")


def test_one_source_many_quotations() -> None:
    source = SourceText(SOURCE)
    assert [verify(q, source) for q in EXACT] == [verify(q, SOURCE) for q in EXACT]


def test_a_text_that_is_no_document_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        verify("x", "x" * (MAX_SOURCE + 1))


@pytest.mark.xfail(strict=True, reason="A word divided at the end of a printed line is read as two.")
def test_a_word_divided_at_the_end_of_a_line() -> None:
    assert verify("the investigation goes on", "He said the investi-\ngation goes on.").result == "normalized"


@pytest.mark.xfail(strict=True, reason="Capitals throughout, as in a transcript, count as other words.")
def test_a_transcript_in_capitals() -> None:
    assert verify("We knew nothing of it", "THE MAYOR: WE KNEW NOTHING OF IT.").result == "normalized"


@pytest.mark.xfail(strict=True, reason="Whose words an ellipsis spans is not looked at.")
def test_an_ellipsis_over_two_speakers() -> None:
    source = "“We knew of the crack,” said Brandt. Ruiz was silent. “We told the mayor,” said Lund."
    assert verify("We knew of the crack … We told the mayor", source).result == "partial"


WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"])
    | st.sampled_from("aA1.,…'’“-[]()$%\u00ad"),
    min_size=1,
    max_size=8,
)
TEXTS = st.lists(WORDS, min_size=1, max_size=40)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from([" ", "\n", "  ", "\u00a0"]), st.data())
def test_any_words_of_a_text_stand_in_it(words: list[str], space: str, data: st.DataObject) -> None:
    text = space.join(words)
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first + 1, len(words)))
    quotation = space.join(words[first:last])
    found = verify(quotation, text)
    if found.result == "missing":
        assert not any(char.isalnum() for char in quotation)
        return
    assert found.result == "exact", found
    start = len(space.join(words[:first])) + len(space) * (first > 0)
    assert (start, start + len(quotation)) in [(o.start, o.end) for o in found.occurrences]
    sound(found, text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.text(max_size=200))
@example("0U00", "0u00")
def test_whatever_comes_the_finding_is_sound(quotation: str, text: str) -> None:
    sound(verify(quotation, text), text)


SAID = ["did", "not", "we", "pay", "you", ",", ".", "?", "never", "didn't"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([*SAID, "…", "[them]"]), max_size=12),
    st.lists(st.sampled_from(SAID), max_size=40),
)
def test_a_changed_word_is_never_found(quotation: list[str], text: list[str]) -> None:
    """With the words of a language of ten, what is found without a diff stands there word by word."""
    source = " ".join(text)
    found = verify(" ".join(quotation), source)
    sound(found, source)
    if found.result in ("exact", "normalized") and not found.diff:
        plain = [w for w in quotation if w.isalnum()]
        place = found.occurrences[0]
        assert [w for w in source[place.start : place.end].split() if w.isalnum()] == plain


def sound(found: Verification, text: str) -> None:
    """Hold a finding to what it promises, whatever was looked for."""
    assert found.reason
    assert (found.selectors is not None) == (len(found.occurrences) == 1)
    assert (found.result == "missing") == (not found.occurrences)
    assert found.result != "partial" or found.diff
    assert found.result != "exact" or not found.diff
    assert list(found.occurrences) == sorted(found.occurrences, key=lambda o: o.start)
    for occurrence in found.occurrences:
        quote, position = occurrence.selectors
        assert isinstance(quote, TextQuoteSelector)
        assert 0 <= occurrence.start < occurrence.end <= len(text)
        assert (position.start, position.end) == (occurrence.start, occurrence.end)
        assert quote.exact == text[occurrence.start : occurrence.end]
        assert text[: occurrence.start].endswith(quote.prefix)
        assert text[occurrence.end :].startswith(quote.suffix)


@pytest.mark.parametrize(
    ("quotation", "unit"),
    [
        ("a " * 5000 + "b", "a "),
        ("a b " * 2000 + "c", "b a "),
        (" … ".join(["a"] * 30), "a "),
        (" … ".join(["a a a"] * 30), "a "),
        ("[a] " * 3000, "a "),
        ("a[b] " * 30, "a "),
        ("b … " * 3000, "a … "),
        ("“a” " * 3000, "“a” "),
        ("[" * 10_000 + "a", "["),
        ("a\u00ad" * 5000 + "b c", "a\u00ad"),
        ("a b c d f e g " * 700, "a b c d e f g "),
        ("1," * 5000 + "2 x", "1,"),
    ],
)
def test_texts_that_repeat_themselves_take_no_longer_than_others(quotation: str, unit: str) -> None:
    """A source of ten times the length takes about ten times as long; squared, it would be a hundred."""

    def seconds(length: int) -> float:
        source = (unit * (1 + length // len(unit)))[:length]
        begun = time.process_time()
        verify(quotation, source)
        return time.process_time() - begun

    seconds(1000)
    short, long = seconds(30_000), seconds(300_000)
    assert long < 40 * short + 1.0
