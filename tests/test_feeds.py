"""The feeds, read with feedparser and held against the schema of JSON Feed."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import feedparser
import jsonschema
import pytest
from bs4 import BeautifulSoup
from markupsafe import Markup
from werkzeug.http import http_date

import hostile
from factcheck.publish import entries, feeds, syndication
from factcheck.publish.syndication import Entry, Feed
from newsroom import Newsroom

SCHEMA = json.loads((Path(__file__).parent / "schemas/jsonfeed-1.1.json").read_text())
NAMES = ("statements", "contradictions", "corrections", "reviews")
REVIEW = {
    "claim": "moved",
    "author": {"name": "Herald desk"},
    "url": "https://herald.example/check",
    "published_on": "2023-02-01",
    "rating": {"value": 4, "worst": 1, "best": 5, "name": "Mostly true"},
    "explanation": "She said so herself.",
}
Read = Callable[..., list[Any]]


@pytest.fixture
def read(newsroom: Newsroom) -> Read:
    """Return a function that reads a feed in both forms, holds them equal, and returns JSON Feed's items."""

    def read(path: str, *, role: str = "public", **headers: str) -> list[Any]:
        name, _, query = path.partition("?")
        answers = [
            newsroom.call("GET", f"/feeds/{name}.{form}?{query}", role=role, **headers)
            for form in ("atom", "json")
        ]
        assert [answer.status_code for answer in answers] == [200, 200], answers[0].get_data(as_text=True)
        assert answers[0].mimetype == "application/atom+xml"
        parsed = feedparser.parse(answers[0].get_data())
        assert not parsed.bozo, parsed.get("bozo_exception")
        assert answers[1].mimetype == "application/feed+json"
        items = answers[1].get_json(force=True)
        jsonschema.validate(items, SCHEMA, format_checker=jsonschema.FormatChecker())
        assert [entry.id for entry in parsed.entries] == [item["id"] for item in items["items"]]
        assert parsed.feed.title == items["title"]
        for entry, item in zip(parsed.entries, items["items"], strict=True):
            assert entry.title == item["title"]
            assert entry.link == item["url"]
            assert datetime.fromisoformat(entry.updated) == datetime.fromisoformat(item["date_modified"])
            assert datetime.fromisoformat(entry.published) == datetime.fromisoformat(item["date_published"])
            assert [tag.term for tag in entry.get("tags", [])] == item.get("tags", [])
        found: list[Any] = items["items"]
        return found

    return read


@pytest.fixture
def crane(newsroom: Newsroom) -> dict[str, Any]:
    """Two claims under different topics, statements on both sides, and a speaker who contradicts herself."""
    newsroom.claim("moved", "Brandt moved the lever.", about=["Ilse Brandt"], topics=["harbour", "cranes"])
    newsroom.claim("crack", "The jib was cracked.", about=["Karl Vogt"], topics=["harbour"])
    return {
        "denial": newsroom.statement(
            text="I never touched it.", said_on="2022-04-20", speaker_role="foreman", disputes="moved"
        ),
        "admission": newsroom.statement(text="I moved it.", said_on="2022-05", supports="moved"),
        "crack": newsroom.statement("Karl Vogt", "It was cracked.", supports="crack", kind="indirect"),
        "loose": newsroom.statement("Nora Lind", "It rained.", on_behalf_of={"name": "Northgate"}),
    }


def titles(items: list[Any]) -> list[str]:
    return [item["title"] for item in items]


def confirm(newsroom: Newsroom, reason: str = "Heard on tape.") -> Any:
    (flag,) = newsroom.contradictions(status="open")
    path = f"/v1/contradictions/{flag['id']}/decision"
    return newsroom.post(path, {"status": "confirmed", "reason": reason}, status=200)


