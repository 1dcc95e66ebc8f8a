"""`/v1/claims`, the relations between claims, and the claim / counter-claim view."""

from typing import Any
from uuid import UUID

from flask import Response, request
from marshmallow import fields, validate
from sqlalchemy import select

from factcheck import __version__, caching, claims, entities, history, merging, relations, search
from factcheck.api.shapes.plain import History, MergeSchema, ReasonSchema, Shape, page_of
from factcheck.api.shapes.records import ClaimAnswer, ClaimPatch, RelationAnswer
from factcheck.api.shapes.views import View
from factcheck.auth import Access
from factcheck.claims import Claim, ClaimAbout, ClaimKind, ClaimSchema, ClaimStatus, stamp
from factcheck.fields import StrictSchema, TextField, as_id
from factcheck.graph import Stance
from factcheck.paging import PageArguments, listed, page, seal, unseal
from factcheck.problems import Problem, gone, invalid, not_found
from factcheck.relations import Relation, RelationSchema
from factcheck.topics import with_topic
from factcheck.views import claim_summary, claim_view
from factcheck.web import Blueprint, actor, answer, path_id, reads, session, settle

blp = Blueprint(
    "claims", __name__, url_prefix="/v1/claims", description="What statements support or dispute."
)

EXAMPLE = {
    "text": "The inspection clears Northgate Cranes.",
    "kind": "exoneration",
    "about": [{"name": "Northgate Cranes", "type": "Organization"}],
    "topics": ["harbour", "workplace safety"],
}
RELATION_EXAMPLE = {
    "to": {"text": "The crane had a crack that nobody noticed."},
    "type": "contradicts",
    "rationale": "An inspection that missed a crack clears nobody.",
}


class ClaimFilters(PageArguments):
    """What claims to list."""

    status = fields.Enum(ClaimStatus, by_value=True)
    kind = fields.Enum(ClaimKind, by_value=True)
    about = TextField(limit=200, metadata={"description": "Id or slug of an entity."})
    topic = TextField(limit=100, metadata={"description": "A topic, in any case and accents."})
    q = TextField(limit=500, metadata={"description": "Words to look for; see search."})


