"""Flags are a function of what is stored, whatever the order of the writes.

Random sequences of writes go through the verbs; after each, a slow and simple reading of the rules
(`expected`) must give the same flags, `recheck` must change nothing, and a claim whose version
stayed must have kept its public view to the letter.
"""

import hashlib
import json
from datetime import date
from itertools import combinations
from typing import Any
from uuid import UUID

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from conftest import settings_for
from factcheck import analysis, consequences, findings, merging, suggestions, views, web
from factcheck.auth import ANYONE, Access, Actor
from factcheck.claims import STANDING, Claim, ClaimKind, ClaimStatus
from factcheck.contradictions import Contradiction, Decision, FlagStatus
from factcheck.db import Base, Database
from factcheck.entities import Entity
from factcheck.graph import MAX_HOPS, Stance
from factcheck.links import Link, LinkStatus, StatementStatus
from factcheck.prepared import Reads
from factcheck.relations import Relation, RelationType, between
from factcheck.reviews import Review
from factcheck.sources import Source, SourceType
from factcheck.statements import Statement, StatementKind
from factcheck.tallies import Tally
from newsroom import Newsroom
from slow_view import slow_view

EDITOR = Actor(None, "editor", Access.editor)
CONTRIBUTOR = Actor(None, "contributor", Access.contributor)
MAX_FLAGS = 2

index = st.integers(0, 30)
days = st.sampled_from(["", "2021", "2022-04", "2022-04-20", "2023-01-01"])


