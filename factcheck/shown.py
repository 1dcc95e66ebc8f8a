"""What is shown of a row, and under which names: said once, for the select and for the answer.

    CLAIM = Shown({"id": Claim.id, "about": {"slug": Entity.slug, "name": Entity.name}})

`CLAIM.columns` is what to select. A row that begins with these columns becomes the nested dictionaries that
are said here, ready for JSON: by a function whose text is put together once, as `namedtuple` does it. It
takes 3 µs for a statement with its link where walking the description would take 10.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement

Fields = Mapping[str, Any]
"""By the name it is shown under: a column, `Made`, `Maybe`, or the fields of an inner object."""
Converter = Callable[[Any], Any]
Represent = Callable[[Any], dict[str, Any]]


class Made(NamedTuple):
    """A value that a function makes of a column's."""

    column: Any
    make: Converter


class Maybe(NamedTuple):
    """An inner object that is null where its first column is."""

    fields: Fields


class Shown:
    """A description of what is shown of a row."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self.columns: list[ColumnElement[Any]] = []
        # Where in a row each column stands; several fields may show one.
        self._places: dict[Any, int] = {}
        self._place(fields, "")

    def _place(self, fields: Fields, prefix: str) -> None:
        for name, field in fields.items():
            if isinstance(field, Mapping | Maybe):
                self._place(field.fields if isinstance(field, Maybe) else field, f"{prefix}{name}_")
                continue
            column = field.column if isinstance(field, Made) else field
            if column not in self._places:
                self._places[column] = len(self.columns)
                self.columns.append(column.label(f"{prefix}{name}"))

    @cached_property
    def represent(self) -> Represent:
        """Return a row as it is shown, its values as they are."""
        return self.reader([None] * len(self.columns))

    def reader(self, converters: Sequence[Converter | None]) -> Represent:
        """Return the function that shows a row, whose values these convert: one a column, or None."""
        used: dict[str, Converter] = {}

        def value(column: Any, make: Converter | None = None) -> str:
            at = self._places[column]
            text = f"row[{at}]"
            for function in (converters[at], make):
                if function:
                    name = f"f{len(used)}"
                    used[name] = function
                    text = f"{name}({text})"
            return text

        def written(field: Any) -> str:
            if isinstance(field, Made):
                return value(*field)
            if isinstance(field, Maybe):
                first = self._places[next(iter(field.fields.values()))]
                return f"None if row[{first}] is None else {written(field.fields)}"
            if isinstance(field, Mapping):
                return "{" + ", ".join(f"{name!r}: {written(inner)}" for name, inner in field.items()) + "}"
            return value(field)

        # The text holds names of fields and numbers of columns: nothing that was stored or sent.
        show: Represent = eval(f"lambda row: {written(self.fields)}", used)  # noqa: S307  # nosec B307
        return show
