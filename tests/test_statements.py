"""Posting and correcting statements, as a newsroom's developer does it."""

from itertools import combinations, product
from typing import Any

import pytest

from factcheck.api import statements
from newsroom import URL, Newsroom


def test_one_post_creates_everything_and_reads_back_the_same(newsroom: Newsroom) -> None:
    body = {
        "text": "“Nothing”\u00a0was  wrong — I said\u2026",
        "kind": "direct",
        "speaker": {"name": "Ilse Brandt", "job_title": "Attorney"},
        "speaker_role": "attorney for Northgate Cranes",
        "on_behalf_of": {"name": "Northgate Cranes", "type": "Organization"},
        "said_on": "2026-05",
        "said_to": "Harbour Herald",
        "source": {"url": URL + "?utm_source=x#top", "type": "NewsArticle", "publisher": "Harbour Herald"},
        "links": [
            {
                "claim": {
                    "text": "The inspection clears Northgate.",
                    "kind": "exoneration",
                    "about": [{"name": "Northgate Cranes", "type": "Organization"}],
                },
                "stance": "supports",
                "span": {"text": "“Nothing”"},
            }
        ],
    }
    posted = newsroom.call("POST", "/v1/statements", body)
    assert posted.status_code == 201
    read = newsroom.call("GET", posted.headers["Location"])
    assert read.data == posted.data
    assert read.headers["ETag"] == posted.headers["ETag"]
    shown = read.get_json()
    assert shown["text"] == body["text"]
    assert (shown["said_on"], shown["said_on_precision"]) == ("2026-05", "month")
    assert shown["source"]["url"] == URL + "?utm_source=x#top"
    assert shown["source"]["canonical_url"] == URL
    assert shown["status"] == "published"
    [link] = shown["links"]
    assert link["span"] == {"start": 0, "end": 9, "text": "“Nothing”"}
    assert (link["status"], link["basis"], link["confidence"]) == ("confirmed", "editor", 1.0)
    claim = newsroom.get(f"/v1/claims/{link['claim']['slug']}", role="public")
    assert claim["about"][0]["id"] == shown["on_behalf_of"]["id"]


def test_natural_keys_are_matched_and_never_change_what_stands(newsroom: Newsroom) -> None:
    first = newsroom.statement(
        "José Álvarez", source={"url": URL}, supports={"text": "It is so.", "kind": "event"}
    )
    second = newsroom.statement(
        "  jose   ALVAREZ ",
        source={"url": "HTTPS://herald.example:443/2026/05/crane?fbclid=1"},
        supports={"text": "IT IS  so."},
    )
    assert second["speaker"] == first["speaker"]
    assert second["speaker"]["name"] == "José Álvarez"
    assert second["source"]["id"] == first["source"]["id"]
    assert second["links"][0]["claim"] == first["links"][0]["claim"]


def test_alternate_names_and_addresses_match(newsroom: Newsroom) -> None:
    entity = newsroom.post(
        "/v1/entities",
        {"name": "Ilse Brandt", "alternate_names": ["I. Brandt"], "same_as": ["https://brandt.example/"]},
    )
    assert newsroom.statement("i. brandt")["speaker"]["id"] == entity["id"]
    by_address = newsroom.statement(
        speaker_role=None, speaker={"name": "Somebody", "same_as": ["https://BRANDT.example"]}
    )
    assert by_address["speaker"]["id"] == entity["id"]


def test_two_entities_that_share_a_name_are_never_merged_silently(newsroom: Newsroom) -> None:
    newsroom.post("/v1/entities", {"name": "John Smith", "job_title": "judge"})
    refused = newsroom.post("/v1/entities", {"name": "john smith"}, status=409)
    assert [c["slug"] for c in refused["candidates"]] == ["john-smith"]
    newsroom.post("/v1/entities", {"name": "John Smith", "slug": "john-smith-pilot"})
    problem = newsroom.statement("John Smith", code=422)
    assert problem["errors"][0]["pointer"] == "#/speaker"
    assert {c["slug"] for c in problem["candidates"]} == {"john-smith", "john-smith-pilot"}
    chosen = newsroom.post(
        "/v1/statements",
        {"text": "By slug it is clear.", "speaker": "john-smith-pilot", "source": {"url": URL}},
    )
    assert chosen["speaker"]["slug"] == "john-smith-pilot"


