"""Who may call what: every route, for every kind of caller, on what is public and on a draft."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import Mock, patch
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from conftest import settings_for
from counting import queries_of
from factcheck import auth, create_app, headers, keys
from factcheck.auth import MACHINE, ApiKey, Asked, Role, Scope
from factcheck.db import Base, now
from factcheck.keys import Uses
from factcheck.limits import Limits
from factcheck.problems import Problem
from newsroom import Newsroom

ALL = "200 200 200 200 200 200"
NEW = "401 403 201 201 201 201"
DRAFT = "404 404 200 404 200 200"
OWN = "401 403 200 404 200 200"
DESK = "401 403 403 403 200 200"
DESK_NEW = "401 403 403 403 201 201"
DESK_SEES = "404 404 404 404 200 200"
NONE = "404 404 404 404 404 404"
ADMIN = "401 403 403 403 403 200"
TEXT = {"text": "It swayed.", "speaker": {"name": "Nobody"}, "source": {"url": "https://n.example/"}}
WHY = {"reason": "r"}
VERDICT = {"author": {"name": "A"}, "published_on": "2026-01-01", "rating": {"name": "False"}}
MARKUP = {
    "pageUrl": "https://m.example/2",
    "claimReviewMarkups": [{"claimReviewed": "x", "rating": {"textualRating": "False"}}],
}

# Each route: what it answers to nobody, a reader, the contributor whose draft it is, another contributor,
# an editor, an admin; about what is public, and about a draft where it is about one thing. Then a body.
TABLE: dict[str, tuple[Any, ...]] = {
    "GET /v1/statements": (ALL,),
    "POST /v1/statements": (NEW, None, TEXT),
    "GET /v1/statements/<statement>": (ALL, DRAFT),
    "PATCH /v1/statements/<statement>": (DESK, OWN, {"said_to": "Pier Radio", **WHY}),
    "DELETE /v1/statements/<statement>": (DESK, OWN, WHY),
    "GET /v1/statements/<statement>/history": (ALL, DRAFT),
    "GET /v1/statements/<statement>/annotation": (ALL, NONE),
    "GET /v1/statements/<statement>/links/<claim>": (ALL, DRAFT),
    "PUT /v1/statements/<statement>/links/<claim>": (DESK, OWN, {"stance": "disputes"}),
    "DELETE /v1/statements/<statement>/links/<claim>": (DESK, OWN, WHY),
    "POST /v1/check": ("401 403 200 200 200 200", None, TEXT),
    "POST /v1/extract": ("401 403 200 200 200 200", None, {"text": "“No,” said Ana Ruiz."}),
    "GET /v1/claims": (ALL,),
    "POST /v1/claims": (NEW, None, {"text": "It was painted."}),
    "GET /v1/claims/<claim>": (ALL, DRAFT),
    "PATCH /v1/claims/<claim>": (DESK, OWN, {"kind": "event", **WHY}),
    "DELETE /v1/claims/<claim>": (DESK, OWN, WHY),
    "POST /v1/claims/<claim>/merge": (DESK, DESK, {"into": "two", **WHY}),
    "GET /v1/claims/<claim>/history": (ALL, DRAFT),
    "GET /v1/claims/<claim>/relations": (ALL, DRAFT),
    "POST /v1/claims/<claim>/relations": (DESK_NEW, DESK_NEW, {"to": "three", "type": "implies"}),
    "GET /v1/claims/<claim>/relations/<relation>": (ALL, DRAFT),
    "DELETE /v1/claims/<claim>/relations/<relation>": (DESK, DESK, WHY),
    "GET /v1/claims/<claim>/view": (ALL, DRAFT),
    "GET /v1/contradictions": (ALL,),
    "GET /v1/contradictions/<contradiction>": (ALL, DESK_SEES),
    "POST /v1/contradictions/<contradiction>/decision": (DESK, DESK, {"status": "confirmed", **WHY}),
    "GET /v1/contradictions/<contradiction>/history": (DESK, DESK),
    "GET /v1/entities": (ALL,),
    "POST /v1/entities": (NEW, None, {"name": "Somebody New"}),
    "GET /v1/entities/<entity>": (ALL, DRAFT),
    "PATCH /v1/entities/<entity>": (DESK, DESK, {"job_title": "pilot"}),
    "POST /v1/entities/<entity>/merge": (DESK, DESK, {"into": "dana-ruiz", **WHY}),
    "GET /v1/entities/<entity>/history": (DESK, DESK),
    "GET /v1/sources": (ALL,),
    "POST /v1/sources": (NEW, None, {"url": "https://n.example/2"}),
    "GET /v1/sources/<source>": (ALL, DRAFT),
    "PATCH /v1/sources/<source>": (DESK, DESK, {"headline": "h"}),
    "GET /v1/sources/<source>/history": (DESK, DESK),
    "GET /v1/sources/<source>/annotations": (ALL, NONE),
    "GET /v1/sources/<source>/snapshot": ("401 200 200 200 200 200", "401 404 200 404 200 200"),
    "PUT /v1/sources/<source>/snapshot": (DESK, OWN, {"text": "words"}),
    "GET /v1/reviews": (ALL,),
    "POST /v1/reviews": (DESK_NEW, None, {"claim": "one", **VERDICT}),
    "GET /v1/reviews/<review>": (ALL, DESK_SEES),
    "PATCH /v1/reviews/<review>": (DESK, DESK, {"title": "t", **WHY}),
    "DELETE /v1/reviews/<review>": (DESK, DESK, WHY),
    "GET /v1/reviews/<review>/history": (DESK, DESK),
    "GET /v1/search": (ALL,),
    "GET /v1/markup-pages/<page>/history": (DESK,),
    "GET /v1/keys": (ADMIN,),
    "POST /v1/keys": ("401 403 403 403 403 201", None, {"name": "n", "role": "reader"}),
    "GET /v1/keys/<key>": (ADMIN,),
    "POST /v1/keys/<key>/rotate": (ADMIN, None, {}),
    "POST /v1/keys/<key>/revoke": (ADMIN, None, WHY),
    "GET /v1/keys/<key>/history": (ADMIN,),
    "GET /v1alpha1/claims:search": (ALL,),
    "GET /v1alpha1/pages": (ALL,),
    "POST /v1alpha1/pages": (DESK, None, MARKUP),
    "GET /v1alpha1/pages/<page>": (ALL,),
    "PUT /v1alpha1/pages/<page>": (DESK, None, MARKUP),
    "DELETE /v1alpha1/pages/<page>": (DESK,),
    "GET /feeds/<name>.<any(atom, json):form>": (ALL,),
    "GET /exports/<name>.csv": (ALL,),
    "GET /metrics": (DESK,),
}
# What looks at no key: the same to everybody, on what is public and on a draft.
PAGES = {
    "/": (200,),
    "/claims/<claim>": (200, 404),
    "/claims/<claim>.jsonld": (200, 404),
    "/claims/<claim>/picture.png": (200, 404),
    "/statements/<statement>": (200, 404),
    "/statements/<statement>.jsonld": (200, 404),
    "/contradictions/<contradiction>": (200, 404),
    "/reviews/<review>": (200, 404),
    "/reviews/<review>.jsonld": (200, 404),
    "/entities/<entity>": (200, 404),
    "/entities/<entity>.jsonld": (200, 404),
    "/embed/claims/<claim>": (200, 404),
    "/embed/statements/<statement>": (200, 404),
    "/embed/contradictions/<contradiction>": (200, 404),
    "/exports/claims/<claim>.ninjs.json": (200, 404),
    "/exports/claims/<claim>.argdown": (200, 404),
    "/exports/statements/<statement>.ans.json": (200, 404),
    "/oembed": (200,),
    "/v1alpha1/claims:imageSearch": (501,),
    "/embed.js": (200,),
    "/ns/factcheck.jsonld": (200,),
    "/static/<path:filename>": (200,),
    "/openapi.json": (200,),
    "/docs/": (200,),
    "/docs/<path:path>": (200,),
    "/healthz": (200,),
    "/readyz": (200,),
}
ROLES = ("public", "reader", "contributor", "colleague", "editor", "admin")
QUERIES = {
    "/v1/search": "?q=swayed",
    "/v1alpha1/claims:search": "?query=swayed",
    "/v1alpha1/pages": "?url=https://m.example/1",
    "/oembed": "?url=http://127.0.0.1:8000/claims/one",
}
FIXED = {
    "<name>.<any(atom, json):form>": "statements.json",
    "<name>.csv": "statements.csv",
    "<path:filename>": "embed.js",
    "<path:path>": "index.css",
}
# What the rule calls a key, by what stands before it.
NAMED = {"claims": "claim", "statements": "statement", "contradictions": "contradiction"} | {
    "reviews": "review", "entities": "entity", "sources": "source", "keys": "key", "links": "claim",
    "relations": "relation", "pages": "page", "markup-pages": "page",
}  # fmt: skip


def named(rule: str) -> str:
    """Return a rule as it stands in the table: each key called by what it is a key of."""
    parts = rule.split("/")
    for i, part in enumerate(parts):
        for key in ("<key>", "<claim_key>", "<relation_key>"):
            if part.startswith(key):
                parts[i] = part.replace(key, f"<{NAMED[parts[i - 1]]}>")
    return "/".join(parts)


@pytest.fixture
def things(newsroom: Newsroom) -> dict[str, tuple[str, ...]]:
    """Something public of every kind, and a draft of the contributor, by the words of the table."""
    for slug in ("one", "two", "three"):
        newsroom.claim(slug)
    relation = newsroom.relate("one", "contradicts", "two")
    said = newsroom.statement("Ilse Brandt", "It swayed in the wind.", supports="one")
    newsroom.statement("Dana Ruiz", "It stood like a rock.", disputes="one")
    [flag] = newsroom.contradictions()
    newsroom.statement("Tom Lee", "It swayed a little.", supports="three")
    newsroom.statement("Tom Lee", "It never swayed.", disputes="three")
    dismissed = next(each for each in newsroom.contradictions() if each["id"] != flag["id"])
    newsroom.post(
        f"/v1/contradictions/{dismissed['id']}/decision", {"status": "dismissed", **WHY}, status=200
    )
    newsroom.change("PUT", f"/v1/sources/{said['source']['id']}/snapshot", {"text": "It swayed."})
    review = newsroom.post("/v1/reviews", {"claim": "one", **VERDICT})

    newsroom.claim("draft", role="contributor")
    draft = newsroom.statement(
        "Hidden Person",
        "It will sway.",
        role="contributor",
        source={"url": "https://hidden.example/"},
        supports="draft",
    )
    hidden = draft["source"]["id"]
    newsroom.change("PUT", f"/v1/sources/{hidden}/snapshot", {"text": "It will sway."}, role="contributor")
    drawn = newsroom.post("/v1/claims/draft/relations", {"to": "one", "type": "implies"})
    unseen = newsroom.post("/v1/reviews", {"claim": "draft", **VERDICT})
    page = newsroom.post("/v1alpha1/pages", {**MARKUP, "pageUrl": "https://m.example/1"}, status=200)[
        "name"
    ].partition("/")[2]
    key = newsroom.get("/v1/keys", role="admin")["items"][0]["id"]
    return {
        "statement": (said["id"], draft["id"]),
        "claim": ("one", "draft"),
        "relation": (relation["id"], drawn["id"]),
        "contradiction": (flag["id"], dismissed["id"]),
        "entity": ("ilse-brandt", "hidden-person"),
        "source": (said["source"]["id"], hidden),
        "review": (review["id"], unseen["id"]),
        "page": (page,),
        "key": (key,),
    }


@pytest.fixture
def nothing_stays(things: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, what is written is rolled back: each call finds what stood at the start."""
    monkeypatch.setattr(Session, "commit", Session.flush)