def test_statements_come_newest_first_with_who_where_and_on_what(
    crane: dict[str, Any], read: Read, newsroom: Newsroom
) -> None:
    items = read("statements")
    assert titles(items) == [
        "Nora Lind: “It rained.”",
        "Karl Vogt, as reported: It was cracked.",
        "Ilse Brandt: “I moved it.”",
        "Ilse Brandt: “I never touched it.”",
    ]
    denial = items[-1]
    assert denial["id"] == f"urn:uuid:{crane['denial']['id']}"
    assert denial["url"] == f"http://127.0.0.1:8000/statements/{crane['denial']['id']}"
    assert denial["external_url"] == newsroom.url
    assert denial["authors"] == [{"name": "Ilse Brandt"}]
    assert denial["tags"] == ["harbour", "cranes"]
    assert denial["language"] == "en"
    shown = BeautifulSoup(denial["content_html"], "html.parser")
    assert shown.blockquote is not None
    assert shown.blockquote.get_text() == "I never touched it."
    assert "Ilse Brandt, foreman (2022-04-20)" in shown.get_text()
    assert [a["href"] for a in shown.find_all("a")] == [
        "http://127.0.0.1:8000/claims/moved",
        newsroom.url,
    ]
    assert "Disputes: Brandt moved the lever." in denial["content_text"]


def test_a_draft_that_is_published_late_comes_first(newsroom: Newsroom, read: Read) -> None:
    draft = newsroom.statement(text="Early.", role="contributor")
    newsroom.statement("Olaf Meer", "Late.")
    assert titles(read("statements")) == ["Olaf Meer: “Late.”"]
    newsroom.change("PATCH", f"/v1/statements/{draft['id']}", {"status": "published"})
    assert titles(read("statements")) == ["Ilse Brandt: “Early.”", "Olaf Meer: “Late.”"]


def test_a_retracted_statement_stays_and_says_so(
    crane: dict[str, Any], read: Read, newsroom: Newsroom
) -> None:
    before = read("statements?claim=moved")[0]
    newsroom.retract(crane["admission"])
    after = read("statements?claim=moved")[0]
    assert after["title"] == "Retracted: Ilse Brandt: “I moved it.”"
    assert "Misheard." in after["content_text"]
    assert "Supports" not in after["content_text"]
    assert "<s>I moved it.</s>" in after["content_html"]
    assert after["id"] == before["id"]
    assert after["date_modified"] > before["date_modified"]
    assert after["date_published"] == before["date_published"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("claim=moved", ["admission", "denial"]),
        ("claim=crack", ["crack"]),
        ("entity=ilse-brandt", ["admission", "denial"]),
        ("entity=northgate", ["loose"]),
        ("topic=CRANES", ["admission", "denial"]),
        ("topic=harbour", ["crack", "admission", "denial"]),
        ("topic=harbour&entity=karl-vogt", ["crack"]),
        ("topic=cranes&claim=crack", []),
        ("topic=nothing", []),
        ("utm_source=letter", ["loose", "crack", "admission", "denial"]),
    ],
)
def test_statements_are_narrowed(crane: dict[str, Any], read: Read, query: str, expected: list[str]) -> None:
    items = read(f"statements?{query}")
    assert [item["id"] for item in items] == [f"urn:uuid:{crane[name]['id']}" for name in expected]


def test_readers_get_contradictions_once_an_editor_confirmed_them(
    crane: dict[str, Any], read: Read, newsroom: Newsroom
) -> None:
    assert read("contradictions") == []
    flag = confirm(newsroom)
    (item,) = read("contradictions")
    assert item["id"] == f"urn:uuid:{flag['id']}"
    assert item["title"] == "Ilse Brandt contradicts an earlier statement"
    assert item["url"] == f"http://127.0.0.1:8000/contradictions/{flag['id']}"
    assert item["date_published"] == flag["decision"]["at"]
    assert item["tags"] == ["harbour", "cranes"]
    assert flag["explanation"] in item["content_text"]
    assert "Confirmed by an editor: Heard on tape." in item["content_text"]
    quotes = BeautifulSoup(item["content_html"], "html.parser").find_all("blockquote")
    assert [quote.get_text() for quote in quotes] == ["I never touched it.", "I moved it."]
    for query in ("claim=moved", "entity=ilse-brandt", "topic=cranes"):
        assert len(read(f"contradictions?{query}")) == 1, query
    for query in ("claim=crack", "entity=karl-vogt", "topic=rain"):
        assert read(f"contradictions?{query}") == [], query


