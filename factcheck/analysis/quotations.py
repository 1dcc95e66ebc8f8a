"""Finding the quotations of an article: the words, who says them, and how the article reports it.

Direct quotations stand in marks. Titles, nicknames, terms ("the so-called “dark half”") and what a
sign reads stand in marks too and are left out; what decides is the clause that a passage stands in.
Indirect ones are clauses: "said that …", "according to X, …". The method is that of a reader: each
sentence in order, the verb of speech nearest to the words, and who was spoken of last.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from factcheck.analysis import cues, indirect, passages
from factcheck.analysis.attribution import Attribution, after, before, is_thing
from factcheck.analysis.findings import Quotation, Span
from factcheck.analysis.language import UNDETERMINED, language_of
from factcheck.analysis.marks import Passage
from factcheck.analysis.narrative import Sentence, Token, last_mark, sentences
from factcheck.analysis.people import People, Person
from factcheck.analysis.phrases import Phrase
from factcheck.analysis.roles import Roles
from factcheck.analysis.speakers import Speakers, learn_genders
from factcheck.analysis.subjects import first_subject

_LONG = 6
"""From so many words on, a passage is speech although no verb says so."""


def quotations(article: str, *, language: str | None = None) -> list[Quotation]:
    """Return the quotations of an article in the order in which they begin.

    Offsets are code points of the article as given, the end exclusive. Speakers and indirect speech
    are found in English only; of other languages the marked passages of some length are returned.
    `language` is what the article is written in (BCP 47), a guess where it is not given.
    """
    english = _reads_as_english(language or language_of(article))
    found = _English(article).found if english else list(_marked(article))
    return sorted(found, key=lambda quotation: (quotation.start, quotation.end))


def _reads_as_english(language: str) -> bool:
    return language.lower().split("-")[0] in ("en", UNDETERMINED)


def _marked(article: str) -> Iterator[Quotation]:
    for sentence in sentences(article):
        for token in sentence.tokens:
            if (passage := token.passage) and _is_wordy(article[passage.start : passage.end]):
                yield _quotation(article, passage)


def _is_wordy(text: str) -> bool:
    # Chinese and Japanese put no spaces between words.
    return len(text.split()) > 3 or (len(text) > 7 and not text.isascii() and " " not in text)


def _quotation(article: str, passage: Passage) -> Quotation:
    text = article[passage.start : passage.end]
    return Quotation(text, passage.start, passage.end, None, "direct", None, None)


@dataclass(slots=True)
class _Said:
    """What is known so far about a marked passage that is a quotation."""

    passage: Passage
    paragraph: int
    speaker: Person | None
    cue: Span | None = None
    mention: Span | None = None
    is_explicit: bool = False


class _English:
    """One article, read sentence by sentence."""

    def __init__(self, article: str) -> None:
        self.article = article
        read = list(sentences(article))
        people = People(read, self._inside_passages(read))
        roles = Roles(read, people)
        learn_genders(read, people, roles)
        self.speakers = Speakers(people, roles)
        self.said: list[_Said] = []
        self.clauses: list[Quotation] = []
        self.last_speaker: Person | None = None
        self.last_in_paragraph: tuple[int, Person | None] = (-1, None)
        self.last_subject: Person | None = None
        for sentence in read:
            self._read(sentence)
        self._join_paragraphs()
        self.found = [self._as_quotation(said) for said in self.said] + self.clauses

    def _inside_passages(self, read: list[Sentence]) -> Iterator[Sentence]:
        for sentence in read:
            for token in sentence.tokens:
                if token.passage:
                    inner = self.article[token.passage.start : token.passage.end]
                    # Only a name of two words can be learnt here; most passages hold none.
                    if sum(word[:1].isupper() for word in inner.split()) > 1:
                        yield from sentences(inner)

    def _read(self, sentence: Sentence) -> None:
        self.speakers.enter(sentence)
        speaker = None
        for i, token in enumerate(sentence.tokens):
            if token.passage is not None and not (sentence.is_heading and len(sentence.tokens) > 1):
                said = self._direct(sentence, i, token.passage)
                if said is not None:
                    self._note(said)
                    speaker = said.speaker or speaker
        if not (sentence.is_heading or sentence.is_quoted):
            for clause, person in indirect.clauses(self.article, sentence, self.speakers):
                self.clauses.append(clause)
                self._note_speaker(sentence.paragraph, person)
                speaker = speaker or person
        subject = self.speakers.leave(speaker)
        if not sentence.is_quoted and any(token.is_word for token in sentence.tokens):
            self.last_subject = subject

    def _note(self, said: _Said) -> None:
        self.said.append(said)
        self._note_speaker(said.paragraph, said.speaker)

    def _note_speaker(self, paragraph: int, speaker: Person | None) -> None:
        if speaker is not None:
            self.last_speaker = speaker
            self.last_in_paragraph = (paragraph, speaker)

    def _direct(self, sentence: Sentence, at: int, passage: Passage) -> _Said | None:
        """Return the quotation that a passage is, or None where it is a title, a term, a sign."""
        tokens = sentence.tokens
        text = self.article[passage.start : passage.end]
        said = _Said(passage, sentence.paragraph, None)
        attribution = after(tokens, at, last_mark(text))
        if attribution is not None:
            return self._attributed(said, tokens, attribution)
        attribution = before(tokens, at)
        if attribution is not None:
            cue = attribution.cue
            if self.said and self.said[-1].cue == self._span(tokens, cue.start, cue.end):
                return self._goes_on(said)
            return self._led_in(said, tokens, at, attribution, text)
        if (
            self._continues(said)
            or passages.stands_free(tokens, at, text)
            or passages.follows_colon(tokens, at, text)
        ):
            return self._from_context(said, tokens, at)
        if len(text.split()) >= _LONG and not passages.is_title(text) and not passages.is_named(tokens, at):
            return self._from_context(said, tokens, at)
        return None

    def _goes_on(self, said: _Said) -> _Said:
        """Give the second piece of a split quotation what the first has: “I”, said Ortiz, “never”."""
        first = self.said[-1]
        said.speaker, said.cue, said.mention = first.speaker, first.cue, first.mention
        said.is_explicit = first.is_explicit
        return said

    def _continues(self, said: _Said) -> bool:
        return said.passage.continues or bool(self.said and self.said[-1].passage.continues)

    def _attributed(self, said: _Said, tokens: list[Token], attribution: Attribution) -> _Said:
        cue = attribution.cue
        said.cue = self._span(tokens, cue.start, cue.end)
        said.is_explicit = True
        if attribution.speaker is not None:
            said.speaker = self.speakers.who(attribution.speaker)
            said.mention = self._mention(tokens, attribution.speaker)
        return said

    def _led_in(
        self, said: _Said, tokens: list[Token], at: int, attribution: Attribution, text: str
    ) -> _Said | None:
        """Judge a passage by the verb before it in its sentence."""
        between = tokens[attribution.cue.end : at]
        mark = tokens[at - 1].text
        whole = (
            mark in ":,"
            and not passages.is_title(text)
            and (text[0].isupper() or mark == ":" or not between[:-1])
        )
        if attribution.speaker is not None and is_thing(tokens, attribution.speaker):
            return None
        if not whole and not passages.is_fragment(tokens, at, attribution, text):
            return None
        said = self._attributed(said, tokens, attribution)
        if said.speaker is None and attribution.speaker is None:
            if not whole:
                return None
            said.speaker = self._context(said.paragraph)
        return said

    def _from_context(self, said: _Said, tokens: list[Token], at: int) -> _Said:
        """Find the speaker of a passage that no verb reports."""
        phrase = self._lead_subject(tokens, at)
        if phrase is not None:
            person = self.speakers.who(phrase)
            if person is not None and (person.is_human or person.is_organisation or person.words):
                said.speaker = person
                said.mention = self._mention(tokens, phrase)
                return said
        said.speaker = self._context(said.paragraph)
        return said

    def _lead_subject(self, tokens: list[Token], at: int) -> Phrase | None:
        """Return who is named in "Ortiz’s reply was short: “…”" or "ORTIZ: “…”"."""
        if at == 0:
            return None
        phrase = first_subject(tokens, at)
        if phrase is None or phrase.kind != "description":
            return phrase
        first = tokens[phrase.start]
        noun = tokens[min(phrase.end, len(tokens)) - 1].lower
        if noun in cues.NOUNS:
            if first.lower in ("his", "her", "their", "its"):
                word = {"his": "he", "her": "she", "their": "they", "its": "it"}[first.lower]
                tokens[phrase.start] = first._replace(text=word, lower=word)
                return replace(phrase, kind="pronoun", end=phrase.start + 1)
            for k in range(phrase.start, phrase.end):
                if tokens[k].is_possessive:
                    named = tokens[phrase.start].is_capital
                    return replace(phrase, kind="name" if named else "description", end=k + 1)
        return phrase

    def _context(self, paragraph: int) -> Person | None:
        """Return who speaks on: in a paragraph who spoke last, in a new one who it was about last."""
        if self.last_in_paragraph[0] == paragraph:
            return self.last_in_paragraph[1]
        subject = self.last_subject
        if subject is not None and (subject.is_human or subject is self.last_speaker):
            return subject
        return self.last_speaker

    def _join_paragraphs(self) -> None:
        """Give the pieces of one quotation over several paragraphs one speaker: the one it names."""
        chain: list[_Said] = []
        for said in self.said:
            chain.append(said)
            if said.passage.continues:
                continue
            explicit = next((piece for piece in chain if piece.is_explicit and piece.speaker), chain[0])
            for piece in chain if len(chain) > 1 else ():
                piece.speaker = explicit.speaker
                piece.cue = piece.cue or explicit.cue
                piece.mention = piece.mention or explicit.mention
            chain = []

    def _span(self, tokens: list[Token], start: int, end: int) -> Span:
        first, last = tokens[start].start, tokens[end - 1].end
        return Span(first, last, self.article[first:last])

    def _mention(self, tokens: list[Token], phrase: Phrase) -> Span:
        return self._span(tokens, phrase.start, phrase.end)

    def _as_quotation(self, said: _Said) -> Quotation:
        name = said.speaker.name if said.speaker else None
        start, end = said.passage.start, said.passage.end
        return Quotation(self.article[start:end], start, end, name, "direct", said.cue, said.mention)
