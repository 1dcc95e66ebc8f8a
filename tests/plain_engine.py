"""An engine whose judgements a reader of a test can foretell, behind the same interface as the real ones.

Two texts that share a word of six letters or more speak of the same thing. One that says "never" or
"nothing" denies it, and two that count it differently contradict each other in their figures.
"""

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from factcheck.analysis import Comparison, Hearing, Proposition, Scores, Span, Stance, Utterance

_LONG = re.compile(r"[a-z]{6,}")
_DENIES = re.compile(r"\b(never|nothing)\b", re.IGNORECASE)


class PlainEngine:
    """Counts its judgements, so that a test can tell what was compared."""

    name = "plain"
    version = "1"

    def __init__(self) -> None:
        self.compared = 0
        self.held = 0

    def compare(self, a: Utterance, b: Utterance) -> Comparison:
        self.compared += 1
        figures = [set(re.findall(r"\d+", text)) for text in (a.text, b.text)]
        denied = bool(_DENIES.search(a.text)) != bool(_DENIES.search(b.text))
        counted = all(figures) and figures[0] != figures[1]
        if not _shared(a.text, b.text) or not (denied or counted):
            return Comparison("neutral", Scores(0.1, 0.1, 0.8), (), (), "Nothing.", self.name)
        spans = [_first_shared(text, _shared(a.text, b.text)) for text in (a.text, b.text)]
        reason = "They count it differently." if counted else "One denies what the other says."
        scores = Scores(0.8, 0.1, 0.1)
        return Comparison("contradiction", scores, (spans[0],), (spans[1],), reason, self.name, counted)

    def stance(self, statement: Utterance, claim: Proposition) -> Stance:
        self.held += 1
        shared = _shared(statement.text, claim.text)
        if not shared:
            return Stance("none", 0.2, (), "Nothing.", self.name)
        same = bool(_DENIES.search(statement.text)) == bool(_DENIES.search(claim.text))
        span = _first_shared(statement.text, shared)
        side = "supports" if same else "disputes"
        return Stance(side, 0.7, (span,), f"It {side} “{claim.text}”", self.name)

    def judge(
        self, statement: Utterance, claims: Sequence[Proposition], others: Sequence[Utterance]
    ) -> tuple[list[Stance], list[Comparison]]:
        stances = [self.stance(statement, claim) for claim in claims]
        return stances, [self.compare(statement, other) for other in others]

    def hearing(self, statement: Utterance) -> AbstractContextManager[Hearing]:
        return nullcontext(Hearing(partial(self.judge, statement)))


def _shared(one: str, other: str) -> set[str]:
    return set(_LONG.findall(one)) & set(_LONG.findall(other))


def _first_shared(text: str, shared: set[str]) -> Span:
    found = next(match for match in _LONG.finditer(text) if match[0] in shared)
    return Span(found.start(), found.end(), found[0])
