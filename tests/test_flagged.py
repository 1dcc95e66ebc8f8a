"""Which contradictions are shown of a claim and of a statement, and to whom."""

import pytest
from flask import Flask
from sqlalchemy import select

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
    """A claim is disputed directly, by a counter-claim, by its own speaker, by guesses, and twice by one pair.

    Those by the speakers themselves would be the strongest: one is a guess beside what is sure, one was dismissed.
    """
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
    newsroom.statement("B", links=[unsure], supports="shut")
    own = newsroom.statement("G", disputes="shut")["contradictions"][0]
    assert own["same_speaker"]
    no = {"status": "dismissed", "reason": "Said in jest."}
    newsroom.post(f"/v1/contradictions/{own['id']}/decision", no, status=200)
    return newsroom


@pytest.fixture
def repeated(newsroom: Newsroom) -> Newsroom:
    """The strongest contradictions are two of one pair; a weak one stands at the other end of paths."""
    newsroom.claim("open")
    newsroom.claim("shut")
    newsroom.relate("open", "contradicts", "shut")
    newsroom.statement("A", disputes="open", supports="shut")
    newsroom.statement("B", links=[{"claim": "open", "stance": "supports", "status": "suggested"}])
    newsroom.statement("C", supports="shut")
    newsroom.statement("A", supports="open")
    return newsroom


@pytest.mark.parametrize("actor", [EDITOR, ANYONE], ids=["editor", "reader"])
@pytest.mark.parametrize(("said", "slug"), [("crowded", "open"), ("crowded", "shut"), ("repeated", "open")])
def test_the_strongest_pairs_are_those_of_a_plain_sort(
    said: str, slug: str, request: pytest.FixtureRequest, app: Flask, actor: Actor
) -> None:
    request.getfixturevalue(said)
    with app.extensions["factcheck.database"].reading() as session:
        claim = session.scalars(select(Claim).where(Claim.slug == slug)).one()
        rows = session.scalars(select(Contradiction)).all()
        everywhere = [row for row in rows if row.status in (FlagStatus.open, FlagStatus.confirmed)]
        seen = [row for row in everywhere if actor.is_editor or row.public]
        standing = [row for row in everywhere if claim.id in (row.claim_id, row.opposing_claim_id)]
        ordered = sorted(
            [row for row in standing if row in seen],
            key=lambda row: (row.rank, row.statement_id, row.opposing_id),
            reverse=True,
        )
        pairs = list(dict.fromkeys((str(row.statement_id), str(row.opposing_id)) for row in ordered))
        assert len(pairs) < len(ordered), "one pair has several reasons"
        reads = Reads.within(session, plain=True)
        for limit in range(1, len(pairs) + 2):
            # All that is seen of these pairs stands under them, and nothing of others.
            wanted = sorted(
                (
                    (row.rank, str(row.id))
                    for row in seen
                    if (str(row.statement_id), str(row.opposing_id)) in pairs[:limit]
                ),
                reverse=True,
            )
            for count in (len(standing), 1000):  # Read at once where they are few, in two steps where many.
                strongest = flagged.Strongest(str(claim.id), actor, count, limit)
                [rows] = reads.together(*strongest.asked)
                assert [(flag.rank, flag.id) for flag in strongest.flags(reads, rows)] == wanted


def test_a_contributor_sees_of_a_draft_what_is_public_on_the_other_side(newsroom: Newsroom) -> None:
    """Whichever of the two was stored first."""
    newsroom.claim("open")
    newsroom.claim("hidden", status="draft")
    unlike = {"claim": "open", "stance": "disputes"}
    earlier = newsroom.statement("Ilse", supports="open")
    hidden = newsroom.statement("Max", supports="open", status="draft")
    draft = newsroom.statement("Dana", role="contributor", links=[unlike])
    later = newsroom.statement("Noor", supports="open")
    newsroom.claim("other")
    sure = {"claim": "other", "stance": "supports"}
    newsroom.statement("Ole", links=[{"claim": "open", "stance": "supports", "status": "suggested"}, sure])

    def sides(role: str) -> set[str]:
        shown = newsroom.get(f"/v1/statements/{draft['id']}", role=role)["contradictions"]
        return {side["id"] for flag in shown for side in flag["statements"]} - {draft["id"]}

    assert sides("contributor") == {earlier["id"], later["id"]}
    assert len(sides("editor")) == 4
    assert hidden["id"] in sides("editor")


