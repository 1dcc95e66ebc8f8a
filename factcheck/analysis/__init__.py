"""Pure text analysis: text in, findings out. It knows no database, no request and no clock."""

from factcheck.analysis.comparing import Engine, compare, stance
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
from factcheck.analysis.rules import Rules

__all__ = [
    "Comparison",
    "Engine",
    "Label",
    "Proposition",
    "Quotation",
    "Rules",
    "Scores",
    "Span",
    "Stance",
    "StanceTo",
    "Utterance",
    "compare",
    "quotations",
    "stance",
]
