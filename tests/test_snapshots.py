"""Snapshots of sources over HTTP, and what they say of the statements from them."""

import hashlib
import json
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import update

from factcheck import verifying
from factcheck.cli import cli
from factcheck.config import Settings
from factcheck.snapshots import MAX_SNAPSHOT
from factcheck.statements import Statement
from newsroom import Newsroom

ARTICLE = (
    "“We knew nothing of it,” said Ilse Brandt on Monday. “The crane was inspected in March.”\n\n"
    "Dana Ruiz would not agree. “The crane was inspected in March,” she said, “and failed.”\n\n"
    "Mr. Lund did not say that the jib was safe."
)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def path_of(statement: Any) -> str:
    return f"/v1/sources/{statement['source']['id']}/snapshot"


def snap(newsroom: Newsroom, statement: Any, text: str = ARTICLE, **kwargs: Any) -> Any:
    return newsroom.change("PUT", path_of(statement), {"text": text}, **kwargs)


def verification(newsroom: Newsroom, statement: Any) -> Any:
    return newsroom.get(f"/v1/statements/{statement['id']}")["verification"]


def test_a_snapshot_is_kept_as_it_was_sent(newsroom: Newsroom) -> None:
    statement = newsroom.statement()
    newsroom.get(path_of(statement), status=404)
    text = " \n“Curly”\u00a0and\r\nstraight — ’tis all kept. \n"
    put = snap(newsroom, statement, text)
    assert newsroom.get(path_of(statement)) == put
    assert (put["text"], put["sha256"], put["length"]) == (text, sha256(text), len(text))
    assert (put["source"], put["revision"]) == (statement["source"]["id"], 1)
    assert put["captured_at"].endswith("Z")


def test_the_same_text_again_changes_nothing(newsroom: Newsroom) -> None:
    statement = newsroom.statement(text="We knew nothing of it.")
    first = snap(newsroom, statement)
    found = verification(newsroom, statement)
    assert snap(newsroom, statement) == first
    assert verification(newsroom, statement) == found


def test_replacing_a_snapshot_keeps_what_was_there_and_why(newsroom: Newsroom) -> None:
    statement = newsroom.statement(text="We knew nothing of it.")
    first = snap(newsroom, statement)
    body = {"text": "“We knew of it,” she said.", "reason": "The paper corrected its article."}
    second = newsroom.change("PUT", path_of(statement), body)
    assert second["revision"] == 2
    assert newsroom.get(f"{path_of(statement)}?sha256={first['sha256']}") == first
    assert newsroom.get(f"{path_of(statement)}?sha256={second['sha256']}") == second
    newsroom.get(f"{path_of(statement)}?sha256={sha256('never')}", status=404)
    newsroom.get(f"{path_of(statement)}?sha256=x", status=422)
    items = newsroom.get(f"/v1/sources/{statement['source']['id']}/history")["items"]
    created, replaced = [item for item in items if item["record_type"] == "snapshot"]
    assert created["action"] == "created"
    assert (replaced["action"], replaced["reason"], replaced["by"]) == (
        "replaced",
        body["reason"],
        "a editor",
    )
    assert replaced["changes"]["sha256"] == {"before": first["sha256"], "after": second["sha256"]}
    assert verification(newsroom, statement)["result"] == "partial"


def test_an_earlier_text_of_another_source_is_not_told(newsroom: Newsroom) -> None:
    one = newsroom.statement()
    other = newsroom.statement(source={"url": "https://pier.example/a"})
    secret = snap(newsroom, one, "What only one of them said.")
    snap(newsroom, other, "Something else.")
    newsroom.get(f"{path_of(other)}?sha256={secret['sha256']}", status=404)


def test_nobody_overwrites_what_they_have_not_read(newsroom: Newsroom) -> None:
    statement = newsroom.statement()
    put = newsroom.call("PUT", path_of(statement), {"text": ARTICLE})
    assert put.status_code == 200
    assert newsroom.call("PUT", path_of(statement), {"text": "Other."}).status_code == 428
    stale = newsroom.call("PUT", path_of(statement), {"text": "Other."}, If_Match='"stale"')
    assert stale.status_code == 412
    fresh = newsroom.call("PUT", path_of(statement), {"text": "Other."}, If_Match=put.headers["ETag"])
    assert fresh.status_code == 200
    # A query would name a text that stands no more, or none, and let anybody pass.
    for query in (f"?sha256={sha256(ARTICLE)}", f"?sha256={'0' * 64}"):
        path = path_of(statement) + query
        passed = newsroom.call("PUT", path, {"text": "Third."}, If_Match=put.headers["ETag"])
        assert passed.status_code == 422
        assert passed.get_json(force=True)["errors"][0]["parameter"] == "sha256"
    assert newsroom.get(path_of(statement))["text"] == "Other."


