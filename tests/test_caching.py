"""Kept answers: never stale, never a draft, within their room."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from conftest import settings_for
from factcheck import create_app
from factcheck.caching import Answers, Kept
from factcheck.db import is_sqlite
from newsroom import Newsroom

ADDRESSES = ("/v1/claims/cleared/view", "/claims/cleared", "/embed/claims/cleared")


@pytest.fixture
def uncached(database_url: str) -> Iterator[FlaskClient]:
    """Another process on the same database, which keeps nothing."""
    app = create_app(settings_for(database_url, cache_mb=0))
    yield app.test_client()
    app.extensions["factcheck.database"].dispose()


@pytest.fixture
def answers(app: Flask) -> Answers:
    found: Answers = app.extensions["factcheck.answers"]
    return found


@pytest.fixture
def story(newsroom: Newsroom) -> Newsroom:
    newsroom.claim("cleared", kind="exoneration", about=["Northgate"])
    newsroom.claim("to-blame", kind="responsibility", about=["Northgate"])
    newsroom.statement("Friend", supports="cleared")
    newsroom.statement("Foe", disputes="cleared")
    newsroom.statement("Accuser", supports="to-blame")
    return newsroom


def kept(answers: Answers) -> set[str]:
    return {address.strip() for address in answers._kept}


def without_id(response: TestResponse) -> dict[str, str]:
    """Return the headers of an answer but for the id of its request, which is always another."""
    headers = dict(response.headers)
    assert headers.pop("X-Request-ID")
    return headers


def test_answers_are_kept_and_served_again_with_all_their_headers(
    story: Newsroom, client: FlaskClient, answers: Answers, queries: list[str], database_url: str
) -> None:
    for address in ADDRESSES:
        first = client.get(address)
        queries.clear()
        again = client.get(address)
        assert len(queries) == 1, "the version alone is read"
        assert (again.data, again.status) == (first.data, first.status)
        assert without_id(again) == without_id(first)
        queries.clear()
        third = client.get(address)
        unchanged = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert (third.data, without_id(third)) == (first.data, without_id(first))
        assert (unchanged.status_code, unchanged.data) == (304, b"")
        # Where nothing was written since, SQLite need not be asked again.
        assert len(queries) == (0 if is_sqlite(database_url) else 2)
        assert unchanged.headers["ETag"] == first.headers["ETag"]
        assert unchanged.headers["Cache-Control"] == first.headers["Cache-Control"]
        assert client.head(address).data == b""
    assert kept(answers) == {f"{address}?" for address in ADDRESSES}


def test_whoever_has_a_key_is_never_served_from_memory(story: Newsroom, answers: Answers) -> None:
    for role in ("reader", "contributor", "editor"):
        story.view("cleared", role=role)
    assert not kept(answers)
    story.view("cleared")
    story.claim("draft", role="contributor")
    story.statement("B", disputes="cleared", role="contributor")
    story.relate("cleared", "contradicts", "draft")
    assert story.view("cleared", role="editor") != story.view("cleared")
    assert story.view("cleared")["disputes"]["count"] == 1


def test_a_claim_that_is_gone_or_hidden_is_not_served_from_memory(
    story: Newsroom, client: FlaskClient, answers: Answers
) -> None:
    id_ = client.get(ADDRESSES[0]).get_json()["claim"]["id"]
    by_id = [f"/v1/claims/{id_}/view", f"/v1/claims/{id_.upper()}/view"]
    addresses = [*ADDRESSES, *by_id]
    for address in addresses:
        assert client.get(address).status_code == 200
    assert kept(answers) == {f"{address}?" for address in addresses}
    story.change("DELETE", "/v1/claims/cleared", {"reason": "Withdrawn."})
    for address in addresses:
        assert client.get(address).status_code == 410


def answer(size: int) -> Kept:
    return Kept((1,), "/", b"x" * size, [], "")


def test_the_room_is_bounded_and_what_was_asked_for_longest_ago_goes_first() -> None:
    answers = Answers(20_000)
    for name in "abcd":
        answers.keep(name, answer(3_000))
    answers.find("a")
    answers.keep("e", answer(3_500))
    assert list(answers._kept) == ["c", "d", "a", "e"] or list(answers._kept) == ["b", "c", "d", "a", "e"]
    assert answers.size <= 20_000
    answers.keep("huge", answer(10_000))
    assert answers.find("huge") is None
    for name in list(answers._kept):
        answers.keep(name, answer(0))
    assert answers.size == sum(len(name) + 1000 for name in answers._kept)


def test_what_another_process_writes_is_seen_at_once(
    story: Newsroom, client: FlaskClient, uncached: FlaskClient
) -> None:
    other = Newsroom(uncached, story.keys)

    def check() -> None:
        for address in ADDRESSES:
            assert client.get(address).data == uncached.get(address).data, address

    check()
    said = other.statement("Late", disputes="cleared")
    check()
    other.change("PATCH", f"/v1/statements/{said['id']}", {"text": "Corrected.", "reason": "Misheard."})
    check()
    other.change("PATCH", "/v1/entities/accuser", {"name": "Another Name"})
    check()
    other.retract(said)
    check()
    assert "Retracted" in client.get("/claims/cleared").get_data(as_text=True)


def test_a_name_shown_in_a_confirmed_guess_alone_raises_the_version(
    story: Newsroom, client: FlaskClient
) -> None:
    """An editor confirms a contradiction between statements whose links are only suggested."""
    guess = {"claim": "cleared", "stance": "disputes", "status": "suggested"}
    story.statement("Guessed", links=[guess])
    [flag] = [
        f for f in story.contradictions(certainty="suggested", claim="cleared") if f["status"] == "open"
    ][:1]
    story.post(
        f"/v1/contradictions/{flag['id']}/decision", {"status": "confirmed", "reason": "r"}, status=200
    )
    assert "Guessed" in client.get(ADDRESSES[0]).get_data(as_text=True)
    story.change("PATCH", "/v1/entities/guessed", {"name": "Renamed"})
    view: Any = client.get(ADDRESSES[0]).get_data(as_text=True)
    assert "Renamed" in view
    assert "Guessed" not in view
