"""What an article calls those it names: "the council’s director of housing", "her lawyer", "the accused"."""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass

from factcheck.analysis.cues import AUXILIARIES, BE, PRONOUNS, VERBS
from factcheck.analysis.narrative import Sentence, Token
from factcheck.analysis.people import People, Person
from factcheck.analysis.phrases import (
    DETERMINERS,
    HONORIFICS,
    JOINING,
    LEAD_WORDS,
    PASTS,
    RELATIVES,
    is_name_word,
    name_end,
)
from factcheck.analysis.subjects import first_subject
from factcheck.analysis.titles import (
    ABBREVIATED,
    ANONYMOUS,
    COURTESY,
    EITHER,
    ENDS_INTRODUCTION,
    FEMALE_ROLES,
    HANGING,
    KIN,
    LAW,
    MALE_ROLES,
    ROLES,
    WRITINGS,
)

_NO_ROLES = LEAD_WORDS | VERBS.keys() | JOINING | PASTS | AUXILIARIES | WRITINGS
_AFTER_ROLE = JOINING | RELATIVES
_NO_CHARGES = DETERMINERS | PRONOUNS | RELATIVES | {"to", "having", "being"}
_OF = frozenset(("of", "to", "for"))
_CHARGED = frozenset(("accused", "charged", "convicted", "acquitted", "sentenced", "jailed"))
_ADMITS = frozenset(("admitted", "admits", "denied"))
_PLEADS = frozenset(("pleaded", "pleads", "pled", "denies"))


@dataclass(frozen=True, slots=True)
class Role:
    """What the article calls somebody: "the council’s director of housing", of whom."""

    person: Person
    words: frozenset[str]
    owner: str | None
    initials: str = ""
    """Of the words as written, those of "of" and "the" left out: DCP for Deputy Commissioner of Police."""