def test_the_text_is_read_with_a_key_only(newsroom: Newsroom) -> None:
    statement = newsroom.statement()
    snap(newsroom, statement)
    newsroom.get(path_of(statement), role="public", status=401)
    assert newsroom.get(path_of(statement), role="reader")["text"] == ARTICLE
    hidden = newsroom.statement(role="contributor", source={"url": "https://pier.example/draft"})
    snap(newsroom, hidden, role="contributor")
    newsroom.get(path_of(hidden), role="reader", status=404)
    newsroom.get("/v1/sources/none/snapshot", status=404)


def test_a_contributor_brings_the_text_of_a_source_that_no_reader_sees(newsroom: Newsroom) -> None:
    draft = newsroom.statement(text="We knew nothing of it.", role="contributor")
    snap(newsroom, draft, role="contributor")
    found = newsroom.get(f"/v1/statements/{draft['id']}", role="contributor")["verification"]
    assert found["result"] == "normalized"
    newsroom.change("PATCH", f"/v1/statements/{draft['id']}", {"status": "published"})
    refused = newsroom.change("PUT", path_of(draft), {"text": "Other."}, role="contributor", status=403)
    assert "editor" in refused["detail"]
    newsroom.change("PUT", path_of(draft), {"text": "Other."}, role="reader", status=403)


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({}, 422, "#/text"),
        ({"text": ""}, 422, "#/text"),
        ({"text": " \n"}, 422, "#/text"),
        ({"text": "a\u0000b"}, 422, "#/text"),
        ({"text": "a\u000bb"}, 422, "#/text"),
        ({"text": "a\u001bb"}, 422, "#/text"),
        ({"text": "\u000c"}, 422, "#/text"),
        ({"text": "a", "reason": "b\u000cc"}, 422, "#/reason"),
        ({"text": 1}, 422, "#/text"),
        ({"text": "a", "html": "b"}, 422, "#/html"),
        ({"text": "a" * (MAX_SNAPSHOT + 1)}, 413, None),
        ({"text": "a" * 9_000_000}, 413, None),
    ],
)
def test_bad_input(newsroom: Newsroom, body: Any, status: int, pointer: str | None) -> None:
    statement = newsroom.statement()
    problem = newsroom.change("PUT", path_of(statement), body, status=status)
    assert problem["detail"].endswith(".")
    assert [error["pointer"] for error in problem.get("errors", [])] == ([pointer] if pointer else [])


def test_the_longest_text_passes_however_it_is_written(newsroom: Newsroom) -> None:
    statement = newsroom.statement(text="We knew nothing of it.")
    text = f"{'é ' * (MAX_SNAPSHOT // 2 - 20)}We knew nothing of it."
    body = json.dumps({"text": text})
    assert len(body) > 3_000_000
    answer = newsroom.client.put(
        path_of(statement), data=body, content_type="application/json", headers=newsroom.headers("editor")
    )
    assert (answer.status_code, answer.get_json()["length"]) == (200, len(text))
    assert verification(newsroom, statement)["result"] == "exact"
    other = newsroom.client.post(
        "/v1/statements", data=body, content_type="application/json", headers=newsroom.headers("editor")
    )
    assert other.status_code == 413


def test_without_a_snapshot_there_is_no_verification(newsroom: Newsroom) -> None:
    statement = newsroom.statement(text="We knew nothing of it.")
    assert statement["verification"] is None


def test_a_snapshot_verifies_what_stands_and_what_comes(newsroom: Newsroom) -> None:
    before = newsroom.statement(text="We knew nothing of it,")
    put = snap(newsroom, before)
    after = newsroom.statement("Lund", text="We knew all of it.")
    elsewhere = newsroom.statement(text="We knew nothing of it.", source={"url": "https://pier.example/a"})
    found = verification(newsroom, before)
    assert (found["result"], found["occurrences"], found["diff"]) == ("exact", 1, [])
    assert found["reason"] == "The words stand in the source."
    assert found["snapshot"] == put["sha256"]
    assert found["verified_at"] >= put["captured_at"]
    quote, position = found["selectors"]
    assert quote == {
        "type": "TextQuoteSelector",
        "exact": "We knew nothing of it,",
        "prefix": "“",
        "suffix": "” said Ilse Brandt on Monday. “The crane was inspected in March.",
    }
    assert position == {"type": "TextPositionSelector", "start": 1, "end": 23}
    assert after["verification"]["result"] == "partial"
    assert {"op": "replace", "quotation": "all", "source": "nothing"} in after["verification"]["diff"]
    assert elsewhere["verification"] is None


