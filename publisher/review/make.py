"""Makes a review file of one talk for one guest, and its record.

The file contains the talk's title, summary, chapters and transcripts as they would be published, the
guest's own name, and the sound with its cuts and mutes. It contains no other person's data, no private
name and no path: the leak checker searches its texts before the file is written.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from publisher import files, timeline
from publisher.errors import CatalogueError, UsageError
from publisher.gather.series import Session
from publisher.model import PLACES, Episode, Release
from publisher.progress import Progress
from publisher.render.templates import Templates
from publisher.review import document, records
from publisher.review.records import FOLDER, ReviewRecord
from publisher.review.sound import ReviewSound, make_sound
from publisher.visibility import is_withdrawn

logger = logging.getLogger(__name__)

NAME_DIGITS = 8
"""Hexadecimal digits of the review's id in the name of its file."""


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """What a review file is made of. `language` None: the talk's own, if the pages have it."""

    slug: str
    guest: str
    audio: str = "opus"
    language: str | None = None
    passphrase: str | None = None
    expires: date | None = None
    target: Path | None = None
    """A file or a folder; None: private/reviews/."""


@dataclass(frozen=True, slots=True)
class MadeReview:
    """A review file on disk, with its size in bytes."""

    record: ReviewRecord
    path: Path
    size: int


def make_review(opened: Session, request: ReviewRequest, progress: Progress) -> MadeReview:
    """Makes a review file and its record.

    Raises UsageError for a wrong request, CatalogueError for errors of this talk, LeakError, MediaError.
    """
    root, now = opened.series.root, opened.state.now
    episode = _episode(opened, request)
    templates = Templates(root / "templates")
    language = _language(templates, opened, episode, request)
    if request.expires is not None and request.expires < now.date():
        raise UsageError(f"--expires {request.expires} is in the past")
    review = records.new_id()
    path = _path(root, opened.context.public, request, review)
    opened.context.leak_checker.check_talk(episode)
    sound = make_sound(episode, request.audio, opened.context, progress)
    record = _record(opened, episode, request, review, sound, path)
    page = document.compose(opened.series, episode, record, sound, language, templates)
    opened.context.leak_checker.check("review.html", f"{page.title}\n{page.body}".encode())
    content = document.to_html(page, sound.content, templates, request.passphrase).encode()
    # The record first: an answer to a file without a record could not be read.
    records.save(root, record)
    files.write_atomic(path, content)
    path.chmod(0o600)
    logger.info("made a review of %s, %d bytes", episode.slug, len(content))
    return MadeReview(record, path, len(content))


def _episode(opened: Session, request: ReviewRequest) -> Episode:
    """The talk. Raises UsageError unless it can be reviewed by this guest."""
    own = [problem for problem in opened.errors if problem.slug == request.slug]
    if own:
        raise CatalogueError(own)
    episode = opened.series.episode(request.slug)
    if episode is None:
        raise UsageError(f'there is no talk "{request.slug}" in the catalogue; `publisher status` lists them')
    taking_part = dict.fromkeys((*(credit.person.id for credit in episode.credits), *episode.hidden))
    if request.guest not in taking_part:
        listed = ", ".join(taking_part) or "nobody is named"
        raise UsageError(f'--for: "{request.guest}" does not take part in this talk; there are: {listed}')
    if episode.status == "withdrawn" or all(is_withdrawn(episode, place) for place in PLACES):
        raise UsageError(f'"{request.slug}" is withdrawn: no copies of it are made')
    if request.slug in opened.unusable:
        raise opened.unusable[request.slug]
    if episode.recording is None:
        raise UsageError(f'"{request.slug}" has no recording yet, so there is nothing to hear')
    return episode


def _language(templates: Templates, opened: Session, episode: Episode, request: ReviewRequest) -> str:
    if request.language is None:
        return templates.resolve_language(episode.language, opened.series.language)
    if request.language not in templates.translated:
        known = ", ".join(sorted(templates.translated))
        raise UsageError(f"--language {request.language}: there are words in {known}")
    return request.language


def _path(root: Path, public: Path, request: ReviewRequest, review: str) -> Path:
    """Where the file is written. With a passphrase its name says nothing."""
    prefix = "" if request.passphrase else f"{request.slug}."
    name = f"{prefix}{review[:NAME_DIGITS]}.html"
    if request.target is None:
        return root / FOLDER / name
    target = request.target.resolve()
    path = target / name if target.is_dir() else target
    if path.is_relative_to(public.resolve()):
        raise UsageError("--to: everything in public/ is published; choose another folder")
    if path.exists():
        raise UsageError(f"--to: {path.name} exists already; choose another name")
    return path


def _record(
    opened: Session, episode: Episode, request: ReviewRequest, review: str, sound: ReviewSound, path: Path
) -> ReviewRecord:
    facts = sound.facts
    durations = facts.recording_duration, facts.intro_duration or 0.0, facts.outro_duration or 0.0
    line = timeline.of_release(Release(episode, "", episode.date, (), *durations))
    return ReviewRecord(
        id=review,
        key=records.new_key(),
        slug=episode.slug,
        guest=request.guest,
        made=opened.state.now,
        expires=request.expires,
        file=path.name,
        has_passphrase=request.passphrase is not None,
        recording=episode.recording.digest if episode.recording else "",
        kept=line.kept,
        intro=line.intro,
        outro=line.outro,
        mutes=line.mutes,
        transcripts=tuple((one.language, one.source.digest) for one in document.transcripts_of(episode)),
    )
