"""Why the rules judge as they do, in one plain sentence, and the words of both texts that show it."""

from typing import Final

from factcheck.analysis import lexicon
from factcheck.analysis.evidence import Evidence
from factcheck.analysis.findings import Span, StanceTo
from factcheck.analysis.plain import Finding
from factcheck.analysis.reading import Reading, SentenceReading, Term, concept, read
from factcheck.analysis.sentences import span

Explained = tuple[tuple[Span, ...], tuple[Span, ...], str]

_LONGEST: Final = 90


def contradiction(a: str, b: str, found: Evidence) -> Explained:
    """Explain a contradiction: by a plain one, by the strongest clash, or by what each side does."""
    best = found.plain or found.strongest
    if best is not None:
        spans = (span(a, *best.a),), (span(b, *best.b),)
        return *spans, _clash(best, spans[0][0].text, spans[1][0].text)
    spans_a, spans_b = _nearest(a, b, found)
    about = _about(_topic(found))
    for rule in (_blame, _denial):
        said = rule(read(a), read(b), found)
        if said:
            one, other, sentence = said
            return (span(a, *one),), (span(b, *other),), sentence.format(about=about)
    return (
        spans_a,
        spans_b,
        f"Both speak{about}, and what the one says leaves little room for what the other says.",
    )


def entailment(a: str, b: str, found: Evidence) -> Explained:
    """Explain an agreement by the sentences nearest to each other."""
    return *_nearest(a, b, found), f"Both say the same{_about(_topic(found))}."


def stance(side: StanceTo, statement: str, claim: str, found: Evidence) -> tuple[tuple[Span, ...], str]:
    """Explain a stance; the spans are of the statement."""
    about = _about(_topic(found))
    if side == "supports":
        spans, _, _ = entailment(statement, claim, found)
        return spans, f"The statement says{about} what the claim says."
    spans, _, reason = contradiction(statement, claim, found)
    if found.plain or found.strongest:
        said = reason.replace("One says", "The statement says").replace("the other", "the claim")
        return spans, said.replace("The one denies what the claim says", "One denies what the other says")
    return spans, f"What the statement says{about} leaves little room for the claim."


def _clash(best: Finding, one: str, other: str) -> str:
    about = _about(best.topic)
    if best.rule == "cleared" and concept(one.lower()) == concept(other.lower()):
        # "Nothing in it exonerates" against "it exonerates": the word alone does not show the denial.
        return f"The one denies what the other says{about}."
    if best.rule == "negation":
        return f"The one denies what the other says{about}: “{_short(one)}” against “{_short(other)}”."
    if best.rule == "cleared":
        return f"The one clears whom the other holds responsible: “{one}” against “{other}”."
    same = f", of the same thing ({', '.join(best.topic)})" if best.topic else ", of the same thing"
    return f"One says “{_short(one)}”, the other “{_short(other)}”{same}."


def _about(topic: tuple[str, ...]) -> str:
    return f" of the same thing ({', '.join(topic)})" if topic else " of the same thing"


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST else words[:_LONGEST].rsplit(" ", 1)[0] + " …"


def _topic(found: Evidence) -> tuple[str, ...]:
    if found.nearest is None:
        return ()
    left, right = found.nearest
    heaviest = sorted(
        {t.concept: t for t in left.terms if t.weight and t.concept in right.concepts}.values(),
        key=lambda term: (-term.weight, term.word.start),
    )[:3]
    return tuple(term.word.text if term.name else term.word.low for term in heaviest)


def _nearest(a: str, b: str, found: Evidence) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    if found.nearest is None:
        return _whole(a), _whole(b)
    left, right = (one.sentence for one in found.nearest)
    return (span(a, left.start, left.end),), (span(b, right.start, right.end),)


def _whole(text: str) -> tuple[Span, ...]:
    """Return the first sentence: where nothing is shared, no words are nearer than others."""
    first = read(text).sentences[:1]
    return tuple(span(text, one.sentence.start, one.sentence.end) for one in first)


_BLAMES: Final = frozenset(map(concept, lexicon.BLAME))
_CLEARS: Final = frozenset(map(concept, lexicon.CLEARS))
_EVIDENCE: Final = frozenset(map(concept, lexicon.EVIDENCE))


def _first(reading: Reading, concepts: frozenset[str]) -> Term | None:
    terms = (term for one in reading.sentences for term in one.terms)
    return next((term for term in terms if term.concept in concepts and not term.negated), None)


def _blame(a: Reading, b: Reading, _: Evidence) -> tuple[tuple[int, int], tuple[int, int], str] | None:
    """One uses words that clear, the other words that blame."""
    for one, other, turned in ((a, b, False), (b, a, True)):
        clears, blames = _first(one, _CLEARS), _first(other, _BLAMES)
        if clears and blames and not _first(one, _BLAMES):
            spans = (clears.word.start, clears.word.end), (blames.word.start, blames.word.end)
            first, second = reversed(spans) if turned else spans
            return (
                first,
                second,
                "Both speak{about}: the one finds nothing wrong where the other sees a fault.",
            )
    return None


def _denial(a: Reading, b: Reading, found: Evidence) -> tuple[tuple[int, int], tuple[int, int], str] | None:
    """One rules something out, the other says what was seen, heard or written down."""
    if found.nearest is None:
        return None
    for one, other, turned in ((a, b, False), (b, a, True)):
        denied = next((s for s in one.sentences if s.negators), None)
        attested = _first(other, _EVIDENCE)
        if denied and attested and not any(s.negators for s in other.sentences):
            spans = _ends(denied), _ends(_holding(other, attested))
            first, second = reversed(spans) if turned else spans
            return first, second, "Both speak{about}: the one rules out what the other reports in detail."
    return None


def _ends(one: SentenceReading) -> tuple[int, int]:
    return one.sentence.start, one.sentence.end


def _holding(reading: Reading, term: Term) -> SentenceReading:
    return next(one for one in reading.sentences if one.sentence.end >= term.word.end)
