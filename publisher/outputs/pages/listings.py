"""Pages that list talks, people or topics, in pages of `PAGE` entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from publisher import site_paths
from publisher.model import Person, Release
from publisher.outputs.pages import json_ld
from publisher.outputs.pages.episode import ROLES
from publisher.outputs.pages.index import Topic, credit_of
from publisher.outputs.pages.renderer import PageRenderer
from publisher.outputs.pages.view_models import EpisodeView, with_language
from publisher.plan import Document
from publisher.render import markdown
from publisher.render.sanitize import single_line

PAGE = 20
"""Talks on one page of a list."""

MAX_DESCRIPTION = 300
"""Characters of a description that is taken from a longer text."""

TOPIC_CHIPS = 4
TIMELINE_EPISODES = 5
"""Talks whose chapter bars the front page's band shows."""


@dataclass(frozen=True)
class Pager:
    """The position of a page in its list; `newer` and `older` are paths."""

    number: int
    count: int
    newer: str | None
    older: str | None


@dataclass(frozen=True)
class Filters:
    """The choices above the front page's list."""

    seasons: tuple[int, ...]
    season: int | None
    topics: tuple[Topic, ...]


@dataclass(frozen=True)
class Listing:
    """A list: its folder, its talks, the rest of its pages' key, and the function that renders a page.

    `render` is called with the page's path, its pager and the talks on it.
    """

    folder: str
    releases: Sequence[Release]
    key: object
    render: Callable[[str, Pager, Sequence[Release]], str]


def list_pages(renderer: PageRenderer) -> Iterator[Document]:
    """The front page in pages, then seasons, people and topics."""
    for listing in _listings(renderer):
        for path, pager, shown in _paged(listing):
            key = [renderer.site.keys(shown), pager, listing.key]
            yield renderer.document(path, key, partial(listing.render, path, pager, shown))


def paths(renderer: PageRenderer) -> Iterator[str]:
    """The paths of all pages of all lists."""
    for listing in _listings(renderer):
        yield from (path for path, _, _ in _paged(listing))


