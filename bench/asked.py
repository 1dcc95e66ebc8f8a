"""What the service asks of the database for its answers: for the floor, which asks the same."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from unittest import mock

from bench.floor import Questions
from bench.machine import BenchError
from factcheck import create_app
from factcheck.config import Settings
from factcheck.prepared import Reads


def asked(database: Path, paths: Iterable[str]) -> Questions:
    """Return what is asked of an SQLite file for each of these reads when nothing is kept."""
    url = f"sqlite:///{database}"
    app = create_app(Settings(url, url, secret_key="-", cache_mb=0, model="rules"))
    found: Questions = []
    run = Reads._run

    def note(reads: Reads, asked: Any) -> list[Any]:
        found[-1].extend(asked)
        return run(reads, asked)

    with mock.patch.object(Reads, "_run", note):
        for path in paths:
            found.append([])
            if app.test_client().get(path).status_code != 200 or not found[-1]:
                raise BenchError(f"{path} does not answer from prepared statements.")
    app.extensions["factcheck.database"].dispose()
    return found
