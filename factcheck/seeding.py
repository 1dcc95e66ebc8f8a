"""Loading the seed dossier, through the same schemas and verbs as the API."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck import claims, consequences, entities, sources
from factcheck.auth import Access, Actor
from factcheck.claims import ClaimSchema
from factcheck.db import Database
from factcheck.entities import EntitySchema
from factcheck.problems import Problem
from factcheck.relations import Relation, RelationSchema
from factcheck.sources import SourceSchema
from factcheck.statements import Statement, StatementSchema

SEED = Path(__file__).parent.parent / "seed" / "rust.json"
SEEDER = Actor(None, "seed", Access.editor)


def load(database: Database, max_flags: int, path: Path = SEED) -> str:
    """Store the dossier in one transaction and say what came of it; loading it again changes nothing."""
    dossier: dict[str, list[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8"))
    with database.writing() as session:
        for data in dossier["entities"]:
            entities.resolve(session, SEEDER, EntitySchema().load(data), "")
        for data in dossier["sources"]:
            sources.resolve(session, SEEDER, SourceSchema().load(data), "")
        for data in dossier["claims"]:
            claims.resolve(session, SEEDER, ClaimSchema().load(data), "")
        for data in dossier["relations"]:
            _relate(session, data)
        new = sum(_state(session, data) for data in dossier["statements"])
        consequences.settle(session, max_flags)
        session.commit()
        stored = session.scalars(select(Statement.id)).all()
    return f"Seed: {new} statements stored, {len(stored)} in all."


def _state(session: Session, data: dict[str, Any]) -> bool:
    try:
        Statement.record(session, SEEDER, StatementSchema().load(data))
    except Problem as problem:
        if problem.name != "duplicate":
            raise
        return False
    return True


def _relate(session: Session, data: dict[str, Any]) -> None:
    claim = claims.resolve(session, SEEDER, data.pop("from"), "/from")
    try:
        Relation.draw(session, SEEDER, claim, RelationSchema().load(data))
    except Problem as problem:
        if problem.name != "duplicate":
            raise
