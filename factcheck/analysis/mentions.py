"""Who has been spoken of, in order: what "he", "she", "they" and "it" reach back to."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from factcheck.analysis.narrative import Token
from factcheck.analysis.people import Person
from factcheck.analysis.phrases import name_end

GENDER_OF = {"he": "m", "his": "m", "him": "m", "she": "f", "her": "f"}
FORGETS_AFTER = 12
"""How many sentences back a pronoun reaches."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody in a sentence; `is_subject` says that the sentence is about them."""

    person: Person
    sentence: int
    is_subject: bool


class Mentions:
    """The last mentions of an article that is read in order, and the names of the current sentence."""

    def __init__(self) -> None:
        self.recent: deque[Mention] = deque(maxlen=60)
        self.sentence = 0
        self.tokens: list[Token] = []
        self.named: list[tuple[int, Person]] = []

    def enter(self, tokens: list[Token], named: list[tuple[int, Person]]) -> None:
        """Go on to the next sentence."""
        self.sentence += 1
        self.tokens = tokens
        self.named = named

    def leave(self, subject: Person | None) -> None:
        """Keep who stands in the current sentence, its subject last."""
        for _, person in self.named:
            if person is not subject:
                self.recent.append(Mention(person, self.sentence, False))
        if subject is not None:
            self.recent.append(Mention(subject, self.sentence, True))

    def latest_called(self, word: str) -> Person | None:
        """Of several with one surname, return who was spoken of last."""
        return next((m.person for m in reversed(self.recent) if word in m.person.words), None)

    def back(self) -> Iterator[Person]:
        """Yield the subjects of the sentences before, the last first."""
        for mention in reversed(self.recent):
            if mention.is_subject and self.sentence - mention.sentence <= FORGETS_AFTER:
                yield mention.person

    def it(self) -> Person | None:
        """Return the organisation or thing that was spoken of last."""
        return next((p for p in self.back() if p.is_organisation or not p.is_human), None)

    def they(self) -> Person | None:
        """Return the people who were spoken of last, or whoever was."""
        recent = list(islice(self.back(), 6))
        return next((p for p in recent if p.is_several), next(iter(recent), None))

    def he_or_she(self, gender: str, at: int, described: Person | None) -> Person | None:
        """Walk back by sentences; in each, who is known to be meant goes first, then the subject.

        `described` is who stands before the word at `at` without a name.
        """
        asker = _asker(self.tokens)
        here = [
            Mention(person, self.sentence, not self._is_oblique(i))
            for i, person in reversed(self.named)
            if i < at and not (asker and asker[0] <= i < asker[1])
        ]
        if described is not None:
            here.append(Mention(described, self.sentence, True))
        by_sentence: dict[int, list[Mention]] = {}
        for mention in [*here, *reversed(self.recent)]:
            if self.sentence - mention.sentence <= FORGETS_AFTER and _may_be(mention.person, gender):
                by_sentence.setdefault(mention.sentence, []).append(mention)
        for mentions in by_sentence.values():
            ranked = sorted(mentions, key=lambda m: (not m.is_subject, m.person.gender != gender))
            return ranked[0].person
        return None

    def _is_oblique(self, i: int) -> bool:
        """Tell whether a name stands after a preposition, or owns something: "Reed’s car", "to Reed"."""
        end = name_end(self.tokens, i)
        if self.tokens[end - 1].is_possessive:
            return True
        return i > 0 and self.tokens[i - 1].lower in (
            "by",
            "to",
            "with",
            "for",
            "of",
            "from",
            "against",
            "about",
        )


def _asker(tokens: list[Token]) -> tuple[int, int] | None:
    """Return where the first clause of "Asked by Mr Bell whether he knew, he paused" stands: Bell asks."""
    if len(tokens) < 4 or not tokens[0].lower.endswith("ed") or tokens[1].lower != "by":
        return None
    return 0, next((k for k in range(2, min(len(tokens), 40)) if tokens[k].text == ","), 2)


def _may_be(person: Person, gender: str) -> bool:
    return person.is_human and not person.is_organisation and person.gender in (gender, None)
