"""Why two statements contradict each other, in one plain sentence.

It is written when it is read, from names and words as they are today. What is a guess reads as one: what
rests on a suggested link says "appears to", what was read in the words says by whom, and who confirmed it.
"""

from typing import Any

from factcheck.claims import ClaimKind
from factcheck.contradictions import FlagStatus
from factcheck.history import State

_CROSSING = ("contradicts", "exoneration_vs_responsibility")
_READS = {"implies": "implies", "implied_by": "follows from", "equivalent": "says the same as"}
_REVERSED = {"implies": "implied_by", "implied_by": "implies"}


def backwards(steps: list[Any]) -> list[Any]:
    """Return a path, of (start, relation, end), from its end to its start."""
    return [(end, _REVERSED.get(relation, relation), start) for start, relation, end in reversed(steps)]


def of_path(
    ends: list[Any],
    steps: list[Any],
    statements: dict[Any, Any],
    claims: dict[Any, Any],
    certain: list[bool],
    subject: State | None,
) -> str:
    """Return the sentence for statements that contradict each other over claims; `ends` are in its order.

    Each end is a statement, its stance and the claim; `certain` says of both whether an editor made the link.
    """
    (first, first_stance, start), (second, second_stance, end) = ends
    names = [_who(statements[first]), _who(statements[second])]
    speakers = [statements[first]["speaker"], statements[second]["speaker"]]
    if speakers[0]["id"] == speakers[1]["id"]:
        names[1] = f"the same speaker, {speakers[1]['name']},"
    verbs = [
        str(stance) if sure else f"appears to {stance.removesuffix('s')}"
        for stance, sure in ((first_stance, certain[0]), (second_stance, certain[1]))
    ]
    if not steps:
        return f"{names[0]} {verbs[0]} the claim {_quoted(claims[start])}, which {names[1]} {verbs[1]}."
    crossing = next((step for step in steps if step[1] in _CROSSING), None)
    if crossing is None:
        return f"{names[0]} {verbs[0]} {_chain(start, steps, claims)}, which {names[1]} {verbs[1]}."
    at = steps.index(crossing)
    sides = (
        f"{names[0]} {verbs[0]} {_chain(start, steps[:at], claims)}",
        f"{names[1]} {verbs[1]} {_chain(end, backwards(steps[at + 1 :]), claims)}",
    )
    return f"{sides[0]}; {sides[1]}: {_cross(crossing, len(steps) == 1, claims, subject)}."


def of_words(flag: Any, first: Any, second: Any, finding: Any) -> str:
    """Return the sentence for what was read in the words alone; `finding` says what, if it is still there."""
    if flag.same_speaker:
        who = f"{_who(first)} appears to contradict an earlier statement of the same speaker"
    else:
        who = f"{_who(first)} and {_who(second)} appear to contradict each other"
    engine = f"the text analysis ({finding.engine})" if finding else "the text analysis"
    confirmed = flag.status == FlagStatus.confirmed
    whose = f"found by {engine}, " + ("confirmed by an editor" if confirmed else "confirmed by nobody")
    reason = finding.reason.strip().rstrip(".") if finding else ""
    return f"{who}: {reason} ({whose})." if reason else f"{who} ({whose})."


def _chain(start: Any, steps: list[Any], claims: dict[Any, Any]) -> str:
    """Return `“A”, which implies “B”, which says the same as “C”`."""
    following = (f", which {_READS[relation]} {_quoted(claims[end])}" for _, relation, end in steps)
    return _quoted(claims[start]) + "".join(following)


def _cross(step: Any, alone: bool, claims: dict[Any, Any], subject: State | None) -> str:
    """Say why two claims cannot both hold; by name of the claims where the sentence holds more of them."""
    one, relation, other = step
    if relation == "contradicts":
        pair = "the two claims" if alone else f"{_quoted(claims[one])} and {_quoted(claims[other])}"
        return f"{pair} contradict each other"
    whom = subject["name"] if subject else "the same entity"
    if alone:
        return f"one clears {whom}, the other holds {whom} responsible"
    clears, blames = (one, other) if claims[one].kind == ClaimKind.exoneration else (other, one)
    return f"{_quoted(claims[clears])} clears {whom}, {_quoted(claims[blames])} holds {whom} responsible"


def _quoted(claim: Any) -> str:
    return f"“{claim.text.rstrip('.')}”"


def _who(said: State) -> str:
    name: str = said["speaker"]["name"]
    return f"{name} ({said['speaker_role']})" if said["speaker_role"] else name
