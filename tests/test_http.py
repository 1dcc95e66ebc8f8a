"""What holds for every call: errors, conditions, retries."""

import json
import threading
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, Response
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError
from werkzeug.test import create_environ

from factcheck import idempotency
from factcheck.auth import ANYONE, Access, Actor, ApiKey, Asked, Role, require
from factcheck.db import now
from factcheck.headers import Answer, has
from factcheck.links import Link
from factcheck.problems import Problem
from newsroom import URL, Newsroom

BODY = {"text": "It fell.", "speaker": {"name": "A"}, "source": {"url": URL}}


def send(newsroom: Newsroom, data: Any, content_type: str | None = "application/json", **headers: str) -> Any:
    return newsroom.client.post(
        "/v1/statements",
        data=data,
        content_type=content_type,
        headers={**newsroom.headers("editor"), **headers},
    )


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b'{"text":', 400),
        (b"", 400),
        (b'{"a": NaN}', 400),
        (b'{"a": Infinity}', 400),
        (b'{"a": 1, "a": 2}', 400),
        (b'"\xff"', 400),
        (b"[" * 100_000, 400),
        (b'{"a": ' + b"9" * 5000 + b"}", 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"text"', 422),
        (b'{"text": "\\ud800"}', 422),
        (b'{"\\ud800": 1}', 422),
        (b"x" * (1024 * 1024 + 1), 413),
    ],
)
def test_broken_bodies(newsroom: Newsroom, data: bytes, status: int) -> None:
    response = send(newsroom, data)
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    problem = json.loads(response.data)
    assert problem["status"] == status
    assert problem["type"].startswith("urn:factcheck:problem:")
    assert problem["detail"].endswith((".", "…"))


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None]
)
def test_another_media_type_is_refused(newsroom: Newsroom, content_type: str | None) -> None:
    assert send(newsroom, json.dumps(BODY), content_type).status_code == 415