class Writes(RuleBasedStateMachine):
    """An editor and a contributor who do anything, in any order."""

    database: Database

    @initialize()
    def start(self) -> None:
        self.session = Session(self.database.writer, expire_on_commit=False)
        self.number = self.turn = 0
        self.seen: dict[Any, tuple[int, str]] = {}
        for name in ("Ann", "Ben"):
            Entity.record(self.session, EDITOR, {"name": name})
        for kind in ("exoneration", "responsibility", "other"):
            self.claim(kind=ClaimKind(kind), about=0, draft=False)
        # Some statements stand from the start, so that even a short sequence meets old and new ones.
        for i, links in enumerate(
            ([], [(0, Stance.supports)], [(0, Stance.disputes)], [(1, Stance.supports)])
        ):
            self.state(speaker=i, said_on="", links=links, draft=False)

    def teardown(self) -> None:
        if hasattr(self, "session"):
            self.session.close()

    def pick(self, model: Any, number: int) -> Any:
        found = self.session.scalars(select(model).order_by(model.id)).all()
        return found[number % len(found)] if found else None

    def settle(self) -> None:
        consequences.settle(self.session, MAX_FLAGS)

    @rule(kind=st.sampled_from(ClaimKind), about=index, draft=st.booleans())
    def claim(self, kind: ClaimKind, about: int, draft: bool) -> None:
        self.number += 1
        entity = self.pick(Entity, about)
        data = {"text": f"Claim {self.number}.", "kind": kind, "about": [entity.id]}
        Claim.record(self.session, CONTRIBUTOR if draft else EDITOR, data)
        self.settle()

    @rule(
        speaker=index,
        said_on=days,
        links=st.lists(st.tuples(index, st.sampled_from(Stance)), max_size=3, unique_by=lambda pair: pair[0]),
        draft=st.booleans(),
    )
    def state(self, speaker: int, said_on: str, links: list[tuple[int, Stance]], draft: bool) -> None:
        self.number += 1
        seen = (ClaimStatus.published,) if draft else STANDING
        chosen = [(self.pick(Claim, i), stance) for i, stance in links]
        on = {claim.id: stance for claim, stance in chosen if claim.status in seen}
        data = {
            "text": f"Words {self.number}.",
            "kind": StatementKind.direct,
            "language": "en",
            "speaker": self.pick(Entity, speaker).id,
            "source": {"url": "https://a.example/", "type": SourceType.other},
            "said_on": said_on,
            "links": [{"claim": claim, "stance": stance} for claim, stance in on.items()],
        }
        Statement.record(self.session, CONTRIBUTOR if draft else EDITOR, data)
        self.settle()

    @rule(statement=index, claim=index, stance=st.sampled_from(Stance), suggest=st.booleans())
    def link(self, statement: int, claim: int, stance: Stance, suggest: bool) -> None:
        said, on = self.pick(Statement, statement), self.pick(Claim, claim)
        if said is None or said.status is StatementStatus.retracted or on.status not in STANDING:
            return
        found = self.session.scalar(select(Link).where(Link.statement_id == said.id, Link.claim_id == on.id))
        data = {"stance": stance, **({"status": LinkStatus.suggested} if suggest else {})}
        if found:
            found.change(self.session, EDITOR, data)
        else:
            Link.make(self.session, EDITOR, said, on, data)
        self.settle()

    @rule(link=index)
    def reject(self, link: int) -> None:
        if found := self.pick(Link, link):
            found.reject(self.session, EDITOR, "r")
            self.settle()

    @rule(statement=index)
    def retract(self, statement: int) -> None:
        found = self.pick(Statement, statement)
        if found and found.status is not StatementStatus.retracted:
            found.retract(self.session, EDITOR, "r")
            self.settle()

    @rule(statement=index, said_on=days, speaker=index, text=st.booleans(), publish=st.booleans())
    def edit(self, statement: int, said_on: str, speaker: int, text: bool, publish: bool) -> None:
        found = self.pick(Statement, statement)
        if found is None or found.status is StatementStatus.retracted:
            return
        self.number += 1
        data: dict[str, Any] = {"said_on": said_on, "speaker": self.pick(Entity, speaker).id}
        if text:
            data["text"] = f"Corrected {self.number}."
        if publish:
            data["status"] = StatementStatus.published
        found.edit(self.session, EDITOR, data, "r")
        self.settle()

    @rule(one=index, other=index, type_=st.sampled_from(RelationType))
    def relate(self, one: int, other: int, type_: RelationType) -> None:
        start, end = self.pick(Claim, one), self.pick(Claim, other)
        ends = (start, end)
        if (
            start is end
            or any(e.status not in STANDING for e in ends)
            or between(self.session, start.id, end.id)
        ):
            return
        Relation.draw(self.session, EDITOR, start, {"to": end.id, "type": type_})
        self.settle()

    @rule(relation=index)
    def unrelate(self, relation: int) -> None:
        if found := self.pick(Relation, relation):
            found.remove(self.session, EDITOR, "r")
            self.settle()

    @rule(claim=index, kind=st.sampled_from(ClaimKind), about=index)
    def reclassify(self, claim: int, kind: ClaimKind, about: int) -> None:
        found = self.pick(Claim, claim)
        if found.status in STANDING:
            data = {"kind": kind, "about": [self.pick(Entity, about).id], "status": ClaimStatus.published}
            found.edit(self.session, EDITOR, data, "r")
            self.settle()

    @rule(entity=index)
    def rename(self, entity: int) -> None:
        self.number += 1
        self.pick(Entity, entity).edit(self.session, EDITOR, {"name": f"Name {self.number}"}, "r")
        self.settle()

    @rule(claim=index)
    def withdraw(self, claim: int) -> None:
        found = self.pick(Claim, claim)
        if found.status in STANDING:
            found.withdraw(self.session, EDITOR, "r")
            self.settle()

    @rule(claim=index, into=index)
    def merge(self, claim: int, into: int) -> None:
        start, end = self.pick(Claim, claim), self.pick(Claim, into)
        if start is not end and start.status in STANDING and end.status is ClaimStatus.published:
            merging.merge_claim(self.session, EDITOR, start, end, "r")
            self.settle()

    @rule(
        statement=index,
        claims=st.lists(st.tuples(index, st.sampled_from(Stance)), max_size=2),
        others=st.lists(st.tuples(index, st.sampled_from([0.6, 0.9]), st.booleans()), max_size=3),
        against_all=st.booleans(),
    )
    def read(self, statement: int, claims: Any, others: Any, against_all: bool) -> None:
        """An engine reads a statement: it suggests what it likes, and takes back the rest."""
        said = self.pick(Statement, statement)
        if said is None:
            return
        chosen = {self.pick(Claim, i).id: stance for i, stance in claims}
        found = {}
        for i, score, figures in others:
            other = self.pick(Statement, i)
            if other.id < said.id or (against_all and other is not said):
                scores = analysis.Scores(score, 0.0, round(1 - score, 4))
                compared = analysis.Comparison("contradiction", scores, (), (), "Why.", "e", figures)
                found[other.id] = (other.id, other.text_key, compared)
        reading = suggestions.Reading(
            "e 1", "en", None, said.revision, against_all,
            [(id_, analysis.Stance(s.value, 0.8, (), "Why.", "e")) for id_, s in chosen.items()],
            list(found.values()), frozenset(self.session.scalars(select(Statement.id))),
        )  # fmt: skip
        suggestions.keep(self.session, said, reading)
        self.settle()

    @rule(flag=index, decision=st.sampled_from(Decision))
    def decide(self, flag: int, decision: Decision) -> None:
        found = self.pick(Contradiction, flag)
        if found and found.status is not FlagStatus.resolved:
            found.decide(self.session, EDITOR, decision, "r")
            self.settle()

    @invariant()
    def flags_are_what_the_rules_say(self) -> None:
        if not hasattr(self, "session"):
            return
        stored = self.flags()
        holding = {key: flag[:-1] for key, flag in stored.items() if flag[-1] != "resolved"}
        assert holding == expected(self.session)
        assert consequences.recheck(self.session, MAX_FLAGS) == 0
        assert self.flags() == stored

    @invariant()
    def the_version_tells_of_every_change_of_the_public_view(self) -> None:
        if not hasattr(self, "session"):
            return
        for claim in self.session.scalars(select(Claim).where(Claim.status == "published")):
            summary = views.claim_summary(self.session, claim.id, ANYONE)
            assert summary is not None
            view, _ = views.claim_view(self.session, summary, ANYONE)
            body = json.dumps(json.loads(web.to_json({**view, "version": 0, "as_of": 0})), sort_keys=True)
            version, before = self.seen.get(claim.id, (0, ""))
            if version == summary["version"]:
                assert body == before, "the view changed and the version did not"
            self.seen[claim.id] = (summary["version"], body)

    @invariant()
    def a_view_is_what_a_slow_reading_gives(self) -> None:
        if not hasattr(self, "session"):
            return
        self.session.expire_all()
        plain = Reads.of(self.session, plain=True)
        # Another claim after each write, for all after each would take long.
        self.turn += 1
        claims = self.session.scalars(
            select(Claim).where(Claim.status.in_(STANDING)).order_by(Claim.id)
        ).all()
        for claim in claims[self.turn % max(len(claims), 1) :][:1]:
            for actor in (ANYONE, EDITOR):
                slow = json.loads(web.to_json(slow_view(self.session, claim, actor)))
                for reads in (plain, Reads.of(self.session)):
                    summary = views.claim_summary(reads, claim.id, actor)
                    assert summary is not None
                    for hidden in ("created_by", "published_at", "merged_into"):
                        del summary[hidden]
                    fast, _ = views.claim_view(reads, summary, actor)
                    assert json.loads(web.to_json(fast)) == slow
                    brief = views.glance(reads, summary, actor, 2)
                    assert json.loads(web.to_json(brief)) == glanced(slow)

    @rule(source=index)
    def retitle(self, source: int) -> None:
        self.number += 1
        self.pick(Source, source).edit(self.session, EDITOR, {"headline": f"Title {self.number}"}, "r")
        self.settle()

    @rule(claim=index, withdrawn=st.booleans())
    def review(self, claim: int, withdrawn: bool) -> None:
        found = self.pick(Claim, claim)
        if found.status in STANDING:
            data = {"claim": found.id, "author": {"name": "Herald"}, "published_on": date(2026, 5, 20),
                    "language": "en", "rating": {"name": "False"}}  # fmt: skip
            verdict = Review.record(self.session, EDITOR, data)
            if withdrawn:
                verdict.withdraw(self.session, EDITOR, "r")
            self.settle()

    def flags(self) -> dict[Any, Any]:
        self.session.flush()
        return {
            (flag.statement_id, flag.opposing_id, flag.claim_id, flag.opposing_claim_id): (
                flag.kind.value, flag.same_speaker, flag.asserted, flag.status.value,
            )
            for flag in self.session.scalars(select(Contradiction))
        }  # fmt: skip


