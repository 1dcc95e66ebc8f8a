"""What is flagged, why, and what becomes of it."""

from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from factcheck import consequences
from factcheck.api import contradictions
from factcheck.claims import Claim
from factcheck.contradictions import Contradiction
from factcheck.graph import Stance
from factcheck.links import Link, LinkStatus, StatementStatus
from newsroom import Newsroom


def flagged(newsroom: Newsroom, **filters: str) -> set[tuple[str, str, str]]:
    """Return (kind, first speaker, second speaker) of the flags that hold."""
    return {
        (item["kind"], *(s["speaker"]["name"] for s in item["statements"]))
        for item in newsroom.contradictions(**filters)
        if item["status"] != "resolved"
    }


def test_opposite_stances_on_one_claim(newsroom: Newsroom) -> None:
    newsroom.claim("cleared", "The inspection clears Northgate.", about=["Northgate"])
    newsroom.statement("Ilse", supports="cleared", speaker_role="attorney")
    answer = newsroom.statement("Dana", disputes="cleared")
    assert answer["opposing_total"] == 1
    [flag] = answer["contradictions"]
    assert flag["kind"] == "opposite_stance"
    assert flag["certainty"] == "asserted"
    assert flag["status"] == "open"
    assert flag["subject"]["name"] == "Northgate"
    assert [part.get("value") or part.get("slug") or part["type"] for part in flag["path"]] == [
        "statement", "supports", "cleared", "disputes", "statement",
    ]  # fmt: skip
    assert flag["explanation"] == (
        "Ilse (attorney) supports the claim “The inspection clears Northgate”, which Dana disputes."
    )
    assert newsroom.get(f"/v1/contradictions/{flag['id']}", role="public")["id"] == flag["id"]


