"""Text that tries to be more than text, in every field that readers get to see."""

from dataclasses import dataclass
from typing import Any

from newsroom import Newsroom

TEXTS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1) ]]> <!-- --> {{ 7 * 7 }}</title></blockquote>&lt;b&gt;&amp;",
    '=HYPERLINK("http://evil.example","x"),\t;@{{ 7 * 7 }}',
    '\u202e🎥 e\u0301\u2028\u2029\x85\xa0 \\u003c \\" */ // } === # [a](b) <c>: \r\n- d\n\n+ <e>: f',
)


@dataclass
class Told:
    """What was told: statements and the review as they were answered, and where else to look."""

    first: Any
    gone: Any
    own: Any
    review: Any
    entity: str
    contradiction: str

    @property
    def embeddable(self) -> list[str]:
        """The paths of the pages that have embeds."""
        statements = [f"/statements/{said['id']}" for said in (self.first, self.gone, self.own)]
        return ["/claims/one", *statements, f"/contradictions/{self.contradiction}"]

    @property
    def pages(self) -> list[str]:
        """The paths of all pages on which the text stands."""
        return ["/", *self.embeddable, f"/entities/{self.entity}", f"/reviews/{self.review['id']}"]


def tell(newsroom: Newsroom, text: str) -> Told:
    """Put the text in every field of claims, statements, people, sources, a review, decisions, corrections."""
    topic = " ".join(text.split())[:100].strip()
    newsroom.claim("one", f"{text}!", about=[text], kind="exoneration", topics=[topic])
    newsroom.claim("two", f"Two {text}", about=[text], kind="responsibility", topics=[topic])
    newsroom.relate("one", "contradicts", "two")
    said: dict[str, Any] = {
        "speaker_role": text,
        "said_to": text,
        "on_behalf_of": {"name": f"Client {text}", "type": "Organization"},
        "source": {"url": "https://a.example/?a=1&b='2'", "headline": text, "publisher": text},
    }
    link = {"claim": "one", "stance": "supports", "span": {"text": text}, "rationale": text}
    first = newsroom.statement(text, f"a {text} b", links=[link], **said)
    newsroom.statement(f"Other {text}", f"c {text}", disputes="one", **said)
    newsroom.statement(f"Third {text}", f"d {text}", supports="two", kind="indirect", **said)
    gone = newsroom.statement(f"Gone {text}", f"e {text}", supports="one", **said)
    newsroom.change("DELETE", f"/v1/statements/{gone['id']}", {"reason": text})
    own = newsroom.statement(text, f"f {text}", disputes="one", **said)
    review = newsroom.post(
        "/v1/reviews",
        {
            "claim": "one",
            "author": {"name": text, "url": "https://a.example/"},
            "title": text,
            "url": "https://a.example/",
            "published_on": "2023-02-01",
            "rating": {"name": text, "value": -3, "worst": -5, "best": 5},
            "explanation": text,
        },
    )
    changes = {"said_to": f"To {text}", "reason": text}
    newsroom.change("PATCH", f"/v1/statements/{first['id']}", changes)
    newsroom.change("PATCH", "/v1/claims/one", {"text": text, "reason": text})
    [entity] = newsroom.get("/v1/claims/one")["about"]
    names = {"alternate_names": [f"Also {text}"], "job_title": text, "reason": text}
    newsroom.change("PATCH", f"/v1/entities/{entity['id']}", names)
    for flag in newsroom.contradictions(status="open"):
        path = f"/v1/contradictions/{flag['id']}/decision"
        newsroom.post(path, {"status": "confirmed", "reason": text}, status=200)
    flag = next(flag for flag in newsroom.contradictions() if flag["same_speaker"])
    return Told(first, gone, own, review, entity["slug"], flag["id"])
