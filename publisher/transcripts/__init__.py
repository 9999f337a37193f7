"""Reads transcripts, maps them to published time, and formats them as VTT, SRT and JSON.

WebVTT and SubRip are parsed by webvtt-py, which follows the WebVTT specification's parser. A
transcript is hostile input: `read` returns plain text in which no markup can begin. Writes no
file; `outputs.transcripts` decides the paths.

Formats: WebVTT (https://www.w3.org/TR/webvtt1/), SubRip, and the JSON transcript 1.0.0 of the
podcast namespace (docs/examples/transcripts/transcripts.md there).

    cues         Caption, Cue, TranscriptError     sentences   ends of sentences, paragraphs
    rolling      captions that repeat lines        line_wrap   lines of a maximum length
    speakers     names and changes of speakers     writers     WebVTT, SubRip, JSON
    markup       tags and voice spans              edit        changes of a file, edit_* its parts
    cue_file     the rows of a file's captions     cue_text    words within their markup
    cue_parts    a file's cues with places         find        words to replace
"""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import Any

from publisher.model import Release, Seconds, Transcript
from publisher.timeline import Timeline
from publisher.transcripts.cues import Caption, Cue, TranscriptError, lines_of
from publisher.transcripts.markup import clean, voice_pieces
from publisher.transcripts.rolling import collapse
from publisher.transcripts.sentences import needs_space, paragraphs
from publisher.transcripts.speakers import cues_of, mark_nameless
from publisher.transcripts.writers import to_json, to_srt, to_vtt

__all__ = [
    "MAX_BYTES",
    "Cue",
    "TranscriptError",
    "captions_of",
    "check_text",
    "cues_from",
    "decode",
    "for_release",
    "needs_space",
    "paragraphs",
    "parse",
    "parse_time",
    "published_cues",
    "read",
    "read_text",
    "times_of",
    "to_json",
    "to_published_time",
    "to_srt",
    "to_vtt",
]

logger = logging.getLogger(__name__)

VERSION = 2
"""Raise it when the same file is read as other words, or words of a cut or mute are removed otherwise."""

MAX_BYTES = 4 * 1024 * 1024
"""Maximum size of a transcript in bytes: some fifty hours of speech."""

MAX_CUES = 25_000
"""Maximum number of cues and voice changes within them: one every two seconds for twelve hours."""

MAX_LINES = 150_000

MAX_CACHED = 32 * 1024 * 1024
"""Characters of the files whose cues stay in memory: some 300 hours of speech, 120 MB of cues."""

MAX_CUT_OVERLAP = 0.1
"""Maximum overlap (s) of a cue with a cut for which the cue keeps its words: less than a word lasts."""

MIN_CUE = 1.0
"""Duration (s) given to a cue that ends where it starts."""


def read(transcript: Transcript) -> tuple[Cue, ...]:
    """The cues of a transcript in recording time, sorted by time, without markup.

    Raises TranscriptError for a file that is too large, not UTF-8, neither WebVTT nor SubRip, or
    that contains an invalid line of times.
    """
    path = transcript.source.path
    key = (path, transcript.source.digest)
    cues = _cache.get(key)
    if cues is None:
        text = _text(path)
        cues = read_text(path, text)
        _cache.store(key, cues, len(text))
        logger.debug("read a transcript of %d cues", len(cues))
    return cues


CacheKey = tuple[Path, str]


class _CueCache:
    """The cues of the files read last, by path and digest: at most `MAX_CACHED` characters of text."""

    def __init__(self) -> None:
        self._entries: OrderedDict[CacheKey, tuple[tuple[Cue, ...], int]] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, key: CacheKey) -> tuple[Cue, ...] | None:
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key][0]

    def store(self, key: CacheKey, cues: tuple[Cue, ...], size: int) -> None:
        with self._lock:
            _, replaced = self._entries.pop(key, ((), 0))
            self._entries[key] = cues, size
            self._size += size - replaced
            while self._size > MAX_CACHED:
                _, (_, removed) = self._entries.popitem(last=False)
                self._size -= removed