def test_verifying_never_changes_what_was_said(newsroom: Newsroom) -> None:
    words = "“We  knew nothing\u00a0of it”…"
    anchor = {"type": "TextQuoteSelector", "exact": "knew"}
    statement = newsroom.statement(text=words, anchor=anchor)
    snap(newsroom, statement)
    read = newsroom.get(f"/v1/statements/{statement['id']}")
    assert (read["text"], read["anchor"]) == (words, anchor)
    assert (read["revision"], read["updated_at"]) == (1, statement["updated_at"])
    assert read["verification"]["result"] == "normalized"
    assert len(newsroom.get(f"/v1/statements/{statement['id']}/history")["items"]) == 1


def test_an_edit_verifies_anew(newsroom: Newsroom) -> None:
    statement = newsroom.statement(text="The crane was never inspected.")
    snap(newsroom, statement)
    path = f"/v1/statements/{statement['id']}"

    def edit(**fields: Any) -> Any:
        return newsroom.change("PATCH", path, {**fields, "reason": "Misquoted."})["verification"]

    assert verification(newsroom, statement)["result"] != "exact"
    found = edit(text="We knew nothing of it,")
    assert found["result"] == "exact"
    assert edit(said_to="Pier Radio") == found, "what stays the same keeps its time"
    assert edit(source={"url": "https://pier.example/none"}) is None
    assert edit(source={"url": newsroom.url})["result"] == "exact"
    newsroom.retract(statement)
    assert verification(newsroom, statement)["result"] == "exact"


def test_words_that_stand_twice_are_settled_by_an_anchor_only(newsroom: Newsroom) -> None:
    statement = newsroom.statement(text="The crane was inspected in March")
    snap(newsroom, statement)
    found = verification(newsroom, statement)
    assert (found["result"], found["occurrences"], found["selectors"]) == ("exact", 2, None)
    assert found["reason"].endswith("They stand there twice: say which is meant.")
    second = ARTICLE.index("The crane", ARTICLE.index("Dana"))
    path = f"/v1/statements/{statement['id']}"
    for anchor in (
        {"type": "TextPositionSelector", "start": second, "end": second + 10},
        {"type": "TextQuoteSelector", "exact": "The crane", "prefix": "Dana Ruiz would not agree. “"},
    ):
        body = {"anchor": anchor, "reason": "It is Ruiz who is quoted."}
        found = newsroom.change("PATCH", path, body)["verification"]
        assert found["occurrences"] == 2
        assert found["selectors"][1]["start"] == second
        assert found["reason"].endswith("the anchor says which is meant.")
    body = {"anchor": {"type": "TextPositionSelector", "start": 0, "end": 3}, "reason": "A slip."}
    found = newsroom.change("PATCH", path, body)["verification"]
    assert found["selectors"] is None
    assert found["reason"].endswith("The anchor does not point there.")


def test_what_was_found_can_be_sent_as_an_anchor(newsroom: Newsroom) -> None:
    statement = newsroom.statement(text="We knew nothing of it.")
    snap(newsroom, statement, "We knew nothing of it.")
    path = f"/v1/statements/{statement['id']}"
    for selector in verification(newsroom, statement)["selectors"]:
        read = newsroom.change("PATCH", path, {"anchor": selector, "reason": "As verified."})
        assert read["anchor"] == selector
        assert read["verification"]["selectors"][1] == {"type": "TextPositionSelector", "start": 0, "end": 22}


def test_pages_of_a_pdf_are_parted_by_form_feeds(newsroom: Newsroom) -> None:
    """A form feed is white space: words run on over it, and it is kept where it stands."""
    text = "Page 1.\f\fWe knew\fnothing of it.\fPage 3."
    over = newsroom.statement(text="We knew nothing of it.")
    whole = newsroom.statement("Dana", "Page 3.")
    joined = newsroom.statement("Eve", "We knewnothing of it.")
    assert snap(newsroom, over, text)["text"] == text
    assert newsroom.get(path_of(over))["length"] == len(text)
    found = verification(newsroom, over)
    assert (found["result"], found["selectors"][1]["start"]) == ("normalized", 9)
    assert found["selectors"][0]["exact"] == "We knew\fnothing of it."
    assert verification(newsroom, whole)["result"] == "exact"
    assert verification(newsroom, joined)["result"] == "partial"
    body = {"anchor": found["selectors"][0], "reason": "As verified."}
    read = newsroom.change("PATCH", f"/v1/statements/{over['id']}", body)
    assert read["anchor"] == found["selectors"][0]
    assert read["verification"]["selectors"] == found["selectors"]
    newsroom.statement(text="We knew\fnothing.", code=422)


