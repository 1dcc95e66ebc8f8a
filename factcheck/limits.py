"""How often somebody may call: reads and failed keys by address, writes and analysis by key.

The counting is that of `limits`, the library beneath Flask-Limiter. Without the extension around it,
a request that no limit is for costs nothing: the public read path does not come here at all.
Counts are kept in the memory of each process, or in one Redis for all of them. While that is away,
each process counts for itself: a limit never takes the service down.
"""

import logging
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from time import monotonic, time
from typing import Any, Final

from flask import Request, Response
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from factcheck.config import Settings
from factcheck.problems import Problem

_log = logging.getLogger(__name__)
# A household or a desk has a network of this size to itself; one address of many is no bound.
_IPV6_NETWORK: Final = 64
# Seconds that Redis may take, and that it is left alone after it did not answer.
_PATIENCE: Final[dict[str, Any]] = {"socket_connect_timeout": 0.3, "socket_timeout": 0.3}
_PAUSE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a limit to the caller, for the headers of the answer."""

    name: str
    limit: RateLimitItem
    remaining: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """The headers of https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/."""
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.limit.amount};w={self.limit.get_expiry()}',
            "RateLimit": f'"{self.name}";r={self.remaining};t={self.reset}',
        }

    def tell(self, response: Response) -> Response:
        """Say it in an answer."""
        response.headers.update(self.headers)
        return response


class Limits:
    """The limits of one application. A limit that is not set lets everybody through."""

    def __init__(self, settings: Settings) -> None:
        given = {
            "reads": settings.limit_reads,
            "writes": settings.limit_writes,
            "analysis": settings.limit_analysis,
            "failed-keys": settings.limit_failed_keys,
        }
        self._limits = {name: parse(text) for name, text in given.items() if text}
        self._here = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = self._here
        if not settings.limit_storage.startswith("memory:"):
            storage = storage_from_string(settings.limit_storage, wrap_exceptions=True, **_PATIENCE)
            self._shared = SlidingWindowCounterRateLimiter(storage)
        self._away_until = 0.0
        self._proxies = [ip_network(proxy) for proxy in settings.trusted_proxies]

    def __contains__(self, name: str) -> bool:
        return name in self._limits

    def spend(self, name: str, who: str) -> Left | None:
        """Count one call; raise 429 where the caller has none left. None where nothing is limited."""
        limit = self._limits.get(name)
        if limit is None:
            return None
        if monotonic() < self._away_until:
            return self._spend(self._here, name, limit, who)
        try:
            return self._spend(self._shared, name, limit, who)
        except StorageError as error:
            self._away_until = monotonic() + _PAUSE
            _log.warning("Calls are counted in this process only: %s.", type(error.storage_error).__name__)
            return self._spend(self._here, name, limit, who)

    def _spend(
        self, counter: SlidingWindowCounterRateLimiter, name: str, limit: RateLimitItem, who: str
    ) -> Left:
        passed = counter.hit(limit, name, who)
        stats = counter.get_window_stats(limit, name, who)
        left = Left(name, limit, max(0, stats.remaining), max(1, ceil(stats.reset_time - time())))
        if not passed:
            raise _too_many(left)
        return left

    def address(self, request: Request) -> str:
        """Return the address of a caller: what `X-Forwarded-For` says counts from trusted proxies only.

        It is read from the right: each proxy adds whom it was called by, and what stands further to the
        left of the last one that is not trusted may be made up.
        """
        found = request.remote_addr or ""
        if self._proxies:
            forwarded = ",".join(request.headers.getlist("X-Forwarded-For")).split(",")
            while forwarded and self._trusts(found):
                found = _bare(forwarded.pop().strip()) or found
        try:
            address = ip_address(found)
        except ValueError:
            return "unknown"
        if address.version == 6:
            if address.ipv4_mapped:
                return str(address.ipv4_mapped)
            return str(ip_network((address, _IPV6_NETWORK), strict=False))
        return str(address)

    def _trusts(self, found: str) -> bool:
        try:
            address = ip_address(found)
        except ValueError:
            return False
        # What listens on both versions of IP sees an address of version 4 within one of version 6.
        address = (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
        return any(address in proxy for proxy in self._proxies)


def _bare(forwarded: str) -> str:
    """Return an address without the port that some proxies add: 1.2.3.4:5678, [2001:db8::1]:5678."""
    if forwarded.startswith("["):
        return forwarded[1:].partition("]")[0]
    return forwarded.partition(":")[0] if forwarded.count(":") == 1 else forwarded


def _too_many(left: Left) -> Problem:
    what = {"failed-keys": "calls with a wrong key", "analysis": "calls of the analysis"}.get(
        left.name, left.name
    )
    return Problem(
        429,
        "too-many-requests",
        f"More than {left.limit.amount} {what} in {left.limit.get_expiry()} seconds; "
        f"try again in {left.reset} seconds.",
        headers={"Retry-After": str(left.reset), **left.headers},
    )
