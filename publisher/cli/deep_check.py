"""Reads pictures, transcripts and templates for `check`: too slow for every release."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from publisher import catalogue, transcripts
from publisher.errors import MediaError, Problem, PublisherError
from publisher.model import Series, SourceFile
from publisher.transcripts import TranscriptError


def inspect(series: Series, reading: catalogue.LoadResult) -> Iterator[Problem]:
    """What is wrong inside the files that the series would be published from."""
    yield from _transcripts(series)
    yield from _pictures(series, reading)
    yield from _templates(series)


def links_to_hidden(series: Series, reading: catalogue.LoadResult, now: datetime) -> Iterator[Problem]:
    """Where the notes of a talk lead to one that may not be seen: its slug, at least, would be public."""
    hidden = {one.slug for one in series.episodes if not one.is_due(now)}
    for episode in series.episodes:
        named = sorted(hidden.intersection(_TALK.findall(episode.notes or "")) - {episode.slug})
        if episode.slug not in hidden and named:
            text = f"leads to {', '.join(named)}, which may not be seen now; take the link out"
            yield reading.problem(episode.slug, "notes", text, "warning")


_TALK = re.compile(r"episodes/([a-z0-9-]+)/")


def _transcripts(series: Series) -> Iterator[Problem]:
    for episode in series.episodes:
        for transcript in episode.transcripts:
            try:
                transcripts.read(transcript)
            except TranscriptError as error:
                yield Problem(error.file, error.line, "", error.text)


def _pictures(series: Series, reading: catalogue.LoadResult) -> Iterator[Problem]:
    from publisher.images import photos

    for slug, key, source in _given(series):
        try:
            photos.picture(source, SMALL)
        except MediaError as error:
            yield reading.problem(slug, key, str(error))


SMALL = 64
"""The side (px) to which pictures are read: enough to know that they are whole."""


def _given(series: Series) -> Iterator[tuple[str | None, str, SourceFile]]:
    """Every picture the producer gave, once: the talk's slug or None, its key, the file."""
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


def _templates(series: Series) -> Iterator[Problem]:
    from publisher.cli import template_trial
    from publisher.render.templates import Templates

    errors = (*Templates(series.root / "templates").broken_templates(), *template_trial.mistakes(series))
    yield from dict.fromkeys(map(template_problem, errors))


def template_problem(error: PublisherError) -> Problem:
    """An error in a template, ``templates/page.html:3: text``, at its place."""
    place, _, text = str(error).partition(": ")
    file, _, line = place.partition(":")
    if not file.startswith("templates/") or " " in file:
        return Problem("templates", None, "", str(error).removeprefix("templates "))
    return Problem(file, int(line) if line.isdecimal() else None, "", text)
