"""Django REST framework with select_related and prefetch_related: settings, models, serializers, view."""

import os
from datetime import UTC
from typing import Any

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="drf",
    USE_TZ=False,
    # It gives the Content-Length.
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["PEER_DATABASE"],
            "CONN_MAX_AGE": None,
        }
    },
    INSTALLED_APPS=["rest_framework"],
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.db.models import Count, Prefetch, Q  # noqa: E402
from django.http import Http404  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from shapes import PRECISION, explain  # noqa: E402

OTHER = {"supports": "disputes", "disputes": "supports"}


class Model(models.Model):
    # SQLite holds 32 hexadecimal digits, which is what Django writes too.
    id = models.UUIDField(primary_key=True)

    class Meta:
        abstract = True
        managed = False
        app_label = "rest_framework"


class Kept(Model):
    revision = models.IntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta(Model.Meta):
        abstract = True


def _to(model: str, column: str, name: str = "+", **options: Any) -> models.ForeignKey:
    return models.ForeignKey(model, models.DO_NOTHING, db_column=column, related_name=name, **options)


class Entity(Kept):
    slug = models.TextField()
    type = models.TextField()
    name = models.TextField()

    class Meta(Model.Meta):
        db_table = "entity"


class Source(Kept):
    url = models.TextField(null=True)
    canonical_url = models.TextField(null=True)
    type = models.TextField()
    headline = models.TextField(null=True)
    publisher = models.TextField(null=True)
    published_on = models.TextField(null=True)

    class Meta(Model.Meta):
        db_table = "source"


class Statement(Kept):
    text = models.TextField()
    kind = models.TextField()
    language = models.TextField()
    speaker = _to("Entity", "speaker_id")
    speaker_role = models.TextField(null=True)
    on_behalf_of = _to("Entity", "on_behalf_of_id", null=True)
    said_on = models.TextField()
    said_to = models.TextField(null=True)
    source = _to("Source", "source_id")
    anchor = models.JSONField(null=True)
    verification = models.JSONField(null=True)
    status = models.TextField()
    published_at = models.DateTimeField(null=True)
    retracted_at = models.DateTimeField(null=True)
    retraction_reason = models.TextField(null=True)

    class Meta(Model.Meta):
        db_table = "statement"


class Claim(Kept):
    slug = models.TextField()
    text = models.TextField()
    kind = models.TextField()
    topics = models.JSONField()
    status = models.TextField()
    version = models.IntegerField()
    version_at = models.DateTimeField()

    class Meta(Model.Meta):
        db_table = "claim"


class ClaimAbout(models.Model):
    # Of a composite key; only read, and never looked up by it.
    claim = models.OneToOneField(
        Claim, models.DO_NOTHING, primary_key=True, db_column="claim_id", related_name="about_links"
    )
    entity = _to("Entity", "entity_id")
    position = models.IntegerField()

    class Meta(Model.Meta):
        db_table = "claim_about"


class Link(Kept):
    statement = _to("Statement", "statement_id", "links")
    statement_status = models.TextField()
    said_on = models.TextField()
    claim = _to("Claim", "claim_id")
    stance = models.TextField()
    status = models.TextField()
    basis = models.TextField()
    confidence = models.FloatField()
    span = models.JSONField(null=True)
    rationale = models.TextField(null=True)

    class Meta(Model.Meta):
        db_table = "link"


class Contradiction(Kept):
    statement = _to("Statement", "statement_id")
    opposing = _to("Statement", "opposing_id")
    claim = _to("Claim", "claim_id")
    kind = models.TextField()
    same_speaker = models.BooleanField()
    stance = models.TextField()
    subject = _to("Entity", "subject_id", null=True)
    score = models.FloatField()
    asserted = models.BooleanField()
    rank = models.FloatField()
    status = models.TextField()
    resolution = models.TextField(null=True)
    public = models.BooleanField()
    decision = models.TextField(null=True)
    decision_reason = models.TextField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta(Model.Meta):
        db_table = "contradiction"


class Review(Kept):
    claim = _to("Claim", "claim_id")
    author = models.JSONField()
    url = models.TextField(null=True)
    title = models.TextField(null=True)
    published_on = models.DateField()
    language = models.TextField()
    rating = models.JSONField()
    explanation = models.TextField(null=True)
    status = models.TextField()

    class Meta(Model.Meta):
        db_table = "review"