def test_the_earlier_statement_comes_first(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    newsroom.statement("Late", supports="cleared", said_on="2026-05-11")
    newsroom.statement("Early", disputes="cleared", said_on="2026-05")
    assert flagged(newsroom) == {("opposite_stance", "Early", "Late")}


def test_evidence_is_the_marked_words_or_the_whole_statement(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    newsroom.statement("A", text="They cleared it.", links=[
        {"claim": "cleared", "stance": "supports", "span": {"text": "cleared"}, "rationale": "It says so."}
    ])  # fmt: skip
    [flag] = newsroom.statement("B", text="No!", disputes="cleared")["contradictions"]
    assert [e["span"]["text"] for e in flag["evidence"]] == ["cleared", "No!"]
    assert [e["marked"] for e in flag["evidence"]] == [True, False]
    assert flag["evidence"][0]["rationale"] == "It says so."


def test_a_counter_claim_that_an_editor_drew(newsroom: Newsroom) -> None:
    newsroom.claim("six-died", "Six died.", kind="figure")
    newsroom.claim("seven-died", "Seven died.", kind="figure")
    newsroom.statement("A", supports="six-died")
    newsroom.statement("B", supports="seven-died")
    assert flagged(newsroom) == set()
    newsroom.relate("six-died", "contradicts", "seven-died")
    assert flagged(newsroom) == {("counter_claim", "A", "B")}
    [flag] = newsroom.contradictions()
    assert (
        flag["explanation"]
        == "A supports “Six died”; B supports “Seven died”: the two claims contradict each other."
    )


def test_exoneration_against_responsibility_needs_no_relation(newsroom: Newsroom) -> None:
    newsroom.claim("cleared", kind="exoneration", about=["Northgate", "The inspectors"])
    newsroom.claim("to-blame", kind="responsibility", about=["Northgate", "The port"])
    newsroom.claim("inspectors-to-blame", kind="responsibility", about=["The inspectors"])
    newsroom.statement("A", supports="cleared")
    newsroom.statement("B", supports="to-blame")
    newsroom.statement("C", supports="inspectors-to-blame")
    assert flagged(newsroom) == {("exoneration_vs_responsibility", "A", "B")}
    [flag] = newsroom.contradictions(subject="northgate")
    assert flag["explanation"].endswith("one clears Northgate, the other holds Northgate responsible.")


def test_to_dispute_an_exoneration_is_not_to_contradict_another_dispute(newsroom: Newsroom) -> None:
    newsroom.claim("cleared", kind="exoneration", about=["Northgate"])
    newsroom.claim("to-blame", kind="responsibility", about=["Northgate"])
    newsroom.statement("A", disputes="cleared")
    newsroom.statement("B", supports="to-blame")
    newsroom.statement("C", disputes="to-blame")
    assert flagged(newsroom) == {("opposite_stance", "B", "C")}


def test_implication_chains_and_cycles_do_no_harm(newsroom: Newsroom) -> None:
    for slug in ("in-the-plan", "knew-before", "knew", "not-told"):
        newsroom.claim(slug)
    newsroom.relate("in-the-plan", "implies", "knew-before")
    newsroom.relate("knew-before", "implies", "knew")
    newsroom.relate("knew", "implies", "in-the-plan")  # A cycle, as editors can draw by mistake.
    newsroom.relate("knew", "contradicts", "not-told")
    newsroom.statement("A", supports="in-the-plan")
    newsroom.statement("B", disputes="knew")
    newsroom.statement("C", supports="not-told")
    assert flagged(newsroom) == {
        ("opposite_stance", "A", "B"),
        ("counter_claim", "A", "C"),
    }
    flag = next(f for f in newsroom.contradictions() if f["kind"] == "opposite_stance")
    relations = [part["value"] for part in flag["path"] if part["type"] == "relation"]
    assert relations == ["implies", "implies"]
    assert flag["score"] == pytest.approx(0.95**2, abs=1e-3)


def test_a_path_follows_four_implications_and_no_more(newsroom: Newsroom) -> None:
    for number in range(6):
        newsroom.claim(f"c{number}")
    for number in range(5):
        newsroom.relate(f"c{number}", "implies", f"c{number + 1}")
    newsroom.statement("Ann", supports="c0")
    newsroom.statement("Five away", disputes="c5")
    assert newsroom.contradictions() == []
    newsroom.statement("Four away", disputes="c4")
    [flag] = newsroom.contradictions()
    assert {said["speaker"]["name"] for said in flag["statements"]} == {"Ann", "Four away"}


def test_what_follows_from_two_claims_goes_before_what_an_editor_drew(newsroom: Newsroom) -> None:
    newsroom.claim("cleared", kind="exoneration", about=["Northgate"])
    newsroom.claim("to-blame", kind="responsibility", about=["Northgate"])
    newsroom.relate("cleared", "contradicts", "to-blame")
    newsroom.statement("A", supports="cleared")
    newsroom.statement("B", supports="to-blame")
    assert flagged(newsroom) == {("exoneration_vs_responsibility", "A", "B")}


def test_of_two_ways_of_one_length_the_one_over_the_older_claim_is_told(newsroom: Newsroom) -> None:
    """Whichever relation was drawn first: what is shown depends on what is stored, not on its order."""
    slugs = ("start", "older", "younger", "end")
    claims = {slug: newsroom.claim(slug) for slug in slugs}
    for middle in ("younger", "older"):
        newsroom.relate("start", "implies", middle)
        newsroom.relate(middle, "implies", "end")
    newsroom.statement("A", supports="start")
    newsroom.statement("B", disputes="end")
    [flag] = newsroom.contradictions()
    on_path = [part["slug"] for part in flag["path"] if part["type"] == "claim"]
    assert claims["older"]["id"] < claims["younger"]["id"]
    assert on_path == ["start", "older", "end"]


def test_implication_runs_one_way(newsroom: Newsroom) -> None:
    newsroom.claim("all-safe")
    newsroom.claim("crane-safe")
    newsroom.relate("all-safe", "implies", "crane-safe")
    newsroom.statement("A", disputes="all-safe")
    newsroom.statement("B", supports="crane-safe")
    assert flagged(newsroom) == set()
    newsroom.statement("C", supports="all-safe")
    newsroom.statement("D", disputes="crane-safe")
    assert flagged(newsroom) == {
        ("opposite_stance", "A", "C"),
        ("opposite_stance", "B", "D"),
        ("opposite_stance", "C", "D"),
    }


def test_the_same_side_and_no_claim_are_never_flagged(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    newsroom.claim("also-cleared")
    newsroom.relate("cleared", "equivalent", "also-cleared")
    newsroom.statement("A", supports="cleared")
    newsroom.statement("B", supports="also-cleared")
    newsroom.statement("Sheriff")
    assert flagged(newsroom) == set()


def test_two_people_can_contradict_each_other_twice(newsroom: Newsroom) -> None:
    newsroom.claim("cleared", kind="exoneration", about=["Northgate"])
    newsroom.claim("to-blame", kind="responsibility", about=["Northgate"])
    newsroom.statement("A", supports="cleared")
    answer = newsroom.statement("B", disputes="cleared", supports="to-blame")
    assert len(answer["contradictions"]) == 2
    assert answer["opposing_total"] == 1
    [pair] = newsroom.view("cleared")["contradictions"]["items"]
    assert {reason["kind"] for reason in pair["reasons"]} == {
        "opposite_stance",
        "exoneration_vs_responsibility",
    }


def test_who_contradicts_himself_comes_first(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    newsroom.statement("A", supports="cleared", said_on="2020")
    for _ in range(3):
        newsroom.statement("B", supports="cleared", said_on="2026")
    answer = newsroom.statement("A", disputes="cleared", said_on="2026")
    assert [flag["same_speaker"] for flag in answer["contradictions"]] == [True, False, False, False]
    assert newsroom.contradictions()[0]["same_speaker"] is True
    assert "the same speaker" in newsroom.contradictions()[0]["explanation"]


def test_the_strongest_come_first_and_are_kept(newsroom: Newsroom, app: Flask) -> None:
    newsroom.claim("cleared", kind="exoneration", about=["Northgate"])
    newsroom.claim("blamed", kind="responsibility", about=["Northgate"])
    for slug in ("near", "far", "against"):
        newsroom.claim(slug)
    newsroom.relate("cleared", "implies", "near")
    newsroom.relate("near", "implies", "far")
    newsroom.relate("cleared", "contradicts", "against")
    for speaker in ("Self", "Guessed"):
        draft = newsroom.statement(speaker, role="contributor", disputes="cleared")
        newsroom.change("PATCH", f"/v1/statements/{draft['id']}", {"status": "published"})
    # What is weaker was said and stored later: neither must bring it forward.
    newsroom.statement("Direct", disputes="cleared", said_on="2021")
    newsroom.statement("Counter", supports="against", said_on="2022")
    newsroom.statement("Implied", disputes="far", said_on="2023")
    newsroom.statement("Blaming", supports="blamed", said_on="2024")
    answer = newsroom.statement("Self", supports="cleared", said_on="2025")
    found = [
        (flag["statements"][0]["speaker"]["name"], flag["certainty"], flag["score"])
        for flag in answer["contradictions"]
    ]
    assert found == [
        ("Self", "suggested", 1.0),
        ("Direct", "asserted", 1.0),
        ("Counter", "asserted", 0.95),
        ("Implied", "asserted", 0.9025),
        ("Blaming", "asserted", 0.9),
        ("Guessed", "suggested", 1.0),
    ]
    assert answer["opposing_total"] == len(found)
    assert [flag["id"] for flag in newsroom.contradictions()] == [
        flag["id"] for flag in answer["contradictions"]
    ]
    object.__setattr__(app.extensions["factcheck.settings"], "max_flags", 3)
    answer = newsroom.statement("Other", supports="cleared", said_on="2025")
    kept = [flag["statements"][0]["speaker"]["name"] for flag in answer["contradictions"]]
    assert kept == ["Direct", "Counter", "Implied"]
    assert answer["opposing_total"] == len(found)


def test_suggested_links_make_suggested_flags_that_readers_never_see(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    newsroom.statement("A", supports="cleared")
    draft = newsroom.statement("B", role="contributor", disputes="cleared")
    newsroom.change("PATCH", f"/v1/statements/{draft['id']}", {"status": "published"})
    [flag] = newsroom.contradictions()
    assert (flag["certainty"], flag["status"]) == ("suggested", "open")
    assert (
        "B appears to dispute" in flag["explanation"] or "which B appears to dispute" in flag["explanation"]
    )
    assert newsroom.contradictions(role="public") == []
    newsroom.get(f"/v1/contradictions/{flag['id']}", role="public", status=404)
    assert newsroom.view("cleared")["contradictions"] == {"open": 0, "confirmed": 0, "items": []}
    newsroom.post(
        f"/v1/contradictions/{flag['id']}/decision", {"status": "confirmed", "reason": "Clear."}, status=200
    )
    [shown] = newsroom.contradictions(role="public")
    assert shown["status"] == "confirmed"
    assert shown["decision"]["by"] is None, "who decided is for the newsroom"


def test_flags_with_drafts_are_for_editors(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    newsroom.statement("A", supports="cleared")
    body = {"text": "It fell.", "speaker": {"name": "B"}, "source": {"url": newsroom.url}, "status": "draft"}
    links = [{"claim": "cleared", "stance": "disputes"}]
    answer = newsroom.post("/v1/statements", {**body, "links": links})
    assert len(answer["contradictions"]) == 1
    assert newsroom.contradictions(role="public") == []
    assert newsroom.view("cleared")["disputes"]["count"] == 0
    newsroom.change("PATCH", f"/v1/statements/{answer['id']}", {"status": "published"})
    assert len(newsroom.contradictions(role="public")) == 1


def decide(newsroom: Newsroom, flag: dict, decision: str, **kwargs: object) -> dict:
    body = {"status": decision, "reason": "We looked."}
    return newsroom.post(f"/v1/contradictions/{flag['id']}/decision", body, **{"status": 200, **kwargs})


def test_a_relation_to_a_draft_claim_is_for_editors(newsroom: Newsroom) -> None:
    newsroom.claim("public")
    newsroom.claim("draft", status="draft")
    newsroom.statement("A", supports="public")
    newsroom.statement("B", supports="draft")
    newsroom.relate("public", "contradicts", "draft")
    assert flagged(newsroom) == {("counter_claim", "A", "B")}
    assert newsroom.contradictions(role="public") == []
    newsroom.change("PATCH", "/v1/claims/draft", {"status": "published"})
    assert len(newsroom.contradictions(role="public")) == 1


def test_a_dismissed_flag_is_not_raised_again_by_the_same_facts(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    newsroom.statement("A", supports="cleared")
    newsroom.statement("B", disputes="cleared")
    [flag] = newsroom.contradictions(role="public")
    decided = decide(newsroom, flag, "dismissed")
    assert decided["decision"]["by"] == "a editor"
    assert decided["decision"]["reason"] == "We looked."
    assert newsroom.contradictions(role="public") == []
    newsroom.get(f"/v1/contradictions/{flag['id']}", role="public", status=404)
    link = f"/v1/statements/{flag['statements'][0]['id']}/links/cleared"
    newsroom.change("DELETE", link, {"reason": "Not so sure."})
    assert newsroom.get(f"/v1/contradictions/{flag['id']}")["status"] == "resolved"
    newsroom.change("PUT", link, {"stance": "supports"})
    assert newsroom.get(f"/v1/contradictions/{flag['id']}")["status"] == "dismissed"
    items = newsroom.get(f"/v1/contradictions/{flag['id']}/history")["items"]
    assert [item["action"] for item in items] == ["created", "decided", "resolved", "raised again"]
    assert "subject" not in items[0]["changes"], "the claim is about nobody"


def test_corrected_words_put_a_decided_flag_before_an_editor_again(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    statement = newsroom.statement("A", supports="cleared")
    newsroom.statement("B", disputes="cleared")
    [flag] = newsroom.contradictions()
    decide(newsroom, flag, "dismissed")
    path = f"/v1/statements/{statement['id']}"
    newsroom.change("PATCH", path, {"text": "It stood still.", "reason": "As recorded."})
    assert newsroom.contradictions()[0]["status"] == "open"
    assert newsroom.contradictions()[0]["decision"]["status"] == "dismissed"
    assert newsroom.contradictions(role="public")[0]["decision"] is None, (
        "what was dismissed is not for readers"
    )
    newsroom.change("PATCH", path, {"text": statement["text"], "reason": "It was right."})
    assert newsroom.contradictions()[0]["status"] == "dismissed"


def test_a_corrected_claim_puts_a_decided_flag_before_an_editor_again(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    newsroom.statement("A", supports="cleared")
    newsroom.statement("B", disputes="cleared")
    [flag] = newsroom.contradictions()
    decide(newsroom, flag, "dismissed")
    newsroom.change("PATCH", "/v1/claims/cleared", {"text": "It is another matter.", "reason": "Clearer."})
    assert [each["status"] for each in newsroom.contradictions()] == ["open"]


def test_sides_that_were_exchanged_are_another_fact(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    said = [newsroom.statement("A", supports="cleared"), newsroom.statement("B", disputes="cleared")]
    [flag] = newsroom.contradictions()
    decide(newsroom, flag, "dismissed")
    for statement, stance in zip(said, ("disputes", "supports"), strict=True):
        newsroom.change("PUT", f"/v1/statements/{statement['id']}/links/cleared", {"stance": stance})
    assert [(each["id"], each["status"]) for each in newsroom.contradictions()] == [(flag["id"], "open")]


def test_decisions_can_be_taken_back_and_need_a_reason(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    newsroom.statement("A", supports="cleared")
    newsroom.statement("B", disputes="cleared")
    [flag] = newsroom.contradictions()
    assert decide(newsroom, flag, "confirmed")["status"] == "confirmed"
    assert newsroom.view("cleared")["contradictions"]["confirmed"] == 1
    assert decide(newsroom, flag, "open")["status"] == "open"
    newsroom.post(f"/v1/contradictions/{flag['id']}/decision", {"status": "confirmed"}, status=422)
    newsroom.post(
        f"/v1/contradictions/{flag['id']}/decision", {"status": "resolved", "reason": "x"}, status=422
    )
    decide(newsroom, flag, "confirmed", role="contributor", status=403)


@pytest.mark.parametrize(
    ("undo", "reason"),
    [
        ("retract", "The statement of A was retracted."),
        ("reject", "The link from the statement of A to “It is so: cleared.” was rejected."),
        ("unrelate", "The relation between “It is so: failed.” and “It is so: cleared.” was removed."),
        ("turn", "The statement of A now disputes “It is so: cleared.”."),
        ("withdraw", "The claim “It is so: cleared.” was withdrawn."),
    ],
)
def test_flags_follow_the_facts(newsroom: Newsroom, undo: str, reason: str) -> None:
    newsroom.claim("cleared")
    newsroom.claim("failed")
    relation = newsroom.relate("cleared", "contradicts", "failed")
    statement = newsroom.statement("A", supports="cleared")
    newsroom.statement("B", supports="failed")
    [flag] = newsroom.contradictions(role="public")
    if undo == "retract":
        newsroom.retract(statement)
    elif undo == "reject":
        newsroom.change("DELETE", f"/v1/statements/{statement['id']}/links/cleared", {"reason": "r"})
    elif undo == "turn":
        newsroom.change("PUT", f"/v1/statements/{statement['id']}/links/cleared", {"stance": "disputes"})
    elif undo == "unrelate":
        newsroom.change("DELETE", f"/v1/claims/cleared/relations/{relation['id']}", {"reason": "r"})
    else:
        newsroom.change("DELETE", "/v1/claims/cleared", {"reason": "r"})
    resolved = newsroom.get(f"/v1/contradictions/{flag['id']}")
    assert (resolved["status"], resolved["resolution"]) == ("resolved", reason)
    assert newsroom.contradictions(role="public") == []
    newsroom.get(f"/v1/contradictions/{flag['id']}", role="public", status=410)
    decide(newsroom, flag, "confirmed", status=409)


@pytest.mark.parametrize("first", ["supports", "disputes"])
@pytest.mark.parametrize(
    ("undo", "reason"),
    [
        ("near", "The relation between “It is so: {0}.” and “It is so: {1}.” was removed."),
        ("far", "The relation between “It is so: {1}.” and “It is so: {2}.” was removed."),
        ("turned", "The relation between “It is so: {1}.” and “It is so: {2}.” was removed."),
        ("withdrawn", "The claim “It is so: middle.” was withdrawn."),
    ],
)
def test_what_broke_a_chain_is_named(newsroom: Newsroom, first: str, undo: str, reason: str) -> None:
    """Whichever of the two was stored later, and so owns the flag and begins its path."""
    for slug in ("special", "middle", "general"):
        newsroom.claim(slug)
    drawn = [newsroom.relate(*pair) for pair in
             (("special", "implies", "middle"), ("middle", "implies", "general"))]  # fmt: skip
    said = {"supports": "special", "disputes": "general"}
    for stance in (first, *(said.keys() - {first})):
        newsroom.statement(stance, **{stance: said[stance]})
    [flag] = newsroom.contradictions()
    path = ["special", "middle", "general"]
    if first == "supports":  # Then the later one disputes, and its path runs backwards.
        path.reverse()
        drawn.reverse()
    relations = "/v1/claims/middle/relations"
    if undo == "withdrawn":
        newsroom.change("DELETE", "/v1/claims/middle", {"reason": "r"})
    else:
        gone = drawn[0] if undo == "near" else drawn[1]
        newsroom.change("DELETE", f"{relations}/{gone['id']}", {"reason": "r"})
        if undo == "turned":  # What stands between the two now is no way for a path.
            newsroom.relate(path[1], "contradicts", path[2])
    resolved = newsroom.get(f"/v1/contradictions/{flag['id']}")
    assert (resolved["status"], resolved["resolution"]) == ("resolved", reason.format(*path))


def test_a_flag_for_which_there_is_no_room_any_more_says_so(newsroom: Newsroom, app: Flask) -> None:
    object.__setattr__(app.extensions["factcheck.settings"], "max_flags", 1)
    newsroom.claim("one")
    newsroom.statement("A", disputes="one", said_on="2021")
    older = newsroom.statement("B", disputes="one", said_on="2020")
    newsroom.statement("C", supports="one")
    [flag] = newsroom.contradictions()
    assert {s["speaker"]["name"] for s in flag["statements"]} == {"A", "C"}
    newsroom.change("PATCH", f"/v1/statements/{older['id']}", {"said_on": "2022", "reason": "r"})
    [stronger] = newsroom.contradictions(status="open")
    assert {s["speaker"]["name"] for s in stronger["statements"]} == {"B", "C"}
    resolved = newsroom.get(f"/v1/contradictions/{flag['id']}")
    assert resolved["resolution"] == "Stronger contradictions of the same statement took its place."


UNSURE = pytest.mark.parametrize(("status", "link"), [("draft", "confirmed"), ("published", "suggested")])


@UNSURE
def test_what_is_not_sure_takes_no_place_from_what_the_speaker_said(
    newsroom: Newsroom, app: Flask, status: str, link: str
) -> None:
    object.__setattr__(app.extensions["factcheck.settings"], "max_flags", 1)
    newsroom.claim("one")
    sure = newsroom.statement("Ilse", disputes="one", said_on="2020")
    unsure = {"claim": "one", "stance": "disputes", "status": link}
    newsroom.statement("Ilse", links=[unsure], said_on="2024", status=status)
    newsroom.statement("Dana", disputes="one", said_on="2023")
    [flag] = newsroom.statement("Ilse", supports="one", said_on="2025")["contradictions"]
    assert sure["id"] in {statement["id"] for statement in flag["statements"]}


@UNSURE
def test_what_is_not_sure_takes_no_place_from_what_others_said(
    newsroom: Newsroom, app: Flask, status: str, link: str
) -> None:
    object.__setattr__(app.extensions["factcheck.settings"], "max_flags", 1)
    newsroom.claim("one")
    sure = newsroom.statement("Ilse", disputes="one", said_on="2020")
    unsure = {"claim": "one", "stance": "disputes", "status": link}
    newsroom.statement("Dana", links=[unsure], said_on="2024", status=status)
    [flag] = newsroom.statement("Eve", supports="one", said_on="2025")["contradictions"]
    assert sure["id"] in {statement["id"] for statement in flag["statements"]}


def test_flags_follow_the_kind_and_subject_of_a_claim(newsroom: Newsroom) -> None:
    newsroom.claim("cleared", kind="exoneration", about=["Northgate"])
    newsroom.claim("to-blame", kind="responsibility", about=["The port"])
    newsroom.statement("A", supports="cleared")
    newsroom.statement("B", supports="to-blame")
    assert flagged(newsroom) == set()
    change = {"about": [{"name": "Northgate"}], "reason": "It is about the company."}
    newsroom.change("PATCH", "/v1/claims/to-blame", change)
    assert flagged(newsroom) == {("exoneration_vs_responsibility", "A", "B")}
    [flag] = newsroom.contradictions()
    for claim, change, back in (
        ("cleared", {"kind": "other"}, {"kind": "exoneration"}),
        ("cleared", {"kind": "responsibility"}, {"kind": "exoneration"}),
        ("to-blame", {"about": []}, {"about": [{"name": "Northgate"}]}),
        ("to-blame", {"about": [{"name": "The port"}]}, {"about": [{"name": "Northgate"}]}),
    ):
        newsroom.change("PATCH", f"/v1/claims/{claim}", {**change, "reason": "r"})
        assert flagged(newsroom) == set()
        gone = newsroom.get(f"/v1/contradictions/{flag['id']}")["resolution"]
        said = "“It is so: to-blame.” and “It is so: cleared.”"
        assert gone == f"{said} no longer clear and blame the same entity."
        newsroom.change("PATCH", f"/v1/claims/{claim}", {**back, "reason": "r"})
        assert [each["id"] for each in newsroom.contradictions(status="open")] == [flag["id"]]


def test_merged_entities_and_claims_bring_their_flags(newsroom: Newsroom) -> None:
    newsroom.claim("cleared", kind="exoneration", about=["Northgate"])
    newsroom.claim("to-blame", kind="responsibility", about=["Northgate Cranes"])
    newsroom.claim("blameless", "It is cleared.")
    newsroom.statement("A", supports="cleared")
    newsroom.statement("A. Prime", supports="to-blame")
    newsroom.statement("C", disputes="blameless")
    assert flagged(newsroom) == set()
    newsroom.post(
        "/v1/entities/northgate-cranes/merge", {"into": "northgate", "reason": "One firm."}, status=200
    )
    assert flagged(newsroom) == {("exoneration_vs_responsibility", "A", "A. Prime")}
    newsroom.post("/v1/entities/a-prime/merge", {"into": "a", "reason": "One person."}, status=200)
    assert flagged(newsroom) == {("exoneration_vs_responsibility", "A", "A")}
    newsroom.post("/v1/claims/blameless/merge", {"into": "cleared", "reason": "The same."}, status=200)
    assert ("opposite_stance", "A", "C") in flagged(newsroom)
    gone = newsroom.get("/v1/claims/blameless", role="public", status=410)
    assert gone["merged_into"] == "cleared"
    assert newsroom.get("/v1/entities/a-prime", role="public", status=410)["merged_into"] == "a"
    assert newsroom.statement("A. Prime")["speaker"]["slug"] == "a"


def test_filters(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom.claim("cleared", about=["Northgate"])
    newsroom.claim("other", about=["The port"])
    newsroom.statement("A", supports="cleared")
    newsroom.statement("B", disputes="cleared")
    newsroom.statement("C", supports="other")
    newsroom.statement("D", disputes="other")
    flag = next(f for f in newsroom.contradictions() if f["subject"]["name"] == "Northgate")
    decide(newsroom, flag, "confirmed")
    only = {("opposite_stance", "A", "B")}
    assert flagged(newsroom, claim="cleared") == only
    assert flagged(newsroom, speaker="b") == only
    assert flagged(newsroom, subject="northgate") == only
    assert flagged(newsroom, status="confirmed") == only
    assert len(flagged(newsroom, kind="opposite_stance")) == 2
    assert flagged(newsroom, kind="counter_claim") == set()
    assert flagged(newsroom, certainty="suggested") == set()
    assert len(flagged(newsroom, since="2020-01-01T00:00:00Z")) == 2
    assert flagged(newsroom, since="2999-01-01T00:00:00Z") == set()
    monkeypatch.setattr(contradictions, "FEW", 1)  # Now they are more than few.
    assert len(flagged(newsroom, since="0001-01-01T00:00:00Z")) == 2
    decide(newsroom, flag, "dismissed")
    assert flagged(newsroom, status="dismissed") == only
    assert newsroom.contradictions(role="public", status="dismissed") == []
    newsroom.get("/v1/contradictions?since=2020-01-01", status=422)
    newsroom.get("/v1/contradictions?since=0001-01-01T00:00:00%2B14:00", status=422)


def test_explanations_read_as_english(newsroom: Newsroom) -> None:
    newsroom.claim("cleared", "The report clears Ann.", kind="exoneration", about=["Ann"])
    newsroom.claim("signed", "The report was signed.")
    newsroom.claim("to-blame", "Ann is to blame.", kind="responsibility", about=["Ann"])
    newsroom.claim("confessed", "Ann confessed.")
    newsroom.relate("signed", "implies", "cleared")
    newsroom.relate("confessed", "equivalent", "to-blame")
    newsroom.statement("X", supports="signed")
    newsroom.statement("Y", supports="confessed")
    newsroom.statement("Z", disputes="cleared")
    said = {
        tuple(s["speaker"]["name"] for s in f["statements"]): f["explanation"]
        for f in newsroom.contradictions()
    }
    assert said == {
        ("X", "Y"): "X supports “The report was signed”, which implies “The report clears Ann”; Y supports "
        "“Ann confessed”, which says the same as “Ann is to blame”: “The report clears Ann” clears Ann, "
        "“Ann is to blame” holds Ann responsible.",
        (
            "X",
            "Z",
        ): "X supports “The report was signed”, which implies “The report clears Ann”, which Z disputes.",
    }
    late = newsroom.statement("W", supports="signed")
    assert late["contradictions"][0]["explanation"] in (
        "Y supports “Ann confessed”, which says the same as “Ann is to blame”; W supports “The report was signed”, "
        "which implies “The report clears Ann”: “The report clears Ann” clears Ann, “Ann is to blame” holds Ann "
        "responsible.",
        "Z disputes “The report clears Ann”, which follows from “The report was signed”, which W supports.",
    )


def test_drafts_never_take_a_contradiction_from_readers(newsroom: Newsroom) -> None:
    for slug in ("a", "b", "c", "d"):
        newsroom.claim(slug)
    newsroom.relate("a", "implies", "b")
    newsroom.relate("b", "implies", "c")
    newsroom.relate("c", "contradicts", "d")
    newsroom.statement("X", supports="a")
    answer = newsroom.statement("Y", supports="d")
    before = newsroom.contradictions(role="public")
    etag = newsroom.call("GET", "/v1/claims/a/view", role="public").headers["ETag"]
    newsroom.claim("shortcut", status="draft")
    newsroom.relate("a", "implies", "shortcut")
    newsroom.relate("shortcut", "contradicts", "d")
    assert newsroom.contradictions(role="public") == before
    assert newsroom.call("GET", "/v1/claims/a/view", role="public").headers["ETag"] == etag
    assert newsroom.get(f"/v1/statements/{answer['id']}", role="public")["opposing_total"] == 1


def test_drafts_do_not_count_for_readers(newsroom: Newsroom) -> None:
    newsroom.claim("a")
    newsroom.claim("z")
    newsroom.claim("between", status="draft")
    newsroom.relate("a", "implies", "between")
    newsroom.relate("between", "implies", "z")
    statement = newsroom.statement("X", supports="a")
    newsroom.statement("Y", disputes="z")
    assert statement["opposing_total"] == 0
    path = f"/v1/statements/{statement['id']}"
    assert newsroom.get(path)["opposing_total"] == 1
    assert newsroom.get(path, role="public")["opposing_total"] == 0
    on_draft = newsroom.statement("W", supports="between")
    assert newsroom.get(f"/v1/statements/{on_draft['id']}", role="public")["opposing_total"] == 0


def test_who_opposes_in_a_draft_or_by_a_guess_does_not_count_for_readers(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    newsroom.claim("fine")
    newsroom.relate("cleared", "equivalent", "fine")
    said = newsroom.statement("A", supports="cleared")
    newsroom.statement("B", disputes=["cleared", "fine"])
    newsroom.statement("C", role="contributor", disputes="cleared")
    suggested = newsroom.statement("D", role="contributor", disputes="cleared")
    newsroom.change("PATCH", f"/v1/statements/{suggested['id']}", {"status": "published"})
    newsroom.statement("E", status="draft", disputes="cleared")
    path = f"/v1/statements/{said['id']}"
    counted = {
        role: newsroom.get(path, role=role)["opposing_total"] for role in ("public", "reader", "editor")
    }
    assert counted == {"public": 1, "reader": 1, "editor": 4}
    # Nor does what a guess of the statement itself would oppose.
    shown = newsroom.get(f"/v1/statements/{suggested['id']}", role="public")
    assert (shown["opposing_total"], shown["contradictions"], shown["links"]) == (0, [], [])


def test_a_contributor_never_reads_a_colleagues_draft_through_a_flag(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    newsroom.statement("A", text="A secret draft.", supports="cleared", role="colleague")
    assert newsroom.statement("B", disputes="cleared", role="contributor")["contradictions"] == []
    newsroom.statement("C", supports="cleared")
    [flag] = newsroom.statement("D", disputes="cleared", role="contributor")["contradictions"]
    assert flag["statements"][0]["speaker"]["name"] == "C"


def test_the_subject_does_not_depend_on_who_spoke_first(newsroom: Newsroom) -> None:
    newsroom.claim("of-ann", about=["Ann"])
    newsroom.claim("of-bob", about=["Bob"])
    newsroom.relate("of-ann", "implies", "of-bob")
    first = newsroom.statement("X", supports="of-ann")
    subjects = [newsroom.statement("Y", disputes="of-bob")["contradictions"][0]["subject"]["name"]]
    newsroom.retract(first)
    subjects.append(newsroom.statement("Z", supports="of-ann")["contradictions"][0]["subject"]["name"])
    assert subjects == ["Bob", "Bob"]


def test_another_speaker_is_another_fact(newsroom: Newsroom) -> None:
    newsroom.claim("cleared")
    newsroom.statement("A", supports="cleared")
    answer = newsroom.statement("B", disputes="cleared")
    decide(newsroom, answer["contradictions"][0], "dismissed")
    change = {"speaker": {"name": "A"}, "reason": "It was A."}
    [flag] = newsroom.change("PATCH", f"/v1/statements/{answer['id']}", change)["contradictions"]
    assert (flag["same_speaker"], flag["status"]) == (True, "open")
    recomputed = newsroom.get(f"/v1/contradictions/{flag['id']}/history")["items"][-1]
    assert recomputed["changes"]["same_speaker"] == {"before": False, "after": True}


def test_of_many_the_strongest_are_kept(newsroom: Newsroom, app: Flask) -> None:
    """Links are read from bounded ranges of an index; what is kept is what a sort of all would keep."""
    chance = Random(6)
    for slug in ("one", "two"):
        newsroom.claim(slug)
    newsroom.relate("one", "contradicts", "two")
    for _ in range(60):
        link = {
            "claim": chance.choice(("one", "one", "two")),
            "stance": chance.choice(("supports", "disputes")),
            "status": chance.choice(("confirmed", "suggested", "rejected")),
        }
        posted = newsroom.statement(
            chance.choice("ABC"),
            links=[{**link, "status": "confirmed"} if link["status"] == "rejected" else link],
            status=chance.choice(("published", "draft")),
            said_on=chance.choice(("2020", "2021", None)),
        )
        if link["status"] == "rejected":
            path = f"/v1/statements/{posted['id']}/links/{link['claim']}"
            newsroom.change("DELETE", path, {"reason": "Misread."})
        elif chance.random() < 0.1:
            newsroom.retract(posted)
    with app.extensions["factcheck.database"].writing() as session:
        claims = {claim.id: claim.slug for claim in session.scalars(select(Claim))}
        for link in session.scalars(select(Link).where(Link.status == LinkStatus.suggested)):
            link.confidence = chance.choice((0.3, 0.6, 1.0))
        session.flush()
        links = [
            link
            for link in session.scalars(select(Link).order_by(Link.statement_id))
            if link.status != LinkStatus.rejected and link.statement_status != StatementStatus.retracted
        ]
        for most in (1, 2, 5):
            consequences.recheck(session, most)
            held: dict[Any, set[Any]] = {}
            for flag in session.scalars(select(Contradiction).where(Contradiction.status == "open")):
                held.setdefault(flag.statement_id, set()).add(flag.opposing_id)
            for i, link in enumerate(links):
                others = [(_strength(link, other, claims), other) for other in links[:i]]
                ranked = sorted(((rank, other.statement_id) for rank, other in others if rank), reverse=True)
                assert held.get(link.statement_id, set()) == {id_ for _, id_ in ranked[:most]}


def _strength(link: Link, other: Link, claims: dict[Any, str]) -> tuple[Any, ...] | None:
    """Return how strongly two links oppose each other; None where they do not."""
    if link.claim_id == other.claim_id and link.stance != other.stance:
        score = 1.0
    elif link.claim_id != other.claim_id and link.stance == other.stance == Stance.supports:
        score = 0.95
    else:
        return None
    return (
        other.statement_status == StatementStatus.published,
        link.speaker_id == other.speaker_id,
        link.status == other.status == LinkStatus.confirmed,
        round(score * link.confidence * other.confidence, 4),
        other.said_on,
    )
