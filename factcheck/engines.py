"""Which engine reads the words, by the settings."""

from pathlib import Path
from typing import Final

from factcheck.analysis import Engine, Rules
from factcheck.analysis.comparing import with_model
from factcheck.analysis.model import SHIPPED
from factcheck.config import Settings

RULES: Final = "rules"
"""The value of FACTCHECK_MODEL by which no model reads."""


def build(settings: Settings) -> Engine:
    """Return the engine that the settings ask for: the model that ships unless they name another."""
    if settings.model == RULES:
        return Rules()
    return with_model(Path(settings.model) if settings.model else SHIPPED, threads=2)
