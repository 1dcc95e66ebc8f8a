"""The seed dossier with all links removed: which claims are suggested when its statements are posted.

The statements go through the service's own way, candidates included, on a database in a temporary
folder. A statement counts as found when one of the links that the seed gives it is suggested.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from factcheck import schema, seeding, suggestions
from factcheck.analysis import Engine
from factcheck.claims import Claim
from factcheck.config import Settings
from factcheck.db import Database
from factcheck.statements import Statement


@dataclass(frozen=True)
class SeedScore:
    """How many of the statements that the seed links have a right link suggested, and what else was."""

    linked: int
    found: int
    opposed: int  # The seed has the claim with the other stance.
    beside: int  # The seed has no link to the claim.


def score_seed(engine: Engine, path: Path = seeding.SEED) -> SeedScore:
    """Load the seed without its links and read each statement against what is stored before it."""
    dossier = json.loads(path.read_text(encoding="utf-8"))
    given = {
        one["text"]: {link["claim"]: link["stance"] for link in one.pop("links", [])}
        for one in dossier["statements"]
    }
    found = opposed = beside = 0
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "seed.json"
        bare.write_text(json.dumps(dossier), encoding="utf-8")
        url = f"sqlite:///{folder}/seed.sqlite3"
        schema.upgrade(url)
        database = Database(Settings(url, url))
        seeding.load(database, 50, bare)
        with database.reading() as session:
            slugs = {claim.id: claim.slug for claim in session.scalars(select(Claim))}
            for statement in session.scalars(select(Statement)):
                links = given[statement.text]
                reading = suggestions.read(session, engine, statement, before=statement.id)
                stances = [(slugs[id_], bears.stance) for id_, bears in reading.stances]
                found += any(links.get(claim) == side for claim, side in stances)
                opposed += sum(claim in links and links[claim] != side for claim, side in stances)
                beside += sum(claim not in links for claim, _ in stances)
        database.dispose()
    return SeedScore(sum(map(bool, given.values())), found, opposed, beside)
