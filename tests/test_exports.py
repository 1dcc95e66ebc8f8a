"""Exports: CSV read back with the csv module, ninjs and ANS held against schemas, Argdown taken apart."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from bs4 import BeautifulSoup

import hostile
from factcheck.publish import argdown, tables
from newsroom import Newsroom

BASE = "http://127.0.0.1:8000"
SCHEMAS = Path(__file__).parent / "schemas"
LISTS = ("statements", "claims", "entities", "sources", "contradictions", "reviews")
CSV = {"Accept": "text/csv"}


@pytest.fixture
def crane(newsroom: Newsroom) -> dict[str, Any]:
    """A claim with two sides, a counter-claim, a contradiction, a retraction and a verdict."""
    newsroom.claim("moved", "Brandt moved the lever.", about=["Ilse Brandt"], topics=["harbour", "cranes"])
    newsroom.claim("by-itself", "The lever moved by itself.")
    newsroom.relate("moved", "contradicts", "by-itself")
    made = {
        "denial": newsroom.statement(
            text="I never touched it.",
            said_on="2022-04-20",
            speaker_role="foreman",
            on_behalf_of={"name": "Northgate", "type": "Organization"},
            source={"url": newsroom.url, "headline": "The lever", "publisher": "Herald"},
            disputes="moved",
        ),
        "admission": newsroom.statement(text="I moved it.\nReally.", said_on="2022-05", supports="moved"),
        "report": newsroom.statement("Karl Vogt", "Sie war es.", kind="indirect", supports="moved"),
        "counter": newsroom.statement("Nora Lind", "It went off.", supports="by-itself"),
        "gone": newsroom.statement("Olaf Meer", "Who? She.", supports="moved"),
    }
    newsroom.retract(made["gone"])
    return made


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def export(newsroom: Newsroom, name: str, *, role: str = "public", status: int = 200) -> list[dict[str, str]]:
    answer = newsroom.call("GET", f"/exports/{name}", role=role)
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "text/csv; charset=utf-8; header=present"
    text = answer.get_data().decode("utf-8")
    assert text.startswith("\ufeff"), "Excel reads a file without this mark as something else than UTF-8"
    return rows(text[1:])


# CSV.


def test_statements_make_a_table(crane: dict[str, Any], newsroom: Newsroom) -> None:
    found = export(newsroom, "statements.csv?claim=moved&stance=disputes")
    (row,) = found
    denial = newsroom.get(f"/v1/statements/{crane['denial']['id']}")
    assert row == {
        "id": denial["id"],
        "text": "I never touched it.",
        "kind": "direct",
        "language": "en",
        "speaker": "Ilse Brandt",
        "speaker_slug": "ilse-brandt",
        "speaker_role": "foreman",
        "on_behalf_of": "Northgate",
        "said_on": "2022-04-20",
        "said_to": "",
        "source_url": newsroom.url,
        "source_headline": "The lever",
        "source_publisher": "Herald",
        "source_published_on": "",
        "verification": "",
        "status": "published",
        "retracted_because": "",
        "page": f"{BASE}/statements/{denial['id']}",
        "created_at": denial["created_at"],
        "updated_at": denial["updated_at"],
    }
    assert [row["text"] for row in export(newsroom, "statements.csv?source=" + denial["source"]["id"])] == [
        "Who? She.",
        "It went off.",
        "Sie war es.",
        "I moved it.\nReally.",
        "I never touched it.",
    ]
    assert export(newsroom, "statements.csv?status=retracted")[0]["retracted_because"] == "Misheard."


def test_every_list_makes_a_table(crane: dict[str, Any], newsroom: Newsroom) -> None:
    newsroom.post(
        "/v1/reviews",
        {
            "claim": "moved",
            "author": {"name": "Desk"},
            "published_on": "2023-02-01",
            "rating": {"name": "True", "value": 5, "worst": -1, "best": 5},
        },
    )
    for name in LISTS:
        listed = newsroom.get(f"/v1/{name}?limit=200", role="public")["items"]
        assert listed
        assert [row["id"] for row in export(newsroom, f"{name}.csv")] == [item["id"] for item in listed]
    claim = export(newsroom, "claims.csv?topic=harbour")[0]
    assert (claim["about"], claim["topics"]) == ("Ilse Brandt", "harbour; cranes")
    flag = export(newsroom, "contradictions.csv?claim=moved")[0]
    assert flag["same_speaker"] == "true"
    assert (flag["first_text"], flag["second_text"]) == ("I never touched it.", "I moved it.\nReally.")
    assert flag["first_page"] == f"{BASE}/statements/{crane['denial']['id']}"
    review = export(newsroom, "reviews.csv")[0]
    assert (review["claim_slug"], review["rating_worst"], review["rating_value"]) == ("moved", "-1", "5")
    hits = export(newsroom, "search.csv?q=lever")
    assert {(hit["type"], hit["claim_slug"]) for hit in hits} == {("claim", "moved"), ("claim", "by-itself")}


def test_a_list_is_a_table_where_one_is_asked_for(crane: dict[str, Any], newsroom: Newsroom) -> None:
    answer = newsroom.call("GET", "/v1/statements?limit=2&speaker=ilse-brandt", role="public", **CSV)
    assert answer.content_type == "text/csv; charset=utf-8; header=present"
    found = rows(answer.get_data(as_text=True))
    assert [row["text"] for row in found] == ["I moved it.\nReally.", "I never touched it."]
    for accept, expected in {
        "": "application/json",
        "*/*": "application/json",
        "application/json, text/csv": "application/json",
        "text/csv;q=0.5, application/json;q=0.4": "text/csv",
        "text/csv, */*;q=0.1": "text/csv",
        "text/*": "text/csv",
    }.items():
        answer = newsroom.call("GET", "/v1/claims", role="public", Accept=accept)
        assert answer.mimetype == expected, accept
        assert "Accept" in answer.headers["Vary"]
    table = newsroom.call("GET", "/v1/claims", role="public", **CSV)
    plain = newsroom.call("GET", "/v1/claims", role="public")
    assert table.headers["ETag"] != plain.headers["ETag"]
    again = newsroom.call("GET", "/v1/claims", role="public", If_None_Match=table.headers["ETag"], **CSV)
    assert again.status_code == 304
    # A resource that is no list, and an error, stay what they are.
    assert newsroom.call("GET", "/v1/claims/moved", role="public", **CSV).mimetype == "application/json"
    wrong = newsroom.call("GET", "/v1/claims?limit=x", role="public", **CSV)
    assert (wrong.status_code, wrong.mimetype) == (422, "application/problem+json")


def test_pages_of_a_table_follow_the_link(newsroom: Newsroom) -> None:
    for number in range(3):
        newsroom.claim(f"claim-{number}")
    seen, path = [], "/v1/claims?limit=2"
    while path:
        answer = newsroom.call("GET", path, role="public", **CSV)
        seen += [row["slug"] for row in rows(answer.get_data(as_text=True))]
        link = re.match(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        path = link[1] if link else ""
    assert seen == ["claim-2", "claim-1", "claim-0"]


def test_an_export_holds_all_pages_up_to_a_limit(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        newsroom.claim(f"claim-{number}")
    monkeypatch.setattr("factcheck.publish.exports.PER_PAGE", 2)
    assert len(export(newsroom, "claims.csv")) == 5
    monkeypatch.setattr("factcheck.publish.exports.MAX_ROWS", 3)
    answer = newsroom.call("GET", "/exports/claims.csv?kind=other", role="public")
    seen = [row["slug"] for row in rows(answer.get_data(as_text=True)[1:])]
    link = re.match(r'<([^>]+)>; rel="next"', answer.headers["Link"])
    assert link is not None
    rest = newsroom.call("GET", link[1], role="public")
    seen += [row["slug"] for row in rows(rest.get_data(as_text=True)[1:])]
    assert seen == [f"claim-{number}" for number in (4, 3, 2, 1, 0)]
    assert "Link" not in rest.headers


def test_an_export_of_long_texts_ends_sooner(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [letter * 20_000 for letter in "abcde"]
    for text in texts:
        newsroom.statement(text=text, analysis=False)
    monkeypatch.setattr("factcheck.publish.exports.PER_PAGE", 1)
    monkeypatch.setattr("factcheck.publish.exports.MAX_CHARACTERS", 30_000)
    seen, path = [], "/exports/statements.csv"
    while path:
        answer = newsroom.call("GET", path, role="public")
        assert len(answer.get_data()) < 50_000 + 2_000
        seen.append([row["text"] for row in rows(answer.get_data(as_text=True)[1:])])
        link = re.match(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        path = link[1] if link else ""
    assert seen == [[texts[4], texts[3]], [texts[2], texts[1]], [texts[0]]]


def test_longer_lists_take_no_more_queries(newsroom: Newsroom, queries: list[str]) -> None:
    """Each row with a claim, an entity, a speaker and a source of its own."""
    paths = [f"/v1/{name}?limit=200" for name in LISTS] + [f"/exports/{name}.csv" for name in LISTS]
    paths += ["/v1/search?limit=200&q=pier", "/exports/search.csv?q=pier", "/v1/claims/claim-0/relations"]
    counts: list[dict[str, int]] = []
    for start, end in ((0, 3), (3, 12)):
        for number in range(start, end):
            slug = f"claim-{number}"
            newsroom.claim(slug, f"Pier {number} stands.", about=[f"Pier {number}", f"Owner {number}"])
            review = {"claim": slug, "author": {"name": "Desk"}, "rating": {"name": "True"}}
            newsroom.post("/v1/reviews", {**review, "published_on": "2023-02-01"})
            for stance in ("supports", "disputes"):
                speaker, source = f"{stance} {number}", {"url": f"https://herald.example/{stance}/{number}"}
                newsroom.statement(speaker, f"Pier {number}, I said.", source=source, **{stance: slug})
            if number:
                newsroom.relate("claim-0", "implies", slug)
        counts.append({})
        for path in paths:
            queries.clear()
            answer = newsroom.call("GET", path, role="public")
            shown = answer.get_data(as_text=True)
            assert shown.count("\r\n") > end or len(answer.get_json()["items"]) >= end - 1, path
            counts[-1][path] = len(queries)
    assert counts[0] == counts[1]
    assert 0 < min(counts[1].values()) <= max(counts[1].values()) <= 10


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("statements.csv?color=red", 422),
        ("statements.csv?limit=5", 422),
        ("statements.csv?cursor=forged", 422),
        ("search.csv", 422),
        ("keys.csv", 404),
        ("statements.xlsx", 404),
    ],
)
def test_wrong_exports_are_refused(newsroom: Newsroom, path: str, status: int) -> None:
    assert newsroom.call("GET", f"/exports/{path}", role="public").status_code == status


def test_tables_show_what_the_key_may_see(newsroom: Newsroom) -> None:
    newsroom.statement(text="A secret.", role="contributor")
    assert export(newsroom, "statements.csv") == []
    assert [row["status"] for row in export(newsroom, "statements.csv", role="editor")] == ["draft"]
    assert len(export(newsroom, "statements.csv", role="contributor")) == 1
    answer = newsroom.call("GET", "/exports/statements.csv", role="editor")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert newsroom.call("GET", "/exports/statements.csv", Authorization="Bearer no").status_code == 401


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("", ""),
        ("a=1", "a=1"),
        ("'quoted'", "'quoted'"),
        ("=1+1", "'=1+1"),
        ("+49 30", "'+49 30"),
        ("-5 °C", "'-5 °C"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r\n=1", "'\r\n=1"),
        ("  =1", "'  =1"),
        ("\xa0@x", "'\xa0@x"),
        ("＝1", "'＝1"),
        ("“=1”", "“=1”"),
    ],
)
def test_nothing_in_a_table_is_computed(text: str, expected: str) -> None:
    assert tables.harmless(text) == expected


@pytest.mark.parametrize("text", hostile.TEXTS)
def test_hostile_text_stays_text_in_tables(newsroom: Newsroom, text: str) -> None:
    made = hostile.tell(newsroom, text)
    for name in LISTS:
        raw = newsroom.call("GET", f"/exports/{name}.csv", role="public").get_data(as_text=True)[1:]
        found = rows(raw)
        assert len(found) == len(newsroom.get(f"/v1/{name}?limit=200", role="public")["items"])
        for row in found:
            assert None not in row
            for column, cell in row.items():
                number = column in ("rating_value", "rating_worst", "rating_best", "score")
                assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), column
    by_id = {row["id"]: row for row in export(newsroom, "statements.csv")}
    row = by_id[made.first["id"]]
    assert row["text"] == f"a {text} b"
    assert row["speaker_role"] == tables.harmless(text)
    review = export(newsroom, "reviews.csv")[0]
    assert review["rating_value"] == "-3"


# ninjs and ANS.


def ninjs(newsroom: Newsroom, slug: str) -> Any:
    answer = newsroom.call("GET", f"/exports/claims/{slug}.ninjs.json", role="public")
    assert answer.status_code == 200
    found = answer.get_json()
    jsonschema.validate(found, json.loads((SCHEMAS / "ninjs-3.1.json").read_text()))
    return found


def test_a_claim_is_a_news_item(crane: dict[str, Any], newsroom: Newsroom) -> None:
    item = ninjs(newsroom, "moved")
    view = newsroom.view("moved")
    assert item["uri"] == f"{BASE}/claims/moved"
    assert item["standard"]["version"] == "3.1"
    assert item["version"] == str(view["version"])
    assert item["versionCreated"] == view["as_of"]
    assert item["headlines"][0]["value"] == "Brandt moved the lever."
    assert [subject["name"] for subject in item["subjects"]] == ["harbour", "cranes"]
    assert {(p["name"], p["rel"]) for p in item["people"]} == {
        ("Ilse Brandt", "about"),
        ("Karl Vogt", "speaker"),
    }
    assert item["organisations"] == [
        {"name": "Northgate", "rel": "onBehalfOf", "uri": f"{BASE}/entities/northgate"}
    ]
    assert {source["name"] for source in item["infoSources"]} == {"Herald"}
    assert {a["uri"].rpartition("/")[2]: (a["rel"], a["pubStatus"]) for a in item["associations"]} == {
        crane["admission"]["id"]: ("supports", "usable"),
        crane["report"]["id"]: ("supports", "usable"),
        crane["denial"]["id"]: ("disputes", "usable"),
        crane["gone"]["id"]: ("retracted", "canceled"),
    }
    html, text = (body["value"] for body in item["bodies"])
    shown = BeautifulSoup(html, "html.parser")
    assert [h.get_text() for h in shown.find_all("h2")] == ["For", "Against", "Retracted"]
    assert shown.find("s").get_text() == "Who? She."  # type: ignore[union-attr]
    assert "I never touched it.\nIlse Brandt, foreman, on behalf of Northgate, 2022-04-20" in text
    assert item["representationType"] == "full"


def test_a_long_side_is_said_to_be_cut(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factcheck.publish.exports.STATEMENTS_PER_SIDE", 2)
    newsroom.claim("one")
    assert "associations" not in ninjs(newsroom, "one")
    for number in range(3):
        newsroom.statement(f"S{number}", supports="one")
    item = ninjs(newsroom, "one")
    assert item["representationType"] == "partial"
    assert item["descriptions"][0]["value"] == "3 for, 0 against."
    assert len(item["associations"]) == 2


def ans(newsroom: Newsroom, id_: str) -> Any:
    answer = newsroom.call("GET", f"/exports/statements/{id_}.ans.json", role="public")
    assert answer.status_code == 200
    found = answer.get_json()
    jsonschema.validate(found, json.loads((SCHEMAS / "ans-quote.json").read_text()))
    return found


def test_a_statement_is_a_quote_of_a_story(crane: dict[str, Any], newsroom: Newsroom) -> None:
    quote = ans(newsroom, crane["denial"]["id"])
    assert quote["content_elements"] == [{"type": "text", "content": "I never touched it."}]
    citation = BeautifulSoup(quote["citation"]["content"], "html.parser")
    assert citation.get_text() == "Ilse Brandt, foreman, on behalf of Northgate, 2022-04-20, The lever"
    assert citation.a is not None
    assert citation.a["href"] == newsroom.url
    assert quote["additional_properties"]["url"] == f"{BASE}/statements/{crane['denial']['id']}"
    assert ans(newsroom, crane["report"]["id"])["subtype"] == "report"
    gone = ans(newsroom, crane["gone"]["id"])
    assert gone["content_elements"][0]["content"] == "<s>Who? She.</s>"
    assert "retracted: Misheard." in gone["citation"]["content"]


@pytest.mark.parametrize("text", hostile.TEXTS)
def test_hostile_text_stays_text_in_news_items(newsroom: Newsroom, text: str) -> None:
    made = hostile.tell(newsroom, text)
    item = ninjs(newsroom, "one")
    assert item["title"] == text
    shown = BeautifulSoup(item["bodies"][0]["value"], "html.parser")
    assert {tag.name for tag in shown.find_all(True)} == {"h1", "h2", "blockquote", "p", "s"}
    assert shown.h1 is not None
    assert shown.h1.get_text().replace("\r\n", "\n") == text.replace("\r\n", "\n")
    quote = ans(newsroom, made.first["id"])
    words = BeautifulSoup(quote["content_elements"][0]["content"], "html.parser")
    assert not words.find_all(True)
    assert words.get_text().replace("\r\n", "\n") == f"a {text} b".replace("\r\n", "\n")
    citation = BeautifulSoup(quote["citation"]["content"], "html.parser")
    assert [tag.name for tag in citation.find_all(True)] == ["a"]
    assert citation.a is not None
    assert citation.a.attrs == {"href": "https://a.example/?a=1&b='2'"}


# Argdown.

# A line of a dossier: a sign of relation, a title in its brackets, a text, its data.
LINE = re.compile(
    r"^(?P<sign>    (?:\+|-|><) )?(?P<title>\[[a-z0-9-]+\]|<[\w '’.-]+>)(?:: (?P<text>(?:\\.|[^\\{}])*) (?P<data>\{[^{}]*\}))?$"
)


def dossier(newsroom: Newsroom, slug: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the front matter and the lines of a dossier, taken apart by the rules of Argdown."""
    answer = newsroom.call("GET", f"/exports/claims/{slug}.argdown", role="public")
    assert answer.status_code == 200
    _, front, body = answer.get_data(as_text=True).split("===")
    head = dict(line.split(": ", 1) for line in front.strip().split("\n"))
    lines = []
    for line in body.strip().split("\n"):
        if line:
            found = LINE.match(line)
            assert found, line
            part = found.groupdict()
            if part["text"] is not None:
                part["text"] = re.sub(r"\\(.)", r"\1", part["text"])
                part["data"] = json.loads(re.sub(r'([{,] ?)(\w+): (?=["\[t])', r'\1"\2": ', part["data"]))
            lines.append(part)
    return head, lines


