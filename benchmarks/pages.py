"""Measures how fast the pages of a large series are rendered and checked, and the share of Jinja in it.

``make bench-pages`` prints, for 1 000 talks (3 of 300 guests, 8 paragraphs of notes, 12 chapters
each): the time of a full rendering; of Jinja alone for the same templates and contexts, and in the
environment that bounds templates of strangers; of the search for 20 private names; and their ratios. Then
the time for 10 000 talks, and the time after one changed title. Exits 1 when a limit is exceeded.
``--small`` skips the 10 000 talks.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jinja2 import Environment

from publisher.context import BuildContext
from publisher.leaks.checker import LeakChecker
from publisher.leaks.matcher import Secret, Secrets
from publisher.model import Chapter, Credit, Enclosure, Episode, Person, Publication, Release, Series
from publisher.outputs.pages import PagesRenderer
from publisher.plan import Document
from publisher.render.templates import Templates

MAX_RATIO = 5
"""Time of a full rendering in units of Jinja alone."""

MAX_RENDERING = 1.5
"""Time of a full rendering in units of Jinja alone with bounds."""

MAX_SEARCH = 1.5
"""Time of the search for private names in units of the rendering."""

MAX_SHARE = 0.05
"""Time after one changed title, as a share of a full rendering."""

MAX_GROWTH = 1.5
"""Time for 10 000 talks in units of ten times 1 000."""

NEWEST = datetime(2021, 3, 1, 18, tzinfo=UTC)
PARAGRAPH = (
    "In paragraph {paragraph} of talk {talk} at [{minute}:10] somebody says *something* about "
    "the [source](https://example.org/{talk}/{paragraph}), and it goes on for two or three lines "
    "so that it has the length of what people write, without being about anything at all."
)

Call = tuple[str, str, Mapping[str, object]]


def series_of(talks: int, root: Path) -> Publication:
    """A published series with `talks` talks."""
    people = [Person(f"guest-{n}", f"Guest Number {n}", f"Title {n}") for n in range(300)]
    releases = tuple(_release(n, people, root) for n in range(talks))
    series = Series(
        "Example Talks",
        "Talks as examples.",
        "en",
        "https://talks.example.org/",
        "Example Press",
        root,
        people={person.id: person for person in people},
    )
    return Publication(series, releases, "feed-guid")


def _release(number: int, people: list[Person], root: Path) -> Release:
    notes = (PARAGRAPH.format(paragraph=n, talk=number, minute=n * 5) for n in range(8))
    episode = Episode(
        slug=f"talk-{number}",
        title=f"Talk number {number} about something",
        date=NEWEST - timedelta(days=number),
        language="en",
        folder=root,
        number=number,
        summary="A sentence about who speaks with whom.",
        guests=tuple(Credit(people[(number * 7 + n * 31) % len(people)], "guest") for n in range(3)),
        topics=(f"Topic {number % 40}",),
        chapters=tuple(Chapter(n * 250.0, f"Chapter {n}") for n in range(12)),
        notes="\n\n".join(notes),
    )
    file = Enclosure(f"media/talk-{number}.mp3", "mp3", "audio/mpeg", 41_800_000, 3480.0, "0" * 64)
    return Release(episode, f"guid-{number}", episode.date, (file,), recording_duration=3480.0)


def timed(act: Callable[[], object]) -> float:
    """Processor time of `act`, in s: the load by other programs is not counted."""
    start = time.process_time()
    act()
    return time.process_time() - start


def documents(publication: Publication) -> tuple[Document, ...]:
    root = publication.series.root
    return tuple(PagesRenderer(BuildContext(root / "public", root)).documents(publication))


def render(found: Iterable[Document]) -> None:
    for document in found:
        document.render()


def recorded(publication: Publication) -> list[Call]:
    """Every template rendered for the whole site, with its language and context."""
    calls: list[Call] = []
    original = Templates.render

    def record(self: Templates, name: str, code: str, context: Mapping[str, object]) -> str:
        calls.append((name, code, context))
        return original(self, name, code, context)

    Templates.render = record  # type: ignore[method-assign]
    try:
        render(documents(publication))
    finally:
        Templates.render = original  # type: ignore[method-assign]
    return calls


def jinja_alone(calls: Iterable[Call], environment: Callable[[str], Environment]) -> None:
    for name, code, context in calls:
        environment(code).get_template(name).render(context)


def checker() -> LeakChecker:
    """Searches for 20 names that occur nowhere."""
    return LeakChecker(Secrets(tuple(Secret("name", f"Nemo{n} Zarrinkelk{n}") for n in range(20))))


def check(contents: Iterable[tuple[str, bytes]]) -> None:
    leak_checker = checker()
    for path, content in contents:
        leak_checker.check(path, content)


def changed(publication: Publication) -> Publication:
    """The same series with one title changed, in the middle."""
    middle = len(publication.releases) // 2
    release = publication.releases[middle]
    other = replace(release, episode=replace(release.episode, title="Another title"))
    releases = (*publication.releases[:middle], other, *publication.releases[middle + 1 :])
    return replace(publication, releases=releases)


def rerender(publication: Publication, before: Mapping[str, str]) -> int:
    """Renders the documents whose key differs from `before`; returns their number."""
    stale = [found for found in documents(publication) if before.get(found.path) != found.key]
    render(stale)
    return len(stale)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--small", action="store_true", help="skip the 10 000 talks")
    options = parser.parse_args()
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        thousand = series_of(1000, root)
        full = timed(lambda: render(documents(thousand)))
        calls = recorded(thousand)
        templates = Templates(root / "templates")
        alone = timed(lambda: jinja_alone(calls, templates.builtin_environment))
        bounded = timed(lambda: jinja_alone(calls, templates.environment))
        contents = [(document.path, document.render()) for document in documents(thousand)]
        search = timed(lambda: check(contents))
        print(f"1000 talks: {full:.1f} s; Jinja alone: {alone:.1f} s; ratio {full / alone:.2f}")
        print(f"Jinja alone with bounds: {bounded:.1f} s; ratio {full / bounded:.2f}")
        print(f"search for private names: {search:.1f} s; ratio {search / full:.2f}")
        for name, cost, most in (
            ("a full rendering, in units of Jinja alone", full / alone, MAX_RATIO),
            ("a full rendering, in units of Jinja alone with bounds", full / bounded, MAX_RENDERING),
            ("the search for private names, in units of the rendering", search / full, MAX_SEARCH),
        ):
            if cost > most:
                failures.append(f"{name}, takes {cost:.2f}; {most} is allowed")
        if not options.small:
            failures += _large(root, full)
    for failure in failures:
        print(failure)
    return 1 if failures else 0


def _large(root: Path, of_thousand: float) -> list[str]:
    failures = []
    large = series_of(10_000, root)
    full = timed(lambda: render(documents(large)))
    print(f"10000 talks: {full:.1f} s, {full / of_thousand:.1f} times as much")
    if full > MAX_GROWTH * 10 * of_thousand:
        failures.append("the time grows faster than the number of talks")
    before = {document.path: document.key for document in documents(large)}
    nothing = timed(lambda: rerender(large, before))
    one = timed(lambda: print(f"one title: {rerender(changed(large), before)} documents"))
    print(f"10000 talks, nothing changed: {nothing:.2f} s; one title: {one:.2f} s ({one / full:.1%})")
    if one > MAX_SHARE * full:
        failures.append(f"one changed title takes more than {MAX_SHARE:.0%} of a full rendering")
    return failures


if __name__ == "__main__":
    sys.exit(main())
