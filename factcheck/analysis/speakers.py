"""Whom a noun phrase means: "he", "Ms Ortiz", "her lawyer", "the official" become a name of the article."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from factcheck.analysis.given_names import GENDERS
from factcheck.analysis.narrative import Sentence, Token
from factcheck.analysis.people import People, Person
from factcheck.analysis.phrases import (
    DETERMINERS,
    POSSESSIVES,
    Phrase,
    is_name_word,
    name_end,
    phrase_before,
)
from factcheck.analysis.subjects import first_subject
from factcheck.analysis.titles import (
    ANONYMOUS,
    ANY_ORGANISATION,
    FEMALE_ROLES,
    MALE_ROLES,
    PUBLIC_BODIES,
    ROLES,
    SEVERAL,
    WRITINGS,
)

_GENDER = {"he": "m", "his": "m", "him": "m", "she": "f", "her": "f"}
_REFERS = frozenset(("the", "one", "another", "this", "that"))
_GIVES_NAME_WITHIN = 14
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
        self._named = [] if sentence.is_heading or sentence.is_quoted else list(self._names(sentence.tokens))

    def leave(self, speaker: Person | None) -> Person | None:
        """Finish the sentence; return its subject, which is its speaker where it reports speech."""
        quoted = len(self._tokens) == 1 and self._tokens[0].passage is not None
        subject = speaker or (None if quoted else self.subject(len(self._tokens)))
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
        if described and self._tokens[phrase.start].lower in ("his", "her") and not person.is_human:
            return self.who(replace(phrase, kind="pronoun"))  # "Her diary was found" is about her.
        return None if described and not (person.is_human or person.is_several) else person

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
        if len(words) == 1 and not made.genders and (first := GENDERS.get(made.name.lower())):
            made.genders[first] += 1
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
        if word != "they":
            return None
        recent = list(islice(self._back(), 6))
        return next((p for p in recent if p.is_several), next(iter(recent), None))

    def _back(self) -> Iterator[Person]:
        for mention in reversed(self._recent):
            if mention.is_subject and self._sentence - mention.sentence <= _FORGETS_AFTER:
                yield mention.person

    def _he_or_she(self, gender: str, at: int) -> Person | None:
        """Walk back by sentences; in each, who is known to be meant goes first, then the subject."""
        asker = _asker(self._tokens)
        here = [
            _Mention(person, self._sentence, not self._is_oblique(i))
            for i, person in reversed(self._named)
            if i < at and not (asker and asker[0] <= i < asker[1])
        ]
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

    def _is_oblique(self, i: int) -> bool:
        """Tell whether a name stands after a preposition, or owns something: "Reed’s car", "to Reed"."""
        end = name_end(self._tokens, i)
        if self._tokens[end - 1].is_possessive:
            return True
        return i > 0 and self._tokens[i - 1].lower in (
            "by",
            "to",
            "with",
            "for",
            "of",
            "from",
            "against",
            "about",
        )

    def _described_before(self, at: int) -> Person | None:
        """Return the sentence's own subject where it is described: "A man in a kilt said what he …"."""
        subject = first_subject(self._tokens, at)
        who = next((k for k in range(at - 1, max(1, at - 20), -1) if self._tokens[k].lower == "who"), None)
        for phrase in (subject, phrase_before(self._tokens, who) if who else None):
            if phrase is not None and phrase.kind == "description" and phrase.stop < at:
                person = self._description(self._tokens[phrase.start : phrase.end], phrase.start)
                if person.is_human:
                    return person
        return None

    def _description(self, tokens: list[Token], at: int) -> Person:
        words = [token.base.lower() for token in tokens]
        head = self._head(tokens)
        first = tokens[0].lower
        text = " ".join(token.text for token in tokens)
        if tokens[0].is_capital and (first in DETERMINERS or not self.people.is_known_word(tokens[0])):
            text = text[0].lower() + text[1:]
        if words[-1] in WRITINGS and first in _REFERS and (issuer := next(self._back(), None)):
            return issuer
        if words[-1] in WRITINGS | {"report"} and (writer := self._owner_phrase(tokens, at)):
            return writer
        if first in ("a", "an") and head in self.people.definite:
            return self.people.definite[head]
        if len(tokens) == 2 and first == "the" and (office := self._office(tokens[1])):
            return office
        if first != "the" and (named := self._given_as(at + len(tokens))):
            return named
        if first not in ("a", "an"):
            owner = self._owner(tokens, at)
            found = self._by_role(head, words, owner, plural=tokens[-1].lower.endswith("s"))
            found = found or self._organisation(tokens, words)
            if found is not None:
                return found
            introduced = self.people.unnamed_before(head, tokens[0].start) if first == "the" else None
            text = introduced[0].lower() + introduced[1:] if introduced else text
            if not introduced and first == "the" and len(tokens) == 2 and head in ANONYMOUS:
                recent = (p for p in self._back() if p.name in self._described)
                if same := next((p for p in recent if p.is_human and p.genders.total() == 0), None):
                    return same
        person = self._unnamed(text, head)
        following = [token.lower for token in self._tokens[at + len(tokens) : at + len(tokens) + 2]]
        person.is_human |= "who" in following  # "A rescuer, who asked not to be named".
        return person

    def _office(self, token: Token) -> Person | None:
        """Return whom "the DCP" means, where the article has a Deputy Commissioner of Police."""
        if not (token.text.isupper() and 1 < len(token.text) < 6):
            return None
        return next((r.person for r in self.people.offices if r.initials == token.lower), None)

    def _owner_phrase(self, tokens: list[Token], at: int) -> Person | None:
        """Return whose "Bell’s report", "his tutor’s letter" is."""
        k = next((k for k, token in enumerate(tokens) if token.is_possessive), None)
        if k is None:
            return None
        kind: Literal["name", "description"] = "name" if tokens[0].is_capital and at else "description"
        if at == 0 and is_name_word(self._tokens, 0) and self.people.is_known_word(tokens[0]):
            kind = "name"
        owner = [*tokens[:k], tokens[k]._replace(text=tokens[k].base, lower=tokens[k].base.lower())]
        return self._name(owner, at) if kind == "name" else self._description(owner, at)

    def _given_as(self, start: int) -> Person | None:
        """Return who a description is in "a woman, who gave her name only as Joan, said …"."""
        tokens = self._tokens
        for k in range(start, min(start + _GIVES_NAME_WITHIN, len(tokens) - 1)):
            if tokens[k].passage is not None:
                return None
            if tokens[k].lower in ("name", "identified", "named", "known"):
                at = k + 1
                while at < len(tokens) - 1 and tokens[at].lower in (
                    "only",
                    "simply",
                    "just",
                    "himself",
                    "herself",
                ):
                    at += 1
                if tokens[at].lower == "as":
                    at += (
                        1 + (tokens[at + 1].lower in ("only", "simply", "just"))
                        if at + 2 < len(tokens)
                        else 1
                    )
                    if at < len(tokens) and is_name_word(tokens, at):
                        return self._name(tokens[at : name_end(tokens, at)], at)
        return None

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
            recent = [m for m in reversed(self._recent) if m.person.words]
            known = (m.person for m in recent if m.person.is_organisation and _fits(words[-1], m.person))
            near = (m.person for m in recent if not m.person.is_human and self._sentence - m.sentence < 5)
            return next(known, None) or next(near, None)
        if tokens[0].lower == "the" and all(token.is_capital for token in tokens[1:]) and len(tokens) > 1:
            return self._unnamed(" ".join(token.text for token in tokens[1:]), "")
        return None

    def _unnamed(self, text: str, head: str) -> Person:
        person = self._described.get(text)
        if person is None:
            several = head in SEVERAL or (head.endswith("s") and head[:-1] in ROLES)
            person = self._described[text] = Person(text, (), False, is_human=head in ROLES)
            person.is_several = several
            if head in FEMALE_ROLES or head in MALE_ROLES:
                person.genders["f" if head in FEMALE_ROLES else "m"] += 3
        return person


