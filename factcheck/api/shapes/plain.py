"""What shapes are made of, and those that all records share."""

from typing import Any

from marshmallow import Schema, fields, validate

from factcheck.fields import StrictSchema, TextField


def one_of(enum: Any, **kwargs: Any) -> fields.String:
    """Return the field of an enum's value."""
    return fields.String(required=True, validate=validate.OneOf([member.value for member in enum]), **kwargs)


def string(**kwargs: Any) -> fields.String:
    """Return a text that is always there, or null where allowed."""
    return fields.String(required=True, **kwargs)


class Shape(Schema):
    """An answer; every field is always there."""

    class Meta:
        unknown = "raise"


class ReasonSchema(StrictSchema):
    """Why something is taken back; readers of the history see it."""

    reason = TextField(limit=5000, required=True)


class MergeSchema(StrictSchema):
    """What a record is merged into."""

    into = TextField(limit=200, required=True, metadata={"description": "Id or slug of what stands."})
    reason = TextField(limit=5000, required=True)


class Dated(Shape):
    """What every stored record tells of itself."""

    revision = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)


class RevisionAnswer(Shape):
    """One change of a record."""

    record_type = string()
    record_id = fields.UUID(required=True)
    revision = fields.Integer(required=True)
    at = fields.DateTime(required=True)
    by = string(allow_none=True, metadata={"description": "For editors; null for readers."})
    action = string()
    reason = string(allow_none=True)
    changes = fields.Dict(
        required=True, metadata={"description": "For each changed field what was there before and after."}
    )


class History(Shape):
    """All changes of a record, oldest first."""

    items = fields.List(fields.Nested(RevisionAnswer), required=True)


def page_of(item: type[Schema]) -> type[Schema]:
    """Return the shape of a list of these items."""
    name = f"{item.__name__.removesuffix('Answer')}Page"
    return type(
        name,
        (Shape,),
        {
            "__doc__": "A page of a list.",
            "items": fields.List(fields.Nested(item), required=True),
            "next_cursor": string(allow_none=True),
        },
    )
