"""Pages that list: the front page and its seasons, people, topics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from publisher import addresses
from publisher.model import Release
from publisher.outputs.pages import linked
from publisher.outputs.pages.episode import ROLES
from publisher.outputs.pages.site import Appearance, Site, Topic
from publisher.outputs.pages.stage import Stage
from publisher.plan import Document
from publisher.render import markup

PAGE = 20
"""Talks on one page of a list."""

TOPIC_CHIPS = 4
RULER = 5
"""Talks whose lines the front page's band shows."""

T = TypeVar("T")


@dataclass(frozen=True)
class Pager:
    """Which page of a list this is; `newer` and `older` are addresses."""

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


def paged(folder: str, things: Sequence[T]) -> Iterator[tuple[str, Pager, Sequence[T]]]:
    """The pages of a list, at least one: each one's address, pager and share of `things`."""
    count = max(1, -(-len(things) // PAGE))

    def address(number: int) -> str | None:
        if not 1 <= number <= count:
            return None
        return folder if number == 1 else f"{folder}page/{number}/"

    for number in range(1, count + 1):
        pager = Pager(number, count, address(number - 1), address(number + 1))
        yield address(number) or folder, pager, things[(number - 1) * PAGE : number * PAGE]


def addresses_of(site: Site) -> Iterator[str]:
    """The addresses of all lists."""
    listed: dict[str, Sequence[object]] = {"": site.releases}
    listed |= {addresses.season_page(season): releases for season, releases in site.seasons.items()}
    listed |= {"people/": ()} if site.people else {}
    listed |= {addresses.person_page(person): talks for person, talks in site.appearances.items()}
    listed |= {"topics/": ()} if site.topics else {}
    listed |= site.talks_on
    for folder, things in listed.items():
        yield from (path for path, _, _ in paged(folder, things))


def list_pages(stage: Stage) -> Iterator[Document]:
    """The front page in pages, seasons, people and topics."""
    yield from _talk_pages(stage, "", stage.site.releases, None)
    for season, releases in stage.site.seasons.items():
        yield from _talk_pages(stage, addresses.season_page(season), releases, season)
    if stage.site.people:
        yield from _people_pages(stage)
    if stage.site.topics:
        yield from _topic_pages(stage)


def _keys(stage: Stage, releases: Sequence[Release]) -> list[str]:
    return [stage.site.release_keys[release.episode.slug] for release in releases]


def _talk_pages(
    stage: Stage, folder: str, releases: Sequence[Release], season: int | None
) -> Iterator[Document]:
    site = stage.site
    topics = site.commonest_topics[:TOPIC_CHIPS]
    filters = Filters(tuple(site.seasons), season, topics)
    for path, pager, shown in paged(folder, releases):
        newest = site.releases[:RULER]
        key = [_keys(stage, shown), _keys(stage, newest), pager, filters]
        yield stage.document(path + "index.html", key, _index(stage, path, pager, shown, filters))


def _index(
    stage: Stage, path: str, pager: Pager, shown: Sequence[Release], filters: Filters
) -> Callable[[], str]:
    def render() -> str:
        from markupsafe import Markup

        series, language = stage.series, stage.language
        intro = series.description.strip().split("\n\n")[0]
        title = series.title
        if filters.season is not None:
            title = stage.words(language, "Season %(number)s", number=filters.season)
        page = stage.page(
            path,
            language,
            title,
            description=markup.plain(intro),
            section="talks",
            kind="index",
            script="pages",
            linked=linked.series_page(series) if path == "" else None,
        )
        context = {
            "intro": Markup(markup.html(intro, lambda _: None)),
            "talks": [stage.talk(release, language) for release in shown],
            "newest": [stage.talk(release, language) for release in stage.site.releases[:RULER]],
            "pager": pager,
            "filters": filters,
        }
        return stage.render("index.html", page, context)

    return render


def _people_pages(stage: Stage) -> Iterator[Document]:
    site = stage.site
    counts = {person: len(talks) for person, talks in site.appearances.items()}
    yield stage.document("people/index.html", [site.people, counts], lambda: _people(stage))
    for person, talks in site.appearances.items():
        years = (talks[-1].release.episode.date.year, talks[0].release.episode.date.year)
        for path, pager, shown in paged(addresses.person_page(person), talks):
            keys = _keys(stage, [talk.release for talk in shown])
            key = [site.people[person], keys, pager, len(talks), years]
            yield stage.document(path + "index.html", key, _person(stage, person, path, pager, shown))


def _people(stage: Stage) -> str:
    site, language = stage.site, stage.language
    order = stage.templates.language(language).sorted_by
    people = sorted(site.people.values(), key=lambda person: (order(person.name), person.id))
    page = stage.page("people/", language, stage.words(language, "People"), section="people")
    context = {
        "people": [(person, len(site.appearances[person.id])) for person in people],
        "has_photos": any(person.photo for person in people),
    }
    return stage.render("people.html", page, context)


def _person(
    stage: Stage, person_id: str, path: str, pager: Pager, shown: Sequence[Appearance]
) -> Callable[[], str]:
    def render() -> str:
        language = stage.language
        person = stage.site.people[person_id]
        appearances = stage.site.appearances[person_id]
        page = stage.page(
            path,
            language,
            person.name,
            description=person.title or "",
            section="people",
            kind="person",
            linked=linked.person_page(stage.series, person) if pager.number == 1 else None,
        )
        context = {
            "person": person,
            "count": len(appearances),
            "years": _years(stage, appearances),
            "talks": [_appearance(stage, appearance) for appearance in shown],
            "pager": pager,
        }
        return stage.render("person.html", page, context)

    return render


def _appearance(stage: Stage, appearance: Appearance) -> tuple[object, str, str | None]:
    credit = appearance.credit
    role = stage.words(stage.language, ROLES[credit.role])
    now = stage.site.people[credit.person.id].title
    title = credit.title if credit.title != now else None
    return stage.talk(appearance.release, stage.language), role, title


def _years(stage: Stage, appearances: Sequence[Appearance]) -> str:
    digits = stage.templates.language(stage.language).digits
    first = appearances[-1].release.episode.date.year
    last = appearances[0].release.episode.date.year
    return digits(str(first) if first == last else f"{first}–{last}")


def _topic_pages(stage: Stage) -> Iterator[Document]:
    site = stage.site
    counts = {path: len(talks) for path, talks in site.talks_on.items()}
    yield stage.document("topics/index.html", [site.topics, counts], lambda: _topics(stage))
    for path, topic in site.topics.items():
        others = [other for other in site.commonest_topics[: TOPIC_CHIPS * 3] if other.path != path]
        for address, pager, shown in paged(path, site.talks_on[path]):
            key = [topic, _keys(stage, shown), pager, counts[path], others]
            render = _topic(stage, topic, address, pager, shown, others)
            yield stage.document(address + "index.html", key, render)


def _topics(stage: Stage) -> str:
    site, language = stage.site, stage.language
    order = stage.templates.language(language).sorted_by
    topics = sorted(site.topics.values(), key=lambda topic: (order(topic.name), topic.path))
    page = stage.page("topics/", language, stage.words(language, "Topics"), section="topics")
    context = {"topics": [(topic, len(site.talks_on[topic.path])) for topic in topics]}
    return stage.render("topics.html", page, context)


def _topic(
    stage: Stage,
    topic: Topic,
    path: str,
    pager: Pager,
    shown: Sequence[Release],
    others: Sequence[Topic],
) -> Callable[[], str]:
    def render() -> str:
        page = stage.page(path, stage.language, topic.name, section="topics", kind="topic")
        context = {
            "topic": topic,
            "count": len(stage.site.talks_on[topic.path]),
            "talks": [stage.talk(release, stage.language) for release in shown],
            "others": others,
            "pager": pager,
        }
        return stage.render("topic.html", page, context)

    return render
