"""Pure text analysis: text in, findings out. It knows no database, no request and no clock."""

from factcheck.analysis.findings import (
    Comparison,
    Label,
    Proposition,
    Scores,
    Span,
    Stance,
    StanceTo,
    Utterance,
)

__all__ = ["Comparison", "Label", "Proposition", "Scores", "Span", "Stance", "StanceTo", "Utterance"]
