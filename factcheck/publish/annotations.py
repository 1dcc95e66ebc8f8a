"""Statements as W3C Web Annotations on their sources, from what the API shows: no database, no request.

An annotation points at the words in the source and says whose they are and what they bear on here.
https://www.w3.org/TR/annotation-model/
"""

from collections.abc import Iterable
from typing import Any

Node = dict[str, Any]
CONTEXT = "http://www.w3.org/ns/anno.jsonld"
MEDIA_TYPE = f'application/ld+json; profile="{CONTEXT}"'
# What a selector of the model has; ours say no more.
_MEMBERS = {
    "TextQuoteSelector": ("exact", "prefix", "suffix"),
    "TextPositionSelector": ("start", "end"),
    "FragmentSelector": ("value",),
}


def annotation(shown: Node, bearing: Iterable[Any], base: str) -> Node | None:
    """Return a statement as an annotation, or None where nobody knows the words it stands at.

    `shown` is a `listing.represent`, `bearing` the claims it bears on (`reading.bearing`).
    """
    found = selectors(shown)
    if not found:
        return None
    source = shown["source"]
    return {
        "@context": CONTEXT,
        "id": f"{base}/v1/statements/{shown['id']}/annotation",
        "type": "Annotation",
        "motivation": ["identifying", "linking"],
        "created": shown["created_at"],
        "modified": shown["updated_at"],
        "body": _bodies(shown, bearing, base),
        "target": {
            "source": source["url"] or f"{base}/v1/sources/{source['id']}",
            "selector": found[0] if len(found) == 1 else found,
        },
    }


def selectors(shown: Node) -> list[Node]:
    """Return where the words stand in the source, each way to find them once.

    The quote that was found in the text of the source comes first, then what was given as `anchor`; a
    quotation that has neither, or stands there more than once, is found by its words. Positions that
    were found count in our copy of the text, so in the source itself they find nothing.
    """
    found = (shown["verification"] or {}).get("selectors") or []
    ways = [selector for selector in found if selector["type"] == "TextQuoteSelector"]
    anchor = shown["anchor"]
    if anchor and not (ways and anchor["type"] == "TextQuoteSelector"):
        ways.append(anchor)
    if not ways and (shown["kind"] == "direct" or (shown["verification"] or {}).get("result")):
        ways.append({"type": "TextQuoteSelector", "exact": shown["text"]})
    return [{"type": way["type"], **{m: way[m] for m in _MEMBERS[way["type"]] if m in way}} for way in ways]


def _bodies(shown: Node, bearing: Iterable[Any], base: str) -> list[Node]:
    who = shown["speaker"]["name"]
    if shown["speaker_role"]:
        who += f", {shown['speaker_role']}"
    if shown["on_behalf_of"]:
        who += f", on behalf of {shown['on_behalf_of']['name']}"
    bodies = [
        _resource(f"{base}/statements/{shown['id']}", "identifying"),
        {"type": "TextualBody", "value": who, "format": "text/plain", "purpose": "identifying"},
    ]
    if shown["retraction"]:
        why = f"Retracted: {shown['retraction']['reason']}"
        return [
            *bodies,
            {"type": "TextualBody", "value": why, "format": "text/plain", "purpose": "commenting"},
        ]
    return [*bodies, *(_resource(f"{base}/claims/{link.slug}", "linking") for link in bearing)]


def _resource(address: str, purpose: str) -> Node:
    return {"type": "SpecificResource", "source": address, "purpose": purpose}


def collection(source: Node, total: int, pages: int, base: str) -> Node:
    """Return the annotations of a source as a collection: how many there are, and where the pages begin."""
    address = f"{base}/v1/sources/{source['id']}/annotations"
    node = {
        "@context": CONTEXT,
        "id": address,
        "type": "AnnotationCollection",
        "label": source["headline"] or source["publisher"] or source["url"],
        "total": total,
    }
    if pages:
        node |= {"first": f"{address}?page=0", "last": f"{address}?page={pages - 1}"}
    return node


def collection_page(node: Node, number: int, start: int, items: list[Node]) -> Node:
    """Return one page of a collection, `start` being the number of annotations on the pages before."""
    address = node["id"]
    page = {
        "@context": CONTEXT,
        "id": f"{address}?page={number}",
        "type": "AnnotationPage",
        "partOf": {
            "id": address,
            "type": "AnnotationCollection",
            "label": node["label"],
            "total": node["total"],
        },
        "startIndex": start,
    }
    if number:
        page["prev"] = f"{address}?page={number - 1}"
    if page["id"] != node["last"]:
        page["next"] = f"{address}?page={number + 1}"
    page["items"] = [{k: v for k, v in item.items() if k != "@context"} for item in items]
    return page
