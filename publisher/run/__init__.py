"""Executes a plan: retracts, makes, records, renders, cleans up, in this order.

Retractions are first and depend on nothing. Media files come next, then pages, then the feed, and at
last the removal of unreferenced files: at every moment the current feed refers only to existing files.
If one step fails, the others continue. Only decisions that depend on a step's result are made here.

`runner` defines the order; `retract`, `make`, `render` and `cleanup` are its parts; `quarantine`
withholds episodes that leak or are incomplete, `journal` writes the records, `cache` the files in
.publisher/.
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
from publisher.run.prepare import load_prepared
from publisher.run.retract import apply_visibility
from publisher.run.runner import Run

__all__ = [
    "RENDERED_FILE",
    "Failure",
    "Report",
    "Run",
    "RunResult",
    "apply_visibility",
    "find_outgoing",
    "load_prepared",
    "load_rendered",
    "load_visibility",
    "save_rendered",
]