# The leak search, the pages, the search index and each of the three formats read every file. For 300 talks of
# 60 cues, these took 5.5 s with 8 files in memory (1184 parsed); now 3.0 s (300 parsed).
_cache = _CueCache()


def for_release(release: Release) -> tuple[Transcript, ...]:
    """The transcripts published with a release: one per language, the episode's own language first.

    WebVTT is preferred to SubRip, which contains less.
    """
    preferred = sorted(
        release.episode.transcripts, key=lambda each: each.source.path.suffix.lower() != ".vtt"
    )
    by_language = {each.language: each for each in reversed(preferred)}
    own = release.episode.language
    return tuple(sorted(by_language.values(), key=lambda each: (each.language != own, each.language)))


def parse(path: Path, text: str, kind: str) -> tuple[Cue, ...]:
    """The cues in `text`, a transcript of `kind` vtt or srt; errors name `path`."""
    return _cues(captions_of(path, text, kind))


def _cues(captions: Iterable[Caption]) -> tuple[Cue, ...]:
    ordered = sorted((one for one in captions if one.lines), key=lambda one: (one.start, one.end))
    return tuple(cues_of(collapse(ordered)))


def captions_of(path: Path, text: str, kind: str) -> list[Caption]:
    """The captions in `text`, in the order of the file, also those without words. Raises TranscriptError."""
    import webvtt
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    try:
        captions = webvtt.from_buffer(text.split("\n"), format=kind).captions
    except (MalformedFileError, MalformedCaptionError) as error:
        begins = "WEBVTT" if kind == "vtt" else "1, and its second line a time"
        problem = f"not a {kind.upper()} file: its first line must be {begins}"
        raise TranscriptError(path, 1, problem) from error
    return [_caption(caption) for caption in captions]


def read_text(path: Path, text: str) -> tuple[Cue, ...]:
    """As `read`, of a text that may not be in the file yet; ``\n`` ends its lines."""
    check_text(path, text)
    return cues_from(path, captions_of(path, text, _kind(path)))


def check_text(path: Path, text: str) -> None:
    """Raises TranscriptError for a text that is too long or has an invalid line of times."""
    _check_amount(path, text)
    _check_times(path, text, _kind(path))


def cues_from(path: Path, captions: Iterable[Caption]) -> tuple[Cue, ...]:
    """The cues that `read` returns for these captions. Raises TranscriptError if they are too many."""
    cues = _cues(captions)
    _check_limit(path, len(cues), MAX_CUES, "cues")
    return cues


def _kind(path: Path) -> str:
    return "vtt" if path.suffix.lower() == ".vtt" else "srt"


def published_cues(transcript: Transcript, timeline: Timeline) -> tuple[Cue, ...]:
    """The cues of a transcript that are published, in published time. Raises TranscriptError.

    Every output takes its cues from this function: it removes words that are cut or muted.
    """
    return to_published_time(read(transcript), timeline)


def to_published_time(cues: Iterable[Cue], timeline: Timeline) -> tuple[Cue, ...]:
    """The cues in published time, without those that are not published.

    A cue that is cut or muted in part loses all its words, because the time of a single word is
    unknown. One `redacted` cue replaces each run of such cues. The name of a speaker that only such a cue
    contains is not published with the cues after it.
    """
    moved = [_to_published(cue, timeline) for cue in cues]
    kept = sorted((cue for cue in moved if cue is not None), key=lambda cue: (cue.start, cue.end))
    return tuple(mark_nameless(tuple(_merge_redacted(kept))))


# Reading

_TIME = r"(?:\d{1,4}:)?[0-5]?\d:[0-5]?\d[.,]\d{1,3}"
_TIMES = re.compile(rf"\s*({_TIME})\s*-->\s*({_TIME})(?=\s|$)")


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            problem = f"larger than {MAX_BYTES >> 20} MB, so not the transcript of a talk"
            raise TranscriptError(path, None, problem)
        content = path.read_bytes()
    except OSError as error:
        raise TranscriptError(path, None, f"cannot be read: {error.strerror}") from error
    return decode(path, content)


