"""Who stands where in each sentence, read in order: its names, its subject, and whom a phrase means."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from factcheck.analysis.mentions import GENDER_OF, Mentions
from factcheck.analysis.narrative import Sentence, Token
from factcheck.analysis.people import People, Person
from factcheck.analysis.phrases import Phrase, is_name_word, name_end
from factcheck.analysis.referents import Referents
from factcheck.analysis.roles import Roles
from factcheck.analysis.subjects import first_subject


class Speakers:
    """Reads an article in order and keeps who was spoken of last."""

    def __init__(self, people: People, roles: Roles) -> None:
        self.people = people
        self.mentions = Mentions()
        self.referents = Referents(people, roles, self.mentions)

    def enter(self, sentence: Sentence) -> None:
        """Go on to the next sentence."""
        silent = sentence.is_heading or sentence.is_quoted
        self.mentions.enter(sentence.tokens, [] if silent else list(self._names(sentence.tokens)))

    def leave(self, speaker: Person | None) -> Person | None:
        """Finish the sentence; return its subject, which is its speaker where it reports speech."""
        tokens = self.mentions.tokens
        quoted = len(tokens) == 1 and tokens[0].passage is not None
        subject = speaker or (None if quoted else self.subject(len(tokens)))
        self.mentions.leave(subject, speaks=speaker is not None)
        return subject

    def subject(self, limit: int) -> Person | None:
        """Return the human subject of the sentence up to a word."""
        phrase = first_subject(self.mentions.tokens, limit)
        if phrase is None:
            return None
        person = self.who(phrase)
        if person is None:
            return None
        described = phrase.kind == "description" and self.referents.is_described(person)
        if described and self.mentions.tokens[phrase.start].lower in ("his", "her") and not person.is_human:
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
        tokens = self.mentions.tokens[phrase.start : phrase.end]
        if phrase.kind == "name":
            return self.referents.name(tokens, phrase.start)
        if phrase.kind == "description":
            return self.referents.description(tokens, phrase.start)
        word = tokens[0].lower
        if word in GENDER_OF:
            return self.referents.he_or_she(GENDER_OF[word], phrase.start)
        if word == "it":
            return self.mentions.it()
        return self.mentions.they() if word == "they" else None


def _learn(person: Person, gender: str, weight: int) -> Person | None:
    """Count a pronoun for somebody; where another gender is known, it is somebody else's."""
    if person.gender not in (gender, None):
        return None
    person.genders[gender] += weight
    person.is_human = True
    return person


def learn_genders(sentences: Iterable[Sentence], people: People, roles: Roles) -> None:
    """Count the pronouns that follow a name where nobody else can be meant."""
    reader = Speakers(people, roles)
    before: Person | None = None
    rivals: list[Person] = []
    for sentence in sentences:
        if sentence.is_quoted:
            continue
        reader.enter(sentence)
        named = list(dict.fromkeys(p for _, p in reader.mentions.named if not p.is_organisation))
        begins = reader.mentions.named[0][0] if reader.mentions.named else 0
        pronouns = {t.lower for t in sentence.tokens[begins:] if t.lower in ("he", "she")}
        genders = {GENDER_OF[pronoun] for pronoun in pronouns}
        phrase = first_subject(sentence.tokens, len(sentence.tokens))
        first = sentence.tokens[phrase.start].lower if phrase else ""
        about = phrase is None or phrase.outer <= begins < phrase.stop
        if len(named) == 1 and len(genders) == 1 and about:
            named[0].genders[genders.pop()] += 1
            named[0].is_human = True
        elif not named and before is not None and first in ("he", "she"):
            rival = any(person.gender == GENDER_OF[first] for person in rivals)
            before = None if rival else _learn(before, GENDER_OF[first], 2)
        only_quoted = not any(token.is_word for token in sentence.tokens)
        keeps = before if not named and (pronouns or only_quoted) else None
        rivals = named[:]
        if len(named) > 1:
            start = phrase.start if phrase and phrase.kind == "name" else None
            named = [person for i, person in reader.mentions.named if i == start][:1]
        before = named[0] if len(named) == 1 else keeps
        rivals = [person for person in rivals if person is not before]
