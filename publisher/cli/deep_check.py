"""Reads transcripts and pictures and renders templates for `check`: too slow for every release.

The series' own templates are rendered with sample talks, to find errors that occur only then. One sample talk
has every optional value, the others have none. Nothing is written to the series folder.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from publisher import catalogue, timeline, transcripts
from publisher.context import BuildContext
from publisher.errors import MediaError, Problem, PublisherError
from publisher.gather.episode_files import NOTES
from publisher.leaks.checker import count_leading_lines
from publisher.model import (
    AudioFacts,
    Chapter,
    Correction,
    Credit,
    Enclosure,
    Episode,
    Funding,
    License,
    Link,
    Person,
    Publication,
    Release,
    Series,
    SourceFile,
    Transcript,
    Translation,
    Withdrawal,
)
from publisher.render import markdown
from publisher.render.templates import Templates
from publisher.transcripts import TranscriptError


def inspect(series: Series, loaded: catalogue.LoadResult) -> Iterator[Problem]:
    """Problems inside transcripts, pictures and templates."""
    yield from _check_transcripts(series)
    yield from _check_pictures(series, loaded)
    yield from _check_templates(series)


def links_to_hidden(series: Series, loaded: catalogue.LoadResult, now: datetime) -> Iterator[Problem]:
    """Notes that link to a talk that may not be visible: the link would publish its slug."""
    hidden = {episode.slug for episode in series.episodes if not episode.is_due(now)}
    for episode in series.episodes:
        linked = sorted(hidden.intersection(_EPISODE_LINK.findall(episode.notes or "")) - {episode.slug})
        if episode.slug not in hidden and linked:
            text = f"links to {', '.join(linked)}, which may not be visible now; remove the link"
            yield loaded.problem(episode.slug, "notes", text, "warning")


_EPISODE_LINK = re.compile(r"episodes/([a-z0-9-]+)/")


def _check_transcripts(series: Series) -> Iterator[Problem]:
    for episode in series.episodes:
        for transcript in episode.transcripts:
            try:
                transcripts.read(transcript)
            except TranscriptError as error:
                yield Problem(error.file, error.line, "", error.text)


def late_times(series: Series) -> Iterator[Problem]:
    """Cues and times in notes that are after the end of their talk."""
    for episode in series.episodes:
        if episode.recording is not None:
            for transcript in episode.transcripts:
                yield from _late_cues(episode, transcript, episode.recording.duration)
            yield from _late_notes(episode, episode.recording.duration)


def _late_cues(episode: Episode, transcript: Transcript, duration: float) -> Iterator[Problem]:
    try:
        late = [
            (line, start)
            for line, start, end in transcripts.times_of(transcript)
            if start >= duration or end > duration + timeline.TOLERANCE
        ]
    except TranscriptError:
        # `inspect` reports a file that cannot be read.
        return
    if late:
        line, start = late[0]
        cues = "1 cue ends" if len(late) == 1 else f"{len(late)} cues end"
        end, first = timeline.format_time(duration), timeline.format_time(start)
        text = f"{cues} after the recording, which ends at {end}; the first begins at {first}"
        text += "; they are not published: correct the times, or use the transcript of this recording"
        file = f"episodes/{episode.slug}/{transcript.source.path.name}"
        yield Problem(file, line, "", text, "warning")


def _late_notes(episode: Episode, duration: float) -> Iterator[Problem]:
    """Times in the notes after the published part: they are no links."""
    if not episode.notes:
        return
    kept = timeline.of_recording(episode, duration).kept
    end = kept[-1][1] if kept else duration
    skipped = count_leading_lines(episode.folder / NOTES)
    for number, line in enumerate(episode.notes.split("\n"), start=skipped + 1):
        for written, seconds in markdown.times(line):
            if seconds >= end:
                last = timeline.format_time(end)
                text = f"[{written}] is no link: the talk ends at {last} of the recording; correct the time"
                yield Problem(f"episodes/{episode.slug}/{NOTES}", number, "", text, "warning")


def _check_pictures(series: Series, loaded: catalogue.LoadResult) -> Iterator[Problem]:
    from publisher.images import logo, photos

    try:
        logo.series_logo(series, PICTURE_SIDE)
    except MediaError as error:
        yield loaded.problem(None, "series: logo", str(error))
    for slug, key, source in _producer_pictures(series):
        try:
            photos.picture(source, PICTURE_SIDE)
        except MediaError as error:
            yield loaded.problem(slug, key, str(error))


PICTURE_SIDE = 64
"""The side (px) to which pictures are scaled while they are decoded to check that they are complete."""


def _producer_pictures(series: Series) -> Iterator[tuple[str | None, str, SourceFile]]:
    """Every picture supplied by the producer: the talk's slug or None, the key, the file."""
    if series.cover:
        yield None, "series: cover", series.cover
    for person in series.people.values():
        if person.photo:
            yield None, f"people.{person.id}: photo", person.photo
    for episode in series.episodes:
        if episode.cover:
            yield episode.slug, "cover", episode.cover
        if episode.thumbnail:
            yield episode.slug, "thumbnail", episode.thumbnail
        for number, chapter in enumerate(episode.chapters):
            if chapter.image:
                yield episode.slug, f"chapters[{number}].image", chapter.image