def _asker(tokens: list[Token]) -> tuple[int, int] | None:
    """Return where the first clause of "Asked by Mr Bell whether he knew, he paused" stands: Bell asks."""
    if len(tokens) < 4 or not tokens[0].lower.endswith("ed") or tokens[1].lower != "by":
        return None
    return 0, next((k for k in range(2, min(len(tokens), 40)) if tokens[k].text == ","), 2)


def _fits(head: str, organisation: Person) -> bool:
    """Tell whether "the bank" can mean an organisation: a bureau it cannot."""
    public = PUBLIC_BODIES & set(organisation.words)
    return not public or head in organisation.words or head in ("organisation", "organization", "agency")


def _may_be(person: Person, gender: str) -> bool:
    return person.is_human and not person.is_organisation and person.gender in (gender, None)


def learn_genders(sentences: Iterable[Sentence], people: People) -> None:
    """Count the pronouns that follow a name where nobody else can be meant."""
    reader = Speakers(people)
    before: Person | None = None
    for sentence in sentences:
        if sentence.is_quoted:
            continue
        reader.enter(sentence)
        named = list(dict.fromkeys(p for _, p in reader._named if not p.is_organisation))
        begins = reader._named[0][0] if reader._named else 0
        pronouns = {t.lower for t in sentence.tokens[begins:] if t.lower in ("he", "she")}
        first = sentence.tokens[0].lower
        if len(named) == 1 and len(pronouns) == 1:
            named[0].genders[_GENDER[pronouns.pop()]] += 1
            named[0].is_human = True
        elif not named and before is not None and first in ("he", "she"):
            before.genders[_GENDER[first]] += 2
            before.is_human = True
        only_quoted = not any(token.is_word for token in sentence.tokens)
        keeps = before if not named and (pronouns or only_quoted) else None
        if len(named) > 1:
            phrase = first_subject(sentence.tokens, len(sentence.tokens))
            named = [p for i, p in reader._named if phrase and phrase.kind == "name" and i == phrase.start][
                :1
            ]
        before = named[0] if len(named) == 1 else keeps