@pytest.mark.parametrize("ended", ["dismissed", "open", "retracted"])
def test_contradictions_that_were_confirmed_do_not_vanish(
    crane: dict[str, Any], read: Read, newsroom: Newsroom, ended: str
) -> None:
    flag = confirm(newsroom)
    (before,) = read("contradictions")
    title = "No longer standing: Ilse Brandt"
    if ended != "retracted":
        decision = {"status": ended, "reason": "A secret reason."}
        newsroom.post(f"/v1/contradictions/{flag['id']}/decision", decision, status=200)
        line = "The desk no longer holds this to be a contradiction."
        if ended == "open":
            title = "Open again: Ilse Brandt"
            line = "The desk is looking at this again, and confirms no contradiction meanwhile."
    else:
        newsroom.retract(crane["admission"])
        line = "This contradiction stands no longer. The statement of Ilse Brandt was retracted."
    for query in ("", "claim=moved", "entity=ilse-brandt", "topic=cranes"):
        (item,) = read(f"contradictions?{query}")
        assert (item["id"], item["url"]) == (before["id"], before["url"])
        assert item["title"] == title
        assert item["content_text"] == line
        assert item["content_html"] == f"<p>{line}</p>"
        assert item["date_modified"] > before["date_modified"]
    assert read("contradictions?claim=crack") == []
    assert len(read("contradictions", role="editor")) == 1


def test_contradictions_that_readers_never_saw_confirmed_do_not_show_when_they_end(
    crane: dict[str, Any], read: Read, newsroom: Newsroom
) -> None:
    (flag,) = newsroom.contradictions(status="open")
    newsroom.post(
        f"/v1/contradictions/{flag['id']}/decision", {"status": "dismissed", "reason": "No."}, status=200
    )
    newsroom.retract(crane["admission"])
    draft = newsroom.statement(text="I moved it, I said.", supports="moved", status="draft")
    hidden = confirm(newsroom)
    decision = {"status": "dismissed", "reason": "No."}
    newsroom.post(f"/v1/contradictions/{hidden['id']}/decision", decision, status=200)
    newsroom.change("PATCH", f"/v1/statements/{draft['id']}", {"status": "published", "reason": "Out."})
    assert read("contradictions") == []
    # Nor does it show because readers saw another one confirmed.
    newsroom.claim("rained")
    newsroom.statement("Max", supports="rained")
    newsroom.statement("Noor", disputes="rained")
    newsroom.post(f"/v1/contradictions/{confirm(newsroom)['id']}/decision", decision, status=200)
    (item,) = read("contradictions")
    assert "Noor" in item["title"] or "Max" in item["title"]


def test_an_editors_key_opens_all_contradictions(
    crane: dict[str, Any], read: Read, newsroom: Newsroom, keys: dict[str, str]
) -> None:
    assert titles(read("contradictions", role="editor")) == [
        "[open] Ilse Brandt contradicts an earlier statement"
    ]
    assert read("contradictions", role="contributor") == []
    basic = base64.b64encode(f"anybody:{keys['editor']}".encode()).decode()
    assert len(read("contradictions", Authorization=f"Basic {basic}")) == 1
    answer = newsroom.call("GET", "/feeds/contradictions.atom", role="editor")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in answer.headers["Vary"]
    (flag,) = newsroom.contradictions(status="open")
    path = f"/v1/contradictions/{flag['id']}/decision"
    newsroom.post(path, {"status": "dismissed", "reason": "A secret reason."}, status=200)
    (item,) = read("contradictions", role="editor")
    assert item["title"].startswith("[dismissed]")
    assert "A secret reason." in item["content_text"]
    assert read("contradictions") == []


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic nonsense", "Basic Zm9vOmJhcg==", "Basic /w=="])
def test_a_wrong_key_is_refused(newsroom: Newsroom, header: str) -> None:
    answer = newsroom.call("GET", "/feeds/statements.atom", role="public", Authorization=header)
    assert answer.status_code == 401
    challenges = {challenge.partition(" ")[0] for challenge in answer.headers.getlist("WWW-Authenticate")}
    assert challenges == {"Bearer", "Basic"}
    elsewhere = newsroom.call("GET", "/v1/statements", role="public", Authorization=header)
    assert elsewhere.headers.getlist("WWW-Authenticate") == ['Bearer realm="factcheck"']


