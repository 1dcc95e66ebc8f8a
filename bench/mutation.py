"""`python -m bench.mutation`: would the tests notice if a rule were wrong?

Each mutant (`mutants`) is a module with one small fault. The tests that run the faulty line run against
it, on SQLite, until one fails; a mutant that they all pass has survived, and shows a rule that no test
holds. docs/mutation.md says which survive and why.

One traced run tells which tests reach which lines. A worker loads the libraries once and then forks a
process for each mutant, which imports the service with the faulty module in the place of the real one.
Nothing is written to the tree; what was killed before is not run again while code and mutant are the same.
"""

import ast
import hashlib
import importlib.machinery
import importlib.util
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from random import Random
from types import CodeType, FrameType
from typing import Any

import click

from bench.mutants import Mutant, mutants

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
KNOWN = ROOT / "docs" / "mutation.md"
# The rules of contradictions, and of who may see and do what.
MODULES = (
    "graph", "opposing", "flags", "consequences", "contradictions", "flagged", "auth", "views", "lookups",
    "claims", "links", "api.whole", "api.statements", "api.claims", "api.contradictions",
)  # fmt: skip
# Where these rules are tested.
TESTS = (
    "test_access", "test_contradictions", "test_records",
    "test_view", "test_statements", "test_http", "test_recheck", "test_check", "test_suggestions",
    "test_lookups", "test_candidates", "test_search", "test_rereading", "test_feeds",
    "test_flagged", "test_leaks",
)  # fmt: skip
# What a mutant may take before it counts as timed out: of the processor, and in all.
CPU_SECONDS = 300
SECONDS = 3600
# Loaded once in each worker; none of them loads the service.
_LIBRARIES = (
    "alembic", "bs4", "feedgen", "feedparser", "flask", "flask_cors", "flask_limiter",
    "flask_smorest", "flask_swagger_ui", "httpx", "hypothesis", "marshmallow", "numpy",
    "onnxruntime", "orjson", "PIL", "prometheus_client", "pytest", "rapidfuzz", "slugify",
    "snowballstemmer", "sqlalchemy.orm", "sqlalchemy.dialects.sqlite", "structlog", "tokenizers",
    "trafilatura", "uuid_utils",
)  # fmt: skip

Reach = dict[str, dict[str, list[int]]]
"""For each test the lines that it runs of each module."""


# --- In the processes that run tests ---------------------------------------------------------------


class _Faulty(importlib.machinery.SourceFileLoader):
    """Loads a module from other words than its file has."""

    text = ""

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)


class _Finder:
    """Finds the faulty module before Python finds the real one."""

    def __init__(self, module: str, text: str) -> None:
        self.name, self.text = f"factcheck.{module}", text

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Any:
        if name != self.name:
            return None
        loader = _Faulty(name, str(_file(name.removeprefix("factcheck."))))
        loader.text = self.text
        return importlib.util.spec_from_file_location(name, loader.path, loader=loader)


