"""The clients of an endurance run: each on a connection of its own, each noting all that it is told."""

import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from math import inf
from typing import Any
from uuid import uuid4

import orjson

from bench.endurance.history import Change, Counted, Seen, Tried
from bench.endurance.notes import Notes
from bench.load import Answer, Client
from bench.machine import BenchError
from bench.newsroom import person

STANCES = ("supports", "disputes")
# How often each thing is done, of a hundred.
MIX = {
    "view": 32, "page": 10, "embed": 8, "statements": 8, "search": 7, "statement": 6, "contradictions": 3,
    "post": 11, "analysed post": 3, "correct": 5, "decide": 2, "retract": 2, "mistake": 2, "claim": 1,
}  # fmt: skip
# Claims grow old: most of what is written is about one of so many newest, so that no claim gets all.
CURRENT_CLAIMS = 20
_SPEAKERS = 300
_SUBJECTS = ("inspection", "payment", "report", "contract", "test", "permit", "crane", "pump", "bridge")
_SAID = (
    "We say what we always said, and the record of the {subject} shows it",
    "Nobody at the harbour was told of the {subject} before the morning of the accident",
    "The {subject} was signed on Monday, and 14 of our engineers saw it",
    "It is not true that the {subject} was late, nor that anybody kept it from the council",
    "I was never asked about the {subject}, and I would have said that it failed",
)


