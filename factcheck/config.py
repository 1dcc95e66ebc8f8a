"""Settings: `FACTCHECK_*` environment variables, read once and checked at the start."""

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final, Self
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

ROOT: Final = Path(__file__).parent.parent
"""Where the package stands, with its migrations and seed beside it."""
METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus_client knows where several processes keep their numbers."""
_DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")


class SettingError(ValueError):
    """A setting has a value that the service cannot start with."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(f"{name} {sentence}")


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator can set. `from_environ` reads and checks the values."""

    database_url: str
    # Standbys of PostgreSQL; the same as `database_url` where there are none.
    read_database_url: str
    # Seconds; a statement of PostgreSQL that takes longer is stopped. 0: no limit, for commands.
    database_connect_timeout: int = 5
    database_statement_timeout: int = 30
    # Whether PgBouncer in transaction mode stands before PostgreSQL.
    pgbouncer: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = "http://127.0.0.1:8000"
    secret_key: str = ""
    # How SQLite brings a commit to the disk: FULL, or NORMAL, which a power cut can take back.
    sqlite_synchronous: str = "FULL"
    max_flags: int = 50
    # Memory for answers about claims that are kept, in each process; see `caching`.
    cache_mb: int = 64
    # Under which name each process takes a core for its threads, "" for none; see `cores`.
    own_core: str = ""
    # Whether the page of a review carries it as ClaimReview, for search engines.
    claim_review: bool = True
    # Who may frame the embeds, as in Content-Security-Policy; "" for anybody.
    frame_ancestors: str = ""
    model: str = ""
    # The operator's own judge; see `judge`. Without an address nothing leaves the machine.
    judge_url: str = ""
    judge_model: str = ""
    judge_key: str = field(default="", repr=False)
    judge_daily: int = 200
    judge_timeout: int = 20
    # How a line of the log looks ("" for text on a terminal and JSON elsewhere), and which requests get one.
    log_format: str = ""
    log_requests: str = "changes"

    # How often somebody may call, such as "20/minute", "" for no limit; see `limits`. What `from_environ`
    # takes where nothing is set is stricter than these.
    limit_reads: str = ""
    limit_writes: str = ""
    limit_analysis: str = ""
    limit_failed_keys: str = ""
    limit_storage: str = field(default="memory://", repr=False)
    trusted_proxies: tuple[str, ...] = ()

    @property
    def asks_judge(self) -> bool:
        """Tell whether questions are put to a judge outside."""
        return bool(self.judge_url and self.judge_daily)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read `FACTCHECK_*`; raise `SettingError`, which names the variable, on a wrong value."""
        env = os.environ if environ is None else environ
        instance = Path("instance")
        default_database = f"sqlite:///{(instance / 'factcheck.sqlite3').absolute()}"
        database_url = _database("FACTCHECK_DATABASE_URL", env, default_database)
        host = env.get("FACTCHECK_HOST", "127.0.0.1")
        if not host or any(character.isspace() for character in host):
            raise SettingError("FACTCHECK_HOST", f"must be the address to listen on; it is {host!r}.")
        port = _integer("FACTCHECK_PORT", env, 8000, 1, 65535)
        return cls(
            database_url=database_url,
            read_database_url=_standbys(env, database_url),
            database_connect_timeout=_integer("FACTCHECK_DATABASE_CONNECT_TIMEOUT", env, 5, 1, 60),
            database_statement_timeout=_integer("FACTCHECK_DATABASE_STATEMENT_TIMEOUT", env, 30, 1, 3600),
            pgbouncer=_switch("FACTCHECK_PGBOUNCER", env, False),
            host=host,
            port=port,
            public_url=_public_url(env, f"http://{host}:{port}"),
            secret_key=env.get("FACTCHECK_SECRET_KEY") or _kept_secret(instance),
            sqlite_synchronous=_one_of("FACTCHECK_SQLITE_SYNCHRONOUS", env, "FULL", ("FULL", "NORMAL")),
            max_flags=_integer("FACTCHECK_MAX_FLAGS", env, 50, 1, 1000),
            cache_mb=_integer("FACTCHECK_CACHE_MB", env, 64, 0, 100_000),
            own_core=_own_core(env),
            claim_review=_switch("FACTCHECK_CLAIM_REVIEW", env, True),
            frame_ancestors=_frame_ancestors(env),
            model=env.get("FACTCHECK_MODEL", ""),
            judge_url=_judge_url(env),
            judge_model=_judge_model(env),
            judge_key=_judge_key(env),
            judge_daily=_integer("FACTCHECK_JUDGE_DAILY", env, 200, 0, 100_000),
            judge_timeout=_integer("FACTCHECK_JUDGE_TIMEOUT", env, 20, 1, 120),
            log_format=_one_of("FACTCHECK_LOG_FORMAT", env, "", ("json", "text")),
            log_requests=_one_of("FACTCHECK_LOG_REQUESTS", env, "changes", ("all", "changes", "errors")),
            limit_reads=_limit("FACTCHECK_LIMIT_READS", env, "none"),
            limit_writes=_limit("FACTCHECK_LIMIT_WRITES", env, "1200/minute"),
            limit_analysis=_limit("FACTCHECK_LIMIT_ANALYSIS", env, "120/minute"),
            limit_failed_keys=_limit("FACTCHECK_LIMIT_FAILED_KEYS", env, "20/minute"),
            limit_storage=_limit_storage(env),
            trusted_proxies=_trusted_proxies(env),
        )


