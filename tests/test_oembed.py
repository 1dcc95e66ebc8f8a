import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import micawber
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

import wordpress
from factcheck.text import one_line
from live import serving
from newsroom import Newsroom

OURS = "http://127.0.0.1:8000"
HOSTILE = "\"><script>alert(1)</script>\n\u2028<img src=x onerror=alert(1)>&lt;b&gt;' </a></blockquote>"
Ask = Callable[..., Any]


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    """Return a function that asks for the embed of an address and holds the answer to a status."""

    def ask(url: str, status: int = 200, **arguments: Any) -> Any:
        given = {"url": OURS + url if url.startswith("/") else url, **arguments}
        response = client.get("/oembed", query_string=given)
        assert response.status_code == status, response.get_data(as_text=True)
        return response.get_json(force=True)

    return ask


def frame(answer: Any) -> dict[str, Any]:
    found = BeautifulSoup(answer["html"], "html.parser").iframe
    assert found is not None
    return dict(found.attrs)


def fallback(answer: Any) -> str:
    found = BeautifulSoup(answer["html"], "html.parser").blockquote
    assert found is not None
    return found.get_text()


def test_a_claim_is_described(newsroom: Newsroom, ask: Ask) -> None:
    newsroom.claim("moved", "Brandt moved the lever.")
    answer = ask("/claims/moved")
    html = answer.pop("html")
    assert re.fullmatch(rf"{OURS}/claims/moved/picture\.png\?v=[\d.T:-]+", answer.pop("thumbnail_url"))
    assert answer == {
        "version": "1.0",
        "type": "rich",
        "title": "Brandt moved the lever.",
        "provider_name": "127.0.0.1",
        "provider_url": f"{OURS}/",
        "cache_age": 3600,
        "width": 600,
        "height": 480,
        "thumbnail_width": 1200,
        "thumbnail_height": 630,
    }
    assert re.fullmatch(
        rf'<blockquote><a href="{OURS}/claims/moved">Brandt moved the lever\. \(as of \d+ [A-Z]\w+ \d{{4}}\)'
        rf'</a></blockquote><iframe src="{OURS}/embed/claims/moved" title="Brandt moved the lever\." '
        r'width="600" height="480" frameborder="0"></iframe>',
        html,
    )


def test_a_statement_is_described_word_for_word(newsroom: Newsroom, ask: Ask) -> None:
    made = newsroom.statement(text="I never touched it.", said_on="2022-04")
    answer = ask(f"/statements/{made['id']}")
    assert answer["author_name"] == "Ilse Brandt"
    assert answer["title"] == "Ilse Brandt: I never touched it."
    assert fallback(answer).startswith("Ilse Brandt, April 2022: “I never touched it.” (as of ")
    assert frame(answer)["src"] == f"{OURS}/embed/statements/{made['id']}"
    reported = newsroom.statement(text="She never touched it.", kind="indirect")
    assert "“" not in fallback(ask(f"/statements/{reported['id']}"))


def test_a_contradiction_is_described_by_its_embed(newsroom: Newsroom, ask: Ask) -> None:
    newsroom.claim("moved")
    newsroom.statement(disputes="moved")
    newsroom.statement("Karl Vogt", supports="moved")
    [flag] = newsroom.contradictions()
    answer = ask(f"/embed/contradictions/{flag['id']}?theme=dark&version=1.1")
    assert answer["title"] == "Ilse Brandt and Karl Vogt contradict each other"
    assert f'<a href="{OURS}/contradictions/{flag["id"]}">' in answer["html"]
    assert frame(answer)["src"] == f"{OURS}/embed/contradictions/{flag['id']}?theme=dark&version=1.1"
    ask(f"/embed/contradictions/{flag['id']}?version=1.9", 404)
    path = f"/v1/contradictions/{flag['id']}/decision"
    newsroom.post(path, {"status": "dismissed", "reason": "Two cranes."}, status=200)
    ask(f"/embed/contradictions/{flag['id']}", 404)
    newsroom.post(path, {"status": "open", "reason": "One crane."}, status=200)
    newsroom.retract(flag["statements"][0])
    answer = ask(f"/contradictions/{flag['id']}")
    assert fallback(answer).startswith("No longer standing: Ilse Brandt and Karl Vogt contradict each other")


def test_a_contradiction_that_an_editor_undid_is_gone(newsroom: Newsroom, ask: Ask) -> None:
    newsroom.claim("moved")
    made = newsroom.statement(disputes="moved")
    newsroom.statement(supports="moved")
    [flag] = newsroom.contradictions()
    assert ask(f"/contradictions/{flag['id']}")["title"] == "Ilse Brandt contradicts an own statement"
    newsroom.change("DELETE", f"/v1/statements/{made['id']}/links/moved", {"reason": "Another lever."})
    ask(f"/contradictions/{flag['id']}", 410)


