"""Who says what: tables of passages, with the speakers and words that a reader would find."""

import sys
from collections import Counter
from pathlib import Path
from types import FrameType

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factcheck.analysis import Quotation, quotations
from factcheck.analysis.marks import paragraphs, passages
from training.articles import misses, score_articles


def direct(text: str) -> list[tuple[str, str | None]]:
    return [(q.text, q.speaker) for q in quotations(text, language="en") if q.kind == "direct"]


def indirect(text: str) -> list[tuple[str, str | None, str | None]]:
    return [
        (q.text, q.speaker, q.cue.text if q.cue else None)
        for q in quotations(text, language="en")
        if q.kind == "indirect"
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("“We knew,” she said.", ["We knew,"]),
        ('"We knew," she said.', ["We knew,"]),
        ("‘We knew,’ she said.", ["We knew,"]),
        ("'We knew,' she said.", ["We knew,"]),
        ("« Nous savions », dit-elle.", ["Nous savions"]),
        ("„Wir wussten es“, sagte sie.", ["Wir wussten es"]),
        ("»Wir wussten es«, sagte sie.", ["Wir wussten es"]),
        ("‘The engineers’ note wasn’t ours,’ she said.", ["The engineers’ note wasn’t ours,"]),
        ("'The workers' rights weren't ours,' she said.", ["The workers' rights weren't ours,"]),
        ("‘I’m goin’ home,’ she said.", ["I’m goin’ home,"]),
        ("'Tis the '90s, and rock 'n' roll is the workers' choice.", []),
        ("The ‘palaces’ for the miners’ families", ["palaces"]),
        ("“He said ‘no’ to me,” she said.", ["He said ‘no’ to me,"]),
        ("‘He said “no” to me,’ she said.", ["He said “no” to me,"]),
        ("'He said \"it's not on\" to me,' she said.", ['He said "it\'s not on" to me,']),
        ('She said:"No."', ["No."]),
        ("The plank is 6' 2\" long.", []),
        ("“One “two” three", ["two"]),
        ("“ ” \"\" ''", []),
        ("“One.\n\n“Two.\n\n“Three.”", ["One.", "Two.", "Three."]),
        ("“One, he said.\n\nTwo.", []),
        ("“A line that\nis wrapped at a\nwidth,” she said.", ["A line that\nis wrapped at a\nwidth,"]),
    ],
)
def test_marked_passages(text: str, found: list[str]) -> None:
    assert [text[p.start : p.end] for _, inner in passages(text) for p in inner] == found


@pytest.mark.xfail(strict=True, reason="A mark for inches inside a quotation is taken for its end.")
def test_inches_inside_a_quotation() -> None:
    text = '"The gap was 6" wide," she said.'
    assert [text[p.start : p.end] for _, inner in passages(text) for p in inner] == ['The gap was 6" wide,']


