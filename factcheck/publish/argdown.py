"""A dossier in Argdown: claims as statements of a debate, what was said for and against as its arguments.

Argdown draws maps from it. https://argdown.org/syntax/
"""

import json
import re
from typing import Any

from factcheck.publish.jsonld import Node

# Every mark of ASCII may mean something in Argdown; with a backslash before it, it means itself.
_MARK = re.compile(r"[!-/:-@\[-`{-~]")
_NOT_IN_A_NAME = re.compile(r"[^\w '’.-]|_")
# Also inside a quoted string: a brace or three of these would end the data, or the front matter.
_ENDS = re.compile("[{}=]")


def dossier(view: Node, base: str) -> str:
    """Return a view of a claim (`views.claim_view`) with its counter-claims; `base` is the public address."""
    shown = view["claim"]
    names: dict[Any, str] = {}
    lines = [
        "===",
        f"title: {_quoted(shown['text'])}",
        "author: factcheck",
        f"date: {_quoted(view['as_of'].date().isoformat())}",
        "===",
        "",
        _claim(shown, base, topics=shown["topics"]),
    ]
    for sign, stance in (("+", "supports"), ("-", "disputes")):
        lines += [f"    {sign} {_argument(said, names, base)}" for said in view[stance]["statements"]]
    for counter in view["counter_claims"]:
        # Drawn by an editor, the two rule each other out; derived ones stand against each other.
        sign = "><" if counter["relation"] == "contradicts" else "-"
        lines.append(f"    {sign} [{counter['claim']['slug']}]")
    for counter in view["counter_claims"]:
        lines += ["", _claim(counter["claim"], base)]
        lines += [f"    + {_argument(said, names, base)}" for said in counter["supports"]["statements"]]
    for said in view["retracted"]:
        # What was retracted speaks for and against nothing.
        if said["id"] not in names:
            lines += ["", _argument(said, names, base)]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return text that means itself: one line, because Argdown has no line breaks within a text."""
    return _MARK.sub(r"\\\g<0>", " ".join(text.split()))


def _claim(shown: Node, base: str, **more: Any) -> str:
    data = {"url": f"{base}/claims/{shown['slug']}", **more}
    return f"[{shown['slug']}]: {escaped(shown['text'])} {_data(data)}"


def _argument(said: Node, names: dict[Any, str], base: str) -> str:
    """Return a statement as an argument; one that stands above already is only named."""
    if said["id"] in names:
        return f"<{names[said['id']]}>"
    who = " ".join(_NOT_IN_A_NAME.sub(" ", said["speaker"]["name"]).split()) or "Speaker"
    names[said["id"]] = name = f"{who} {len(names) + 1}"
    retraction = said["retraction"]
    data = {
        "speaker": said["speaker"]["name"],
        "role": said["speaker_role"],
        "onBehalfOf": said["on_behalf_of"] and said["on_behalf_of"]["name"],
        "saidOn": said["said_on"],
        "reported": said["kind"] == "indirect" or None,
        "source": said["source"]["url"],
        "url": f"{base}/statements/{said['id']}",
        "retracted": retraction and retraction["reason"],
    }
    return f"<{name}>: {escaped(said['text'])} {_data(data)}"


def _data(values: Node) -> str:
    """Return YAML in braces, without what is not known."""
    return "{" + ", ".join(f"{k}: {_quoted(v)}" for k, v in values.items() if v not in (None, [])) + "}"


def _quoted(value: Any) -> str:
    """Return JSON, which YAML reads, with no brace or equals sign in it."""
    return _ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value))
