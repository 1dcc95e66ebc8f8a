"""Embeds: the same, small, on other sites; pinned words, and what became of them since."""

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient

from conftest import settings_for
from factcheck import create_app
from newsroom import Newsroom
from pages import BROWSER, Read, quotes, words


@pytest.fixture
def said(newsroom: Newsroom) -> dict[str, Any]:
    """Two statements that contradict each other on one claim."""
    newsroom.claim("moved", "Brandt moved the lever.", about=["Ilse Brandt"])
    link = {"claim": "moved", "stance": "disputes", "span": {"text": "never"}}
    first = newsroom.statement(text="I never moved it.", said_on="2022-04-20", links=[link])
    second = newsroom.statement("Karl Vogt", "She moved it.", said_on="2022-05", supports="moved")
    [flag] = newsroom.contradictions()
    return {"first": first, "second": second, "flag": flag}


def correct(newsroom: Newsroom, statement: Any, **fields: Any) -> None:
    newsroom.change("PATCH", f"/v1/statements/{statement['id']}", {"reason": "Misheard.", **fields})


def notices(page: BeautifulSoup) -> list[str]:
    return [re.sub(r"on \d.* \d{4}(, \d\d:\d\d UTC)?:", "on DAY:", words(n)) for n in page.select(".notice")]


def test_a_claim_shows_both_sides_alike(newsroom: Newsroom, said: dict[str, Any], read: Read) -> None:
    newsroom.statement("Nora Lind", "word " * 200, said_on="2022-06", supports="moved")
    page = read("/embed/claims/moved")
    assert words(page.h1) == "Brandt moved the lever."
    supports, disputes = page.select("section")
    assert words(supports.h2) == "2 statements support it"
    assert words(disputes.h2) == "1 statement disputes it"
    assert quotes(disputes) == ["I never moved it."]
    long, short = quotes(supports)
    assert short == "She moved it."
    assert long.endswith("word […]")
    assert len(long) < 300
    assert "Both sides and 2 contradictions" in words(page.footer)
    canonical = page.find("link", rel="canonical")
    assert isinstance(canonical, Tag)
    assert canonical["href"] == "http://127.0.0.1:8000/claims/moved"


def test_a_statement_is_shown_whole_with_what_it_bears_on(
    newsroom: Newsroom, said: dict[str, Any], read: Read
) -> None:
    text = "Not a word is left out. " * 40 + "None."
    long = newsroom.statement(
        "Nora Lind", text, speaker_role="clerk", on_behalf_of={"name": "Dana Ruiz"}, supports="moved"
    )
    page = read(f"/embed/statements/{long['id']}")
    assert quotes(page) == [text]
    assert words(page.select_one(".speaker")) == "Nora Lind, clerk"
    assert "On behalf of Dana Ruiz" in words(page.dl)
    assert words(page.select_one(".bearing")) == "Supports Brandt moved the lever."
    assert notices(page) == []


def test_a_contradiction_stands_face_to_face(newsroom: Newsroom, said: dict[str, Any], read: Read) -> None:
    page = read(f"/embed/contradictions/{said['flag']['id']}")
    assert quotes(page) == ["I never moved it.", "She moved it."]
    assert [mark.get_text() for mark in page.select("mark")] == ["never"]
    assert "disputes the claim “Brandt moved the lever”" in words(page.select_one(".reasons"))
    assert "Open" in words(page.select_one(".status"))


@pytest.mark.parametrize("theme", ["light", "dark", "auto", None])
def test_the_theme_is_the_asked_one(said: dict[str, Any], read: Read, theme: str | None) -> None:
    page = read("/embed/claims/moved" + (f"?theme={theme}" if theme else ""))
    assert page.html is not None
    assert page.html["class"] == [theme or "auto"]


@pytest.mark.parametrize(
    "query",
    [
        "theme=blue",
        "theme=blue&version=1",
        "version=0",
        "version=x",
        "version=1.2",
        "version=-1",
        "version=1234567890123",
    ],
)
def test_a_wrong_parameter_is_named(said: dict[str, Any], client: FlaskClient, query: str) -> None:
    problem = client.get(f"/embed/claims/moved?{query}")
    assert problem.status_code == 422
    [error] = problem.get_json(force=True)["errors"]
    assert error["parameter"] == query.partition("=")[0]
    assert client.get(f"/embed/contradictions/{said['flag']['id']}?version=1").status_code == 422


