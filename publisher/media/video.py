"""The video of a talk as published: its picture, its sound as mastered, nothing else.

Design. Where the picture is published from its first frame on without a gap, it is copied as it
is; else it is encoded anew, each frame at its own time, so that variable frame rates stay and
no cut moves picture and sound apart. Subtitles, data tracks, further tracks and all that the
recording says about itself are left out; chapters are in the video's own time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from publisher.media.commands import begin, name_of, whitelists
from publisher.media.ffmpeg import Ffmpeg
from publisher.model import Chapter, Seconds
from publisher.timeline import Timeline

IN_MP4 = frozenset({"h264", "hevc", "av1", "vp9", "mpeg4", "mpeg2video"})
"""The codecs that may be copied into MP4; others go into Matroska."""

# The service encodes again whatever it gets: what counts is that nothing is lost before.
_ENCODING = {"vcodec": "libx264", "preset": "veryfast", "crf": 18, "pix_fmt": "yuv420p", "threads:v": 2}


def write(
    ffmpeg: Ffmpeg,
    recording: Path,
    sound: Path,
    line: Timeline,
    chapters: tuple[Chapter, ...],
    report: Callable[[Seconds], None],
) -> Path:
    """Writes the video beside `sound` (AAC in MP4, as long as `line`); its path.

    Raises MediaError when the picture cannot be read or written.
    """
    copied = line.is_whole
    suffix = "mp4" if not copied or ffmpeg.probe(recording).picture in IN_MP4 else "mkv"
    target = sound.with_name(f"video.{suffix}")
    marks = sound.with_name("chapters.txt")
    marks.write_text(_marks(chapters, line.duration), encoding="utf-8")
    command = _command(ffmpeg.binaries.ffmpeg, recording, sound, marks, target, line)
    with ffmpeg.run(
        command,
        f"{recording.name}: its picture cannot be published",
        reads=False,
        writes=False,
        report=report,
    ):
        pass
    return target


def _command(
    binary: str, recording: Path, sound: Path, marks: Path, target: Path, line: Timeline
) -> list[str]:
    import ffmpeg

    source = ffmpeg.input(name_of(recording), to=line.kept[-1][1], **whitelists())
    heard = ffmpeg.input(name_of(sound), protocol_whitelist="file")
    named = ffmpeg.input(name_of(marks), format="ffmetadata", protocol_whitelist="file")
    picture = source["V:0"]
    encoding: dict[str, object] = {"vcodec": "copy"}
    if not line.is_whole:
        picture = picture.filter("select", _heard(line)).filter("setpts", _moved(line))
        # Finer than any frame rate: a cut moves frames off the grid that they were recorded on.
        encoding = {**_ENCODING, "fps_mode": "passthrough", "enc_time_base:v": "1/90000"}
    output = ffmpeg.output(
        picture,
        heard["a:0"],
        named,
        name_of(target),
        acodec="copy",
        # From where there is none: leaving metadata out would take the chapters' titles along.
        map_metadata=2,
        **{"map_metadata:s": "2:g", "flags:v": "+bitexact"},
        map_chapters=2,
        fflags="+bitexact",
        **({"movflags": "+faststart", "write_tmcd": 0} if target.suffix == ".mp4" else {}),
        **encoding,
    )
    command = list(output.compile(cmd=begin(binary), overwrite_output=True))
    # ffmpeg-python takes a stream of every input; the last one has chapters only.
    place = next(at for at, part in enumerate(command) if part == "-map" and command[at + 1] == "2")
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


def _marks(chapters: tuple[Chapter, ...], duration: Seconds) -> str:
    """The chapters as ffmpeg reads them."""
    lines = [";FFMETADATA1"]
    ends = [chapter.at for chapter in chapters[1:]] + [duration]
    for chapter, end in zip(chapters, ends, strict=False):
        lines += ["[CHAPTER]", "TIMEBASE=1/1000"]
        lines += [f"START={round(chapter.at * 1000)}", f"END={round(end * 1000)}"]
        lines.append("title=" + "".join(f"\\{sign}" if sign in "=;#\\\n" else sign for sign in chapter.title))
    return "\n".join(lines) + "\n"