def glanced(view: dict[str, Any]) -> dict[str, Any]:
    """Return of a whole view what an embed of two statements a side shows."""
    sides = {side: view[side] | {"statements": view[side]["statements"][:2]} for side in Stance}
    for side in Stance:
        sides[side]["statements"] = [cited(said) for said in sides[side]["statements"]]
    numbers = {k: n for k, n in view["contradictions"].items() if k != "items"}
    return {
        **{name: view[name] for name in ("retracted", "reviews", "as_of")},
        **sides,
        "contradictions": numbers,
    }


def cited(said: dict[str, Any]) -> dict[str, Any]:
    named = ("slug", "name")
    client = said["on_behalf_of"]
    return {
        **{k: said[k] for k in ("id", "text", "kind", "language", "speaker_role", "said_on")},
        **{k: said[k] for k in ("retraction", "revision")},
        "speaker": {k: said["speaker"][k] for k in named},
        "on_behalf_of": client and {k: client[k] for k in named},
        "source": {k: said["source"][k] for k in ("url", "headline", "publisher")},
        "link": {"stance": said["link"]["stance"]},
    }


def expected(session: Session) -> dict[Any, Any]:
    """Read the rules off design.md the slow way: every pair of statements, every pair of links."""
    claims = {c.id: c for c in session.scalars(select(Claim).where(Claim.status.in_(STANDING)))}
    # Ways over published claims go before ways over drafts.
    published = {id_: c for id_, c in claims.items() if c.status is ClaimStatus.published}
    worlds = [(some, _chains(session, some)) for some in (published, claims)]
    statements = [
        s for s in session.scalars(select(Statement).order_by(Statement.id))
        if s.status is not StatementStatus.retracted
    ]  # fmt: skip
    owned: dict[Any, list[Any]] = {}
    nobody = UUID(int=0)
    for earlier, later in combinations(statements, 2):
        opposed = shown_to_readers = False
        decided = _decided_in_words(session, later, earlier)
        for link in _live(session, later, claims):
            for other in _live(session, earlier, claims):
                # A guess does not raise again what an editor dismissed in the words.
                if decided is Decision.dismissed and (link.is_guess or other.is_guess):
                    continue
                found = [_opposed(session, *world, link, other) for world in worlds]
                if kind_and_score := found[0] or found[1]:
                    kind, strength = kind_and_score
                    score = round(strength * link.confidence * other.confidence, 4)
                    same = later.speaker_id == earlier.speaker_id
                    asserted = link.status is other.status is LinkStatus.confirmed
                    shown = earlier.status is StatementStatus.published
                    rank = (
                        shown,
                        same,
                        asserted,
                        score,
                        earlier.said_on,
                        earlier.id,
                        link.claim_id,
                        other.claim_id,
                    )
                    key = (later.id, earlier.id, link.claim_id, other.claim_id)
                    opposed = True
                    shown_to_readers = shown_to_readers or bool(asserted and found[0])
                    owned.setdefault(later.id, []).append((rank, key, (kind, same, asserted)))
        finding = findings.between(session, later.id, earlier.id)
        # What an editor confirmed in the words gives way only to a path that readers see.
        gives_way = shown_to_readers if decided is Decision.confirmed else opposed
        if gives_way or finding is None or not finding.stands:
            continue
        if (finding.text_key, finding.opposing_text_key) == (later.text_key, earlier.text_key):
            same = later.speaker_id == earlier.speaker_id
            shown = earlier.status is StatementStatus.published
            rank = (shown, same, False, finding.score, earlier.said_on, earlier.id, nobody, nobody)
            key = (later.id, earlier.id, None, None)
            owned.setdefault(later.id, []).append((rank, key, (finding.kind.value, same, False)))
    return {
        key: values for flags in owned.values() for _, key, values in sorted(flags, reverse=True)[:MAX_FLAGS]
    }


