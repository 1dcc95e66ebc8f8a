import re
from itertools import pairwise
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.templating import Environment
from flask.testing import FlaskClient
from jinja2 import TemplateAssertionError
from markupsafe import Markup, escape

import hostile
from factcheck import create_app
from factcheck.config import Settings
from factcheck.publish import rendering
from factcheck.publish.fragments import cited, escaped, marked
from newsroom import Newsroom
from pages import BROWSER, Read, part, quotes, words


@pytest.fixture
def crane(newsroom: Newsroom) -> Newsroom:
    """A claim with two sides, a speaker who contradicts herself, and a counter-claim."""
    newsroom.claim("moved", "Brandt moved the lever.", about=["Ilse Brandt"])
    newsroom.claim("by-itself", "The lever moved by itself.")
    newsroom.relate("moved", "contradicts", "by-itself")
    newsroom.statement(
        text="I never <touched> 🎥 the lever.",
        said_on="2022-04-20",
        said_to="Harbour Herald",
        speaker_role="foreman",
        on_behalf_of={"name": "Northgate Cranes"},
        links=[{"claim": "moved", "stance": "disputes", "span": {"text": "<touched> 🎥 the"}}],
    )
    newsroom.statement(
        text="I moved it.", said_on="2022-05", links=[{"claim": "moved", "stance": "supports"}]
    )
    newsroom.statement(
        "Karl Vogt", "Sie war es.", language="de", said_on="2022", supports="moved", kind="indirect"
    )
    newsroom.statement("Nora Lind", "It went off.", supports="by-itself")
    return newsroom


def test_both_sides_and_their_counts_are_there(crane: Newsroom, read: Read) -> None:
    page = read("/claims/moved")
    assert words(page.h1) == "Brandt moved the lever."
    assert words(part(page, "supports-heading")) == "2 statements support this claim"
    assert words(part(page, "disputes-heading")) == "1 statement disputes this claim"
    assert quotes(part(page, "supports")) == ["I moved it.", "Sie war es."]
    assert quotes(part(page, "disputes")) == ["I never <touched> 🎥 the lever."]
    assert "As of " in words(page.select_one(".opening .meta"))
    assert "Nobody has published a verdict" in words(part(page, "verdicts"))


def test_a_statement_says_who_for_whom_to_whom_when_and_where(crane: Newsroom, read: Read) -> None:
    side = part(read("/claims/moved"), "disputes")
    assert words(side.select_one(".speaker")) == "Ilse Brandt, foreman"
    assert [words(line) for line in side.select("dl > div")] == [
        "On behalf of Northgate Cranes",
        "To Harbour Herald",
        "Said 20 April 2022",
        f"Source {crane.url}",
    ]
    *_, link = side.select("dd a")
    assert (link["href"], link["rel"]) == (crane.url, ["nofollow", "noopener"])


def test_a_date_is_as_precise_as_it_was_given(crane: Newsroom, read: Read) -> None:
    crane.statement("Olaf Meer", supports="moved")
    shown = [words(line) for line in part(read("/claims/moved"), "supports").select("dl > div")]
    assert [line for line in shown if line.startswith("Said")] == [
        "Said May 2022",
        "Said 2022",
        "Said date not given",
    ]


def test_a_report_is_not_shown_as_a_quotation(crane: Newsroom, read: Read) -> None:
    own, report = part(read("/claims/moved"), "supports").select("figure")
    assert own["class"] == ["statement", "direct"]
    assert report["class"] == ["statement", "indirect"]
    assert "Reported, not quoted" in words(report)
    assert "Reported, not quoted" not in words(own)
    quote = report.blockquote
    assert quote is not None
    assert quote["lang"] == "de"


