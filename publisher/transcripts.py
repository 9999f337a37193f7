"""Reads transcripts, maps them to published time, and formats them as VTT, SRT and JSON.

WebVTT and SubRip are parsed by webvtt-py, which follows the WebVTT specification's parser. A
transcript is hostile input: `read` returns plain text in which no markup can begin. Writes no
file; `outputs.transcripts` decides the paths.

Formats: WebVTT (https://www.w3.org/TR/webvtt1/), SubRip, and the JSON transcript 1.0.0 of the
podcast namespace (docs/examples/transcripts/transcripts.md there).
"""

from __future__ import annotations

import html
import json
import logging
import re
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from threading import Lock

from publisher.errors import PublisherError
from publisher.model import Release, Seconds, Transcript
from publisher.timeline import Timeline

logger = logging.getLogger(__name__)

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


@dataclass(frozen=True, slots=True)
class Cue:
    """Plain text shown from `start` to `end`; lines are separated by ``\\n``.

    A `redacted` cue marks a time span whose words are not published; its text is empty.
    """

    start: Seconds
    end: Seconds
    text: str
    speaker: str | None = None
    redacted: bool = False


class TranscriptError(PublisherError):
    """A transcript cannot be read; `file` is its path in the series folder, `line` counts from 1."""

    def __init__(self, path: Path, line: int | None, text: str) -> None:
        # A transcript is a file in episodes/<slug>/.
        self.file, self.line, self.text = "/".join(path.parts[-3:]), line, text
        place = self.file if line is None else f"{self.file}:{line}"
        super().__init__(f"{place}: {text}")


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
        kind = "vtt" if path.suffix.lower() == ".vtt" else "srt"
        _check_amount(path, text)
        _check_times(path, text, kind)
        cues = parse(path, text, kind)
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
    import webvtt
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    try:
        captions = webvtt.from_buffer(text.split("\n"), format=kind).captions
    except (MalformedFileError, MalformedCaptionError) as error:
        begins = "WEBVTT" if kind == "vtt" else "1, and its second line a time"
        problem = f"not a {kind.upper()} file: its first line must be {begins}"
        raise TranscriptError(path, 1, problem) from error
    cues = [
        Cue(_seconds(caption.start_time), _end(caption), _clean(raw), _name(speaker))
        for caption in captions
        for speaker, raw in _voices(caption.raw_text)
    ]
    if not any(cue.speaker for cue in cues):
        cues = list(_labelled(cues))
    return tuple(sorted((cue for cue in cues if cue.text), key=lambda cue: (cue.start, cue.end)))


def published_cues(transcript: Transcript, timeline: Timeline) -> tuple[Cue, ...]:
    """The cues of a transcript that are published, in published time. Raises TranscriptError.

    Every output takes its cues from this function: it removes words that are cut or muted.
    """
    return to_published_time(read(transcript), timeline)


def to_published_time(cues: Iterable[Cue], timeline: Timeline) -> tuple[Cue, ...]:
    """The cues in published time, without those that are not published.

    A cue that is cut or muted in part loses all its words, because the time of a single word is
    unknown. One `redacted` cue replaces each run of such cues.
    """
    moved = [_to_published(cue, timeline) for cue in cues]
    kept = sorted((cue for cue in moved if cue is not None), key=lambda cue: (cue.start, cue.end))
    return tuple(_merge_redacted(kept))


def to_vtt(cues: Iterable[Cue]) -> str:
    """The cues as WebVTT, with speakers as voice spans; redacted cues are left out."""
    import webvtt

    captions = [
        webvtt.Caption(_stamp(cue.start), _stamp(cue.end), _voice(cue) + html.escape(cue.text, quote=False))
        for cue in _with_words(cues)
    ]
    return str(webvtt.WebVTT(captions=captions).content).rstrip("\n") + "\n"


def to_srt(cues: Iterable[Cue]) -> str:
    """The cues as numbered SubRip, with the speaker's name before the text where the speaker changes."""
    # Not written by webvtt-py: its SubRip writer removes "< b and c >" from "a < b and c > d" as a tag.
    blocks: list[str] = []
    before: str | None = None
    for number, cue in enumerate(_with_words(cues), start=1):
        label = f"{cue.speaker}: " if cue.speaker and cue.speaker != before else ""
        times = f"{_stamp(cue.start)} --> {_stamp(cue.end)}".replace(".", ",")
        blocks.append(f"{number}\n{times}\n{label}{cue.text}\n")
        before = cue.speaker
    return "\n".join(blocks)


def to_json(cues: Iterable[Cue]) -> str:
    """The cues as the podcast namespace's JSON transcript, version 1.0.0."""
    segments = [
        {
            **({"speaker": cue.speaker} if cue.speaker else {}),
            "startTime": cue.start,
            "endTime": cue.end,
            "body": cue.text,
        }
        for cue in _with_words(cues)
    ]
    return json.dumps({"version": "1.0.0", "segments": segments}, ensure_ascii=False, indent=1) + "\n"