def test_a_contradiction_that_no_reader_sees_is_not_there(newsroom: Newsroom, ask: Ask) -> None:
    newsroom.claim("moved")
    newsroom.statement(disputes="moved")
    newsroom.statement("Karl Vogt", supports="moved", status="draft")
    [flag] = newsroom.contradictions()
    ask(f"/embed/contradictions/{flag['id']}", 404)


def test_the_bounds_of_the_host_are_obeyed(newsroom: Newsroom, ask: Ask) -> None:
    newsroom.claim("moved")
    answer = ask("/claims/moved", maxwidth=320, maxheight=200)
    assert (answer["width"], answer["height"]) == (320, 200)
    assert "thumbnail_url" not in answer
    assert (frame(answer)["width"], frame(answer)["height"]) == ("320", "200")
    answer = ask("/claims/moved", maxwidth=5000, maxheight="", dnt=1, unknown="x")
    assert (answer["width"], answer["height"]) == (600, 480)
    for huge in ("1000000000", "9" * 5000, "0" * 20 + "5000"):
        assert ask("/claims/moved", maxwidth=huge, maxheight=huge) == answer
    for wrong in ("0", "-1", "6.5", "wide", "٣"):
        problem = ask("/claims/moved", 422, maxwidth=wrong)
        assert problem["errors"][0]["parameter"] == "maxwidth"


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:8000/claims/moved/",
        "http://127.0.0.1:8000/claims/moved?utm_source=x#supports",
        "http://127.0.0.1:8000/claims/m%6Fved",
        "http://127.0.0.1:8000/embed/claims/moved?theme=loud&version=x",
        " http://127.0.0.1:8000/claims/moved ",
    ],
)
def test_one_page_has_many_addresses(newsroom: Newsroom, ask: Ask, url: str) -> None:
    newsroom.claim("moved")
    assert frame(ask(url))["src"] == f"{OURS}/embed/claims/moved"


def test_theme_and_version_are_passed_on_to_the_frame(newsroom: Newsroom, ask: Ask) -> None:
    newsroom.claim("moved")
    answer = ask("/embed/claims/moved?version=1&theme=light&x=1")
    assert frame(answer)["src"] == f"{OURS}/embed/claims/moved?theme=light&version=1"
    assert "theme=light&amp;version=1" in answer["html"]
    ask("/embed/claims/moved?version=999", 404)
    made = newsroom.statement(status="draft")
    newsroom.change("PATCH", f"/v1/statements/{made['id']}", {"status": "published"})
    ask(f"/statements/{made['id']}?version=1", 404)
    ask(f"/statements/{made['id']}?version=2")
    assert frame(ask("/embed/claims/moved?version=3.1"))["src"] == f"{OURS}/embed/claims/moved"
    newsroom.claim("old", status="published")
    newsroom.post("/v1/claims/old/merge", {"into": "moved", "reason": "The same."}, status=200)
    assert (
        frame(ask("/embed/claims/old?version=3&theme=dark"))["src"] == f"{OURS}/embed/claims/moved?theme=dark"
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/claims/moved",
        "http://127.0.0.1:8001/claims/moved",
        "http://127.0.0.1:8000.elsewhere.example/claims/moved",
        "http://127.0.0.1:8000@elsewhere.example/claims/moved",
        "javascript:alert(1)//127.0.0.1:8000/claims/moved",
        "//127.0.0.1:8000/claims/moved",
        "http://[::1/claims/moved",
        "http://127.0.0.1:no/claims/moved",
        "/",
        "/claims/",
        "/claims/other",
        "/claims/moved/view",
        "/contradictions/00000000-0000-7000-8000-000000000000",
        "/embed/contradictions/00000000-0000-7000-8000-000000000000",
        "/statements/moved",
        "/v1/claims/moved",
        "/claims/mov%00ed",
        "moved",
    ],
)
def test_what_is_not_ours_or_not_there_is_404(newsroom: Newsroom, ask: Ask, url: str) -> None:
    newsroom.claim("moved")
    ask(url, 404)


def test_a_draft_is_404_to_everybody(newsroom: Newsroom, client: FlaskClient) -> None:
    newsroom.claim("moved", status="draft")
    made = newsroom.statement(role="contributor")
    for page in ("/claims/moved", f"/statements/{made['id']}"):
        response = newsroom.call("GET", f"/oembed?url={OURS}{page}", role="admin")
        assert response.status_code == 404


