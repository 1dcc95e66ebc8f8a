"""`POST /v1/extract`: the quotations of an article, to be looked through before any is posted."""

from dataclasses import asdict
from importlib import import_module
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from factcheck.analysis import quotations
from factcheck.analysis.language import language_of
from factcheck.api.shapes.plain import Shape, string
from factcheck.api.shapes.statements import SpanAnswer
from factcheck.auth import Access
from factcheck.fields import LanguageField, StrictSchema
from factcheck.problems import Problem
from factcheck.web import Blueprint, aside

MAX_ARTICLE = 500_000
"""Code points of plain text: a hundred times a long article, read in a few seconds at worst."""

MAX_PAGE = 600_000
"""Code points of HTML: finding the article in them takes about two seconds at worst."""

MAX_NESTING = 600_000
"""The depths of all elements of a page, summed up: the extractor looks at each from every one around it."""

blp = Blueprint("extract", __name__, url_prefix="/v1/extract", description="The quotations of an article.")

EXAMPLE = {
    "text": "The crane had been inspected in March, said Ilse Brandt, who runs Northgate Cranes.\n\n"
    "“Every bolt was checked,” she said. “The report is public, and anybody may read it.”"
}


class ArticleField(fields.String):
    """An article as given. Nothing of it is stored, so control characters may stay; offsets count them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise ValidationError("This holds half of a surrogate pair, which is no text; remove it.")
        if not text.strip():
            raise ValidationError("This must not be blank.")
        return text


class ExtractSchema(StrictSchema):
    """An article, as plain text or as HTML."""

    # Written as \u escapes, a character of JSON takes six bytes.
    max_body = 6 * MAX_PAGE + 10_000

    text = ArticleField(
        metadata={
            "minLength": 1,
            "description": f"Plain text, a line for each paragraph; at most {MAX_ARTICLE:,} code points.",
        }
    )
    html = ArticleField(
        metadata={
            "minLength": 1,
            "description": "A page or a part of one; its article is looked for, without comments and tables. "
            f"At most {MAX_PAGE:,} code points.",
        }
    )
    language = LanguageField(metadata={"description": "What the article is written in; guessed if left out."})

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: Any) -> None:
        """Ask for exactly one of text and HTML."""
        if ("text" in data) == ("html" in data):
            raise ValidationError("Send either text or html.", "text")


class QuotationAnswer(Shape):
    """Words of the article that report what somebody said."""

    text = string()
    start = fields.Integer(required=True)
    end = fields.Integer(required=True)
    kind = string(
        validate=validate.OneOf(("direct", "indirect")),
        metadata={"description": "Direct: in quotation marks. Indirect: a clause, as in “she said that …”."},
    )
    speaker = string(
        allow_none=True,
        metadata={"description": "The full name as the article gives it, or how it describes who speaks."},
    )
    cue = fields.Nested(
        SpanAnswer,
        required=True,
        allow_none=True,
        metadata={"description": "What reports the words. After “denied that” they are what was not said."},
    )
    speaker_mention = fields.Nested(SpanAnswer, required=True, allow_none=True)


class ExtractAnswer(Shape):
    """The quotations of an article, in the order in which they begin."""

    text = string(metadata={"description": "What the offsets refer to: code points, end exclusive."})
    language = string(metadata={"description": "As given, else a guess; “und” where there is no word."})
    quotations = fields.List(fields.Nested(QuotationAnswer), required=True)


@blp.route("", method="POST", operation="extractQuotations", access=Access.contributor, stores=False)
@blp.arguments(ExtractSchema, example=EXAMPLE)
@blp.returns(200, ExtractAnswer)
def create(data: dict[str, Any]) -> Any:
    """Find who says what in an article; store nothing.

    Speakers and indirect speech are found in English only; of other languages, what stands in marks.
    """
    with aside():
        text = _article(data)
        language = data.get("language") or language_of(text)
        found = [asdict(quotation) for quotation in quotations(text, language=language)]
    return {"text": text, "language": language, "quotations": found}


def _within(given: str, limit: int, what: str, advice: str) -> str:
    if len(given) > limit:
        detail = f"The {what} is {len(given):,} characters long, and at most {limit:,} are read; {advice}."
        raise Problem(413, "too-large", detail)
    return given


def _nesting(page: Any) -> int:
    """Return the depths of all elements, summed up."""
    total = 0
    level, depth = [page], 1
    while level:
        total += depth * len(level)
        level, depth = [child for element in level for child in element], depth + 1
    return total


def _extractor() -> Any:
    """Load trafilatura at the first page: few servers are sent one, and it takes 120 ms and 13 MB."""
    return import_module("trafilatura")


def _article(data: dict[str, Any]) -> str:
    """Return the text to read; raise 413 where it is too long, and 422 where HTML holds no article."""
    if "text" in data:
        return _within(data["text"], MAX_ARTICLE, "article", "send it in parts")
    extractor = _extractor()
    page = extractor.utils.load_html(
        _within(data["html"], MAX_PAGE, "page", "send the words of its article as text")
    )
    if page is not None and _nesting(page) > MAX_NESTING:
        detail = "The elements of this page are nested too deeply; send the words of its article as text."
        raise Problem(413, "too-large", detail)
    # On short pages the extractor falls back to all there is, so tables are cut out beforehand.
    text = page is not None and extractor.extract(
        page, include_comments=False, include_tables=False, prune_xpath="//table"
    )
    if not text:
        detail = "No article was found in this page; send its words as text."
        raise Problem(422, "invalid", detail, errors=[{"pointer": "#/html", "detail": detail}])
    return str(text)
