"""What is not published tells nothing of itself: not in a body, a header, a count, an ETag or an error."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.routing import Rule

from factcheck.auth import Access, Asked
from newsroom import Newsroom
from test_access import VERDICT

# A word that no text has by chance, in everything that is hidden.
MARK = "zyxquorn"
WHY = {"reason": f"Because of {MARK}."}
# Who must not learn of it. (The contributor whose drafts they are, and editors, may.)
ROLES = ("public", "colleague")
NAMED = {
    "name": ["statements", "claims", "entities", "sources", "contradictions", "reviews", "corrections", "search"],
    "form": ["atom", "json"],
}  # fmt: skip


def publish(newsroom: Newsroom) -> list[str]:
    """Store what readers see, and return its ids and slugs."""
    for slug in ("one", "two", "three"):
        newsroom.claim(slug, about=["Northgate Cranes"], topics=["harbour"])
    newsroom.relate("one", "contradicts", "two")
    said = newsroom.statement("Ilse Brandt", "It swayed in the wind.", supports="one")
    other = newsroom.statement("Dana Ruiz", "It stood like a rock.", disputes="one")
    newsroom.statement("Tom Lee", "It swayed a little.", supports="three")
    newsroom.statement("Tom Lee", "It never swayed.", disputes="three")
    flags = newsroom.contradictions()
    for flag in flags:
        if flag["same_speaker"]:
            path = f"/v1/contradictions/{flag['id']}/decision"
            newsroom.post(path, {"status": "dismissed", **WHY}, status=200)
    review = newsroom.post("/v1/reviews", {"claim": "one", **VERDICT})
    ids = [each["id"] for each in (said, other, review, said["source"], *flags)]
    return ["one", "two", "three", "ilse-brandt", "northgate-cranes", *ids]


def hide(newsroom: Newsroom) -> list[str]:
    """Store drafts, suggestions and what hangs on them, with the mark in each; return ids and slugs."""
    source = {"url": f"https://{MARK}.example/1", "headline": f"A {MARK}", "publisher": MARK}
    draft = newsroom.statement(
        {"name": f"Vera {MARK}", "job_title": MARK},
        f"They knew of the {MARK}, and it swayed.",
        role="contributor",
        source=source,
        speaker_role=MARK,
        said_to=MARK,
        on_behalf_of={"name": f"Friends of {MARK}", "type": "Organization"},
        links=[
            {"claim": {"text": f"There was a {MARK}.", "slug": MARK, "about": [{"name": MARK}], "topics": [MARK]},
             "stance": "supports", "rationale": MARK},
            {"claim": "one", "stance": "disputes", "rationale": MARK},
        ],
    )  # fmt: skip
    newsroom.change(
        "PUT", f"/v1/sources/{draft['source']['id']}/snapshot", {"text": MARK}, role="contributor"
    )
    editors = newsroom.statement("Ilse Brandt", f"No {MARK} swayed.", status="draft", disputes="one")
    # Of what is public, a link that is only suggested.
    said = next(s for s in newsroom.get("/v1/statements?q=wind")["items"])
    suggestion = {"stance": "supports", "status": "suggested", "rationale": MARK}
    newsroom.change("PUT", f"/v1/statements/{said['id']}/links/two", suggestion)
    drawn = newsroom.post(f"/v1/claims/{MARK}/relations", {"to": "one", "type": "implies", "rationale": MARK})
    review = newsroom.post("/v1/reviews", {"claim": MARK, **VERDICT, "title": MARK})
    entity = newsroom.post("/v1/entities", {"name": f"Only {MARK}"}, role="contributor")
    loose = newsroom.post("/v1/sources", {"url": f"https://{MARK}.example/2"}, role="contributor")
    # Drafts that came to an end.
    gone = newsroom.statement("Ann", f"A {MARK} again.", role="contributor", source=source)
    newsroom.change("DELETE", f"/v1/statements/{gone['id']}", WHY, role="contributor")
    newsroom.claim(f"{MARK}-withdrawn", f"{MARK} went.", role="contributor")
    newsroom.change("DELETE", f"/v1/claims/{MARK}-withdrawn", WHY, role="contributor")
    newsroom.claim(f"{MARK}-merged", f"{MARK} is one.", role="contributor")
    newsroom.post(f"/v1/claims/{MARK}-merged/merge", {"into": "one", **WHY}, status=200)
    flags = [flag["id"] for flag in newsroom.contradictions() if MARK in str(flag["statements"])]
    ids = [each["id"] for each in (draft, draft["source"], draft["speaker"], editors, gone, drawn)]
    ids += [each["id"] for each in (review, entity, loose)]
    slugs = [MARK, f"{MARK}-withdrawn", f"{MARK}-merged", entity["slug"], draft["speaker"]["slug"]]
    return [*ids, *slugs, *flags]


def addresses(app: Flask, keys: list[str]) -> list[str]:
    """Return every public address, with each of these keys where it takes one."""
    asked: dict[str, Asked] = app.extensions["factcheck.asked"]
    found = []
    for rule in app.url_map.iter_rules():
        skipped = ("static", "swagger_ui.show", "api-docs.openapi_json", "embeds.script", "linked.vocabulary")
        if (
            "GET" in rule.methods
            and asked[rule.endpoint].access <= Access.reader
            and rule.endpoint not in skipped
        ):
            found += [address for key in keys for address in _filled(rule, key)]
    return sorted(set(found))


def _filled(rule: Rule, key: str) -> list[str]:
    filled: list[dict[str, str]] = [{}]
    for name in rule.arguments:
        values = NAMED.get(name, [key if name == "key" else "one"])
        filled = [{**each, name: value} for each in filled for value in values]
    return [rule.build(each, append_unknown=False)[1] for each in filled]


def filters(key: str) -> list[str]:
    """Return addresses of lists, searches and feeds that ask for a key or word."""
    word = quote(key)
    lists = ("speaker", "on_behalf_of", "claim", "source", "q")
    return [
        *(f"/v1/statements?{name}={word}" for name in lists),
        *(f"/v1/claims?{name}={word}" for name in ("about", "topic", "q")),
        *(f"/v1/contradictions?{name}={word}" for name in ("claim", "speaker", "subject")),
        *(f"/feeds/{feed}.json?{name}={word}" for feed in NAMED["name"] for name in ("claim", "entity", "topic")),
        f"/v1/entities?name={word}", f"/v1/entities?name=Vera%20{word}", f"/v1/reviews?claim={word}",
        f"/v1/sources?url=https://{word}.example/1", f"/v1/search?q={word}", f"/v1/search?q=swayed%20-{word}",
        f"/exports/search.csv?q={word}", f"/exports/statements.csv?speaker={word}",
        f"/v1alpha1/claims:search?query={word}", f"/v1alpha1/pages?organization={word}.example",
        f"/oembed?url=http://127.0.0.1:8000/claims/{word}",
        f"/oembed?url=http://127.0.0.1:8000/statements/{word}",
    ]  # fmt: skip


# A feed says when it was last modified once that second is over.
OF_THE_MOMENT = ("Date", "Last-Modified", "X-Request-ID")


def answers(newsroom: Newsroom, paths: list[str]) -> dict[tuple[str, str], Any]:
    found = {}
    for role in ROLES:
        for path in paths:
            response = newsroom.call("GET", path, role=role)
            kept = sorted((k, v) for k, v in response.headers.items() if k not in OF_THE_MOMENT)
            found[role, path] = (response.status_code, kept, response.get_data())
    return found


@pytest.fixture
def before_and_after(app: Flask, newsroom: Newsroom) -> tuple[Any, Any, list[str], list[str]]:
    public = publish(newsroom)
    asked_for = ("swayed", "harbour", "Northgate", "one", "two", "ilse-brandt", public[-1])
    paths = addresses(app, public) + [path for key in asked_for for path in filters(key)]
    before = answers(newsroom, paths)
    hidden = hide(newsroom)
    return before, answers(newsroom, paths), public, hidden


def test_what_is_hidden_changes_nothing_that_is_shown_and_answers_as_what_never_was(
    app: Flask, newsroom: Newsroom, before_and_after: tuple[Any, Any, list[str], list[str]]
) -> None:
    before, after, _, hidden = before_and_after
    changed = [call for call in before if before[call] != after[call]]
    assert not changed, "\n".join(f"{c}: {before[c]}\n  {after[c]}" for c in changed[:3])

    told = []
    nobody = str(uuid4())
    answered: dict[tuple[str, str], Any] = {}
    for key in hidden:
        never_was = nobody if len(key) == 36 else "qwxnothing"
        for path in (*addresses(app, [key]), *filters(key)):
            other = path.replace(key, never_was)
            for role in ROLES:
                if (other, role) not in answered:
                    answered[other, role] = newsroom.call("GET", other, role=role)
                shown, never = newsroom.call("GET", path, role=role), answered[other, role]
                # What was asked for may stand in the answer; nothing else may.
                body = shown.get_data(as_text=True).replace(key, never_was)
                if (shown.status_code, body) != (never.status_code, never.get_data(as_text=True)):
                    told.append(f"{path} as {role}: {shown.status_code} {body[:200]}")
                if MARK in body + str(shown.headers).replace(key, never_was):
                    told.append(f"{path} as {role} says the word")
    assert not told, "\n".join(told[:20])
    for (role, path), (_, kept, body) in after.items():
        assert MARK.encode() not in body, (role, path)
        assert MARK not in str(kept), (role, path)
