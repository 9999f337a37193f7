"""The video of a talk as published: its picture, its sound as mastered, nothing else.

Design. Where the picture is published from its first frame on without a gap, and the audience's
players can show it, it is copied as it is; else it is encoded anew, each frame at its own time, so
that variable frame rates stay and no cut moves picture and sound apart. Subtitles, data tracks,
further tracks and all that the recording says about itself are left out; chapters are in the
video's own time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from publisher.media.ffmpeg import Ffmpeg
from publisher.media.ffmpeg_args import Node, base_args, file_url, input_restrictions
from publisher.model import Chapter, Recording, Seconds
from publisher.timeline import Timeline

IN_MP4 = frozenset({"h264", "hevc", "av1", "vp9", "mpeg4", "mpeg2video"})
"""The codecs that may be copied into MP4; others go into Matroska."""

PLAYED = frozenset({("h264", "yuv420p"), ("h264", "yuvj420p")})
"""The pictures that every podcast app and browser shows, by codec and pixels.

HEVC, VP9 and AV1 each are missing somewhere (Firefox, Safari, telephones of a few years ago), and
so are H.264's other profiles: 10 bits, 4:2:2, 4:4:4.
"""

_X264: dict[str, object] = {"vcodec": "libx264", "preset": "veryfast", "pix_fmt": "yuv420p", "threads:v": 2}


@dataclass(frozen=True, slots=True)
class VideoProfile:
    """Who gets a video: which pictures they can show (None: any), and how others are encoded.

    `bitrate` is that of the sound, in kbit/s for mono. `bare` says that messages between the
    pictures are left out.
    """

    shows: frozenset[tuple[str, str]] | None
    encoding: dict[str, object]
    bitrate: int
    bare: bool = False


UPLOAD = VideoProfile(None, {**_X264, "crf": 18}, 160)
"""A service that encodes again whatever it gets: what counts is that nothing is lost before."""

DOWNLOAD = VideoProfile(PLAYED, {**_X264, "crf": 21}, 128, bare=True)
"""Listeners who download the file and play it."""

# Slices and what they refer to (H.264's NAL unit types). Cameras write place, time and their own name
# into units between them, encoders their settings; no player of an MP4 needs any of these.
_BARE = "filter_units=pass_types=1-5|7-11"

# H.264 halves the colour both ways, so a side of an odd length loses its last line.
_EVEN = {"w": "floor(iw/2)*2", "h": "floor(ih/2)*2"}


def is_copied(recording: Recording, line: Timeline, audience: VideoProfile) -> bool:
    """Whether a recording's picture goes into the video as it is."""
    shown = audience.shows is None or (recording.picture, recording.pixels) in audience.shows
    return line.is_whole and shown


def write(
    ffmpeg: Ffmpeg,
    recording: Recording,
    sound: Path,
    line: Timeline,
    chapters: tuple[Chapter, ...],
    audience: VideoProfile,
    report: Callable[[Seconds], None],
) -> Path:
    """Writes the video beside `sound` (AAC in MP4, as long as `line`); its path.

    Raises MediaError when the picture cannot be read or written.
    """
    copied = is_copied(recording, line, audience)
    suffix = "mp4" if not copied or recording.picture in IN_MP4 else "mkv"
    target = sound.with_name(f"video.{suffix}")
    marks = _write_marks(sound, chapters, line.duration)
    command = _command(ffmpeg.binaries.ffmpeg, recording, sound, marks, target, line, audience)
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
    """A copy of `video` (MP4) in `folder` with these chapters instead of its own; nothing is encoded."""
    import ffmpeg as graph

    target = folder / "video.mp4"
    marks = _write_marks(target, chapters, duration)
    made = graph.input(file_url(video), **input_restrictions())
    streams = [made["V:0"], made["a:0"]]
    command = _output(ffmpeg.binaries.ffmpeg, streams, 1, marks, target, {"vcodec": "copy"})
    with ffmpeg.run(command, f"{video.name}: its chapters cannot be changed", reads=False, writes=False):
        pass
    return target


def _command(
    binary: str,
    recording: Recording,
    sound: Path,
    marks: Path,
    target: Path,
    line: Timeline,
    audience: VideoProfile,
) -> list[str]:
    import ffmpeg

    source = ffmpeg.input(file_url(recording.path), to=line.kept[-1][1], **input_restrictions())
    heard = ffmpeg.input(file_url(sound), protocol_whitelist="file")
    picture = source["V:0"]
    encoding: dict[str, object] = {"vcodec": "copy"}
    if not is_copied(recording, line, audience):
        picture = picture.filter("select", _heard(line)).filter("setpts", _moved(line))
        picture = picture.filter("crop", **_EVEN)
        # Finer than any frame rate: a cut moves frames off the grid that they were recorded on.
        encoding = {**audience.encoding, "fps_mode": "passthrough", "enc_time_base:v": "1/90000"}
    if audience.bare:
        encoding["bsf:v"] = _BARE
    return _output(binary, [picture, heard["a:0"]], 2, marks, target, encoding)


def _output(
    binary: str, streams: list[Node], inputs: int, marks: Path, target: Path, encoding: dict[str, object]
) -> list[str]:
    """The command that writes a picture and a sound of so many inputs, with the chapters in `marks`
    and nothing else."""
    import ffmpeg

    named = ffmpeg.input(file_url(marks), format="ffmetadata", protocol_whitelist="file")
    output = ffmpeg.output(
        *streams,
        named,
        file_url(target),
        acodec="copy",
        # From where there is none: leaving metadata out would take the chapters' titles along.
        map_metadata=inputs,
        **{"map_metadata:s": f"{inputs}:g", "flags:v": "+bitexact"},
        map_chapters=inputs,
        fflags="+bitexact",
        **({"movflags": "+faststart", "write_tmcd": 0} if target.suffix == ".mp4" else {}),
        **encoding,
    )
    command = list(output.compile(cmd=base_args(binary), overwrite_output=True))
    # ffmpeg-python takes a stream of every input; the last one has chapters only.
    own = ["-map", str(inputs)]
    place = next(at for at, _ in enumerate(command) if command[at : at + 2] == own)
    return command[:place] + command[place + 2 :]


def _heard(line: Timeline) -> str:
    """The filter's condition for frames that are published, by their time t."""
    return "+".join(f"gte(t,{start:.6f})*lt(t,{end:.6f})" for start, end in line.kept)


def _moved(line: Timeline) -> str:
    """The time of a frame as published: its own without what was left out before it."""
    start, before = line.kept[0]
    left_out = f"{start:.6f}"
    for start, end in line.kept[1:]:
        left_out += f"+gte(T,{start:.6f})*{start - before:.6f}"
        before = end
    return f"(T-({left_out}))/TB"


def _write_marks(beside: Path, chapters: tuple[Chapter, ...], duration: Seconds) -> Path:
    """The chapters as ffmpeg reads them, in a file beside another."""
    lines = [";FFMETADATA1"]
    ends = [chapter.at for chapter in chapters[1:]] + [duration]
    for chapter, end in zip(chapters, ends, strict=False):
        lines += ["[CHAPTER]", "TIMEBASE=1/1000"]
        lines += [f"START={round(chapter.at * 1000)}", f"END={round(end * 1000)}"]
        lines.append("title=" + "".join(f"\\{sign}" if sign in "=;#\\\n" else sign for sign in chapter.title))
    marks = beside.with_name("chapters.txt")
    marks.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return marks
