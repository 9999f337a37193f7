"""Recording time and published time: the only place that adds or subtracts seconds.

A talk is written in times of its recording. What is published leaves out what lies before
`start`, after `end` and in the cuts, and may begin with an intro. A `Timeline` is built once
per product (audio has the intro, video has not) and maps times, chapters, spans between them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf, isinf
from operator import attrgetter

from publisher.model import Chapter, Episode, Release, Seconds

Span = tuple[Seconds, Seconds]

TOLERANCE = 1.0
"""How far after a recording's end an `end` may lie: players round up what they show."""


_INSTANT = 1e-6
"""Seconds that only rounding can tell apart; a sample takes twenty times as long."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The kept spans of a recording, in order and apart, and what is put before and after them.

    `mutes` are the silenced spans in recording time, merged; they take time but hold no sound.
    """

    kept: tuple[Span, ...]
    intro: Seconds = 0.0
    outro: Seconds = 0.0
    mutes: tuple[Span, ...] = ()

    @property
    def duration(self) -> Seconds:
        """How long the product lasts, intro and outro included; infinite while that is not known."""
        return self.intro + self.spoken + self.outro

    @property
    def is_open(self) -> bool:
        """Whether the recording's end is not known."""
        return bool(self.kept) and isinf(self.kept[-1][1])

    @property
    def spoken(self) -> Seconds:
        """How long the published part of the recording lasts."""
        return sum(end - start for start, end in self.kept)

    @property
    def is_whole(self) -> bool:
        """Whether the recording is published without a gap from its first frame on."""
        return len(self.kept) == 1 and self.kept[0][0] == 0.0

    def published(self, time: Seconds) -> Seconds:
        """Where a time of the recording is heard; inside a cut, that is the cut's end."""
        passed = self.intro
        for start, end in self.kept:
            if time < start:
                return passed
            if time < end:
                return passed + (time - start)
            passed += end - start
        return passed

    def recorded(self, time: Seconds) -> Seconds:
        """Which time of the recording is heard at `time` of the product.

        Within intro and outro: the nearest time that is published.
        """
        if not self.kept:
            return 0.0
        left = max(0.0, time - self.intro)
        for start, end in self.kept:
            # At a seam rounding decides nothing: what is heard there is what comes after.
            if left < end - start - _INSTANT:
                return start + left
            left = max(0.0, left - (end - start))
        return self.kept[-1][1]

    def contains(self, time: Seconds) -> bool:
        """Whether a time of the recording is published."""
        place = bisect_right(self.kept, (time, inf)) - 1
        return place >= 0 and time < self.kept[place][1]

    def clip(self, start: Seconds, end: Seconds) -> Span | None:
        """A span of the recording in published time, cuts taken out; None when nothing is left."""
        mapped = (self.published(start), self.published(end))
        return mapped if mapped[1] > mapped[0] else None

    def is_muted(self, start: Seconds, end: Seconds) -> bool:
        """Whether any part of a span of the recording is silenced."""
        return any(a < end and start < b for a, b in self.mutes)

    def chapters(self, chapters: Iterable[Chapter]) -> tuple[Chapter, ...]:
        """The chapters in published time: ascending, the first at 0, emptied ones gone.

        A chapter that starts in a cut starts at the cut's end. The intro belongs to the first.
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
    """The timeline of a talk whose recording lasts `duration`."""
    start = max(0.0, episode.start or 0.0)
    end = duration if episode.end is None else min(duration, episode.end)
    if not episode.cuts and end > start:
        return Timeline(((start, end),), intro, outro, merge(episode.mutes))
    kept: list[Span] = []
    for cut_start, cut_end in merge(episode.cuts):
        if min(cut_start, end) > start:
            kept.append((start, min(cut_start, end)))
        start = max(start, cut_end)
    if end > start:
        kept.append((start, end))
    return Timeline(tuple(kept), intro, outro, merge(episode.mutes))


def of_release(release: Release) -> Timeline:
    """The timeline of a release's audio; open-ended while its recording's duration is not known.

    Cuts and mutes hold either way: words that are not to be published never depend on a duration.
    """
    return of_recording(
        release.episode,
        inf if release.recording_duration is None else release.recording_duration,
        release.intro_duration,
        release.outro_duration,
    )


def merge(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, overlapping and touching ones joined."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif end > start:
            merged.append((start, end))
    return tuple(merged)


def out_of_range(episode: Episode) -> Iterator[tuple[str, str]]:
    """What of a talk's times lies outside its recording: (key, what is wrong), key by key."""
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
    begins = (episode.start or 0.0) < min(duration, episode.end or duration)
    if begins and not of_recording(episode, duration).kept:
        yield "cut", "nothing of the recording is left to publish"


def format_time(time: Seconds) -> str:
    """A time as a producer writes it: 12:40, 1:02:03, 0:07.5."""
    whole, part = divmod(round(time * 1000), 1000)
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{text}.{part:03}".rstrip("0") if part else text
