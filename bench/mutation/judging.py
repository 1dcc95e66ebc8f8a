"""In the processes that run tests: what they reach, and whether they notice a fault.

A worker loads the libraries once and then forks a process for each run, which imports the service, with the
faulty module in the place of the real one.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import multiprocessing
import os
import resource
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from bench.mutation.faults import Mutant

ROOT = Path(__file__).parents[2]
# What a mutant may take before it counts as timed out: of the processor, and in all.
CPU_SECONDS = 300
SECONDS = 3600
# Loaded once in each worker; none of them loads the service.
_LIBRARIES = (
    "alembic", "bs4", "feedgen", "feedparser", "flask", "flask_cors", "flask_limiter",
    "flask_smorest", "flask_swagger_ui", "httpx", "hypothesis", "marshmallow", "numpy",
    "onnxruntime", "orjson", "PIL", "prometheus_client", "pytest", "rapidfuzz", "slugify",
    "Stemmer", "sqlalchemy.orm", "sqlalchemy.dialects.sqlite", "structlog", "tokenizers",
    "trafilatura", "uuid_utils",
)  # fmt: skip

# What `functools.cache` makes of a function.
_Kept = type(cache(len))
Reach = dict[str, dict[str, list[int]]]
"""For each test the lines that it runs of each module, those among them that functions run on import."""


class _Faulty(importlib.machinery.SourceFileLoader):
    """Loads a module from other words than its file has."""

    text = ""

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the faulty module before Python finds the real one."""

    def __init__(self, module: str, text: str) -> None:
        self.name, self.text = f"factcheck.{module}", text

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Any:
        if name != self.name:
            return None
        loader = _Faulty(name, str(file_of(name.removeprefix("factcheck."))))
        loader.text = self.text
        return importlib.util.spec_from_file_location(name, loader.path, loader=loader)


class _Tracer:
    """A plugin of pytest that notes which lines of some modules each test runs."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._names = {str(file_of(module)): module for module in modules}
        self._reached: dict[str, set[int]] = {}
        self.reach: Reach = {}
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []
        # Functions that run while modules are loaded: what they make is used by tests that never call them.
        self._on_import: dict[str, set[int]] = {}
        self._watch(self._call)

    def pytest_collection_finish(self) -> None:
        self._watch(None)
        self._on_import = self._reached

    def _watch(self, call: Any) -> None:
        threading.settrace(call)
        sys.settrace(call)

    def _call(self, frame: FrameType, event: str, _argument: Any) -> Any:
        module = self._names.get(frame.f_code.co_filename)
        if module is None or frame.f_code.co_name == "<module>":
            return None
        lines = self._reached.setdefault(module, set())

        def line(frame: FrameType, event: str, _argument: Any) -> Any:
            lines.add(frame.f_lineno)
            return line

        lines.add(frame.f_lineno)
        return line

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._reached = {}
        _forget_made(self._names.values())
        self.seconds[nodeid] = time.process_time()
        self._watch(self._call)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._watch(None)
        self.seconds[nodeid] = time.process_time() - self.seconds[nodeid]
        self.reach[nodeid] = {
            module: sorted(lines | self._on_import.get(module, set()))
            for module, lines in self._reached.items()
        }


def _forget_made(modules: Iterable[str]) -> None:
    """Empty the caches of functions: else of what is kept only the first test is seen to run it."""
    for module in modules:
        for made in vars(sys.modules.get(f"factcheck.{module}", object)).values():
            if isinstance(made, _Kept):
                made.cache_clear()


def file_of(module: str) -> Path:
    return ROOT / "factcheck" / Path(*module.split(".")).with_suffix(".py")


def load_libraries(template: str) -> None:
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


class _First:
    """A plugin of pytest that tells which test failed first."""

    def __init__(self, told: int) -> None:
        self._told = told

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            os.write(self._told, f"{report.nodeid}\n".encode())


def judge(mutant: Mutant, tests: Sequence[str]) -> tuple[str, str]:
    """Return what became of a mutant (killed, survived or timed out), and the test that killed it, or ""."""
    ours, theirs = os.pipe()
    if (child := os.fork()) == 0:
        code = 1  # Also where the fault lets the service not even load.
        try:
            _silence()
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
            sys.meta_path.insert(0, _Finder(mutant.module, mutant.source))
            code = _pytest(["-x", *tests], _First(theirs))
        finally:
            os._exit(code)
    os.close(theirs)
    end, until = "timed out", time.monotonic() + SECONDS
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            end = _told(status)
            break
        time.sleep(0.05)
    else:
        os.kill(child, 9)
        os.waitpid(child, 0)
    with open(ours, encoding="utf-8") as told:
        # A test that failed may fail once more when its fixtures are taken down.
        return end, told.readline().strip()


def _told(status: int) -> str:
    # From 1 on: a test failed, or the service or the tests could not be loaded.
    code = os.waitstatus_to_exitcode(status)
    return "survived" if code == 0 else "timed out" if code < 0 else "killed"


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
