"""Hostile input: what is long, deep or twisted is refused or answered, and keeps nobody waiting."""

import importlib
import json
import pkgutil
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
from marshmallow import Schema, ValidationError
from url_normalize import url_normalize

import factcheck
from factcheck import search
from factcheck.claims import ClaimSchema
from factcheck.entities import EntitySchema
from factcheck.fields import StrictSchema
from factcheck.links import LinkInputSchema, SpanSchema
from factcheck.problems import Problem
from factcheck.sources import SourceSchema
from factcheck.statements import AnchorSchema, StatementSchema
from factcheck.text import _NORMAL, fold, one_line, slug, words
from newsroom import URL, Newsroom

# What patterns are made of, said over and over, and an end that no pattern foresees.
UNITS = (
    "a", "A", "1", "1.", "1,", "-", "a-", " ", "\n", "\r\n", "\t", " \n", "a ", "a.", "a'", "’a", "“", "”", '"',
    "'", "said ", "the ", "Aa ", "A. ", "$1 ", "% ", "(", "[", "[…] ", "https://", "a@", "<", "&", ";", ":", "—",
    "é", "\u0301", "Mr. ", "and ", "x_", "0-", "\u2028", "…", ". . ",
)  # fmt: skip
LENGTH = 3000
# Seconds of the processor. What grows with the square stays far below; what doubles with each character never ends.
BOUND = 2.0


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Give every pattern that a module of ours holds, also in tuples and dictionaries."""
    for module in pkgutil.walk_packages(factcheck.__path__, "factcheck."):
        found = list(vars(importlib.import_module(module.name)).items())
        while found:
            name, value = found.pop()
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                yield f"{module.name}.{name}", value
            elif isinstance(value, tuple | list | dict) and len(value) < 200:
                parts = value.values() if isinstance(value, dict) else value
                found += [(name, part) for part in parts if isinstance(part, re.Pattern | tuple | list)]


def test_no_pattern_blows_up() -> None:
    every = {pattern.pattern: (name, pattern) for name, pattern in patterns()}
    assert len(every) > 20
    for name, pattern in every.values():
        for unit in UNITS:
            text = (unit * LENGTH)[:LENGTH] + "!\x00"
            begun = time.process_time()
            for _ in pattern.finditer(text):
                pass
            pattern.fullmatch(text)
            assert time.process_time() - begun < BOUND, (name, unit)


def test_no_text_keeps_what_reads_it_busy() -> None:
    for unit in UNITS:
        text = (unit * 20_000)[:20_000]
        begun = time.process_time()
        for read in (fold, slug, words, one_line):
            read(text)
        with suppress(Problem):  # Where it holds no word to look for.
            search.parse(text[:500])
        assert time.process_time() - begun < BOUND, unit


@pytest.mark.parametrize(
    "given",
    [
        {"text": "x" * 1_000_000},
        {"links": [{"claim": "a", "stance": "supports"}] * 20_000},
        {"speaker": {"name": "A", "alternate_names": ["n"] * 100_000}},
        {"speaker": {"name": "A", "same_as": ["javascript:alert(1)"]}},
        {"source": {"url": "file:///etc/passwd"}},
        {"source": {"url": "http://a.example/\r\nX-Evil: 1"}},
        {"said_on": "9" * 5000},
        {"anchor": {"type": "TextPositionSelector", "start": 10**30, "end": 10**31}},
        {"said_to": "\x00"},
    ],
)
def test_what_is_too_much_or_no_such_thing_is_refused(newsroom: Newsroom, given: dict[str, Any]) -> None:
    body = {"text": "It fell.", "speaker": {"name": "A"}, "source": {"url": URL}, **given}
    response = newsroom.call("POST", "/v1/statements", body)
    assert response.status_code in (413, 422), response.get_data(as_text=True)
    assert newsroom.get("/v1/statements")["items"] == []


def test_an_address_that_is_taken_for_normal_is_so() -> None:
    random = Random(1)

    def some(letters: str, most: int) -> str:
        return "".join(random.choice(letters) for _ in range(random.randint(1, most)))

    taken = 0
    for _ in range(20_000):
        labels = [some("abyz09-", random.choice((3, 63))) for _ in range(random.randint(1, 3))]
        host = ".".join([*labels, random.choice(("de", "com", "example"))])
        path = "".join(f"/{some('aZ09_~-.%', 5)}" for _ in range(random.randint(0, 3)))
        url = f"{random.choice(('http', 'https'))}://{host}{path}{random.choice(('', '/'))}"
        if _NORMAL.fullmatch(url):
            taken += 1
            assert url_normalize(url) == url
    assert taken > 2_000


BODIES: tuple[Any, ...] = (
    {},
    None,
    [],
    "text",
    {"text": "It fell.", "speaker": {"name": "A"}, "source": {"url": URL}},
    {"text": None, "speaker": None, "source": None, "kind": None, "anchor": None, "links": None},
    {
        "text": "",
        "speaker": {},
        "source": {},
        "kind": "",
        "language": "",
        "anchor": {},
        "links": [{}, None, 1],
    },
    {"name": "A", "slug": "A B", "same_as": ["x"], "id": "1", "z": 1, "a": 2},
    {"url": None, "headline": None, "type": "Book", "author": ["", None], "published_on": "2026-13"},
    {"claim": {"text": "It fell.", "about": [{}]}, "stance": "supports", "span": {"start": 1}},
    {"type": "TextQuoteSelector", "exact": "", "start": "1", "end": -1},
    {"text": "It fell.", "kind": "event", "about": ["a", 1, {"name": ""}], "topics": ["", "a", "A"]},
    {1: 2},
)


@pytest.mark.parametrize(
    "schema",
    [StatementSchema, EntitySchema, SourceSchema, ClaimSchema, LinkInputSchema, AnchorSchema, SpanSchema],
)
@pytest.mark.parametrize("partial", [None, True, ("text", "speaker")])
def test_a_body_is_loaded_as_marshmallow_loads_it(schema: type[StrictSchema], partial: Any) -> None:
    asking_all = type("AskingAll", (schema,), {"_deserialize": Schema._deserialize})

    def loaded(schema: type[Schema], body: Any) -> Any:
        try:
            return list(schema(partial=partial).load(body).items())
        except ValidationError as error:
            return error.messages, error.valid_data

    for body in BODIES:
        assert loaded(schema, body) == loaded(asking_all, body), body


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":' * 50_000,
        b"[" * 500_000 + b"]" * 500_000,
        b'{"text": ' + b"1" * 500_000 + b"}",
        b'{"text": 1e999999}',
        b'{"text": -' + b"0" * 100_000 + b"1}",
        b'{"text": "' + b"\\u0041" * 150_000 + b'"}',
        b'{"text": "a", "text": "b"}',
        b'\xef\xbb\xbf{"text": "a"}',
        b'{"text": "\xc0\xaf"}',
        b'"' + b"\\" * 500_001,
    ],
)
def test_bodies_made_to_hurt_are_refused_at_once(newsroom: Newsroom, data: bytes) -> None:
    begun = time.process_time()
    response = newsroom.client.post(
        "/v1/statements", data=data, content_type="application/json", headers=newsroom.headers("editor")
    )
    assert response.status_code in (400, 413, 422), response.get_data()
    assert time.process_time() - begun < BOUND
    assert len(response.get_data()) < 5000
    assert json.loads(response.get_data())["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/claims/..%2f..%2fetc%2fpasswd",
        "/static/..%2f..%2fauth.py",
        "/static/%2e%2e/auth.py",
        "/docs/..%2f..%2f..%2fsecret",
        "/exports/..%2fx.csv",
        "/claims/a%0d%0aX-Evil:%201",
        "/claims/a%0d%0aX-Evil:%201.jsonld",
        "/oembed?url=http://evil.example/claims/a",
        "/oembed?url=http://127.0.0.1:8000@evil.example/claims/a",
        "/oembed?url=//evil.example/claims/a",
        "//evil.example/claims/a",
        "/claims//evil.example",
    ],
)
def test_addresses_lead_nowhere_else_and_into_no_file(newsroom: Newsroom, path: str) -> None:
    response = newsroom.call("GET", path, role="public")
    assert response.status_code in (308, 400, 404), response.status_code
    where = urlsplit(response.headers.get("Location", ""))
    assert where.hostname in (None, "localhost")
    assert "X-Evil" not in response.headers
