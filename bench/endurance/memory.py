"""The memory of the server's workers, sampled while they work, and whether it grows."""

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, linear_regression
from time import monotonic
from types import TracebackType
from typing import Self

from bench.served import Served

PAGE = os.sysconf("SC_PAGE_SIZE")
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Growth:
    """Resident memory of one process in MiB: at the start and the end of the time after the warm-up."""

    pid: int
    first: float
    last: float
    slope: float
    """MiB a minute, by least squares over all samples after the warm-up."""

    @classmethod
    def of(cls, pid: int, samples: list[tuple[float, float]], warm_up: float) -> "Growth | None":
        """Judge samples of (seconds, MiB); None where fewer than ten are left after the warm-up."""
        kept = [(at, size) for at, size in samples if at >= warm_up]
        if len(kept) < 10:
            return None
        tenth = max(1, len(kept) // 10)
        times, sizes = zip(*kept, strict=True)
        slope = linear_regression(times, sizes).slope * 60
        return cls(pid, fmean(sizes[:tenth]), fmean(sizes[-tenth:]), slope)


class Sampler:
    """Samples the resident memory of the workers each second, until it is left."""

    def __init__(self, served: Served) -> None:
        self.samples: dict[int, list[tuple[float, float]]] = {}
        self._served = served
        self._start = monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(1):
            for pid in self._served.workers():
                if (size := resident(pid)) is not None:
                    self.samples.setdefault(pid, []).append((monotonic() - self._start, size))


def resident(pid: int) -> float | None:
    """Return the resident memory of a process in MiB, or None once it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / MIB
    except OSError:
        return None
