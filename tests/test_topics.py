"""Topics: plain words that claims are filed under."""

from typing import Any

import pytest

from factcheck import schema
from newsroom import Newsroom


def slugs(newsroom: Newsroom, topic: str, role: str = "public") -> list[str]:
    found = newsroom.get(f"/v1/claims?topic={topic}", role=role)["items"]
    return [claim["slug"] for claim in found]


def test_topics_are_kept_as_given_and_in_order(newsroom: Newsroom) -> None:
    claim = newsroom.claim("one", topics=["Hafen", "workplace safety", "crâne"])
    assert claim["topics"] == ["Hafen", "workplace safety", "crâne"]
    assert newsroom.get("/v1/claims/one", role="public")["topics"] == claim["topics"]
    assert newsroom.view("one")["claim"]["topics"] == claim["topics"]
    assert newsroom.claim("two")["topics"] == []


def test_claims_are_found_by_topic_in_any_case_and_accents(newsroom: Newsroom) -> None:
    newsroom.claim("one", topics=["Hafen", "Crâne"])
    newsroom.claim("two", topics=["hafen"])
    newsroom.claim("draft", role="contributor", topics=["hafen"])
    assert slugs(newsroom, "HAFEN") == ["two", "one"]
    assert slugs(newsroom, "crane") == ["one"]
    assert slugs(newsroom, "haf") == []
    assert slugs(newsroom, "hafen", "editor") == ["draft", "two", "one"]


def test_a_change_of_topics_moves_the_claim_and_is_kept(newsroom: Newsroom) -> None:
    newsroom.claim("one", topics=["harbour", "cranes"])
    version = newsroom.view("one")["version"]
    change = {"topics": ["Cranes", "courts"], "reason": "It went to court."}
    assert newsroom.change("PATCH", "/v1/claims/one", change)["topics"] == ["Cranes", "courts"]
    assert [slugs(newsroom, topic) for topic in ("harbour", "cranes", "courts")] == [[], ["one"], ["one"]]
    assert newsroom.view("one")["version"] > version
    last = newsroom.get("/v1/claims/one/history", role="public")["items"][-1]
    assert last["changes"] == {"topics": {"before": ["harbour", "cranes"], "after": ["Cranes", "courts"]}}
    # What says nothing of topics leaves them alone; an empty list takes them away.
    newsroom.change("PATCH", "/v1/claims/one", {"kind": "event", "reason": "It is one."})
    assert slugs(newsroom, "courts") == ["one"]
    newsroom.change("PATCH", "/v1/claims/one", {"topics": [], "reason": "Too narrow."})
    assert slugs(newsroom, "courts") == []
    last = newsroom.get("/v1/claims/one/history", role="public")["items"][-1]
    assert last["changes"] == {"topics": {"before": ["Cranes", "courts"], "after": None}}


def test_topics_come_with_a_claim_that_a_statement_creates(newsroom: Newsroom) -> None:
    newsroom.statement(supports={"text": "The crane was sound.", "topics": ["harbour"]})
    assert slugs(newsroom, "harbour") == ["the-crane-was-sound"]
    # A match never changes what stands.
    newsroom.statement("Olaf Meer", supports={"text": "The crane was sound.", "topics": ["cranes"]})
    assert slugs(newsroom, "cranes") == []


@pytest.mark.parametrize(
    ("topics", "pointer"),
    [
        (["a", " "], "#/topics/1"),
        (["a\nb"], "#/topics/0"),
        ([" a"], "#/topics/0"),
        (["Hafen", "hafen"], "#/topics/1"),
        (["x" * 101], "#/topics/0"),
        (["a\x00"], "#/topics/0"),
        ([str(i) for i in range(21)], "#/topics"),
        ("a", "#/topics"),
        ([1], "#/topics/0"),
        (None, "#/topics"),
    ],
)
def test_wrong_topics_are_refused_by_name(newsroom: Newsroom, topics: Any, pointer: str) -> None:
    problem = newsroom.claim("one", topics=topics, code=422)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_claims_from_before_topics_have_none(newsroom: Newsroom, database_url: str) -> None:
    newsroom.claim("one", topics=["harbour"])
    schema.downgrade(database_url, "0005")
    schema.upgrade(database_url)
    assert newsroom.get("/v1/claims/one")["topics"] == []
    assert slugs(newsroom, "harbour") == []
