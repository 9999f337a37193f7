"""Writes the video of a talk as published: its picture, its mastered audio and its chapters, nothing else.

Design. If the picture is published from its first frame without a gap, and the profile's players can
show it, it is copied; else it is encoded, each frame at its own time, so that variable frame rates
stay and no cut shifts picture against audio. Subtitles, data tracks, further tracks and all metadata of
the recording are excluded; chapters are in the video's own time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from publisher.media.ffmpeg import Ffmpeg
from publisher.media.ffmpeg_args import FfmpegNode, base_args, file_url, input_restrictions
from publisher.model import Chapter, Recording, Seconds
from publisher.timeline import Timeline

logger = logging.getLogger(__name__)

IN_MP4 = frozenset({"h264", "hevc", "av1", "vp9", "mpeg4", "mpeg2video"})
"""The codecs that may be copied into MP4; others go into Matroska."""

PLAYABLE = frozenset({("h264", "yuv420p"), ("h264", "yuvj420p")})
"""The pictures that every podcast app and browser can show, by codec and pixel format.

Some of them (Firefox, Safari, telephones of a few years ago) lack HEVC, VP9 or AV1, or H.264's other
profiles: 10 bits, 4:2:2, 4:4:4.
"""

_X264: dict[str, object] = {"vcodec": "libx264", "preset": "veryfast", "pix_fmt": "yuv420p", "threads:v": 2}


@dataclass(frozen=True, slots=True)
class VideoProfile:
    """The pictures that the receiver of a video can show (None: any), and how others are encoded.

    `audio_bitrate` is in kbit/s for mono; `strips_messages` removes messages between the frames.
    """

    playable: frozenset[tuple[str, str]] | None
    encoding: dict[str, object]
    audio_bitrate: int
    strips_messages: bool = False


UPLOAD = VideoProfile(None, {**_X264, "crf": 18}, 160)
"""For a service that encodes every video again: little may be lost before."""

DOWNLOAD = VideoProfile(PLAYABLE, {**_X264, "crf": 21}, 128, strips_messages=True)
"""For listeners who download and play the file."""

# Slices and what they refer to (H.264's NAL unit types). Cameras write place, time and their own name
# into other units, encoders their settings; no player of an MP4 needs these.
_STRIP_MESSAGES = "filter_units=pass_types=1-5|7-11"

# In 4:2:0 the colour planes have half the width and height, so an odd side loses its last line.
_EVEN_SIZE = {"w": "floor(iw/2)*2", "h": "floor(ih/2)*2"}


def is_copied(recording: Recording, timeline: Timeline, profile: VideoProfile) -> bool:
    """Whether a recording's picture is copied into the video."""
    playable = profile.playable is None or (recording.picture, recording.pixels) in profile.playable
    return timeline.is_whole and playable


def write(
    ffmpeg: Ffmpeg,
    recording: Recording,
    audio: Path,
    timeline: Timeline,
    chapters: tuple[Chapter, ...],
    profile: VideoProfile,
    report: Callable[[Seconds], None],
) -> Path:
    """Writes the video to the folder of `audio` (AAC in MP4, as long as `timeline`); returns its path.

    Raises MediaError when the picture cannot be read or written.
    """
    copied = is_copied(recording, timeline, profile)
    logger.info("%s: %s the picture", recording.path.name, "copy" if copied else "encode")
    suffix = "mp4" if not copied or recording.picture in IN_MP4 else "mkv"
    target = audio.with_name(f"video.{suffix}")
    chapters_file = _write_chapters(audio, chapters, timeline.duration)
    command = _command(ffmpeg.binaries.ffmpeg, recording, audio, chapters_file, target, timeline, profile)
    with ffmpeg.run(
        command,
        f"{recording.path.name}: its picture cannot be published",
        reads=False,
        writes=False,
        report=report,
    ):
        pass
    return target


