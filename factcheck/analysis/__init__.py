"""Pure text analysis: text in, findings out. It knows no database, no request and no clock."""

from factcheck.analysis.findings import (
    Comparison,
    Difference,
    Label,
    Occurrence,
    Proposition,
    Scores,
    Span,
    Stance,
    StanceTo,
    TextPositionSelector,
    TextQuoteSelector,
    Utterance,
    Verification,
)
from factcheck.analysis.verification import verify
from factcheck.analysis.wording import SourceText

__all__ = [
    "Comparison",
    "Difference",
    "Label",
    "Occurrence",
    "Proposition",
    "Scores",
    "SourceText",
    "Span",
    "Stance",
    "StanceTo",
    "TextPositionSelector",
    "TextQuoteSelector",
    "Utterance",
    "Verification",
    "verify",
]
