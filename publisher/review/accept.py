"""Applies accepted proposals: edits the catalogue and transcript files, one change at a time."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from datetime import date
from pathlib import Path

from publisher import catalogue, timeline
from publisher.errors import CatalogueError, LeakError, UsageError
from publisher.gather.series import Session
from publisher.leaks.checker import LeakChecker
from publisher.review import corrections
from publisher.review.answers import GuestCorrection, OpenedAnswer
from publisher.review.document import transcripts_of
from publisher.review.proposals import Proposal, find_episode
from publisher.timeline import Span, format_time
from publisher.transcripts import TranscriptError

logger = logging.getLogger(__name__)

APPLY_ERRORS = (CatalogueError, LeakError, UsageError, corrections.CorrectionError, TranscriptError)
"""What `apply` raises for one proposal; the others are still applied."""


def apply(opened: Session, answer: OpenedAnswer, proposal: Proposal, today: date) -> str:
    """Makes one accepted change; returns what was written. If it raises, nothing was changed."""
    root, slug = opened.series.root, answer.record.slug
    logger.info("accept a proposal for %s", slug)
    if proposal.kind == "correction" and proposal.correction is not None:
        if proposal.is_done:
            return "the transcript has these words already"
        return _correct(opened, answer, proposal.correction)
    if proposal.kind in ("consent", "refusal"):
        return _set_consent(root, answer, proposal, today)
    return _add_span(opened, answer, proposal)


def _set_consent(root: Path, answer: OpenedAnswer, proposal: Proposal, today: date) -> str:
    key = f"consent.{answer.record.guest}.{proposal.place}"
    if proposal.is_done:
        return f"{key} stays as it is" if proposal.kind == "consent" else f"no {key} was recorded"
    value = today if proposal.kind == "consent" else None
    _edit_consent(root, answer.record.slug, answer.record.guest, proposal.place, value)
    return f"{key} = {value}" if value else f"{key} is removed"


def _add_span(opened: Session, answer: OpenedAnswer, proposal: Proposal) -> str:
    """Adds a span to `cut` or `mute`, as it is written now: an earlier proposal may have changed it."""
    root, slug, key = opened.series.root, answer.record.slug, proposal.kind
    assert proposal.span is not None
    start, end = (format_time(time) for time in proposal.span)
    if proposal.is_done:
        return f"{key} has {start}–{end} already"
    written = catalogue.value_of(root, slug, key)
    spans = [*written, [start, end]] if isinstance(written, list) else [[start, end]]
    if key == "cut":
        _check_rest(opened, root, answer, proposal.span)
    _edit(root, slug, key, spans)
    return f'{key} has ["{start}", "{end}"]'


def _check_rest(opened: Session, root: Path, answer: OpenedAnswer, span: Span) -> None:
    """Raises UsageError if nothing of the talk would be left."""
    loaded = catalogue.read(root, lambda path: "")
    episode = loaded.series.episode(answer.record.slug) if loaded.series else None
    known = find_episode(opened, answer)
    cuts = (*(episode.cuts if episode else known.cuts), span)
    duration = known.recording.duration if known.recording else math.inf
    if not timeline.of_recording(replace(known, cuts=cuts), duration).kept:
        raise UsageError(
            f"nothing of the talk would be left; `publisher withdraw {known.slug}` takes all of it back"
        )


def _edit_consent(root: Path, slug: str, guest: str, place: str, day: date | None) -> None:
    """Sets or removes one consent; the key is written in one line, unless it has a header of its own."""
    written = catalogue.value_of(root, slug, "consent")
    given = {person: dict(days) for person, days in written.items()} if isinstance(written, dict) else {}
    own = given.setdefault(guest, {})
    if day is None:
        own.pop(place, None)
    else:
        own[place] = day
    try:
        _edit(root, slug, "consent", {person: days for person, days in given.items() if days} or None)
    except CatalogueError:
        _edit(root, slug, f"consent.{guest}.{place}", day)


def _edit(root: Path, slug: str, key: str, value: object) -> None:
    """The one place that edits the catalogue."""
    catalogue.set_value(root, slug, key, value)


def _correct(opened: Session, answer: OpenedAnswer, one: GuestCorrection) -> str:
    checker = opened.context.leak_checker
    if isinstance(checker, LeakChecker) and next(checker.secrets.find_in(one.text, "answer"), None):
        raise LeakError("the corrected words contain a private name; the transcript is not changed")
    language = answer.record.transcripts[one.script][0]
    episode = find_episode(opened, answer)
    transcript = next((found for found in transcripts_of(episode) if found.language == language), None)
    if transcript is None:
        raise UsageError(f"there is no transcript ({language}) any more")
    corrections.correct(transcript, answer.recorded(one.at), one.was, one.text)
    return f"{transcript.source.path.name}: corrected"
