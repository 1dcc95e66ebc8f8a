"""The rules engine: judges by named features, and explains by the words that clash.

How much each feature counts was fitted on stories written for this project (training/fit_rules.py);
the reason and the spans always come from the rules that fired.
"""

import json
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np

from factcheck.analysis import evidence
from factcheck.analysis.bearing import bearing
from factcheck.analysis.evidence import Evidence, Finding, weigh
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
from factcheck.analysis.judging import Judge, Vector
from factcheck.analysis.sentences import span

FEATURES: Final = evidence.FEATURES
"""The names of what `Rules.features` returns, in order."""


@lru_cache(maxsize=1)
def _fitted() -> tuple[Judge, Judge]:
    path = files("factcheck.analysis") / "data" / "rules.json"
    weights = json.loads(path.read_text(encoding="utf-8"))
    return Judge(weights["compare"]), Judge(weights["stance"])


class Rules:
    """The engine that needs no model: fast, and it can always say which words decided."""

    name = "rules"

    def features(self, a: Utterance, b: Utterance) -> Vector:
        """Return the features of two utterances, shape (len(FEATURES),), the same in both orders."""
        return np.array(weigh(a, b).features)

    def compare(self, a: Utterance, b: Utterance) -> Comparison:
        """Tell how two statements stand to each other."""
        found = weigh(a, b)
        scale, _ = _fitted()
        contradiction, entailment, neutral = scale(np.array(found.features))
        label: Label = "neutral"
        if contradiction >= scale.threshold:
            label = "contradiction"
        elif entailment > max(contradiction, neutral):
            label = "entailment"
        spans_a, spans_b = _spans(a.text, b.text, found) if label != "neutral" else ((), ())
        reason = _reason(label, a.text, b.text, found)
        best = _strongest(found)
        figures = label == "contradiction" and best is not None and best.rule == "figure"
        return Comparison(
            label, Scores(contradiction, entailment, neutral), spans_a, spans_b, reason, self.name, figures
        )

    def stance(self, statement: Utterance, claim: Proposition) -> Stance:
        """Tell how a statement bears on a claim."""
        features, found = bearing(statement, claim)
        _, scale = _fitted()
        disputes, _, supports = scale(np.array(features))
        confidence = max(disputes, supports)
        side: StanceTo = "none"
        if confidence >= scale.threshold:
            side = "supports" if supports > disputes else "disputes"
        spans = _spans(statement.text, claim.text, found)[0] if side != "none" else ()
        return Stance(side, confidence, spans, _stance_reason(side, found), self.name)

    def stance_chances(self, statement: Utterance, claim: Proposition) -> tuple[float, float, float]:
        """Return the probabilities that the statement disputes the claim, supports it, or does neither."""
        disputes, none, supports = _fitted()[1](np.array(bearing(statement, claim)[0]))
        return disputes, supports, none


def _strongest(found: Evidence) -> Finding | None:
    return max(found.findings, key=lambda one: one.strength, default=None)


def _spans(a: str, b: str, found: Evidence) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return the words that decide: those of the strongest finding, else the sentences nearest in topic."""
    best = _strongest(found)
    if best is not None:
        return (span(a, *best.a),), (span(b, *best.b),)
    if found.nearest is not None:
        left, right = (one.sentence for one in found.nearest)
        return (span(a, left.start, left.end),), (span(b, right.start, right.end),)
    return (), ()


def _reason(label: Label, a: str, b: str, found: Evidence) -> str:
    best = _strongest(found)
    if label == "neutral":
        return "No rule finds that the one rules out or repeats the other."
    if label == "entailment":
        return "Both say the same of the same thing."
    if best is None:
        return "Both speak of the same thing, and what they say of it cannot stand together."
    one, other = a[slice(*best.a)], b[slice(*best.b)]
    return f"One says “{one}”, the other “{other}”, of the same thing."


def _stance_reason(side: StanceTo, found: Evidence) -> str:
    if side == "none":
        return "No rule finds that the statement says whether the claim is so."
    return f"The statement {side} the claim by what it says of the same thing."
