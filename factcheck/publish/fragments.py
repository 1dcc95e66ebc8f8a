"""The small pieces that a page has dozens of: names, dates, links, quotations; all are filters of templates.

They are functions, because a macro costs several times as much. Each puts its values in through `escaped`.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from markupsafe import Markup, _escape_inner, escape  # type: ignore[attr-defined]

from factcheck import db
from factcheck.history import State

# How many code points of a statement stand where its whole text has no room.
OPENING = 280
# Around marked words that stand for a long statement, and at most of it altogether.
AROUND, PASSAGE = 80, 400


def escaped(value: Any) -> str:
    """Return a value as it stands in HTML: what `escape` does, without an object around each piece."""
    kind = type(value)
    if kind is str:
        return _escape_inner(value)
    if kind is Markup:
        return value  # type: ignore[no-any-return]
    return str(value) if kind is int or kind is float else escape(value)


def entity(shown: State) -> Markup:
    """Return the name of a person or organisation, with a link to its page."""
    return html(f'<a href="/entities/{escaped(shown["slug"])}"><bdi>{escaped(shown["name"])}</bdi></a>')


def speaker(said: State) -> Markup:
    """Return who said a statement, and as what."""
    role = f", <bdi>{escaped(said['speaker_role'])}</bdi>" if said["speaker_role"] else ""
    return html(f'<p class="speaker"><b>{entity(said["speaker"])}</b>{role}</p>')


def quotation(said: State, spans: Iterable[tuple[int, int]] = (), *, whole: bool = True) -> Markup:
    """Return the words of a statement, marked at the spans; without `whole` a passage of what is long."""
    words: str = marked(said["text"], spans) if whole else passage(said["text"], spans)
    if said["retraction"]:
        words = f"<s>{words}</s>"
    return html(f'<blockquote lang="{escaped(said["language"])}" dir="auto"><p>{words}</p></blockquote>')


def to_whole(said: State, *, whole: bool) -> str:
    """Return the words of the link to a statement: whether there is more of it there than is shown."""
    return "Permanent link" if whole or len(said["text"]) <= OPENING else "Whole statement"


def permalink(said: State, words: str) -> Markup:
    """Return the link to the page of a statement."""
    by = f'<span class="unseen">to this statement by {escaped(said["speaker"]["name"])}</span>'
    return html(f'<a href="/statements/{escaped(said["id"])}">{escaped(words)} {by}</a>')


def linked(text: str, url: str | None) -> Markup:
    """Return a text, with a link to a web address where there is one."""
    words = f"<bdi>{escaped(text)}</bdi>"
    if url and url.lower().startswith(("http://", "https://")):
        return html(f'<a href="{escaped(url)}" rel="nofollow noopener">{words}</a>')
    return html(words)


def source(shown: State, *, whole: bool = True) -> Markup:
    """Return the title of a source, cut unless it is wanted whole, with its publisher."""
    headline, publisher = shown["headline"], shown["publisher"]
    name = headline or publisher or shown["url"]
    found = linked(name if whole else opening(name, 140), shown["url"])
    return html(f"{found}, <bdi>{escaped(publisher)}</bdi>") if headline and publisher else found


def cited(said: State, corrected: Sequence[State] | None, words: str, *, whole: bool = True) -> Markup:
    """Return for whom, when and where it was said, its last correction, and the link to it in these words."""
    client = f"On behalf of {entity(said['on_behalf_of'])}, " if said["on_behalf_of"] else ""
    where = source(said["source"], whole=whole)
    lines = [f'<p class="meta cited">{client}{said_on(said["said_on"])}, {where}</p>']
    if corrected:
        last = corrected[0]
        reason = escaped(last["reason"] if whole else opening(last["reason"], 140))
        lines.append(f'<p class="meta">Corrected {dated(last["at"])}: <bdi>{reason}</bdi></p>')
    if words:
        lines.append(f'<p class="permalink">{permalink(said, words)}</p>')
    return html("\n".join(lines))


def html(written: str) -> Markup:
    """Return what our own code wrote as HTML; every value in it went through `escaped`."""
    # `Markup` itself would first look whether this is HTML already, which takes three times as long.
    return str.__new__(Markup, written)


def counted(number: int, one: str, many: str) -> str:
    """Return "1 statement" or "2 statements"."""
    return f"{number} {one if number == 1 else many}"


def rfc3339(value: str | datetime) -> str:
    """Return a moment as text; from a hot read it is that already."""
    return value if isinstance(value, str) else db.rfc3339(value)


def moment(value: str | datetime) -> Markup:
    """Return "20 April 2022, 09:30 UTC" of a moment."""
    text = escaped(rfc3339(value))
    return html(f'<time datetime="{text}">{day(text)}, {text[11:16]} UTC</time>')


def dated(value: str | datetime) -> Markup:
    """Return the day, month or year of a date or moment, as precise as it is known."""
    text = escaped(rfc3339(value))
    return html(f'<time datetime="{text}">{day(text)}</time>')


def said_on(value: str | None) -> Markup:
    """Return when something was said."""
    return dated(value) if value else Markup("date not given")


def marked(text: str, spans: Iterable[tuple[int, int]]) -> Markup:
    """Return the text escaped, the words from start to end (in code points) of each span in `<mark>`."""
    if not spans:
        return escape(text)
    shown, at = Markup(), 0
    for start, end in sorted(spans):
        if end > at:  # Spans may overlap: what is marked already is not said again.
            start = max(start, at)
            shown += escape(text[at:start]) + Markup("<mark>{}</mark>").format(text[start:end])
            at = end
    return shown + escape(text[at:])


def passage(text: str, spans: Iterable[tuple[int, int]]) -> Markup:
    """Return the text as `marked` does; of a long one what is around the marked words, or its opening."""
    spans = sorted(spans)
    if len(text) <= OPENING:
        return marked(text, spans)
    if not spans:
        return escape(opening(text))
    windows: list[tuple[int, int]] = []
    for start, end in spans:
        first, last = _around(text, start, end)
        if windows and first <= windows[-1][1]:
            first, last = windows[-1][0], max(last, windows.pop()[1])
        windows.append((first, last))
    shown, at, room = Markup(), 0, PASSAGE
    for first, last in windows:
        last = min(last, first + room)
        if last <= first:
            break
        within = [(max(a, first) - first, min(b, last) - first) for a, b in spans if a < last]
        shown += ("[…] " if first > at else "") + marked(text[first:last], within)
        shown += " " if last < len(text) else ""
        at, room = last, room - (last - first)
    return shown + ("[…]" if at < len(text) else "")


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where whole words around a span begin and end, at most AROUND away."""
    first, last = start - AROUND, end + AROUND
    first = 0 if first <= 0 else text.find(" ", first, start) + 1 or first
    if last >= len(text):
        return first, len(text)
    space = text.rfind(" ", end, last)
    return first, last if space < 0 else space


_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
    *("November", "December"),
)


def day(value: str | date) -> str:
    """Return "20 April 2022", "April 2022" or "2022" of a date or moment: never more than is known."""
    text = value if isinstance(value, str) else value.isoformat()
    year, month, number = text[:4], text[5:7], text[8:10]
    if not month:
        return year
    named = f"{_MONTHS[int(month) - 1]} {int(year)}"
    return f"{int(number)} {named}" if number else named


def opening(text: str, most: int = OPENING) -> str:
    """Return the text, or its beginning up to a word's end with […] where it is longer than `most`."""
    if len(text) <= most:
        return text
    cut = text[:most]
    return f"{(cut.rpartition(' ')[0] or cut).rstrip()} […]"


FILTERS: tuple[Callable[..., Any], ...] = (
    *(marked, passage, day, opening, rfc3339, moment, dated, said_on),
    *(entity, speaker, quotation, to_whole, permalink, linked, source, cited, counted),
)
