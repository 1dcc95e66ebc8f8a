"""The application factory: reads top to bottom what the service is made of."""

from typing import Any

from flask import Flask
from flask_swagger_ui import get_swaggerui_blueprint

from factcheck import (
    __version__,
    asking,
    caching,
    callers,
    engines,
    errors,
    headers,
    health,
    logs,
    metrics,
    openapi,
    retrying,
    standbys,
    web,
)
from factcheck.api import (
    analysis,
    check,
    claims,
    contradictions,
    entities,
    keys,
    links,
    markup,
    reviews,
    search,
    sources,
    statements,
)
from factcheck.auth import Keyring
from factcheck.config import Settings
from factcheck.cores import Core
from factcheck.db import Database, is_sqlite
from factcheck.keys import Uses
from factcheck.limits import Limits
from factcheck.parsing import MAX_BODY
from factcheck.publish import (
    embeds,
    exports,
    feeds,
    linked,
    negotiation,
    oembed,
    pages,
    policy,
    rendering,
)
from factcheck.publish.google import pages as google_pages
from factcheck.publish.google import search as google_search
from factcheck.publish.google.override import MethodOverride

RESOURCES = (
    *(statements, links, check, claims, contradictions, entities, sources, reviews, search, markup, analysis),
    keys,
)
# What libraries serve, and anybody may read.
ELSEWHERE = frozenset({"static", "api-docs.openapi_json", "swagger_ui.show"})
PUBLIC = (pages, embeds, linked, feeds, exports, negotiation, oembed, google_search, google_pages)


def create_app(settings: Settings | None = None) -> Flask:
    """Return the WSGI application; settings come from the environment where none are given."""
    settings = settings or Settings.from_environ()
    app = web.Application("factcheck")
    app.config |= {
        "MAX_CONTENT_LENGTH": MAX_BODY,
        "API_TITLE": "factcheck",
        "API_VERSION": __version__,
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/",
        "API_SPEC_OPTIONS": _openapi(settings),
    }
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    app.extensions["factcheck.settings"] = settings
    app.extensions["factcheck.database"] = _database(app, settings)
    app.extensions["factcheck.engine"] = engines.build(settings)
    app.extensions["factcheck.metrics"] = counted = metrics.Metrics(app.extensions["factcheck.database"])
    app.extensions["factcheck.keys"] = Keyring(app.extensions["factcheck.database"])
    app.extensions["factcheck.uses"] = Uses(app.extensions["factcheck.database"])
    app.extensions["factcheck.core"] = core = Core(settings.own_core)
    app.extensions["factcheck.limits"] = limits = Limits(settings)
    errors.register(app)
    logs.register(app, settings)
    metrics.register(app, counted)
    app.before_request(web.refuse_unreadable_address)
    if "reads" in limits:
        app.before_request(callers.limit_reads)
    if settings.asks_judge:
        app.extensions["factcheck.asker"] = asker = asking.Asker(
            app.extensions["factcheck.database"], settings
        )
        app.before_request(asker.start)
    # Flask calls the last one first: an answer is complete before it is kept, and kept before it is compared.
    app.after_request(headers.compare)
    in_front = _may_answer_in_front(app, settings, limits)
    caching.register(app, settings.cache_mb if in_front else 0)
    app.after_request(headers.complete)
    app.after_request(policy.tell)
    rendering.register(app)
    app.wsgi_app = MethodOverride(app.wsgi_app)  # type: ignore[method-assign]
    if in_front:
        app.wsgi_app = caching.Front(app.wsgi_app, app, asks=True)  # type: ignore[method-assign]
    if committer := app.extensions["factcheck.database"].committer:
        app.wsgi_app = committer.requests.around(app.wsgi_app)  # type: ignore[method-assign]
        if in_front:
            app.wsgi_app = caching.Front(app.wsgi_app, app, asks=False)  # type: ignore[method-assign]
    if settings.own_core:
        app.wsgi_app = core.around(app.wsgi_app)  # type: ignore[method-assign]

    api = openapi.Api(app)
    for resource in RESOURCES:
        api.register_blueprint(resource.blp)
    api.register_blueprint(linked.annotated)
    for public in PUBLIC:
        app.register_blueprint(public.blp)
    app.register_blueprint(health.blp)
    # Else the address asked for would stand within a script.
    docs = {"app_name": "factcheck", "oauth2RedirectUrl": f"{settings.public_url}/docs/oauth2-redirect.html"}
    app.register_blueprint(get_swaggerui_blueprint("/docs", "/openapi.json", docs))
    headers.check(app, ELSEWHERE)
    return app


def _may_answer_in_front(app: Flask, settings: Settings, limits: Limits) -> bool:
    """Tell whether kept answers need nothing of the application: no limit of reads, no line in the log.

    Behind standbys the application chooses who is asked.
    """
    replicated = isinstance(app.extensions["factcheck.database"], standbys.Replicated)
    return not (settings.cache_mb == 0 or "reads" in limits or settings.log_requests == "all" or replicated)


def _database(app: Flask, settings: Settings) -> Database:
    if not is_sqlite(settings.database_url):
        retrying.install(app)
    if settings.read_database_url == settings.database_url:
        return Database(settings)
    replicated = standbys.Replicated(settings)
    standbys.register(app, replicated)
    return replicated


def _openapi(settings: Settings) -> dict[str, Any]:
    return {
        "info": {
            "description": "Who said what, which claims it supports or disputes, and what contradicts it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": settings.public_url}],
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key made with `factcheck key create`. Public reads need none.",
                }
            }
        },
    }
