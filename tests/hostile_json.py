"""Bodies that are not what they say: sent raw to every operation that takes JSON.

Some are no JSON (cut off, nested without end, a key said twice, bytes that are no UTF-8), some are JSON
that no program expects (numbers of a thousand digits, half a surrogate pair, a megabyte in one string).
Each starts from the example of its operation, so that it gets as deep into the service as it can.
"""

import copy
import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

MEGABYTE = 1024 * 1024

# Values for which JSON has a way of writing: in place of any value of an example.
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**20, -(10**300), 2**63, 1e308, -0.0, 5e-324, "", " ", "\t\n", [], {},
    [[]], [None], {"": None}, {"$ref": "#"}, {"__proto__": {}}, "\x00", "a\x00b", "\ud800", "a\udfffb",
    "\ufeff", "\uffff", "\U0010ffff", "\u202eabc", "e\u0301" * 50, "0" * 5000, "true", "null", "NaN", "'; DROP TABLE claim; --",
    "%00", "../../etc/passwd", "{{ 7 * 7 }}", "http://[::1", "https://a.example/" + "a" * 3000, "-1", "1e999",
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "9999-99-99", "0000",
    "10000-01-01", "2026-02-30", "2026-05-11T25:61:61Z", ["a"] * 2000, {str(n): n for n in range(500)},
)  # fmt: skip


def _cut(body: bytes, chance: Random) -> bytes:
    return body[: chance.randrange(len(body))]


def _with(part: bytes) -> Callable[[bytes, Random], bytes]:
    """Return a change that puts these bytes somewhere in the body."""

    def put(body: bytes, chance: Random) -> bytes:
        at = chance.randrange(len(body) + 1)
        return body[:at] + part + body[at:]

    return put


def _in_place_of_a_value(text: bytes) -> Callable[[bytes, Random], bytes]:
    """Return a change that writes this in place of a value, where JSON has no way of writing it."""

    def put(body: bytes, chance: Random) -> bytes:
        marked = replaced(json.loads(body), "\x1amark", chance)
        return json.dumps(marked).encode().replace(b'"\\u001amark"', text)

    return put


def _key_twice(body: bytes, chance: Random) -> bytes:
    key = chance.choice(list(json.loads(body)))
    return b"{" + json.dumps(key).encode() + b": 1," + body.strip()[1:]


# Name, and what it does to the body of an example. None of these is JSON as RFC 8259 has it.
BROKEN: dict[str, Callable[[bytes, Random], bytes]] = {
    "cut off": _cut,
    "empty": lambda body, chance: b"",
    "byte order mark": lambda body, chance: b"\xef\xbb\xbf" + body,
    "UTF-16": lambda body, chance: body.decode().encode("utf-16"),
    "UTF-32": lambda body, chance: body.decode().encode("utf-32-le"),
    "two bodies": lambda body, chance: body + body,
    "a key twice": _key_twice,
    "a comment": lambda body, chance: b"/* */" + body,
    "a trailing comma": lambda body, chance: body.strip()[:-1] + b",}",
    "single quotes": lambda body, chance: body.replace(b'"', b"'"),
    "not UTF-8": lambda body, chance: body[:-1] + b', "\xff\xfe": 1}',
    "overlong UTF-8": lambda body, chance: body[:-1] + b', "\xc0\xaf": 1}',
    "a surrogate in UTF-8": lambda body, chance: body[:-1] + b', "\xed\xa0\x80": 1}',
    "a bare NUL": lambda body, chance: body + b"\x00",
    "lists without end": lambda body, chance: b"[" * 100_000,
    "objects without end": lambda body, chance: b'{"a":' * 100_000,
    "nested and closed": lambda body, chance: b'{"text":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "NaN": _in_place_of_a_value(b"NaN"),
    "Infinity": _in_place_of_a_value(b"-Infinity"),
    "a number of 10,000 digits": _in_place_of_a_value(b"9" * 10_000),
    "a leading zero": _in_place_of_a_value(b"007"),
    "hexadecimal": _in_place_of_a_value(b"0xff"),
    "a raw line feed": _in_place_of_a_value(b'"a\nb"'),
    "half an escape": _in_place_of_a_value(b'"\\u12"'),
    "more than is taken": lambda body, chance: b'{"text": "' + b"a" * (11 * MEGABYTE) + b'"}',
}
# JSON, if no sensible one: what stands here may be refused for what it says only.
ODD: dict[str, Callable[[bytes, Random], bytes]] = {
    "too large a number": _in_place_of_a_value(b"1e999"),
    "a small number": _in_place_of_a_value(b"1e-999"),
    "half a surrogate pair": _in_place_of_a_value(b'"\\ud83d"'),
    "NUL, escaped": _in_place_of_a_value(b'"\\u0000"'),
    "a megabyte in one string": _in_place_of_a_value(b'"' + b"a" * (MEGABYTE - 20_000) + b'"'),
    "a megabyte of blanks": lambda body, chance: b" " * (MEGABYTE - 20_000) + body,
    "nested a hundred deep": _in_place_of_a_value(b"[" * 100 + b"]" * 100),
    "not an object": lambda body, chance: json.dumps(chance.choice(_VALUES)).encode(),
    **{f"junk {junk!r}": _with(junk) for junk in (b"\x00", b"\xff", b'"', b"}", b"\\", b"\xf0\x9f", b"\r\n")},
}
_HUGE = ("more than is taken", "a megabyte in one string", "a megabyte of blanks")