def test_a_pair_is_shown_once_with_its_words_marked_and_all_reasons(crane: Newsroom, read: Read) -> None:
    page = read("/claims/moved")
    pairs = part(page, "contradictions").select("article")
    own = next(pair for pair in pairs if "same speaker" in words(pair.h3))
    assert quotes(own) == ["I never <touched> 🎥 the lever.", "I moved it."]
    assert [mark.get_text() for mark in own.select("mark")] == ["<touched> 🎥 the"]
    assert "disputes the claim “Brandt moved the lever”" in words(own.select_one(".reasons"))
    assert "Open" in words(own.select_one(".status"))
    flag = next(flag for flag in crane.contradictions() if flag["same_speaker"])
    path = f"/v1/contradictions/{flag['id']}/decision"
    crane.post(path, {"status": "confirmed", "reason": "Heard on tape."}, status=200)
    (status,) = part(read("/claims/moved"), "contradictions").select_one("article").select(".status")  # type: ignore[union-attr]
    assert "Confirmed by an editor" in words(status)
    assert "Heard on tape." in words(status)

    crane.claim("untouched", "Nobody touched the lever.")
    crane.statement("Ada Bell", "He did. She did.", supports=["moved", "by-itself"])
    pairs = part(read("/claims/moved"), "contradictions").select("article")
    both = [pair for pair in pairs if "Ada Bell" in words(pair.h3) and "Nora Lind" in words(pair.h3)]
    assert len(both) == 1


def test_two_reasons_of_one_pair_stand_together(newsroom: Newsroom, read: Read) -> None:
    newsroom.claim("one", "The first.")
    newsroom.claim("two", "The second.")
    first = newsroom.statement("Ada Bell", supports=["one", "two"])
    newsroom.statement("Olaf Meer", disputes=["one", "two"])
    for path in ("/claims/one", f"/statements/{first['id']}"):
        (pair,) = part(read(path), "contradictions").select("article")
        assert len(pair.select(".reasons li")) == 2


def test_counter_claims_are_linked_with_how_they_are_related(crane: Newsroom, read: Read) -> None:
    (counter,) = part(read("/claims/moved"), "counter-claims").select("article")
    link = counter.select_one("h3 a")
    assert link is not None
    assert link["href"] == "/claims/by-itself"
    assert "Drawn by an editor" in words(counter)
    assert quotes(counter) == ["It went off."]

    crane.claim("cleared", "The report clears Vogt.", kind="exoneration", about=["Karl Vogt"])
    crane.claim("guilty", "Vogt is at fault.", kind="responsibility", about=["Karl Vogt"])
    (derived,) = part(read("/claims/cleared"), "counter-claims").select("article")
    assert "Derived: one claim clears whom the other holds responsible" in words(derived)


def test_a_verdict_names_the_person_or_desk(crane: Newsroom, read: Read) -> None:
    crane.post(
        "/v1/reviews",
        {
            "claim": "moved",
            "author": {"name": "Herald desk"},
            "url": "https://herald.example/check",
            "published_on": "2023-02-01",
            "rating": {"value": 4, "worst": 1, "best": 5, "name": "Mostly true"},
            "explanation": "She said so herself.",
        },
    )
    (review,) = part(read("/claims/moved"), "verdicts").select("article")
    assert words(review.h3) == "Mostly true"
    assert "Rated 4 on a scale from 1 (worst) to 5 (best)" in words(review)
    assert "Verdict by Herald desk, 1 February 2023" in words(review)


def test_a_retracted_statement_is_struck_and_labelled(crane: Newsroom, read: Read) -> None:
    statement = crane.statement("Olaf Meer", "It was Brandt.", supports="moved")
    crane.retract(statement)
    page = read("/claims/moved")
    assert words(part(page, "supports-heading")).startswith("2 ")
    for shown in (part(page, "retracted"), part(read(f"/statements/{statement['id']}"), "main")):
        assert words(shown.select_one("blockquote s")) == "It was Brandt."
        assert re.match(r"Retracted on .* UTC: Misheard\.", words(shown.select_one(".retracted")))
    assert "Supported the claim" in words(read(f"/statements/{statement['id']}").select_one(".bearing"))


