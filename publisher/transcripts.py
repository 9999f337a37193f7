"""Transcripts: read as supplied, cleaned, brought into published time, written as VTT, SRT and JSON.

Reads WebVTT and SubRip through webvtt-py, which follows the WebVTT specification's parser. A
transcript is hostile input: whatever comes out of `read` is plain text in which no markup can
begin. Nothing here writes a file; `outputs.transcripts` says where the texts go.

Formats: WebVTT (https://www.w3.org/TR/webvtt1/), SubRip, and the JSON transcript 1.0.0 of the
podcast namespace (docs/examples/transcripts/transcripts.md there).
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from publisher.errors import PublisherError
from publisher.model import Release, Seconds, Transcript
from publisher.timeline import Timeline

MAX_BYTES = 4 * 1024 * 1024
"""Bytes a transcript may have: some fifty hours of talk."""

MAX_CUES = 25_000
"""Cues, or changes of voice within them: every two seconds of a talk of twelve hours."""

MAX_LINES = 150_000

MAX_CUT_OVERLAP = 0.1
"""Seconds a cue may reach into a cut and keep its words: less than a word takes."""

MIN_CUE = 1.0
"""Seconds that a cue without a length of its own is given."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that are shown from `start` to `end`: plain text, its lines apart by ``\\n``.

    `withheld` marks a place whose words are not published; its text is empty.
    """

    start: Seconds
    end: Seconds
    text: str
    speaker: str | None = None
    redacted: bool = False


class TranscriptError(PublisherError):
    """A transcript cannot be read; `file` is its path from the series folder, `line` counts from 1."""

    def __init__(self, path: Path, line: int | None, text: str) -> None:
        # A transcript lies in episodes/<slug>/.
        self.file, self.line, self.text = "/".join(path.parts[-3:]), line, text
        place = self.file if line is None else f"{self.file}:{line}"
        super().__init__(f"{place}: {text}")


def read(transcript: Transcript) -> tuple[Cue, ...]:
    """The cues of a transcript in recording time, in order, their words cleaned.

    Raises TranscriptError for a file that is too large, not UTF-8, neither WebVTT nor SubRip,
    or that has a broken line of times.
    """
    return _read(transcript.source.path, transcript.source.digest)


# The three formats and the pages read the same file one after another. Of a full render of 60 talks with 300
# cues each (5.0 s), 235 files are parsed in 11 ms each; without this cache 128 more (29 % of the time).
@lru_cache(maxsize=8)
def _read(path: Path, digest: str) -> tuple[Cue, ...]:
    text = _text(path)
    kind = "vtt" if path.suffix.lower() == ".vtt" else "srt"
    _check_amount(path, text)
    _check_times(path, text, kind)
    return parse(path, text, kind)


def for_release(release: Release) -> tuple[Transcript, ...]:
    """The transcripts a release is published with: one per language, the talk's own first.

    WebVTT goes before SubRip, which says less.
    """
    ordered = sorted(release.episode.transcripts, key=lambda each: each.source.path.suffix.lower() != ".vtt")
    chosen = {each.language: each for each in reversed(ordered)}
    own = release.episode.language
    return tuple(sorted(chosen.values(), key=lambda each: (each.language != own, each.language)))


def parse(path: Path, text: str, kind: str) -> tuple[Cue, ...]:
    """The cues of a transcript's `text`; `kind` is vtt or srt, `path` is named in errors."""
    import webvtt
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    try:
        captions = webvtt.from_buffer(text.split("\n"), format=kind).captions
    except (MalformedFileError, MalformedCaptionError) as error:
        begins = "WEBVTT" if kind == "vtt" else "1, and its second line a time"
        problem = f"not a {kind.upper()} file: its first line must be {begins}"
        raise TranscriptError(path, 1, problem) from error
    spoken = [
        Cue(_seconds(caption.start_time), _end(caption), raw, speaker)
        for caption in captions
        for speaker, raw in _voices(caption.raw_text)
    ]
    cues = [replace(cue, text=_clean(cue.text), speaker=_name(cue.speaker)) for cue in spoken]
    if not any(cue.speaker for cue in cues):
        cues = list(_labelled(cues))
    return tuple(sorted((cue for cue in cues if cue.text), key=lambda cue: (cue.start, cue.end)))


def published_cues(transcript: Transcript, timeline: Timeline) -> tuple[Cue, ...]:
    """What of a transcript is published, in the product's time. Raises TranscriptError.

    The one way from a transcript's file to an output: words that are cut or muted do not pass it.
    """
    return to_published_time(read(transcript), timeline)


def to_published_time(cues: Iterable[Cue], timeline: Timeline) -> tuple[Cue, ...]:
    """The cues in published time, without what is not published.

    A cue of which a part is cut or muted loses all its words, because nobody can tell which of
    them are in that part; what stays is one `withheld` cue for each such place.
    """
    placed = [_place(cue, timeline) for cue in cues]
    kept = sorted((cue for cue in placed if cue is not None), key=lambda cue: (cue.start, cue.end))
    return tuple(_join_withheld(kept))


