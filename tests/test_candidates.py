"""What is compared with a statement: what it can bear on, and little else."""

from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from counting import queries_of
from factcheck import candidates, lookups
from factcheck.analysis.nearness import similarity
from factcheck.auth import ApiKey
from factcheck.candidates import Candidates
from factcheck.prepared import Reads
from factcheck.statements import Statement
from newsroom import Newsroom

ELSEWHERE = {"url": "https://e.example/"}


@pytest.fixture
def room(newsroom: Newsroom) -> Newsroom:
    """A newsroom with a story, and many other statements and claims about other things."""
    for i in range(12):
        newsroom.claim(
            f"other-{i}", f"Council {i} paid for the roof of its own school.", about=[f"Council {i}"]
        )
        newsroom.statement(f"Mayor {i}", f"We paid for that roof ourselves, {i} of us.", analysis=False)
    return newsroom


def key_of(app: Flask, name: str) -> UUID:
    with app.extensions["factcheck.database"].reading() as session:
        found: UUID = session.scalars(select(ApiKey.id).where(ApiKey.name == name)).one()
        return found


def gathered(newsroom: Newsroom, app: Flask, statement: Any, **options: Any) -> Candidates:
    with app.extensions["factcheck.database"].reading() as session:
        stored = session.get_one(Statement, UUID(statement["id"]))
        return candidates.gather(session, stored, **options)


def claims(found: Candidates) -> list[str]:
    return [claim.text for claim in found.claims]


def said(found: Candidates) -> list[str]:
    return [statement.text for statement in found.statements]


def test_a_claim_about_the_speaker_or_the_client(room: Newsroom, app: Flask) -> None:
    room.claim("kemmler", "The site manager gave the order.", about=["Joost Kemmler"])
    room.claim("northgate", "It was insured.", about=["Northgate Cranes"])
    own = room.statement(
        "Joost Kemmler",
        "I gave my word.",
        on_behalf_of={"name": "Northgate Cranes", "type": "Person"},
        analysis=False,
    )
    assert set(claims(gathered(room, app, own))) == {"The site manager gave the order.", "It was insured."}


def test_who_is_named_in_the_words(room: Newsroom, app: Flask) -> None:
    room.claim("pell", "Mr Okafor bears no blame.", about=["Pell Okafor"])
    room.claim("npr", "It was broadcast.", about=[{"name": "National Radio", "alternate_names": ["NPR"]}])
    for words in ("I blame Pell Okafor’s right foot.", "It was Okafor, and nobody else."):
        own = room.statement("Ann", words, analysis=False)
        assert "Mr Okafor bears no blame." in claims(gathered(room, app, own)), words
    own = room.statement("Ann", "They said so on NPR.", analysis=False)
    assert claims(gathered(room, app, own)) == ["It was broadcast."]


def test_the_nearest_claims_are_told_before_the_rest_is_gathered(room: Newsroom, app: Flask) -> None:
    for i in range(5):
        room.claim(f"pell-{i}", f"Pell Okafor bears no blame for truck {i}.", about=["Pell Okafor"])
    own = room.statement("Ann", "I blame Pell Okafor for truck 3.", analysis=False)
    told: list[Any] = []
    found = gathered(room, app, own, expect=told.append)
    assert found == gathered(room, app, own)
    nearest, nearer = ([claim.text for claim in claims] for claims in told)
    assert nearest == ["Pell Okafor bears no blame for truck 3."], "by who is named"
    assert nearer == claims(found)[:3], "by the topic too"


def test_the_topic_where_nobody_is_shared(room: Newsroom, app: Flask) -> None:
    room.claim("brakes", "The brake lines of the truck were replaced.")
    earlier = room.statement("Ann", "Whoever replaced those brake lines did it badly.", analysis=False)
    source = {"url": "https://herald.example/another"}
    own = room.statement("Ben", "I saw new brake lines myself.", source=source, analysis=False)
    found = gathered(room, app, own)
    assert claims(found) == ["The brake lines of the truck were replaced."]
    assert said(found) == [earlier["text"]]


def test_what_an_earlier_statement_of_the_speaker_was_linked_to(room: Newsroom, app: Flask) -> None:
    room.claim("gate", "The fence was open.")
    room.statement("Ann", "It stood open.", supports="gate")
    own = room.statement("Ann", "I take that back.", analysis=False)
    found = gathered(room, app, own)
    assert "It stood open." in said(found)
    assert "The fence was open." in claims(found)


