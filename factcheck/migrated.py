"""Which migrations this version of the code brings, and which is the newest.

Their files are read as text: Alembic, which runs them, takes a tenth of a second and 11 MB to load, and
a server asks no more than this.
"""

import re
from functools import cache
from typing import Final

from factcheck.config import ROOT

_NAMES: Final = re.compile(r'^(down_)?revision = "(\w+)"$', re.MULTILINE)


@cache
def known() -> frozenset[str]:
    """Return all migrations that this version of the code brings."""
    return _named(after_another=False)


@cache
def head() -> str:
    """Return the newest migration: the one that no other comes after."""
    (newest,) = known() - _named(after_another=True)
    return newest


def _named(*, after_another: bool) -> frozenset[str]:
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "migrations" / "versions").glob("*.py"))
    return frozenset(
        name for text in texts for down, name in _NAMES.findall(text) if bool(down) is after_another
    )
