"""Who does what a verb says: the subject before it, beside a comma, or at the head of the sentence."""

from dataclasses import replace

from factcheck.analysis.cues import AUXILIARIES, BE, PRONOUNS, VERBS
from factcheck.analysis.narrative import Token
from factcheck.analysis.phrases import (
    DETERMINERS,
    JOINING,
    LEAD_WORDS,
    NOUNS_IN_LY,
    REACH,
    RELATIVES,
    Phrase,
    is_name_word,
    may_begin,
    phrase_at,
    phrase_before,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OPENERS = _words("and but so yet then now still , also later")
_LEADS_TO = _words(
    "to come came went on continued go used liked likes loves loved wanted tended seemed began started"
    " hastened rushed paused stopped"
)
_LEADING_ON = _words("over about into through against across behind among amid under beyond between around")
_AFTER_PARTICIPLE = (
    (JOINING - {"of", "and"}) | DETERMINERS | _words("after before as by that how it him them")
)
_PERCEIVED = _words("heard seen filmed recorded quoted overheard caught pictured")
_PERCEIVING = _words("showing show shows showed heard hear saw seen of with recorded filmed caught")
_ASIDES = RELATIVES | {"a", "an"}


def subject_of(tokens: list[Token], verb: int) -> Phrase | None:
    """Return who does what the verb at this place says."""
    j = _before_auxiliaries(tokens, verb)
    if j < 0:
        return None
    last = tokens[j]
    progressive = any(token.lower in BE for token in tokens[j + 1 : verb])
    if tokens[verb].lower.endswith("ing") and not progressive:
        return _shown(tokens, j + 1) or first_subject(tokens, j + 1)
    if last.text in (",", "—", "–", ")"):
        return _beside(tokens, j) or first_subject(tokens, j)
    if last.lower in ("and", "but", "or", "then"):
        return first_subject(tokens, j)
    if last.lower in ("who", "that", "which"):
        end = j - 1 if j > 0 and tokens[j - 1].text == "," else j
        return phrase_before(tokens, end)
    phrase = phrase_before(tokens, j + 1)
    if phrase is not None and phrase.start > 1 and tokens[phrase.start - 1].lower in _LEADING_ON:
        phrase = first_subject(tokens, j + 1) or phrase  # "The row over the bronze ended" is about the row.
    return phrase or _before_relative(tokens, j) or first_subject(tokens, j + 1)


def _shown(tokens: list[Token], end: int) -> Phrase | None:
    """Return who does it in "a film showing Bell telling …", "Bell could be heard telling …"."""
    if end > 1 and tokens[end - 1].lower in _PERCEIVED and tokens[end - 2].lower in BE:
        return subject_of(tokens, end - 1)
    phrase = phrase_before(tokens, end)
    if phrase is None or phrase.start == 0 or tokens[phrase.start - 1].lower not in _PERCEIVING:
        return None
    return phrase


def _before_auxiliaries(tokens: list[Token], verb: int) -> int:
    j = verb - 1
    while j >= 0 and verb - j < 9:
        word = tokens[j].lower
        adverb = word.endswith("ly") and not tokens[j].is_capital and word not in NOUNS_IN_LY
        going_on = word in _LEADS_TO and j + 1 < verb
        to_before = word == "to" and tokens[verb].lower in VERBS
        if word not in AUXILIARIES and not adverb and not going_on and not to_before:
            break
        j -= 1
    return j


def _before_relative(tokens: list[Token], j: int) -> Phrase | None:
    """Return the phrase that "who heard the case" follows."""
    for k in range(j, max(-1, j - 20), -1):
        if tokens[k].lower == "who":
            return phrase_before(tokens, k - 1 if k and tokens[k - 1].text == "," else k)
        if not tokens[k].is_word:
            return None
    return None


def _beside(tokens: list[Token], comma: int) -> Phrase | None:
    """Return the subject before a comma: "X, a lawyer for Y, said", "The clerk, who left, said"."""
    found = None
    end = comma
    for _ in range(6):
        start = end
        while start > 0 and not _parts(tokens[start - 1]) and end - start < REACH:
            start -= 1
        if start >= end:
            break
        first = tokens[start].lower
        aside = first.isdigit() or first in RELATIVES or first in JOINING or first.endswith(("ing", "ed"))
        if not (aside and start > 0):
            phrase = phrase_before(tokens, end, start)
            if phrase is None or (aside and found is not None):
                break
            found = replace(phrase, outer=start)
            if phrase.kind != "description":
                break
        if start == 0 or tokens[start - 1].text not in (",", "—", "–"):
            break
        end = start - 1
    return found


def _parts(token: Token) -> bool:
    return token.passage is not None or token.text in (",", "—", "–", ";", ":")


def _after_dateline(tokens: list[Token]) -> int:
    """Return where a sentence begins after "PORT ALDER, Monday —"."""
    if tokens and tokens[0].text.isupper() and len(tokens[0].text) > 2:
        for i, token in enumerate(tokens[:8]):
            if token.text in ("—", "–", "-", "--"):
                return i + 1
    return 0


def _lead_end(tokens: list[Token], i: int, limit: int) -> int | None:
    """Return the comma after what leads in: "For Ann Bell, a mother of five, it" is no mother's clause."""
    commas = [k for k in range(i, limit - 1) if tokens[k].text == ","]
    if len(commas) > 1 and tokens[commas[0] + 1].lower in _ASIDES and is_name_word(tokens, commas[0] - 1):
        return commas[1]
    return commas[0] if commas else None


def _is_participle(tokens: list[Token], i: int) -> bool:
    """Tell whether "writing" leads in "Writing online, she"; "Keating" in "Keating said" does not."""
    if not tokens[i].lower.endswith(("ing", "ed")):
        return False
    if not is_name_word(tokens, i):
        return True
    return i + 1 < len(tokens) and tokens[i + 1].lower in _AFTER_PARTICIPLE and not tokens[i].text.isupper()


def first_subject(tokens: list[Token], limit: int) -> Phrase | None:
    """Return the subject of the sentence: its first noun phrase that no preposition leads in."""
    i = _after_dateline(tokens)
    limit = min(limit, len(tokens), REACH)
    while i < limit and tokens[i].lower in _OPENERS:
        i += 1
    if i >= limit:
        return None
    if tokens[i].lower == "it" and i + 2 < limit and tokens[i + 1].lower in ("was", "is"):
        cleft = phrase_at(tokens, i + 2)  # "It was her son, Ben, who found it."
        at = cleft.stop + (cleft.stop < limit and tokens[cleft.stop].text == ",") if cleft else limit
        if at < limit and tokens[at].lower == "who":
            return cleft
    first = tokens[i]
    leads_in = first.lower in LEAD_WORDS and first.lower not in DETERMINERS | PRONOUNS
    if leads_in or _is_participle(tokens, i):
        comma = _lead_end(tokens, i, limit)
        if comma is not None and (phrase := phrase_at(tokens, comma + 1)):
            return phrase
        i = next((k for k in range(i + 2, limit) if may_begin(tokens, k, 0)), limit)
    return phrase_at(tokens, i) if i < limit else None
