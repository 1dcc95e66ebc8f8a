import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from sqlalchemy import event

from factcheck.parsing import MAX_BODY
from factcheck.publish.google import masks
from live import serving
from newsroom import Newsroom

PAGE = {
    "pageUrl": "https://www.checkers.example/crane?utm_source=x",
    "publishDate": "2026-05-21",
    "claimReviewAuthor": {"name": "Crane Checkers", "imageUrl": "https://checkers.example/logo.png"},
    "claimReviewMarkups": [
        {
            "claimReviewed": "The jib was inspected twice.",
            "claimDate": "2026-05-11",
            "claimAuthor": {"name": "Dana Ruiz", "jobTitle": "harbour master"},
            "claimFirstAppearance": "https://herald.example/1",
            "claimAppearances": ["https://herald.example/2"],
            "rating": {"ratingValue": 1, "worstRating": 1, "bestRating": 5, "textualRating": "False"},
        },
        {
            "url": "https://www.checkers.example/crane?utm_source=x#second",
            "claimReviewed": "Le levier a bougé tout seul, dit le contremaître de la grue.",
            "rating": {"textualRating": "Sans preuve"},
        },
    ],
}
Call = Callable[..., Any]


@pytest.fixture
def call(client: FlaskClient, keys: dict[str, str]) -> Call:
    """Return a function that calls Google's API with a role's key and holds the answer to a status."""

    def call(
        path: str,
        method: str = "GET",
        body: Any = None,
        *,
        role: str | None = None,
        status: int = 200,
        **given: Any,
    ) -> Any:
        query = {**({"key": keys[role]} if role else {}), **given}
        response = client.open(
            f"/v1alpha1/{path}", method=method, query_string=query, **({} if body is None else {"json": body})
        )
        assert response.status_code == status, response.get_data(as_text=True)
        assert response.mimetype == "application/json"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        found = response.get_json()
        if status >= 400:
            assert found.keys() == {"error"}
            assert found["error"]["code"] == status
        return found

    return call


def review(newsroom: Newsroom, claim: str, **fields: Any) -> Any:
    body = {
        "claim": claim,
        "author": {"name": "Harbour Herald Fact Check"},
        "url": "https://www.herald.example/factcheck/1",
        "title": "What the inspection did not look at",
        "published_on": "2026-05-20",
        "rating": {"value": 2, "worst": 1, "best": 5, "name": "Mostly false"},
    }
    return newsroom.post("/v1/reviews", {**body, **fields})


def texts(answer: Any) -> list[str]:
    return [claim["text"] for claim in answer.get("claims", [])]


def test_a_claim_of_ours_is_found_with_its_reviews(newsroom: Newsroom, call: Call) -> None:
    newsroom.claim("cleared", "The inspection clears Northgate Cranes.")
    newsroom.statement("Nora Lind", said_on="2026-05-12", supports="cleared")
    newsroom.statement("Dana Ruiz", said_on="2026-05-11", supports="cleared")
    newsroom.statement("Karl Vogt", said_on="2026-05-10", disputes="cleared")
    newsroom.statement("Ada Bell", said_on="2026-05-09", supports="cleared", role="contributor")
    newsroom.claim("unreviewed", "The inspection was short.")
    review(newsroom, "cleared")
    review(newsroom, "cleared", url=None, title=None, published_on="2026-05-22", language="de")
    assert call("claims:search", query="inspections northgate") == {
        "claims": [
            {
                "text": "The inspection clears Northgate Cranes.",
                "claimant": "Dana Ruiz",
                "claimDate": "2026-05-11T00:00:00Z",
                "claimReview": [
                    {
                        "publisher": {"name": "Harbour Herald Fact Check", "site": "127.0.0.1"},
                        "url": "http://127.0.0.1:8000/claims/cleared",
                        "reviewDate": "2026-05-22T00:00:00Z",
                        "textualRating": "Mostly false",
                        "languageCode": "de",
                    },
                    {
                        "publisher": {"name": "Harbour Herald Fact Check", "site": "herald.example"},
                        "url": "https://www.herald.example/factcheck/1",
                        "title": "What the inspection did not look at",
                        "reviewDate": "2026-05-20T00:00:00Z",
                        "textualRating": "Mostly false",
                        "languageCode": "en",
                    },
                ],
            }
        ]
    }
    assert texts(call("claims:search", query="inspection")) == ["The inspection clears Northgate Cranes."]
    assert call("claims:search", query="nothing of the kind") == {}


