"""How an engine hears of what a statement is held against: first of what is likely, then of all.

Candidates take some time to gather, and the best are known before the last. An engine that is slow can
begin with those.
"""

from collections.abc import Callable, Sequence

from factcheck.analysis.findings import Comparison, Proposition, Stance, Utterance

Judgements = tuple[list[Stance], list[Comparison]]
"""What is said of claims and of other statements, in the order in which they were given."""


class Hearing:
    """One statement before an engine; `judge` is the engine's own, of this statement."""

    def __init__(self, judge: Callable[[Sequence[Proposition], Sequence[Utterance]], Judgements]) -> None:
        self.judge = judge

    def expect(self, claims: Sequence[Proposition]) -> None:
        """Tell which claims are likely to be judged, the likeliest first: it changes no judgement."""
