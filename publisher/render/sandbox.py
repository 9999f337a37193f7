"""The environment that templates run in: values to show, nothing to act with, bounded work.

A template is text that somebody sends along with a series, so it must not reach Python, files or
the network, and it must end. Jinja's immutable sandbox keeps Python's own attributes away; what
is added here is a list of the types whose attributes may be read, and a `Budget` that every
loop, call, filter and printed value is charged to. An operation whose result could be large
is charged before it is done.
"""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, MappingView, Sequence, Set
from contextlib import contextmanager
from datetime import date, timedelta, tzinfo
from datetime import time as time_of_day
from functools import lru_cache, wraps
from pathlib import PurePath
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

MAX_STEPS = 2_000_000
"""Blocks, calls, filters and printed values of one rendering; a talk with 25 000 cues takes 430 000."""

INCLUDE_STEPS = 20

MAX_BYTES = 128 << 20
"""Memory of all values that one rendering makes, each as often as it is handled."""

MAX_SECONDS = 10.0
"""Processor time of one rendering: only for what slips through the counts."""

MAX_RANGE = 100_000
MAX_BITS = 4096
"""Of a whole number."""

MAX_WIDTH = 1000
"""To which text may be padded or indented."""

MAX_PRECISION = 100
MAX_INDENT = 16

CONTAINERS = (list, tuple, Mapping, Set, MappingView)
READABLE = (
    *(str, int, float, type(None), range, date, time_of_day, timedelta, tzinfo, MappingProxyType),
    *CONTAINERS,
    *(Macro, LoopContext, Namespace, TemplateReference, BlockReference, Cycler, Joiner, Undefined),
)
"""Types whose attributes may be read, beside those of this package."""

HIDDEN = (PurePath, ModuleType, FunctionType, type)
"""Types whose values are not given out: places on this machine, and ways to act."""

FORBIDDEN_METHODS = frozenset(
    ("format", "format_map", "encode", "translate", "maketrans", "to_bytes", "from_bytes", "fromkeys")
)

FILTERS = (
    "abs batch capitalize center count d default dictsort e escape filesizeformat first float forceescape "
    "format groupby indent int items join last length list lower map max min reject rejectattr replace "
    "reverse round safe select selectattr slice sort string striptags sum title tojson trim truncate unique "
    "upper urlencode wordcount wordwrap xmlattr"
)
"""Jinja's filters but those whose result is another each time, and those that make links or show objects."""


class TemplateLimit(TemplateRuntimeError):
    """A rendering was stopped because it did too much."""