def test_corrections_tell_what_was_and_is_and_why(
    crane: dict[str, Any], read: Read, newsroom: Newsroom
) -> None:
    assert read("corrections") == []
    path = f"/v1/statements/{crane['denial']['id']}"
    newsroom.change("PATCH", path, {"text": "I never touched that.", "reason": "As on the tape."})
    newsroom.change("PATCH", path, {"speaker": {"name": "Ilse Brand"}, "reason": "Her name."})
    newsroom.change("PATCH", "/v1/claims/moved", {"text": "She moved it.", "reason": "Shorter."})
    newsroom.retract(crane["admission"])
    review = newsroom.post("/v1/reviews", REVIEW)
    rated = {"rating": {"name": "False"}, "reason": "It was another lever."}
    newsroom.change("PATCH", f"/v1/reviews/{review['id']}", rated)
    newsroom.change("DELETE", f"/v1/reviews/{review['id']}", {"reason": "It was another lever."})
    items = read("corrections")
    assert titles(items) == [
        "Withdrawn: the verdict on “She moved it.”",
        "Corrected: the verdict on “She moved it.”",
        "Retracted: Ilse Brandt: “I moved it.”",
        "Corrected: the claim “She moved it.”",
        "Corrected: Ilse Brand: “I never touched that.”",
        "Corrected: Ilse Brand: “I never touched that.”",
    ]
    assert items[-1]["content_text"] == (
        "Why: As on the tape.\n\ntext: was “I never touched it.”, is “I never touched that.”"
    )
    assert "<del>I never touched it.</del>" in items[-1]["content_html"]
    assert items[-2]["content_text"] == "Why: Her name.\n\nspeaker: changed"
    assert items[2]["content_text"] == "Why: Misheard."
    assert items[1]["content_text"] == ("Why: It was another lever.\n\nrating: was “Mostly true”, is “False”")
    assert len({item["id"] for item in items}) == 6
    # What was told stays as it was told: an entry of a feed of corrections never changes.
    assert read("corrections") == items
    expected = {
        "claim=moved": 6,
        "topic=cranes": 6,
        "entity=ilse-brand": 2,
        "entity=karl-vogt": 0,
        "claim=crack": 0,
    }
    assert {query: len(read(f"corrections?{query}")) for query in expected} == expected


def test_corrections_tell_nothing_of_drafts(newsroom: Newsroom, read: Read) -> None:
    draft = newsroom.statement(text="A secret.", role="contributor")
    path = f"/v1/statements/{draft['id']}"
    newsroom.change("PATCH", path, {"text": "Another secret.", "reason": "Hush."})
    newsroom.claim("hidden", "A hidden claim.", role="contributor")
    newsroom.change("PATCH", "/v1/claims/hidden", {"text": "A claim.", "reason": "Hush."})
    review = newsroom.post("/v1/reviews", {**REVIEW, "claim": "hidden"})
    newsroom.change("PATCH", f"/v1/reviews/{review['id']}", {"title": "Hush", "reason": "Hush."})
    assert [read(name) for name in NAMES] == [[], [], [], []]
    newsroom.change("PATCH", path, {"status": "published", "reason": "It is out."})
    assert read("corrections") == []
    (item,) = read("statements")
    assert "Another secret." in item["title"]


def test_other_topics_are_no_correction(
    crane: dict[str, Any], read: Read, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "ENTRIES", 2)
    for text in ("She moved it.", "Brandt moved it."):
        newsroom.change("PATCH", "/v1/claims/moved", {"text": text, "reason": "Shorter."})
    expected = read("corrections")
    assert titles(expected) == ["Corrected: the claim “Brandt moved it.”"] * 2
    for topics in (["harbour"], [], ["cranes"]):
        newsroom.change("PATCH", "/v1/claims/moved", {"topics": topics, "reason": "Filed."})
    for query in ("", "claim=moved"):
        assert read(f"corrections?{query}") == expected
    newsroom.change("PATCH", "/v1/claims/moved", {"text": "Moved.", "topics": ["rain"], "reason": "Both."})
    assert "topics: was “cranes”, is “rain”" in read("corrections")[0]["content_text"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"text": "a"}, {"text": "a", "topics": ["b"]}, False),
        ({"text": "a"}, {"text": "a", "topics": []}, False),
        ({"text": "a"}, {"text": "c", "topics": None}, True),
        ({"text": "a", "topics": ["b"]}, {"text": "c", "topics": []}, True),
    ],
)
def test_states_from_before_there_were_topics(before: Any, after: Any, expected: bool) -> None:
    told = {"id": syndication.UUID(int=1), "at": syndication.NEVER, "action": "edited", "reason": None}
    revision = SimpleNamespace(before=before, state=after, **told)
    assert entries.is_correction(revision) is expected
    has_topics = bool(before.get("topics") or after.get("topics"))
    assert ("topics" in entries.correction(revision, "a", "https://a.example/").text) is has_topics


