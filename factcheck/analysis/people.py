"""Who an article names: in full, by surname or first name, and whether "he" or "she" can mean them."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from factcheck.analysis.given_names import GENDERS, Gender
from factcheck.analysis.narrative import Sentence, Token
from factcheck.analysis.phrases import LEAD_WORDS, is_name_word, name_end
from factcheck.analysis.titles import COURTESY, EITHER, KIN, OFFICE_OF, ORGANISATION, RANKS, ROLES, TITLES


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


_FIRST_NAME = 3
"""A first name tells more than a pronoun or two that may be somebody else's."""


_HUMAN_ROLES = ROLES - EITHER
_CALLED = TITLES | ROLES


class _Alone(NamedTuple):
    """A name of one word as it stands in the article, and what is told of whose it is."""

    word: Token
    gender: Gender | None
    is_human: bool
    surname: str | None
    is_common: bool
    """Whether it may be capitalised for beginning a sentence alone: "Teachers were warned"."""


class People:
    """The names of an article. Look-ups are by single words, so they cost the same in a long text."""

    def __init__(self, sentences: Iterable[Sentence], within_passages: Iterable[Sentence]) -> None:
        prose = [sentence for sentence in sentences if not (sentence.is_heading or sentence.is_quoted)]
        self.by_name: dict[tuple[str, ...], Person] = {}
        self.by_word: defaultdict[str, list[Person]] = defaultdict(list)
        self.titles: list[tuple[Person, Token]] = []
        self._alone: list[_Alone] = []
        self._surname: str | None = None
        self._lower = {token.text for sentence in prose for token in sentence.tokens if token.text.islower()}
        self._inside = {token.lower for s in prose for token in s.tokens[1:] if token.is_capital}
        for sentence in prose:
            self._names_in(sentence.tokens)
        # A name that only stands in a title or quotation serves where nothing else does.
        for sentence in within_passages:
            self._names_in(sentence.tokens, new_words_only=True)
        for single in self._alone:
            if (single.is_human or single.gender) and single.word.base.lower() not in self.by_word:
                self._make_single(single)
        for single in self._alone:
            self._note_single(single)

    def name_words(self, tokens: list[Token]) -> tuple[list[Token], Gender | None]:
        """Return the words of a name without titles and ranks, and the gender that a title tells."""
        plain = [token.lower.rstrip(".") for token in tokens]
        gender = next((COURTESY[word] for word in plain if word in COURTESY), None)
        titles = (i + 1 for i, t in enumerate(tokens[:-1]) if plain[i] in TITLES or t.text in RANKS)
        cut = max(titles, default=0)
        # "Meteorologist Ann Bell": any role before a name of two words; "Hunter Bell" is a name.
        cut = max([cut, *(i + 1 for i, word in enumerate(plain[:-2]) if word in ROLES and word != "don")])
        # "Recorder Jane Bell", where the article has "the recorder" elsewhere.
        if cut == 0 and len(plain) > 2 and plain[0] in self._lower and plain[1] in GENDERS:
            cut = plain[0] not in GENDERS
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
        return any(token.text == "&" or token.lower.rstrip(".") in ORGANISATION for token in tokens[1:])

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
        titled = len(words) < end - i or (i > 0 and tokens[i - 1].lower in _HUMAN_ROLES)
        titled |= i > 0 and tokens[i - 1].lower.endswith("-old")
        titled |= (
            i > 1 and tokens[i - 1].text == "," and tokens[i - 2].lower in _HUMAN_ROLES
        )  # "His son, Ben,".
        organisation = self._is_organisation(words)
        if len(words) < 2 or len(words) > 8 or (words[0].is_possessive and not organisation):
            if i > 0 and tokens[i - 1].lower == "the" and words[-1].lower.endswith("s"):
                self._note_team(words)  # "the Rovers"
            elif len(words) == 1:
                is_human = titled or self._is_followed_as_human(tokens, i, end)
                self._alone.append(
                    _Alone(
                        words[0],
                        gender,
                        is_human,
                        self._family(tokens, i),
                        i == 0 and words[0].lower.endswith("s"),
                    )
                )
            return
        key = (*(word.lower for word in words[:-1]), words[-1].base.lower())
        if new_words_only and (key[-1] in self.by_word or organisation):
            return
        described = i > 0 and tokens[i - 1].lower in ("the", "a") and key[-1] in _CALLED
        if described or all(word in TITLES for word in key):
            return  # "The Deputy Commissioner" is an office, "the Kansas Republican" a description.
        person = self.by_name.get(key) or self._with_or_without_middle_name(key)
        if person is None and gender:  # "Mr. Ag Alhousseini" has been named in full.
            same = self.by_word.get(key[-1], ())[:50]
            person = next((p for p in same if p.words[-len(key) :] == key), None)
        if person is None:
            name = " ".join([*(word.text for word in words[:-1]), words[-1].base])
            person = self.by_name[key] = Person(name, key, organisation)
            for word in dict.fromkeys(key):
                self.by_word[word].append(person)
            if not organisation and (first := GENDERS.get(key[0])):
                person.is_human = True
                person.genders[first] += _FIRST_NAME
        if gender:
            person.genders[gender] += 5
        if not organisation:
            self._surname = key[-1]
        self.titles += [(person, title) for title in tokens[i : end - len(words)]]
        person.is_human |= not organisation and (titled or self._is_followed_as_human(tokens, i, end))

    def _with_or_without_middle_name(self, key: tuple[str, ...]) -> Person | None:
        """Return who is called the same but for names between the first and the last."""
        same = (p for p in self.by_word.get(key[-1], ())[:50] if p.words[-1] == key[-1])
        found = next((p for p in same if p.words[0] == key[0] and 2 in (len(p.words), len(key))), None)
        if found is not None and not found.is_organisation:
            self.by_name[key] = found
            return found
        return None

    def _family(self, tokens: list[Token], i: int) -> str | None:
        """Return the surname that "his son, Ben" shares: the owner's, or of who was named in full last."""
        k = i - 2 if i > 1 and tokens[i - 1].text == "," else i - 1
        if k < 1 or tokens[k].lower not in KIN:
            return None
        for token in reversed(tokens[max(0, k - 3) : k]):
            if token.lower in ("his", "her", "their"):
                return self._surname
            if token.is_possessive and token.is_capital:
                return token.base.lower()
        return None

    def _note_single(self, single: "_Alone") -> None:
        """Learn from "Mrs Corrie" that Corrie is a woman, where one person only is called so.

        A name of two words of which the last alone comes again is a person: so places are not named.
        """
        word, gender = single.word.base.lower(), single.gender
        named = self.by_word.get(word, [])
        if len(named) == 1 and not named[0].is_organisation:
            if gender:
                named[0].genders[gender] += 5
            surname = named[0].words[-1] == word and not single.is_common
            named[0].is_human |= single.is_human or bool(gender) or surname

    def _note_team(self, words: list[Token]) -> None:
        """Learn that who is "the Rovers" is no single person."""
        for person in self.by_word.get(words[-1].lower, ())[:5] if len(words) == 1 else ():
            person.is_several = True

    def _make_single(self, single: "_Alone") -> None:
        """Enter somebody who is never named in full: "her daughter Kelly", "Kelly, 48"."""
        name = single.word.base
        key = (name.lower(), single.surname) if single.surname else (name.lower(),)
        person = self.by_name[key[:1]] = self.by_name[key] = Person(name, key, False, is_human=True)
        for word in dict.fromkeys(key):
            self.by_word[word].append(person)
        if first := GENDERS.get(key[0]):
            person.genders[first] += _FIRST_NAME

    @staticmethod
    def _is_followed_as_human(tokens: list[Token], i: int, end: int) -> bool:
        if end + 1 >= len(tokens) or tokens[end].text not in (",", "("):
            return False
        following = tokens[end + 1].lower
        somewhere = i > 0 and tokens[i - 1].lower in ("in", "at", "near", "from")
        # "A nurse in Wick, who" is about the nurse.
        return (following.isdigit() and len(following) < 4) or (following == "who" and not somewhere)

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
