"""What stands in an entry of a feed, from what the API shows: no database, no request."""

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from factcheck.history import State
from factcheck.publish.syndication import Entry
from factcheck.text import one_line

_CHANGED = {
    "edited": "Corrected",
    "retracted": "Retracted",
    "withdrawn": "Withdrawn",
    "merged": "Merged into another",
}
# Fields whose values are told as they were and are; of any other one only that it was changed.
_TOLD = (
    "text",
    "said_on",
    "said_to",
    "speaker_role",
    "kind",
    "language",
    "topics",
    "title",
    "rating",
    "author",
    "explanation",
    "url",
)


def statement(shown: State, published: Any, bearing: Iterable[Any], topics: list[str], base: str) -> Entry:
    """Return the entry of a statement; one that was retracted stays, and says so first."""
    said = _quoted(shown)
    title = f"{shown['speaker']['name']}{', as reported' if shown['kind'] == 'indirect' else ''}: {said}"
    retraction = shown["retraction"]
    lines = [_who(shown)]
    html = [Markup("<blockquote>{}</blockquote>").format(shown["text"]), _paragraph(lines[0])]
    if retraction:
        title = f"Retracted: {title}"
        lines.insert(0, f"Retracted: {retraction['reason']}")
        html[0] = Markup("<blockquote><s>{}</s></blockquote>").format(shown["text"])
        html.insert(0, Markup("<p><strong>Retracted:</strong> {}</p>").format(retraction["reason"]))
    for link in [] if retraction else bearing:
        verb = "Supports" if link.stance.value == "supports" else "Disputes"
        lines.append(f"{verb}: {link.text}")
        address = f"{base}/claims/{link.slug}"
        html.append(Markup('<p>{}: <a href="{}">{}</a></p>').format(verb, address, link.text))
    source = shown["source"]
    where = source["headline"] or source["publisher"] or source["url"]
    lines.append(
        f"Source: {where}" + (f" {source['url']}" if source["url"] and where != source["url"] else "")
    )
    named = Markup('<a href="{}">{}</a>').format(source["url"], where) if source["url"] else where
    html.append(Markup("<p>Source: {}</p>").format(named))
    return Entry(
        id=shown["id"],
        url=f"{base}/statements/{shown['id']}",
        title=one_line(title),
        html=Markup("").join(html),
        text="\n\n".join([shown["text"], *lines]),
        published=published,
        updated=shown["updated_at"],
        author=shown["speaker"]["name"],
        language=shown["language"],
        tags=topics,
        elsewhere=source["url"],
    )


def contradiction(shown: State, topics: list[str], base: str) -> Entry:
    """Return the entry of a contradiction, with its status where it is not confirmed."""
    first, second = shown["statements"]
    if shown["same_speaker"]:
        title = f"{second['speaker']['name']} contradicts an earlier statement"
    else:
        title = f"{first['speaker']['name']} and {second['speaker']['name']} contradict each other"
    decision = shown["decision"]
    confirmed = shown["status"] == "confirmed"
    lines = [shown["explanation"]]
    if decision and decision["reason"]:
        lines.append(f"{'Confirmed by an editor' if confirmed else 'Decided'}: {decision['reason']}")
    if not confirmed:
        title = f"[{shown['status']}] {title}"
        lines.append(f"Status: {shown['status']}, {shown['certainty']}.")
    html = [
        Markup("<figure><blockquote>{}</blockquote><figcaption>{}</figcaption></figure>").format(
            said["text"], _speaker(said)
        )
        for said in (first, second)
    ]
    # What readers do not see has no page of its own.
    page = f"contradictions/{shown['id']}" if confirmed else f"statements/{second['id']}#contradictions"
    return Entry(
        id=shown["id"],
        url=f"{base}/{page}",
        title=one_line(title),
        html=Markup("").join([*html, *(_paragraph(line) for line in lines)]),
        text="\n\n".join([*(f"{_speaker(said)}: {said['text']}" for said in (first, second)), *lines]),
        published=decision["at"] if confirmed else shown["created_at"],
        updated=shown["updated_at"],
        tags=topics,
    )