@dataclass(slots=True)
class Newsroom:
    """What the clients know together."""

    port: int
    key: str
    claims: list[str] = field(default_factory=list)
    # Statements that anybody may correct, so that editors meet.
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=60))
    flags: deque[str] = field(default_factory=lambda: deque(maxlen=500))


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was answered, and when it was sent and answered."""

    answer: Answer
    start: float
    end: float

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def body(self) -> Any:
        return orjson.loads(self.answer.body)


class Member(threading.Thread):
    """A client that does one thing after the other until a moment, with pauses in between.

    Every status that the client has not provoked is an error, and so is no answer at all.
    """

    def __init__(self, number: int, room: Newsroom, until: float, pause: float) -> None:
        super().__init__(name=f"client-{number}", daemon=True)
        self.notes = Notes()
        self._room = room
        self._until = until
        self._pause = pause
        self._random = random.Random(number)
        self._name = f"c{number}"
        self._number = 0
        self._http: Client | None = None
        self._views: dict[str, tuple[str, Any]] = {}
        self._own: list[tuple[str, str]] = []
        self._posted: tuple[str, Any] | None = None

    def run(self) -> None:
        kinds, weights = zip(*MIX.items(), strict=True)
        while time.perf_counter() < self._until:
            [kind] = self._random.choices(kinds, weights)
            try:
                getattr(self, kind.replace(" ", "_"))()
            except (OSError, BenchError, KeyError, ValueError) as error:
                self.notes.errors.append(f"{kind}: {type(error).__name__}: {error}")
                self._hang_up()
            if self._pause:
                time.sleep(self._random.expovariate(1 / self._pause))
        self._hang_up()

    def _hang_up(self) -> None:
        if self._http:
            self._http.socket.close()
            self._http = None

    # Reading.

    def view(self) -> None:
        slug = self._some_claim()
        etag, known = self._views.get(slug, ("", None))
        again = bool(etag) and self._random.random() < 0.5
        headers = {"If-None-Match": etag} if again else {}
        done = self._ask("view", "GET", f"/v1/claims/{slug}/view", 200, 304, key=False, **headers)
        if done is None:
            return
        if done.status == 200:
            known = done.body
            self._views[slug] = (done.answer.etag, known)
        elif not again:
            self.notes.errors.append(f"view: 304 for {slug} where nothing was asked")
            return
        counts = tuple(known[stance]["count"] for stance in STANCES)
        self.notes.seen.append(Seen(f"claim {slug}", done.start, done.end, known["version"], counts))
        for stance, number in zip(STANCES, counts, strict=True):
            self.notes.counted.append(Counted(f"{slug} {stance}", done.start, done.end, number))

    def page(self) -> None:
        self._ask("page", "GET", f"/claims/{self._some_claim()}", 200, key=False, Accept="text/html")

    def embed(self) -> None:
        self._ask("embed", "GET", f"/embed/claims/{self._some_claim()}", 200, key=False, Accept="text/html")

    def statements(self) -> None:
        self._ask("statements", "GET", f"/v1/statements?claim={self._some_claim()}&limit=20", 200, key=False)

    def search(self) -> None:
        self._ask("search", "GET", f"/v1/search?q={self._random.choice(_SUBJECTS)}+record&limit=20", 200)

    def contradictions(self) -> None:
        self._ask("contradictions", "GET", f"/v1/contradictions?claim={self._some_claim()}&limit=20", 200)

    def statement(self) -> Exchange | None:
        if not self._room.recent:
            return None
        return self._read(self._random.choice(self._room.recent))

    # Writing.

    def claim(self) -> None:
        token = self._token()
        subject = self._random.choice(_SUBJECTS)
        body = {
            "slug": f"claim-{token}",
            "text": f"The {subject} of case {token} cleared the harbour.",
            "kind": "exoneration",
            "about": [{"name": f"Harbour {self._random.randrange(40)}"}],
        }
        if self._ask("claim", "POST", "/v1/claims", 201, body=body):
            self._room.claims.append(body["slug"])

    def post(self) -> None:
        slug = self._current_claim()
        stance = self._random.choice(STANCES)
        token, body = self._words()
        body["links"] = [{"claim": slug, "stance": stance}]
        done = self._post("post", token, body, f"{slug} {stance}")
        if done is None:
            return
        self._own.append((done.body["id"], f"{slug} {stance}"))
        self._room.flags.extend(flag["id"] for flag in done.body["contradictions"][:1])
        if self._random.random() < 0.1:
            self._send_again(token, body, done)
        if self._random.random() < 0.2:
            self._look_for(token, body["text"], done.body["id"])

    def analysed_post(self) -> None:
        token, body = self._words()
        self._post("analysed post", token, body, None)

    def correct(self) -> None:
        known = self.statement()
        if known is None or known.body["status"] == "retracted":
            return
        id_, value = known.body["id"], self._token()
        self.notes.tried.append(Tried(f"statement {id_}", time.perf_counter(), value))
        body = {"said_to": value, "reason": "It was said to somebody else."}
        # Another editor may have been faster (412), or have retracted it (409).
        done = self._ask(
            "correct", "PATCH", f"/v1/statements/{id_}", 200, 412, 409, body=body, match=known.answer.etag
        )
        if done and done.status == 200:
            self._note_revision(done, over=known.body["revision"])

    def retract(self) -> None:
        if not self._own:
            return
        id_, count = self._own[self._random.randrange(len(self._own))]
        known = self._read(id_)
        if known is None or known.body["status"] == "retracted":
            return
        start, end, refused = time.perf_counter(), inf, False
        try:
            done = self._ask(
                "retract", "DELETE", f"/v1/statements/{id_}", 200, 412,
                body={"reason": "Misheard."}, match=known.answer.etag,
            )  # fmt: skip
            refused = done is not None and done.status == 412
            if done and not refused:
                end = done.end
                self._note_revision(done, over=known.body["revision"])
                self._own.remove((id_, count))
        finally:
            if not refused:
                self.notes.changes.append(Change(count, -1, start, end))

    def decide(self) -> None:
        try:
            flag = self._room.flags.popleft()  # Nobody else has it now.
        except IndexError:
            return
        decision = self._random.choice(("confirmed", "dismissed"))
        body = {"status": decision, "reason": "Both speak of the same day."}
        # 409: one of the two statements was retracted meanwhile.
        done = self._ask("decide", "POST", f"/v1/contradictions/{flag}/decision", 200, 409, body=body)
        if done and done.status == 200:
            self.notes.kept[f"flag {flag}"] = decision

    def mistake(self) -> None:
        """Do something wrong, and be told so."""
        token, body = self._words()
        if self._posted and self._random.random() < 0.4:
            id_, body = self._posted
            if self._random.random() < 0.5:
                # The words stand already; or do so no longer, where somebody has retracted them.
                self._ask("mistake", "POST", "/v1/statements", 409, body={**body, "analysis": False})
            else:
                self._ask(
                    "mistake", "PATCH", f"/v1/statements/{id_}", 412, body={"said_to": token}, match='"stale"'
                )
        elif self._random.random() < 0.5:
            self._ask("mistake", "POST", "/v1/statements", 401, body=body, key=False)
        else:
            self._ask("mistake", "POST", "/v1/statements", 422, body={**body, "speeker": token})

    # How it is said and noted.

    def _post(self, kind: str, token: str, body: dict[str, Any], count: str | None) -> Exchange | None:
        start, end = time.perf_counter(), inf
        try:
            done = self._ask(kind, "POST", "/v1/statements", 201, body=body, **{"Idempotency-Key": token})
            if done:
                end = done.end
        finally:
            if count:
                self.notes.changes.append(Change(count, 1, start, end))
        if done is None:
            return None
        id_ = done.body["id"]
        if done.body["text"] != body["text"]:
            self.notes.errors.append(f"{kind}: {body['text']!r} was stored as {done.body['text']!r}")
        self.notes.tried.append(Tried(f"statement {id_}", start, body["said_to"]))
        self._note_revision(done, over=0)
        self.notes.seen.append(Seen(f"presence of {id_}", start, end, 1, body["text"], over=0))
        self.notes.kept[f"statement {id_}"] = body["text"]
        self._room.recent.append(id_)
        if kind == "analysed post":
            self._posted = (id_, body)  # Nobody retracts these.
        return done

    def _send_again(self, token: str, body: dict[str, Any], first: Exchange) -> None:
        """Repeat a post under its key: the answer is the first one."""
        done = self._ask("post again", "POST", "/v1/statements", 201, body=body, **{"Idempotency-Key": token})
        if done and done.answer.body != first.answer.body:
            self.notes.errors.append(f"post again: another answer under the key {token}")

    def _look_for(self, token: str, text: str, id_: str) -> None:
        """Search what was just stored: it is there."""
        done = self._ask("search", "GET", f"/v1/search?q={token}&type=statement", 200)
        if done:
            there = any(hit["statement"]["id"] == id_ for hit in done.body["items"])
            look = Seen(f"presence of {id_}", done.start, done.end, int(there), text if there else None)
            self.notes.seen.append(look)

    def _read(self, id_: str) -> Exchange | None:
        done = self._ask("statement", "GET", f"/v1/statements/{id_}", 200)
        if done:
            self._note_revision(done, over=None)
        return done

    def _note_revision(self, done: Exchange, over: int | None) -> None:
        body = done.body
        self.notes.seen.append(
            Seen(f"statement {body['id']}", done.start, done.end, body["revision"], body["said_to"], over)
        )

    def _ask(
        self, kind: str, method: str, path: str, *expected: int,
        body: Any = None, key: bool = True, match: str | None = None, **headers: str,
    ) -> Exchange | None:  # fmt: skip
        """Send a request and return its exchange; None where the status is none of those expected."""
        if key:
            headers["Authorization"] = f"Bearer {self._room.key}"
        if match:
            headers["If-Match"] = match
        content = b"" if body is None else orjson.dumps(body)
        if body is not None:
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode() + content
        if self._http is None:
            self._http = Client(self._room.port)
        start = time.perf_counter()
        answer = self._http.ask(request)
        end = time.perf_counter()
        told_as = "view 304" if (kind, answer.status) == ("view", 304) else kind
        self.notes.statuses[told_as, answer.status] += 1
        self.notes.took[told_as].append(end - start)
        # A limit that the operator has set is the client's to keep.
        if answer.status not in expected and answer.status != 429:
            told = answer.body[:300].decode(errors="replace")
            self.notes.errors.append(f"{kind}: {method} {path}: {answer.status}: {told}")
        return Exchange(answer, start, end) if answer.status in expected else None

    def _words(self) -> tuple[str, dict[str, Any]]:
        """Return a word that nobody else says, and a statement with it, not posted yet."""
        token = self._token()
        said = self._random.choice(_SAID).format(subject=self._random.choice(_SUBJECTS))
        return token, {
            "text": f"“{said}”, as he put it in case {token} – à voix basse.",
            "speaker": {"name": person(self._random.randrange(_SPEAKERS)), "type": "Person"},
            "said_to": self._token(),
            "said_on": "2026-05-11",
            "source": {"url": f"https://herald.example/{token}", "type": "NewsArticle"},
        }

    def _token(self) -> str:
        self._number += 1
        return f"{self._name}x{self._number}x{uuid4().hex[:6]}"

    def _some_claim(self) -> str:
        """Return a claim to read: half of the readers look at what is current."""
        return (
            self._current_claim() if self._random.random() < 0.5 else self._random.choice(self._room.claims)
        )

    def _current_claim(self) -> str:
        return self._random.choice(self._room.claims[-CURRENT_CLAIMS:])
