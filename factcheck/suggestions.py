"""What the analysis suggests of a statement: links to claims, and contradictions in the words.

`read` gathers candidates and lets an engine judge them; it writes nothing. `keep` stores what was
read as suggested links and findings; `consequences.settle` then computes what follows. Nothing here
decides anything: an editor does.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import chain, zip_longest
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from factcheck import ahead, findings, questions, storing
from factcheck.ahead import Judged
from factcheck.analysis import Comparison, Engine, Span, Stance, Utterance
from factcheck.claims import STANDING, Claim
from factcheck.contradictions import Contradiction
from factcheck.findings import Finding
from factcheck.graph import ContradictionKind
from factcheck.graph import Stance as LinkStance
from factcheck.judge import is_judge
from factcheck.links import Link, StatementStatus
from factcheck.prepared import Prepared, Reads, Writes
from factcheck.questions import Doubt
from factcheck.statements import Statement
from factcheck.text import digest

# What the analysis of a statement depends on: a change of one of these has it read anew.
READ_FIELDS = ("text", "language", "speaker", "speaker_role", "on_behalf_of", "said_on")
# At most so many of the candidates that the engine leaves open are put to the operator's judge.
ASKED_STATEMENTS = 6
ASKED_CLAIMS = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """What an engine makes of one statement: stances to claims, contradictions with statements.

    `skipped` says why nothing was read, else None; `revision` is the one that was read; `against_all`
    tells whether later statements were candidates too, `compared` which statements were judged;
    `doubts` are the best candidates that it says nothing of. It holds plain values, so that a process
    can hand it to another.
    """

    engine: str
    language: str
    skipped: str | None
    revision: int
    against_all: bool
    stances: list[tuple[UUID, Stance]]
    contradictions: list[tuple[UUID, str, Comparison]]
    compared: frozenset[UUID] = frozenset()
    doubts: tuple[Doubt, ...] = ()

    def settles(self, other_id: UUID, *, mine: bool) -> bool:
        """Tell whether what was found with another statement before, and is not found here, is gone.

        One that was no candidate was not judged: twenty later statements must not push out what the
        twenty-first found. Only a reading against the earlier ones tells all that a statement owns.
        """
        if self.against_all:
            return self.skipped is not None or other_id in self.compared
        return mine or other_id in self.compared


def version_of(engine: Engine) -> str:
    """Return the engine's name and version: what was read by this one need not be read again."""
    return f"{engine.name} {engine.version}"


def read(
    session: Session,
    engine: Engine,
    statement: Statement,
    *,
    before: UUID | None = None,
    earlier: Judged | None = None,
) -> Reading:
    """Return what the engine makes of a statement, against candidates that are stored.

    With `before`, only against statements stored before that id; `earlier` is what it said before the
    statement was stored. Nothing is written.
    """
    language, skipped = ahead.why_unread(statement.language, statement.text)
    name = version_of(engine)
    if skipped:
        return Reading(name, language, skipped, statement.revision, before is None, [], [])
    found = ahead.judge(
        session,
        engine,
        statement,
        utterance_of(statement),
        before=before,
        reader=None if statement.published_at else ahead.contributor(session, statement.created_by),
        earlier=earlier,
    )
    open_claims = [
        Doubt(claim.id, None, digest(claim.text)) for claim, bears in found.claims if bears.stance == "none"
    ]
    open_statements = [
        Doubt(None, one.id, one.text_key) for one, c in found.statements if c.label == "neutral"
    ]
    by_turns = zip_longest(open_statements[:ASKED_STATEMENTS], open_claims[:ASKED_CLAIMS])
    return Reading(
        name,
        language,
        None,
        statement.revision,
        before is None,
        [(claim.id, bears) for claim, bears in found.claims if bears.stance != "none"],
        [(other.id, other.text_key, c) for other, c in found.statements if c.label == "contradiction"],
        frozenset(other.id for other, _ in found.statements),
        tuple(doubt for doubt in chain.from_iterable(by_turns) if doubt),
    )


def utterance_of(statement: Statement) -> Utterance:
    """Return a statement as the analysis takes it."""
    client = statement.on_behalf_of.name if statement.on_behalf_of else None
    return Utterance(
        statement.text, statement.speaker.name, statement.speaker_role, client, statement.said_on or None
    )


