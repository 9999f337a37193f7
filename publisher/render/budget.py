"""What one rendering of a template may cost: steps, bytes and processor time."""

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
"""Blocks, calls, filters and printed values of one rendering; a talk with 25 000 cues takes 430 000."""

MAX_BYTES = 128 << 20
"""Memory of all values that one rendering makes, each as often as it is handled."""

MAX_SECONDS = 10.0
"""Processor time of one rendering: only for what slips through the counts."""

CONTAINERS = (list, tuple, Mapping, Set, MappingView)

HIDDEN = (PurePath, ModuleType, FunctionType, type)
"""Types whose values are not given out: places on this machine, and ways to act."""

TEXT, CONTAINER, OBJECT, OTHER = "text", "container", "object", "other"

_KINDS: dict[type, str] = {}


def kind_of(value: object) -> str:
    """What a value is to a template: text, a container, an object without a form of its own, the rest."""
    kind = type(value)
    return _KINDS.get(kind) or _KINDS.setdefault(kind, _classified(kind))


def _classified(kind: type) -> str:
    if issubclass(kind, str):
        return TEXT
    if issubclass(kind, CONTAINERS):
        return CONTAINER
    is_own = kind.__module__.startswith("publisher.")
    is_formless = is_own and kind.__str__ is object.__str__ and not hasattr(kind, "__html__")
    return OBJECT if is_formless or issubclass(kind, HIDDEN) else OTHER


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
        kind = kind_of(value)
        if kind is TEXT:
            return sys.getsizeof(value)
        if kind is not CONTAINER:
            return 0
        total = 0
        waiting: list[object] = [value]
        while waiting and total <= self._bytes:
            one = waiting.pop()
            kind = kind_of(one)
            total += 64
            if kind is TEXT:
                total += sys.getsizeof(one)
            elif isinstance(one, Mapping):
                waiting += [*one.keys(), *one.values()]
            elif kind is CONTAINER:
                waiting += one  # type: ignore[arg-type]
        return total

    def made(self, value: Any) -> Any:
        """`value`, charged."""
        self.spend(self.weigh(value))
        return value

    def compared(self, value: Any) -> Any:
        """`value`, charged for being compared with another, or searched."""
        kind = kind_of(value)
        if kind is CONTAINER:
            self.spend_steps(1 + len(value) // 16)
        elif kind is TEXT:
            self._steps -= 1 + len(value) // 4096
        return value
