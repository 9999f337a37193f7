"""Pages that list talks, people or topics, in pages of `PAGE` entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from publisher import addresses
from publisher.model import Person, Release
from publisher.outputs.pages import json_ld
from publisher.outputs.pages.episode import ROLES
from publisher.outputs.pages.index import Appearance, Topic
from publisher.outputs.pages.renderer import Page, PageRenderer
from publisher.outputs.pages.view_models import EpisodeView
from publisher.plan import Document
from publisher.render import markup

PAGE = 20
"""Talks on one page of a list."""

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
    """A list: its folder, its talks, the rest of its pages' key, and how one of its pages is rendered."""

    folder: str
    releases: Sequence[Release]
    key: object
    render: Callable[[str, Pager, slice], str]
    """Called with the page's path, its pager and the part of the list it shows."""


def list_pages(renderer: PageRenderer) -> Iterator[Document]:
    """The front page in pages, then seasons, people and topics."""
    keys = renderer.site.release_keys
    for listing in _listings(renderer):
        for path, pager, part in _paged(listing):
            shown = [keys[release.episode.slug] for release in listing.releases[part]]
            render = partial(listing.render, path, pager, part)
            yield renderer.document(path, [shown, pager, listing.key], render)


def paths(renderer: PageRenderer) -> Iterator[str]:
    """The paths of all pages of all lists."""
    for listing in _listings(renderer):
        yield from (path for path, _, _ in _paged(listing))