class Moment(serializers.DateTimeField):
    def to_representation(self, value: Any) -> str | None:
        return value and value.replace(tzinfo=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


KEPT = ("revision", "created_at", "updated_at")


class Serializer(serializers.ModelSerializer):
    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.DateTimeField: Moment
    }


class EntitySerializer(Serializer):
    class Meta:
        model = Entity
        fields = ("id", "slug", "type", "name")


class NamedSerializer(Serializer):
    class Meta:
        model = Entity
        fields = ("id", "slug", "name")


class SourceSerializer(Serializer):
    class Meta:
        model = Source
        fields = (
            "id", "url", "canonical_url", "type", "headline", "publisher", "published_on",
        )  # fmt: skip


class StatementSerializer(Serializer):
    speaker = EntitySerializer()
    on_behalf_of = EntitySerializer()
    source = SourceSerializer()
    said_on = serializers.SerializerMethodField()
    said_on_precision = serializers.SerializerMethodField()
    retraction = serializers.SerializerMethodField()

    class Meta:
        model = Statement
        fields = (
            "id", "text", "kind", "language", "speaker", "speaker_role", "on_behalf_of", "said_on",
            "said_on_precision", "said_to", "source", "anchor", "verification", "status", "retraction", *KEPT,
        )  # fmt: skip

    def get_said_on(self, said: Statement) -> str | None:
        return said.said_on or None

    def get_said_on_precision(self, said: Statement) -> str | None:
        return PRECISION[len(said.said_on)]

    def get_retraction(self, said: Statement) -> dict[str, Any] | None:
        if said.retracted_at is None:
            return None
        return {"at": Moment().to_representation(said.retracted_at), "reason": said.retraction_reason}


class LinkSerializer(Serializer):
    class Meta:
        model = Link
        fields = ("stance", "status", "basis", "confidence", "span", "rationale")


class LinkedSerializer(Serializer):
    statement = StatementSerializer()

    class Meta:
        model = Link
        fields = ("statement",)

    def to_representation(self, link: Link) -> dict[str, Any]:
        return {**super().to_representation(link)["statement"], "link": LinkSerializer(link).data}


class ClaimSerializer(Serializer):
    about = serializers.SerializerMethodField()

    class Meta:
        model = Claim
        fields = ("id", "slug", "text", "kind", "about", "topics", "status", *KEPT)

    def get_about(self, claim: Claim) -> list[dict[str, Any]]:
        links = ClaimAbout.objects.filter(claim=claim).select_related("entity").order_by("position")
        return EntitySerializer([link.entity for link in links], many=True).data


class BriefSerializer(Serializer):
    speaker = NamedSerializer()
    said_on = serializers.SerializerMethodField()

    class Meta:
        model = Statement
        fields = ("id", "text", "speaker", "speaker_role", "said_on", "status")

    def get_said_on(self, said: Statement) -> str | None:
        return said.said_on or None


class ReasonSerializer(Serializer):
    subject = NamedSerializer()
    path = serializers.SerializerMethodField()
    evidence = serializers.SerializerMethodField()
    explanation = serializers.SerializerMethodField()
    engine = serializers.SerializerMethodField()
    certainty = serializers.SerializerMethodField()
    decision = serializers.SerializerMethodField()

    class Meta:
        model = Contradiction
        fields = (
            "id", "kind", "subject", "path", "evidence", "explanation", "engine", "score", "certainty",
            "status", "resolution", "decision", *KEPT,
        )  # fmt: skip

    def get_path(self, flag: Contradiction) -> list[dict[str, Any]]:
        (first, first_stance), (second, second_stance) = ends(flag)
        claim = flag.claim
        return [
            {"type": "statement", "id": str(first.id)},
            {"type": "stance", "value": first_stance},
            {"type": "claim", "id": str(claim.id), "slug": claim.slug, "text": claim.text},
            {"type": "stance", "value": second_stance},
            {"type": "statement", "id": str(second.id)},
        ]

    def get_evidence(self, flag: Contradiction) -> list[dict[str, Any]]:
        found = []
        for said, _ in ends(flag):
            link = next(link for link in said.links.all() if link.claim_id == flag.claim_id)
            whole = {"start": 0, "end": len(said.text), "text": said.text}
            found.append(
                {
                    "statement": str(said.id),
                    "span": link.span or whole,
                    "marked": bool(link.span),
                    "rationale": link.rationale,
                }
            )
        return found

    def get_explanation(self, flag: Contradiction) -> str:
        said = [(end.speaker.name, end.speaker_role, stance) for end, stance in ends(flag)]
        return explain(said[0], said[1], flag.claim.text)

    def get_engine(self, _flag: Contradiction) -> None:
        return None

    def get_certainty(self, flag: Contradiction) -> str:
        return "asserted" if flag.asserted else "suggested"

    def get_decision(self, flag: Contradiction) -> dict[str, Any] | None:
        if flag.status != "confirmed" or flag.decided_at is None:
            return None
        at = Moment().to_representation(flag.decided_at)
        return {"status": flag.decision, "by": None, "at": at, "reason": flag.decision_reason}


