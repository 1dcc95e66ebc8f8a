"""The memory of the server's workers, sampled while they work, and whether it grows."""

import threading
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, linear_regression
from time import monotonic
from types import TracebackType
from typing import Self

from bench.served import Served

KIB = 2**10


@dataclass(frozen=True, slots=True)
class Size:
    """What of a process is resident, in MiB, and what of that is its own.

    The rest are pages of files: code, and of the database what readers map, at most `db.MAPPED` for each
    connection. The system shares them among all processes, and takes them back where memory is needed.
    """

    resident: float
    own: float


@dataclass(frozen=True, slots=True)
class Growth:
    """A process's own memory in MiB: at the start and the end of the time after the warm-up."""

    pid: int
    first: float
    last: float
    slope: float
    """MiB a minute, by least squares over all samples after the warm-up."""
    resident: float
    """All that is resident of it at the end."""

    @classmethod
    def of(cls, pid: int, samples: list[tuple[float, Size]], warm_up: float) -> "Growth | None":
        """Judge samples of (seconds, size); None where fewer than ten are left after the warm-up."""
        kept = [(at, size) for at, size in samples if at >= warm_up]
        if len(kept) < 10:
            return None
        tenth = max(1, len(kept) // 10)
        owned = [size.own for _, size in kept]
        slope = linear_regression([at for at, _ in kept], owned).slope * 60
        resident = fmean(size.resident for _, size in kept[-tenth:])
        return cls(pid, fmean(owned[:tenth]), fmean(owned[-tenth:]), slope, resident)


class Sampler:
    """Samples the memory of the workers each second, until it is left."""

    def __init__(self, served: Served) -> None:
        self.samples: dict[int, list[tuple[float, Size]]] = {}
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
                if (size := size_of(pid)) is not None:
                    self.samples.setdefault(pid, []).append((monotonic() - self._start, size))


def size_of(pid: int) -> Size | None:
    """Return the memory of a process, or None once it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return None
    sizes = {name: int(rest.split()[0]) / KIB for name, _, rest in (line.partition(":") for line in lines)}
    return Size(sizes["Rss"], sizes["Anonymous"])
