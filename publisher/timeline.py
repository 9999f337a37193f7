"""Maps recording time to published time: the only module that adds or subtracts seconds.

The catalogue gives times of the recording. The published product omits everything before `start`,
after `end` and within the cuts, and may begin with an intro. A `Timeline` is built once per product
(audio has the intro, video has not) and maps times, spans and chapters.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf, isinf
from operator import attrgetter

from publisher.model import Chapter, Episode, Release, Seconds

Span = tuple[Seconds, Seconds]

TOLERANCE = 1.0
"""Seconds by which an `end` may exceed the recording's end: players and transcribers round times up."""

_INSTANT = 1e-6
"""Seconds; a smaller difference is a rounding error. A sample is twenty times as long."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The kept spans of a recording, ascending and disjoint, and the durations of intro and outro.

    `mutes` are the muted spans in recording time, merged; they keep their duration without audio.
    `ends_with_recording` unless the recording's end is cut off or unknown.
    """

    kept: tuple[Span, ...]
    intro: Seconds = 0.0
    outro: Seconds = 0.0
    mutes: tuple[Span, ...] = ()
    ends_with_recording: bool = False

    @property
    def duration(self) -> Seconds:
        """The product's duration with intro and outro; infinite while unknown."""
        return self.intro + self.spoken + self.outro

    @property
    def is_open(self) -> bool:
        """Whether the recording's end is unknown."""
        return bool(self.kept) and isinf(self.kept[-1][1])

    @property
    def spoken(self) -> Seconds:
        """The duration of the published part of the recording."""
        return sum(end - start for start, end in self.kept)

    @property
    def is_whole(self) -> bool:
        """Whether the recording is published from its first frame without a gap."""
        return len(self.kept) == 1 and self.kept[0][0] == 0.0

    def published(self, time: Seconds) -> Seconds:
        """The published time of a time of the recording; within a cut, that of the cut's end."""
        published = self.intro
        for start, end in self.kept:
            if time < start:
                return published
            if time < end:
                return published + (time - start)
            published += end - start
        return published

    def recorded(self, time: Seconds) -> Seconds:
        """The time of the recording at `time` of the product.

        Within intro and outro: the nearest published time.
        """
        if not self.kept:
            return 0.0
        left = max(0.0, time - self.intro)
        for start, end in self.kept:
            # At a cut the following span counts, independent of rounding.
            if left < end - start - _INSTANT:
                return start + left
            left = max(0.0, left - (end - start))
        return self.kept[-1][1]

    def recorded_span(self, start: Seconds, end: Seconds) -> Span:
        """The span of the recording that is played from `start` to `end` of the product.

        An end at a cut is that of the part before the cut.
        """
        first, last = self.recorded(start), self.recorded(end)
        ends = {after[0]: before[1] for before, after in pairwise(self.kept)}
        before_cut = ends.get(last, last)
        return first, before_cut if before_cut > first else last

    def contains(self, time: Seconds) -> bool:
        """Whether a time of the recording is published."""
        index = bisect_right(self.kept, (time, inf)) - 1
        return index >= 0 and time < self.kept[index][1]

    def clip(self, start: Seconds, end: Seconds) -> Span | None:
        """A span of the recording in published time, without cuts; None if nothing is left."""
        mapped = (self.published(start), self.published(end))
        return mapped if mapped[1] > mapped[0] else None

    def rounding(self, end: Seconds) -> Seconds:
        """How much of the time after the recording's end a span up to `end` has by rounding only."""
        if not self.ends_with_recording:
            return 0.0
        return min(max(0.0, end - self.kept[-1][1]), TOLERANCE)

    def is_muted(self, start: Seconds, end: Seconds) -> bool:
        """Whether any part of a span of the recording is muted."""
        return any(a < end and start < b for a, b in self.mutes)

    def chapters(self, chapters: Iterable[Chapter]) -> tuple[Chapter, ...]:
        """The chapters in published time: ascending, the first at 0, without empty ones.

        A chapter that starts in a cut starts at the cut's end. The intro belongs to the first chapter.
        """
        ordered = sorted(chapters, key=attrgetter("at"))
        starts = [self.published(chapter.at) for chapter in ordered]
        placed: list[Chapter] = []
        for chapter, start, end in zip(ordered, starts, [*starts[1:], self.published(inf)], strict=False):
            if end > start:
                at = start if placed else 0.0
                placed.append(chapter if chapter.at == at else replace(chapter, at=at))
        return tuple(placed)


def of_recording(episode: Episode, duration: Seconds, intro: Seconds = 0.0, outro: Seconds = 0.0) -> Timeline:
    """The timeline of an episode whose recording has this duration."""
    end = duration if episode.end is None else min(duration, episode.end)
    kept = kept_spans(episode.start or 0.0, end, episode.cuts)
    is_whole_end = bool(kept) and kept[-1][1] == duration and not isinf(duration)
    return Timeline(kept, intro, outro, merge(episode.mutes), is_whole_end)


def kept_spans(start: Seconds, end: Seconds, cuts: Iterable[Span]) -> tuple[Span, ...]:
    """What is published of a recording between `start` and `end`, without the cuts."""
    start = max(0.0, start)
    kept: list[Span] = []
    for cut_start, cut_end in merge(cuts):
        if min(cut_start, end) > start:
            kept.append((start, min(cut_start, end)))
        start = max(start, cut_end)
    if end > start:
        kept.append((start, end))
    return tuple(kept)


def of_release(release: Release) -> Timeline:
    """The timeline of a release's audio; open-ended while the recording's duration is unknown.

    Cuts and mutes apply in both cases: redacted speech must not depend on a known duration.
    """
    return of_recording(
        release.episode,
        inf if release.recording_duration is None else release.recording_duration,
        release.intro_duration,
        release.outro_duration,
    )


def merge(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in ascending order, with overlapping and adjacent ones joined."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif end > start:
            merged.append((start, end))
    return tuple(merged)


def out_of_range(episode: Episode) -> Iterator[tuple[str, str]]:
    """The episode's times outside its recording, as (key, problem)."""
    if episode.recording is None:
        return
    duration = episode.recording.duration
    ends = f"the recording ends at {format_time(duration)}"
    if episode.start is not None and episode.start >= duration:
        yield "start", f"{format_time(episode.start)} is after the end: {ends}"
    if episode.end is not None and episode.end > duration + TOLERANCE:
        yield (
            "end",
            f"{format_time(episode.end)} is after the end: {ends}; leave the key out to publish all of it",
        )
    for number, chapter in enumerate(episode.chapters):
        if chapter.at >= duration:
            yield f"chapters[{number}].at", f"{format_time(chapter.at)} is after the end: {ends}"
    for number, bite in enumerate(episode.soundbites):
        if bite.end > duration + TOLERANCE:
            yield f"soundbites[{number}].end", f"{format_time(bite.end)} is after the end: {ends}"
    for key, spans in (("cut", episode.cuts), ("mute", episode.mutes)):
        for number, (start, _) in enumerate(spans):
            if start >= duration:
                yield f"{key}[{number}]", f"{format_time(start)} is after the end: {ends}"
    has_range = (episode.start or 0.0) < min(duration, episode.end or duration)
    if has_range and not of_recording(episode, duration).kept:
        yield "cut", "nothing of the recording is left to publish"


def format_time(time: Seconds) -> str:
    """A time as the catalogue writes it: 12:40, 1:02:03, 0:07.5."""
    whole, part = divmod(round(time * 1000), 1000)
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{text}.{part:03}".rstrip("0") if part else text
