"""An editor's posts, N of them, as the rows that the service would have stored.

Every claim has 20 statements, 12 that support it and 8 that dispute it, so that 96 pairs of them
contradict each other. The statements of one claim arrive far apart, as they do in a newsroom. The
seed is fixed: the same N always gives the same rows.
"""

import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from factcheck.auth import MACHINE, PREFIX, ApiKey, Role
from factcheck.claims import Claim, ClaimAbout, ClaimKind, ClaimStatus
from factcheck.contradictions import Contradiction, FlagStatus
from factcheck.db import Base
from factcheck.entities import Entity, EntityKey, EntityType, name_key
from factcheck.graph import ContradictionKind, Stance
from factcheck.history import Revision
from factcheck.links import Link, LinkStatus, StatementStatus
from factcheck.search import SearchDocument
from factcheck.sources import Source, SourceType
from factcheck.statements import Statement, StatementKind
from factcheck.text import digest, slug, stem, words

SEED = 20_260_511
PER_CLAIM = 20
# Which of the 20 statements of a claim, in the order they arrive, dispute it.
DISPUTING = frozenset({1, 3, 6, 8, 11, 13, 16, 18})
SUPPORTS = PER_CLAIM - len(DISPUTING)
SECRET = f"{PREFIX}bench-bench-bench-bench-bench-bench-bench-b"
START = datetime(2024, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=600)
CHUNK = 5_000

_OPENERS = (
    "There is no evidence that", "We have said from the beginning that", "The record shows that",
    "It is simply not true that", "My client was told that", "Nobody on the site was aware that",
    "The investigators found that", "We dispute the suggestion that", "I can confirm that",
)  # fmt: skip
_WORDS = """
the of to and a in that was for on with by it is not as from at this were had has been be which an or
their they who would after before our company inspection crane safety report contract bridge harbour
payment council budget water minister union driver engineer test sample permit records evidence statement
agreement schedule hospital patients school teachers election ballots votes figures million percent
increase decline emissions factory workers accident witness phone camera night morning weeks months
warning signed approved rejected delayed repaired ignored measured published withdrawn corrected
concluded maintained inspected delivered reported estimated promised supplier tender audit invoice
licence pipeline reservoir turbine runway terminal vaccine laboratory regulator commission parliament
committee prosecutor defence insurer lender landlord tenant farmer fishery vessel cargo
""".split()  # noqa: SIM905
_GIVEN = """
Ada Bela Cora Dario Edda Farid Greta Henk Ines Jonas Kaja Lior Mina Nils Oona Pavel Rosa Sven
""".split()  # noqa: SIM905
_FAMILY = """
bran kel mor van tor lind hes aro win dal fer sto ric mel gar nov sel ber hol kamp
""".split()  # noqa: SIM905
_OUTLETS = ("Harbour Herald", "Pier Radio", "The Northern Ledger", "Capital Wire", "Valley Post")
_ROLES = ("spokesperson", "attorney", "chief engineer", "mayor", "union representative", None)
_TITLES = ("inspection", "payment", "report", "contract", "test", "budget", "permit", "schedule")


def claims_of(statements: int) -> int:
    """Return how many claims a data set of this many statements has."""
    return max(1, statements // PER_CLAIM)


class _Ids:
    """UUIDv7 made from given moments and the seeded generator: as the service's, and repeatable."""

    def __init__(self) -> None:
        self._random = random.Random(SEED)

    def at(self, moment: datetime) -> UUID:
        milliseconds = int(moment.timestamp() * 1000)
        high = milliseconds << 16 | 0x7000 | self._random.getrandbits(12)
        return UUID(int=high << 64 | 0b10 << 62 | self._random.getrandbits(62))


# The service makes ids of today: all of them sort after this one.
LAST_ID = _Ids().at(START + SPAN + timedelta(days=1))


@dataclass(slots=True)
class _Rows:
    """Rows by table, in the order that foreign keys ask for."""

    by_model: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, model: type[Base], **values: Any) -> None:
        self.by_model.setdefault(model, []).append(values)

    def write(self, connection: Connection) -> None:
        for model, rows in self.by_model.items():
            if rows:
                connection.execute(insert(model.__table__), rows)
                rows.clear()


@dataclass(frozen=True, slots=True)
class _Said:
    """What later statements on the same claim need to know of one."""

    id: UUID
    stance: Stance
    speaker_id: UUID
    text_key: str


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: UUID
    text_key: str
    subject_id: UUID
    said: list[_Said] = field(default_factory=list)