def test_a_statement_has_its_own_page(crane: Newsroom, read: Read) -> None:
    link = part(read("/claims/moved"), "disputes").select_one(".permalink a")
    assert link is not None
    page = read(str(link["href"]))
    assert words(page.h1) == "Statement by Ilse Brandt"
    assert words(page.select_one(".bearing")) == (
        "Disputes the claim Brandt moved the lever. In the words <touched> 🎥 the"
    )
    assert len(part(page, "contradictions").select("article")) == 2
    canonical = page.find("link", rel="canonical")
    assert isinstance(canonical, Tag)
    assert canonical["href"] == f"http://127.0.0.1:8000{link['href']}"


@pytest.mark.parametrize("text", hostile.TEXTS)
def test_hostile_text_stays_text_in_every_field(newsroom: Newsroom, read: Read, text: str) -> None:
    told = hostile.tell(newsroom, text)
    paths = (
        *told.pages,
        *(f"/embed{path}" for path in told.embeddable),
        f"/embed/statements/{told.first['id']}?version=1",
        "/embed/claims/one?version=1",
        "/?q=%3Cscript%3Ealert(1)%3C/script%3E",
        '/?q="><img src=x>',
        "/<script>",
    )
    for path in paths:
        page = read(path, 404 if path == "/<script>" else 200)
        frame = path.startswith("/embed/")
        assert len(page.find_all("script", src=re.compile(r"^/static/embed-frame\.js"))) == frame
        markup = page.find_all("script", type="application/ld+json")
        assert len(markup) == path.startswith("/reviews/")
        assert len(page.find_all(["script", "img", "style", "iframe"])) == frame + len(markup)
        for tag in page.find_all(True):
            assert not [name for name in tag.attrs if name.startswith("on") or name == "style"]
    page = read("/claims/one")
    line = " ".join(text.split())
    assert [" ".join(quote.split()) for quote in quotes(part(page, "supports"))] == [f"a {line} b"]
    assert words(page.h1) == line
    assert line in [words(mark) for mark in page.select("mark")]
    assert words(part(page, "retracted")).count(line) > 3
    assert words(part(page, "verdicts").select_one("h3")) == line
    assert line in words(part(page, "corrections"))
    assert words(read(f"/entities/{told.entity}").h1) == line