def test_less_than_a_day_is_not_made_up(newsroom: Newsroom, call: Call) -> None:
    newsroom.claim("cleared", "The inspection clears Northgate Cranes.")
    newsroom.statement("Dana Ruiz", said_on="2026-05", supports="cleared")
    review(newsroom, "cleared")
    [claim] = call("claims:search", query="inspection")["claims"]
    assert claim["claimant"] == "Dana Ruiz"
    assert "claimDate" not in claim


def test_what_no_reader_sees_is_not_found(newsroom: Newsroom, call: Call) -> None:
    newsroom.claim("draft", "A crane in a draft.", status="draft")
    review(newsroom, "draft")
    newsroom.claim("taken-back", "A crane taken back.")
    review(newsroom, "taken-back")
    newsroom.claim("unreviewed", "A crane whose review was taken back.")
    made = review(newsroom, "unreviewed")
    newsroom.change("DELETE", f"/v1/reviews/{made['id']}", {"reason": "Wrong."})
    newsroom.change("DELETE", "/v1/claims/taken-back", {"reason": "Wrong."})
    for given in ({"query": "crane"}, {"reviewPublisherSiteFilter": "herald.example"}):
        assert call("claims:search", role="admin", **given) == {}


def test_reviews_are_found_by_publisher_language_and_age(newsroom: Newsroom, call: Call) -> None:
    today = date.today()
    for slug, fields in {
        "one": {"url": "https://herald.example/1", "published_on": str(today)},
        "two": {"url": "https://facts.herald.example/2", "language": "pt-BR", "published_on": "2020-01-01"},
        "three": {"url": "https://notherald.example/3", "published_on": str(today - timedelta(days=9))},
        "four": {"url": None, "language": "pt", "published_on": "2021-01-01"},
    }.items():
        newsroom.claim(slug, f"Crane number {slug}.")
        review(newsroom, slug, **fields)
    newsroom.statement(said_on=str(today), supports="four")

    def found(**given: Any) -> set[str]:
        return {text.split()[-1].rstrip(".") for text in texts(call("claims:search", **given))}

    assert found(query="crane") == {"one", "two", "three", "four"}
    for name in ("herald.example", "www.herald.example", "https://www.herald.example/about"):
        assert found(reviewPublisherSiteFilter=name) == {"one", "two"}
    assert found(reviewPublisherSiteFilter="facts.herald.example") == {"two"}
    assert found(reviewPublisherSiteFilter="127.0.0.1") == {"four"}
    assert found(query="crane", reviewPublisherSiteFilter="%") == set()
    assert found(query="crane", languageCode="pt-PT") == {"two", "four"}
    assert found(query="crane", languageCode="EN") == {"one", "three"}
    assert found(query="crane", maxAgeDays=5) == {"one", "four"}
    assert found(query="crane", maxAgeDays=30) == {"one", "three", "four"}
    assert found(query="crane", maxAgeDays=2**31 - 1) == {"one", "two", "three", "four"}


def test_a_site_can_be_put_right(newsroom: Newsroom, call: Call) -> None:
    newsroom.claim("one", "A crane.")
    made = review(newsroom, "one")
    newsroom.change("PATCH", f"/v1/reviews/{made['id']}", {"url": "https://times.example/1"})
    assert call("claims:search", reviewPublisherSiteFilter="herald.example") == {}
    assert texts(call("claims:search", reviewPublisherSiteFilter="times.example")) == ["A crane."]


def test_a_question_as_people_ask_it_finds_what_shares_its_rare_words(newsroom: Newsroom, call: Call) -> None:
    newsroom.claim("cleared", "The inspection clears Northgate Cranes.")
    newsroom.claim("other", "The lever moved by itself.")
    for slug in ("cleared", "other"):
        review(newsroom, slug)
    question = "Is it true what they say about the Northgate crane inspection and the insurance?"
    assert texts(call("claims:search", query=question)) == ["The inspection clears Northgate Cranes."]
    assert call("claims:search", query="is it, or is it not?") == {}
    assert call("claims:search", query="?!") == {}


