import pytest
from flask import Flask
from sqlalchemy import event

from factcheck import search
from factcheck.problems import Problem
from factcheck.search import Term, parse
from newsroom import Newsroom


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("Crane", [Term(("crane",))]),
        ("Ärger über", [Term(("arger",)), Term(("uber",))]),
        ('"safety report" exonerat*', [Term(("safety", "report")), Term(("exonerat",), prefix=True)]),
        ("crane -wind", [Term(("crane",)), Term(("wind",), excluded=True)]),
        ('crane -"high wind"', [Term(("crane",)), Term(("high", "wind"), excluded=True)]),
        ("o'clock", [Term(("o", "clock"))]),
        ('unclosed "phrase here', [Term(("unclosed",)), Term(("phrase", "here"))]),
        ("a AND NOT (b)", [Term(("a",)), Term(("and",)), Term(("not",)), Term(("b",))]),
        ("NEAR(a b, 3)", [Term(("near", "a")), Term(("b",)), Term(("3",))]),
    ],
)
def test_parse(query: str, terms: list[Term]) -> None:
    assert parse(query) == terms


@pytest.mark.parametrize("query", ['"', "***", "-crane", "'; DROP TABLE", "&|!()", "a " * 21])
def test_queries_without_a_word_to_look_for(query: str) -> None:
    if "DROP" in query:
        assert parse(query)
        return
    with pytest.raises(Problem):
        parse(query)


@pytest.fixture
def library(newsroom: Newsroom) -> Newsroom:
    newsroom.statement(
        "José Álvarez",
        text="The safety report exonerates nobody.",
        supports={"text": "Reports of safety are late.", "slug": "late"},
    )
    newsroom.statement("Dana Ruiz", text="A report on safety came late, in high wind.")
    newsroom.statement("Dana Ruiz", text="It's 5 o'clock & the <crane> fell!")
    return newsroom


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("safety", {"exonerates nobody", "came late", "Reports of safety"}),
        ("SAFETY reports", {"exonerates nobody", "came late", "Reports of safety"}),
        ('"safety report"', {"exonerates nobody"}),
        ("exonerated", {"exonerates nobody"}),
        ("exoner*", {"exonerates nobody"}),
        ("exonerat*", {"exonerates nobody"}),
        ("safety -wind", {"exonerates nobody", "Reports of safety"}),
        ('safety -"high wind" late', {"Reports of safety"}),
        ("alvarez", {"exonerates nobody"}),
        ("o'clock crane", {"clock"}),
        ("safety OR crane", set()),
        ("nothing", set()),
        ('crane" OR "a', set()),
        ("stems:safety", set()),
        ("%' OR 1=1", set()),
    ],
)  # fmt: skip
def test_search(library: Newsroom, query: str, found: set[str]) -> None:
    response = library.client.get("/v1/search", query_string={"q": query})
    assert response.status_code == 200, response.data
    texts = [(item["statement"] or item["claim"])["text"] for item in response.get_json()["items"]]
    assert len(texts) == len(found)
    assert all(any(words in text for text in texts) for words in found)


def test_search_is_right_in_the_same_transaction(library: Newsroom) -> None:
    def found(query: str, role: str = "public") -> int:
        return len(library.get(f"/v1/search?q={query}", role=role)["items"])

    statement = library.get("/v1/statements?q=crane")["items"][0]
    path = f"/v1/statements/{statement['id']}"
    library.change("PATCH", path, {"text": "The derrick fell.", "reason": "r"})
    assert (found("crane"), found("derrick")) == (0, 1)
    library.change("PATCH", "/v1/entities/dana-ruiz", {"name": "Dana Gómez"})
    assert (found("ruiz"), found("gomez")) == (0, 2)
    library.change("PATCH", "/v1/entities/dana-ruiz", {"alternate_names": ["Dee Gómez"]})
    assert found("dee") == 2
    library.retract(statement)
    assert (found("derrick"), found("derrick", "editor")) == (0, 1)
    library.change("DELETE", "/v1/claims/late", {"reason": "r"})
    assert found("reports", "editor") == 2
    library.statement(role="contributor", text="A secret draft.")
    assert (found("secret"), found("secret", "editor")) == (0, 1)


