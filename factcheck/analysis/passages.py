"""What a passage in marks is: somebody's words, or a title, a nickname, a term.

The clause that it stands in decides, by the words around it and the verb of speech before it.
"""

from itertools import pairwise

from factcheck.analysis import cues
from factcheck.analysis.attribution import Attribution, is_passive, is_thing
from factcheck.analysis.narrative import Token, last_mark
from factcheck.analysis.subjects import first_subject

_CALLED = frozenset(("called", "termed", "labelled", "labeled", "branded"))
_NAMES = frozenset(
    ("known", "nicknamed", "dubbed", "titled", "entitled", "so-called", "named", "itself", "themselves")
)


def is_title(text: str) -> bool:
    """Tell whether the words are capitalised like a title's and end without a stop."""
    if text[-1] in ".?!…":
        return False
    long = [word for word in text.split() if len(word) > 3 and word[0].isalpha()]
    return bool(long) and all(word[0].isupper() for word in long) and text[0].isupper()


def is_named(tokens: list[Token], at: int) -> bool:
    """Tell whether the words before a passage introduce a name, a title or a term."""
    k = at - 1
    if k >= 0 and tokens[k].text == ",":
        k -= 1
    return k >= 0 and tokens[k].lower in cues.NAMING_BEFORE


def stands_free(tokens: list[Token], at: int, text: str) -> bool:
    """Tell whether a passage is a sentence of its own."""
    alone = all(not token.is_word for token in tokens[:at]) and all(
        not token.is_word and token.passage is None for token in tokens[at + 1 :]
    )
    ends = last_mark(text) in ".?!…" or (at + 1 < len(tokens) and tokens[at + 1].text in ".?!")
    return alone and ends and not is_title(text)


def follows_colon(tokens: list[Token], at: int, text: str) -> bool:
    """Tell whether a passage is what a colon leads to, and not a title or the words of a thing."""
    if at == 0 or tokens[at - 1].text != ":" or is_title(text):
        return False
    subject = first_subject(tokens, at)
    return subject is None or not is_thing(tokens, subject)


def is_fragment(tokens: list[Token], at: int, attribution: Attribution, text: str) -> bool:
    """Tell whether words quoted in the middle of a clause are somebody's rather than a name or term."""
    if is_title(text) or _is_nickname(tokens, at) or _is_termed_after(tokens, at):
        return False
    cue = attribution.cue
    lemma = cue.verb.lemma
    before_passage = tokens[at - 1].lower
    if lemma in ("call", "term", "label", "brand", "describe") and not _calls(
        tokens, cue.start, at, attribution
    ):
        return False
    if lemma in cues.NAMING and len(text.split()) < 3 and text.lower().startswith("the "):
        return False  # "They call the cable “the ear”."
    if before_passage in cues.NAMING_BEFORE and at - 1 >= cue.end:
        return False
    if _in_other_naming(tokens, cue.end, at):
        return False
    if before_passage == "of" and len(text.split()) < 4 and tokens[at - 2].lower in cues.FIELDS:
        return False  # "the field of “spatial calling”"
    # "the “decant”": the article's own word for a thing, unless it is long enough to be a judgement.
    return not (before_passage in ("the", "this", "that", "these", "those") and len(text.split()) < 3)


def _is_nickname(tokens: list[Token], at: int) -> bool:
    """Tell whether a passage stands inside a name: Tony “Ducks” Marlow."""
    if at == 0 or at + 1 >= len(tokens):
        return False
    return tokens[at - 1].is_capital and tokens[at - 1].is_word and tokens[at + 1].is_capital


def _is_termed_after(tokens: list[Token], at: int) -> bool:
    """Tell whether ", as the council terms it" follows."""
    following = [token.lower for token in tokens[at + 1 : at + 9]]
    if following[:2] != [",", "as"]:
        return False
    named = any(word in ("terms", "term", "calls", "call", "called", "known", "termed") for word in following)
    return named or any(
        pair in (("had", "it"), ("has", "it"), ("have", "it")) for pair in pairwise(following)
    )


def _calls(tokens: list[Token], verb: int, at: int, attribution: Attribution) -> bool:
    """Tell whether somebody in particular calls a thing so: not "a system called “NightSure”"."""
    phrase = attribution.speaker
    if phrase is None:
        return False
    if is_passive(tokens, verb) and phrase.kind == "description":
        return tokens[phrase.start].lower in ("one", "a", "an")  # "by one councillor", not "by locals"
    what = any(token.lower == "what" for token in tokens[max(0, phrase.outer - 1) : phrase.outer])
    # "a system called “NightSure”", but "a lunge that Ortiz called “daft”".
    agent = what or (phrase.end == verb and phrase.kind != "description" and not _labels(tokens[verb]))
    if verb + 1 == at and not agent and tokens[verb].lower in _CALLED:
        return False
    subject = [token.lower for token in tokens[phrase.start : phrase.end]]
    if attribution.cue.verb.tense == "participle" and verb + 1 < at:
        return subject[-1] not in cues.EVERYBODY  # "in a letter calling it “mad”"
    if what or attribution.cue.verb.tense != "past":
        return (phrase.kind != "description" and subject[-1] not in cues.EVERYBODY) or (
            phrase.kind == "description"
            and attribution.cue.verb.tense == "past"
            and subject[-1] not in cues.EVERYBODY
        )
    return True


def _labels(token: Token) -> bool:
    """Tell whether the words may be written on a thing: "a ledger that she labelled “Misc.”"."""
    return token.lower in ("labelled", "labeled")


def _in_other_naming(tokens: list[Token], start: int, at: int) -> bool:
    """Tell whether "what the papers call" or "known as" stands between the verb and the passage."""
    words = [token.lower for token in tokens[max(start, at - 5) : at]]
    return any(word in _NAMES for word in words)