class ViewArguments(StrictSchema):
    """Which page of each side."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    supports_cursor = fields.String(validate=validate.Length(1, 1000))
    disputes_cursor = fields.String(validate=validate.Length(1, 1000))


class RelationList(Shape):
    """The relations of a claim, oldest first."""

    items = fields.List(fields.Nested(RelationAnswer), required=True)


def find(key: str) -> Claim:
    """Return the claim in a path; raise 404, or 410 for one that was merged or withdrawn."""
    claim = claims.find(session(), actor(), as_id(key) or key)
    if claim is None:
        raise not_found("claim")
    return claim


def _changeable(key: str) -> Claim:
    claim = find(key)
    if not actor().is_editor and (claim.status != ClaimStatus.draft or not actor().owns(claim.created_by)):
        raise Problem(403, "forbidden", "A contributor may change drafts of their own only; ask an editor.")
    return claim


@blp.route("", operation="listClaims", access=Access.public)
@blp.arguments(ClaimFilters, location="query")
@blp.returns(200, page_of(ClaimAnswer))
def index(arguments: dict[str, Any]) -> Any:
    """List claims, newest first; without a status those that are published, and drafts one may see."""
    query = select(Claim.id, Claim).options(claims.WITH_ABOUT)
    status = arguments.get("status")
    query = query.where(Claim.status.in_((status,) if status else claims.STANDING))
    if not actor().is_editor:
        mine = (Claim.status == ClaimStatus.draft) & (Claim.created_by == actor().key_id)
        seen = Claim.status == ClaimStatus.published
        query = query.where(seen | mine if actor().key_id else seen)
    if "kind" in arguments:
        query = query.where(Claim.kind == arguments["kind"])
    if "about" in arguments:
        entity = entities.meant(session(), actor(), arguments["about"])
        query = query.where(Claim.id.in_(select(ClaimAbout.claim_id).where(ClaimAbout.entity_id.in_(entity))))
    if "topic" in arguments:
        query = query.where(Claim.id.in_(with_topic(arguments["topic"])))
    if "q" in arguments:
        hits = search.search(
            session(), arguments["q"], record_types=("claim",), only_public=not actor().is_editor, limit=1000
        )
        query = query.where(Claim.id.in_([hit.record_id for hit in hits]))
    rows, cursor = page(session(), query, (Claim.id,), arguments)
    return listed([claims.represent(row.Claim) for row in rows], cursor)


@blp.route("", method="POST", operation="createClaim", access=Access.contributor)
@blp.arguments(ClaimSchema, example=EXAMPLE)
@blp.returns(201, ClaimAnswer)
def create(data: dict[str, Any]) -> Any:
    """Store a claim; the same words or slug are a duplicate."""
    claim = Claim.record(session(), actor(), data)
    settle()
    return claims.represent(claim), {"Location": f"/v1/claims/{claim.id}"}


@blp.route("/<key>", operation="readClaim", access=Access.public)
@blp.returns(200, ClaimAnswer)
def read(key: str) -> Any:
    """Read a claim by id or slug."""
    return claims.represent(find(key))


@blp.route("/<key>", method="PATCH", operation="updateClaim", access=Access.contributor)
@blp.arguments(ClaimPatch(partial=True), example={"kind": "exoneration", "reason": "It clears the company."})
@blp.returns(200, ClaimAnswer)
def update(data: dict[str, Any], key: str) -> Any:
    """Change or publish a claim; flags follow its kind and whom it is about."""
    claim = _changeable(key)
    reason = data.pop("reason", None)
    if claim.status == ClaimStatus.published and not reason:
        raise invalid("/reason", "A published claim changes only with a reason; readers will see it.")
    claim.edit(session(), actor(), data, reason)
    settle()
    return claims.represent(claim)


@blp.route("/<key>", method="DELETE", operation="withdrawClaim", access=Access.contributor)
@blp.arguments(ReasonSchema, example={"reason": "It says the same as another claim."})
@blp.returns(200, ClaimAnswer)
def remove(data: dict[str, Any], key: str) -> Any:
    """Withdraw a claim: it answers 410, its flags are resolved, its history stays."""
    claim = _changeable(key)
    claim.withdraw(session(), actor(), data["reason"])
    settle()
    return claims.represent(claim)


@blp.route("/<key>/merge", method="POST", operation="mergeClaim", access=Access.editor)
@blp.arguments(
    MergeSchema, example={"into": "the-inspection-clears-northgate-cranes", "reason": "The same claim twice."}
)
@blp.returns(200, ClaimAnswer)
def merge(data: dict[str, Any], key: str) -> Any:
    """Merge a claim into another, which takes its links, relations and reviews; it answers 410."""
    claim = find(key)
    into = claims.resolve(session(), actor(), as_id(data["into"]) or data["into"], "/into")
    merging.merge_claim(session(), actor(), claim, into, data["reason"])
    settle()
    return claims.represent(into)


@blp.route("/<key>/history", operation="readClaimHistory", access=Access.public)
@blp.returns(200, History)
def read_history(key: str) -> Any:
    """Read what was changed in a claim and why; also of one that was merged or withdrawn."""
    summary = claim_summary(session(), as_id(key) or key, actor())
    if summary is None:
        raise not_found("claim")
    if actor().is_editor:
        relations = history.ever_mentioned(session(), "relation", ("from", "to"), summary["id"])
        return {"items": history.read(session(), ["claim", "relation"], [summary["id"], *relations])}
    if summary["published_at"]:
        return {"items": history.read(session(), ["claim"], [summary["id"]], public_from="published")}
    if not actor().owns(summary["created_by"]):
        raise not_found("claim")
    return {"items": history.read(session(), ["claim"], [summary["id"]])}


@blp.route("/<key>/relations", operation="listRelations", access=Access.public)
@blp.returns(200, RelationList)
def index_relations(key: str) -> Any:
    """List the relations of a claim to other claims that the caller may see."""
    claim = find(key)
    statuses = claims.STANDING if actor().is_editor else (ClaimStatus.published,)
    found = relations.of_claim(session(), claim.id)
    return {
        "items": [
            relations.represent(relation, actor())
            for relation in found
            if all(end is claim or end.status in statuses for end in (relation.from_claim, relation.to_claim))
        ]
    }


@blp.route("/<key>/relations", method="POST", operation="createRelation", access=Access.editor)
@blp.arguments(RelationSchema, example=RELATION_EXAMPLE)
@blp.returns(201, RelationAnswer)
def create_relation(data: dict[str, Any], key: str) -> Any:
    """Draw a relation from this claim to another; flags follow at once."""
    relation = Relation.draw(session(), actor(), find(key), data)
    settle()
    location = f"/v1/claims/{key}/relations/{relation.id}"
    return relations.represent(relation, actor()), {"Location": location}


def _find_relation(key: str, relation_key: str) -> Relation:
    claim = find(key)
    relation = session().get(Relation, path_id(relation_key, "relation"))
    if relation is None or claim not in (relation.from_claim, relation.to_claim):
        raise not_found("relation")
    other = relation.to_claim if relation.from_claim is claim else relation.from_claim
    if claims.find(session(), actor(), other.id) is None:
        raise not_found("relation")
    return relation


@blp.route("/<key>/relations/<relation_key>", operation="readRelation", access=Access.public)
@blp.returns(200, RelationAnswer)
def read_relation(key: str, relation_key: str) -> Any:
    """Read a relation."""
    return relations.represent(_find_relation(key, relation_key), actor())


@blp.route(
    "/<key>/relations/<relation_key>", method="DELETE", operation="removeRelation", access=Access.editor
)
@blp.arguments(ReasonSchema, example={"reason": "The two can both hold."})
@blp.returns(200, RelationAnswer)
def remove_relation(data: dict[str, Any], key: str, relation_key: str) -> Any:
    """Remove a relation; what rested on it is resolved, and the history keeps it."""
    relation = _find_relation(key, relation_key)
    shown = relations.represent(relation, actor())
    relation.remove(session(), actor(), data["reason"])
    settle()
    return shown


@blp.route("/<key>/view", operation="readView", access=Access.public, hot=True)
@blp.arguments(ViewArguments, location="query")
@blp.returns(200, View)
def view(arguments: dict[str, Any], key: str) -> Any:
    """Read both sides of a claim, its counter-claims, contradictions and reviews in one answer."""
    after = {
        stance: unseal(cursor, (str, UUID), f"{stance.value}_cursor")
        for stance in Stance
        if (cursor := arguments.get(f"{stance.value}_cursor"))
    }
    with reads() as found_in:
        summary = _visible(claim_summary(found_in, as_id(key) or key, actor()))
        etag = view_etag(summary)
        if etag and request.if_none_match.contains(etag):
            response = Response(status=304)
            response.set_etag(etag)
            return response
        found, ends = claim_view(found_in, summary, actor(), limit=arguments["limit"], after=after)
        caching.shows(summary)
    for stance in Stance:
        end = ends.get(stance)
        found[stance.value]["next_cursor"] = seal(end, f"{stance.value}_cursor") if end else None
    return answer(found, headers={"ETag": f'"{etag}"'} if etag else None)


def _visible(summary: dict[str, Any] | None) -> dict[str, Any]:
    """Return a claim's summary; raise 404 or 410 as for the claim itself, without loading objects."""
    if summary is None:
        raise not_found("claim")
    created_by, published_at = summary.pop("created_by"), summary.pop("published_at")
    if not actor().may_know(published_at, as_id(created_by or "")):
        raise not_found("claim")
    merged_into = summary.pop("merged_into")
    if summary["status"] == ClaimStatus.merged:
        raise gone("claim", f"was merged into '{merged_into}'.", merged_into=merged_into)
    if summary["status"] == ClaimStatus.withdrawn:
        raise gone("claim", "was withdrawn.")
    return summary


def view_etag(summary: dict[str, Any]) -> str | None:
    """Return the ETag of the public view: its version. Editors' views also show what has none."""
    if actor().rank >= Access.contributor:
        return None
    version = stamp(summary["version"], summary["version_at"])
    return f"{str(summary['id'])[-12:]}.{version}.{__version__}"
