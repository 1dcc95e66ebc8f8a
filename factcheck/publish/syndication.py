"""A feed as Atom and as JSON Feed, from the same entries: no database, no request.

https://www.rfc-editor.org/rfc/rfc4287 and https://www.jsonfeed.org/version/1.1/
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from markupsafe import Markup

ATOM = "http://www.w3.org/2005/Atom"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# A feed without entries changed last when nothing had happened yet; the present would change its ETag.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was published, decided or corrected; `html` says the same as `text`, marked up."""

    id: UUID
    url: str
    title: str
    html: Markup
    text: str
    published: datetime
    updated: datetime
    author: str | None = None
    language: str | None = None
    tags: Sequence[str] = ()
    # Where the original stands: the article that is quoted, the desk's own page of a review.
    elsewhere: str | None = None

    @property
    def urn(self) -> str:
        return f"urn:uuid:{self.id}"


@dataclass(frozen=True, slots=True)
class Feed:
    """Entries, newest first, with the addresses of the page they are about and of the feed itself."""

    id: str
    title: str
    page: str
    address: str
    entries: list[Entry] = field(default_factory=list)

    @property
    def updated(self) -> datetime:
        return max((entry.updated for entry in self.entries), default=NEVER)


def tag(base: str, path: str) -> str:
    """Return the id of a feed for good: a tag URI (RFC 4151) under the host that readers use."""
    return f"tag:{urlsplit(base).hostname},2026:{path}"


def atom(feed: Feed, base: str) -> bytes:
    """Return the feed as Atom."""
    ElementTree.register_namespace("", ATOM)
    root = Element(f"{{{ATOM}}}feed")
    _say(root, "id", feed.id)
    _say(root, "title", feed.title)
    _say(root, "updated", feed.updated.isoformat())
    _person(root, "factcheck", f"{base}/")
    _say(root, "link", rel="alternate", type="text/html", href=feed.page)
    _say(root, "link", rel="self", type="application/atom+xml", href=feed.address)
    _say(root, "icon", f"{base}/static/icon.svg")
    for entry in feed.entries:
        _add(root, entry)
    # Written out, a carriage return would be read back as a line feed.
    text = ElementTree.tostring(root, encoding="unicode").replace("\r", "&#13;")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _add(root: Element, entry: Entry) -> None:
    made = _say(root, "entry", **{XML_LANG: entry.language} if entry.language else {})
    _say(made, "id", entry.urn)
    _say(made, "title", entry.title)
    _say(made, "published", entry.published.isoformat())
    _say(made, "updated", entry.updated.isoformat())
    _say(made, "link", rel="alternate", type="text/html", href=entry.url)
    if entry.elsewhere:
        _say(made, "link", rel="via", href=entry.elsewhere)
    if entry.author:
        _person(made, entry.author)
    for topic in entry.tags:
        _say(made, "category", term=topic)
    _say(made, "content", str(entry.html), type="html")


def _say(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    element = SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    element.text = text
    return element


def _person(parent: Element, name: str, address: str | None = None) -> None:
    person = _say(parent, "author")
    _say(person, "name", name)
    if address:
        _say(person, "uri", address)


def json_feed(feed: Feed, base: str) -> dict[str, Any]:
    """Return the feed as JSON Feed 1.1."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.address,
        "favicon": f"{base}/static/icon.svg",
        "authors": [{"name": "factcheck", "url": f"{base}/"}],
        "items": [_item(entry) for entry in feed.entries],
    }


def _item(entry: Entry) -> dict[str, Any]:
    item = {
        "id": entry.urn,
        "url": entry.url,
        "external_url": entry.elsewhere,
        "title": entry.title,
        "content_html": str(entry.html),
        "content_text": entry.text,
        "date_published": entry.published,
        "date_modified": entry.updated,
        "authors": [{"name": entry.author}] if entry.author else None,
        "tags": list(entry.tags) or None,
        "language": entry.language,
    }
    return {name: value for name, value in item.items() if value is not None}
