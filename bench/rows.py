"""Rows that wait to be written, and their ids: as the service's, and the same at each build."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from factcheck.db import Base

SEED = 20_260_511


class Ids:
    """UUIDv7 made from given moments and the seeded generator: as the service's, and repeatable."""

    def __init__(self) -> None:
        self._random = random.Random(SEED)

    def at(self, moment: datetime) -> UUID:
        milliseconds = int(moment.timestamp() * 1000)
        high = milliseconds << 16 | 0x7000 | self._random.getrandbits(12)
        return UUID(int=high << 64 | 0b10 << 62 | self._random.getrandbits(62))


@dataclass(slots=True)
class Rows:
    """Rows by table, in the order that foreign keys ask for."""

    by_model: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, model: type[Base], **values: Any) -> None:
        self.by_model.setdefault(model, []).append(values)

    def write(self, connection: Connection) -> None:
        for model, rows in self.by_model.items():
            if rows:
                connection.execute(insert(model.__table__), rows)
                rows.clear()
