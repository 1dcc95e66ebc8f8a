"""Which words around a passage report it: the verb or phrase, and who stands with it."""

from dataclasses import dataclass

from factcheck.analysis import cues
from factcheck.analysis.cues import PHRASE_VERBS, PHRASES, VERBS, Verb
from factcheck.analysis.narrative import Token
from factcheck.analysis.phrases import (
    DETERMINERS,
    JOINING,
    PASTS,
    RELATIVES,
    STAND_ALONE,
    Phrase,
    phrase_at,
    phrase_before,
)
from factcheck.analysis.subjects import subject_of


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Forms that are more often nouns: "its claims", "a statement of fact".
_NOUNISH = _words(
    """claim report state note answer comment remark call label brand term voice post email promise demand
    share offer protest boast joke counter object estimate reply quote praise blame attest charge warn
    question advance request rule"""
)
_ALWAYS_VERBS = _words("say tell argue insist allege maintain deny")
_BEGIN_PREPOSITION = frozenset(words[0] for words in cues.PREPOSITIONS)
_BEFORE_BASE = _words(
    "will would did not to they we i you who could can must should may might never do didn't"
)
_UNSAID = _words(
    "refused declined failed unwilling unable refusing declining failing able allowed hoped wants"
)
_NO_START = _words("as which who that when while because if than")
_REACH = 45


@dataclass(frozen=True, slots=True)
class Cue:
    """A verb or phrase of speech at the words [start, end) of a sentence."""

    start: int
    end: int
    verb: Verb


@dataclass(frozen=True, slots=True)
class Attribution:
    """A cue with who stands there; `speaker` is None where the sentence does not say."""

    cue: Cue
    speaker: Phrase | None


def cue_at(tokens: list[Token], i: int) -> Cue | None:
    """Return the verb of speech at a word, unless it is a noun or an attribute there."""
    word = tokens[i].lower
    verb = VERBS.get(word)
    if verb is not None and not _is_noun(tokens, i, verb):
        return Cue(i, i + 1, verb)
    phrase = PHRASE_VERBS.get(word)
    if phrase is not None:
        following = tuple(token.lower for token in tokens[i + 1 : i + 3])
        for rest in PHRASES[phrase.lemma]:
            if following[: len(rest)] == rest:
                return Cue(i, i + 1 + len(rest), phrase)
    return None


def preposition_at(tokens: list[Token], i: int) -> Cue | None:
    """Return "according to" and its like at a word."""
    if tokens[i].lower not in _BEGIN_PREPOSITION:
        return None
    for words in cues.PREPOSITIONS:
        if tuple(t.lower for t in tokens[i : i + len(words)]) == words:
            return Cue(i, i + len(words), Verb(words[0], "present"))
    return None


def _is_noun(tokens: list[Token], i: int, verb: Verb) -> bool:
    before = tokens[i - 1] if i else None
    if before is None:
        return verb.tense != "past"
    word = before.lower
    if word in DETERMINERS - STAND_ALONE - {"these", "those", "no"}:
        return True
    if verb.lemma in _ALWAYS_VERBS:
        return word == "to" and i > 1 and tokens[i - 2].lower in _UNSAID
    if verb.tense == "base":
        if word == "to":
            return i > 1 and tokens[i - 2].lower in _UNSAID
        plural = word.endswith("s") and before.is_word and not before.is_possessive
        return word not in _BEFORE_BASE and not (
            plural or (verb.lemma not in _NOUNISH and word in ("people", "police"))
        )
    if verb.lemma not in _NOUNISH or verb.tense == "past":
        return False
    after = tokens[i + 1].lower if i + 1 < len(tokens) else "."
    if before.is_possessive or word in ("of", "for", "in", "to", "by", "with", "on", "no", "from", "about"):
        return True
    return after in ("of", "from", "by", "about", "against") or not before.is_word


def is_passive(tokens: list[Token], i: int) -> bool:
    """Tell whether the verb is "was told", "has been described"."""
    k = i - 1
    while (
        k >= 0
        and i - k < 4
        and (tokens[k].lower.endswith("ly") or tokens[k].lower in ("not", "also", "later"))
    ):
        k -= 1
    return (
        k >= 0 and tokens[k].lower in cues.BE and VERBS.get(tokens[i].lower, Verb("", "base")).tense == "past"
    )


def speaker_of(tokens: list[Token], cue: Cue) -> Phrase | None:
    """Return who speaks by a verb: its subject, or who stands after "by" where it is passive."""
    if is_passive(tokens, cue.start):
        for k in range(cue.end, min(cue.end + 8, len(tokens) - 1)):
            if tokens[k].lower == "by":
                return phrase_at(tokens, k + 1)
            if not tokens[k].is_word:
                break
        return None
    return subject_of(tokens, cue.start)


