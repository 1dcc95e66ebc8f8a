"""Embeds in a real browser, on pages of another origin: sandboxed, resizing, in WordPress's way and ours."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page, expect
from werkzeug.wrappers import Request, Response

import hostile
from browsing import browser, newsroom_site, serving, violations
from newsroom import Newsroom

__all__ = ["browser"]  # A fixture.

SECRET = "abcDEF1234"
# What wp-includes/js/wp-embed.js does with what a frame says, word for word where it decides anything.
WORDPRESS = """
window.said = [];
addEventListener("message", (e) => {
  const data = e.data;
  if (!data || !(data.secret || data.message || data.value) || /[^a-zA-Z0-9]/.test(data.secret)) return;
  said.push(data);
  for (const source of document.querySelectorAll('iframe[data-secret="' + data.secret + '"]')) {
    if (e.source !== source.contentWindow) continue;
    source.removeAttribute("style");
    if (data.message === "height") {
      let height = parseInt(data.value, 10);
      if (height > 1000) height = 1000; else if (~~height < 200) height = 200;
      source.height = height;
    } else if (data.message === "link") {
      const sourceURL = new URL(source.src), targetURL = new URL(data.value);
      if (targetURL.host === sourceURL.host && document.activeElement === source) top.location.href = data.value;
    }
  }
});
"""


@dataclass
class Sites:
    """The service, and a page of somebody else's, which shows what a test puts into it."""

    service: str
    host: str
    pages: dict[str, tuple[str, dict[str, str]]]
    ids: dict[str, str]
    newsroom: Newsroom

    def page(self, body: str, **headers: str) -> str:
        """Put a page on the other site and return its address."""
        path = f"/{len(self.pages)}"
        self.pages[path] = (f"<!doctype html><title>Herald</title><body>{body}", headers)
        return f"{self.host}{path}"


