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
        ("FACTCHECK_SQLITE_SYNCHRONOUS", "OFF"),
        ("FACTCHECK_CLAIM_REVIEW", "yes"),
        ("FACTCHECK_CLAIM_REVIEW", ""),
        ("FACTCHECK_PUBLIC_URL", "facts.example"),
        ("FACTCHECK_PUBLIC_URL", "https://facts.example/?x=1"),
        ("FACTCHECK_FRAME_ANCESTORS", ""),
        ("FACTCHECK_FRAME_ANCESTORS", "https://a.example; script-src *"),
        ("FACTCHECK_FRAME_ANCESTORS", "'none' https://a.example"),
        ("FACTCHECK_FRAME_ANCESTORS", "https://a.example/path"),
        ("FACTCHECK_FRAME_ANCESTORS", "https://a.example,https://b.example"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"^{name} must .*\\.$"):
        Settings.from_environ({name: value})


def test_a_core_of_its_own_is_claimed_under_a_name() -> None:
    assert not Settings.from_environ({}).own_core
    assert not Settings.from_environ({"FACTCHECK_OWN_CORE": "off"}).own_core
    assert Settings.from_environ({"FACTCHECK_OWN_CORE": "on"}).own_core == "on"
    assert Settings.from_environ({"FACTCHECK_OWN_CORE": "desk-2"}).own_core == "desk-2"
    with pytest.raises(SettingError, match="FACTCHECK_OWN_CORE must be on, off, or a name"):
        Settings.from_environ({"FACTCHECK_OWN_CORE": "../core"})


def test_claim_review_is_a_switch() -> None:
    assert Settings.from_environ({}).claim_review
    assert Settings.from_environ({"FACTCHECK_CLAIM_REVIEW": "on"}).claim_review
    assert not Settings.from_environ({"FACTCHECK_CLAIM_REVIEW": "off"}).claim_review


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, ""),
        ("*", ""),
        ("'none'", "'none'"),
        ("  'self'   https://herald.example ", "'self' https://herald.example"),
        (
            "https://*.herald.example:8443 http://localhost:* b.example https:",
            "https://*.herald.example:8443 http://localhost:* b.example https:",
        ),
    ],
)
def test_who_may_frame_is_a_list_of_sites(elsewhere: Path, given: str | None, kept: str) -> None:
    env = {} if given is None else {"FACTCHECK_FRAME_ANCESTORS": given}
    assert Settings.from_environ(env).frame_ancestors == kept


JUDGE = {"FACTCHECK_JUDGE_URL": "https://judge.example/v1/chat/completions", "FACTCHECK_JUDGE_MODEL": "m"}


def test_no_judge_is_asked_unless_one_is_named(elsewhere: Path) -> None:
    settings = Settings.from_environ({"FACTCHECK_JUDGE_KEY": "k", "FACTCHECK_JUDGE_MODEL": "m"})
    assert (settings.judge_url, settings.asks_judge) == ("", False)


def test_a_judge_is_an_address_and_a_model(elsewhere: Path) -> None:
    settings = Settings.from_environ(JUDGE | {"FACTCHECK_JUDGE_KEY": "sk-secret"})
    assert settings.asks_judge
    assert (settings.judge_url, settings.judge_model) == (*JUDGE.values(),)
    assert (settings.judge_key, settings.judge_daily, settings.judge_timeout) == ("sk-secret", 200, 20)
    assert "sk-secret" not in repr(settings)
    assert not Settings.from_environ(JUDGE | {"FACTCHECK_JUDGE_DAILY": "0"}).asks_judge


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FACTCHECK_JUDGE_URL", "judge.example"),
        ("FACTCHECK_JUDGE_URL", "ftp://judge.example/secret"),
        ("FACTCHECK_JUDGE_URL", "http://"),
        ("FACTCHECK_JUDGE_URL", "http://["),
        ("FACTCHECK_JUDGE_URL", "http://judge.example:99999/secret"),
        ("FACTCHECK_JUDGE_URL", "http://user:secret@judge.example/"),
        ("FACTCHECK_JUDGE_URL", "http://judge.example/#secret"),
        ("FACTCHECK_JUDGE_URL", "http://judge.example/a b"),
        ("FACTCHECK_JUDGE_MODEL", ""),
        ("FACTCHECK_JUDGE_MODEL", " "),
        ("FACTCHECK_JUDGE_MODEL", "m\nn"),
        ("FACTCHECK_JUDGE_MODEL", "m" * 201),
        ("FACTCHECK_JUDGE_KEY", "secret\r\nX: y"),
        ("FACTCHECK_JUDGE_KEY", "secret\u00e9"),
        ("FACTCHECK_JUDGE_DAILY", "-1"),
        ("FACTCHECK_JUDGE_DAILY", "100001"),
        ("FACTCHECK_JUDGE_TIMEOUT", "0"),
        ("FACTCHECK_JUDGE_TIMEOUT", "121"),
        ("FACTCHECK_JUDGE_TIMEOUT", "2.5"),
    ],
)
def test_a_wrong_judge_is_refused_by_name_and_no_secret_is_shown(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"^{name} must .*\\.$") as refused:
        Settings.from_environ(JUDGE | {name: value})
    assert "secret" not in str(refused.value)