def test_unknown_addresses_and_methods(newsroom: Newsroom) -> None:
    assert newsroom.get("/v1/nothing", status=404)["type"] == "urn:factcheck:problem:not-found"
    newsroom.get("/v1/statements/not-an-id", status=404)
    newsroom.get("/v1/statements/01a20452-334f-7342-86f7-5c999ddb471e", status=404)
    newsroom.get("/v1/claims/nothing", status=404)
    for path in ("/v1/claims/%00", "/v1/claims/%00/view", "/v1/entities/a%00b", "/claims/%00"):
        newsroom.get(path, status=404)
    response = newsroom.call("PUT", "/v1/statements", BODY)
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_raw_bytes_in_a_query_break_nothing(newsroom: Newsroom) -> None:
    """A client that encodes nothing sends bytes that may be no UTF-8; a server hands them on as they came."""
    for raw in (
        "q=\xff\xfe",
        "q=caf\xc3\xa9",
        "q=\xed\xa0\x80",
        "\xff=\xff",
        "q=a&limit=\xb2",
        "q=a&cursor=\xe9",
    ):
        for path in (
            "/v1/search",
            "/v1/statements",
            "/exports/search.csv",
            "/v1alpha1/claims:search",
            "/oembed",
            "/",
        ):
            for accept in ("application/json", "text/html"):
                found = newsroom.client.get(
                    path, environ_overrides={"QUERY_STRING": raw}, headers={"Accept": accept}
                )
                assert found.status_code < 500, (path, raw)
                assert found.status_code == 400 or raw == "q=caf\xc3\xa9", (path, raw)


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer fck_" + "x" * 43, "Basic YTpi", "", "Bearer"])
def test_a_wrong_key_is_401_even_for_public_reads(newsroom: Newsroom, header: str) -> None:
    response = newsroom.client.get("/v1/statements", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_counts_only_as_a_bearer_token_and_only_until_it_is_revoked(newsroom: Newsroom) -> None:
    secret = newsroom.keys["editor"]
    database = newsroom.client.application.extensions["factcheck.database"]
    for header, status in ((f"Basic {secret}", 401), (f"bearer  {secret} ", 200), (f"Bearer {secret}", 200)):
        assert newsroom.client.get("/v1/statements", headers={"Authorization": header}).status_code == status
    with database.writing() as session:
        session.scalar(select(ApiKey).where(ApiKey.name == "a editor")).revoked_at = now()
        session.commit()
    newsroom.get("/v1/statements", role="editor", status=401)
    newsroom.get("/v1/statements", role="admin")


@pytest.mark.parametrize("least", list(Access))
@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_do_what_the_ones_before_it_may_and_no_more(role: Role, least: Access) -> None:
    order = ["public", "reader", "contributor", "editor", "admin"]
    actor = Actor(UUID(int=1), "a key", role.rank)
    if order.index(role.value) >= order.index(least.name):
        require(actor, Asked(least))
    else:
        with pytest.raises(Problem, match=least.name) as refused:
            require(actor, Asked(least))
        assert refused.value.status == 403


@pytest.mark.parametrize("least", [access for access in Access if access is not Access.public])
def test_without_a_key_nothing_but_public_calls(least: Access) -> None:
    require(ANYONE, Asked(Access.public))
    with pytest.raises(Problem, match=least.name) as refused:
        require(ANYONE, Asked(least))
    assert refused.value.status == 401


def test_who_may_be_told_of_a_record() -> None:
    one, other = UUID(int=1), UUID(int=2)
    contributor = Actor(one, "a contributor", Role.contributor.rank)
    editor = Actor(other, "an editor", Role.editor.rank)
    assert contributor.may_know(None, one)
    assert not contributor.may_know(None, other)
    assert not contributor.may_know(None, None)
    assert not ANYONE.may_know(None, None)
    assert editor.may_know(None, one)
    assert editor.may_know(None, None)
    for actor in (ANYONE, contributor, editor):
        assert actor.may_know(now(), other)
    assert contributor.owns(one)
    assert not contributor.owns(other)
    assert not ANYONE.owns(None)
    assert [contributor.is_editor, editor.is_editor] == [False, True]


def test_roles(newsroom: Newsroom) -> None:
    newsroom.post("/v1/statements", BODY, role="public", status=401)
    newsroom.post("/v1/statements", BODY, role="reader", status=403)
    newsroom.post("/v1/statements", BODY, role="contributor", status=201)
    newsroom.claim("a")
    newsroom.claim("b")
    newsroom.post("/v1/claims/a/relations", {"to": "b", "type": "implies"}, role="contributor", status=403)
    newsroom.post("/v1/claims/a/relations", {"to": "b", "type": "implies"}, role="admin", status=201)


def test_driver_messages_stay_in_the_log(
    newsroom: Newsroom, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OperationalError("SELECT secret", {}, Exception("driver says"))

    monkeypatch.setattr("factcheck.consequences.settle", broken)
    response = newsroom.call("POST", "/v1/statements", BODY)
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert b"secret" not in response.data
    assert b"driver" not in response.data
    monkeypatch.setattr("factcheck.consequences.settle", lambda *_: 1 / 0)
    response = newsroom.call("POST", "/v1/statements", BODY)
    assert response.status_code == 500
    assert b"division" not in response.data
    monkeypatch.undo()
    assert newsroom.get("/v1/statements")["items"] == []


def test_every_get_is_conditional(newsroom: Newsroom) -> None:
    statement = newsroom.statement(supports={"text": "It is so.", "slug": "so"})
    for path in (
        "/v1/statements", f"/v1/statements/{statement['id']}", "/v1/claims/so", "/v1/claims/so/view",
        "/v1/contradictions", "/v1/entities", "/v1/search?q=crane", "/openapi.json", "/healthz",
    ):  # fmt: skip
        first = newsroom.call("GET", path, role="public")
        etag = first.headers["ETag"]
        assert not etag.startswith("W/"), path
        second = newsroom.call("GET", path, role="public", If_None_Match=etag)
        assert (second.status_code, second.data) == (304, b""), path
        assert second.headers["ETag"] == etag


def test_changes_need_the_etag_that_was_read(newsroom: Newsroom) -> None:
    newsroom.claim("so")
    etag = newsroom.call("GET", "/v1/claims/so").headers["ETag"]
    change = {"kind": "event", "reason": "r"}
    assert newsroom.call("PATCH", "/v1/claims/so", change).status_code == 428
    assert newsroom.call("PATCH", "/v1/claims/so", change, If_Match='"other"').status_code == 412
    changed = newsroom.call("PATCH", "/v1/claims/so", change, If_Match=etag)
    assert changed.status_code == 200
    assert newsroom.call("PATCH", "/v1/claims/so", change, If_Match=etag).status_code == 412
    # The answer to a change carries the ETag for the next one.
    again = newsroom.call(
        "PATCH", "/v1/claims/so", {"kind": "other", "reason": "r"}, If_Match=changed.headers["ETag"]
    )
    assert again.status_code == 200
    assert newsroom.call("PATCH", "/v1/claims/none", change, If_Match="*").status_code == 404
    assert newsroom.call("PATCH", "/v1/claims/so", change, If_Match="*").status_code == 200


def test_what_is_gone_since_it_was_read_is_not_made_anew(newsroom: Newsroom, app: Flask) -> None:
    newsroom.claim("so")
    said = newsroom.statement()
    path = f"/v1/statements/{said['id']}/links/so"
    put = newsroom.call("PUT", path, {"stance": "supports"})
    with app.extensions["factcheck.database"].writing() as session:
        # As the analysis does with a guess that it takes back.
        session.execute(delete(Link))
        session.commit()
    for match in (put.headers["ETag"], "*"):
        refused = newsroom.call("PUT", path, {"stance": "disputes"}, If_Match=match)
        assert refused.status_code == 412
        assert newsroom.call("GET", path).status_code == 404
    assert newsroom.call("PUT", path, {"stance": "disputes"}).status_code == 200


def test_if_match_tells_nothing_of_what_is_hidden(newsroom: Newsroom) -> None:
    newsroom.claim("so")
    shown = newsroom.statement("Dana Ruiz")
    draft = newsroom.statement("Ana", role="contributor", source={"url": "https://draft.example/"})
    absent = "00000000-0000-7000-8000-000000000000"
    for paths in (
        [f"/v1/statements/{id_}/links/so" for id_ in (draft["id"], absent)],
        [f"/v1/sources/{id_}/snapshot" for id_ in (draft["source"]["id"], absent)],
    ):
        body = {"stance": "supports"} if "links" in paths[0] else {"text": "Words."}
        answers = [
            newsroom.call("PUT", path, body, role="colleague", If_Match=match)
            for path in paths
            for match in ("*", '"any"')
        ]
        assert [answer.status_code for answer in answers] == [404] * 4
        assert len({answer.data for answer in answers}) == 1
    # What readers see is told by what it is, with If-Match as without.
    path = f"/v1/statements/{shown['id']}/links/so"
    for match in ({}, {"If_Match": "*"}):
        refused = newsroom.call("PUT", path, {"stance": "supports"}, role="colleague", **match)
        assert refused.status_code == 403


def test_an_idempotency_key_makes_a_retry_harmless(newsroom: Newsroom) -> None:
    first = newsroom.call("POST", "/v1/statements", BODY, Idempotency_Key="one")
    retry = newsroom.call("POST", "/v1/statements", BODY, Idempotency_Key="one")
    assert (first.status_code, retry.status_code) == (201, 201)
    assert retry.data == first.data
    assert retry.headers["Location"] == first.headers["Location"]
    assert retry.headers["ETag"] == first.headers["ETag"]
    assert retry.headers["Idempotency-Replayed"] == "true"
    assert len(newsroom.get("/v1/statements")["items"]) == 1
    other = newsroom.call("POST", "/v1/statements", {**BODY, "text": "It stood."}, Idempotency_Key="one")
    assert other.status_code == 422
    assert newsroom.call("POST", "/v1/statements", BODY, Idempotency_Key="\u00e9").status_code == 400
    # Another key is another client: the name means nothing to it.
    theirs = newsroom.call("POST", "/v1/statements", BODY, role="admin", Idempotency_Key="one")
    assert theirs.status_code == 409


def test_a_failed_post_may_be_sent_again_under_its_key(newsroom: Newsroom) -> None:
    wrong = {**BODY, "links": [{"claim": "none", "stance": "supports"}]}
    newsroom.post("/v1/statements", wrong, status=422, Idempotency_Key="two")
    newsroom.post("/v1/statements", BODY, status=201, Idempotency_Key="two")


def test_a_retry_while_the_first_is_running_waits_or_is_409(
    newsroom: Newsroom, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_at_a_time = database_url.startswith("sqlite")
    entered, release = threading.Event(), threading.Event()
    keep = idempotency.keep

    def slow(*args: Any, **kwargs: Any) -> None:
        entered.set()
        release.wait(10)
        keep(*args, **kwargs)

    monkeypatch.setattr(idempotency, "keep", slow)
    answers: list[int] = []

    def first() -> None:
        client = newsroom.client.application.test_client()
        headers = {**newsroom.headers("editor"), "Idempotency-Key": "three"}
        answers.append(client.post("/v1/statements", json=BODY, headers=headers).status_code)

    thread = threading.Thread(target=first)
    thread.start()
    assert entered.wait(10)
    if one_at_a_time:
        threading.Timer(0.5, release.set).start()
    retry = newsroom.call("POST", "/v1/statements", BODY, Idempotency_Key="three")
    release.set()
    thread.join()
    assert (answers, retry.status_code) == ([201], 201 if one_at_a_time else 409)
    assert retry.headers["Idempotency-Replayed" if one_at_a_time else "Retry-After"]


def test_two_writers_never_lose_or_double_anything(newsroom: Newsroom) -> None:
    """Eight threads post to one claim; every pair of opponents is flagged once, nobody gets an error."""
    newsroom.claim("cleared")
    statuses: list[int] = []

    def write(number: int) -> None:
        client = newsroom.client.application.test_client()
        for i in range(4):
            link = {"claim": "cleared", "stance": "supports" if number % 2 else "disputes"}
            body = {"text": f"Words {number}.{i}", "speaker": {"name": f"Speaker {number}"},
                    "source": {"url": URL}, "links": [link]}  # fmt: skip
            statuses.append(
                client.post("/v1/statements", json=body, headers=newsroom.headers("editor")).status_code
            )

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [201] * 32
    view = newsroom.view("cleared")
    assert (view["supports"]["count"], view["disputes"]["count"]) == (16, 16)
    assert view["contradictions"]["open"] == 256


def test_health(newsroom: Newsroom) -> None:
    assert newsroom.get("/healthz", role="public") == {"status": "ok"}
    assert newsroom.get("/readyz", role="public") == {"status": "ok", "writer": "ok", "reader": "ok"}


def test_a_method_in_lower_case_is_answered(newsroom: Newsroom) -> None:
    newsroom.claim("open")
    answer = newsroom.client.get("/claims/open", environ_overrides={"REQUEST_METHOD": "get"})
    assert answer.status_code == 200
    assert answer.headers["ETag"] == newsroom.client.get("/claims/open").headers["ETag"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer("words", headers={"X-Twice": "1"}),
        Answer("words", 404),
        Answer(status=204),
        Answer("words", 304),
        Answer("words", headers={"Content-Location": "/claims/ü"}),
        Answer("words", 201, {"Location": "/claims/ü"}),
        Answer(iter(["words"])),
        Answer(["wo", "rds"]),
    ],
)
def test_answers_send_what_werkzeug_would(answer: Answer) -> None:
    environ = create_environ("/claims")
    sent = [*answer.get_wsgi_headers(environ)]
    assert sorted(sent) == sorted(Response.get_wsgi_headers(answer, environ))


def test_the_name_of_a_header_has_no_case() -> None:
    answer = Answer(headers={"etag": "1"})
    assert has(answer, "ETag")
    assert not has(answer, "Vary")
