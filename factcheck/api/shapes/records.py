"""Entities, sources, claims and relations as they are shown, and where they are mentioned."""

from marshmallow import fields

from factcheck.api.shapes.plain import Dated, Shape, one_of, string
from factcheck.claims import ClaimKind, ClaimSchema, ClaimStatus
from factcheck.entities import EntitySchema, EntityType
from factcheck.fields import TextField
from factcheck.relations import RelationType
from factcheck.sources import SourceType


class EntityBrief(Shape):
    """An entity where it is mentioned."""

    id = fields.UUID(required=True)
    slug = string()
    type = one_of(EntityType)
    name = string()


class NamedBrief(Shape):
    """An entity where only its name matters."""

    id = fields.UUID(required=True)
    slug = string()
    name = string()


class ClaimBrief(Shape):
    """A claim where it is mentioned."""

    id = fields.UUID(required=True)
    slug = string()
    text = string()


class EntityAnswer(EntityBrief, Dated):
    """An entity."""

    alternate_names = fields.List(fields.String(), required=True)
    job_title = string(allow_none=True)
    same_as = fields.List(fields.Url(), required=True)


class SourceAnswer(Dated):
    """A source."""

    id = fields.UUID(required=True)
    url = string(allow_none=True)
    canonical_url = string(allow_none=True)
    type = one_of(SourceType)
    headline = string(allow_none=True)
    publisher = string(allow_none=True)
    author = fields.List(fields.String(), required=True)
    published_on = string(allow_none=True)
    language = string(allow_none=True)
    archived_at = string(allow_none=True)


class SnapshotAnswer(Dated):
    """What a source says."""

    source = fields.UUID(required=True)
    text = string()
    sha256 = string()
    length = fields.Integer(required=True, metadata={"description": "Code points."})
    captured_at = fields.DateTime(required=True)


class SourceBrief(Shape):
    """A source where it is mentioned."""

    id = fields.UUID(required=True)
    url = string(allow_none=True)
    canonical_url = string(allow_none=True)
    type = one_of(SourceType)
    headline = string(allow_none=True)
    publisher = string(allow_none=True)
    published_on = string(allow_none=True)


class ClaimAnswer(ClaimBrief, Dated):
    """A claim."""

    kind = one_of(ClaimKind)
    about = fields.List(fields.Nested(EntityBrief), required=True)
    topics = fields.List(fields.String(), required=True)
    status = one_of(ClaimStatus)


class RelationAnswer(Shape):
    """A relation between two claims."""

    id = fields.UUID(required=True)
    type = one_of(RelationType)
    rationale = string(allow_none=True)
    created_by = string(allow_none=True, metadata={"description": "For editors; null for readers."})
    created_at = fields.DateTime(required=True)
    to = fields.Nested(ClaimBrief, required=True)


# `from` is a keyword of Python, so the field cannot be declared in the class body.
RelationAnswer._declared_fields["from"] = fields.Nested(ClaimBrief, required=True)


class EntityPatch(EntitySchema):
    """What to change in an entity."""

    reason = TextField(limit=5000)


class ClaimPatch(ClaimSchema):
    """What to change in a claim; a published one is changed with a reason."""

    reason = TextField(limit=5000)
