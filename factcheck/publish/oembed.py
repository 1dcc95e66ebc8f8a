"""oEmbed 1.0 (https://oembed.com): how other people's editors turn an address of ours into an embed.

The `html` is what WordPress's filter for providers that it does not know keeps unchanged: one line,
a bare `<blockquote>` with one link, and an `<iframe>` with a closing tag. Hosts store it, so the
fallback in the blockquote says as of when it is, and verdicts stand in the frame only.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit
from uuid import UUID
from xml.etree import ElementTree

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from factcheck import web
from factcheck.auth import public
from factcheck.fields import storable
from factcheck.problems import Problem, not_found, wrong
from factcheck.publish import picture, pinning, policy, reading
from factcheck.publish.fragments import day, escaped, html
from factcheck.publish.rendering import THEMES
from factcheck.publish.serving import document
from factcheck.text import one_line

blp = Blueprint("oembed", __name__)

TYPES = {"json": "application/json+oembed", "xml": "text/xml+oembed"}
WIDTH = 600
HEIGHTS = {"claims": 480, "statements": 320, "contradictions": 440}
# A host asks again after an hour; what changes in between shows in the frame at once.
CACHE_AGE = 3600
MAX_FALLBACK = 500
# What an address may say of the looks of its embed; the frame is opened with the same. A version is a
# revision, of a contradiction those of both its statements.
_REVISION = "[1-9][0-9]{0,8}"
_VERSION = {"claims": _REVISION, "statements": _REVISION, "contradictions": rf"{_REVISION}\.{_REVISION}"}


_DISCOVERED = ("pages.claim", "pages.statement", "pages.contradiction")


@dataclass(frozen=True, slots=True)
class Embed:
    """What stands at an address; `kind` and `key` name its page and its frame."""

    kind: str
    key: str
    title: str
    said: str
    as_of: datetime
    # What a version pins, in the order of its numbers: a record type and ids.
    pins: tuple[str, list[UUID]]
    author: str | None = None
    picture: str | None = None
    # Whether another claim was asked for, which was merged: its revisions say nothing of this one.
    moved: bool = False


@blp.get("/oembed")
@public
def oembed() -> ResponseReturnValue:
    """Describe the embed of an address of ours, as JSON or XML."""
    form = request.args.get("format") or "json"
    if form not in TYPES:
        raise Problem(501, "not-implemented", "The formats are json and xml.")
    url = request.args.get("url")
    if not url:
        raise wrong("url", "Give the address of a claim or statement here as url.")
    width, height = _most("maxwidth"), _most("maxheight")
    kind, key, looks = _address(url)
    with web.database().reading() as session:
        embed = _FINDERS[kind](session, key)
        version = looks.pop("version", None)
        if version and not embed.moved:
            looks["version"] = version
            record_type, ids = embed.pins
            for id_, number in zip(ids, version.split("."), strict=True):
                pinning.check(session, record_type, id_, int(number))
    answer = _describe(embed, looks, width, height)
    if form == "json":
        return document(answer, "application/json")
    return document(_xml(answer), "text/xml; charset=utf-8")


def _most(name: str) -> int | None:
    """Return the bound that the host sets on a side of the frame, in pixels."""
    given = request.args.get(name, "").strip()
    if not given:
        return None
    if not re.fullmatch("0*[1-9][0-9]*", given):
        raise wrong(name, f"{name} must be a whole number of pixels.")
    # Larger than any frame of ours is all the same; Python refuses numbers of thousands of digits.
    return int(given.lstrip("0")[:9])


def _address(url: str) -> tuple[str, str, dict[str, str]]:
    """Return the kind and key of what an address of ours shows, and how it is to look.

    Raise 404 for an address of another host, or one that shows nothing that can be embedded.
    """
    try:
        given, ours = urlsplit(url.strip()), urlsplit(web.settings().public_url)
        same = _host(given) == _host(ours)
    except ValueError:
        same = False
    if not same or not given.path.startswith(ours.path + "/"):
        raise _nothing()
    parts = [unquote(part) for part in given.path.removeprefix(ours.path).strip("/").split("/")]
    if len(parts) == 3 and parts[0] == "embed":
        parts = parts[1:]
    if len(parts) != 2 or parts[0] not in HEIGHTS or not storable(parts[1]):
        raise _nothing()
    return parts[0], parts[1], _looks(parts[0], dict(parse_qsl(given.query)))


def _looks(kind: str, query: dict[str, str]) -> dict[str, str]:
    looks = {}
    if query.get("theme") in THEMES:
        looks["theme"] = query["theme"]
    if re.fullmatch(_VERSION[kind], query.get("version", "")):
        looks["version"] = query["version"]
    return looks


def _host(parts: Any) -> tuple[str, int | None]:
    """Return host and port; http and https lead to the same, as do their own ports and none."""
    if parts.scheme not in ("http", "https"):
        raise ValueError(parts.scheme)
    return parts.hostname, None if parts.port in (80, 443) else parts.port


def _nothing() -> Problem:
    return not_found("claim, statement or contradiction here")


def _claim(session: Session, key: str) -> Embed:
    claim = reading.standing(session, key)
    return Embed(
        "claims",
        claim["slug"],
        title=claim["text"],
        said=claim["text"],
        as_of=claim["version_at"],
        pins=("claim", [claim["id"]]),
        picture=policy.picture(claim["slug"], claim["version"], claim["version_at"]),
        moved=key not in (claim["slug"], str(claim["id"])),
    )


def _statement(session: Session, key: str) -> Embed:
    found = reading.statement(session, web.path_id(key, "statement"))
    speaker, text = found["speaker"]["name"], found["text"]
    quoted = f"“{text}”" if found["kind"] == "direct" else text
    when = f", {day(found['said_on'])}" if found["said_on"] else ""
    retracted = "Retracted: " if found["retraction"] else ""
    return Embed(
        "statements",
        str(found["id"]),
        title=f"{retracted}{speaker}: {text}",
        said=f"{retracted}{speaker}{when}: {quoted}",
        as_of=found["updated_at"],
        pins=("statement", [found["id"]]),
        author=speaker,
    )


def _contradiction(session: Session, key: str) -> Embed:
    pair = reading.contradiction(session, web.path_id(key, "contradiction"))
    one, other = (said["speaker"]["name"] for said, _ in pair["sides"])
    title = f"{one} and {other} contradict each other"
    if pair["same_speaker"]:
        title = f"{one} contradicts an own statement"
    if pair["resolution"]:
        title = f"No longer standing: {title}"
    return Embed(
        "contradictions",
        str(pair["id"]),
        title=title,
        said=title,
        as_of=pair["updated_at"],
        pins=("statement", sorted(said["id"] for said, _ in pair["sides"])),
    )


_FINDERS = {"claims": _claim, "statements": _statement, "contradictions": _contradiction}


def _describe(
    embed: Embed, looks: dict[str, str], max_width: int | None, max_height: int | None
) -> dict[str, Any]:
    public_url = web.settings().public_url
    size = {
        "width": min(WIDTH, max_width or WIDTH),
        "height": min(HEIGHTS[embed.kind], max_height or HEIGHTS[embed.kind]),
    }
    title = one_line(embed.title)
    frame = f"{public_url}/embed/{embed.kind}/{embed.key}{'?' if looks else ''}{urlencode(looks)}"
    said = f"{one_line(embed.said, MAX_FALLBACK)} (as of {day(embed.as_of)})"
    html = Markup(
        '<blockquote><a href="{}">{}</a></blockquote>'
        '<iframe src="{}" title="{}" width="{}" height="{}" frameborder="0"></iframe>'
    ).format(f"{public_url}/{embed.kind}/{embed.key}", said, frame, title, *size.values())
    return {
        "version": "1.0",
        "type": "rich",
        "title": title,
        **({"author_name": one_line(embed.author)} if embed.author else {}),
        "provider_name": urlsplit(public_url).hostname,
        "provider_url": public_url + "/",
        "cache_age": CACHE_AGE,
        **size,
        **_thumbnail(embed, max_width, max_height),
        "html": str(html),
    }


def _thumbnail(embed: Embed, max_width: int | None, max_height: int | None) -> dict[str, Any]:
    """Return the share picture, unless it is larger than the host allows."""
    width, height = picture.WIDTH, picture.HEIGHT
    if not embed.picture or (max_width or width) < width or (max_height or height) < height:
        return {}
    url = web.settings().public_url + embed.picture
    return {"thumbnail_url": url, "thumbnail_width": width, "thumbnail_height": height}


def _xml(answer: dict[str, Any]) -> bytes:
    root = ElementTree.Element("oembed")
    for name, value in answer.items():
        ElementTree.SubElement(root, name).text = str(value)
    found: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return found


def endpoints(page: str) -> dict[str, str]:
    """Return the addresses that describe the embed of a page of ours, by media type."""
    asked = f"{web.settings().public_url}/oembed?{urlencode({'url': page})}&format="
    return {type_: asked + form for form, type_ in TYPES.items()}


@blp.app_template_global()
def oembed_links(page: str) -> Markup:
    """Return the links by which other people's editors discover the embed of a page."""
    links = (
        f'<link rel="alternate" type="{escaped(type_)}" href="{escaped(address)}">'
        for type_, address in endpoints(page).items()
    )
    return html("\n".join(links))


@blp.after_app_request
def announce(response: Response) -> Response:
    """Say the same in the Link header, for those that ask with HEAD or read no HTML."""
    if request.endpoint in _DISCOVERED and response.status_code == 200:
        page = web.settings().public_url + request.path
        for type_, address in endpoints(page).items():
            response.headers.add("Link", f'<{address}>; rel="alternate"; type="{type_}"')
    return response
