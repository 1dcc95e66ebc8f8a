import warnings

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect

from factcheck import schema


@pytest.fixture
def empty_url(database_url: str) -> str:
    """A database without tables."""
    schema.downgrade(database_url, "base")
    return database_url


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def test_from_empty_up_and_back_down(empty_url: str) -> None:
    assert tables(empty_url) == {"alembic_version"}
    schema.upgrade(empty_url)
    assert {"statement", "claim", "link", "contradiction", "search_document"} <= tables(empty_url)
    schema.downgrade(empty_url, "base")
    assert tables(empty_url) == {"alembic_version"}


def test_models_and_migrations_agree(database_url: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        command.check(schema.config(database_url))


def test_every_constraint_has_a_name_by_convention(database_url: str) -> None:
    engine = create_engine(database_url)
    inspector = inspect(engine)
    for table in inspector.get_table_names():
        if table == "alembic_version" or table.startswith("search_index"):
            continue
        named = [
            inspector.get_pk_constraint(table),
            *inspector.get_foreign_keys(table),
            *inspector.get_unique_constraints(table),
            *inspector.get_check_constraints(table),
        ]
        for constraint in named:
            assert constraint["name"], f"{table}: {constraint}"
            assert constraint["name"].split("_")[0] in ("pk", "fk", "uq", "ck")
    engine.dispose()
