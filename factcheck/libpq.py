"""Prepared statements on PostgreSQL's own protocol, by libpq as the driver wraps it (`psycopg.pq`).

A driver's cursor looks at every statement anew: which transaction, which types, how often it came. That
takes it twice as long as all that has to be done, and a hot read runs half a dozen. While a statement runs
here no signal of Python's is heard: the server's `statement_timeout` ends what takes too long.
"""

import re
from typing import Any, Self

import orjson

# Statements that a connection keeps; the one used longest ago gives way.
KEPT = 200
# One plan for all values, as on SQLite: hot reads follow one index whatever the values are. Left to itself
# the server may plan anew for each, where it guesses that rows are fewer for most, and that takes longer.
_BEGIN = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL plan_cache_mode = force_generic_plan"
_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")


class Line:
    """Runs statements on a connection as its cursor does; ids and moments come as the server writes them."""

    def __init__(self, driver: Any, connection: Any, *, prepares: bool) -> None:
        self._driver = driver
        self._connection = connection
        self._pg = connection.pgconn
        self._prepares = prepares
        # By the text of a statement: its name on the server, its text there, the order of its parameters.
        self._kept: dict[str, tuple[bytes, bytes, list[str]]] = {}
        self._number = 0
        self._found: Any = None
        context = connection.cursor()
        for kind in ("uuid", "timestamptz"):
            context.adapters.register_loader(kind, driver.types.string.TextLoader)
        driver.types.json.set_json_loads(orjson.loads, context)
        self._adapt = driver.adapt.Transformer(context)

    @property
    def closed(self) -> bool:
        """Whether the connection is closed."""
        return bool(self._connection.closed)

    @property
    def broken(self) -> bool:
        """Whether the connection was lost."""
        return bool(self._connection.broken)

    def begin(self) -> None:
        """Begin a transaction on one snapshot."""
        self._hold(self._pg.exec_(_BEGIN))

    def commit(self) -> None:
        """End the transaction."""
        self._hold(self._pg.exec_(b"COMMIT"))

    def execute(self, text: str, parameters: dict[str, Any]) -> Self:
        """Run a statement, prepared on the server where nothing stands between."""
        # Taken out and put back, so that the one used longest ago stands first.
        kept = self._kept[text] = self._kept.pop(text) if text in self._kept else self._prepare(text)
        name, written, order = kept
        values = self._adapt.dump_sequence(
            [parameters[key] for key in order], [self._driver.adapt.PyFormat.TEXT] * len(order)
        )
        self._found = self._hold(
            self._pg.exec_prepared(name, values) if name else self._pg.exec_params(written, values)
        )
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows of the statement that was run last."""
        self._adapt.set_pgresult(self._found)
        rows: list[tuple[Any, ...]] = self._adapt.load_rows(0, self._found.ntuples, tuple)
        return rows

    def forget(self) -> None:
        """Let the server forget what it prepared."""
        if self._kept:
            self._kept.clear()
            self._hold(self._pg.exec_(b"DEALLOCATE ALL"))

    def _prepare(self, text: str) -> tuple[bytes, bytes, list[str]]:
        order: list[str] = []

        def number(found: re.Match[str]) -> str:
            if found[1] is None:
                return "%"
            if found[1] not in order:
                order.append(found[1])
            return f"${order.index(found[1]) + 1}"

        written, name = _PLACEHOLDER.sub(number, text).encode(self._connection.info.encoding), b""
        if len(self._kept) >= KEPT:
            unused, _, _ = self._kept.pop(next(iter(self._kept)))
            if unused:
                self._hold(self._pg.exec_(b"DEALLOCATE " + unused))
        if self._prepares:
            self._number += 1
            name = b"line_%d" % self._number
            self._hold(self._pg.prepare(name, written))
        return name, written, order

    def _hold(self, result: Any) -> Any:
        """Return what the server answered; raise what it refused."""
        if result.status in (self._driver.pq.ExecStatus.TUPLES_OK, self._driver.pq.ExecStatus.COMMAND_OK):
            return result
        if self._pg.status == self._driver.pq.ConnStatus.BAD:
            # What libpq itself says of a lost connection has no code by which the driver would know its kind.
            raise self._driver.OperationalError(result.error_message.decode("utf-8", "replace").strip())
        raise self._driver.errors.error_from_result(result, encoding=self._connection.info.encoding)
