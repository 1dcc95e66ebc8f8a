"""`factcheck backup`: the SQLite file as it is at one moment, copied while the service goes on writing."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


class BackupError(Exception):
    """No backup was made; the message is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a backup holds; `size` in bytes."""

    statements: int
    claims: int
    size: int


def backup(database: Path, target: Path) -> Made:
    """Write a checked copy of the database to a new file; nothing stands there until it is whole.

    Raise `BackupError` where the file exists, cannot be written, or the copy is not sound.
    """
    if not database.exists():
        raise BackupError(f"There is no database at {database}.")
    if target.exists():
        raise BackupError(f"{target} exists; name a new file, so that no backup is overwritten.")
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        # For the owner only, as it holds drafts and what keys are checked against.
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    except OSError as error:
        raise BackupError(f"{unfinished} cannot be written: {error.strerror}.") from None
    try:
        made = _copy(database, unfinished)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        # Unlike a rename, a link replaces nothing.
        os.link(unfinished, target)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"The backup failed: {error}.") from None
    finally:
        unfinished.unlink()
    folder = os.open(target.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    return made


def _copy(database: Path, target: Path) -> Made:
    with (
        closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=60)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        # All pages in one read transaction: what is written meanwhile is not in it.
        source.backup(copy)
        # One file is the whole of it, without a log beside it; the service switches back when it starts.
        copy.execute("PRAGMA journal_mode = DELETE")
        [found] = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok" or copy.execute("PRAGMA foreign_key_check").fetchone():
            raise BackupError(f"The copy is not sound: {found}. Look after the database itself.")
        [statements] = copy.execute("SELECT count(*) FROM statement").fetchone()
        [claims] = copy.execute("SELECT count(*) FROM claim").fetchone()
    return Made(statements, claims, target.stat().st_size)