def _paged(listing: Listing) -> Iterator[tuple[str, Pager, slice]]:
    """The pages of a list, at least one: path, pager and part of the list."""
    count = max(1, -(-len(listing.releases) // PAGE))

    def path(number: int) -> str:
        return listing.folder if number == 1 else f"{listing.folder}page/{number}/"

    for number in range(1, count + 1):
        newer = path(number - 1) if number > 1 else None
        older = path(number + 1) if number < count else None
        part = slice((number - 1) * PAGE, number * PAGE)
        yield path(number), Pager(number, count, newer, older), part


def _listings(renderer: PageRenderer) -> Iterator[Listing]:
    site = renderer.site
    yield _talks(renderer, "", site.releases, None)
    for season, releases in site.seasons.items():
        yield _talks(renderer, addresses.season_page(season), releases, season)
    if site.people:
        counts = {person: len(talks) for person, talks in site.appearances.items()}
        yield Listing("people/", (), [site.people, counts], partial(_people_page, renderer))
    for person_id, appearances in site.appearances.items():
        yield _person(renderer, site.people[person_id], appearances)
    if site.topics:
        numbers = {path: len(releases) for path, releases in site.releases_by_topic.items()}
        yield Listing("topics/", (), [site.topics, numbers], partial(_topics_page, renderer))
    for topic in site.topics.values():
        yield _topic(renderer, topic)


def _talks(renderer: PageRenderer, folder: str, releases: Sequence[Release], season: int | None) -> Listing:
    site = renderer.site
    filters = Filters(tuple(site.seasons), season, site.commonest_topics[:TOPIC_CHIPS])
    newest = [site.release_keys[release.episode.slug] for release in site.releases[:TIMELINE_EPISODES]]
    return Listing(folder, releases, [newest, filters], partial(_index_page, renderer, releases, filters))


def _views(renderer: PageRenderer, releases: Sequence[Release]) -> list[EpisodeView]:
    return [renderer.episode(release, renderer.language) for release in releases]


def _index_page(
    renderer: PageRenderer,
    releases: Sequence[Release],
    filters: Filters,
    path: str,
    pager: Pager,
    part: slice,
) -> str:
    from markupsafe import Markup

    series, language = renderer.series, renderer.language
    intro = series.description.strip().split("\n\n")[0]
    title = series.title
    if filters.season is not None:
        title = renderer.gettext(language, "Season %(number)s", number=filters.season)
    page = Page(
        series.link,
        path,
        language,
        title,
        description=markup.plain(intro),
        section="talks",
        kind="index",
        script="pages",
        linked=json_ld.series_page(series) if path == "" else None,
    )
    context = {
        "intro": Markup(markup.html(intro, lambda _: None)),
        "talks": _views(renderer, releases[part]),
        "newest": _views(renderer, renderer.site.releases[:TIMELINE_EPISODES]),
        "pager": pager,
        "filters": filters,
    }
    return renderer.render("index.html", page, context)


def _people_page(renderer: PageRenderer, path: str, pager: Pager, part: slice) -> str:
    site, language = renderer.site, renderer.language
    order = renderer.templates.language(language).sorted_by
    people = sorted(site.people.values(), key=lambda person: (order(person.name), person.id))
    title = renderer.gettext(language, "People")
    page = Page(renderer.series.link, path, language, title, section="people")
    context = {
        "people": [(person, len(site.appearances[person.id])) for person in people],
        "has_photos": any(person.photo for person in people),
    }
    return renderer.render("people.html", page, context)


def _person(renderer: PageRenderer, person: Person, appearances: Sequence[Appearance]) -> Listing:
    first, last = (appearances[at].release.episode.date.year for at in (-1, 0))
    key = [person, len(appearances), first, last]
    render = partial(_person_page, renderer, person, appearances)
    releases = [appearance.release for appearance in appearances]
    return Listing(addresses.person_page(person.id), releases, key, render)


def _person_page(
    renderer: PageRenderer,
    person: Person,
    appearances: Sequence[Appearance],
    path: str,
    pager: Pager,
    part: slice,
) -> str:
    page = Page(
        renderer.series.link,
        path,
        renderer.language,
        person.name,
        description=person.title or "",
        section="people",
        kind="person",
        linked=json_ld.person_page(renderer.series, person) if pager.number == 1 else None,
    )
    first, last = (appearances[at].release.episode.date.year for at in (-1, 0))
    years = str(first) if first == last else f"{first}–{last}"
    context = {
        "person": person,
        "count": len(appearances),
        "years": renderer.templates.language(renderer.language).digits(years),
        "talks": [_appearance(renderer, person, appearance) for appearance in appearances[part]],
        "pager": pager,
    }
    return renderer.render("person.html", page, context)


def _appearance(
    renderer: PageRenderer, person: Person, appearance: Appearance
) -> tuple[EpisodeView, str, str | None]:
    """The talk, the role, and the title where it was another one then."""
    credit = appearance.credit
    role = renderer.gettext(renderer.language, ROLES[credit.role])
    title = credit.title if credit.title != person.title else None
    return renderer.episode(appearance.release, renderer.language), role, title


def _topics_page(renderer: PageRenderer, path: str, pager: Pager, part: slice) -> str:
    site, language = renderer.site, renderer.language
    order = renderer.templates.language(language).sorted_by
    topics = sorted(site.topics.values(), key=lambda topic: (order(topic.name), topic.path))
    title = renderer.gettext(language, "Topics")
    page = Page(renderer.series.link, path, language, title, section="topics")
    context = {"topics": [(topic, len(site.releases_by_topic[topic.path])) for topic in topics]}
    return renderer.render("topics.html", page, context)


def _topic(renderer: PageRenderer, topic: Topic) -> Listing:
    releases = renderer.site.releases_by_topic[topic.path]
    common = renderer.site.commonest_topics[: TOPIC_CHIPS * 3]
    others = [other for other in common if other.path != topic.path]
    render = partial(_topic_page, renderer, topic, others)
    return Listing(topic.path, releases, [topic, len(releases), others], render)


def _topic_page(
    renderer: PageRenderer, topic: Topic, others: Sequence[Topic], path: str, pager: Pager, part: slice
) -> str:
    page = Page(renderer.series.link, path, renderer.language, topic.name, section="topics", kind="topic")
    releases = renderer.site.releases_by_topic[topic.path]
    context = {
        "topic": topic,
        "count": len(releases),
        "talks": _views(renderer, releases[part]),
        "others": others,
        "pager": pager,
    }
    return renderer.render("topic.html", page, context)