def test_reviews_changed_before_their_claim_was_published_are_no_corrections(
    newsroom: Newsroom, read: Read
) -> None:
    newsroom.claim("hidden", "A hidden claim.", about=["Ilse Brandt"], role="contributor", topics=["cranes"])
    kept, dropped = (newsroom.post("/v1/reviews", {**REVIEW, "claim": "hidden"}) for _ in range(2))
    newsroom.change("PATCH", f"/v1/reviews/{kept['id']}", {"title": "Hush", "reason": "Hush."})
    newsroom.change("DELETE", f"/v1/reviews/{dropped['id']}", {"reason": "Hush."})
    newsroom.change(
        "PATCH", "/v1/claims/hidden", {"text": "A claim.", "status": "published", "reason": "Hush."}
    )
    queries = ("", "claim=hidden", "topic=cranes", "entity=ilse-brandt")
    assert [read(f"corrections?{query}") for query in queries] == [[], [], [], []]
    newsroom.change("PATCH", f"/v1/reviews/{kept['id']}", {"title": "Seen", "reason": "A slip."})
    for query in queries:
        assert titles(read(f"corrections?{query}")) == ["Corrected: the verdict on “A claim.”"], query


def test_reviews_name_claim_verdict_and_desk(crane: dict[str, Any], read: Read, newsroom: Newsroom) -> None:
    review = newsroom.post("/v1/reviews", REVIEW)
    (item,) = read("reviews")
    assert item["title"] == "Mostly true: Brandt moved the lever."
    assert item["url"] == f"http://127.0.0.1:8000/reviews/{review['id']}"
    assert item["external_url"] == "https://herald.example/check"
    assert item["authors"] == [{"name": "Herald desk"}]
    assert item["tags"] == ["harbour", "cranes"]
    assert "She said so herself." in item["content_text"]
    counts = {
        "claim=moved": 1,
        "topic=cranes": 1,
        "entity=ilse-brandt": 1,
        "claim=crack": 0,
        "topic=rain": 0,
        "entity=karl-vogt": 0,
    }
    assert {query: len(read(f"reviews?{query}")) for query in counts} == counts
    newsroom.change("DELETE", f"/v1/reviews/{review['id']}", {"reason": "Wrong."})
    assert read("reviews") == []


def test_a_suggested_link_narrows_nothing(newsroom: Newsroom, read: Read) -> None:
    newsroom.claim("one", topics=["harbour"])
    newsroom.statement(text="Perhaps.", links=[{"claim": "one", "stance": "supports", "status": "suggested"}])
    newsroom.claim("hidden", role="contributor", topics=["cellar"])
    newsroom.statement("Olaf Meer", "Surely.", supports="hidden")
    assert read("statements?claim=one") == []
    assert read("statements?topic=cellar") == []
    assert [item.get("tags") for item in read("statements")] == [None, None]
    assert all("Supports" not in item["content_text"] for item in read("statements"))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_there_for_readers_has_no_feed(newsroom: Newsroom, name: str) -> None:
    newsroom.claim("hidden", role="contributor", about=["Quiet Person"])
    newsroom.claim("gone")
    newsroom.change("DELETE", "/v1/claims/gone", {"reason": "Twice."})
    statuses = {
        "claim=hidden": 404,
        "claim=none": 404,
        "claim=gone": 410,
        "entity=quiet-person": 404,
        "entity=none": 404,
        "topic=" + "x" * 101: 422,
        "claim=%00": 422,
    }
    for query, status in statuses.items():
        answer = newsroom.call("GET", f"/feeds/{name}.atom?{query}", role="public")
        assert answer.status_code == status, query
    for path in ("/feeds/", f"/feeds/{name}", f"/feeds/{name}.rss", "/feeds/other.atom"):
        assert newsroom.call("GET", path, role="public").status_code == 404