class Newsroom:
    """Plays N posts of an editor and writes the rows that the service would have stored."""

    def __init__(self, connection: Connection, statements: int) -> None:
        self._connection = connection
        self._count = statements
        self._random = random.Random(SEED)
        self._ids = _Ids()
        self._rows = _Rows()
        self._weights = list(accumulate(1 / rank for rank in range(1, len(_WORDS) + 1)))
        self._key = self._ids.at(START)
        self._flag_state: dict[str, Any] | None = None

    def fill(self) -> None:
        """Write everything, a chunk of statements at a time."""
        self._issue_key()
        speakers = [self._entity(person(n), EntityType.person) for n in range(speakers_of(self._count))]
        subjects = [self._entity(_company(n), EntityType.organization) for n in range(1 + self._count // 100)]
        claims = [self._claim(n, subjects[n % len(subjects)]) for n in range(claims_of(self._count))]
        sources = [self._source(n) for n in range(1 + self._count // 4)]
        self._rows.write(self._connection)
        step = SPAN / self._count
        numbers = iter(range(self._count))
        while chunk := list(islice(numbers, CHUNK)):
            for n in chunk:
                moment = _milliseconds(START + timedelta(hours=1) + step * n)
                speaker, source = self._random.choice(speakers), sources[n // 4]
                self._statement(n, moment, speaker, source, claims[n % len(claims)])
            self._rows.write(self._connection)

    def _issue_key(self) -> None:
        digest_ = hashlib.sha256(SECRET.encode()).hexdigest()
        self._rows.add(ApiKey, id=self._key, name="bench", role=Role.editor, digest=digest_, created_at=START)

    def _keep(
        self, model: type[Any], moment: datetime, state: dict[str, Any] | None = None, **values: Any
    ) -> UUID:
        """Add a record with its first revision; flags are the machine's, all else the editor's.

        The revision's state is what the model says of itself, unless it is given.
        """
        id_ = self._ids.at(moment)
        by_machine = model is Contradiction
        self._rows.add(model, id=id_, revision=1, created_at=moment, updated_at=moment, **values)
        self._rows.add(
            Revision,
            id=self._ids.at(moment),
            record_type=model.record_type,
            record_id=id_,
            number=1,
            at=moment,
            actor_id=None if by_machine else self._key,
            actor=MACHINE.name if by_machine else "bench",
            action="created",
            state=state or model(**values).state(),
        )
        return id_

    def _entity(self, name: str, type_: EntityType) -> tuple[UUID, str]:
        given = {"slug": slug(name), "type": type_, "name": name}
        id_ = self._keep(Entity, START, **given, alternate_names=[], same_as=[], public=True)
        self._rows.add(EntityKey, entity_id=id_, key=name_key(name))
        return id_, name

    def _claim(self, number: int, subject: tuple[UUID, str]) -> _Claimed:
        text = f"{subject[1]} knew of the failed {_title(number)} before it was made public."
        text_key = digest(text)
        values = {
            "slug": claim_slug(number),
            "text": text,
            "text_key": text_key,
            "topics": [],
            "kind": ClaimKind.event,
            "status": ClaimStatus.published,
            "created_by": self._key,
            "published_at": START,
            "version": 1 + PER_CLAIM,
            "version_at": START + SPAN,
        }
        state = Claim(**values).state() | {"about": [str(subject[0])]}
        id_ = self._keep(Claim, START, state, **values)
        self._rows.add(ClaimAbout, claim_id=id_, position=0, entity_id=subject[0])
        self._search("claim", id_, text)
        return _Claimed(id_, text_key, subject[0])

    def _source(self, number: int) -> UUID:
        outlet = _OUTLETS[number % len(_OUTLETS)]
        url = f"https://{slug(outlet)}.example/2025/{number // 1000:03}/{number:06}-{slug(_title(number))}"
        return self._keep(
            Source,
            START,
            natural_key=url,
            url=url,
            canonical_url=url,
            type=SourceType.news_article,
            headline=f"What is known about the {_title(number)}",
            publisher=outlet,
            author=[person(number % 500)],
            published_on=str((START + timedelta(days=number % SPAN.days)).date()),
            language="en",
            public=True,
        )

    def _statement(
        self, number: int, moment: datetime, speaker: tuple[UUID, str], source: UUID, claim: _Claimed
    ) -> None:
        text = self._quotation()
        text_key = digest(text)
        stance = Stance.disputes if len(claim.said) % PER_CLAIM in DISPUTING else Stance.supports
        said_on = str((moment - timedelta(days=self._random.randrange(3))).date())
        id_ = self._keep(
            Statement,
            moment,
            text=text,
            text_key=text_key,
            kind=StatementKind.direct,
            language="en",
            speaker_id=speaker[0],
            speaker_role=_ROLES[number % len(_ROLES)],
            said_on=said_on,
            said_to=_OUTLETS[number % len(_OUTLETS)],
            source_id=source,
            status=StatementStatus.published,
            published_at=moment,
            created_by=self._key,
        )
        self._search("statement", id_, f"{text}\n{speaker[1]}")
        self._link(moment, claim, _Said(id_, stance, speaker[0], text_key), said_on)

    def _link(self, moment: datetime, claim: _Claimed, said: _Said, said_on: str) -> None:
        self._keep(
            Link,
            moment,
            statement_id=said.id,
            statement_status=StatementStatus.published,
            speaker_id=said.speaker_id,
            said_on=said_on,
            claim_id=claim.id,
            stance=said.stance,
            status=LinkStatus.confirmed,
            basis="editor",
            confidence=1.0,
        )
        for earlier in claim.said:
            if earlier.stance != said.stance:
                self._contradiction(moment, claim, said, earlier)
        claim.said.append(said)

    def _contradiction(self, moment: datetime, claim: _Claimed, said: _Said, earlier: _Said) -> None:
        kind = ContradictionKind.opposite_stance
        same_speaker = said.speaker_id == earlier.speaker_id
        judged = (kind, said.stance, str(same_speaker), said.text_key, earlier.text_key, claim.text_key)
        values = {
            "statement_id": said.id,
            "opposing_id": earlier.id,
            "claim_id": claim.id,
            "opposing_claim_id": claim.id,
            "kind": kind,
            "same_speaker": same_speaker,
            "stance": said.stance,
            "subject_id": claim.subject_id,
            "steps": [],
            "score": 1.0,
            "asserted": True,
            "rank": 4.0 * same_speaker + 3.0,
            "facts": hashlib.sha256("\n".join(judged).encode()).hexdigest(),
            "status": FlagStatus.open,
            "public": True,
            "published": True,
        }
        # Contradictions are most of the rows: only what differs between them is computed for each.
        self._flag_state = self._flag_state or Contradiction(**values).state()
        differing = {
            "stance": said.stance.value,
            "same_speaker": same_speaker,
            "subject": str(claim.subject_id),
        }
        self._keep(Contradiction, moment, self._flag_state | differing, **values)

    def _search(self, record_type: str, id_: UUID, text: str) -> None:
        found = words(text)
        stems = " ".join(map(stem, found))
        values = {"record_type": record_type, "record_id": id_, "public": True}
        self._rows.add(SearchDocument, **values, words=" ".join(found), stems=stems)

    def _quotation(self) -> str:
        """Return 80 to 400 characters in one to three sentences; common words are common."""
        sentences = (
            " ".join(
                (
                    self._random.choice(_OPENERS),
                    *self._random.choices(_WORDS, cum_weights=self._weights, k=self._random.randint(9, 20)),
                )
            )
            for _ in range(self._random.randint(1, 3))
        )
        return ". ".join(sentences) + "."


def _milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def speakers_of(statements: int) -> int:
    return 20 + statements // 50


def _spelled(number: int, parts: Iterable[str]) -> Iterator[str]:
    parts = list(parts)
    while True:
        number, index = divmod(number, len(parts))
        yield parts[index]
        if not number:
            return


def person(number: int) -> str:
    family = "".join(_spelled(number // len(_GIVEN), _FAMILY)).capitalize()
    return f"{_GIVEN[number % len(_GIVEN)]} {family}"


def _company(number: int) -> str:
    name = "".join(_spelled(number, _FAMILY)).capitalize()
    return f"{name} {_TITLES[number % len(_TITLES)].capitalize()} Works"


def company_of(claim: int, statements: int) -> str:
    """Return the name of the company that a claim of a data set of this size is about."""
    return _company(claim % (1 + statements // 100))


def _title(number: int) -> str:
    return f"{_TITLES[number % len(_TITLES)]} {number}"


def claim_slug(number: int) -> str:
    return f"claim-{number:06}"
