"""How templates of pages and embeds are rendered, and what all of them may use."""

import re
from collections.abc import Iterable
from typing import Any

from flask import Flask, request
from flask.templating import Environment
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension

from factcheck.publish import fragments, policy
from factcheck.web import settings

THEMES = ("auto", "light", "dark")


class Lean(Extension):
    """Leaves out what indents the lines of templates, a tenth of a page; what is put in stays as it is."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Return the source of a template without indentation."""
        return re.sub(r"^[ \t]+", "", source, flags=re.MULTILINE)


class _Generator(CodeGenerator):
    """Writes templates as Python in which a value is escaped by `Templates.escaped`."""

    def blockvisit(self, body: Iterable[nodes.Node], frame: Frame) -> None:
        """Hand a block on as one text: each of its pieces would go through all templates around it."""
        if not frame.block_frame or frame.buffer:
            super().blockvisit(body, frame)
            return
        frame.buffer = "together"
        self.writeline("together = []")
        super().blockvisit(body, frame)
        self.writeline("yield concat(together)")
        frame.buffer = None

    def visit_Include(self, node: nodes.Include, frame: Frame) -> None:  # noqa: N802  Jinja's name.
        """Include a template, with its context: without it Jinja would put it before what stands before."""
        if not node.with_context:
            self.fail("Include it with its context; else it would not stand in its place.", node.lineno)
        super().visit_Include(node, frame)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.escaped(")
        else:
            super()._output_child_pre(node, frame, finalize)


class Templates(Environment):
    """Jinja as Flask sets it up, quicker with what our pages hold: dictionaries and short texts.

    A page has some six hundred values. Jinja looks for an attribute of a dictionary first, and makes an
    object of each escaped text, to be joined with the next at once; that took a third of the time of a page.
    """

    code_generator_class = _Generator

    def make_globals(self, d: Any) -> dict[str, Any]:
        """Return what a template may use: all that is known when it is loaded, in one dictionary.

        Jinja looks what is known up in two, for what might be added later; it copies them for each page.
        """
        return {**self.globals, **(d or {})}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a member of a dictionary by its name, or else what Jinja finds."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    escaped = staticmethod(fragments.escaped)


def register(app: Flask) -> None:
    """Give templates the filters and what every page needs."""
    app.jinja_environment = Templates
    app.jinja_env.add_extension(Lean)
    for filter_ in fragments.FILTERS:
        app.add_template_filter(filter_)
    app.add_template_filter(policy.asset)
    app.add_template_global(policy.picture)
    # In place of Flask's own: no template uses the request itself.
    app.template_context_processors[None] = [shared]


def shared() -> dict[str, Any]:
    """Give the frame in which a page, or a problem, is shown."""
    theme = request.args.get("theme", "auto")
    return {
        "public_url": settings().public_url,
        "layout": "embed.html" if policy.embedded() else "base.html",
        "theme": theme if theme in THEMES else "auto",
    }
