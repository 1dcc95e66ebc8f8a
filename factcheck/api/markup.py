"""`/v1/markup-pages`: what happened to the pages that are stored through Google's API."""

from typing import Any

from factcheck import history
from factcheck.api.shapes.plain import History
from factcheck.auth import Access
from factcheck.markup import MarkupPage
from factcheck.problems import not_found
from factcheck.web import Blueprint, session

blp = Blueprint(
    "markup",
    __name__,
    url_prefix="/v1/markup-pages",
    description="Fact checks that stand elsewhere. They are read and written under /v1alpha1/pages.",
)


@blp.route("/<key>/history", operation="readMarkupPageHistory", access=Access.editor)
@blp.returns(200, History)
def read_history(key: str) -> Any:
    """Read what was changed on a page of markup, by whom and when; of a deleted page too."""
    page = MarkupPage.find(session(), key)
    if page is None:
        raise not_found("page of markup")
    return {"items": history.read(session(), ["markup_page"], [page.id])}
