"""How long the feed takes beside feedgen alone, in the same run: ratios carry over, seconds do not.

    python benchmarks/feed.py [--check]

Prints, per number of episodes, how long feedgen takes to build and serialise as many bare entries
(a title, an address, a sentence, the sound, four of Apple's elements), how long the whole feed
takes (people, chapters, links, show notes, the podcast namespace, archive pages, its judge), and
how long it takes when one talk is added to a feed that stands, with their ratios to feedgen.
``--check`` ends with 1 where a limit below is passed.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from publisher.model import (
    Chapter,
    Credit,
    Enclosure,
    Episode,
    Link,
    Person,
    Publication,
    Release,
    Series,
)
from publisher.outputs.feed import FeedRenderer
from publisher.workbench import Workbench

COUNTS = (1_250, 2_500, 5_000)
MOST = 16.0
"""How many times as long as feedgen's bare entries the whole feed may take."""
MOST_ADDED = 3.0
"""The same, for a feed to which one talk is added."""
GROWTH = 1.25
"""How much more than proportionally time may grow, from the first count to the last."""
ROUNDS = 3
START = datetime(2010, 1, 1, 18, tzinfo=UTC)
LINK = "https://talks.example.org/"


def publication(count: int) -> Publication:
    """A series of talks as they are: two guests, a moderator, chapters, a link, a summary."""
    people = [Person(f"p{n}", f"Speaker {n}", "journalist") for n in range(50)]
    releases = tuple(_release(number, people) for number in reversed(range(count)))
    series = Series("Talks", "Talks about examples.", "en", LINK, "Press", Path("/nowhere"))
    return Publication(series, releases, "917393e3-1b1e-5cef-ace4-edaa54e1f810")


def _release(number: int, people: list[Person]) -> Release:
    credits = [Credit(people[(number + step) % len(people)], "guest") for step in range(3)]
    date = START + timedelta(days=number)
    slug = f"talk-{number}"
    episode = Episode(
        slug,
        f"Talk number {number}",
        date,
        "en",
        Path("/nowhere"),
        number=number + 1,
        summary=f"Two guests talk about example {number}, and answer questions from the audience.",
        guests=tuple(credits[:2]),
        moderators=(Credit(credits[2].person, "moderator"),),
        topics=("Examples", "Questions"),
        links=(Link("A paper", f"https://example.org/{number}"),),
        chapters=tuple(Chapter(at * 600.0, f"Part {at}") for at in range(4)),
    )
    enclosure = Enclosure(f"media/{slug}.0011aabb.mp3", "mp3", "audio/mpeg", 40_000_000, 2400.0, "ab" * 32)
    return Release(episode, f"urn:uuid:{number}", date, (enclosure,), 2400.0)


def write_feed(shown: Publication) -> None:
    bench = Workbench(Path("/nowhere/public"), Path("/nowhere/.publisher"))
    for document in FeedRenderer(bench).documents(shown):
        document.render()


def keys(shown: Publication) -> dict[str, str]:
    bench = Workbench(Path("/nowhere/public"), Path("/nowhere/.publisher"))
    return {document.path: document.key for document in FeedRenderer(bench).documents(shown)}


def write_changed(standing: dict[str, str], shown: Publication) -> None:
    """What a release writes that adds the newest talk: the documents that differ from those that stand."""
    bench = Workbench(Path("/nowhere/public"), Path("/nowhere/.publisher"))
    for document in FeedRenderer(bench).documents(shown):
        if standing.get(document.path) != document.key:
            document.render()


def write_bare(shown: Publication) -> None:
    """What feedgen does alone: entries with Apple's elements and nothing else."""
    from feedgen.feed import FeedGenerator

    feed = FeedGenerator()
    feed.load_extension("podcast")
    feed.title(shown.series.title)
    feed.link(href=shown.series.link)
    feed.description(shown.series.description)
    for release in shown.releases:
        entry = feed.add_entry(order="append")
        enclosure = release.enclosures[0]
        entry.title(release.episode.title)
        entry.guid(release.guid)
        entry.link(href=LINK + release.episode.slug)
        entry.description(release.episode.summary)
        entry.published(release.published)
        entry.enclosure(LINK + enclosure.path, str(enclosure.length), enclosure.type)
        entry.podcast.itunes_duration("2400")
        entry.podcast.itunes_explicit("no")
        entry.podcast.itunes_episode(release.episode.number)
        entry.podcast.itunes_image(LINK + "cover.jpg")
    feed.rss_str(pretty=True)


def best(work: Callable[[Publication], None], shown: Publication) -> float:
    """The shortest of some runs, in seconds of this process: other load does not count."""
    times = []
    for _ in range(ROUNDS):
        gc.collect()
        begun = time.process_time()
        work(shown)
        times.append(time.process_time() - begun)
    return min(times)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="end with 1 where a limit is passed")
    check = parser.parse_args().check
    small = publication(20)
    write_bare(small)
    write_feed(small)
    print(f"{'episodes':>8}  {'feedgen':>8}  {'whole':>8}  {'added':>8}  {'ratios':>12}")
    taken: list[tuple[int, float, float, float]] = []
    for count in COUNTS:
        shown = publication(count)
        add = partial(write_changed, keys(replace(shown, releases=shown.releases[1:])))
        bare, whole, added = (best(work, shown) for work in (write_bare, write_feed, add))
        taken.append((count, bare, whole, added))
        ratios = f"{whole / bare:>5.1f}  {added / bare:>5.1f}"
        print(f"{count:>8}  {bare:>7.2f}s  {whole:>7.2f}s  {added:>7.2f}s  {ratios}")
    first, last = taken[0], taken[-1]
    limits = {
        "the whole feed": (last[2] / last[1], MOST),
        "one talk added": (last[3] / last[1], MOST_ADDED),
        "growth": (last[2] / first[2] * first[0] / last[0], GROWTH),
    }
    for name, (value, most) in limits.items():
        print(f"{name}: {value:.2f}, at most {most}")
    return int(check and any(value > most for value, most in limits.values()))


if __name__ == "__main__":
    raise SystemExit(main())