def analyse(
    session: Session,
    engine: Engine,
    statement: Statement,
    *,
    changed: bool = False,
    ask: bool = False,
    earlier: Judged | None = None,
) -> None:
    """Read a statement and keep what is found; with `ask`, queue what stays open for the judge.

    A new one is held against what was stored before it, taking over what was judged `earlier`; a changed
    one against all, because what later statements said of its old words no longer holds.
    """
    session.flush()
    before = None if changed else statement.id
    reading = read(session, engine, statement, before=before, earlier=earlier)
    keep(session, statement, reading)
    if ask:
        questions.queue(session, statement, reading.doubts)


def keep(session: Session, statement: Statement, reading: Reading) -> bool:
    """Store what was read, over what was read before; what a person decided stays as it is.

    A reading of what the statement was before a correction is dropped; tell whether it was kept.
    """
    if statement.status is StatementStatus.retracted or statement.revision != reading.revision:
        return False
    _keep_links(session, statement, reading)
    _keep_findings(session, statement, reading)
    # Written past the unit of work: a savepoint that is rolled back would leave it in the object.
    told = {"engine": reading.engine, "language": reading.language, "skipped": reading.skipped}
    Writes.within(session).update(_TELL, statement=statement.id, told=told)
    set_committed_value(statement, "analysis", told)
    return True


_TELL = Prepared(
    update(Statement).where(Statement.id == bindparam("statement")).values(analysis=bindparam("told"))
)


def forget(session: Session, statement: Statement) -> None:
    """Withdraw what was read in a statement that was corrected and is not read again.

    Nothing would ever take a guess about its old words back. What a person decided stays.
    """
    session.flush()
    nothing = Reading("", statement.language, "Not read.", statement.revision, True, [], [])
    keep(session, statement, nothing)
    statement.analysis = None


def _keep_links(session: Session, statement: Statement, reading: Reading) -> None:
    links = {link.claim_id: link for link in storing.find_all(session, Link, _LINKS, id=statement.id)}
    ids = [claim_id for claim_id, _ in reading.stances]
    found = storing.find_all(session, Claim, _CLAIMS, ids=ids) if ids else []
    claims = {claim.id: claim for claim in found if claim.status in STANDING}
    # What a judge outside has said of these words holds; another reading of them changes nothing.
    kept = set() if reading.skipped else _held_by_judge(session, statement, links.values())
    for claim_id, bears in reading.stances:
        if claim_id not in claims:
            continue
        link = links.pop(claim_id, None)
        if claim_id not in kept:
            _keep_link(session, statement, claims[claim_id], link, bears)
    for link in links.values():
        if link.is_guess and link.claim_id not in kept:
            link.withdraw(session)
    session.expire(statement, ["links"])


_LINKS = Prepared(storing.whole(Link).where(Link.statement_id == bindparam("id")).order_by(Link.id))
_CLAIMS = Prepared(storing.whole(Claim).where(Claim.id.in_(bindparam("ids"))))


def _keep_link(
    session: Session, statement: Statement, claim: Claim, link: Link | None, bears: Stance
) -> None:
    found = {
        "stance": LinkStance(bears.stance),
        "basis": bears.engine,
        "confidence": round(bears.confidence, 4),
        "span": next(iter(_plain(statement.text, bears.spans)), None),
        "rationale": bears.reason,
    }
    if link is None:
        Link.suggest(session, statement, claim, found)
    elif link.is_guess:
        link.suggest_anew(session, found)


def _held_by_judge(session: Session, statement: Statement, links: Iterable[Link]) -> set[UUID]:
    # A correction takes the span of a link away where its words are no longer there.
    judged = {link.claim_id for link in links if link.is_guess and is_judge(link.basis) and link.span}
    return judged & questions.claims_asked_about(session, statement) if judged else set()


def _keep_findings(session: Session, statement: Statement, reading: Reading) -> None:
    known = {
        finding.opposing_id if finding.statement_id == statement.id else finding.statement_id: finding
        for finding in findings.touching(session, statement.id)
    }
    decided = _decided(session, statement.id) if known else set()
    for other_id, other_key, found in reading.contradictions:
        finding = known.pop(other_id, None)
        values = _values(session, statement, other_id, other_key, found)
        keys = (values["text_key"], values["opposing_text_key"])
        same = finding and (finding.text_key, finding.opposing_text_key) == keys
        if finding and same and (finding.id in decided or _judge_holds(session, finding)):
            continue
        Finding.keep(session, finding, values)
    for other_id, finding in known.items():
        mine = finding.statement_id == statement.id
        if not reading.skipped and _judge_holds(session, finding):
            continue
        if finding.stands and finding.id not in decided and reading.settles(other_id, mine=mine):
            finding.withdraw(session)