def test_other_stories_are_left_out(room: Newsroom, app: Flask) -> None:
    own = room.statement(
        "Ann", "The turbine tripped at dawn.", source={"url": "https://a.example/"}, analysis=False
    )
    assert gathered(room, app, own) == Candidates([], [])


def test_never_itself_nor_later_nor_what_was_taken_back(room: Newsroom, app: Flask) -> None:
    first = room.statement("Ann", "Turbines tripped at dawn.", analysis=False)
    gone = room.statement("Ben", "Turbines tripped at noon.", analysis=False)
    foreign = room.statement("Cor", "Turbines tripped!", language="nl", analysis=False)
    own = room.statement("Dan", "Turbines tripped at night.", analysis=False)
    later = room.statement("Eve", "Turbines tripped twice.", analysis=False)
    room.claim("withdrawn", "Turbines tripped.")
    room.change("DELETE", "/v1/claims/withdrawn", {"reason": "Mistaken."})
    room.retract(gone)
    assert foreign["language"] == "nl"
    found = gathered(room, app, own, before=UUID(own["id"]))
    assert said(found)[0] == first["text"]
    assert later["text"] not in said(found)
    assert not {own["text"], gone["text"], foreign["text"]} & set(said(found))
    assert claims(found) == []
    assert later["text"] in said(gathered(room, app, own))


def test_at_most_twenty_of_each(room: Newsroom, app: Flask) -> None:
    for i in range(25):
        room.claim(f"t-{i}", f"Turbine {i} tripped.")
        room.statement(f"Speaker {i}", f"Turbine number {i} tripped.", analysis=False)
    own = room.statement("Ann", "A turbine tripped.", analysis=False)
    found = gathered(room, app, own)
    assert (len(found.claims), len(found.statements)) == (20, 20)


def test_what_a_contributor_may_not_read_takes_no_place(room: Newsroom, app: Flask) -> None:
    """Neither among the twenty, nor in any range from which they are taken, nor in their order."""
    for i in range(3):
        room.claim(f"known-{i}", f"Turbine {i} stopped in the storm.", about=["Ann"])
        room.statement("Ann", f"Turbine number {i} ran through that storm.", analysis=False)
    draft = room.statement("Ann", "The turbine stopped dead.", role="contributor", analysis=False)
    own = room.statement("Ann", "The turbine tripped.", role="contributor", analysis=False)
    reader = key_of(app, "a contributor")
    before = gathered(room, app, own, reader=reader)
    assert draft["text"] in said(before)
    for i in range(25):
        room.claim(f"t-{i}", f"Turbine {i} tripped, said Ann.", about=["Ann"], role="colleague")
        room.statement("Ann", f"A turbine tripped, the {i}th.", role="colleague", analysis=False)
    after = gathered(room, app, own, reader=reader)
    assert set(said(before)) == set(said(after))
    assert claims(before) == claims(after)
    hidden = after.hidden
    assert hidden
    assert (len(hidden.claims), len(hidden.statements)) == (20, 20), "they are there for the editor"
    assert all("tripped, " in text for text in (*claims(hidden), *said(hidden)))
    known = {*said(before), *claims(before)}
    everything = gathered(room, app, own)
    assert not known & {*said(everything), *claims(everything)}, "so that they would have been pushed out"


@pytest.mark.parametrize(
    "words",
    [
        "…",
        "x" * 20_000,
        "A " * 10_000,
        "Anna Bell " * 2_000,
        "'\" OR 1=1 -- \\ : * ^ NEAR(a b) & | ! <->",
        "“" * 10_000 + "crane",
        "\U0001f600 𝕿𝖚𝖗𝖇𝖎𝖓𝖊 ﷺ",
        " ".join(f"word{i}" for i in range(3_000))[:20_000],
    ],
)
def test_odd_words_do_no_harm(room: Newsroom, app: Flask, words: str) -> None:
    own = room.statement("Ann", words, analysis=False)
    found = gathered(room, app, own)
    assert len(found.claims) <= 20


