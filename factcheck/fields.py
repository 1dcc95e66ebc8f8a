"""Marshmallow fields and the base schema: the shapes that several concepts share."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from marshmallow import RAISE, Schema, ValidationError, fields, missing, validate

from factcheck.text import normal_url

MAX_TEXT = 20_000
MAX_URL = 2000
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
# What no stored text may hold: NUL and the other controls but tab, line feed and carriage return
# (PostgreSQL cannot store NUL, XML none of them), and halves of surrogate pairs, which are not text.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_PRECISION = {4: "year", 7: "month", 10: "day"}


class StrictSchema(Schema):
    """A schema that refuses what it does not know, by name."""

    class Meta:
        unknown = RAISE

    error_messages = {  # noqa: RUF012  As marshmallow declares it.
        "unknown": "This field is not known here; remove it.",
        "type": "This must be a JSON object.",
    }

    def _deserialize(self, data: Any, *, error_store: Any, partial: Any = None, **how: Any) -> Any:
        """Load one whole body as `Schema` does, without asking each field that was not sent.

        What is asked are those that are required or have a default. No field here has another name inside.
        """
        whole = isinstance(data, Mapping) and not how.get("many") and partial is None
        if not whole or how.get("unknown") != RAISE:
            return super()._deserialize(data, error_store=error_store, partial=partial, **how)
        loaded = {}
        for name, field in self.load_fields.items():
            value = data.get(name, missing)
            if value is missing and name not in self._asked:
                continue
            try:
                value = field.deserialize(value, name, data)
            except ValidationError as error:
                error_store.store_error(error.messages, name)
                value = error.valid_data or missing
            if value is not missing:
                loaded[name] = value
        for name in set(data) - self.load_fields.keys():
            error_store.store_error([self.error_messages["unknown"]], name)
        return loaded

    @cached_property
    def _asked(self) -> set[str]:
        return {
            name
            for name, field in self.load_fields.items()
            if field.required or field.load_default is not missing
        }


class TextField(fields.String):
    """Text kept exactly as given: not blank, of at most `limit` code points, storable anywhere."""

    _refused = _UNSTORABLE

    def __init__(self, *, limit: int = MAX_TEXT, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=1, max=limit), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if bad := self._refused.search(text):
            raise ValidationError(
                f"The character U+{ord(bad[0]):04X} at position {bad.start()} cannot be stored; remove it."
            )
        if not text.strip():
            raise ValidationError("This must not be blank.")
        return text


class PrintedText(TextField):
    """Text of a source, which may hold form feeds: text taken from a PDF has one between two pages."""

    _refused = re.compile(_UNSTORABLE.pattern.replace("\x0c", ""))


class UrlField(TextField):
    """An http or https address with a host, and nothing before the host that could pass for one."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"format": "uri", **kwargs.pop("metadata", {})}
        super().__init__(limit=MAX_URL, metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            parts = urlsplit(text)
            acceptable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
            if acceptable and len(normal_url(text)) > MAX_URL:
                raise ValidationError(f"In its normal form this is longer than {MAX_URL} characters.")
        except ValidationError:
            raise
        except ValueError:
            acceptable = False
        if not acceptable or re.search(r"[\s<>\"\\^`{|}]", text):
            raise ValidationError("This must be an http or https address, such as https://news.example/a.")
        # What stands there is a secret, or looks like a site that the address does not lead to.
        if "@" in parts.netloc:
            raise ValidationError("This address names a user before its host; remove all up to the @.")
        return text


class SlugField(TextField):
    """A natural key: lower-case ASCII words and digits joined by hyphens."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"pattern": f"^{_SLUG.pattern}$", **kwargs.pop("metadata", {})}
        super().__init__(limit=120, metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not _SLUG.fullmatch(text) or _is_uuid(text):
            raise ValidationError("A slug is made of a-z, 0-9 and single hyphens, such as luke-nikas.")
        return text


class LanguageField(TextField):
    """A BCP 47 language tag, such as en or pt-BR."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"pattern": f"^{_LANGUAGE.pattern}$", **kwargs.pop("metadata", {})}
        super().__init__(limit=35, metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not _LANGUAGE.fullmatch(text):
            raise ValidationError("This must be a language tag such as en or pt-BR.")
        return text


class TrueOrFalse(fields.Boolean):
    """True or false as JSON has them; marshmallow would also take 1, 0 and words such as yes."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("This must be true or false.")
        return value


class PartialDate(fields.Field[str]):
    """A day, month or year in ISO 8601: 2022-04-20, 2022-04 or 2022. Never a made-up midnight."""

    PATTERN = r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or precision(value) is None:
            raise ValidationError("This must be a day, month or year: 2022-04-20, 2022-04 or 2022.")
        return value


def precision(value: str) -> str | None:
    """Return day, month or year for a partial date that exists in the calendar, else None."""
    if not re.fullmatch(PartialDate.PATTERN, value):
        return None
    try:
        date.fromisoformat(value + "0001-01-01"[len(value) :])
    except ValueError:
        return None
    return _PRECISION[len(value)]


class Day(fields.Date):
    """A day, written 2022-04-20 and in no other way."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or precision(value) != "day":
            raise ValidationError("This must be a day, such as 2022-04-20.")
        return super()._deserialize(value, attr, data, **kwargs)


class Moment(fields.AwareDateTime):
    """A moment in RFC 3339, taken to UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError:
            raise ValidationError("This moment lies outside the calendar.") from None


class Reference(fields.Field[Any]):
    """Another record: its id, its slug, or an object that is matched by natural key or created."""

    def __init__(self, schema: type[Schema], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.schema = schema

    @cached_property
    def _loader(self) -> Schema:
        return self.schema()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            if not 0 < len(value) <= 200 or not storable(value):
                raise ValidationError("This must be an id, a slug or an object.")
            return UUID(value) if _is_uuid(value) else value
        if isinstance(value, Mapping):
            return self._loader.load(value)
        raise ValidationError("This must be an id, a slug or an object.")


def _is_uuid(value: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value) is not None


def storable(text: str) -> bool:
    """Tell whether every database can store the text."""
    return _UNSTORABLE.search(text) is None


def as_id(value: str) -> UUID | None:
    """Return the UUID that a path or query names, or None where it is a slug."""
    return UUID(value) if _is_uuid(value) else None
