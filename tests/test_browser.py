"""The pages in a real browser: what a reader sees on a phone, at a desk and in the dark."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from browsing import Reader, browser, newsroom_site, reader, violations
from newsroom import Newsroom

__all__ = ["browser", "reader"]  # Fixtures.

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung" * 3


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server with the seed dossier and a claim that has everything."""
    path = tmp_path_factory.mktemp("browser") / "factcheck.sqlite3"
    shutil.copy(sqlite_template, path)
    with newsroom_site(path) as (address, newsroom):
        _tell(newsroom)
        yield address


def _tell(newsroom: Newsroom) -> None:
    newsroom.claim("moved", f"Brandt moved the {LONG}.", about=["Ilse Brandt"], topics=[LONG[:100], "cranes"])
    newsroom.claim("by-itself", "It moved by itself.")
    newsroom.relate("moved", "contradicts", "by-itself")
    said: dict[str, Any] = {"speaker_role": LONG, "said_to": LONG}
    span = {"claim": "moved", "stance": "disputes", "span": {"text": "never"}, "rationale": LONG}
    newsroom.statement(text=f"I never moved the {LONG}.", links=[span], **said)
    did = newsroom.statement(text="I moved it.", said_on="2023-01-02", supports="moved", **said)
    newsroom.statement("سامي حداد", "لم يلمس أحد الرافعة", language="ar", said_on="2022", disputes="moved")
    newsroom.change("PATCH", f"/v1/statements/{did['id']}", {"said_on": "2022-12", "reason": LONG})
    newsroom.statement("Nora Lind", "It went off.", supports="by-itself", kind="indirect")
    newsroom.retract(newsroom.statement("Olaf Meer", f"Who? {LONG}", supports="moved"))
    review = {"claim": "moved", "author": {"name": LONG}, "published_on": "2023-02-01"}
    newsroom.post("/v1/reviews", {**review, "rating": {"name": LONG}, "explanation": LONG})


def visit(reader: Reader) -> Iterator[Page]:
    for path in (
        "/",
        "/?q=gun",
        "/?topic=cranes",
        "/claims/safety-report-exonerates-baldwin",
        "/claims/moved",
    ):
        yield reader.open(path)
    paths = ["/entities/ilse-brandt", "/embed/claims/moved", "/embed/claims/none"]
    for selector in ("#supports .permalink a", ".reasons a"):
        link = reader.open("/claims/moved").locator(selector).first
        paths += [address := str(link.get_attribute("href")), f"/embed{address}"]
    paths.append(str(reader.open("/claims/moved").locator("#verdicts .permalink a").get_attribute("href")))
    for path in paths:
        yield reader.open(path)


def test_pages_open_without_complaint_and_ask_nobody_else(reader: Reader) -> None:
    for page in visit(reader):
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.styleSheets.length") == 1
        assert page.evaluate("document.styleSheets[0].cssRules.length > 50")
    # What was not there is the one thing to complain about.
    assert [text for text in reader.complaints if "404 (NOT FOUND)" not in text] == []
    assert len(reader.complaints) == 1
    assert reader.hosts == {urlsplit(reader.site).netloc}
    assert reader.page.context.cookies() == []


@pytest.mark.parametrize("reader", [{"viewport": {"width": 320, "height": 640}}], indirect=True)
def test_nothing_is_wider_than_a_small_phone(reader: Reader) -> None:
    for page in visit(reader):
        assert page.evaluate("document.documentElement.scrollWidth") == 320, page.url
    page = reader.open("/claims/moved")
    supports, disputes = (page.locator(f"#{side}").bounding_box() for side in ("supports", "disputes"))
    assert supports is not None
    assert disputes is not None
    assert disputes["y"] >= supports["y"] + supports["height"]


