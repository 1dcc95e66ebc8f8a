"""Who an article names: full names, what they do and for whom, and whether "he" or "she" can mean them."""

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from factcheck.analysis.cues import BE
from factcheck.analysis.given_names import GENDERS, Gender
from factcheck.analysis.narrative import Sentence, Token
from factcheck.analysis.phrases import LEAD_WORDS, PASTS, is_name_word, name_end
from factcheck.analysis.subjects import first_subject
from factcheck.analysis.titles import (
    ABBREVIATED,
    ANONYMOUS,
    COURTESY,
    ENDS_INTRODUCTION,
    FEMALE_ROLES,
    HANGING,
    LAW,
    MALE_ROLES,
    OFFICE_OF,
    ORGANISATION,
    RANKS,
    ROLES,
    TITLES,
)

_OF = frozenset(("of", "to", "for"))
_CHARGED = frozenset(("accused", "charged", "convicted", "acquitted"))
_PLEADS = frozenset(("pleaded", "pleads", "pled", "denies"))


@dataclass(slots=True, eq=False)
class Person:
    """Somebody or something with a name; `words` is the name in lower case."""

    name: str
    words: tuple[str, ...]
    is_organisation: bool
    is_human: bool = False
    is_several: bool = False
    genders: Counter[str] = field(default_factory=Counter)

    @property
    def gender(self) -> str | None:
        """What "he" and "she" have shown so far; a first name counts for less than a title."""
        ranked = self.genders.most_common(2)
        if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
            return None
        return ranked[0][0]


@dataclass(frozen=True, slots=True)
class Role:
    """What the article calls somebody: "the council’s director of housing", of whom."""

    person: Person
    words: frozenset[str]
    owner: str | None
    initials: str = ""
    """Of the words as written, those of "of" and "the" left out: DCP for Deputy Commissioner of Police."""