# Reading

_TIME = r"(?:\d{1,4}:)?[0-5]?\d:[0-5]?\d[.,]\d{1,3}"
_TIMES = re.compile(rf"\s*({_TIME})\s*-->\s*({_TIME})(?=\s|$)")
_VOICE = re.compile(r"<(/?)v(?:\.[^\s<>]*)*(?:[ \t]+([^<>\n]*))?>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!?][^<>]*>|<[\d:.]+>")
_OVERRIDE = re.compile(r"\{\\[^{}]*\}")
# Invisible characters that reorder or hide the text around them. Persian and Urdu need joiners and
# marks: those are kept.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f\ufeff\ufff0-\uffff\ud800-\udfff]"
)
_LABEL = re.compile(r"(?:[-–—]\s*|>>\s*)?([^\W\d_][^\n:<>\[\](){}!?,;،؛؟۔…\"]{0,39}):[ \t]+(?=\S)")


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            problem = f"larger than {MAX_BYTES >> 20} MB, so not the transcript of a talk"
            raise TranscriptError(path, None, problem)
        content = path.read_bytes()
    except OSError as error:
        raise TranscriptError(path, None, f"cannot be read: {error.strerror}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TranscriptError(path, line, "not UTF-8; save it with the encoding UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check_amount(path: Path, text: str) -> None:
    cues = max(text.count("-->"), text.count("<v"), text.count("<V"))
    for number, limit, unit in ((cues, MAX_CUES, "cues"), (text.count("\n"), MAX_LINES, "lines")):
        if number > limit:
            raise TranscriptError(path, None, f"has {number} {unit}; {limit} are allowed: split the talk")


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


def _voices(raw: str) -> Iterator[tuple[str | None, str]]:
    """The parts of a cue by voice: (speaker, text with markup), in order."""
    speaker: str | None = None
    end = 0
    for tag in _VOICE.finditer(raw):
        yield speaker, raw[end : tag.start()]
        speaker = None if tag[1] else tag[2]
        end = tag.end()
    yield speaker, raw[end:]


def _clean(raw: str) -> str:
    """Plain text without empty lines, in which no reader finds markup."""
    text = _OVERRIDE.sub("", _TAG.sub("", raw))
    text = _TAG.sub("", _HIDDEN.sub("", html.unescape(text)))
    text = re.sub(r"<(?=[^\s\d=])", "", text).replace("-->", "→")
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _name(raw: str | None) -> str | None:
    return " ".join(_clean(raw or "").replace(":", " ").split())[:80] or None


def _labelled(cues: list[Cue]) -> Iterator[Cue]:
    """The cues with names at the start of a line as speakers.

    Only a name that occurs there at least twice counts: "Note:" or a quoted "He said:" mostly
    occurs once.
    """
    lines = (line for cue in cues for line in cue.text.split("\n"))
    labels = Counter(label[1] for line in lines if (label := _LABEL.match(line)))
    speakers = {name for name, times in labels.items() if times > 1 and _is_name(name)}
    for cue in cues:
        yield from _split_by_label(cue, speakers)


def _is_name(label: str) -> bool:
    words = label.split()
    return len(words) <= 5 and not words[0][0].islower() and not words[-1][0].islower()


def _split_by_label(cue: Cue, speakers: set[str]) -> Iterator[Cue]:
    speaker: str | None = None
    spoken: list[str] = []
    for line in cue.text.split("\n"):
        label = _LABEL.match(line)
        if label is None or label[1] not in speakers:
            spoken.append(line)
            continue
        if spoken:
            yield replace(cue, text="\n".join(spoken), speaker=speaker)
        speaker, spoken = label[1].strip(), [line[label.end() :]]
    yield replace(cue, text="\n".join(spoken), speaker=speaker)


# Publishing


def _to_published(cue: Cue, timeline: Timeline) -> Cue | None:
    span = timeline.clip(cue.start, cue.end)
    if span is None:
        return None
    start, end = round(span[0], 3), round(span[1], 3)
    if end <= start:
        return None
    lost = (cue.end - cue.start) - (span[1] - span[0])
    if cue.redacted or lost > MAX_CUT_OVERLAP or timeline.is_muted(cue.start, cue.end):
        return Cue(start, end, "", redacted=True)
    return replace(cue, start=start, end=end)


def _merge_redacted(cues: list[Cue]) -> Iterator[Cue]:
    for is_redacted, group in groupby(cues, key=lambda cue: cue.redacted):
        run = list(group)
        if is_redacted:
            yield Cue(run[0].start, max(cue.end for cue in run), "", redacted=True)
        else:
            yield from run


# Writing


def _with_words(cues: Iterable[Cue]) -> Iterator[Cue]:
    return (cue for cue in cues if not cue.redacted and cue.text)


def _voice(cue: Cue) -> str:
    return f"<v {html.escape(cue.speaker, quote=False)}>" if cue.speaker else ""


def _stamp(time: Seconds) -> str:
    milliseconds = round(time * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
