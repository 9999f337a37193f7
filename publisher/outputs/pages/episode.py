"""The page of a talk, and the small page that stays of one that was withdrawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial

from publisher import addresses
from publisher.model import Release, Withdrawal
from publisher.outputs.pages import linked, transcript, views
from publisher.outputs.pages.site import Site
from publisher.outputs.pages.stage import Page, Stage, policy
from publisher.plan import Document
from publisher.render import markup

ROLES = {"guest": "Guest", "moderator": "Moderator", "source": "Source"}
KINDS = {"reading": "Reading", "coverage": "Coverage", "source": "Sources"}
VIDEO_FRAME = "https://www.youtube-nocookie.com"


def episode_pages(stage: Stage) -> Iterator[Document]:
    """A page for each talk, a tombstone for each withdrawn one."""
    site = stage.site
    for release in site.releases:
        around = (site.earlier(release), site.later(release), *site.related(release))
        shown = [
            site.release_keys[release.episode.slug],
            [other and site.mentions[other.episode.slug] for other in around],
        ]
        path = addresses.episode_page(release.episode.slug)
        yield stage.document(path + "index.html", shown, partial(_episode, stage, release))
    named = {release.episode.slug: release for release in site.releases}
    moved = _former_slugs(site, named)
    yield from _tombstones(stage, site, {*named, *moved})
    for former, slug in moved.items():
        path, title = addresses.episode_page(former), named[slug].episode.title
        render = partial(_moved, stage, former, named[slug])
        yield stage.document(path + "index.html", (former, slug, title), render)


def _former_slugs(site: Site, named: Mapping[str, Release]) -> dict[str, str]:
    """The slugs that no talk has any more and where each leads: to the newest talk that had it."""
    taken = {*named, *(one.slug for one in site.publication.withdrawn)}
    found: dict[str, str] = {}
    for former, slug in site.publication.renamed:
        if former not in taken and slug in named:
            found.setdefault(former, slug)
    return found


def _tombstones(stage: Stage, site: Site, taken: set[str]) -> Iterator[Document]:
    """One at every address that a withdrawn talk has or had, unless another talk stands there."""
    withdrawn = site.publication.withdrawn
    taken = taken | {one.slug for one in withdrawn}
    for withdrawal in withdrawn:
        left = dict.fromkeys(slug for slug in withdrawal.former if slug not in taken)
        taken.update(left)
        for slug in (withdrawal.slug, *left):
            there = replace(withdrawal, slug=slug, former=())
            path = addresses.episode_page(slug) + "index.html"
            yield stage.document(path, there, partial(_tombstone, stage, there))


def page_language(stage: Stage, release: Release) -> str:
    """The language a talk's page speaks: the talk's where there are words for it."""
    return stage.templates.speaking(release.episode.language, stage.series.language)


def _episode(stage: Stage, release: Release) -> str:
    episode = release.episode
    language = page_language(stage, release)
    talk = stage.talk(release, language)
    page = stage.page(
        talk.path,
        language,
        episode.title,
        description=_description(talk),
        section="talks",
        kind="episode",
        script="player" if talk.files or release.youtube_id else None,
        policy=policy(frame_src=VIDEO_FRAME) if release.youtube_id else policy(),
        linked=linked.episode_page(stage.series, talk),
    )
    return stage.render("episode.html", page, _context(stage, talk, page))


def _description(talk: views.Talk) -> str:
    if talk.episode.summary:
        return talk.episode.summary
    notes = markup.plain(talk.episode.notes or "").split("\n\n")[0]
    return " ".join(notes.split())[:300]


def _context(stage: Stage, talk: views.Talk, page: Page) -> Mapping[str, object]:
    site, episode = stage.site, talk.episode
    notes = _notes(stage, talk, page.language)
    scripts = transcript.scripts(talk.release)
    around = {"earlier": site.earlier(talk.release), "later": site.later(talk.release)}
    speakers = [(credit, stage.words(page.language, ROLES[credit.role])) for credit in episode.credits]
    jumps = {
        "chapters": talk.chapters,
        "notes": notes,
        "transcript": scripts,
        "keep": talk.files or talk.video or stage.series.subscribe,
    }
    return {
        "talk": talk,
        "jumps": [name for name, there in jumps.items() if there],
        "notes": notes,
        "notes_language": talk.said(markup.plain(episode.notes or "")),
        "scripts": scripts,
        "scripts_here": transcript.on_talk_page(scripts),
        "corrections": sorted(episode.corrections, key=lambda correction: correction.date, reverse=True),
        "speakers": speakers,
        "has_photos": any(credit.person.photo for credit in episode.credits),
        "links": [
            (stage.words(page.language, heading), talk.links(kind))
            for kind, heading in KINDS.items()
            if talk.links(kind)
        ],
        "topics": [site.topics[addresses.topic_page(topic)] for topic in episode.topics],
        "picture_words": ", ".join([episode.title, *(credit.person.name for credit in episode.guests)]),
        "related": [stage.talk(other, page.language) for other in site.related(talk.release)],
        **{name: other and stage.talk(other, page.language) for name, other in around.items()},
    }


def _notes(stage: Stage, talk: views.Talk, language: str) -> object:
    from markupsafe import Markup

    if not (talk.episode.notes or "").strip():
        return None
    clock = stage.templates.language(language).clock
    safe = markup.html(talk.episode.notes or "", talk.seek, lambda time: clock(talk.heard(time)))
    return Markup(safe)


def _tombstone(stage: Stage, withdrawal: Withdrawal) -> str:
    language = stage.language
    title = stage.words(language, "This talk has been withdrawn")
    page = stage.page(addresses.episode_page(withdrawal.slug), language, title, indexed=False)
    return stage.render("withdrawn.html", page, {"withdrawal": withdrawal})


def _moved(stage: Stage, former: str, release: Release) -> str:
    """The page at an address that a talk had before: it leads to the one of now."""
    language = page_language(stage, release)
    title = stage.words(language, "This talk has another address now")
    page = stage.page(addresses.episode_page(former), language, title, indexed=False)
    to = page.root + addresses.episode_page(release.episode.slug)
    talk = {"title": release.episode.title, "url": addresses.page_of(stage.series, release.episode)}
    return stage.render("moved.html", page, {"to": to, "talk": talk})


def changed_on(release: Release) -> date:
    """The day a talk's page last changed for its readers, as the catalogue knows it."""
    days = [release.episode.date.date(), *(c.date for c in release.episode.corrections)]
    return max(days)
