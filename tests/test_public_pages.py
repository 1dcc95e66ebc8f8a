"""Pages of people and contradictions, corrections, what is shared elsewhere, weight and caches."""

import re
from io import BytesIO
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import event, text, update

from factcheck.claims import Claim
from factcheck.db import now
from newsroom import Newsroom
from pages import Read, part, quotes, words
from test_candidates import plan_of

CACHED = "public, max-age=10, stale-while-revalidate=120"


@pytest.fixture
def told(newsroom: Newsroom) -> dict[str, Any]:
    """A person who contradicts herself, for whom somebody spoke, and whom a claim is about."""
    newsroom.claim("moved", "Brandt moved the lever.", about=["Ilse Brandt"])
    never = newsroom.statement(text="I never moved it.", said_on="2022-04-20", disputes="moved")
    did = newsroom.statement(text="I moved it.", said_on="2023", supports="moved")
    newsroom.statement("Karl Vogt", "She is sorry.", on_behalf_of={"name": "Ilse Brandt"})
    return {"never": never, "did": did}


def contents(page: BeautifulSoup, name: str) -> str:
    found = page.find("meta", attrs={"property": name}) or page.find("meta", attrs={"name": name})
    assert isinstance(found, Tag), name
    return str(found["content"])


def test_a_person_has_a_page_with_what_they_said(
    told: dict[str, Any], newsroom: Newsroom, read: Read
) -> None:
    page = read("/entities/ilse-brandt")
    assert words(page.h1) == "Ilse Brandt"
    said = page.select_one(".statements")
    assert said is not None
    assert quotes(said) == ["I moved it.", "I never moved it."]
    assert [words(note) for note in said.select(".note")] == [
        "Supports Brandt moved the lever.",
        "Disputes Brandt moved the lever.",
    ]
    [own] = part(page, "contradictions").select("article")
    assert "same speaker" in words(own.h3)
    assert words(page.select_one(".claims h3")) == "Brandt moved the lever."
    assert "1 statement by others on their behalf" in words(page.main)
    others = read("/entities/ilse-brandt?on_behalf=1")
    assert quotes(others)[0] == "She is sorry."
    assert "2 statements of their own" in words(others.main)


def test_names_lead_to_the_page_of_the_person(told: dict[str, Any], read: Read) -> None:
    page = read("/claims/moved")
    for found in (page.select_one(".opening .meta a"), page.select_one(".speaker a")):
        assert found is not None
        assert found["href"] == "/entities/ilse-brandt"


