"""Upper bounds for the results of filters, methods and operators, in bytes, before they are made.

`sandbox` charges these to the `Budget` first, so that no single operation exhausts the memory. Only
operations whose result can be much larger than their arguments are listed. Values that no page
needs are refused at once with TemplateLimit: ranges above 100 000 numbers, whole numbers above
4096 bits, widths above 1000, precisions above 100, JSON indents above 16.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from publisher.render.budget import CONTAINERS, Budget, TemplateLimit

MAX_RANGE = 100_000
"""Numbers in a range(), and items assumed for a value of unknown length."""

MAX_BITS = 4096
"""Bits of a whole number."""

MAX_WIDTH = 1000
"""Characters to which text may be padded or indented, and parts of a batch or slice."""

MAX_PRECISION = 100
"""Decimal places of round()."""

MAX_INDENT = 16
"""Spaces per level in tojson()."""

_PLACEHOLDER = re.compile(r"%(?:\([^)]*\))?[#0\- +]*(\*|\d*)(?:\.(\*|\d*))?")


def _checked_width(number: object, maximum: int = MAX_WIDTH) -> int:
    """A width from a template, 0 where it is no number. Raises TemplateLimit above `maximum`."""
    if isinstance(number, int) and abs(number) > maximum:
        raise TemplateLimit(f"a width, a precision or a number of parts is larger than {maximum}")
    return number if isinstance(number, int) else 0


# The parameters after the value have the names that templates may use for them.


def _pad_size(budget: Budget, text: object, /, width: object = 80, *rest: object) -> int:
    return budget.memory_size(text) + 4 * _checked_width(width)


def _expandtabs_size(budget: Budget, text: str, /, tabsize: object = 8) -> int:
    return budget.memory_size(text) + text.count("\t") * _checked_width(tabsize)


def _replace_size(
    budget: Budget, text: object, /, old: object, new: object, *rest: object, **more: object
) -> int:
    whole = str(text)
    return budget.memory_size(whole) + whole.count(str(old)) * sys.getsizeof(str(new))


def _list_size(budget: Budget, value: object, /, *rest: object, **more: object) -> int:
    return 64 * len(value) if isinstance(value, str) else budget.memory_size(value)


def _split_size(budget: Budget, text: str, /, sep: object = None, *rest: object, **more: object) -> int:
    pieces = text.count(sep) if isinstance(sep, str) and sep else len(text) // 2
    return 2 * budget.memory_size(text) + 64 * pieces


def _batch_size(
    budget: Budget, value: object, /, linecount: object = 0, fill_with: object = None, slices: object = 0
) -> int:
    return _list_size(budget, value) + 64 * (_checked_width(linecount) + _checked_width(slices))


def _join_size(budget: Budget, parts: object, /, d: object = "", attribute: object = None) -> int:
    number = len(parts) if isinstance(parts, (str, *CONTAINERS)) else MAX_RANGE
    return budget.memory_size(parts) + number * len(str(d))


def _format_list_size(budget: Budget, parts: object, /) -> int:
    # Babel appends one name after another and copies the whole text each time.
    number = len(parts) if isinstance(parts, (str, *CONTAINERS)) else MAX_RANGE
    return budget.memory_size(parts) + number * number


def _str_join_size(budget: Budget, separator: object, parts: object, /) -> int:
    return _join_size(budget, parts, separator)


def _indent_size(budget: Budget, text: object, /, width: object = 4, *rest: object, **more: object) -> int:
    step = len(width) if isinstance(width, str) else _checked_width(width)
    return budget.memory_size(text) + step * (1 + str(text).count("\n"))


def _wordwrap_size(
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
    lines = len(whole) // max(1, _checked_width(width)) + whole.count("\n") + whole.count(" ")
    return lines * (64 + len(str(wrapstring or "")))


def _sum_size(budget: Budget, value: object, /, attribute: object = None, start: object = 0) -> int:
    if not isinstance(start, (int, float)):
        raise TemplateLimit("sum can add numbers only; use | join for texts")
    return budget.memory_size(value)


def _round_size(
    budget: Budget, value: object, /, precision: object = 0, *rest: object, **more: object
) -> int:
    _checked_width(precision, MAX_PRECISION)
    return 0


def _striptags_size(budget: Budget, text: object, /) -> int:
    # Removing a tag copies the rest of the text.
    whole = str(text)
    return len(whole) * whole.count("<") // 64


def _json_size(budget: Budget, value: object, /, indent: object = None) -> int:
    return (6 + _checked_width(indent, MAX_INDENT)) * budget.memory_size(value)


def formatted_size(budget: Budget, pattern: object, /, *values: object, **named: object) -> int:
    """The size of ``pattern % values``. Raises TemplateLimit for a width that is too large."""
    whole = str(pattern)
    places = _count_placeholders(whole)
    return budget.memory_size(whole) + (
        places * (1000 + budget.memory_size(values) + budget.memory_size(named)) if places else 0
    )


# Uncached, rendering pages takes 1 to 4 % longer.
@lru_cache(maxsize=1024)
def _count_placeholders(pattern: str) -> int:
    """The number of placeholders in a format. Raises TemplateLimit for a width above 999."""
    places = 0
    for place in _PLACEHOLDER.finditer(pattern):
        places += 1
        if any(width and (width == "*" or len(width) > 3) for width in place.groups()):
            raise TemplateLimit("a width in a format is too large")
    return places


def _add_size(budget: Budget, left: object, right: object) -> int:
    return budget.memory_size(left) + budget.memory_size(right)


def _multiply_size(budget: Budget, left: object, right: object) -> int:
    if isinstance(left, int) and isinstance(right, int):
        return _check_bits(left.bit_length() + right.bit_length())
    number, value = (left, right) if isinstance(left, int) else (right, left)
    return budget.memory_size(value) * max(0, number) if isinstance(number, int) else 0


def _power_size(budget: Budget, left: object, right: object) -> int:
    if isinstance(left, int) and isinstance(right, int):
        return _check_bits(left.bit_length() * max(0, right))
    return 0


def _check_bits(number: int) -> int:
    if number > MAX_BITS:
        raise TemplateLimit("a number is too large")
    return 0


def _modulo_size(budget: Budget, left: object, right: object) -> int:
    if isinstance(left, str):
        values = right if isinstance(right, tuple) else (right,)
        return formatted_size(budget, left, *values)
    return 0


FILTER_SIZES: Mapping[str, Callable[..., int]] = {
    **dict.fromkeys(("list", "reverse", "sort", "unique"), _list_size),
    "batch": _batch_size,
    "center": _pad_size,
    "format": formatted_size,
    "indent": _indent_size,
    "join": _join_size,
    "listing": _format_list_size,
    "replace": _replace_size,
    "round": _round_size,
    "slice": _batch_size,
    "striptags": _striptags_size,
    "sum": _sum_size,
    "tojson": _json_size,
    "wordwrap": _wordwrap_size,
}
"""Filter → upper bound of its result, in bytes."""

METHOD_SIZES: Mapping[str, Callable[..., int]] = {
    **dict.fromkeys(("center", "ljust", "rjust", "zfill"), _pad_size),
    **dict.fromkeys(("split", "rsplit"), _split_size),
    "expandtabs": _expandtabs_size,
    "join": _str_join_size,
    "replace": _replace_size,
    "splitlines": _list_size,
    "striptags": _striptags_size,
}
"""Method of text → upper bound of its result, in bytes."""

OPERATORS: Mapping[str, Callable[[Budget, Any, Any], int]] = {
    "+": _add_size,
    "*": _multiply_size,
    "**": _power_size,
    "%": _modulo_size,
}
"""Operator → upper bound of its result, in bytes."""
