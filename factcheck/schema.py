"""The schema of the database: run the migrations."""

import time

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import OperationalError

from factcheck.config import ROOT

_LOCK_NOT_AVAILABLE = "55P03"
# Seconds between the tries; with the waits themselves about a minute in all.
_PAUSES = (1, 3, 9, 27)


def config(url: str) -> Config:
    """Return Alembic's configuration (in pyproject.toml) for one database."""
    found = Config(toml_file=str(ROOT / "pyproject.toml"))
    found.attributes["url"] = url
    return found


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the tables to a revision: all of it or nothing.

    Where a table is in use for longer than a migration may keep others waiting, it is tried again later.
    """
    pauses = iter(_PAUSES)
    while True:
        try:
            command.upgrade(config(url), revision)
        except OperationalError as error:
            pause = next(pauses, None)
            if pause is None or getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            time.sleep(pause)
        else:
            return


def downgrade(url: str, revision: str) -> None:
    """Take the tables back to a revision; `base` drops them all."""
    command.downgrade(config(url), revision)
