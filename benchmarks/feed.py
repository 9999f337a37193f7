"""How long the feed takes beside feedgen alone, in the same run: ratios carry over, seconds do not.

    python benchmarks/feed.py [--check]

Prints, per number of episodes, how long feedgen takes to build and serialise as many bare entries
(a title, an address, a sentence, the sound, four of Apple's elements), and as multiples of that:
how long the first release takes (keys, feed.xml and every archive page), and how long the next one
takes when the title of one talk has changed (all keys, one document). Both are measured with talks
that have a summary, and with rich ones (notes of four paragraphs, two formats, transcripts, three
to five people, five to twelve chapters). Times are of this process, measured in turns; the median
of the pairs counts. ``--check`` exits with 1 where a limit below is exceeded.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

from publisher.context import BuildContext
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
    SourceFile,
    Transcript,
)
from publisher.outputs.feed import FeedRenderer
from publisher.plan import Document

COUNTS = (1_250, 5_000)
MAX_RATIOS = {"first": 20.0, "first, rich": 32.0, "changed": 2.5, "changed, rich": 4.0}
"""How many times as long as feedgen's bare entries a release may take, with the last of the counts."""
MAX_GROWTH = 1.25
"""How much more than proportionally the first release may grow, from the first count to the last."""
ROUNDS = 3
START = datetime(2010, 1, 1, 18, tzinfo=UTC)
LINK = "https://talks.example.org/"


def publication(count: int, rich: bool = False) -> Publication:
    """A series of talks: two guests, a moderator, chapters, a link, a summary; `rich` has it all."""
    people = [Person(f"p{n}", f"Speaker {n}", "journalist") for n in range(50)]
    make = _rich_release if rich else _release
    releases = tuple(make(number, people) for number in reversed(range(count)))
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
    return Release(episode, f"urn:uuid:{number}", date, (_sound(slug, "mp3", "audio/mpeg"),), 2400.0)


def _rich_release(number: int, people: list[Person]) -> Release:
    plain = _release(number, people)
    notes = "\n\n".join(
        f"Paragraph {n} of talk {number}. "
        + "Words about the matter, and what was said of it. " * 7
        + f"[{n}:30]"
        for n in range(4)
    )
    episode = replace(
        plain.episode,
        notes=notes,
        guests=tuple(Credit(people[(number * 7 + n) % 50], "guest", "writer") for n in range(2 + number % 3)),
        chapters=tuple(
            Chapter(n * 150.0 + number % 50, f"Part {n}: of {number}") for n in range(5 + number % 8)
        ),
        transcripts=tuple(
            Transcript(code, SourceFile(Path(f"transcript.{code}.vtt"), "cc")) for code in ("en", "ur")
        ),
    )
    sounds = (*plain.enclosures, _sound(episode.slug, "opus", "audio/ogg"))
    return replace(plain, episode=episode, enclosures=sounds, youtube_id=f"{number:011}")


def _sound(slug: str, suffix: str, kind: str) -> Enclosure:
    return Enclosure(f"media/{slug}.0011aabb.{suffix}", suffix, kind, 40_000_000, 2400.0, "ab" * 32)


def documents(shown: Publication) -> Iterator[Document]:
    context = BuildContext(Path("/nowhere/public"), Path("/nowhere/.publisher"))
    return FeedRenderer(context).documents(shown)


def write_stale(keys: Mapping[str, str], shown: Publication) -> None:
    """What a release does: it renders the documents whose key is not that of `keys`, by path."""
    for document in documents(shown):
        if keys.get(document.path) != document.key:
            document.render()


def with_changed_title(shown: Publication) -> Publication:
    """The newest talk has another title."""
    newest, *others = shown.releases
    changed = replace(newest, episode=replace(newest.episode, title="Another title"))
    return replace(shown, releases=(changed, *others))


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


Works = Mapping[str, Callable[[], None]]


def times(works: Works) -> dict[str, float]:
    """How long each of `works` takes, in its own process time, as a multiple of the first one's.

    They take turns, so that other load on the machine falls on all of them; of the first it is seconds.
    """
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            gc.collect()
            begun = time.process_time()
            work()
            taken[name].append(time.process_time() - begun)
    first, *others = works
    pairs = {name: [a / b for a, b in zip(taken[name], taken[first], strict=True)] for name in others}
    return {first: min(taken[first]), **{name: median(ratios) for name, ratios in pairs.items()}}


def measured(count: int) -> dict[str, float]:
    """The seconds of the bare entries, and the multiples of them."""
    plain = publication(count)
    works = {"feedgen": partial(write_bare, plain)}
    for words, shown in (("", plain), (", rich", publication(count, rich=True))):
        keys = {document.path: document.key for document in documents(shown)}
        works[f"first{words}"] = partial(write_stale, {}, shown)
        works[f"changed{words}"] = partial(write_stale, keys, with_changed_title(shown))
    return times(works)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit with 1 where a limit is exceeded")
    check = parser.parse_args().check
    measured(20)
    print(f"{'episodes':>8}  {'feedgen':>8}  " + "  ".join(f"{name:>13}" for name in MAX_RATIOS))
    found = {count: measured(count) for count in COUNTS}
    for count, ratios in found.items():
        multiples = "  ".join(f"{ratios[name]:>12.2f}x" for name in MAX_RATIOS)
        print(f"{count:>8}  {ratios['feedgen']:>7.2f}s  {multiples}")
    per_talk = [ratios["feedgen"] * ratios["first"] / count for count, ratios in found.items()]
    values = {**found[COUNTS[-1]], "growth": per_talk[-1] / per_talk[0]}
    limits = {**MAX_RATIOS, "growth": MAX_GROWTH}
    for name, limit in limits.items():
        print(f"{name}: {values[name]:.2f}, at most {limit}")
    return int(check and any(values[name] > limit for name, limit in limits.items()))


if __name__ == "__main__":
    raise SystemExit(main())