def _integer(name: str, env: Mapping[str, str], default: int, low: int, high: int) -> int:
    raw = env.get(name, str(default))
    if not (raw.isascii() and raw.isdigit() and low <= int(raw) <= high):
        raise SettingError(name, f"must be a whole number from {low} to {high}; it is {raw!r}.")
    return int(raw)


def _switch(name: str, env: Mapping[str, str], default: bool) -> bool:
    raw = env.get(name, "on" if default else "off")
    if raw not in ("on", "off"):
        raise SettingError(name, f"must be on or off; it is {raw!r}.")
    return raw == "on"


def _own_core(env: Mapping[str, str]) -> str:
    raw = env.get("FACTCHECK_OWN_CORE", "off")
    if not re.fullmatch("[a-z0-9-]{1,32}", raw):
        raise SettingError(
            "FACTCHECK_OWN_CORE", f"must be on, off, or a name of up to 32 of a-z, 0-9 and -; it is {raw!r}."
        )
    return "" if raw == "off" else raw


def _one_of(name: str, env: Mapping[str, str], default: str, words: tuple[str, ...]) -> str:
    raw = env.get(name, "") or default
    if raw and raw not in words:
        raise SettingError(name, f"must be {', '.join(words[:-1])} or {words[-1]}; it is {raw!r}.")
    return raw


def _database(name: str, env: Mapping[str, str], default: str) -> str:
    raw = env.get(name, default)
    try:
        url = make_url(raw)
    except ArgumentError:
        raise SettingError(name, "must be a database address such as sqlite:///news.sqlite3.") from None
    backend = url.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise SettingError(name, f"must start with sqlite: or postgresql:, not {backend}:.")
    if url.drivername not in _DRIVERS:
        raise SettingError(name, f"must name one of the drivers {', '.join(_DRIVERS)}, not {url.drivername}.")
    if backend == "sqlite" and (not url.database or ":memory:" in url.database):
        raise SettingError(name, "must name a file: a database in memory would lose what is stored.")
    return raw


def _standbys(env: Mapping[str, str], database_url: str) -> str:
    name = "FACTCHECK_READ_DATABASE_URL"
    raw = _database(name, env, database_url)
    if raw != database_url and not (raw.startswith("postgresql") and database_url.startswith("postgresql")):
        raise SettingError(name, "must name standbys of PostgreSQL; leave it out where there are none.")
    return raw


def _public_url(env: Mapping[str, str], default: str) -> str:
    raw = env.get("FACTCHECK_PUBLIC_URL", default).rstrip("/")
    try:
        parts = urlsplit(raw)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise SettingError(
            "FACTCHECK_PUBLIC_URL",
            f"must be the http(s) address that readers use, such as https://facts.example; it is {raw!r}.",
        )
    return raw


_ANCESTOR = re.compile(r"'self'|https?:|(https?://)?(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:([0-9]+|\*))?")


