"""An editor's posts, N of them, as the rows that the service would have stored.

Every claim has 20 statements, which arrive far apart, as they do in a newsroom. On a typical claim
19 support it and one disputes it; of the 19 contradictions an editor has dismissed 17. Every tenth
claim is crowded: 12 support it and 8 dispute it, so that 96 pairs contradict each other and stand.
The seed is fixed: the same N always gives the same rows.
"""

import hashlib
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from bench.invented import (
    OUTLETS,
    ROLES,
    Vocabulary,
    claim_slug,
    company,
    person,
    speakers_of,
    title,
)
from bench.rows import SEED, Ids, Rows
from factcheck.auth import MACHINE, PREFIX, ApiKey, Role
from factcheck.claims import Claim, ClaimAbout, ClaimKind, ClaimStatus
from factcheck.contradictions import Contradiction, Decision, FlagStatus
from factcheck.entities import Entity, EntityKey, EntityType, name_key
from factcheck.graph import ContradictionKind, Stance
from factcheck.history import Revision
from factcheck.links import Link, LinkStatus, StatementStatus
from factcheck.search import SearchDocument
from factcheck.sources import Source, SourceType
from factcheck.statements import Statement, StatementKind
from factcheck.text import digest, slug, stem, words

PER_CLAIM = 20
# Which of the 20 statements of a claim, in the order they arrive, dispute it.
TYPICAL = frozenset({9})
CROWDED = frozenset({1, 3, 6, 8, 11, 13, 16, 18})
CROWDED_EVERY = 10
CROWDED_SUPPORTS = PER_CLAIM - len(CROWDED)
DISMISSAL = "They speak of different days."
SECRET = f"{PREFIX}bench-bench-bench-bench-bench-bench-bench-b"
START = datetime(2024, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=600)
CHUNK = 5_000