def after(tokens: list[Token], at: int, mark: str) -> Attribution | None:
    """Return who says the passage at `at`, from what comes after it: said Ortiz; Ortiz said.

    `mark` is the passage's last character: whole quotations end in a comma or a stop.
    """
    k = at + 1
    detached = mark in ",.?!…—–-"
    if k < len(tokens) and tokens[k].text in (",", "—", "–", "-", "--"):
        detached = detached or tokens[k].text == ","
        k += 1
    if k >= len(tokens) or not tokens[k].is_word:
        return None
    return (
        _preposition(tokens, k)
        or _put(tokens, k)
        or ((_inverted(tokens, k) or _straight(tokens, k)) if detached else None)
        or (_somehow(tokens, k) if mark in ",!?" else None)
    )


def _preposition(tokens: list[Token], k: int) -> Attribution | None:
    cue = preposition_at(tokens, k)
    phrase = phrase_at(tokens, cue.end) if cue else None
    return Attribution(cue, phrase) if cue and phrase else None


def _put(tokens: list[Token], k: int) -> Attribution | None:
    """Return "as she put it"."""
    if tokens[k].lower != "as":
        return None
    for i in range(k + 1, min(k + 9, len(tokens))):
        cue = cue_at(tokens, i)
        if cue is not None and cue.verb.lemma in ("put", "say", "tell"):
            return Attribution(cue, phrase_before(tokens, i, k + 1))
    return None


def _inverted(tokens: list[Token], k: int) -> Attribution | None:
    cue = cue_at(tokens, k)
    if cue is None or cue.verb.tense not in ("past", "present") or cue.end >= len(tokens):
        return None
    i = cue.end
    while i < len(tokens) and tokens[i].lower.endswith("ly") and not tokens[i].is_capital:
        i += 1
    phrase = phrase_at(tokens, i)
    if phrase is None or tokens[phrase.start].lower in ("it", "that", "this"):
        return None
    return None if is_thing(tokens, phrase) else Attribution(cue, phrase)


def _somehow(tokens: list[Token], k: int) -> Attribution | None:
    """Return "“…,” thundered Ann Ortiz": after a comma within the marks any such verb reports."""
    word = tokens[k].lower
    if not (word in PASTS or word.endswith("ed")) or tokens[k].is_capital:
        return None
    phrase = phrase_at(tokens, k + 1)
    if phrase is None or phrase.kind != "name" or is_thing(tokens, phrase):
        return None
    follows = tokens[phrase.stop] if phrase.stop < len(tokens) else None
    if follows is not None and follows.is_word and follows.lower not in RELATIVES | JOINING:
        return None
    return Attribution(Cue(k, k + 1, Verb(word, "past")), phrase)


def _straight(tokens: list[Token], k: int) -> Attribution | None:
    for i in range(k, min(k + _REACH, len(tokens))):
        token = tokens[i]
        if token.passage is not None or token.text in (":", ";"):
            return None
        cue = cue_at(tokens, i)
        if cue is None or (cue.verb.tense == "participle" and not is_progressive(tokens, i)):
            continue
        phrase = speaker_of(tokens, cue)
        if phrase is not None and (forward := phrase_at(tokens, k)) and forward.start == phrase.start:
            phrase = forward  # "Reed's lawyer, Jason Bowles, told …" begins at "Reed's".
        if (
            phrase is None
            or not 0 <= min(phrase.outer, phrase.start) - k <= 2
            or tokens[k].lower in _NO_START
        ):
            # "…," which nobody said: the verb belongs to another clause.
            return None
        if cue.end < len(tokens) and tokens[cue.end].text == ":":
            return None
        return None if is_thing(tokens, phrase) else Attribution(cue, phrase)
    return None


def is_progressive(tokens: list[Token], i: int) -> bool:
    """Tell whether "saying" stands with a form of "be"."""
    return any(token.lower in cues.BE for token in tokens[max(0, i - 3) : i])


def is_thing(tokens: list[Token], phrase: Phrase) -> bool:
    """Tell whether a sign or a motto has the words, which nobody speaks."""
    if phrase.kind != "description":
        return False
    return any(
        token.lower in cues.THINGS for token in tokens[phrase.start : min(phrase.end, phrase.start + 5)]
    )


def before(tokens: list[Token], at: int) -> Attribution | None:
    """Return the last cue before the passage at `at` in its sentence, with who speaks."""
    for i in range(at - 1, max(-1, at - _REACH), -1):
        if tokens[i].text == ";":
            return None
        if preposition := preposition_at(tokens, i):
            phrase = phrase_at(tokens, preposition.end)
            if phrase is not None and phrase.stop <= at:
                return Attribution(preposition, phrase)
            continue
        cue = cue_at(tokens, i)
        if cue is None or cue.end > at or cue.verb.lemma in cues.ONLY_AFTER:
            continue
        if _in_relative(tokens, i, at):
            continue
        return Attribution(cue, speaker_of(tokens, cue))
    return None


def _in_relative(tokens: list[Token], i: int, at: int) -> bool:
    """Tell whether the verb belongs to "…, who asked not to be named, …" and not to the passage."""
    opened = None
    for k in range(i - 1, max(-1, i - 12), -1):
        if tokens[k].text == ",":
            break
        if tokens[k].lower in ("who", "which", "whose"):
            opened = k
            break
    if opened is None:
        return False
    closed = next((k for k in range(i + 1, at) if tokens[k].text == ","), None)
    return closed is not None and any(cue_at(tokens, k) for k in range(closed + 1, at))