def test_a_retracted_statement_says_so(newsroom: Newsroom, ask: Ask) -> None:
    made = newsroom.statement(text="I moved it.")
    newsroom.retract(made)
    answer = ask(f"/statements/{made['id']}")
    assert answer["title"] == "Retracted: Ilse Brandt: I moved it."
    assert fallback(answer).startswith("Retracted: Ilse Brandt: “I moved it.”")


def test_a_merged_claim_shows_the_one_that_stands_and_a_withdrawn_one_is_gone(
    newsroom: Newsroom, ask: Ask
) -> None:
    old = newsroom.claim("old", "It moved.")
    newsroom.claim("new", "The lever moved.")
    newsroom.post("/v1/claims/old/merge", {"into": "new", "reason": "The same."}, status=200)
    for address in ("/claims/old", f"/claims/{old['id']}"):
        answer = ask(address)
        assert frame(answer)["src"] == f"{OURS}/embed/claims/new"
        assert fallback(answer).startswith("The lever moved.")
    newsroom.change("DELETE", "/v1/claims/new", {"reason": "Not checkable."})
    ask("/claims/new", 410)


def test_nothing_turns_the_direction_of_a_title(newsroom: Newsroom, ask: Ask) -> None:
    newsroom.claim("moved", "Brandt \u202emoved\u2066 it.")
    answer = ask("/claims/moved")
    assert answer["title"] == "Brandt moved it."
    assert fallback(answer).startswith("Brandt moved it. (as of")


def test_no_verdict_is_in_what_hosts_store(newsroom: Newsroom, ask: Ask) -> None:
    newsroom.claim("moved")
    newsroom.post(
        "/v1/reviews",
        {
            "claim": "moved",
            "author": {"name": "Herald"},
            "published_on": "2026-05-20",
            "rating": {"name": "Mostly false"},
        },
    )
    assert "ostly" not in json.dumps(ask("/claims/moved"))


def test_the_format(newsroom: Newsroom, client: FlaskClient, ask: Ask) -> None:
    newsroom.claim("moved", f"Moved & <moved> {HOSTILE}")
    url = f"{OURS}/claims/moved"
    response = client.get("/oembed", query_string={"url": url, "format": "xml"})
    assert response.mimetype == "text/xml"
    root = ElementTree.fromstring(response.get_data())
    assert root.tag == "oembed"
    found = {child.tag: child.text for child in root}
    assert found == {name: str(value) for name, value in ask("/claims/moved", format="json").items()}
    for other in ("yaml", "JSON"):
        ask("/claims/moved", 501, format=other)
    assert client.get("/oembed").status_code == 422
    assert client.get("/oembed?url=").status_code == 422


def test_any_page_may_ask_and_a_copy_is_kept(newsroom: Newsroom, client: FlaskClient) -> None:
    newsroom.claim("moved")
    path = f"/oembed?url={OURS}/claims/moved"
    response = client.get(path)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "stale-while-revalidate" in response.headers["Cache-Control"]
    again = client.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_a_page_is_discovered_in_its_head_and_its_headers(newsroom: Newsroom, client: FlaskClient) -> None:
    newsroom.claim("moved")
    made = newsroom.statement(supports="moved")
    newsroom.statement(disputes="moved")
    [flag] = newsroom.contradictions()
    for path in ("/claims/moved", f"/statements/{made['id']}", f"/contradictions/{flag['id']}"):
        response = client.get(path)
        text = response.get_data(as_text=True)
        head = text.encode()[:150_000].decode().partition("</head>")[0]
        links = {
            link["type"]: str(link["href"])
            for link in BeautifulSoup(head, "html.parser").select("link[rel=alternate]")
        }
        for form in ("json", "xml"):
            type_ = {"json": "application/json+oembed", "xml": "text/xml+oembed"}[form]
            address = links[type_]
            assert f'href="{address.replace("&", "&amp;")}"' in head
            assert f'<{address}>; rel="alternate"; type="{type_}"' in response.headers.getlist("Link")
            asked = urlsplit(address)
            assert parse_qs(asked.query) == {"url": [OURS + path], "format": [form]}
            assert client.get(f"{asked.path}?{asked.query}").status_code == 200
    for path in ("/", "/claims/none", "/v1/claims/moved"):
        assert "oembed" not in client.get(path).headers.get("Link", "")