def test_the_number_of_queries_is_fixed(room: Newsroom, app: Flask) -> None:
    room.claim("pell", "The driver bears no blame.", about=["Pell Okafor"])
    room.statement("Ben", "Pell Okafor drove.", supports="pell")
    own = room.statement("Ann", "I blame Pell Okafor for the truck, the roof and the school.", analysis=False)
    with app.extensions["factcheck.database"].reading() as session:
        stored = session.get_one(Statement, UUID(own["id"]))
        with queries_of(app) as ran:
            candidates.gather(session, stored)
    assert 0 < len(ran) <= 12


def test_every_read_goes_by_an_index(room: Newsroom, app: Flask) -> None:
    """No plan scans a table: what it costs must not grow with what is stored."""
    reader = key_of(app, "a contributor")
    own = room.statement("Ann", "I blame Council 3 for the roof of that school.", analysis=False)
    with app.extensions["factcheck.database"].reading() as session:
        stored = session.get_one(Statement, UUID(own["id"]))
        ran: list[tuple[str, Any]] = []
        run = Reads._run

        def noted(reads: Reads, asked: Any) -> list[list[Any]]:
            ran.extend(asked)
            return run(reads, asked)

        with patch.object(Reads, "_run", noted), queries_of(app) as others:
            candidates.gather(session, stored)
            candidates.gather(session, stored, reader=reader)
        assert len(others) == len(ran), "a look-up goes by another way, and is not looked at here"
        plans = [plan_of(session, *query) for query in ran]
    assert len(plans) > 10
    for (statement, _), plan in zip(ran, plans, strict=True):
        scanned = [line for line in plan if is_scan(line)]
        assert not scanned, f"{statement}\n{plan}"