def test_a_name_without_a_type_is_found_whatever_its_type(newsroom: Newsroom) -> None:
    npr = newsroom.post("/v1/entities", {"name": "NPR", "type": "Organization"})
    assert newsroom.statement("NPR")["speaker"]["id"] == npr["id"]


def test_long_names_in_odd_scripts(newsroom: Newsroom) -> None:
    assert (
        newsroom.statement("\ufdfa" * 300)["speaker"]["id"]
        == newsroom.statement("\ufdfa" * 300)["speaker"]["id"]
    )
    slugs = {
        newsroom.statement(name)["speaker"]["slug"]
        for name in ("01a20452-334f-7342-86f7-5c999ddb471e", "\u0301")
    }
    assert slugs == {"x-01a20452-334f-7342-86f7-5c999ddb471e", "x"}


def test_a_person_and_an_organization_of_one_name_are_two(newsroom: Newsroom) -> None:
    person = newsroom.post("/v1/entities", {"name": "Prince", "type": "Person"})
    company = newsroom.post("/v1/entities", {"name": "Prince", "type": "Organization"})
    assert person["id"] != company["id"]


def test_the_same_words_of_a_speaker_in_a_source_stand_once(newsroom: Newsroom) -> None:
    first = newsroom.statement(text="Nothing was wrong.")
    refused = newsroom.statement(text="nothing  WAS wrong.", code=409)
    assert refused["statement"] == {"id": first["id"]}
    newsroom.statement("Dana Ruiz", text="Nothing was wrong.")
    newsroom.retract(first)
    newsroom.statement(text="Nothing was wrong.")


