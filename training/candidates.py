"""How much of what matters is among the candidates: `python -m training.candidates GROUPS.jsonl`.

Loads stories (each some quotes and claims, every stance and pair labelled) into a throw-away
database, all together, so that each story stands among all the others, and asks for the candidates
of every quote. Printed is which share of the claims that a quote bears on, and of the quotes that
contradict it, is among the 20 candidates.
"""

import json
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from factcheck import candidates, consequences, schema
from factcheck.auth import Access, Actor
from factcheck.claims import Claim, ClaimKind
from factcheck.config import Settings
from factcheck.db import Database
from factcheck.graph import Stance
from factcheck.links import Link
from factcheck.sources import SourceType
from factcheck.statements import Statement, StatementKind

EDITOR = Actor(None, "editor", Access.editor)


@dataclass(slots=True)
class Counts:
    """Found and wanted of claims and of statements, and how much of what was found is of the same story."""

    claims: list[bool] = field(default_factory=list)
    statements: list[bool] = field(default_factory=list)
    foreign: list[int] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)

    def line(self, name: str) -> str:
        return (
            f"{name:<34}claims {sum(self.claims) / len(self.claims):.3f} of {len(self.claims):,}   "
            f"contradicting statements {sum(self.statements) / len(self.statements):.3f} "
            f"of {len(self.statements):,}   of other stories {statistics.mean(self.foreign):.1f}   "
            f"{statistics.median(self.milliseconds):.1f} ms"
        )


def load(session: Session, stories: list[dict[str, Any]]) -> dict[tuple[str, str], UUID]:
    """Store claims and quotes of the stories, their order mixed; return ids by story and name."""
    ids = {}
    for story in stories:
        for claim in story["claims"]:
            data = {
                "text": claim["text"],
                "kind": ClaimKind(claim["kind"]),
                "about": [{"name": name} for name in dict.fromkeys(claim["about"])],
            }
            ids[story["group"], claim["id"]] = Claim.record(session, EDITOR, data).id
    said = [(story["group"], quote) for story in stories for quote in story["quotes"]]
    random.Random(1).shuffle(said)
    for group, quote in said:
        data = {
            "text": quote["text"],
            "kind": StatementKind.direct,
            "language": "en",
            "speaker": {"name": quote["speaker"]},
            "speaker_role": quote["role"],
            "on_behalf_of": {"name": quote["on_behalf_of"]} if quote["on_behalf_of"] else None,
            "said_on": quote["said_on"],
            "source": {"url": f"https://news.example/{group}/{quote['id']}", "type": SourceType.other},
        }
        ids[group, quote["id"]] = Statement.record(session, EDITOR, data).id
    consequences.settle(session, 50)
    return ids


def link(session: Session, stories: list[dict[str, Any]], ids: dict[tuple[str, str], UUID]) -> None:
    """Link the first half of each story's quotes to its claims, as editors would have by then."""
    for story in stories:
        for quote in story["quotes"][: len(story["quotes"]) // 2]:
            for claim, stance in story["stances"][quote["id"]].items():
                if stance != "none":
                    statement = session.get_one(Statement, ids[story["group"], quote["id"]])
                    target = session.get_one(Claim, ids[story["group"], claim])
                    Link.make(session, EDITOR, statement, target, {"stance": Stance(stance)})
    consequences.settle(session, 50)


def measure(
    session: Session, stories: list[dict[str, Any]], ids: dict[tuple[str, str], UUID], *, from_half: bool
) -> Counts:
    """Ask for the candidates of every quote (or of the second half of each story's) and count."""
    counts = Counts()
    for story in stories:
        group = story["group"]
        quotes = [quote["id"] for quote in story["quotes"]]
        own = {ids[group, name] for name in [*quotes, *(claim["id"] for claim in story["claims"])]}
        for name in quotes[len(quotes) // 2 if from_half else 0 :]:
            statement = session.get_one(Statement, ids[group, name])
            start = time.perf_counter()
            found = candidates.gather(session, statement)
            counts.milliseconds.append(1000 * (time.perf_counter() - start))
            shown = {c.id for c in found.claims} | {s.id for s in found.statements}
            counts.foreign.append(len(shown - own))
            for claim, stance in story["stances"][name].items():
                if stance != "none":
                    counts.claims.append(ids[group, claim] in shown)
            for pair, (label, _) in story["pairs"].items():
                if name in (ends := pair.split(",")) and label == "contradiction":
                    other = ends[0] if ends[1] == name else ends[1]
                    counts.statements.append(ids[group, other] in shown)
    return counts


@click.command()
@click.argument("groups", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--stories", default=100, help="How many stories are loaded together.")
@click.option("--part", type=click.Choice(["even", "odd", "all"]), default="odd", help="Which lines.")
def main(groups: Path, stories: int, part: str) -> None:
    """Print the recall of the candidates on stories of GROUPS."""
    lines = groups.read_text(encoding="utf-8").splitlines()
    if part != "all":
        lines = lines[part == "odd" :: 2]
    chosen = [json.loads(line) for line in lines[:stories]]
    if not chosen:
        sys.exit("There is no story in this file.")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/candidates.sqlite3"
        schema.upgrade(url)
        database = Database(Settings(database_url=url, read_database_url=url, secret_key="-"))
        with database.writing() as session:
            ids = load(session, chosen)
            click.echo(measure(session, chosen, ids, from_half=False).line("nothing linked yet"))
            link(session, chosen, ids)
            click.echo(measure(session, chosen, ids, from_half=True).line("half of each story linked"))
        database.dispose()


if __name__ == "__main__":
    main()
