"""Prepared statements on PostgreSQL's own protocol, by libpq as the driver wraps it (`psycopg.pq`).

A driver's cursor looks at every statement anew: which transaction, which types, how often it came. That
takes it twice as long as all that has to be done, and a hot read runs half a dozen. Those that do not wait
for each other's rows go in one round trip (https://www.postgresql.org/docs/current/libpq-pipeline-mode.html),
which spares both processes to be woken for each.
"""

import re
import select
from collections.abc import Sequence
from typing import Any

import orjson

# Statements that a connection keeps; the one used longest ago gives way.
KEPT = 200
Asked = tuple[str, dict[str, Any]]
"""The text of a statement, and its parameters by name."""
Ready = tuple[bytes, bytes, Sequence[Any]]
"""The name of a statement on the server, or b"", its text there, and its values in order."""
# Begins a transaction on one snapshot. One plan serves all values, as on SQLite: hot reads follow one index
# whatever the values are. Left to itself the server may plan anew for each, where it guesses that rows are
# fewer for most, and that takes longer.
BEGIN: Sequence[Asked] = (
    ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", {}),
    ("SET LOCAL plan_cache_mode = force_generic_plan", {}),
)
# Milliseconds after which to look again: what TLS has taken from the socket makes that readable no more.
_AGAIN = 1000
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
        # The statement that is prepared, run or read: where that fails, it is this one.
        self.at = ""
        self._text = driver.adapt.PyFormat.TEXT
        self._readable, self._either = select.poll(), select.poll()
        self._readable.register(self._pg.socket, select.POLLIN)
        self._either.register(self._pg.socket, select.POLLIN | select.POLLOUT)
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

    def commit(self) -> None:
        """End the transaction."""
        self._hold(self._pg.exec_(b"COMMIT"))

    def together(self, asked: Sequence[Asked]) -> list[list[tuple[Any, ...]]]:
        """Run statements in one round trip, and return the rows of each.

        Where one is refused, those after it are not run, and `at` is its text.
        """
        ready = [self._ready(text, parameters) for text, parameters in asked]
        answers = self._send(ready)
        found = []
        for (self.at, _), answer in zip(asked, answers, strict=True):
            self._adapt.set_pgresult(self._hold(answer))
            found.append(self._adapt.load_rows(0, answer.ntuples, tuple))
        self._drop_unused()
        return found

    def forget(self) -> None:
        """Let the server forget what it prepared."""
        if self._kept:
            self._kept.clear()
            self._hold(self._pg.exec_(b"DEALLOCATE ALL"))

    def _send(self, ready: Sequence[Ready]) -> list[Any]:
        """Return what the server answers to each; once it refuses one, that it ran none of the others."""
        try:
            self._pg.enter_pipeline_mode()
            for name, written, values in ready:
                if name:
                    self._pg.send_query_prepared(name, values)
                else:
                    self._pg.send_query_params(written, values)
            self._pg.pipeline_sync()
            # What the socket had no room for yet; the server may have to be heard before it listens on.
            while self._pg.flush():
                self._either.poll(_AGAIN)
                self._pg.consume_input()
            # Each has an end after it, and so have all.
            answers = [(self._next(), self._next())[0] for _ in ready]
            self._next()
            self._pg.exit_pipeline_mode()
        except BaseException:
            # Lost, or left in the middle by a signal: the next answer would be taken for another's.
            self._connection.close()
            raise
        return answers

    def _next(self) -> Any:
        """Wait for what comes next: here, for `get_result` would keep the interpreter's lock meanwhile."""
        while self._pg.is_busy():
            self._readable.poll(_AGAIN)
            self._pg.consume_input()
        return self._pg.get_result()

    def _ready(self, text: str, parameters: dict[str, Any]) -> Ready:
        self.at = text
        # Taken out and put back, so that the one used longest ago stands first.
        kept = self._kept[text] = self._kept.pop(text) if text in self._kept else self._prepare(text)
        name, written, order = kept
        values = self._adapt.dump_sequence([parameters[key] for key in order], [self._text] * len(order))
        return name, written, values

    def _prepare(self, text: str) -> tuple[bytes, bytes, list[str]]:
        order: list[str] = []

        def number(found: re.Match[str]) -> str:
            if found[1] is None:
                return "%"
            if found[1] not in order:
                order.append(found[1])
            return f"${order.index(found[1]) + 1}"

        written, name = _PLACEHOLDER.sub(number, text).encode(self._connection.info.encoding), b""
        if self._prepares:
            self._number += 1
            name = b"line_%d" % self._number
            self._hold(self._pg.prepare(name, written))
        return name, written, order

    def _drop_unused(self) -> None:
        """Keep no more statements than are `KEPT`; those that were run just now are the last to go."""
        while len(self._kept) > KEPT:
            name, _, _ = self._kept.pop(next(iter(self._kept)))
            if name:
                self._hold(self._pg.exec_(b"DEALLOCATE " + name))

    def _hold(self, result: Any) -> Any:
        """Return what the server answered; raise what it refused."""
        if result.status in (self._driver.pq.ExecStatus.TUPLES_OK, self._driver.pq.ExecStatus.COMMAND_OK):
            return result
        if self._pg.status == self._driver.pq.ConnStatus.BAD:
            # What libpq itself says of a lost connection has no code by which the driver would know its kind.
            raise self._driver.OperationalError(result.error_message.decode("utf-8", "replace").strip())
        raise self._driver.errors.error_from_result(result, encoding=self._connection.info.encoding)
