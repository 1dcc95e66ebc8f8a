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


class Lean(Extension):
    """Leaves out what indents the lines of templates, a tenth of a page; what is put in stays as it is."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Return the source of a template without indentation."""
        return re.sub(r"^[ \t]+", "", source, flags=re.MULTILINE)


def register(app: Flask) -> None:
    """Give templates the filters and what every page needs."""
    app.jinja_env.add_extension(Lean)
    for filter_ in (marked, day, opening):
        app.add_template_filter(filter_)
    app.add_template_global(policy.asset)
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


def day(value: str | date) -> str:
    """Return "20 April 2022", "April 2022" or "2022": never more than is known."""
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    first = date.fromisoformat((value + "-01-01")[:10])
    return {4: value, 7: f"{first:%B %Y}"}.get(len(value), day(first))


def opening(text: str) -> str:
    """Return the text, or its beginning up to a word's end with […] where it is long."""
    if len(text) <= OPENING:
        return text
    cut = text[:OPENING]
    return f"{(cut.rpartition(' ')[0] or cut).rstrip()} […]"
