"""The rules engine: judges by named features, and explains by the words that clash.

How much each feature counts was fitted on stories written for this project (training/fit_rules.py);
the reason and the spans always come from the rules that fired.
"""

import hashlib
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache, partial
from importlib.resources import files
from typing import Final

import numpy as np

from factcheck.analysis import evidence, explaining, lexicon
from factcheck.analysis.bearing import LEAST_TOUCHED, TOUCHED, bearing
from factcheck.analysis.evidence import Evidence, weigh
from factcheck.analysis.findings import (
    Comparison,
    Proposition,
    Scores,
    Stance,
    StanceTo,
    Utterance,
)
from factcheck.analysis.hearing import Hearing, Judgements
from factcheck.analysis.judging import Judge, Vector

FEATURES: Final = evidence.FEATURES
"""The names of what `Rules.features` returns, in order."""


_FITTED: Final = files("factcheck.analysis") / "data" / "rules.json"


@lru_cache(maxsize=1)
def _fitted() -> tuple[Judge, Judge, dict[str, float]]:
    fitted = json.loads(_FITTED.read_text(encoding="utf-8"))
    return Judge(fitted["compare"]), Judge(fitted["stance"]), fitted["plain"]


@lru_cache(maxsize=1)
def _version() -> str:
    return hashlib.sha256(_FITTED.read_bytes()).hexdigest()[:12]


class Rules:
    """The engine that needs no model: fast, and it can always say which words decided."""

    name = "rules"

    @property
    def version(self) -> str:
        """The digest of the fitted weights: every change of the features comes with new ones."""
        return _version()

    def features(self, a: Utterance, b: Utterance) -> Vector:
        """Return the features of two utterances, shape (len(FEATURES),), the same in both orders."""
        return np.array(weigh(a, b).features, float)

    def compare(self, a: Utterance, b: Utterance) -> Comparison:
        """Tell how two statements stand to each other."""
        return self.compare_each(a, [b])[0]

    def compare_each(self, a: Utterance, others: Sequence[Utterance]) -> list[Comparison]:
        """Tell how a statement stands to each of others."""
        if not others:
            return []
        proofs = [weigh(a, b) for b in others]
        chances = _fitted()[0].each(np.array([found.features for found in proofs], float))
        return [
            self._compared(a, b, found, *one) for b, found, one in zip(others, proofs, chances, strict=True)
        ]

    def _compared(
        self,
        a: Utterance,
        b: Utterance,
        found: Evidence,
        contradiction: float,
        entailment: float,
        neutral: float,
    ) -> Comparison:
        judge, _, plain = _fitted()
        if found.plain:
            contradiction, entailment, neutral = _raised(
                plain[found.plain.rule], contradiction, entailment, neutral
            )
        if _lapsed(a, b, found):
            neutral, contradiction = neutral + contradiction / 2, contradiction / 2
        scores = Scores(contradiction, entailment, neutral)
        if contradiction >= judge.threshold:
            explained = explaining.contradiction(a.text, b.text, found)
            clash = found.plain or found.strongest
            figures = clash is not None and clash.rule == "figure"
            return Comparison("contradiction", scores, *explained, self.name, figures)
        if entailment > max(contradiction, neutral):
            return Comparison("entailment", scores, *explaining.entailment(a.text, b.text, found), self.name)
        return Comparison("neutral", scores, (), (), _NEITHER, self.name)

    def stance(self, statement: Utterance, claim: Proposition) -> Stance:
        """Tell how a statement bears on a claim."""
        return self._stances(statement, [claim])[0]

    def _stances(self, statement: Utterance, claims: Sequence[Proposition]) -> list[Stance]:
        borne = _borne(statement, claims)
        return [self._stance(statement, claim, *one) for claim, one in zip(claims, borne, strict=True)]

    def _stance(
        self, statement: Utterance, claim: Proposition, chances: tuple[float, ...], found: Evidence
    ) -> Stance:
        disputes, supports, _ = chances
        confidence = max(disputes, supports)
        if confidence < _fitted()[1].threshold and not found.plain:
            return Stance("none", confidence, (), _SILENT, self.name)
        side: StanceTo = "supports" if supports > disputes else "disputes"
        spans, reason = explaining.stance(side, statement.text, claim.text, found)
        return Stance(side, confidence, spans, reason, self.name)

    def judge(
        self, statement: Utterance, claims: Sequence[Proposition], others: Sequence[Utterance]
    ) -> Judgements:
        """Weigh one statement against claims and other statements, in order."""
        return self._stances(statement, claims), self.compare_each(statement, others)

    def hearing(self, statement: Utterance) -> AbstractContextManager[Hearing]:
        """Hear of what a statement is held against; nothing is begun early."""
        return nullcontext(Hearing(partial(self.judge, statement)))

    def stance_chances(self, statement: Utterance, claims: Sequence[Proposition]) -> list[tuple[float, ...]]:
        """Return for each claim the probabilities that the statement disputes it, supports it, or neither."""
        return [chances for chances, _ in _borne(statement, claims)]


def _borne(statement: Utterance, claims: Sequence[Proposition]) -> list[tuple[tuple[float, ...], Evidence]]:
    """Return for each claim the probabilities of disputes, supports and neither, and what they rest on."""
    if not claims:
        return []
    weighed = [bearing(statement, claim) for claim in claims]
    _, judge, plain = _fitted()
    borne: list[tuple[tuple[float, ...], Evidence]] = []
    for (features, found), (disputes, none, supports) in zip(
        weighed, judge.each(np.array([features for features, _ in weighed], float)), strict=True
    ):
        # A statement that speaks of next to nothing in the claim gets no link.
        if features[TOUCHED] < LEAST_TOUCHED and not found.plain:
            borne.append(((_UNTOUCHED, _UNTOUCHED, 1 - 2 * _UNTOUCHED), found))
            continue
        if found.plain:
            disputes, none, supports = _raised(plain[found.plain.rule], disputes, none, supports)
        borne.append(((disputes, supports, none), found))
    return borne


def _lapsed(a: Utterance, b: Utterance, found: Evidence) -> bool:
    """Tell whether each speaks of the state of things then, years apart: "owes nothing", "owes millions"."""
    if found.nearest is None or not (a.said_on and b.said_on):
        return False
    if not (a.said_on[:4].isdecimal() and b.said_on[:4].isdecimal()):
        return False
    tenses = [(one.cues[_PRESENT], one.cues[_PAST]) for one in found.nearest]
    years = abs(int(a.said_on[:4]) - int(b.said_on[:4]))
    return years >= _LAPSE and all(present and not past for present, past in tenses)


def _raised(least: float, first: float, *others: float) -> tuple[float, ...]:
    """Raise the first of some probabilities to at least this much, the others in proportion down."""
    if first >= least:
        return first, *others
    rest = sum(others) or 1.0
    return least, *(one * (1 - least) / rest for one in others)


_UNTOUCHED: Final = 0.005
# Years after which what was so may no longer be so.
_LAPSE: Final = 2
_PRESENT: Final = list(lexicon.CUES).index("present")
_PAST: Final = list(lexicon.CUES).index("past")
_NEITHER: Final = "No rule finds that the one rules out or repeats the other."
_SILENT: Final = "No rule finds that the statement says whether the claim is so."
