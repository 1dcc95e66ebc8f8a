import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

import postgres
from counting import queries_of
from factcheck import create_app, schema, seeding
from factcheck.auth import ApiKey, Role
from factcheck.config import Settings
from newsroom import Newsroom
from pages import BROWSER, Read

ROOT = Path(__file__).parent.parent
NO_SKIPS = os.environ.get("FACTCHECK_TEST_NO_SKIPS") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """Turn skips into failures where CI asks for it: what CI skips is never tested."""
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
    return report


def settings_for(url: str, **changes: Any) -> Settings:
    """Settings of a test: the rules read the words, whose judgements a test can foretell."""
    given = {"read_database_url": url, "secret_key": "of the tests", "model": "rules"} | changes
    return Settings(database_url=url, **given)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if made := os.environ.get("FACTCHECK_TEST_TEMPLATE"):
        return Path(made)  # By `bench.mutation`, once for thousands of runs.
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    schema.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server with a migrated database named `template`."""
    folder = postgres.binaries()
    if folder is None:
        pytest.skip("no PostgreSQL server is installed (Debian: postgresql)")
    with postgres.server(folder) as address:
        on_server(address, f"CREATE DATABASE template TEMPLATE template0 ENCODING 'UTF8' {sorting(address)}")
        schema.upgrade(f"{address}/template")
        yield address


def sorting(address: str) -> str:
    """Return what has a database sort as a language does, as most do: "~" before digits, "B" after "a"."""
    engine = create_engine(f"{address}/postgres")
    with engine.connect() as connection:
        version = int(connection.scalar(text("SHOW server_version_num")) or 0)
    engine.dispose()
    return "LOCALE_PROVIDER icu ICU_LOCALE 'en-US'" if version >= 150000 else ""


def on_server(address: str, statement: str) -> None:
    engine = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database with all tables: every test that asks for it runs on both."""
    if request.param == "sqlite":
        path = tmp_path / "factcheck.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    address = request.getfixturevalue("postgres_server")
    on_server(address, "CREATE DATABASE fresh TEMPLATE template")
    yield f"{address}/fresh"
    on_server(address, "DROP DATABASE fresh WITH (FORCE)")


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    app.extensions["factcheck.database"].dispose()


@pytest.fixture
def keys(app: Flask) -> dict[str, str]:
    """A key of each role, and of a second contributor."""
    with app.extensions["factcheck.database"].writing() as session:
        made = {role.value: ApiKey.issue(session, name=f"a {role.value}", role=role)[1] for role in Role}
        made["colleague"] = ApiKey.issue(session, name="a colleague", role=Role.contributor)[1]
        session.commit()
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def newsroom(client: FlaskClient, keys: dict[str, str]) -> Newsroom:
    return Newsroom(client, keys)


@pytest.fixture
def editor(keys: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {keys['editor']}"}


@pytest.fixture
def contributor(keys: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {keys['contributor']}"}


@pytest.fixture
def seeded(app: Flask, newsroom: Newsroom) -> Newsroom:
    """A newsroom with the seed dossier loaded."""
    seeding.load(app.extensions["factcheck.database"], 50)
    return newsroom


@pytest.fixture
def read(client: FlaskClient) -> Read:
    """Return a function that opens a page as a browser does and holds it to a status."""

    def read(path: str, status: int = 200, **headers: str) -> BeautifulSoup:
        response = client.get(path, headers={**BROWSER, **headers})
        assert response.status_code == status, response.get_data(as_text=True)
        assert response.mimetype == "text/html"
        return BeautifulSoup(response.get_data(as_text=True), "html.parser")

    return read


@pytest.fixture
def queries(app: Flask) -> Iterator[list[str]]:
    """The statements that the reader engine runs."""
    with queries_of(app) as found:
        yield found
