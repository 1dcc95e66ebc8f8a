"""What every template of pages and embeds may use."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Flask, request
from jinja2.ext import Extension
from markupsafe import Markup, escape

from factcheck.publish import policy
from factcheck.web import settings

THEMES = ("auto", "light", "dark")
# How many code points of a statement stand where its whole text has no room.
OPENING = 280
# Around marked words that stand for a long statement, and at most of it altogether.
AROUND, PASSAGE = 80, 400


class Lean(Extension):
    """Leaves out what indents the lines of templates, a tenth of a page; what is put in stays as it is."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Return the source of a template without indentation."""
        return re.sub(r"^[ \t]+", "", source, flags=re.MULTILINE)


def register(app: Flask) -> None:
    """Give templates the filters and what every page needs."""
    app.jinja_env.add_extension(Lean)
    for filter_ in (marked, passage, day, opening):
        app.add_template_filter(filter_)
    app.add_template_global(policy.asset)
    app.add_template_global(policy.picture)
    app.context_processor(shared)


def shared() -> dict[str, Any]:
    """Give the frame in which a page, or a problem, is shown."""
    theme = request.args.get("theme", "auto")
    return {
        "public_url": settings().public_url,
        "layout": "embed.html" if policy.embedded() else "base.html",
        "theme": theme if theme in THEMES else "auto",
    }


def marked(text: str, spans: Iterable[tuple[int, int]]) -> Markup:
    """Return the text escaped, the words from start to end (in code points) of each span in `<mark>`."""
    shown, at = Markup(), 0
    for start, end in sorted(spans):
        if end > at:  # Spans may overlap: what is marked already is not said again.
            start = max(start, at)
            shown += escape(text[at:start]) + Markup("<mark>{}</mark>").format(text[start:end])
            at = end
    return shown + escape(text[at:])


def passage(text: str, spans: Iterable[tuple[int, int]]) -> Markup:
    """Return the text as `marked` does; of a long one what is around the marked words, or its opening."""
    spans = sorted(spans)
    if len(text) <= OPENING:
        return marked(text, spans)
    if not spans:
        return escape(opening(text))
    windows: list[tuple[int, int]] = []
    for start, end in spans:
        first, last = _around(text, start, end)
        if windows and first <= windows[-1][1]:
            first, last = windows[-1][0], max(last, windows.pop()[1])
        windows.append((first, last))
    shown, at, room = Markup(), 0, PASSAGE
    for first, last in windows:
        last = min(last, first + room)
        if last <= first:
            break
        within = [(max(a, first) - first, min(b, last) - first) for a, b in spans if a < last]
        shown += ("[…] " if first > at else "") + marked(text[first:last], within)
        shown += " " if last < len(text) else ""
        at, room = last, room - (last - first)
    return shown + ("[…]" if at < len(text) else "")


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where whole words around a span begin and end, at most AROUND away."""
    first, last = start - AROUND, end + AROUND
    first = 0 if first <= 0 else text.find(" ", first, start) + 1 or first
    if last >= len(text):
        return first, len(text)
    space = text.rfind(" ", end, last)
    return first, last if space < 0 else space


def day(value: str | date) -> str:
    """Return "20 April 2022", "April 2022" or "2022": never more than is known."""
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    first = date.fromisoformat((value + "-01-01")[:10])
    return {4: value, 7: f"{first:%B %Y}"}.get(len(value), day(first))


def opening(text: str, most: int = OPENING) -> str:
    """Return the text, or its beginning up to a word's end with […] where it is longer than `most`."""
    if len(text) <= most:
        return text
    cut = text[:most]
    return f"{(cut.rpartition(' ')[0] or cut).rstrip()} […]"