def test_a_dossier_is_a_debate(crane: dict[str, Any], newsroom: Newsroom) -> None:
    head, lines = dossier(newsroom, "moved")
    assert json.loads(head["title"]) == "Brandt moved the lever."
    told = [((line["sign"] or "").strip(), line["title"], line["text"]) for line in lines]
    assert told == [
        ("", "[moved]", "Brandt moved the lever."),
        ("+", "<Ilse Brandt 1>", "I moved it. Really."),
        ("+", "<Karl Vogt 2>", "Sie war es."),
        ("-", "<Ilse Brandt 3>", "I never touched it."),
        ("><", "[by-itself]", None),
        ("", "[by-itself]", "The lever moved by itself."),
        ("+", "<Nora Lind 4>", "It went off."),
        ("", "<Olaf Meer 5>", "Who? She."),
    ]
    assert lines[3]["data"] == {
        "speaker": "Ilse Brandt",
        "role": "foreman",
        "onBehalfOf": "Northgate",
        "saidOn": "2022-04-20",
        "source": newsroom.url,
        "url": f"{BASE}/statements/{crane['denial']['id']}",
    }
    assert lines[0]["data"]["topics"] == ["harbour", "cranes"]
    assert lines[7]["data"]["retracted"] == "Misheard."


def test_a_statement_for_two_claims_stands_once(newsroom: Newsroom) -> None:
    newsroom.claim("one", "The first.", about=["Ilse Brandt"], kind="exoneration")
    newsroom.claim("two", "The second.", about=["Ilse Brandt"], kind="responsibility")
    newsroom.statement("Ada Bell", "Both.", supports=["one", "two"])
    _, lines = dossier(newsroom, "one")
    told = [((line["sign"] or "").strip(), line["title"], line["text"]) for line in lines]
    assert told == [
        ("", "[one]", "The first."),
        ("+", "<Ada Bell 1>", "Both."),
        ("-", "[two]", None),
        ("", "[two]", "The second."),
        ("+", "<Ada Bell 1>", None),
    ]


