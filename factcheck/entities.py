"""People and organisations: who speaks, for whom, and whom a claim is about."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

from marshmallow import fields, validate
from sqlalchemy import Boolean, ForeignKey, Index, String, Text, bindparam, literal, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from factcheck import history, storing
from factcheck.auth import Actor
from factcheck.db import Base, choice
from factcheck.fields import SlugField, StrictSchema, TextField, UrlField, as_id
from factcheck.history import Recorded, State
from factcheck.prepared import Prepared
from factcheck.problems import Problem, invalid
from factcheck.text import digest, fold, normal_url, slug


class EntityType(StrEnum):
    """The schema.org types that an entity can have."""

    person = "Person"
    organization = "Organization"


class EntityKey(Base):
    """A name or an identifying address by which an entity is found again. Names may be shared."""

    __tablename__ = "entity_key"

    entity_id: Mapped[UUID] = mapped_column(ForeignKey("entity.id", ondelete="CASCADE"), primary_key=True)
    # Digests, because a folded name can be many times as long as the name.
    key: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)


class Entity(Recorded, Base):
    """A person or an organisation (schema.org Person, Organization)."""

    __tablename__ = "entity"
    __table_args__ = (Index("ix_entity_public", "public", "id"),)
    record_type: ClassVar[str] = "entity"

    slug: Mapped[str] = mapped_column(String(120), unique=True)
    type: Mapped[EntityType] = mapped_column(choice(EntityType))
    name: Mapped[str] = mapped_column(String(300))
    alternate_names: Mapped[list[str]] = mapped_column(default=list)
    job_title: Mapped[str | None] = mapped_column(Text)
    same_as: Mapped[list[str]] = mapped_column(default=list)
    # False while only drafts mention the entity: who is being quoted next is not for readers.
    public: Mapped[bool] = mapped_column(default=False)
    # The key that made it; see `known`.
    created_by: Mapped[UUID | None]
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("entity.id"))

    keys: Mapped[list[EntityKey]] = relationship(cascade="all, delete-orphan")

    def state(self) -> State:
        return {
            "slug": self.slug,
            "type": self.type.value,
            "name": self.name,
            "alternate_names": list(self.alternate_names),
            "job_title": self.job_title,
            "same_as": list(self.same_as),
            "merged_into": self.merged_into_id and str(self.merged_into_id),
        }

    @classmethod
    def record(cls, session: Session, actor: Actor, data: dict[str, Any], *, public: bool = False) -> Self:
        """Store a new entity, hidden until something published mentions it; raise 409 for a taken slug."""
        given = data.get("slug")
        if given and session.scalar(select(cls.id).where(cls.slug == given)):
            raise Problem(409, "duplicate", f"The slug '{given}' is taken; choose another.", slug=given)
        entity = storing.made(
            cls,
            slug=given or storing.free_slug(session, cls.slug, slug(data["name"], 100)),
            type=data.get("type", EntityType.person),
            name=data["name"],
            alternate_names=data.get("alternate_names", []),
            job_title=data.get("job_title"),
            same_as=data.get("same_as", []),
            public=public,
            created_by=actor.key_id,
        )
        history.created(session, actor, entity)
        keys = [{"entity_id": entity.id, "key": key} for key in sorted(entity._natural_keys())]
        storing.insert_rows(session, EntityKey, keys)
        return entity

    def edit(self, session: Session, actor: Actor, data: dict[str, Any], reason: str | None) -> None:
        """Change fields; the new names become natural keys at once."""
        new_slug = data.get("slug", self.slug)
        if new_slug != self.slug and self.public:
            raise invalid("/slug", "A published entity keeps its slug: its address is out there.")
        if new_slug != self.slug and session.scalar(select(Entity.id).where(Entity.slug == new_slug)):
            raise Problem(409, "duplicate", f"The slug '{new_slug}' is taken; choose another.")
        with history.changing(session, actor, self, "edited", reason):
            for field, value in data.items():
                setattr(self, field, value)
            self.rekey()

    def rekey(self) -> None:
        """Bring the natural keys in line with names and addresses."""
        wanted = self._natural_keys()
        kept = [key for key in self.keys if key.key in wanted]
        self.keys = kept + [EntityKey(key=key) for key in sorted(wanted - {key.key for key in kept})]

    def _natural_keys(self) -> set[str]:
        names = {name_key(name) for name in (self.name, *self.alternate_names)}
        return names | {address_key(url) for url in self.same_as}


def name_key(name: str) -> str:
    """Return the natural key of a name: folded for case, accents and spacing."""
    return digest(f"name {name}")


def address_key(url: str) -> str:
    """Return the natural key of an identifying address."""
    return digest(f"address {normal_url(url)}")


class EntitySchema(StrictSchema):
    """A person or an organisation, as sent and as answered."""

    id = fields.UUID(dump_only=True)
    slug = SlugField(metadata={"description": "Natural key; made from the name where it is left out."})
    type = fields.Enum(
        EntityType, by_value=True, metadata={"description": "Person where a new one has none."}
    )
    name = TextField(limit=300, required=True)
    alternate_names = fields.List(TextField(limit=300), validate=validate.Length(max=50))
    job_title = TextField(limit=500, allow_none=True)
    same_as = fields.List(
        UrlField(),
        validate=validate.Length(max=50),
        metadata={"description": "Addresses that identify it (schema.org sameAs): Wikidata, a home page."},
    )
    revision = fields.Integer(dump_only=True)
    created_at = fields.DateTime(dump_only=True)
    updated_at = fields.DateTime(dump_only=True)


def represent(entity: Entity) -> State:
    """Return the entity as the API shows it."""
    return {
        "id": entity.id,
        "slug": entity.slug,
        "type": entity.type.value,
        "name": entity.name,
        "alternate_names": entity.alternate_names,
        "job_title": entity.job_title,
        "same_as": entity.same_as,
        "revision": entity.revision,
        "created_at": entity.created_at,
        "updated_at": entity.updated_at,
    }


def resolve(session: Session, actor: Actor, reference: Any, at: str, *, public: bool = False) -> Entity:
    """Return the entity that an id, a slug or an object means, creating it from an object at need.

    `public` tells whether a new one is shown to readers at once.

    An object is matched by its slug, else by an address in `same_as`, else by name (folded for
    case, accents and spacing), and by type where it has one. What stands is never changed by a
    match. A name that several entities share is an error at `at`, a JSON pointer, with the
    candidates listed.
    """
    if not isinstance(reference, dict):
        entity = _named(session, reference, actor)
        if entity is None:
            raise invalid(at, f"There is no entity '{reference}'; give an id, a slug or an object.")
        return entity
    if "slug" in reference:
        entity = _named(session, reference["slug"], actor)
        return entity or Entity.record(session, actor, reference, public=public)

    candidates = matches(session, actor, reference)
    if not candidates and (hidden := _of_that_name(session, reference)):
        return hidden
    if len(candidates) > 1:
        raise invalid(
            at,
            f"{len(candidates)} entities match '{reference['name']}'; "
            f"give the id or slug of one ({', '.join(e.slug for e in candidates)}), or a new slug.",
            candidates=listed(candidates),
        )
    return candidates[0] if candidates else Entity.record(session, actor, reference, public=public)


def look_up(session: Session, actor: Actor, reference: Any) -> Entity | None:
    """Return the entity that `resolve` would find; None where it would create one, or refuse."""
    if isinstance(reference, dict) and "slug" not in reference:
        candidates = matches(session, actor, reference)
        if not candidates:
            return _of_that_name(session, reference)
        return candidates[0] if len(candidates) == 1 else None
    return _named(session, reference["slug"] if isinstance(reference, dict) else reference, actor)


def meant(session: Session, actor: Actor, key: str) -> list[UUID]:
    """Return the id of the entity that an id or slug means to the actor, after any merges; none or one."""
    id_ = as_id(key)
    query = select(Entity.id, Entity.merged_into_id)
    named = query.where(Entity.id == id_ if id_ else Entity.slug == key, *known(actor))
    row = session.execute(named).one_or_none()
    while row and row.merged_into_id:
        row = session.execute(query.where(Entity.id == row.merged_into_id)).one()
    return [row.id] if row else []


def known(actor: Actor) -> Iterable[Any]:
    """Return the conditions that keep from a query the entities that the actor may not know.

    Everybody knows those that something published mentions, a contributor also those that were made
    with the same key, editors all.
    """
    if not actor.is_editor:
        yield or_(Entity.public, Entity.created_by == actor.key_id) if actor.key_id else Entity.public


def matches(session: Session, actor: Actor, reference: dict[str, Any]) -> list[Entity]:
    """Return the entities known to the actor that an object without a slug may mean.

    They are found by address, or else by name and type.
    """
    addresses = [address_key(url) for url in reference.get("same_as", [])]
    if addresses and (found := _by_keys(session, addresses, actor)):
        return found
    return [
        entity
        for entity in _by_keys(session, [name_key(reference["name"])], actor)
        # The same name with other identifying addresses on both sides is somebody else.
        if entity.type == reference.get("type", entity.type) and not (addresses and entity.same_as)
    ]


def listed(candidates: list[Entity]) -> list[State]:
    """Return what a client needs to choose among candidates."""
    return [{"id": str(e.id), "slug": e.slug, "name": e.name, "job_title": e.job_title} for e in candidates]


def _of_that_name(session: Session, reference: dict[str, Any]) -> Entity | None:
    """Return the entity of a colleague's draft that is called just that, if one is; the oldest of several.

    Whoever names it learns nothing: what the answer shows of it are the type and name that were given.
    By another name or an address it is not found, for then its own name would be told.
    """
    wanted = fold(reference["name"])
    type_ = reference.get("type", EntityType.person)
    found = storing.find_all(session, Entity, _HIDDEN_BY_KEYS, keys=[name_key(reference["name"])])
    return next((e for e in found if fold(e.name) == wanted and e.type == type_), None)


_BY_KEYS = (
    storing.whole(Entity)
    .where(
        Entity.id.in_(select(EntityKey.entity_id).where(EntityKey.key.in_(bindparam("keys")))),
        Entity.merged_into_id.is_(None),
    )
    .order_by(Entity.id)
    .limit(20)
)
_HIDDEN_BY_KEYS = Prepared(_BY_KEYS.where(Entity.public.is_(False)))
# The conditions of `known`, as they stand in a statement that is made once.
_KNOWN = or_(
    Entity.public,
    Entity.created_by == bindparam("reader"),
    literal(True) == bindparam("editor", type_=Boolean),
)
_KNOWN_BY_KEYS = Prepared(_BY_KEYS.where(_KNOWN))
_KNOWN_BY_ID = Prepared(storing.whole(Entity).where(Entity.id == bindparam("key"), _KNOWN))
_KNOWN_BY_SLUG = Prepared(storing.whole(Entity).where(Entity.slug == bindparam("key"), _KNOWN))


def _by_keys(session: Session, keys: list[str], actor: Actor) -> list[Entity]:
    """Return the entities known to the actor that one of these keys leads to."""
    who = {"reader": actor.key_id, "editor": actor.is_editor}
    return storing.find_all(session, Entity, _KNOWN_BY_KEYS, keys=keys, **who)


def _named(session: Session, key: UUID | str, actor: Actor) -> Entity | None:
    """Return the entity with this id or slug that is known to the actor, or what it was merged into."""
    statement = _KNOWN_BY_ID if isinstance(key, UUID) else _KNOWN_BY_SLUG
    who = {"reader": actor.key_id, "editor": actor.is_editor}
    found = storing.find(session, Entity, statement, key=key, **who)
    return found and _final(session, found)


def _final(session: Session, entity: Entity) -> Entity:
    """Follow merges to the entity that stands."""
    while entity.merged_into_id:
        entity = session.get_one(Entity, entity.merged_into_id)
    return entity


def reveal(entities: list[Entity]) -> None:
    """Make entities public because something published now mentions them."""
    for entity in entities:
        if not entity.public:
            entity.public = True