def test_merged_claims_and_entities_lead_to_what_stands(
    crane: dict[str, Any], read: Read, newsroom: Newsroom
) -> None:
    newsroom.claim("twin")
    newsroom.post("/v1/claims/twin/merge", {"into": "moved", "reason": "The same."}, status=200)
    newsroom.statement("Ilse B.", "Hm.")
    newsroom.post("/v1/entities/ilse-b/merge", {"into": "ilse-brandt", "reason": "Her."}, status=200)
    assert len(read("statements?claim=twin")) == 2
    assert len(read("statements?entity=ilse-b")) == 3


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["atom", "json"])
def test_feeds_are_conditional(newsroom: Newsroom, name: str, form: str) -> None:
    path = f"/feeds/{name}.{form}"
    first = newsroom.call("GET", path, role="public")
    assert first.headers["Cache-Control"] == "public, max-age=10, stale-while-revalidate=120"
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    again = newsroom.call("GET", path, role="public", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.get_data()) == (304, b"")
    newsroom.claim("moved")
    newsroom.statement("A", text="Yes.", supports="moved")
    newsroom.retract(newsroom.statement("B", supports="moved"))
    newsroom.statement("C", disputes="moved")
    newsroom.post("/v1/reviews", REVIEW)
    confirm(newsroom)
    changed = newsroom.call("GET", path, role="public", If_None_Match=first.headers["ETag"])
    assert changed.status_code == 200


