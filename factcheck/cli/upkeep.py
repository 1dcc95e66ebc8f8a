"""Commands that compute anew what follows from what is stored."""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click
from sqlalchemy import select

from factcheck import consequences, rereading, verifying
from factcheck.config import Settings
from factcheck.db import Database
from factcheck.snapshots import Snapshot


@click.command()
@click.option("--analysis", is_flag=True, help="First read the words of every statement again.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Read those stored since this day only.")
@click.option("--anew", is_flag=True, help="Read again what this version of the analysis has read, too.")
@click.option("--ask", is_flag=True, help="Let the operator's judge be asked what stays open.")
@click.option("--processes", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="That read.")
@click.pass_obj
def recheck(
    settings: Settings, *, analysis: bool, since: datetime | None, anew: bool, ask: bool, processes: int
) -> None:
    """Compute every contradiction anew from what is stored.

    With --analysis, read the words of every statement first: in parallel, and a run that was
    stopped goes on where it was. With --ask, what this leaves open is put to the judge by the server,
    as after a post, within the budget of each day.
    """
    if ask and not settings.asks_judge:
        raise click.ClickException(
            "--ask needs a judge; set FACTCHECK_JUDGE_URL, and FACTCHECK_JUDGE_DAILY above 0."
        )
    if analysis:
        work = rereading.Work(settings, since and since.replace(tzinfo=UTC), anew, ask)
        with click.progressbar(length=work.count(), label="Reading") as bar:
            done = sum(map(_advance(bar), rereading.run(work, processes)))
        click.echo(f"{done} statements were read.")
    elif since or anew or ask:
        raise click.ClickException("--since, --anew and --ask go with --analysis.")
    database = Database(settings)
    with database.writing() as session:
        changed = consequences.recheck(session, settings.max_flags)
        session.commit()
    database.dispose()
    click.echo(f"{changed} contradictions changed." if changed else "Every contradiction was in line.")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the counts and what was not found as JSON.")
@click.pass_obj
def verify(settings: Settings, as_json: bool) -> None:
    """Look every statement up in the snapshot of its source anew, and say whose words are not there."""
    database = Database(settings)
    with database.reading() as session:
        ids = session.scalars(select(Snapshot.id).order_by(Snapshot.id)).all()
    changed = 0
    with click.progressbar(ids, label="Verifying", file=sys.stderr) as sources:
        for snapshot_id in sources:
            # One source at a time, so that the newsroom can write in between.
            with database.writing() as session:
                changed += verifying.recheck(session, session.get_one(Snapshot, snapshot_id))
                consequences.settle(session, settings.max_flags)
                session.commit()
    with database.reading() as session:
        found = verifying.tally(session)
    database.dispose()
    if as_json:
        click.echo(json.dumps({"changed": changed, "counts": found.counts, "not_found": found.doubtful}))
        return
    for name, count in found.counts.items():
        click.echo(f"{name:<17}{count:>7}")
    for statement in found.doubtful:
        click.echo(f"{statement['result']:<8} {statement['id']}  {statement['reason']}")
    click.echo(f"{changed} findings changed." if changed else "Every finding was in line.")


def _advance(bar: Any) -> Callable[[int], int]:
    """Return a function that moves a progress bar on by a number and gives the number back."""

    def advance(number: int) -> int:
        bar.update(number)
        return number

    return advance
