"""What `make bench` measures must be what the service itself would hold."""

import itertools
import json
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from bench import dataset, floor, load
from bench.__main__ import main
from bench.load import Cell, Round
from bench.newsroom import PER_CLAIM, SECRET, SUPPORTS
from bench.report import compare, growth
from factcheck import candidates, consequences, create_app, search
from factcheck.config import Settings
from factcheck.history import Recorded, Revision
from factcheck.search import SearchDocument
from factcheck.statements import Statement

STATEMENTS = 200
CLAIMS = STATEMENTS // PER_CLAIM


@pytest.fixture
def app(tmp_path):
    path = tmp_path / "bench.sqlite3"
    dataset.build(path, STATEMENTS)
    url = f"sqlite:///{path}"
    app = create_app(Settings(database_url=url, read_database_url=url, secret_key="x"))
    yield app
    app.extensions["factcheck.database"].dispose()


def file_of(app):
    return Path(app.extensions["factcheck.database"].writer.url.database)


def post(app, body):
    headers = {"Authorization": f"Bearer {SECRET}"}
    return app.test_client().post(
        "/v1/statements", data=body, content_type="application/json", headers=headers
    )


def test_flags_are_what_the_service_would_compute(app):
    with app.extensions["factcheck.database"].writing() as session:
        assert consequences.recheck(session, 50) == 0


def test_every_record_is_as_its_first_revision_says(app):
    with app.extensions["factcheck.database"].reading() as session:
        for model in Recorded.__subclasses__():
            revisions = session.query(Revision).where(Revision.record_type == model.record_type)
            states = {revision.record_id: revision.state for revision in revisions}
            assert {record.id: record.state() for record in session.query(model)} == states


def test_the_same_columns_are_filled_as_the_service_fills_them(app):
    body = json.loads(next(itertools.islice(dataset.post_bodies(STATEMENTS, "run"), 3, None)))
    link = body["links"][0]
    link["claim"] = {"text": "A new claim.", "kind": "event", "about": [{"name": "Kel Works"}]}
    reply = {**body, "speaker": {"name": "Ada Bran"}, "links": [{**link, "stance": "supports"}]}
    assert [post(app, json.dumps(said)).status_code for said in (body, reply)] == [201, 201]
    with app.extensions["factcheck.database"].reading() as session:
        for model in (*Recorded.__subclasses__(), SearchDocument):
            rows = session.scalars(select(model).order_by(model.id)).all()
            if rows:
                assert filled(rows[-1]) == filled(rows[0]), model


def filled(record):
    return {column.key for column in record.__mapper__.columns if getattr(record, column.key) is not None}


def test_references_and_indexes_are_sound(app):
    with app.extensions["factcheck.database"].reading() as session:
        connection = session.connection()
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_view_has_both_sides_of_a_claim(app):
    for path in dataset.view_paths(STATEMENTS):
        answer = app.test_client().get(path)
        assert answer.status_code == 200
        assert [answer.json[side]["count"] for side in ("supports", "disputes")] == [12, 8]
        assert [len(answer.json[side]["statements"]) for side in ("supports", "disputes")] == [12, 8]
        assert answer.json["contradictions"]["open"] == 12 * 8
        assert len(answer.data) > 14_000


def test_search_finds_statements_and_claims(app):
    client = app.test_client()
    text = client.get(dataset.view_paths(STATEMENTS)[0]).json["supports"]["statements"][0]["text"]
    with app.extensions["factcheck.database"].reading() as session:
        assert search.search(session, f'"{text}"', record_types=("statement",))
        assert len(search.search(session, "failed public", record_types=("claim",))) == CLAIMS


def test_same_number_gives_the_same_rows(app, tmp_path):
    again = tmp_path / "again.sqlite3"
    dataset.build(again, STATEMENTS)
    states = "SELECT id, state FROM revision ORDER BY id"
    with dataset.connecting(again) as one, dataset.connecting(file_of(app)) as other:
        assert one.execute(states).fetchall() == other.execute(states).fetchall()


def test_posts_contradict_the_supporters_however_many_came_before_and_can_be_forgotten(app):
    path = file_of(app)
    before = row_counts(path)
    bodies = dataset.post_bodies(STATEMENTS, "run")
    for _ in range(CLAIMS + 5):
        answer = post(app, next(bodies))
        assert answer.status_code == 201
        assert len(answer.json["contradictions"]) == SUPPORTS
    assert dataset.posted(path) == (CLAIMS + 5, (CLAIMS + 5) * SUPPORTS)
    dataset.forget_posts(path)
    assert row_counts(path) == before
    test_references_and_indexes_are_sound(app)
    with app.extensions["factcheck.database"].writing() as session:
        assert consequences.recheck(session, 50) == 0


def test_posts_without_links_are_analysed_and_can_be_forgotten(app):
    path = file_of(app)
    before = row_counts(path)
    bodies = dataset.analysed_bodies(STATEMENTS, "run")
    answers = [post(app, next(bodies)) for _ in range(CLAIMS)]
    assert {answer.status_code for answer in answers} == {201}
    assert all(answer.json["analysis"]["skipped"] is None for answer in answers)
    with app.extensions["factcheck.database"].reading() as session:
        statement = session.get_one(Statement, UUID(answers[0].json["id"]))
        gathered = candidates.gather(session, statement)
    assert gathered.claims
    assert gathered.statements
    assert dataset.posted(path)[0] == CLAIMS
    dataset.forget_posts(path)
    assert row_counts(path) == before
    test_references_and_indexes_are_sound(app)


def row_counts(path):
    with dataset.connecting(path) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        tables = [name for name in names if not name.startswith("search_index")]
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}


def test_data_set_is_built_once(tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    dataset.copy_of(100, kept, tmp_path / "one.sqlite3")
    built = [(path, path.stat().st_mtime_ns) for path in kept.iterdir()]
    dataset.copy_of(100, kept, tmp_path / "two.sqlite3")
    assert [(path, path.stat().st_mtime_ns) for path in kept.iterdir()] == built
    assert (tmp_path / "one.sqlite3").read_bytes() == (tmp_path / "two.sqlite3").read_bytes()


def test_floor_answers_with_the_bytes_it_was_given(tmp_path):
    body = json.dumps({"text": "“No.”"}).encode()
    (tmp_path / "view").write_bytes(body)
    client = floor.create_app(tmp_path).test_client()
    assert (client.get("/view").status_code, client.get("/view").data) == (200, body)
    assert (client.post("/view", data=b"{}").status_code, client.post("/view").data) == (201, body)


def test_ratios_are_of_the_same_round():
    cells = [
        Cell("view", "floor", 100, run=None, rounds=[Round(1, 100.0), Round(1, 200.0), Round(1, 300.0)]),
        Cell("view", "service", 100, run=None, rounds=[Round(1, 10.0), Round(1, 40.0), Round(1, 30.0)]),
        Cell("view", "floor", 1000, run=None, rounds=[Round(1, 100.0)] * 3),
        Cell("view", "service", 1000, run=None, rounds=[Round(1, 15.0)] * 3),
    ]
    small, large = compare(cells)
    assert (small.ratio, small.least, small.greatest) == (0.15, 0.1, 0.2)
    assert large.ratio == 0.15
    assert growth([small, large]) == {"view": 0.5}


def test_without_wrk_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(load, "wrk", lambda: None)
    result = CliRunner().invoke(main)
    assert result.exit_code == 2
    assert result.output == "The benchmark makes load with wrk; install it: apt-get install wrk\n"