@pytest.fixture(scope="module")
def sites(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    path = tmp_path_factory.mktemp("embeds") / "factcheck.sqlite3"
    shutil.copy(sqlite_template, path)
    pages: dict[str, tuple[str, dict[str, str]]] = {}

    @Request.application
    def herald(request: Request) -> Response:
        body, headers = pages.get(request.path, ("", {}))
        return Response(body, 200 if body else 404, {"Content-Type": "text/html", **headers})

    # Another name of this machine is another origin, and another site, to a browser.
    with newsroom_site(path) as (service, newsroom), serving(herald, "localhost") as host:
        newsroom.claim("moved", "Brandt moved the lever.")
        long = "I never moved it, and whoever says that I did was not there that night. " * 6
        said = newsroom.statement(text=long, said_on="2022-04-20", disputes="moved")
        newsroom.statement("Karl Vogt", "She did.", said_on="2023", supports="moved")
        [flag] = newsroom.contradictions(claim="moved")
        yield Sites(service, host, pages, {"statement": said["id"], "flag": flag["id"]}, newsroom)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    assert context.cookies() == []
    context.close()


def embed_of(page: Page) -> Frame:
    """Return the frame within a page, once it has loaded."""
    page.wait_for_function("frames.length == 1")
    frame = page.frames[1]
    frame.wait_for_load_state("networkidle")
    return frame


def height_of(frame: Frame) -> int:
    height: int = frame.evaluate("Math.ceil(document.documentElement.getBoundingClientRect().height)")
    return height


def in_wordpress(sites: Sites, path: str) -> str:
    """Return a post of WordPress as its filter leaves the html of an unknown provider."""
    return sites.page(
        f'<script>{WORDPRESS}</script><iframe class="wp-embedded-content" sandbox="allow-scripts" '
        f'security="restricted" style="position: absolute; visibility: hidden;" title="t" '
        f'src="{sites.service}{path}#?secret={SECRET}" data-secret="{SECRET}" width="600" height="200" '
        'frameborder="0"></iframe>'
    )


@pytest.mark.parametrize("what", ["claims/moved", "statements/{statement}", "contradictions/{flag}"])
def test_a_frame_in_wordpress_is_shown_and_as_high_as_what_it_shows(
    sites: Sites, page: Page, what: str
) -> None:
    page.goto(in_wordpress(sites, "/embed/" + what.format(**sites.ids)))
    frame = embed_of(page)
    assert frame.evaluate("self.origin") == "null"
    expect(page.locator("iframe")).to_be_visible()
    page.wait_for_function("document.querySelector('iframe').height != '200'")
    assert int(str(page.locator("iframe").get_attribute("height"))) == height_of(frame) > 200
    assert frame.evaluate("document.styleSheets[0].href").startswith(sites.service)
    assert frame.evaluate("getComputedStyle(document.querySelector('.label, .speaker')).fontFamily") != ""


def test_a_frame_answers_when_it_is_asked_and_when_it_grows(sites: Sites, page: Page) -> None:
    page.goto(in_wordpress(sites, "/embed/claims/moved"))
    frame = embed_of(page)
    page.evaluate("said.length = 0")
    page.evaluate(
        "frames[0].postMessage({message: 'ready', secret: 'wrongwrong'}, '*');"
        f"frames[0].postMessage({{message: 'ready', secret: '{SECRET}'}}, '*')"
    )
    page.wait_for_function("said.length > 0")
    assert page.evaluate("said") == [{"message": "height", "value": height_of(frame), "secret": SECRET}]
    page.evaluate("document.querySelector('iframe').width = '300'")
    page.wait_for_function(f"Number(document.querySelector('iframe').height) > {height_of(frame) - 1}")
    page.wait_for_function("said.length > 1")
    assert page.evaluate("said.at(-1).value") == height_of(frame)


def test_a_secret_that_comes_late_is_used(sites: Sites, page: Page) -> None:
    page.goto(in_wordpress(sites, "/embed/claims/moved"))
    embed_of(page)
    page.evaluate(
        "const f = document.querySelector('iframe'); f.dataset.secret = 'another123';"
        "f.src = f.src.replace(/secret=.*/, 'secret=another123')"
    )
    page.wait_for_function("said.some((each) => each.secret == 'another123')")


def test_links_in_wordpress_lead_to_our_pages(sites: Sites, page: Page) -> None:
    statement = f"/statements/{sites.ids['statement']}"
    page.goto(in_wordpress(sites, f"/embed{statement}"))
    # A link to a source of another host: WordPress would not follow it.
    embed_of(page).locator("dd a[rel]").click()
    page.wait_for_url(f"{sites.service}{statement}")
    page.goto(in_wordpress(sites, f"/embed{statement}"))
    embed_of(page).locator(".bearing a").click()
    page.wait_for_url(f"{sites.service}/claims/moved")


def test_a_frame_without_scripts_shows_the_same(sites: Sites, page: Page) -> None:
    page.goto(sites.page(f'<iframe sandbox src="{sites.service}/embed/claims/moved" title="t"></iframe>'))
    page.wait_for_function("frames.length == 1")
    expect(page.frame_locator("iframe").locator("h1")).to_have_text("Brandt moved the lever.")


ELEMENT = '<script async src="{service}/embed.js"></script><div style="width: {width}px"><factcheck-embed {attributes}><a href="#">The claim</a></factcheck-embed></div>'


def with_element(sites: Sites, attributes: str, width: int = 600, **headers: str) -> str:
    body = ELEMENT.format(service=sites.service, attributes=attributes, width=width)
    return sites.page(body, **headers)


def test_the_element_becomes_a_frame_as_high_as_what_it_shows(sites: Sites, page: Page) -> None:
    page.goto(with_element(sites, f'src="{sites.service}/claims/moved" theme="dark"'))
    frame = embed_of(page)
    assert frame.url == f"{sites.service}/embed/claims/moved?theme=dark"
    box = page.locator("factcheck-embed iframe")
    expect(box).to_be_visible()
    expect(page.locator("factcheck-embed a")).to_have_count(0)
    assert box.get_attribute("title") == "The claim"
    assert frame.evaluate("self.origin") == "null"
    assert frame.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 22, 20)"
    size = box.bounding_box()
    assert size is not None
    assert (size["width"], size["height"]) == (600, height_of(frame))
    page.evaluate("document.querySelector('div').style.width = '320px'")
    page.wait_for_function(f"document.querySelector('iframe').offsetHeight > {size['height']}")
    assert frame.evaluate("document.documentElement.scrollWidth") == 320
    page.evaluate("document.querySelector('factcheck-embed').setAttribute('theme', 'light')")
    page.wait_for_function("frames.length == 1")
    page.frame_locator("iframe").locator("html.light h1").wait_for()
    assert violations(page) == [] or all("iframe" not in found for found in violations(page))


