"""Numbers the talks of a run for the progress, and measures how fast this machine makes them."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from publisher import estimates, files
from publisher.estimates import Measurement, Measurements, SharedTime
from publisher.model import Series
from publisher.plan import Step
from publisher.progress import Place, PlacedProgress, Progress

logger = logging.getLogger(__name__)

SPEEDS_FILE = "speeds.json"
"""In .publisher/; without it the first estimates of a release are those of an average machine."""


def load_speeds(work: Path) -> Measurements:
    """What earlier releases measured; empty if the file is missing or damaged."""
    try:
        document = json.loads(files.read_bytes(work / SPEEDS_FILE))
        return {
            str(kind): Measurement(float(found["work"]), float(found["time"]))
            for kind, found in document.items()
        }
    except (OSError, ValueError, AttributeError, TypeError, KeyError):
        logger.debug("%s is missing or damaged: durations are estimated by default speeds", SPEEDS_FILE)
        return {}


def places_of(steps: Iterable[Step]) -> dict[tuple[str, str], Place]:
    """The place of each step, by output and slug; talks are numbered in the order of their first step."""
    keys = [(step.output, step.episode or "") for step in steps]
    numbers = {slug: number for number, slug in enumerate(dict.fromkeys(slug for _, slug in keys), 1)}
    return {key: Place(*key, numbers[key[1]], len(numbers)) for key in keys}


class StepTimer:
    """The places and times of the steps of one run. Safe to use from several threads."""

    def __init__(self, steps: tuple[Step, ...], series: Series, work: Path, progress: Progress) -> None:
        self._series, self._work, self._progress = series, work, progress
        self._places = places_of(steps)
        self._measured = load_speeds(work)
        self._lock = threading.Lock()
        # Uploads do not slow down an encoder.
        self._uploads, self._encodings = SharedTime(), SharedTime()
        expected = {
            self._places[step.output, step.episode or ""]: estimates.expected_duration(
                step, series, self._measured
            )
            for step in steps
        }
        progress.schedule(expected)

    def start(self, step: Step) -> Progress:
        """The progress of a step that begins now."""
        place = self._places[step.output, step.episode or ""]
        with self._lock:
            self._shared(step).start(place, time.monotonic())
        return PlacedProgress(self._progress, place)

    def finish(self, step: Step, is_done: bool) -> None:
        """Reports the end of a step, and stores the speed of its work if it is done."""
        place = self._places[step.output, step.episode or ""]
        with self._lock:
            share = self._shared(step).finish(place, time.monotonic())
            work = estimates.work_of(step, self._series)
            if work is not None and is_done and step.action == "make":
                # A resumed step does only a part of its work.
                self._measured = estimates.with_measurement(self._measured, *work, share)
        self._progress.finish_step(place)

    def _shared(self, step: Step) -> SharedTime:
        return self._uploads if step.output == "youtube" else self._encodings

    def save(self) -> None:
        """Stores what was measured for the next run."""
        document = {kind: asdict(found) for kind, found in sorted(self._measured.items())}
        with suppress(OSError):
            # Without the file the next estimate is rougher.
            files.write_if_changed(self._work / SPEEDS_FILE, json.dumps(document, indent=0).encode())
