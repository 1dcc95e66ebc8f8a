"""`POST /v1/check`: what a post would do, and that it does nothing."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from newsroom import URL, Newsroom
from plain_engine import PlainEngine


@pytest.fixture
def room(newsroom: Newsroom, app: Flask) -> Newsroom:
    app.extensions["factcheck.engine"] = PlainEngine()
    newsroom.claim("the-jib-cracked", "The jib of the crane cracked before the storm.", about=["Northgate"])
    newsroom.statement("Ilse", "The jib had cracked.", supports="the-jib-cracked")
    newsroom.statement("Ilse", "Our inspectors came on Monday.")
    return newsroom


def body(text: str, **fields: Any) -> dict[str, Any]:
    return {"text": text, "speaker": {"name": "Dana"}, "source": {"url": URL}, **fields}


def rows(app: Flask) -> dict[str, Any]:
    """Return the rows of every table, and where the counters of PostgreSQL stand."""
    with app.extensions["factcheck.database"].reading() as session:
        tables = session.connection().dialect.get_table_names(session.connection())
        found = {t: sorted(map(str, session.execute(text(f'SELECT * FROM "{t}"')))) for t in tables}
        if session.get_bind().dialect.name == "postgresql":
            counters = session.execute(text("SELECT sequencename, last_value FROM pg_sequences"))
            found["counters"] = sorted(map(str, counters))
    return found


def test_it_says_what_the_post_then_does_and_stores_nothing(room: Newsroom, app: Flask) -> None:
    sent = body("The jib never cracked, and inspectors never came.", speaker={"name": "Somebody New"})
    before = rows(app)
    checked = room.post("/v1/check", sent, status=200, Idempotency_Key="one")
    assert rows(app) == before
    posted = room.post("/v1/statements", sent, Idempotency_Key="one")
    assert checked["suggestions"] == posted["suggestions"]
    assert checked["links"] == posted["links"] == []
    assert checked["opposing_total"] == posted["opposing_total"] == 2
    analysis = {name: checked[name] for name in ("engine", "language", "skipped")}
    assert analysis == posted["analysis"]
    kinds = [flag["kind"] for flag in checked["contradictions"]]
    assert kinds == [flag["kind"] for flag in posted["contradictions"]] == ["text", "opposite_stance"]
    for mine, theirs in zip(checked["contradictions"], posted["contradictions"], strict=True):
        assert mine["explanation"] == theirs["explanation"]
        assert [s["text"] for s in mine["statements"]] == [s["text"] for s in theirs["statements"]]
        new = next(s for s in mine["statements"] if s["text"] == sent["text"])
        assert (new["id"], new["speaker"]["id"]) == (None, None)
        assert new["speaker"]["name"] == "Somebody New"
        other = next(s for s in mine["statements"] if s is not new)
        assert room.get(f"/v1/statements/{other['id']}")["text"] == other["text"]


def test_links_that_are_given_are_checked_too(room: Newsroom, app: Flask) -> None:
    links = [
        {"claim": "the-jib-cracked", "stance": "disputes"},
        {"claim": {"text": "A new claim of the check."}, "stance": "supports"},
    ]
    before = rows(app)
    checked = room.post("/v1/check", body("It did not.", links=links), status=200)
    assert rows(app) == before
    assert [f["certainty"] for f in checked["contradictions"]] == ["asserted"]
    assert [link["claim"]["id"] is None for link in checked["links"]] == [False, True]
    assert checked["engine"] is None
    assert checked["skipped"].startswith("It has links")


def test_what_a_post_refuses_is_refused(room: Newsroom) -> None:
    assert room.post("/v1/check", {"text": "x"}, status=422)["errors"]
    duplicate = body("Our inspectors came on Monday.", speaker={"name": "Ilse"})
    assert "statement" in room.post("/v1/check", duplicate, status=409)
    missing = body("No.", links=[{"claim": "no-such", "stance": "supports"}])
    assert room.post("/v1/check", missing, status=422)["errors"][0]["pointer"] == "#/links/0/claim"


def test_it_needs_a_contributor(room: Newsroom) -> None:
    room.post("/v1/check", body("No."), role="public", status=401)
    room.post("/v1/check", body("No."), role="reader", status=403)
    room.post("/v1/check", body("No.", status="published"), role="contributor", status=403)


def test_a_contributor_is_told_nothing_of_a_colleagues_drafts(room: Newsroom) -> None:
    room.claim("secret", "The payments were bribes.", role="colleague")
    room.statement("Ilse", "Those payments went out in April.", role="colleague")
    checked = room.post("/v1/check", body("The payments never went out."), role="contributor", status=200)
    assert checked["suggestions"] == checked["contradictions"] == []
    assert checked["opposing_total"] == 0
    assert "bribes" not in str(checked)
    seen = room.post("/v1/check", body("The payments never went out."), status=200)
    assert len(seen["suggestions"]) == len(seen["contradictions"]) == 1


def test_analysis_can_be_left_out(room: Newsroom) -> None:
    checked = room.post("/v1/check", body("The jib never cracked.", analysis=False), status=200)
    assert checked["suggestions"] == []
    assert checked["skipped"] == "As you asked."


def test_another_language_is_named(room: Newsroom) -> None:
    checked = room.post("/v1/check", body("La grue n'a jamais été inspectée par personne."), status=200)
    assert checked["language"] == "fr"
    assert checked["suggestions"] == []
