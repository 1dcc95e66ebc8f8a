"""Asking the operator's judge, after the answer to the post has gone out.

A thread in each process that serves takes the questions one at a time (`questions`). No transaction
is open while the judge thinks: what is sent is read in the short one that counts it against the
budget, and what comes back is stored in another, if nobody has changed or decided anything meanwhile.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from threading import Event, Lock, Thread
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from factcheck import consequences, questions, suggestions
from factcheck.analysis import Comparison, Proposition, Stance, Utterance
from factcheck.candidates import is_english_tag
from factcheck.claims import STANDING, Claim
from factcheck.config import Settings
from factcheck.db import Database, now
from factcheck.judge import Judge, JudgeFailed
from factcheck.links import StatementStatus
from factcheck.questions import TRIES, Question, QuestionState
from factcheck.statements import Statement

_log = logging.getLogger(__name__)

# Seconds between two looks for questions, and the longest rest after failures.
PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 300.0
# What has no point any more is cleared away in one transaction up to this many.
_CLEARED_AT_ONCE: Final = 100
# A judge that gives its own answer less than even odds suggests nothing.
_LEAST_CONFIDENCE: Final = 0.5


class Outcome(Enum):
    """What came of one step: nothing to do, a question dealt with, or a try that failed."""

    idle = auto()
    done = auto()
    failed = auto()


@dataclass(frozen=True, slots=True)
class Taken:
    """A question in the hands of this process, and the material that is sent: plain values.

    `tries` and `due_at` tell whether it is still ours when the answer has come.
    """

    id: UUID
    tries: int
    due_at: datetime
    said: Utterance
    other: Utterance | Proposition


class Asker:
    """Puts what waits to the judge: `step` one question, `start` a thread that goes on."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = now,
        pause: float = PAUSE,
    ) -> None:
        self._database = database
        self._settings = settings
        self._judge = Judge(
            settings.judge_url, settings.judge_model, settings.judge_key or None, settings.judge_timeout
        )
        self._clock = clock
        self._pause = pause
        self._starting = Lock()
        self._stopping = Event()
        self._thread: Thread | None = None
        self._process: int | None = None

    def start(self) -> None:
        """Start the thread where this process has none.

        It is called at each request: a server may fork after the application is made, and threads
        do not come along.
        """
        if self._process == os.getpid():
            return
        with self._starting:
            if self._process != os.getpid():
                self._process = os.getpid()
                self._thread = Thread(target=self._run, name="factcheck-judge", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the thread once the question in hand is dealt with, and wait for that."""
        self._stopping.set()
        if self._thread:
            self._thread.join()

    def step(self) -> Outcome:
        """Ask one question, if one waits and the day's budget has room for it."""
        at = self._clock()
        daily = self._settings.judge_daily
        with self._database.reading() as session:
            if not (questions.left(session, daily, at) and questions.due(session, at)):
                return Outcome.idle
        with self._database.writing() as session:
            taken = self._take(session, at)
            session.commit()
        if taken is None:
            return Outcome.idle
        try:
            found = self._ask(taken)
        except JudgeFailed as failure:
            self._put_off(taken, failure)
            return Outcome.failed
        with self._database.writing() as session:
            self._keep(session, taken, found)
            session.commit()
        return Outcome.done

    def _run(self) -> None:
        failures = 0
        while True:
            try:
                outcome = self.step()
            except Exception as error:
                # The thread outlives a database that is away. The name only is logged: what a driver
                # says repeats what was to be stored.
                _log.error("The judge's questions are put off: %s.", type(error).__name__)
                outcome = Outcome.failed
            # While the endpoint is away, few questions are spent on it.
            failures = {Outcome.failed: failures + 1, Outcome.idle: failures, Outcome.done: 0}[outcome]
            rest = min(self._pause * 2 ** min(failures, 16), LONGEST_PAUSE)
            if self._stopping.wait(0 if outcome is Outcome.done else rest):
                return

    def _take(self, session: Session, at: datetime) -> Taken | None:
        """Take the next question that still has a point, and count it; the caller commits."""
        questions.forget(session, at)
        if not questions.left(session, self._settings.judge_daily, at):
            return None
        for _ in range(_CLEARED_AT_ONCE):
            question = questions.due(session, at)
            if question is None:
                return None
            if question.tries >= TRIES:
                # The process that had it for the last time did not come back.
                question.state = QuestionState.failed
            elif (other := _other(session, question)) is None:
                question.state = QuestionState.dropped
            else:
                question.take(at)
                questions.spend(session, at)
                said = suggestions.utterance_of(question.statement)
                return Taken(question.id, question.tries, question.due_at, said, _material(other))
            session.flush()
        return None

    def _ask(self, taken: Taken) -> Stance | Comparison:
        if isinstance(taken.other, Proposition):
            return self._judge.stance(taken.said, taken.other)
        return self._judge.compare(taken.said, taken.other)

    def _put_off(self, taken: Taken, failure: JudgeFailed) -> None:
        _log.warning("Question %s to the judge, try %d of %d: %s", taken.id, taken.tries, TRIES, failure)
        with self._database.writing() as session:
            if question := _still_ours(session, taken):
                question.fail(self._clock())
            session.commit()

    def _keep(self, session: Session, taken: Taken, found: Stance | Comparison) -> None:
        """Store the answer, unless somebody has the question anew or it has lost its point."""
        question = _still_ours(session, taken)
        if question is None:
            return
        statement, other = question.statement, _other(session, question)
        # To the letter: the words cited were looked up in what was sent.
        asked = (taken.said, taken.other)
        if other is None or (suggestions.utterance_of(statement), _material(other)) != asked:
            question.state = QuestionState.dropped
            return
        question.state = QuestionState.answered
        if _is_unsure(found):
            return
        if isinstance(found, Stance) and isinstance(other, Claim):
            suggestions.keep_stance(session, statement, other, found)
        elif isinstance(found, Comparison) and isinstance(other, Statement):
            suggestions.keep_comparison(session, statement, other, found)
        consequences.settle(session, self._settings.max_flags)


def _is_unsure(found: Stance | Comparison) -> bool:
    if isinstance(found, Stance):
        return found.stance != "none" and found.confidence < _LEAST_CONFIDENCE
    return found.label == "contradiction" and found.scores.contradiction < _LEAST_CONFIDENCE


def _still_ours(session: Session, taken: Taken) -> Question | None:
    question = session.get(Question, taken.id)
    if question is None or question.state is not QuestionState.waiting:
        return None
    return question if (question.tries, question.due_at) == (taken.tries, taken.due_at) else None


def _other(session: Session, question: Question) -> Claim | Statement | None:
    """Return the other side of a question, or None where the question has no point any more.

    It has none where the words have changed, one side is gone, the statement is not to be analysed, or
    a person has decided.
    """
    statement, other = question.statement, question.claim or question.opposing
    if other is None or (statement.text_key, other.text_key) != (question.text_key, question.other_text_key):
        return None
    sides = [side for side in (statement, other) if isinstance(side, Statement)]
    # One of the two has raised the question; the other may have been posted without analysis.
    if not all(map(_stands, sides)) or not any(map(_is_read, sides)):
        return None
    if isinstance(other, Claim) and other.status not in STANDING:
        return None
    return other if suggestions.is_open(session, statement, other) else None


def _stands(statement: Statement) -> bool:
    return statement.status is not StatementStatus.retracted and is_english_tag(statement.language)


def _is_read(statement: Statement) -> bool:
    return statement.analysis is not None and not statement.analysis["skipped"]


def _material(other: Claim | Statement) -> Utterance | Proposition:
    if isinstance(other, Statement):
        return suggestions.utterance_of(other)
    return Proposition(other.text, other.kind.value, tuple(entity.name for entity in other.about))
