"""The Jinja environment of templates that all belong to this package: without limits, compiled for speed.

`sandbox` bounds the work of templates that may come from a stranger. Charging it takes a third of the time
of a page, and the built-in templates need no bounds: they are part of the program. Both environments
render them to the same bytes.

`_Generator` also decides while it compiles what is the same on every page of one language: words without
places to fill in become text, and words with such places are translated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from gettext import NullTranslations
from typing import Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Macro
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from publisher.bidi import neutralize


class BuiltinEnvironment(Environment):
    """Renders built-in templates as `Sandbox` does; the compiled templates call its methods."""

    def __init__(self, words: NullTranslations, **options: Any) -> None:
        super().__init__(finalize=_finalize, **options)
        self.code_generator_class = _Generator
        self._words = words

    def add_filters(self, filters: Mapping[str, Callable[..., Any]]) -> None:
        """Adds filters."""
        self.filters.update(filters)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template = super()._parse(source, name, filename)
        if callable(self.autoescape) and self.autoescape(name):
            _Translator(self._words).visit(template)
        return template

    # Called by compiled templates

    @staticmethod
    def shown(value: Any) -> str:
        """A printed value, escaped."""
        kind = type(value)
        if kind is Markup:
            return value  # type: ignore[no-any-return]
        return _escaped(value) if kind is str else escape(value)

    @staticmethod
    def invoke(context: Context, called: Any, *arguments: Any, **named: Any) -> Any:
        """The result of a call in a template with autoescape."""
        if type(called) is Macro:
            named.pop("_block_vars", None)
            named.pop("_loop_vars", None)
            return called(*arguments, **named)
        return context.call(called, *arguments, **named)


def _finalize(value: Any) -> Any:
    return neutralize(value) if type(value) is str else value


# Most printed values are printed on many pages: relative addresses, names, titles.
@lru_cache(maxsize=4096)
def _escaped(text: str) -> str:
    return str(escape(neutralize(text)))


class _Translator(NodeTransformer):
    """Replaces ``_("…")`` by the translation, and fills its places in where there are some."""

    def __init__(self, words: NullTranslations) -> None:
        self._words = words

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        self.generic_visit(node)
        is_words = isinstance(node.node, nodes.Name) and node.node.name == "_"
        if not is_words or len(node.args) != 1 or not isinstance(node.args[0], nodes.Const):
            return node
        translated = Markup(self._words.gettext(node.args[0].value))
        if not node.kwargs:
            return nodes.Const(translated % {}, lineno=node.lineno)
        places = [nodes.Pair(nodes.Const(named.key), named.value) for named in node.kwargs]
        return nodes.Mod(nodes.Const(translated), nodes.Dict(places), lineno=node.lineno)


class _Generator(CodeGenerator):
    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile:
            self.write("environment.shown((")
        else:
            super()._output_child_pre(node, frame, finalize)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        if forward_caller or not frame.eval_ctx.autoescape or frame.eval_ctx.volatile:
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.write("environment.invoke(context, ")
        self.visit(node.node, frame)
        more = ("_loop_vars", frame.loop_frame), ("_block_vars", frame.block_frame)
        self.signature(node, frame, {name: name for name, is_needed in more if is_needed})
        self.write(")")