def _paged(listing: Listing) -> Iterator[tuple[str, Pager, Sequence[Release]]]:
    """The pages of a list, at least one: path, pager and talks."""
    count = max(1, -(-len(listing.releases) // PAGE))
    folders = [listing.folder, *(f"{listing.folder}page/{number}/" for number in range(2, count + 1))]
    around = [None, *folders, None]
    for number, path in enumerate(folders, start=1):
        shown = listing.releases[(number - 1) * PAGE : number * PAGE]
        yield path, Pager(number, count, around[number - 1], around[number + 1]), shown


def _listings(renderer: PageRenderer) -> Iterator[Listing]:
    site = renderer.site
    yield _talks(renderer, "", site.releases, None)
    for season, releases in site.seasons.items():
        yield _talks(renderer, site_paths.season_page(season), releases, season)
    if site.people:
        yield _overview(renderer, "people", "People", site.people, site.releases_by_person)
    for person in site.people.values():
        yield _person(renderer, person)
    if site.topics:
        yield _overview(renderer, "topics", "Topics", site.topics, site.releases_by_topic)
    for topic in site.topics.values():
        yield _topic(renderer, topic)


def _views(renderer: PageRenderer, releases: Sequence[Release]) -> list[EpisodeView]:
    return [renderer.episode(release, renderer.language) for release in releases]


def _part(renderer: PageRenderer, pager: Pager, section: str = "") -> str:
    """The end of a list's title: its section, and its number from the second page on."""
    language = renderer.templates.language(renderer.language)
    places = {"number": language.number(pager.number), "count": language.number(pager.count)}
    numbered = renderer.gettext(renderer.language, "Page %(number)s of %(count)s", **places)
    section = section and renderer.gettext(renderer.language, section)
    return " · ".join(filter(None, (section, numbered if pager.number > 1 else "")))


def _talks(renderer: PageRenderer, folder: str, releases: Sequence[Release], season: int | None) -> Listing:
    site = renderer.site
    filters = Filters(tuple(site.seasons), season, site.commonest_topics[:TOPIC_CHIPS])
    newest = site.releases[:TIMELINE_EPISODES]

    def render(path: str, pager: Pager, shown: Sequence[Release]) -> str:
        from markupsafe import Markup

        series, language = renderer.series, renderer.language
        intro = series.description.strip().split("\n\n")[0]
        title = series.title
        if season is not None:
            number = renderer.templates.language(language).number(season)
            title = renderer.gettext(language, "Season %(number)s", number=number)
        page = renderer.page(
            path,
            language,
            title,
            _part(renderer, pager),
            description=markdown.plain(intro),
            section="talks",
            kind="index",
            linked=json_ld.series_page(series) if path == "" else None,
        )
        context = {
            "intro": Markup(markdown.html(intro, lambda _: None)),
            "talks": _views(renderer, shown),
            "newest": _views(renderer, newest),
            "pager": pager,
            "filters": filters,
        }
        return renderer.render("index.html", page, context)

    return Listing(folder, releases, [renderer.site.keys(newest), filters], render)


def _overview(
    renderer: PageRenderer,
    section: Literal["people", "topics"],
    title: str,
    named: Mapping[str, Person | Topic],
    releases: Mapping[str, Sequence[Release]],
) -> Listing:
    """All people or topics by name, each with the number of talks."""
    counts = {key: len(some) for key, some in releases.items()}

    def render(path: str, pager: Pager, shown: Sequence[Release]) -> str:
        language = renderer.language
        order = renderer.templates.language(language).sort_key
        ordered = sorted(named.items(), key=lambda item: (order(item[1].name), item[0]))
        page = renderer.page(path, language, renderer.gettext(language, title), section=section)
        context = {
            section: [(entry, counts[key]) for key, entry in ordered],
            "has_photos": any(isinstance(entry, Person) and entry.photo for entry in named.values()),
        }
        return renderer.render(f"{section}.html", page, context)

    return Listing(f"{section}/", (), [named, counts], render)


def _person(renderer: PageRenderer, person: Person) -> Listing:
    releases = renderer.site.releases_by_person[person.id]
    first, last = (release.episode.date.year for release in (releases[-1], releases[0]))

    def render(path: str, pager: Pager, shown: Sequence[Release]) -> str:
        from markupsafe import Markup

        language = renderer.language
        page = renderer.page(
            path,
            language,
            person.name,
            _part(renderer, pager, "People"),
            description=_first_paragraph(person.bio),
            section="people",
            kind="person",
            linked=json_ld.person_page(renderer.series, person) if pager.number == 1 else None,
        )
        years = str(first) if first == last else f"{first}–{last}"
        bio = person.bio or ""
        context = {
            "person": person,
            "bio": Markup(markdown.html(bio, lambda _: None)),
            "bio_language": with_language(markdown.plain(bio), language, renderer.series.language),
            "count": len(releases),
            "years": renderer.templates.language(language).digits(years),
            "talks": [_appearance(renderer, person, release) for release in shown],
            "pager": pager,
        }
        return renderer.render("person.html", page, context)

    return Listing(site_paths.person_page(person.id), releases, [person, len(releases), first, last], render)


def _first_paragraph(text: str | None) -> str:
    """The first paragraph of a Markdown text as plain text, without its end if it is long."""
    return single_line(markdown.plain(text or "").split("\n\n")[0], MAX_DESCRIPTION)


def _appearance(
    renderer: PageRenderer, person: Person, release: Release
) -> tuple[EpisodeView, str, str | None]:
    """A talk, the person's role in it, and their title there if it differs from the current one."""
    credit = credit_of(release, person.id)
    role = renderer.gettext(renderer.language, ROLES[credit.role])
    title = credit.title if credit.title != person.title else None
    return renderer.episode(release, renderer.language), role, title


def _topic(renderer: PageRenderer, topic: Topic) -> Listing:
    releases = renderer.site.releases_by_topic[topic.path]
    common = renderer.site.commonest_topics[: TOPIC_CHIPS * 3]
    others = [other for other in common if other.path != topic.path]

    def render(path: str, pager: Pager, shown: Sequence[Release]) -> str:
        part = _part(renderer, pager, "Topics")
        page = renderer.page(path, renderer.language, topic.name, part, section="topics", kind="topic")
        context = {
            "topic": topic,
            "count": len(releases),
            "talks": _views(renderer, shown),
            "others": others,
            "pager": pager,
        }
        return renderer.render("topic.html", page, context)

    return Listing(topic.path, releases, [topic, len(releases), others], render)
