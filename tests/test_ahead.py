"""The words of a post are read before its write begins: nobody waits for that, and nothing is missed by it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from factcheck.analysis import Comparison, Hearing, Proposition, Stance, Utterance
from factcheck.analysis.hearing import Judgements
from newsroom import Newsroom
from plain_engine import PlainEngine

CRACKED = "The jib had cracked on Monday, and everybody knew it before the storm."
DENIED = "That jib never cracked."


class Interrupted(PlainEngine):
    """While it reads the first time, something happens elsewhere."""

    def __init__(self, meanwhile: Callable[[], Any]) -> None:
        super().__init__()
        self._meanwhile: list[Callable[[], Any]] = [meanwhile]

    def judge(
        self, statement: Utterance, claims: Sequence[Proposition], others: Sequence[Utterance]
    ) -> tuple[list[Stance], list[Comparison]]:
        judged = super().judge(statement, claims, others)
        with ThreadPoolExecutor(1) as elsewhere:
            while self._meanwhile:
                elsewhere.submit(self._meanwhile.pop()).result()
        return judged


class Listening(Interrupted):
    """Notes what it hears of in each hearing: the claims to be expected, and when it judges."""

    def __init__(self, meanwhile: Callable[[], Any]) -> None:
        super().__init__(meanwhile)
        self.heard: list[list[str]] = []

    def hearing(self, statement: Utterance) -> AbstractContextManager[Hearing]:
        heard: list[str] = []
        self.heard.append(heard)

        class Noted(Hearing):
            def expect(self, claims: Sequence[Proposition]) -> None:
                heard.extend(claim.text for claim in claims)

        def judge(claims: Sequence[Proposition], others: Sequence[Utterance]) -> Judgements:
            heard.append("judged")
            return self.judge(statement, claims, others)

        return nullcontext(Noted(judge))


@pytest.fixture
def room(newsroom: Newsroom) -> Newsroom:
    newsroom.claim("the-jib-cracked", "The jib of the crane cracked before the storm.", about=["Northgate"])
    return newsroom


@pytest.fixture
def meanwhile(app: Flask, room: Newsroom) -> Callable[[Callable[[Newsroom], Any]], PlainEngine]:
    """Say what another client does while the next post is read."""

    def install(does: Callable[[Newsroom], Any]) -> PlainEngine:
        other = replace(room, client=app.test_client())
        app.extensions["factcheck.engine"] = engine = Interrupted(lambda: does(other))
        return engine

    return install


def opposing(posted: Any) -> list[str]:
    return [
        one["text"]
        for flag in posted["contradictions"]
        for one in flag["statements"]
        if one["id"] != posted["id"]
    ]


def test_others_write_while_a_model_reads_and_are_not_missed(room: Newsroom, meanwhile: Any) -> None:
    """Without either, the two would never have been held against each other."""
    meanwhile(lambda other: other.statement("Ben", DENIED, analysis=False))
    posted = room.statement("Ann", CRACKED)
    assert opposing(posted) == [DENIED]
    assert [one["claim"]["slug"] for one in posted["suggestions"]] == ["the-jib-cracked"]


def test_an_engine_hears_of_likely_claims_before_it_judges_them(room: Newsroom, app: Flask) -> None:
    """But not when it judges what others wrote meanwhile: hardly anything is new then."""
    other = replace(room, client=app.test_client())
    engine = Listening(lambda: other.statement("Ben", DENIED, analysis=False))
    app.extensions["factcheck.engine"] = engine
    room.statement("Ann", CRACKED)
    first, second = engine.heard
    assert first[-1] == second[-1] == "judged"
    assert set(first[:-1]) == {"The jib of the crane cracked before the storm."}
    assert second == ["judged"]


def test_words_that_are_corrected_meanwhile_are_read_anew(room: Newsroom, meanwhile: Any) -> None:
    earlier = room.statement("Ben", "The jib cracked early, as everybody knows.", analysis=False)
    body = {"text": DENIED, "reason": "Misheard."}
    meanwhile(lambda other: other.change("PATCH", f"/v1/statements/{earlier['id']}", body))
    assert opposing(room.statement("Ann", CRACKED)) == [DENIED]


def test_what_is_gone_meanwhile_is_not_suggested(room: Newsroom, meanwhile: Any) -> None:
    earlier = room.statement("Ben", DENIED, analysis=False)

    def withdraw(other: Newsroom) -> None:
        other.retract(earlier)
        other.change("DELETE", "/v1/claims/the-jib-cracked", {"reason": "Mistaken."})

    meanwhile(withdraw)
    posted = room.statement("Ann", CRACKED)
    assert (posted["suggestions"], posted["contradictions"]) == ([], [])


def test_nothing_is_judged_twice(room: Newsroom, meanwhile: Any) -> None:
    room.statement("Ben", DENIED, analysis=False)
    engine = meanwhile(lambda other: other.statement("Cor", "The jib stood for years.", analysis=False))
    room.statement("Ann", CRACKED)
    assert (engine.held, engine.compared) == (1, 2)
    engine = meanwhile(lambda other: other.get("/v1/statements"))
    room.statement("Dan", f"{CRACKED} So it was.")
    assert (engine.held, engine.compared) == (1, 3), "nothing was written, so nothing is gathered again"


def test_a_check_reads_like_a_post(room: Newsroom, meanwhile: Any) -> None:
    meanwhile(lambda other: other.statement("Ben", DENIED, analysis=False))
    body = {"text": CRACKED, "speaker": {"name": "Ann"}, "source": {"url": room.url}}
    checked = room.post("/v1/check", body, status=200)
    assert [one["text"] for flag in checked["contradictions"] for one in flag["statements"]] == [
        DENIED,
        CRACKED,
    ]


def test_a_correction_is_read_before_its_write_begins(room: Newsroom, meanwhile: Any) -> None:
    posted = room.statement("Ann", "The jib stood for years.", analysis=False)
    meanwhile(lambda other: other.statement("Ben", DENIED, analysis=False))
    body = {"text": CRACKED, "reason": "Misheard.", "analysis": True}
    corrected = room.change("PATCH", f"/v1/statements/{posted['id']}", body)
    assert opposing(corrected) == [DENIED]
    assert [one["claim"]["slug"] for one in corrected["suggestions"]] == ["the-jib-cracked"]


def test_a_correction_is_judged_once_and_as_it_will_stand(room: Newsroom, meanwhile: Any) -> None:
    room.statement("Ben", DENIED, analysis=False)
    posted = room.statement("Ann", "The jib stood for years.", analysis=False)
    engine = meanwhile(lambda other: other.get("/v1/statements"))
    body = {
        "text": CRACKED,
        "speaker": {"name": "Dora Quist"},
        "speaker_role": "crane driver",
        "on_behalf_of": {"name": "Northgate", "type": "Organization"},
        "said_on": "2026-05",
        "source": {"url": "https://herald.example/corrected"},
        "reason": "Misheard.",
        "analysis": True,
    }
    corrected = room.change("PATCH", f"/v1/statements/{posted['id']}", body)
    assert (engine.held, engine.compared) == (1, 1), "what was read ahead is what the write needs"
    assert opposing(corrected) == [DENIED]
    # Without the client; the words are held against all again, and nothing in the write is judged anew.
    body = {"on_behalf_of": None, "reason": "For herself."}
    room.change("PATCH", f"/v1/statements/{posted['id']}", body)
    assert (engine.held, engine.compared) == (2, 2)


def test_a_correction_that_is_refused_or_needs_no_reading_is_not_read(room: Newsroom, app: Flask) -> None:
    posted = room.statement("Ann", CRACKED, analysis=False)
    app.extensions["factcheck.engine"] = engine = PlainEngine()
    address, body = f"/v1/statements/{posted['id']}", {"text": DENIED, "reason": "No.", "analysis": True}
    for role, path, headers, status in (
        ("editor", address, {}, 428),
        ("contributor", address, {"If_Match": '"any"'}, 412),
        ("editor", "/v1/statements/no-id", {"If_Match": '"any"'}, 404),
    ):
        assert room.call("PATCH", path, body, role=role, **headers).status_code == status
    room.change("PATCH", address, {"said_to": "Pier Radio", "reason": "It was."})
    assert engine.held == 0


def test_what_will_not_be_stored_is_not_read(room: Newsroom, app: Flask) -> None:
    app.extensions["factcheck.engine"] = engine = PlainEngine()
    body = {"text": CRACKED, "speaker": {"name": "Ann"}, "source": {"url": room.url}}
    first = room.post("/v1/statements", body, Idempotency_Key="one")
    read = engine.held
    assert room.post("/v1/statements", body, Idempotency_Key="one") == first
    room.post("/v1/statements", body, status=409)
    room.post("/v1/statements", body, role="reader", status=403)
    room.post("/v1/statements", {**body, "text": ""}, status=422)
    room.post("/v1/statements", {**body, "text": f"{CRACKED} Yes."}, role="public", status=401)
    assert engine.held == read == 1