def _decided_in_words(session: Session, later: Statement, earlier: Statement) -> Decision | None:
    """Return what an editor decided on the words of two statements, if it was on these words of these two."""
    facts = ("text", later.text_key, earlier.text_key, later.speaker_id.hex, earlier.speaker_id.hex)
    query = select(Contradiction.decision).where(
        Contradiction.statement_id == later.id,
        Contradiction.opposing_id == earlier.id,
        Contradiction.claim_id.is_(None),
        Contradiction.decided_facts == hashlib.sha256("\n".join(facts).encode()).hexdigest(),
    )
    return session.scalar(query)


def _live(session: Session, statement: Statement, claims: dict[Any, Claim]) -> list[Link]:
    return [
        link
        for link in session.scalars(select(Link).where(Link.statement_id == statement.id))
        if link.status is not LinkStatus.rejected and link.claim_id in claims
    ]


def _chains(session: Session, claims: dict[Any, Claim]) -> dict[Any, dict[Any, int]]:
    """For each claim, what it implies and in how many steps."""
    steps: dict[Any, set[Any]] = {id_: set() for id_ in claims}
    for relation in session.scalars(select(Relation)):
        start, end = relation.from_claim_id, relation.to_claim_id
        if start in claims and end in claims and relation.type is not RelationType.contradicts:
            steps[start].add(end)
            if relation.type is RelationType.equivalent:
                steps[end].add(start)
    chains = {}
    for id_ in claims:
        reached, frontier = {id_: 0}, {id_}
        for hops in range(1, MAX_HOPS + 1):
            frontier = {end for start in frontier for end in steps[start]} - reached.keys()
            reached |= dict.fromkeys(frontier, hops)
        chains[id_] = reached
    return chains