def test_a_person_is_shown_as_described_and_paged(
    told: dict[str, Any], newsroom: Newsroom, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("factcheck.publish.pages.STATEMENTS_PER_PAGE", 1)
    newsroom.change(
        "PATCH",
        "/v1/entities/ilse-brandt",
        {
            "job_title": "Foreman",
            "same_as": ["https://brandt.example/"],
            "alternate_names": ["I. Brandt"],
            "reason": "x",
        },
    )
    opening = read("/entities/ilse-brandt").select_one(".opening")
    assert words(opening) == "Person Ilse Brandt Foreman Also I. Brandt Elsewhere: https://brandt.example/"
    seen, path = [], "/entities/ilse-brandt"
    while path:
        page = read(path)
        seen += quotes(page.select_one(".statements") or page)
        following = page.find("a", rel="next")
        path = str(following["href"]) if isinstance(following, Tag) else ""
    assert seen == ["I moved it.", "I never moved it."]
    read("/entities/ilse-brandt?cursor=forged", 422)


def test_ids_and_merged_people_lead_to_the_page_that_stands(
    told: dict[str, Any], newsroom: Newsroom, client: FlaskClient, read: Read
) -> None:
    newsroom.statement("Elsa Brandt")
    id_ = newsroom.get("/v1/entities/elsa-brandt")["id"]
    newsroom.post(
        "/v1/entities/elsa-brandt/merge", {"into": "ilse-brandt", "reason": "The same."}, status=200
    )
    for key in ("elsa-brandt", id_, newsroom.get("/v1/entities/ilse-brandt")["id"]):
        answer = client.get(f"/entities/{key}")
        assert (answer.status_code, answer.headers["Location"]) == (308, "/entities/ilse-brandt")
    assert "Elsa Brandt" in words(read("/entities/ilse-brandt").select_one(".opening"))


def test_people_of_drafts_are_not_there(newsroom: Newsroom, read: Read) -> None:
    draft = newsroom.statement("Quiet Person", "A secret.", status="draft")
    read("/entities/quiet-person", 404)
    read(f"/entities/{draft['speaker']['id']}", 404)
    read("/entities/nobody", 404)
    newsroom.statement("Quiet Person", "Aloud.")
    page = read("/entities/quiet-person")
    assert quotes(page) == ["Aloud."]
    assert contents(page, "description").startswith("1 statement by Quiet Person")


def test_a_contradiction_has_a_page(told: dict[str, Any], newsroom: Newsroom, read: Read) -> None:
    [flag] = newsroom.contradictions()
    link = part(read("/claims/moved"), "contradictions").select_one(".reasons a")
    assert link is not None
    page = read(str(link["href"]))
    assert str(link["href"]) == f"/contradictions/{flag['id']}"
    assert words(page.h1) == "Ilse Brandt same speaker"
    assert quotes(page) == ["I never moved it.", "I moved it."]
    assert "supports" in words(page.select_one(".reasons"))
    assert contents(page, "og:title") == "Ilse Brandt contradicts an own statement"


def test_a_contradiction_in_words_alone_is_shown_once_an_editor_confirmed_it(
    newsroom: Newsroom, read: Read
) -> None:
    newsroom.statement("Ana Ruiz", "The doors of the warehouse were locked on Monday.")
    later = newsroom.statement("Olaf Meer", "The doors of the warehouse were not locked on Monday.")
    [flag] = later["contradictions"]
    for path in (f"/contradictions/{flag['id']}", f"/embed/contradictions/{flag['id']}"):
        read(path, 404)
    decision = {"status": "confirmed", "reason": "The same doors."}
    newsroom.post(f"/v1/contradictions/{flag['id']}/decision", decision, status=200)
    for path in (f"/contradictions/{flag['id']}", f"/embed/contradictions/{flag['id']}"):
        page = read(path)
        assert "confirmed by an editor" in words(page.select_one(".reasons"))
        assert "The same doors." in words(page.select_one(".status"))
        assert len(page.select("mark")) == 2
        assert page.select_one(".claims-on-path") is None


def test_corrections_stand_on_the_page_with_what_was_there_before(
    told: dict[str, Any], newsroom: Newsroom, read: Read
) -> None:
    path = f"/v1/statements/{told['never']['id']}"
    newsroom.change("PATCH", path, {"text": "I hardly moved it.", "reason": "Misheard."})
    newsroom.change("PATCH", path, {"said_on": "2022-04-21", "reason": "A day late."})
    newsroom.change("PATCH", "/v1/claims/moved", {"text": "Brandt pulled it.", "reason": "Her word."})
    newsroom.retract(told["did"])
    page = read("/claims/moved")
    listed = part(page, "corrections").select("li")
    assert [re.sub(r" \d+ \w+ \d{4}, \d\d:\d\d UTC", "", words(item)) for item in listed] == [
        "The claim: Her word. Changed words from Brandt moved the lever. to Brandt pulled it.",
        "Statement by Ilse Brandt: A day late. Changed date from 2022-04-20 to 2022-04-21",
        "Statement by Ilse Brandt: Misheard. Changed words from I never moved it. to I hardly moved it.",
    ]
    assert re.search(r"Corrected \d.*: A day late\.", words(part(page, "disputes")))
    own = part(read(f"/statements/{told['never']['id']}"), "corrections")
    assert [words(gone) for gone in own.select("del")] == ["from 2022-04-20", "from I never moved it."]
    assert part(page, "retracted")


def test_what_was_changed_before_publication_is_nobodys_business(newsroom: Newsroom, read: Read) -> None:
    newsroom.claim("one", "A rough claim.", status="draft")
    draft = newsroom.statement(text="A rough thought.", status="draft", supports="one")
    newsroom.change("PATCH", "/v1/claims/one", {"text": "A claim.", "reason": "secret"})
    newsroom.change("PATCH", "/v1/claims/one", {"status": "published", "reason": "secret"})
    newsroom.change("PATCH", f"/v1/statements/{draft['id']}", {"text": "A thought.", "reason": "secret"})
    newsroom.change("PATCH", f"/v1/statements/{draft['id']}", {"status": "published", "reason": "secret"})
    for path in ("/claims/one", f"/statements/{draft['id']}", "/embed/claims/one"):
        shown = words(read(path))
        assert "rough" not in shown
        assert "secret" not in shown
        assert "Corrected" not in shown


def test_a_withdrawn_claim_says_why(newsroom: Newsroom, read: Read) -> None:
    newsroom.claim("one")
    newsroom.change("DELETE", "/v1/claims/one", {"reason": "It was never said."})
    assert "The reason given: It was never said." in words(read("/claims/one", 410))


def test_the_timeline_draws_who_said_what_when(told: dict[str, Any], newsroom: Newsroom, read: Read) -> None:
    page = read("/claims/moved")
    drawing = page.select_one(".timeline svg")
    assert drawing is not None
    assert drawing["aria-hidden"] == "true"
    marks = drawing.select("a")
    assert [(words(mark.title), mark["class"], mark["tabindex"]) for mark in marks] == [
        ("20 April 2022: Ilse Brandt", ["disputes"], "-1"),
        ("2023: Ilse Brandt", ["supports"], "-1"),
    ]
    for mark in marks:
        assert "Ilse Brandt" in words(part(page, str(mark["href"])[1:]))
    assert not [tag for tag in drawing.find_all(True) if "style" in tag.attrs]
    newsroom.claim("other", "Nobody knows when.")
    newsroom.statement(supports="other")
    assert read("/claims/other").select_one(".timeline") is None


@pytest.mark.parametrize(
    ("result", "text", "shown"),
    [
        ("exact", "She said: I never moved it. And left.", "✓ word for word in the source"),
        ("missing", "Nothing of the kind stands here.", "not found in the source"),
    ],
)
def test_whether_the_words_stand_in_the_source_is_said(
    told: dict[str, Any], newsroom: Newsroom, read: Read, result: str, text: str, shown: str
) -> None:
    path = f"/statements/{told['never']['id']}"
    assert read(path).select_one(".checked") is None
    newsroom.change("PUT", f"/v1/sources/{told['never']['source']['id']}/snapshot", {"text": text})
    for where in (path, f"/embed{path}", "/claims/moved"):
        checked = next(tag for tag in read(where).select(".checked") if result in tag["class"])
        assert words(checked) == f"Looked up {shown.removeprefix('✓ ')}"


def test_a_shared_claim_has_a_card_with_a_picture(
    told: dict[str, Any], client: FlaskClient, read: Read
) -> None:
    page = read("/claims/moved")
    assert contents(page, "og:title") == "Brandt moved the lever."
    assert contents(page, "og:url") == "http://127.0.0.1:8000/claims/moved"
    assert contents(page, "twitter:card") == "summary_large_image"
    assert re.fullmatch(
        r"1 statement supports and 1 statement disputes this claim, as of \d+ \w+ \d{4}\.",
        contents(page, "og:description"),
    )
    address = contents(page, "og:image").removeprefix("http://127.0.0.1:8000")
    answer = client.get(address)
    assert answer.mimetype == "image/png"
    assert "immutable" in answer.headers["Cache-Control"]
    size = (int(contents(page, "og:image:width")), int(contents(page, "og:image:height")))
    assert Image.open(BytesIO(answer.get_data())).size == size
    again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    for stable in ("/claims/moved/picture.png", "/claims/moved/picture.png?v=1234"):
        assert client.get(stable).headers["Cache-Control"] == CACHED


def test_a_changed_claim_gets_another_picture(
    told: dict[str, Any], newsroom: Newsroom, client: FlaskClient, read: Read
) -> None:
    before = contents(read("/claims/moved"), "og:image")
    picture = client.get("/claims/moved/picture.png").get_data()
    newsroom.statement("Karl Vogt", supports="moved")
    assert contents(read("/claims/moved"), "og:image") != before
    assert client.get("/claims/moved/picture.png").get_data() != picture


def test_a_restored_claim_gets_another_picture(
    told: dict[str, Any], app: Flask, client: FlaskClient, read: Read
) -> None:
    """A restored database counts the same versions again, and caches keep the pictures of the lost ones."""
    lost = contents(read("/claims/moved"), "og:image")
    with app.extensions["factcheck.database"].writing() as session:
        session.execute(update(Claim).values(version_at=now()))
        session.commit()
    assert contents(read("/claims/moved"), "og:image") != lost
    answer = client.get(lost.removeprefix("http://127.0.0.1:8000"))
    assert answer.headers["Cache-Control"] == CACHED


def test_pictures_are_of_published_claims_only(newsroom: Newsroom, client: FlaskClient) -> None:
    for slug in ("one", "two", "gone"):
        newsroom.claim(slug)
    newsroom.claim("hidden", status="draft")
    newsroom.change("DELETE", "/v1/claims/gone", {"reason": "Twice."})
    newsroom.post("/v1/claims/one/merge", {"into": "two", "reason": "The same."}, status=200)
    assert client.get("/claims/hidden/picture.png").status_code == 404
    assert client.get("/claims/gone/picture.png").status_code == 410
    merged = client.get("/claims/one/picture.png")
    assert (merged.status_code, merged.headers["Location"]) == (308, "/claims/two/picture.png")


def test_no_card_repeats_a_verdict(told: dict[str, Any], newsroom: Newsroom, read: Read) -> None:
    reviewed(newsroom)
    page = read("/claims/moved")
    assert "Wholly invented" in words(part(page, "verdicts"))
    assert "Wholly invented" not in str(page.head)
    link = part(page, "verdicts").select_one(".permalink a")
    assert link is not None
    own = read(str(link["href"]))
    assert words(part(own, "verdict-heading")) == "Wholly invented"
    assert contents(own, "og:title") == "Verdict on: Brandt moved the lever."
    assert contents(own, "og:image") == contents(page, "og:image")
    assert contents(own, "twitter:card") == "summary_large_image"
    metas = [str(tag) for tag in own.find_all("meta")]
    assert not [tag for tag in metas if "Wholly invented" in tag]


def test_topics_lead_to_the_claims_filed_under_them(newsroom: Newsroom, read: Read) -> None:
    newsroom.claim("one", "The first.", topics=["Harbour & Sea", "cranes"])
    newsroom.claim("two", "The second.", topics=["cranes"])
    newsroom.claim("hidden", "A secret.", topics=["cranes"], status="draft")
    harbour, cranes = read("/claims/one").select(".opening a[rel=tag]")
    assert [words(claim) for claim in read(str(harbour["href"])).select(".claims h3")] == ["The first."]
    page = read(str(cranes["href"]))
    assert [words(claim) for claim in page.select(".claims h3")] == ["The second.", "The first."]
    assert words(part(page, "list")) == "Claims filed under “cranes”"
    feeds = [str(link["href"]) for link in page.find_all("link", type="application/atom+xml")]
    assert "/feeds/statements.atom?topic=cranes" in feeds
    newsroom.change("PATCH", "/v1/claims/two", {"topics": ["sea"], "reason": "Filed anew."})
    assert "Filed anew" not in words(read("/claims/two").main)
    assert "No published claim is filed under this topic" in words(read("/?topic=none").main)


def test_how_to_embed_is_shown_as_text(told: dict[str, Any], read: Read) -> None:
    page = read("/claims/moved")
    element, frame = (
        BeautifulSoup(code.get_text(), "html.parser") for code in page.select(".embedding pre code")
    )
    assert element.find("script")["src"] == "http://127.0.0.1:8000/embed.js"  # type: ignore[index]
    assert element.find("factcheck-embed")["src"] == "http://127.0.0.1:8000/claims/moved"  # type: ignore[index]
    assert frame.find("iframe")["src"] == "http://127.0.0.1:8000/embed/claims/moved"  # type: ignore[index]
    assert frame.find("iframe")["title"] == "Brandt moved the lever."  # type: ignore[index]


def reviewed(newsroom: Newsroom, **fields: Any) -> Any:
    review = {"claim": "moved", "author": {"name": "Desk"}, "published_on": "2023-02-01"}
    return newsroom.post("/v1/reviews", {**review, "rating": {"name": "Wholly invented"}, **fields})


def test_pages_may_be_cached_shortly_and_problems_not(
    told: dict[str, Any], newsroom: Newsroom, client: FlaskClient
) -> None:
    paths = ["/", "/claims/moved", f"/statements/{told['did']['id']}", "/entities/ilse-brandt"]
    paths.append(f"/reviews/{reviewed(newsroom)['id']}")
    for path in paths:
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == CACHED
        assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    missing = client.get("/claims/none", headers={"Accept": "text/html"})
    assert missing.headers["Cache-Control"] == "no-cache"


def test_a_page_of_40_statements_and_their_contradictions_is_light(
    newsroom: Newsroom, client: FlaskClient, read: Read
) -> None:
    """Under 60 kB with statements as long as newspapers quote them, all of them contradicted."""
    newsroom.claim("one", "The inspection clears the company that ran the crane.", about=["Northgate Cranes"])
    text = (
        "We read every page of that report, and on none of them does it say what they claim it says; {} "
        "times we asked them for the page, and as many times they talked about the weather instead."
    )
    source = {
        "url": "https://herald.example/2026/05/what-the-inspection-of-the-harbour-crane-says-and-does-not-say",
        "headline": "What the inspection of the harbour crane says, and what it does not say",
        "publisher": "Harbour Herald",
    }
    for number in range(20):
        for side in ("supports", "disputes"):
            newsroom.statement(
                f"{side} speaker {number}",
                text.format(number),
                speaker_role="attorney for the company",
                on_behalf_of={"name": "Northgate Cranes"},
                source=source,
                said_on=f"2022-04-{number + 1:02}",
                **{side: "one"},
            )
    page = read("/claims/one")
    assert words(part(page, "supports-heading")).startswith("20 ")
    assert len(page.select("figure.statement")) == 2 * 10 + 2 * 6
    assert "Only the strongest pairs are shown" in words(part(page, "contradictions"))
    assert len(client.get("/claims/one").get_data()) < 60_000


def test_a_page_of_texts_as_long_as_they_may_be_is_light_too(
    newsroom: Newsroom, client: FlaskClient, read: Read
) -> None:
    """Both sides, six contradictions and three verdicts at their most, every text at its longest."""
    newsroom.claim("one", "The inspection clears the company. " * 50, about=["Northgate Cranes"])
    for number in range(13):
        for side in ("supports", "disputes"):
            words_ = f"{side} {number}: " + "it's so & so " * 1600
            text = words_[:10_000] + " WHAT COUNTS " + words_[10_013:20_000]
            link = {
                "claim": "one",
                "stance": side,
                "rationale": "since " * 800,
                "span": {"text": "WHAT COUNTS"},
            }
            newsroom.statement(f"{side} {number}", text, said_on=f"2022-04-{number + 1:02}", links=[link])
    for flag in newsroom.contradictions()[:20]:
        path = f"/v1/contradictions/{flag['id']}/decision"
        newsroom.post(path, {"status": "confirmed", "reason": "heard " * 800}, status=200)
    for number in range(3):
        review = reviewed(newsroom, claim="one", author={"name": f"Desk {number}"}, explanation="for " * 5000)
    page = read("/claims/one")
    weight = len(client.get("/claims/one").get_data())
    assert weight < 60_000
    assert quotes(part(page, "supports"))[0].endswith("[…]")
    marks = part(page, "contradictions").select("blockquote")
    assert len(marks) == 12
    assert {words(quote.mark) for quote in marks} == {"WHAT COUNTS"}
    verdict = part(page, "verdicts").select_one(f"a[href='/reviews/{review['id']}']")
    assert words(verdict).startswith("Whole verdict")
    assert words(part(page, "supports").select_one(".permalink")).startswith("Whole statement")
    [permanent, *_] = part(page, "contradictions").select(".reasons a")
    flag_page = read(str(permanent["href"]))
    assert all(len(quote) == 20_000 for quote in quotes(flag_page))
    assert len(words(read(f"/reviews/{review['id']}").select_one(".explanation"))) == 19_999


def test_pages_of_people_and_contradictions_ask_a_fixed_number_of_times(
    told: dict[str, Any], newsroom: Newsroom, read: Read, queries: list[str]
) -> None:
    [flag] = newsroom.contradictions()
    paths = (
        "/entities/ilse-brandt",
        f"/contradictions/{flag['id']}",
        "/claims/moved/picture.png",
        f"/reviews/{reviewed(newsroom)['id']}",
    )

    def cost(path: str) -> int:
        queries.clear()
        newsroom.client.get(path)
        return len(queries)

    # What was corrected is looked for only where a page shows a statement that was.
    newsroom.change("PATCH", f"/v1/statements/{told['did']['id']}", {"said_to": "me", "reason": "So."})
    before = [cost(path) for path in paths]
    for number in range(15):
        newsroom.claim(f"c{number}", about=["Ilse Brandt"])
        newsroom.statement(text=f"Yes, {number}.", supports=f"c{number}", said_on="2024")
        newsroom.statement(text=f"No, {number}.", disputes=f"c{number}", said_on="2025")
    assert len(read(paths[0]).select(".pair")) == 6
    assert all(now <= then for now, then in zip(map(cost, paths), before, strict=True))
    assert max(before) <= 25


@pytest.mark.parametrize("whose", ["speaker", "on_behalf_of"])
def test_the_page_of_a_person_sorts_nothing(
    newsroom: Newsroom, read: Read, app: Flask, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    """What was said last is found by an index: the page of who said much costs no more than others."""
    for day in range(10, 20):
        newsroom.statement(said_on=f"2023-01-{day}", on_behalf_of={"name": "Ilse Brandt"})
    ran: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        ran.append((statement, parameters))

    database = app.extensions["factcheck.database"]
    path = "/entities/ilse-brandt?" + ("on_behalf=1" if whose == "on_behalf_of" else "")
    monkeypatch.setattr("factcheck.publish.pages.STATEMENTS_PER_PAGE", 3)
    event.listen(database.reader, "before_cursor_execute", note)
    older = read(path).select_one('a[rel="next"]')
    assert older is not None
    read(str(older["href"]))
    event.remove(database.reader, "before_cursor_execute", note)
    lists = [query for query in ran if "ORDER BY statement.said_on" in query[0]]
    assert len(lists) == 2, "one of each page"
    with database.reading() as session:
        if database.reader.dialect.name != "sqlite":
            session.execute(text("SET LOCAL enable_sort = off"))
        for statement, parameters in lists:
            plan = "\n".join(plan_of(session, statement, parameters))
            assert f"ix_statement_{whose}_said_on" in plan, plan
            assert "TEMP B-TREE" not in plan, plan
