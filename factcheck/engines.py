"""Which engine reads the words, by the settings."""

from factcheck.analysis import Engine, Rules
from factcheck.config import Settings


def build(settings: Settings) -> Engine:
    """Return the engine that the settings ask for; the rules need no file and are always there."""
    return Rules()