class _Tracer:
    """A plugin of pytest that notes which lines of some modules each test runs."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._names = {str(_file(module)): module for module in modules}
        self._reached: dict[str, set[int]] = {}
        self.reach: Reach = {}
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []

    def _call(self, frame: FrameType, event: str, _argument: Any) -> Any:
        module = self._names.get(frame.f_code.co_filename)
        if module is None:
            return None
        lines = self._reached.setdefault(module, set())

        def line(frame: FrameType, event: str, _argument: Any) -> Any:
            lines.add(frame.f_lineno)
            return line

        lines.add(frame.f_lineno)
        return line

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._reached = {}
        self.seconds[nodeid] = time.process_time()
        threading.settrace(self._call)
        sys.settrace(self._call)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]
        self.seconds[nodeid] = time.process_time() - self.seconds[nodeid]
        self.reach[nodeid] = {module: sorted(lines) for module, lines in self._reached.items()}


def _file(module: str) -> Path:
    return ROOT / "factcheck" / Path(*module.split(".")).with_suffix(".py")


def _load_libraries(template: str) -> None:
    os.environ |= {
        "FACTCHECK_TEST_TEMPLATE": template,
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    os.chdir(ROOT)
    for name in _LIBRARIES:
        if importlib.util.find_spec(name.partition(".")[0]):
            importlib.import_module(name)
    _generate_less()


def _generate_less() -> None:
    """Let hypothesis make fewer examples, the same ones for every mutant, and not look for a short one."""
    from hypothesis import Phase, settings

    found = (Phase.explicit, Phase.generate)
    settings.register_profile("mutants", max_examples=20, derandomize=True, database=None, phases=found)
    settings.load_profile("mutants")


def _pytest(arguments: Sequence[str], *plugins: Any) -> int:
    import pytest

    quiet = ("-q", "-p", "no:cacheprovider", "-k", "not postgresql")
    return int(pytest.main([*quiet, *arguments], plugins=list(plugins)))


def trace(modules: Sequence[str], test_file: str) -> tuple[Reach, dict[str, float], list[str]]:
    """Run a file of tests in a process of its own; return what each reaches, its seconds, and what failed."""
    ours, theirs = multiprocessing.get_context("fork").Pipe(duplex=False)
    if (child := os.fork()) == 0:
        try:
            _silence()
            tracer = _Tracer(modules)
            code = _pytest([f"tests/{test_file}.py"], tracer)
            theirs.send((tracer.reach, tracer.seconds, tracer.failed or [test_file] * bool(code)))
        finally:
            os._exit(0)  # Never back into the worker that was forked.
    theirs.close()
    try:
        found: tuple[Reach, dict[str, float], list[str]] = ours.recv()
    except EOFError:
        found = ({}, {}, [test_file])
    os.waitpid(child, 0)
    return found


def judge(mutant: Mutant, tests: Sequence[str]) -> str:
    """Return what became of a mutant: killed, survived or timed out."""
    if (child := os.fork()) == 0:
        code = 1  # Also where the fault lets the service not even load.
        try:
            _silence()
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
            sys.meta_path.insert(0, _Finder(mutant.module, mutant.source))  # type: ignore[arg-type]
            code = _pytest(["-x", *tests])
        finally:
            os._exit(code)
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return _told(status)
        time.sleep(0.05)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return "timed out"


def _told(status: int) -> str:
    # From 1 on: a test failed, or the service or the tests could not be loaded.
    code = os.waitstatus_to_exitcode(status)
    return "survived" if code == 0 else "timed out" if code < 0 else "killed"


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


# --- In the process that leads ---------------------------------------------------------------------


def _digest(*paths: Path) -> str:
    files = sorted(file for path in paths for file in path.rglob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _reached(
    pool: ProcessPoolExecutor, modules: Sequence[str], files: Sequence[str]
) -> tuple[Reach, dict[str, float]]:
    """Return which tests reach what; a file is traced anew only if code or tests have changed since."""
    kept = RESULTS / "mutation-reach.json"
    digest = " ".join((_digest(ROOT / "factcheck", ROOT / "tests"), *modules))
    traced: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    if traced.get("digest") != digest:
        traced = {"digest": digest}
    runs = {pool.submit(trace, modules, name): name for name in files if name not in traced}
    for run in as_completed(runs):
        found, took, failed = run.result()
        for test in failed:
            # Traced it is slow; what cannot bear that, such as writers in a race, judges no mutant.
            click.echo(f"left out, for it fails without any fault: {test}")
            found.pop(test, None)
        if not found:
            raise click.ClickException(f"{runs[run]} cannot be traced.")
        traced[runs[run]] = found, took
        # At once: a run that is stopped goes on from here.
        kept.write_text(json.dumps(traced))
        _tell(f"traced {runs[run]}")
    reach: Reach = {}
    seconds: dict[str, float] = {}
    for name in files:
        found, took = traced[name]
        reach |= found
        seconds |= took
    return reach, seconds


def tests_for(mutant: Mutant, reach: Reach, seconds: dict[str, float]) -> list[str]:
    """Return the tests that run the faulty lines, or use what they make; else all that run the module."""
    lines = set(range(mutant.line, mutant.end + 1)) | _uses(mutant.module, mutant.line)
    at_line = [test for test, found in reach.items() if lines & set(found.get(mutant.module, ()))]
    chosen = at_line or [test for test, found in reach.items() if mutant.module in found]
    # What goes through much of the module in a short time comes first: it is likely to be about it.
    return sorted(chosen, key=lambda test: seconds[test] / len(reach[test][mutant.module]) ** 2)


@cache
def _uses(module: str, line: int) -> set[int]:
    """Return the lines that use a name which is the module's own and made in this line, on import."""
    tree = ast.parse(_file(module).read_text(encoding="utf-8"))
    made: dict[str, ast.stmt] = {}
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else ()
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
        made |= {target.id: statement for target in targets if isinstance(target, ast.Name)}
    wanted = {name for name, statement in made.items() if statement.lineno <= line <= _last(statement)}
    if not all(name.startswith("_") for name in wanted):
        return set()  # Other modules use it too.
    uses: set[int] = set()
    while wanted:
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in wanted]
        found = {name.lineno for name in names if isinstance(name.ctx, ast.Load)} - uses
        uses |= found
        wanted = {n for n, made_by in made.items() if found & set(range(made_by.lineno, _last(made_by) + 1))}
    return uses


