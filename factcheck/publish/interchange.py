"""What news systems exchange: a claim view as ninjs, a statement as an ANS element. No database, no request.

https://iptc.org/standards/ninjs/ and https://github.com/washingtonpost/ans-schema
"""

from collections.abc import Iterable

from markupsafe import Markup, escape

from factcheck.publish.jsonld import Node

NINJS = "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json"


def ninjs(view: Node, base: str) -> Node:
    """Return a view of a claim (`views.claim_view`) as ninjs 3.1, each statement beside it."""
    shown = view["claim"]
    summary = f"{view['supports']['count']} for, {view['disputes']['count']} against."
    said = [(rel, s) for rel in ("supports", "disputes") for s in view[rel]["statements"]]
    cut = any(view[rel]["count"] > len(view[rel]["statements"]) for rel in ("supports", "disputes"))
    statements = [s for _, s in said]
    item = {
        "uri": f"{base}/claims/{shown['slug']}",
        "standard": {"name": "ninjs", "version": "3.1", "schema": NINJS},
        "type": "text",
        "representationType": "partial" if cut else "full",
        "profile": "factcheck-claim",
        "version": str(view["version"]),
        "firstCreated": shown["created_at"],
        "versionCreated": view["as_of"],
        "pubStatus": "usable",
        "title": shown["text"],
        "slugline": shown["slug"],
        "headlines": [{"role": "main", "contentType": "text/plain", "value": shown["text"]}],
        "descriptions": [{"role": "summary", "contentType": "text/plain", "value": summary}],
        "bodies": [
            {"role": "main", "contentType": "text/html", "value": str(_html(view))},
            {"role": "main", "contentType": "text/plain", "value": _text(view)},
        ],
        "people": _people(statements, shown["about"], "Person", base),
        "organisations": _people(statements, shown["about"], "Organization", base),
        "subjects": [{"name": topic, "rel": "about", "literal": topic} for topic in shown["topics"]],
        "infoSources": _sources(statements),
        "associations": [_association(s, rel, base) for rel, s in said]
        + [_association(s, "retracted", base) for s in view["retracted"]],
        "altIds": [{"role": "uuid", "value": str(shown["id"])}],
    }
    return {name: value for name, value in item.items() if value != []}


def _association(said: Node, rel: str, base: str) -> Node:
    who = said["speaker"]["name"]
    return {
        "name": who,
        "rel": rel,
        "uri": f"{base}/statements/{said['id']}",
        "type": "text",
        "pubStatus": "canceled" if said["retraction"] else "usable",
        "version": str(said["revision"]),
        "versionCreated": said["updated_at"],
        "language": said["language"],
        "by": _credit(said),
        "bodies": [
            {
                "role": "quote" if said["kind"] == "direct" else "report",
                "contentType": "text/plain",
                "value": said["text"],
            }
        ],
        **({"edNote": f"Retracted: {said['retraction']['reason']}"} if said["retraction"] else {}),
    }


def _people(statements: Iterable[Node], about: Iterable[Node], kind: str, base: str) -> list[Node]:
    """Return who is named, each once, with what they have to do with the claim: about comes first."""
    found = {entity["id"]: (entity, "about") for entity in about if entity["type"] == kind}
    for said in statements:
        for entity, rel in ((said["speaker"], "speaker"), (said["on_behalf_of"], "onBehalfOf")):
            if entity and entity["type"] == kind:
                found.setdefault(entity["id"], (entity, rel))
    return [
        {"name": entity["name"], "rel": rel, "uri": f"{base}/entities/{entity['slug']}"}
        for entity, rel in found.values()
    ]


def _sources(statements: Iterable[Node]) -> list[Node]:
    sources = {said["source"]["id"]: said["source"] for said in statements}
    return [
        {
            "name": source["publisher"] or source["headline"] or source["url"],
            "role": "source",
            **({"uri": source["url"]} if source["url"] else {}),
        }
        for source in sources.values()
    ]


_SIDES = (("supports", "For"), ("disputes", "Against"), ("retracted", "Retracted"))


def _listed(view: Node, side: str) -> list[Node]:
    found: list[Node] = view["retracted"] if side == "retracted" else view[side]["statements"]
    return found


def _html(view: Node) -> Markup:
    parts = [Markup("<h1>{}</h1>").format(view["claim"]["text"])]
    for side, heading in _SIDES:
        said = _listed(view, side)
        if said:
            parts.append(Markup("<h2>{}</h2>").format(heading))
        for s in said:
            words = Markup("<s>{}</s>").format(s["text"]) if s["retraction"] else s["text"]
            parts.append(Markup("<blockquote>{}</blockquote><p>{}</p>").format(words, _credit(s)))
    return Markup("\n").join(parts)


def _text(view: Node) -> str:
    parts = [view["claim"]["text"]]
    for side, heading in _SIDES:
        said = _listed(view, side)
        if said:
            parts.append(heading)
        parts += [f"{s['text']}\n{_credit(s)}" for s in said]
    return "\n\n".join(parts)


def _credit(said: Node) -> str:
    """Return who said it, for whom, to whom and when, in one line; a retraction is told with it."""
    parts = [said["speaker"]["name"], said["speaker_role"]]
    if said["on_behalf_of"]:
        parts.append(f"on behalf of {said['on_behalf_of']['name']}")
    parts += [said["said_to"] and f"to {said['said_to']}", said["said_on"]]
    if said["retraction"]:
        parts.append(f"retracted: {said['retraction']['reason']}")
    return ", ".join(part for part in parts if part)


def ans_quote(said: Node, base: str) -> Node:
    """Return a statement as the `quote` of a story in ANS; its texts are HTML, so they are escaped."""
    source = said["source"]
    where = source["headline"] or source["publisher"] or source["url"]
    citation = Markup("{}, {}").format(
        _credit(said), Markup('<a href="{}">{}</a>').format(source["url"], where) if source["url"] else where
    )
    words = Markup("<s>{}</s>").format(said["text"]) if said["retraction"] else escape(said["text"])
    return {
        "type": "quote",
        "subtype": "quotation" if said["kind"] == "direct" else "report",
        "_id": str(said["id"]),
        "content_elements": [{"type": "text", "content": str(words)}],
        "citation": {"type": "text", "content": str(citation)},
        "additional_properties": {
            "url": f"{base}/statements/{said['id']}",
            "embed_url": f"{base}/embed/statements/{said['id']}",
            "language": said["language"],
            "said_on": said["said_on"],
            "speaker": said["speaker"]["name"],
            "source": source["url"],
            "verification": said["verification"] and said["verification"]["result"],
            "status": said["status"],
        },
    }
