"""What `make bench` measures must be what the service itself would hold."""

import itertools
import json
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from bench import dataset, floor, load, machine, report
from bench.__main__ import main
from bench.asked import asked
from bench.goals import Found, outcomes
from bench.load import Cell, Round
from bench.machine import BenchError
from bench.newsroom import CROWDED_SUPPORTS, PER_CLAIM, SECRET
from bench.wide import WIDE_FLAGS, Wide
from factcheck import candidates, consequences, create_app, search, sqlite
from factcheck.auth import ApiKey
from factcheck.claims import Claim
from factcheck.config import Settings
from factcheck.db import Database
from factcheck.history import Recorded, Revision
from factcheck.search import SearchDocument
from factcheck.statements import Statement

# Twenty claims, and a crowded one in each half of them.
STATEMENTS = 400
CLAIMS = STATEMENTS // PER_CLAIM


@pytest.fixture
def app(tmp_path):
    path = tmp_path / "bench.sqlite3"
    dataset.build(path, STATEMENTS)
    url = f"sqlite:///{path}"
    app = create_app(Settings(database_url=url, read_database_url=url, secret_key="x", model="rules"))
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


def test_flags_of_a_wide_claim_are_what_the_service_would_compute(tmp_path):
    path = tmp_path / "wide.sqlite3"
    dataset.build(path, 80, Wide)
    database = Database(Settings(database_url=f"sqlite:///{path}", read_database_url=f"sqlite:///{path}"))
    with database.writing() as session:
        assert consequences.recheck(session, WIDE_FLAGS) == 0
        assert session.scalar(select(func.max(Claim.version)))
    database.dispose()


def test_every_record_is_as_its_last_revision_says(app):
    with app.extensions["factcheck.database"].reading() as session:
        # The key of the benchmark was issued without a history, as the first key of a service is.
        for model in set(Recorded.__subclasses__()) - {ApiKey}:
            revisions = session.query(Revision).where(Revision.record_type == model.record_type)
            last = {r.record_id: r for r in sorted(revisions, key=lambda r: r.number)}
            states = {id_: (revision.number, revision.state) for id_, revision in last.items()}
            assert {r.id: (r.revision, r.state()) for r in session.query(model)} == states


def test_the_same_columns_are_filled_as_the_service_fills_them(app):
    body = json.loads(next(itertools.islice(dataset.post_bodies(STATEMENTS, "run"), 3, None)))
    link = body["links"][0]
    link["claim"] = {"text": "A new claim.", "kind": "event", "about": [{"name": "Kel Works"}]}
    reply = {**body, "speaker": {"name": "Ada Bran"}, "links": [{**link, "stance": "disputes"}]}
    assert [post(app, json.dumps(said)).status_code for said in (body, reply)] == [201, 201]
    with app.extensions["factcheck.database"].reading() as session:
        for model in (*(set(Recorded.__subclasses__()) - {ApiKey}), SearchDocument):
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


@pytest.mark.parametrize(("crowded", "sides", "shown"), [(False, [19, 1], 2), (True, [12, 8], 96)])
def test_view_has_both_sides_of_a_claim(app, crowded, sides, shown):
    slugs = dataset.slugs(STATEMENTS, crowded=crowded)
    assert slugs
    for slug in slugs:
        answer = app.test_client().get(f"/v1/claims/{slug}/view")
        assert answer.status_code == 200
        assert [answer.json[side]["count"] for side in ("supports", "disputes")] == sides
        assert [len(answer.json[side]["statements"]) for side in ("supports", "disputes")] == sides
        assert answer.json["contradictions"]["open"] == shown


def test_search_finds_statements_and_claims(app):
    client = app.test_client()
    text = client.get(f"/v1/claims/{dataset.slugs(STATEMENTS)[0]}/view").json["supports"]["statements"][0][
        "text"
    ]
    with app.extensions["factcheck.database"].reading() as session:
        assert search.search(session, f'"{text}"', record_types=("statement",))
        assert len(search.search(session, "failed public", record_types=("claim",))) == CLAIMS


def test_same_number_gives_the_same_rows(app, tmp_path):
    again = tmp_path / "again.sqlite3"
    dataset.build(again, STATEMENTS)
    states = "SELECT id, state FROM revision ORDER BY id"
    with dataset.connecting(again) as one, dataset.connecting(file_of(app)) as other:
        assert one.execute(states).fetchall() == other.execute(states).fetchall()


