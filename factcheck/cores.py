"""One core for all threads that answer requests, as they share one interpreter anyway.

A thread that gives its turn wakes the next, and whoever waits for the interpreter's lock is woken whenever
a query lets it go. The kernel wakes a thread on a core that is idle: what the thread needs is not in
that core's cache, and until it runs, nobody does. That took a third of the time in which eight clients
are answered. So each worker takes a core that no other worker has, and its threads stay there; what
computes without the interpreter, such as the network of the analysis, goes where there is room.
"""

import os
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

_TOPOLOGY = Path("/sys/devices/system/cpu")


class Core:
    """The core of this process. There may be none: on one core, when all are taken, or not on Linux.

    Processes that claim one under the same name have not the same.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._all = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
        self._own: set[int] = set()
        self._process: int | None = None
        self._mutex = threading.Lock()
        self._here = threading.local()

    def around(self, app: Any) -> Any:
        """Return the WSGI application, whose threads stay on the core from their first request on."""

        def call(environ: Any, start_response: Any) -> Any:
            # A server may fork after the application is made: each process needs a core of its own.
            if getattr(self._here, "process", None) != os.getpid():
                self._settle()
            return app(environ, start_response)

        return call if len(self._all) > 1 else app

    @contextmanager
    def anywhere(self) -> Iterator[None]:
        """Let the calling thread, and those that it starts, use any core within the block."""
        if not getattr(self._here, "stays", False):
            yield
            return
        self._here.stays = False
        _stay(self._all)
        try:
            yield
        finally:
            _stay(self._own)
            self._here.stays = True

    def _settle(self) -> None:
        with self._mutex:
            if self._process != os.getpid():
                self._own, self._process = self._take(), os.getpid()
        self._here.process = self._process
        self._here.stays = bool(self._own)
        _stay(self._own or self._all)

    def _take(self) -> set[int]:
        # At random: containers beside each other do not see each other's claims.
        for cpu in random.sample(sorted(self._all), len(self._all)):  # nosec B311
            with suppress(OSError):
                _claim(f"factcheck-core-{self._name}-{core_of(cpu)}")
                return {cpu}
        return set()


def _claim(name: str) -> None:
    """Take a name for as long as this process lives; raise OSError where another has it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as claim:
        # Without a file (unix(7), "abstract"): the kernel gives such a name to one process.
        claim.bind(f"\0{name}")
        claim.detach()  # Else it would be closed here.


def of_here() -> Callable[[], None]:
    """Return what lets another thread use the cores that this one may: else it has those of who starts it."""
    if not hasattr(os, "sched_getaffinity"):
        return lambda: None
    return partial(_stay, os.sched_getaffinity(0))


def core_of(cpu: int) -> str:
    """Return the name of the core that a logical CPU is a thread of: two of them are as one."""
    try:
        return (_TOPOLOGY / f"cpu{cpu}/topology/thread_siblings_list").read_text().strip()
    except OSError:
        return str(cpu)


def _stay(cores: set[int]) -> None:
    """Keep the calling thread on these; where its container has lost them since, the kernel chooses."""
    with suppress(OSError):
        os.sched_setaffinity(0, cores)