def test_pages_of_results_join_without_gap(newsroom: Newsroom, call: Call) -> None:
    for i in range(12):
        newsroom.claim(f"crane-{i}", f"Crane {i} stood still.")
        review(newsroom, f"crane-{i}", published_on=f"2026-05-{i + 1:02}")
    call("pages", "POST", {**PAGE, "claimReviewMarkups": PAGE["claimReviewMarkups"][:1]}, role="editor")
    for given in ({"query": "stood"}, {"reviewPublisherSiteFilter": "herald.example"}):
        everything = texts(call("claims:search", pageSize=50, **given))
        assert len(everything) == 12
        first = call("claims:search", **given)
        assert texts(first) == everything[:10]
        second = call("claims:search", pageToken=first["nextPageToken"], **given)
        assert texts(second) == everything[10:]
        assert "nextPageToken" not in second
        assert texts(call("claims:search", offset=10, pageSize=1, **given)) == everything[10:11]
        assert texts(call("claims:search", pageSize=0, **given)) == everything[:10]
        assert texts(call("claims:search", page_size=3, **given)) == everything[:3]
        # An offset counts without a token only.
        again = call("claims:search", pageToken=first["nextPageToken"], offset=0, **given)
        assert again == second
    assert (
        texts(call("claims:search", reviewPublisherSiteFilter="herald.example"))[0] == "Crane 11 stood still."
    )
    error = call("claims:search", query="still", pageToken=first["nextPageToken"], status=400)["error"]
    assert error["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": "x", "pageSize": "ten"}, "pageSize"),
        ({"query": "x", "pageSize": "-1"}, "pageSize"),
        ({"query": "x", "pageSize": str(2**31)}, "pageSize"),
        ({"query": "x", "offset": "1.5"}, "offset"),
        ({"query": "x", "maxAgeDays": "٣"}, "maxAgeDays"),
        ({"query": "x", "pageToken": "made up"}, "pageToken"),
        ({"query": "x", "q": "y"}, "q"),
        ({"query": "x", "alt": "proto"}, "alt"),
        ({"query": "x", "$alt": "proto"}, "alt"),
        ({"query": "x", "page_size": "ten"}, "pageSize"),
        ({"query": "x", "fields": "claims(text"}, "fields"),
        ({"query": "x", "fields": "claims/verdict"}, "fields"),
        ({"query": "x", "prettyPrint": "perhaps"}, "prettyPrint"),
    ],
)
def test_what_is_wrong_is_named_as_google_names_it(call: Call, given: Any, field: str) -> None:
    error = call("claims:search", status=400, **given)["error"]
    assert error["status"] == "INVALID_ARGUMENT"
    [details] = error["details"]
    assert details["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert details["fieldViolations"] == [{"field": field, "description": error["message"]}]


def test_searching_by_picture_says_that_it_is_not_done(call: Call) -> None:
    error = call("claims:imageSearch", imageUri="https://herald.example/x.png", status=501)["error"]
    assert error["status"] == "UNIMPLEMENTED"


def test_every_error_beneath_has_googles_shape(client: FlaskClient) -> None:
    for method, path, status, name in (
        ("GET", "/v1alpha1", 404, "NOT_FOUND"),
        ("GET", "/v1alpha1/nothing", 404, "NOT_FOUND"),
        ("POST", "/v1alpha1/claims:search", 405, "UNIMPLEMENTED"),
        ("GET", "/v1alpha1/pages/none", 404, "NOT_FOUND"),
    ):
        response = client.open(path, method=method, headers={"Accept": "text/html"})
        assert response.status_code == status
        assert response.mimetype == "application/json"
        assert response.get_json()["error"]["status"] == name
    assert client.get("/v1/nothing").mimetype == "application/problem+json"


def test_keys(newsroom: Newsroom, client: FlaskClient, call: Call, keys: dict[str, str]) -> None:
    newsroom.claim("one", "A crane.")
    review(newsroom, "one")
    path = "/v1alpha1/claims:search?query=crane"
    for role in (None, "reader", "admin"):
        assert texts(call("claims:search", role=role, query="crane")) == ["A crane."]
    for headers in ({"Authorization": f"Bearer {keys['reader']}"}, {"X-Goog-Api-Key": keys["reader"]}):
        assert client.get(path, headers=headers).status_code == 200
    for name in ("access_token", "$key"):
        assert texts(call("claims:search", query="crane", **{name: keys["reader"]})) == ["A crane."]
    call("pages", "POST", PAGE, access_token=keys["contributor"], status=403)
    call("claims:search", query="crane", access_token="wrong", status=401)
    error = call("claims:search", query="crane", key="wrong", status=400)["error"]
    assert error["message"] == "API key not valid. Please pass a valid API key."
    assert error["details"][0]["reason"] == "API_KEY_INVALID"
    response = client.get(path, headers={"Authorization": "Bearer wrong"})
    assert response.status_code == 401
    assert response.get_json()["error"]["status"] == "UNAUTHENTICATED"
    assert "Bearer" in response.headers["WWW-Authenticate"]


def test_only_editors_write_pages(call: Call, client: FlaskClient, keys: dict[str, str]) -> None:
    assert call("pages", "POST", PAGE, status=401)["error"]["status"] == "UNAUTHENTICATED"
    assert call("pages", "POST", PAGE, key="wrong", status=400)["error"]["status"] == "INVALID_ARGUMENT"
    for role in ("reader", "contributor"):
        assert call("pages", "POST", PAGE, role=role, status=403)["error"]["status"] == "PERMISSION_DENIED"
    made = call("pages", "POST", PAGE, role="editor")
    for method in ("PUT", "DELETE"):
        call(made["name"], method, PAGE if method == "PUT" else None, role="contributor", status=403)
    bearer = {"Authorization": f"Bearer {keys['admin']}"}
    assert client.delete(f"/v1alpha1/{made['name']}", headers=bearer).status_code == 200


def test_a_page_of_markup_lives(newsroom: Newsroom, call: Call) -> None:
    made = call("pages", "POST", {**PAGE, "name": "pages/mine", "versionId": "7"}, role="editor")
    assert re.fullmatch("pages/[0-9a-f]{32}", made["name"])
    assert made == {**PAGE, "name": made["name"], "versionId": "1"}
    assert call(made["name"]) == made
    assert call("pages", url="https://www.checkers.example/crane#x") == {"claimReviewMarkupPages": [made]}
    assert call("pages", url="https://www.checkers.example/other") == {}

    one, two = call("claims:search", reviewPublisherSiteFilter="checkers.example")["claims"]
    assert one["text"].startswith("Le levier")
    assert one["claimReview"][0]["languageCode"] == "fr"
    assert one["claimReview"][0]["url"].endswith("#second")
    assert two == {
        "text": "The jib was inspected twice.",
        "claimant": "Dana Ruiz",
        "claimDate": "2026-05-11T00:00:00Z",
        "claimReview": [
            {
                "publisher": {"name": "Crane Checkers", "site": "checkers.example"},
                "url": PAGE["pageUrl"],
                "reviewDate": "2026-05-21T00:00:00Z",
                "textualRating": "False",
                "languageCode": "en",
            }
        ],
    }
    assert texts(call("claims:search", query="inspected ruiz")) == ["The jib was inspected twice."]
    assert texts(call("claims:search", query="levier", languageCode="fr-CA")) == [one["text"]]

    markups = [{**made["claimReviewMarkups"][0], "claimReviewed": "The jib was never inspected."}]
    changed = call(made["name"], "PUT", {**made, "claimReviewMarkups": markups}, role="editor")
    assert changed["versionId"] == "2"
    assert changed["claimReviewMarkups"] == markups
    assert texts(call("claims:search", query="inspected")) == ["The jib was never inspected."]
    assert call("claims:search", query="levier") == {}
    stale = call(made["name"], "PUT", made, role="editor", status=409)["error"]
    assert stale["status"] == "ABORTED"
    assert call(made["name"], "PUT", changed, role="editor") == changed, "no change, no version"
    assert call(made["name"], "PUT", PAGE, role="editor")["versionId"] == "3"
    assert call(made["name"], "PUT", {**PAGE, "name": "pages/x"}, role="editor", status=400)

    assert call(made["name"], "DELETE", role="editor") == {}
    for method in ("GET", "DELETE", "PUT"):
        call(made["name"], method, PAGE if method == "PUT" else None, role="editor", status=404)
    assert call("pages", url=PAGE["pageUrl"]) == {}
    assert call("claims:search", query="inspected") == {}
    assert call("claims:search", reviewPublisherSiteFilter="checkers.example") == {}
    again = call("pages", "POST", PAGE, role="editor")
    assert again["name"] != made["name"]
    path = f"/v1/markup-pages/{made['name'].removeprefix('pages/')}/history"
    kept = newsroom.get(path)["items"]
    assert [(item["action"], item["by"]) for item in kept] == [
        ("created", "a editor"),
        ("replaced", "a editor"),
        ("replaced", "a editor"),
        ("deleted", "a editor"),
    ]
    assert kept[1]["changes"]["markups"]["after"][0]["claimReviewed"] == "The jib was never inspected."
    assert kept[3]["changes"] == {"status": {"before": "published", "after": "deleted"}}
    newsroom.get(path, role="contributor", status=403)
    newsroom.get("/v1/markup-pages/none/history", status=404)


def test_an_address_has_one_page(call: Call) -> None:
    made = call("pages", "POST", PAGE, role="editor")
    error = call(
        "pages",
        "POST",
        {**PAGE, "claimReviewMarkups": made["claimReviewMarkups"][:1]},
        role="editor",
        status=409,
    )
    assert error["error"]["status"] == "ALREADY_EXISTS"
    assert made["name"] in error["error"]["message"]


def test_the_pages_of_an_organization(call: Call) -> None:
    for i in range(3):
        url = f"https://checkers.example/{i}"
        call(
            "pages",
            "POST",
            {**PAGE, "pageUrl": url, "claimReviewMarkups": PAGE["claimReviewMarkups"][:1]},
            role="editor",
        )
    first = call("pages", organization="checkers.example", pageSize=2)
    assert [page["pageUrl"][-1] for page in first["claimReviewMarkupPages"]] == ["2", "1"]
    meanwhile = {**PAGE, "pageUrl": "https://checkers.example/9", "claimReviewMarkups": [markup()]}
    call("pages", "POST", meanwhile, role="editor")
    rest = call("pages", organization="checkers.example", pageSize=2, pageToken=first["nextPageToken"])
    assert [page["pageUrl"][-1] for page in rest["claimReviewMarkupPages"]] == ["0"]
    assert "nextPageToken" not in rest
    assert call("pages", organization="times.example") == {}
    for given in ({}, {"organization": "x.example", "url": "https://x.example/"}):
        assert call("pages", status=400, **given)["error"]["status"] == "INVALID_ARGUMENT"


def markup(**changes: Any) -> Any:
    return {**PAGE["claimReviewMarkups"][0], **changes}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pageUrl": None}, "pageUrl"),
        ({"pageUrl": "javascript:alert(1)"}, "pageUrl"),
        ({"pageUrl": "https://herald.example@evil.example/"}, "pageUrl"),
        ({"publishDate": "yesterday"}, "publishDate"),
        ({"publishDate": "2026-02-30"}, "publishDate"),
        ({"publishDate": "2026-02-30T10:00:00Z"}, "publishDate"),
        ({"verdict": "False"}, "verdict"),
        ({"claimReviewAuthor": {"name": 7}}, "claimReviewAuthor.name"),
        ({"claimReviewMarkups": []}, "claimReviewMarkups"),
        ({"claimReviewMarkups": [markup(claimReviewed="")]}, "claimReviewMarkups[0].claimReviewed"),
        ({"claimReviewMarkups": [markup(rating={})]}, "claimReviewMarkups[0].rating.textualRating"),
        ({"claimReviewMarkups": [markup(rating=None)]}, "claimReviewMarkups[0].rating"),
        (
            {"claimReviewMarkups": [markup(rating={"ratingValue": 9, "worstRating": 1, "bestRating": 5})]},
            "claimReviewMarkups[0].rating.ratingValue",
        ),
        (
            {"claimReviewMarkups": [markup(rating={"ratingValue": 1.5})]},
            "claimReviewMarkups[0].rating.ratingValue",
        ),
        (
            {"claimReviewMarkups": [markup(rating={"ratingValue": True})]},
            "claimReviewMarkups[0].rating.ratingValue",
        ),
        (
            {"claimReviewMarkups": [markup(), markup(url="https://times.example/")]},
            "claimReviewMarkups[1].url",
        ),
        (
            {"claimReviewMarkups": [markup(claimAppearances=["data:text/html,x"])]},
            "claimReviewMarkups[0].claimAppearances[0]",
        ),
        (
            {"claimReviewMarkups": [markup(claimAuthor={"sameAs": "javascript:x"})]},
            "claimReviewMarkups[0].claimAuthor.sameAs",
        ),
    ],
)
def test_wrong_markup_is_refused_by_field(call: Call, changes: Any, field: str) -> None:
    error = call("pages", "POST", {**PAGE, **changes}, role="editor", status=400)["error"]
    assert error["status"] == "INVALID_ARGUMENT"
    assert field in [violation["field"] for violation in error["details"][0]["fieldViolations"]]
    assert call("pages", organization="checkers.example") == {}


