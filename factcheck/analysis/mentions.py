"""Who has been spoken of, in order: what "he", "she", "they" and "it" reach back to."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from factcheck.analysis.cues import VERBS
from factcheck.analysis.narrative import Token
from factcheck.analysis.people import Person
from factcheck.analysis.phrases import name_end

GENDER_OF = {"he": "m", "his": "m", "him": "m", "she": "f", "her": "f"}
FORGETS_AFTER = 12
"""How many sentences back a pronoun reaches."""
_ASIDE = 1.5
_UNKNOWN = 0.5
"""What it costs, in sentences, not to be the subject, and to be of unknown gender."""
_TOPIC = 0.1
"""What each sentence about somebody, up to ten, counts for: an obituary comes back to the dead."""

_OBLIQUE = frozenset("by to with for of from against about".split())
_ASKED = frozenset("asked pressed questioned quizzed challenged reminded confronted".split())


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody in a sentence; `is_subject` says that the sentence is about them."""

    person: Person
    sentence: int
    is_subject: bool
    speaks: bool = False


class Mentions:
    """The last mentions of an article that is read in order, and the names of the current sentence."""

    def __init__(self) -> None:
        self.recent: deque[Mention] = deque(maxlen=60)
        self.sentence = 0
        self.tokens: list[Token] = []
        self.named: list[tuple[int, Person]] = []
        self.counts: Counter[Person] = Counter()

    def enter(self, tokens: list[Token], named: list[tuple[int, Person]]) -> None:
        """Go on to the next sentence."""
        self.sentence += 1
        self.tokens = tokens
        self.named = named

    def leave(self, subject: Person | None, *, speaks: bool = False) -> None:
        """Keep who stands in the current sentence, its subject last."""
        for _, person in self.named:
            if person is not subject:
                self.recent.append(Mention(person, self.sentence, False))
        if subject is not None:
            self.counts[subject] += 1
            self.recent.append(Mention(subject, self.sentence, True, speaks))

    def latest_called(self, word: str) -> Person | None:
        """Of several with one surname, return who was spoken of last."""
        return next((m.person for m in reversed(self.recent) if word in m.person.words), None)

    def back(self) -> Iterator[Person]:
        """Yield the subjects of the sentences before, the last first."""
        for mention in reversed(self.recent):
            if mention.is_subject and self.sentence - mention.sentence <= FORGETS_AFTER:
                yield mention.person

    def nearest(self, at: int) -> Iterator[Mention]:
        """Yield the mentions before a word of the current sentence, the last first."""
        for i, person in reversed(self.named):
            if i < at:
                yield Mention(person, self.sentence, False)
        yield from reversed(self.recent)

    def it(self) -> Person | None:
        """Return the organisation or thing that was spoken of last."""
        one = (p for p in self.back() if not p.is_several)
        return next((p for p in one if p.is_organisation or not p.is_human), None)

    def they(self) -> Person | None:
        """Return the people who were spoken of last, or whoever was."""
        recent = list(islice(self.back(), 6))
        return next((p for p in recent if p.is_several), next(iter(recent), None))

    def he_or_she(self, gender: str, at: int, described: Person | None) -> Person | None:
        """Return whom "he" or "she" at a word means: the nearest, where need be a little farther back.

        A subject is likelier than whoever else stands in a sentence, and who is known to be a man or a
        woman likelier than who may be. `described` stands before the word without a name.
        """
        best, lowest = None, float("inf")
        for mention in chain(self._before(at, described), reversed(self.recent)):
            back = self.sentence - mention.sentence
            if back > FORGETS_AFTER or back - 10 * _TOPIC >= lowest:
                break
            if _may_be(mention.person, gender):
                cost = back + _ASIDE * (not mention.is_subject) + _doubt(mention, back)
                cost -= _TOPIC * min(self.counts[mention.person], 10)
                if cost < lowest:
                    best, lowest = mention.person, cost
        return best

    def _before(self, at: int, described: Person | None) -> Iterator[Mention]:
        """Yield who stands before a pronoun in its sentence and can be meant."""
        if self._reports_what_stands_before(at):
            return
        asked = asked_clause(self.tokens)
        for i, person in reversed(self.named):
            if asked <= i < at:
                yield Mention(person, self.sentence, not self._is_oblique(i))
        if described is not None:
            yield Mention(described, self.sentence, True)

    def _reports_what_stands_before(self, at: int) -> bool:
        """Tell whether ", he said," tells who says the rest: "Bell was late, he said" is not Bell's."""
        tokens = self.tokens
        if not (0 < at < len(tokens) - 1 and tokens[at - 1].text == "," and tokens[at + 1].lower in VERBS):
            return False
        return at + 2 >= len(tokens) or (
            tokens[at + 2].text in (",", ".") and not any(t.passage for t in tokens[at + 3 : at + 4])
        )

    def _is_oblique(self, i: int) -> bool:
        """Tell whether a name stands after a preposition, or owns something: "Reed’s car", "to Reed"."""
        end = name_end(self.tokens, i)
        return self.tokens[end - 1].is_possessive or (i > 0 and self.tokens[i - 1].lower in _OBLIQUE)


def asked_clause(tokens: list[Token]) -> int:
    """Return where "Asked by Mr Bell whether Ortiz knew, he paused" is past those who do not answer."""
    if len(tokens) < 4 or not tokens[0].lower.endswith("ed") or tokens[0].is_possessive:
        return 0
    if tokens[1].lower != "by" and tokens[0].lower not in _ASKED:
        return 0
    return next((k for k in range(2, min(len(tokens), 40)) if tokens[k].text == ","), 2)


def _may_be(person: Person, gender: str) -> bool:
    several = person.is_organisation or person.is_several
    named = 1 < len(person.words) < 4 and not person.words[-1].endswith("s")
    return (person.is_human or named) and not several and person.gender in (gender, None)


def _doubt(mention: Mention, back: int) -> float:
    """Return what speaks against "he" or "she": no known gender, no name, perhaps a place.

    Who has no name but spoke just now is as likely as anybody.
    """
    person = mention.person
    unnamed = not (person.words or (mention.speaks and back < 2))
    return _UNKNOWN * ((person.gender is None) + 2 * unnamed + 2 * (not person.is_human))
