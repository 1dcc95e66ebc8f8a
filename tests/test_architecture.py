"""The house: imports run one way, and every route says who may call it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

import factcheck

ROOT = Path(factcheck.__file__).parent

# From the foundation up: a module imports only from lines above its own.
FLOORS = """
config text problems fields backup cores
libpq logs migrated
postgres
analysis.findings analysis.language analysis.nearness
analysis.hearing analysis.judging analysis.lexicon
analysis.sentences
analysis.numerals
analysis.figures
analysis.reading
analysis.focusing analysis.plain
analysis.evidence
analysis.bearing analysis.explaining
analysis.rules
analysis.reader
analysis.calibration
analysis.model
analysis.comparing
analysis.cues analysis.given_names analysis.marks
analysis.narrative analysis.titles
analysis.phrases
analysis.subjects
analysis.attribution analysis.people
analysis.mentions analysis.passages analysis.roles
analysis.referents
analysis.speakers
analysis.indirect
analysis.quotations
analysis.wording
analysis.departures analysis.resemblance
analysis.verification
parsing judge committing walindex
sqlite
errors db limits shown
values
compiled
prepared
auth standbys storing
headers history openapi
keys
callers
entities sources topics claimreview
snapshots
claims
relations
graph
links
statements
contradictions listing search reviews
findings reasons tallies
lookups markup questions
candidates
ahead
explanations flagged opposing sides suggestions engines
flags
consequences merging verifying
asking metrics rereading
views
schema idempotency
retrying web
caching paging health
seeding
api.shapes.plain
api.shapes.records
api.shapes.statements
api.shapes.views
api.whole
api.analysis api.claims api.contradictions api.entities api.keys api.markup api.reviews api.search api.sources
api.statements
api.check api.links
publish.annotations publish.fragments publish.jsonld publish.picture publish.pinning publish.policy publish.reading
publish.syndication publish.timeline
publish.rendering publish.serving
publish.embeds publish.pages
publish.argdown publish.entries publish.interchange publish.linked publish.tables
publish.exports publish.feeds
publish.negotiation
publish.oembed
publish.google.override
publish.google.masks
publish.google.calls
publish.google.pages
publish.google.search
app
cli.keys cli.serving cli.storage cli.upkeep
cli.starting
"""


def modules() -> dict[str, Path]:
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for path in ROOT.rglob("*.py")
        if path.name != "__init__.py"
    }


def imported(path: Path) -> set[str]:
    """Return the modules of the package that a file imports at its top."""
    known = modules().keys()
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("factcheck"):
            base = (node.module or "").removeprefix("factcheck").lstrip(".")
            found |= {base, *(f"{base}.{alias.name}".lstrip(".") for alias in node.names)} & known
    return found


def test_imports_run_one_way() -> None:
    floor = {name: i for i, line in enumerate(FLOORS.split("\n")) for name in line.split()}
    assert floor.keys() == modules().keys(), "say in FLOORS where a new module lives"
    for name, path in modules().items():
        for other in imported(path):
            same = floor[other] == floor[name] and floor[name] <= 1
            assert floor[other] < floor[name] or same, f"{name} imports {other}, which is not below it"


def test_no_import_hides_inside_a_function() -> None:
    for name, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                inner = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
                assert not inner, f"{name}.{node.name} imports inside a function"


def test_the_text_analysis_is_a_library_that_loads_no_server() -> None:
    ask = (
        "import sys; from factcheck.analysis import compare, quotations, stance, verify; import factcheck; "
        "print(*{name.split('.')[0] for name in sys.modules}); factcheck.create_app"
    )
    ran = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert not loaded & {"flask", "werkzeug", "sqlalchemy", "marshmallow", "httpx", "trafilatura", "PIL"}


def loaded_by(statement: str) -> set[str]:
    ask = f"import sys; {statement}; print(*{{name.split('.')[0] for name in sys.modules}})"
    return set(
        subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout.split()
    )


def test_a_server_loads_nothing_that_few_requests_need_and_who_starts_it_no_application() -> None:
    assert not loaded_by("import factcheck.app") & {"alembic", "httpx", "lxml", "trafilatura"}
    assert not loaded_by("import factcheck.cli.serving") & {
        "alembic",
        "flask",
        "marshmallow",
        "numpy",
        "onnxruntime",
    }


def test_a_route_without_a_permission_cannot_be_written() -> None:
    from factcheck.web import Blueprint

    blueprint = Blueprint("x", "x")
    with pytest.raises(TypeError, match="access"):
        blueprint.route("/x", operation="x")  # type: ignore[call-arg]


def test_every_v1_route_declares_its_role(app: Flask) -> None:
    api = app.test_client().get("/openapi.json").get_json()
    declared = {(m.upper(), p) for p, ops in api["paths"].items() for m in ops if m != "parameters"}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/v1/"):
            path = rule.rule.replace("<", "{").replace(">", "}")
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                assert (method, path) in declared
                assert api["paths"][path][method.lower()]["x-role"]
