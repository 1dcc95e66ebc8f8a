"""Linked data and annotations, expanded with pyld; the ClaimReview of a page, read with extruct."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import extruct
import pytest
from bs4 import BeautifulSoup
from pyld import jsonld as pyld

import hostile
from conftest import settings_for
from factcheck import create_app
from factcheck.auth import ApiKey, Role
from factcheck.publish import annotations, jsonld, linked
from newsroom import Newsroom

BASE = "http://127.0.0.1:8000"
SCHEMAS = Path(__file__).parent / "schemas"
PINNED = {
    "https://schema.org": json.loads((SCHEMAS / "schema.org.jsonld").read_text()),
    "http://www.w3.org/ns/anno.jsonld": json.loads((SCHEMAS / "anno.jsonld").read_text()),
}
OA = "http://www.w3.org/ns/oa#"
NS = "urn:factcheck:ns:"
LD = {"Accept": "application/ld+json"}
SNAPSHOT = "On Friday Ilse Brandt said: “I never touched it.” Then she left."


class Linked:
    """A client of linked data: it reads documents, and contexts where they are pinned or served."""

    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom = newsroom

    def load(self, url: str, _options: Any) -> dict[str, Any]:
        document = PINNED.get(url)
        if document is None:
            assert url.startswith(f"{BASE}/ns/"), f"{url} is read from somewhere else"
            document = self.read(url.removeprefix(BASE))
        return {"contentType": None, "contextUrl": None, "documentUrl": url, "document": document}

    def read(self, path: str, status: int = 200, **headers: str) -> Any:
        answer = self.newsroom.call("GET", path, role="public", **headers)
        assert answer.status_code == status, answer.get_data(as_text=True)
        if status == 200:
            assert answer.mimetype == "application/ld+json"
        return answer.get_json(force=True)

    def triples(self, document: Any) -> set[tuple[str, str, str]]:
        """Return what a document says: subject, predicate, object."""
        found = pyld.to_rdf(document, {"documentLoader": self.load})
        return {
            (triple["subject"]["value"], triple["predicate"]["value"], triple["object"]["value"])
            for graph in found.values()
            for triple in graph
        }

    def terms(self, document: Any) -> set[str]:
        """Return the terms of a document that its contexts do not know: these would be lost."""
        contexts = document["@context"]
        known: set[str] = set()
        for url in contexts if isinstance(contexts, list) else [contexts]:
            known |= self.load(url, None)["document"]["@context"].keys()
        return {key for key in _keys(document) if not key.startswith("@")} - known


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
            if key in ("@type", "type", "motivation", "purpose"):
                yield from [inner] if isinstance(inner, str) else inner
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


@pytest.fixture
def web(newsroom: Newsroom) -> Linked:
    return Linked(newsroom)


@pytest.fixture
def crane(newsroom: Newsroom) -> dict[str, Any]:
    """A claim with two sides, a counter-claim, a contradiction, a retraction and a verdict."""
    newsroom.claim("moved", "Brandt moved the lever.", about=["Ilse Brandt"], topics=["harbour"])
    newsroom.claim("by-itself", "The lever moved by itself.")
    newsroom.relate("moved", "contradicts", "by-itself")
    source = {"url": newsroom.url, "type": "NewsArticle", "headline": "The lever", "publisher": "Herald"}
    made = {
        "denial": newsroom.statement(
            text="I never touched it.",
            said_on="2022-04-20",
            said_to="Harbour Herald",
            speaker_role="foreman",
            on_behalf_of={"name": "Northgate Cranes", "type": "Organization"},
            source=source,
            disputes="moved",
        ),
        "admission": newsroom.statement(
            text="I moved it.", said_on="2022-05", source={"url": "https://b.example/"}, supports="moved"
        ),
        "report": newsroom.statement(
            "Karl Vogt", "Sie war es.", language="de", kind="indirect", supports="moved"
        ),
        "counter": newsroom.statement("Nora Lind", "It went off.", supports="by-itself"),
        "gone": newsroom.statement("Olaf Meer", "Who? She.", supports="moved"),
    }
    newsroom.retract(made["gone"])
    made["review"] = newsroom.post(
        "/v1/reviews",
        {
            "claim": "moved",
            "author": {"name": "Herald desk", "url": "https://herald.example/"},
            "url": "https://herald.example/check",
            "title": "Who moved the lever",
            "published_on": "2023-02-01",
            "rating": {"value": 4, "worst": 1, "best": 5, "name": "Mostly true"},
            "explanation": "She said so herself.",
        },
    )
    return made


def test_a_claim_says_who_supports_and_who_disputes_it(crane: dict[str, Any], web: Linked) -> None:
    document = web.read("/claims/moved.jsonld")
    assert web.terms(document) == set()
    triples = web.triples(document)
    claim = f"{BASE}/claims/moved"
    address = {name: f"{BASE}/statements/{made['id']}" for name, made in crane.items()}
    # The terms for the sides of a claim are read backwards: they say the same as its statements say.
    assert (address["admission"], f"{NS}supports", claim) in triples
    assert (address["report"], f"{NS}supports", claim) in triples
    assert (address["denial"], f"{NS}disputes", claim) in triples
    assert not [t for t in triples if t[0] == address["gone"] and t[1] == f"{NS}supports"]
    assert (claim, "http://schema.org/mentions", address["gone"]) in triples
    assert (address["gone"], "http://schema.org/creativeWorkStatus", "Retracted") in triples
    assert (claim, f"{NS}counterClaim", f"{BASE}/claims/by-itself") in triples
    assert (claim, "http://schema.org/text", "Brandt moved the lever.") in triples
    assert (claim, "http://schema.org/keywords", "harbour") in triples
    assert (claim, "http://schema.org/about", f"{BASE}/entities/ilse-brandt") in triples
    assert (claim, "http://schema.org/review", f"{BASE}/reviews/{crane['review']['id']}") in triples
    assert (claim, f"{NS}supportCount", "2") in triples
    flags = {t[2] for t in triples if t[:2] == (claim, f"{NS}contradiction")}
    between = {t[2] for t in triples if t[0] in flags and t[1] == f"{NS}between"}
    assert {address["admission"], address["denial"], address["counter"]} <= between


def test_a_statement_says_who_for_whom_to_whom_when_and_where(
    crane: dict[str, Any], web: Linked, newsroom: Newsroom
) -> None:
    document = web.read(f"/statements/{crane['denial']['id']}.jsonld")
    assert web.terms(document) == set()
    assert document["@type"] == "Quotation"
    statement = f"{BASE}/statements/{crane['denial']['id']}"
    said = {
        (p.rpartition("/")[2].rpartition(":")[2], o) for s, p, o in web.triples(document) if s == statement
    }
    assert {
        ("text", "I never touched it."),
        ("creator", f"{BASE}/entities/ilse-brandt"),
        ("onBehalfOf", f"{BASE}/entities/northgate-cranes"),
        ("speakerRole", "foreman"),
        ("saidTo", "Harbour Herald"),
        ("dateCreated", "2022-04-20"),
        ("inLanguage", "en"),
        ("isBasedOn", newsroom.url),
        ("disputes", f"{BASE}/claims/moved"),
        ("creativeWorkStatus", "Published"),
    } <= said
    assert document["isBasedOn"]["@type"] == "NewsArticle"


def test_a_report_is_no_quotation_and_a_date_is_as_precise_as_it_is_known(
    crane: dict[str, Any], web: Linked
) -> None:
    report = web.read(f"/statements/{crane['report']['id']}.jsonld")
    assert report["@type"] == ["Statement", "ReportedSpeech"]
    assert "dateCreated" not in report
    assert web.read(f"/statements/{crane['admission']['id']}.jsonld")["dateCreated"] == "2022-05"


def test_a_retracted_statement_says_so_and_bears_on_nothing(crane: dict[str, Any], web: Linked) -> None:
    gone = web.read(f"/statements/{crane['gone']['id']}.jsonld")
    assert gone["creativeWorkStatus"] == "Retracted"
    assert [each["text"] for each in gone["correction"]] == ["Misheard."]
    assert "supports" not in gone


def test_corrections_are_told_with_their_reasons(
    crane: dict[str, Any], newsroom: Newsroom, web: Linked
) -> None:
    id_ = crane["admission"]["id"]
    path = f"/v1/statements/{id_}"
    newsroom.change("PATCH", path, {"said_to": "court", "reason": "To whom was left out."})
    newsroom.change("PATCH", path, {"text": "I moved it, yes.", "reason": "One word was missing."})
    newsroom.change("PATCH", "/v1/claims/moved", {"text": "She moved the lever.", "reason": "Plainer."})
    claim = web.read("/claims/moved.jsonld")
    [shown] = [each for each in claim["supportedBy"] if each["@id"].endswith(id_)]
    alone = web.read(f"/statements/{id_}.jsonld")
    for node, reasons in (
        (shown, ["One word was missing.", "To whom was left out."]),
        (alone, ["One word was missing.", "To whom was left out."]),
        (claim, ["Plainer."]),
    ):
        assert [each["text"] for each in node["correction"]] == reasons
        assert {each["@type"] for each in node["correction"]} == {"CorrectionComment"}
        assert all(each.keys() == {"@type", "text", "dateCreated"} for each in node["correction"])
    newsroom.retract(crane["admission"])
    told = web.read(f"/statements/{id_}.jsonld")["correction"]
    assert [each["text"] for each in told] == ["Misheard.", "One word was missing.", "To whom was left out."]
    assert "correction" not in web.read(f"/statements/{crane['denial']['id']}.jsonld")


def test_an_entity_is_what_schema_org_calls_it(newsroom: Newsroom, web: Linked) -> None:
    newsroom.post(
        "/v1/entities",
        {
            "name": "Ilse Brandt",
            "job_title": "Attorney",
            "alternate_names": ["I. Brandt"],
            "same_as": ["https://brandt.example/"],
        },
    )
    newsroom.post("/v1/entities", {"name": "Port", "type": "Organization", "job_title": "Harbour authority"})
    document = web.read("/entities/ilse-brandt.jsonld")
    assert web.terms(document) == set()
    me = f"{BASE}/entities/ilse-brandt"
    assert {
        (me, "http://schema.org/name", "Ilse Brandt"),
        (me, "http://schema.org/jobTitle", "Attorney"),
        (me, "http://schema.org/sameAs", "https://brandt.example/"),
        (me, "http://schema.org/alternateName", "I. Brandt"),
    } <= web.triples(document)
    assert web.read("/entities/port.jsonld")["description"] == "Harbour authority"


def test_our_terms_are_explained_where_they_are_defined(web: Linked) -> None:
    document = web.read("/ns/factcheck.jsonld")
    explained = {t[0] for t in web.triples(document) if t[1].endswith("#comment")}
    defined = {
        value if isinstance(value, str) else value.get("@id", value.get("@reverse"))
        for name, value in document["@context"].items()
        if name not in ("fc", "rdfs")
    }
    assert defined == explained
    assert {f"{NS}supports", f"{NS}Contradiction"} <= defined


# ClaimReview on the page of a review.


def page(newsroom: Newsroom, path: str) -> str:
    answer = newsroom.call("GET", path, role="public", Accept="text/html")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "text/html"
    return answer.get_data(as_text=True)


def embedded(html: str) -> list[Any]:
    found: list[Any] = extruct.extract(html, syntaxes=["json-ld"])["json-ld"]
    return found


def test_the_page_of_a_review_carries_it_once_in_terms_of_schema_org_alone(
    crane: dict[str, Any], web: Linked, newsroom: Newsroom
) -> None:
    path = f"/reviews/{crane['review']['id']}"
    html = page(newsroom, path)
    (block,) = embedded(html)
    assert block == web.read(f"{path}.jsonld")
    assert web.terms(block) == set()
    assert block["@context"] == "https://schema.org"
    assert block["@type"] == "ClaimReview"
    assert block["url"] == f"{BASE}{path}"
    assert block["sameAs"] == "https://herald.example/check"
    assert block["claimReviewed"] == "Brandt moved the lever."
    assert block["author"] == {
        "@type": "Organization",
        "name": "Herald desk",
        "url": "https://herald.example/",
    }
    assert block["reviewRating"] == {
        "@type": "Rating",
        "alternateName": "Mostly true",
        "ratingValue": 4,
        "worstRating": 1,
        "bestRating": 5,
    }
    assert block["itemReviewed"] == {
        "@type": "Claim",
        "@id": f"{BASE}/claims/moved",
        "text": "Brandt moved the lever.",
        # Who said it first, of those who gave a day, and where.
        "author": {"@type": "Person", "name": "Ilse Brandt", "url": f"{BASE}/entities/ilse-brandt"},
        "datePublished": "2022-05",
        "firstAppearance": {"@type": "CreativeWork", "url": "https://b.example/"},
        "appearance": [
            {"@type": "CreativeWork", "url": "https://b.example/"},
            {"@type": "NewsArticle", "url": newsroom.url, "headline": "The lever"},
        ],
    }
    canonical = BeautifulSoup(html, "html.parser").find("link", rel="canonical")
    assert canonical is not None
    assert canonical["href"] == block["url"]  # type: ignore[index]


def test_the_page_of_a_review_says_it_to_people_too(crane: dict[str, Any], newsroom: Newsroom) -> None:
    shown = BeautifulSoup(page(newsroom, f"/reviews/{crane['review']['id']}"), "html.parser")
    assert shown.h1 is not None
    assert shown.h1.get_text() == "Brandt moved the lever."
    text = " ".join(shown.main.get_text().split())  # type: ignore[union-attr]
    assert "Mostly true Rated 4 on a scale from 1 (worst) to 5 (best) She said so herself." in text
    assert "Verdict by Herald desk, 1 February 2023: Who moved the lever" in text
    headings = [int(heading.name[1]) for heading in shown.find_all(re.compile("^h[1-6]$"))]
    assert headings == [1, 2]


def test_other_pages_carry_none(crane: dict[str, Any], newsroom: Newsroom) -> None:
    for path in ("/", "/claims/moved", f"/statements/{crane['admission']['id']}"):
        assert embedded(page(newsroom, path)) == []


def test_a_claim_that_nobody_supports_has_no_author(newsroom: Newsroom, web: Linked) -> None:
    newsroom.claim("one", "It is so.")
    review = newsroom.post(
        "/v1/reviews",
        {
            "claim": "one",
            "author": {"name": "Desk"},
            "published_on": "2023-02-01",
            "rating": {"name": "Unproven"},
        },
    )
    document = web.read(f"/reviews/{review['id']}.jsonld")
    assert document["itemReviewed"] == {"@type": "Claim", "@id": f"{BASE}/claims/one", "text": "It is so."}
    assert document["reviewRating"] == {"@type": "Rating", "alternateName": "Unproven"}
    assert document["author"] == {"@type": "Organization", "name": "Desk"}


def test_it_can_be_switched_off(database_url: str) -> None:
    app = create_app(settings_for(database_url, claim_review=False))
    database = app.extensions["factcheck.database"]
    with database.writing() as session:
        secret = ApiKey.issue(session, name="an editor", role=Role.editor)[1]
        session.commit()
    newsroom = Newsroom(app.test_client(), {"editor": secret})
    newsroom.claim("one")
    rating = {"rating": {"name": "False"}, "author": {"name": "Desk"}, "published_on": "2023-02-01"}
    review = newsroom.post("/v1/reviews", {"claim": "one", **rating})
    html = page(newsroom, f"/reviews/{review['id']}")
    assert embedded(html) == []
    assert "<script" not in html
    assert Linked(newsroom).read(f"/reviews/{review['id']}.jsonld")["@type"] == "ClaimReview"
    database.dispose()


def test_a_review_that_is_gone_has_no_page(crane: dict[str, Any], newsroom: Newsroom, web: Linked) -> None:
    newsroom.claim("hidden", role="contributor")
    body = {"author": {"name": "Desk"}, "published_on": "2023-02-01", "rating": {"name": "False"}}
    hidden = newsroom.post("/v1/reviews", {"claim": "hidden", **body})
    second = newsroom.post("/v1/reviews", {"claim": "by-itself", **body})
    newsroom.change("DELETE", f"/v1/reviews/{crane['review']['id']}", {"reason": "Wrong."})
    newsroom.change("DELETE", "/v1/claims/by-itself", {"reason": "Wrong."})
    statuses = {
        crane["review"]["id"]: 410,
        second["id"]: 410,
        hidden["id"]: 404,
        "none": 404,
        "01a226fc-ca3d-7270-8760-cd79630c4c3b": 404,
    }
    for id_, status in statuses.items():
        for path in (f"/reviews/{id_}", f"/reviews/{id_}.jsonld"):
            assert newsroom.call("GET", path, role="editor").status_code == status, path


# One address, two forms.


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/html", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/ld+json", "application/ld+json"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "application/ld+json"),
        ("APPLICATION/LD+JSON", "application/ld+json"),
        ("application/ld+json, text/html;q=0.9", "application/ld+json"),
        ("application/ld+json;q=0.5, text/html", "text/html"),
        ("application/ld+json, */*;q=0.1", "application/ld+json"),
        ("application/ld+json, text/html", "text/html"),
        ("application/*", "application/ld+json"),
        ("application/ld+json;q=0", "text/html"),
        ("image/png", "text/html"),
    ],
)
def test_what_a_client_accepts_decides(
    crane: dict[str, Any], newsroom: Newsroom, accept: str, expected: str
) -> None:
    for path in (
        "/claims/moved",
        f"/statements/{crane['denial']['id']}",
        f"/reviews/{crane['review']['id']}",
    ):
        answer = newsroom.call("GET", path, role="public", Accept=accept)
        assert (answer.status_code, answer.mimetype) == (200, expected)
        assert "Accept" in answer.headers["Vary"]
        if expected == jsonld.MEDIA_TYPE:
            assert answer.headers["Content-Location"] == f"{path}.jsonld"
            stable = newsroom.call("GET", f"{path}.jsonld", role="public")
            assert stable.get_data() == answer.get_data()
            assert stable.headers["ETag"] == answer.headers["ETag"]


def test_an_entity_is_negotiated_too(crane: dict[str, Any], web: Linked) -> None:
    assert web.read("/entities/ilse-brandt", Accept="application/ld+json")["@type"] == "Person"


def test_documents_are_conditional_and_any_page_may_read_them(
    crane: dict[str, Any], newsroom: Newsroom
) -> None:
    for path in (
        "/claims/moved.jsonld",
        "/ns/factcheck.jsonld",
        f"/v1/statements/{crane['denial']['id']}/annotation",
    ):
        first = newsroom.call("GET", path, role="public")
        assert first.headers["Access-Control-Allow-Origin"] == "*"
        again = newsroom.call("GET", path, role="public", If_None_Match=first.headers["ETag"])
        assert (again.status_code, again.get_data()) == (304, b"")
    page_etag = newsroom.call("GET", "/claims/moved", role="public").headers["ETag"]
    other = newsroom.call("GET", "/claims/moved", role="public", If_None_Match=page_etag, **LD)
    assert other.status_code == 200


def test_ids_and_what_was_merged_lead_to_what_stands(crane: dict[str, Any], newsroom: Newsroom) -> None:
    twin = newsroom.claim("twin")
    newsroom.post("/v1/claims/twin/merge", {"into": "moved", "reason": "The same."}, status=200)
    newsroom.statement("Ilse B.", "Hm.")
    newsroom.post("/v1/entities/ilse-b/merge", {"into": "ilse-brandt", "reason": "Her."}, status=200)
    leads = {
        "/claims/twin.jsonld": "/claims/moved.jsonld",
        f"/claims/{twin['id']}.jsonld": "/claims/moved.jsonld",
        "/entities/ilse-b.jsonld": "/entities/ilse-brandt.jsonld",
    }
    for path, to in leads.items():
        answer = newsroom.call("GET", path, role="public")
        assert (answer.status_code, answer.headers["Location"]) == (308, to)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("role", ["public", "editor"])
def test_linked_data_tells_nothing_of_drafts(newsroom: Newsroom, role: str) -> None:
    newsroom.claim("shown", "This is public.", about=["Loud Person"])
    newsroom.claim("hidden", "This is a secret.", role="contributor", about=["Quiet Person"])
    newsroom.relate("shown", "contradicts", "hidden")
    draft = newsroom.statement("Quiet Person", "A secret.", role="contributor", supports=["shown", "hidden"])
    public = newsroom.statement("Loud Person", "Aloud.", supports="hidden", disputes="shown")
    newsroom.statement(
        "Loud Person", "Hm.", links=[{"claim": "shown", "stance": "supports", "status": "suggested"}]
    )
    for path in (
        "/claims/hidden.jsonld",
        f"/statements/{draft['id']}.jsonld",
        "/entities/quiet-person.jsonld",
        f"/v1/statements/{draft['id']}/annotation",
    ):
        assert newsroom.call("GET", path, role=role).status_code == 404, path
    for path in ("/claims/hidden", f"/statements/{draft['id']}", "/entities/quiet-person"):
        assert newsroom.call("GET", path, role=role, **LD).status_code == 404, path
    shown = [
        newsroom.call("GET", path, role=role).get_data(as_text=True)
        for path in (
            "/claims/shown.jsonld",
            f"/statements/{public['id']}.jsonld",
            f"/v1/statements/{public['id']}/annotation",
            f"/v1/sources/{public['source']['id']}/annotations",
            f"/v1/sources/{public['source']['id']}/annotations?page=0",
        )
    ]
    for text in shown:
        assert "secret" not in text
        assert "hidden" not in text
        assert "uiet" not in text
    assert json.loads(shown[0])["supportCount"] == 0
    assert json.loads(shown[3])["total"] == 2


# Annotations.


def test_an_annotation_points_at_the_words_in_the_source(
    crane: dict[str, Any], web: Linked, newsroom: Newsroom
) -> None:
    denial = crane["denial"]
    newsroom.change("PUT", f"/v1/sources/{denial['source']['id']}/snapshot", {"text": SNAPSHOT}, status=200)
    document = web.read(f"/v1/statements/{denial['id']}/annotation")
    assert web.terms(document) == set()
    assert document["target"] == {
        "source": newsroom.url,
        "selector": {
            "type": "TextQuoteSelector",
            "exact": "I never touched it.",
            "prefix": "On Friday Ilse Brandt said: “",
            "suffix": "” Then she left.",
        },
    }
    me = f"{BASE}/v1/statements/{denial['id']}/annotation"
    triples = web.triples(document)
    assert (me, f"{OA}motivatedBy", f"{OA}identifying") in triples
    (target,) = {t[2] for t in triples if t[:2] == (me, f"{OA}hasTarget")}
    assert (target, f"{OA}hasSource", newsroom.url) in triples
    sources = {t[2] for t in triples if t[1] == f"{OA}hasSource"} - {newsroom.url}
    assert sources == {f"{BASE}/statements/{denial['id']}", f"{BASE}/claims/moved"}
    values = [t[2] for t in triples if t[1].endswith("#value")]
    assert values == ["Ilse Brandt, foreman, on behalf of Northgate Cranes"]


def test_an_annotation_of_what_was_retracted_says_so(crane: dict[str, Any], web: Linked) -> None:
    bodies = web.read(f"/v1/statements/{crane['gone']['id']}/annotation")["body"]
    assert [body.get("value") for body in bodies] == [None, "Olaf Meer", "Retracted: Misheard."]


def test_other_words_than_the_sources_have_no_place_in_it(crane: dict[str, Any], web: Linked) -> None:
    problem = web.read(f"/v1/statements/{crane['report']['id']}/annotation", 404)
    assert "no place to point at" in problem["detail"]


QUOTE = {"type": "TextQuoteSelector", "exact": "a", "prefix": "b"}


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ({}, [{"type": "TextQuoteSelector", "exact": "a b"}]),
        ({"kind": "indirect"}, []),
        ({"kind": "indirect", "anchor": QUOTE}, [QUOTE]),
        ({"anchor": {"type": "FragmentSelector", "value": "t=30"}}, [{"type": "FragmentSelector", "value": "t=30"}]),
        (
            {"verification": {"result": "exact", "selectors": [QUOTE, {"type": "TextPositionSelector", "start": 1, "end": 2}]}},
            [QUOTE],
        ),
        (
            {"verification": {"selectors": [QUOTE]}, "anchor": {"type": "FragmentSelector", "value": "x"}},
            [QUOTE, {"type": "FragmentSelector", "value": "x"}],
        ),
        ({"verification": {"selectors": [QUOTE]}, "anchor": {**QUOTE, "exact": "c"}}, [QUOTE]),
        ({"verification": {"result": "exact", "selectors": None}, "anchor": QUOTE}, [QUOTE]),
        (
            {"kind": "indirect", "verification": {"result": "exact", "selectors": None}},
            [{"type": "TextQuoteSelector", "exact": "a b"}],
        ),
        ({"kind": "indirect", "verification": {"result": None, "selectors": None}}, []),
    ],
)  # fmt: skip
def test_where_words_stand(shown: dict[str, Any], expected: list[Any]) -> None:
    statement = {"text": "a b", "kind": "direct", "anchor": None, "verification": None, **shown}
    assert annotations.selectors(statement) == expected


def test_a_source_has_its_annotations_in_pages(
    newsroom: Newsroom, web: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linked, "PER_PAGE", 2)
    made = [newsroom.statement(text=f"Number {i}.") for i in range(5)]
    newsroom.statement(text="In other words.", kind="indirect")
    newsroom.statement(text="Elsewhere.", source={"url": "https://b.example/"})
    path = f"/v1/sources/{made[0]['source']['id']}/annotations"
    collection = web.read(path)
    assert web.terms(collection) == set()
    assert collection == {
        "@context": annotations.CONTEXT,
        "id": f"{BASE}{path}",
        "type": "AnnotationCollection",
        "label": newsroom.url,
        "total": 5,
        "first": f"{BASE}{path}?page=0",
        "last": f"{BASE}{path}?page=2",
    }
    ids, starts, address = [], [], collection["first"]
    while address:
        found = web.read(address.removeprefix(BASE))
        assert web.terms(found) == set()
        assert found["partOf"]["id"] == collection["id"]
        ids += [item["id"] for item in found["items"]]
        starts.append(found["startIndex"])
        last, address = found, found.get("next")
    assert ids == [f"{BASE}/v1/statements/{statement['id']}/annotation" for statement in made]
    assert starts == [0, 2, 4]
    assert last["prev"] == f"{BASE}{path}?page=1"
    in_page = [t for t in web.triples(last) if t[1] == f"{OA}hasTarget"]
    assert len(in_page) == 1
    assert web.read(f"{path}?page=3", 404)["detail"] == "There is no such page."
    assert web.read(f"{path}?page=-1", 422)["errors"][0]["parameter"] == "page"
    assert web.read(f"{path}?page=x", 422)["errors"][0]["parameter"] == "page"


def test_a_source_without_annotations_and_one_that_is_hidden(newsroom: Newsroom, web: Linked) -> None:
    empty = newsroom.post("/v1/sources", {"url": "https://b.example/", "headline": "B"})
    path = f"/v1/sources/{empty['id']}/annotations"
    collection = web.read(path)
    assert (collection["total"], collection["label"]) == (0, "B")
    assert "first" not in collection
    web.read(f"{path}?page=0", 404)
    draft = newsroom.statement(text="Hush.", role="contributor", source={"url": "https://c.example/"})
    web.read(f"/v1/sources/{draft['source']['id']}/annotations", 404)
    web.read("/v1/sources/none/annotations", 404)


def test_a_source_without_address_is_named_by_ours(newsroom: Newsroom, web: Linked) -> None:
    source = {"headline": "The nine o'clock news", "type": "Broadcast"}
    statement = newsroom.statement(text="Hear, hear.", source=source)
    target = web.read(f"/v1/statements/{statement['id']}/annotation")["target"]
    assert target["source"] == f"{BASE}/v1/sources/{statement['source']['id']}"
    document = web.read(f"/statements/{statement['id']}.jsonld")
    assert document["isBasedOn"]["@id"] == target["source"]
    assert document["isBasedOn"]["@type"] == "CreativeWork"


# Whatever a text holds.


@pytest.mark.parametrize("text", hostile.TEXTS)
def test_hostile_text_stays_text(newsroom: Newsroom, web: Linked, text: str) -> None:
    made = hostile.tell(newsroom, text)
    claim = web.read("/claims/one.jsonld")
    assert claim["text"] == text
    assert (f"{BASE}/claims/one", "http://schema.org/text", text) in web.triples(claim)
    statement = f"/statements/{made.first['id']}"
    said = web.read(f"{statement}.jsonld")
    assert (f"{BASE}{statement}", "http://schema.org/text", f"a {text} b") in web.triples(said)
    assert web.read(f"/v1{statement}/annotation")["target"]["selector"]["exact"] == f"a {text} b"
    html = page(newsroom, f"/reviews/{made.review['id']}")
    (block,) = embedded(html)
    assert block == web.read(f"/reviews/{made.review['id']}.jsonld")
    assert block["claimReviewed"] == block["reviewBody"] == block["name"] == text
    assert (block["@id"], "http://schema.org/claimReviewed", text) in web.triples(block)
    source = made.first["source"]["id"]
    items = web.read(f"/v1/sources/{source}/annotations?page=0")
    exact = {t[2] for t in web.triples(items) if t[1] == f"{OA}exact"}
    assert exact == {f"a {text} b", f"c {text}", f"e {text}", f"f {text}"}
    shown = BeautifulSoup(html, "html.parser")
    (script,) = shown.find_all("script")
    assert script["type"] == "application/ld+json"
    assert not set("<>&\u2028\u2029") & set(script.get_text())
    assert not shown.find_all(["img", "style"])
    assert shown.h1 is not None
    assert shown.h1.get_text().replace("\r\n", "\n") == text.replace("\r\n", "\n")
    for tag in shown.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on") or name == "style"]


@pytest.mark.parametrize("text", [*hostile.TEXTS, "</ScRiPt >", "<!--<script>", "\u2028]]>"])
def test_json_in_a_script_is_that_json(text: str) -> None:
    written = jsonld.embedded({"a": text})
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written) == {"a": text}


def test_what_is_not_known_is_left_out() -> None:
    entity = SimpleNamespace(
        id="x", slug="a", type=SimpleNamespace(value="Person"), name="A", alternate_names=[], job_title=None, same_as=[]
    )  # fmt: skip
    assert jsonld.entity(entity, "https://a.example") == {
        "@context": ["https://schema.org", "https://a.example/ns/factcheck.jsonld"],
        "@id": "https://a.example/entities/a",
        "@type": "Person",
        "url": "https://a.example/entities/a",
        "identifier": "urn:uuid:x",
        "name": "A",
    }


def test_documents_ask_as_often_for_many_statements_as_for_few(
    crane: dict[str, Any], newsroom: Newsroom, queries: list[str]
) -> None:
    source = crane["denial"]["source"]["id"]
    paths = [
        "/claims/moved.jsonld",
        f"/statements/{crane['denial']['id']}.jsonld",
        f"/reviews/{crane['review']['id']}",
        f"/v1/sources/{source}/annotations?page=0",
    ]

    def cost(path: str) -> int:
        newsroom.call("GET", path, role="public")
        queries.clear()
        assert newsroom.call("GET", path, role="public").status_code == 200
        return len(queries)

    before = [cost(path) for path in paths]
    for number in range(10):
        newsroom.statement(f"S{number}", supports="moved")
        newsroom.statement(f"D{number}", disputes="moved")
    # Of more contradictions than are shown, the strongest are found first.
    assert [cost(path) for path in paths] == [before[0] + 1, *before[1:]]
    assert max(before) <= 20


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/claims/none.jsonld", 404),
        ("/claims/none", 404),
        ("/v1/statements/none/annotation", 404),
        ("/oembed", 422),
        ("/oembed?url=https://elsewhere.example/", 404),
        ("/feeds/statements.atom?claim=none", 404),
        ("/feeds/other.json", 404),
        ("/feeds/statements.json?topic=" + "x" * 101, 422),
    ],
)
def test_any_page_of_the_web_may_read_what_is_wrong(newsroom: Newsroom, path: str, status: int) -> None:
    answer = newsroom.call("GET", path, role="public", Accept="application/ld+json")
    assert answer.status_code == status
    assert answer.headers.getlist("Access-Control-Allow-Origin") == ["*"]