@pytest.mark.parametrize(("crowded", "opposed", "posts"), [(False, 1, 11), (True, CROWDED_SUPPORTS, 3)])
def test_posts_contradict_as_many_however_many_came_before_and_can_be_forgotten(app, crowded, opposed, posts):
    # More posts than there are claims of the kind in the second half.
    path = file_of(app)
    before = row_counts(path)
    bodies = dataset.post_bodies(STATEMENTS, "run", crowded=crowded)
    for _ in range(posts):
        answer = post(app, next(bodies))
        assert answer.status_code == 201
        assert len(answer.json["contradictions"]) == opposed
    stored = dataset.posted(path)
    assert (stored["statement"], stored["contradiction"]) == (posts, posts * opposed)
    dataset.forget_posts(path)
    assert row_counts(path) == before
    test_references_and_indexes_are_sound(app)
    with app.extensions["factcheck.database"].writing() as session:
        assert consequences.recheck(session, 50) == 0


def test_posts_without_links_are_analysed_and_can_be_forgotten(app):
    path = file_of(app)
    before = row_counts(path)
    bodies = dataset.analysed_bodies(STATEMENTS, "run")
    answers = [post(app, next(bodies)) for _ in range(4)]
    assert {answer.status_code for answer in answers} == {201}
    assert all(answer.json["analysis"]["skipped"] is None for answer in answers)
    with app.extensions["factcheck.database"].reading() as session:
        statement = session.get_one(Statement, UUID(answers[0].json["id"]))
        gathered = candidates.gather(session, statement)
    assert gathered.claims
    assert gathered.statements
    assert dataset.posted(path)["statement"] == 4
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
    dataset.copy_of("100", kept, tmp_path / "one.sqlite3")
    built = [(path, path.stat().st_mtime_ns) for path in kept.iterdir()]
    dataset.copy_of("100", kept, tmp_path / "two.sqlite3")
    assert [(path, path.stat().st_mtime_ns) for path in kept.iterdir()] == built
    assert (tmp_path / "one.sqlite3").read_bytes() == (tmp_path / "two.sqlite3").read_bytes()


def test_floor_answers_with_the_bytes_it_was_given(tmp_path):
    body = json.dumps({"text": "“No.”"}).encode()
    (tmp_path / "view").write_bytes(body)
    client = floor.create_app(tmp_path).test_client()
    assert (client.get("/view").status_code, client.get("/view").data) == (200, body)
    assert (client.post("/view", data=b"{}").status_code, client.post("/view").data) == (201, body)


def test_another_floor_first_asks_what_the_service_asks(app, tmp_path):
    path = f"/v1/claims/{dataset.slugs(STATEMENTS)[0]}/view"
    [of_a_view] = asked(file_of(app), [path])
    assert any("FROM link" in text or "JOIN link" in text for text, _ in of_a_view)
    folder = tmp_path / "asking"
    folder.mkdir()
    (folder / "view").write_bytes(b"{}")
    told = {"database": str(file_of(app)), "asked": [of_a_view, [("SELECT * FROM nothing", [])]]}
    (folder / "view.asked").write_text(json.dumps(told))
    client = floor.create_app(folder).test_client()
    assert (client.get("/view").data, client.get("/view/asked/0").data) == (b"{}", b"{}")
    assert client.get("/view/asked/1").status_code == 500
    assert (floor.MAPPED, floor.CACHED) == (sqlite.MAPPED, sqlite.CACHED)
    with pytest.raises(BenchError, match="does not answer"):
        asked(file_of(app), ["/v1/claims/none/view"])


def rounds_of(*rates, **figures):
    return [Round(1, rate, **figures) for rate in rates]


def found(*cells, sizes=(1000, 100_000), **values):
    by_name = {
        (measure, variant): Cell(measure, variant, run=None, rounds=rounds)
        for measure, variant, rounds in cells
    }
    return Found(by_name, values, sizes)


def outcome_of(says, run):
    return next(outcome for outcome in outcomes(run) if outcome.goal.says == says)


@pytest.mark.parametrize(
    ("rates", "ratio", "met"), [((34.9, 90, 10), 0.349, False), ((35, 1, 60), 0.35, True)]
)
def test_a_ratio_is_of_the_medians_of_the_rounds(rates, ratio, met):
    run = found(("view", "floor", rounds_of(100, 90, 1000)), ("view", "factcheck", rounds_of(*rates)))
    outcome = outcome_of("view uncached, of the floor", run)
    assert outcome.value == pytest.approx(ratio)
    assert outcome.met is met


def test_growth_is_of_the_time_to_an_answer():
    run = found(
        ("growing view", "1,000 statements", rounds_of(1, p50=2.0)),
        ("growing view", "100,000 statements", rounds_of(1, p50=3.0)),
    )
    outcome = outcome_of("growth of a view", run)
    assert (outcome.value, outcome.met) == (1.5, True)


def test_a_tail_is_held_against_the_peers():
    run = found(
        ("post, 16 clients", "factcheck", rounds_of(1, p99=11.0)),
        ("post, 16 clients", "fastapi sync orm", rounds_of(1, p99=100.0)),
    )
    outcome = outcome_of("post, 16 clients, p99 of FastAPI's", run)
    assert (outcome.value, outcome.met) == (0.11, False)


