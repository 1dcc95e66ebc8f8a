"""JSON-LD documents, from what the API shows to plain dictionaries: no database, no request.

Terms of schema.org where it has them, our own (`TERMS`) where it has none. ClaimReview stands alone in
the context of schema.org, because that is what search engines read. https://www.w3.org/TR/json-ld11/
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from markupsafe import Markup

from factcheck.web import to_json

Node = dict[str, Any]
# What was corrected in records, by their ids: `reading.corrections`.
Corrections = dict[UUID, list[Node]]
MEDIA_TYPE = "application/ld+json"
SCHEMA = "https://schema.org"
# The same in every newsroom, so that what two of them say can be put together.
NAMESPACE = "urn:factcheck:ns:"
CLASSES = {
    "ReportedSpeech": "What somebody said, told in other words than the speaker's.",
    "Contradiction": "Two statements that cannot both hold, and why.",
}
# Each property with what its values are: "@id" for things, None for plain values.
TERMS: dict[str, tuple[str | None, str]] = {
    "supports": ("@id", "A claim that a statement supports."),
    "disputes": ("@id", "A claim that a statement disputes."),
    "counterClaim": ("@id", "A claim that cannot hold together with this one."),
    "onBehalfOf": ("@id", "For whom the speaker spoke."),
    "speakerRole": (None, "What the speaker was when speaking, in the source's words."),
    "saidTo": (None, "To whom it was said."),
    "verification": (
        None,
        "How the words stand in the text of the source: exact, normalized, partial, missing.",
    ),
    "supportCount": (None, "How many published statements support the claim."),
    "disputeCount": (None, "How many published statements dispute the claim."),
    "contradiction": ("@id", "A contradiction between statements that bear on the claim."),
    "between": ("@id", "One of the two statements of a contradiction."),
    "contradictionKind": (None, "Why two statements are held against each other."),
    "decision": (None, "What an editor decided: confirmed, or open for what follows from confirmed links."),
}
# Read backwards: a claim is supported by the statements that support it.
REVERSED = {"supportedBy": "supports", "disputedBy": "disputes"}

# The types of sources that schema.org knows; of any other one only says that somebody made it.
_WORKS = ("NewsArticle", "SocialMediaPosting", "Report")


def vocabulary() -> Node:
    """Return our context, and in the same document what each of our terms means."""
    context: Node = {"fc": NAMESPACE, "rdfs": "http://www.w3.org/2000/01/rdf-schema#"}
    context |= {name: f"{NAMESPACE}{name}" for name in CLASSES}
    for name, (kind, _) in TERMS.items():
        context[name] = {"@id": f"{NAMESPACE}{name}", **({"@type": kind} if kind else {})}
    for name, forward in REVERSED.items():
        context[name] = {"@reverse": f"{NAMESPACE}{forward}", "@type": "@id"}
    described = {name: ("rdfs:Class", comment) for name, comment in CLASSES.items()}
    described |= {
        name: ("http://www.w3.org/1999/02/22-rdf-syntax-ns#Property", comment)
        for name, (_, comment) in TERMS.items()
    }
    return {
        "@context": context,
        "@graph": [
            {"@id": f"{NAMESPACE}{name}", "@type": kind, "rdfs:label": name, "rdfs:comment": comment}
            for name, (kind, comment) in described.items()
        ],
    }


def claim(view: Node, corrections: Corrections, base: str) -> Node:
    """Return a view of a claim (`views.claim_view`) as schema.org Claim; `base` is the public address.

    `corrections` are those of the claim and its statements (`reading.corrections`).
    """
    shown = view["claim"]

    def statements(listed: Iterable[Node]) -> list[Node]:
        return [_statement(each, corrections, base) for each in listed]

    contradictions = [
        _contradiction(pair, reason, base)
        for pair in view["contradictions"]["items"]
        for reason in pair["reasons"]
    ]
    return _given(
        {
            "@context": _both(base),
            **_claim(shown, base),
            "identifier": _urn(shown["id"]),
            "about": [_brief(entity, base) for entity in shown["about"]],
            "keywords": shown["topics"],
            "version": view["version"],
            "dateCreated": shown["created_at"],
            "dateModified": view["as_of"],
            "correction": _corrections(shown, corrections),
            "supportCount": view["supports"]["count"],
            "disputeCount": view["disputes"]["count"],
            "supportedBy": statements(view["supports"]["statements"]),
            "disputedBy": statements(view["disputes"]["statements"]),
            # What was retracted bears on nothing any more, and is still told.
            "mentions": statements(view["retracted"]),
            "counterClaim": [_claim(counter["claim"], base) for counter in view["counter_claims"]],
            "contradiction": contradictions,
            "review": [_review(review, shown["text"], base) for review in view["reviews"]],
        }
    )


def statement(shown: Node, bearing: Iterable[Any], corrections: Corrections, base: str) -> Node:
    """Return a statement (`listing.represent`) with the claims it bears on (`reading.bearing`)."""
    sides: dict[str, list[Node]] = {"supports": [], "disputes": []}
    if shown["retraction"] is None:
        for link in bearing:
            sides[link.stance.value].append(_claim({"slug": link.slug, "text": link.text}, base))
    return _given({"@context": _both(base), **_statement(shown, corrections, base), **sides})


def entity(row: Any, base: str) -> Node:
    """Return a person or organisation (a row of the table) as what schema.org calls it."""
    title = "jobTitle" if row.type.value == "Person" else "description"
    return _given(
        {
            "@context": _both(base),
            "@id": f"{base}/entities/{row.slug}",
            "@type": row.type.value,
            "url": f"{base}/entities/{row.slug}",
            "identifier": _urn(row.id),
            "name": row.name,
            "alternateName": row.alternate_names,
            title: row.job_title,
            "sameAs": row.same_as,
        }
    )


def claim_review(review: Node, supporters: list[Node], base: str) -> Node:
    """Return a verdict (`reading.review`) as ClaimReview in the context of schema.org alone.

    `supporters` are statements that support the claim, the earliest said first: the first of them is
    who made the claim, and where it first appeared.
    https://developers.google.com/search/docs/appearance/structured-data/factcheck
    """
    claim = review["claim"]
    reviewed: Node = {"@type": "Claim", "@id": f"{base}/claims/{claim['slug']}", "text": claim["text"]}
    if supporters:
        first = supporters[0]
        appearances = {a["url"]: a for a in (_appearance(s["source"]) for s in supporters) if a}
        reviewed |= {
            "author": _person(first["speaker"], base),
            "datePublished": first["said_on"],
            "firstAppearance": _appearance(first["source"]),
            "appearance": list(appearances.values()),
        }
    return _given(
        {
            "@context": SCHEMA,
            **_review(review, claim["text"], base),
            "itemReviewed": _given(reviewed),
        }
    )


def embedded(document: Node) -> Markup:
    """Return JSON that may stand in a `<script>`: no character in it can end the element or begin markup."""
    text = to_json(document).decode()
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704  Escaped above, for JSON in a script.  # nosec B704


def _both(base: str) -> list[str]:
    return [SCHEMA, f"{base}/ns/factcheck.jsonld"]


def _given(node: Node) -> Node:
    """Leave out what is not known: JSON-LD says nothing by leaving it out."""
    return {name: value for name, value in node.items() if value is not None and value != []}


def _urn(id_: Any) -> str:
    return f"urn:uuid:{id_}"


def _claim(shown: Node, base: str) -> Node:
    address = f"{base}/claims/{shown['slug']}"
    return {"@id": address, "@type": "Claim", "url": address, "text": shown["text"]}


def _brief(shown: Node, base: str) -> Node:
    address = f"{base}/entities/{shown['slug']}"
    return {"@id": address, "@type": shown["type"], "url": address, "name": shown["name"]}


def _person(shown: Node, base: str) -> Node:
    """Return who made a claim as search engines read it: type and name, and an address for more."""
    return {"@type": shown["type"], "name": shown["name"], "url": f"{base}/entities/{shown['slug']}"}


def _corrections(shown: Node, corrections: Corrections) -> list[Node]:
    """Return why a record was corrected since its publication, and when, newest first."""
    return [_correction(each) for each in corrections.get(shown["id"], [])]


def _correction(made: Node) -> Node:
    return {"@type": "CorrectionComment", "text": made["reason"], "dateCreated": made["at"]}


def _statement(shown: Node, corrections: Corrections, base: str) -> Node:
    """Return a statement: a Quotation in the speaker's own words, else a Statement of what was said."""
    address = f"{base}/statements/{shown['id']}"
    quoted = shown["kind"] == "direct"
    retraction = shown["retraction"]
    verification = shown["verification"] and shown["verification"]["result"]
    return _given(
        {
            "@id": address,
            "@type": "Quotation" if quoted else ["Statement", "ReportedSpeech"],
            "url": address,
            "identifier": _urn(shown["id"]),
            "text": shown["text"],
            "inLanguage": shown["language"],
            "creator": _brief(shown["speaker"], base),
            "speakerRole": shown["speaker_role"],
            "onBehalfOf": shown["on_behalf_of"] and _brief(shown["on_behalf_of"], base),
            "saidTo": shown["said_to"],
            # A day, month or year, as precise as it is known.
            "dateCreated": shown["said_on"],
            "dateModified": shown["updated_at"],
            "isBasedOn": _source(shown["source"], base),
            "verification": verification,
            "creativeWorkStatus": "Retracted" if retraction else "Published",
            "correction": ([_correction(retraction)] if retraction else [])
            + _corrections(shown, corrections),
        }
    )