class Roles:
    """The roles of an article by their nouns, and those whom it introduces without a name."""

    def __init__(self, sentences: Iterable[Sentence], people: People) -> None:
        prose = [sentence for sentence in sentences if not (sentence.is_heading or sentence.is_quoted)]
        self.people = people
        self.by_noun: defaultdict[str, list[Role]] = defaultdict(list)
        self.unnamed: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        self.definite: dict[str, Person] = {}
        self.offices: deque[Role] = deque(maxlen=30)
        for person, title in people.titles:
            self._give_title(person, title)
        for sentence in prose:
            self._roles_in(sentence.tokens)
            self._accused_in(sentence.tokens)
        self._told_late(prose[:6])

    def _give_title(self, person: Person, title: Token) -> None:
        """Let "the judge" mean Judge Pryce."""
        head = ABBREVIATED.get(title.lower.rstrip("."), title.lower)
        if head not in COURTESY:
            self.by_noun[head].append(Role(person, frozenset((head,)), None))

    def _roles_in(self, tokens: list[Token]) -> None:
        for i, token in enumerate(tokens):
            known = token.base.lower() in ROLES
            if not (known or _stands_as_role(tokens, i)):
                continue
            start = self._role_start(tokens, i)
            if token.is_capital and i > 0 and not _is_office(tokens, start, i):
                continue
            end = self._role_end(tokens, i)
            if token.lower in KIN and i + 1 < len(tokens) and tokens[i + 1].lower == "of":
                end = i + 1  # "The daughter of a carpenter, Ann Bell" is no carpenter's name.
            if start > 1 and tokens[start - 1].lower in _OF and tokens[start - 2].base.lower() in ROLES:
                continue  # "The wife of the governor, Ann Bell" is about the wife.
            if person := self._named_next_to(tokens, start, i, end):
                self._give_role(person, tokens, start, end, token.lower)
            elif (
                known
                and tokens[start].lower in ("a", "an", "one")
                and not any(
                    token.base.lower() in ROLES and not token.is_possessive for token in tokens[start:i]
                )
            ):
                self._introduce(tokens, start, end, i)

    def _accused_in(self, tokens: list[Token]) -> None:
        """Let "the accused" and "the defendant" mean who denies a charge or pleads."""
        for i, token in enumerate(tokens):
            charged = token.lower in _CHARGED and i > 0 and tokens[i - 1].lower in BE
            admits = token.lower in _ADMITS and i + 1 < len(tokens) and _is_charge(tokens[i + 1])
            if not (charged or admits or token.lower in _PLEADS):
                continue
            phrase = first_subject(tokens, i)
            if phrase is None or phrase.kind != "name":
                continue
            if person := self.people.find(tokens[phrase.start : phrase.end]):
                for head in ("accused", "defendant"):
                    self.by_noun[head].append(Role(person, frozenset((head,)), None))
                return

    def _told_late(self, opening: list[Sentence]) -> None:
        """Let "A farmer told the court …" at the very start mean who is named with an age right after.

        "The governor of the bank warned …" is who "said" in the next sentence, unless more is told of them.
        """
        if not opening or (known := first_subject(opening[0].tokens, len(opening[0].tokens))) is None:
            return
        tokens = opening[0].tokens
        head = next((t.lower for t in tokens[known.start : known.stop] if t.lower in ROLES), None)
        determiner = tokens[known.start].lower
        if known.kind != "description" or determiner not in ("a", "an", "the") or head is None:
            return
        if head in ANONYMOUS:
            return
        for sentence in opening[1:]:
            words = sentence.tokens
            phrase = first_subject(words, len(words))
            if phrase is None or phrase.kind != "name" or phrase.end + 1 >= len(words):
                continue
            aside = words[phrase.end].text in (",", "(") and words[phrase.end + 1].text.isdigit()
            person = self.people.find(words[phrase.start : phrase.end])
            goes_on = determiner == "the" and words[phrase.end].lower in VERBS
            if person is None or not (aside or goes_on):
                return
            if determiner != "the":
                self.definite[head] = person
            elif head not in self.by_noun and not any(role.person is person for role in self.offices):
                called = frozenset(t.lower for t in tokens[known.start : known.stop])
                self.by_noun[head].append(Role(person, called, None))
            return

    @staticmethod
    def _role_start(tokens: list[Token], i: int) -> int:
        start = i
        while start > 0 and i - start < 7 and tokens[start - 1].is_word:
            start -= 1
            if tokens[start].lower in ("a", "an", "one", "the", "his", "her", "their"):
                break
        return start

    @staticmethod
    def _role_end(tokens: list[Token], i: int) -> int:
        end = i + 1
        if end < len(tokens) and is_name_word(tokens, end) and not tokens[i].is_possessive:
            return end  # "Crane operator Ann Ortiz and her husband" is about one operator.
        while end < len(tokens) and end - i < 9 and tokens[end].is_word:
            end += 1
        return end

    def _named_next_to(self, tokens: list[Token], start: int, head: int, end: int) -> Person | None:
        """Return who stands beside a role: "Ann Ortiz, her lawyer" or "her lawyer, Ann Ortiz"."""
        if start > 1 and (k := _before_aside(tokens, start)) is not None:
            at = k
            while at > 0 and k - at < 6 and is_name_word(tokens, at - 1):
                at -= 1
            if at < k and (person := self.people.find(tokens[at:k])):
                return person
        direct = head + 2 < len(tokens) and is_name_word(tokens, head + 1) and not tokens[head].is_possessive
        # "Crane operator Ann Ortiz"; the name may also stand after the rest of an office.
        if direct and (person := self.people.find(tokens[head + 1 : name_end(tokens, head + 1)])):
            return person
        if end + 1 < len(tokens) and tokens[end].text == "(":
            closed = next(
                (k for k in range(end, min(end + 7, len(tokens) - 2)) if tokens[k].text == ")"), None
            )
            if closed and is_name_word(tokens, closed + 1):
                return self.people.find(tokens[closed + 1 : name_end(tokens, closed + 1)])
        if end + 1 < len(tokens) and tokens[end].text == ",":
            at = end + 1
            honoured = at + 2 < len(tokens) and tokens[at].lower == "the"
            if honoured and tokens[at + 1].lower.rstrip(".") in HONORIFICS:
                at += 1 + (tokens[at + 1].lower == "late")
            elif tokens[at].lower in ("former", "retired", "fellow"):
                at = next((k for k in range(at, min(at + 5, len(tokens))) if is_name_word(tokens, k)), at)
            if is_name_word(tokens, at):
                return self.people.find(tokens[at : name_end(tokens, at)])
        return None

    def _give_role(self, person: Person, tokens: list[Token], start: int, end: int, noun: str) -> None:
        words = [token.base.lower() for token in tokens[start:end]]
        owners = [t.base.lower() for t in tokens[start:end] if t.is_capital and t.lower not in LEAD_WORDS]
        initials = "".join(word[0] for word in words if word not in ("of", "the", "for", "and", "a", "an"))
        role = Role(person, frozenset(words), owners[-1] if owners else None, initials)
        self.offices.append(role)
        # "The press secretary to the governor" is no governor.
        inner = next(
            (k for k, word in enumerate(words) if k and word in ("to", "of", "for", "at")), len(words)
        )
        heads = [t.base.lower() for t in tokens[start : start + inner] if not t.is_possessive]
        heads = [word for word in heads if word in ROLES or word == noun]
        if words[0] == "the" and len(words) == 2 and heads:
            self.definite.setdefault(heads[0], person)
        for head in dict.fromkeys(heads):
            for same in LAW if head in LAW else (head,):
                self.by_noun[same].append(role)
        if not person.is_organisation:
            person.is_human |= noun in ROLES - EITHER
            gendered = next((word for word in heads if word in FEMALE_ROLES | MALE_ROLES), None)
            if gendered:
                person.genders["f" if gendered in FEMALE_ROLES else "m"] += 3

    def _introduce(self, tokens: list[Token], start: int, end: int, head: int) -> None:
        """Keep "an official familiar with the talks", so that "the official" can mean it."""
        stop = head + 1
        while stop < end and tokens[stop].lower not in ENDS_INTRODUCTION and not _is_verb(tokens[stop]):
            stop += 1
        while stop > head + 1 and tokens[stop - 1].lower in HANGING:
            stop -= 1
        text = " ".join(token.text for token in tokens[start:stop])
        self.unnamed[tokens[head].lower].append((tokens[start].start, text))

    def unnamed_before(self, head: str, position: int) -> str | None:
        """Return how the article introduced "the official" last before a position."""
        known = self.unnamed.get(head, [])
        i = bisect_left(known, (position,))
        return known[i - 1][1] if i else None


