"""What every answer tells browsers and caches: how it may be shown and kept, and who may read it.

What anybody may read, a script on any page may read too (CORS). The rest, and whatever needs a key,
is closed: a browser asks before it sends `Authorization` elsewhere, and is told no. Only Google's API
takes keys from scripts, as at Google. Written by hand: flask-cors looks a path up in patterns on every
answer, and here the route has said already whether it is public.
"""

import hashlib
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, current_app, request
from flask.globals import request_ctx
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException

from factcheck.auth import Access, Asked
from factcheck.errors import GOOGLE

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# What is no page shows nothing, runs nothing, and stands in no frame, should a browser open it.
_DOCUMENT: Final = "default-src 'none'; frame-ancestors 'none'"
_EXPOSED: Final = (
    "Content-Location, ETag, Factcheck-Position, Link, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
)
# What a script may send with a read without a browser's doubts.
_SENT: Final = "If-Modified-Since, If-None-Match"
# What stands with the copy that a browser has when it is told that this is unchanged (304).
NOT_AGAIN: Final = frozenset(
    {"Content-Length", "Content-Type", "Content-Security-Policy", "Permissions-Policy", "Referrer-Policy"}
    | {"Access-Control-Expose-Headers", "Cross-Origin-Resource-Policy", "X-Content-Type-Options"}
)
# Without one of these a request is not conditional, and werkzeug takes long to find that out.
_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE")
# Nothing of a device is ever asked for here; embeds hand nothing on to what would be framed within.
_PERMISSIONS: Final = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
# What werkzeug writes anew before it is sent.
_ADDRESSES: Final = frozenset({"Location", "Content-Location"})


class Answer(Response):
    """An answer that sends its headers as they are, not a copy of each."""

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:
        """Return the headers; those of an answer without a length, or with an address, werkzeug completes."""
        names = {name for name, _ in self.headers}
        if self.status_code == 200 and "Content-Length" in names and names.isdisjoint(_ADDRESSES):
            return self.headers
        return super().get_wsgi_headers(environ)


def has(response: Response, name: str) -> bool:
    """Tell whether an answer has a header; werkzeug would raise an error, and catch it, where it has not."""
    return name.lower() in {known.lower() for known, _ in response.headers}


def check(app: Flask, elsewhere: frozenset[str]) -> None:
    """Note what every route asks for; raise where one has not declared it.

    `elsewhere` are the endpoints of libraries that anybody may call: they cannot declare it themselves.
    """
    asked: dict[str, Asked] = {}
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        declared = Asked(Access.public) if rule.endpoint in elsewhere else getattr(view, "asked", None)
        if declared is None:
            raise RuntimeError(
                f"The route {rule.rule} ({rule.endpoint}) does not say who may call it; declare it with "
                "access=… on a web.Blueprint, or @public or @open_to(Access.…) under a plain Flask route."
            )
        asked[rule.endpoint] = declared
    app.extensions["factcheck.asked"] = asked


def complete(response: Response) -> Response:
    """Set what every answer has; called after each request, when its body stands."""
    request = request_ctx.request
    method = request.method
    # What nobody else sets need not be looked for before it is added.
    add = response.headers.add
    if response.status_code == 200 and method in ("GET", "HEAD"):
        with_etag(response)
        if not has(response, "Cache-Control"):
            add("Cache-Control", "no-cache")
    vary(response, "Authorization")
    if response.status_code >= 400:
        vary(response, "Accept")
    add("X-Content-Type-Options", "nosniff")
    add("Referrer-Policy", "strict-origin-when-cross-origin")
    if _public(request.endpoint) and method in ("GET", "HEAD"):
        add("Cross-Origin-Resource-Policy", "cross-origin")
        response.headers["Access-Control-Allow-Origin"] = "*"
        add("Access-Control-Expose-Headers", _EXPOSED)
    else:
        add("Cross-Origin-Resource-Policy", "same-origin")
        if method == "OPTIONS" and not request.path.startswith(GOOGLE):
            _answer_preflight(response)
    if is_html(response):
        add("Permissions-Policy", _PERMISSIONS)
    else:
        response.headers["Content-Security-Policy"] = _DOCUMENT
    return response


def compare(response: Response) -> Response:
    """Answer 304 where the client has this already; called when an answer is complete."""
    request = request_ctx.request
    conditional = not request.environ.keys().isdisjoint(_CONDITIONS)
    if conditional and response.status_code == 200 and request.method in ("GET", "HEAD"):
        response.make_conditional(request.environ)
    if response.status_code == 304:
        for name in NOT_AGAIN:
            response.headers.pop(name, None)
    return response


def with_etag(response: Response) -> Response:
    """Give an answer the strong ETag of its body, unless it has one."""
    if not has(response, "ETag") and not response.direct_passthrough:
        response.headers.add("ETag", f'"{hashlib.sha256(response.get_data()).hexdigest()[:32]}"')
    return response


def vary(response: Response, header: str) -> None:
    """Tell caches that the answer depends on a header of the request."""
    if not has(response, "Vary"):
        response.headers.add("Vary", header)
    elif header not in (known := response.headers["Vary"]).split(", "):
        response.headers["Vary"] = f"{known}, {header}"


def is_html(response: Response) -> bool:
    """Tell whether an answer is a page."""
    return response.headers.get("Content-Type", "").startswith("text/html")


def _public(endpoint: str | None) -> bool:
    asked: dict[str, Asked] = current_app.extensions["factcheck.asked"]
    return endpoint in asked and asked[endpoint].access is Access.public


def _answer_preflight(response: Response) -> None:
    """Tell a browser that a script may read here, where anybody may; of all else it hears nothing."""
    if request.headers.get("Access-Control-Request-Method") not in ("GET", "HEAD"):
        return
    adapter = current_app.create_url_adapter(request)
    try:
        endpoint = adapter.match(method="GET")[0] if adapter else None
    except HTTPException:
        return
    if _public(endpoint):
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD"
        response.headers["Access-Control-Allow-Headers"] = _SENT
        response.headers["Access-Control-Max-Age"] = "7200"
