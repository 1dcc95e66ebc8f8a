"""Long queries: Google's clients send a GET beyond some 2,000 characters as a form with POST."""

from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING

from factcheck.errors import GOOGLE
from factcheck.parsing import MAX_BODY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class MethodOverride:
    """Turns a form POST with `X-HTTP-Method-Override: GET` into the GET that it stands for.

    It works before a route is chosen, so routes, ETags and errors see a plain GET.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        if (
            environ["REQUEST_METHOD"] == "POST"
            and environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", "").upper() == "GET"
            and environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
            and environ.get("PATH_INFO", "").startswith(GOOGLE + "/")
            and length.isdigit()
            and int(length) <= MAX_BODY
        ):
            form = environ["wsgi.input"].read(int(length)).decode("latin-1")
            environ |= {
                "REQUEST_METHOD": "GET",
                "QUERY_STRING": "&".join(filter(None, (environ.get("QUERY_STRING"), form))),
                "CONTENT_LENGTH": "0",
                "wsgi.input": BytesIO(),
            }
        return self._app(environ, start_response)
