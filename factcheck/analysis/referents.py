"""Whom words mean: "Ms Ortiz", "her lawyer", "the official" become somebody of the article."""

from typing import Literal

from factcheck.analysis.given_names import GENDERS
from factcheck.analysis.mentions import GENDER_OF, Mentions, asked_clause
from factcheck.analysis.narrative import Token
from factcheck.analysis.people import People, Person
from factcheck.analysis.phrases import DETERMINERS, DOERS, POSSESSIVES, is_name_word, name_end, phrase_before
from factcheck.analysis.roles import Roles
from factcheck.analysis.subjects import first_subject
from factcheck.analysis.titles import (
    ANONYMOUS,
    ANY_ORGANISATION,
    BUSINESSES,
    CONDITIONS,
    COURTESY,
    FEMALE_ROLES,
    KIN,
    MALE_ROLES,
    OFFICES,
    ORGANISATION,
    PUBLIC_BODIES,
    ROLES,
    SEVERAL,
    WRITINGS,
)

_REFERS = frozenset(("the", "one", "another", "this", "that"))
_GIVES_NAME_WITHIN = 14
_NO_PERSON = ORGANISATION | ANY_ORGANISATION | BUSINESSES | WRITINGS | {"paper", "broadcaster", "report"}
_SOME = ("some ", "many ", "several ", "most ", "both ", "others ")
_OF_CHILDREN = ("mum-of-", "mother-of-", "dad-of-", "father-of-", "mom-of-", "gran-of-")


