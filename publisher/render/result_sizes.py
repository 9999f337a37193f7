"""How large the results of filters, methods and operators will be, before they are made.

Only of those whose result can be much larger than their arguments; in bytes, from above.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from publisher.render.budget import CONTAINERS, Budget, TemplateLimit

MAX_RANGE = 100_000

MAX_BITS = 4096
"""Of a whole number."""

MAX_WIDTH = 1000
"""To which text may be padded or indented."""

MAX_PRECISION = 100

MAX_INDENT = 16

_PLACE = re.compile(r"%(?:\([^)]*\))?[#0\- +]*(\*|\d*)(?:\.(\*|\d*))?")


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


def formatted_size(budget: Budget, pattern: object, /, *values: object, **named: object) -> int:
    whole = str(pattern)
    places = _places_of(whole)
    return budget.weigh(whole) + (
        places * (1000 + budget.weigh(values) + budget.weigh(named)) if places else 0
    )


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
        return formatted_size(budget, left, *values)
    return 0


FILTER_SIZES: Mapping[str, Callable[..., int]] = {
    **dict.fromkeys(("list", "reverse", "sort", "unique"), _listed),
    "batch": _parted,
    "center": _padded,
    "format": formatted_size,
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