def test_templates_say_what_plain_jinja_makes_of_them(
    newsroom: Newsroom, settings: Settings, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = hostile.tell(newsroom, hostile.TEXTS[2])
    monkeypatch.setattr(rendering, "Templates", Environment)
    app = create_app(settings)
    try:
        for path in ("/", "/no-such-page", *told.pages, *(f"/embed{path}" for path in told.embeddable)):
            plain, ours = (one.get(path, headers=BROWSER).text for one in (app.test_client(), client))
            assert "&lt;" in ours or path == "/no-such-page"
            assert ours == plain
    finally:
        app.extensions["factcheck.database"].dispose()


def test_links_within_pages_lead_somewhere(newsroom: Newsroom, read: Read, client: FlaskClient) -> None:
    told = hostile.tell(newsroom, "Northgate & Sons")
    paths = [*told.pages, *(f"/embed{path}" for path in told.embeddable)]
    linked = {str(tag["href"]) for path in paths for tag in read(path).find_all(["a", "link"], href=True)}
    within = {address.removeprefix("http://127.0.0.1:8000") for address in linked}
    within = {address for address in within if address.startswith("/")}
    assert len({address.split("/")[1].split("?")[0] for address in within}) >= 9
    for address in within - {"/docs"}:
        with client.get(address) as response:
            assert response.status_code == 200, address


@pytest.mark.parametrize(
    "value",
    ["", "plain", '<a href="x">&\'', "é <", Markup("<b>"), escape("<b>"), 7, 2.5, True, None, [1, "<"]],
)
def test_a_value_is_escaped_as_markupsafe_does(value: object) -> None:
    assert escaped(value) == str(escape(value))


@pytest.mark.parametrize("spans", [[(2, 4), (3, 6)], [(3, 6), (2, 4)], [(2, 6), (3, 4)], [(2, 6), (2, 6)]])
def test_overlapping_spans_mark_each_word_once(spans: list[tuple[int, int]]) -> None:
    shown = marked("a <b&c> d", spans)
    assert shown.replace("</mark><mark>", "") == "a <mark>&lt;b&amp;c</mark>&gt; d"


def test_offsets_count_code_points() -> None:
    assert marked("🎥e\u0301\n<x>", [(1, 3)]) == "🎥<mark>e\u0301</mark>\n&lt;x&gt;"
    assert marked("<x>", []) == "&lt;x&gt;"


@pytest.mark.parametrize("role", ["public", "editor", "contributor"])
def test_drafts_are_invisible_whoever_asks(newsroom: Newsroom, read: Read, role: str) -> None:
    newsroom.claim("shown", "This is public.")
    newsroom.claim("hidden", "This is a secret.", role="contributor")
    newsroom.relate("shown", "contradicts", "hidden")
    draft = newsroom.statement(
        "Quiet Person", "A secret thing.", role="contributor", supports=["shown", "hidden"]
    )
    public = newsroom.statement("Loud Person", "Aloud.", supports="hidden", disputes="shown")
    headers = newsroom.headers(role)
    read("/claims/hidden", 404, **headers)
    read(f"/claims/{newsroom.get('/v1/claims/hidden')['id']}", 404, **headers)
    read(f"/statements/{draft['id']}", 404, **headers)
    for path in ("/", "/claims/shown", f"/statements/{public['id']}", "/?q=secret", "/?q=public"):
        shown = words(read(path, **headers))
        assert "This is a secret" not in shown
        assert "A secret thing" not in shown
        assert "Quiet Person" not in shown
    assert words(part(read("/claims/shown", **headers), "supports-heading")).startswith("0 ")
    # A wrong key is no obstacle either: pages do not look at keys.
    read("/claims/shown", Authorization="Bearer nonsense")


def test_a_suggested_link_counts_nowhere(newsroom: Newsroom, read: Read) -> None:
    newsroom.claim("one", "This is public.")
    link = {"claim": "one", "stance": "supports", "status": "suggested"}
    statement = newsroom.statement(text="Perhaps.", links=[link])
    assert words(part(read("/claims/one"), "supports-heading")).startswith("0 ")
    assert "It is linked to no published claim" in words(read(f"/statements/{statement['id']}"))
    assert [words(tally) for tally in read("/").select(".tally")] == ["0 support 0 dispute"]


def test_ids_and_merged_claims_lead_to_the_page_that_stands(newsroom: Newsroom, client: FlaskClient) -> None:
    ids = {slug: newsroom.claim(slug)["id"] for slug in ("one", "two", "three")}

    def leads_to(key: str) -> str | None:
        response = client.get(f"/claims/{key}")
        return response.headers["Location"] if response.status_code == 308 else None

    assert leads_to(ids["one"]) == "/claims/one"
    assert leads_to(ids["one"].upper()) == "/claims/one"
    assert leads_to("one") is None
    for slug, into in (("one", "two"), ("two", "three")):
        newsroom.post(f"/v1/claims/{slug}/merge", {"into": into, "reason": "The same."}, status=200)
    assert leads_to("one") == leads_to("two") == leads_to(ids["one"]) == "/claims/three"


def test_what_is_gone_or_never_was_gets_a_page(newsroom: Newsroom, read: Read) -> None:
    newsroom.claim("one")
    newsroom.change("DELETE", "/v1/claims/one", {"reason": "Twice."})
    assert "This claim was withdrawn." in words(read("/claims/one", 410))
    for path in ("/claims/none", "/statements/none", "/statements/" + "0" * 8 + "-0000" * 3 + "-" + "0" * 12):
        assert words(read(path, 404).h1) == "Not Found"
    assert words(read("/nothing/here", 404).h1) == "Not Found"
    read("/?cursor=forged", 422)


def test_pages_forbid_what_they_do_not_use(newsroom: Newsroom, client: FlaskClient) -> None:
    newsroom.claim("one")
    for path in ("/", "/claims/one", "/claims/none", "/nothing"):
        headers = client.get(path, headers=BROWSER).headers
        policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
        assert policy == {
            "default-src": "'none'",
            "style-src": "'self'",
            "img-src": "'self'",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": "'self'",
        }
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in client.get("/docs/").headers["Content-Security-Policy"]


def test_pages_are_conditional_and_the_style_sheet_is_kept(newsroom: Newsroom, client: FlaskClient) -> None:
    newsroom.claim("one")
    for path in ("/", "/claims/one"):
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.get_data()) == (304, b"")
    before = client.get("/claims/one").headers["ETag"]
    newsroom.statement(supports="one")
    assert client.get("/claims/one", headers={"If-None-Match": before}).status_code == 200
    sheet = BeautifulSoup(client.get("/").get_data(as_text=True), "html.parser").find(
        "link", rel="stylesheet"
    )
    assert isinstance(sheet, Tag)
    with client.get(str(sheet["href"])) as response:
        assert response.status_code == 200
        assert "immutable" in response.headers["Cache-Control"]
    # Another version's name must not be kept: while servers are replaced, one may be asked for the other's.
    with client.get("/static/style.css?v=other") as response:
        assert "immutable" not in response.headers["Cache-Control"]