ORTIZ = "Marta Ortiz, a lawyer for the port, arrived late. "


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # Where the verb and its subject stand.
        ("“It fell,” said Marta Ortiz.", [("It fell,", "Marta Ortiz")]),
        ("“It fell,” Marta Ortiz said on Monday.", [("It fell,", "Marta Ortiz")]),
        ("“It fell”, Marta Ortiz said.", [("It fell", "Marta Ortiz")]),
        ("Marta Ortiz said: “It fell.”", [("It fell.", "Marta Ortiz")]),
        ("Marta Ortiz, 44, a lawyer for the port, told the Ledger: “It fell.”", [("It fell.", "Marta Ortiz")]),
        ("“It fell,” Marta Ortiz, a lawyer for the port, told the Ledger.", [("It fell,", "Marta Ortiz")]),
        ("“It fell,” said the port’s lawyer, Marta Ortiz, on Monday.", [("It fell,", "Marta Ortiz")]),
        ("“It fell,” said port lawyer Marta Ortiz.", [("It fell,", "Marta Ortiz")]),
        ("“It fell,” according to Marta Ortiz.", [("It fell,", "Marta Ortiz")]),
        ("In a letter to the board, Marta Ortiz wrote that it was “a scandal of our time”.",
         [("a scandal of our time", "Marta Ortiz")]),
        ("“It fell!” Marta Ortiz shouted. “Run!”", [("It fell!", "Marta Ortiz"), ("Run!", "Marta Ortiz")]),
        ("“A mess,” as Marta Ortiz put it, “and ours.”", [("A mess,", "Marta Ortiz"), ("and ours.", "Marta Ortiz")]),
        ("ORTIZ: “It fell, and nobody was there to see it.”",
         [("It fell, and nobody was there to see it.", "ORTIZ")]),
        ("“It fell,” said Dr. Marta Ortiz. “Nobody saw.”",
         [("It fell,", "Marta Ortiz"), ("Nobody saw.", "Marta Ortiz")]),
        ("The minister, Hugo Bell, denied it. “Lies,” Bell said, “and old ones.”",
         [("Lies,", "Hugo Bell"), ("and old ones.", "Hugo Bell")]),
        # Who is meant.
        (ORTIZ + "“It fell,” Ms. Ortiz said.", [("It fell,", "Marta Ortiz")]),
        (ORTIZ + "“It fell,” she said.", [("It fell,", "Marta Ortiz")]),
        (ORTIZ + "“It fell,” the lawyer said.", [("It fell,", "Marta Ortiz")]),
        (ORTIZ + "Hugo Bell waited. “It fell,” she said. “It did,” he said.",
         [("It fell,", "Marta Ortiz"), ("It did,", "Hugo Bell")]),
        ("Hugo Bell’s lawyer, Marta Ortiz, left.\n\nBell was alone. “It fell,” his lawyer said.",
         [("It fell,", "Marta Ortiz")]),
        ("Peter Corrie wept. His wife, Lydia Corrie, did not. “We go home,” Mrs Corrie said.",
         [("We go home,", "Lydia Corrie")]),
        ("Judge Oona Pryce read it out. “It fell,” the judge said.", [("It fell,", "Oona Pryce")]),
        ("Theodora “Teddy” Marlow said: “Not today.”", [("Not today.", "Theodora Marlow")]),
        ("Gov. Leland Frost watched. “It fell,” the governor said.", [("It fell,", "Leland Frost")]),
        ("Supporters call it a tax. “It fell,” the league’s president, Marta Ortiz, said in a statement.",
         [("It fell,", "Marta Ortiz")]),
        # Nobody with a name.
        ("A man in a kilt played what he called “a lament”.", [("a lament", "a man in a kilt")]),
        ("An official familiar with the talks left. “It fell,” the official said.",
         [("It fell,", "an official familiar with the talks")]),
        ("A former deck hand, who asked not to be named because he fears for his job, said: “It fell.”",
         [("It fell.", "a former deck hand")]),
        ("“It fell,” residents said.", [("It fell,", "residents")]),
        ("One of them, a guard at the gate, spoke up. “It fell,” she said.",
         [("It fell,", "a guard at the gate")]),
        ("Peter Corrie spoke of a ruling that his family described as “a second death”.",
         [("a second death", "his family")]),
        ("One woman, who gave her name only as Joan, held up a jar. “Drink it,” she said.",
         [("Drink it,", "Joan")]),
        ("A rescuer, who did not want to be named, looked up. “It fell,” he said.", [("It fell,", "a rescuer")]),
        ("Her neighbour, retired weaver Hugo Bell, was blunt. “It fell,” he said.", [("It fell,", "Hugo Bell")]),
        # Offices, ranks and roles.
        ("The Governor of Wick, Chief Ade Bello, came. The press secretary to the governor, Mr. Hugo Bell, left."
         "\n\n“It fell,” the governor said.", [("It fell,", "Ade Bello")]),
        ("Deputy Commissioner of Police (Traffic) K. Anil Rao came. “It fell,” the DCP said.",
         [("It fell,", "K. Anil Rao")]),
        ("“It fell,” said Alhaji Sani Bello.", [("It fell,", "Sani Bello")]),
        ("Meteorologist Marta Ortiz said: “It fell.”", [("It fell.", "Marta Ortiz")]),
        ("“It fell,” said Bernadette Hayes SC.", [("It fell,", "Bernadette Hayes")]),
        ("Hugo Bell (67), of Wick, denies murder. “It fell,” the accused said.", [("It fell,", "Hugo Bell")]),
        ("A farmer called it “a mess”, a court heard.\n\nHugo Bell (67), of Wick, denies murder.",
         [("a mess", "Hugo Bell")]),
        ("The dead man’s widow, Mary Quill, spoke. “It fell,” she said.", [("It fell,", "Mary Quill")]),
        # Who asks does not answer.
        ("Hugo Bell denied it.\n\nAsked by Mr. Ray Pappas whether he knew, he paused. “It fell,” he said.",
         [("It fell,", "Hugo Bell")]),
        ("It was her son, Hugo Bell, who rang. “It fell,” he said.", [("It fell,", "Hugo Bell")]),
        # What somebody wrote.
        (ORTIZ + "Her diary was kept. “It fell,” reads one entry.", [("It fell,", "Marta Ortiz")]),
        (ORTIZ + "“It fell,” said the elder, Hugo Bell, “but not far.”",
         [("It fell,", "Hugo Bell"), ("but not far.", "Hugo Bell")]),
        ("“Ink freezes,” Hugo Bell used to say. “It does.”",
         [("Ink freezes,", "Hugo Bell"), ("It does.", "Hugo Bell")]),
        ("Gerald Mow was idle. Gerald Arthur Mow, of Wick, came. “It fell,” said Mow.", [("It fell,", "Gerald Mow")]),
        ("“It fell,” Marta Ortiz, a clerk at Ames & Rowe, wrote.", [("It fell,", "Marta Ortiz")]),
        # Organisations.
        ("Calder & Moss told the Ledger that it “stood by its work”.", [("stood by its work", "Calder & Moss")]),
        ("Marta Ortiz issued a statement. “It fell,” the statement said.", [("It fell,", "Marta Ortiz")]),
        ("Granby Resources denied it. “It fell,” the company said in a statement.",
         [("It fell,", "Granby Resources")]),
        ("The Wick County Sheriff’s Office is at work. “It fell,” said the Wick sheriff’s office.",
         [("It fell,", "Wick County Sheriff’s Office")]),
        # Carried on.
        ('Marta Ortiz saw a letter. \'I said, "Who fell?"\' she says. \'Nobody knew.\'',
         [('I said, "Who fell?"', "Marta Ortiz"), ("Nobody knew.", "Marta Ortiz")]),
        ("“It fell.\n\n“It fell twice,” said Marta Ortiz.", [("It fell.", "Marta Ortiz"), ("It fell twice,", "Marta Ortiz")]),
        ("Marta Ortiz was blunt.\n\n“It fell, and we knew it would.”",
         [("It fell, and we knew it would.", "Marta Ortiz")]),
        (ORTIZ + "Hugo Bell asked her whether it fell. Ortiz’s reply was short: “Twice.”",
         [("Twice.", "Marta Ortiz")]),
        # Some words of a clause.
        (ORTIZ + "Ortiz called the plan “a disgrace”.", [("a disgrace", "Marta Ortiz")]),
        (ORTIZ + "She would not speak of what she called “a private grief”.", [("a private grief", "Marta Ortiz")]),
        (ORTIZ + "She said that she had “every confidence” in Bell.", [("every confidence", "Marta Ortiz")]),
        (ORTIZ + "She described the notice as “mad” and “dangerous”.",
         [("mad", "Marta Ortiz"), ("dangerous", "Marta Ortiz")]),
        (ORTIZ + "“I’ve never,” she said, “seen it.” “Nor I,” said Hugo Bell.",
         [("I’ve never,", "Marta Ortiz"), ("seen it.", "Marta Ortiz"), ("Nor I,", "Hugo Bell")]),
    ],
)  # fmt: skip
def test_quotations_and_speakers(text: str, found: list[tuple[str, str | None]]) -> None:
    assert direct(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # A word for what somebody is varies the name, unless it is an office that another may hold.
        ("Marta Ortiz dived to her left. “It moved,” the goalkeeper said.", [("It moved,", "Marta Ortiz")]),
        ("Marta Ortiz, a singer, was late. “It moved,” said the 44-year-old.", [("It moved,", "Marta Ortiz")]),
        ("Marta Ortiz sat down. “It moved,” the judge said.", [("It moved,", "the judge")]),
        ("Striker Marta Ortiz ran. Hugo Bell stood. “It moved,” the striker said.", [("It moved,", "Marta Ortiz")]),
        ("Bassoonist Marta Ortiz came. Hugo Bell left. “It moved,” the bassoonist said.",
         [("It moved,", "Marta Ortiz")]),
        ("Shares in Wick Foods fell after the soup maker warned that profits would be “materially below” plan.",
         [("materially below", "Wick Foods")]),
        ("The owner, Wick Meadow Living, denied it. “It fell,” the company said.",
         [("It fell,", "Wick Meadow Living")]),
        ("A stallholder looked up. “It fell,” the stallholder said.", [("It fell,", "a stallholder")]),
        ("One of the biggest shareholders objected. “It fell,” the investor said.",
         [("It fell,", "one of the biggest shareholders")]),
        # Who comes on the scene is nobody of before.
        ("Ulla Orr, an engineer, left. Another engineer, who was hurt, said that it was late. “It fell,” he said.",
         [("It fell,", "another engineer")]),
        ("Ulla Orr left. “It fell,” said the supervisor who called the police.", [("It fell,", "the supervisor")]),
        ("One Green TD was glad. “It fell,” the TD said.", [("It fell,", "one Green TD")]),
        ("Ulla Orr left. A spokeswoman for the Moe family said that it was sad. “It fell,” she said.",
         [("It fell,", "a spokeswoman for the Moe family")]),
        # Names given singly, and families.
        ("That angered daughter Kelly, 48. “It fell,” she fumed.", [("It fell,", "Kelly")]),
        ("Marta Ortiz wept. Her brother Teo, a sailor, did not. “It fell,” he said.", [("It fell,", "Teo")]),
        ("Marta Ortiz called her son, Ben, a nurse in St. Ives, who laughed. “It fell,” he said.",
         [("It fell,", "Ben")]),
        ("Marta Ortiz teaches. Her husband, Rory, who farms, is hopeful. “It fell,” said Mr Ortiz.",
         [("It fell,", "Rory")]),
        ("Paul Corrie was lost. Peter Corrie wept. “It fell,” his brother said.", [("It fell,", "Paul Corrie")]),
        ("“It fell,” said the son, 9-year-old Luke.", [("It fell,", "Luke")]),
        # Titles, parties and places beside a name.
        ("The Rev Hugo Bell, vicar of Wick, agreed. “It fell,” he said.", [("It fell,", "Hugo Bell")]),
        ("“It fell,” said Coun Hugo Bell.", [("It fell,", "Hugo Bell")]),
        ("“It fell,” said Recorder Jane Bell. “It did,” the recorder added.",
         [("It fell,", "Jane Bell"), ("It did,", "Jane Bell")]),
        ("“It fell,” said Liberal Democrat Hugo Bell.", [("It fell,", "Hugo Bell")]),
        ("Ulla Orr of Wick Research calls it “indecent for cardboard”.", [("indecent for cardboard", "Ulla Orr")]),
        ("Wick linebacker Hugo Bell was tired. “It fell,” he said.", [("It fell,", "Hugo Bell")]),
        # Whom "he" and "she" cannot mean.
        ("Ulla Orr spoke. Asked whether she would call Marta Ortiz, she sighed. “It fell,” she said.",
         [("It fell,", "Ulla Orr")]),
        ("Hugo Bell disputed that. The clerk in question, he said, was “a boy in a hat”.",
         [("a boy in a hat", "Hugo Bell")]),
        ("Some Republicans were glad. “It fell,” said Pat Orr, the Wick Republican. But he stopped. “Twice,” he said.",
         [("It fell,", "Pat Orr"), ("Twice,", "Pat Orr")]),
        # Verbs.
        ("“It fell,” stormed Hugo Bell, who was there.", [("It fell,", "Hugo Bell")]),
        ("Writing online, Marta Ortiz urged calm: “It fell, and that is that.”",
         [("It fell, and that is that.", "Marta Ortiz")]),
        ("A film showed Bell telling Ann Orr to “keep it boring”.", [("keep it boring", "Bell")]),
        ("Fans were split. One wrote: “It fell, and we saw it.”", [("It fell, and we saw it.", "one")]),
        ("Each blamed the other for what one aide called “a slow crash in an empty lot”.",
         [("a slow crash in an empty lot", "one aide")]),
        ("It was a lunge that Marta Ortiz called “daft rather than nasty”.",
         [("daft rather than nasty", "Marta Ortiz")]),
        ("The shelter was described by one councillor as “an insult to snails”.",
         [("an insult to snails", "one councillor")]),
    ],
)  # fmt: skip
def test_who_is_meant(text: str, found: list[tuple[str, str | None]]) -> None:
    assert direct(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "The so-called “dark half” had been closed, Marta Ortiz said.",
        "Analysts say that the field of “spatial calling” may be doomed.",
        "A system sold under the name “NightBright” failed, Ortiz said.",
        "Her memoir, “The Long Wait”, sold well.",
        "Tony “Ducks” Marlow said nothing.",
        "It is what locals call the “gate war”.",
        "Marta Ortiz, who spoke in what the town calls the “gate war”, said that it was over.",
        "A group that called itself “the night shift” was formed.",
        "A sign at the gate says “Keep Out”.",
        "A banner read: “We Will Not Move”.",
        "The album “Night and Fog” came out.",
        "The unit’s motto is “First In, Last Out”.",
        "“Wanted” may be an understatement.",
        "The tower, known as “the Widow”, fell.",
        "Marta Ortiz called for the ‘decant’, as the council terms it, to be put off.",
        "Marta Ortiz calls the cable “the ear”.",
        "Marta Ortiz hid it in a ledger that she labeled “Misc. hose.”",
        "The 1971 film ‘A Room Above’ was shown, said Marta Ortiz.",
    ],
)
def test_what_is_no_quotation(text: str) -> None:
    assert direct(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Marta Ortiz said that it fell.", [("it fell", "Marta Ortiz", "said")]),
        ("Marta Ortiz said it fell.", [("it fell", "Marta Ortiz", "said")]),
        ("Marta Ortiz has denied that it fell.", [("it fell", "Marta Ortiz", "denied")]),
        ("Marta Ortiz told the board on Monday that it fell.", [("it fell", "Marta Ortiz", "told")]),
        ("According to Marta Ortiz, the crane fell at noon.",
         [("the crane fell at noon", "Marta Ortiz", "According to")]),
        ("The crane fell at noon, according to Marta Ortiz.",
         [("The crane fell at noon", "Marta Ortiz", "according to")]),
        ("The crane fell at noon, Marta Ortiz said.", [("The crane fell at noon", "Marta Ortiz", "said")]),
        ("Marta Ortiz is suing the port, saying it should pay.",
         [("it should pay", "Marta Ortiz", "saying")]),
        ("Marta Ortiz asked whether it fell.", []),
        ("Marta Ortiz said nothing.", []),
        ("Marta Ortiz refused to say that it fell.", []),
    ],
)  # fmt: skip
def test_indirect_speech(text: str, found: list[tuple[str, str | None, str | None]]) -> None:
    assert indirect(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(
            "Piotr Stone, 34, and his sister Ewa left. “Never again,” said Ewa.",
            [("Never again,", "Ewa Stone")],
            marks=pytest.mark.xfail(strict=True, reason="That a sister shares a surname is not inferred."),
        ),
        pytest.param(
            "The clerk spoke to Marta Ortiz and Anna Bell. Ortiz nodded at her. “Now,” she said.",
            [("Now,", "Anna Bell")],
            marks=pytest.mark.xfail(strict=True, reason="Who nods and who speaks takes knowing the scene."),
        ),
        pytest.param(
            "Marta Ortiz was “devastated” by the news.",
            [("devastated", "Marta Ortiz")],
            marks=pytest.mark.xfail(
                strict=True, reason="Without a verb of speech, such words are left to the editor."
            ),
        ),
    ],
)
def test_what_is_still_wrong(text: str, found: list[tuple[str, str | None]]) -> None:
    assert direct(text) == found


