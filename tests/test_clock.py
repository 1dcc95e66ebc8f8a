"""A clock that is set back: changes keep their order, and nothing is lost, doubled or refused."""

import random
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from uuid_utils import compat

from factcheck import consequences, db
from newsroom import Newsroom

SetBack = Callable[[timedelta], None]
DAY = timedelta(days=1)


@pytest.fixture
def set_clock(app: Flask, monkeypatch: pytest.MonkeyPatch) -> SetBack:
    """Return a function that puts the clock of the service off by so much: its times, and its ids.

    Ids are made as by a process that starts after the clock was set: a running one goes on from its last.
    """
    real_now, real_uuid7 = db.now, compat.uuid7
    off = timedelta(0)

    def now() -> datetime:
        return real_now() + off

    def uuid7() -> UUID:
        if not off:
            return UUID(int=real_uuid7().int)
        # https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7
        high = int(now().timestamp() * 1000) << 16 | 0x7000 | random.getrandbits(12)
        return UUID(int=high << 64 | 0b10 << 62 | random.getrandbits(62))

    fakes: dict[str, Callable[[], Any]] = {"now": now, "uuid7": uuid7}
    for module in [module for name, module in sys.modules.items() if name.startswith("factcheck.")]:
        for name, real in (("now", real_now), ("uuid7", real_uuid7)):
            if getattr(module, name, None) is real:
                monkeypatch.setattr(module, name, fakes[name])
    for table in db.Base.metadata.tables.values():
        for column in table.columns:
            default = getattr(column.default, "arg", None)
            if (name := getattr(default, "__name__", "")) in fakes:
                # SQLAlchemy remembers the function that it made around ours, so ours is changed within.
                [ours] = default.__closure__
                monkeypatch.setattr(ours, "cell_contents", fakes[name])

    def set_to(by: timedelta) -> None:
        nonlocal off
        off = by

    return set_to


def ids(page: Any) -> list[str]:
    return [item["id"] for item in page["items"]]


def test_posts_go_on_and_flags_stay_in_line(newsroom: Newsroom, app: Flask, set_clock: SetBack) -> None:
    newsroom.claim("it-holds")
    first = newsroom.statement("Ana", supports="it-holds")
    set_clock(-DAY)
    second = newsroom.statement("Ben", disputes="it-holds")
    assert second["created_at"] < first["created_at"]
    assert second["id"] < first["id"]
    [flag] = newsroom.contradictions()
    assert {s["id"] for s in flag["statements"]} == {first["id"], second["id"]}
    view = newsroom.view("it-holds")
    assert (view["supports"]["count"], view["disputes"]["count"]) == (1, 1)
    with app.extensions["factcheck.database"].writing() as session:
        assert consequences.recheck(session, 50) == 0


def test_a_history_keeps_its_order(newsroom: Newsroom, set_clock: SetBack) -> None:
    posted = newsroom.statement("Ana", said_to="A")
    path = f"/v1/statements/{posted['id']}"
    for number, radio in enumerate("BCD"):
        set_clock(-DAY * (number + 1))
        newsroom.change("PATCH", path, {"said_to": radio, "reason": "Misheard."})
    for role in ("public", "editor"):
        items = newsroom.get(f"{path}/history", role=role)["items"]
        assert [item["revision"] for item in items] == [1, 2, 3, 4]
        told = [item["changes"]["said_to"] for item in items[1:]]
        assert told == [{"before": b, "after": a} for b, a in ("AB", "BC", "CD")]
    assert newsroom.get(path)["said_to"] == "D"


def test_what_was_read_before_is_stale_all_the_same(newsroom: Newsroom, set_clock: SetBack) -> None:
    posted = newsroom.statement("Ana", said_to="A")
    path = f"/v1/statements/{posted['id']}"
    etag = newsroom.call("GET", path).headers["ETag"]
    set_clock(-DAY)
    newsroom.change("PATCH", path, {"said_to": "B", "reason": "Misheard."})
    assert newsroom.call("PATCH", path, {"said_to": "C"}, If_Match=etag).status_code == 412
    assert newsroom.call("GET", path, If_None_Match=etag).status_code == 200


def test_the_version_of_a_claim_goes_on(newsroom: Newsroom, set_clock: SetBack) -> None:
    newsroom.claim("it-holds")
    versions = [newsroom.view("it-holds")["version"]]
    for days in (1, 2):
        set_clock(-DAY * days)
        newsroom.statement("Ana", supports="it-holds")
        versions.append(newsroom.view("it-holds")["version"])
    assert versions == sorted(set(versions))


def test_a_cursor_neither_repeats_nor_skips_what_stood(newsroom: Newsroom, set_clock: SetBack) -> None:
    stood = {newsroom.statement("Ana")["id"] for _ in range(7)}
    page = newsroom.get("/v1/statements?limit=2")
    read = ids(page)
    set_clock(-DAY)
    later = {newsroom.statement("Ana")["id"] for _ in range(3)}
    while cursor := page["next_cursor"]:
        page = newsroom.get(f"/v1/statements?limit=2&cursor={cursor}")
        read += ids(page)
    assert len(read) == len(set(read))
    assert stood <= set(read) <= stood | later


def test_a_feed_has_what_was_published_then(newsroom: Newsroom, set_clock: SetBack) -> None:
    first = newsroom.statement("Ana", "The first words.")
    set_clock(-DAY)
    second = newsroom.statement("Ben", "The second words.")
    items = newsroom.get("/feeds/statements.json", role="public")["items"]
    # By the time that each bears: the later one stands below.
    assert [first["id"] in items[0]["url"], second["id"] in items[1]["url"]] == [True, True]


def test_a_retry_finds_its_answer(newsroom: Newsroom, set_clock: SetBack) -> None:
    body = {"slug": "it-holds", "text": "It holds.", "about": []}
    made = newsroom.post("/v1/claims", body, Idempotency_Key="k")
    for days in (-1, 6):  # Answers are kept for seven days.
        set_clock(DAY * days)
        newsroom.claim(f"on-day-{days + 1}")
        assert newsroom.post("/v1/claims", body, Idempotency_Key="k") == made


@pytest.mark.parametrize("days", [-400, 400])
def test_a_key_is_taken_whatever_the_clock_says(newsroom: Newsroom, set_clock: SetBack, days: int) -> None:
    """It is revoked by a person, not by a date."""
    set_clock(DAY * days)
    newsroom.statement("Ana")