def test_indirect_speech_need_not_stand_in_the_source(newsroom: Newsroom) -> None:
    told = newsroom.statement(text="Brandt denied that the firm was aware of the crack.", kind="indirect")
    clause = newsroom.statement("Lund", text="did not say that the jib was safe", kind="indirect")
    snap(newsroom, told)
    found = verification(newsroom, told)
    assert (found["result"], found["selectors"], found["diff"]) == (None, None, [])
    assert found["reason"].startswith("Indirect speech")
    assert verification(newsroom, clause)["result"] == "exact"
    edited = newsroom.change(
        "PATCH", f"/v1/statements/{told['id']}", {"kind": "direct", "reason": "It was in marks."}
    )
    assert edited["verification"]["result"] == "missing"


def test_views_show_what_was_found_and_are_renewed(newsroom: Newsroom) -> None:
    newsroom.claim("inspected")
    newsroom.claim("elsewhere")
    statement = newsroom.statement(text="The crane was not inspected in March.", supports="inspected")
    newsroom.statement(source={"url": "https://pier.example/a"}, supports="elsewhere")
    other = newsroom.view("elsewhere")["version"]
    before = newsroom.call("GET", "/v1/claims/inspected/view", role="public")
    snap(newsroom, statement)
    after = newsroom.call(
        "GET", "/v1/claims/inspected/view", role="public", If_None_Match=before.headers["ETag"]
    )
    assert after.status_code == 200
    view = after.get_json()
    assert view["version"] == before.get_json()["version"] + 1
    assert view["supports"]["statements"][0]["verification"] == verification(newsroom, statement)
    assert view["supports"]["statements"][0]["verification"]["result"] == "partial"
    snap(newsroom, statement)
    assert newsroom.view("inspected")["version"] == view["version"], "the same text changes nothing"
    assert newsroom.view("elsewhere")["version"] == other


def test_a_draft_renews_no_view(newsroom: Newsroom) -> None:
    newsroom.claim("inspected")
    draft = newsroom.statement(text="We knew nothing of it.", status="draft", supports="inspected")
    version = newsroom.view("inspected")["version"]
    snap(newsroom, draft)
    assert newsroom.view("inspected")["version"] == version


def test_lists_are_filtered_by_what_was_found(newsroom: Newsroom) -> None:
    said = {
        "exact": "We knew nothing of it,",
        "normalized": "We knew nothing of it.",
        "partial": "We knew something of it.",
        "missing": "The mayor has resigned over the bridge.",
    }
    made = {result: newsroom.statement(text=text) for result, text in said.items()}
    newsroom.statement(text="We knew nothing of it.", source={"url": "https://pier.example/a"})
    newsroom.statement(text="She denied it.", kind="indirect")
    snap(newsroom, made["exact"])
    for result, statement in made.items():
        items = newsroom.get(f"/v1/statements?verification={result}", role="public")["items"]
        assert [item["id"] for item in items] == [statement["id"]]
    newsroom.get("/v1/statements?verification=perhaps", status=422)


def test_many_statements_are_verified_in_parts(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "_CHUNK", 2)
    made = [newsroom.statement(f"Speaker {n}", text="We knew nothing of it,") for n in range(5)]
    snap(newsroom, made[0])
    assert len(newsroom.get("/v1/statements?verification=exact")["items"]) == 5


@pytest.fixture
def command(settings: Settings, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(Settings, "from_environ", classmethod(lambda cls: settings))

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(cli, ["verify", *arguments])
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def test_the_command_verifies_everything_anew(newsroom: Newsroom, app: Flask, command: Any) -> None:
    newsroom.claim("inspected")
    good = newsroom.statement(text="We knew nothing of it,", supports="inspected")
    bad = newsroom.statement(text="We knew something of it.")
    newsroom.statement(text="She denied it.", kind="indirect")
    newsroom.statement(text="No snapshot here.", source={"url": "https://pier.example/a"})
    snap(newsroom, good)
    found = [verification(newsroom, statement) for statement in (good, bad)]
    assert command().splitlines() == [
        "exact                  1",
        "normalized             0",
        "partial                1",
        "missing                0",
        "indirect               1",
        "without snapshot       1",
        f"partial  {bad['id']}  {found[1]['reason']}",
        "Every finding was in line.",
    ]
    # As if an earlier version had judged otherwise.
    with app.extensions["factcheck.database"].writing() as session:
        stale = {"result": "missing", "verified_at": "2020-01-01T00:00:00.000Z"}
        session.execute(update(Statement), [{"id": UUID(good["id"]), "verification": stale}])
        session.commit()
    version = newsroom.view("inspected")["version"]
    told = json.loads(command("--json"))
    assert told["changed"] == 1
    assert told["counts"]["exact"] == 1
    assert [item["id"] for item in told["not_found"]] == [bad["id"]]
    renewed = verification(newsroom, good)
    assert {**renewed, "verified_at": None} == {**found[0], "verified_at": None}
    assert newsroom.view("inspected")["version"] == version + 1


def test_the_command_on_an_empty_newsroom(newsroom: Newsroom, command: Any) -> None:
    assert command().endswith("Every finding was in line.\n")