def no_longer_standing(shown: State, base: str) -> Entry:
    """Return the entry of a contradiction that readers saw confirmed, and that is so no longer.

    It takes the place of the entry before, and says nothing of what was held against whom.
    """
    names = list(dict.fromkeys(said["speaker"]["name"] for said in shown["statements"]))
    title, line = "No longer standing", "The desk no longer holds this to be a contradiction."
    if shown["status"] == "resolved":
        line = f"This contradiction stands no longer. {shown['resolution']}"
    if shown["status"] == "open":
        title = "Open again"
        line = "The desk is looking at this again, and confirms no contradiction meanwhile."
    return Entry(
        id=shown["id"],
        url=f"{base}/contradictions/{shown['id']}",
        title=one_line(f"{title}: {' and '.join(names)}"),
        html=_paragraph(line),
        text=line,
        published=shown["updated_at"],
        updated=shown["updated_at"],
    )


def review(shown: State, base: str) -> Entry:
    """Return the entry of a verdict."""
    rating = shown["rating"]
    claim = shown["claim"]
    lines = [f"Verdict of {shown['author']['name']}: {rating['name']}", *filter(None, [shown["explanation"]])]
    address = f"{base}/claims/{claim['slug']}"
    html = [Markup('<p>On the claim <a href="{}">{}</a></p>').format(address, claim["text"])]
    return Entry(
        id=shown["id"],
        url=f"{base}/reviews/{shown['id']}",
        title=one_line(f"{rating['name']}: {claim['text']}"),
        html=Markup("").join([*html, *(_paragraph(line) for line in lines)]),
        text="\n\n".join([f"On the claim: {claim['text']}", *lines]),
        published=shown["created_at"],
        updated=shown["updated_at"],
        author=shown["author"]["name"],
        language=shown["language"],
        tags=claim["topics"],
        elsewhere=shown["url"],
    )


def is_correction(revision: Any) -> bool:
    """Tell whether a change says anything new: filing a claim under other topics corrects nothing."""
    return _differing(revision.before, revision.state) not in ([], ["topics"])


def correction(revision: Any, subject: str, url: str) -> Entry:
    """Return the entry of a change to what was published: what it was, what it is, and why.

    `revision` is a row of `history.corrections`; `subject` names what was changed.
    """
    html, lines = [], []
    if revision.reason:
        lines.append(f"Why: {revision.reason}")
        html.append(_paragraph(lines[0]))
    for field in _differing(revision.before, revision.state):
        name = field.replace("_", " ")
        if field in _TOLD:
            before, after = _plain(revision.before.get(field)), _plain(revision.state.get(field))
            lines.append(f"{name}: was “{before}”, is “{after}”")
            html.append(Markup("<p>{}: <del>{}</del> <ins>{}</ins></p>").format(name, before, after))
        elif field not in ("status", "merged_into"):
            lines.append(f"{name}: changed")
            html.append(_paragraph(lines[-1]))
    return Entry(
        id=revision.id,
        url=url,
        title=one_line(f"{_CHANGED[revision.action]}: {subject}"),
        html=Markup("").join(html),
        text="\n\n".join(lines) or _CHANGED[revision.action],
        published=revision.at,
        updated=revision.at,
    )


def statement_subject(shown: State) -> str:
    """Return how a correction names a statement."""
    return f"{shown['speaker']['name']}: {_quoted(shown)}"


def _differing(before: State, after: State) -> list[str]:
    # None, none at all, and not kept yet in states of older versions are the same.
    return [field for field in sorted({*before, *after}) if _kept(before, field) != _kept(after, field)]


def _kept(state: State, field: str) -> Any:
    value = state.get(field)
    return None if value == [] else value


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    if isinstance(value, dict):  # A rating is its words, an author the name.
        return str(value["name"])
    return "" if value is None else str(value)


def _quoted(shown: State) -> str:
    return f"“{shown['text']}”" if shown["kind"] == "direct" else str(shown["text"])


def _speaker(said: State) -> str:
    role = f", {said['speaker_role']}" if said["speaker_role"] else ""
    when = f" ({said['said_on']})" if said["said_on"] else ""
    return f"{said['speaker']['name']}{role}{when}"


def _who(shown: State) -> str:
    parts = [_speaker(shown)]
    if shown["on_behalf_of"]:
        parts.append(f"on behalf of {shown['on_behalf_of']['name']}")
    if shown["said_to"]:
        parts.append(f"to {shown['said_to']}")
    return ", ".join(parts)


def _paragraph(text: str) -> Markup:
    return Markup("<p>{}</p>").format(text)
