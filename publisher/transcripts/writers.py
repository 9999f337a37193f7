"""Writes published cues as WebVTT, SubRip and JSON: the same words, times and speakers in each.

Line lengths follow what players show: 65 characters in WebVTT (podcast namespace, Apple), two lines of 42 in
SubRip, as subtitles of films have.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from publisher.model import Seconds
from publisher.transcripts.cues import Cue
from publisher.transcripts.line_wrap import Unit, break_costs, joined, joined_lines, units, width, wrap
from publisher.transcripts.sentences import flow

VTT_LINE = 65
"""Characters of a line of WebVTT."""

MIN_VTT_LINE = 24
"""Characters left for words on a line that begins with a long name."""

SRT_LINE = 42
SRT_LINES = 2
"""Characters of a line, and lines of a cue, of SubRip."""

MIN_PART = 0.5
"""Duration (s) of the parts of a long SubRip cue; a cue too short for them has more lines instead."""

MAX_SPLIT = 4000
"""Units of a cue up to which it is split; a longer one is no caption."""

_BREAK_WEIGHT = 2
"""How much a split of a cue prefers the end of a sentence to parts of equal length."""


def to_vtt(cues: Iterable[Cue]) -> str:
    """The cues as WebVTT, with speakers as voice spans; redacted cues are left out."""
    import webvtt

    captions = [
        webvtt.Caption(
            format_stamp(cue.start), format_stamp(cue.end), _voice(cue) + html.escape(text, quote=False)
        )
        for cue in _with_words(cues)
        for text in ["\n".join(wrap(_marked(cue), VTT_LINE, _indent(cue)))]
    ]
    return str(webvtt.WebVTT(captions=captions).content).rstrip("\n") + "\n"


def to_srt(cues: Iterable[Cue]) -> str:
    """The cues as numbered SubRip, with the speaker's name before the text where the speaker changes.

    A cue that is longer than two lines is split; the times within it are in proportion to its words.
    """
    # Not written by webvtt-py: its SubRip writer removes "< b and c >" from "a < b and c > d" as a tag.
    blocks: list[str] = []
    before: str | None = None
    for cue in _with_words(cues):
        label = f"{cue.speaker}:" if cue.speaker and cue.speaker != before else ""
        for start, end, lines in _srt_parts(cue, label):
            times = f"{format_stamp(start)} --> {format_stamp(end)}".replace(".", ",")
            blocks.append(f"{len(blocks) + 1}\n{times}\n" + "\n".join(lines) + "\n")
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


def _with_words(cues: Iterable[Cue]) -> Iterator[Cue]:
    return (cue for cue in cues if not cue.redacted and cue.text)


def _marked(cue: Cue) -> str:
    return f"{cue.mark} {cue.text}" if cue.mark else cue.text


def _voice(cue: Cue) -> str:
    return f"<v {html.escape(cue.speaker, quote=False)}>" if cue.speaker else ""


def _indent(cue: Cue) -> int:
    """The characters that the speaker's name takes from the first line."""
    return min(len(_voice(cue)), VTT_LINE - MIN_VTT_LINE)


# SubRip

Part = tuple[Seconds, Seconds, Sequence[str]]
"""Start, end and lines."""


def _srt_parts(cue: Cue, label: str) -> Iterator[Part]:
    """A cue as parts of at most two lines."""
    text = _marked(cue)
    lines = wrap(f"{label} {text}" if label else text, SRT_LINE)
    if len(lines) <= SRT_LINES and (not label or label in lines[0]):
        yield cue.start, cue.end, lines
        return
    # A name is one unit, so that it is not broken.
    words = ((("", label),) if label else ()) + units(flow(text), SRT_LINE)
    parts = list(_split(words, break_costs(words))) if len(words) <= MAX_SPLIT else [words]
    yield from _timed(cue, parts if cue.end - cue.start >= len(parts) * MIN_PART else [words])


def _split(words: Sequence[Unit], breaks: Sequence[int]) -> Iterator[Sequence[Unit]]:
    """Units in parts of two lines, split near the middle, preferably after a sentence."""
    if len(words) < 2 or len(joined_lines(words, SRT_LINE)) <= SRT_LINES:
        yield words
        return
    ends = list(accumulate(len(space) + width(word) for space, word in words))
    unevenness = [
        abs(ends[-1] - 2 * end) + _BREAK_WEIGHT * cost**0.5
        for end, cost in zip(ends[:-1], breaks[1:-1], strict=True)
    ]
    place = unevenness.index(min(unevenness)) + 1
    yield from _split(words[:place], (*breaks[:place], 0))
    yield from _split(words[place:], (0, *breaks[place + 1 :]))


def _timed(cue: Cue, parts: Sequence[Sequence[Unit]]) -> Iterator[Part]:
    """Parts with their times: the words of a cue are taken as evenly spoken."""
    ends = list(accumulate(width(joined(part)) for part in parts))
    start, duration = cue.start, cue.end - cue.start
    for part, said in zip(parts, ends, strict=True):
        end = cue.end if said == ends[-1] else round(cue.start + duration * said / ends[-1], 3)
        yield start, end, joined_lines(part, SRT_LINE)
        start = end


def format_stamp(time: Seconds) -> str:
    """A time as WebVTT has it: ``01:02:03.500``."""
    milliseconds = round(time * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