def test_cue_and_mention_are_words_of_the_article() -> None:
    text = "Marta Ortiz, a lawyer, came.\n\n“It fell,” she went on."
    [found] = quotations(text)
    assert isinstance(found, Quotation)
    assert (found.cue.text, found.speaker_mention.text) == ("went on", "she")  # type: ignore[union-attr]
    for span in (found, found.cue, found.speaker_mention):
        assert span is not None
        assert text[span.start : span.end] == span.text


def test_other_languages_give_marked_words_alone() -> None:
    text = "« Nous ne savions rien de tout cela », a déclaré Jeanne Morel. Le « Figaro » n’a rien dit."
    assert [(q.text, q.speaker) for q in quotations(text)] == [("Nous ne savions rien de tout cela", None)]
    assert quotations("") == quotations("…\n\n—") == []


MARKS = list("\"“”'‘’«»„,.?:;—\n \x00\ufffc\u200b")
WORDS = [
    "said",
    "she",
    "Ortiz",
    "lawyer",
    "her",
    "the",
    "according",
    "to",
    "that",
    "who",
    "and",
    "what",
    "called",
    "it",
    "fell",
    "a",
    "of",
    "Mr.",
    "PORT",
    "in",
    "told",
    "s'",
    "one",
    "44",
    "é",
    "報告",
    "as",
    "put",
    "went",
    "on",
    "Marta",
    "by",
    "which",
]
PIECES = st.sampled_from([*MARKS, "\n\n", *WORDS])


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(PIECES, max_size=60).map(" ".join) | st.lists(PIECES, max_size=60).map("".join) | st.text())
def test_any_text_gives_its_own_words(text: str) -> None:
    for found in quotations(text, language="en"):
        assert text[found.start : found.end] == found.text != ""
        for span in (found.cue, found.speaker_mention):
            assert span is None or text[span.start : span.end] == span.text
    assert all(text[start:end].strip() == text[start:end] for start, end in paragraphs(text))


