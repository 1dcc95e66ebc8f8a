"""`python -m bench.mutation`: would the tests notice if a rule were wrong?

Each mutant (`faults`) is a module with one small fault. The tests that run the faulty line run against
it, on SQLite, until one fails; a mutant that they all pass has survived, and shows a rule that no test
holds. docs/mutation.md says which survive and why.

One traced run tells which tests reach which lines. A worker loads the libraries once and then forks a
process for each mutant, which imports the service with the faulty module in the place of the real one.
Nothing is written to the tree; what was killed before is not run again while code and mutant are the same.
"""

import ast
import hashlib
import json
import multiprocessing
import os
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, as_completed, wait
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import click

from bench.mutation.choosing import tests_for
from bench.mutation.faults import Mutant, mutants
from bench.mutation.judging import ROOT, Reach, file_of, judge, load_libraries, trace

RESULTS = ROOT / "bench" / "results"
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
    "test_flagged", "test_leaks", "test_google", "test_caching", "test_topics", "test_snapshots",
    "test_embeds",
)  # fmt: skip


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
        with ProcessPoolExecutor(jobs, context, load_libraries, (str(template),)) as pool:
            reach, seconds = _reached(pool, modules, files)
            _prove(pool, wanted, reach, seconds)
            left = []
            for mutant in wanted:
                if _mark(base, mutant) in killed:
                    yield mutant, "killed"
                elif tests_for(mutant, reach, seconds, Counter()):
                    left.append(mutant)
                else:
                    yield mutant, "reached by no test"

            def choose(mutant: Mutant, kills: Counter[str]) -> list[str]:
                return tests_for(mutant, reach, seconds, kills)[:most]

            with kept.open("a") as record:
                for mutant, end in _judged(pool, left, choose, 2 * jobs):
                    if end == "killed":
                        record.write(f"{_mark(base, mutant)}\n")
                        record.flush()
                    yield mutant, end


def _judged(
    pool: ProcessPoolExecutor,
    wanted: Sequence[Mutant],
    choose: Callable[[Mutant, Counter[str]], list[str]],
    at_once: int,
) -> Iterator[tuple[Mutant, str]]:
    """Judge so many mutants at a time; what those before were killed by chooses the tests of the next."""
    kills: dict[str, Counter[str]] = defaultdict(Counter)
    runs: dict[Future[tuple[str, str]], Mutant] = {}
    left = iter(wanted)
    while True:
        for mutant in islice(left, at_once - len(runs)):
            runs[pool.submit(judge, mutant, choose(mutant, kills[mutant.module]))] = mutant
        if not runs:
            return
        for done in wait(runs, return_when=FIRST_COMPLETED).done:
            mutant, (end, killer) = runs.pop(done), done.result()
            kills[mutant.module][killer] += end == "killed"
            yield mutant, end


def _prove(
    pool: ProcessPoolExecutor, wanted: Sequence[Mutant], reach: Reach, seconds: dict[str, float]
) -> None:
    """Raise where a mutant without a fault dies: then what dies here tells nothing."""
    for module in sorted({mutant.module for mutant in wanted}):
        same = Mutant(
            module, 1, 1, "", "", ast.unparse(ast.parse(file_of(module).read_text(encoding="utf-8")))
        )
        tests = tests_for(same, reach, seconds, Counter())[:5]
        if tests and (end := pool.submit(judge, same, tests).result()[0]) != "survived":
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
        if not file_of(module).exists():
            raise click.BadParameter(f"there is no module {module}")
        found = mutants(module, file_of(module).read_text(encoding="utf-8"))
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
