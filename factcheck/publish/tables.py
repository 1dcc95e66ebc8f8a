"""Lists as tables in CSV (RFC 4180), with nothing in them that a spreadsheet would compute."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from factcheck.publish.jsonld import Node
from factcheck.web import to_json

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"

# Each column with the way to its value: through objects, by number through lists, `*` for each of a list.
# What has braces is an address, made of such values.
_STATEMENT = {
    "id": "id",
    "text": "text",
    "kind": "kind",
    "language": "language",
    "speaker": "speaker.name",
    "speaker_slug": "speaker.slug",
    "speaker_role": "speaker_role",
    "on_behalf_of": "on_behalf_of.name",
    "said_on": "said_on",
    "said_to": "said_to",
    "source_url": "source.url",
    "source_headline": "source.headline",
    "source_publisher": "source.publisher",
    "source_published_on": "source.published_on",
    "verification": "verification.result",
    "status": "status",
    "retracted_because": "retraction.reason",
    "page": "{base}/statements/{id}",
    "created_at": "created_at",
    "updated_at": "updated_at",
}
_CLAIM = {
    "id": "id",
    "slug": "slug",
    "text": "text",
    "kind": "kind",
    "about": "about.*.name",
    "topics": "topics.*",
    "status": "status",
    "page": "{base}/claims/{slug}",
    "created_at": "created_at",
    "updated_at": "updated_at",
}
COLUMNS: dict[str, dict[str, str]] = {
    "statements": _STATEMENT,
    "claims": _CLAIM,
    "entities": {
        "id": "id",
        "slug": "slug",
        "type": "type",
        "name": "name",
        "alternate_names": "alternate_names.*",
        "job_title": "job_title",
        "same_as": "same_as.*",
        "page": "{base}/entities/{slug}",
        "created_at": "created_at",
        "updated_at": "updated_at",
    },
    "sources": {
        "id": "id",
        "url": "url",
        "type": "type",
        "headline": "headline",
        "publisher": "publisher",
        "author": "author.*",
        "published_on": "published_on",
        "language": "language",
        "archived_at": "archived_at",
        "created_at": "created_at",
        "updated_at": "updated_at",
    },
    "contradictions": {
        "id": "id",
        "kind": "kind",
        "status": "status",
        "certainty": "certainty",
        "score": "score",
        "same_speaker": "same_speaker",
        "subject": "subject.name",
        "explanation": "explanation",
        "first_speaker": "statements.0.speaker.name",
        "first_said_on": "statements.0.said_on",
        "first_text": "statements.0.text",
        "first_page": "{base}/statements/{statements[0][id]}",
        "second_speaker": "statements.1.speaker.name",
        "second_said_on": "statements.1.said_on",
        "second_text": "statements.1.text",
        "second_page": "{base}/statements/{statements[1][id]}",
        "decision_reason": "decision.reason",
        "created_at": "created_at",
        "updated_at": "updated_at",
    },
    "reviews": {
        "id": "id",
        "claim": "claim.text",
        "claim_slug": "claim.slug",
        "author": "author.name",
        "rating": "rating.name",
        "rating_value": "rating.value",
        "rating_worst": "rating.worst",
        "rating_best": "rating.best",
        "title": "title",
        "explanation": "explanation",
        "published_on": "published_on",
        "language": "language",
        "url": "url",
        "page": "{base}/reviews/{id}",
        "created_at": "created_at",
        "updated_at": "updated_at",
    },
    "search": {
        "type": "type",
        **{f"statement_{name}": f"statement.{way}" for name, way in _STATEMENT.items() if "{" not in way},
        **{f"claim_{name}": f"claim.{way}" for name, way in _CLAIM.items() if "{" not in way},
    },
}
# What a spreadsheet takes for the beginning of a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def heading(name: str) -> str:
    """Return the names of the columns of a list, as the first line of its table in CSV."""
    return _lines([list(COLUMNS[name])])


def rows(name: str, items: Iterable[Node], base: str) -> str:
    """Return the items of a list as lines of CSV."""
    ways = COLUMNS[name].values()
    return _lines([_cell(item, way, base) for way in ways] for item in items)


def _lines(cells: Iterable[list[Any]]) -> str:
    out = io.StringIO(newline="")
    # Every text stands in quotes: no program that cuts at other signs than commas cuts within one.
    csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n").writerows(cells)
    return out.getvalue()


def _cell(item: Node, way: str, base: str) -> Any:
    value = way.format_map({**item, "base": base}) if "{" in way else _walk(item, way.split("."))
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, int | float) else harmless(_text(value))


def _walk(value: Any, way: list[str]) -> Any:
    for i, part in enumerate(way):
        if value is None:
            return None
        if part == "*":
            return "; ".join(_text(_walk(each, way[i + 1 :])) for each in value)
        value = value[int(part)] if part.isdigit() else value[part]
    return value


def _text(value: Any) -> str:
    """Return a value as the API writes it: a time in UTC with its Z, an id as text."""
    return value if isinstance(value, str) else to_json(value).decode().strip('"')


def harmless(text: str) -> str:
    """Return text that a spreadsheet shows and does not compute: an apostrophe goes before a formula."""
    return f"'{text}" if text.lstrip(" \xa0").startswith(_FORMULA) else text
