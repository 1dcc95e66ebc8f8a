"""What analysis takes and what it finds. Offsets count Unicode code points, the end exclusive.

A `label` or `stance` here is a guess of a machine: it carries a score and a reason, and nothing
in this package ever turns it into an assertion.
"""

from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words of an article that report what somebody said: `text` is exactly its [start, end).

    `speaker` is the full name as the article gives it somewhere, the description of an unnamed
    speaker, or None; `speaker_mention` the words near the quotation that name the speaker. `cue` is
    the verb or phrase that reports it, and it matters: what follows "denied that" was not said.
    """

    text: str
    start: int
    end: int
    speaker: str | None
    kind: Literal["direct", "indirect"]
    cue: Span | None
    speaker_mention: Span | None


@dataclass(frozen=True, slots=True)
class TextQuoteSelector:
    """Words by their surroundings (https://www.w3.org/TR/annotation-model/#text-quote-selector)."""

    type: Literal["TextQuoteSelector"] = field(default="TextQuoteSelector", init=False)
    exact: str
    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class TextPositionSelector:
    """Words by offsets (https://www.w3.org/TR/annotation-model/#text-position-selector)."""

    type: Literal["TextPositionSelector"] = field(default="TextPositionSelector", init=False)
    start: int
    end: int


Selectors = tuple[TextQuoteSelector, TextPositionSelector]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place in a source where the words of a quotation stand, or where the closest words do."""

    start: int
    end: int
    selectors: Selectors


@dataclass(frozen=True, slots=True)
class Difference:
    """A step from a source's words to those of a quotation, both as they are written.

    `insert`: only the quotation has the words; `delete`: only the source has them.
    """

    op: Literal["equal", "insert", "delete", "replace"]
    quotation: str
    source: str


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a source holds the words of a quotation.

    `occurrences` are in the order of the source; `selectors` are those of the only one, and None
    where there is none or where the words stand more than once. `diff` is empty where nothing but
    marks, dashes, spaces or the first letter's case differs.
    """

    result: Literal["exact", "normalized", "partial", "missing"]
    selectors: Selectors | None
    occurrences: tuple[Occurrence, ...]
    diff: tuple[Difference, ...]
    reason: str

    @property
    def ambiguous(self) -> bool:
        """Tell whether the quotation could be from more than one place."""
        return len(self.occurrences) > 1
