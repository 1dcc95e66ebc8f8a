"""What tests say to the service, in few words: every call speaks HTTP and returns what a caller sees."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

URL = "https://herald.example/2026/05/crane"
_number = count(1)


@dataclass
class Newsroom:
    """A client with keys of every role; what is not said gets a valid value of its own."""

    client: FlaskClient
    keys: dict[str, str]
    url: str = URL
    role: str = "editor"

    def headers(self, role: str | None) -> dict[str, str]:
        """Return the headers of a role; none for "public"."""
        role = role or self.role
        return {} if role == "public" else {"Authorization": f"Bearer {self.keys[role]}"}

    def call(
        self, method: str, path: str, body: Any = None, *, role: str | None = None, **headers: str
    ) -> TestResponse:
        """Send a request; header names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kwargs = {} if body is None else {"json": body}
        return self.client.open(path, method=method, headers={**self.headers(role), **named}, **kwargs)

    def get(self, path: str, *, role: str | None = None, status: int = 200) -> Any:
        """Read JSON and hold it to a status."""
        response = self.call("GET", path, role=role)
        assert response.status_code == status, response.get_data(as_text=True)
        return response.get_json(force=True)

    def post(
        self, path: str, body: Any, *, role: str | None = None, status: int = 201, **headers: str
    ) -> Any:
        """Post JSON and hold the answer to a status."""
        response = self.call("POST", path, body, role=role, **headers)
        assert response.status_code == status, response.get_data(as_text=True)
        return response.get_json(force=True)

    def change(self, method: str, path: str, body: Any, *, role: str | None = None, status: int = 200) -> Any:
        """Read the resource, then change it with the ETag that was read."""
        current = self.call("GET", path, role=role)
        match = {"If_Match": current.headers["ETag"]} if current.status_code == 200 else {}
        response = self.call(method, path, body, role=role, **match)
        assert response.status_code == status, response.get_data(as_text=True)
        return response.get_json(force=True)

    def statement(
        self,
        speaker: Any = "Ilse Brandt",
        text: str | None = None,
        *,
        role: str | None = None,
        code: int = 201,
        **fields: Any,
    ) -> Any:
        """Post a statement; `supports` and `disputes` name claims by slug."""
        links = fields.pop("links", [])
        for stance in ("supports", "disputes"):
            claims = fields.pop(stance, [])
            links += [
                {"claim": c, "stance": stance}
                for c in ([claims] if isinstance(claims, str | dict) else claims)
            ]
        body = {
            "text": text or f"The crane stood still, for the {next(_number)}th time.",
            "speaker": {"name": speaker} if isinstance(speaker, str) else speaker,
            "source": {"url": self.url},
            **({"links": links} if links else {}),
            **fields,
        }
        return self.post("/v1/statements", body, role=role, status=code)

    def claim(
        self, slug: str, text: str | None = None, *, role: str | None = None, code: int = 201, **fields: Any
    ) -> Any:
        """Post a claim; `about` names entities."""
        about = [{"name": name} if isinstance(name, str) else name for name in fields.pop("about", [])]
        body = {"slug": slug, "text": text or f"It is so: {slug}.", "about": about, **fields}
        return self.post("/v1/claims", body, role=role, status=code)

    def relate(self, slug: str, type_: str, to: str) -> Any:
        """Draw a relation from one claim to another."""
        return self.post(f"/v1/claims/{slug}/relations", {"to": to, "type": type_})

    def view(self, slug: str, *, role: str = "public", **arguments: Any) -> Any:
        """Read the view of a claim as a reader."""
        query = "&".join(f"{k}={v}" for k, v in arguments.items())
        return self.get(f"/v1/claims/{slug}/view?{query}", role=role)

    def contradictions(self, *, role: str | None = None, **filters: str) -> list[Any]:
        """List contradictions."""
        query = "&".join(f"{k}={v}" for k, v in filters.items())
        return self.get(f"/v1/contradictions?limit=200&{query}", role=role)["items"]

    def retract(self, statement: Any, *, role: str | None = None) -> Any:
        """Retract a statement."""
        return self.change("DELETE", f"/v1/statements/{statement['id']}", {"reason": "Misheard."}, role=role)
