"""Counts in how many texts each concept occurs: the weights by which the rules tell a topic.

    python -m training.fit_frequencies FILE… --out factcheck/analysis/data/frequencies.txt

FILEs are `.jsonl` or `.jsonl.gz`, one object a line with `a` and `b`, or stories with `quotes`. Only
counts of single word stems are kept, of those that occur at least five times; no text.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from factcheck.analysis.lexicon import STOP
from factcheck.analysis.reading import concept
from factcheck.analysis.sentences import words

LEAST = 5


def texts(path: Path) -> Iterator[str]:
    """Yield each text of a file once."""
    opened: Any = gzip.open if path.suffix == ".gz" else open
    seen: set[str] = set()
    with opened(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            for text in [quote["text"] for quote in row.get("quotes", [])] or [row["a"], row["b"]]:
                if text not in seen:
                    seen.add(text)
                    yield text


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
def main(paths: tuple[Path, ...], out: Path) -> None:
    """Count the concepts of the texts in PATHS and write the table."""
    counts: Counter[str] = Counter()
    total = 0
    for path in paths:
        for text in texts(path):
            total += 1
            counts.update({concept(word.low) for word in words(text) if word.low not in STOP})
    kept = sorted((key, n) for key, n in counts.items() if n >= LEAST and key.isalpha())
    lines = [f"texts {total}", *(f"{key} {n}" for key, n in kept)]
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    click.echo(f"{len(kept)} concepts of {total} texts")


if __name__ == "__main__":
    main()
