"""Group commit: writes that wait at the same time share one transaction, and one commit on the disk.

One write runs at a time (docs/decisions/0002-one-writer.md). A commit on the disk can take longer than
the write itself, so whoever waits when a write is done takes its turn in the same transaction; the last
one commits for all. Each write stands in a savepoint of its own: one that fails takes only itself back.
Nobody is answered before the commit is on the disk. If it fails, nothing was stored, and all are told so.

For several writes to wait at once a process needs several threads; `OneAtATime` keeps them from
getting into each other's way. All of this is for SQLite; docs/decisions/0010-group-commit.md says why.
"""

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from factcheck.problems import Problem

# Seconds to wait for a turn. A client that is told so can come again; one that waits longer has gone.
WAIT = 10.0
# Bytes that no body of any call exceeds; a schema says what its own may have (`parsing`).
LONGEST_BODY = 12 * 1024 * 1024
# Writes that share a commit: the first is not kept waiting for all that come after it.
LARGEST = 32


class OneAtATime:
    """Lets one request of a process run while others wait: for their turn, or for the disk.

    Threads that all compute share one interpreter. A write that holds the lock of the database would
    get it back from a dozen reads again and again, and everybody would wait for that.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        # A lock for each who waits, let go by who gives the turn: it costs half of an Event.
        self._queue: deque[threading.Lock] = deque()
        self._taken = False
        self._here = threading.local()

    def around(self, app: Any) -> Any:
        """Return the WSGI application with one call of it running at a time."""

        def call(environ: Any, start_response: Any) -> Any:
            _receive(environ)
            self._take(first=False)
            self._here.runs = True
            try:
                return app(environ, start_response)
            finally:
                self._here.runs = False
                self._give()

        return call

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let others run while the block waits; then go before those who have not begun."""
        if not getattr(self._here, "runs", False):
            yield
            return
        # Within, there is no turn to give a second time.
        self._here.runs = False
        self._give()
        try:
            yield
        finally:
            self._take(first=True)
            self._here.runs = True

    def _take(self, *, first: bool) -> None:
        turn = threading.Lock()
        with self._mutex:
            if not self._taken:
                self._taken = True
                return
            turn.acquire()
            if first:
                self._queue.appendleft(turn)
            else:
                self._queue.append(turn)
        turn.acquire()

    def _give(self) -> None:
        with self._mutex:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._taken = False


def _receive(environ: Any) -> None:
    """Read the body before the turn is taken: a client that sends slowly keeps nobody but itself waiting.

    What is longer than any body may be is left for the application to refuse.
    """
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdigit():
        left = int(length)
        if left > LONGEST_BODY:
            return
    elif environ.get("wsgi.input_terminated"):
        left = LONGEST_BODY + 1
    else:
        return
    stream, received = environ["wsgi.input"], []
    while left > 0 and (part := stream.read(left)):
        received.append(part)
        left -= len(part)
    environ["wsgi.input"] = BytesIO(b"".join(received))


