"""What a read costs does not grow with what is stored: SQLite's own steps, on two data sets of the benchmark."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event

from bench import dataset
from bench.newsroom import SECRET
from factcheck import create_app
from factcheck.config import Settings

SMALL, LARGE = 2000, 10_000
# Steps of SQLite's machine that are counted as one.
STEPS = 20
# These look through more where more is stored: words are ranked (as far as docs/performance.md says), and
# claims of a rare kind are looked for among all.
GROWS = ("?q=", "claims:search", "claims?kind=")
FILTERS = (
    *("/v1/statements?status=published&speaker={entity}", "/v1/statements?status=published&source={source}"),
    *("/v1/statements?status=draft&speaker={entity}", "/v1/statements?said_after=2030&status=published"),
    *(f"/v1/contradictions?kind=opposite_stance&{by}" for by in ("claim={claim}", "speaker={entity}")),
    *(
        "/v1/contradictions?kind=opposite_stance&subject={entity}",
        "/v1/contradictions?kind=opposite_stance&claim=no",
    ),
    *("/v1/contradictions?kind=opposite_stance&since=2030-01-01T00:00:00Z",),
    *(
        "/v1/contradictions?status=open&claim={claim}",
        "/v1/contradictions?certainty=asserted&subject={entity}",
    ),
    *(
        "/v1/statements?status=draft",
        "/v1/statements?status=retracted",
        "/v1/statements?verification=missing",
    ),
    *("/v1/statements?stance=supports", "/v1/statements?source={source}&stance=disputes"),
    *("/v1/statements?claim={claim}", "/v1/statements?claim={claim}&stance=supports&status=draft"),
    *("/v1/statements?speaker={entity}", "/v1/statements?on_behalf_of={entity}&stance=supports"),
    *("/v1/statements?speaker={entity}&claim={claim}", "/v1/statements?source={source}"),
    *("/v1/statements?said_after=2030", "/v1/statements?said_after=1990&said_before=1991"),
    *("/v1/statements?said_before=1990", "/v1/contradictions?since=2030-01-01T00:00:00Z"),
    *("/v1/claims?status=draft", "/v1/claims?about={entity}", "/v1/claims?topic=none"),
    *("/v1/entities?name=Nobody", "/v1/sources?url=https://nobody.example/"),
    *(f"/v1/contradictions?status={status}" for status in ("open", "confirmed", "dismissed", "resolved")),
    *("/v1/contradictions?kind=counter_claim", "/v1/contradictions?kind=opposite_stance"),
    *("/v1/contradictions?certainty=suggested", "/v1/contradictions?certainty=asserted"),
    *("/v1/contradictions?claim={claim}", "/v1/contradictions?speaker={entity}"),
    *("/v1/contradictions?subject={entity}", "/entities/{entity}?on_behalf=1"),
    *("/oembed?url=http://127.0.0.1:8000/claims/{claim}", "/embed/claims/{claim}?version=1"),
    *(
        f"/feeds/{name}.atom?{scope}"
        for name in ("statements", "contradictions", "corrections", "reviews")
        for scope in ("claim={claim}", "entity={entity}")
    ),
)


class Counted:
    """An application on a data set, which tells how many steps an address takes SQLite."""

    def __init__(self, path: Path, statements: int) -> None:
        dataset.build(path, statements)
        url = f"sqlite:///{path}"
        self.app: Flask = create_app(Settings(url, url, secret_key="x", model="rules", cache_mb=0))
        self.steps = 0
        event.listen(self.app.extensions["factcheck.database"].reader, "connect", self._watch)
        # A statement in the middle of the claims that come first, as in the other data set.
        found = sqlite3.connect(path).execute(
            "SELECT s.id, c.slug, e.slug, s.source_id, x.id FROM claim c JOIN link l ON l.claim_id = c.id "
            "JOIN statement s ON s.id = l.statement_id JOIN entity e ON e.id = s.speaker_id "
            "JOIN contradiction x ON x.claim_id = c.id AND x.public WHERE c.slug = 'claim-000001' ORDER BY s.id"
        )
        self.names = dict(
            zip(("statement", "claim", "entity", "source", "contradiction"), next(found), strict=True)
        )
        for name in ("statement", "source", "contradiction"):
            self.names[name] = str(UUID(self.names[name]))

    def _watch(self, connection: Any, _record: Any) -> None:
        connection.set_progress_handler(self._step, STEPS)

    def _step(self) -> None:
        self.steps += 1

    def of(self, address: str, *, editor: bool) -> tuple[int, int]:
        headers = {"Authorization": f"Bearer {SECRET}"} if editor else {}
        client = self.app.test_client()
        for _ in range(2):  # What is looked up once is known the second time.
            self.steps = 0
            with client.get(address.format(**self.names), headers=headers) as answer:
                status = answer.status_code
        return status, self.steps * STEPS


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Counted, Counted]]:
    folder = tmp_path_factory.mktemp("growth")
    made = Counted(folder / "small.sqlite3", SMALL), Counted(folder / "large.sqlite3", LARGE)
    yield made
    for each in made:
        each.app.extensions["factcheck.database"].dispose()


def addresses(app: Flask) -> list[str]:
    """Return every address that can be read, by what stands in a data set, and with filters."""
    found = []
    for rule in app.url_map.iter_rules():
        kind = next(
            (k for k in ("statements", "claims", "entities", "sources", "contradictions") if k in rule.rule),
            "",
        )
        name = {"entities": "entity"}.get(kind, kind.removesuffix("s"))
        address = rule.rule.replace("<key>", f"{{{name}}}").replace("<claim_key>", "{claim}")
        if "GET" in (rule.methods or ()) and "<" not in address and "{}" not in address:
            found.append(address)
    # Short pages: what a row of the answer costs would hide what others cost.
    return [*found, *(f"{each}&limit=5" if each.startswith("/v1/") else each for each in FILTERS)]


@pytest.mark.parametrize("editor", [False, True])
def test_no_read_takes_longer_where_more_is_stored(both: tuple[Counted, Counted], editor: bool) -> None:
    small, large = both
    read, grown = 0, {}
    for address in addresses(small.app):
        if any(part in address for part in GROWS):
            continue
        (status, few), (same, many) = small.of(address, editor=editor), large.of(address, editor=editor)
        assert status == same, address
        read += status == 200
        if many > 2 * few + 1000:  # Of five times as many; the rows of a page are not alike.
            grown[address] = (few, many)
    assert not grown, "\n".join(f"{a}: {n}" for a, n in grown.items())
    assert read > 60
