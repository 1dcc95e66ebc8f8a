"""The claim / counter-claim view."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from counting import queries_of
from factcheck import sides
from factcheck.api.claims import ViewArguments
from factcheck.api.shapes.views import View
from factcheck.graph import ClaimGraph, Stance
from factcheck.publish.exports import STATEMENTS_PER_SIDE
from newsroom import Newsroom


def story(newsroom: Newsroom, size: int) -> None:
    for number in range(size):
        newsroom.statement(f"Friend {number}", supports="cleared")
        newsroom.statement(f"Foe {number}", disputes="cleared")
        newsroom.statement(f"Accuser {number}", supports="to-blame")


def test_both_sides_counter_claims_contradictions_and_reviews(newsroom: Newsroom) -> None:
    newsroom.claim("cleared", kind="exoneration", about=["Northgate"])
    newsroom.claim("to-blame", kind="responsibility", about=["Northgate"])
    newsroom.claim("it-fell")
    newsroom.relate("cleared", "contradicts", "it-fell")
    story(newsroom, 1)
    newsroom.statement("Witness", supports="it-fell")
    newsroom.statement("Neighbour", supports="it-fell")
    review = {"claim": "cleared", "author": {"name": "Herald"}, "published_on": "2026-05-20",
              "rating": {"value": 1, "worst": 1, "best": 5, "name": "False"}}  # fmt: skip
    newsroom.post("/v1/reviews", review)
    view = newsroom.view("cleared")
    assert [view[side]["count"] for side in ("supports", "disputes")] == [1, 1]
    assert view["supports"]["statements"][0]["speaker"]["name"] == "Friend 0"
    assert view["supports"]["statements"][0]["link"]["stance"] == "supports"
    assert [(c["claim"]["slug"], c["relation"], c["supports"]["count"]) for c in view["counter_claims"]] == [
        ("it-fell", "contradicts", 2),
        ("to-blame", "exoneration_vs_responsibility", 1),
    ]
    supporters = view["counter_claims"][0]["supports"]["statements"]
    assert [said["speaker"]["name"] for said in supporters] == ["Neighbour", "Witness"], "the latest first"
    assert view["contradictions"]["open"] == 4
    assert view["reviews"][0]["rating"]["name"] == "False"
    assert view["as_of"] >= view["updated_at"]
    assert not View().validate(view)


def test_a_fixed_number_of_queries_however_many_statements(newsroom: Newsroom, app: Flask) -> None:
    newsroom.claim("cleared", kind="exoneration", about=["Northgate"])
    newsroom.claim("to-blame", kind="responsibility", about=["Northgate"])
    story(newsroom, 8)
    with queries_of(app) as few:
        newsroom.view("cleared", role="reader")
    story(newsroom, 8)
    with queries_of(app) as many:
        newsroom.view("cleared", role="reader")
    assert len(few) == len(many) <= 16


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_view_reads_is_bounded_by_indexes(newsroom: Newsroom, app: Flask) -> None:
    """However many statements and contradictions a claim has: every read ends at its limit."""
    newsroom.claim("cleared")
    newsroom.retract(newsroom.statement("Gone", supports="cleared"))
    for n in range(6):
        newsroom.statement(f"Friend {n}", supports="cleared")
    newsroom.statement("Foe", disputes="cleared")
    with queries_of(app) as few:
        newsroom.view("cleared")
    for n in range(1, 5):
        newsroom.statement(f"Foe {n}", disputes="cleared")
    with queries_of(app) as many:
        assert newsroom.view("cleared")["contradictions"]["open"] == 30, "too many to be read at once"
    plans = []
    with app.extensions["factcheck.database"].reader.connect() as connection:
        for text in few + many:
            arguments = (0,) * text.count("?")
            plans += [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", arguments)]
    read = "\n".join(plans)
    for index in ("strongest_claim_id", "strongest_opposing_claim_id"):
        assert f"contradiction USING INDEX ix_contradiction_{index} ({index[10:]}=?)" in read
    assert (
        "contradiction USING INDEX sqlite_autoindex_contradiction_2 (statement_id=? AND opposing_id=?)"
        in read
    )
    assert "link USING INDEX ix_link_retracted (claim_id=?)" in read
    assert "link USING INDEX ix_link_side (claim_id=? AND stance=? AND status=?)" in read
    assert not [plan for plan in plans if plan.startswith("SCAN") and "anon" not in plan]


def test_only_what_differs_between_requests_is_a_parameter(newsroom: Newsroom, queries: list[str]) -> None:
    """SQLite would plan a read anew each time that compared a parameter with what an index is limited by."""
    newsroom.claim("cleared")
    newsroom.statement("Friend", supports="cleared")
    newsroom.statement("Foe", disputes="cleared")
    queries.clear()
    for role in ("public", "editor"):
        newsroom.view("cleared", role=role)
    read = "\n".join(queries)
    assert "link.status = 'confirmed'" in read
    assert not re.findall(r"\w+\.(?:status|statement_status|stance) (?:=|!=|<>|IN) *\(?[?%]", read)


def test_sides_page_by_their_own_cursors(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    for day in ("2026-05-03", "2026-05", "", "2026-05-01", "2026"):
        newsroom.statement(supports="cleared", **({"said_on": day} if day else {}))
    newsroom.statement("Foe", disputes="cleared")
    days, cursor = [], None
    while True:
        arguments = {"supports_cursor": cursor} if cursor else {}
        view = newsroom.view("cleared", limit=2, **arguments)
        assert view["disputes"]["count"] == 1
        assert view["supports"]["count"] == 5
        days.append([s["said_on"] for s in view["supports"]["statements"]])
        cursor = view["supports"]["next_cursor"]
        if not cursor:
            break
    assert days == [["2026-05-03", "2026-05-01"], ["2026-05", "2026"], [None]]
    newsroom.get("/v1/claims/cleared/view?supports_cursor=abc", status=422)


def test_readers_see_what_is_published_and_editors_see_all_of_it_marked(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    newsroom.claim("draft-counter", role="contributor")
    newsroom.relate("cleared", "contradicts", "draft-counter")
    newsroom.statement("A", supports="cleared")
    newsroom.statement("B", disputes="cleared", role="contributor")
    reader = newsroom.view("cleared")
    assert (reader["disputes"]["count"], reader["disputes"]["statements"]) == (0, [])
    assert reader["counter_claims"] == []
    assert newsroom.view("cleared", role="reader") == reader
    editor = newsroom.view("cleared", role="editor")
    [draft] = editor["disputes"]["statements"]
    assert (draft["status"], draft["link"]["status"]) == ("draft", "suggested")
    assert editor["counter_claims"][0]["claim"]["status"] == "draft"
    assert editor["contradictions"]["open"] == 1


def test_the_version_moves_with_the_public_view_and_with_nothing_else(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")

    def etag() -> str:
        return newsroom.call("GET", "/v1/claims/cleared/view", role="public").headers["ETag"]

    before = etag()
    draft = newsroom.statement("B", disputes="cleared", role="contributor")
    newsroom.change("PATCH", f"/v1/statements/{draft['id']}", {"said_to": "x"}, role="contributor")
    newsroom.claim("other")
    newsroom.statement("C", supports="other")
    assert etag() == before, "drafts and other claims tell nothing"
    newsroom.change("PATCH", f"/v1/statements/{draft['id']}", {"status": "published"})
    newsroom.change("PUT", f"/v1/statements/{draft['id']}/links/cleared", {"stance": "disputes"})
    linked = etag()
    assert linked != before
    newsroom.change("PATCH", "/v1/entities/b", {"name": "Bea"})
    assert etag() != linked
    assert newsroom.view("cleared")["disputes"]["statements"][0]["speaker"]["name"] == "Bea"
    renamed = etag()
    source = newsroom.get("/v1/sources")["items"][0]
    newsroom.change("PATCH", f"/v1/sources/{source['id']}", {"headline": "New"})
    assert etag() != renamed


def test_what_readers_do_not_see_moves_no_version_and_what_they_see_does(newsroom: Newsroom) -> None:
    verdict = {"author": {"name": "D"}, "published_on": "2026-01-01", "rating": {"name": "False"}}
    newsroom.claim("cleared", kind="exoneration", about=["Northgate"])
    newsroom.claim("other", about=["The port"])
    newsroom.claim("third")
    newsroom.claim("hidden", status="draft", about=["Northgate"])
    shown = newsroom.statement("Ana", supports="cleared")
    draft = newsroom.statement(
        "Unknown", role="contributor", source={"url": "https://draft.example/"}, disputes="cleared"
    )
    guessed = newsroom.statement("Bob", role="contributor", disputes="cleared")
    newsroom.change("PATCH", f"/v1/statements/{guessed['id']}", {"status": "published"})
    flags = {flag["statements"][1]["speaker"]["name"]: flag["id"] for flag in newsroom.contradictions()}

    def link(statement: Any, body: Any, method: str = "PUT") -> None:
        newsroom.change(method, f"/v1/statements/{statement['id']}/links/cleared", body)

    def decide(flag: str, status: str) -> None:
        newsroom.post(f"/v1/contradictions/{flag}/decision", {"status": status, "reason": "r"}, status=200)

    def text_of(statement: Any) -> None:
        newsroom.change(
            "PUT", f"/v1/sources/{statement['source']['id']}/snapshot", {"text": statement["text"]}
        )

    unseen = {
        "a verdict on another claim": lambda: newsroom.post("/v1/reviews", {"claim": "other", **verdict}),
        "a verdict on a draft": lambda: newsroom.post("/v1/reviews", {"claim": "hidden", **verdict}),
        "a draft drawn beside it": lambda: newsroom.relate("cleared", "contradicts", "hidden"),
        "a draft that opposes it": lambda: newsroom.change(
            "PATCH", "/v1/claims/hidden", {"kind": "responsibility"}
        ),
        "who supports the draft": lambda: newsroom.statement("Cy", supports="hidden"),
        "the text of a draft's source": lambda: text_of(draft),
        "the source of a draft": lambda: newsroom.change(
            "PATCH", f"/v1/sources/{draft['source']['id']}", {"headline": "h"}
        ),
        "the name of who spoke in a draft": lambda: newsroom.change(
            "PATCH", "/v1/entities/unknown", {"name": "Known"}
        ),
        "a suggestion dismissed": lambda: decide(flags["Bob"], "dismissed"),
        "a suggestion rejected": lambda: link(guessed, {"reason": "r"}, "DELETE"),
        "a draft retracted": lambda: newsroom.retract(draft),
        "a claim about somebody else to blame": lambda: newsroom.claim(
            "blame", kind="responsibility", about=["The port"]
        ),
        "a claim that a draft joins to it": lambda: newsroom.relate("third", "implies", "hidden"),
        "who supports that one": lambda: newsroom.statement("Eve", supports="third"),
        "two other claims related": lambda: newsroom.relate("other", "implies", "blame"),
        "a source that nobody is quoted from": lambda: newsroom.post(
            "/v1/sources", {"url": "https://new.example/"}
        ),
    }
    seen = {
        "the text of its source": lambda: text_of(shown),
        "a suggestion confirmed": lambda: link(guessed, {"stance": "disputes"}),
        "its contradiction decided": lambda: decide(flags["Bob"], "confirmed"),
        "a claim that opposes it": lambda: newsroom.change(
            "PATCH", "/v1/claims/hidden", {"status": "published"}
        ),
        "who supports it": lambda: newsroom.statement("Di", supports="hidden"),
        "a verdict on it": lambda: newsroom.post("/v1/reviews", {"claim": "cleared", **verdict}),
        "a statement retracted": lambda: newsroom.retract(shown),
    }

    def moved(change: Callable[[], Any]) -> bool:
        before = newsroom.view("cleared")["version"]
        change()
        return bool(newsroom.view("cleared")["version"] != before)

    assert [name for name, change in unseen.items() if moved(change)] == []
    assert [name for name, change in seen.items() if not moved(change)] == []


def test_a_new_contradiction_moves_the_views_that_show_it_and_no_other(newsroom: Newsroom) -> None:
    names = ("cleared", "far", "other")
    for name in names:
        newsroom.claim(name)
    newsroom.relate("far", "contradicts", "cleared")
    links = [{"claim": name, "stance": "supports"} for name in ("cleared", "other")]
    earlier = newsroom.statement("Ana", links=links)

    def shown() -> dict[str, Any]:
        return {name: newsroom.view(name, role="public") for name in names}

    before = shown()
    later = newsroom.statement("Bea", supports="far")
    after = shown()
    assert [flag["statements"][0]["id"] for flag in later["contradictions"]] == [earlier["id"]]
    moved = {name for name in names if after[name]["version"] != before[name]["version"]}
    assert moved == {"cleared", "far"}
    assert after["other"] == before["other"]


def test_what_was_never_published_is_not_gone_but_unknown(newsroom: Newsroom) -> None:
    for slug in ("one", "two", "three"):
        newsroom.claim(slug, role="contributor")
    newsroom.post("/v1/claims/one/merge", {"into": "two", "reason": "r"}, status=200)
    newsroom.change("DELETE", "/v1/claims/three", {"reason": "r"}, role="contributor")
    for slug in ("one", "three"):
        for path in (
            f"/v1/claims/{slug}",
            f"/v1/claims/{slug}/view",
            f"/claims/{slug}",
            f"/v1/claims/{slug}/history",
        ):
            newsroom.get(path, role="public", status=404)
        newsroom.get(f"/v1/claims/{slug}", status=410)


def test_gone_and_hidden_claims(newsroom: Newsroom) -> None:
    newsroom.claim("draft", role="contributor")
    newsroom.get("/v1/claims/draft/view", role="public", status=404)
    newsroom.get("/v1/claims/draft/view", role="colleague", status=404)
    newsroom.get("/v1/claims/draft/view", role="contributor")
    newsroom.claim("old")
    newsroom.claim("new")
    newsroom.post("/v1/claims/old/merge", {"into": "new", "reason": "r"}, status=200)
    assert newsroom.get("/v1/claims/old/view", role="public", status=410)["merged_into"] == "new"
    newsroom.change("DELETE", "/v1/claims/new", {"reason": "r"})
    newsroom.get("/v1/claims/new/view", role="public", status=410)
    newsroom.get("/v1/claims/new", role="public", status=410)
    history = newsroom.get("/v1/claims/new/history", role="public")["items"]
    assert [item["action"] for item in history] == ["created", "withdrawn"]


def test_other_claims_of_its_kind_are_not_read_for_counter_claims(newsroom: Newsroom, app: Flask) -> None:
    """An entity may be held responsible by thousands of claims; they do not contradict each other."""
    ids = [
        UUID(newsroom.claim(f"blame-{i}", kind="responsibility", about=["Northgate"])["id"]) for i in range(5)
    ]
    with app.extensions["factcheck.database"].reading() as session:
        graph = ClaimGraph(session)
        graph.opposed(ids[0], Stance.supports)
        assert graph.nodes.keys() == {ids[0]}


def test_a_decision_moves_every_view_that_shows_the_pair(newsroom: Newsroom) -> None:
    """A view gives all reasons of a pair, those by other claims too."""
    for name in ("one", "two"):
        newsroom.claim(name)
    newsroom.statement("Ana", supports=["one", "two"])
    found = newsroom.statement("Bea", disputes=["one", "two"])["contradictions"]
    assert len(found) == 2
    before = {name: newsroom.view(name) for name in ("one", "two")}
    body = {"status": "confirmed", "reason": "Clear."}
    newsroom.post(f"/v1/contradictions/{found[0]['id']}/decision", body, status=200)
    after = {name: newsroom.view(name) for name in ("one", "two")}
    for name in ("one", "two"):
        assert len(after[name]["contradictions"]["items"][0]["reasons"]) == 2
        assert after[name]["version"] > before[name]["version"]


def test_a_claim_that_is_corrected_moves_every_view_whose_reasons_quote_it(newsroom: Newsroom) -> None:
    for name in ("one", "two", "three"):
        newsroom.claim(name)
    newsroom.statement("Ana", supports=["one", "two"])
    newsroom.statement("Bea", disputes=["one", "two"])
    newsroom.statement("Cy", supports="three")
    before = {name: newsroom.view(name) for name in ("one", "two", "three")}
    newsroom.change("PATCH", "/v1/claims/one", {"text": "It was the first.", "reason": "Clearer."})
    after = {name: newsroom.view(name) for name in ("one", "two", "three")}
    reasons = after["two"]["contradictions"]["items"][0]["reasons"]
    assert any("It was the first" in reason["explanation"] for reason in reasons)
    assert after["one"]["version"] > before["one"]["version"]
    assert after["two"]["version"] > before["two"]["version"]
    assert after["three"] == before["three"]


def test_nobody_asks_for_more_of_a_side_than_is_read() -> None:
    asked = ViewArguments().fields["limit"].validate
    assert max(asked.max, STATEMENTS_PER_SIDE) < sides.MOST  # type: ignore[union-attr]