def lines_run(text: str) -> int:
    """Count the lines that the analysis runs: a measure of time that no busy machine disturbs."""
    count = Counter[str]()

    def trace(frame: FrameType, event: str, _: object) -> object:
        if "analysis" not in frame.f_code.co_filename:
            return None
        count[event] += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        quotations(text, language="en")
    finally:
        sys.settrace(before)
    return count["line"]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(PIECES, min_size=1, max_size=5))
def test_time_grows_with_length_whatever_is_repeated(pieces: list[str]) -> None:
    unit = " ".join(pieces) + " "
    # The first stretch holds several of the longest sentences that are read at once; fewer, and what
    # the shorter text costs depends on where the pieces happen to end.
    short, long = (lines_run(unit * (n // len(pieces))) for n in (1800, 7200))
    assert long < 6 * short + 2000


@pytest.mark.parametrize(
    "unit", ['"', "“", "'a ", "‘“", "said ", "a", "According to ", "“a,” said Ann Orr. ", '"a\n']
)
def test_repetition_takes_linear_time(unit: str) -> None:
    short, long = (lines_run(unit * n) for n in (600, 2400))
    assert long < 6 * short + 2000


def test_scores_of_articles(tmp_path: Path) -> None:
    text = "“It fell,” said Marta Ortiz. “Twice.” The film “Night and Fog” was on."
    quotes = [
        {"text": "It fell,", "speaker": "Marta Ortiz", "start": 1, "end": 9},
        {"text": "Twice.", "speaker": "Hugo Bell", "start": 30, "end": 36},
        {"text": "on", "speaker": "Hugo Bell", "start": 67, "end": 69},
    ]
    path = tmp_path / "articles.jsonl"
    path.write_bytes(orjson.dumps({"id": "one", "text": text, "quotes": quotes}) + b"\n")
    assert score_articles(path) == {"f1": 0.8, "precision": 1.0, "recall": 2 / 3, "speaker": 0.5}
    assert [(miss.what, miss.wanted, miss.found) for miss in misses(path)] == [
        ("speaker", "Hugo Bell", "Marta Ortiz"),
        ("not found", "Hugo Bell", None),
    ]
