"""Which statements the reader runs, through SQLAlchemy or as prepared reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import event

from factcheck.prepared import Reads


@contextmanager
def queries_of(app: Flask) -> Iterator[list[str]]:
    """Give the list of statements that are run from here on."""
    found: list[str] = []
    run = Reads._run

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    def noted(reads: Reads, asked: Any) -> list[Any]:
        found.extend(text for text, _ in asked)
        return run(reads, asked)

    reader = app.extensions["factcheck.database"].reader
    event.listen(reader, "before_cursor_execute", note)
    with patch.object(Reads, "_run", noted):
        yield found
    event.remove(reader, "before_cursor_execute", note)
