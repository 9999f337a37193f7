"""An answer as proposals: cuts, mutes, corrections and consents, each accepted on its own.

Nothing is applied that was not accepted. A refused consent is told in any case, with what it causes.
"""

from __future__ import annotations

import logging
import math
import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from publisher import timeline, transcripts
from publisher.errors import PublisherError, UsageError
from publisher.gather.series import Session
from publisher.model import PLACES, Episode, Seconds, Series
from publisher.review import corrections
from publisher.review.answers import GuestCorrection, OpenedAnswer
from publisher.review.document import transcripts_of
from publisher.timeline import Span, format_time
from publisher.transcripts import TranscriptError
from publisher.visibility import is_withdrawn

logger = logging.getLogger(__name__)

Kind = Literal["cut", "mute", "correction", "consent", "refusal"]
PLACE_NAMES = {"feed": "the feed", "pages": "the pages", "youtube": "YouTube"}
QUOTED = 200
"""Characters of words that are quoted in a list."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One change. `text` describes it in one line; `span` is in recording time, `place` one of `PLACES`.

    `is_done`: the catalogue has it already. `consequence`: what a refusal causes or needs.
    """

    number: int
    kind: Kind
    text: str
    note: str = ""
    span: Span | None = None
    place: str = ""
    correction: GuestCorrection | None = None
    is_done: bool = False
    consequence: str = ""
    command: str = ""
    """The command that keeps the talk from a place where it was refused; "" if nothing is left to do."""


@dataclass(frozen=True, slots=True)
class PlacedComment:
    """A guest's comment, at a time of the recording; None: on the talk as a whole."""

    at: Seconds | None
    text: str


def find_episode(opened: Session, answer: OpenedAnswer) -> Episode:
    """The talk of an answer. Raises UsageError if its times cannot be trusted any more."""
    record = answer.record
    episode = opened.series.episode(record.slug)
    if episode is None:
        raise UsageError(f'the talk "{record.slug}" of this answer is not in the catalogue any more')
    if episode.recording is None:
        raise UsageError(f'the recording of "{record.slug}" is missing or cannot be used; correct that first')
    if episode.recording.digest != record.recording:
        raise UsageError(
            f'the recording of "{record.slug}" was replaced since the review was made, so the times of this '
            f"answer are those of another file; make a new review with `publisher review {record.slug} --for "
            f"{record.guest}`. Its consents and comments are not taken over either"
        )
    return episode


def proposals(opened: Session, answer: OpenedAnswer) -> tuple[Proposal, ...]:
    """The proposals of an answer, numbered from 1: refusals first, then by time. Raises UsageError."""
    episode = find_episode(opened, answer)
    found = [
        *_consents(opened.series, episode, answer),
        *sorted(_passages(episode, answer), key=lambda one: one.span or (0.0, 0.0)),
        *_corrections(episode, answer),
    ]
    return tuple(replace(one, number=number) for number, one in enumerate(found, 1))


def comments(answer: OpenedAnswer) -> tuple[PlacedComment, ...]:
    """The comments of an answer: the general one first, then by time."""
    given = answer.answer
    timed = sorted((answer.recorded(one.at), one.text) for one in given.comments)
    whole = [PlacedComment(None, given.remark)] if given.remark else []
    return (*whole, *(PlacedComment(at, text) for at, text in timed))


def _consents(series: Series, episode: Episode, answer: OpenedAnswer) -> Iterator[Proposal]:
    guest, given = answer.record.guest, answer.answer.consent
    recorded = episode.consent.get(guest, {})
    for place in sorted(given, key=lambda name: (given[name], PLACES.index(name))):
        where, day = PLACE_NAMES[place], recorded.get(place)
        if given[place]:
            text = f"{guest} agrees to {where}" + (f" (recorded on {day} already)" if day else "")
            yield Proposal(0, "consent", text, place=place, is_done=day is not None)
        else:
            text = f"{guest} refuses {where}" + (f"; the consent of {day} is to be removed" if day else "")
            told, command = _consequence(series, episode, place)
            yield Proposal(0, "refusal", text, "", None, place, None, day is None, told, command)