def _is_charge(token: Token) -> bool:
    """Tell whether "dangerous driving" rather than a clause follows "admitted"."""
    return token.is_word and token.lower not in _NO_CHARGES


def _stands_as_role(tokens: list[Token], i: int) -> bool:
    """Tell whether any other noun stands as a role: "quarterback Ann Ortiz", "Ann Ortiz, the cellist"."""
    token = tokens[i]
    if i + 1 >= len(tokens) or not (token.text.islower() or i == 0) or token.lower in _NO_ROLES:
        return False
    if token.lower.endswith(("ed", "ing", "ly", "'s")):
        return False
    if is_name_word(tokens, i + 1):
        return i + 2 < len(tokens) and is_name_word(tokens, i + 2)
    if tokens[i + 1].is_word and tokens[i + 1].lower not in _AFTER_ROLE:
        return False
    aside = next((k for k in range(i - 1, max(0, i - 5), -1) if tokens[k].lower in ("a", "an", "the")), 0)
    return aside > 1 and tokens[aside - 1].text == "," and tokens[aside - 2].is_capital


def _is_office(tokens: list[Token], start: int, head: int) -> bool:
    """Tell whether capitals are those of an office: "the Commissioner for Works"."""
    small = ("of", "and", "for", "to", "in")
    return (start == 0 or tokens[start].lower in ("the", "his", "her", "their")) and all(
        token.is_capital or token.lower in small for token in tokens[start + 1 : head]
    )


def _before_aside(tokens: list[Token], start: int) -> int | None:
    """Return where a name ends before a role: "Ann Ortiz, 44, a", "Ann Ortiz (44), a", "Ann Ortiz is a"."""
    k = start - 1
    if tokens[k].lower in ("is", "was"):
        who = tokens[k - 1].lower == "who" and k > 2 and tokens[k - 2].text == ","
        return k - 2 if who else k
    if tokens[k].text != ",":
        return None
    if k > 1 and tokens[k - 1].text.isdigit() and tokens[k - 2].text == ",":
        return k - 2
    if k > 3 and tokens[k - 1].text == ")" and tokens[k - 3].text == "(":
        return k - 3
    return k


def _is_verb(token: Token) -> bool:
    return token.lower in PASTS or (token.lower.endswith("ed") and token.lower not in ROLES)
