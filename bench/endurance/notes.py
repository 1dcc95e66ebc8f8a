"""What the clients of an endurance run write down, to be held against one order of events."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from bench.endurance.history import Change, Counted, Seen, Tried


@dataclass(slots=True)
class Notes:
    """What one client, or all of them, saw; times are in seconds of one clock."""

    seen: list[Seen] = field(default_factory=list)
    tried: list[Tried] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, other: "Notes") -> None:
        """Take over what another client noted."""
        for mine, theirs in (
            (self.seen, other.seen), (self.tried, other.tried), (self.changes, other.changes),
            (self.counted, other.counted), (self.errors, other.errors),
        ):  # fmt: skip
            mine.extend(theirs)  # type: ignore[arg-type]
        self.kept |= other.kept
        self.statuses += other.statuses
        for kind, times in other.took.items():
            self.took[kind] += times
