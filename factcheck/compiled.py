"""A statement as one database takes it: its text, its parameters, and what turns its rows into values."""

from collections import namedtuple
from typing import Any

from sqlalchemy import Dialect

from factcheck.shown import Converter, Shown
from factcheck.values import Form, binder, converter, dashed

# So few rows are converted one by one: to turn them into columns and back takes longer.
_FEW = 3


class _Place:
    """Stands for a given value while a statement is compiled, to learn which parameter it becomes."""

    def __init__(self, *path: Any) -> None:
        self.path = path


def _places(path: tuple[Any, ...], value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_places((*path, i), inner) for i, inner in enumerate(value)]
    return _Place(*path)


class Compiled:
    """A statement as the driver takes it, and what turns its rows into values."""

    def __init__(
        self, statement: Any, shown: Shown | None, dialect: Dialect, form: Form, values: dict[str, Any]
    ) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        places = {name: _places((name,), value) for name, value in values.items()}
        state = compiled.construct_expanded_state(places)
        self.text: str = state.statement
        names = state.positiontup if compiled.positional else list(state.parameters)
        # What the statement holds itself stands here already; the given values take their places.
        self._parameters: Any = [None] * len(names) if compiled.positional else {}
        self._given: list[tuple[Any, str, tuple[int, ...], Converter | None]] = []
        for i, name in enumerate(names):
            at = i if compiled.positional else name
            value = state.parameters[name]
            if isinstance(value, _Place):
                self._parameters[at] = None
                key, *steps = value.path
                bind = binder(compiled.binds[key].type, tuple(steps), dialect)
                self._given.append((at, key, tuple(steps), bind))
                continue
            # A value of a list that the statement holds has a name of its own, which only `state` knows.
            bind = (
                binder(compiled.binds[name].type, (), dialect)
                if name in compiled.binds
                else state.processors.get(name)
            )
            self._parameters[at] = bind(value) if bind else value
        columns = compiled._result_columns
        converters = [converter(column.type, dialect, form) for column in columns]
        self._show = shown.reader(converters) if shown else None
        self._row: Any = namedtuple("Row", [column.keyname for column in columns])  # type: ignore[misc]
        self._converters = [(i, convert) for i, convert in enumerate(converters) if convert]

    def parameters(self, values: dict[str, Any]) -> Any:
        """Return the values as the driver takes them: in order, or by name."""
        found = self._parameters.copy()
        for at, name, steps, bind in self._given:
            value = values[name]
            for step in steps:
                value = value[step]
            found[at] = value if bind is None or value is None else bind(value)
        return found

    def rows(self, found: list[Any]) -> list[Any]:
        """Return rows as they are shown, or as named tuples; these are converted a column at a time."""
        if self._show:
            return list(map(self._show, found))
        if self._converters and len(found) <= _FEW:
            rows = list(map(list, found))
            for row in rows:
                for i, convert in self._converters:
                    row[i] = convert(row[i])
            return list(map(self._row._make, rows))
        if self._converters:
            columns: list[Any] = list(zip(*found, strict=True))
            for i, convert in self._converters:
                if convert is dashed:  # A few ids stand in many rows.
                    written = {id_: dashed(id_) for id_ in set(columns[i])}
                    columns[i] = map(written.__getitem__, columns[i])
                else:
                    columns[i] = map(convert, columns[i])
            found = list(zip(*columns, strict=True))
        return list(map(self._row._make, found))