class ReviewSerializer(Serializer):
    class Meta:
        model = Review
        fields = (
            "id", "author", "url", "title", "published_on", "language", "rating", "explanation", "status",
            *KEPT,
        )  # fmt: skip


def ends(flag: Contradiction) -> list[tuple[Statement, str]]:
    both = [(flag.statement, flag.stance), (flag.opposing, OTHER[flag.stance])]
    return sorted(both, key=lambda end: (end[0].said_on, end[0].id))


def linked(claim: Claim, status: str) -> Any:
    return (
        Link.objects.filter(claim=claim, status="confirmed", statement_status=status)
        .select_related("statement__speaker", "statement__on_behalf_of", "statement__source")
        .order_by("-said_on", "-statement_id")
    )


def contradictions(claim: Claim) -> dict[str, Any]:
    shown = Contradiction.objects.filter(claim=claim, public=True, status__in=("open", "confirmed"))
    counts = shown.aggregate(
        open=Count("pk", filter=Q(status="open")), confirmed=Count("pk", filter=Q(status="confirmed"))
    )
    whole = Statement.objects.select_related("speaker").prefetch_related("links")
    flags = (
        shown.select_related("claim", "subject")
        .prefetch_related(Prefetch("statement", whole), Prefetch("opposing", whole))
        .order_by("-rank", "-statement_id", "-opposing_id")[:20]
    )
    pairs: dict[Any, dict[str, Any]] = {}
    for flag in sorted(flags, key=lambda flag: (flag.rank, flag.id), reverse=True):
        pair = pairs.setdefault(
            (flag.statement_id, flag.opposing_id),
            {
                "statements": BriefSerializer([said for said, _ in ends(flag)], many=True).data,
                "same_speaker": flag.same_speaker,
                "reasons": [],
            },
        )
        pair["reasons"].append(ReasonSerializer(flag).data)
    return {**counts, "items": list(pairs.values())}


class ClaimView(APIView):
    def get(self, _request: Any, slug: str) -> Response:
        claim = Claim.objects.filter(slug=slug, status="published").first()
        if claim is None:
            raise Http404
        sides = {}
        for stance in ("supports", "disputes"):
            side = linked(claim, "published").filter(stance=stance)
            shown = LinkedSerializer(side[:50], many=True).data
            sides[stance] = {"count": side.count(), "statements": shown, "next_cursor": None}
        retracted = linked(claim, "retracted").filter(statement__published_at__isnull=False)
        reviews = Review.objects.filter(claim=claim, status="published").order_by("-published_on", "-id")
        moment = Moment().to_representation
        return Response(
            {
                "claim": ClaimSerializer(claim).data,
                **sides,
                "counter_claims": [],
                "contradictions": contradictions(claim),
                "retracted": LinkedSerializer(retracted[:20], many=True).data,
                "reviews": ReviewSerializer(reviews[:20], many=True).data,
                "version": claim.version,
                "as_of": moment(claim.version_at),
                "updated_at": moment(claim.updated_at),
            }
        )


urlpatterns = [path("v1/claims/<slug:slug>/view", ClaimView.as_view())]
application = get_wsgi_application()