def test_numbers_may_stand_in_quotes_and_null_is_not_set(call: Call) -> None:
    rating = {
        "ratingValue": "3",
        "worstRating": 1.0,
        "textualRating": "Half",
        "imageUrl": "",
        "bestRating": None,
    }
    made = call(
        "pages",
        "POST",
        {**PAGE, "claimReviewMarkups": [markup(rating=rating, claimLocation=None)]},
        role="editor",
    )
    [found] = made["claimReviewMarkups"]
    assert found["rating"] == {"ratingValue": 3, "worstRating": 1, "textualRating": "Half"}
    assert "claimLocation" not in found


def test_a_body_that_is_no_json_is_an_argument_that_is_wrong(
    client: FlaskClient, keys: dict[str, str]
) -> None:
    for body, type_ in ((b"{", "application/json"), (b"{}", "text/plain"), (b'"x"', "application/json")):
        response = client.post(f"/v1alpha1/pages?key={keys['editor']}", data=body, content_type=type_)
        assert response.status_code == 400
        assert response.get_json()["error"]["status"] == "INVALID_ARGUMENT"


def test_a_part_of_the_answer(newsroom: Newsroom, client: FlaskClient, call: Call) -> None:
    newsroom.claim("one", "A crane.")
    review(newsroom, "one")
    answer = call("claims:search", query="crane", fields="claims(text,claimReview/publisher/site)")
    assert answer == {
        "claims": [{"text": "A crane.", "claimReview": [{"publisher": {"site": "herald.example"}}]}]
    }
    path = "/v1alpha1/claims:search?query=crane"
    assert client.get(path).get_data(as_text=True).startswith('{\n  "claims": [\n')
    for given in ("prettyPrint=false&alt=json", "$prettyPrint=0&$alt=json&$.xgafv=2"):
        assert "\n" not in client.get(f"{path}&{given}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("selection", "answer"),
    [
        ("*", {"a": {"b": 1, "c": 2}, "d": [{"b": 3}, {"c": 4}]}),
        ("a", {"a": {"b": 1, "c": 2}}),
        ("a/b", {"a": {"b": 1}}),
        ("a.b,d(c)", {"a": {"b": 1}, "d": [{}, {"c": 4}]}),
        ("*/b", {"a": {"b": 1}, "d": [{"b": 3}, {}]}),
        ("a(b),a/c", {"a": {"b": 1, "c": 2}}),
        ("a,a/c", {"a": {"b": 1, "c": 2}}),
        ("a/b,*/c", {"a": {"b": 1, "c": 2}, "d": [{}, {"c": 4}]}),
        ("d,*/b", {"a": {"b": 1}, "d": [{"b": 3}, {"c": 4}]}),
    ],
)
def test_a_selection(selection: str, answer: Any) -> None:
    whole = {"a": {"b": 1, "c": 2}, "d": [{"b": 3}, {"c": 4}]}
    mask = masks.parse(selection)
    masks.check(mask, masks.parse("a(b,c),d(b,c)"))
    assert masks.select(whole, mask) == answer


