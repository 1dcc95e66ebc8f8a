"""How well quotations and their speakers are found: `python -m training.articles DIR [--verbose]`.

DIR holds `articles.jsonl`: a line for each article, `{id, text, quotes [{text, speaker, start, end}]}`,
offsets in code points, the end exclusive, marks outside. Direct quotations only; one counts as found
where both offsets are exact, and its speaker as right where the name is the same to the letter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson

from factcheck.analysis import quotations


@dataclass(frozen=True, slots=True)
class Miss:
    """What went wrong: a quotation not found, one found that is none, or a wrong speaker."""

    article: str
    what: str
    text: str
    wanted: str | None
    found: str | None


@dataclass(frozen=True, slots=True)
class _Outcome:
    wanted: int
    found: int
    hits: int
    speakers: int
    misses: tuple[Miss, ...]


def score_articles(path: Path) -> dict[str, float]:
    """Return F1, precision and recall of direct quotations, and of those found the right speakers; 0–1.

    `path` is `articles.jsonl` itself.
    """
    outcomes = [_outcome(article) for article in _articles(path)]
    wanted, found, hits, speakers = (
        sum(getattr(outcome, name) for outcome in outcomes)
        for name in ("wanted", "found", "hits", "speakers")
    )
    return {
        "f1": 2 * hits / (wanted + found) if wanted + found else 1.0,
        "precision": hits / found if found else 1.0,
        "recall": hits / wanted if wanted else 1.0,
        "speaker": speakers / hits if hits else 0.0,
    }


def misses(path: Path) -> list[Miss]:
    """Return everything that `score_articles` counts against."""
    return [miss for article in _articles(path) for miss in _outcome(article).misses]


def _articles(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as lines:
        for line in lines:
            yield orjson.loads(line)


def _outcome(article: dict[str, Any]) -> _Outcome:
    name = article["id"]
    found = {(q.start, q.end): q for q in quotations(article["text"]) if q.kind == "direct"}
    wanted = {(q["start"], q["end"]): q for q in article["quotes"]}
    missed: list[Miss] = []
    speakers = 0
    for offsets, quote in wanted.items():
        hit = found.get(offsets)
        if hit is None:
            missed.append(Miss(name, "not found", quote["text"], quote["speaker"], None))
        elif hit.speaker == quote["speaker"]:
            speakers += 1
        else:
            missed.append(Miss(name, "speaker", quote["text"], quote["speaker"], hit.speaker))
    for offsets in found.keys() - wanted.keys():
        missed.append(Miss(name, "no quotation", found[offsets].text, None, found[offsets].speaker))
    return _Outcome(len(wanted), len(found), len(found.keys() & wanted.keys()), speakers, tuple(missed))


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--verbose", is_flag=True, help="List what was missed.")
def main(folder: Path, verbose: bool) -> None:
    """Score FOLDER/articles.jsonl."""
    path = folder / "articles.jsonl"
    for name, value in score_articles(path).items():
        click.echo(f"{name:10} {value:.3f}")
    if verbose:
        for miss in misses(path):
            click.echo(f"{miss.article}: {miss.what}: {miss.text!r}: {miss.wanted!r}, found {miss.found!r}")


if __name__ == "__main__":
    main()