class Budget:
    """What one rendering may still do; there is one at a time. Not charged outside of one."""

    __slots__ = ("_bytes", "_deadline", "_lock", "_steps")

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._lift()

    def _lift(self) -> None:
        self._steps = self._bytes = sys.maxsize
        self._deadline = float("inf")

    @contextmanager
    def rendering(self) -> Iterator[None]:
        """Counts from the beginning until the rendering ends."""
        with self._lock:
            self._steps, self._bytes = MAX_STEPS, MAX_BYTES
            self._deadline = time.thread_time() + MAX_SECONDS
            try:
                yield
            finally:
                self._lift()

    def spend(self, size: int = 0) -> None:
        """Charges a step and `size` bytes. Raises TemplateLimit when they are used up."""
        self._steps -= 1
        self._bytes -= size
        # The clock is asked every 64 steps.
        if self._bytes < 0 or not self._steps & 63:
            self._check()

    def spend_steps(self, number: int) -> None:
        """Charges something that takes as long as so many steps."""
        self._steps -= number
        self._check()

    def _check(self) -> None:
        if self._bytes < 0:
            raise TemplateLimit(f"makes more than {MAX_BYTES >> 20} MB of text; a page has a few MB at most")
        if self._steps <= 0 or time.thread_time() > self._deadline:
            raise TemplateLimit("does not end: it repeats itself far more often than any page needs")

    def weigh(self, value: object) -> int:
        """Bytes of a value with all that it holds, counted as often as it would be printed."""
        kind = _kind_of(value)
        if kind is _TEXT:
            return sys.getsizeof(value)
        if kind is not _CONTAINER:
            return 0
        total = 0
        waiting: list[object] = [value]
        while waiting and total <= self._bytes:
            one = waiting.pop()
            kind = _kind_of(one)
            total += 64
            if kind is _TEXT:
                total += sys.getsizeof(one)
            elif isinstance(one, Mapping):
                waiting += [*one.keys(), *one.values()]
            elif kind is _CONTAINER:
                waiting += one  # type: ignore[arg-type]
        return total

    def made(self, value: Any) -> Any:
        """`value`, charged."""
        self.spend(self.weigh(value))
        return value

    def compared(self, value: Any) -> Any:
        """`value`, charged for being compared with another, or searched."""
        kind = _kind_of(value)
        if kind is _CONTAINER:
            self.spend_steps(1 + len(value) // 16)
        elif kind is _TEXT:
            self._steps -= 1 + len(value) // 4096
        return value


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with a budget. `filters` come beside Jinja's harmless ones, `variables` are global."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, budget: Budget, **options: Any) -> None:
        super().__init__(finalize=self._printed, **options)
        self.code_generator_class = _Generator
        self.budget = budget
        self.spend, self.made, self.compared = budget.spend, budget.made, budget.compared
        self._safe: dict[tuple[type, str, type], bool] = {}
        harmless = {name: self.filters[name] for name in FILTERS.split()}
        self.filters.clear()
        self.add_filters(harmless)
        self.tests = {name: self._comparing(test) for name, test in dict[str, Any](self.tests).items()}
        # Its text is another each time.
        del self.globals["lipsum"]
        self.globals |= {"range": _range, "namespace": _Namespace}

    def add_filters(self, filters: Mapping[str, Callable[..., Any]]) -> None:
        """Adds filters; what they give is charged."""
        self.filters.update({name: self._charged(name, function) for name, function in filters.items()})

    def _charged(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        budget, estimate = self.budget, FILTER_SIZES.get(name)

        @wraps(function)
        def charged(*arguments: Any, **named: Any) -> Any:
            budget.spend()
            if estimate is not None:
                # What is made as it is asked for can be asked only once.
                arguments = tuple(list(one) if isinstance(one, Iterator) else one for one in arguments)
                given = (one for one in arguments if not isinstance(one, _PASSED))
                budget.spend(estimate(budget, *given, **named))
            return budget.made(function(*arguments, **named))

        return charged

    def _comparing(self, test: Callable[..., Any]) -> Callable[..., Any]:
        budget = self.budget

        @wraps(test)
        def charged(*arguments: Any) -> Any:
            budget.spend()
            for argument in arguments:
                budget.compared(argument)
            return test(*arguments)

        return charged

    # What compiled templates ask

    def step(self) -> bool:
        """Asked for each item that a loop with a condition looks at; the call is charged."""
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
        """Whether a template may read an attribute: of data only, and nothing that leads out of it."""
        if not super().is_safe_attribute(obj, attr, value) or isinstance(value, HIDDEN):
            return False
        if isinstance(obj, READABLE):
            return attr not in FORBIDDEN_METHODS
        return type(obj).__module__.startswith(("publisher.", "jinja2.environment"))

    def wrap_str_format(self, value: Any) -> None:
        """`str.format` is forbidden as an attribute; there is the filter `format`."""

    def is_safe_callable(self, obj: Any) -> bool:
        """Whether a template may call something: macros, blocks, methods it may read, and the globals."""
        if isinstance(obj, (Macro, BlockReference, LoopContext, Joiner, Undefined)):
            return True
        if isinstance(obj, (FunctionType, type)):
            return any(obj is known for known in self.globals.values())
        owner = getattr(obj, "__self__", None)
        return owner is not None and not isinstance(owner, (ModuleType, type))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """What a call in a template gives, charged."""
        budget = __self.budget
        budget.spend()
        if type(__obj) is Macro:
            return budget.made(__context.call(__obj, *args, **kwargs))
        if not __self.is_safe_callable(__obj):
            raise SecurityError(f"templates may not call {getattr(__obj, '__name__', type(__obj).__name__)}")
        owner = getattr(__obj, "__self__", None)
        if isinstance(owner, str):
            estimate = METHOD_SIZES.get(__obj.__name__)
            if estimate is not None:
                args = tuple(list(one) if isinstance(one, Iterator) else one for one in args)
                budget.spend(estimate(budget, owner, *args, **kwargs))
        elif kwargs and isinstance(__obj, FunctionType) and "gettext" in __obj.__name__:
            for message in args:
                budget.spend(_formatted(budget, message, **kwargs))
        return budget.made(__context.call(__obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """What an operator gives, charged before it is carried out."""
        self.spend(OPERATORS[operator](self.budget, left, right))
        return super().call_binop(context, operator, left, right)

    def joined(self, join: Callable[[Sequence[object]], str], parts: tuple[object, ...]) -> str:
        """The parts of ``a ~ b``, put together by `join`."""
        self.spend(sum(map(self.budget.weigh, parts)))
        return join(parts)

    def _printed(self, value: Any) -> Any:
        """A value as it is printed: text and numbers, not the objects that hold them."""
        kind = _kind_of(value)
        if kind is _TEXT:
            self.spend(sys.getsizeof(value))
            return value if type(value) is Markup else neutralize(value)
        self.spend(64)
        if kind is not _OTHER:
            text = f"a {type(value).__name__} cannot be printed; print one of its values, or use | join"
            raise TemplateRuntimeError(text)
        return value

    def join_path(self, template: str, parent: str) -> str:
        """The name of a template that another one includes, imports or extends."""
        self.budget.spend_steps(INCLUDE_STEPS)
        escapes = self.autoescape
        if callable(escapes) and escapes(parent) and not escapes(template):
            raise TemplateRuntimeError(
                f"{template} is not escaped and cannot be part of {parent}; give it a name that ends in .html"
            )
        return super().join_path(template, parent)

    def compile(self, source: Any, name: Any = None, filename: Any = None, *rest: Any, **more: Any) -> Any:
        """Compiled code; what Python cannot compile is a mistake in the template as well."""
        try:
            return super().compile(source, name, filename, *rest, **more)
        except TemplateSyntaxError:
            raise
        except (SyntaxError, RecursionError, MemoryError, ValueError, OverflowError) as error:
            message = "it is nested too deep, or an expression in it is too long"
            raise TemplateSyntaxError(message, 1, name, filename) from error


class _Namespace(Namespace):
    """A namespace that does not print what it holds, which may be itself."""

    def __repr__(self) -> str:
        return "namespace"


class _Generator(CodeGenerator):
    """Writes templates as Python that charges whatever it does."""

    def blockvisit(self, body: Iterable[nodes.Node], frame: Frame) -> None:
        statements = list(body)
        outputs = (node for node in statements if isinstance(node, nodes.Output))
        texts = (part for output in outputs for part in output.nodes if isinstance(part, nodes.TemplateData))
        size = sum(len(text.data) for text in texts)
        self.writeline(f"environment.spend({size})", next(iter(statements), None))
        super().blockvisit(statements, frame)

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
        # A constant that is printed is charged each time.
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return super()._output_child_to_const(node, frame, finalize)

    def visit_ScopedEvalContextModifier(self, node: nodes.ScopedEvalContextModifier, frame: Frame) -> None:
        self.fail(
            "autoescape cannot be switched off; mark the one value that is markup with | safe", node.lineno
        )

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self.write(f"environment.joined({'markup_join' if frame.eval_ctx.autoescape else 'str_join'}, (")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_List(self, node: nodes.List, frame: Frame) -> None:
        self._visit_made(super().visit_List, node, frame)

    def visit_Tuple(self, node: nodes.Tuple, frame: Frame) -> None:
        if node.ctx == "load":
            self._visit_made(super().visit_Tuple, node, frame)
        else:
            super().visit_Tuple(node, frame)

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:
        self._visit_made(super().visit_Dict, node, frame)

    def visit_For(self, node: nodes.For, frame: Frame) -> None:
        if node.test is not None:
            step = nodes.Call(nodes.EnvironmentAttribute("step"), [], [], None, None, lineno=node.lineno)
            node.test = nodes.And(step, node.test, lineno=node.lineno)
        super().visit_For(node, frame)

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        self.write("(")
        self._visit_compared(node.expr, frame)
        for operand in node.ops:
            self.write(f" {operators[operand.op]} ")
            self._visit_compared(operand.expr, frame)
        self.write(")")

    def _visit_compared(self, node: nodes.Expr, frame: Frame) -> None:
        if isinstance(node, nodes.Const):
            self.visit(node, frame)
        else:
            self.write("environment.compared(")
            self.visit(node, frame)
            self.write(")")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        if isinstance(node.arg, nodes.Slice):
            self._visit_made(super().visit_Getitem, node, frame)
        else:
            super().visit_Getitem(node, frame)

    def _visit_made(self, visit: Callable[[Any, Frame], None], node: nodes.Expr, frame: Frame) -> None:
        self.write("environment.made(")
        visit(node, frame)
        self.write(")")


# What operations whose result can be much larger than their arguments will take

_PASSED = (Context, ImmutableSandboxedEnvironment, nodes.EvalContext)
_PLACE = re.compile(r"%(?:\([^)]*\))?[#0\- +]*(\*|\d*)(?:\.(\*|\d*))?")


def _range(*bounds: int) -> range:
    made = range(*bounds)
    if len(made) > MAX_RANGE:
        raise TemplateLimit(f"range() has {len(made)} numbers; {MAX_RANGE} are allowed")
    return made


_TEXT, _CONTAINER, _OBJECT, _OTHER = "text", "container", "object", "other"
_KINDS: dict[type, str] = {}


def _kind_of(value: object) -> str:
    """What a value is to a template: text, a container, an object without a form of its own, the rest."""
    kind = type(value)
    return _KINDS.get(kind) or _KINDS.setdefault(kind, _classified(kind))


def _classified(kind: type) -> str:
    if issubclass(kind, str):
        return _TEXT
    if issubclass(kind, CONTAINERS):
        return _CONTAINER
    is_own = kind.__module__.startswith("publisher.")
    is_formless = is_own and kind.__str__ is object.__str__ and not hasattr(kind, "__html__")
    return _OBJECT if is_formless or issubclass(kind, HIDDEN) else _OTHER


def _width(number: object, most: int = MAX_WIDTH) -> int:
    """A width that a template asks for. Raises TemplateLimit."""
    if isinstance(number, int) and abs(number) > most:
        raise TemplateLimit(f"a width, a precision or a number of parts is larger than {most}")
    return number if isinstance(number, int) else 0


# Their parameters have the names that templates use.


def _padded(budget: Budget, text: object, /, width: object = 80, *rest: object) -> int:
    return budget.weigh(text) + 4 * _width(width)


def _expanded(budget: Budget, text: str, /, tabsize: object = 8) -> int:
    return budget.weigh(text) + text.count("\t") * _width(tabsize)


def _replaced(
    budget: Budget, text: object, /, old: object, new: object, *rest: object, **more: object
) -> int:
    whole = str(text)
    return budget.weigh(whole) + whole.count(str(old)) * sys.getsizeof(str(new))


def _listed(budget: Budget, value: object, /, *rest: object, **more: object) -> int:
    return 64 * len(value) if isinstance(value, str) else budget.weigh(value)


def _split(budget: Budget, text: str, /, sep: object = None, *rest: object, **more: object) -> int:
    pieces = text.count(sep) if isinstance(sep, str) and sep else len(text) // 2
    return 2 * budget.weigh(text) + 64 * pieces


def _parted(
    budget: Budget, value: object, /, linecount: object = 0, fill_with: object = None, slices: object = 0
) -> int:
    return _listed(budget, value) + 64 * (_width(linecount) + _width(slices))


def _joined(budget: Budget, parts: object, /, d: object = "", attribute: object = None) -> int:
    number = len(parts) if isinstance(parts, (str, *CONTAINERS)) else MAX_RANGE
    return budget.weigh(parts) + number * len(str(d))


def _listing(budget: Budget, parts: object, /) -> int:
    # Babel adds one name after another, and copies the list each time.
    number = len(parts) if isinstance(parts, (str, *CONTAINERS)) else MAX_RANGE
    return budget.weigh(parts) + number * number


def _joined_by(budget: Budget, separator: object, parts: object, /) -> int:
    return _joined(budget, parts, separator)


def _indented(budget: Budget, text: object, /, width: object = 4, *rest: object, **more: object) -> int:
    step = len(width) if isinstance(width, str) else _width(width)
    return budget.weigh(text) + step * (1 + str(text).count("\n"))


def _wrapped(
    budget: Budget,
    text: object,
    /,
    width: object = 79,
    break_long_words: object = True,
    wrapstring: object = None,
    *rest: object,
    **more: object,
) -> int:
    whole = str(text)
    lines = len(whole) // max(1, _width(width)) + whole.count("\n") + whole.count(" ")
    return lines * (64 + len(str(wrapstring or "")))


def _summed(budget: Budget, value: object, /, attribute: object = None, start: object = 0) -> int:
    if not isinstance(start, (int, float)):
        raise TemplateLimit("sum can add numbers only; use | join for texts")
    return budget.weigh(value)


def _rounded(budget: Budget, value: object, /, precision: object = 0, *rest: object, **more: object) -> int:
    _width(precision, MAX_PRECISION)
    return 0


def _bared(budget: Budget, text: object, /) -> int:
    # Each tag that is taken out copies what is left.
    whole = str(text)
    return len(whole) * whole.count("<") // 64


def _as_json(budget: Budget, value: object, /, indent: object = None) -> int:
    return (6 + _width(indent, MAX_INDENT)) * budget.weigh(value)


def _formatted(budget: Budget, pattern: object, /, *values: object, **named: object) -> int:
    whole = str(pattern)
    places = _places_of(whole)
    return budget.weigh(whole) + (
        places * (1000 + budget.weigh(values) + budget.weigh(named)) if places else 0
    )


@lru_cache(maxsize=1024)
def _places_of(pattern: str) -> int:
    """How many values a format names. Raises TemplateLimit for a width that is too large."""
    places = 0
    for place in _PLACE.finditer(pattern):
        places += 1
        if any(width and (width == "*" or len(width) > 3) for width in place.groups()):
            raise TemplateLimit("a width in a format is too large")
    return places


def _added(budget: Budget, left: object, right: object) -> int:
    return budget.weigh(left) + budget.weigh(right)


def _multiplied(budget: Budget, left: object, right: object) -> int:
    if isinstance(left, int) and isinstance(right, int):
        return _bits(left.bit_length() + right.bit_length())
    number, value = (left, right) if isinstance(left, int) else (right, left)
    return budget.weigh(value) * max(0, number) if isinstance(number, int) else 0


def _raised(budget: Budget, left: object, right: object) -> int:
    if isinstance(left, int) and isinstance(right, int):
        return _bits(left.bit_length() * max(0, right))
    return 0


def _bits(number: int) -> int:
    if number > MAX_BITS:
        raise TemplateLimit("a number is too large")
    return 0


def _remainder(budget: Budget, left: object, right: object) -> int:
    if isinstance(left, str):
        values = right if isinstance(right, tuple) else (right,)
        return _formatted(budget, left, *values)
    return 0


FILTER_SIZES: Mapping[str, Callable[..., int]] = {
    **dict.fromkeys(("list", "reverse", "sort", "unique"), _listed),
    "batch": _parted,
    "center": _padded,
    "format": _formatted,
    "indent": _indented,
    "join": _joined,
    "listing": _listing,
    "replace": _replaced,
    "round": _rounded,
    "slice": _parted,
    "striptags": _bared,
    "sum": _summed,
    "tojson": _as_json,
    "wordwrap": _wrapped,
}
"""Bytes that filters may take."""

METHOD_SIZES: Mapping[str, Callable[..., int]] = {
    **dict.fromkeys(("center", "ljust", "rjust", "zfill"), _padded),
    **dict.fromkeys(("split", "rsplit"), _split),
    "expandtabs": _expanded,
    "join": _joined_by,
    "replace": _replaced,
    "splitlines": _listed,
    "striptags": _bared,
}
"""Bytes that methods of text may take."""

OPERATORS: Mapping[str, Callable[[Budget, Any, Any], int]] = {
    "+": _added,
    "*": _multiplied,
    "**": _raised,
    "%": _remainder,
}