@pytest.mark.parametrize(
    "selection",
    [
        "a(",
        "a)",
        "a,",
        "(a)",
        "a//b",
        "a b",
        "1",
        "",
        "(" * 3000,
        "*/" * 20 + "a",
        "a(" * 20 + "b" + ")" * 20,
    ],
)
def test_what_is_no_selection(selection: str) -> None:
    with pytest.raises(Exception, match=r"selection|expected"):
        masks.parse(selection)


def test_a_long_query_comes_as_a_form(newsroom: Newsroom, client: FlaskClient) -> None:
    newsroom.claim("one", "The inspection clears Northgate Cranes.")
    review(newsroom, "one")
    query = "Northgate inspection " + " ".join(f"word{i}" for i in range(3000))
    override = {"X-HTTP-Method-Override": "GET"}
    response = client.post("/v1alpha1/claims:search", data={"query": query}, headers=override)
    assert response.status_code == 200
    assert texts(response.get_json()) == ["The inspection clears Northgate Cranes."]
    assert "ETag" in response.headers
    assert client.post("/v1alpha1/claims:search", data={"query": query}).status_code == 405
    elsewhere = client.post("/v1/claims", data={"q": "x"}, headers=override)
    assert elsewhere.status_code in (401, 415)


def test_a_search_costs_a_fixed_number_of_queries(app: Flask, newsroom: Newsroom, call: Call) -> None:
    counts = []
    seen: list[str] = []
    engine = app.extensions["factcheck.database"].reader
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    for i in range(3):
        newsroom.claim(f"crane-{i}", f"Crane {i} stood still.")
        newsroom.statement(supports=f"crane-{i}", said_on="2026-05-01")
        review(newsroom, f"crane-{i}")
        call(
            "pages",
            "POST",
            {
                **PAGE,
                "pageUrl": f"https://checkers.example/{i}",
                "claimReviewMarkups": [markup(claimReviewed=f"Crane {i}")],
            },
            role="editor",
        )
        seen.clear()
        assert len(texts(call("claims:search", query="crane"))) == 2 * i + 2
        counts.append(len([query for query in seen if query.startswith(("SELECT", "WITH"))]))
    assert counts == [4, 4, 4]


