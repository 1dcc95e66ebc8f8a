"""Another newsroom: one claim has nearly all statements, half on each side."""

from bisect import insort
from uuid import UUID

from sqlalchemy import Connection

from bench.newsroom import PER_CLAIM, Claimed, Newsroom, Said
from factcheck.graph import Stance

# As a service stores it whose FACTCHECK_MAX_FLAGS this is.
WIDE_FLAGS = 5
WIDE_STATEMENTS = 20_020
NARROW, WIDE = 0, 1


class Wide(Newsroom):
    """Of two claims, the first has 20 statements and the second all the others, half on each side.

    So many statements oppose a new one that it owns the `WIDE_FLAGS` strongest flags only: those
    of the same speaker first, then those said last (`opposing.Flag.rank`).
    """

    def __init__(self, connection: Connection, statements: int) -> None:
        super().__init__(connection, statements)
        self._latest: dict[tuple[UUID, Stance, UUID | None], list[tuple[str, UUID, Said]]] = {}

    def _claims(self, subjects: list[tuple[UUID, str]]) -> list[Claimed]:
        return [self._claim(n, subjects[n % len(subjects)], None) for n in range(2)]

    def _claim_of(self, number: int, claims: list[Claimed]) -> Claimed:
        return claims[WIDE if number >= PER_CLAIM else NARROW]

    def _opposed(self, claim: Claimed, said: Said) -> list[Said]:
        other = Stance.supports if said.stance is Stance.disputes else Stance.disputes
        own = self._latest.get((claim.id, other, said.speaker_id), [])[-WIDE_FLAGS:]
        theirs = self._latest.get((claim.id, other, None), [])[-2 * WIDE_FLAGS :]
        strongest = list(reversed(own))
        strongest += [entry for entry in reversed(theirs) if entry not in strongest]
        for speaker in (None, said.speaker_id):
            latest = self._latest.setdefault((claim.id, said.stance, speaker), [])
            insort(latest, (said.said_on, said.id, said))
        return [entry[2] for entry in strongest[:WIDE_FLAGS]]
