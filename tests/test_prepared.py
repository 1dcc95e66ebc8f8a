"""Prepared statements and what is stored and found by them: as SQLAlchemy itself does it, only faster."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import bindparam, inspect, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from factcheck import storing, values
from factcheck.claims import Claim, ClaimStatus
from factcheck.contradictions import Contradiction
from factcheck.db import Base, rfc3339
from factcheck.entities import Entity, EntityType
from factcheck.findings import Finding
from factcheck.links import RETRACTED, Link, LinkStatus, StatementStatus
from factcheck.prepared import Prepared, Reads, Writes, snapshot
from factcheck.sources import Source
from factcheck.statements import Statement
from newsroom import Newsroom

MOMENT = datetime(2026, 5, 11, 9, 30, 0, 120_000, tzinfo=UTC)
FAR = timezone(timedelta(hours=-9, minutes=-30))


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.extensions["factcheck.database"].writing() as session:
        yield session


def entity(**fields: Any) -> Entity:
    given = {"slug": "ilse", "type": EntityType.person, "name": "Ilse \u201cIl\u201d Brandt", "revision": 1}
    return Entity(**{**given, "created_at": MOMENT, "updated_at": MOMENT, **fields})


def columns(record: Any) -> dict[str, Any]:
    return {prop.key: getattr(record, prop.key) for prop in inspect(type(record)).column_attrs}


def test_what_is_stored_is_what_the_unit_of_work_would_store(session: Session) -> None:
    fields: dict[str, Any] = {
        "alternate_names": ["Il", "I. Brandt \u2014 \U0001f3d7"], "same_as": [], "created_by": uuid7()
    }  # fmt: skip
    one, other = entity(slug="one", **fields), entity(slug="other", **fields)
    storing.store(session, [one])
    session.add(other)
    session.flush()
    session.expire_all()
    assert columns(one) == {**columns(other), "id": one.id, "slug": "one"}
    assert one in session
    assert not session.dirty


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026-05-20 10:00:00+00", "2026-05-20T10:00:00.000Z"),
        ("2026-05-20 10:00:00.1+00", "2026-05-20T10:00:00.100Z"),
        ("2026-05-20 10:00:00.12+00", "2026-05-20T10:00:00.120Z"),
        ("2026-05-20 10:00:00.123+00", "2026-05-20T10:00:00.123Z"),
        ("2026-05-20 10:00:00.1234+00", "2026-05-20T10:00:00.123Z"),
        ("2026-05-20 10:00:00.123456+00", "2026-05-20T10:00:00.123Z"),
        ("2026-05-20 12:00:00+02", "2026-05-20T10:00:00.000Z"),
        ("2026-05-20 12:00:00.1+02", "2026-05-20T10:00:00.100Z"),
        (None, None),
    ],
)
def test_a_moment_of_postgresql_is_shown_to_the_millisecond(written: str | None, shown: str | None) -> None:
    assert values._moment(written) == shown


def test_a_moment_without_a_zone_is_not_stored(session: Session) -> None:
    with pytest.raises(ValueError, match="zone"):
        storing.store(session, [entity(created_at=MOMENT.replace(tzinfo=None))])


@pytest.mark.parametrize(
    "moment", [MOMENT, MOMENT.replace(microsecond=0), MOMENT.astimezone(FAR), MOMENT.replace(year=9)]
)
def test_a_moment_comes_out_as_it_went_in(session: Session, moment: datetime) -> None:
    storing.store(session, [entity(created_at=moment)])
    query = select(Entity.created_at)
    assert session.scalar(query) == moment
    assert Reads.within(session).first(Prepared(query)).created_at == moment
    [shown] = Reads.within(session, plain=True).first(Prepared(query))
    assert shown == rfc3339(moment.astimezone(UTC))


def test_an_object_that_was_stored_changes_like_any_other(session: Session) -> None:
    one = storing.made(Entity, slug="one", type=EntityType.person, name="Ilse", revision=1)
    assert one.job_title is None
    storing.store(session, [one])
    one.name = "Ada"
    assert one in session.dirty
    session.flush()
    assert session.scalar(select(Entity.name)) == "Ada"
    assert storing.get(session, Entity, one.id) is one
    assert one.keys == [], "what hangs on it is loaded when it is asked for"
    with session.begin_nested() as nested:
        one.name = "Eva"
        nested.rollback()
    assert one.name == "Ada"


def test_several_rows_go_in_together_or_not_at_all(session: Session) -> None:
    storing.store(session, [entity(slug=f"one-{i}") for i in range(3)])
    assert len(session.scalars(select(Entity.id)).all()) == 3
    with pytest.raises(IntegrityError) as refused, session.begin_nested():
        storing.store(session, [entity(slug="two"), entity(slug="one-1")])
    assert "Brandt" not in str(refused.value), "the log is told what was to be stored"
    assert len(session.scalars(select(Entity.id)).all()) == 3


@pytest.mark.parametrize("model", [Entity, Source, Claim, Statement, Link, Contradiction, Finding])
def test_what_is_found_is_what_a_query_finds(app: Flask, newsroom: Newsroom, model: type[Base]) -> None:
    newsroom.claim("fell", "The crane fell.")
    for speaker, stance in (("Ann", "supports"), ("Ben", "disputes")):
        newsroom.statement(speaker, links=[{"claim": "fell", "stance": stance}], said_on="2026-05")
    newsroom.statement("Cor", "The crane was checked on 3 May.", analysis=True)
    newsroom.statement("Cor", "The crane was never checked on 3 May.", analysis=True)
    database, found = app.extensions["factcheck.database"], {}
    for prepared in (True, False):
        with database.reading() as session:
            records = (
                storing.find_all(session, model, Prepared(storing.whole(model)))
                if prepared
                else session.scalars(select(model)).all()
            )
            found[prepared] = {record.id: columns(record) for record in records}  # type: ignore[attr-defined]
    assert found[True] == found[False]
    assert found[True], "there is nothing to be found"
    kinds = {
        prepared: {id_: {key: type(value) for key, value in row.items()} for id_, row in rows.items()}
        for prepared, rows in found.items()
    }
    assert kinds[True] == kinds[False], "a choice is a choice, not a text that equals it"


def test_what_the_session_has_already_stays_its_own(session: Session) -> None:
    known = entity()
    storing.store(session, [known])
    known.name = "Changed"
    by_slug = Prepared(storing.whole(Entity).where(Entity.slug == bindparam("slug")))
    assert storing.find(session, Entity, by_slug, slug="ilse") is known
    assert session.get(Entity, known.id) is known
    assert known.name == "Changed"
    assert session.scalar(text("SELECT name FROM entity")) == "Changed", "a read sees what was changed"
    assert storing.find(session, Entity, by_slug, slug="nobody") is None


def test_an_update_tells_how_many_rows_it_met(session: Session) -> None:
    storing.store(session, [entity(slug=f"one-{i}") for i in range(3)])
    rename = Prepared(
        update(Entity).where(Entity.slug.in_(bindparam("slugs"))).values(name=bindparam("called"))
    )
    writes = Writes.within(session)
    assert writes.update(rename, slugs=["one-0", "one-2", "nobody"], called="O\u2019Hara") == 2
    assert writes.update(rename, slugs=["nobody"], called="") == 0
    named = session.scalars(select(Entity.name).order_by(Entity.slug)).all()
    assert [name == "O\u2019Hara" for name in named] == [True, False, True]


def test_lists_of_a_statement_are_not_taken_for_each_other(session: Session) -> None:
    """Their lengths decide the text, in whatever order they are given."""
    made = [entity(slug=f"one-{i}") for i in range(4)]
    storing.store(session, made)
    either = Prepared(
        select(Entity.slug).where(
            or_(Entity.slug.in_(bindparam("slugs")), Entity.id.in_(bindparam("ids")))
        )
    )  # fmt: skip
    reads = Reads.within(session)
    ids: list[UUID] = [one.id for one in made]
    assert {slug for (slug,) in reads.all(either, slugs=["one-0"], ids=ids[1:3])} == {
        "one-0",
        "one-1",
        "one-2",
    }
    assert {slug for (slug,) in reads.all(either, ids=ids[:1], slugs=["one-2", "one-3"])} == {
        "one-0", "one-2", "one-3",
    }  # fmt: skip


def test_what_a_statement_holds_itself_stands_in_its_text(session: Session) -> None:
    """SQLite takes a partial index only then, and would plan the statement anew for every run."""
    query = select(Link.id).where(
        Link.claim_id == bindparam("claim"),
        Link.status == LinkStatus.confirmed,
        Link.statement_status == StatementStatus.retracted,
    )
    reads = Reads.within(session)
    compiled = Prepared(query).compiled(reads, {"claim": uuid7()})
    assert RETRACTED in " ".join(compiled.text.split())
    assert len(compiled.parameters({"claim": uuid7()})) == 1
    assert query.compile().params, "the statement that was given is as it was"
    if reads.dialect.name == "sqlite":
        plan = session.connection().exec_driver_sql(
            f"EXPLAIN QUERY PLAN {compiled.text}", tuple(compiled.parameters({"claim": uuid7()}))
        )
        assert "ix_link_retracted" in str(plan.all())


def test_a_quote_in_what_a_statement_holds_is_no_end_of_it(session: Session) -> None:
    storing.store(session, [entity(name="O'Hara")])
    found = Reads.within(session).all(Prepared(select(Entity.slug).where(Entity.name == "O'Hara")))
    assert [row.slug for row in found] == ["ilse"]


def test_a_percent_sign_in_a_statement_is_itself(app: Flask, newsroom: Newsroom) -> None:
    newsroom.claim("all", "It was 100 %(s)s of %s.")
    wanted = Claim.text == "It was 100 %(s)s of %s."
    query = Prepared(
        select(Claim.slug).where(wanted, Claim.slug.like("%l%"), Claim.slug == bindparam("slug"))
    )
    with snapshot(app.extensions["factcheck.database"]) as reads:
        assert [row.slug for row in reads.all(query, slug="all")] == ["all"]


def test_a_free_slug_is_one_that_nobody_has(session: Session) -> None:
    assert storing.free_slug(session, Entity.slug, "ilse") == "ilse"
    storing.store(session, [entity(), *(entity(slug=f"ilse-{i}") for i in range(2, 20) if i != 18)])
    assert storing.free_slug(session, Entity.slug, "ilse") == "ilse-18"


def test_another_transaction_of_a_session_has_its_own_connection(app: Flask, newsroom: Newsroom) -> None:
    newsroom.claim("fell", "The crane fell.")
    published = Prepared(select(Claim.slug).where(Claim.status == ClaimStatus.published))
    with app.extensions["factcheck.database"].reading() as session:
        for _ in range(2):
            assert [row.slug for row in Reads.within(session).all(published)] == ["fell"]
            session.rollback()


def test_a_select_that_is_put_together_anew(newsroom: Newsroom, app: Flask) -> None:
    said = newsroom.statement("Ann", "The crane fell.", analysis=False)
    query = "SELECT text FROM statement WHERE id = :id UNION ALL SELECT CAST(:word AS TEXT)"
    with app.extensions["factcheck.database"].reading() as session:
        rows = Reads.within(session).spelled(query, {"id": UUID(said["id"]), "word": "100 %s :id"})
    assert {text for (text,) in rows} == {"The crane fell.", "100 %s :id"}