def _consequence(series: Series, episode: Episode, place: str) -> tuple[str, str]:
    """What a refusal causes, and the command that is needed besides."""
    where = PLACE_NAMES[place]
    if is_withdrawn(episode, place):
        return f"the talk is withdrawn from {where} already", ""
    if series.require_consent:
        return (
            f"without this consent the talk is held back from {where}, or taken back by the next release",
            "",
        )
    words = ("publisher", "withdraw", episode.slug, "--from", place, "--reason", "refused by a guest")
    command = shlex.join(words)
    return (
        f"this series does not require consent, so nothing keeps the talk from {where}. Run `{command}`, or "
        "write require_consent = true in [series]",
        command,
    )


def _passages(episode: Episode, answer: OpenedAnswer) -> Iterator[Proposal]:
    names = {"cut": "take out", "mute": "silence"}
    for passage in answer.answer.passages:
        span = _outward(episode, *answer.record.timeline.recorded_span(passage.start, passage.end))
        text = f"{names[passage.kind]} {format_time(span[0])}–{format_time(span[1])}"
        said = _words(episode, span)
        text += f": “{said}”" if said else ""
        is_done = _is_left_out(episode, span, passage.kind)
        yield Proposal(0, passage.kind, text, passage.note, span, is_done=is_done)


def _outward(episode: Episode, start: Seconds, end: Seconds) -> Span:
    """A span in hundredths of a second that contains the given one, within the recording."""
    duration = episode.recording.duration if episode.recording else math.inf
    return round(start * 1000) // 10 / 100, min(-(-round(end * 1000) // 10) / 100, duration)


def _is_left_out(episode: Episode, span: Span, kind: str) -> bool:
    spans = timeline.merge(episode.cuts if kind == "cut" else episode.mutes)
    return any(start <= span[0] and span[1] <= end for start, end in spans)


def _words(episode: Episode, span: Span) -> str:
    """What a transcript has in a span of the recording, shortened."""
    for transcript in transcripts_of(episode):
        try:
            cues = transcripts.read(transcript)
        except TranscriptError:
            continue
        said = " ".join(cue.text for cue in cues if cue.start < span[1] and span[0] < cue.end)
        return _short(" ".join(said.split()))
    return ""


def _corrections(episode: Episode, answer: OpenedAnswer) -> Iterator[Proposal]:
    languages = [language for language, _ in answer.record.transcripts]
    for one in answer.answer.corrections:
        if one.script >= len(languages):
            raise UsageError("the answer corrects a transcript that the review file did not contain")
        at = format_time(round(answer.recorded(one.at), 1))
        old, new = _short(" ".join(one.was.split())), _short(" ".join(one.text.split()))
        text = f"correct the transcript ({languages[one.script]}) at {at}: “{old}” → “{new}”"
        is_done = _is_corrected(episode, languages[one.script], answer.recorded(one.at), one.text)
        yield Proposal(0, "correction", text, one.note, correction=one, is_done=is_done)


def _is_corrected(episode: Episode, language: str, at: Seconds, text: str) -> bool:
    """Whether the cue at a time of the recording has these words already."""
    for transcript in transcripts_of(episode):
        if transcript.language == language:
            with suppress(TranscriptError):
                return any(
                    abs(cue.start - at) <= corrections.TOLERANCE and cue.text.split() == text.split()
                    for cue in transcripts.read(transcript)
                )
    return False


def _short(text: str) -> str:
    return text if len(text) <= QUOTED else text[: QUOTED - 1].rstrip() + "…"


def result_document(proposal: Proposal, result: str | PublisherError | None) -> Mapping[str, object]:
    """A proposal for ``--json``, with what became of it."""
    failed = isinstance(result, PublisherError)
    return {
        "number": proposal.number,
        "kind": proposal.kind,
        "text": proposal.text,
        "note": proposal.note,
        "start": proposal.span[0] if proposal.span else None,
        "end": proposal.span[1] if proposal.span else None,
        "place": proposal.place or None,
        "done": proposal.is_done,
        "consequence": proposal.consequence or None,
        "command": proposal.command or None,
        "accepted": result is not None and not failed,
        "result": str(result) if result is not None else None,
    }
