"""`fields`: which parts of an answer a caller wants, such as `claims(text,claimReview/url)`."""

import re
from typing import Any

from factcheck.problems import Problem, wrong

Mask = dict[str, Any]
"""Names with what is wanted beneath each; an empty one means all of it."""

_TOKEN = re.compile(r"\*|[A-Za-z]+|[(),/.]|\S")
_MAX_LENGTH = 2000
_MAX_DEPTH = 10


def parse(text: str) -> Mask:
    """Read a selection; raise 422 where it is none."""
    if len(text) > _MAX_LENGTH:
        raise _wrong("The selection is too long.")
    tokens = _TOKEN.findall(text)
    mask = _list(tokens, 0)
    if tokens:
        raise _wrong(f"'{tokens[0]}' is not expected in a selection.")
    return mask


def _list(tokens: list[str], depth: int) -> Mask:
    if depth > _MAX_DEPTH:
        raise _wrong("The selection is nested too deeply.")
    found: Mask = {}
    while True:
        path = _path(tokens)
        beneath: Mask = {}
        if tokens and tokens[0] == "(":
            tokens.pop(0)
            beneath = _list(tokens, depth + 1)
            if not tokens or tokens.pop(0) != ")":
                raise _wrong("A selection needs a ')' for each '('.")
        for name in reversed(path[1:]):
            beneath = {name: beneath}
        found[path[0]] = _join(found[path[0]], beneath) if path[0] in found else beneath
        if not tokens or tokens[0] != ",":
            return found
        tokens.pop(0)


def _path(tokens: list[str]) -> list[str]:
    path = []
    while True:
        if not tokens or not (tokens[0].isalpha() or tokens[0] == "*"):
            raise _wrong("A selection is names, with commas between them.")
        path.append(tokens.pop(0))
        if len(path) > _MAX_DEPTH:
            raise _wrong("The selection is nested too deeply.")
        if not tokens or tokens[0] not in ("/", "."):
            return path
        tokens.pop(0)


def _join(one: Mask, other: Mask) -> Mask:
    """Return what either wants."""
    if not one or not other:
        return {}
    return {
        name: _join(one[name], other[name]) if name in one and name in other else {**one, **other}[name]
        for name in {**one, **other}
    }


def check(mask: Mask, shape: Mask, path: str = "") -> None:
    """Raise 422 where a selection names what an answer of this shape never has."""
    for name, beneath in mask.items():
        if name == "*":
            for each in shape.values():
                check(beneath, each, f"{path}*/")
        elif name not in shape:
            raise _wrong(f"Invalid field selection {path}{name}.")
        else:
            check(beneath, shape[name], f"{path}{name}/")


def select(value: Any, mask: Mask) -> Any:
    """Return of an answer what a selection wants."""
    if not mask:
        return value
    if isinstance(value, list):
        return [select(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    chosen = {}
    for name, inner in value.items():
        named = [mask[wanted] for wanted in (name, "*") if wanted in mask]
        if named:
            chosen[name] = select(inner, _join(named[0], named[-1]))
    return chosen


def _wrong(detail: str) -> Problem:
    return wrong("fields", detail)
