"""factcheck: who said what, which claims it supports or disputes, and what contradicts it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from factcheck.app import create_app

__version__ = "0.1.0"

__all__ = ["__version__", "create_app"]


def __getattr__(name: str) -> Any:
    # `factcheck.analysis` is a library too: who imports only that must not load the server.
    if name == "create_app":
        return import_module("factcheck.app").create_app
    raise AttributeError(f"module 'factcheck' has no attribute {name!r}")
