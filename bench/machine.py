"""The machine while it is measured: servers that run, and what others do meanwhile."""

import ctypes
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
START_SECONDS = 60
STOP_SECONDS = 10
_TICKS = os.sysconf("SC_CLK_TCK")
_KERNEL = 2
_PR_SET_CHILD_SUBREAPER = 36
# Of a line of /proc/stat: user, nice, system, irq, softirq, steal. Waiting is not work.
_BUSY = (1, 2, 3, 6, 7, 8)


class BenchError(Exception):
    """The run cannot be trusted, or cannot go on; the message says why."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What of one process is resident, in bytes: in all, its own, and pages of the database that it maps.

    These pages are the system's cache of the file. All processes share them, and they are given up where
    memory is needed; the rest is the code of libraries, which is shared too.
    """

    resident: int = 0
    own: int = 0
    database: int = 0


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs: its port, and its process, beneath which its workers are."""

    port: int
    pid: int

    def memory(self, database: Path) -> "Memory":
        """Return the memory of its largest process, a worker, that reads this database file."""
        return max((_memory(pid, database) for pid in _family(self.pid)), key=lambda found: found.resident)

    def cpu_seconds(self) -> float:
        """Return the CPU time that all its processes have used so far."""
        stats = _stats()
        return _ticks(stats, _family(self.pid, stats)) / _TICKS


def share_two_cores() -> None:
    """Keep this process, and so every server and client that it starts, on the same two cores."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])


@contextmanager
def serving(
    arguments: list[str], environ: dict[str, str], port: int, log: Path, python: str = sys.executable
) -> Iterator[Running]:
    """Run Python with these arguments to serve on a port of the loopback; give it once it listens."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [python, *arguments], cwd=ROOT, env=os.environ | environ, stdout=output, stderr=output
        )
    try:
        _await(process, port, log)
        yield Running(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise BenchError(f"A server did not start:\n{log.read_text(errors='replace')[-2000:]}")


def free_port() -> int:
    """Return a port of the loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Moment:
    """What was used up to a moment, in seconds of one core."""

    at: float
    by_others: float

    @classmethod
    def now(cls) -> "Moment":
        """Read the clock, and what others used: all that was used, less us and the kernel's own threads."""
        with Path("/proc/stat").open() as file:
            columns = file.readline().split()
        everybody = sum(int(columns[i]) for i in _BUSY)
        return cls(time.monotonic(), (everybody - _used_by_us()) / _TICKS)

    def others_until(self, end: "Moment") -> float:
        """Return how many cores others used on average from this moment to that."""
        return max(0.0, (end.by_others - self.by_others) / (end.at - self.at))


def adopt_orphans() -> None:
    """Become the parent of what our processes leave behind, as PostgreSQL's server, so that it is ours."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _used_by_us() -> int:
    """Return the ticks of this process, all beneath it, and the kernel's threads, which work for us too."""
    stats = _stats()
    return _ticks(stats, (*_family(os.getpid(), stats), *_family(_KERNEL, stats)))


def _ticks(stats: dict[int, list[str]], pids: Iterable[int]) -> int:
    """Return what these processes, and their children that ended, have used."""
    return sum(sum(int(column) for column in stats[pid][11:15]) for pid in pids if pid in stats)


def _family(pid: int, stats: dict[int, list[str]] | None = None) -> list[int]:
    """Return a process and all beneath it."""
    beneath: dict[int, list[int]] = {}
    for child, columns in (stats or _stats()).items():
        beneath.setdefault(int(columns[1]), []).append(child)
    family = [pid]
    for member in family:
        family += beneath.get(member, [])
    return family


def _stats() -> dict[int, list[str]]:
    """Return the columns of /proc/PID/stat after the name, of every process."""
    stats = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        # It may have ended meanwhile; if it was ours, its parent has its ticks.
        with suppress(OSError):
            stats[int(folder.name)] = (folder / "stat").read_text().rpartition(")")[2].split()
    return stats


def _memory(pid: int, database: Path) -> Memory:
    sizes = {"Rss": 0, "Anonymous": 0, "Database": 0}
    with suppress(OSError):
        mapped = ""
        for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
            name, _, rest = line.partition(":")
            if " " in name:  # The head of a mapping, which ends in its file: addresses, rights, offset.
                mapped = line.split(maxsplit=5)[5] if len(line.split(maxsplit=5)) > 5 else ""
            elif name in sizes:
                sizes[name] += 1024 * int(rest.split()[0])
                if name == "Rss" and mapped == str(database.resolve()):
                    sizes["Database"] += 1024 * int(rest.split()[0])
    return Memory(sizes["Rss"], sizes["Anonymous"], sizes["Database"])
