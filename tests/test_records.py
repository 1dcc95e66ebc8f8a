"""Entities, sources, claims, relations and reviews."""

import pytest

from factcheck.sources import canonical
from factcheck.text import fold, slug
from newsroom import URL, Newsroom


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  José   ÁLVAREZ\n", "jose alvarez"),
        ("Straße", "strasse"),
        ("ﬁne", "fine"),
        ("Ｆｕｌｌ", "full"),
        ("Łukasz", "łukasz"),
        ("a\u00a0b", "a b"),
        ("acme™ №5", "acmetm no5"),
        ("\u0301", "\u0301"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "expected"), [("José Álvarez!", "jose-alvarez"), ("—", "x"), ("名古屋", "ming-gu-wu")]
)
def test_slug(text: str, expected: str) -> None:
    assert slug(text) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://Herald.Example:443/a/../b?utm_source=x&id=1#top", "https://herald.example/b?id=1"),
        ("https://herald.example", "https://herald.example/"),
        ("https://herald.example/a?FBCLID=1&gclid=2", "https://herald.example/a"),
        ("http://herald.example/a", "http://herald.example/a"),
    ],
)
def test_canonical(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize("user", ["bbc.example", "user:pw", "", ":", "a%40b", "a@b"])
def test_an_address_with_a_user_is_refused(newsroom: Newsroom, user: str) -> None:
    """It would show a password, or look like the address of somebody else."""
    newsroom.claim("one")
    url = f"https://{user}@evil.example/a"
    review = {"claim": "one", "published_on": "2023-02-01", "rating": {"name": "True"}}
    for path, body, pointer in (
        ("sources", {"url": url}, "#/url"),
        ("sources", {"url": URL, "archived_at": url}, "#/archived_at"),
        ("entities", {"name": "A", "same_as": [url]}, "#/same_as/0"),
        ("reviews", {**review, "author": {"name": "D"}, "url": url}, "#/url"),
        ("reviews", {**review, "author": {"name": "D", "url": url}}, "#/author/url"),
    ):
        refused = newsroom.post(f"/v1/{path}", body, status=422)["errors"]
        assert [error["pointer"] for error in refused] == [pointer]
        assert refused[0]["detail"] == "This address names a user before its host; remove all up to the @."
    newsroom.post("/v1/sources", {"url": "https://medium.example/@desk/a?to=a@b.example"})


def test_entities(newsroom: Newsroom) -> None:
    made = newsroom.post("/v1/entities", {"name": "Ilse Brandt", "alternate_names": ["I. Brandt"]})
    assert made["slug"] == "ilse-brandt"
    assert newsroom.get("/v1/entities/ilse-brandt", role="public")["id"] == made["id"]
    assert newsroom.get(f"/v1/entities/{made['id']}", role="public")["name"] == "Ilse Brandt"
    assert newsroom.get("/v1/entities?name=i.%20BRANDT", role="public")["items"][0]["id"] == made["id"]
    changed = newsroom.change(
        "PATCH", "/v1/entities/ilse-brandt", {"job_title": "judge", "reason": "Elected."}
    )
    assert changed["job_title"] == "judge"
    items = newsroom.get("/v1/entities/ilse-brandt/history")["items"]
    assert items[1]["changes"] == {"job_title": {"before": None, "after": "judge"}}
    newsroom.post("/v1/entities", {"name": "Other", "slug": "ilse-brandt"}, status=409)
    newsroom.get("/v1/entities/nobody", status=404)
    newsroom.change("PATCH", "/v1/entities/ilse-brandt", {"slug": "moved"}, status=422)
    newsroom.post("/v1/entities/ilse-brandt/merge", {"into": "ilse-brandt", "reason": "r"}, status=422)


def test_lists_follow_the_merges_of_whom_they_are_about(newsroom: Newsroom) -> None:
    newsroom.claim("one", about=["Anna"], kind="event")
    said = [newsroom.statement("Anna", on_behalf_of={"name": "Anna"}, supports="one")]
    said.append(newsroom.statement("Anna", disputes="one"))
    newsroom.post("/v1/entities", {"name": "Berta"})
    newsroom.post("/v1/entities", {"name": "Carla"}, role="contributor")
    newsroom.post("/v1/entities", {"name": "Dora"}, role="contributor")
    unnamed = newsroom.statement("Emil")
    newsroom.post("/v1/entities/anna/merge", {"into": "berta", "reason": "r"}, status=200)
    newsroom.post("/v1/entities/berta/merge", {"into": "carla", "reason": "r"}, status=200)
    newsroom.post("/v1/entities/dora/merge", {"into": "carla", "reason": "r"}, status=200)

    def counts(name: str, role: str = "public") -> list[int]:
        lists = ("statements?speaker", "statements?on_behalf_of", "claims?about")
        lists += ("contradictions?speaker", "contradictions?subject")
        found = [len(newsroom.get(f"/v1/{each}={name}", role=role)["items"]) for each in lists]
        table = newsroom.call("GET", f"/exports/statements.csv?speaker={name}", role=role)
        assert len(table.get_data(as_text=True).splitlines()) - 1 == found[0]
        return found

    for name in ("anna", "berta", "carla"):
        assert counts(name) == [2, 1, 1, 1, 1], name
    assert counts("dora", "contributor") == [2, 1, 1, 1, 1]
    assert counts("dora") == [0, 0, 0, 0, 0], "what no reader ever saw leads nowhere"
    assert counts("nobody") == [0, 0, 0, 0, 0]
    assert unnamed["on_behalf_of"] is None


def test_a_merge_that_would_double_words_is_refused(newsroom: Newsroom) -> None:
    newsroom.statement("A", text="It fell.")
    newsroom.statement("B", text="It fell.")
    newsroom.post("/v1/entities/b/merge", {"into": "a", "reason": "r"}, status=409)
    assert newsroom.get("/v1/entities/b")["name"] == "B"


def test_sources(newsroom: Newsroom) -> None:
    made = newsroom.post("/v1/sources", {"url": URL + "?utm_source=x", "type": "NewsArticle"})
    again = newsroom.post("/v1/sources", {"url": URL}, status=409)
    assert again["source"]["id"] == made["id"]
    path = f"/v1/sources/{made['id']}"
    changed = newsroom.change("PATCH", path, {"published_on": "2026-05", "reason": "r"})
    assert changed["published_on"] == "2026-05"
    assert newsroom.get(path, role="public") == changed
    assert [i["action"] for i in newsroom.get(f"{path}/history")["items"]] == ["created", "edited"]
    spoken = {
        "type": "Broadcast",
        "headline": "Morning show",
        "publisher": "Pier Radio",
        "published_on": "2026-05-11",
    }
    radio = newsroom.post("/v1/sources", spoken)
    assert newsroom.statement(source={**spoken, "headline": "MORNING  show"})["source"]["id"] == radio["id"]
    newsroom.change("PATCH", f"/v1/sources/{radio['id']}", {"url": URL}, status=409)
    newsroom.change("PATCH", f"/v1/sources/{radio['id']}", {"headline": None}, status=422)


def test_claims(newsroom: Newsroom) -> None:
    made = newsroom.post(
        "/v1/claims",
        {
            "text": "The crane was safe.",
            "kind": "event",
            "about": [{"name": "The crane", "type": "Organization"}],
        },
    )
    assert made["slug"] == "the-crane-was-safe"
    assert made["status"] == "published"
    refused = newsroom.post("/v1/claims", {"text": "the CRANE was  safe."}, status=409)
    assert refused["claim"]["slug"] == "the-crane-was-safe"
    newsroom.change("PATCH", "/v1/claims/the-crane-was-safe", {"text": "The crane is safe."}, status=422)
    changed = newsroom.change(
        "PATCH", "/v1/claims/the-crane-was-safe", {"text": "The crane is safe.", "reason": "Tense."}
    )
    assert changed["slug"] == "the-crane-was-safe", "an address that is out there stays"
    assert [
        i["reason"] for i in newsroom.get("/v1/claims/the-crane-was-safe/history", role="public")["items"]
    ] == [None, "Tense."]
    newsroom.change("PATCH", "/v1/claims/the-crane-was-safe", {"status": "draft", "reason": "r"}, status=422)
    newsroom.change("PATCH", "/v1/claims/the-crane-was-safe", {"slug": "moved", "reason": "r"}, status=422)
    newsroom.post("/v1/claims", {"text": "x", "status": "withdrawn"}, status=422)
    newsroom.post("/v1/claims", {"text": "x", "status": "published"}, role="contributor", status=403)
    assert [c["slug"] for c in newsroom.get("/v1/claims?kind=event&about=the-crane&q=safe")["items"]] == [
        "the-crane-was-safe"
    ]
    assert newsroom.get("/v1/claims?kind=figure")["items"] == []


def test_draft_claims_are_their_authors_and_editors(newsroom: Newsroom) -> None:
    newsroom.claim("idea", role="contributor")
    for role, status in (
        ("public", 404),
        ("reader", 404),
        ("colleague", 404),
        ("contributor", 200),
        ("editor", 200),
    ):
        newsroom.get("/v1/claims/idea", role=role, status=status)
        newsroom.get("/v1/claims/idea/history", role=role, status=status)
        newsroom.get("/v1/claims/idea/relations", role=role, status=status)
    assert newsroom.get("/v1/claims", role="public")["items"] == []
    assert newsroom.get("/v1/claims?status=draft", role="public")["items"] == []
    assert len(newsroom.get("/v1/claims", role="contributor")["items"]) == 1
    newsroom.change("PATCH", "/v1/claims/idea", {"kind": "event"}, role="contributor")
    newsroom.claim("known")
    newsroom.post("/v1/claims/known/merge", {"into": "idea", "reason": "r"}, status=422)
    newsroom.change("PATCH", "/v1/claims/idea", {"status": "published"}, role="contributor", status=403)
    newsroom.change("PATCH", "/v1/claims/idea", {"status": "published"})
    newsroom.change(
        "PATCH", "/v1/claims/idea", {"kind": "other", "reason": "r"}, role="contributor", status=403
    )


def test_relations(newsroom: Newsroom) -> None:
    for name in ("a", "b", "c"):
        newsroom.claim(name)
    made = newsroom.relate("a", "contradicts", "b")
    assert newsroom.get(f"/v1/claims/b/relations/{made['id']}", role="public")["created_by"] is None
    assert newsroom.get("/v1/claims/b/relations")["items"][0]["created_by"] == "a editor"
    for type_ in ("contradicts", "implies", "equivalent"):
        refused = newsroom.post("/v1/claims/b/relations", {"to": "a", "type": type_}, status=409)
        assert refused["relation"]["type"] == "contradicts"
    newsroom.post("/v1/claims/a/relations", {"to": "a", "type": "implies"}, status=422)
    newsroom.post("/v1/claims/a/relations", {"to": "zzz", "type": "implies"}, status=422)
    newsroom.post("/v1/claims/a/relations", {"to": "c", "type": "causes"}, status=422)
    path = f"/v1/claims/a/relations/{made['id']}"
    assert newsroom.call("DELETE", path, {"reason": "r"}).status_code == 428
    newsroom.change("DELETE", path, {"reason": "They can both hold."})
    newsroom.get(path, status=404)
    newsroom.relate("b", "implies", "a")
    kept = [(i["action"], i["reason"]) for i in newsroom.get("/v1/claims/b/history")["items"]]
    assert kept == [
        ("created", None),
        ("created", None),
        ("removed", "They can both hold."),
        ("created", None),
    ]


def test_reviews(newsroom: Newsroom) -> None:
    newsroom.claim("safe")
    body = {
        "claim": "safe",
        "author": {"name": "Herald"},
        "published_on": "2026-05-20",
        "rating": {"name": "False"},
    }
    made = newsroom.post("/v1/reviews", body)
    path = f"/v1/reviews/{made['id']}"
    assert newsroom.get(path, role="public") == made
    assert len(newsroom.get("/v1/reviews?claim=safe", role="public")["items"]) == 1
    changed = newsroom.change("PATCH", path, {"rating": {"name": "True"}, "reason": "New facts."})
    assert changed["rating"]["name"] == "True"
    newsroom.change("DELETE", path, {"reason": "Wrong claim."})
    newsroom.get(path, role="public", status=410)
    assert newsroom.view("safe")["reviews"] == []
    newsroom.claim("idea", status="draft")
    hidden = newsroom.post("/v1/reviews", {**body, "claim": "idea"})
    newsroom.change("DELETE", "/v1/claims/idea", {"reason": "r"})
    newsroom.get(f"/v1/reviews/{hidden['id']}", role="public", status=404)
    for day in ("20220420", "2022-W16-3", "2022-04"):
        newsroom.post("/v1/reviews", {**body, "published_on": day}, status=422)
    assert [i["action"] for i in newsroom.get(f"{path}/history")["items"]] == [
        "created",
        "edited",
        "withdrawn",
    ]
    newsroom.post("/v1/reviews", body, role="contributor", status=403)
    scale = {"name": "x", "value": 7, "worst": 1, "best": 5}
    problem = newsroom.post("/v1/reviews", {**body, "rating": scale}, status=422)
    assert problem["errors"][0]["pointer"] == "#/rating/value"
