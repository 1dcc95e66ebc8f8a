"""`factcheck serve` as an operator runs it, for those who want to kill it and start it again."""

import os
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bench.machine import ROOT, BenchError, free_port

_COMMAND = [sys.executable, "-c", "from factcheck.cli import main; main()"]
START_SECONDS = 120
STOP_SECONDS = 45


class Served:
    """A server on a free port of the loopback, on one database; it is started and ended at will.

    `settings` are further FACTCHECK_* variables. What it says goes to `log`.
    """

    def __init__(self, folder: Path, database_url: str, *, workers: int = 1, **settings: str) -> None:
        self.port = free_port()
        self.log = folder / "served.log"
        self._options = ["--workers", str(workers)]
        self._process: subprocess.Popen[bytes] | None = None
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("FACTCHECK_")},
            "PYTHONPATH": str(ROOT),
            "FACTCHECK_DATABASE_URL": database_url,
            "FACTCHECK_READ_DATABASE_URL": database_url,
            "FACTCHECK_PORT": str(self.port),
            "FACTCHECK_SECRET_KEY": "of the one who breaks it",
            **settings,
        }

    @property
    def pid(self) -> int:
        """The process that keeps the workers."""
        assert self._process
        return self._process.pid

    def command(self, *arguments: str, seconds: float = 600) -> str:
        """Run a `factcheck` command on the same database and return what it printed."""
        done = subprocess.run(
            [*_COMMAND, *arguments],
            env=self._environ, cwd=self.log.parent, capture_output=True, text=True, timeout=seconds,
        )  # fmt: skip
        if done.returncode:
            raise BenchError(f"factcheck {' '.join(arguments)}: {done.stderr[-2000:]}")
        return done.stdout.strip()

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self.log.open("ab") as log:
            # A session of its own: one signal then reaches the workers too.
            self._process = subprocess.Popen(
                [*_COMMAND, "serve", *self._options],
                env=self._environ, cwd=self.log.parent, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self.answers():
                return
            time.sleep(0.05)
        raise BenchError(f"The server did not start:\n{self.log.read_text(errors='replace')[-2000:]}")

    def answers(self, path: str = "/healthz") -> bool:
        """Tell whether a new connection gets a 200."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def workers(self) -> list[int]:
        """Return the processes that answer requests, the oldest first."""
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [child for child in map(int, listed.split()) if not _keeps_track(child)]

    def await_started(self, number: int) -> None:
        """Wait until so many workers in all have begun to answer since the first start."""
        deadline = time.monotonic() + START_SECONDS
        while (log := self.log.read_text(errors="replace")).count("Started worker-") < number:
            if time.monotonic() > deadline:
                raise BenchError(f"No other worker was started:\n{log[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End all of it at once, as a power cut does to processes: SIGKILL."""
        assert self._process
        os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def kill_a_worker(self) -> int:
        """End the oldest worker at once and return its process id; another is to be started in its place.

        One that was just started is not to be killed: granian takes it for one that cannot start, and ends.
        """
        worker = self.workers()[0]
        os.kill(worker, signal.SIGKILL)
        return worker

    def stop(self) -> int | None:
        """End it as an operator does, if it runs, and return its exit status."""
        if self._process is None:
            return None
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        return self._process.returncode


def _keeps_track(pid: int) -> bool:
    """Tell whether this is Python's own process that keeps track of shared memory."""
    try:
        return "resource_tracker" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return True
