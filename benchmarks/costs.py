"""What a series of any size costs a day, from figures that were measured: ``python benchmarks/costs.py``.

Prints the table of docs/scale.md. ``--talks``, ``--listeners`` and ``--workers`` change the
assumptions; the measured figures are the constants below.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator

PROCESSOR_PER_HOUR = 30.0
"""Seconds of processor time to make one MP3 of an hour of mono sound: 5 s for 10 minutes."""
BYTES_PER_HOUR = 96_000 // 8 * 3600
FILES_PER_TALK = 8
"""Page, frame for other sites, oEmbed, chapters, cover, card, thumbnail, and the audio."""
TEXT_BYTES, PICTURE_BYTES = 35_000, 301_000
"""Bytes of a talk's pages and of its three pictures."""
PAGE_SENT, FEED_SENT, NOT_MODIFIED = 4_900, 120_000, 300
"""Bytes sent for a page and a feed of 300 items, with gzip, and for a feed that has not changed."""
PAGES_SECONDS, PICTURES_SECONDS, PLAN_SECONDS = 0.0125, 0.025, 0.0008
"""Seconds of processor time per talk, at 10 000 talks."""
PLAN_MEMORY = 30_000
UNITS_PER_UPLOAD, UNITS_PER_DAY, UPLOADS_PER_DAY = 500, 10_000, 100
"""YouTube's prices and limits: docs/youtube.md."""
POLLS, HOURS_HEARD = 12, 0.5
"""Assumed for a listener and day: requests of the feed, and hours of sound."""
DAY = 86_400


def costs(talks: int, listeners: int, workers: int) -> Iterator[tuple[str, str]]:
    """(what, how much) for a series of one-hour talks."""
    encoding = talks * PROCESSOR_PER_HOUR / 3600
    yield "encoding, once", f"{encoding:,.0f} h on one core, {encoding / workers:,.1f} h on {workers}"
    yield "full rendering", f"{talks * (PAGES_SECONDS + PICTURES_SECONDS) / 3600:,.1f} h on one core"
    memory = talks * PLAN_MEMORY / 1e9
    yield "plan with nothing to do", f"{talks * PLAN_SECONDS:,.0f} s, {memory:,.1f} GB of memory"
    yield "files in public/", f"{talks * FILES_PER_TALK:,}"
    yield "pages and pictures", f"{talks * (TEXT_BYTES + PICTURE_BYTES) / 1e9:,.0f} GB"
    yield "audio", f"{talks * BYTES_PER_HOUR / 1e12:,.2f} TB"
    per_day = min(UNITS_PER_DAY // UNITS_PER_UPLOAD, UPLOADS_PER_DAY)
    yield "days of YouTube's quota", f"{math.ceil(talks / per_day):,}"
    requests = listeners * (POLLS + 2)
    yield "requests", f"{requests:,} a day, {requests / DAY:,.0f} a second"
    feed = listeners * (FEED_SENT + (POLLS - 1) * NOT_MODIFIED)
    yield "bytes of the feed", f"{feed / 1e9:,.0f} GB on a day with a new talk"
    yield "bytes of pages", f"{listeners * PAGE_SENT / 1e9:,.0f} GB a day"
    heard = listeners * HOURS_HEARD * BYTES_PER_HOUR
    yield "bytes of audio", f"{heard / 1e12:,.1f} TB a day, {heard * 8 / DAY / 1e9:,.1f} Gbit/s on average"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--talks", type=int, default=100_000)
    parser.add_argument("--listeners", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=32)
    options = parser.parse_args()
    for name, amount in costs(options.talks, options.listeners, options.workers):
        print(f"| {name} | {amount} |")


if __name__ == "__main__":
    main()
