"""The OpenAPI document is valid, complete, and what the service really does."""

import re
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import validate

from factcheck import create_app
from factcheck.api import claims
from factcheck.config import Settings
from newsroom import Newsroom


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    return app.test_client().get("/openapi.json").get_json()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    ]


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_operation_is_named_and_every_body_has_an_example(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names) == 56
    for method, path, operation in operations(document):
        assert operation["summary"], path
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]["application/json"]["example"], f"{method} {path}"


def test_the_examples_work(newsroom: Newsroom, document: dict[str, Any]) -> None:
    """Each example is accepted by the operation that it stands at, in the order of a newsroom's day."""
    examples = {
        operation["operationId"]: operation["requestBody"]["content"]["application/json"]["example"]
        for _, _, operation in operations(document)
        if "requestBody" in operation
    }
    statement = newsroom.post("/v1/statements", examples["createStatement"])
    slug = statement["links"][0]["claim"]["slug"]
    path = f"/v1/statements/{statement['id']}"
    newsroom.change("PUT", f"{path}/links/{slug}", examples["putLink"])
    newsroom.change("PATCH", path, examples["updateStatement"])
    newsroom.post("/v1/entities", examples["createEntity"], status=409)
    newsroom.post("/v1/entities", {**examples["createEntity"], "slug": "another"})
    newsroom.change("PATCH", "/v1/entities/another", examples["updateEntity"])
    newsroom.post("/v1/entities/another/merge", examples["mergeEntity"], status=200)
    newsroom.post("/v1/sources", examples["createSource"], status=409)
    newsroom.change("PATCH", f"/v1/sources/{statement['source']['id']}", examples["updateSource"])
    newsroom.change("PUT", f"/v1/sources/{statement['source']['id']}/snapshot", examples["putSnapshot"])
    newsroom.post("/v1/claims", examples["createClaim"], status=409)
    newsroom.claim("twin")
    newsroom.post("/v1/claims/twin/merge", examples["mergeClaim"], status=200)
    relation = newsroom.post(f"/v1/claims/{slug}/relations", examples["createRelation"])
    newsroom.change("DELETE", f"/v1/claims/{slug}/relations/{relation['id']}", examples["removeRelation"])
    review = newsroom.post("/v1/reviews", examples["createReview"])
    newsroom.change("PATCH", f"/v1/reviews/{review['id']}", examples["updateReview"])
    newsroom.change("DELETE", f"/v1/reviews/{review['id']}", examples["withdrawReview"])
    opposing = newsroom.statement("Dana", disputes=slug)
    flag = opposing["contradictions"][0]["id"]
    newsroom.post(f"/v1/contradictions/{flag}/decision", examples["decideContradiction"], status=200)
    newsroom.change("DELETE", f"{path}/links/{slug}", examples["rejectLink"])
    newsroom.change("DELETE", path, examples["retractStatement"])
    newsroom.change("PATCH", f"/v1/claims/{slug}", examples["updateClaim"])
    newsroom.change("DELETE", f"/v1/claims/{slug}", examples["withdrawClaim"])
    newsroom.post("/v1/extract", examples["extractQuotations"], status=200)
    key = newsroom.post("/v1/keys", examples["createKey"], role="admin")
    newsroom.post(f"/v1/keys/{key['id']}/rotate", examples["rotateKey"], role="admin", status=200)
    newsroom.post(f"/v1/keys/{key['id']}/revoke", examples["revokeKey"], role="admin", status=200)


def test_an_answer_leads_to_what_can_be_done_with_it(newsroom: Newsroom, document: dict[str, Any]) -> None:
    """The links of a new statement lead to addresses that stand, and carry the ETag of what they change."""
    newsroom.claim("safe")
    newsroom.statement("Dana", disputes="safe")
    answer = newsroom.call("POST", "/v1/statements", newsroom_statement("safe"))
    by_name = {o["operationId"]: (method.upper(), path) for method, path, o in operations(document)}
    links = document["paths"]["/v1/statements"]["post"]["responses"]["201"]["links"]
    assert {"readStatement", "updateStatement", "readLink", "readView", "readContradiction"} <= links.keys()
    for name, link in links.items():
        method, path = by_name[link["operationId"]]
        assert link["operationId"] == name
        values = {to: value_of(source, answer) for to, source in link["parameters"].items()}
        address = path.format(**{to: value for to, value in values.items() if to != "If-Match"})
        if "If-Match" in values:
            assert newsroom.call("GET", address).headers["ETag"] == values["If-Match"]
        elif method == "GET" and name != "readSnapshot":
            newsroom.get(address)


def newsroom_statement(slug: str) -> dict[str, Any]:
    return {
        "text": "The crane was safe.",
        "speaker": {"name": "Ilse Brandt"},
        "source": {"url": "https://herald.example/2026/05/crane"},
        "links": [{"claim": slug, "stance": "supports"}],
    }


def value_of(source: str, answer: Any) -> str:
    """Return what a runtime expression of OpenAPI stands for in an answer."""
    if source.startswith("$response.header."):
        return str(answer.headers[source.removeprefix("$response.header.")])
    value = answer.get_json()
    for part in source.removeprefix("$response.body#/").split("/"):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return str(value)


def test_every_link_fits_the_operation_that_it_leads_to(document: dict[str, Any]) -> None:
    parameters = {
        operation["operationId"]: {
            parameter["name"]
            for parameter in (
                *document["paths"][path].get("parameters", ()),
                *operation.get("parameters", ()),
            )
        }
        for _, path, operation in operations(document)
    }
    links = [
        link
        for _, _, operation in operations(document)
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) > 90
    for link in links:
        assert link["parameters"].keys() <= parameters[link["operationId"]]


def test_the_docs_page_is_served_from_here(newsroom: Newsroom) -> None:
    page = newsroom.client.get("/docs/").get_data(as_text=True)
    assert "swagger-ui" in page
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page)


def test_a_document_that_could_not_be_put_together_is_whole_the_next_time(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = create_app(settings).test_client().get("/openapi.json").data
    app = create_app(settings)
    describe, failing = claims.blp.register_views_in_doc, [True]

    def fail_once(*args: Any, **kwargs: Any) -> None:
        if failing:
            failing.clear()
            raise RuntimeError("a fault put in")
        describe(*args, **kwargs)

    monkeypatch.setattr(claims.blp, "register_views_in_doc", fail_once)
    assert app.test_client().get("/openapi.json").status_code == 500
    assert app.test_client().get("/openapi.json").data == whole
    assert app.test_client().get("/openapi.json").data == whole