def _check_templates(series: Series) -> Iterator[Problem]:
    templates = Templates(series.root / "templates")
    errors = (*templates.broken_templates(), *_sample_errors(series, templates))
    yield from dict.fromkeys(map(template_problem, errors))


def template_problem(error: PublisherError) -> Problem:
    """The problem of a template error, ``templates/page.html:3: text``."""
    place, _, text = str(error).partition(": ")
    file, _, line = place.partition(":")
    if not file.startswith("templates/") or " " in file:
        return Problem("templates", None, "", str(error).removeprefix("templates "))
    return Problem(file, int(line) if line.isdecimal() else None, "", text)


# Sample talks for the templates

DAY = datetime(2021, 1, 8, 18, tzinfo=UTC)
LENGTH = 3600.0
DIGEST = "0" * 64
GUID = "00000000-0000-5000-8000-000000000000"
TEMPLATE_SUFFIXES = (".html", ".xml", ".txt", ".css")
"""Suffixes of the documents that are rendered from templates."""

CUES = "WEBVTT\n\n00:10.000 --> 00:12.000\n<v Guest>One.\n\n00:20.000 --> 00:22.000\n<v Moderator>Two.\n"


def _sample_errors(series: Series, templates: Templates) -> Iterator[PublisherError]:
    """Errors that occur when the series' own templates are rendered with sample talks."""
    if not templates.has_own:
        return
    with tempfile.TemporaryDirectory() as folder:
        sample = sample_publication(series, Path(folder))
        pages = sample_renderings(sample, Path(folder))
        for render in (*pages, *_descriptions(sample, templates), *_reviews(sample, templates)):
            try:
                render()
            except PublisherError as error:
                # Other errors are caused by the sample talks or reported elsewhere.
                if str(error).startswith("templates"):
                    yield error


def sample_renderings(sample: Publication, folder: Path) -> Iterator[Callable[[], object]]:
    """A function per page and feed document that renders it."""
    from publisher.outputs.feed import FeedRenderer
    from publisher.outputs.pages import PagesRenderer

    context = BuildContext(folder / "public", folder / "work")
    for renderer in (PagesRenderer(context), FeedRenderer(context)):
        for document in renderer.documents(sample):
            if document.path.endswith(TEMPLATE_SUFFIXES):
                yield document.render


def _descriptions(sample: Publication, templates: Templates) -> Iterator[Callable[[], object]]:
    from publisher.outputs.youtube import texts

    for release in sample.releases:
        yield partial(texts.compose, sample.series, release.episode, templates)


