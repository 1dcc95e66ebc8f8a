"""Noun phrases in a sentence: who stands before or after a verb, without a parser.

A phrase is found by where it begins (a name, "the", "her", a pronoun) and by the words that end it.
Every search looks at a bounded number of words.
"""

from dataclasses import dataclass, replace
from typing import Literal

from factcheck.analysis.cues import AUXILIARIES, PRONOUNS, VERBS
from factcheck.analysis.narrative import Token
from factcheck.analysis.titles import GROUPS, ROLES


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


REACH = 40
"""How many words a search looks at."""

CALENDAR = _words(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july
    august september october november december easter christmas"""
)
_PARTICLES = _words(
    "ole wa ap bint binti ben ould abu san santa ua ní nic"
    " de la le van von der den del di da du dos das bin ibn al el ter of y zu af av"
)
# Capitalised at the start of a sentence only; none of these begins a name.
LEAD_WORDS = _words(
    """a an the this that these those he she they it we i you his her their its our my your one two three four
    five six seven eight nine ten some several many most both another no each every all any few other others
    in on at by but and or so yet for from to of with without within into over under after before since
    until during despite as if when while where why how who what which whose because although though unless
    whether than then there here not nobody nothing neither either does did do is was were are has had have
    will would could should may might must can asked pressed reached speaking meanwhile earlier later last
    next now today yesterday tomorrow also again still even once only just according per via inside outside
    near among between against about around across behind beyond through throughout like unlike instead
    however moreover nor let perhaps maybe yes well such something someone everyone everybody nobody
    sometimes soon often never always more less much half almost nearly"""
)
DETERMINERS = _words(
    """a an the his her their its our my this that these those one two three four some several many another
    both no each every"""
)
STAND_ALONE = _words("this that one two three four some several many another both each")
POSSESSIVES = _words("his her their its our my")
RELATIVES = _words("who whom whose which that where when what")
JOINING = _words("of for at from in on with to near inside behind against within outside between and")
_STOPS = (
    AUXILIARIES
    | RELATIVES
    | (PRONOUNS - {"it"})
    | _words(
        """and but or nor so yet as if while because although though until unless after before since during
    despite than whether by about over into through throughout amid according per via under told them
    him us me it outside speaking adding saying citing following including along upon without like
    there here"""
    )
)
_NO_NOUNS = _STOPS | JOINING | DETERMINERS
_BEFORE_BARE_NOUNS = _words("and but while as that when what whom which whether if because where how")
PASTS = _words(
    """stood sat left went came took gave got made saw knew felt held kept brought thought found lost won wore
    ran rose fell drove wept met led paid sent sold built bought caught taught fought threw grew drew flew
    broke chose woke shook struck became understood spent slept swept meant dealt sought hung bent laid lay
    rang sang sank shot shut slid stole stuck swung tore bore bit blew hid rode fled"""
)
# What stands between a subject and the verb in "he used to say", "she went on to say".
_AWAY = _words("up down off away back again forward together alone")
NOUNS_IN_LY = _words(
    "family ally assembly reply supply bully rally monopoly anomaly fly belly jelly butterfly daily weekly"
)
_NO_NEXT = _NO_NOUNS | _AWAY
_NO_DOERS = _NO_NOUNS | LEAD_WORDS | VERBS.keys()
DOERS = ("er", "or", "ist", "ian", "ant", "man", "woman", "back", "star", "great")
HONORIFICS = _words("rev reverend right rt most very ven hon honourable honorable late")
_ADJUNCT = _words(
    """statement interview email e-mail letter tweet post briefing conference radio television day week month
    year night morning evening afternoon yesterday today phone telephone advance public private court
    writing response reply turn return condition evidence moment time"""
)
_NO_MORE = CALENDAR | _ADJUNCT | PRONOUNS | RELATIVES


@dataclass(frozen=True, slots=True)
class Phrase:
    """Who stands at the words [start, end) of a sentence.

    `outer` is where it begins with what is set beside it: "her lawyer, Ann Ortiz" begins at "her"
    and names Ann Ortiz.
    """

    kind: Literal["name", "pronoun", "description"]
    start: int
    end: int
    outer: int
    stop: int
    """Where the phrase ends with all that follows the noun: "a witness called by his side"."""


def is_name_word(tokens: list[Token], i: int) -> bool:
    """Tell whether the word can be part of a name."""
    token = tokens[i]
    if not token.is_word or not token.is_capital or token.lower in CALENDAR:
        return False
    return token.text != "I" and not (token.lower in LEAD_WORDS and (i == 0 or not tokens[i - 1].is_word))


def name_end(tokens: list[Token], i: int) -> int:
    """Return where the run of capitalised words that begins at `i` ends."""
    end = i
    while end < len(tokens) and end - i < 12:
        token = tokens[end]
        if token.is_word and token.is_capital and token.lower not in CALENDAR and token.text != "I":
            end += 1
            if token.is_possessive:
                return end
        elif (token.passage is not None and end > i and _is_nickname(tokens, end)) or (
            (token.lower in _PARTICLES or token.text == "&")
            and end > i
            and end + 1 < len(tokens)
            and is_name_word(tokens, end + 1)
            and (token.lower != "of")
        ):
            end += 1
        else:
            break
    return end


def _is_nickname(tokens: list[Token], i: int) -> bool:
    """Tell whether a passage stands inside a name: Tony “Ducks” Marlow."""
    passage = tokens[i].passage
    short = passage is not None and passage.end - passage.start < 25
    return short and i + 1 < len(tokens) and is_name_word(tokens, i + 1)


def phrase_at(tokens: list[Token], i: int) -> Phrase | None:
    """Return the noun phrase that begins at `i`."""
    if i >= len(tokens) or not tokens[i].is_word:
        return None
    token = tokens[i]
    if token.lower in PRONOUNS:
        return Phrase("pronoun", i, i + 1, i, i + 1)
    if is_name_word(tokens, i):
        end = name_end(tokens, i)
        if not tokens[end - 1].is_possessive and not _noun_follows(tokens, end):
            return Phrase("name", i, end, i, end)
    elif token.lower in _STOPS or (token.lower in LEAD_WORDS and token.lower not in DETERMINERS):
        return None
    return _description(tokens, i)


def _noun_follows(tokens: list[Token], i: int) -> bool:
    """Tell whether "police" or "chief executive" goes on after a name, so that it is no person's."""
    if i >= len(tokens) or not tokens[i].is_word or tokens[i].is_capital:
        return False
    word = tokens[i].base.lower()
    if word in GROUPS or word in ROLES:
        return True
    # "Rovers linebacker Ann Ortiz": whatever the word, it names what she does.
    doer = word.endswith(DOERS) and word not in _NO_DOERS
    return doer and i + 2 < len(tokens) and is_name_word(tokens, i + 1) and is_name_word(tokens, i + 2)


def _description(tokens: list[Token], i: int) -> Phrase:
    """Return a phrase that describes; where a name is set beside it, the name."""
    if tokens[i].lower == "the" and i + 2 < len(tokens) and tokens[i + 1].lower.rstrip(".") in HONORIFICS:
        named = phrase_at(tokens, i + 1)
        return replace(named, outer=i) if named else Phrase("description", i, i + 1, i, i + 1)
    core, stop = _extent(tokens, i)
    if tokens[i].lower == "one" and _set_beside(tokens, stop):
        return _description(tokens, stop + 1)  # "One of them, a teacher, …"
    run = stop
    while run > i and (is_name_word(tokens, run - 1) or tokens[run - 1].text == "&"):
        run -= 1
    before = tokens[run - 1] if run > i else None
    if (
        before is not None
        and run < stop
        and before.lower not in JOINING
        and before.lower not in DETERMINERS
        and not tokens[stop - 1].is_possessive
        and not before.is_capital
        and stop == core
        and not _leads_to_noun(tokens, i, run)
    ):
        return Phrase("name", run, stop, i, stop)
    named = _named_beside(tokens, stop)
    if named is not None:
        return replace(named, outer=i)
    return Phrase("description", i, core, i, stop)


def _leads_to_noun(tokens: list[Token], i: int, end: int) -> bool:
    """Tell whether a name belongs to what follows a preposition: "a clerk at the bank Ames & Co"."""
    return any(tokens[k].lower in JOINING and tokens[k + 1].lower in DETERMINERS for k in range(i, end - 1))


def _set_beside(tokens: list[Token], comma: int) -> bool:
    return comma + 1 < len(tokens) and tokens[comma].text == "," and tokens[comma + 1].lower in ("a", "an")


def _named_beside(tokens: list[Token], comma: int) -> Phrase | None:
    """Return the name in ", Ann Ortiz," where it is set beside what comes before."""
    if comma + 1 >= len(tokens) or tokens[comma].text != ",":
        return None
    honoured = comma + 3 < len(tokens) and tokens[comma + 1].lower == "the"
    if honoured and tokens[comma + 2].lower.rstrip(".") in HONORIFICS:
        comma += 1 + (tokens[comma + 2].lower == "late")
    else:
        comma = _before_name(tokens, comma)
    if not is_name_word(tokens, comma + 1):
        return None
    end = name_end(tokens, comma + 1)
    after = tokens[end].lower if end < len(tokens) else "."
    if tokens[end - 1].is_possessive or (after.isalpha() and after not in VERBS and after not in _STOPS):
        return None
    return Phrase("name", comma + 1, end, comma + 1, end)


def _before_name(tokens: list[Token], comma: int) -> int:
    """Return what stands right before the name in ", retired teacher Ann Ortiz,", else the comma."""
    k = comma + 1
    while k < min(comma + 5, len(tokens) - 1) and tokens[k].is_word and not tokens[k].is_capital:
        if tokens[k].lower in _NO_NOUNS or tokens[k].lower in VERBS or tokens[k].lower in PASTS:
            return comma
        k += 1
    named = comma + 1 < k < len(tokens) and is_name_word(tokens, k)
    return k - 1 if named and (name_end(tokens, k) - k > 1 or tokens[k - 1].lower.endswith("-old")) else comma


def _extent(tokens: list[Token], i: int) -> tuple[int, int]:
    """Return where the noun with its "of …" ends, and where all that describes it ends."""
    core = None
    k = i + 1
    while k < len(tokens) and k - i < 18:
        token = tokens[k]
        word = token.lower
        firm = token.text == "&" and k + 1 < len(tokens) and is_name_word(tokens, k + 1)
        if not (token.is_word or firm) or word in PASTS or (word in VERBS and not _is_noun_here(tokens, k)):
            break
        if _describes(tokens, k):
            core = k if core is None else core
            k += 2
            continue
        if word in JOINING:
            if not _joins(tokens, k):
                break
            k += 2
            continue
        adverb = word.endswith("ly") and word not in NOUNS_IN_LY
        verb = (word.endswith("ed") or adverb) and k > i + 1 and not _noun_next(tokens, k)
        if word in _STOPS or word in CALENDAR or verb:
            break
        k += 1
    k = min(k, len(tokens))
    return (k if core is None else core), k


def _is_noun_here(tokens: list[Token], k: int) -> bool:
    """Tell whether "reply" in "her reply", "claim" in "the claim" is no verb."""
    before = tokens[k - 1]
    led = before.lower in DETERMINERS and before.lower not in STAND_ALONE  # "One wrote", "another said".
    return before.is_possessive or led or _describes(tokens, k)


def _noun_next(tokens: list[Token], k: int) -> bool:
    return k + 1 < len(tokens) and tokens[k + 1].is_word and tokens[k + 1].lower not in _NO_NEXT


def _describes(tokens: list[Token], k: int) -> bool:
    """Tell whether "called by his side", "based in Kent" describes the noun before it."""
    if k + 2 >= len(tokens) or not tokens[k].lower.endswith("ed"):
        return False
    if tokens[k + 1].lower not in ("by", "in", "at", "with") or tokens[k + 2].lower == "a":
        return False
    return tokens[k + 2].lower not in _ADJUNCT and tokens[k + 2].lower not in CALENDAR


def _joins(tokens: list[Token], k: int) -> bool:
    """Tell whether "of", "for", … goes on with the phrase rather than with the verb."""
    if k + 1 >= len(tokens) or not tokens[k + 1].is_word:
        return False
    following = tokens[k + 1].lower
    if following in _NO_MORE or following.isdigit():
        return False
    if tokens[k].lower == "and":
        return False
    later = {token.lower for token in tokens[k + 1 : k + 4]}
    return tokens[k].lower == "of" or not later & (_ADJUNCT | CALENDAR)


def phrase_before(tokens: list[Token], end: int, start: int = 0) -> Phrase | None:
    """Return the longest noun phrase that ends right before `end` and begins at or after `start`."""
    for i in range(max(start, end - 18), end):
        if not may_begin(tokens, i, start):
            continue
        phrase = phrase_at(tokens, i)
        if phrase is not None and end in (phrase.end, phrase.stop):
            return _whose_place(tokens, i, start, end) or phrase
    return None


def _whose_place(tokens: list[Token], i: int, start: int, end: int) -> Phrase | None:
    """Return Ann Ortiz for "Baltic Research" in "Ann Ortiz of Baltic Research"."""
    if i - 2 <= start or tokens[i - 1].lower not in ("of", "at", "from", "with"):
        return None
    first = i - 1
    while first > start and is_name_word(tokens, first - 1):
        first -= 1
    return Phrase("name", first, i - 1, first, end) if i - 1 - first > 1 else None


def may_begin(tokens: list[Token], i: int, start: int) -> bool:
    """Tell whether a noun phrase may begin here; `start` is where the search began."""
    token = tokens[i]
    if not token.is_word:
        return False
    if token.lower in DETERMINERS or token.lower in PRONOUNS:
        return True
    before = tokens[i - 1] if i > start else None
    if is_name_word(tokens, i):
        return before is None or not before.is_capital or before.is_possessive
    return before is None or not before.is_word or before.lower in _BEFORE_BARE_NOUNS
