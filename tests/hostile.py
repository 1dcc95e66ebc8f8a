"""Text that breaks out of what it is put into, where that does not escape it."""

from typing import Any

from newsroom import Newsroom

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}</title></blockquote>&lt;b&gt;",
)


def tell(newsroom: Newsroom, hostile: str) -> dict[str, str]:
    """Post it in every field of everything that readers see; return the ids of what to look at."""
    newsroom.claim("one", hostile, about=[hostile], kind="exoneration")
    newsroom.claim("two", f"Two {hostile}", about=[hostile], kind="responsibility")
    newsroom.relate("one", "contradicts", "two")
    said: dict[str, Any] = {
        "speaker_role": hostile,
        "said_to": hostile,
        "on_behalf_of": {"name": f"Client {hostile}"},
        "source": {"url": "https://a.example/", "headline": hostile, "publisher": hostile},
    }
    link = {"claim": "one", "stance": "supports", "span": {"text": hostile}, "rationale": hostile}
    first = newsroom.statement(hostile, f"a {hostile} b", links=[link], **said)
    newsroom.statement(f"Other {hostile}", f"c {hostile}", disputes="one", **said)
    newsroom.statement(f"Third {hostile}", f"d {hostile}", supports="two", **said)
    gone = newsroom.statement(f"Gone {hostile}", f"e {hostile}", supports="one", **said)
    newsroom.change("DELETE", f"/v1/statements/{gone['id']}", {"reason": hostile})
    for flag in newsroom.contradictions(status="open"):
        path = f"/v1/contradictions/{flag['id']}/decision"
        newsroom.post(path, {"status": "confirmed", "reason": hostile}, status=200)
    newsroom.post(
        "/v1/reviews",
        {
            "claim": "one",
            "author": {"name": hostile, "url": "https://a.example/"},
            "title": hostile,
            "url": "https://a.example/",
            "published_on": "2023-02-01",
            "rating": {"name": hostile},
            "explanation": hostile,
        },
    )
    newsroom.change(
        "PATCH", f"/v1/statements/{first['id']}", {"speaker_role": f"{hostile}!", "reason": hostile}
    )
    newsroom.change("PATCH", "/v1/claims/one", {"text": f"{hostile}!", "reason": hostile})
    [entity] = newsroom.get("/v1/claims/one")["about"]
    names = {"alternate_names": [f"Also {hostile}"], "job_title": hostile, "reason": hostile}
    newsroom.change("PATCH", f"/v1/entities/{entity['id']}", names)
    own = newsroom.statement(hostile, f"f {hostile}", disputes="one", **said)
    flag = next(flag for flag in newsroom.contradictions() if flag["same_speaker"])
    return {
        "statement": first["id"],
        "retracted": gone["id"],
        "own": own["id"],
        "entity": entity["slug"],
        "contradiction": flag["id"],
    }
