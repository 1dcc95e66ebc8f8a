"""Whom a noun phrase means: "he", "Ms Ortiz", "her lawyer", "the official" become a name of the article."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from factcheck.analysis.narrative import Sentence, Token
from factcheck.analysis.people import People, Person, Role
from factcheck.analysis.phrases import (
    DETERMINERS,
    POSSESSIVES,
    Phrase,
    first_subject,
    is_name_word,
    name_end,
)
from factcheck.analysis.titles import ANY_ORGANISATION, FEMALE_ROLES, MALE_ROLES, ROLES

_GENDER = {"he": "m", "his": "m", "him": "m", "she": "f", "her": "f"}
_FORGETS_AFTER = 12
"""How many sentences back a pronoun reaches."""


@dataclass(frozen=True, slots=True)
class _Mention:
    person: Person
    sentence: int
    is_subject: bool


class Speakers:
    """Reads an article in order and keeps who was spoken of last."""

    def __init__(self, people: People) -> None:
        self.people = people
        self._recent: deque[_Mention] = deque(maxlen=60)
        self._described: dict[str, Person] = {}
        self._sentence = 0
        self._tokens: list[Token] = []
        self._named: list[tuple[int, Person]] = []

    def enter(self, sentence: Sentence) -> None:
        """Go on to the next sentence."""
        self._sentence += 1
        self._tokens = sentence.tokens
        self._named = [] if sentence.is_heading else list(self._names(sentence.tokens))

    def leave(self, speaker: Person | None) -> Person | None:
        """Finish the sentence; return its subject, which is its speaker where it reports speech."""
        subject = speaker or self.subject(len(self._tokens))
        for _, person in self._named:
            if person is not subject:
                self._recent.append(_Mention(person, self._sentence, False))
        if subject is not None:
            self._recent.append(_Mention(subject, self._sentence, True))
        return subject

    def subject(self, limit: int) -> Person | None:
        """Return the human subject of the sentence up to a word."""
        phrase = first_subject(self._tokens, limit)
        if phrase is None:
            return None
        person = self.who(phrase)
        if person is None:
            return None
        described = phrase.kind == "description" and person.name in self._described
        return None if described and not person.is_human else person

    def _names(self, tokens: list[Token]) -> Iterator[tuple[int, Person]]:
        i = 0
        while i < len(tokens):
            if not is_name_word(tokens, i):
                i += 1
                continue
            end = name_end(tokens, i)
            known = i > 0 or end - i > 1 or self.people.is_known_word(tokens[i])
            if known and (person := self.people.find(tokens[i:end])):
                yield i, person
            i = end

    def who(self, phrase: Phrase) -> Person | None:
        """Return whom a phrase of the current sentence means, or None for "I" and what is nobody."""
        tokens = self._tokens[phrase.start : phrase.end]
        if phrase.kind == "pronoun":
            return self._pronoun(tokens[0].lower, phrase.start)
        if phrase.kind == "name":
            return self._name(tokens, phrase.start)
        return self._description(tokens, phrase.start)

    def _name(self, tokens: list[Token], at: int) -> Person:
        latest = next((m.person for m in reversed(self._recent) if m.person.words), None)
        person = self.people.find(tokens, self._latest_called(tokens[-1].base.lower()) or latest)
        if person is not None:
            return person
        common = not (tokens[0].text.isupper() or self.people.is_known_word(tokens[0]))
        if at == 0 and len(tokens) == 1 and common:
            return self._unnamed(tokens[0].text.lower(), tokens[0].base.lower())
        words, gender = self.people.name_words([token for token in tokens if token.passage is None])
        made = self._unnamed(" ".join([*(w.text for w in words[:-1]), words[-1].base]), "")
        made.is_human = True
        if gender:
            made.genders[gender] += 5
        return made

    def _latest_called(self, word: str) -> Person | None:
        """Of several with one surname, return who was spoken of last."""
        return next((m.person for m in reversed(self._recent) if word in m.person.words), None)

    def _pronoun(self, word: str, at: int) -> Person | None:
        if word in _GENDER:
            return self._he_or_she(_GENDER[word], at)
        if word == "it":
            return next((p for p in self._back() if p.is_organisation or not p.is_human), None)
        return next(self._back(), None) if word == "they" else None

    def _back(self) -> Iterator[Person]:
        for mention in reversed(self._recent):
            if mention.is_subject and self._sentence - mention.sentence <= _FORGETS_AFTER:
                yield mention.person

    def _he_or_she(self, gender: str, at: int) -> Person | None:
        """Walk back by sentences; in each, who is known to be meant goes first, then the subject."""
        here = [_Mention(person, self._sentence, True) for i, person in reversed(self._named) if i < at]
        if (described := self._described_before(at)) is not None:
            here.append(_Mention(described, self._sentence, True))
        by_sentence: dict[int, list[_Mention]] = {}
        for mention in [*here, *reversed(self._recent)]:
            if self._sentence - mention.sentence <= _FORGETS_AFTER and _may_be(mention.person, gender):
                by_sentence.setdefault(mention.sentence, []).append(mention)
        for mentions in by_sentence.values():
            ranked = sorted(mentions, key=lambda m: (not m.is_subject, m.person.gender != gender))
            return ranked[0].person
        return None

    def _described_before(self, at: int) -> Person | None:
        """Return the sentence's own subject where it is described: "A man in a kilt said what he …"."""
        phrase = first_subject(self._tokens, at)
        if phrase is None or phrase.kind != "description" or phrase.stop >= at:
            return None
        return self._description(self._tokens[phrase.start : phrase.end], phrase.start)

    def _description(self, tokens: list[Token], at: int) -> Person:
        words = [token.base.lower() for token in tokens]
        head = self._head(tokens)
        first = tokens[0].lower
        text = " ".join(token.text for token in tokens)
        if tokens[0].is_capital and (first in DETERMINERS or not self.people.is_known_word(tokens[0])):
            text = text[0].lower() + text[1:]
        if first == "the" and words[-1] == "statement" and (issuer := next(self._back(), None)):
            return issuer
        if first not in ("a", "an"):
            owner = self._owner(tokens, at)
            found = self._by_role(head, words, owner, plural=tokens[-1].lower.endswith("s"))
            found = found or self._organisation(tokens, words)
            if found is not None:
                return found
            introduced = self.people.unnamed_before(head, tokens[0].start) if first == "the" else None
            text = introduced[0].lower() + introduced[1:] if introduced else text
        return self._unnamed(text, head)

    @staticmethod
    def _head(tokens: list[Token]) -> str:
        roles = [
            token.base.lower() for token in tokens if token.base.lower() in ROLES and not token.is_possessive
        ]
        return roles[0] if roles else tokens[-1].base.lower()

    def _owner(self, tokens: list[Token], at: int) -> str | None:
        """Return the last name of whose lawyer it is: "her lawyer", "Reed’s lawyer", "a lawyer for Reed"."""
        first = tokens[0].lower
        if first in ("his", "her"):
            person = self._he_or_she(_GENDER[first], at)
            return person.words[-1] if person and person.words else None
        return next((t.base.lower() for t in tokens if t.is_capital and t.lower not in DETERMINERS), None)

    def _by_role(self, head: str, words: list[str], owner: str | None, *, plural: bool) -> Person | None:
        if plural and head not in ROLES:
            return None
        content = set(words) - DETERMINERS - {head}
        fitting: list[Person] = []
        for role in self.people.roles.get(head, ())[-30:]:
            if owner is not None and words[0] in POSSESSIVES:
                fits = role.owner == owner
            else:
                fits = content <= role.words
            if fits:
                fitting.append(role.person)
        if len(fitting) < 2:
            return fitting[0] if fitting else None
        return next((m.person for m in reversed(self._recent) if m.person in fitting), fitting[-1])

    def _organisation(self, tokens: list[Token], words: list[str]) -> Person | None:
        """Return the organisation that "the sheriff’s office" or "the company" names."""
        plain = {token.lower for token in tokens} - DETERMINERS
        for person in self.people.by_word.get(words[-1], ())[:50]:
            if person.is_organisation and plain <= set(person.words):
                return person
        if len(plain) == 1 and words[-1] in ANY_ORGANISATION:
            recent = (m.person for m in reversed(self._recent))
            return next((p for p in recent if p.words and (p.is_organisation or not p.is_human)), None)
        if tokens[0].lower == "the" and all(token.is_capital for token in tokens[1:]) and len(tokens) > 1:
            return self._unnamed(" ".join(token.text for token in tokens[1:]), "")
        return None

    def _unnamed(self, text: str, head: str) -> Person:
        person = self._described.get(text)
        if person is None:
            person = self._described[text] = Person(text, (), False, is_human=head in ROLES)
            if head in FEMALE_ROLES or head in MALE_ROLES:
                person.genders["f" if head in FEMALE_ROLES else "m"] += 3
        return person


def _may_be(person: Person, gender: str) -> bool:
    return person.is_human and not person.is_organisation and person.gender in (gender, None)


def learn_genders(sentences: Iterable[Sentence], people: People) -> None:
    """Count the pronouns that follow a name where nobody else can be meant."""
    reader = Speakers(people)
    before: Person | None = None
    for sentence in sentences:
        reader.enter(sentence)
        named = list(dict.fromkeys(p for _, p in reader._named if not p.is_organisation))
        pronouns = {t.lower for t in sentence.tokens if t.lower in ("he", "she")}
        first = sentence.tokens[0].lower
        if len(named) == 1 and len(pronouns) == 1:
            named[0].genders[_GENDER[pronouns.pop()]] += 1
            named[0].is_human = True
        elif not named and before is not None and first in ("he", "she"):
            before.genders[_GENDER[first]] += 2
            before.is_human = True
        only_quoted = not any(token.is_word for token in sentence.tokens)
        keeps = before if not named and (pronouns or only_quoted) else None
        before = named[0] if len(named) == 1 else keeps
