"""Small faults in a module, one at a time: what a slip of the pen would make of a rule."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_TURNED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.And: ast.Or, ast.Or: ast.And, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.Pow: ast.Mult,
}  # fmt: skip
# What stands for a name or attribute that was mistaken for another; statuses, sides and roles of the domain.
_MISTAKEN = {
    "and_": "or_", "or_": "and_", "any": "all", "all": "any", "min": "max", "max": "min",
    "desc": "asc", "is_not": "is_", "is_": "is_not", "in_": "not_in", "not_in": "in_",
    "published": "draft", "draft": "published", "retracted": "published", "withdrawn": "published",
    "merged": "published", "confirmed": "suggested", "suggested": "confirmed", "rejected": "confirmed",
    "open": "resolved", "dismissed": "confirmed", "resolved": "open",
    "supports": "disputes", "disputes": "supports",
    "exoneration": "responsibility", "responsibility": "exoneration",
    "opposite_stance": "counter_claim", "counter_claim": "opposite_stance",
    "public": "reader", "reader": "public", "contributor": "editor", "editor": "contributor",
    "admin": "editor",
}  # fmt: skip
# Of these statuses there are words of other meaning too; they are mistaken only after an enum's name.
_ENUMERATED = frozenset(_MISTAKEN) - {"and_", "or_", "any", "all", "min", "max"}
_METHODS = frozenset(("desc", "is_not", "is_", "in_", "not_in"))
# A part of a query that can be forgotten.
_FORGOTTEN = frozenset(("where", "order_by", "limit", "distinct"))


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: where it stands, what became of what, and the whole module with it."""

    module: str
    line: int
    end: int
    was: str
    now: str
    source: str

    @property
    def name(self) -> str:
        """What it is, whatever the line: a name that outlives changes elsewhere in the module."""
        return f"{self.module}: {self.was} → {self.now}"


