"""One address, several forms: which of them a client gets, by what it accepts.

Pages answer in HTML, and in JSON-LD where a client prefers it; lists answer in JSON, and as a table in
CSV. All that depends on `Accept` is decided here. https://www.rfc-editor.org/rfc/rfc9110#name-accept
"""

from collections.abc import Callable
from functools import lru_cache

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from factcheck.headers import vary
from factcheck.publish import exports, jsonld, linked

blp = Blueprint("negotiation", __name__)

# The pages, by the first part of their path, and what describes each as linked data.
PAGES: dict[str, Callable[[str], ResponseReturnValue]] = {
    "claims": linked.claim,
    "statements": linked.statement,
    "entities": linked.entity,
    "reviews": linked.review,
}
LISTS = {endpoint: name for name, (endpoint, _) in exports.LISTS.items()}


def preferred(*offered: str) -> str:
    """Return which of the offered media types the client likes best, the first where it does not mind.

    Parameters of what it accepts are left aside: a profile of JSON-LD is JSON-LD.
    """
    return _preferred(request.environ.get("HTTP_ACCEPT"), offered)


@lru_cache(200)
def _preferred(accept: str | None, offered: tuple[str, ...]) -> str:
    best, quality = offered[0], 0.0
    liked = parse_accept_header(accept, MIMEAccept)
    accepted = [(value.partition(";")[0].strip().lower(), q) for value, q in liked]
    for media_type in offered:
        # What is named counts before what is meant by a star.
        for pattern in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
            found = [q for value, q in accepted if value == pattern]
            if found:
                if max(found) > quality:
                    best, quality = media_type, max(found)
                break
    return best


def _page() -> tuple[str, str] | None:
    """Return the kind and key of the page at this address, if one may be there."""
    parts = request.path.split("/")
    if len(parts) != 3 or parts[1] not in PAGES or parts[2].endswith(".jsonld") or not parts[2]:
        return None
    return parts[1], parts[2]


@blp.before_app_request
def describe() -> ResponseReturnValue | None:
    """Answer with linked data at the address of a page, where the client prefers it."""
    page = _page()
    if page is None or request.method not in ("GET", "HEAD"):
        return None
    if preferred("text/html", jsonld.MEDIA_TYPE) != jsonld.MEDIA_TYPE:
        return None
    kind, key = page
    response = PAGES[kind](key)
    if isinstance(response, Response) and response.status_code == 200:
        response.headers["Content-Location"] = f"/{kind}/{key}.jsonld"
    return response


@blp.after_app_request
def tabulate(response: Response) -> Response:
    """Answer a list as a table where the client prefers it, and tell caches what the answer depends on."""
    name = LISTS.get(request.endpoint or "")
    if name and request.method in ("GET", "HEAD"):
        vary(response, "Accept")
        if response.status_code == 200 and preferred("application/json", "text/csv") == "text/csv":
            exports.as_table(response, name)
            response.headers.pop("ETag")  # It was made of the JSON; `headers.complete` makes one of this.
    elif _page():
        vary(response, "Accept")
    return response
