"""Normal forms of text. They stand beside what was said and never replace it."""

import hashlib
import re
import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

import Stemmer
from slugify import slugify
from url_normalize import url_normalize

_SPACES = re.compile(r"\s+")
# What turns the direction of the text after it; a line among the lines of others must not.
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_WORD = re.compile(r"[^\W_]+")
# So much of a word is looked up, and kept to be found by: PostgreSQL takes 2,046 bytes at most.
MAX_WORD = 60
# PyStemmer keeps the interpreter's lock while it works. A stemmer in Python keeps the word in itself, and
# gives wrong stems where several threads use it at once.
_STEMMER = Stemmer.Stemmer("english", 0)


def fold(text: str) -> str:
    """Fold case, accents and spacing: `"  José  ÁLVAREZ"` and `"Jose Alvarez"` become one."""
    if text.isascii():
        return _SPACES.sub(" ", text.lower()).strip()
    # Twice, because compatibility forms such as ™ decompose into letters that have a case of their own.
    for _ in range(2):
        decomposed = unicodedata.normalize("NFKD", text.casefold())
        text = "".join(char for char in decomposed if not unicodedata.combining(char)) or text
    return _SPACES.sub(" ", text).strip()


def digest(text: str) -> str:
    """Return the SHA-256 of the folded text in hex, short enough for a unique index."""
    return hashlib.sha256(fold(text).encode()).hexdigest()


def slug(text: str, limit: int = 80) -> str:
    """Return an ASCII slug, cut at a word where it can be; `"x"` where nothing can be kept."""
    made = slugify(text, max_length=limit, word_boundary=True) or "x"
    # What looks like an id would be read as one in an address.
    return f"x-{made}" if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made) else made


# An address that is in normal form already, as most are: a host of plain letters, digits and single
# hyphens, a path of plain characters that begins no part with a dot, and nothing else.
_NORMAL = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,62}\.){1,3}[a-z]{2,20}(?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+/?"
)


@lru_cache(maxsize=1024)
def normal_url(url: str) -> str:
    """Return the address in normal form; raise ValueError where its host name is impossible."""
    if _NORMAL.fullmatch(url):
        return url
    try:
        return url_normalize(url) or url
    except UnicodeError as error:
        raise ValueError(str(error)) from error


def site(url: str) -> str:
    """Return the host of an http or https address without its "www.", such as herald.example.

    It is in ASCII and ends in no dot: bücher.example and xn--bcher-kva.example. are one site.
    """
    return (urlsplit(normal_url(url)).hostname or "").removeprefix("www.")


def one_line(text: str, limit: int = 200) -> str:
    """Return the text on one line, without what turns its direction.

    Where it is longer than the limit, return its beginning and an ellipsis.
    """
    line = " ".join(_BIDI.sub("", text).split())
    if len(line) <= limit:
        return line
    cut = line[: limit - 2].rsplit(" ", 1)[0]
    return f"{cut.rstrip(' ,;:')} …"


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the English stem of a folded word; words of other languages mostly stay as they are."""
    return str(_STEMMER.stemWord(word))


def words(text: str) -> list[str]:
    """Return the folded words of a text, in order, without punctuation."""
    return _WORD.findall(fold(text))