def test_a_guess_of_a_contributors_own_is_counted_and_shown_while_it_is_a_draft(newsroom: Newsroom) -> None:
    """Once it is published, a guess is the editors' again."""
    newsroom.claim("open")
    newsroom.statement("Ilse", supports="open")
    unsure = {"claim": "open", "stance": "disputes", "status": "suggested"}
    draft = newsroom.statement("Dana", role="contributor", links=[unsure])
    path = f"/v1/statements/{draft['id']}"

    def seen(role: str) -> tuple[int, int]:
        shown = newsroom.get(path, role=role)
        return (len(shown["contradictions"]), shown["opposing_total"])

    assert seen("contributor") == seen("editor") == (1, 1)
    newsroom.change("PATCH", path, {"status": "published"})
    assert seen("contributor") == seen("public") == (0, 0)
    assert seen("editor") == (1, 1)


@pytest.mark.parametrize("own_first", [True, False])
@pytest.mark.parametrize("hidden", ["near", "middle", "far"])
def test_a_contributor_learns_of_no_claim_that_is_hidden(
    newsroom: Newsroom, hidden: str, own_first: bool
) -> None:
    """One that is a draft, at either end of the path or on its way."""
    for slug in ("near", "middle", "far"):
        newsroom.claim(slug, status="draft" if slug == hidden else "published")
    newsroom.relate("near", "implies", "middle")
    newsroom.relate("middle", "implies", "far")

    def draft() -> str:
        # An editor links what the contributor cannot.
        posted = newsroom.statement("Dana", role="contributor")
        newsroom.change("PUT", f"/v1/statements/{posted['id']}/links/far", {"stance": "disputes"})
        return str(posted["id"])

    own = draft() if own_first else ""
    newsroom.statement("Ilse", supports="near")
    own = own or draft()
    assert len(newsroom.get(f"/v1/statements/{own}")["contradictions"]) == 1
    assert newsroom.get(f"/v1/statements/{own}", role="contributor")["contradictions"] == []
    newsroom.change("PATCH", f"/v1/claims/{hidden}", {"status": "published"})
    assert len(newsroom.get(f"/v1/statements/{own}", role="contributor")["contradictions"]) == 1


def test_what_is_resolved_is_shown_of_no_statement(newsroom: Newsroom) -> None:
    newsroom.claim("open")
    first = newsroom.statement("Ilse", supports="open")
    second = newsroom.statement("Max", disputes="open")
    paths = [f"/v1/statements/{statement['id']}" for statement in (first, second)]
    for role in ("editor", "public"):
        assert [len(newsroom.get(path, role=role)["contradictions"]) for path in paths] == [1, 1]
    newsroom.retract(second)
    for role in ("editor", "public"):
        assert [newsroom.get(path, role=role)["contradictions"] for path in paths] == [[], []]


def test_a_statement_that_contradicts_itself_opposes_nobody_else(newsroom: Newsroom) -> None:
    newsroom.claim("open")
    newsroom.claim("shut")
    newsroom.relate("open", "contradicts", "shut")
    both = newsroom.statement("Ilse", supports=["open", "shut"])
    assert (both["contradictions"], both["opposing_total"]) == ([], 0)
    newsroom.statement("Max", supports="shut")
    assert newsroom.get(f"/v1/statements/{both['id']}")["opposing_total"] == 1
