"""PostgreSQL: engines that wait for a bounded time, and a COMMIT that says what became of a write.

Nothing here outlives a transaction on the server: locks and settings are those of the transaction,
so that PgBouncer in transaction mode may stand between (`FACTCHECK_PGBOUNCER`).
"""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from factcheck.config import Settings
from factcheck.libpq import Line

# Any number that other programs on the same database are unlikely to lock.
WRITE_LOCK = 7_045_113_271
# A write waits this long for its turn; a migration waits for one that runs already, but then only
# shortly for each table, because all reads of a table queue up behind a migration that waits for it.
WRITE_WAIT = "5s"
MIGRATION_WAIT = "60s"
TABLE_WAIT = "5s"
# After a failed connection the next is not tried for so long, in seconds: while a host is silent, each
# try would keep a thread for the whole time-out.
PAUSE = 1.0
# https://www.postgresql.org/docs/current/errcodes-appendix.html
READ_ONLY = "25006"
NO_SUCH_STATEMENT = "26000"


class OutcomeUnknown(Exception):
    """COMMIT was sent, and nobody told what became of it."""


class Unconfirmed(OutcomeUnknown):
    """The primary has stored the write, but no synchronous standby: it would be lost with the primary."""


def writer(settings: Settings) -> Engine:
    """Return the engine on which one write transaction runs at a time."""
    engine = _engine(settings.database_url, settings, _writing, pool_pre_ping=True)
    limit = f"{settings.database_statement_timeout}s"
    # A pause as long as the longest statement: a client that is gone keeps the write lock no longer.
    begin = (
        f"SELECT set_config('statement_timeout', '{limit}', true),"
        f" set_config('idle_in_transaction_session_timeout', '{limit}', true),"
        f" set_config('lock_timeout', '{WRITE_WAIT}', true)"
    )

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")

    return engine


def reader(url: str, settings: Settings) -> Engine:
    """Return an engine that gives each transaction one snapshot and refuses writes.

    A connection that was lost in the pool is not looked for before each read, which would cost a round trip:
    the read fails, and is done once more (`retrying`).
    """
    return _engine(
        url,
        settings,
        _reading,
        isolation_level="REPEATABLE READ",
        # Connections spread again over standbys that came back.
        pool_recycle=300,
    )


def migrator(url: str) -> Engine:
    """Return the engine on which the migrations run, one process at a time."""
    engine = create_engine(url, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{MIGRATION_WAIT}'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{TABLE_WAIT}'")

    return engine


def _engine(url: str, settings: Settings, kind: Callable[[Any, Settings], Any], **options: Any) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args=_arguments(settings),
        pool_timeout=settings.database_connect_timeout,
        **options,
    )
    # The driver is an extra that SQLite does without, so it is known only here.
    connection_class = kind(engine.dialect.loaded_dbapi, settings)
    failed_at = -PAUSE

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, named: Any) -> Any:
        nonlocal failed_at
        if time.monotonic() < failed_at + PAUSE:
            raise engine.dialect.loaded_dbapi.OperationalError("no server could be reached a moment ago")
        try:
            return connection_class.connect(*arguments, **named)
        except Exception:
            failed_at = time.monotonic()
            raise

    @event.listens_for(engine, "handle_error")
    def judge(context: Any) -> Exception | None:
        error = context.original_exception
        moved = is_read_only(error)
        if moved or is_outdated(error) or isinstance(error, OutcomeUnknown):
            context.is_disconnect = True
        return elsewhere(context.statement, error) if moved else None

    return engine


def is_read_only(error: BaseException) -> bool:
    """Tell whether a server refused a write because it became a standby."""
    return getattr(error, "sqlstate", None) == READ_ONLY


def is_outdated(error: BaseException) -> bool:
    """Tell whether a prepared statement serves no more: a migration changed a column under it, or it is gone.

    A new connection prepares it anew.
    """
    changed = getattr(getattr(error, "diag", None), "source_function", None) == "RevalidateCachedQuery"
    return changed or getattr(error, "sqlstate", None) == NO_SUCH_STATEMENT


