"""The machine while it is measured: servers that run, and what others do meanwhile."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
START_SECONDS = 60
STOP_SECONDS = 10
_TICKS = os.sysconf("SC_CLK_TCK")
_KERNEL = 2
# Of a line of /proc/stat: user, nice, system, irq, softirq, steal. Waiting is not work.
_BUSY = (1, 2, 3, 6, 7, 8)


class BenchError(Exception):
    """The run cannot be trusted, or cannot go on; the message says why."""


@contextmanager
def serving(arguments: list[str], environ: dict[str, str], port: int, log: Path) -> Iterator[int]:
    """Run Python with these arguments to serve on a port of the loopback; give the port once it answers."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=os.environ | environ, stdout=output, stderr=output
        )
    try:
        _await(process, port, log)
        yield port
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


def _used_by_us() -> int:
    """Return the ticks of this process, all beneath it, and the kernel's threads, which work for us too."""
    used: dict[int, int] = {}
    beneath: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            line = (folder / "stat").read_text()
        except OSError:
            continue  # It ended meanwhile; if it was ours, its parent has its ticks.
        columns = line.rpartition(")")[2].split()
        used[int(folder.name)] = sum(int(column) for column in columns[11:15])
        beneath.setdefault(int(columns[1]), []).append(int(folder.name))
    ours = [os.getpid(), _KERNEL]
    for pid in ours:
        ours += beneath.get(pid, [])
    return sum(used.get(pid, 0) for pid in ours)