def _judge_holds(session: Session, finding: Finding) -> bool:
    """Tell whether a judge outside found it, of the words as they are now, what it cites to the letter."""
    if not (finding.stands and is_judge(finding.engine)):
        return False
    for id_, key, spans in (
        (finding.statement_id, finding.text_key, finding.spans),
        (finding.opposing_id, finding.opposing_text_key, finding.opposing_spans),
    ):
        statement = session.get_one(Statement, id_)
        words = [statement.text[span["start"] : span["end"]] for span in spans]
        if statement.text_key != key or words != [span["text"] for span in spans]:
            return False
    return True


def keep_stance(session: Session, statement: Statement, claim: Claim, bears: Stance) -> None:
    """Store what a judge says of a statement and a claim, over what a machine said before.

    `none` takes back what a judge suggested, and only that. The caller has seen that the words are
    those judged and that nobody has decided (`is_open`).
    """
    link = _link(session, statement.id, claim.id)
    if bears.stance != "none":
        _keep_link(session, statement, claim, link, bears)
    elif link and is_judge(link.basis):
        link.withdraw(session)
    session.expire(statement, ["links"])


def keep_comparison(session: Session, later: Statement, earlier: Statement, found: Comparison) -> None:
    """Store what a judge says of two statements, as `keep_stance` does."""
    finding = findings.between(session, later.id, earlier.id)
    if found.label == "contradiction":
        Finding.keep(session, finding, _values(session, later, earlier.id, earlier.text_key, found))
    elif finding and finding.stands and is_judge(finding.engine):
        finding.withdraw(session)


def is_open(session: Session, statement: Statement, other: Claim | Statement) -> bool:
    """Tell whether nobody has decided yet what a statement does with a claim or another statement."""
    if isinstance(other, Claim):
        link = _link(session, statement.id, other.id)
        return link is None or link.is_guess
    finding = findings.between(session, statement.id, other.id)
    return finding is None or finding.id not in _decided(session, statement.id)


def _link(session: Session, statement_id: UUID, claim_id: UUID) -> Link | None:
    return session.scalar(select(Link).where(Link.statement_id == statement_id, Link.claim_id == claim_id))


def _values(
    session: Session, statement: Statement, other_id: UUID, other_key: str, found: Comparison
) -> dict[str, Any]:
    """Return the columns of a finding: the statement stored later comes first."""
    other_text = Reads.within(session).first(_WORDS, id=other_id).text
    ends = [
        (statement.id, statement.text_key, _plain(statement.text, found.spans_a)),
        (other_id, other_key, _plain(other_text, found.spans_b)),
    ]
    ends.sort(key=lambda end: end[0], reverse=True)
    return {
        "statement_id": ends[0][0],
        "opposing_id": ends[1][0],
        "kind": ContradictionKind.figure_mismatch if found.figures else ContradictionKind.text,
        "score": round(found.scores.contradiction, 4),
        "reason": found.reason,
        "engine": found.engine,
        "spans": ends[0][2],
        "opposing_spans": ends[1][2],
        "text_key": ends[0][1],
        "opposing_text_key": ends[1][1],
    }


_WORDS = Prepared(select(Statement.text).where(Statement.id == bindparam("id")))


def _decided(session: Session, statement_id: UUID) -> set[UUID]:
    """Return the findings of a statement whose flags an editor has confirmed or dismissed.

    They are the editor's now: a later reading neither changes nor withdraws them.
    """
    return set(
        session.scalars(
            select(Finding.id)
            .join(
                Contradiction,
                (Contradiction.statement_id == Finding.statement_id)
                & (Contradiction.opposing_id == Finding.opposing_id),
            )
            .where(
                or_(Finding.statement_id == statement_id, Finding.opposing_id == statement_id),
                Contradiction.claim_id.is_(None),
                Contradiction.decision.is_not(None),
                Contradiction.decided_facts == Contradiction.facts,
            )
        )
    )


def _plain(text: str, spans: Iterable[Span]) -> list[dict[str, Any]]:
    """Return spans as JSON, those only that are words of the text to the letter."""
    return [asdict(span) for span in spans if span.text and text[span.start : span.end] == span.text]
