"""`POST /v1/extract` as a client sees it."""

import json
from typing import Any

import pytest

from newsroom import Newsroom

ARTICLE = (
    "The ferry was overloaded, the harbour master said.\n\n"
    "“We counted them on, and we counted wrong,” said Dana Ruiz, who runs the port.\n\n"
    "Her lawyer, Tom Asher, called the charge “a bad joke”."
)
PAGE = """<html><head><title>Ferry</title><script>var quote = "“never”, said X"</script></head><body>
<nav><a href="/">Home</a></nav><article><h1>Ferry report is out</h1>
<p>The ferry was overloaded, the harbour master said on Tuesday, after weeks of denials by the line.</p>
<p>“We counted them on,” said <a href="/ruiz">Dana Ruiz</a>, who runs the port. “We counted wrong.”</p>
<table><tr><td>“A table,” said Nobody Atall.</td></tr></table></article>
<div id="comments"><p>“Nonsense,” said Reader One.</p></div></body></html>"""


def extract(newsroom: Newsroom, body: Any, *, role: str = "contributor", status: int = 200) -> Any:
    return newsroom.post("/v1/extract", body, role=role, status=status)


def test_quotations_of_a_text(newsroom: Newsroom) -> None:
    answer = extract(newsroom, {"text": ARTICLE})
    assert answer["text"] == ARTICLE
    assert answer["language"] == "en"
    for quotation in answer["quotations"]:
        for span in (quotation, quotation["cue"], quotation["speaker_mention"]):
            assert ARTICLE[span["start"] : span["end"]] == span["text"]
    direct = [q for q in answer["quotations"] if q["kind"] == "direct"]
    assert [(q["speaker"], q["cue"]["text"]) for q in direct] == [
        ("Dana Ruiz", "said"),
        ("Tom Asher", "called"),
    ]
    assert [q["text"] for q in answer["quotations"] if q["kind"] == "indirect"] == [
        "The ferry was overloaded"
    ]


def test_quotations_of_a_page(newsroom: Newsroom) -> None:
    answer = extract(newsroom, {"html": PAGE})
    direct = [q for q in answer["quotations"] if q["kind"] == "direct"]
    assert [(q["text"], q["speaker"]) for q in direct] == [
        ("We counted them on,", "Dana Ruiz"),
        ("We counted wrong.", "Dana Ruiz"),
    ]
    assert all(answer["text"][q["start"] : q["end"]] == q["text"] for q in answer["quotations"])
    assert "Reader One" not in answer["text"]


def test_other_languages_have_no_speakers(newsroom: Newsroom) -> None:
    text = "„Wir haben davon nichts gewusst“, sagte Anna Keller. „Niemand hat uns gewarnt.“"
    answer = extract(newsroom, {"text": text})
    assert answer["language"] == "de"
    assert [(q["text"], q["speaker"]) for q in answer["quotations"]] == [
        ("Wir haben davon nichts gewusst", None),
        ("Niemand hat uns gewarnt.", None),
    ]
    assert extract(newsroom, {"text": ARTICLE, "language": "en-GB"})["language"] == "en-GB"


def test_control_characters_stay_where_they_are(newsroom: Newsroom) -> None:
    text = "\x00\x07“It\x01 fell,” said\u200b Dana Ruiz.\r\n\x1f"
    answer = extract(newsroom, {"text": text})
    assert answer["text"] == text
    assert answer["quotations"][0]["text"] == "It\x01 fell,"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/text"),
        ({"text": "a", "html": "<p>a"}, "#/text"),
        ({"text": ""}, "#/text"),
        ({"text": " \n"}, "#/text"),
        ({"html": ""}, "#/html"),
        ({"html": "<p></p>"}, "#/html"),
        ({"html": "<<<\x00>"}, "#/html"),
        ({"text": 5}, "#/text"),
        ({"text": "\ud800"}, "#/text"),
        ({"text": "a", "language": "no language"}, "#/language"),
        ({"text": "a", "url": "https://herald.example"}, "#/url"),
        ([], "#"),
    ],
)
def test_bad_bodies_are_refused_by_field(newsroom: Newsroom, body: Any, pointer: str) -> None:
    assert extract(newsroom, body, status=422)["errors"][0]["pointer"] == pointer


def test_half_a_megabyte_is_read_and_more_is_refused(newsroom: Newsroom) -> None:
    longest = ("“We knew,” said Ann Ortiz of the harbour. " * 12_500)[:500_000]
    headers = newsroom.headers("contributor")
    # Written as ASCII, as most clients do, this is well over half a million bytes.
    response = newsroom.client.post(
        "/v1/extract", data=json.dumps({"text": longest}), headers=headers, content_type="application/json"
    )
    assert response.status_code == 200
    assert len(response.get_json()["quotations"]) > 10_000
    problem = extract(newsroom, {"text": longest + "a"}, status=413)
    assert problem["detail"].startswith("The article is 500,001 characters long")
    assert extract(newsroom, {"text": "é" * 4_000_000}, status=413)["status"] == 413


def test_longer_or_deeper_pages_are_refused(newsroom: Newsroom) -> None:
    problem = extract(newsroom, {"html": "<p>" + "a" * 600_000}, status=413)
    assert problem["detail"].startswith("The page is 600,003 characters long, and at most 600,000 are read")
    deep = "<html><body>" + "<div>" * 200 + "<p>We knew.</p>" * 10_000 + "</body></html>"
    assert "nested too deeply" in extract(newsroom, {"html": deep}, status=413)["detail"]
    page = PAGE.replace("<article>", "<div>" * 60 + "<article>")
    assert "Dana Ruiz" in extract(newsroom, {"html": page})["text"]


def test_it_needs_a_contributor_and_stores_nothing(newsroom: Newsroom) -> None:
    extract(newsroom, {"text": ARTICLE}, role="public", status=401)
    extract(newsroom, {"text": ARTICLE}, role="reader", status=403)
    extract(newsroom, {"text": ARTICLE}, role="editor")
    assert newsroom.get("/v1/statements")["items"] == []
    assert newsroom.get("/v1/entities")["items"] == []