def path(rule: str, things: dict[str, tuple[str, ...]], draft: bool) -> str:
    for pattern, value in FIXED.items():
        rule = rule.replace(pattern, value)
    for kind, ids in things.items():
        rule = rule.replace(f"<{kind}>", ids[-1 if draft else 0])
    return rule


def calls(things: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, str, Any, list[int], str]]:
    """Give method, path, body and the statuses for each role of every case in the table."""
    for route, (public, *rest) in TABLE.items():
        method, _, rule = route.partition(" ")
        body = rest[1] if len(rest) > 1 else None
        query = QUERIES.get(rule, "") if method == "GET" else ""
        yield (
            method,
            path(rule, things, False) + query,
            body,
            [int(status) for status in public.split()],
            route,
        )
        if rest and rest[0]:
            yield method, path(rule, things, True), body, [int(status) for status in rest[0].split()], route


def test_every_route_stands_in_the_table(app: Flask) -> None:
    """A new route comes with a line that says who may call it."""
    routes = {
        (method, named(rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    listed = {tuple(route.split(" ", 1)) for route in TABLE} | {("GET", rule) for rule in PAGES}
    assert routes == listed


def test_every_route_for_every_role(
    newsroom: Newsroom, things: dict[str, tuple[str, ...]], nothing_stays: None
) -> None:
    wrong = []
    for method, address, body, statuses, _ in calls(things):
        for role, status in zip(ROLES, statuses, strict=True):
            match = {} if method == "GET" else {"If_Match": "*"}
            response = newsroom.call(method, address, body, role=role, **match)
            if response.status_code != status:
                wrong.append(f"{method} {address} as {role}: {response.status_code}, not {status}")
    assert not wrong, "\n".join(wrong)


def test_a_key_that_is_none_is_refused_everywhere_and_one_out_of_scope_too(
    app: Flask, newsroom: Newsroom, things: dict[str, tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = bad_keys(app)
    monkeypatch.setattr(Session, "commit", Session.flush)
    wrong = []
    asked: dict[str, Asked] = app.extensions["factcheck.asked"]
    scopes = {
        (method, named(rule.rule)): asked[rule.endpoint].scope
        for rule in app.url_map.iter_rules()
        for method in rule.methods
    }
    for method, address, body, _, route in calls(things):
        scope = scopes[tuple(route.split(" ", 1))]
        cases = [(name, keys[name], 401) for name in ("wrong", "expired", "revoked", "rotated")]
        cases += [("out of scope", keys[f"not {scope}"], 403)]
        for name, secret, status in cases:
            headers = {"Authorization": f"Bearer {secret}", "If-Match": "*"}
            response = newsroom.client.open(address, method=method, json=body, headers=headers)
            if response.status_code != status:
                wrong.append(f"{method} {address}, {name}: {response.status_code}, not {status}")
    assert not wrong, "\n".join(wrong)


def bad_keys(app: Flask) -> dict[str, str]:
    """Secrets that are not taken, and for each scope the key of an admin that has all but this one."""
    with app.extensions["factcheck.database"].writing() as session:
        made = {"wrong": "fck_" + "x" * 43}
        key, made["expired"] = ApiKey.issue(session, name="expired", role=Role.admin)
        key.expires_at = now() - timedelta(seconds=1)
        key, made["revoked"] = ApiKey.issue(session, name="revoked", role=Role.admin)
        key.revoked_at = now()
        key, made["rotated"] = ApiKey.issue(session, name="rotated", role=Role.admin)
        key.renew(now() - timedelta(seconds=1))
        for scope in Scope:
            rest = [each for each in Scope if each is not scope]
            name = f"not {scope}"
            made[name] = ApiKey.issue(session, name=name, role=Role.admin, scopes=rest)[1]
        session.commit()
    return made


def test_pages_are_the_same_to_everybody(newsroom: Newsroom, things: dict[str, tuple[str, ...]]) -> None:
    wrong = []
    for rule, statuses in PAGES.items():
        for draft, status in enumerate(statuses):
            for role in ("public", "contributor", "editor"):
                address = path(rule, things, bool(draft)) + QUERIES.get(rule, "")
                response = newsroom.call("GET", address, role=role)
                response.close()
                if response.status_code != status:
                    wrong.append(f"{rule} {'draft' if draft else ''} as {role}: {response.status_code}")
    assert not wrong, "\n".join(wrong)


def test_a_route_that_declares_nothing_stops_the_start(app: Flask) -> None:
    app._got_first_request = False
    app.add_url_rule("/secret", "secret", lambda: "")
    with pytest.raises(RuntimeError, match=r"/secret .* does not say who may call it"):
        headers.check(app, frozenset({"static", "api-docs.openapi_json", "swagger_ui.show"}))


def test_what_a_key_with_scopes_may(newsroom: Newsroom) -> None:
    """A key of the CMS only reads, a key of the ingest only posts, whatever their role may."""
    made = {
        scope: newsroom.post("/v1/keys", {"name": scope, "role": "editor", "scopes": [scope]}, role="admin")
        for scope in ("read", "post")
    }
    newsroom.keys |= {scope: key["secret"] for scope, key in made.items()}
    newsroom.post("/v1/statements", TEXT, role="read", status=403)
    refused = newsroom.post("/v1/statements", TEXT, role="read", status=403)
    assert refused["detail"] == "This call needs the scope post; the key 'read' has: read."
    newsroom.get("/v1/statements", role="read")
    said = newsroom.post("/v1/statements", TEXT, role="post")
    newsroom.get(f"/v1/statements/{said['id']}", role="post", status=403)
    for path in ("/feeds/statements.atom", "/exports/statements.csv", "/v1alpha1/claims:search?query=x"):
        assert newsroom.call("GET", path, role="post").status_code == 403


def test_the_life_of_a_key(newsroom: Newsroom, app: Flask) -> None:
    until = (now() + timedelta(days=90)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = {"name": "Ingest", "role": "contributor", "scopes": ["post"], "expires_at": until}
    response = newsroom.call("POST", "/v1/keys", body, role="admin")
    made = response.get_json()
    assert response.headers["Cache-Control"] == "no-store"
    path = response.headers["Location"]
    shown = newsroom.call("GET", path, role="admin")
    assert shown.headers["ETag"] == response.headers["ETag"]
    assert shown.get_json() == {k: v for k, v in made.items() if k != "secret"}
    assert (made["status"], made["expires_at"], made["last_used_at"]) == ("active", until, None)
    newsroom.post("/v1/keys", body, role="admin", status=409)
    newsroom.post(
        "/v1/keys", {**body, "name": "x", "expires_at": "2020-01-01T00:00:00Z"}, role="admin", status=422
    )

    newsroom.keys["old"] = made["secret"]
    newsroom.post("/v1/statements", TEXT, role="old")
    app.extensions["factcheck.uses"].store()
    assert newsroom.get(path, role="admin")["last_used_at"] is not None

    rotated = newsroom.post(f"{path}/rotate", {"overlap_hours": 2}, role="admin", status=200)
    newsroom.keys["new"] = rotated["secret"]
    for role in ("old", "new"):
        newsroom.post("/v1/statements", {**TEXT, "text": f"As {role}."}, role=role)
    newsroom.post(f"{path}/rotate", {"overlap_hours": 0}, role="admin", status=200)
    # The one before is taken for no hours, and what was before that for none at all.
    for role in ("old", "new"):
        refused = newsroom.call("POST", "/v1/statements", TEXT, role=role)
        assert refused.status_code == 401
    newsroom.post(f"{path}/revoke", {"reason": "Lost."}, role="admin", status=200)
    newsroom.post(f"{path}/rotate", {}, role="admin", status=409)
    history = newsroom.get(f"{path}/history", role="admin")["items"]
    assert [item["action"] for item in history] == ["created", "rotated", "rotated", "revoked"]
    assert history[-1]["reason"] == "Lost."
    assert {item["by"] for item in history} == {"a admin"}
    # Whose words these are stays known: a rotated key is the same key.
    assert len({s["id"] for s in newsroom.get("/v1/statements")["items"]}) == 3


def test_a_secret_is_shown_once_and_kept_nowhere(newsroom: Newsroom, app: Flask, caplog: Any) -> None:
    caplog.set_level("DEBUG")
    body = {"name": "CMS", "role": "reader"}
    first = newsroom.post("/v1/keys", body, role="admin", Idempotency_Key="one")
    retry = newsroom.post("/v1/keys", body, role="admin", Idempotency_Key="one")
    assert retry == {**first, "secret": None}
    path = f"/v1/keys/{first['id']}/rotate"
    second = newsroom.post(path, {}, role="admin", status=200, Idempotency_Key="two")
    assert newsroom.post(path, {}, role="admin", status=200, Idempotency_Key="two")["secret"] is None
    with app.extensions["factcheck.database"].reader.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(table.select()):
                for secret in (first["secret"], second["secret"]):
                    assert secret not in repr(row), table.name
    assert first["secret"] not in caplog.text
    assert second["secret"] not in caplog.text


def test_uses_are_noted_once_a_minute_and_never_fail_a_read(
    newsroom: Newsroom, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses: Uses = app.extensions["factcheck.uses"]
    uses.store()
    written: list[str] = []
    writer = app.extensions["factcheck.database"].writer
    event.listen(writer, "before_cursor_execute", lambda *args: written.append(args[2]))
    for _ in range(5):
        newsroom.get("/v1/statements", role="reader")
    assert written == []
    # The primary is away: reads go on, and the note is kept for later.
    monkeypatch.setattr(type(app.extensions["factcheck.database"]), "writing", lambda _: 1 / 0)
    uses._store_in_time()
    newsroom.get("/v1/statements", role="reader")
    monkeypatch.undo()
    uses.store()
    assert sum(statement.startswith("UPDATE api_key") for statement in written) == 1
    uses.store()
    assert sum(statement.startswith("UPDATE api_key") for statement in written) == 1


def test_contributors_see_entities_and_sources_of_their_own_making(newsroom: Newsroom) -> None:
    """Lists, tables, filters, references and duplicates tell nothing of a colleague's draft."""
    said = newsroom.statement(
        {"name": "Vera Quill", "same_as": ["https://quill.example/"], "job_title": "whistleblower"},
        "They knew.",
        role="contributor",
        source={"url": "https://leak.example/1", "headline": "A leak"},
    )
    for path in ("/v1/entities", "/v1/sources", "/exports/entities.csv", "/exports/sources.csv"):
        theirs = newsroom.call("GET", path, role="colleague").get_data(as_text=True)
        own = newsroom.call("GET", path, role="contributor").get_data(as_text=True)
        hidden = ("Quill", "leak")
        assert any(word in own for word in hidden), path
        assert not any(word in theirs for word in hidden), path
    newsroom.get("/v1/entities/vera-quill", role="colleague", status=404)
    newsroom.get(f"/v1/sources/{said['source']['id']}", role="colleague", status=404)
    assert newsroom.get("/v1/entities?name=Vera%20Quill", role="colleague")["items"] == []
    body = {**TEXT, "source": {"url": "https://other.example/"}}
    for reference in ("vera-quill", said["speaker"]["id"]):
        newsroom.post("/v1/statements", {**body, "speaker": reference}, role="colleague", status=422)
    newsroom.post("/v1/statements", {**body, "source": said["source"]["id"]}, role="colleague", status=422)
    # By an address the name would be told; so it is another person, until an editor merges the two.
    by_address = {"name": "V. Q.", "same_as": ["https://quill.example/"]}
    other = newsroom.statement(by_address, "We did.", role="colleague")
    assert other["speaker"]["name"] == "V. Q."
    # Who names somebody a colleague has in a draft gets the same person, and learns no more than that name.
    same = newsroom.statement("vera quill", "So did I.", role="colleague")
    assert same["speaker"]["id"] == said["speaker"]["id"]
    newsroom.get("/v1/entities/vera-quill", role="colleague", status=404)
    taken = newsroom.post("/v1/sources", {"url": "https://leak.example/1"}, role="colleague", status=409)
    assert said["source"]["id"] not in str(taken)
    # Who quotes from the same address may bring its text.
    quoted = newsroom.statement("Ann", "We knew.", role="colleague", source={"url": "https://leak.example/1"})
    newsroom.change(
        "PUT", f"/v1/sources/{quoted['source']['id']}/snapshot", {"text": "We knew."}, role="colleague"
    )


@pytest.fixture
def limited(app: Flask) -> Iterator[Callable[..., FlaskClient]]:
    """Return a function that gives a client of an application on the same database, with limits."""
    with ExitStack() as stack:

        def make(**settings: Any) -> FlaskClient:
            made = create_app(replace(app.extensions["factcheck.settings"], **settings))
            stack.callback(made.extensions["factcheck.database"].dispose)
            return made.test_client()

        yield make


def test_failed_keys_are_limited_by_address_and_valid_ones_never(
    limited: Callable[..., FlaskClient], keys: dict[str, str]
) -> None:
    client = limited(limit_failed_keys="3/day", trusted_proxies=("10.0.0.0/8",))

    def call(secret: str, address: str = "192.0.2.1", **headers: str) -> Any:
        return client.get(
            "/v1/statements",
            headers={"Authorization": f"Bearer {secret}", **headers},
            environ_base={"REMOTE_ADDR": address},
        )

    statuses = [call("fck_wrong").status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    refused = call("fck_wrong")
    assert refused.mimetype == "application/problem+json"
    assert 0 < int(refused.headers["Retry-After"]) <= 2 * 86400
    assert refused.headers["RateLimit-Policy"] == '"failed-keys";q=3;w=86400'
    assert call(keys["editor"]).status_code == 200
    assert call("fck_wrong", "192.0.2.2").status_code == 401
    # Whose header is believed is the operator's to say, and only as far as proxies wrote it.
    forwarded = {"X-Forwarded-For": "192.0.2.2, 192.0.2.1, 10.0.0.9"}
    assert call("fck_wrong", "10.0.0.8", **forwarded).status_code == 429
    with_port = {"X-Forwarded-For": "192.0.2.1:40312"}
    assert call("fck_wrong", "::ffff:10.0.0.8", **with_port).status_code == 429
    assert call("fck_wrong", "198.51.100.7", **{"X-Forwarded-For": "192.0.2.1"}).status_code == 401
    # An IPv6 network counts as one.
    assert [call("fck_wrong", f"2001:db8::{n}").status_code for n in range(4)] == [401, 401, 401, 429]
    google = client.get(
        "/v1alpha1/claims:search?query=x&key=fck_wrong", environ_base={"REMOTE_ADDR": "192.0.2.1"}
    )
    assert (google.status_code, google.get_json()["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")


def test_writes_analysis_and_reads_are_limited_as_set(
    limited: Callable[..., FlaskClient], keys: dict[str, str]
) -> None:
    client = limited(limit_writes="2/day", limit_analysis="1/day", limit_reads="3/day")
    headers = {"Authorization": f"Bearer {keys['editor']}"}
    posts = [client.post("/v1/entities", json={"name": f"N {i}"}, headers=headers) for i in range(3)]
    assert [post.status_code for post in posts] == [201, 201, 429]
    assert posts[0].headers["RateLimit"].startswith('"writes";r=1;t=')
    other = {"Authorization": f"Bearer {keys['admin']}"}
    assert client.post("/v1/entities", json={"name": "N 9"}, headers=other).status_code == 201
    checks = [client.post("/v1/extract", json={"text": "It is."}, headers=headers) for _ in range(2)]
    assert [check.status_code for check in checks] == [200, 429]
    reads = [client.get("/v1/entities") for _ in range(4)]
    assert [read.status_code for read in reads] == [200, 200, 200, 429]
    assert client.get("/healthz").status_code == 200


def test_public_reads_look_at_no_limit_unless_one_is_set(
    newsroom: Newsroom, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Limits, "spend", lambda *_: 1 / 0)
    monkeypatch.setattr(Limits, "address", lambda *_: 1 / 0)
    newsroom.get("/v1/statements", role="public")
    assert newsroom.call("GET", "/v1/statements", role="public").headers.get("RateLimit") is None


def test_calls_are_counted_here_while_redis_is_away(app: Flask) -> None:
    limits = Limits(replace(app.extensions["factcheck.settings"], limit_writes="2/day",
                            limit_storage="redis://127.0.0.1:1/0"))  # fmt: skip
    assert [limits.spend("writes", "me") is not None for _ in range(2)] == [True, True]
    with pytest.raises(Problem, match="More than 2 writes in 86400 seconds"):
        limits.spend("writes", "me")


def test_browsers_may_read_what_is_public_and_nothing_else(newsroom: Newsroom, seeded: Newsroom) -> None:
    origin = {"Origin": "https://blog.example"}
    for path in ("/v1/statements", "/v1/claims/none", "/feeds/statements.json", "/", "/oembed", "/embed.js"):
        with newsroom.call("GET", path, role="public", **origin) as answer:
            assert answer.headers.getlist("Access-Control-Allow-Origin") == ["*"], path
            assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
            assert "Access-Control-Allow-Credentials" not in answer.headers
    asks = {
        **origin,
        "Access_Control_Request_Method": "GET",
        "Access_Control_Request_Headers": "authorization",
    }
    read = newsroom.call("OPTIONS", "/v1/statements", role="public", **asks)
    assert read.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert "authorization" not in read.headers["Access-Control-Allow-Headers"].lower()
    for path, method in (
        ("/v1/statements", "POST"),
        ("/v1/keys", "GET"),
        ("/v1/check", "POST"),
        ("/no", "GET"),
    ):
        asks["Access_Control_Request_Method"] = method
        answer = newsroom.call("OPTIONS", path, role="public", **asks)
        assert "Access-Control-Allow-Methods" not in answer.headers, path
        assert "Access-Control-Allow-Origin" not in answer.headers, path
    closed = newsroom.call("GET", "/v1/keys", role="admin", **origin)
    assert "Access-Control-Allow-Origin" not in closed.headers
    assert closed.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_every_answer_has_its_security_headers(
    newsroom: Newsroom, things: dict[str, tuple[str, ...]]
) -> None:
    addresses = [path(rule, things, False) + QUERIES.get(rule, "") for rule in PAGES]
    for address in (
        *addresses,
        "/v1/statements",
        "/v1/keys",
        "/nothing",
        "/claims/no",
        "/v1alpha1/pages?x=1",
    ):
        with newsroom.call("GET", address, role="public", Accept="text/html") as answer:
            assert answer.headers.getlist("X-Content-Type-Options") == ["nosniff"], address
            assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy or address.startswith("/docs"), address
            assert "frame-ancestors" in policy or address.startswith("/embed/"), address
            if answer.mimetype == "text/html":
                assert "camera=()" in answer.headers["Permissions-Policy"]


def test_a_key_is_read_again_as_soon_as_anything_was_written(app: Flask, newsroom: Newsroom) -> None:
    """On PostgreSQL, where only a query could tell, it is read for each request."""
    newsroom.statement("Ann Ortiz")
    with queries_of(app) as queries:
        for _ in range(3):
            newsroom.get("/v1/statements", role="editor")
    on_sqlite = app.extensions["factcheck.database"].wal_index is not None
    assert len([query for query in queries if "FROM api_key" in query]) == (1 if on_sqlite else 3)
    newsroom.statement("Ben Cole")
    with queries_of(app) as queries:
        newsroom.get("/v1/statements", role="editor")
    assert len([query for query in queries if "FROM api_key" in query]) == 1


def test_so_many_keys_are_kept_and_no_more(
    app: Flask, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.statement("Ann Ortiz")
    monkeypatch.setattr(auth.Keyring, "_MOST", 1)
    for role in ("editor", "admin", "editor", "admin"):
        newsroom.get("/v1/statements", role=role)
    with queries_of(app) as queries:
        newsroom.get("/v1/statements", role="editor")
        newsroom.get("/v1/statements", role="admin")
    on_sqlite = app.extensions["factcheck.database"].wal_index is not None
    assert len([query for query in queries if "FROM api_key" in query]) == (1 if on_sqlite else 2)


def test_a_key_that_another_process_revokes_between_two_requests_is_refused(
    app: Flask, newsroom: Newsroom, database_url: str
) -> None:
    made = newsroom.post("/v1/keys", {"name": "ingest", "role": "editor"}, role="admin")
    header = {"Authorization": f"Bearer {made['secret']}"}
    client = app.test_client()
    assert [client.get("/v1/statements", headers=header).status_code for _ in range(2)] == [200, 200]
    other = create_app(settings_for(database_url))
    with other.extensions["factcheck.database"].writing() as session:
        keys.revoke(session, MACHINE, session.get_one(ApiKey, UUID(made["id"])))
        # Nothing was revoked yet.
        assert client.get("/v1/statements", headers=header).status_code == 200
        session.commit()
    other.extensions["factcheck.database"].dispose()
    refused = client.get("/v1/statements", headers=header)
    assert (refused.status_code, "is revoked" in refused.json["detail"]) == (401, True)


def test_a_key_read_before_a_commit_is_not_kept_as_read_after_it(app: Flask) -> None:
    """Another thread that has seen the commit must not find what this one has read before."""
    ring = app.extensions["factcheck.keys"]
    index = app.extensions["factcheck.database"].wal_index
    if index is None:
        assert ring.find("0" * 64) is None
        return
    old, new = b"old", b"new"

    class Late:
        """A connection that takes so long to answer that another request comes in between."""

        def first(self, *_: Any, **__: Any) -> Any:
            with patch.object(index, "state", return_value=new), patch.object(auth, "latest", nobody):
                assert ring.find("a key") is None
            return "as it was"

    @contextmanager
    def late(_: Any) -> Iterator[Any]:
        yield Late()

    @contextmanager
    def nobody(_: Any) -> Iterator[Any]:
        yield Mock(first=lambda *_, **__: None)

    with patch.object(index, "state", return_value=old), patch.object(auth, "latest", late):
        assert ring.find("a key") == "as it was"
    with patch.object(index, "state", return_value=new), patch.object(auth, "latest", nobody):
        assert ring.find("a key") is None