def test_links_in_the_element_open_beside(sites: Sites, page: Page) -> None:
    page.goto(with_element(sites, 'src="/embed/claims/moved"'))
    with page.expect_popup() as popup:
        embed_of(page).locator("h1 a").click()
    assert popup.value.url.endswith("/claims/moved")
    assert popup.value.evaluate("self.origin") != "null"
    assert popup.value.evaluate("opener") is None


def test_the_element_pins_a_version(sites: Sites, page: Page) -> None:
    page.goto(
        with_element(sites, f'src="/statements/{sites.ids["statement"]}" version="1" title="A statement"')
    )
    frame = embed_of(page)
    assert frame.url.endswith("?version=1")
    assert page.locator("iframe").get_attribute("title") == "A statement"


def test_the_element_works_under_a_strict_policy_of_the_host(sites: Sites, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    policy = f"default-src 'none'; script-src {sites.service}; frame-src {sites.service}"
    body = f'<script async src="{sites.service}/embed.js"></script><factcheck-embed src="/claims/moved">x</factcheck-embed>'
    page.goto(sites.page(body, **{"Content-Security-Policy": policy}))
    frame = embed_of(page)
    page.wait_for_function(f"document.querySelector('iframe').offsetHeight == {height_of(frame)}")
    assert [text for text in complaints if "favicon" not in text and "404" not in text] == []


@pytest.mark.parametrize(
    "src",
    [
        "https://other.example/claims/moved",
        "javascript:alert(1)",
        "/v1/claims",
        "/claims/a/b",
        "//",
        "data:text/html,x",
        "",
    ],
)
def test_the_element_frames_nothing_else(sites: Sites, page: Page, src: str) -> None:
    page.goto(with_element(sites, f'src="{src}"'), wait_until="networkidle")
    page.wait_for_function("!!customElements.get('factcheck-embed')")
    expect(page.locator("factcheck-embed a")).to_be_visible()
    assert page.locator("iframe").count() == 0


def test_a_frame_that_never_answers_leaves_what_stood_there(sites: Sites, page: Page) -> None:
    page.route("**/embed/**", lambda route: route.abort())
    page.goto(with_element(sites, 'src="/claims/moved"'), wait_until="networkidle")
    expect(page.locator("factcheck-embed a")).to_be_visible()
    expect(page.locator("iframe")).not_to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("theme", "dark"), [("auto", None), ("light", False), ("dark", True)])
def test_the_theme_goes_before_the_device(
    sites: Sites, browser: Browser, scheme: Any, theme: str, dark: bool | None
) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{sites.service}/embed/claims/moved?theme={theme}")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(23, 22, 20)") == ((scheme == "dark") if dark is None else dark)
    assert violations(page) == []
    context.close()


def test_no_hostile_text_runs_or_breaks_out_in_a_browser(sites: Sites, page: Page) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    told = hostile.tell(sites.newsroom, " ".join(hostile.TEXTS))
    for path in [*told.pages, *(f"/embed{path}" for path in told.embeddable)]:
        answer = page.goto(f"{sites.service}{path}", wait_until="networkidle")
        assert answer is not None
        assert answer.status == 200
        assert page.locator("img, main script, main style, main iframe").count() == 0
        assert page.locator("main, footer, title").count() >= 3
    # The policy blocked nothing, because nothing was there to block.
    assert dialogs == complaints == []