def claims_of(statements: int) -> int:
    """Return how many claims a data set of this many statements has."""
    return max(1, statements // PER_CLAIM)


# The service makes ids of today: all of them sort after this one.
LAST_ID = Ids().at(START + SPAN + timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Said:
    """What later statements on the same claim need to know of one."""

    id: UUID
    stance: Stance
    speaker_id: UUID
    text_key: str
    said_on: str
    # Of how many statements on the claim it was stored after.
    place: int


@dataclass(frozen=True, slots=True)
class Claimed:
    id: UUID
    text_key: str
    subject_id: UUID
    # Which of the statements dispute it, in the order they arrive; None for every other one.
    disputing: frozenset[int] | None
    # Words that those who speak of it share.
    story: list[str]
    said: list[Said] = field(default_factory=list)

    @property
    def next_stance(self) -> Stance:
        place = len(self.said)
        disputes = place % 2 == 1 if self.disputing is None else place % PER_CLAIM in self.disputing
        return Stance.disputes if disputes else Stance.supports

    @property
    def is_typical(self) -> bool:
        return self.disputing is TYPICAL


class Newsroom:
    """Plays N posts of an editor and writes the rows that the service would have stored."""

    def __init__(self, connection: Connection, statements: int) -> None:
        self._connection = connection
        self._count = statements
        self._random = random.Random(SEED)
        self._vocabulary = Vocabulary()
        self._ids = Ids()
        self._rows = Rows()
        self._key = self._ids.at(START)
        self._flag_state: dict[str, Any] | None = None

    def fill(self) -> None:
        """Write everything, a chunk of statements at a time."""
        self._issue_key()
        speakers = [self._entity(person(n), EntityType.person) for n in range(speakers_of(self._count))]
        subjects = [self._entity(company(n), EntityType.organization) for n in range(1 + self._count // 100)]
        claims = self._claims(subjects)
        sources = [self._source(n) for n in range(1 + self._count // 4)]
        self._rows.write(self._connection)
        step = SPAN / self._count
        numbers = iter(range(self._count))
        while chunk := list(islice(numbers, CHUNK)):
            for n in chunk:
                moment = _milliseconds(START + timedelta(hours=1) + step * n)
                speaker, source = self._random.choice(speakers), sources[n // 4]
                self._statement(n, moment, speaker, source, self._claim_of(n, claims))
            self._rows.write(self._connection)

    def _claims(self, subjects: list[tuple[UUID, str]]) -> list[Claimed]:
        return [
            self._claim(n, subjects[n % len(subjects)], TYPICAL if n % CROWDED_EVERY else CROWDED)
            for n in range(claims_of(self._count))
        ]

    def _claim_of(self, number: int, claims: list[Claimed]) -> Claimed:
        """Return the claim that a statement bears on: each in turn, so that one's lie far apart."""
        return claims[number % len(claims)]

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
        row = {"revision": 1, "created_at": moment, "updated_at": moment} | values
        self._rows.add(model, id=id_, **row)
        self._revise(model, id_, 1, moment, state or model(**values).state(), action="created", reason=None)
        return id_

    def _revise(
        self,
        model: type[Any],
        id_: UUID,
        number: int,
        moment: datetime,
        state: dict[str, Any],
        *,
        action: str,
        reason: str | None,
    ) -> None:
        by_machine = model is Contradiction and action == "created"
        self._rows.add(
            Revision,
            id=self._ids.at(moment),
            record_type=model.record_type,
            record_id=id_,
            number=number,
            at=moment,
            actor_id=None if by_machine else self._key,
            actor=MACHINE.name if by_machine else "bench",
            action=action,
            reason=reason,
            state=state,
        )

    def _entity(self, name: str, type_: EntityType) -> tuple[UUID, str]:
        given = {"slug": slug(name), "type": type_, "name": name}
        id_ = self._keep(
            Entity, START, **given, alternate_names=[], same_as=[], public=True, created_by=self._key
        )
        self._rows.add(EntityKey, entity_id=id_, key=name_key(name))
        return id_, name

    def _claim(self, number: int, subject: tuple[UUID, str], disputing: frozenset[int] | None) -> Claimed:
        text = f"{subject[1]} knew of the failed {title(number)} before it was made public."
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
        return Claimed(id_, text_key, subject[0], disputing, self._vocabulary.story(self._random))

    def _source(self, number: int) -> UUID:
        outlet = OUTLETS[number % len(OUTLETS)]
        url = f"https://{slug(outlet)}.example/2025/{number // 1000:03}/{number:06}-{slug(title(number))}"
        return self._keep(
            Source,
            START,
            natural_key=url,
            url=url,
            canonical_url=url,
            type=SourceType.news_article,
            headline=f"What is known about the {title(number)}",
            publisher=outlet,
            author=[person(number % 500)],
            published_on=str((START + timedelta(days=number % SPAN.days)).date()),
            language="en",
            public=True,
            created_by=self._key,
        )

    def _statement(
        self, number: int, moment: datetime, speaker: tuple[UUID, str], source: UUID, claim: Claimed
    ) -> None:
        # Short on typical claims, so that their views are of the size that newsrooms have.
        sentences = 1 if claim.is_typical else self._random.randint(1, 3)
        text = self._vocabulary.quotation(self._random, claim.story, sentences)
        text_key = digest(text)
        said_on = str((moment - timedelta(days=self._random.randrange(3))).date())
        id_ = self._keep(
            Statement,
            moment,
            text=text,
            text_key=text_key,
            kind=StatementKind.direct,
            language="en",
            speaker_id=speaker[0],
            speaker_role=ROLES[number % len(ROLES)],
            said_on=said_on,
            said_to=OUTLETS[number % len(OUTLETS)],
            source_id=source,
            status=StatementStatus.published,
            published_at=moment,
            created_by=self._key,
        )
        self._search("statement", id_, f"{text}\n{speaker[1]}")
        said = Said(id_, claim.next_stance, speaker[0], text_key, said_on, len(claim.said))
        self._link(moment, claim, said)

    def _link(self, moment: datetime, claim: Claimed, said: Said) -> None:
        self._keep(
            Link,
            moment,
            statement_id=said.id,
            statement_status=StatementStatus.published,
            speaker_id=said.speaker_id,
            said_on=said.said_on,
            claim_id=claim.id,
            stance=said.stance,
            status=LinkStatus.confirmed,
            basis="editor",
            confidence=1.0,
        )
        for earlier in self._opposed(claim, said):
            self._contradiction(moment, claim, said, earlier)
        claim.said.append(said)

    def _opposed(self, claim: Claimed, said: Said) -> list[Said]:
        """Return the earlier statements that a new one contradicts: all, for they are few."""
        return [earlier for earlier in claim.said if earlier.stance != said.stance]

    def _contradiction(self, moment: datetime, claim: Claimed, said: Said, earlier: Said) -> None:
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
            # Rows of one table are written together, so all of them name the same columns.
            "decision": None,
            "decision_reason": None,
            "decided_by": None,
            "decided_at": None,
            "decided_facts": None,
        }
        # Contradictions are most of the rows: only what differs between them is computed for each.
        self._flag_state = self._flag_state or Contradiction(**values).state()
        state = self._flag_state | {
            "stance": said.stance.value,
            "same_speaker": same_speaker,
            "subject": str(claim.subject_id),
        }
        if claim.is_typical and said.place - earlier.place > 1:
            self._dismissed(moment, state, values)
        else:
            self._keep(Contradiction, moment, state, **values)

    def _dismissed(self, moment: datetime, state: dict[str, Any], values: dict[str, Any]) -> None:
        """Add a contradiction that an editor dismissed an hour after it was flagged."""
        decided_at = moment + timedelta(hours=1)
        decided = {
            "status": FlagStatus.dismissed,
            "decision": Decision.dismissed,
            "decision_reason": DISMISSAL,
            "decided_at": decided_at,
            "public": False,
        }
        by_editor = {"decided_by": "bench", "decided_facts": values["facts"]}
        row = values | decided | by_editor | {"revision": 2, "updated_at": decided_at}
        id_ = self._keep(Contradiction, moment, state, **row)
        changed = state | decided | {"decided_at": decided_at.isoformat()}
        self._revise(Contradiction, id_, 2, decided_at, changed, action="decided", reason=DISMISSAL)

    def _search(self, record_type: str, id_: UUID, text: str) -> None:
        found = words(text)
        stems = " ".join(map(stem, found))
        values = {"record_type": record_type, "record_id": id_, "public": True}
        self._rows.add(SearchDocument, **values, words=" ".join(found), stems=stems)


def _milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