def test_pages_and_types(library: Newsroom) -> None:
    first = library.get("/v1/search?q=safety&limit=2", role="public")
    assert len(first["items"]) == 2
    second = library.get(f"/v1/search?q=safety&limit=2&cursor={first['next_cursor']}", role="public")
    assert len(second["items"]) == 1
    assert second["next_cursor"] is None
    assert [i["type"] for i in library.get("/v1/search?q=safety&type=claim")["items"]] == ["claim"]
    assert library.get("/v1/search", status=422)["errors"][0]["parameter"] == "q"
    assert library.get("/v1/search?q=*", status=422)["errors"][0]["parameter"] == "q"


def test_of_what_a_common_word_matches_the_newest_are_ranked(
    library: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody may not read takes no place, and does not show in what is said of the bound."""
    monkeypatch.setattr(search, "RANKED", 3)
    found = library.get("/v1/search?q=safety", role="public")
    assert (len(found["items"]), found["newest_only"]) == (3, True)
    assert library.get("/v1/search?q=crane", role="public")["newest_only"] is False
    for number in range(3):
        library.statement(role="contributor", text=f"Crane number {number} is a draft.")
    assert library.get("/v1/search?q=crane", role="public")["newest_only"] is False
    assert len(library.get("/v1/search?q=crane", role="public")["items"]) == 1
    assert library.get("/v1/search?q=crane")["newest_only"] is True
    library.statement(text="Safety, and nothing but safety: a safety that is safe.")
    page = library.get("/v1/search?q=safety&limit=2", role="public")
    assert "nothing but safety" in page["items"][0]["statement"]["text"]
    rest = library.get(f"/v1/search?q=safety&limit=2&cursor={page['next_cursor']}", role="public")
    assert (len(rest["items"]), rest["next_cursor"], rest["newest_only"]) == (1, None, True)


def test_claims_are_found_by_an_index_of_their_own_that_follows_every_change(library: Newsroom) -> None:
    def found(query: str) -> int:
        return len(library.get(f"/v1/search?q={query}&type=claim")["items"])

    assert [
        found(query) for query in ("safety", "crane", "report*", "safety+-late", '"reports+of+safety"')
    ] == [
        *(1, 0, 1, 0),
        1,
    ]
    library.change("PATCH", "/v1/claims/late", {"text": "The minutes are late.", "reason": "r"})
    assert (found("safety"), found("minutes"), found("late")) == (0, 1, 1)
    library.statement(text="Minutes and nothing else.")
    assert found("minutes") == 1


def test_sqlite_finds_the_index_of_claims_sound(library: Newsroom, app: Flask) -> None:
    engine = app.extensions["factcheck.database"].writer
    if engine.dialect.name != "sqlite":
        return
    library.change("PATCH", "/v1/claims/late", {"text": "The minutes are late.", "reason": "r"})
    with engine.begin() as connection:
        for index in ("search_index", "search_index_claim"):
            connection.exec_driver_sql(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")
            connection.exec_driver_sql(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")
    assert len(library.get("/v1/search?q=minutes&type=claim")["items"]) == 1


def test_a_search_of_claims_reads_no_words_of_statements(library: Newsroom, app: Flask) -> None:
    engine = app.extensions["factcheck.database"].reader
    seen: list[str] = []
    listen = (engine, "before_cursor_execute", lambda *said: seen.append(said[2]))
    event.listen(*listen)
    library.get("/v1/search?q=safety&type=claim")
    event.remove(*listen)
    (ranking,) = [statement for statement in seen if "rank" in statement and "search_document" in statement]
    by_claims = "search_index_claim MATCH" if engine.dialect.name == "sqlite" else "record_type = 'claim'"
    assert by_claims in ranking
