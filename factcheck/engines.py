"""Which engine reads the words, by the settings."""

import logging
from pathlib import Path

from factcheck.analysis import Engine, Rules
from factcheck.analysis.model import SHIPPED, Model
from factcheck.analysis.reader import ModelUnavailable
from factcheck.config import Settings

_log = logging.getLogger(__name__)


def build(settings: Settings) -> Engine:
    """Return the engine that the settings ask for.

    A model that is missing or damaged is said in one sentence, and the rules carry on: they need no file.
    """
    if settings.model == "rules":
        return Rules()
    try:
        return Model(Path(settings.model) if settings.model else SHIPPED, threads=2)
    except ModelUnavailable as error:
        _log.warning("%s Until then the rules alone read the words.", error)
        return Rules()
