"""Who is calling, how often, and what the route asks of them: the one way in for every key."""

from flask import after_this_request, current_app, request

from factcheck.auth import Actor, Asked, Keyring, identify
from factcheck.keys import Uses
from factcheck.limits import Limits
from factcheck.problems import Problem


def asked() -> Asked:
    """Return what the route of this request asks of who calls it."""
    found: dict[str | None, Asked] = current_app.extensions["factcheck.asked"]
    return found[request.endpoint]


def recognise(authorization: str) -> Actor:
    """Return who sends this header, and note that the key was used.

    Raise 401 where it holds no valid key, 429 for an address that has sent too many. A valid key is
    taken whatever came from its address before: one client's mistake keeps out nobody else.
    """
    keys: Keyring = current_app.extensions["factcheck.keys"]
    try:
        found = identify(keys, authorization)
    except Problem:
        limits().spend("failed-keys", limits().address(request))
        raise
    if found.key_id:
        uses: Uses = current_app.extensions["factcheck.uses"]
        uses.note(found.key_id)
    return found


def limits() -> Limits:
    """Return the limits of the running application."""
    found: Limits = current_app.extensions["factcheck.limits"]
    return found


def spend(name: str, who: str) -> None:
    """Count a call against a limit and say in the answer what is left; raise 429 where nothing is."""
    if left := limits().spend(name, who):
        after_this_request(left.tell)


def limit_reads() -> None:
    """Count a read against the limit of its address; called before each request, where there is one."""
    if request.method in ("GET", "HEAD") and request.blueprint != "health":
        spend("reads", limits().address(request))
