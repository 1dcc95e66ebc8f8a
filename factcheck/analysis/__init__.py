"""Pure text analysis: text in, findings out. It knows no database, no request and no clock."""

from factcheck.analysis.findings import (
    Comparison,
    Label,
    Proposition,
    Quotation,
    Scores,
    Span,
    Stance,
    StanceTo,
    Utterance,
)
from factcheck.analysis.quotations import quotations

__all__ = [
    "Comparison",
    "Label",
    "Proposition",
    "Quotation",
    "Scores",
    "Span",
    "Stance",
    "StanceTo",
    "Utterance",
    "quotations",
]
