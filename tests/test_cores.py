"""The core that a worker keeps its threads on: taken once, left for what computes beside, given up at its end."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from conftest import settings_for
from factcheck import cores, create_app, web
from factcheck.cores import Core, core_of

ALL = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
CORES = len(set(map(core_of, ALL)))
pytestmark = pytest.mark.skipif(len(ALL) < 2, reason="not on Linux, or on one core")


@pytest.fixture
def name() -> str:
    """A name to claim cores under that is this test's own: servers of other tests run beside it."""
    return f"test-{uuid4().hex[:24]}"


def in_thread(call: Callable[[], Any]) -> Any:
    """Call in a thread that ends then: a core is kept by a thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


def where(_environ: Any = None, _start: Any = None) -> set[int]:
    return os.sched_getaffinity(0)


def test_every_thread_of_an_application_stays_on_one_core(name: str) -> None:
    call = Core(name).around(where)
    stays = {frozenset(in_thread(lambda: call({}, None))) for _ in range(8)}
    assert len(stays) == 1
    assert len(stays.pop()) == 1
    assert where() == ALL, "the thread that made the application is left alone"


def test_what_computes_beside_may_use_any_core_and_so_may_what_it_starts(name: str) -> None:
    core = Core(name)

    def app(_environ: Any, _start: Any) -> list[set[int]]:
        with core.anywhere():
            beside = [where(), in_thread(where)]
        return [*beside, where()]

    free, started, after = in_thread(lambda: core.around(app)({}, None))
    assert free == started == ALL
    assert len(after) == 1
    assert in_thread(lambda: core.anywhere().__enter__() or where()) == ALL


def test_a_block_within_another_leaves_the_outer_one_free(name: str) -> None:
    core = Core(name)

    def app(_environ: Any, _start: Any) -> set[int]:
        with core.anywhere():
            with core.anywhere():
                pass
            return where()

    assert in_thread(lambda: core.around(app)({}, None)) == ALL


def test_a_process_that_was_forked_takes_a_core_of_its_own(name: str) -> None:
    call = Core(name).around(where)

    def fork() -> tuple[set[int], set[int]]:
        parents = call({}, None)
        reads, writes = os.pipe()
        if not (child := os.fork()):
            os.write(writes, " ".join(map(str, call({}, None))).encode())
            os._exit(0)
        os.close(writes)
        with open(reads) as told:
            childs = set(map(int, told.read().split()))
        os.waitpid(child, 0)
        return parents, childs

    parents, childs = in_thread(fork)
    assert len(parents) == 1
    assert childs != parents


def test_a_thread_can_have_the_cores_of_another_than_starts_it(name: str) -> None:
    free = cores.of_here()

    def app(_environ: Any, _start: Any) -> list[set[int]]:
        def freed() -> set[int]:
            free()
            return where()

        return [in_thread(where), in_thread(freed)]

    inherited, freed = in_thread(lambda: Core(name).around(app)({}, None))
    assert len(inherited) == 1
    assert freed == ALL


def test_no_two_applications_have_the_same_core_and_one_too_many_has_none(name: str) -> None:
    kept = [Core(name) for _ in range(CORES + 1)]
    *found, last = [in_thread(lambda core=core: core.around(where)({}, None)) for core in kept]
    assert last == ALL
    assert len({core_of(*cpus) for cpus in found}) == CORES


def test_a_process_that_ends_gives_its_core_back(name: str) -> None:
    taken = (
        "import sys; from factcheck.cores import Core; "
        "kept = [Core(sys.argv[1]) for _ in range(int(sys.argv[2]))]; "
        "[core.around(lambda e, s: None)({}, None) for core in kept]; print('taken', flush=True); input()"
    )
    command = [sys.executable, "-c", taken, name, str(CORES)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "taken\n"
        assert in_thread(lambda: Core(name).around(where)({}, None)) == ALL
        other.kill()
    assert len(in_thread(lambda: Core(name).around(where)({}, None))) == 1


def test_two_threads_of_one_core_are_one_core(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for cpu in ALL:
        (tmp_path / f"cpu{cpu}/topology").mkdir(parents=True)
        (tmp_path / f"cpu{cpu}/topology/thread_siblings_list").write_text("0-1\n")
    monkeypatch.setattr(cores, "_TOPOLOGY", tmp_path)
    kept = [Core(name), Core(name)]
    found = [in_thread(lambda core=core: core.around(where)({}, None)) for core in kept]
    assert list(map(len, found)) == [1, len(ALL)]


def test_where_no_name_can_be_claimed_there_is_no_core(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError(1, "Address family not permitted")

    monkeypatch.setattr(socket, "socket", refused)
    assert in_thread(lambda: Core(name).around(where)({}, None)) == ALL


def test_a_core_that_is_gone_stops_nobody(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_thread: int, _cores: set[int]) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "sched_setaffinity", gone)
    core = Core(name)
    assert in_thread(lambda: core.around(where)({}, None)) == ALL


@pytest.mark.parametrize("own_core", [True, False])
def test_requests_stay_on_the_core_as_the_settings_say(database_url: str, name: str, own_core: bool) -> None:
    app = create_app(settings_for(database_url, own_core=name if own_core else ""))
    seen: list[set[int]] = []

    @app.before_request
    def look() -> None:
        seen.append(where())
        with web.aside():
            seen.append(where())
        seen.append(where())

    in_thread(lambda: app.test_client().get("/healthz"))
    own = [1, len(ALL), 1]
    assert list(map(len, seen)) == (own if own_core else [len(ALL)] * 3)
