from pathlib import Path

import pytest

from factcheck.config import SettingError, Settings


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_defaults(elsewhere: Path) -> None:
    settings = Settings.from_environ({})
    assert settings.database_url == f"sqlite:///{elsewhere}/instance/factcheck.sqlite3"
    assert settings.read_database_url == settings.database_url
    assert settings.public_url == "http://127.0.0.1:8000"
    assert len(settings.secret_key) > 30


def test_the_secret_outlives_a_restart_and_is_for_the_owner_only(elsewhere: Path) -> None:
    first = Settings.from_environ({}).secret_key
    assert Settings.from_environ({}).secret_key == first
    assert (elsewhere / "instance/secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FACTCHECK_DATABASE_URL", "nonsense"),
        ("FACTCHECK_DATABASE_URL", "mysql://localhost/x"),
        ("FACTCHECK_DATABASE_URL", "sqlite://"),
        ("FACTCHECK_READ_DATABASE_URL", "sqlite:///:memory:"),
        ("FACTCHECK_DATABASE_URL", "sqlite+aiosqlite:///x"),
        ("FACTCHECK_DATABASE_URL", "sqlite:///file::memory:?uri=true"),
        ("FACTCHECK_HOST", ""),
        ("FACTCHECK_PUBLIC_URL", "http://["),
        ("FACTCHECK_PORT", "0"),
        ("FACTCHECK_PORT", "http"),
        ("FACTCHECK_PORT", "70000"),
        ("FACTCHECK_MAX_FLAGS", "-1"),
        ("FACTCHECK_PUBLIC_URL", "facts.example"),
        ("FACTCHECK_PUBLIC_URL", "https://facts.example/?x=1"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"^{name} must .*\\.$"):
        Settings.from_environ({name: value})
