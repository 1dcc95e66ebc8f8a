"""Documents that programs read, as answers: media type, caching, and any page of the web may read them."""

from typing import Any

from flask import Response, redirect
from werkzeug.wrappers import Response as AnyResponse

from factcheck.publish import policy
from factcheck.web import to_json


def open_to_all(response: Response) -> Response:
    """Let any page of the web read an answer; errors too, so that a program there learns what is wrong."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def document(body: Any, media_type: str, *, shared: bool = True) -> Response:
    """Return text, or JSON made from the body, as an answer; `shared` where it is the same for everybody."""
    text = body if isinstance(body, str | bytes) else to_json(body)
    response = Response(text, content_type=media_type)
    open_to_all(response)
    response.headers["Cache-Control"] = policy.CACHE if shared else "private, no-cache"
    return response


def moved(address: str) -> AnyResponse:
    """Send a client to the document that stands; pages of the web may follow."""
    response = redirect(address, 308)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
