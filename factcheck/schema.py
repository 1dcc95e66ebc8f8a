"""The schema of the database: run the migrations, and tell which one the code needs."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

ROOT = Path(__file__).parent.parent


def config(url: str) -> Config:
    """Return Alembic's configuration (in pyproject.toml) for one database."""
    found = Config(toml_file=str(ROOT / "pyproject.toml"))
    found.attributes["url"] = url
    return found


@cache
def head() -> str | None:
    """Return the newest migration."""
    return _scripts().get_current_head()


@cache
def known() -> frozenset[str]:
    """Return all migrations that this version of the code brings."""
    return frozenset(script.revision for script in _scripts().walk_revisions())


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(ROOT / "migrations"))


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the tables to a revision."""
    command.upgrade(config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the tables back to a revision; `base` drops them all."""
    command.downgrade(config(url), revision)
