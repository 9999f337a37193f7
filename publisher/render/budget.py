"""Limits of one rendering of a template: steps, bytes and processor time.

A template may come from a stranger. `Budget` counts while it is rendered and raises TemplateLimit
beyond 2 000 000 steps (`MAX_STEPS`), 128 MB (`MAX_BYTES`) or 10 s of processor time (`MAX_SECONDS`).
`sandbox` charges every block, loop item, call, filter and printed value; `result_sizes` estimates
results that could be large, so that they are charged before they are made. The limits of single
values (widths, numbers, ranges) are in `result_sizes`, the sizes of files in `template_files`.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping, MappingView, Set
from contextlib import contextmanager
from pathlib import PurePath
from types import FunctionType, ModuleType
from typing import Any

from jinja2 import TemplateRuntimeError

MAX_STEPS = 2_000_000
"""Blocks, loop items, calls, filters and printed values; a talk with 25 000 cues takes 430 000."""

MAX_BYTES = 128 << 20
"""Bytes of all values that one rendering makes; a value counts each time it is used."""

MAX_SECONDS = 10.0
"""Processor time, for work that the counts of steps and bytes miss."""

CONTAINERS = (list, tuple, Mapping, Set, MappingView)

HIDDEN = (PurePath, ModuleType, FunctionType, type)
"""Types whose values templates never receive: paths of this machine, and code."""

TEXT, CONTAINER, OBJECT, OTHER = "text", "container", "object", "other"

_KINDS: dict[type, str] = {}


def kind_of(value: object) -> str:
    """`TEXT`, `CONTAINER`, `OBJECT` (hidden, or without a text form of its own) or `OTHER`, by type."""
    kind = type(value)
    return _KINDS.get(kind) or _KINDS.setdefault(kind, _classify(kind))


def _classify(kind: type) -> str:
    if issubclass(kind, str):
        return TEXT
    if issubclass(kind, CONTAINERS):
        return CONTAINER
    is_own = kind.__module__.startswith("publisher.")
    has_no_text = is_own and kind.__str__ is object.__str__ and not hasattr(kind, "__html__")
    return OBJECT if has_no_text or issubclass(kind, HIDDEN) else OTHER


class TemplateLimit(TemplateRuntimeError):
    """A template exceeded a limit."""


class Budget:
    """The steps, bytes and time left to the current rendering; unlimited outside of one."""

    __slots__ = ("_bytes", "_deadline", "_lock", "_steps")

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._remove_limits()

    def _remove_limits(self) -> None:
        self._steps = self._bytes = sys.maxsize
        self._deadline = float("inf")

    @contextmanager
    def rendering(self) -> Iterator[None]:
        """Applies the limits to one rendering; others wait."""
        with self._lock:
            self._steps, self._bytes = MAX_STEPS, MAX_BYTES
            self._deadline = time.thread_time() + MAX_SECONDS
            try:
                yield
            finally:
                self._remove_limits()

    def spend(self, size: int = 0) -> None:
        """Charges one step and `size` bytes. Raises TemplateLimit when none are left."""
        self._steps -= 1
        self._bytes -= size
        # Reading the clock is slow: once in 64 steps is enough.
        if self._bytes < 0 or not self._steps & 63:
            self._check()

    def spend_steps(self, number: int) -> None:
        """Charges `number` steps. Raises TemplateLimit when none are left."""
        self._steps -= number
        self._check()

    def _check(self) -> None:
        if self._bytes < 0:
            raise TemplateLimit(f"makes more than {MAX_BYTES >> 20} MB of text; a page has a few MB at most")
        if self._steps <= 0 or time.thread_time() > self._deadline:
            raise TemplateLimit("does not end: it repeats itself far more often than any page needs")

    def memory_size(self, value: object) -> int:
        """Bytes of a value and everything inside it, each counted as often as it would be printed."""
        kind = kind_of(value)
        if kind is TEXT:
            return sys.getsizeof(value)
        if kind is not CONTAINER:
            return 0
        total = 0
        pending: list[object] = [value]
        while pending and total <= self._bytes:
            part = pending.pop()
            kind = kind_of(part)
            total += 64
            if kind is TEXT:
                total += sys.getsizeof(part)
            elif isinstance(part, Mapping):
                pending += [*part.keys(), *part.values()]
            elif kind is CONTAINER:
                pending += part  # type: ignore[arg-type]
        return total

    def charge_value(self, value: Any) -> Any:
        """Charges the bytes of `value` and returns it."""
        self.spend(self.memory_size(value))
        return value

    def charge_comparison(self, value: Any) -> Any:
        """Charges steps for comparing or searching `value` and returns it."""
        kind = kind_of(value)
        if kind is CONTAINER:
            self.spend_steps(1 + len(value) // 16)
        elif kind is TEXT:
            self._steps -= 1 + len(value) // 4096
        return value
