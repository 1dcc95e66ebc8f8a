"""A real browser, a real server, and everything that went on while a page was open."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from conftest import settings_for
from factcheck import create_app, seeding
from factcheck.auth import ApiKey, Role
from newsroom import Newsroom

CHROMIUM = shutil.which("chromium")


@contextmanager
def serving(app: Callable[..., Any], host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve a WSGI application and give its address."""
    server = make_server(host, port, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{host}:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def newsroom_site(path: Path) -> Iterator[tuple[str, Newsroom]]:
    """Serve the migrated database at a path with the seed; give its address and an editor's newsroom."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = create_app(settings_for(f"sqlite:///{path}", public_url=f"http://127.0.0.1:{port}"))
    database = app.extensions["factcheck.database"]
    seeding.load(database, 50)
    with database.writing() as session:
        _, secret = ApiKey.issue(session, name="an editor", role=Role.editor)
        session.commit()
    with serving(app, port=port) as address:
        yield address, Newsroom(app.test_client(), {"editor": secret})
    database.dispose()


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


def violations(page: Page) -> list[str]:
    """Return what axe-core finds wrong in a page, as rule and element."""
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:150]}" for rule in found for node in rule["nodes"]]