def _opposed(session: Session, claims: Any, chains: Any, link: Link, other: Link) -> tuple[str, float] | None:
    one, two = link.claim_id, other.claim_id
    if one not in claims or two not in claims:
        return None
    if link.stance is not other.stance:
        start, end = (one, two) if link.stance is Stance.supports else (two, one)
        if end in chains[start]:
            return "opposite_stance", round(0.95 ** chains[start][end], 4)
        return None
    if link.stance is Stance.disputes or two in chains[one]:
        return None
    found = []
    for a, hops_a in chains[one].items():
        for b, hops_b in chains[two].items():
            hops = hops_a + hops_b
            if hops > MAX_HOPS or a == b:
                continue
            relation = between(session, a, b)
            kinds = {claims[a].kind.value, claims[b].kind.value}
            same_subject = claims[a].about[:1] == claims[b].about[:1] != []
            if kinds == {"exoneration", "responsibility"} and same_subject:
                found.append((hops, 0, "exoneration_vs_responsibility", 0.9))
            if relation and relation.type is RelationType.contradicts:
                found.append((hops, 1, "counter_claim", 0.95))
    if not found:
        return None
    hops, _, kind, strength = min(found)
    return kind, round(strength * 0.95**hops, 4)


def test_flags_never_depend_on_the_order_of_writes(database_url: str) -> None:
    database = Database(settings_for(database_url))

    class OnThisDatabase(Writes):
        def teardown(self) -> None:
            super().teardown()
            _empty(database)

    OnThisDatabase.database = database
    try:
        run_state_machine_as_test(
            OnThisDatabase,
            settings=settings(
                # 50 and 10, or fewer where `bench.mutation` runs this for each of its mutants.
                max_examples=settings.default.max_examples
                // (2 if database_url.startswith("sqlite") else 10),
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
    finally:
        database.dispose()


def _empty(database: Database) -> None:
    with database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(delete(table))
        session.commit()


def test_recheck_in_any_state_of_the_seed(seeded: Any, app: Any) -> None:
    with app.extensions["factcheck.database"].writing() as session:
        assert consequences.recheck(session, 50) == 0
        session.execute(delete(Contradiction))
        assert consequences.recheck(session, 50) == 5
        assert consequences.recheck(session, 50) == 0


def test_a_recheck_counts_and_mends_numbers_and_flags(newsroom: Newsroom, app: Flask) -> None:
    for slug in ("one", "two"):
        newsroom.claim(slug)
        newsroom.statement("Ana", supports=slug)
    newsroom.statement("Bea", disputes="one")
    right = {slug: newsroom.view(slug) for slug in ("one", "two")}
    with app.extensions["factcheck.database"].writing() as session:
        session.execute(update(Tally).where(Tally.public).values(supports=7))
        session.execute(delete(Contradiction))
        session.commit()
    with app.extensions["factcheck.database"].writing() as session:
        assert consequences.recheck(session, 50) == 3, "a contradiction, and the numbers of two claims"
        session.commit()
        assert consequences.recheck(session, 50) == 0
    mended = {slug: newsroom.view(slug) for slug in ("one", "two")}
    assert {slug: view["supports"]["count"] for slug, view in mended.items()} == {"one": 1, "two": 1}
    assert mended["one"]["contradictions"]["open"] == 1
    # Whoever keeps the wrong answer must learn that it is.
    assert all(mended[slug]["version"] > right[slug]["version"] for slug in right)
