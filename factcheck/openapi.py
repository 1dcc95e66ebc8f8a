"""The links of the OpenAPI document: which calls an answer leads to, and with what of it.

A newsroom's developer sees in them what to do with an answer, a generated client offers it, and
`tests/fuzz.py` follows them from call to call. Most are read off the paths: a new route has its links
without a word about them.
"""

import re
from typing import Any

# What stands in an answer beside its own id: which addresses it leads to, and where their keys stand.
_BESIDE: dict[str, dict[str, dict[str, str]]] = {
    "createStatement": {
        "/v1/statements/{key}/links/{claim_key}": {"key": "/id", "claim_key": "/links/0/claim/id"},
        "/v1/claims/{key}": {"key": "/links/0/claim/id"},
        "/v1/contradictions/{key}": {"key": "/contradictions/0/id"},
        "/v1/entities/{key}": {"key": "/speaker/id"},
        "/v1/sources/{key}": {"key": "/source/id"},
    },
    "createReview": {"/v1/claims/{key}": {"key": "/claim/id"}},
}


def add_links(document: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI document with `links` at every answer that leads to another operation.

    What a POST on a collection answers leads to the address of that item and all below it, a list to
    those of its first item, and a GET to what changes the same address and to all below it. A change
    goes with the ETag of the answer that leads to it, so only an answer with that ETag leads to it.
    """
    paths: dict[str, dict[str, Any]] = {
        path: {method: found for method, found in item.items() if method != "parameters"}
        for path, item in document["paths"].items()
    }
    for path, operations in paths.items():
        own = {name: f"$request.path.{name}" for name in _names(path)}
        if "get" in operations:
            _lead(paths, operations["get"], path, own, tagged=True)
        for item in paths:
            if re.fullmatch(re.escape(path) + r"/\{\w+\}", item):
                key = _names(item)[-1]
                if "post" in operations:
                    _lead(paths, operations["post"], item, {**own, key: "$response.body#/id"}, tagged=True)
                if "get" in operations:
                    _lead(paths, operations["get"], item, {**own, key: "$response.body#/items/0/id"})
        for operation in operations.values():
            for other, pointers in _BESIDE.get(operation["operationId"], {}).items():
                keys = {name: f"$response.body#{pointer}" for name, pointer in pointers.items()}
                _lead(paths, operation, other, keys)
    return document


def _names(path: str) -> list[str]:
    """Return the names of the parameters in a path."""
    return re.findall(r"\{(\w+)\}", path)


def _lead(
    paths: dict[str, dict[str, Any]],
    operation: dict[str, Any],
    address: str,
    keys: dict[str, str],
    *,
    tagged: bool = False,
) -> None:
    """Link an operation to those at an address and below it; `tagged`: it answers the ETag of the address."""
    [answer] = [found for status, found in operation["responses"].items() if str(status).startswith("2")]
    for path, others in paths.items():
        if not f"{path}/".startswith(f"{address}/") or set(_names(path)) != keys.keys():
            continue
        for other in others.values():
            name = other["operationId"]
            matched = any(parameter.get("name") == "If-Match" for parameter in other.get("parameters", ()))
            if matched and not (tagged and path == address):
                continue
            if operation in others.values() and not matched:
                continue  # Where it stands already.
            tag = {"If-Match": "$response.header.ETag"} if matched else {}
            answer.setdefault("links", {})[name] = {"operationId": name, "parameters": {**keys, **tag}}
