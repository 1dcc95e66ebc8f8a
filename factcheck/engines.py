"""Which engine reads the words, by the settings."""

import logging
from pathlib import Path

from factcheck.analysis import Engine, Rules
from factcheck.analysis.model import Model
from factcheck.analysis.reader import ModelUnavailable
from factcheck.config import Settings

_log = logging.getLogger(__name__)


def build(settings: Settings) -> Engine:
    """Return the engine that the settings ask for: the rules, unless a folder with a model is named.

    A model that is missing or damaged is said in one sentence, and the rules carry on: they need no file.
    """
    if not settings.model:
        return Rules()
    try:
        return Model(Path(settings.model), threads=2)
    except ModelUnavailable as error:
        _log.warning("%s Until then the rules alone read the words.", error)
        return Rules()