def test_markup_stays_out_of_our_own_search(newsroom: Newsroom, call: Call) -> None:
    call("pages", "POST", PAGE, role="editor")
    assert newsroom.get("/v1/search?q=jib", role="editor")["items"] == []
    made = newsroom.statement("Ada Bell", text="The jib was inspected twice, I saw it.", analysis=True)
    assert made["suggestions"] == []


@pytest.fixture
def google(app: Flask, newsroom: Newsroom) -> Iterator[Callable[[str], Any]]:
    """Return a function that builds Google's own client with a key, against a server on loopback."""
    with serving(app) as address:
        yield lambda key: build(
            "factchecktools",
            "v1alpha1",
            developerKey=key,
            static_discovery=True,
            cache_discovery=False,
            client_options={"api_endpoint": address},
        )


def test_googles_client_pages_through_results(google: Callable[[str], Any], newsroom: Newsroom) -> None:
    for i in range(5):
        newsroom.claim(f"crane-{i}", f"Crane {i} stood still.")
        review(newsroom, f"crane-{i}")
    with google(newsroom.keys["reader"]) as service:
        found = []
        request = service.claims().search(query="crane", pageSize=2, languageCode="en-GB")
        while request is not None:
            answer = request.execute()
            found += texts(answer)
            request = (
                service.claims().search(
                    query="crane", pageSize=2, languageCode="en-GB", pageToken=answer["nextPageToken"]
                )
                if "nextPageToken" in answer
                else None
            )
        assert sorted(found) == [f"Crane {i} stood still." for i in range(5)]
        long = "The crane stood, and the story goes that nobody moved its long arm. " * 50
        assert len(service.claims().search(query=long).execute()["claims"]) == 5
        with pytest.raises(HttpError) as refused:
            service.claims().search().execute()
        assert refused.value.status_code == 400
        assert refused.value.reason == "Give a query, or a reviewPublisherSiteFilter."
        with pytest.raises(HttpError) as refused:
            service.claims().imageSearch(imageUri="https://herald.example/x.png").execute()
        assert refused.value.status_code == 501
    with google("wrong") as service, pytest.raises(HttpError) as refused:
        service.claims().search(query="crane").execute()
    assert refused.value.error_details[0]["reason"] == "API_KEY_INVALID"


