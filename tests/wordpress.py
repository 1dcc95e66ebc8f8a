"""What WordPress does to the html of an oEmbed provider that it does not know, in Python.

It follows `wp_filter_oembed_result` of WordPress 6 and what that calls: kses with a short list of
elements and attributes, an expression that keeps one blockquote and one iframe, a secret, a sandbox.
`tests/acceptance/real_wordpress.py` holds it against the real one.
"""

import re

ALLOWED: dict[str, set[str]] = {
    "a": {"href"},
    "blockquote": set(),
    "iframe": {
        "src",
        "width",
        "height",
        "frameborder",
        "marginwidth",
        "marginheight",
        "scrolling",
        "title",
    },
}
SECRET = "a1B2c3D4e5"
_NAMED = {"amp", "lt", "gt", "quot", "nbsp", "hellip", "ndash", "mdash"}


def filtered(html: str) -> str | None:
    """Return what WordPress stores and shows, or None where it falls back to a plain link."""
    html = kses(titled(html), ALLOWED)
    found = re.search(r"(<blockquote>.*?</blockquote>)?.*(<iframe.*?></iframe>)", html, re.M | re.S)
    if not found:
        return None
    fallback, frame = found[1] or "", found[2]
    html = fallback + frame
    if source := re.search(r""" src=(['"])(.*?)\1""", html):
        quote, address = source[1], escaped_url(f"{source[2]}#?secret={SECRET}")
        html = html.replace(
            source[0], f" src={quote}{address}{quote} data-secret={quote}{SECRET}{quote}"
        ).replace("<blockquote", f'<blockquote data-secret="{SECRET}"')
    html = kses(
        html,
        {
            **ALLOWED,
            "blockquote": {"data-secret"},
            "iframe": ALLOWED["iframe"] | {"data-secret"},
        },
    )
    if fallback:
        html = html.replace(
            "<iframe", '<iframe style="position: absolute; clip: rect(1px, 1px, 1px, 1px);"'
        ).replace("<blockquote", '<blockquote class="wp-embedded-content"')
    sandboxed = '<iframe class="wp-embedded-content" sandbox="allow-scripts" security="restricted"'
    return re.sub("<iframe", sandboxed, html, flags=re.I)


def titled(html: str) -> str:
    """Put the title of the frame first, as `wp_filter_oembed_iframe_title_attribute` does."""
    title = re.search('(<iframe[^>]*?) title="([^"]*)"', html)
    if not title:
        return html
    return html.replace(title[0], title[1]).replace("<iframe ", f'<iframe title="{title[2]}" ')


def kses(html: str, allowed: dict[str, set[str]]) -> str:
    """Drop every element, attribute and protocol that is not allowed; the text between stays."""
    html = normalised(html.replace("\0", ""))
    return re.sub(
        r"(<!--.*?(?:-->|$))|(<[^>]*(?:>|$)|>)", lambda found: _element(found[0], allowed), html, flags=re.S
    )


def normalised(text: str) -> str:
    """Write entities in one way: known names stay, numbers get three digits, other ampersands &amp;."""
    text = text.replace("&", "&amp;")
    text = re.sub(
        r"&amp;([A-Za-z]{2,8}[0-9]{0,2});",
        lambda m: f"&{m[1]};" if m[1] in _NAMED else f"&amp;{m[1]};",
        text,
    )
    text = re.sub(r"&amp;#0*([0-9]{1,7});", lambda m: f"&#{m[1]:0>3};", text)
    return re.sub(r"&amp;#[Xx]0*([0-9A-Fa-f]{1,6});", lambda m: f"&#x{m[1]};", text)


def _element(found: str, allowed: dict[str, set[str]]) -> str:
    if not found.startswith("<"):
        return "&gt;"
    parts = re.fullmatch(r"<\s*(/\s*)?([a-zA-Z0-9-]+)([^>]*)>?", found, re.S)
    if not parts or parts[2].lower() not in allowed:
        return ""
    if parts[1]:
        return f"</{parts[2]}>"
    slash = " /" if re.search(r"\s*/\s*$", parts[3]) else ""
    kept = ""
    for name, _, double, single, bare in re.findall(
        r"""([a-zA-Z][-\w:]*)(\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""", parts[3]
    ):
        value = double or single or bare
        if name.lower() not in allowed[parts[2].lower()]:
            continue
        if name.lower() in ("src", "href") and ":" in value.split("/")[0]:
            protocol, _, rest = value.partition(":")
            value = value if protocol.strip().lower() in ("http", "https") else rest
        kept += f' {name}="{value}"'
    return f"<{parts[2]}{re.sub('[<>]', '', kept)}{slash}>"


def escaped_url(url: str) -> str:
    """Return the address as `esc_url` writes it."""
    url = re.sub(r"[^a-z0-9-~+_.?#=!&;,/:%@$|*'()\[\]\x80-\uffff]", "", url, flags=re.I)
    return normalised(url).replace("&amp;", "&#038;").replace("'", "&#039;")
