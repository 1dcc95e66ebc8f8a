"""What browsers and caches are told about pages and embeds, problem pages too."""

import hashlib
import re
from base64 import b64encode
from datetime import datetime
from pathlib import Path

from flask import Response, request
from flask.globals import request_ctx

from factcheck.claims import stamp
from factcheck.headers import has, is_html
from factcheck.web import settings

_OURS = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'"
PAGE = f"{_OURS}; form-action 'self'; frame-ancestors 'self'"
EMBED = f"{_OURS}; script-src 'self'; form-action 'none'"
# Swagger UI has pictures within its style sheet, sets styles by script, and asks our API.
DOCS = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
# For a little while a cache may serve what it has; then it serves it once more and asks here meanwhile.
# Short, because a retraction must reach what is embedded already.
CACHE = "public, max-age=10, stale-while-revalidate=120"
FOREVER = "public, max-age=31536000, immutable"
# Each changes with the file, so that a browser may keep the file for as long as it likes.
VERSIONS = {
    path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    for path in (Path(__file__).parents[1] / "static").iterdir()
}


def asset(name: str) -> str:
    """Return the address of a static file, with its version."""
    return f"/static/{name}?v={VERSIONS[name]}"


def picture(slug: str, version: int, at: datetime) -> str:
    """Return the address of a claim's share picture, under which no other picture will ever stand."""
    return f"/claims/{slug}/picture.png?v={stamp(version, at)}"


def embedded() -> bool:
    """Tell whether an embed is asked for, there or not."""
    return request.path.startswith("/embed/")


def tell(response: Response) -> Response:
    """Allow pages and embeds nothing but our own files, and say how long a copy may be shown."""
    request, headers = request_ctx.request, response.headers
    html = is_html(response)
    if html and (request.endpoint or "").startswith("swagger_ui."):
        headers["Content-Security-Policy"] = f"{DOCS}; script-src 'self'{_inline(response)}"
    elif html:
        if not has(response, "Content-Security-Policy"):
            headers.add("Content-Security-Policy", _embed_policy() if embedded() else PAGE)
        if not has(response, "Cache-Control"):
            # What is not there may be published in a moment.
            headers.add("Cache-Control", CACHE if response.status_code == 200 else "no-cache")
    if request.endpoint == "static" and request.args.get("v") == VERSIONS.get(
        (request.view_args or {}).get("filename", "")
    ):
        response.headers["Cache-Control"] = FOREVER
    return response


def _inline(response: Response) -> str:
    """Return the hashes of the scripts within the page of Swagger UI, which holds nothing of a request."""
    if response.direct_passthrough:
        return ""
    scripts = re.findall(rb"<script>(.*?)</script>", response.get_data(), re.DOTALL)
    return "".join(f" 'sha256-{b64encode(hashlib.sha256(script).digest()).decode()}'" for script in scripts)


def _embed_policy() -> str:
    """Return the policy of embeds: anybody may frame them, unless the operator names who may.

    `frame-ancestors *` would not do for anybody: it leaves out apps and sandboxed pages.
    """
    ancestors = settings().frame_ancestors
    return f"{EMBED}; frame-ancestors {ancestors}" if ancestors else EMBED
