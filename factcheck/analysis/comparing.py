"""`compare` and `stance`: what the analysis says of two statements, and of a statement and a claim.

An engine judges; these functions take plain strings as well, and answer for texts that are not
English: nothing is suggested there, and the reason says so.
"""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Final, Protocol

from factcheck.analysis.findings import Comparison, Proposition, Scores, Stance, Utterance
from factcheck.analysis.hearing import Hearing, Judgements
from factcheck.analysis.language import is_english
from factcheck.analysis.model import SHIPPED, Model
from factcheck.analysis.reader import ModelUnavailable
from factcheck.analysis.rules import Rules

_log = logging.getLogger(__name__)

_NOT_ENGLISH: Final = "The text is not English, so nothing is suggested."


class Engine(Protocol):
    """What judges texts. `name` goes into the result, so that an editor knows who says so.

    What one `version` of it has read need not be read again. `judge` answers in order of what it is given,
    the likeliest first; an engine that is slow may leave unread what is far off. A `hearing` is for whoever
    knows the likeliest before the others.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def compare(self, a: Utterance, b: Utterance) -> Comparison: ...

    def stance(self, statement: Utterance, claim: Proposition) -> Stance: ...

    def judge(
        self, statement: Utterance, claims: Sequence[Proposition], others: Sequence[Utterance]
    ) -> Judgements: ...

    def hearing(self, statement: Utterance) -> AbstractContextManager[Hearing]: ...


def with_model(folder: Path, *, threads: int = 1) -> Engine:
    """Return the model in a folder, loaded once a process.

    One that is missing or damaged is said in one sentence, and the rules carry on: they need no file.
    """
    try:
        return _loaded(folder, threads)
    except ModelUnavailable as error:
        _log.warning("%s Until then the rules alone read the words.", error)
        return Rules()


@cache
def _loaded(folder: Path, threads: int) -> Model:
    return Model(folder, threads=threads)


@cache
def default_engine() -> Engine:
    """Return the engine that judges where none is named: the model that ships, else the rules."""
    return with_model(SHIPPED)


def compare(a: str | Utterance, b: str | Utterance, *, engine: Engine | None = None) -> Comparison:
    """Tell whether two statements contradict each other, say the same, or neither.

    Of two quotes it decides nothing which comes first; of plain sentences the first is the one that is
    given, as in inference data. Texts that are not English are `neutral`.
    """
    one, other = (Utterance(text) if isinstance(text, str) else text for text in (a, b))
    judge = engine or default_engine()
    if not (is_english(one.text) and is_english(other.text)):
        return Comparison("neutral", Scores(0.0, 0.0, 1.0), (), (), _NOT_ENGLISH, judge.name)
    return judge.compare(one, other)


def stance(statement: str | Utterance, claim: str | Proposition, *, engine: Engine | None = None) -> Stance:
    """Tell whether a statement supports or disputes a claim, or says nothing about it.

    A statement or claim that is not English gets `none`.
    """
    said = Utterance(statement) if isinstance(statement, str) else statement
    held = Proposition(claim) if isinstance(claim, str) else claim
    judge = engine or default_engine()
    if not (is_english(said.text) and is_english(held.text)):
        return Stance("none", 0.0, (), _NOT_ENGLISH, judge.name)
    return judge.stance(said, held)
