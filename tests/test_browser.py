"""The pages in a real browser: what a reader sees on a phone, at a desk and in the dark."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from conftest import settings_for
from factcheck import create_app, seeding
from factcheck.auth import ApiKey, Role
from newsroom import Newsroom

CHROMIUM = shutil.which("chromium")
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung" * 3


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed (Debian: chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server with the seed dossier and a claim that has everything."""
    path = tmp_path_factory.mktemp("browser") / "factcheck.sqlite3"
    shutil.copy(sqlite_template, path)
    app = create_app(settings_for(f"sqlite:///{path}"))
    database = app.extensions["factcheck.database"]
    seeding.load(database, 50)
    with database.writing() as session:
        _, secret = ApiKey.issue(session, name="an editor", role=Role.editor)
        session.commit()
    _tell(Newsroom(app.test_client(), {"editor": secret}))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
    database.dispose()


def _tell(newsroom: Newsroom) -> None:
    newsroom.claim("moved", f"Brandt moved the {LONG}.", about=["Ilse Brandt"])
    newsroom.claim("by-itself", "It moved by itself.")
    newsroom.relate("moved", "contradicts", "by-itself")
    said: dict[str, Any] = {"speaker_role": LONG, "said_to": LONG}
    span = {"claim": "moved", "stance": "disputes", "span": {"text": "never"}, "rationale": LONG}
    newsroom.statement(text=f"I never moved the {LONG}.", links=[span], **said)
    newsroom.statement(text="I moved it.", supports="moved", **said)
    newsroom.statement("سامي حداد", "لم يلمس أحد الرافعة", language="ar", disputes="moved")
    newsroom.statement("Nora Lind", "It went off.", supports="by-itself", kind="indirect")
    newsroom.retract(newsroom.statement("Olaf Meer", f"Who? {LONG}", supports="moved"))
    review = {"claim": "moved", "author": {"name": LONG}, "published_on": "2023-02-01"}
    newsroom.post("/v1/reviews", {**review, "rating": {"name": LONG}, "explanation": LONG})


@dataclass
class Reader:
    """A page in the browser, and everything that went on while it was open."""

    page: Page
    site: str
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def open(self, path: str) -> Page:
        """Open a page of the site."""
        self.page.goto(f"{self.site}{path}", wait_until="networkidle")
        return self.page


@pytest.fixture
def reader(browser: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[Reader]:
    """A reader; `indirect` parameters are options of the browser context, such as the colour scheme."""
    context = browser.new_context(**getattr(request, "param", {}))
    reader = Reader(context.new_page(), site)
    reader.page.on("console", lambda message: reader.complaints.append(message.text))
    reader.page.on("pageerror", lambda error: reader.complaints.append(str(error)))
    reader.page.on("request", lambda request: reader.hosts.add(urlsplit(request.url).netloc))
    yield reader
    context.close()


def visit(reader: Reader) -> Iterator[Page]:
    for path in ("/", "/?q=gun", "/claims/safety-report-exonerates-baldwin", "/claims/moved"):
        yield reader.open(path)
    reader.page.locator(".permalink a").first.click()
    reader.page.wait_for_url("**/statements/*")
    yield reader.page


def test_pages_open_without_complaint_and_ask_nobody_else(reader: Reader) -> None:
    for page in visit(reader):
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.styleSheets.length") == 1
        assert page.evaluate("document.styleSheets[0].cssRules.length > 50")
    assert reader.complaints == []
    assert reader.hosts == {urlsplit(reader.site).netloc}


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