def test_a_service_beneath_a_path_is_known_by_it(app: Flask) -> None:
    settings = app.extensions["factcheck.settings"]
    object.__setattr__(settings, "public_url", "https://herald.example/facts")
    client = app.test_client()
    head = client.get("/oembed?url=https://herald.example/claims/moved")
    assert head.status_code == 404
    assert head.get_json()["detail"] == "There is no such claim, statement or contradiction here."
    inside = client.get("/oembed?url=https://herald.example/facts/claims/moved")
    assert inside.get_json()["detail"] == "There is no such claim."


@pytest.mark.parametrize(
    "text", ["Brandt moved the lever.", HOSTILE, "x" * 2000, "Sie sagte: »Nein«, 5 > 3 & 2 < 4"]
)
def test_wordpress_keeps_the_embed_of_a_host_that_it_does_not_know(
    newsroom: Newsroom, ask: Ask, text: str
) -> None:
    newsroom.claim("moved", text)
    made = newsroom.statement(f"Ada {text[:200]}", text=text)
    for path in ("/embed/claims/moved?theme=dark&version=1", f"/statements/{made['id']}"):
        html = ask(path)["html"]
        assert len(html.splitlines()) == 1
        assert "script" not in re.sub("&lt;/?script", "", html)
        kept = wordpress.kses(html, wordpress.ALLOWED)
        assert BeautifulSoup(kept, "html.parser") == BeautifulSoup(html, "html.parser")
        shown = wordpress.filtered(html)
        assert shown is not None
        before, after = BeautifulSoup(html, "html.parser"), BeautifulSoup(shown, "html.parser")
        assert [tag.name for tag in after.find_all()] == ["blockquote", "a", "iframe"]
        assert after.blockquote.get_text() == before.blockquote.get_text()  # type: ignore[union-attr]
        attrs = after.iframe.attrs  # type: ignore[union-attr]
        assert attrs["sandbox"] == ["allow-scripts"]
        assert attrs["src"] == f"{frame({'html': html})['src']}#?secret={attrs['data-secret']}"
        assert attrs["title"] == frame({"html": html})["title"]


def test_the_filter_of_the_tests_drops_what_wordpress_drops() -> None:
    assert wordpress.filtered("<blockquote>x</blockquote><script>alert(1)</script>") is None
    assert wordpress.filtered('<iframe src="https://a.example/"/>') is None
    shown = wordpress.filtered('<iframe onload="x()" src="javascript:alert(1)" title="t"></iframe>')
    assert shown is not None
    assert "onload" not in shown
    assert "javascript" not in shown


def test_a_description_costs_one_query(newsroom: Newsroom, ask: Ask, queries: list[str]) -> None:
    newsroom.claim("moved")
    made = newsroom.statement(supports="moved")
    queries.clear()
    ask("/claims/moved")
    ask(f"/statements/{made['id']}")
    assert len([query for query in queries if query.startswith("SELECT")]) == 2


@pytest.fixture
def address(app: Flask, newsroom: Newsroom) -> Iterator[str]:
    """A server on loopback whose public address is its own."""
    newsroom.claim("moved", f"Brandt moved the lever. {HOSTILE}")
    with serving(app) as address:
        yield address


def test_micawber_renders_an_address_in_a_text(address: str) -> None:
    registry = micawber.ProviderRegistry()
    registry.register(re.escape(address) + r"/\S+", micawber.Provider(f"{address}/oembed"))
    answer = registry.request(f"{address}/claims/moved", maxwidth=400)
    assert answer["width"] == 400
    page = registry.parse_text(f"Before.\n{address}/claims/moved\nAfter.")
    soup = BeautifulSoup(page, "html.parser")
    assert soup.iframe is not None
    assert soup.iframe["src"] == f"{address}/embed/claims/moved"
    with pytest.raises(micawber.ProviderException):
        registry.request(f"{address}/claims/none")


def test_pyoembed_discovers_the_endpoint_from_the_page(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # pyoembed imports a module that Python no longer has; nothing else of it is old.
    monkeypatch.setitem(sys.modules, "xml.etree.cElementTree", ElementTree)
    monkeypatch.setattr("xml.etree.cElementTree", ElementTree, raising=False)
    from pyoembed import oEmbed

    answer = oEmbed(f"{address}/claims/moved", maxwidth=300)
    assert answer["type"] == "rich"
    assert answer["width"] == 300
    assert unescape(answer["html"]).startswith(f'<blockquote><a href="{address}/claims/moved">')


def test_long_texts_are_cut_between_words() -> None:
    assert one_line(" a \n b\u2028c ") == "a b c"
    assert one_line("one two, three", 13) == "one two …"
    assert len(one_line("x" * 300)) == 200
