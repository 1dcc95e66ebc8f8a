"""The seed dossier: what the article quotes, word for word, and what follows from it."""

import json

from flask import Flask

from factcheck import seeding
from newsroom import Newsroom

SOURCE = (
    "https://www.newsweek.com/investigation-alec-baldwin-rust-shooting-nearing-end-police-"
    "halyna-hutchins-new-mexico-1733222"
)
QUOTED = {
    "Luke Nikas": 4,
    "Gloria Allred": 4,
    "Jason Bowles": 3,
    "James Kenney": 1,
    "Adan Mendoza": 2,
    "Santa Fe County Sheriff's Office": 2,
    "a deputy of the Santa Fe County Sheriff's Office": 3,
    "Alec Baldwin": 3,
    "Mamie Mitchell": 1,
}


def statements(newsroom: Newsroom) -> list[dict]:
    return newsroom.get("/v1/statements?limit=200", role="public")["items"]


def test_every_quotation_is_there_with_its_speaker_and_source(seeded: Newsroom) -> None:
    found = statements(seeded)
    assert {name: sum(s["speaker"]["name"] == name for s in found) for name in QUOTED} == QUOTED
    assert len(found) == sum(QUOTED.values())
    assert {s["source"]["canonical_url"] for s in found} == {SOURCE}
    assert {s["source"]["publisher"] for s in found} == {"Newsweek"}
    assert {s["said_on"] for s in found} == {None}, "the article gives no dates, and none is made up"
    told = {(s["speaker"]["name"], s["said_to"]) for s in found}
    assert {
        ("Adan Mendoza", "NPR"), ("Jason Bowles", "Deadline"), ("Gloria Allred", "Newsweek"),
        ("Gloria Allred", "statement"), ("Luke Nikas", "statement"),
    } <= told  # fmt: skip
    represented = {(s["speaker"]["name"], (s["on_behalf_of"] or {}).get("name")) for s in found}
    assert {
        ("Luke Nikas", "Alec Baldwin"), ("Gloria Allred", "Mamie Mitchell"),
        ("Jason Bowles", "Hannah Gutierrez Reed"),
    } <= represented  # fmt: skip
    [denial] = [s for s in found if s["text"] == "he did not pull the trigger"]
    assert (denial["kind"], denial["speaker"]["name"]) == ("indirect", "Alec Baldwin")


def test_loading_it_twice_changes_nothing(seeded: Newsroom, app: Flask) -> None:
    paths = ["/v1/statements", "/v1/claims", "/v1/entities", "/v1/sources", "/v1/contradictions"]
    before = [seeded.call("GET", f"{path}?limit=200").data for path in paths]
    seeding.load(app.extensions["factcheck.database"], 50)
    assert [seeded.call("GET", f"{path}?limit=200").data for path in paths] == before


def test_who_contradicts_whom(seeded: Newsroom) -> None:
    flags = {
        (f["kind"], *sorted(s["speaker"]["name"] for s in f["statements"]))
        for f in seeded.contradictions(role="public")
    }
    assert flags == {
        ("opposite_stance", "Gloria Allred", "Luke Nikas"),
        ("exoneration_vs_responsibility", "Gloria Allred", "Luke Nikas"),
        ("exoneration_vs_responsibility", "Luke Nikas", "Mamie Mitchell"),
        ("opposite_stance", "Alec Baldwin", "Gloria Allred"),
    }
    for name in ("adan-mendoza", "deputy-santa-fe-county", "santa-fe-county-sheriffs-office"):
        assert seeded.contradictions(speaker=name) == []


def test_it_holds_no_verdicts(seeded: Newsroom) -> None:
    assert seeded.get("/v1/reviews")["items"] == []
    assert "reviews" not in json.loads(seeding.SEED.read_text())
