"""`/v1/entities`"""

from typing import Any

from sqlalchemy import select

from factcheck import entities, history, merging
from factcheck.api.shapes.plain import History, MergeSchema, page_of
from factcheck.api.shapes.records import EntityAnswer, EntityPatch
from factcheck.auth import Access
from factcheck.entities import Entity, EntityKey, EntitySchema
from factcheck.fields import TextField, as_id
from factcheck.paging import PageArguments, listed, page
from factcheck.problems import Problem, gone, not_found
from factcheck.web import Blueprint, actor, session, settle

blp = Blueprint("entities", __name__, url_prefix="/v1/entities", description="People and organisations.")

EXAMPLE = {
    "name": "Ilse Brandt",
    "type": "Person",
    "job_title": "Attorney",
    "same_as": ["https://brandt.example"],
}


class EntityFilters(PageArguments):
    """What entities to list."""

    name = TextField(limit=300, metadata={"description": "A name or alternate name, folded."})


def _find(key: str) -> Entity:
    id_ = as_id(key)
    named = select(Entity).where(Entity.id == id_ if id_ else Entity.slug == key)
    entity = session().scalar(named.where(*entities.known(actor())))
    if entity is None:
        raise not_found("entity")
    if entity.merged_into_id:
        into = session().get_one(Entity, entity.merged_into_id)
        if not (into.public or actor().is_editor or actor().owns(into.created_by)):
            raise not_found("entity")
        raise gone("entity", f"was merged into '{into.slug}'.", merged_into=into.slug)
    return entity


@blp.route("", operation="listEntities", access=Access.public)
@blp.arguments(EntityFilters, location="query")
@blp.returns(200, page_of(EntityAnswer))
def index(arguments: dict[str, Any]) -> Any:
    """List entities, newest first."""
    query = select(Entity.id, Entity).where(Entity.merged_into_id.is_(None), *entities.known(actor()))
    if "name" in arguments:
        key = entities.name_key(arguments["name"])
        query = query.where(Entity.id.in_(select(EntityKey.entity_id).where(EntityKey.key == key)))
    rows, cursor = page(session(), query, (Entity.id,), arguments)
    return listed([entities.represent(row.Entity) for row in rows], cursor)


@blp.route("", method="POST", operation="createEntity", access=Access.contributor)
@blp.arguments(EntitySchema, example=EXAMPLE)
@blp.returns(201, EntityAnswer)
def create(data: dict[str, Any]) -> Any:
    """Store an entity; a name that stands already needs a slug or an address to tell them apart."""
    if "slug" not in data and (candidates := entities.matches(session(), actor(), data)):
        raise Problem(
            409,
            "duplicate",
            f"'{data['name']}' may be {', '.join(e.slug for e in candidates)}; "
            "use that entity, or give a slug of its own to the new one.",
            candidates=entities.listed(candidates),
        )
    entity = Entity.record(session(), actor(), data, public=actor().is_editor)
    settle()
    return entities.represent(entity), {"Location": f"/v1/entities/{entity.id}"}


@blp.route("/<key>", operation="readEntity", access=Access.public)
@blp.returns(200, EntityAnswer)
def read(key: str) -> Any:
    """Read an entity by id or slug."""
    return entities.represent(_find(key))


@blp.route("/<key>", method="PATCH", operation="updateEntity", access=Access.editor)
@blp.arguments(EntityPatch(partial=True), example={"job_title": "Attorney at law", "reason": "Full title."})
@blp.returns(200, EntityAnswer)
def update(data: dict[str, Any], key: str) -> Any:
    """Change an entity; every view that names it shows the change."""
    entity = _find(key)
    reason = data.pop("reason", None)
    entity.edit(session(), actor(), data, reason)
    settle()
    return entities.represent(entity)


@blp.route("/<key>/merge", method="POST", operation="mergeEntity", access=Access.editor)
@blp.arguments(MergeSchema, example={"into": "ilse-brandt", "reason": "The same person, stored twice."})
@blp.returns(200, EntityAnswer)
def merge(data: dict[str, Any], key: str) -> Any:
    """Merge an entity into another: what it said and what is about it moves; it answers 410."""
    entity = _find(key)
    into = entities.resolve(session(), actor(), as_id(data["into"]) or data["into"], "/into")
    merging.merge_entity(session(), actor(), entity, into, data["reason"])
    settle()
    return entities.represent(into)


@blp.route("/<key>/history", operation="readEntityHistory", access=Access.editor)
@blp.returns(200, History)
def read_history(key: str) -> Any:
    """Read what was changed in an entity, by whom and why."""
    id_ = as_id(key)
    entity = session().scalar(select(Entity).where(Entity.id == id_ if id_ else Entity.slug == key))
    if entity is None:
        raise not_found("entity")
    return {"items": history.read(session(), ["entity"], [entity.id])}
