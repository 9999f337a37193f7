"""The Jinja environment of templates: no access to Python, files or the network, and bounded work.

A template may come from a stranger. Jinja's immutable sandbox hides Python's internal attributes;
`Sandbox` adds two things:

- Access: attributes are read only from `READABLE` types and values of this package, never paths or
  code (`budget.HIDDEN`). Only macros, blocks, methods and the environment's globals may be called.
  The filters are those of `FILTERS` and of `templates`; autoescape cannot be switched off.
- Work: everything is charged to the rendering's `Budget` (limits: `budget`). `_Generator` adds the
  charges to the compiled templates: per block its text, per loop item with a condition one step, and
  every list, tuple, dict, slice, comparison and concatenation. `Sandbox` charges calls, filters, tests,
  operators and printed values; `result_sizes` bounds large results before they are made. An include,
  import or extends costs `INCLUDE_STEPS`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta, tzinfo
from datetime import time as time_of_day
from functools import wraps
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any

from jinja2 import TemplateRuntimeError, TemplateSyntaxError, nodes
from jinja2.compiler import CodeGenerator, Frame, operators
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, Context, LoopContext, Macro, TemplateReference, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace
from markupsafe import Markup

from publisher.bidi import neutralize
from publisher.render.budget import (
    CONTAINERS,
    HIDDEN,
    OTHER,
    TEXT,
    Budget,
    TemplateLimit,
    kind_of,
)
from publisher.render.result_sizes import FILTER_SIZES, MAX_RANGE, METHOD_SIZES, OPERATORS, formatted_size

INCLUDE_STEPS = 20
"""Steps charged for an include, import or extends."""

READABLE = (
    *(str, int, float, type(None), range, date, time_of_day, timedelta, tzinfo, MappingProxyType),
    *CONTAINERS,
    *(Macro, LoopContext, Namespace, TemplateReference, BlockReference, Cycler, Joiner, Undefined),
)
"""Types whose attributes templates may read, besides those of this package."""

FORBIDDEN_METHODS = frozenset(
    ("format", "format_map", "encode", "translate", "maketrans", "to_bytes", "from_bytes", "fromkeys")
)


FILTERS = (
    "abs batch capitalize center count d default dictsort e escape filesizeformat first float forceescape "
    "format groupby indent int items join last length list lower map max min reject rejectattr replace "
    "reverse round safe select selectattr slice sort string striptags sum title tojson trim truncate unique "
    "upper urlencode wordcount wordwrap xmlattr"
)
"""Jinja's filters without the random ones, those that make links and those that show objects."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with a budget; the compiled templates call its charging methods."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, budget: Budget, **options: Any) -> None:
        super().__init__(finalize=self._printable, **options)
        self.code_generator_class = _Generator
        self.budget = budget
        self.spend = budget.spend
        self.charge_value, self.charge_comparison = budget.charge_value, budget.charge_comparison
        self._safe: dict[tuple[type, str, type], bool] = {}
        harmless = {name: self.filters[name] for name in FILTERS.split()}
        self.filters.clear()
        self.add_filters(harmless)
        self.tests = {name: self._charge_test(test) for name, test in dict[str, Any](self.tests).items()}
        # lipsum() returns another text each time.
        del self.globals["lipsum"]
        self.globals |= {"range": _range, "namespace": _Namespace}

    def add_filters(self, filters: Mapping[str, Callable[..., Any]]) -> None:
        """Adds filters; their results are charged."""
        self.filters.update({name: self._charge_filter(name, function) for name, function in filters.items()})

    def _charge_filter(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        budget, estimate = self.budget, FILTER_SIZES.get(name)

        @wraps(function)
        def charged(*arguments: Any, **named: Any) -> Any:
            budget.spend()
            if estimate is not None:
                # An iterator can be read only once.
                arguments = tuple(map(_as_sequence, arguments))
                values = (value for value in arguments if not isinstance(value, _PASSED_BY_JINJA))
                budget.spend(estimate(budget, *values, **named))
            return budget.charge_value(function(*arguments, **named))

        return charged

    def _charge_test(self, test: Callable[..., Any]) -> Callable[..., Any]:
        budget = self.budget

        @wraps(test)
        def charged(*arguments: Any) -> Any:
            budget.spend()
            for argument in arguments:
                budget.charge_comparison(argument)
            return test(*arguments)

        return charged

    # Called by compiled templates

    def step(self) -> bool:
        """Part of the condition of a loop: called for each item, and every call is charged."""
        return True

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What ``obj.attribute`` is in a template."""
        try:
            value = getattr(obj, attribute)
        except AttributeError:
            return super().getattr(obj, attribute)
        # Whether it may be read depends on the types alone.
        key = type(obj), attribute, type(value)
        is_safe = self._safe.get(key)
        if is_safe is None:
            is_safe = self._safe[key] = self.is_safe_attribute(obj, attribute, value)
        return value if is_safe else self.unsafe_undefined(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may read an attribute: of `READABLE` types and this package, not `HIDDEN`."""
        if not super().is_safe_attribute(obj, attr, value) or isinstance(value, HIDDEN):
            return False
        if isinstance(obj, READABLE):
            return attr not in FORBIDDEN_METHODS
        return type(obj).__module__.startswith(("publisher.", "jinja2.environment"))

    def wrap_str_format(self, value: Any) -> None:
        """Not needed: `str.format` is a forbidden attribute; templates use the filter `format`."""

    def is_safe_callable(self, obj: Any) -> bool:
        """Whether a template may call `obj`: macros, blocks, readable methods and the globals."""
        if isinstance(obj, (Macro, BlockReference, LoopContext, Joiner, Undefined)):
            return True
        if isinstance(obj, (FunctionType, type)):
            return any(obj is known for known in self.globals.values())
        owner = getattr(obj, "__self__", None)
        return owner is not None and not isinstance(owner, (ModuleType, type))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """The result of a call, charged; calls that could return much are charged before."""
        budget = __self.budget
        budget.spend()
        if type(__obj) is Macro:
            return budget.charge_value(__context.call(__obj, *args, **kwargs))
        if not __self.is_safe_callable(__obj):
            raise SecurityError(f"templates may not call {getattr(__obj, '__name__', type(__obj).__name__)}")
        owner = getattr(__obj, "__self__", None)
        if isinstance(owner, str):
            estimate = METHOD_SIZES.get(__obj.__name__)
            if estimate is not None:
                args = tuple(map(_as_sequence, args))
                budget.spend(estimate(budget, owner, *args, **kwargs))
        elif kwargs and isinstance(__obj, FunctionType) and "gettext" in __obj.__name__:
            for message in args:
                budget.spend(formatted_size(budget, message, **kwargs))
        return budget.charge_value(__context.call(__obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """The result of an operator, charged before it is computed."""
        self.spend(OPERATORS[operator](self.budget, left, right))
        return super().call_binop(context, operator, left, right)

    def concatenate(self, join: Callable[[Sequence[object]], str], parts: tuple[object, ...]) -> str:
        """The result of ``a ~ b``, charged before `join` makes it."""
        self.spend(sum(map(self.budget.memory_size, parts)))
        return join(parts)

    def _printable(self, value: Any) -> Any:
        """`value`, charged. Raises TemplateRuntimeError for containers and objects."""
        kind = kind_of(value)
        if kind is TEXT:
            self.spend(sys.getsizeof(value))
            return value if type(value) is Markup else neutralize(value)
        self.spend(64)
        if kind is not OTHER:
            text = f"a {type(value).__name__} cannot be printed; print one of its values, or use | join"
            raise TemplateRuntimeError(text)
        return value

    def join_path(self, template: str, parent: str) -> str:
        """The name of a template that `parent` includes, imports or extends. Raises TemplateRuntimeError."""
        self.budget.spend_steps(INCLUDE_STEPS)
        escapes = self.autoescape
        if callable(escapes) and escapes(parent) and not escapes(template):
            raise TemplateRuntimeError(
                f"{template} is not escaped and cannot be part of {parent}; give it a name that ends in .html"
            )
        return super().join_path(template, parent)

    def compile(self, source: Any, name: Any = None, filename: Any = None, *rest: Any, **more: Any) -> Any:
        """The compiled template. Raises TemplateSyntaxError, also where Python cannot compile the result."""
        try:
            return super().compile(source, name, filename, *rest, **more)
        except TemplateSyntaxError:
            raise
        except (SyntaxError, RecursionError, MemoryError, ValueError, OverflowError) as error:
            message = "it is nested too deep, or an expression in it is too long"
            raise TemplateSyntaxError(message, 1, name, filename) from error


class _Namespace(Namespace):
    """A namespace that prints without its values: it may contain itself."""

    def __repr__(self) -> str:
        return "namespace"


class _Generator(CodeGenerator):
    """Compiles templates to Python that charges its work to the budget."""

    def blockvisit(self, body: Iterable[nodes.Node], frame: Frame) -> None:
        statements = list(body)
        outputs = (node for node in statements if isinstance(node, nodes.Output))
        texts = (part for output in outputs for part in output.nodes if isinstance(part, nodes.TemplateData))
        size = sum(len(text.data) for text in texts)
        self.writeline(f"environment.spend({size})", next(iter(statements), None))
        super().blockvisit(statements, frame)

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
        # Not folded into the text: a printed constant is charged each time.
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return super()._output_child_to_const(node, frame, finalize)

    def visit_ScopedEvalContextModifier(self, node: nodes.ScopedEvalContextModifier, frame: Frame) -> None:
        self.fail(
            "autoescape cannot be switched off; mark the one value that is markup with | safe", node.lineno
        )

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self.write(f"environment.concatenate({'markup_join' if frame.eval_ctx.autoescape else 'str_join'}, (")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_List(self, node: nodes.List, frame: Frame) -> None:
        self._visit_charged(super().visit_List, node, frame)

    def visit_Tuple(self, node: nodes.Tuple, frame: Frame) -> None:
        if node.ctx == "load":
            self._visit_charged(super().visit_Tuple, node, frame)
        else:
            super().visit_Tuple(node, frame)

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:
        self._visit_charged(super().visit_Dict, node, frame)

    def visit_For(self, node: nodes.For, frame: Frame) -> None:
        if node.test is not None:
            step = nodes.Call(nodes.EnvironmentAttribute("step"), [], [], None, None, lineno=node.lineno)
            node.test = nodes.And(step, node.test, lineno=node.lineno)
        super().visit_For(node, frame)

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        self.write("(")
        self._visit_charged_comparison(node.expr, frame)
        for operand in node.ops:
            self.write(f" {operators[operand.op]} ")
            self._visit_charged_comparison(operand.expr, frame)
        self.write(")")

    def _visit_charged_comparison(self, node: nodes.Expr, frame: Frame) -> None:
        if isinstance(node, nodes.Const):
            self.visit(node, frame)
        else:
            self.write("environment.charge_comparison(")
            self.visit(node, frame)
            self.write(")")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        if isinstance(node.arg, nodes.Slice):
            self._visit_charged(super().visit_Getitem, node, frame)
        else:
            super().visit_Getitem(node, frame)

    def _visit_charged(self, visit: Callable[[Any, Frame], None], node: nodes.Expr, frame: Frame) -> None:
        self.write("environment.charge_value(")
        visit(node, frame)
        self.write(")")


_PASSED_BY_JINJA = (Context, ImmutableSandboxedEnvironment, nodes.EvalContext)


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > MAX_RANGE:
        raise TemplateLimit(f"range() has {len(numbers)} numbers; {MAX_RANGE} are allowed")
    return numbers


def _as_sequence(value: Any) -> Any:
    return list(value) if isinstance(value, Iterator) else value
