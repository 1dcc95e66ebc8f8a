"""Errors as the caller sees them: RFC 9457 problem details, one clear sentence each.

Rules and routes raise a `Problem`; `web` turns every error into one answer of the same shape.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any


class Problem(Exception):
    """An error for the caller.

    `name` becomes the stable `type` (`urn:factcheck:problem:NAME`), `errors` the list of
    `{pointer, detail}`, with pointers into the body as in RFC 9457 (`#/links/0/claim`).
    """

    def __init__(
        self,
        status: int,
        name: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.name = name
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.members = members

    def body(self) -> dict[str, Any]:
        """Return the members of the problem document."""
        return {
            "type": f"urn:factcheck:problem:{self.name}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            **({"errors": self.errors} if self.errors else {}),
            **self.members,
        }


def invalid(pointer: str, detail: str, **members: Any) -> Problem:
    """Return the 422 for one field of the body."""
    return Problem(422, "invalid", detail, errors=[{"pointer": f"#{pointer}", "detail": detail}], **members)


def wrong(parameter: str, detail: str) -> Problem:
    """Return the 422 for one parameter of the query."""
    return Problem(422, "invalid", detail, errors=[{"parameter": parameter, "detail": detail}])


def not_found(what: str) -> Problem:
    """Return the 404 that is the same for what never was and what the caller may not see."""
    return Problem(404, "not-found", f"There is no such {what}.")


def gone(what: str, why: str, **members: Any) -> Problem:
    """Return the 410 for what was merged or withdrawn."""
    return Problem(410, "gone", f"This {what} {why}", **members)
