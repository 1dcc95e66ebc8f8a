"""The OpenAPI document is valid, complete, and what the service really does."""

import re
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import validate
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from newsroom import Newsroom

# What a schema cannot say is no failure: that a claim must exist, that a span must fit its text.
# The key is set by the test itself, which `ignored_auth` takes for one that was made up.
EXCLUDED = [positive_data_acceptance, negative_data_rejection, ignored_auth]


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


def test_the_docs_page_is_served_from_here(newsroom: Newsroom) -> None:
    page = newsroom.client.get("/docs/").get_data(as_text=True)
    assert "swagger-ui" in page
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page)


@pytest.mark.parametrize("role", ["public", "contributor", "editor"])
def test_generated_calls_never_break_it_and_answers_fit_the_document(seeded: Newsroom, role: str) -> None:
    """Random valid and invalid calls: no 5xx, every answer as documented, wrong bodies refused."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", seeded.client.application)
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def call(case: Any) -> None:
            response = case.call(headers=seeded.headers(role))
            case.validate_response(response, excluded_checks=EXCLUDED)

        call()