def test_googles_client_creates_updates_and_deletes_a_page(
    google: Callable[[str], Any], newsroom: Newsroom
) -> None:
    with google(newsroom.keys["editor"]) as service:
        pages = service.pages()
        made = pages.create(body=PAGE).execute()
        assert pages.get(name=made["name"]).execute() == made
        assert pages.list(url=PAGE["pageUrl"]).execute() == {"claimReviewMarkupPages": [made]}
        made["claimReviewMarkups"].pop()
        changed = pages.update(name=made["name"], body=made).execute()
        assert len(changed["claimReviewMarkups"]) == 1
        with pytest.raises(HttpError) as refused:
            pages.update(name=made["name"], body=made).execute()
        assert refused.value.status_code == 409
        assert pages.list(organization="checkers.example").execute()["claimReviewMarkupPages"] == [changed]
        assert pages.delete(name=made["name"]).execute() == {}
        with pytest.raises(HttpError) as refused:
            pages.get(name=made["name"]).execute()
        assert refused.value.status_code == 404


def test_filters_hold_before_the_best_are_picked_and_paging_has_an_end(
    newsroom: Newsroom, call: Call, keys: dict[str, str]
) -> None:
    newsroom.claim("wanted", "A crane, among many other things that are told at length here.")
    review(newsroom, "wanted", url="https://times.example/1")
    for page in range(6):
        call(
            "pages",
            "POST",
            {
                **PAGE,
                "pageUrl": f"https://checkers.example/{page}",
                "claimReviewMarkups": [markup(claimReviewed=f"Crane {page} {i}") for i in range(200)],
            },
            role="editor",
        )
    assert texts(call("claims:search", query="crane", reviewPublisherSiteFilter="times.example")) == [
        "A crane, among many other things that are told at length here."
    ]
    found: list[str] = []
    given: dict[str, Any] = {"query": "crane", "pageSize": 200, "fields": "claims/text,nextPageToken"}
    answer = call("claims:search", **given)
    while "nextPageToken" in answer:
        found += texts(answer)
        answer = call("claims:search", pageToken=answer["nextPageToken"], **given)
    found += texts(answer)
    assert len(found) == len(set(found)) == 1201
    assert call("claims:search", query="crane", offset=5000) == {}


