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
from xml.etree import ElementTree

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from factcheck import listing, web
from factcheck.auth import ANYONE
from factcheck.contradictions import Contradiction, FlagStatus
from factcheck.entities import Entity
from factcheck.fields import as_id, storable
from factcheck.problems import Problem, gone, not_found
from factcheck.publish import reading
from factcheck.publish.pages import day
from factcheck.statements import Statement

blp = Blueprint("oembed", __name__)

TYPES = {"json": "application/json+oembed", "xml": "text/xml+oembed"}
WIDTH = 600
HEIGHTS = {"claims": 480, "statements": 320, "contradictions": 440}
# A host asks again after an hour; what changes in between shows in the frame at once.
CACHE_AGE = 3600
MAX_TITLE = 200
MAX_FALLBACK = 500
# What an address may say of the looks of its embed; the frame is opened with the same. A version is a
# revision, of a contradiction those of both its statements.
_THEMES = ("light", "dark", "auto")
_REVISION = "[1-9][0-9]{0,8}"
_VERSION = {"claims": _REVISION, "statements": _REVISION, "contradictions": rf"{_REVISION}\.{_REVISION}"}


@dataclass(frozen=True, slots=True)
class Embed:
    """What stands at an address: `kind` and `key` name the frame, `page` is the permalink's path."""

    kind: str
    key: str
    page: str
    title: str
    said: str
    as_of: datetime
    author: str | None = None
    # Whether another claim was asked for, which was merged: its revisions say nothing of this one.
    moved: bool = False


@blp.get("/oembed")
def oembed() -> ResponseReturnValue:
    """Describe the embed of an address of ours, as JSON or XML."""
    form = request.args.get("format") or "json"
    if form not in TYPES:
        raise Problem(501, "not-implemented", "The formats are json and xml.")
    url = request.args.get("url")
    if not url:
        raise _wrong("url", "Give the address of a claim or statement here as url.")
    width, height = _most("maxwidth"), _most("maxheight")
    kind, key, looks = _address(url)
    with web.database().reading() as session:
        embed = _FINDERS[kind](session, key)
    if embed.moved:
        looks.pop("version", None)
    answer = _describe(embed, looks, width, height)
    response = web.answer(answer) if form == "json" else Response(_xml(answer), mimetype="text/xml")
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = f"public, max-age=60, stale-while-revalidate={CACHE_AGE}"
    return response


def _wrong(name: str, detail: str) -> Problem:
    return Problem(422, "invalid", detail, errors=[{"parameter": name, "detail": detail}])


def _most(name: str) -> int | None:
    """Return the bound that the host sets on a side of the frame, in pixels."""
    given = request.args.get(name, "").strip()
    if not given:
        return None
    if not re.fullmatch("0*[1-9][0-9]{0,8}", given):
        raise _wrong(name, f"{name} must be a whole number of pixels.")
    return int(given)


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
    elif parts[0] == "contradictions":
        raise _nothing()  # A contradiction has an embed, and no page of its own.
    if len(parts) != 2 or parts[0] not in HEIGHTS or not storable(parts[1]):
        raise _nothing()
    return parts[0], parts[1], _looks(parts[0], dict(parse_qsl(given.query)))


def _looks(kind: str, query: dict[str, str]) -> dict[str, str]:
    looks = {}
    if query.get("theme") in _THEMES:
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
    claim = reading.standing(session, as_id(key) or key)
    return Embed(
        "claims",
        claim["slug"],
        url_for("pages.claim", key=claim["slug"]),
        title=claim["text"],
        said=claim["text"],
        as_of=claim["version_at"],
        moved=key not in (claim["slug"], str(claim["id"])),
    )


def _statement(session: Session, key: str) -> Embed:
    id_ = web.path_id(key, "statement")
    query = listing.statements().where(Statement.id == id_, *listing.readable(ANYONE))
    row = session.execute(query).one_or_none()
    if row is None:
        raise not_found("statement")
    speaker, text = row.speaker_name, row.text
    quoted = f"“{text}”" if row.kind == "direct" else text
    when = f", {day(row.said_on)}" if row.said_on else ""
    retracted = "Retracted: " if row.retracted_at else ""
    return Embed(
        "statements",
        str(row.id),
        url_for("pages.statement", key=row.id),
        title=f"{retracted}{speaker}: {text}",
        said=f"{retracted}{speaker}{when}: {quoted}",
        as_of=row.updated_at,
        author=speaker,
    )