def elsewhere(statement: str | None, error: BaseException) -> OperationalError:
    """Return what to raise for a write that a standby refused: connect anew, to the primary."""
    return OperationalError(statement, None, error, connection_invalidated=True)


def _arguments(settings: Settings) -> dict[str, Any]:
    """Return libpq's parameters: https://www.postgresql.org/docs/current/libpq-connect.html."""
    arguments: dict[str, Any] = {
        "connect_timeout": settings.database_connect_timeout,
        # A host that vanished without a word: noticed while it is sent to, and while it is waited for.
        "tcp_user_timeout": settings.database_statement_timeout * 1000,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
    }
    if settings.pgbouncer:
        # Prepared statements and parameters of the start belong to a server that the next transaction
        # may not meet; docs/scale.md says how to set the time-out for the role.
        arguments["prepare_threshold"] = None
    else:
        limit = settings.database_statement_timeout
        # Moments are written in UTC, so that `prepared` has little to do.
        arguments["options"] = f"-c statement_timeout={limit}s -c timezone=UTC"
    return arguments


def _reading(driver: Any, settings: Settings) -> Any:
    class Connection(driver.Connection):  # type: ignore[misc]
        """A connection that refuses writes and keeps what the server has planned.

        ROLLBACK is COMMIT here, for nothing was written: at a ROLLBACK the driver forgets what it has
        prepared, and to plan a statement takes several times what it takes to run it.
        """

        def rollback(self) -> None:
            status = self.pgconn.transaction_status
            if status == driver.pq.TransactionStatus.INTRANS:
                self.line.commit()
            elif status != driver.pq.TransactionStatus.IDLE:
                super().rollback()
                self.line.forget()

        @classmethod
        def connect(cls, *args: Any, **kwargs: Any) -> Any:
            made = super().connect(*args, **kwargs)
            made.read_only = True
            made.line = Line(driver, made, prepares=not settings.pgbouncer)
            return made

    return Connection


def _writing(driver: Any, settings: Settings) -> Any:
    limit, patience = settings.database_statement_timeout, settings.database_connect_timeout

    class Connection(driver.Connection):  # type: ignore[misc]
        """A connection whose commit ends in time, and raises `OutcomeUnknown` where it was not confirmed."""

        unconfirmed = False

        def commit(self) -> None:
            if self.info.transaction_status == driver.pq.TransactionStatus.IDLE:
                return  # There is nothing to commit.
            self.unconfirmed = False
            try:
                # The server's own time-out ends before a COMMIT begins to wait for synchronous standbys.
                with _within(limit, self.give_up):
                    super().commit()
            except driver.OperationalError as error:
                if self.closed:
                    raise OutcomeUnknown("the connection was lost during COMMIT") from error
                raise
            if self.unconfirmed:
                raise Unconfirmed("no standby confirmed the write in time")

        def give_up(self) -> None:
            """Ask the server to end the COMMIT; hang up where it does not listen."""
            try:
                self.cancel_safe(timeout=patience)
            except driver.Error:
                with socket.socket(fileno=os.dup(self.fileno())) as line:
                    line.shutdown(socket.SHUT_RDWR)

        def note(self, diagnostic: Any) -> None:
            """Notice that the server gave up waiting for its standbys; the commit itself tells nothing."""
            # By the function, for the words of the warning depend on the language of the server.
            if diagnostic.source_function == "SyncRepWaitForLSN":
                self.unconfirmed = True

        @classmethod
        def connect(cls, *args: Any, **kwargs: Any) -> Any:
            made = super().connect(*args, **kwargs)
            made.add_notice_handler(made.note)
            return made

    return Connection


@contextmanager
def _within(seconds: int, act: Callable[[], None]) -> Iterator[None]:
    """Call `act`, from beside, where the block takes longer; never for 0."""
    if not seconds:
        yield
        return
    timer = Timer(seconds, act)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
