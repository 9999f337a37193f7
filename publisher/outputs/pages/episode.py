"""The page of a talk, the tombstone of a withdrawn one, and redirects from former addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from publisher import site_paths
from publisher.model import Release, Withdrawal
from publisher.outputs.pages import json_ld, transcript
from publisher.outputs.pages.index import SiteIndex
from publisher.outputs.pages.renderer import PageRenderer, policy
from publisher.outputs.pages.view_models import EpisodeView
from publisher.plan import Document
from publisher.render import markdown

if TYPE_CHECKING:
    from markupsafe import Markup

ROLES = {"guest": "Guest", "moderator": "Moderator", "source": "Source"}
RELATION_LABELS = {"reading": "Reading", "coverage": "Coverage", "source": "Sources"}
VIDEO_FRAME = "https://www.youtube-nocookie.com"


def episode_pages(renderer: PageRenderer) -> Iterator[Document]:
    """A page for each talk, a tombstone for each withdrawn one, a redirect for each former address."""
    site = renderer.site
    for release in site.releases:
        around = (site.earlier(release), site.later(release), *site.related(release))
        mentions = [other and site.mention_keys[other.episode.slug] for other in around]
        topics = [site.topic_path(name) for name in release.episode.topics]
        is_repeated = release.episode.title in site.repeated_titles
        shown = [site.release_keys[release.episode.slug], mentions, is_repeated, topics]
        path = site_paths.episode_page(release.episode.slug)
        yield renderer.document(path, shown, partial(_episode, renderer, release))
    by_slug = {release.episode.slug: release for release in site.releases}
    moved = _moved_slugs(site, by_slug)
    yield from _tombstones(renderer, {*by_slug, *moved})
    for former, slug in moved.items():
        for path, to in _moved_pages(former, by_slug[slug]):
            shown = [path, to, by_slug[slug].episode.title]
            yield renderer.document(path, shown, partial(_redirect, renderer, path, to, by_slug[slug]))


def _moved_pages(former: str, release: Release) -> Iterator[tuple[str, str]]:
    """Each page that a talk had at a former address, with its current address: (folder, folder)."""
    slug = release.episode.slug
    yield site_paths.episode_page(former), site_paths.episode_page(slug)
    if release.enclosures:
        yield site_paths.embed_page(former), site_paths.embed_page(slug)
    for language in transcript.languages_with_page(release):
        yield site_paths.transcript_page(former, language), site_paths.transcript_page(slug, language)


def _moved_slugs(site: SiteIndex, by_slug: Mapping[str, Release]) -> dict[str, str]:
    """Former slug → current slug, for slugs no talk has any more; of several talks the newest."""
    taken = {*by_slug, *(withdrawal.slug for withdrawal in site.publication.withdrawn)}
    found: dict[str, str] = {}
    for former, slug in site.publication.renamed:
        if former not in taken and slug in by_slug:
            found.setdefault(former, slug)
    return found


def _tombstones(renderer: PageRenderer, taken: set[str]) -> Iterator[Document]:
    """A tombstone at every address of a withdrawn talk, former ones too, unless another talk uses it."""
    withdrawn = renderer.site.publication.withdrawn
    taken = taken | {withdrawal.slug for withdrawal in withdrawn}
    for withdrawal in withdrawn:
        former = dict.fromkeys(slug for slug in withdrawal.former if slug not in taken)
        taken.update(former)
        for slug in (withdrawal.slug, *former):
            here = replace(withdrawal, slug=slug, former=())
            render = partial(_tombstone, renderer, here)
            yield renderer.document(site_paths.episode_page(slug), here, render)


def _episode(renderer: PageRenderer, release: Release) -> str:
    episode = release.episode
    language = renderer.language_of(release)
    talk = renderer.episode(release, language)
    page = renderer.page(
        talk.path,
        language,
        episode.title,
        _part(renderer, talk, language) if episode.title in renderer.site.repeated_titles else "",
        description=_description(talk),
        section="talks",
        kind="episode",
        script="player" if talk.files or talk.video or release.youtube_id else "pages",
        policy=policy(frame_src=VIDEO_FRAME) if release.youtube_id else policy(),
        linked=json_ld.episode_page(renderer.series, talk),
    )
    return renderer.render("episode.html", page, _context(renderer, talk, language))


def _part(renderer: PageRenderer, talk: EpisodeView, language: str) -> str:
    """The number and the day of a talk, for one of several talks with the same title."""
    formats = renderer.templates.language(language)
    day = formats.day(talk.day)
    if talk.number is None:
        return day
    return renderer.gettext(language, "No. %(number)s", number=formats.number(talk.number)) + f", {day}"


def _description(talk: EpisodeView) -> str:
    if talk.episode.summary:
        return talk.episode.summary
    notes = markdown.plain(talk.episode.notes or "").split("\n\n")[0]
    return " ".join(notes.split())[:300]


def _context(renderer: PageRenderer, talk: EpisodeView, language: str) -> Mapping[str, object]:
    site, episode = renderer.site, talk.episode
    notes = _notes(renderer, talk, language)
    scripts = transcript.transcripts_of(talk.release)
    around = {"earlier": site.earlier(talk.release), "later": site.later(talk.release)}
    sections = {
        "chapters": talk.chapters,
        "notes": notes,
        "transcript": scripts,
        "keep": talk.files or talk.video or renderer.series.subscribe,
    }
    links = {heading: talk.links(relation) for relation, heading in RELATION_LABELS.items()}
    return {
        "talk": talk,
        "jumps": [name for name, content in sections.items() if content],
        "notes": notes,
        "notes_language": talk.with_language(markdown.plain(episode.notes or "")),
        "scripts": scripts,
        "scripts_here": transcript.on_episode_page(scripts),
        "corrections": sorted(episode.corrections, key=lambda correction: correction.date, reverse=True),
        "speakers": [(credit, renderer.gettext(language, ROLES[credit.role])) for credit in episode.credits],
        "has_photos": any(credit.person.photo for credit in episode.credits),
        "links": [(renderer.gettext(language, heading), some) for heading, some in links.items() if some],
        "topics": [site.topics[site.topic_path(topic)] for topic in episode.topics],
        "picture_words": ", ".join([episode.title, *(credit.person.name for credit in episode.guests)]),
        "related": [renderer.episode(other, language) for other in site.related(talk.release)],
        **{name: other and renderer.episode(other, language) for name, other in around.items()},
    }


def _notes(renderer: PageRenderer, talk: EpisodeView, language: str) -> Markup | None:
    from markupsafe import Markup

    if not (talk.episode.notes or "").strip():
        return None
    clock = renderer.templates.language(language).format_clock
    safe = markdown.html(talk.episode.notes or "", talk.seek, lambda time: clock(talk.published(time)))
    return Markup(safe)


def _tombstone(renderer: PageRenderer, withdrawal: Withdrawal) -> str:
    title = renderer.gettext(renderer.language, "This talk has been withdrawn")
    path = site_paths.episode_page(withdrawal.slug)
    page = renderer.page(path, renderer.language, title, indexed=False)
    return renderer.render("withdrawn.html", page, {"withdrawal": withdrawal})


def _redirect(renderer: PageRenderer, former: str, current: str, release: Release) -> str:
    """The page at a former address of a talk, which leads to the current one."""
    language = renderer.language_of(release)
    title = renderer.gettext(language, "This talk has another address now")
    page = renderer.page(former, language, title, indexed=False)
    talk = {"title": release.episode.title, "url": site_paths.url(renderer.series, current)}
    return renderer.render("moved.html", page, {"to": page.root + current, "talk": talk, "is_talk": True})


def changed_on(release: Release) -> date:
    """The date of a talk or of its latest correction."""
    corrected = (correction.date for correction in release.episode.corrections)
    return max([release.episode.date.date(), *corrected])
