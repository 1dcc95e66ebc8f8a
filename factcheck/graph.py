"""The claims as a graph: which positions on other claims a position on one claim rules out.

To support a claim is to support what it implies; to dispute a claim is to dispute what implies it;
`equivalent` implies both ways. Two positions are opposed when one supports and the other disputes
the same claim, or when they support two claims that contradict each other, by a drawn relation or
because one clears the entity that the other holds responsible.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from factcheck.claims import STANDING, Claim, ClaimAbout, ClaimKind, ClaimStatus
from factcheck.prepared import Prepared, Reads
from factcheck.relations import Relation, RelationType

# How many times `implies` or `equivalent` may be followed on one path. Further than this an editor
# could no longer see at a glance why two statements contradict each other.
MAX_HOPS = 4
HOP_FACTOR = 0.95

OPPOSITE = {
    ClaimKind.exoneration: ClaimKind.responsibility,
    ClaimKind.responsibility: ClaimKind.exoneration,
}


class Stance(StrEnum):
    """What a statement does with a claim."""

    supports = "supports"
    disputes = "disputes"


class ContradictionKind(StrEnum):
    """Why two statements are flagged."""

    opposite_stance = "opposite_stance"
    counter_claim = "counter_claim"
    exoneration_vs_responsibility = "exoneration_vs_responsibility"
    # Read in the words of the two statements alone, by no claim; see `findings`.
    figure_mismatch = "figure_mismatch"
    text = "text"


@dataclass(frozen=True, slots=True)
class Step:
    """One edge of a path: `relation` read from `start` to `end`."""

    start: UUID
    relation: str
    end: UUID


@dataclass(frozen=True, slots=True)
class Opposition:
    """A position that cannot stand together with the one that was asked about."""

    claim_id: UUID
    stance: Stance
    kind: ContradictionKind
    subject_id: UUID | None
    steps: tuple[Step, ...]

    @property
    def score(self) -> float:
        """How directly the path opposes, from 1 down: less for each implication followed."""
        hops = sum(step.relation in _CHAINING for step in self.steps)
        return round(_STRENGTH[self.kind] * HOP_FACTOR**hops, 4)


_CHAINING = ("implies", "implied_by", "equivalent")
_STRENGTH = {
    ContradictionKind.opposite_stance: 1.0,
    ContradictionKind.counter_claim: 0.95,
    ContradictionKind.exoneration_vs_responsibility: 0.9,
}


@dataclass(frozen=True, slots=True)
class Node:
    """A claim that stands."""

    kind: ClaimKind
    status: ClaimStatus
    subject_id: UUID | None
    text_key: str


_Ways = dict[UUID, tuple[Step, ...]]
"""The way by which each claim was reached."""
_Statuses = tuple[ClaimStatus, ...]
_PUBLISHED = (ClaimStatus.published,)


def _precedence(steps: tuple[Step, ...]) -> tuple[int, bool]:
    """Sort key of ways to one claim: the shorter first, then the derived before the drawn."""
    return (len(steps), any(step.relation == "contradicts" for step in steps))


def _by_length(item: tuple[UUID, tuple[Step, ...]]) -> tuple[int, bool, UUID]:
    """Sort key of a frontier, so that what is found never depends on the order of storing."""
    return (*_precedence(item[1]), item[0])


class ClaimGraph:
    """The part of the graph that was asked for so far, loaded level by level and then remembered.

    Each level of a walk costs at most four queries, whatever the number of claims on it. Withdrawn
    and merged claims are not part of the graph. A way over published claims only goes before every
    way over a draft: what an editor drafts never changes what readers see. Where two ways are
    equally short, the derived opposition goes before the drawn one and then the smaller id, so that
    a result never depends on the order in which things were stored.
    """

    def __init__(self, source: Session | Reads) -> None:
        self._source = source
        self.nodes: dict[UUID, Node] = {}
        self._known: set[UUID] = set()
        self._edges: dict[UUID, dict[str, set[UUID]]] = defaultdict(lambda: defaultdict(set))
        self._walked: dict[tuple[UUID, Stance, bool], list[Opposition]] = {}

    def opposed(self, claim_id: UUID, stance: Stance, *, only_published: bool = False) -> list[Opposition]:
        """Return every position opposed to this one, one way to each."""
        key = (claim_id, stance, only_published)
        if key not in self._walked:
            if only_published:
                found = self._walk(claim_id, stance, _PUBLISHED)
            else:
                found = self.opposed(claim_id, stance, only_published=True)
                # Where no claim that was met is a draft, the same ways lead on.
                if any(node.status != ClaimStatus.published for node in self.nodes.values()):
                    wider = self._walk(claim_id, stance, STANDING)
                    found = list({(o.claim_id, o.stance): o for o in (*wider, *found)}.values())
            self._walked[key] = found
        return self._walked[key]

    def zone(self, claim_ids: Iterable[UUID]) -> set[UUID]:
        """Return these claims and all whose paths can run through them, gone ones included."""
        zone = set(claim_ids)
        frontier = set(zone)
        # A path has at most MAX_HOPS chaining steps and one crossing.
        for _ in range(MAX_HOPS + 1):
            self._load(frontier)
            frontier = {
                end for start in frontier for ends in self._edges[start].values() for end in ends
            } - zone
            if not frontier:
                break
            zone |= frontier
        return zone

    def _walk(self, claim_id: UUID, stance: Stance, statuses: _Statuses) -> list[Opposition]:
        self._load([claim_id])
        if claim_id not in self.nodes or self.nodes[claim_id].status not in statuses:
            return []
        forward = ("equivalent", "implies")
        backward = ("equivalent", "implied_by")
        supports = stance == Stance.supports
        same_side = self._spread({claim_id: ()}, forward if supports else backward, statuses)
        other = Stance.disputes if supports else Stance.supports
        found = []
        for claim, steps in same_side.items():
            subject = self._shared_subject(claim_id, claim)
            # Else whom the disputed claim is about: the same, whichever of the two is asked.
            subject = subject or self.nodes[claim if supports else claim_id].subject_id
            found.append(Opposition(claim, other, ContradictionKind.opposite_stance, subject, steps))
        return found + self._counter(same_side, backward, statuses) if supports else found

    def _counter(self, supported: _Ways, backward: tuple[str, ...], statuses: _Statuses) -> list[Opposition]:
        """Cross from the supported claims to those they contradict, then back to what implies these."""
        crossed: _Ways = {}
        for relation in ("exoneration_vs_responsibility", "contradicts"):
            for claim, steps in sorted(supported.items(), key=_by_length):
                for end in sorted(self._edges[claim][relation]):
                    self._reach(crossed, (*steps, Step(claim, relation, end)), statuses)
        found = []
        for claim, steps in self._spread(crossed, backward, statuses).items():
            if claim in supported:
                continue  # To support the claim is to support this one too: they say the same thing.
            crossing = next(step for step in steps if step.relation not in _CHAINING)
            kind = (
                ContradictionKind.counter_claim
                if crossing.relation == "contradicts"
                else ContradictionKind.exoneration_vs_responsibility
            )
            subject = self._shared_subject(crossing.start, crossing.end)
            found.append(Opposition(claim, Stance.supports, kind, subject, steps))
        return found

    def _shared_subject(self, one: UUID, other: UUID) -> UUID | None:
        subject = self.nodes[one].subject_id
        return subject if subject == self.nodes[other].subject_id else None

    def _spread(self, starts: _Ways, relations: tuple[str, ...], statuses: _Statuses) -> _Ways:
        """Follow chaining relations from the starts, breadth first, and return the way to each claim."""
        reached = dict(starts)
        frontier = dict(starts)
        while frontier:
            self._load(frontier)
            following: _Ways = {}
            for claim, steps in sorted(frontier.items(), key=_by_length):
                if sum(step.relation in _CHAINING for step in steps) >= MAX_HOPS:
                    continue
                for relation in relations:
                    for end in sorted(self._edges[claim][relation]):
                        if self._reach(reached, (*steps, Step(claim, relation, end)), statuses):
                            following[end] = reached[end]
            frontier = following
        self._load(reached)
        return reached

    def _reach(self, reached: _Ways, steps: tuple[Step, ...], statuses: _Statuses) -> bool:
        """Keep a way to a claim if it is the first or goes before the one known; tell whether it was kept."""
        end = steps[-1].end
        node = self.nodes.get(end)
        kept = (
            node is not None
            and node.status in statuses
            and (end not in reached or _precedence(steps) < _precedence(reached[end]))
        )
        if kept:
            reached[end] = steps
        return kept

    def _load(self, claim_ids: Iterable[UUID]) -> None:
        """Read the edges of claims that were not read before, and the claims at their ends."""
        new = set(claim_ids) - self._known
        if not new:
            return
        self._known |= new
        reads = Reads.of(self._source)
        ends = set(new)
        for start, end, relation in reads.all(_EDGES, claims=list(new)):
            back = "implied_by" if relation == RelationType.implies else relation
            self._edges[start][relation].add(end)
            self._edges[end][back].add(start)
            ends |= {start, end}
        if unread := ends - self.nodes.keys():
            self._remember(reads.all(_NODES, claims=list(unread)))
        self._derive(reads, new & self.nodes.keys())

    def _remember(self, rows: list[Any]) -> set[UUID]:
        """Keep the claims that stand. The status is no condition of the query: it would lead to its index."""
        standing = {
            row.id: Node(ClaimKind(row.kind), ClaimStatus(row.status), row.entity_id, row.text_key)
            for row in rows
            if row.status in STANDING
        }
        self.nodes |= standing
        return set(standing)

    def _derive(self, reads: Reads, new: set[UUID]) -> None:
        """Join claims that clear an entity with those that hold the same entity responsible."""
        judging = {id_ for id_ in new if self.nodes[id_].kind in OPPOSITE and self.nodes[id_].subject_id}
        # Only the opposite kind: an entity may be held responsible by thousands of claims.
        subjects: dict[ClaimKind, set[UUID | None]] = defaultdict(set)
        for id_ in judging:
            subjects[OPPOSITE[self.nodes[id_].kind]].add(self.nodes[id_].subject_id)
        about: dict[UUID | None, set[UUID]] = defaultdict(set)
        for kind, entities in subjects.items():
            for id_ in self._remember(reads.all(_JUDGING[kind], entities=list(entities))):
                about[self.nodes[id_].subject_id].add(id_)
        for start in judging:
            for end in about[self.nodes[start].subject_id]:
                if self.nodes[end].kind == OPPOSITE[self.nodes[start].kind]:
                    self._edges[start]["exoneration_vs_responsibility"].add(end)
                    self._edges[end]["exoneration_vs_responsibility"].add(start)


_EDGES = Prepared(
    select(Relation.from_claim_id, Relation.to_claim_id, Relation.type).where(
        or_(Relation.from_claim_id.in_(bindparam("claims")), Relation.to_claim_id.in_(bindparam("claims")))
    )
)
_SUBJECT = aliased(ClaimAbout)
_NODES = Prepared(
    select(Claim.id, Claim.kind, Claim.status, _SUBJECT.entity_id, Claim.text_key)
    .outerjoin(_SUBJECT, (_SUBJECT.claim_id == Claim.id) & (_SUBJECT.position == 0))
    .where(Claim.id.in_(bindparam("claims")))
)
_JUDGING = {
    kind: Prepared(
        select(Claim.id, Claim.kind, Claim.status, ClaimAbout.entity_id, Claim.text_key)
        .join(ClaimAbout, (ClaimAbout.claim_id == Claim.id) & (ClaimAbout.position == 0))
        .where(ClaimAbout.entity_id.in_(bindparam("entities")), Claim.kind == kind)
    )
    for kind in OPPOSITE
}
