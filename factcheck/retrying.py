"""A request is run again where that is safe: PostgreSQL may undo a transaction that did nothing wrong.

Safe is what is known to be undone: a serialization failure, a deadlock, a connection that was lost before
COMMIT was sent. Where COMMIT was sent and its answer is missing, a POST with an `Idempotency-Key`
is run again: its answer is stored in the transaction of the write, and the write lock lets the second
look only when the first has ended, one way or the other. Without a key the client is told that we do not
know. A route has one write transaction at most; this rests on it.
"""

import logging

from flask import Flask
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError

from factcheck import idempotency, standbys
from factcheck.postgres import OutcomeUnknown, Unconfirmed
from factcheck.problems import Problem

# The primary and a standby may both have restarted: a connection to each is lost, and then both are new.
_TRIES = 3
# Serialization failure (on a standby also a conflict with what it replays), deadlock.
_UNDONE = ("40001", "40P01")
_UNKNOWN = (
    "The connection to the database was lost while this was being stored, and whether it is stored is not "
    "known. Read it before you send it again; a POST with an Idempotency-Key can be sent again as it is."
)
_log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Run a request again where the first run is known to have done nothing, or to be found."""
    dispatch = app.dispatch_request

    def dispatch_again() -> ResponseReturnValue:
        for left in reversed(range(_TRIES)):
            try:
                return dispatch()
            except (DBAPIError, OutcomeUnknown) as error:
                if left and _is_repeatable(error):
                    _log.warning("a request is run once more: %s", type(error).__name__)
                    if not _is_lost(error):
                        standbys.avoid()
                elif isinstance(error, OutcomeUnknown):
                    raise Problem(503, "outcome-unknown", _UNKNOWN, headers={"Retry-After": "2"}) from error
                else:
                    raise
        raise AssertionError("the last try answers or raises")

    app.dispatch_request = dispatch_again  # type: ignore[method-assign]


def _is_repeatable(error: DBAPIError | OutcomeUnknown) -> bool:
    if isinstance(error, OutcomeUnknown):
        # A standby that is missed was waited for once; the client may ask again.
        return idempotency.is_kept() and not isinstance(error, Unconfirmed)
    return _is_lost(error) or getattr(error.orig, "sqlstate", None) in _UNDONE


def _is_lost(error: DBAPIError | OutcomeUnknown) -> bool:
    return isinstance(error, OutcomeUnknown) or bool(error.connection_invalidated)