@pytest.mark.parametrize("form", ["atom", "json"])
def test_feeds_say_when_they_changed_last(
    newsroom: Newsroom, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/feeds/statements.{form}"
    assert "Last-Modified" not in newsroom.call("GET", path, role="public").headers
    statement = newsroom.statement()
    # More may change within this second.
    updated = datetime.fromisoformat(statement["updated_at"])
    monkeypatch.setattr(feeds, "now", lambda: updated)
    assert "Last-Modified" not in newsroom.call("GET", path, role="public").headers
    monkeypatch.setattr(feeds, "now", lambda: updated + timedelta(seconds=2))
    answer = newsroom.call("GET", path, role="public")
    assert answer.last_modified == updated.replace(microsecond=0)
    since = answer.headers["Last-Modified"]
    again = newsroom.call("GET", path, role="public", If_Modified_Since=since)
    assert (again.status_code, again.get_data()) == (304, b"")
    before = http_date(updated - timedelta(seconds=5))
    assert newsroom.call("GET", path, role="public", If_Modified_Since=before).status_code == 200
    # The tag knows better than the date.
    other = {"If_Modified_Since": since, "If_None_Match": '"other"'}
    assert newsroom.call("GET", path, role="public", **other).status_code == 200


def test_ids_of_feeds_are_tags_and_links_name_the_feed_and_its_page(
    crane: dict[str, Any], newsroom: Newsroom
) -> None:
    text = newsroom.call(
        "GET", "/feeds/statements.atom?claim=moved&topic=harbour&x=1", role="public"
    ).get_data()
    feed = feedparser.parse(text).feed
    assert feed.id == "tag:127.0.0.1,2026:feeds/statements?claim=moved&topic=harbour"
    links = {link.rel: link.href for link in feed.links}
    assert links == {
        "alternate": "http://127.0.0.1:8000/claims/moved",
        "self": "http://127.0.0.1:8000/feeds/statements.atom?claim=moved&topic=harbour",
    }
    assert feed.title == "Statements on the claim “Brandt moved the lever.” on harbour – factcheck"


def test_pages_lead_to_their_feeds(crane: dict[str, Any], newsroom: Newsroom) -> None:
    paths = ("/", "/claims/moved", f"/statements/{crane['denial']['id']}")
    for path in paths:
        page = BeautifulSoup(newsroom.call("GET", path, role="public").get_data(as_text=True), "html.parser")
        feeds = [
            link
            for link in page.find_all("link", rel="alternate")
            if link["type"] in ("application/atom+xml", "application/feed+json")
        ]
        assert feeds, path
        for link in feeds:
            assert link["title"]
            answer = newsroom.call("GET", str(link["href"]), role="public")
            assert answer.mimetype == link["type"]


@pytest.mark.parametrize("text", hostile.TEXTS)
def test_hostile_text_stays_text(newsroom: Newsroom, read: Read, text: str) -> None:
    hostile.tell(newsroom, text)
    counts = {"statements": 5, "contradictions": 3, "corrections": 3, "reviews": 1}
    for name, number in counts.items():
        items = read(name)
        assert len(items) == number
        for item in items:
            assert "\n" not in item["title"]
            shown = BeautifulSoup(item["content_html"], "html.parser")
            assert {tag.name for tag in shown.find_all(True)} <= {
                "a", "blockquote", "del", "figcaption", "figure", "ins", "p", "s", "strong",
            }  # fmt: skip
            for tag in shown.find_all(True):
                assert set(tag.attrs) <= {"href"}
    quotes = [
        BeautifulSoup(item["content_html"], "html.parser").blockquote.get_text()  # type: ignore[union-attr]
        for item in read("statements")
    ]
    assert {quote.replace("\r\n", "\n") for quote in quotes} == {
        words.replace("\r\n", "\n")
        for words in (f"a {text} b", f"c {text}", f"d {text}", f"e {text}", f"f {text}")
    }


def test_an_entry_is_read_back_as_it_was_written() -> None:
    moment = datetime(2026, 5, 11, 9, 30, 0, 250_000, UTC)
    words = "a\r\n<b> & \"c\" 'd' ]]> \u2028🎥"
    entry = Entry(
        id=syndication.UUID(int=7),
        url="https://a.example/?a=1&b=2",
        title=words,
        html=Markup("<p>{}</p>").format(words),
        text=words,
        published=moment,
        updated=moment,
        author=words,
        tags=[words],
        elsewhere='https://b.example/?a=1&b="2"',
    )
    feed = Feed("tag:a", "F", "https://a.example/", "https://a.example/f", [entry])
    parsed = feedparser.parse(syndication.atom(feed, "https://a.example"))
    assert not parsed.bozo
    (read,) = parsed.entries
    assert read.link == entry.url
    assert read.tags[0].term == words
    assert read.links[1].href == entry.elsewhere
    # HTML has one way to break a line.
    shown = BeautifulSoup(read.content[0].value, "html.parser").get_text()
    assert shown == words.replace("\r\n", "\n")
    assert datetime.fromisoformat(parsed.feed.updated) == moment
    assert syndication.json_feed(feed, "https://a.example")["items"][0]["content_text"] == words


def test_an_empty_feed_never_changes() -> None:
    empty = Feed("tag:a", "F", "https://a.example/", "https://a.example/f")
    assert syndication.atom(empty, "x") == syndication.atom(empty, "x")
    assert empty.updated == syndication.NEVER


def test_feeds_ask_as_often_for_many_entries_as_for_few(newsroom: Newsroom, queries: list[str]) -> None:
    def tell(number: int) -> None:
        claim = f"claim-{number}"
        newsroom.claim(claim, topics=[f"topic {number}"])
        newsroom.statement("A", supports=claim)
        newsroom.statement("B", disputes=claim)
        newsroom.retract(newsroom.statement("C", supports=claim))
        newsroom.post("/v1/reviews", {**REVIEW, "claim": claim})
        for flag in newsroom.contradictions(status="open"):
            path = f"/v1/contradictions/{flag['id']}/decision"
            newsroom.post(path, {"status": "confirmed", "reason": "So."}, status=200)

    def cost(name: str) -> int:
        path = f"/feeds/{name}.json?topic=topic"
        newsroom.call("GET", path.partition("?")[0], role="public")
        queries.clear()
        newsroom.call("GET", path.partition("?")[0], role="public")
        return len(queries)

    tell(0)
    before = [cost(name) for name in NAMES]
    for number in range(1, 5):
        tell(number)
    assert [cost(name) for name in NAMES] == before
    assert max(before) <= 8
