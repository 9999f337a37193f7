"""Fuzz targets: functions that pass any bytes to a parser and check its result.

A problem or a `PublisherError` is an expected result; any other exception, and any failed assertion,
is an error. `DICTIONARIES` are tokens of each format, so that random inputs get past the first checks.
"""

from __future__ import annotations

import json
import math
import re
import struct
import tempfile
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

from publisher import catalogue, timeline, transcripts
from publisher.errors import PublisherError
from publisher.model import Chapter, SourceFile, Transcript
from publisher.outputs.pages.transcript import split_into_turns
from publisher.render import markdown
from tests.conftest import make_episode
from tests.transcripts.samples import stamp

HOUR = 3600.0
FORBIDDEN_TAG = re.compile(
    r"<(?!/?(?:p|br|hr|a|em|strong|s|code|pre|blockquote|[uo]l|li|h[3-6]|t(?:able|head|body|r|d|h))\b)"
)


def fuzz_catalogue(content: bytes) -> None:
    """Any bytes as episodes.toml give a list of one-line problems."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "episodes.toml").write_bytes(content)
        result = catalogue.read(root, lambda path: "")
    for problem in result.problems:
        assert problem.text
        assert len(str(problem)) < 4000
        assert "\n" not in str(problem)


def fuzz_transcript(content: bytes) -> None:
    """Any bytes as a transcript are refused, or give cues of plain text in order of time."""
    with tempfile.TemporaryDirectory() as name:
        for kind in ("vtt", "srt"):
            path = Path(name) / f"transcript.en.{kind}"
            path.write_bytes(content)
            try:
                cues = transcripts.read(Transcript("en", SourceFile(path, str(hash(content)))))
            except PublisherError:
                continue
            _check_cues(cues)


def _check_cues(cues: tuple[transcripts.Cue, ...]) -> None:
    line = timeline.of_recording(make_episode(cuts=((1.0, 2.0),), mutes=((5.0, 6.0),)), HOUR, intro=3.0)
    for found in (cues, transcripts.to_published_time(cues, line)):
        assert all(cue.start <= following.start for cue, following in pairwise(found))
        for cue in found:
            assert math.isfinite(cue.start) and math.isfinite(cue.end) and 0 <= cue.start < cue.end
            for text in (cue.text, cue.speaker or ""):
                assert not re.search(r"<[A-Za-z!/?]|-->|[\x00-\x08]", text)
    assert json.loads(transcripts.to_json(cues))["version"] == "1.0.0"
    again = transcripts.parse(Path("x.vtt"), transcripts.to_vtt(cues), "vtt") if cues else ()
    assert (
        [cue.text for cue in again]
        == [cue.text for cue in transcripts.parse(Path("x.vtt"), transcripts.to_vtt(again), "vtt")]
        if again
        else True
    )
    srt = transcripts.to_srt(cues)
    assert srt.count(" --> ") >= len(cues)
    for cue in cues:
        assert f"\n{stamp(cue.start, comma=True)} --> " in srt
        assert f" --> {stamp(cue.end, comma=True)}\n" in srt
    list(split_into_turns(cues, set()))


def fuzz_notes(content: bytes) -> None:
    """Any Markdown becomes HTML with only the allowed tags and safe links, and plain text."""
    text = content.decode("utf-8", "replace")
    html = markdown.html(text, lambda seconds: f"#t={seconds}" if seconds < HOUR else None)
    assert not FORBIDDEN_TAG.search(html), html
    for url in re.findall(r'href="([^"]*)"', html):
        # No scheme begins with a digit or an escaped character.
        assert re.match(r"(https?:|mailto:|tel:|#|/|\?|\d|%|[^:]*$)", url, re.I), url
    assert not re.search(r'<[^>"]*("[^"]*"[^>"]*)*\son\w+=', html), html
    assert isinstance(markdown.plain(text, addresses=True), str)


def fuzz_timeline(content: bytes) -> None:
    """Any times give a timeline whose kept spans do not overlap and whose published times increase."""
    usable = content[: len(content) // 2 * 2]
    times = [number / 10 for number in struct.unpack(f">{len(usable) // 2}H", usable)]
    spans = tuple((min(pair), max(pair)) for pair in zip(times[4::2], times[5::2], strict=False))
    start, end, duration, intro = (*times[:4], 0.0, 0.0, 0.0, 0.0)[:4]
    episode = make_episode(start=start or None, end=end or None, cuts=spans[::2], mutes=spans[1::2])
    line = timeline.of_recording(episode, duration, intro, intro)
    assert all(span[0] < span[1] < following[0] for span, following in pairwise(line.kept))
    assert line.spoken <= duration + 1e-6
    published = [line.published(time) for time in sorted(times)]
    assert all(time <= following + 1e-9 for time, following in pairwise(published))
    chapters = line.chapters(Chapter(time, "x") for time in times)
    assert all(chapter.at < following.at for chapter, following in pairwise(chapters))
    assert all(0 <= chapter.at <= line.duration for chapter in chapters)
    for time in times:
        if line.contains(time):
            assert abs(line.recorded(line.published(time)) - time) < 1e-3
        timeline.format_time(time)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "catalogue": fuzz_catalogue,
    "transcript": fuzz_transcript,
    "notes": fuzz_notes,
    "timeline": fuzz_timeline,
}
DICTIONARIES: Mapping[str, tuple[str, ...]] = {
    "catalogue": (
        "[series]\n", "[[episode]]\n", "[people.a]\n", "[audio]\n", "[youtube]\n", "[deliver]\n", "include = ",
        'title = "A"\n', 'slug = "a"\n', "date = 2020-01-01\n", "date = 0001-01-01T00:00:00+23:59\n", 'link = "https://x.org/"\n',
        'language = "en"\n', 'description = "x"\n', 'author = "x"\n', "guests = ", "chapters = ", "cut = ", "mute = ",
        "consent = ", "start = ", "corrections = ", "links = ", '["a"]', "[{at = 0, title = 'x'}]", '[["0:01", "0:02"]]',
        "{ a = { feed = 2020-01-01 } }", "nan", "-inf", "9" * 40, '"\\u0000"', "'''", '"""', "\n", " = ", ".", "#", "\r", "\ufeff", "[", "]", "{", "}", ",",
        '"x"', '"/etc/passwd"', '"../x"', "true", "1e400", "00:00:00", "1979-05-27T07:32:00-08:00", "\ud7ff", "é", "ق",
    ),
    "transcript": (
        "WEBVTT", "WEBVTT - x", "\n", "\n\n", "\r\n", "00:00:01.000 --> 00:00:02.000", "00:01.000 --> 00:59.999", "00:00:01,000 --> 00:00:02,500",
        "99:59:59.999 --> 99:59:59.999", " align:start line:0%", "1", "NOTE x", "STYLE", "REGION", "::cue { }", "<v Ann>", "<v.loud Ann B>", "</v>", "<i>", "<00:00:01.500>",
        "&lt;script&gt;", "&amp;lt;b>", "&#60;", "&#0;", "&nbsp;", "-->", "->", "Ann: ", "A B: x", ">> ", "- ", "{\\an8}", "<", ">", "&", "\u202e", "\u200f", "ق", "\0", "\ufeff", "x", ":", " ",
    ),
    "notes": (
        "[0:01]", "[1:02:03.5]", "[", "]", "(", ")", "![", "](", "javascript:", "data:text/html,", "http://a.org", "<script>", "</script>", "<svg onload=x>", "<!--", "-->", "<![CDATA[", "]]>",
        "&lt;", "&#x3c;", "&colon;", "*", "**", "_", "`", "```", "~~", "> ", "- ", "1. ", "# ", "|", "|-|", "\n", "\n\n", "    ", "\t", "\\", "<a href=", '"', "'", "x", " ", "ق", "\u202e", "\0", "<https://a>", "<b@c.d>", ":",
    ),
    "timeline": ("\0\0", "\0\1", "\0\x0a", "\x01\0", "\x0f\x0f", "\x7f\x7f", "\0"),
}  # fmt: skip
"""By target, the tokens that its inputs are composed of."""
