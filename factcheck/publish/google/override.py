"""Long queries: Google's clients send a GET beyond some 2,000 characters as a form with POST."""

from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from factcheck.errors import GOOGLE, google_response
from factcheck.parsing import MAX_BODY, too_large

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ASCII = "".join(map(chr, range(0x21, 0x7F)))


class MethodOverride:
    """Turns a form POST with `X-HTTP-Method-Override: GET` into the GET that it stands for.

    It works before a route is chosen, so routes, ETags and errors see a plain GET.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if (
            environ["REQUEST_METHOD"] == "POST"
            and environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", "").upper() == "GET"
            and environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
            and environ.get("PATH_INFO", "").startswith(GOOGLE + "/")
        ):
            try:
                # Read one byte more: a stream in chunks says nothing where it is cut.
                form = get_input_stream(environ, max_content_length=MAX_BODY + 1).read()
            except RequestEntityTooLarge:
                form = None
            if form is None or len(form) > MAX_BODY:
                return google_response(too_large())(environ, start_response)
            environ |= {
                "REQUEST_METHOD": "GET",
                # A form may hold any byte, an address none but those of ASCII.
                "QUERY_STRING": "&".join(filter(None, (environ.get("QUERY_STRING"), quote(form, _ASCII)))),
                "CONTENT_LENGTH": "0",
                "wsgi.input": BytesIO(),
            }
        return self._app(environ, start_response)