def _contradiction(session: Session, key: str) -> Embed:
    """Find a contradiction; its link leads to the later statement, whose page shows what opposes it."""
    id_ = web.path_id(key, "contradiction")
    later, earlier = aliased(Statement), aliased(Statement)
    one, other = aliased(Entity), aliased(Entity)
    flag = session.execute(
        select(
            Contradiction.status,
            Contradiction.same_speaker,
            Contradiction.statement_id,
            Contradiction.updated_at,
            one.name.label("earlier"),
            other.name.label("later"),
        )
        .join(later, later.id == Contradiction.statement_id)
        .join(earlier, earlier.id == Contradiction.opposing_id)
        .join(one, one.id == earlier.speaker_id)
        .join(other, other.id == later.speaker_id)
        .where(Contradiction.id == id_, Contradiction.public)
    ).one_or_none()
    if flag is None:
        raise not_found("contradiction")
    if flag.status is FlagStatus.resolved:
        raise gone("contradiction", "is resolved: its statements contradict each other no longer.")
    if flag.same_speaker:
        title = f"Two statements by {flag.later} that contradict each other"
    else:
        title = f"{flag.earlier} and {flag.later}: two statements that contradict each other"
    page = url_for("pages.statement", key=flag.statement_id)
    return Embed("contradictions", str(id_), page, title=title, said=title, as_of=flag.updated_at)


_FINDERS = {"claims": _claim, "statements": _statement, "contradictions": _contradiction}


def _describe(
    embed: Embed, looks: dict[str, str], max_width: int | None, max_height: int | None
) -> dict[str, Any]:
    public_url = web.settings().public_url
    size = {
        "width": min(WIDTH, max_width or WIDTH),
        "height": min(HEIGHTS[embed.kind], max_height or HEIGHTS[embed.kind]),
    }
    title = _line(embed.title, MAX_TITLE)
    frame = f"{public_url}/embed/{embed.kind}/{embed.key}{'?' if looks else ''}{urlencode(looks)}"
    as_of = f"as of {embed.as_of.day} {embed.as_of:%B %Y}"
    html = Markup(
        '<blockquote><a href="{}">{} ({})</a></blockquote>'
        '<iframe src="{}" title="{}" width="{}" height="{}" frameborder="0"></iframe>'
    ).format(public_url + embed.page, _line(embed.said, MAX_FALLBACK), as_of, frame, title, *size.values())
    return {
        "version": "1.0",
        "type": "rich",
        "title": title,
        **({"author_name": _line(embed.author, MAX_TITLE)} if embed.author else {}),
        "provider_name": urlsplit(public_url).hostname,
        "provider_url": public_url + "/",
        "cache_age": CACHE_AGE,
        **size,
        "html": str(html),
    }


def _line(text: str, limit: int) -> str:
    """Return the text on one line; where it is longer than the limit, its beginning and an ellipsis."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    cut = text[:limit].rsplit(" ", 1)[0]
    return f"{cut.rstrip(' ,;:')} …"


def _xml(answer: dict[str, Any]) -> bytes:
    root = ElementTree.Element("oembed")
    for name, value in answer.items():
        ElementTree.SubElement(root, name).text = str(value)
    found: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return found


def endpoint(page: str, form: str) -> str:
    """Return the address that describes the embed of a page of ours."""
    return f"{web.settings().public_url}/oembed?{urlencode({'url': page, 'format': form})}"


@blp.app_template_global()
def oembed_links(page: str) -> Markup:
    """Return the links by which other people's editors discover the embed of a page."""
    link = Markup('<link rel="alternate" type="{}" href="{}">')
    return Markup("\n").join(link.format(type_, endpoint(page, form)) for form, type_ in TYPES.items())


@blp.after_app_request
def announce(response: Response) -> Response:
    """Say the same in the Link header, for those that ask with HEAD or read no HTML."""
    if request.endpoint in ("pages.claim", "pages.statement") and response.status_code == 200:
        page = web.settings().public_url + request.path
        for form, type_ in TYPES.items():
            response.headers.add("Link", f'<{endpoint(page, form)}>; rel="alternate"; type="{type_}"')
    return response
