"""Which engine reads the words, by the settings."""

import logging
from functools import cache
from pathlib import Path
from typing import Final

from factcheck.analysis import Engine, Rules
from factcheck.analysis.model import SHIPPED, Model
from factcheck.analysis.reader import ModelUnavailable
from factcheck.config import Settings

RULES: Final = "rules"
"""The value of FACTCHECK_MODEL by which no model reads."""

_log = logging.getLogger(__name__)


def build(settings: Settings) -> Engine:
    """Return the engine that the settings ask for: the model that ships unless they name another.

    A model that is missing or damaged is said in one sentence, and the rules carry on: they need no file.
    """
    if settings.model == RULES:
        return Rules()
    try:
        return _loaded(Path(settings.model) if settings.model else SHIPPED)
    except ModelUnavailable as error:
        _log.warning("%s Until then the rules alone read the words.", error)
        return Rules()


@cache
def _loaded(folder: Path) -> Model:
    """Load a model once a process: it is the same for every application that is made in it."""
    return Model(folder, threads=2)