def with_chapters(
    ffmpeg: Ffmpeg, video: Path, folder: Path, chapters: tuple[Chapter, ...], duration: Seconds
) -> Path:
    """A copy of `video` (MP4) in `folder` with these chapters in place of its own; nothing is encoded."""
    import ffmpeg as graph

    target = folder / "video.mp4"
    chapters_file = _write_chapters(target, chapters, duration)
    source = graph.input(file_url(video), **input_restrictions())
    streams = [source["V:0"], source["a:0"]]
    command = _output(ffmpeg.binaries.ffmpeg, streams, 1, chapters_file, target, {"vcodec": "copy"})
    with ffmpeg.run(command, f"{video.name}: its chapters cannot be changed", reads=False, writes=False):
        pass
    return target


def _command(
    binary: str,
    recording: Recording,
    audio: Path,
    chapters_file: Path,
    target: Path,
    timeline: Timeline,
    profile: VideoProfile,
) -> list[str]:
    import ffmpeg

    source = ffmpeg.input(file_url(recording.path), to=timeline.kept[-1][1], **input_restrictions())
    mastered = ffmpeg.input(file_url(audio), protocol_whitelist="file")
    picture = source["V:0"]
    encoding: dict[str, object] = {"vcodec": "copy"}
    if not is_copied(recording, timeline, profile):
        picture = picture.filter("select", _published_condition(timeline))
        picture = picture.filter("setpts", _published_time(timeline))
        picture = picture.filter("crop", **_EVEN_SIZE)
        # Finer than any frame rate: after a cut, frames are off the grid of the recording.
        encoding = {**profile.encoding, "fps_mode": "passthrough", "enc_time_base:v": "1/90000"}
    if profile.strips_messages:
        encoding["bsf:v"] = _STRIP_MESSAGES
    return _output(binary, [picture, mastered["a:0"]], 2, chapters_file, target, encoding)


def _output(
    binary: str,
    streams: list[FfmpegNode],
    inputs: int,
    chapters_file: Path,
    target: Path,
    encoding: dict[str, object],
) -> list[str]:
    """The command that writes the picture and audio `streams` of so many inputs, with chapters only."""
    import ffmpeg

    chapters = ffmpeg.input(file_url(chapters_file), format="ffmetadata", protocol_whitelist="file")
    output = ffmpeg.output(
        *streams,
        chapters,
        file_url(target),
        acodec="copy",
        # That input has chapters only; -1, no metadata at all, would also remove the chapters' titles.
        map_metadata=inputs,
        **{"map_metadata:s": f"{inputs}:g", "flags:v": "+bitexact"},
        map_chapters=inputs,
        fflags="+bitexact",
        **({"movflags": "+faststart", "write_tmcd": 0} if target.suffix == ".mp4" else {}),
        **encoding,
    )
    command = list(output.compile(cmd=base_args(binary), overwrite_output=True))
    # ffmpeg-python maps a stream of every input; the last one has only chapters.
    extra = ["-map", str(inputs)]
    at = next(at for at, _ in enumerate(command) if command[at : at + 2] == extra)
    return command[:at] + command[at + 2 :]


def _published_condition(timeline: Timeline) -> str:
    """The condition that selects published frames by their time t."""
    return "+".join(f"gte(t,{start:.6f})*lt(t,{end:.6f})" for start, end in timeline.kept)


def _published_time(timeline: Timeline) -> str:
    """The expression of a frame's published time: its own time minus what is cut before it."""
    start, before = timeline.kept[0]
    removed = f"{start:.6f}"
    for start, end in timeline.kept[1:]:
        removed += f"+gte(T,{start:.6f})*{start - before:.6f}"
        before = end
    return f"(T-({removed}))/TB"


def _write_chapters(sibling: Path, chapters: tuple[Chapter, ...], duration: Seconds) -> Path:
    """Writes the chapters, as ffmpeg reads them, to the folder of `sibling`; returns the file's path."""
    lines = [";FFMETADATA1"]
    ends = [chapter.at for chapter in chapters[1:]] + [duration]
    for chapter, end in zip(chapters, ends, strict=False):
        lines += ["[CHAPTER]", "TIMEBASE=1/1000"]
        lines += [f"START={round(chapter.at * 1000)}", f"END={round(end * 1000)}"]
        lines.append("title=" + "".join(f"\\{char}" if char in "=;#\\\n" else char for char in chapter.title))
    path = sibling.with_name("chapters.txt")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