def _frame_ancestors(env: Mapping[str, str]) -> str:
    raw = " ".join(env.get("FACTCHECK_FRAME_ANCESTORS", "*").split())
    if raw == "*":
        return ""
    if raw != "'none'" and not (raw and all(_ANCESTOR.fullmatch(word) for word in raw.split(" "))):
        raise SettingError(
            "FACTCHECK_FRAME_ANCESTORS",
            "must be *, 'none', or sites that may frame the embeds, such as "
            f"https://herald.example https://*.herald.example; it is {raw!r}.",
        )
    return raw


def _judge_url(env: Mapping[str, str]) -> str:
    """Return the judge's address, "" for none; what is wrong is not repeated, for it may hold a secret."""
    raw = env.get("FACTCHECK_JUDGE_URL", "")
    if not raw:
        return ""
    try:
        parts = urlsplit(raw)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or "#" in raw or not raw.isprintable() or " " in raw:
        raise SettingError(
            "FACTCHECK_JUDGE_URL",
            "must be the http(s) address of chat completions, such as "
            "http://127.0.0.1:8080/v1/chat/completions.",
        )
    if "@" in parts.netloc:
        raise SettingError("FACTCHECK_JUDGE_URL", "must hold no password; give it as FACTCHECK_JUDGE_KEY.")
    return raw


def _judge_model(env: Mapping[str, str]) -> str:
    raw = env.get("FACTCHECK_JUDGE_MODEL", "")
    if env.get("FACTCHECK_JUDGE_URL") and not raw.strip():
        raise SettingError(
            "FACTCHECK_JUDGE_MODEL", "must name the model to ask, because FACTCHECK_JUDGE_URL is set."
        )
    if len(raw) > 200 or not raw.isprintable():
        raise SettingError("FACTCHECK_JUDGE_MODEL", "must be a name of at most 200 characters.")
    return raw.strip()


def _judge_key(env: Mapping[str, str]) -> str:
    raw = env.get("FACTCHECK_JUDGE_KEY", "")
    if not all("!" <= character <= "~" for character in raw):
        raise SettingError(
            "FACTCHECK_JUDGE_KEY", "must be plain ASCII without spaces; it is sent in a header."
        )
    return raw


_LIMIT = re.compile(r"[1-9][0-9]{0,8}/([1-9][0-9]{0,4} ?)?(second|minute|hour|day)s?")


def _limit(name: str, env: Mapping[str, str], default: str) -> str:
    raw = env.get(name, default).strip()
    if raw == "none":
        return ""
    if not _LIMIT.fullmatch(raw):
        raise SettingError(
            name, f"must be none, or a limit such as 20/minute or 500/10 minutes, not {raw!r}."
        )
    return raw


def _limit_storage(env: Mapping[str, str]) -> str:
    """Return where calls are counted; what is wrong is not repeated, for it may hold a password."""
    raw = env.get("FACTCHECK_RATE_LIMIT_STORAGE", "memory://")
    if raw != "memory://" and not re.match(r"(redis|rediss|redis\+unix|redis\+sentinel)://.", raw):
        raise SettingError(
            "FACTCHECK_RATE_LIMIT_STORAGE",
            "must be memory://, or a Redis such as redis://redis.example:6379/0.",
        )
    if raw != "memory://" and find_spec("redis") is None:
        raise SettingError("FACTCHECK_RATE_LIMIT_STORAGE", "needs a library: pip install 'factcheck[redis]'.")
    return raw


def _trusted_proxies(env: Mapping[str, str]) -> tuple[str, ...]:
    raw = env.get("FACTCHECK_TRUSTED_PROXIES", "").replace(",", " ").split()
    try:
        return tuple(str(ip_network(word)) for word in raw)
    except ValueError:
        raise SettingError(
            "FACTCHECK_TRUSTED_PROXIES",
            f"must be addresses or networks, such as 10.0.0.0/8 127.0.0.1; it is {' '.join(raw)!r}.",
        ) from None


def _kept_secret(instance: Path) -> str:
    """Return the secret kept beside the embedded database, so that cursors outlive a restart."""
    path = instance / "secret_key"
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        pass
    instance.mkdir(exist_ok=True)
    # Written aside and linked in place: of two workers that start at once, one wins, and the other
    # reads what that one wrote, whole.
    with NamedTemporaryFile("w", dir=instance, encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32))
        file.flush()
        with suppress(FileExistsError):
            os.link(file.name, path)
    return path.read_text(encoding="ascii")
