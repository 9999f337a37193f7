"""Carries a plan out: takes back, makes, records, renders, removes, in this order.

What may not be seen any more is taken back first, and waits for nothing. Media come next, then pages,
the feed last, and what nothing names any more goes after it: at every moment the feed in place names
only files that exist. When one step fails the rest goes on. Nothing is decided here but what depends
on what was just made.

`runner` is the order; `retract`, `make`, `render` and `cleanup` are its parts; `quarantine` takes talks
out that would leak or are not whole, `journal` writes down what was done, `cache` is about .publisher/.
"""

from __future__ import annotations

from publisher.run.cache import (
    RENDERED_FILE,
    find_outgoing,
    load_rendered,
    load_visibility,
    save_rendered,
)
from publisher.run.journal import Failure, Report, RunResult
from publisher.run.retract import see_hidden
from publisher.run.runner import Run

__all__ = [
    "RENDERED_FILE",
    "Failure",
    "Report",
    "Run",
    "RunResult",
    "find_outgoing",
    "load_rendered",
    "load_visibility",
    "save_rendered",
    "see_hidden",
]
