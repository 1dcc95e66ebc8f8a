"""What the analysis suggests of a post, who sees it, and what becomes of it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from factcheck import consequences, flagged, suggestions
from factcheck.analysis import Utterance
from factcheck.statements import Statement
from factcheck.suggestions import Reading
from newsroom import Newsroom
from plain_engine import PlainEngine


@pytest.fixture
def engine(app: Flask) -> Iterator[PlainEngine]:
    app.extensions["factcheck.engine"] = engine = PlainEngine()
    yield engine
    with app.extensions["factcheck.database"].writing() as session:
        assert consequences.recheck(session, 50) == 0, "flags must follow from what is stored"


@pytest.fixture
def room(newsroom: Newsroom, engine: PlainEngine) -> Newsroom:
    """A newsroom with a claim about a jib, and an engine that is easy to foretell."""
    newsroom.claim("the-jib-cracked", "The jib of the crane cracked before the storm.", about=["Northgate"])
    return newsroom


CRACKED = "The jib had cracked on Monday, and everybody knew it before the storm."
DENIED = "That jib never cracked."


def in_words(newsroom: Newsroom, **filters: str) -> list[Any]:
    found = newsroom.contradictions(**filters)
    return [flag for flag in found if flag["kind"] in ("text", "figure_mismatch")]


def test_a_post_without_links_gets_suggestions(room: Newsroom) -> None:
    posted = room.statement("Ilse", CRACKED)
    assert posted["links"] == []
    [found] = posted["suggestions"]
    assert found["claim"]["slug"] == "the-jib-cracked"
    assert (found["stance"], found["status"], found["basis"]) == ("supports", "suggested", "plain")
    assert found["confidence"] == 0.7
    assert CRACKED[found["span"]["start"] : found["span"]["end"]] == found["span"]["text"] == "cracked"
    assert found["reason"] == found["rationale"] != ""
    assert posted["analysis"] == {"engine": "plain 1", "language": "en", "skipped": None}
    assert room.get(f"/v1/statements/{posted['id']}") == posted


def test_suggestions_stay_out_of_what_readers_see(room: Newsroom) -> None:
    before = room.view("the-jib-cracked")
    posted = room.statement("Ilse", CRACKED)
    room.statement("Dana", DENIED)
    assert room.view("the-jib-cracked") == before
    path = f"/v1/statements/{posted['id']}"
    for role in ("public", "reader", "colleague"):
        shown = room.get(path, role=role)
        assert shown["suggestions"] == shown["contradictions"] == shown["links"] == []
        assert (shown["opposing_total"], shown["analysis"]) == (0, None)
        assert room.contradictions(role=role) == []
        room.get(f"{path}/links/the-jib-cracked", role=role, status=404)
        items = room.get(f"{path}/history", role=role)["items"]
        assert {item["record_type"] for item in items} == {"statement"}
    for page in ("/claims/the-jib-cracked", f"/statements/{posted['id']}", "/"):
        html = room.client.get(page).get_data(as_text=True)
        assert "plain" not in html
        assert "appears to" not in html
    assert room.get("/v1/statements?claim=the-jib-cracked", role="public")["items"] == []


def test_a_confirmed_suggestion_is_a_link_like_any_other(room: Newsroom) -> None:
    first = room.statement("Ilse", CRACKED)
    second = room.statement("Dana", DENIED)
    [flag] = second["contradictions"]
    assert (flag["kind"], flag["certainty"]) == ("opposite_stance", "suggested")
    assert "appears to" in flag["explanation"]
    for statement, stance in ((first, "supports"), (second, "disputes")):
        path = f"/v1/statements/{statement['id']}/links/the-jib-cracked"
        link = room.change("PUT", path, {"stance": stance})
        assert (link["status"], link["basis"], link["confidence"]) == ("confirmed", "editor", 1.0)
        assert link["span"]["text"] == "cracked"
        assert link["rationale"] is None, "the words of a machine are not an editor's"
    [flag] = room.contradictions(role="public")
    assert (flag["kind"], flag["certainty"]) == ("opposite_stance", "asserted")
    assert room.view("the-jib-cracked")["supports"]["count"] == 1
    assert room.get(f"/v1/statements/{first['id']}")["suggestions"] == []


def test_a_rejected_suggestion_is_never_made_again(room: Newsroom, engine: PlainEngine) -> None:
    posted = room.statement("Ilse", CRACKED)
    path = f"/v1/statements/{posted['id']}"
    room.change("DELETE", f"{path}/links/the-jib-cracked", {"reason": "Another crane."})
    edited = room.change("PATCH", path, {"text": CRACKED + " Everybody.", "reason": "Cut short."})
    assert edited["suggestions"] == []
    assert [link["status"] for link in edited["links"]] == ["rejected"]
    assert engine.held == 2, "it was read anew"


def test_words_that_contradict_each_other_are_flagged_as_a_guess(room: Newsroom) -> None:
    first = room.statement("Ilse", "Our inspectors looked at 12 bolts.", said_on="2026-05-01")
    answer = room.statement("Dana", "The inspectors looked at 3 bolts.", said_on="2026-05-02")
    [flag] = answer["contradictions"]
    assert answer["opposing_total"] == 1
    assert (flag["kind"], flag["certainty"], flag["status"]) == ("figure_mismatch", "suggested", "open")
    assert [s["id"] for s in flag["statements"]] == [first["id"], answer["id"]]
    assert [e["span"]["text"] for e in flag["evidence"]] == ["inspectors", "inspectors"]
    assert [e["marked"] for e in flag["evidence"]] == [True, True]
    assert [part["type"] for part in flag["path"]] == ["statement", "comparison", "statement"]
    assert (flag["engine"], flag["score"]) == ("plain", 0.8)
    assert flag["explanation"] == (
        "Ilse and Dana appear to contradict each other: They count it differently "
        "(found by the text analysis (plain), confirmed by nobody)."
    )
    assert in_words(room, kind="figure_mismatch", certainty="suggested") == [flag]
    room.get(f"/v1/contradictions/{flag['id']}", role="public", status=404)


def test_a_confirmed_text_contradiction_is_public(room: Newsroom) -> None:
    room.statement("Ilse", "Our inspectors came on Monday.")
    answer = room.statement("Dana", "Those inspectors never came.")
    [flag] = answer["contradictions"]
    assert flag["kind"] == "text"
    body = {"status": "confirmed", "reason": "The gate log settles it."}
    room.post(f"/v1/contradictions/{flag['id']}/decision", body, status=200)
    shown = room.get(f"/v1/contradictions/{flag['id']}", role="public")
    assert shown["certainty"] == "suggested"
    assert shown["explanation"].endswith("(found by the text analysis (plain), confirmed by an editor).")
    page = room.client.get(f"/statements/{answer['id']}").get_data(as_text=True)
    assert "confirmed by an editor" in page
    assert "<mark>inspectors</mark>" in page
    assert "or that the text analysis" in page, "no editor marked these words"


def test_one_speaker_who_contradicts_himself_comes_first(room: Newsroom) -> None:
    room.statement("Ilse", "Our inspectors came on Monday.")
    room.statement("Dana", "The inspectors came on Monday.")
    flags = room.statement("Dana", "I said so: inspectors never came.")["contradictions"]
    assert [flag["same_speaker"] for flag in flags] == [True, False]
    assert "an earlier statement of the same speaker" in flags[0]["explanation"]


def test_a_path_over_links_says_more_than_the_words(room: Newsroom) -> None:
    first = room.statement("Ilse", "Our inspectors came on Monday.", analysis=False)
    second = room.statement("Dana", "Those inspectors never came.")
    [flag] = second["contradictions"]
    room.claim("they-came")
    for statement, stance in ((first, "supports"), (second, "disputes")):
        path = f"/v1/statements/{statement['id']}/links/they-came"
        room.change("PUT", path, {"stance": stance})
    shown = room.get(f"/v1/statements/{second['id']}")
    assert [f["kind"] for f in shown["contradictions"]] == ["opposite_stance"]
    assert shown["opposing_total"] == 1
    gone = room.get(f"/v1/contradictions/{flag['id']}")
    assert gone["status"] == "resolved"
    assert gone["resolution"].startswith("Links to claims say why")
    room.change("DELETE", f"/v1/statements/{second['id']}/links/they-came", {"reason": "No."})
    [flag] = in_words(room, status="open")
    assert flag["id"] == gone["id"]


def test_a_guess_takes_no_confirmed_contradiction_from_readers(
    newsroom: Newsroom, engine: PlainEngine
) -> None:
    said = [newsroom.statement("Ilse", CRACKED), newsroom.statement("Dana", DENIED)]
    [flag] = said[1]["contradictions"]
    decision = f"/v1/contradictions/{flag['id']}/decision"
    newsroom.post(decision, {"status": "confirmed", "reason": "It is the same jib."}, status=200)
    newsroom.claim("the-jib-cracked", "The jib of the crane cracked before the storm.")
    for statement in said:
        again = {"analysis": True, "reason": "There is a claim now."}
        newsroom.change("PATCH", f"/v1/statements/{statement['id']}", again)
    # The path over two suggested links is there for editors, and takes nothing away.
    assert {f["kind"] for f in newsroom.contradictions(status="open")} == {"opposite_stance"}
    assert [f["id"] for f in newsroom.contradictions(role="public")] == [flag["id"]]
    shown = newsroom.get(f"/v1/statements/{said[1]['id']}")
    assert shown["opposing_total"] == 1, "who opposes in the words and over links counts once"
    answer = newsroom.post(decision, {"status": "open", "reason": "I am not sure."}, status=200)
    assert answer["status"] == "resolved", "what nobody stands behind gives way"
    assert newsroom.contradictions(role="public") == []


def test_guesses_do_not_raise_again_what_an_editor_dismissed(newsroom: Newsroom, engine: PlainEngine) -> None:
    said = [newsroom.statement("Ilse", CRACKED), newsroom.statement("Dana", DENIED)]
    [flag] = said[1]["contradictions"]
    decision = f"/v1/contradictions/{flag['id']}/decision"
    newsroom.post(decision, {"status": "confirmed", "reason": "The same jib."}, status=200)
    newsroom.claim("the-jib-cracked", "The jib of the crane cracked before the storm.")
    for statement in said:
        again = {"analysis": True, "reason": "There is a claim now."}
        newsroom.change("PATCH", f"/v1/statements/{statement['id']}", again)
    [guessed] = newsroom.contradictions(status="open")
    assert guessed["kind"] == "opposite_stance"
    newsroom.post(decision, {"status": "dismissed", "reason": "Another jib."}, status=200)
    assert newsroom.contradictions(status="open") == []
    gone = newsroom.get(f"/v1/contradictions/{guessed['id']}")
    assert gone["resolution"] == "An editor dismissed it in the words, and a guess does not raise it again."
    # One link by a person and one by a machine: what is new may still be the machine's.
    links = [f"/v1/statements/{statement['id']}/links/the-jib-cracked" for statement in said]
    newsroom.change("PUT", links[0], {"stance": "supports"})
    assert newsroom.contradictions(status="open") == []
    assert [f["id"] for f in newsroom.contradictions(status="dismissed")] == [flag["id"]]
    newsroom.change("PUT", links[1], {"stance": "disputes"})
    [raised] = newsroom.contradictions(status="open")
    assert (raised["id"], raised["certainty"]) == (guessed["id"], "asserted")
    newsroom.change("DELETE", links[1], {"reason": "Not of this jib."})
    assert [f["id"] for f in newsroom.contradictions(status="dismissed")] == [flag["id"]]
    # Other words are other facts.
    words = {"text": "The jib cracked in the storm, on Monday.", "reason": "Cut short."}
    newsroom.change("PATCH", f"/v1/statements/{said[0]['id']}", words)
    assert [f["kind"] for f in newsroom.contradictions(status="open")] == ["text"]


def test_what_is_hidden_from_a_contributor_is_judged_by_itself(newsroom: Newsroom, app: Flask) -> None:
    """Which pairs an engine reads, and how it weighs them, depends on all that it is given at once."""
    given: list[set[str]] = []

    class Noting(PlainEngine):
        def judge(self, statement: Utterance, claims: Any, others: Any) -> Any:
            given.append({one.text for one in (*claims, *others)})
            return super().judge(statement, claims, others)

    app.extensions["factcheck.engine"] = Noting()
    newsroom.claim("known", "The jib of the crane cracked.")
    newsroom.claim("hidden", "The jib of the crane never cracked.", role="colleague")
    answer = newsroom.statement("Ilse", CRACKED, role="contributor")
    assert given == [{"The jib of the crane cracked."}, {"The jib of the crane never cracked."}]
    assert [one["claim"]["slug"] for one in answer["suggestions"]] == ["known"]
    shown = newsroom.get(f"/v1/statements/{answer['id']}")
    assert {one["claim"]["slug"] for one in shown["suggestions"]} == {"known", "hidden"}


def test_all_who_deny_a_statement_later_are_counted(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    said = room.statement("Ilse", "Our inspectors came on Monday.")
    denied = [room.statement(name, "Those inspectors never came.") for name in ("Dana", "Noor")]
    shown = room.get(f"/v1/statements/{said['id']}")
    assert (shown["opposing_total"], len(shown["contradictions"])) == (2, 2)
    with monkeypatch.context() as fewer:
        fewer.setattr(flagged, "_SHOWN", 1)
        shown = room.get(f"/v1/statements/{said['id']}")
        assert (shown["opposing_total"], len(shown["contradictions"])) == (2, 1), "also those not shown"
    room.retract(denied[0])
    shown = room.get(f"/v1/statements/{said['id']}")
    assert (shown["opposing_total"], len(shown["contradictions"])) == (1, 1), "what is resolved is not shown"


def test_what_people_suggest_is_raised_though_an_editor_dismissed_the_words(room: Newsroom) -> None:
    said = [
        room.statement("Ilse", "Our inspectors came on Monday."),
        room.statement("Dana", "Those inspectors never came."),
    ]
    [flag] = said[1]["contradictions"]
    body = {"status": "dismissed", "reason": "Other inspectors."}
    room.post(f"/v1/contradictions/{flag['id']}/decision", body, status=200)
    room.claim("they-came")
    for statement, stance in zip(said, ("supports", "disputes"), strict=True):
        suggested = {"stance": stance, "status": "suggested"}
        room.change("PUT", f"/v1/statements/{statement['id']}/links/they-came", suggested)
    [raised] = room.contradictions(status="open")
    assert (raised["kind"], raised["certainty"]) == ("opposite_stance", "suggested")


def test_a_path_that_readers_see_takes_the_place_of_a_confirmed_one(room: Newsroom) -> None:
    said = [
        room.statement("Ilse", "Our inspectors came on Monday."),
        room.statement("Dana", "Those inspectors never came."),
    ]
    [flag] = said[1]["contradictions"]
    body = {"status": "confirmed", "reason": "The same inspectors."}
    room.post(f"/v1/contradictions/{flag['id']}/decision", body, status=200)
    claim = room.claim("they-came", "The inspectors came.", status="draft")
    for statement, stance in zip(said, ("supports", "disputes"), strict=True):
        room.change("PUT", f"/v1/statements/{statement['id']}/links/they-came", {"stance": stance})
    assert [f["kind"] for f in room.contradictions(role="public")] == ["text"], "the claim is a draft"
    room.change("PATCH", f"/v1/claims/{claim['id']}", {"status": "published", "reason": "It is clear."})
    assert [f["kind"] for f in room.contradictions(role="public")] == ["opposite_stance"]


@pytest.mark.parametrize("decided", [None, "confirmed", "dismissed"])
def test_one_path_among_other_links_is_enough(room: Newsroom, decided: str | None) -> None:
    """What else the two bear on makes the words no stronger."""
    for slug in ("they-came", "it-rained", "all-slept"):
        room.claim(slug)
    first = room.statement("Ilse", "Our inspectors came on Monday.", supports="it-rained", analysis=True)
    second = room.statement("Dana", "Those inspectors never came.", supports="all-slept", analysis=True)
    [flag] = second["contradictions"]
    assert flag["kind"] == "text"
    if decided:
        body = {"status": decided, "reason": "Looked at."}
        room.post(f"/v1/contradictions/{flag['id']}/decision", body, status=200)
    for statement, stance in ((first, "supports"), (second, "disputes")):
        room.change("PUT", f"/v1/statements/{statement['id']}/links/they-came", {"stance": stance})
    shown = room.get(f"/v1/statements/{second['id']}")
    assert [f["kind"] for f in shown["contradictions"]] == ["opposite_stance"]
    assert shown["opposing_total"] == 1
    assert room.get(f"/v1/contradictions/{flag['id']}")["status"] == "resolved"


def test_a_correction_that_is_not_read_takes_back_what_was_suggested(room: Newsroom) -> None:
    room.claim("they-came", "The inspectors came.")
    posted = room.statement("Ilse", f"{CRACKED} Our inspectors wrote a protocol.")
    room.statement("Dana", "I have seen nothing of that protocol.")
    path = f"/v1/statements/{posted['id']}"
    room.change("PUT", f"{path}/links/they-came", {"stance": "supports"})
    before = room.get(path)
    assert [s["claim"]["slug"] for s in before["suggestions"]] == ["the-jib-cracked"]
    assert [f["kind"] for f in before["contradictions"]] == ["text"]
    answer = room.change("PATCH", path, {"said_on": "2026-05", "analysis": False, "reason": "The month."})
    assert answer["suggestions"] == answer["contradictions"] == []
    assert answer["analysis"] is None
    assert [link["claim"]["slug"] for link in answer["links"]] == ["they-came"], "a person decided that"


def test_an_editor_learns_when_and_why_a_suggestion_was_withdrawn(room: Newsroom) -> None:
    posted = room.statement("Ilse", CRACKED)
    other = room.statement("Dana", CRACKED.replace("Monday", "Tuesday"))
    path = f"/v1/statements/{posted['id']}"
    room.change("PATCH", path, {"text": "Nothing to say.", "reason": "Misheard."})
    assert room.get(path)["suggestions"] == []
    items = room.get(f"{path}/history")["items"]
    made, *_, withdrawn = (item for item in items if item["record_type"] == "link")
    assert (made["action"], withdrawn["action"]) == ("created", "removed")
    assert withdrawn["reason"] == "The text analysis no longer finds it."
    assert made["by"] == withdrawn["by"] == "factcheck"
    assert posted["created_at"] <= made["at"] <= withdrawn["at"]
    found = {field: change["after"] for field, change in made["changes"].items()}
    suggested = posted["suggestions"][0]
    assert found["claim"] == suggested["claim"]["id"]
    assert (found["stance"], found["rationale"]) == ("supports", suggested["rationale"])
    # Of this statement only, and nobody else's to know.
    assert [i["action"] for i in room.get(f"/v1/statements/{other['id']}/history")["items"]] == [
        "created"
    ] * 2
    for role in ("public", "reader", "contributor"):
        assert {i["record_type"] for i in room.get(f"{path}/history", role=role)["items"]} == {"statement"}


def test_a_suggestion_goes_with_its_claim(room: Newsroom) -> None:
    posted = room.statement("Ilse", CRACKED)
    room.change("DELETE", "/v1/claims/the-jib-cracked", {"reason": "Nobody says so."})
    assert room.get(f"/v1/statements/{posted['id']}")["suggestions"] == []


def test_what_an_editor_linked_stays_when_its_claim_goes(room: Newsroom) -> None:
    posted = room.statement("Ilse", CRACKED, supports="the-jib-cracked")
    room.change("DELETE", "/v1/claims/the-jib-cracked", {"reason": "Nobody says so."})
    assert len(room.get(f"/v1/statements/{posted['id']}")["links"]) == 1
    assert room.get(f"/v1/statements/{posted['id']}", role="public")["links"] == []


def test_a_text_contradiction_follows_its_facts(room: Newsroom) -> None:
    first = room.statement("Ilse", "Our inspectors came on Monday.")
    second = room.statement("Dana", "Those inspectors never came.")
    [flag] = second["contradictions"]
    path = f"/v1/contradictions/{flag['id']}"
    words = f"/v1/statements/{first['id']}"
    room.change("PATCH", words, {"text": "We saw nobody at all.", "reason": "Misheard."})
    gone = room.get(path)
    assert (gone["status"], gone["resolution"]) == ("resolved", "The words of Ilse were corrected.")
    assert [e["marked"] for e in gone["evidence"]] == [False, True]
    room.change("PATCH", words, {"text": "Our inspectors came on Monday.", "reason": "It was right."})
    assert room.get(path)["status"] == "open"
    room.retract(first)
    gone = room.get(path)
    assert (gone["status"], gone["resolution"]) == ("resolved", "The statement of Ilse was retracted.")


def test_corrected_words_are_held_against_later_statements_too(room: Newsroom) -> None:
    first = room.statement("Ilse", "We saw nobody at all.")
    room.statement("Dana", "Those inspectors never came.")
    assert in_words(room) == []
    path = f"/v1/statements/{first['id']}"
    room.change("PATCH", path, {"text": "Our inspectors came on Monday.", "reason": "Misheard."})
    assert len(in_words(room, status="open")) == 1


def test_a_correction_takes_back_only_what_was_judged_again(room: Newsroom, app: Flask) -> None:
    first, second = (
        UUID(room.statement(speaker, text)["id"])
        for speaker, text in (
            ("Ilse", "Our inspectors came on Monday."),
            ("Dana", "Those inspectors never came."),
        )
    )
    # Later statements may be more than can be candidates: those that were none were not judged.
    for compared, standing in ((frozenset[UUID](), 1), (frozenset((second,)), 0)):
        with app.extensions["factcheck.database"].writing() as session:
            said = session.get_one(Statement, first)
            suggestions.keep(
                session, said, Reading("plain 1", "en", None, said.revision, True, [], [], compared)
            )
            consequences.settle(session, 50)
            session.commit()
        assert len(in_words(room, status="open")) == standing


def test_a_dismissed_one_stays_dismissed(room: Newsroom) -> None:
    room.statement("Ilse", "Our inspectors came on Monday.")
    second = room.statement("Dana", "Those inspectors never came.")
    [flag] = second["contradictions"]
    body = {"status": "dismissed", "reason": "Other inspectors."}
    room.post(f"/v1/contradictions/{flag['id']}/decision", body, status=200)
    path = f"/v1/statements/{second['id']}"
    answer = room.change("PATCH", path, {"said_on": "2026-05-01", "reason": "The day."})
    assert [f["status"] for f in answer["contradictions"]] == ["dismissed"]
    assert answer["opposing_total"] == 0
    words = {"text": "As I said, those inspectors never came.", "reason": "Cut short."}
    answer = room.change("PATCH", path, words)
    assert [f["status"] for f in answer["contradictions"]] == ["open"], "other words are other facts"


@pytest.mark.parametrize(
    ("fields", "skipped"),
    [
        ({"language": "de"}, "The statement is marked as 'de'; the analysis reads English only."),
        (
            {"text": "Die Inspektoren waren am Montag auf der Baustelle und haben nichts gefunden."},
            "The words read as 'de', not as English; the analysis reads English only.",
        ),
    ],
)
def test_what_is_not_english_gets_nothing(room: Newsroom, fields: Any, skipped: str) -> None:
    posted = room.statement("Ilse", **{"text": CRACKED, **fields})
    assert posted["suggestions"] == posted["contradictions"] == []
    assert posted["analysis"] == {"engine": "plain 1", "language": "de", "skipped": skipped}


def test_language_corrected_takes_suggestions_back_and_brings_them(room: Newsroom) -> None:
    posted = room.statement("Ilse", CRACKED)
    room.statement("Dana", DENIED)
    path = f"/v1/statements/{posted['id']}"
    answer = room.change("PATCH", path, {"language": "de", "reason": "A translation."})
    assert answer["suggestions"] == answer["contradictions"] == []
    [gone] = room.contradictions(status="resolved")
    assert gone["resolution"].startswith("The text analysis no longer suggests a link")
    answer = room.change("PATCH", path, {"language": "en-GB", "reason": "No translation."})
    assert len(answer["suggestions"]) == 1


def test_the_analysis_runs_when_it_is_wanted(room: Newsroom, engine: PlainEngine) -> None:
    skipped = room.statement("Ilse", CRACKED, analysis=False)
    assert (skipped["suggestions"], skipped["analysis"]) == ([], None)
    linked = room.statement("Dana", DENIED, supports="the-jib-cracked")
    assert (linked["suggestions"], linked["analysis"]) == ([], None)
    assert (engine.held, engine.compared) == (0, 0)
    both = room.statement("Eve", "It never cracked.", disputes="the-jib-cracked", analysis=True)
    assert engine.held == 1
    assert both["suggestions"] == []
    assert [link["basis"] for link in both["links"]] == ["editor"]
    path = f"/v1/statements/{skipped['id']}"
    answer = room.change("PATCH", path, {"analysis": True, "reason": "Read it."})
    assert len(answer["suggestions"]) == 1


@pytest.mark.parametrize("wanted", [1, 0, 1.0, "yes", "true", "perhaps", [], None])
def test_whether_to_analyse_is_true_or_false_and_nothing_else(room: Newsroom, wanted: Any) -> None:
    body = {"text": CRACKED, "speaker": {"name": "Ilse"}, "source": {"url": room.url}, "analysis": wanted}
    for path in ("/v1/statements", "/v1/check"):
        errors = room.post(path, body, status=422)["errors"]
        assert [error["pointer"] for error in errors] == ["#/analysis"]
    own = room.statement("Ilse", CRACKED, analysis=True)
    path = f"/v1/statements/{own['id']}"
    errors = room.change("PATCH", path, {"analysis": wanted, "reason": "R."}, status=422)["errors"]
    assert [error["pointer"] for error in errors] == ["#/analysis"]


def test_flags_in_words_are_bounded(room: Newsroom, app: Flask) -> None:
    for i in range(30):
        room.statement(f"Speaker {i}", f"Our inspectors came {i} times.", analysis=False)
    answer = room.statement("Dana", "Those inspectors never came.")
    assert len(answer["contradictions"]) == answer["opposing_total"] == 20


def test_a_contributor_learns_nothing_of_a_colleagues_draft(room: Newsroom) -> None:
    secret = room.claim("secret", "The inspectors were bribed.", role="colleague")
    room.statement("Ilse", "Our inspectors came on Monday.", role="colleague")
    own = room.statement("Dana", "Those inspectors never came.", role="contributor")
    assert own["suggestions"] == own["contradictions"] == []
    assert own["opposing_total"] == 0
    path = f"/v1/statements/{own['id']}"
    assert room.get(path, role="contributor") == own
    history = room.get(f"{path}/history", role="contributor")
    assert "bribed" not in str(history)
    room.get(f"{path}/links/{secret['id']}", role="contributor", status=404)
    shown = room.get(path)
    assert [s["claim"]["slug"] for s in shown["suggestions"]] == ["secret"]
    assert [f["certainty"] for f in shown["contradictions"]] == ["suggested"]


def test_colleagues_drafts_take_nothing_from_a_contributor(room: Newsroom) -> None:
    """What is found of a draft and shown to its contributor is the same with and without them."""
    room.statement("Ilse", "Our inspectors came on Monday.")

    def post(words: str) -> Any:
        return room.statement("Dana", words, role="contributor")

    first = post("Those inspectors never came.")
    for i in range(21):
        room.claim(f"c-{i}", f"Those inspectors never came, the {i}th time.", role="colleague")
        room.statement("Ilse", f"Those inspectors came, the {i}th.", role="colleague", analysis=False)
    second = post("Still, inspectors never came to us.")
    found = [
        (len(own["contradictions"]), own["opposing_total"], own["suggestions"]) for own in (first, second)
    ]
    assert found == [(1, 1, []), (1, 1, [])]
    shown = room.get(f"/v1/statements/{second['id']}")
    assert len(shown["contradictions"]) == 21, "an editor sees what the drafts say, too"
    assert len(shown["suggestions"]) == 20


def test_a_contributor_sees_what_the_own_draft_runs_into(room: Newsroom) -> None:
    room.statement("Ilse", "Our inspectors came on Monday.")
    own = room.statement("Dana", "Those inspectors never came.", role="contributor")
    assert own["status"] == "draft"
    assert [f["kind"] for f in own["contradictions"]] == ["text"]
    assert own["opposing_total"] == 1
    assert own["analysis"]["engine"] == "plain 1"
    assert room.get(f"/v1/statements/{own['id']}", role="editor")["analysis"] == own["analysis"]
    assert room.contradictions(role="contributor") == []
