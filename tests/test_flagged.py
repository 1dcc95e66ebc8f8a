"""Which contradictions are shown of a claim and of a statement, and to whom."""

import pytest
from flask import Flask
from sqlalchemy import or_, select

from factcheck import flagged
from factcheck.auth import ANYONE, Access, Actor
from factcheck.claims import Claim
from factcheck.contradictions import Contradiction
from factcheck.flags import FlagStatus
from factcheck.prepared import Reads
from newsroom import Newsroom

EDITOR = Actor(None, "an editor", Access.editor)


@pytest.fixture
def crowded(newsroom: Newsroom) -> Newsroom:
    """A claim is disputed directly, by a counter-claim, by its own speaker, by guesses, and twice by one pair."""
    newsroom.claim("open")
    newsroom.claim("shut")
    newsroom.relate("open", "contradicts", "shut")
    for speaker in ("A", "B", "C"):
        newsroom.statement(speaker, supports="open")
    newsroom.statement("D", supports="open", disputes="shut")
    unsure = {"claim": "open", "stance": "disputes", "status": "suggested"}
    newsroom.statement("E", links=[unsure])
    newsroom.statement("F", supports="shut", disputes="open")
    newsroom.statement("A", disputes="open")
    newsroom.statement("G", supports="shut")
    newsroom.statement("H", supports="open")
    return newsroom


@pytest.mark.parametrize("actor", [EDITOR, ANYONE], ids=["editor", "reader"])
@pytest.mark.parametrize("slug", ["open", "shut"])
def test_the_strongest_pairs_are_those_of_a_plain_sort(
    crowded: Newsroom, app: Flask, actor: Actor, slug: str
) -> None:
    with app.extensions["factcheck.database"].reading() as session:
        claim = session.scalars(select(Claim).where(Claim.slug == slug)).one()
        at_it = or_(Contradiction.claim_id == claim.id, Contradiction.opposing_claim_id == claim.id)
        rows = session.scalars(select(Contradiction).where(at_it)).all()
        standing = [row for row in rows if row.status in (FlagStatus.open, FlagStatus.confirmed)]
        seen = [row for row in standing if actor.is_editor or row.public]
        ordered = sorted(seen, key=lambda row: (row.rank, row.statement_id, row.opposing_id), reverse=True)
        pairs = list(dict.fromkeys((str(row.statement_id), str(row.opposing_id)) for row in ordered))
        assert len(pairs) < len(ordered), "one pair has several reasons"
        reads = Reads.within(session, plain=True)
        for limit in range(1, len(pairs) + 2):
            found = flagged.strongest_pairs(reads, claim.id, actor, len(standing), limit)
            assert [tuple(map(str, pair)) for pair in found] == pairs[:limit]


def test_a_contributor_sees_of_a_draft_what_is_public_on_the_other_side(newsroom: Newsroom) -> None:
    """Whichever of the two was stored first."""
    newsroom.claim("open")
    newsroom.claim("hidden", status="draft")
    unlike = {"claim": "open", "stance": "disputes"}
    earlier = newsroom.statement("Ilse", supports="open")
    hidden = newsroom.statement("Max", supports="open", status="draft")
    draft = newsroom.statement("Dana", role="contributor", links=[unlike])
    later = newsroom.statement("Noor", supports="open")
    newsroom.statement("Ole", links=[{"claim": "open", "stance": "supports", "status": "suggested"}])

    def sides(role: str) -> set[str]:
        shown = newsroom.get(f"/v1/statements/{draft['id']}", role=role)["contradictions"]
        return {side["id"] for flag in shown for side in flag["statements"]} - {draft["id"]}

    assert sides("contributor") == {earlier["id"], later["id"]}
    assert len(sides("editor")) == 4
    assert hidden["id"] in sides("editor")
