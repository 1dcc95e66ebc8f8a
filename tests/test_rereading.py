"""`factcheck recheck --analysis`: every statement read again, in parallel, and where it was stopped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from factcheck import engines, rereading
from factcheck.cli import cli
from factcheck.config import Settings
from factcheck.rereading import Work
from newsroom import Newsroom
from plain_engine import PlainEngine


@pytest.fixture
def room(newsroom: Newsroom) -> Newsroom:
    """Statements that nobody has analysed, one of them retracted, one linked by an editor."""
    newsroom.claim("cleared", "The inspection report clears Northgate Cranes.", about=["Northgate Cranes"])
    for i in range(60):
        newsroom.statement(f"Speaker {i}", f"We counted {i} bolts in the jib.", analysis=False)
    newsroom.retract(newsroom.statement("Gone", "We counted nothing.", analysis=False))
    newsroom.statement("Linked", "It clears them.", supports="cleared")
    return newsroom


def flags(newsroom: Newsroom) -> set[tuple[Any, ...]]:
    return {
        (flag["kind"], *(s["text"] for s in flag["statements"]), flag["score"])
        for flag in newsroom.contradictions()
    }


def test_all_is_read_once_and_a_stopped_run_goes_on(room: Newsroom, settings: Settings) -> None:
    work = Work(settings)
    assert work.count() == 60, "what somebody linked is taken as all there is"
    running = rereading.run(work, 2)
    assert next(running) == rereading.BATCH
    running.close()
    left = Work(settings).count()
    assert 0 < left <= 60 - rereading.BATCH
    assert sum(rereading.run(work, 2)) == left
    assert Work(settings).count() == 0
    assert sum(rereading.run(work, 2)) == 0
    [linked] = [s for s in room.get("/v1/statements")["items"] if s["speaker"]["name"] == "Linked"]
    shown = room.get(f"/v1/statements/{linked['id']}")
    assert shown["analysis"] is None
    assert [link["status"] for link in shown["links"]] == ["confirmed"]
    assert shown["suggestions"] == []


def test_reading_all_again_says_what_the_posts_said(
    newsroom: Newsroom, settings: Settings, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.extensions["factcheck.engine"] = PlainEngine()
    monkeypatch.setattr(engines, "build", lambda settings: PlainEngine())
    newsroom.claim("inspected", "The inspectors came.")
    for i in range(6):
        newsroom.statement(f"Speaker {i}", f"Our inspectors counted {10 + i // 2} bolts.")
    newsroom.statement("Dana", "The inspectors never came.")
    before = flags(newsroom)
    assert {kind for kind, *_ in before} == {"figure_mismatch", "opposite_stance"}
    assert Work(settings).count() == 0, "what a post has read is read"
    database, reader = app.extensions["factcheck.database"], rereading.Reader(settings)
    again = [
        rereading.store(database, Work(settings), reader.read(ids))
        for ids in Work(settings, anew=True).batches(database)
    ]
    reader.close()
    assert sum(again) == 7
    assert flags(newsroom) == before


def test_another_engine_or_version_reads_again(
    room: Newsroom, settings: Settings, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.extensions["factcheck.engine"] = PlainEngine()
    room.statement("Dana", "The inspectors never came.")
    monkeypatch.setattr(engines, "build", lambda settings: PlainEngine())
    assert Work(settings).count() == 60
    monkeypatch.setattr(PlainEngine, "version", "2")
    assert Work(settings).count() == 61


def test_since_a_day(room: Newsroom, settings: Settings) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert Work(settings, since=tomorrow).count() == 0
    assert Work(settings, since=tomorrow - timedelta(days=2)).count() == 60


def test_the_command(newsroom: Newsroom, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom.statement("Ann", "We counted 3 bolts.", analysis=False)
    for name in ("DATABASE_URL", "READ_DATABASE_URL"):
        monkeypatch.setenv(f"FACTCHECK_{name}", settings.database_url)
    monkeypatch.setenv("FACTCHECK_SECRET_KEY", "x")
    done = CliRunner().invoke(cli, ["recheck", "--analysis", "--processes", "1"])
    assert done.exit_code == 0, done.output
    assert "1 statements were read." in done.output
    assert "Every contradiction was in line." in done.output
    refused = CliRunner().invoke(cli, ["recheck", "--anew"])
    assert refused.exit_code == 1
    assert "--since, --anew and --ask go with --analysis." in refused.output
    unasked = CliRunner().invoke(cli, ["recheck", "--analysis", "--ask"])
    assert unasked.exit_code == 1
    assert "--ask needs a judge; set FACTCHECK_JUDGE_URL" in unasked.output