class People:
    """The names of an article. Look-ups are by single words, so they cost the same in a long text."""

    def __init__(self, sentences: Iterable[Sentence], within_passages: Iterable[Sentence]) -> None:
        prose = [sentence for sentence in sentences if not (sentence.is_heading or sentence.is_quoted)]
        self.by_name: dict[tuple[str, ...], Person] = {}
        self.by_word: defaultdict[str, list[Person]] = defaultdict(list)
        self.roles: defaultdict[str, list[Role]] = defaultdict(list)
        self.unnamed: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        self._alone: list[tuple[list[Token], Gender | None, bool]] = []
        self.definite: dict[str, Person] = {}
        self.offices: deque[Role] = deque(maxlen=30)
        self._lower = {token.text for sentence in prose for token in sentence.tokens if token.text.islower()}
        self._inside = {token.lower for s in prose for token in s.tokens[1:] if token.is_capital}
        for sentence in prose:
            self._names_in(sentence.tokens)
        # A name that only stands in a title or quotation serves where nothing else does.
        for sentence in within_passages:
            self._names_in(sentence.tokens, new_words_only=True)
        alone, self._alone = self._alone, []
        for words, gender, is_human in alone:
            self._note_single(words, gender, is_human)
        for sentence in prose:
            self._roles_in(sentence.tokens)
            self._accused_in(sentence.tokens)
        self._told_late(prose[:6])

    def name_words(self, tokens: list[Token]) -> tuple[list[Token], Gender | None]:
        """Return the words of a name without titles and ranks, and the gender that a title tells."""
        plain = [token.lower.rstrip(".") for token in tokens]
        gender = next((COURTESY[word] for word in plain if word in COURTESY), None)
        titles = (i + 1 for i, t in enumerate(tokens[:-1]) if plain[i] in TITLES or t.text in RANKS)
        cut = max(titles, default=0)
        # "Meteorologist Ann Bell": any role before a name of two words; "Hunter Bell" is a name.
        cut = max([cut, *(i + 1 for i, word in enumerate(plain[:-2]) if word in ROLES and word != "don")])
        # What a barrister or a member is called after the name: "Bernadette Hayes SC".
        while len(tokens) - cut > 2 and tokens[-1].text in RANKS:
            tokens = tokens[:-1]
            plain = plain[:-1]
        # "Attorney General" is no name without a rank, and "General Motors" no general.
        if plain and (plain[-1] in TITLES or any(word in ORGANISATION for word in plain[cut:])):
            cut = 0
        return tokens[cut:], gender

    @staticmethod
    def _is_organisation(tokens: list[Token]) -> bool:
        return any(token.lower.rstrip(".") in ORGANISATION for token in tokens[1:])

    def _names_in(self, tokens: list[Token], *, new_words_only: bool = False) -> None:
        i = 0
        while i < len(tokens):
            if not is_name_word(tokens, i) or (i == 0 and self._is_common(tokens)):
                i += 1
                continue
            end = self._organisation_end(tokens, name_end(tokens, i))
            self._enter(tokens, i, end, new_words_only=new_words_only)
            i = end

    def _is_common(self, tokens: list[Token]) -> bool:
        """Tell whether the first word of a sentence is capitalised for that alone."""
        word = tokens[0].lower
        return word in LEAD_WORDS or (word in self._lower and word.rstrip(".") not in TITLES)

    @staticmethod
    def _organisation_end(tokens: list[Token], end: int) -> int:
        last = tokens[end - 1]
        following = name_end(tokens, end) if end < len(tokens) else end
        if last.is_possessive and last.base.lower() in OFFICE_OF and following > end:
            ends_so = tokens[following - 1].base.lower() in ORGANISATION
            return following if ends_so else end
        return end

    def _enter(self, tokens: list[Token], i: int, end: int, *, new_words_only: bool) -> None:
        words, gender = self.name_words([token for token in tokens[i:end] if token.passage is None])
        titled = len(words) < end - i or (i > 0 and tokens[i - 1].lower in ROLES)
        organisation = self._is_organisation(words)
        if len(words) < 2 or len(words) > 8 or (words[0].is_possessive and not organisation):
            self._note_single(words, gender, self._is_followed_as_human(tokens, end) or titled)
            return
        key = (*(word.lower for word in words[:-1]), words[-1].base.lower())
        if new_words_only and (key[-1] in self.by_word or organisation):
            return
        if all(word in TITLES for word in key):
            return  # "The Deputy Commissioner" is an office.
        person = self.by_name.get(key) or self._with_or_without_middle_name(key)
        if person is None:
            name = " ".join([*(word.text for word in words[:-1]), words[-1].base])
            person = self.by_name[key] = Person(name, key, organisation)
            for word in dict.fromkeys(key):
                self.by_word[word].append(person)
            if not organisation and (first := GENDERS.get(key[0])):
                person.is_human = True
                person.genders[first] += 1
        if gender:
            person.genders[gender] += 5
        self._give_titles(person, tokens[i : end - len(words)])
        person.is_human |= not organisation and (titled or self._is_followed_as_human(tokens, end))

    def _with_or_without_middle_name(self, key: tuple[str, ...]) -> Person | None:
        """Return who is called the same but for names between the first and the last."""
        same = (p for p in self.by_word.get(key[-1], ())[:50] if p.words[-1] == key[-1])
        found = next((p for p in same if p.words[0] == key[0] and 2 in (len(p.words), len(key))), None)
        if found is not None and not found.is_organisation:
            self.by_name[key] = found
            return found
        return None

    def _give_titles(self, person: Person, titles: list[Token]) -> None:
        """Let "the judge" mean Judge Pryce."""
        for title in titles:
            head = ABBREVIATED.get(title.lower.rstrip("."), title.lower)
            if head in ROLES:
                self.roles[head].append(Role(person, frozenset((head,)), None))

    def _note_single(self, words: list[Token], gender: Gender | None, is_human: bool) -> None:
        """Learn from "Mrs Corrie" that Corrie is a woman, where one person only is called so.

        A name of two words of which the last alone comes again is a person: so places are not named.
        """
        if len(words) != 1:
            return
        named = self.by_word.get(words[0].base.lower(), [])
        if not named:
            self._alone.append((words, gender, is_human))
        if len(named) == 1 and not named[0].is_organisation:
            if gender:
                named[0].genders[gender] += 5
            named[0].is_human |= is_human or bool(gender) or named[0].words[-1] == words[0].base.lower()

    @staticmethod
    def _is_followed_as_human(tokens: list[Token], end: int) -> bool:
        if end + 1 >= len(tokens) or tokens[end].text not in (",", "("):
            return False
        following = tokens[end + 1].lower
        return (following.isdigit() and len(following) < 4) or following == "who"

    def _roles_in(self, tokens: list[Token]) -> None:
        for i, token in enumerate(tokens):
            if token.base.lower() not in ROLES:
                continue
            start = self._role_start(tokens, i)
            if token.is_capital and i > 0 and not _is_office(tokens, start, i):
                continue
            end = self._role_end(tokens, i)
            if start > 1 and tokens[start - 1].lower in _OF and tokens[start - 2].base.lower() in ROLES:
                continue  # "The wife of the governor, Ann Bell" is about the wife.
            if person := self._named_next_to(tokens, start, i, end):
                self._give_role(person, tokens, start, end)
            elif tokens[start].lower in ("a", "an", "one") and not any(
                token.base.lower() in ROLES and not token.is_possessive for token in tokens[start:i]
            ):
                self._introduce(tokens, start, end, i)

    def _accused_in(self, tokens: list[Token]) -> None:
        """Let "the accused" and "the defendant" mean who denies a charge or pleads."""
        for i, token in enumerate(tokens):
            charged = token.lower in _CHARGED and i > 0 and tokens[i - 1].lower in BE
            if not (charged or token.lower in _PLEADS):
                continue
            phrase = first_subject(tokens, i)
            if phrase and phrase.kind == "name" and (person := self.find(tokens[phrase.start : phrase.end])):
                for head in ("accused", "defendant"):
                    self.roles[head].append(Role(person, frozenset((head,)), None))
                return

    def _told_late(self, opening: list[Sentence]) -> None:
        """Let "A farmer told the court …" at the very start mean who is named with an age right after."""
        if not opening or (known := first_subject(opening[0].tokens, len(opening[0].tokens))) is None:
            return
        tokens = opening[0].tokens
        head = next((t.lower for t in tokens[known.start : known.stop] if t.lower in ROLES), None)
        if known.kind != "description" or tokens[known.start].lower not in ("a", "an") or head is None:
            return
        if head in ANONYMOUS:
            return
        for sentence in opening[1:]:
            words = sentence.tokens
            phrase = first_subject(words, len(words))
            if phrase is None or phrase.kind != "name" or phrase.end + 1 >= len(words):
                continue
            aside = words[phrase.end].text in (",", "(") and words[phrase.end + 1].text.isdigit()
            if aside and (person := self.find(words[phrase.start : phrase.end])):
                self.definite[head] = person
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
            if at < k and (person := self.find(tokens[at:k])):
                return person
        direct = head + 2 < len(tokens) and is_name_word(tokens, head + 1) and not tokens[head].is_possessive
        # "Crane operator Ann Ortiz"; the name may also stand after the rest of an office.
        if direct and (person := self.find(tokens[head + 1 : name_end(tokens, head + 1)])):
            return person
        if end + 1 < len(tokens) and tokens[end].text == "(":
            closed = next(
                (k for k in range(end, min(end + 7, len(tokens) - 2)) if tokens[k].text == ")"), None
            )
            if closed and is_name_word(tokens, closed + 1):
                return self.find(tokens[closed + 1 : name_end(tokens, closed + 1)])
        if end + 1 < len(tokens) and tokens[end].text == ",":
            at = end + 1
            if at + 2 < len(tokens) and tokens[at].lower == "the" and tokens[at + 1].lower == "late":
                at += 2
            elif tokens[at].lower in ("former", "retired", "fellow"):
                at = next((k for k in range(at, min(at + 5, len(tokens))) if is_name_word(tokens, k)), at)
            if is_name_word(tokens, at):
                return self.find(tokens[at : name_end(tokens, at)])
        return None

    def _give_role(self, person: Person, tokens: list[Token], start: int, end: int) -> None:
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
        heads = [word for word in heads if word in ROLES]
        if words[0] == "the" and len(words) == 2 and heads:
            self.definite.setdefault(heads[0], person)
        for head in dict.fromkeys(heads):
            for same in LAW if head in LAW else (head,):
                self.roles[same].append(role)
        if not person.is_organisation:
            person.is_human = True
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

    def find(self, tokens: list[Token], prefer: "Person | None" = None) -> Person | None:
        """Return whom a name means: in full, by surname, by first name, with or without a title."""
        words, gender = self.name_words([token for token in tokens if token.passage is None])
        if not words:
            return None
        key = (*(word.lower for word in words[:-1]), words[-1].base.lower())
        named = self.by_name.get(key)
        if named is not None:
            return named
        wanted = set(key)
        found = [p for p in self.by_word.get(key[-1], ())[-50:] if wanted <= set(p.words)]
        if gender:
            found = [p for p in found if p.gender in (gender, None)] or found
        by_surname = [p for p in found if p.words[-1] == key[-1]] or found
        if prefer in by_surname:
            return prefer
        humans = (
            [p for p in by_surname if p.is_human or not p.is_organisation] if len(words) == 1 else by_surname
        )
        return next(iter(humans or by_surname), None)

    def is_known_word(self, token: Token) -> bool:
        """Tell whether a single capitalised word is a name rather than the start of a sentence."""
        word = token.base.lower()
        return word in self.by_word or (word in self._inside and word not in self._lower)

    def unnamed_before(self, head: str, position: int) -> str | None:
        """Return how the article introduced "the official" last before a position."""
        known = self.unnamed.get(head, [])
        i = bisect_left(known, (position,))
        return known[i - 1][1] if i else None


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