def test_the_front_page_lists_newest_first_and_pages(
    newsroom: Newsroom, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("factcheck.publish.pages.CLAIMS_PER_PAGE", 2)
    for number in range(5):
        newsroom.claim(f"claim-{number}", f"Claim {number}")
    newsroom.statement("A", supports=["claim-4", "claim-3"])
    newsroom.statement("B", supports="claim-4", disputes="claim-3")
    page = read("/?utm_source=letter")
    assert [words(tally) for tally in page.select(".tally")] == [
        "2 support 0 dispute",
        "1 supports 1 disputes",
    ]
    seen, path = [], "/?utm_source=letter"
    while path:
        page = read(path)
        seen.append([words(heading) for heading in page.select(".claims h3")])
        following = page.find("a", rel="next")
        path = str(following["href"]) if isinstance(following, Tag) else ""
    assert seen == [["Claim 4", "Claim 3"], ["Claim 2", "Claim 1"], ["Claim 0"]]


def test_the_front_page_is_there_before_any_claim(read: Read) -> None:
    assert "No claim has been published yet." in words(read("/"))


def test_the_search_box_finds_claims_best_first(newsroom: Newsroom, read: Read) -> None:
    newsroom.claim("long", "The crane stood by the harbour while many people looked on that day.")
    newsroom.claim("short", "The crane fell.")
    newsroom.claim("other", "The bridge held.")
    newsroom.statement(text="The crane is mine.")
    page = read("/?q=cranes")
    assert {words(heading) for heading in page.select(".claims h3")} == {
        "The crane fell.",
        "The crane stood by the harbour while many people looked on that day.",
    }
    box = part(page, "q")
    assert box["value"] == "cranes"
    assert "No published claim has these words" in words(read("/?q=nowhere"))
    assert words(part(read("/?q=-crane", 422), "trouble")) == "Give at least one word to look for."
    assert len(read("/?q=%20").select(".claims > li")) == 3


def test_each_side_is_paged_by_itself(
    newsroom: Newsroom, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("factcheck.publish.pages.STATEMENTS_PER_SIDE", 2)
    newsroom.claim("one")
    for day in range(1, 6):
        newsroom.statement(f"S{day}", f"For {day}.", said_on=f"2026-05-0{day}", supports="one")
        newsroom.statement(f"D{day}", f"Against {day}.", said_on=f"2026-05-0{day}", disputes="one")

    def turn(page: BeautifulSoup, side: str) -> str:
        link = part(page, side).find("a", rel="next")
        assert isinstance(link, Tag)
        return str(link["href"])

    page = read(turn(read("/claims/one?from=letter"), "supports"))
    assert quotes(part(page, "supports")) == ["For 3.", "For 2."]
    assert quotes(part(page, "disputes")) == ["Against 5.", "Against 4."]
    page = read(turn(page, "disputes"))
    assert quotes(part(page, "supports")) == ["For 3.", "For 2."]
    assert quotes(part(page, "disputes")) == ["Against 3.", "Against 2."]
    page = read(turn(page, "supports"))
    assert quotes(part(page, "supports")) == ["For 1."]
    assert part(page, "supports").find("a", rel="next") is None
    back = part(page, "supports").select_one(".more a")
    assert back is not None
    assert quotes(part(read(str(back["href"])), "supports")) == ["For 5.", "For 4."]
    read("/claims/one?supports_cursor=forged", 422)


def test_headings_come_in_order_and_ids_once(crane: Newsroom, read: Read) -> None:
    statement = crane.statement("Olaf Meer", supports="moved")
    for path in ("/", "/claims/moved", f"/statements/{statement['id']}", "/?q=lever"):
        page = read(path)
        levels = [int(heading.name[1]) for heading in page.find_all(re.compile(r"^h[1-6]$"))]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(b <= a + 1 for a, b in pairwise(levels))
        ids = [tag["id"] for tag in page.find_all(id=True)]
        assert len(ids) == len(set(ids))
        skip = page.find("a", class_="skip")
        assert isinstance(skip, Tag)
        assert page.find(id=str(skip["href"])[1:]) is page.main


def test_pages_ask_as_often_for_40_statements_as_for_2(
    newsroom: Newsroom, read: Read, queries: list[str], app: Flask
) -> None:
    newsroom.claim("one", "The first claim.")

    def cost(path: str) -> int:
        read(path)  # The first time may also cost what a new connection does.
        app.extensions["factcheck.answers"]._kept.clear()
        queries.clear()
        read(path)
        return len(queries)

    first = newsroom.statement(supports="one")
    newsroom.statement("Olaf Meer", disputes="one")
    paths = ("/claims/one", f"/statements/{first['id']}", "/")
    before = [cost(path) for path in paths]
    for number in range(19):
        newsroom.statement(f"S{number}", supports="one")
        newsroom.statement(f"D{number}", disputes="one")
    newsroom.claim("two", "The second claim.")
    assert words(part(read("/claims/one"), "supports-heading")).startswith("20 ")
    # Of more contradictions than are shown, the strongest are found first.
    assert [cost(path) for path in paths] == [before[0] + 1, *before[1:]]
    assert max(before) <= 25


def test_the_reason_of_a_correction_is_cut_where_what_is_long_is() -> None:
    source = {"headline": None, "publisher": None, "url": "https://herald.example/1"}
    said: Any = {"on_behalf_of": None, "said_on": "2026-05", "source": source}
    corrected = [{"reason": "word " * 200 + "<b>end", "at": "2026-05-20T10:00:00.000Z"}]
    assert "word &lt;b&gt;end</bdi>" in cited(said, corrected, "")
    brief = cited(said, corrected, "", whole=False)
    assert "word […]</bdi>" in brief
    assert "end" not in brief
    assert "Corrected" not in cited(said, None, "")


def test_a_block_goes_up_as_one_text(app: Flask) -> None:
    written = "{% block a %}one {{ x }}{% for i in (1, 2) %} {{ i }}{% block b %} in{% endblock %}{% endfor %}{% endblock %}"
    template = app.jinja_env.from_string(written)
    context = template.new_context({"x": "<"})
    assert list(template.blocks["a"](context)) == ["one &lt; 1 in 2 in"]
    with pytest.raises(TemplateAssertionError, match="with its context"):
        app.jinja_env.from_string("{% block a %}{% include 'timeline.html' without context %}{% endblock %}")


def test_templates_get_what_they_use(app: Flask) -> None:
    context = {"theme": "given"}
    with app.test_request_context("/embed/claims/one?theme=dark"):
        app.update_template_context(context)
    assert context == {"theme": "given", "layout": "embed.html", "public_url": "http://127.0.0.1:8000"}