def replaced(value: Any, other: Any, chance: Random) -> Any:
    """Return a copy of an example in which one value, whole or within, is the other one."""
    changed = copy.deepcopy(value)
    places = list(_places(changed))
    holder, key = chance.choice(places)
    holder[key] = other
    return changed


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


def body(example: dict[str, Any], chance: Random) -> tuple[str, bytes, bool]:
    """Return what is wrong with a body, the body, and whether it is no JSON at all."""
    plain = json.dumps(example).encode()
    draw = chance.random()
    if draw < 0.5:
        value = chance.choice(_VALUES)
        return f"{value!r:.40} in it", json.dumps(replaced(example, value, chance)).encode(), False
    if draw < 0.55:
        extra = chance.choice(("id", "status", "created_by", "__class__", "", "text ", "\u0442ext"))
        return f"the key {extra!r}", json.dumps({**example, extra: chance.choice(_VALUES)}).encode(), False
    kinds = BROKEN if draw < 0.85 else ODD
    name = chance.choice(list(kinds))
    if name in _HUGE and chance.random() < 0.8:
        name = next(iter(kinds))
    return name, kinds[name](plain, chance), kinds is BROKEN


@dataclass(frozen=True)
class Sent:
    """A body that was sent, how it was answered, and what is wrong with that, if anything."""

    operation: str
    status: int
    complaint: str
    curl: str


def send(app: Flask, secret: str | None, seed: int, cases: int) -> Iterator[Sent]:
    """Send as many bodies with this key, each to an operation and an address drawn by the seed."""
    chance = Random(seed)
    client = app.test_client()
    key = {"Authorization": f"Bearer {secret}"} if secret else {}
    paths = client.get("/openapi.json").get_json()["paths"]
    taking = [
        (method.upper(), path, operation["requestBody"]["content"]["application/json"]["example"])
        for path, operations in paths.items()
        for method, operation in operations.items()
        if "requestBody" in operation
    ]
    known = addresses(client, key)
    for _ in range(cases):
        method, path, example = chance.choice(taking)
        address = chance.choice(known[path]) if path in known else path
        wrong, raw, broken = body(example, chance)
        headers = {**key, "Content-Type": "application/json"}
        if method != "POST":
            headers["If-Match"] = client.get(address, headers=key).headers.get("ETag", '"none"')
        response = client.open(address, method=method, data=raw, headers=headers)
        complaint = complain(response.status_code, response.mimetype, response.get_data(), broken)
        told = complaint and f"{method} {path}, {wrong}: {complaint}"
        yield Sent(
            f"{method} {path}", response.status_code, told, told and _curl(method, address, headers, raw)
        )


def addresses(client: FlaskClient, key: dict[str, str]) -> dict[str, list[str]]:
    """Return for each path with parameters the addresses that it stands for, and one that leads nowhere."""

    def items(address: str) -> list[Any]:
        found: list[Any] = client.get(address, headers=key).get_json()["items"]
        return found

    def under(collection: str, *parts: str) -> dict[str, list[str]]:
        ids = [*(item["id"] for item in items(f"/v1/{collection}?limit=50")), "none"]
        return {
            f"/v1/{collection}/{{key}}{part}": [f"/v1/{collection}/{id_}{part}" for id_ in ids]
            for part in ("", *parts)
        }

    claims = [item["slug"] for item in items("/v1/claims?limit=50")]
    statements = [item["id"] for item in items("/v1/statements?limit=50")]
    linked = [
        (id_, link["claim"]["slug"])
        for id_ in statements
        for link in client.get(f"/v1/statements/{id_}", headers=key).get_json()["links"]
    ]
    related = [(slug, found["id"]) for slug in claims for found in items(f"/v1/claims/{slug}/relations")]
    related.append((claims[0], "none"))
    return {
        **under("statements"),
        **under("claims", "/merge", "/relations"),
        **under("entities", "/merge"),
        **under("sources", "/snapshot"),
        **under("reviews"),
        **under("contradictions", "/decision"),
        "/v1/statements/{key}/links/{claim_key}": [f"/v1/statements/{s}/links/{c}" for s, c in linked],
        "/v1/claims/{key}/relations/{relation_key}": [f"/v1/claims/{c}/relations/{r}" for c, r in related],
    }


def complain(status: int, mimetype: str, answer: bytes, broken: bool) -> str:
    """Say what is wrong with an answer to a hostile body; nothing, if all is well."""
    if status >= 500:
        return f"it was answered {status}"
    if broken and status < 400:
        return f"it is no JSON, and was answered {status}"
    try:
        said = json.loads(answer.decode())
    except ValueError:
        return f"the answer {status} is no JSON"
    if status < 400:
        return ""
    if mimetype != "application/problem+json" or said.get("status") != status or not said.get("detail"):
        return f"the answer {status} is no problem+json"
    if any(not error.get("detail") for error in said.get("errors", ())):
        return "an error has no sentence"
    return ""


def _curl(method: str, address: str, headers: dict[str, str], raw: bytes) -> str:
    """Return a line that sends it again; of a large body the start only, with its length."""
    named = " ".join(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items())
    data = "".join(chr(b) if 32 <= b < 127 and chr(b) not in "'\\%" else f"\\x{b:02x}" for b in raw[:2000])
    more = f"  # the first 2,000 of {len(raw):,} bytes" if len(raw) > 2000 else ""
    return f"printf '{data}' | curl -X {method} {named} --data-binary @- http://127.0.0.1:8000{address}{more}"
