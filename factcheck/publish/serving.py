"""Documents that programs read, as answers: media type and caching."""

from typing import Any

from flask import Response

from factcheck.publish import policy
from factcheck.web import to_json


def document(body: Any, media_type: str, *, shared: bool = True) -> Response:
    """Return text, or JSON made from the body, as an answer; `shared` where it is the same for everybody."""
    text = body if isinstance(body, str | bytes) else to_json(body)
    response = Response(text, content_type=media_type)
    response.headers["Cache-Control"] = policy.CACHE if shared else "private, no-cache"
    return response
