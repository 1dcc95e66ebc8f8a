"""Whether an SQLite file has changed, told by 96 bytes of memory instead of a query.

In WAL mode every commit, of whatever process, becomes visible by a new header of the WAL-index: the file
`…-shm`, which all who have the database open map into their memory. While the header stays as it is, so
does all that can be read (https://www.sqlite.org/walformat.html, "The WAL-Index Header").
"""

import mmap
import os
import sqlite3
import sys
from pathlib import Path
from threading import Lock
from typing import Final

# The header stands there twice, and both are alike but while somebody commits.
_COPY: Final = 48
# Each begins with the version of the format, in the machine's byte order; a byte is 1 once all is written.
_FORMAT: Final = (3007000).to_bytes(4, sys.byteorder)
_WRITTEN: Final = 12
# Never closed: to close any descriptor of a file takes from the whole process the locks that SQLite has
# on it (https://www.sqlite.org/howtocorrupt.html, 2.2). So each file is opened once in a process.
_maps: Final[dict[tuple[int, int], mmap.mmap]] = {}
_lock: Final = Lock()


class WalIndex:
    """The WAL-index of one database in WAL mode."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._connection: sqlite3.Connection | None = None
        self._map: mmap.mmap | None = None
        self._closed = False

    def state(self) -> bytes | None:
        """Return what stays the same until somebody commits; None where that cannot be told."""
        found = self._map or self._open()
        if found is None:
            return None
        first, second = found[:_COPY], found[_COPY : 2 * _COPY]
        told = first == second and first.startswith(_FORMAT) and first[_WRITTEN] == 1
        return first if told else None

    def close(self) -> None:
        """Let go of the database."""
        with _lock:
            self._closed, self._map = True, None
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> mmap.mmap | None:
        with _lock:
            if self._closed or self._map is not None:
                return self._map
            try:
                if self._connection is None:
                    # The last one who closes the database removes the file, and what was mapped tells nothing
                    # any more. So somebody has the database open for as long as there is a map.
                    self._connection = sqlite3.connect(self._database, check_same_thread=False)
                self._connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
                self._map = _mapped(Path(f"{self._database}-shm"))
            except (OSError, ValueError, sqlite3.Error):
                # Not in WAL mode, or not to be read now; whoever reads says what is wrong.
                return None
            return self._map


def _mapped(path: Path) -> mmap.mmap:
    found = path.stat()
    key = (found.st_dev, found.st_ino)
    if found.st_size < 2 * _COPY:
        raise ValueError("this is no WAL-index")
    if key not in _maps:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        _maps[key] = mmap.mmap(descriptor, 2 * _COPY, mmap.MAP_SHARED, mmap.PROT_READ)
    return _maps[key]