def test_one_post_refused_by_a_lock_is_one_too_many():
    eight = [Round(9, 9.0), Round(9, 9.0), Round(9, 9.0, refused=1)]
    run = found(("post, 16 clients", "factcheck, 8 processes", eight))
    outcome = outcome_of("posts refused by a lock, 8 processes", run)
    assert (outcome.value, outcome.met) == (1, False)


def test_only_what_was_measured_is_held_against_a_goal():
    assert outcomes(found()) == []
    run = found(**{"memory, MiB": 301.0})
    assert [(outcome.goal.says, outcome.met) for outcome in outcomes(run)] == [
        ("memory of one worker", False)
    ]


def test_table_shows_each_variant_beside_the_first_and_each_goal_met_or_missed():
    run = found(
        ("view", "floor", rounds_of(1000, 900, 1100, p50=1.0, p99=2.0)),
        ("view", "factcheck", rounds_of(250, p50=4.0, p99=9.0, cpu=0.5)),
    )
    lines = report.table(run, ["A note."]).splitlines()
    row = next(line for line in lines if line.startswith("  factcheck"))
    assert row.split()[1:] == ["250", "(250–250)", "4.00", "9.00", "0.50", "0.250"]
    assert next(line for line in lines if line.startswith("view uncached, of the floor")).endswith("MISSED")
    assert lines[-2:] == ["0 of 1 goals met.", "A note."]
    written = report.as_json(run, {"seconds": 1}, 2.0, [])
    assert json.loads(json.dumps(written))["goals"][0]["value"] == 0.25


@pytest.mark.parametrize(("share", "value"), [(0.5, 2), (0.95, 4), (0.99, 4), (0.25, 1)])
def test_percentile_is_the_nearest_rank(share, value):
    assert load.part([4, 1, 3, 2], share) == value


def test_a_disturbed_round_is_repeated_and_then_refused(monkeypatch):
    others = iter([0.5, 0.1, *[0.16] * 4])
    monkeypatch.setattr(load.Moment, "others_until", lambda *_: next(others))
    monkeypatch.setattr(load, "_await_quiet", lambda: None)
    rates = iter(range(100))
    round_ = load.undisturbed(lambda: Round(1, next(rates)))
    assert (round_.rate, round_.others) == (1, 0.1)
    with pytest.raises(BenchError, match=r"Other processes used 0\.16 cores in every try"):
        load.undisturbed(lambda: Round(1, next(rates)))


@pytest.fixture
def answering():
    """Serve one connection with the bytes that are given, whatever is asked."""
    with ExitStack() as stack:

        def start(answer, times=1):
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def serve():
                connection, _ = listener.accept()
                with connection:
                    for _ in range(times):
                        connection.recv(65_536)
                        connection.sendall(answer)

            threading.Thread(target=serve, daemon=True).start()
            return listener.getsockname()[1]

        yield start


def test_client_reads_a_body_by_its_length_and_in_chunks(answering):
    with load.Client(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")) as client:
        assert client.get("/").body == b"abc"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    with load.Client(answering(chunked)) as client:
        answer = client.get("/")
        assert (answer.body, answer.size) == (b"abc", len(chunked))


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 500 X\r\nContent-Length: 3\r\n\r\nabc", b"HTTP/1.1 201 X\r\n\r\n"]
)
def test_a_post_that_is_not_answered_as_it_should_be_ends_the_run(answering, answer):
    with pytest.raises(BenchError, match="A POST was answered"):
        load.posts(answering(answer), itertools.repeat(b"POST"), range(3, 4), seconds=5, connections=1)


def test_a_503_is_counted_where_it_may_come(answering):
    port = answering(b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n")
    done = load.posts(port, itertools.repeat(b"POST"), range(1), seconds=0, connections=1, may_refuse=True)
    assert (done.requests, done.refused) == (1, 1)


def test_groups_are_named():
    result = CliRunner().invoke(main, ["--only", "view,everything"])
    assert result.exit_code == 2
    assert "there is no everything; choose from view, " in result.output


def test_without_wrk_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(load, "wrk", lambda: None)
    result = CliRunner().invoke(main)
    assert result.exit_code == 2
    assert result.output == "The benchmark makes load with wrk; install it: apt-get install wrk\n"


def test_pages_of_the_database_that_a_process_maps_are_told_apart(tmp_path):
    file = tmp_path / "mapped"
    file.write_bytes(bytes(8 << 20))
    code = (
        "import mmap, time; f = open(%r); m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ); "
        "sum(m[::4096]); print(flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code % str(file)], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        memory = machine.Running(0, process.pid).memory(file)
        process.kill()
    assert memory.database == 8 << 20
    assert memory.resident - memory.database > memory.own > 1 << 20
