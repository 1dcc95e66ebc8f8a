"""`factcheck key …`: what an operator makes, sees, rotates and revokes, and what the keys are then good for."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from factcheck.cli import cli
from newsroom import Newsroom

Command = Callable[..., str]


@pytest.fixture
def command(database_url: str, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `factcheck key` on the database of the application, and return what it prints."""
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", database_url)
    monkeypatch.setenv("FACTCHECK_SECRET_KEY", "x")

    def run(*arguments: str, ok: bool = True) -> str:
        done = CliRunner().invoke(cli, ["key", *arguments])
        assert (done.exit_code == 0) is ok, done.output
        return done.output.strip()

    return run


def status(client: FlaskClient, secret: str, path: str = "/v1/keys", **post: Any) -> int:
    """Return how a call with a secret is answered."""
    headers = {"Authorization": f"Bearer {secret}"}
    return client.open(path, method="POST" if post else "GET", headers=headers, **post).status_code


def listed(command: Command) -> dict[str, Any]:
    return {each["name"]: each for each in json.loads(command("list", "--json"))}


def test_a_key_may_do_what_its_role_and_scopes_say(command: Command, client: FlaskClient) -> None:
    admin = command("create", "--role", "admin", "--name", "desk")
    assert admin.startswith("fck_")
    assert len(admin.split()) == 1
    narrow = command("create", "--role", "admin", "--name", "reads", "--scope", "read", "--scope", "analyse")
    source = {"url": "https://a.example/"}
    assert status(client, admin) == status(client, narrow, "/v1/claims") == 200
    assert status(client, narrow) == 403
    assert status(client, narrow, "/v1/sources", json=source) == 403
    assert status(client, admin, "/v1/sources", json=source) == 201
    found = listed(command)
    assert (found["desk"]["role"], found["desk"]["scopes"], found["desk"]["status"]) == (
        "admin",
        None,
        "active",
    )
    assert found["reads"]["scopes"] == ["analyse", "read"]
    assert admin not in command("list") + command("list", "--json")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--role", "king", "--name", "x"), "'king' is not one of"),
        (("--role", "editor"), "--name"),
        (("--role", "editor", "--name", " "), "1 to 200 characters"),
        (("--role", "editor", "--name", "x" * 201), "1 to 200 characters"),
        (("--role", "editor", "--name", "desk"), "A key named 'desk' exists"),
        (("--role", "editor", "--name", "x", "--scope", "rule"), "'rule' is not one of"),
        (("--role", "editor", "--name", "x", "--expires-in", "soon"), "write 30m, 24h or 90d"),
        (("--role", "editor", "--name", "x", "--expires-in", "0d"), "cannot expire in the past"),
    ],
)
def test_what_is_wrong_makes_no_key(command: Command, arguments: tuple[str, ...], said: str) -> None:
    command("create", "--role", "editor", "--name", "desk")
    before = listed(command)
    assert said in command("create", *arguments, ok=False)
    assert listed(command) == before


def test_the_list_says_when_keys_expire_and_were_used(
    command: Command, app: Flask, client: FlaskClient
) -> None:
    secret = command(
        "create", "--role", "reader", "--name", "ingest", "--expires-in", "90d", "--scope", "read"
    )
    command("create", "--role", "editor", "--name", "desk")
    heading, *rows = command("list").splitlines()
    assert heading.split() == ["NAME", "ROLE", "STATUS", "SCOPES", "LAST", "USED", "EXPIRES"]
    found = listed(command)["ingest"]
    expires = found["expires_at"][:16].replace("T", " ")
    assert rows[0].split(maxsplit=5) == ["ingest", "reader", "active", "read", "never", expires]
    assert rows[1].split() == ["desk", "editor", "active", "all", "never", "never"]
    assert status(client, secret, "/v1/claims") == 200
    app.extensions["factcheck.uses"].store()
    assert listed(command)["ingest"]["last_used_at"] is not None
    assert listed(command)["desk"]["last_used_at"] is None


def test_a_rotated_key_has_a_new_secret_and_the_old_one_for_a_while(
    command: Command, client: FlaskClient, newsroom: Newsroom
) -> None:
    first = command("create", "--role", "admin", "--name", "ingest")
    second = command("rotate", "ingest", "--overlap", "30m", "--reason", "It is time.")
    assert [status(client, secret) for secret in (first, second)] == [200, 200]
    third = command("rotate", "ingest", "--overlap", "0m", "--expires-in", "1d")
    assert [status(client, secret) for secret in (first, second, third)] == [401, 401, 200]
    found = listed(command)["ingest"]
    assert found["expires_at"] is not None
    assert found["previous_secret_until"] is None
    assert "at most 30d" in command("rotate", "ingest", "--overlap", "31d", ok=False)
    assert "would have" in command("rotate", "ingest", "--expires-in", "0d", ok=False)
    assert "There is no key named 'nobody'" in command("rotate", "nobody", ok=False)
    history = newsroom.get(f"/v1/keys/{found['id']}/history", role="admin")["items"]
    assert [(item["action"], item["by"], item["reason"]) for item in history] == [
        ("created", "factcheck key", None),
        ("rotated", "factcheck key", "It is time."),
        ("rotated", "factcheck key", None),
    ]
    assert not {first, second, third} & set(json.dumps(history).replace('"', " ").split())


def test_a_revoked_key_is_taken_no_more(command: Command, client: FlaskClient, newsroom: Newsroom) -> None:
    secret = command("create", "--role", "admin", "--name", "ingest")
    assert (
        command("revoke", "ingest", "--reason", "It was in a repository.") == "The key 'ingest' is revoked."
    )
    assert status(client, secret) == 401
    found = listed(command)["ingest"]
    assert found["status"] == "revoked"
    history = newsroom.get(f"/v1/keys/{found['id']}/history", role="admin")["items"]
    assert (history[-1]["action"], history[-1]["reason"]) == ("revoked", "It was in a repository.")
    assert "revoked already" in command("revoke", "ingest", ok=False)
    assert "revoked already" in command("rotate", "ingest", ok=False)
    # Its name stays taken: it stands in the history of what it changed.
    assert "exists" in command("create", "--role", "admin", "--name", "ingest", ok=False)
    assert "There is no key named 'nobody'" in command("revoke", "nobody", ok=False)
