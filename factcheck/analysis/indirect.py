"""Indirect speech: the clause after "said that", before ", she said", beside "according to"."""

from collections.abc import Iterator

from factcheck.analysis import cues
from factcheck.analysis.attribution import Cue, cue_at, is_passive, is_thing, preposition_at, speaker_of
from factcheck.analysis.findings import Quotation, Span
from factcheck.analysis.narrative import Sentence, Token
from factcheck.analysis.people import Person
from factcheck.analysis.phrases import DETERMINERS, Phrase, is_name_word, phrase_at
from factcheck.analysis.speakers import Speakers

_ADJUNCT_REACH = 12
_REACH = 40
_SUBJECTS = cues.PRONOUNS | {"there", "nobody", "nothing", "no", "neither", "everyone", "everybody"}
_HELD_BACK = frozenset(["if", "whether", "what", "why", "how", "who", "when", "where"])


def clauses(
    article: str, sentence: Sentence, speakers: Speakers
) -> Iterator[tuple[Quotation, Person | None]]:
    """Yield every clause that a sentence reports without marks, and who said it."""
    tokens = sentence.tokens
    last = len(tokens)
    while last and not tokens[last - 1].is_word and tokens[last - 1].passage is None:
        last -= 1
    i = 0
    person: Person | None = None
    while i < last:
        found = _reported(tokens, i, last)
        if found is None:
            i += 1
            continue
        cue, phrase, (start, end) = found
        person = (speakers.who(phrase) if phrase else None) or person
        if person is not None and not person.words and (source := _source(tokens, end, last)):
            # "Investigators say that …, according to the sheriff": the sheriff says so.
            phrase, person = source, speakers.who(source)
        yield _quotation(article, tokens, cue, phrase, (start, end), person), person
        i = max(end, cue.end)


def _source(tokens: list[Token], start: int, last: int) -> Phrase | None:
    for k in range(start, min(last, start + _REACH)):
        if cue := preposition_at(tokens, k):
            return phrase_at(tokens, cue.end)
    return None


def _reported(tokens: list[Token], i: int, last: int) -> tuple[Cue, Phrase | None, tuple[int, int]] | None:
    if preposition := preposition_at(tokens, i):
        return _beside_preposition(tokens, preposition, last)
    cue = cue_at(tokens, i)
    if cue is None or cue.verb.lemma not in cues.CLAUSE | {"believe", "go", "point", "make"}:
        return None
    span = _after_verb(tokens, cue, last) or _before_verb(tokens, cue, last)
    if span is None or is_passive(tokens, i):
        return None
    phrase = speaker_of(tokens, cue)
    if phrase is None or is_thing(tokens, phrase) or span[0] <= phrase.start < span[1]:
        return None
    return cue, phrase, span


def _after_verb(tokens: list[Token], cue: Cue, last: int) -> tuple[int, int] | None:
    """Return the clause after the verb: with "that", or right away where the verb allows it."""
    for k in range(cue.end, min(cue.end + _ADJUNCT_REACH, last)):
        if tokens[k].passage is not None or tokens[k].text in (":", ";") or tokens[k].lower in _HELD_BACK:
            return None
        if tokens[k].lower == "that" and k + 2 < last and tokens[k + 1].passage is None:
            return k + 1, _clause_end(tokens, k + 1, last)
    start = cue.end
    if cue.verb.lemma not in cues.BARE_CLAUSE or start + 1 >= last:
        return None
    if cue.verb.lemma == "tell":
        heard = phrase_at(tokens, start)
        start = heard.end if heard else start + 1
    if start < last and _begins_clause(tokens, start, last):
        return start, _clause_end(tokens, start, last)
    return None


def _begins_clause(tokens: list[Token], start: int, last: int) -> bool:
    word = tokens[start].lower
    if word in _SUBJECTS:
        return start + 1 < last
    if word not in DETERMINERS and not is_name_word(tokens, start):
        return False
    phrase = phrase_at(tokens, start)
    if phrase is None or phrase.stop >= last:
        return False
    following = tokens[phrase.stop].lower
    return following in cues.AUXILIARIES or following.endswith("ed")


def _clause_end(tokens: list[Token], start: int, last: int) -> int:
    """Return where the clause ends: at the sentence's end, or before who else says it."""
    for k in range(start + 1, last):
        if tokens[k].text == ";" or (tokens[k].text == ":" and k + 1 < last and tokens[k + 1].passage):
            return k
        if tokens[k].text != ",":
            continue
        if k + 1 < last and (preposition_at(tokens, k + 1) or tokens[k + 1].lower == "which"):
            return k
        participle = cue_at(tokens, k + 1) if k + 1 < last else None
        if participle is not None and participle.verb.tense == "participle":
            return k
    return last


def _before_verb(tokens: list[Token], cue: Cue, last: int) -> tuple[int, int] | None:
    """Return the clause before ", she said" at the end of a sentence."""
    if cue.end < last and tokens[cue.end].lower not in ("on", "in", "at", "yesterday"):
        return None
    phrase = speaker_of(tokens, cue)
    if phrase is None or (phrase.kind == "description" and phrase.start == 0):
        return None
    end = min(phrase.outer, phrase.start)
    while end > 0 and tokens[end - 1].text != ",":
        end -= 1
        if phrase.start - end > 12:
            return None
    if (
        end < 4
        or any(token.passage for token in tokens[:end])
        or any(cue_at(tokens, k) for k in range(end - 1))
    ):
        return None
    return 0, end - 1


def _reports_already(tokens: list[Token], end: int) -> bool:
    """Tell whether what stands before is reported in another way."""
    return any(cue_at(tokens, k) or tokens[k].passage for k in range(max(0, end - _REACH), end))


def _beside_preposition(
    tokens: list[Token], cue: Cue, last: int
) -> tuple[Cue, Phrase, tuple[int, int]] | None:
    phrase = phrase_at(tokens, cue.end)
    if phrase is None:
        return None
    if cue.start == 0:
        reach = range(phrase.end, min(last, phrase.end + _REACH))
        comma = next((k for k in reach if tokens[k].text == ","), None)
        while (
            comma is not None and comma + 1 < last and tokens[comma + 1].lower in ("which", "who", "a", "an")
        ):
            comma = next((k for k in range(comma + 1, last) if tokens[k].text == ","), None)
        return (cue, phrase, (comma + 1, last)) if comma is not None and comma + 3 < last else None
    if tokens[cue.start - 1].text != "," and cue.verb.lemma == "per":
        return None
    end = cue.start - 1 if tokens[cue.start - 1].text == "," else cue.start
    if end < 3 or _reports_already(tokens, end):
        return None
    return cue, phrase, (0, end)


def _quotation(
    article: str,
    tokens: list[Token],
    cue: Cue,
    phrase: Phrase | None,
    span: tuple[int, int],
    person: Person | None,
) -> Quotation:
    start, end = tokens[span[0]].start, tokens[span[1] - 1].end
    verb = Span(tokens[cue.start].start, tokens[cue.end - 1].end, "")
    mention = Span(tokens[phrase.start].start, tokens[phrase.end - 1].end, "") if phrase else None
    return Quotation(
        article[start:end],
        start,
        end,
        person.name if person else None,
        "indirect",
        Span(verb.start, verb.end, article[verb.start : verb.end]),
        Span(mention.start, mention.end, article[mention.start : mention.end]) if mention else None,
    )
