"""Byte ranges of HTTP: which part of a representation a `Range` field asks for (RFC 9110, section 14).

A field that is not a valid set of byte ranges is ignored, as the standard allows, and so is a set
of several ranges: the whole representation is a correct answer to both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPECIFIER = re.compile(r"bytes=(.*)", re.IGNORECASE | re.DOTALL)
_RANGE = re.compile(r"([0-9]+)-([0-9]*)|-([0-9]+)")

_MAX_DIGITS = 18
"""No file has more bytes than this many digits count, and Python refuses to read thousands of digits."""


class RangeNotSatisfiable(Exception):
    """A valid set of ranges, but the representation holds none of its bytes: status 416."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from `first` to `last`, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class _RangeSpec:
    """A range as written. Without `first`: the last `last` bytes. Without `last`: all from `first` on."""

    first: int | None
    last: int | None

    def is_valid(self) -> bool:
        return self.first is None or self.last is None or self.first <= self.last

    def is_satisfiable(self, size: int) -> bool:
        return self.last != 0 if self.first is None else self.first < size

    def resolve(self, size: int) -> ByteRange:
        """The bytes of a representation of `size` bytes, one at least."""
        if self.first is None:
            return ByteRange(max(0, size - (self.last or 0)), size - 1)
        return ByteRange(self.first, size - 1 if self.last is None else min(self.last, size - 1))


def requested_range(field: str, size: int) -> ByteRange | None:
    """The range that the value of a `Range` field asks for of `size` bytes; None for all of them.

    Raises RangeNotSatisfiable.
    """
    specs = _parse(field)
    if not specs or not all(spec.is_valid() for spec in specs):
        return None
    if not any(spec.is_satisfiable(size) for spec in specs):
        raise RangeNotSatisfiable
    # No range can be named in an empty representation, not even where the last bytes are asked for.
    return specs[0].resolve(size) if len(specs) == 1 and size else None


def _parse(field: str) -> tuple[_RangeSpec, ...]:
    """Every range of a `Range` field; none where it is of another unit or malformed."""
    specifier = _SPECIFIER.fullmatch(field.strip())
    if specifier is None:
        return ()
    # A list may hold empty elements and blanks (section 5.6.1).
    matches = [_RANGE.fullmatch(text) for part in specifier[1].split(",") if (text := part.strip(" \t"))]
    return tuple(_spec(match) for match in matches if match) if all(matches) else ()


def _spec(match: re.Match[str]) -> _RangeSpec:
    first, last, suffix = (_number(digits) for digits in match.groups())
    return _RangeSpec(first, last) if suffix is None else _RangeSpec(None, suffix)


def _number(digits: str | None) -> int | None:
    if not digits:
        return None
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) <= _MAX_DIGITS else 10**_MAX_DIGITS