def test_a_failed_post_leaves_nothing_behind(newsroom: Newsroom) -> None:
    body = {
        "text": "It fell.",
        "speaker": {"name": "New Person"},
        "source": {"url": "https://new.example/a"},
        "links": [
            {"claim": {"text": "A new claim."}, "stance": "supports"},
            {"claim": "no-such-claim", "stance": "supports"},
        ],
    }
    problem = newsroom.post("/v1/statements", body, status=422)
    assert problem["errors"][0]["pointer"] == "#/links/1/claim"
    for path in ("/v1/entities", "/v1/sources", "/v1/claims", "/v1/statements"):
        assert newsroom.get(path)["items"] == []
    assert newsroom.get("/v1/search?q=new")["items"] == []


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"text": ""}, ["#/text"]),
        ({"text": "   "}, ["#/text"]),
        ({"text": "a\x00b"}, ["#/text"]),
        ({"text": "a\ud800b"}, ["#/text"]),
        ({"text": "x" * 20_001}, ["#/text"]),
        ({"text": None}, ["#/text"]),
        ({"text": 7}, ["#/text"]),
        ({"speaker": {}}, ["#/speaker/name"]),
        ({"speaker": {"name": "A", "type": "Robot"}}, ["#/speaker/type"]),
        ({"speaker": {"name": "A", "same_as": ["javascript:alert(1)"]}}, ["#/speaker/same_as/0"]),
        ({"speaker": "nobody-known"}, ["#/speaker"]),
        ({"speaker": "01a20452-334f-7342-86f7-5c999ddb471e"}, ["#/speaker"]),
        ({"source": {"url": "javascript:alert(1)"}}, ["#/source/url"]),
        ({"source": {"url": "data:text/html,x"}}, ["#/source/url"]),
        ({"source": {"url": "https://"}}, ["#/source/url"]),
        ({"source": {"url": "https://[::1"}}, ["#/source/url"]),
        ({"source": {}}, ["#/source/url"]),
        ({"source": 5}, ["#/source"]),
        ({"source": {"url": "http://" + "a" * 64 + ".example/"}}, ["#/source/url"]),
        ({"source": {"url": "http://\u202ea.example/"}}, ["#/source/url"]),
        ({"source": {"url": "http://h.example/" + "中" * 1900}}, ["#/source/url"]),
        ({"speaker": {"name": "A", "same_as": ["http://\u200d.example/"]}}, ["#/speaker/same_as/0"]),
        ({"on_behalf_of": ""}, ["#/on_behalf_of"]),
        ({"on_behalf_of": 0}, ["#/on_behalf_of"]),
        ({"said_on": "2026-02-30"}, ["#/said_on"]),
        ({"said_on": "20260501"}, ["#/said_on"]),
        ({"said_on": "2026-05-01T00:00:00Z"}, ["#/said_on"]),
        ({"said_on": "2026-05-17", "said_on_precision": "month"}, ["#/said_on_precision"]),
        ({"said_on": "2026", "said_on_precision": "day"}, ["#/said_on_precision"]),
        ({"said_on_precision": "day"}, ["#/said_on_precision"]),
        ({"status": "retracted"}, ["#/status"]),
        ({"language": "english!"}, ["#/language"]),
        ({"anchor": {"type": "TextQuoteSelector"}}, ["#/anchor/exact"]),
        ({"nonsense": 1, "text": ""}, ["#/text", "#/nonsense"]),
        ({"links": [{"claim": {"text": "A."}, "stance": "maybe"}]}, ["#/links/0/stance"]),
        ({"links": [{"claim": {"text": "A."}, "stance": "supports", "span": {"text": "zebra"}}]}, ["#/links/0/span/text"]),
        ({"links": [{"claim": {"text": "A."}, "stance": "supports", "span": {"start": 3, "end": 900}}]}, ["#/links/0/span/end"]),
        ({"links": [{"claim": {"text": "A."}, "stance": "supports", "span": {"start": 3}}]}, ["#/links/0/span/start"]),
        ({"links": [{"claim": {"text": "A."}, "stance": "supports", "span": {}}]}, ["#/links/0/span/text"]),
        ({"links": [{"claim": {"text": "A."}, "stance": "supports"}, {"claim": {"text": "a."}, "stance": "disputes"}]}, ["#/links/1/claim"]),
        ({"links": [{"claim": {"text": "A.", "about": [{"name": "x", "z": 1}]}, "stance": "supports"}]}, ["#/links/0/claim/about/0/z"]),
    ],
)  # fmt: skip
def test_wrong_fields_are_named(newsroom: Newsroom, change: dict, pointers: list[str]) -> None:
    body = {"text": "It fell, it fell.", "speaker": {"name": "A"}, "source": {"url": URL}, **change}
    problem = newsroom.post("/v1/statements", body, status=422)
    assert [error["pointer"] for error in problem["errors"]] == pointers
    assert newsroom.get("/v1/statements")["items"] == []
    assert newsroom.get("/v1/entities")["items"] == []


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"said_on": "2022-04-20"}, ("2022-04-20", "day")),
        ({"said_on": "2022-04"}, ("2022-04", "month")),
        ({"said_on": "2022"}, ("2022", "year")),
        ({"said_on": "2022-04-01", "said_on_precision": "month"}, ("2022-04", "month")),
        ({"said_on": "2022-01-01", "said_on_precision": "year"}, ("2022", "year")),
        ({"said_on": "2024-02-29", "said_on_precision": "day"}, ("2024-02-29", "day")),
        ({"said_on": None}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_dates_keep_their_precision(newsroom: Newsroom, given: dict, stored: tuple) -> None:
    shown = newsroom.statement(**given)
    assert (shown["said_on"], shown["said_on_precision"]) == stored


def test_an_editors_draft_hides_its_people_and_sources_too(newsroom: Newsroom) -> None:
    body = {"text": "It fell.", "speaker": {"name": "A"}, "source": {"url": URL}, "status": "draft"}
    draft = newsroom.post("/v1/statements", body)
    newsroom.claim("idea", status="draft", about=["B"])
    assert newsroom.get("/v1/entities", role="public")["items"] == []
    assert newsroom.get("/v1/sources", role="public")["items"] == []
    newsroom.change("PATCH", f"/v1/statements/{draft['id']}", {"status": "published"})
    newsroom.change("PATCH", "/v1/claims/idea", {"status": "published"})
    assert {e["name"] for e in newsroom.get("/v1/entities", role="public")["items"]} == {"A", "B"}
    assert len(newsroom.get("/v1/sources", role="public")["items"]) == 1


def test_a_colleagues_draft_is_not_named(newsroom: Newsroom) -> None:
    newsroom.claim("secret", "A secret claim.", role="colleague")
    newsroom.statement(text="A secret.", role="colleague")
    refused = newsroom.statement(text="A secret.", role="contributor", code=409)
    assert "statement" not in refused
    claim = {"text": "A secret claim."}
    for problem in (
        newsroom.post("/v1/claims", claim, role="contributor", status=409),
        newsroom.statement(supports=claim, role="contributor", code=422),
    ):
        assert "colleague" in problem["detail"]
        assert "secret" not in str(problem)


def test_what_an_editor_decided_on_a_link_a_contributor_leaves(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    draft = newsroom.statement(role="contributor", supports="cleared")
    path = f"/v1/statements/{draft['id']}/links/cleared"
    newsroom.change("DELETE", path, {"reason": "No."})
    newsroom.change("PUT", path, {"stance": "supports"}, role="contributor", status=403)
    newsroom.change("DELETE", path, {"reason": "No."}, role="contributor", status=403)
    newsroom.retract(draft)
    newsroom.change("PUT", path, {"stance": "supports"}, status=409)


def test_the_members_of_an_anchor_are_held_together(newsroom: Newsroom) -> None:
    path = f"/v1/statements/{newsroom.statement()['id']}"
    for anchor in ({}, {"exact": "x"}, {"type": "TextPositionSelector", "start": 1}):
        newsroom.change("PATCH", path, {"anchor": anchor, "reason": "r"}, status=422)
    whole = {"type": "TextPositionSelector", "start": 1, "end": 2}
    assert newsroom.change("PATCH", path, {"anchor": whole, "reason": "r"})["anchor"] == whole


def test_a_contributor_drafts_and_an_editor_publishes(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    draft = newsroom.statement(role="contributor", supports="cleared")
    assert draft["status"] == "draft"
    assert draft["links"] == []
    assert [(s["status"], s["basis"]) for s in draft["suggestions"]] == [("suggested", "contributor")]
    path = f"/v1/statements/{draft['id']}"
    for role, status in (
        ("public", 404),
        ("reader", 404),
        ("colleague", 404),
        ("contributor", 200),
        ("editor", 200),
    ):
        newsroom.get(path, role=role, status=status)
    assert newsroom.get("/v1/statements", role="public")["items"] == []
    assert newsroom.get("/v1/entities", role="public")["items"] == []
    assert newsroom.get("/v1/sources", role="public")["items"] == []
    assert newsroom.get("/v1/search?q=crane", role="public")["items"] == []
    newsroom.change("PATCH", path, {"status": "published"}, role="contributor", status=403)
    published = newsroom.change("PATCH", path, {"status": "published"})
    assert published["status"] == "published"
    assert newsroom.get(path, role="public")["suggestions"] == []
    assert newsroom.get("/v1/entities", role="public")["items"][0]["name"] == "Ilse Brandt"
    assert newsroom.view("cleared")["supports"]["count"] == 0
    newsroom.change("PUT", f"{path}/links/cleared", {"stance": "supports"})
    assert newsroom.view("cleared")["supports"]["count"] == 1


def test_what_a_contributor_may_not_do(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    body = {"text": "It fell.", "speaker": {"name": "A"}, "source": {"url": URL}}
    refused = newsroom.post("/v1/statements", {**body, "status": "published"}, role="contributor", status=403)
    assert refused["errors"][0]["pointer"] == "#/status"
    link = {"claim": "cleared", "stance": "supports", "status": "confirmed"}
    newsroom.post("/v1/statements", {**body, "links": [link]}, role="contributor", status=403)
    published = newsroom.statement()
    newsroom.change(
        "PATCH", f"/v1/statements/{published['id']}", {"said_to": "x"}, role="contributor", status=403
    )
    newsroom.change(
        "DELETE", f"/v1/statements/{published['id']}", {"reason": "x"}, role="contributor", status=403
    )
    newsroom.change(
        "PUT",
        f"/v1/statements/{published['id']}/links/cleared",
        {"stance": "supports"},
        role="contributor",
        status=403,
    )


def test_a_correction_needs_a_reason_and_is_shown(newsroom: Newsroom) -> None:
    statement = newsroom.statement(text="Nothing was wrong with it.")
    path = f"/v1/statements/{statement['id']}"
    refused = newsroom.change("PATCH", path, {"text": "Nothing was wrong."}, status=422)
    assert refused["errors"][0]["pointer"] == "#/reason"
    newsroom.change("PATCH", path, {"text": "Nothing was wrong.", "reason": "The recording ends there."})
    first, second = newsroom.get(f"{path}/history", role="public")["items"]
    assert (first["action"], first["by"]) == ("created", None)
    assert second["reason"] == "The recording ends there."
    assert second["changes"] == {
        "text": {"before": "Nothing was wrong with it.", "after": "Nothing was wrong."}
    }
    assert newsroom.get(f"{path}/history")["items"][1]["by"] == "a editor"
    same = newsroom.change("PATCH", path, {"text": "Nothing was wrong.", "reason": "Again."})
    assert same["revision"] == 2, "a change that changes nothing leaves no trace"


def test_history_tells_readers_nothing_of_drafts(newsroom: Newsroom) -> None:
    draft = newsroom.statement(role="contributor", text="A first guess.")
    path = f"/v1/statements/{draft['id']}"
    newsroom.change("PATCH", path, {"text": "What was said."}, role="contributor")
    newsroom.change("PATCH", path, {"status": "published"})
    public = newsroom.call("GET", f"{path}/history", role="public")
    assert "guess" not in public.get_data(as_text=True)
    assert len(public.get_json()["items"]) == 1
    assert "guess" in newsroom.call("GET", f"{path}/history").get_data(as_text=True)


def test_a_retraction_is_visible_and_final(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    statement = newsroom.statement(supports="cleared")
    path = f"/v1/statements/{statement['id']}"
    newsroom.change("DELETE", path, {}, status=422)
    newsroom.retract(statement)
    shown = newsroom.get(path, role="public")
    assert shown["status"] == "retracted"
    assert shown["retraction"]["reason"] == "Misheard."
    view = newsroom.view("cleared")
    assert view["supports"]["count"] == 0
    assert [s["id"] for s in view["retracted"]] == [statement["id"]]
    newsroom.change("PATCH", path, {"said_to": "x", "reason": "y"}, status=409)
    newsroom.change("DELETE", path, {"reason": "Again."}, status=409)
    for claim in ("cleared", newsroom.claim("other")["slug"]):
        newsroom.change("PUT", f"{path}/links/{claim}", {"stance": "disputes"}, status=409)


@pytest.mark.parametrize(
    ("span", "found"),
    [
        ({"start": 6, "end": 10}, {"start": 6, "end": 10, "text": "safe"}),
        ({"start": 12, "end": 16, "text": "safe"}, {"start": 12, "end": 16, "text": "safe"}),
        ({"text": "It is"}, {"start": 0, "end": 5, "text": "It is"}),
        ({"text": "safe"}, "These words occur more than once in the statement; give start and end."),
        ({"text": "lost"}, "These words do not occur in the statement; give start and end."),
        (
            {"start": 6, "end": 10, "text": "lost"},
            "These are not the words of the statement from start to end.",
        ),
    ],
)
def test_a_span_is_where_its_words_stand(newsroom: Newsroom, span: Any, found: Any) -> None:
    newsroom.claim("cleared")
    links = [{"claim": "cleared", "stance": "supports", "span": span}]
    said = newsroom.statement(
        text="It is safe, safe.", links=links, code=422 if isinstance(found, str) else 201
    )
    if isinstance(found, str):
        assert said["errors"][0]["detail"] == found
    else:
        assert said["links"][0]["span"] == found


def test_a_span_is_never_moved_silently(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    statement = newsroom.statement(
        text="It is 🎥 safe.", links=[{"claim": "cleared", "stance": "supports", "span": {"text": "safe"}}]
    )
    assert statement["links"][0]["span"] == {"start": 8, "end": 12, "text": "safe"}
    path = f"/v1/statements/{statement['id']}"
    kept = newsroom.change("PATCH", path, {"text": "It is 🎥 safe!", "reason": "r"})
    assert kept["links"][0]["span"]["text"] == "safe"
    lost = newsroom.change("PATCH", path, {"text": "It was 🎥 safe!", "reason": "r"})
    assert lost["links"][0]["span"] is None
    assert "span dropped" in [item["action"] for item in newsroom.get(f"{path}/history")["items"]]


def test_links_are_confirmed_changed_and_rejected(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    draft = newsroom.statement(role="contributor", supports="cleared")
    path = f"/v1/statements/{draft['id']}/links/cleared"
    confirmed = newsroom.change("PUT", path, {"stance": "supports"})
    assert (confirmed["status"], confirmed["basis"]) == ("confirmed", "editor")
    newsroom.change("PUT", path, {"stance": "supports", "rationale": "By name."})
    disputed = newsroom.change("PUT", path, {"stance": "disputes"})
    assert (disputed["stance"], disputed["rationale"]) == ("disputes", "By name."), "the words are a person's"
    assert newsroom.call("PUT", path, {"stance": "supports"}).status_code == 428
    assert newsroom.change("DELETE", path, {"reason": "Not about it."})["status"] == "rejected"
    assert newsroom.get(f"/v1/statements/{draft['id']}")["links"][0]["status"] == "rejected"
    newsroom.claim("other")
    created = newsroom.call("PUT", f"/v1/statements/{draft['id']}/links/other", {"stance": "supports"})
    assert created.status_code == 200


def test_lists_filter_and_page(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    for day in range(1, 6):
        newsroom.statement("Ilse Brandt", said_on=f"2026-05-0{day}", supports="cleared")
    newsroom.statement(
        "Dana Ruiz",
        said_on="2026-05-03",
        disputes="cleared",
        on_behalf_of={"name": "The port"},
        source={"url": "https://other.example/1"},
    )

    def said(query: str) -> list[str]:
        return [s["said_on"] for s in newsroom.get(f"/v1/statements?{query}", role="public")["items"]]

    assert len(said("")) == 6
    assert said("speaker=dana-ruiz") == ["2026-05-03"]
    assert said("on_behalf_of=the-port") == ["2026-05-03"]
    assert said("claim=cleared&stance=disputes") == ["2026-05-03"]
    assert said("speaker=ilse-brandt&said_after=2026-05-04") == ["2026-05-05", "2026-05-04"]
    assert said("said_before=2026-05-02") == ["2026-05-01"]
    assert said("speaker=nobody") == []
    assert len(said("status=published")) == 6
    assert len(said("q=crane")) == 6
    source = newsroom.get("/v1/sources?url=https://other.example/1")["items"][0]["id"]
    assert said(f"source={source}") == ["2026-05-03"]

    pages, path = [], "/v1/statements?limit=4&speaker=ilse-brandt"
    while path:
        response = newsroom.call("GET", path, role="public")
        pages.append([s["said_on"] for s in response.get_json()["items"]])
        link = response.headers.get("Link")
        path = link.partition(">")[0].removeprefix("<") if link else None
    assert pages == [["2026-05-05", "2026-05-04", "2026-05-03", "2026-05-02"], ["2026-05-01"]]


@pytest.mark.parametrize("few", [1000, 1])
def test_dates_are_compared_as_dates(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(statements, "FEW", few)
    days = ["2021", "2022-04", "2022-04-20", "2022-05-01", None]
    for day in days:
        newsroom.statement(said_on=day)

    def said(query: str) -> list[Any]:
        return [each["said_on"] for each in newsroom.get(f"/v1/statements?{query}")["items"]]

    assert said("") == days[::-1]
    assert said("said_after=2022-04") == ["2022-05-01", "2022-04-20", "2022-04"]
    assert said("said_before=2022-04-20") == ["2022-04", "2021"]
    assert said("said_after=2022&said_before=2022-05") == ["2022-04-20", "2022-04"]
    assert said("said_after=2022&q=crane&said_before=2022-04-20") == ["2022-04"]


@pytest.mark.parametrize("few", [1000, 3])
@pytest.mark.parametrize("role", ["public", "contributor", "colleague", "editor"])
def test_filters_together_leave_what_each_of_them_leaves(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, role: str, few: int
) -> None:
    monkeypatch.setattr(statements, "FEW", few)
    newsroom.claim("cleared")
    newsroom.claim("fell")
    kinds = product(("published", "editor", "published", "contributor"), ("supports", "disputes"), (1, 2))
    for day, (whose, stance, number) in enumerate(kinds, 10):
        newsroom.statement(
            ("Ilse Brandt", "Dana Ruiz")[day % 2],
            f"The crane was sound on the {day}th.",
            said_on=f"2026-05-{day}",
            status="published" if whose == "published" else "draft",
            links=[{"claim": claim, "stance": stance} for claim in ("cleared", "fell")[:number]],
            on_behalf_of={"name": "The port"} if day % 3 else None,
            source={"url": f"https://herald.example/{day % 4}"},
            role="editor" if whose == "published" else whose,
        )
    source = newsroom.get("/v1/sources?url=https://herald.example/1", role="editor")["items"][0]["id"]
    cleared = newsroom.get("/v1/claims/cleared")["id"]

    def listed(*filters: str) -> list[str]:
        items = newsroom.get(f"/v1/statements?limit=200&{'&'.join(filters)}", role=role)["items"]
        assert [said["id"] for said in items] == sorted((said["id"] for said in items), reverse=True)
        return [said["id"] for said in items]

    seen = listed()
    assert len(seen) == {"public": 8, "contributor": 12, "colleague": 8, "editor": 16}[role]
    filters = [
        *("speaker=ilse-brandt", "on_behalf_of=the-port", "claim=cleared", f"claim={cleared}", "claim=fell"),
        *("stance=disputes", f"source={source}", "said_after=2026-05-14", "said_before=2026-05-21"),
        *("status=draft", "status=published", "verification=exact", "q=crane", "q=sound+21th", "claim=none"),
    ]
    alone = {each: set(listed(each)) for each in filters}
    assert {each for each, found in alone.items() if not found} >= {"claim=none", "verification=exact"}
    for name, later in (("said_after=2026-05-14", True), ("said_before=2026-05-21", False)):
        days = {
            said["id"]: said["said_on"]
            for said in newsroom.get("/v1/statements?limit=200", role=role)["items"]
        }
        assert alone[name] == {id_ for id_, day in days.items() if (day >= name[-10:]) == later}
    on_a_link = ("claim=", "stance=")
    for one, other in combinations(filters, 2):
        if one.partition("=")[0] == other.partition("=")[0]:
            continue
        found = listed(one, other)
        if one.startswith(on_a_link) and other.startswith(on_a_link):
            assert set(found) <= alone[one] & alone[other]
        else:
            assert found == [id_ for id_ in seen if id_ in alone[one] & alone[other]]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=abc",
        "spaeker=a",
        "stance=maybe",
        "said_after=yesterday",
        "source=1",
        "status=open",
    ],
)
def test_wrong_arguments_are_named(newsroom: Newsroom, query: str) -> None:
    problem = newsroom.get(f"/v1/statements?{query}", status=422)
    assert problem["errors"][0]["parameter"] == query.partition("=")[0]


def test_a_cursor_fits_its_own_list_only(newsroom: Newsroom) -> None:
    for _ in range(3):
        newsroom.statement()
    cursor = newsroom.get("/v1/statements?limit=1")["next_cursor"]
    newsroom.get(f"/v1/statements?limit=2&cursor={cursor}")
    newsroom.get(f"/v1/statements?limit=2&status=published&cursor={cursor}", status=422)
    newsroom.get(f"/v1/entities?limit=1&cursor={cursor}", status=422)
    tampered = cursor[:-2] + ("aa" if cursor[-2:] != "aa" else "bb")
    newsroom.get(f"/v1/statements?limit=1&cursor={tampered}", status=422)