class Referents:
    """Finds whom words of the current sentence mean, by what the article has said so far."""

    def __init__(self, people: People, roles: Roles, mentions: Mentions) -> None:
        self.people = people
        self.roles = roles
        self.mentions = mentions
        self._described: dict[str, Person] = {}
        self._varied: dict[str, Person] = {}
        self._introduced: dict[str, Person] = {}

    def is_described(self, person: Person) -> bool:
        """Tell whether the article gives somebody no name."""
        return person.name in self._described

    def he_or_she(self, gender: str, at: int) -> Person | None:
        """Return whom "he" or "she" at a word means."""
        return self.mentions.he_or_she(gender, at, self._described_before(at))

    def name(self, tokens: list[Token], at: int) -> Person:
        """Return who is called so, in full or in part."""
        latest = next((m.person for m in reversed(self.mentions.recent) if m.person.words), None)
        person = self.people.find(tokens, self.mentions.latest_called(tokens[-1].base.lower()) or latest)
        if person is not None:
            return person
        common = not (tokens[0].text.isupper() or self.people.is_known_word(tokens[0]))
        if at == 0 and len(tokens) == 1 and common:
            return self._unnamed(tokens[0].text.lower(), tokens[0].base.lower())
        words, gender = self.people.name_words([token for token in tokens if token.passage is None])
        made = self._unnamed(" ".join([*(w.text for w in words[:-1]), words[-1].base]), "")
        # "Some Republicans", "Afghans": several people, of whom no "he" is one.
        made.is_several = len(words) == 1 and words[0].lower.endswith("ns")
        made.is_human = True
        if len(words) == 1 and not made.genders and (first := GENDERS.get(made.name.lower())):
            made.genders[first] += 1
        if gender:
            made.genders[gender] += 5
        return made

    def description(self, tokens: list[Token], at: int) -> Person:
        """Return whom "the mayor", "her lawyer", "a police source" means."""
        first, head = tokens[0].lower, self._head(tokens)
        found = self._author(tokens, at) or (
            self._new(tokens, head, at) if first in ("a", "an", "another") else self._known(tokens, head, at)
        )
        if found is None and first == "the":
            found = self._told_of(tokens, head)
        if found is not None:
            return found
        text = " ".join(token.text for token in tokens)
        known = first.rstrip(".") in COURTESY or self.people.is_known_word(tokens[0])
        if tokens[0].is_capital and (first in DETERMINERS or not known):
            text = text[0].lower() + text[1:]
        person = self._unnamed(text, head)
        following = [token.lower for token in self.mentions.tokens[at + len(tokens) : at + len(tokens) + 2]]
        person.is_human |= "who" in following  # "A rescuer, who asked not to be named".
        if first in ("a", "an", "one", "another"):
            self._introduced[head] = person
        return person

    def _author(self, tokens: list[Token], at: int) -> Person | None:
        """Return whose words "the statement", "Bell’s report" has."""
        writing = tokens[-1].base.lower()
        if (
            writing in WRITINGS
            and tokens[0].lower in _REFERS
            and (issuer := next(self.mentions.back(), None))
        ):
            return issuer
        return self._owner_phrase(tokens, at) if writing in WRITINGS | {"report"} else None

    def _new(self, tokens: list[Token], head: str, at: int) -> Person | None:
        """Return who "a farmer" is where the article tells the name later."""
        return self.roles.definite.get(head) or self._given_as(at + len(tokens))

    def _known(self, tokens: list[Token], head: str, at: int) -> Person | None:
        """Return the person or organisation of a name that a description means."""
        first = tokens[0].lower
        if len(tokens) == 2 and first == "the" and (office := self._office(tokens[1])):
            return office
        if first != "the" and (named := self._given_as(at + len(tokens))):
            return named
        words = [token.base.lower() for token in tokens]
        owner = self._owner(tokens, at)
        return (
            self._by_role(head, words, owner, plural=tokens[-1].lower.endswith("s"))
            or self._organisation(tokens, words, at)
            or self._relative(tokens, head, at)
        )

    def _told_of(self, tokens: list[Token], head: str) -> Person | None:
        """Return whom "the official" means, of those the article has introduced without a name."""
        if introduced := self.roles.unnamed_before(head, tokens[0].start):
            return self._unnamed(introduced[0].lower() + introduced[1:], head)
        if len(tokens) == 2 and head in ANONYMOUS:
            recent = (p for p in self.mentions.back() if self.is_described(p))
            if same := next((p for p in recent if p.is_human and p.genders.total() == 0), None):
                return same
        return self._introduced.get(head) or self._called_anew(head, tokens)

    def _described_before(self, at: int) -> Person | None:
        """Return the sentence's own subject where it is described: "A man in a kilt said what he …"."""
        tokens = self.mentions.tokens
        subject = first_subject(tokens, at)
        who = next((k for k in range(at - 1, max(1, at - 20), -1) if tokens[k].lower == "who"), None)
        asked = asked_clause(tokens)
        for phrase in (subject, phrase_before(tokens, who) if who else None):
            if phrase is None or phrase.start < asked:
                continue
            if phrase.kind == "description" and phrase.stop < at:
                person = self.description(tokens[phrase.start : phrase.end], phrase.start)
                if person.is_human:
                    return person
        return None

    def _called_anew(self, head: str, tokens: list[Token]) -> Person | None:
        """Return who was spoken of last where "the striker" tells something new of them.

        An office another may hold: "the judge" is nobody who was spoken of before as something else.
        """
        telling = head.endswith("-old") or head.startswith(_OF_CHILDREN) or head in CONDITIONS
        person_noun = head in ROLES or (head.endswith(DOERS) and head not in _NO_PERSON)
        if not telling and (not person_noun or head in OFFICES or tokens[-1].lower.endswith("s")):
            return None
        end = tokens[-1].end
        if any(t.lower == "who" for t in self.mentions.tokens if t.start == end + 1):
            return None  # "The supervisor who called the police" comes on the scene.
        if head in self._varied:
            return self._varied[head]
        people = (mention.person for mention in reversed(self.mentions.recent))
        person = next(self.mentions.back(), None) or next(people, None)
        if person is None or not person.is_human or person.is_several:
            return None
        gender = "f" if head in FEMALE_ROLES else "m" if head in MALE_ROLES else None
        if gender and person.gender not in (gender, None):
            return None
        self._varied[head] = person
        return person

    def _relative(self, tokens: list[Token], head: str, at: int) -> Person | None:
        """Return the one other person of a surname who can be "his brother", "her sister"."""
        if head not in KIN or tokens[0].lower not in ("his", "her"):
            return None
        whose = self.he_or_she(GENDER_OF[tokens[0].lower], at)
        if whose is None or len(whose.words) < 2:
            return None
        gender = "f" if head in FEMALE_ROLES else "m" if head in MALE_ROLES else None
        same = [p for p in self.people.by_word.get(whose.words[-1], ())[:50] if p is not whose]
        fitting = [p for p in same if p.is_human and (gender is None or p.gender in (gender, None))]
        return fitting[0] if len(fitting) == 1 else None

    def _office(self, token: Token) -> Person | None:
        """Return whom "the DCP" means, where the article has a Deputy Commissioner of Police."""
        if not (token.text.isupper() and 1 < len(token.text) < 6):
            return None
        return next((r.person for r in self.roles.offices if r.initials == token.lower), None)

    def _owner_phrase(self, tokens: list[Token], at: int) -> Person | None:
        """Return whose "Bell’s report", "his tutor’s letter" is."""
        k = next((k for k, token in enumerate(tokens) if token.is_possessive), None)
        if k is None:
            return None
        kind: Literal["name", "description"] = "name" if tokens[0].is_capital and at else "description"
        if at == 0 and is_name_word(self.mentions.tokens, 0) and self.people.is_known_word(tokens[0]):
            kind = "name"
        owner = [*tokens[:k], tokens[k]._replace(text=tokens[k].base, lower=tokens[k].base.lower())]
        return self.name(owner, at) if kind == "name" else self.description(owner, at)

    def _given_as(self, start: int) -> Person | None:
        """Return who a description is in "a woman, who gave her name only as Joan, said …"."""
        tokens = self.mentions.tokens
        for k in range(start, min(start + _GIVES_NAME_WITHIN, len(tokens) - 1)):
            if tokens[k].passage is not None:
                return None
            if tokens[k].lower in ("name", "identified", "named", "known"):
                at = k + 1
                if tokens[k].lower == "named" and is_name_word(tokens, at):
                    return self.name(tokens[at : name_end(tokens, at)], at)
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
                        return self.name(tokens[at : name_end(tokens, at)], at)
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
            person = self.he_or_she(GENDER_OF[first], at)
            return person.words[-1] if person and person.words else None
        return next((t.base.lower() for t in tokens if t.is_capital and t.lower not in DETERMINERS), None)

    def _by_role(self, head: str, words: list[str], owner: str | None, *, plural: bool) -> Person | None:
        if plural and head not in ROLES:
            return None
        content = set(words) - DETERMINERS - {head}
        fitting: list[Person] = []
        for role in self.roles.by_noun.get(head, ())[-30:]:
            if owner is not None and words[0] in POSSESSIVES:
                fits = role.owner == owner
            else:
                fits = content <= role.words
            if fits:
                fitting.append(role.person)
        if len(fitting) < 2:
            return fitting[0] if fitting else None
        return next((m.person for m in reversed(self.mentions.recent) if m.person in fitting), fitting[-1])

    def _organisation(self, tokens: list[Token], words: list[str], at: int) -> Person | None:
        """Return the organisation that "the sheriff’s office" or "the company" names."""
        plain = {token.lower for token in tokens} - DETERMINERS
        for person in self.people.by_word.get(words[-1], ())[:50]:
            if person.is_organisation and plain <= set(person.words):
                return person
        if len(plain) == 1 and words[-1] in ANY_ORGANISATION:
            recent = [m for m in reversed(self.mentions.recent) if m.person.words]
            known = (m.person for m in recent if m.person.is_organisation and _fits(words[-1], m.person))
            now = self.mentions.sentence
            near = (m.person for m in recent if not m.person.is_human and now - m.sentence < 5)
            return next(known, None) or next(near, None)
        if tokens[0].lower == "the" and words[-1] in BUSINESSES and tokens[-2].text.islower():
            near = (m.person for m in self.mentions.nearest(at) if m.person.is_organisation)
            return next(near, None)
        if tokens[0].lower == "the" and all(token.is_capital for token in tokens[1:]) and len(tokens) > 1:
            if len(tokens) == 2 and words[-1] in self._introduced:
                return None  # "One Green TD … the TD said".
            name = " ".join(token.text for token in tokens[1:])
            office = words[-1] in ROLES
            return self._unnamed(f"the {name}" if office else name, words[-1] if office else "")
        return None

    def _unnamed(self, text: str, head: str) -> Person:
        person = self._described.get(text)
        if person is None:
            plural = head.endswith("s") and head[:-1] in ROLES
            one = plural and text.startswith("one of ")
            several = head in SEVERAL or (plural and not one) or text.startswith(_SOME)
            person = self._described[text] = Person(text, (), False, is_human=one or head in ROLES)
            person.is_several = several
            if head in FEMALE_ROLES or head in MALE_ROLES:
                person.genders["f" if head in FEMALE_ROLES else "m"] += 3
        return person


def _fits(head: str, organisation: Person) -> bool:
    """Tell whether "the bank" can mean an organisation: a bureau it cannot."""
    public = PUBLIC_BODIES & set(organisation.words)
    return not public or head in organisation.words or head in ("organisation", "organization", "agency")
