"""Normal forms of text. They stand beside what was said and never replace it."""

import hashlib
import re
import unicodedata
from functools import lru_cache

import snowballstemmer
from slugify import slugify

_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+")
_STEMMER = snowballstemmer.stemmer("english")


def fold(text: str) -> str:
    """Fold case, accents and spacing: `"  José  ÁLVAREZ"` and `"Jose Alvarez"` become one."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _SPACES.sub(" ", bare).strip()


def digest(text: str) -> str:
    """Return the SHA-256 of the folded text in hex, short enough for a unique index."""
    return hashlib.sha256(fold(text).encode()).hexdigest()


def slug(text: str, limit: int = 80) -> str:
    """Return an ASCII slug, cut at a word where it can be; `"x"` where nothing can be kept."""
    return slugify(text, max_length=limit, word_boundary=True) or "x"


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the English stem of a folded word; words of other languages mostly stay as they are."""
    return str(_STEMMER.stemWord(word))


def words(text: str) -> list[str]:
    """Return the folded words of a text, in order, without punctuation."""
    return _WORD.findall(fold(text))