def _reviews(sample: Publication, templates: Templates) -> Iterator[Callable[[], object]]:
    """A function per talk that renders its review file, with a passphrase where it has guests."""
    from publisher.review import document
    from publisher.review.records import ReviewRecord
    from publisher.review.sound import TYPES, ReviewSound

    def render(release: Release) -> None:
        line, episode = timeline.of_release(release), release.episode
        guest = episode.guests[0].person.id if episode.guests else ""
        record = ReviewRecord(
            id="0" * 16,
            key="",
            slug=episode.slug,
            guest=guest,
            made=DAY,
            expires=DAY.date(),
            recording=DIGEST,
            kept=line.kept,
        )
        sound = ReviewSound(b"", TYPES["opus"], AudioFacts())
        language = templates.resolve_language(sample.series.language)
        page = document.compose(sample.series, episode, record, sound, language, templates)
        document.to_html(page, b"", templates, "passphrase" if guest else None)

    for release in sample.releases:
        if release.recording_duration is not None:
            yield partial(render, release)


def sample_publication(series: Series, folder: Path) -> Publication:
    """Sample talks in a series with the languages, address and templates of `series`."""
    photo = SourceFile(folder / "photo.jpg", DIGEST)
    people = {
        "a": Person("a", "Person A", "Title", "About A.", "https://example.org/a", photo),
        "b": Person("b", "Person B"),
    }
    sample_series = replace(
        series,
        episodes=(),
        people=people,
        license=series.license or License("cc-by-4.0", "https://creativecommons.org/licenses/by/4.0/"),
        copyright=series.copyright or "Copyright",
        hashtags=series.hashtags or ("Tag",),
        subscribe=series.subscribe or {"apple": "https://example.org/apple"},
        funding=series.funding or (Funding("Fund", "https://example.org/fund"),),
    )
    releases = (
        *(_minimal_release(f"later-{number}", series, folder) for number in range(2)),
        _complete_release("talk", series, people, folder),
        replace(_minimal_release("earlier", series, folder), enclosures=(), recording_duration=None),
    )
    gone = Withdrawal("gone", date(2021, 1, 9), "Reason")
    return Publication(sample_series, releases, GUID, (gone, Withdrawal("gone-too")), (("former", "talk"),))


def _minimal_release(slug: str, series: Series, folder: Path) -> Release:
    """A talk with only a title and audio."""
    episode = Episode(slug, f"Talk {slug}", DAY, series.language, folder, guid=slug)
    audio = Enclosure(f"media/{slug}.00000000.mp3", "mp3", "audio/mpeg", 1_000_000, LENGTH, DIGEST)
    return Release(episode, slug, DAY, (audio,), recording_duration=LENGTH)


def _complete_release(slug: str, series: Series, people: dict[str, Person], folder: Path) -> Release:
    """A talk with every optional value."""
    minimal = _minimal_release(slug, series, folder)
    a, b = people["a"], people["b"]
    second = "en" if not series.language.startswith("en") else "fr"
    episode = replace(
        minimal.episode,
        season=1,
        number=1,
        summary="One.\n\nTwo.",
        guests=(Credit(a, "guest", "Title then"), Credit(b, "guest")),
        moderators=(Credit(b, "moderator"),),
        sources=(Credit(a, "source"),),
        topics=("Topic", "Another topic"),
        links=tuple(
            Link(kind, f"https://example.org/{kind}", kind) for kind in ("reading", "coverage", "source")
        ),
        corrections=(Correction(date(2021, 1, 10), "Correction."),),
        chapters=tuple(Chapter(at * 600, f"Chapter {at}", "https://example.org/") for at in range(4)),
        notes="# Heading\n\n[0:10] *Notes*\n\n- with a [link](https://example.org/)",
        transcripts=tuple(_sample_transcript(language, folder) for language in (series.language, second)),
        translations={second: Translation("Title", "Summary")},
    )
    audio = tuple(
        replace(minimal.enclosures[0], path=f"media/{slug}.00000000.{suffix}", format=suffix, type=kind)
        for suffix, kind in (("mp3", "audio/mpeg"), ("m4a", "audio/mp4"))
    )
    video = replace(audio[0], path=f"media/{slug}.mp4", format="mp4", type="video/mp4", height=720)
    return replace(minimal, episode=episode, enclosures=audio, video=video, youtube_id="x" * 11)


def _sample_transcript(language: str, folder: Path) -> Transcript:
    path = folder / f"transcript.{language}.vtt"
    path.write_text(CUES, encoding="utf-8")
    return Transcript(language, SourceFile(path, f"{DIGEST}{language}"))