def decode(path: Path, content: bytes) -> str:
    """The text of a transcript, each line ended by ``\n``. Raises TranscriptError unless it is UTF-8."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TranscriptError(path, line, "not UTF-8; save it with the encoding UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check_amount(path: Path, text: str) -> None:
    cues = max(text.count("-->"), text.count("<v"), text.count("<V"))
    _check_limit(path, cues, MAX_CUES, "cues")
    _check_limit(path, text.count("\n"), MAX_LINES, "lines")


def _check_limit(path: Path, number: int, limit: int, unit: str) -> None:
    if number > limit:
        raise TranscriptError(path, None, f"has {number} {unit}; {limit} are allowed: split the talk")


def times_of(transcript: Transcript) -> Iterator[tuple[int, Seconds, Seconds]]:
    """The lines of times of a transcript: (line of the file, from 1; start; end). Raises TranscriptError."""
    for number, line in enumerate(_text(transcript.source.path).split("\n"), start=1):
        times = _TIMES.match(line) if "-->" in line else None
        if times is not None:
            yield number, parse_time(times[1]), parse_time(times[2])


def _check_times(path: Path, text: str, kind: str) -> None:
    example = "00:01:02.500 --> 00:01:05.000" if kind == "vtt" else "00:01:02,500 --> 00:01:05,000"
    for number, line in enumerate(text.split("\n"), start=1):
        if "-->" not in line:
            continue
        times = _TIMES.match(line)
        if times is None:
            problem = f'the times of a cue look like "{example}", not "{line[:60]}"'
            raise TranscriptError(path, number, problem)
        if parse_time(times[2]) < parse_time(times[1]):
            problem = f"the cue ends before it starts ({times[1]} --> {times[2]})"
            raise TranscriptError(path, number, problem)


def parse_time(stamp: str) -> Seconds:
    """The seconds of a time stamp: ``[hours:]minutes:seconds`` with a decimal point or comma."""
    seconds = 0.0
    for part in stamp.replace(",", ".").split(":"):
        seconds = seconds * 60 + float(part)
    return seconds


def _seconds(stamp: object) -> Seconds:
    hours, minutes, seconds, milliseconds = stamp.to_tuple()  # type: ignore[attr-defined]
    return (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) + int(milliseconds) / 1000


def _end(caption: object) -> Seconds:
    start, end = _seconds(caption.start_time), _seconds(caption.end_time)  # type: ignore[attr-defined]
    return end if end > start else start + MIN_CUE


def _caption(caption: Any) -> Caption:
    raw = caption.raw_text
    voices = ((voice, clean(raw[begin:end])) for voice, begin, end in voice_pieces(raw))
    return Caption(_seconds(caption.start_time), _end(caption), tuple(lines_of(voices)), raw)


# Publishing


def _to_published(cue: Cue, timeline: Timeline) -> Cue | None:
    span = timeline.clip(cue.start, cue.end)
    if span is None:
        return None
    start, end = round(span[0], 3), round(span[1], 3)
    if end <= start:
        return None
    if cue.redacted or not _keeps_words(cue.start, cue.end, timeline):
        return Cue(start, end, "", redacted=True)
    is_named = cue.named is None or _keeps_words(*cue.named, timeline)
    return replace(cue, start=start, end=end, speaker=cue.speaker if is_named else None, named=None)


def _keeps_words(start: Seconds, end: Seconds, timeline: Timeline) -> bool:
    """Whether the words of a cue of the recording are published."""
    span = timeline.clip(start, end)
    if span is None or timeline.is_muted(start, end):
        return False
    return (end - start) - (span[1] - span[0]) - timeline.rounding(end) <= MAX_CUT_OVERLAP


def _merge_redacted(cues: list[Cue]) -> Iterator[Cue]:
    for is_redacted, group in groupby(cues, key=lambda cue: cue.redacted):
        run = list(group)
        if is_redacted:
            yield Cue(run[0].start, max(cue.end for cue in run), "", redacted=True)
        else:
            yield from run
