"""Pure text analysis: text in, findings out. It knows no database, no request and no clock."""

from factcheck.analysis.comparing import Engine, compare, stance
from factcheck.analysis.findings import (
    Comparison,
    Difference,
    Label,
    Occurrence,
    Proposition,
    Quotation,
    Scores,
    Span,
    Stance,
    StanceTo,
    TextPositionSelector,
    TextQuoteSelector,
    Utterance,
    Verification,
)
from factcheck.analysis.hearing import Hearing
from factcheck.analysis.quotations import quotations
from factcheck.analysis.rules import Rules
from factcheck.analysis.verification import verify
from factcheck.analysis.wording import SourceText

__all__ = [
    "Comparison",
    "Difference",
    "Engine",
    "Hearing",
    "Label",
    "Occurrence",
    "Proposition",
    "Quotation",
    "Rules",
    "Scores",
    "SourceText",
    "Span",
    "Stance",
    "StanceTo",
    "TextPositionSelector",
    "TextQuoteSelector",
    "Utterance",
    "Verification",
    "compare",
    "quotations",
    "stance",
    "verify",
]
