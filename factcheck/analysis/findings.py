"""What analysis takes and what it finds. Offsets count Unicode code points, the end exclusive.

A `label` or `stance` here is a guess of a machine: it carries a score and a reason, and nothing
in this package ever turns it into an assertion.
"""

from dataclasses import dataclass
from typing import Literal

Label = Literal["contradiction", "entailment", "neutral"]
StanceTo = Literal["supports", "disputes", "none"]


@dataclass(frozen=True, slots=True)
class Span:
    """Words in a text: `text` is exactly what stands at [start, end)."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one person said. Who spoke, for whom and when resolve "I", "my client", "yesterday".

    `said_on` is ISO 8601 with the precision that is known: "2022-04-26", "2022-04" or "2022".
    """

    text: str
    speaker: str | None = None
    speaker_role: str | None = None
    on_behalf_of: str | None = None
    said_on: str | None = None


@dataclass(frozen=True, slots=True)
class Proposition:
    """A claim. `kind` is a claim's kind; `about` names its entities, the subject first."""

    text: str
    kind: str = "other"
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scores:
    """Calibrated probabilities; they sum to 1."""

    contradiction: float
    entailment: float
    neutral: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two statements stand to each other; the spans are the words that decide it.

    `figures`: what makes it a contradiction is two figures for the same quantity of the same thing.
    """

    label: Label
    scores: Scores
    spans_a: tuple[Span, ...]
    spans_b: tuple[Span, ...]
    reason: str
    engine: str
    figures: bool = False


@dataclass(frozen=True, slots=True)
class Stance:
    """How a statement bears on a claim; `spans` are the words of the statement that do."""

    stance: StanceTo
    confidence: float
    spans: tuple[Span, ...]
    reason: str
    engine: str