def test_what_hosts_add_to_the_address_is_ignored(said: dict[str, Any], read: Read) -> None:
    read("/embed/claims/moved?utm_source=letter&secret=abcdefghij")


def test_a_correction_shows_in_what_is_placed_already(
    newsroom: Newsroom, said: dict[str, Any], read: Read
) -> None:
    path = f"/embed/statements/{said['first']['id']}"
    correct(newsroom, said["first"], text="I hardly moved it.", speaker_role="foreman")
    now = read(path)
    assert quotes(now) == ["I hardly moved it."]
    assert notices(now) == ["Corrected on DAY: Misheard."]
    pinned = read(f"{path}?version=1")
    assert quotes(pinned) == ["I never moved it."]
    assert words(pinned.select_one(".speaker")) == "Ilse Brandt"
    assert notices(pinned) == [
        "Corrected on DAY: Misheard.",
        "These are the words of an earlier version. Read it as it stands now",
    ]
    assert notices(read(f"{path}?version=2")) == notices(now)
    assert re.search(r"Corrected \d.*: Misheard", words(read("/embed/claims/moved")))


def test_a_retraction_shows_in_what_is_placed_already(
    newsroom: Newsroom, said: dict[str, Any], read: Read
) -> None:
    id_ = said["first"]["id"]
    newsroom.retract(said["first"])
    for path in (f"/embed/statements/{id_}", f"/embed/statements/{id_}?version=1"):
        page = read(path)
        assert words(page.select_one("blockquote s")) == "I never moved it."
        assert notices(page) == ["Retracted on DAY: Misheard."]
        assert "Disputed" in words(page.select_one(".bearing"))
    claim = read("/embed/claims/moved")
    assert "Retracted a statement by Ilse Brandt" in words(claim.select_one(".notice"))
    assert words(claim.select("section")[1].h2) == "0 statements dispute it"
    flag = read(f"/embed/contradictions/{said['flag']['id']}")
    assert words(flag.select_one("blockquote s")) == "I never moved it."
    assert "No longer standing" in notices(flag)[0]
    assert flag.select_one(".reasons") is None
    assert "No longer standing" in words(read(f"/contradictions/{said['flag']['id']}"))


def test_a_pinned_claim_keeps_its_wording_and_says_that_it_changed(
    newsroom: Newsroom, said: dict[str, Any], read: Read
) -> None:
    newsroom.change(
        "PATCH", "/v1/claims/moved", {"text": "Brandt pulled the lever.", "reason": "As she says."}
    )
    pinned = read("/embed/claims/moved?version=1")
    assert words(pinned.h1) == "Brandt moved the lever."
    assert notices(pinned)[0] == "Corrected on DAY: As she says."
    assert "earlier version" in notices(pinned)[1]
    now = read("/embed/claims/moved")
    assert words(now.h1) == "Brandt pulled the lever."
    assert notices(now) == ["Corrected on DAY: As she says."]


def test_a_pinned_contradiction_keeps_the_words_of_both(
    newsroom: Newsroom, said: dict[str, Any], read: Read
) -> None:
    path = f"/embed/contradictions/{said['flag']['id']}"
    correct(newsroom, said["first"], text="Well, I never moved it.")
    assert quotes(read(path))[0] == "Well, I never moved it."
    pinned = read(f"{path}?version=1.1")
    assert quotes(pinned) == ["I never moved it.", "She moved it."]
    assert "Corrected" in words(pinned.select_one(".cited + .meta"))
    assert "earlier version" in notices(pinned)[0]
    assert pinned.select("mark") == []
    assert notices(read(f"{path}?version=2.1")) == []


def test_a_pinned_statement_keeps_its_speaker_and_source(
    newsroom: Newsroom, said: dict[str, Any], read: Read
) -> None:
    correct(
        newsroom,
        said["first"],
        speaker={"name": "Elsa Brandt"},
        on_behalf_of={"name": "Dana Ruiz"},
        source={"url": "https://other.example/", "headline": "Elsewhere"},
        said_on="2023",
    )
    page = read(f"/embed/statements/{said['first']['id']}?version=1")
    assert words(page.select_one(".speaker")) == "Ilse Brandt"
    assert [words(line) for line in page.select("dl > div")] == [
        "Said 20 April 2022",
        f"Source {newsroom.url}",
    ]


