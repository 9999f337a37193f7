"""Carries a plan out: makes, records, renders, removes, in this order.

Media come first, then pages, the feed last, and what nothing names any more goes after it: at
every moment the feed in place names only files that exist. When one step fails the rest goes
on. Nothing is decided here but what depends on what was just made.

`carrying` is the order, `making`, `rendering` and `removing` are its parts; `holding` takes talks
out that would leak, `books` writes down what was done, `working` is about .publisher/.
"""

from __future__ import annotations

from publisher.run.books import Failure, Outcome
from publisher.run.carrying import Run
from publisher.run.working import RENDERED, find_outgoing, load_rendered, save_rendered

__all__ = [
    "RENDERED",
    "Failure",
    "Outcome",
    "Run",
    "find_outgoing",
    "load_rendered",
    "save_rendered",
]