def plan_of(session: Session, statement: str, parameters: Any) -> list[str]:
    driver: Any = session.connection().connection.driver_connection
    if session.get_bind().dialect.name == "sqlite":
        return [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    # The tables of a test are small, so that a scan would be cheaper: what counts is that an index serves.
    session.execute(text("SET LOCAL enable_seqscan = off"))
    return [row[0] for row in driver.execute(f"EXPLAIN {statement}", parameters)]


def is_scan(line: str) -> bool:
    """Tell whether a line of a plan reads a whole table of ours."""
    tables = ("statement", "claim", "link", "claim_about", "entity", "entity_key", "search_document")
    words = line.replace("(", " ").split()
    on_sqlite = words[:1] == ["SCAN"] and words[1] in tables
    return on_sqlite or any(f"Seq Scan on {table}" in line for table in tables)


def test_the_pool_of_a_frequent_word_is_bounded(room: Newsroom, app: Flask, monkeypatch: Any) -> None:
    """A word in too many documents is looked up only together with another one."""
    monkeypatch.setattr(lookups, "_LOOKED_AT", 5)
    both = room.statement("Ann", "That roof leaked on the school again.", analysis=False)
    own = room.statement("Ben", "The roof leaked.", analysis=False)
    alone = room.statement("Cor", "A roof!", source={"url": "https://a.example/"}, analysis=False)
    assert both["text"] in said(gathered(room, app, own))
    assert gathered(room, app, alone) == Candidates([], [])


def test_similarity_is_bounded_and_ordered() -> None:
    near = similarity("The crane fell.", ["The crane fell.", "A crane stood.", "Nobody paid.", ""])
    assert near[0] == pytest.approx(1.0)
    assert 1 > near[1] > near[2] == near[3] == 0
    assert similarity("", ["a"]) == [0.0]
    assert similarity("a", []) == []


def test_a_role_that_no_words_name_weighs_no_more_than_a_common_word(room: Newsroom, app: Flask) -> None:
    """Roles are no part of what is searched: rare there says nothing."""
    with app.extensions["factcheck.database"].reading() as session:
        weights = lookups.weigh(session, ["spokesperson", "roof", "kemmler"])
    assert weights["spokesperson"] == weights["kemmler"] < weights["roof"]


def test_of_many_with_a_rare_word_the_nearest_are_found(room: Newsroom, app: Flask, monkeypatch: Any) -> None:
    monkeypatch.setattr(lookups, "POOL", 3)
    near = room.statement("Dan", "Turbines tripped in the storm at dawn.", analysis=False)
    own_words = room.statement("Ann", "Those turbines, and the storm.", analysis=False)
    for i in range(8):
        room.statement(f"Speaker {i}", f"Turbines are a number of things, {i} of them.", analysis=False)
    own = room.statement("Ann", "The turbines tripped in the storm.", analysis=False)
    found = said(gathered(room, app, own))
    assert {near["text"], own_words["text"]} == set(found[:2])


@pytest.mark.parametrize(
    "name",
    ["㍿" * 300, "WHO", "The Times", "!!!", 'O\'Brien "x" AND OR NOT NEAR(', "' | !a:* & \\", "北京市", "x"],
)
def test_odd_names_do_no_harm(room: Newsroom, app: Flask, name: str) -> None:
    said_before = room.statement(name, "The turbines stood still.", analysis=False)
    own = room.statement(name, "The turbines turned.", source=ELSEWHERE, analysis=False)
    assert said(gathered(room, app, own))[0] == said_before["text"]


@pytest.fixture
def prolific(room: Newsroom, monkeypatch: Any) -> Any:
    """What Ann said before much else, in words so common that only who said it leads there."""
    for name, value in (("_LOOKED_AT", 0), ("_PAIRED", 0), ("POOL", 3), ("_OF_A_SPEAKER", 30)):
        monkeypatch.setattr(lookups, name, value)
    old = room.statement("Ann Ortiz", "The turbines stood still.", analysis=False)
    room.statement("Ben Cole", "The turbines never stopped.", analysis=False)
    for i in range(25):
        room.statement("Ann Ortiz", f"My dog is {i} today.", analysis=False)
    return old


def test_what_a_speaker_said_long_ago_is_found_by_what_it_says(
    room: Newsroom, app: Flask, prolific: Any, monkeypatch: Any
) -> None:
    own = room.statement("Ann Ortiz", "The turbines turned.", source=ELSEWHERE, analysis=False)
    assert said(gathered(room, app, own))[0] == prolific["text"]
    client = {"name": "Ann Ortiz"}
    for_her = room.statement("Cor", "Turbines!", on_behalf_of=client, source=ELSEWHERE, analysis=False)
    assert said(gathered(room, app, for_her))[0] == own["text"]
    # The newest only, on both databases.
    monkeypatch.setattr(lookups, "_OF_A_SPEAKER", 25)
    assert prolific["text"] not in said(gathered(room, app, own))


def test_what_is_said_later_takes_no_place_from_what_was_said_before(
    room: Newsroom, app: Flask, prolific: Any
) -> None:
    own = room.statement("Ann Ortiz", "The turbines turned.", source=ELSEWHERE, analysis=False)
    for i in range(40):
        room.statement("Ann Ortiz", f"My cat is {i} today.", source=ELSEWHERE, analysis=False)
    assert said(gathered(room, app, own, before=UUID(own["id"])))[0] == prolific["text"]


def test_what_a_contributor_may_not_read_takes_no_place_of_a_speakers_own(
    room: Newsroom, app: Flask, prolific: Any
) -> None:
    draft = {"source": ELSEWHERE, "analysis": False, "status": "draft"}
    for i in range(40):
        room.statement("Ann Ortiz", f"My cat is {i} today.", role="colleague", **draft)
    own = room.statement("Ann Ortiz", "The turbines turned.", role="contributor", **draft)
    found = gathered(room, app, own, reader=key_of(app, "a contributor"))
    assert said(found)[0] == prolific["text"]


def test_to_speak_in_the_same_role_is_nothing_to_compare(room: Newsroom, app: Flask) -> None:
    """But what is said of somebody in that role is."""
    of_them = room.statement("Ann", "The harbourmaster slept.", analysis=False)
    room.statement("Ben", "Nobody rang.", speaker_role="harbourmaster", source=ELSEWHERE, analysis=False)
    room.statement("Cor", "Nobody wrote.", speaker_role="pilot", source=ELSEWHERE, analysis=False)
    dark = {"text": "It was dark.", "speaker_role": "harbourmaster", "source": ELSEWHERE}
    own = room.statement("Dan", **dark, analysis=False)
    scores = {one.text: one.score for one in gathered(room, app, own).statements}
    # They stand in the same source, all three.
    assert scores["Nobody rang."] == scores["Nobody wrote."] > 0
    assert of_them["text"] in scores
