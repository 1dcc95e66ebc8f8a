"""factcheck: who said what, which claims it supports or disputes, and what contradicts it."""

__version__ = "0.1.0"

__all__ = ["__version__", "create_app"]

from factcheck.app import create_app
