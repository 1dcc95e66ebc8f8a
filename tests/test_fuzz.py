"""A small part of `make fuzz` in every run, and what makes its figures worth something."""

import json
from random import Random

import pytest

import fuzz
import hostile_json
from newsroom import Newsroom

BODY = {"text": "The crane stood still.", "speaker": {"name": "Ilse Brandt"}, "links": [{"claim": "safe"}]}


@pytest.mark.parametrize("role", ["public", "contributor", "editor"])
def test_generated_calls_never_break_it_and_answers_fit_the_document(seeded: Newsroom, role: str) -> None:
    secret = None if role == "public" else seeded.keys[role]
    phases = ("examples", "fuzzing", "stateful") if role == "editor" else ("fuzzing",)
    tally = fuzz.generated(seeded.client.application, secret, seed=1, examples=3, phases=phases)
    assert tally.failures == []
    paths = seeded.client.get("/openapi.json").get_json()["paths"]
    assert len(tally.operations) == sum(len(item.keys() - {"parameters"}) for item in paths.values())
    assert tally.checks.keys() > {
        "not_a_server_error",
        "response_schema_conformance",
        "negative_data_rejection",
    }


def test_hostile_bodies_are_refused_in_good_order(seeded: Newsroom) -> None:
    tally = fuzz.hostile(seeded.client.application, seeded.keys["editor"], seed=1, cases=150)
    assert tally.failures == []
    assert tally.cases.total() == 150
    assert tally.statuses[400] > 20
    assert tally.statuses[422] > 20


@pytest.mark.parametrize("name", hostile_json.BROKEN)
def test_what_is_called_broken_is_no_json(name: str) -> None:
    body = hostile_json.BROKEN[name](json.dumps(BODY).encode(), Random(1))
    if name == "a key twice":  # Python's own parser takes the last one.
        assert len(body) > len(json.dumps(BODY))
        return
    if name in ("NaN", "Infinity"):  # It takes these too, unless it is told.
        assert name.encode() in body
        return
    if name == "more than is taken":
        assert len(body) > 10 * hostile_json.MEGABYTE
        return
    with pytest.raises((ValueError, RecursionError)):
        json.loads(body.decode())


@pytest.mark.parametrize(
    ("status", "mimetype", "answer", "broken"),
    [
        (500, "application/problem+json", b'{"status": 500, "detail": "x"}', False),
        (200, "application/json", b"{}", True),
        (400, "application/json", b'{"status": 400, "detail": "x"}', True),
        (422, "application/problem+json", b'{"status": 422, "detail": ""}', False),
        (422, "application/problem+json", b'{"status": 422, "detail": "x", "errors": [{}]}', False),
        (200, "application/json", b"{", False),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(
    status: int, mimetype: str, answer: bytes, broken: bool
) -> None:
    assert hostile_json.complain(status, mimetype, answer, broken)


def test_good_answers_are_no_complaint() -> None:
    assert not hostile_json.complain(200, "application/json", b"{}", False)
    problem = b'{"status": 400, "detail": "The body is not JSON."}'
    assert not hostile_json.complain(400, "application/problem+json", problem, True)
