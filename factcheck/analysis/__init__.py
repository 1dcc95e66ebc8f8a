"""Pure text analysis: text in, findings out. It knows no database, no request and no clock."""

from factcheck.analysis.comparing import Engine, compare, stance
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
from factcheck.analysis.rules import Rules

__all__ = [
    "Comparison",
    "Engine",
    "Label",
    "Proposition",
    "Rules",
    "Scores",
    "Span",
    "Stance",
    "StanceTo",
    "Utterance",
    "compare",
    "stance",
]