def mutants(module: str, source: str) -> list[Mutant]:
    """Return every mutant of a module, by line.

    Left alone: what the tests cannot see (annotations, docstrings, messages) and what the database
    holds by itself (columns, constraints; the migrations make them, and a test compares the two).
    """
    tree = ast.parse(source)
    right = ast.unparse(tree)
    found: dict[str, Mutant] = {}
    for holder, field, index, node in _places(tree):
        for other in _faults(node):
            ast.copy_location(other, node)
            _put(holder, field, index, other)
            was, now = _where_they_differ(_told(node), _told(other))
            mutant = Mutant(module, node.lineno, node.end_lineno or node.lineno, was, now, ast.unparse(tree))
            _put(holder, field, index, node)
            if mutant.source != right:
                found.setdefault(mutant.source, mutant)
    return sorted(found.values(), key=lambda mutant: (mutant.line, mutant.was, mutant.now))


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.expr | ast.stmt]]:
    """Give every expression and statement that may be at fault, with where it stands."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "bases", "type_params") or isinstance(node, ast.JoinedStr):
            continue
        inner = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for index, child in inner:
            if not isinstance(child, ast.AST) or _left_alone(node, field, child):
                continue
            if isinstance(child, ast.expr | ast.stmt):
                yield node, field, index, child
            yield from _places(child)


def _left_alone(node: ast.AST, field: str, child: ast.AST) -> bool:
    if isinstance(child, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.ClassDef) and not isinstance(child, ast.FunctionDef):
        return True  # Columns, constraints, fields of schemas, members of enums.
    if field == "decorator_list":
        # Of a route's decorators, only who may call it is a rule.
        return not (isinstance(child, ast.Call) and any(k.arg == "access" for k in child.keywords))
    if isinstance(node, ast.Call) and _is_route(node):
        return not (isinstance(child, ast.keyword) and child.arg == "access")
    return isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)


def _is_route(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "route"


def _put(holder: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(holder, field, node)
    else:
        getattr(holder, field)[index] = node


def _faults(node: ast.expr | ast.stmt) -> Iterator[ast.expr | ast.stmt]:  # noqa: C901  A table of cases.
    """Give what may stand by mistake in the place of a node."""
    match node:
        case ast.Compare(ops=ops):
            for i, op in enumerate(ops):
                yield _with(node, ops=[*ops[:i], _TURNED[type(op)](), *ops[i + 1 :]])
        case ast.BoolOp(op=op, values=values):
            yield _with(node, op=_TURNED[type(op)]())
            for i in range(len(values)):
                rest = [*values[:i], *values[i + 1 :]]
                yield rest[0] if len(rest) == 1 else _with(node, values=rest)
        case ast.BinOp(op=op) if type(op) in _TURNED:
            yield _with(node, op=_TURNED[type(op)]())
        case ast.AugAssign(op=op, target=target, value=value):
            if type(op) in _TURNED:
                yield _with(node, op=_TURNED[type(op)]())
            yield ast.Assign([target], value, lineno=node.lineno)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.If() | ast.IfExp() | ast.While():
            yield _with(node, test=ast.Constant(True))
            yield _with(node, test=ast.Constant(False))
        case ast.Attribute(value=ast.Name(id=owner), attr=attr) if (
            owner[:1].isupper() and attr in _ENUMERATED
        ):
            yield _with(node, attr=_MISTAKEN[attr])
        case ast.Attribute(attr=attr) if attr in _METHODS:
            yield _with(node, attr=_MISTAKEN[attr])
        case ast.Name(id=name) if name in _MISTAKEN and name not in _ENUMERATED:
            yield _with(node, id=_MISTAKEN[name])
        case ast.Call():
            yield from _faults_of_call(node)
        case ast.Tuple(elts=parts, ctx=ast.Load()) | ast.Set(elts=parts) if len(parts) > 1:
            if any(isinstance(part, ast.Compare | ast.BoolOp | ast.Call | ast.Starred) for part in parts):
                yield from (_with(node, elts=[*parts[:i], *parts[i + 1 :]]) for i in range(len(parts)))
        case (
            ast.ListComp(generators=[loop])
            | ast.SetComp(generators=[loop])
            | ast.GeneratorExp(generators=[loop])
        ) if loop.ifs:
            yield _with(node, generators=[_with(loop, ifs=[])])
        case ast.Return(value=ast.expr() as value) if not (
            isinstance(value, ast.Constant) and value.value in (None, True, False)
        ):
            yield _with(node, value=ast.Constant(None))
            if isinstance(value, ast.Compare | ast.BoolOp):
                yield _with(node, value=ast.Constant(True))
        case ast.Raise() | ast.Continue() | ast.Break() | ast.Expr():
            yield ast.Pass()


def _faults_of_call(call: ast.Call) -> Iterator[ast.expr]:
    """Give the call without its parts: a condition of a query, an argument that has a default."""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if isinstance(call.func, ast.Attribute) and method in _FORGOTTEN:
        yield call.func.value
    if method in ("where", "and_", "or_", "order_by") and len(call.args) > 1:
        for i in range(len(call.args)):
            yield _with(call, args=[*call.args[:i], *call.args[i + 1 :]])
    if not method[:1].isupper() and not _is_route(call):
        for i, keyword in enumerate(call.keywords):
            if keyword.arg is not None:
                yield _with(call, keywords=[*call.keywords[:i], *call.keywords[i + 1 :]])


def _with(node: Any, **changes: object) -> Any:
    """Return a copy of a node in which some of its fields differ."""
    changed = copy.copy(node)
    for field, value in changes.items():
        setattr(changed, field, value)
    return changed


def _told(node: ast.AST) -> str:
    """Return a node as one line."""
    if isinstance(node, ast.If | ast.While):
        return f"{type(node).__name__.lower()} {_told(node.test)}"
    return " ".join(ast.unparse(node).split())


def _where_they_differ(was: str, now: str) -> tuple[str, str]:
    """Return both in full, or of a long one some 100 characters from shortly before they differ."""
    alike = next((i for i, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), len(now))
    start = max(alike - 30, 0) if len(was) > 100 else 0
    return _part(was, start), _part(now, start)


def _part(text: str, start: int) -> str:
    end = start + 100
    return f"{'…' if start else ''}{text[start:end]}{'…' if len(text) > end else ''}"
