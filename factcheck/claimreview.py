"""ClaimReview markup as Google's Fact Check Tools API writes it in JSON: its messages and their dates.

https://developers.google.com/fact-check/tools/api/reference/rest/v1alpha1/pages
"""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urldefrag

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from factcheck.fields import StrictSchema, TextField, UrlField, precision

MAX_MARKUPS = 200
_INT32 = 2**31


def moment_of(date: str) -> datetime | None:
    """Return the moment that a date means, with the day's beginning for a day; None for less than a day."""
    if precision(date) in ("month", "year"):
        return None
    moment = datetime.fromisoformat(date)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def day_of(date: str | None) -> str:
    """Return the day of a date as 2022-04-20, or "" where it is not known."""
    moment = moment_of(date) if date else None
    return moment.date().isoformat() if moment else ""


class DateText(fields.String):
    """A day, month or year in ISO 8601, or a moment in RFC 3339; kept as given."""

    _MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            if precision(text) or (self._MOMENT.fullmatch(text) and moment_of(text)):
                return text
        except (ValueError, OverflowError):
            pass
        raise ValidationError("This must be a date such as 2022-04-20, or a moment in RFC 3339.")


class Int32(fields.Field[int]):
    """A whole number as JSON or, as protocol buffers allow, in quotes."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        text = "" if isinstance(value, bool) else str(value)
        if not re.fullmatch(r"-?[0-9]{1,10}(\.0)?", text) or not -_INT32 <= int(float(text)) < _INT32:
            raise ValidationError("This must be a whole number of 32 bits.")
        return int(float(text))


class ProtoSchema(StrictSchema):
    """A message of protocol buffers in JSON: null and "" mean that a field is not set."""

    @pre_load
    def drop_unset(self, data: Any, **_: Any) -> Any:
        """Drop what is not set."""
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value not in (None, "")}


class ReviewAuthorSchema(ProtoSchema):
    """Who publishes the fact checks of a page."""

    name = TextField(limit=300)
    imageUrl = UrlField()  # noqa: N815  Google's names.


class ClaimAuthorSchema(ProtoSchema):
    """Who made a claim."""

    name = TextField(limit=300)
    imageUrl = UrlField()  # noqa: N815
    jobTitle = TextField(limit=300)  # noqa: N815
    sameAs = UrlField()  # noqa: N815


class ClaimRatingSchema(ProtoSchema):
    """The verdict, in words or on a scale."""

    ratingValue = Int32()  # noqa: N815
    worstRating = Int32()  # noqa: N815
    bestRating = Int32()  # noqa: N815
    textualRating = TextField(limit=300)  # noqa: N815
    ratingExplanation = TextField()  # noqa: N815
    imageUrl = UrlField()  # noqa: N815

    @validates_schema
    def sound(self, data: dict[str, Any], **_: Any) -> None:
        """Require a verdict, and hold its value between worst and best where all are given."""
        if not data.keys() & {"textualRating", "ratingValue"}:
            raise ValidationError("A verdict needs words, or a value on a scale.", "textualRating")
        scale: list[Any] = [data.get(name) for name in ("worstRating", "ratingValue", "bestRating")]
        if None not in scale and scale != sorted(scale):
            raise ValidationError("The value must lie between worst and best.", "ratingValue")


class MarkupSchema(ProtoSchema):
    """ClaimReviewMarkup."""

    url = UrlField()
    claimReviewed = TextField(limit=2000, required=True)  # noqa: N815
    claimDate = DateText()  # noqa: N815
    claimLocation = TextField(limit=1000)  # noqa: N815
    claimFirstAppearance = UrlField()  # noqa: N815
    claimAppearances = fields.List(UrlField(), validate=validate.Length(max=200))  # noqa: N815
    claimAuthor = fields.Nested(ClaimAuthorSchema)  # noqa: N815
    rating = fields.Nested(ClaimRatingSchema, required=True)


class MarkupPageSchema(ProtoSchema):
    """ClaimReviewMarkupPage. The name and the version are the service's; an update may send them back."""

    name = fields.String(validate=validate.Length(max=200))
    versionId = fields.String(validate=validate.Length(max=200))  # noqa: N815
    pageUrl = UrlField(required=True)  # noqa: N815
    publishDate = DateText()  # noqa: N815
    claimReviewAuthor = fields.Nested(ReviewAuthorSchema)  # noqa: N815
    claimReviewMarkups = fields.List(  # noqa: N815
        fields.Nested(MarkupSchema), required=True, validate=validate.Length(1, MAX_MARKUPS)
    )

    @validates_schema
    def on_the_page(self, data: dict[str, Any], **_: Any) -> None:
        """Allow a fact check no other address than that of the page, with an anchor if need be."""
        for i, markup in enumerate(data["claimReviewMarkups"]):
            if urldefrag(markup.get("url", data["pageUrl"])).url != urldefrag(data["pageUrl"]).url:
                detail = "This may only be the pageUrl, with an anchor where the fact check has one."
                raise ValidationError({"claimReviewMarkups": {str(i): {"url": [detail]}}})