def _last(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno


def run(
    wanted: Sequence[Mutant], modules: Sequence[str], files: Sequence[str], jobs: int, most: int | None
) -> Iterator[tuple[Mutant, str]]:
    """Give each mutant and what became of it, as it is known; each is shown to so many tests at most."""
    RESULTS.mkdir(exist_ok=True)
    kept = RESULTS / "mutation-killed.txt"
    base = _digest(ROOT / "factcheck")
    killed = set(kept.read_text().split()) if kept.exists() else set()
    with tempfile.TemporaryDirectory(prefix="factcheck-mutation-") as folder:
        template = Path(folder) / "template.sqlite3"
        _make_template(template)
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(jobs, context, _load_libraries, (str(template),)) as pool:
            reach, seconds = _reached(pool, modules, files)
            _prove(pool, wanted, reach, seconds)
            runs = {}
            for mutant in wanted:
                tests = tests_for(mutant, reach, seconds)[:most]
                if _mark(base, mutant) in killed:
                    yield mutant, "killed"
                elif tests:
                    runs[pool.submit(judge, mutant, tests)] = mutant
                else:
                    yield mutant, "reached by no test"
            with kept.open("a") as record:
                for done in as_completed(runs):
                    mutant, end = runs[done], done.result()
                    if end == "killed":
                        record.write(f"{_mark(base, mutant)}\n")
                        record.flush()
                    yield mutant, end


def _prove(
    pool: ProcessPoolExecutor, wanted: Sequence[Mutant], reach: Reach, seconds: dict[str, float]
) -> None:
    """Raise where a mutant without a fault dies: then what dies here tells nothing."""
    for module in sorted({mutant.module for mutant in wanted}):
        same = Mutant(module, 1, 1, "", "", ast.unparse(ast.parse(_file(module).read_text(encoding="utf-8"))))
        tests = tests_for(same, reach, seconds)[:5]
        if tests and (end := pool.submit(judge, same, tests).result()) != "survived":
            raise click.ClickException(f"{module} without a fault {end}.")


def _mark(base: str, mutant: Mutant) -> str:
    return hashlib.sha256(f"{base}{mutant.module}{mutant.source}".encode()).hexdigest()[:24]


def _make_template(path: Path) -> None:
    """Make a database with all tables in a process of its own: this one must not load the service."""
    code = f"from factcheck import schema; schema.upgrade('sqlite:///{path}')"
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    if os.spawnve(os.P_WAIT, sys.executable, [sys.executable, "-c", code], environ):
        raise click.ClickException("The tables of the test database cannot be made.")


def _tell(progress: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{progress[:100]:<100}\r", err=True, nl=False)


@click.command()
@click.argument("modules", nargs=-1)
@click.option("--sample", type=int, help="Only so many mutants of each module, drawn by the seed.")
@click.option("--seed", default=1, show_default=True)
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="Processes at a time.")
@click.option("--lines", help="Only the mutants of these lines, such as 40-60.")
@click.option("--most", type=int, help="Show each mutant to so many tests only; more could only kill more.")
@click.option("--tests", help="Other files of tests than usual, such as test_view,test_http.")
@click.option("--show", is_flag=True, help="List the mutants and run nothing.")
def main(
    modules: tuple[str, ...],
    sample: int | None,
    seed: int,
    jobs: int,
    lines: str | None,
    most: int | None,
    tests: str | None,
    show: bool,
) -> None:
    """Run the mutants of MODULES (all rules, if none is named), such as `graph` or `api.statements`."""
    chosen = modules or MODULES
    wanted: list[Mutant] = []
    for module in chosen:
        if not _file(module).exists():
            raise click.BadParameter(f"there is no module {module}")
        found = mutants(module, _file(module).read_text(encoding="utf-8"))
        if lines:
            first, _, last = lines.partition("-")
            found = [m for m in found if int(first) <= m.line <= int(last or first)]
        if sample is not None and sample < len(found):
            found = Random(f"{seed} {module}").sample(found, sample)
        wanted += found
    if show:
        for mutant in wanted:
            click.echo(f"{mutant.module}:{mutant.line}: {mutant.was} → {mutant.now}")
        return
    known = KNOWN.read_text(encoding="utf-8") if KNOWN.exists() else ""
    ends: dict[str, Counter[str]] = {module: Counter() for module in chosen}
    alive: list[Mutant] = []
    traced = sorted({*MODULES, *chosen})
    files = tests.split(",") if tests else [name for name in TESTS if (ROOT / f"tests/{name}.py").exists()]
    for number, (mutant, end) in enumerate(run(wanted, traced, files, jobs, most), 1):
        ends[mutant.module][end] += 1
        _tell(f"{number} of {len(wanted)}: {mutant.module}:{mutant.line} {end}")
        if end not in ("killed", "timed out"):
            alive.append(mutant)
            excused = " (known)" if f"`{mutant.name}`" in known else ""
            click.echo(f"{end}{excused}: {mutant.module}:{mutant.line}: {mutant.was} → {mutant.now}")
    total: Counter[str] = Counter()
    for module, counted in (*ends.items(), ("all", total)):
        if module != "all":
            total += counted
        click.echo(f"{module}: {_score(counted)}")
    unexplained = [mutant for mutant in alive if f"`{mutant.name}`" not in known]
    click.echo(
        f"{len(alive) - len(unexplained)} of the {len(alive)} that live are explained in docs/mutation.md."
    )


def _score(counted: Counter[str]) -> str:
    dead = counted["killed"] + counted["timed out"]
    each = ", ".join(f"{number} {end}" for end, number in sorted(counted.items()))
    return f"{dead / (counted.total() or 1):.1%} of {counted.total()} mutants ({each})"


if __name__ == "__main__":
    main()