def test_versions_before_publication_do_not_exist(newsroom: Newsroom, read: Read) -> None:
    draft = newsroom.statement(text="Half of a thought.", status="draft")
    newsroom.change("PATCH", f"/v1/statements/{draft['id']}", {"text": "A whole one.", "status": "published"})
    path = f"/embed/statements/{draft['id']}"
    assert quotes(read(path)) == quotes(read(f"{path}?version=2")) == ["A whole one."]
    assert notices(read(path)) == []
    for number in (1, 3):
        assert "There is no such version" in words(read(f"{path}?version={number}", 404))


def test_what_is_not_there_answers_in_the_frame(newsroom: Newsroom, said: dict[str, Any], read: Read) -> None:
    draft = newsroom.statement(status="draft")
    newsroom.claim("hidden", status="draft")
    paths = [f"/embed/statements/{draft['id']}", "/embed/claims/hidden", "/embed/claims/none", "/embed/none"]
    for path in [*paths, "/embed/contradictions/none", "/embed/statements/none"]:
        page = read(path, 404)
        assert page.select_one("body.embed")
        assert page.find("a", class_="skip") is None


def test_a_withdrawn_claim_says_why_and_a_merged_one_leads_on(
    newsroom: Newsroom, client: FlaskClient, read: Read
) -> None:
    for slug in ("one", "two", "three"):
        newsroom.claim(slug)
    newsroom.change("DELETE", "/v1/claims/one", {"reason": "It was never said."})
    assert "was withdrawn. The reason given: It was never said." in words(read("/embed/claims/one", 410))
    newsroom.post("/v1/claims/two/merge", {"into": "three", "reason": "The same."}, status=200)
    merged = client.get("/embed/claims/two?theme=dark&version=4")
    assert (merged.status_code, merged.headers["Location"]) == (308, "/embed/claims/three?theme=dark")
    id_ = newsroom.get("/v1/claims/three")["id"]
    by_id = client.get(f"/embed/claims/{id_}?version=1")
    assert (by_id.status_code, by_id.headers["Location"]) == (308, "/embed/claims/three?version=1")


def test_a_dismissed_contradiction_is_not_shown(newsroom: Newsroom, said: dict[str, Any], read: Read) -> None:
    path = f"/v1/contradictions/{said['flag']['id']}/decision"
    newsroom.post(path, {"status": "dismissed", "reason": "A joke."}, status=200)
    for prefix in ("/embed", ""):
        assert "A joke" not in words(read(f"{prefix}/contradictions/{said['flag']['id']}", 404))


def test_a_contradiction_that_was_confirmed_once_is_gone_without_saying_it_again(
    newsroom: Newsroom, said: dict[str, Any], client: FlaskClient, read: Read
) -> None:
    id_ = said["flag"]["id"]
    path = f"/v1/contradictions/{id_}/decision"
    newsroom.post(path, {"status": "confirmed", "reason": "Plain."}, status=200)
    newsroom.post(path, {"status": "dismissed", "reason": "A joke."}, status=200)
    for page in (read(f"{prefix}/contradictions/{id_}", 410) for prefix in ("", "/embed")):
        assert "The desk no longer holds these statements to contradict each other." in words(page)
        assert not any(word in words(page) for word in ("Brandt", "Vogt", "moved", "joke", "Plain"))
    url = f"http://127.0.0.1:8000/contradictions/{id_}"
    assert client.get("/oembed", query_string={"url": url}).status_code == 410


def test_a_confirmation_that_no_reader_saw_is_not_told(newsroom: Newsroom, read: Read) -> None:
    newsroom.claim("moved")
    newsroom.statement(disputes="moved")
    newsroom.statement("Karl Vogt", supports="moved", status="draft")
    [flag] = newsroom.contradictions()
    for status in ("confirmed", "dismissed"):
        path = f"/v1/contradictions/{flag['id']}/decision"
        newsroom.post(path, {"status": status, "reason": "So."}, status=200)
    read(f"/contradictions/{flag['id']}", 404)


def test_a_pinned_version_names_who_a_speaker_was_merged_into(
    newsroom: Newsroom, said: dict[str, Any], read: Read
) -> None:
    correct(newsroom, said["first"], text="I never touched it.")
    newsroom.claim("other", about=["Ilse Brandt"])
    for old, new in (("ilse-brandt", "Elsa Brandt"), ("elsa-brandt", "E. Brandt")):
        slug = newsroom.statement(new)["speaker"]["slug"]
        newsroom.post(f"/v1/entities/{old}/merge", {"into": slug, "reason": "The same."}, status=200)
    page = read(f"/embed/statements/{said['first']['id']}?version=1")
    assert quotes(page) == ["I never moved it."]
    assert words(page.select_one(".speaker")) == "E. Brandt"
    read("/embed/claims/moved?version=1")


