"""How tests read pages: as a browser asks for them, and by what stands on them."""

from collections.abc import Callable

from bs4 import BeautifulSoup, Tag

BROWSER = {"Accept": "text/html"}
Read = Callable[..., BeautifulSoup]


def words(found: Tag | None) -> str:
    assert found is not None
    return " ".join(found.get_text().split())


def part(page: BeautifulSoup, id_: str) -> Tag:
    found = page.find(id=id_)
    assert isinstance(found, Tag)
    return found


def quotes(found: Tag) -> list[str]:
    return [quote.get_text() for quote in found.select("blockquote p")]