def test_a_form_may_hold_any_byte_and_come_in_chunks_but_not_without_end(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    newsroom.claim("one", "The café beside the crane.")
    review(newsroom, "one")
    headers = {"X-HTTP-Method-Override": "GET"}

    def post(body: bytes, *, chunked: bool = False) -> Any:
        given: dict[str, Any] = {"data": body, "headers": headers}
        if chunked:
            # As servers hand over a body that comes in chunks.
            given = {
                "input_stream": BytesIO(body),
                "headers": {**headers, "Transfer-Encoding": "chunked"},
                "environ_overrides": {"wsgi.input_terminated": True},
            }
        path, type_ = "/v1alpha1/claims:search", "application/x-www-form-urlencoded"
        return client.post(path, content_type=type_, **given)

    for body in (b"query=crane&languageCode=\xe9", b"query=caf\xe9", b"query=\x00\xff\n"):
        assert post(body).get_json() == {}
    assert texts(post("query=café".encode()).get_json()) == ["The café beside the crane."]
    assert texts(post(b"query=crane", chunked=True).get_json()) == ["The café beside the crane."]
    for chunked in (False, True):
        response = post(b"query=" + b"a" * MAX_BODY, chunked=chunked)
        assert response.status_code == 400
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.get_json()["error"]["message"].startswith("The body is larger than")


def test_a_page_that_is_sent_again_is_made_once(client: FlaskClient, editor: dict[str, str]) -> None:
    headers = {**editor, "Idempotency-Key": "one"}
    first, again = (client.post("/v1alpha1/pages", json=PAGE, headers=headers) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = {**PAGE, "pageUrl": "https://checkers.example/other", "claimReviewMarkups": [markup()]}
    refused = client.post("/v1alpha1/pages", json=other, headers=headers)
    assert refused.status_code == refused.get_json()["error"]["code"] == 400


def test_a_site_is_the_same_however_it_is_written(newsroom: Newsroom, call: Call) -> None:
    newsroom.claim("one", "A crane.")
    review(newsroom, "one", url="https://www.Bücher.example/1")
    newsroom.claim("two", "Another crane.")
    review(newsroom, "two", url="https://xn--bcher-kva.example./2")
    for name in ("bücher.example", "BÜCHER.example.", "xn--bcher-kva.example", "https://www.bücher.example/"):
        found = call("claims:search", reviewPublisherSiteFilter=name)["claims"]
        assert [claim["claimReview"][0]["publisher"]["site"] for claim in found] == [
            "xn--bcher-kva.example",
            "xn--bcher-kva.example",
        ]
    call(
        "pages",
        "POST",
        {**PAGE, "pageUrl": "https://bücher.example./x", "claimReviewMarkups": [markup()]},
        role="editor",
    )
    assert (
        call("pages", organization="bücher.example")
        == call("pages", organization="xn--bcher-kva.example.")
        != {}
    )
    for name in (".", "%", "[", "a..b", "x" * 300, "\x00"):
        assert call("claims:search", reviewPublisherSiteFilter=name) == {}


def test_a_verdict_that_is_only_a_value_shows(call: Call) -> None:
    scales = ({"ratingValue": 3, "worstRating": 1, "bestRating": 5}, {"ratingValue": 0})
    markups = [markup(rating=rating) for rating in scales]
    call("pages", "POST", {**PAGE, "claimReviewMarkups": markups}, role="editor")
    found = call("claims:search", query="jib")["claims"]
    assert sorted(claim["claimReview"][0]["textualRating"] for claim in found) == ["0", "3 of 5"]


def test_a_script_of_another_page_may_ask_first(client: FlaskClient) -> None:
    for path, method in (
        ("claims:search", "GET"),
        ("pages", "POST"),
        ("pages/" + "0" * 32, "PUT"),
        ("pages/" + "0" * 32, "DELETE"),
    ):
        asked = {
            "Origin": "https://herald.example",
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type,if-match,x-http-method-override",
        }
        response = client.options(f"/v1alpha1/{path}", headers=asked)
        assert response.status_code == 200
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert method in response.headers["Access-Control-Allow-Methods"].split(", ")
        allowed = response.headers["Access-Control-Allow-Headers"].lower().split(", ")
        assert set(asked["Access-Control-Request-Headers"].split(",")) <= set(allowed)
    assert "Access-Control-Allow-Methods" not in client.get("/v1alpha1/claims:search?query=x").headers
    assert client.get("/v1alpha1/nothing").headers["Access-Control-Allow-Origin"] == "*"