@pytest.mark.parametrize("text", hostile.TEXTS)
def test_hostile_text_stays_text_in_argdown(newsroom: Newsroom, text: str) -> None:
    hostile.tell(newsroom, text)
    head, lines = dossier(newsroom, "one")
    line = " ".join(text.split())
    assert json.loads(head["title"]) == text
    assert [part["text"] for part in lines] == [
        line,
        f"a {line} b",
        f"f {line}",
        f"c {line}",
        None,
        f"Two {line}",
        f"d {line}",
        f"e {line}",
    ]
    assert lines[1]["data"]["speaker"] == lines[1]["data"]["role"] == text
    assert lines[-1]["data"]["retracted"] == text


@pytest.mark.parametrize("mark", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
def test_every_mark_means_itself(mark: str) -> None:
    assert argdown.escaped(f"a{mark}b") == f"a\\{mark}b"


def test_letters_of_all_scripts_stay_as_they_are() -> None:
    assert argdown.escaped("Zoë  سامي\n“🎥” 7") == "Zoë سامي “🎥” 7"


@pytest.mark.parametrize("path", ["claims/{}.ninjs.json", "claims/{}.argdown"])
def test_exports_of_claims_show_readers_views(newsroom: Newsroom, path: str) -> None:
    newsroom.claim("shown", "This is public.")
    newsroom.claim("hidden", "A secret claim.", role="contributor")
    newsroom.relate("shown", "contradicts", "hidden")
    newsroom.statement("Quiet Person", "A secret.", role="contributor", supports="shown")
    twin = newsroom.claim("twin")
    newsroom.post("/v1/claims/twin/merge", {"into": "shown", "reason": "The same."}, status=200)
    for key in ("shown", "twin", twin["id"]):
        answer = newsroom.call("GET", "/exports/" + path.format(key), role="editor")
        assert answer.status_code == 200
        assert "secret" not in answer.get_data(as_text=True)
    assert newsroom.call("GET", "/exports/" + path.format("hidden"), role="editor").status_code == 404
    newsroom.change("DELETE", "/v1/claims/shown", {"reason": "Wrong."})
    assert newsroom.call("GET", "/exports/" + path.format("shown"), role="editor").status_code == 410


def test_a_draft_is_no_quote(newsroom: Newsroom) -> None:
    draft = newsroom.statement(text="A secret.", role="contributor")
    for key in (draft["id"], "none"):
        assert newsroom.call("GET", f"/exports/statements/{key}.ans.json", role="editor").status_code == 404