class _Group:
    """A transaction that several writes share."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._transaction = connection.get_transaction()
        self.size = 0
        self.error: BaseException | None = None
        self.done = threading.Event()

    def check(self, failed: BaseException | None) -> None:
        """Note where SQLite has taken the transaction back by itself: nobody may write in it any more."""
        driver = self.connection.connection.dbapi_connection
        if self.error is None and not getattr(driver, "in_transaction", True):
            broken = RuntimeError("SQLite has taken the transaction back by itself")
            self.error = failed if isinstance(failed, OperationalError) else broken

    def end(self) -> None:
        """Commit, or take everything back where a write has broken the transaction."""
        try:
            if self.error is not None:
                raise self.error
            if self._transaction is not None:
                self._transaction.commit()
        except BaseException as error:
            self.error = error
            # Else the connection would go back to the pool with the transaction still open.
            self.connection.invalidate()
        finally:
            self.connection.close()
            self.done.set()


class Committer:
    """Gives writes their turns; one for each database in a process."""

    def __init__(self, engine: Engine, gate: Path | None = None) -> None:
        """Take the engine that writes and, where other processes write too, the file they queue at."""
        self.requests = OneAtATime()
        self._engine = engine
        self._gate = gate
        self._mutex = threading.Lock()
        self._queue: deque[threading.Event] = deque()
        self._busy = False
        self._group: _Group | None = None

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give the session of a write, which gets its turn with its first statement.

        What it commits is on the disk when the block ends; what it does not commit is taken back.
        Raise a 503 where the turn does not come in time, or where the commit failed.
        """
        session = _Session(self)
        failed: BaseException | None = None
        try:
            yield session
        except BaseException as error:
            failed = error
            raise
        finally:
            try:
                session.close()
            except BaseException as error:
                if session.group is None:
                    raise
                # What broke the transaction says more than that it is broken.
                session.group.error = failed if isinstance(failed, OperationalError) else error
            if session.group is not None:
                session.group.check(failed)
                self._leave(session.group)

    def join(self) -> _Group:
        """Wait for a turn and return the transaction to take it in; `writing` gives the turn back."""
        turn = threading.Event()
        with self._mutex:
            if self._busy:
                self._queue.append(turn)
            else:
                self._busy = True
                turn.set()
        if not turn.is_set():
            self._wait(turn)
        if self._group is None:
            try:
                self._group = _Group(self._begin())
            except BaseException:
                self._pass_on()
                raise
        self._group.size += 1
        return self._group

    def _wait(self, turn: threading.Event) -> None:
        with self.requests.aside():
            turn.wait(WAIT)
        with self._mutex:
            if not turn.is_set():
                self._queue.remove(turn)
                raise _unavailable("Others are writing; try again.")

    def _leave(self, group: _Group) -> None:
        with self._mutex:
            # A truth, not the queue itself: somebody may come before it is looked at again.
            shared = bool(self._queue) and group.error is None and group.size < LARGEST
            if shared:
                self._queue.popleft().set()
        with self.requests.aside():
            if shared:
                group.done.wait()
            else:
                self._group = None
                group.end()
                self._pass_on()
        if isinstance(group.error, OperationalError):
            raise group.error  # Whether it can be tried again depends on what it is; see `errors`.
        if group.error is not None:
            raise _unavailable("The database could not keep this; nothing was stored.") from group.error

    def _pass_on(self) -> None:
        with self._mutex:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._busy = False

    def _begin(self) -> Connection:
        """Begin a transaction that may write.

        SQLite gives its lock to whoever asks at the right moment, so a busy process would shut out the
        others. Who wants to write therefore stands at the gate first, and opens it to the next only
        with the lock in hand: nobody gets it twice while another waits.
        """
        connection = self._engine.connect()
        try:
            if self._gate is None:
                connection.begin()
            else:
                with self.requests.aside(), _locked(self._gate):
                    connection.begin()
        except BaseException:
            connection.close()
            raise
        return connection


class _Session(Session):
    """A session that joins a group when it is first used, in a savepoint of its own."""

    def __init__(self, committer: Committer) -> None:
        super().__init__(join_transaction_mode="create_savepoint")
        self._committer = committer
        self.group: _Group | None = None

    def get_bind(self, *_: Any, **__: Any) -> Connection:
        if self.group is None:
            self.group = self._committer.join()
        return self.group.connection


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file, which the system takes back from a process that dies."""
    deadline = time.monotonic() + WAIT
    # Not `open`, whose object for reading and writing takes longer to make than the lock.
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise _unavailable("Other processes are writing; try again.") from None
                time.sleep(0.001)
        yield
    finally:
        os.close(file)


def _unavailable(detail: str) -> Problem:
    return Problem(503, "unavailable", detail, headers={"Retry-After": "2"})