def to_vtt(cues: Iterable[Cue]) -> str:
    """The cues as WebVTT, speakers as voice spans; nothing marks what is withheld."""
    import webvtt

    captions = [
        webvtt.Caption(_stamp(cue.start), _stamp(cue.end), _voice(cue) + html.escape(cue.text, quote=False))
        for cue in _spoken(cues)
    ]
    return str(webvtt.WebVTT(captions=captions).content).rstrip("\n") + "\n"


def to_srt(cues: Iterable[Cue]) -> str:
    """The cues as SubRip, numbered, with a speaker's name before the words where it changes."""
    # Written here: webvtt-py takes "a < b and c > d" for a tag when it writes SubRip.
    blocks: list[str] = []
    before: str | None = None
    for number, cue in enumerate(_spoken(cues), start=1):
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
        for cue in _spoken(cues)
    ]
    return json.dumps({"version": "1.0.0", "segments": segments}, ensure_ascii=False, indent=1) + "\n"


# Reading

_TIME = r"(?:\d{1,4}:)?[0-5]?\d:[0-5]?\d[.,]\d{1,3}"
_TIMES = re.compile(rf"\s*({_TIME})\s*-->\s*({_TIME})(?=\s|$)")
_VOICE = re.compile(r"<(/?)v(?:\.[^\s<>]*)*(?:[ \t]+([^<>\n]*))?>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!?][^<>]*>|<[\d:.]+>")
_OVERRIDE = re.compile(r"\{\\[^{}]*\}")
# Unseen characters that reorder or hide the text around them; joiners and marks, which
# Persian and Urdu need, are not among them.
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
    for number, most, what in ((cues, MAX_CUES, "cues"), (text.count("\n"), MAX_LINES, "lines")):
        if number > most:
            raise TranscriptError(path, None, f"has {number} {what}; {most} are allowed: split the talk")


def _check_times(path: Path, text: str, kind: str) -> None:
    example = "00:01:02.500 --> 00:01:05.000" if kind == "vtt" else "00:01:02,500 --> 00:01:05,000"
    for number, line in enumerate(text.split("\n"), start=1):
        if "-->" not in line:
            continue
        times = _TIMES.match(line)
        if times is None:
            problem = f'the times of a cue look like "{example}", not "{line[:60]}"'
            raise TranscriptError(path, number, problem)
        if _moment(times[2]) < _moment(times[1]):
            problem = f"the cue ends before it starts ({times[1]} --> {times[2]})"
            raise TranscriptError(path, number, problem)


def _moment(stamp: str) -> Seconds:
    moment = 0.0
    for part in stamp.replace(",", ".").split(":"):
        moment = moment * 60 + float(part)
    return moment


def _seconds(stamp: object) -> Seconds:
    hours, minutes, seconds, milliseconds = stamp.to_tuple()  # type: ignore[attr-defined]
    return (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) + int(milliseconds) / 1000


def _end(caption: object) -> Seconds:
    start, end = _seconds(caption.start_time), _seconds(caption.end_time)  # type: ignore[attr-defined]
    return end if end > start else start + MIN_CUE


def _voices(raw: str) -> Iterator[tuple[str | None, str]]:
    """What each voice of a cue says: (speaker, text with markup), in order."""
    speaker: str | None = None
    place = 0
    for tag in _VOICE.finditer(raw):
        yield speaker, raw[place : tag.start()]
        speaker = None if tag[1] else tag[2]
        place = tag.end()
    yield speaker, raw[place:]


def _clean(raw: str) -> str:
    """Plain text in which no markup can begin, whatever reads it; empty lines are gone."""
    text = _OVERRIDE.sub("", _TAG.sub("", raw))
    text = _TAG.sub("", _HIDDEN.sub("", html.unescape(text)))
    text = re.sub(r"<(?=[^\s\d=])", "", text).replace("-->", "→")
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _name(raw: str | None) -> str | None:
    return " ".join(_clean(raw or "").replace(":", " ").split())[:80] or None


def _labelled(cues: list[Cue]) -> Iterator[Cue]:
    """The cues with names at the start of a line taken for speakers.

    Only a name that stands there at least twice counts: "Note:" or a quoted "He said:" mostly
    comes once.
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
    said: list[str] = []
    for line in cue.text.split("\n"):
        label = _LABEL.match(line)
        if label is None or label[1] not in speakers:
            said.append(line)
            continue
        if said:
            yield replace(cue, text="\n".join(said), speaker=speaker)
        speaker, said = label[1].strip(), [line[label.end() :]]
    yield replace(cue, text="\n".join(said), speaker=speaker)


# Publishing


def _place(cue: Cue, timeline: Timeline) -> Cue | None:
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


def _join_withheld(cues: list[Cue]) -> Iterator[Cue]:
    for withheld, group in groupby(cues, key=lambda cue: cue.redacted):
        run = list(group)
        if withheld:
            yield Cue(run[0].start, max(cue.end for cue in run), "", redacted=True)
        else:
            yield from run


# Writing


def _spoken(cues: Iterable[Cue]) -> Iterator[Cue]:
    return (cue for cue in cues if not cue.redacted and cue.text)


def _voice(cue: Cue) -> str:
    return f"<v {html.escape(cue.speaker, quote=False)}>" if cue.speaker else ""


def _stamp(time: Seconds) -> str:
    milliseconds = round(time * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