def test_a_contradiction_whose_link_is_gone_is_resolved(
    newsroom: Newsroom, said: dict[str, Any], read: Read
) -> None:
    link = f"/v1/statements/{said['first']['id']}/links/moved"
    newsroom.change("DELETE", link, {"reason": "About another lever."})
    page = read(f"/embed/contradictions/{said['flag']['id']}", 410)
    assert "This contradiction is resolved" in words(page)
    assert "I never moved it." not in words(page)


def test_frames_are_allowed_nothing_but_our_own_files(said: dict[str, Any], client: FlaskClient) -> None:
    for path in ("/embed/claims/moved", "/embed/claims/none"):
        headers = client.get(path, headers=BROWSER).headers
        policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
        assert policy == {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": "'self'",
            "form-action": "'none'",
            "base-uri": "'none'",
        }
        assert "X-Frame-Options" not in headers
        assert "Set-Cookie" not in headers


def test_the_operator_says_who_may_frame(database_url: str) -> None:
    app = create_app(settings_for(database_url, frame_ancestors="'self' https://herald.example"))
    for path, ancestors in (("/embed/claims/x", "'self' https://herald.example"), ("/claims/x", "'self'")):
        policy = app.test_client().get(path, headers=BROWSER).headers["Content-Security-Policy"]
        assert policy.endswith(f"; frame-ancestors {ancestors}")
    app.extensions["factcheck.database"].dispose()


def test_embeds_are_cached_shortly_and_conditional(
    newsroom: Newsroom, said: dict[str, Any], client: FlaskClient
) -> None:
    paths = ("claims/moved", f"statements/{said['first']['id']}", f"contradictions/{said['flag']['id']}")
    before = {}
    for path in paths:
        answer = client.get(f"/embed/{path}")
        assert answer.headers["Cache-Control"] == "public, max-age=10, stale-while-revalidate=120"
        before[path] = {"If-None-Match": answer.headers["ETag"]}
        assert client.get(f"/embed/{path}", headers=before[path]).status_code == 304
    newsroom.retract(said["first"])
    for path in paths:
        assert client.get(f"/embed/{path}", headers=before[path]).status_code == 200


def test_the_scripts_are_served_plainly(said: dict[str, Any], client: FlaskClient, read: Read) -> None:
    with client.get("/embed.js") as script:
        assert script.mimetype == "text/javascript"
        assert "max-age=3600" in script.headers["Cache-Control"]
        assert script.headers["ETag"]
    [script] = read("/embed/claims/moved").find_all("script")
    assert script.get_text() == ""
    with client.get(str(script["src"])) as frame:
        assert "immutable" in frame.headers["Cache-Control"]


def test_embeds_ask_as_often_for_40_statements_as_for_2(
    newsroom: Newsroom, said: dict[str, Any], read: Read, queries: list[str], app: Flask
) -> None:
    first, flag = said["first"]["id"], said["flag"]["id"]
    paths = (
        "/embed/claims/moved",
        "/embed/claims/moved?version=1",
        f"/embed/statements/{first}",
        f"/embed/statements/{first}?version=1",
        f"/embed/contradictions/{flag}",
        f"/embed/contradictions/{flag}?version=1.1",
    )

    def cost(path: str) -> int:
        queries.clear()
        read(path, Authorization="Bearer of-anything")  # What is kept is for those without a key.
        return len(queries)

    correct(newsroom, said["first"], said_to="the Times")
    before = [cost(path) for path in paths]
    for number in range(19):
        newsroom.statement(f"S{number}", supports="moved")
        newsroom.statement(f"D{number}", disputes="moved")
    newsroom.claim("two", "Another.")
    correct(newsroom, said["first"], said_to="the Herald")
    assert [cost(path) for path in paths] == before
    assert max(before) <= 25


def test_the_docs_run_their_own_scripts_only(client: FlaskClient) -> None:
    answer = client.get("/docs/", headers={"Host": "evil.example"})
    policy = dict(rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert re.fullmatch(r"'self' 'sha256-[A-Za-z0-9+/]{43}='", policy["script-src"])
    assert "evil.example" not in answer.get_data(as_text=True)
    with client.get("/docs/oauth2-redirect.html") as redirect:
        assert redirect.headers["Content-Security-Policy"].endswith("script-src 'self'")
