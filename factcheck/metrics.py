"""Metrics in the format of Prometheus: requests, analysis, contradictions, what waits, connections.

Where `factcheck serve` runs several workers, each keeps its numbers in files that the one which is
asked adds up (prometheus_client's multi-process mode). Connections are then of that worker alone.
"""

import os
import time
from collections.abc import Iterator
from threading import Lock
from typing import Final

from flask import Flask, Response
from flask.globals import request_ctx
from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy import text as sql
from sqlalchemy.exc import SQLAlchemyError

from factcheck import logs
from factcheck.config import METRICS_FOLDER
from factcheck.contradictions import WAITING, Contradiction
from factcheck.db import Database
from factcheck.questions import Question

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
# A client may invent methods; each would be kept for ever.
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
# Each is counted in a partial index of just these rows; where they are many, that takes milliseconds.
_COUNTS: Final = (
    select(func.count()).select_from(Contradiction).where(WAITING),
    select(func.count()).select_from(Contradiction).where(sql("status = 'confirmed'")),
    select(func.count()).select_from(Question).where(sql("state = 'waiting'")),
)
_COUNTED_EVERY: Final = 30.0


class Metrics:
    """What one application counts."""

    def __init__(self, database: Database) -> None:
        self._registry = CollectorRegistry()
        # In multi-process mode what is counted is read from the files, not from this process.
        counted = CollectorRegistry() if METRICS_FOLDER in os.environ else self._registry
        if METRICS_FOLDER in os.environ:
            MultiProcessCollector(self._registry)  # type: ignore[no-untyped-call]
        else:
            ProcessCollector(registry=self._registry)
            PlatformCollector(registry=self._registry)
            GCCollector(registry=self._registry)
        self._registry.register(_Stored(database))
        self.requests = Histogram(
            "factcheck_request_seconds",
            "Time from a request to its answer.",
            ("method", "route", "status"),
            registry=counted,
            buckets=_SECONDS,
        )
        self.analysis = Histogram(
            "factcheck_analysis_seconds",
            "Time that the analysis took over a post or check, before it was stored.",
            registry=counted,
            buckets=_SECONDS,
        )

    def count(self, method: str, rule: str, status: str, seconds: float) -> None:
        """Count a request that was answered."""
        known = method if method in _METHODS else "other"
        self.requests.labels(known, rule, status).observe(seconds)

    def text(self) -> bytes:
        """Return all metrics as Prometheus reads them."""
        return generate_latest(self._registry)


class _Stored(Collector):
    """Gauges of what is stored, counted when asked for, and not more often than worth it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._counted_at = -_COUNTED_EVERY
        self._suggested = self._confirmed = 0
        self._waiting = 0

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = self._count()
        yield GaugeMetricFamily("factcheck_database_up", "Whether the reader's database answered.", value=up)
        flags = GaugeMetricFamily(
            "factcheck_contradictions",
            "Contradictions: suggested ones that wait for an editor, and those that one confirmed.",
            labels=("status",),
        )
        flags.add_metric(("suggested",), self._suggested)
        flags.add_metric(("confirmed",), self._confirmed)
        yield flags
        waiting = "Questions that wait for the operator's judge."
        yield GaugeMetricFamily("factcheck_questions_waiting", waiting, value=self._waiting)
        connections = GaugeMetricFamily(
            "factcheck_database_connections", "Connections in use in this process.", labels=("engine",)
        )
        for name, number in self._database.in_use().items():
            connections.add_metric((name,), number)
        yield connections

    def _count(self) -> int:
        with self._lock:
            if time.monotonic() - self._counted_at < _COUNTED_EVERY:
                return 1
            try:
                with self._database.reading() as session:
                    self._suggested, self._confirmed, self._waiting = (
                        session.scalar(query) or 0 for query in _COUNTS
                    )
            except SQLAlchemyError:
                return 0
            self._counted_at = time.monotonic()
            return 1


def register(app: Flask, metrics: Metrics) -> None:
    """Time every request, by the rule that answered it; addresses that no rule knows count together."""

    @app.after_request
    def count(response: Response) -> Response:
        asked = request_ctx.request
        rule = asked.url_rule.rule if asked.url_rule else "none"
        seconds = time.perf_counter() - asked.environ[logs.BEGAN]
        metrics.count(asked.method, rule, str(response.status_code), seconds)
        return response