def test_both_sides_have_the_same_weight(reader: Reader) -> None:
    page = reader.open("/claims/moved")
    supports, disputes = (page.locator(f"#{side}").bounding_box() for side in ("supports", "disputes"))
    assert supports is not None
    assert disputes is not None
    assert supports["y"] == disputes["y"]
    assert supports["width"] == pytest.approx(disputes["width"], abs=1)
    for selector in ("h2", "h2 b", "blockquote", ".speaker"):
        styles = [
            page.locator(f"#{side} {selector}").first.evaluate(
                "e => [getComputedStyle(e).fontSize, getComputedStyle(e).fontWeight]"
            )
            for side in ("supports", "disputes")
        ]
        assert styles[0] == styles[1]


@pytest.mark.parametrize(
    "reader", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True, ids=["light", "dark"]
)
def test_every_text_stands_out_from_its_ground(reader: Reader, request: pytest.FixtureRequest) -> None:
    for page in visit(reader):
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (_luminance(ground) < 0.05) == ("dark" in request.node.name)
        # The colour of each text with the ground that it stands on: 4.5 is AA of WCAG 2.2, 1.4.3.
        pairs = page.evaluate(
            """() => [...document.querySelectorAll('main *, header *, footer *')].map(e => {
                 let g = e;
                 while (getComputedStyle(g).backgroundColor == 'rgba(0, 0, 0, 0)') g = g.parentElement;
                 return [getComputedStyle(e).color, getComputedStyle(g).backgroundColor].join('/');
               })"""
        )
        for pair in set(pairs):
            dark, light = sorted(_luminance(colour) for colour in pair.split("/"))
            assert (light + 0.05) / (dark + 0.05) >= 4.5, pair


def _luminance(colour: str) -> float:
    """Return the relative luminance of `rgb(r, g, b)`: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    channels = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    "reader", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True, ids=["light", "dark"]
)
def test_axe_finds_nothing_wrong(reader: Reader) -> None:
    for page in visit(reader):
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        assert violations(page) == [], page.url


def test_a_click_on_the_timeline_leads_to_the_statement(reader: Reader) -> None:
    page = reader.open("/claims/moved")
    marks = page.locator(".timeline a")
    assert marks.count() == 2
    marks.first.click()
    assert "سامي" in page.locator("li:target .speaker").inner_text()
    drawing = page.locator(".timeline svg").bounding_box()
    assert drawing is not None
    for place in range(2):
        box = marks.nth(place).bounding_box()
        assert box is not None
        assert box["y"] >= drawing["y"]
        assert box["y"] + box["height"] <= drawing["y"] + drawing["height"]


def test_on_paper_words_and_addresses_stand_and_buttons_do_not(reader: Reader) -> None:
    page = reader.open("/claims/moved")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    for selector in (".contents", ".embedding", ".permalink"):
        assert not page.locator(selector).first.is_visible()
    source = page.locator("#supports dd a[rel]").first
    assert "herald.example" in source.evaluate("e => getComputedStyle(e, '::after').content")
    assert page.pdf().startswith(b"%PDF")


def test_the_keyboard_reaches_the_content_first(reader: Reader) -> None:
    page = reader.open("/claims/moved")
    page.keyboard.press("Tab")
    box = page.locator(".skip").bounding_box()
    assert box is not None
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_quotation_is_marked_as_one_and_copied_as_it_was_said(reader: Reader) -> None:
    page = reader.open("/claims/moved")
    quote = page.locator("#supports .direct blockquote p").first
    assert quote.evaluate("e => getComputedStyle(e, '::before').content") == "open-quote"
    assert quote.inner_text() == "I moved it."
    report = page.locator("#counter-claims .indirect blockquote p").first
    assert report.evaluate("e => getComputedStyle(e, '::before').content") == "none"


def test_the_search_box_searches(reader: Reader) -> None:
    page = reader.open("/")
    page.get_by_label("Search the claims").fill("dummy rounds")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/?q=dummy+rounds")
    assert page.locator(".claims > li").count() == 1
    assert reader.complaints == []
