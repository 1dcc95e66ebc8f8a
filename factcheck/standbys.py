"""Reads on PostgreSQL's standbys, for whom they are fresh enough.

A standby is behind its primary by what it has not replayed of the write-ahead log. So the answer to a
write carries a **position** in that log, in the header `Factcheck-Position` and a cookie; a request
that brings it back is answered by a standby only once that has replayed so far, else by the primary.
A request with a key and without a position is the primary's: what its client wrote, perhaps in another
process, is not known. Everybody else reads what any standby has.

Where the primary is away, standbys answer all of these but those that they are behind.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, g, has_request_context, request
from itsdangerous import BadSignature, Signer
from sqlalchemy import Connection, PoolProxiedConnection, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from factcheck import postgres
from factcheck.config import Settings
from factcheck.db import Database

HEADER = "Factcheck-Position"
COOKIE = "factcheck_position"
# How long a browser keeps its position, in seconds; no standby that serves is so far behind.
COOKIE_KEPT = 3600
# What a request has to see: any state; one that nobody but a primary is known to have, because it was
# written there and its position never learnt; the primary's, where that can be reached.
ANY, UNKNOWN, PRIMARY = 0, 2**63 - 2, 2**63 - 1
# Positions are bytes of the log. The insert position is past every commit that was answered, even
# one that did not wait for the disk.
_WRITTEN = text("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")
# A standby that was promoted has all there is.
_REPLAYED = text(
    f"SELECT CASE WHEN pg_is_in_recovery()"
    f" THEN coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint, 0) ELSE {PRIMARY} END"
)


class Replicated(Database):
    """A primary with standbys."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._standbys = postgres.reader(settings.read_database_url, settings)
        self._signer = Signer(settings.secret_key, salt="position")
        self._secure = settings.public_url.startswith("https:")

    def dispose(self) -> None:
        super().dispose()
        self._standbys.dispose()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self._connect(_wanted()) as connection, Session(connection) as session:
            yield session

    @contextmanager
    def driving(self, *, primary: bool = False) -> Iterator[PoolProxiedConnection]:
        with self._connect(PRIMARY if primary else _wanted()) as connection:
            yield connection.connection

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with super().writing() as session:
            yield session
        if has_request_context():
            g.position_reached = self._written()

    def has_standby(self) -> bool:
        """Tell whether a standby can be reached: an address for reads may lead to the primary, too."""
        try:
            with self._standbys.connect() as connection:
                return bool(connection.scalar(text("SELECT pg_is_in_recovery()")))
        except SQLAlchemyError:
            return False

    def _standby(self, position: int) -> Connection | None:
        """Return a connection to a standby that has replayed so far; None where there is none."""
        connection = None
        try:
            connection = self._standbys.connect()
            if position <= _replayed(connection, position):
                return connection
        except OperationalError:
            pass  # It is away; the caller turns elsewhere.
        if connection is not None:
            connection.close()
        return None

    def ask(self) -> None:
        """Note what the request has to see."""
        g.position_wanted = PRIMARY
        if request.method in ("GET", "HEAD"):
            carried = [request.headers.get(HEADER), request.cookies.get(COOKIE)]
            positions = [self._unseal(token) for token in carried if token]
            g.position_wanted = max(positions, default=PRIMARY if _has_key() else ANY)

    def tell(self, response: Response) -> Response:
        """Give the client the position of what it wrote."""
        if "position_reached" in g:
            token = self._signer.sign(f"{g.position_reached:x}").decode()
            response.headers[HEADER] = token
            response.set_cookie(
                COOKIE, token, COOKIE_KEPT, secure=self._secure, httponly=True, samesite="Lax"
            )
        return response

    def _connect(self, position: int) -> Connection:
        if position < PRIMARY and (found := self._standby(position)):
            return found
        try:
            return self.reader.connect()
        except OperationalError:
            # The primary is away. Who brought a position is told so, rather than less than they wrote.
            found = self._standby(ANY) if position in (ANY, PRIMARY) else None
            if found is None:
                raise
            return found

    def _written(self) -> int:
        """Return the position past what was just committed."""
        try:
            with self.reader.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                return int(connection.scalar(_WRITTEN))
        except SQLAlchemyError:
            # It is stored, but this server is gone since: what its standbys have is not known.
            return UNKNOWN

    def _unseal(self, token: str) -> int:
        """Return a position that we gave; what somebody else made up asks for nothing."""
        try:
            return int(self._signer.unsign(token), 16)
        except BadSignature:
            return PRIMARY if _has_key() else ANY


def register(app: Flask, database: Replicated) -> None:
    """Let requests carry positions."""
    app.before_request(database.ask)
    app.after_request(database.tell)


def avoid() -> None:
    """Let the rest of this request read from the primary, where it can be reached."""
    if g.get("position_wanted") == ANY:
        g.position_wanted = PRIMARY


def _wanted() -> int:
    """Return what is to be seen; commands, and threads beside the requests, see the primary."""
    position: int = g.get("position_wanted", PRIMARY) if has_request_context() else PRIMARY
    return position


def _has_key() -> bool:
    """Tell whether a key came along, in any of the ways in which keys do."""
    return (
        "Authorization" in request.headers
        or "X-Goog-Api-Key" in request.headers
        or not {"key", "access_token"}.isdisjoint(request.args)
    )


def _replayed(connection: Connection, position: int) -> int:
    """Return how far the server behind a connection has come, asking it only where that is not known.

    It is asked before the transaction begins: the snapshot is then at least as new as the answer.
    """
    if position == ANY:
        return ANY
    known: dict[Any, Any] = connection.info
    if known.get(COOKIE, -1) < position:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        found = int(connection.scalar(_REPLAYED))
        connection.commit()
        connection.execution_options(isolation_level="REPEATABLE READ")
        if found == PRIMARY:
            return PRIMARY
        known[COOKIE] = found
    return int(known[COOKIE])