def _source(shown: Node, base: str) -> Node:
    return _given(
        {
            "@id": shown["url"] or f"{base}/v1/sources/{shown['id']}",
            "@type": shown["type"] if shown["type"] in _WORKS else "CreativeWork",
            "url": shown["url"],
            "headline": shown["headline"],
            "publisher": shown["publisher"] and {"@type": "Organization", "name": shown["publisher"]},
            "datePublished": shown["published_on"],
        }
    )


def _appearance(shown: Node) -> Node | None:
    """Return where a claim appeared, or None for a source that has no address."""
    if not shown["url"]:
        return None
    kind = shown["type"] if shown["type"] in _WORKS else "CreativeWork"
    return _given({"@type": kind, "url": shown["url"], "headline": shown["headline"]})


def _review(review: Node, claim_text: str, base: str) -> Node:
    address = f"{base}/reviews/{review['id']}"
    author, rating = review["author"], review["rating"]
    return _given(
        {
            "@type": "ClaimReview",
            "@id": address,
            "url": address,
            "claimReviewed": claim_text,
            "name": review["title"],
            "author": _given({"@type": "Organization", "name": author["name"], "url": author["url"]}),
            "datePublished": review["published_on"],
            "dateModified": review["updated_at"],
            "inLanguage": review["language"],
            "reviewRating": _given(
                {
                    "@type": "Rating",
                    "alternateName": rating["name"],
                    "ratingValue": rating["value"],
                    "worstRating": rating["worst"],
                    "bestRating": rating["best"],
                }
            ),
            "reviewBody": review["explanation"],
            # The desk's own page of it, where there is one.
            "sameAs": review["url"],
        }
    )


def _contradiction(pair: Node, reason: Node, base: str) -> Node:
    return {
        "@id": f"{base}/contradictions/{reason['id']}",
        "@type": "Contradiction",
        "identifier": _urn(reason["id"]),
        "between": [f"{base}/statements/{said['id']}" for said in pair["statements"]],
        "contradictionKind": reason["kind"],
        "decision": reason["status"],
        "description": reason["explanation"],
    }
