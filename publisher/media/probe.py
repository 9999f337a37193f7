"""Parses what ffprobe or ffmpeg prints about a media file.

Two functions return a `ProbeResult`: `from_json` for ffprobe's output, `from_text` for what ffmpeg prints
about an input, if there is no ffprobe. Durations are rounded to hundredths of a second, the precision of
the latter, so that both agree. No process is started here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from publisher.errors import MediaError
from publisher.model import AudioTrack, Seconds

MAX_DURATION = 24 * 3600.0
"""Seconds. A recording beyond these limits is an attack or a mistake."""

MAX_STREAMS = 32
MAX_PIXELS = 8192 * 8192
MIN_BYTES_PER_SECOND = 20.0
"""Less than digital silence takes in any format."""

# Written by muxers; they reveal nothing about a person, a place or a device.
TECHNICAL_TAGS = frozenset(
    {
        "major_brand", "minor_version", "compatible_brands", "vendor_id", "duration", "encoder",
        "language", "number_of_frames", "number_of_bytes", "bps",
    }
)  # fmt: skip
_LAYOUTS = {
    "mono": 1, "stereo": 2, "2.1": 3, "3.0": 3, "quad": 4, "4.0": 4, "5.0": 5, "5.1": 6, "6.1": 7, "7.1": 8,
}  # fmt: skip
_STREAM = re.compile(r"^ {2,4}Stream #\d+:\d+(?:\[0x[0-9a-f]+\])?(?:\((\w+)\))?: (Audio|Video): (.*)$")
_ANY_STREAM = re.compile(r"^ {2,4}Stream #\d+:\d+")
_INPUT = re.compile(r"^Input #0, (.+?), from ")
_ESTIMATED = "Estimating duration from bitrate"
_DURATION = re.compile(r"^ {2}Duration: (?:(\d+):(\d\d):(\d\d\.\d+)|N/A)")
_TAG = re.compile(r"^ {4,8}([^:]+?) *: (.*)$")
_PIXELS = re.compile(r", ([a-z]\w+)(?:\([^)]*\))?(?=, \d{2,5}x\d{2,5}\b)")
_ROTATION = re.compile(r"^ +display ?matrix: rotation of (-?[0-9.]+) degrees", re.IGNORECASE)
_START = re.compile(r", start (-?\d+\.\d+)")
_OVERSIZED = re.compile(r"Picture size (\d+x\d+) (?:exceeds specified max pixel count|is invalid)")
_NOISE = re.compile(
    r"^\[[^\]]*\] *|^Error opening input files?.*$|^At least one output.*$|^Conversion failed.*$"
)

# ffmpeg's messages, and what they mean for the owner of the file.
_MEANINGS = {
    "moov atom not found": (
        "its index is missing: it was not recorded to the end, not copied whole, or is no recording at "
        "all. Copy it again, or repair it with the recorder's own tool"
    ),
    "Invalid data found": (
        "it is damaged, or no sound or video at all. See whether a player opens it; copy or export it again"
    ),
    "not on whitelist": (
        "it only names other files or addresses, as playlists do; give the recording itself"
    ),
}


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The contents of a media file; `metadata` without `TECHNICAL_TAGS`.

    `width` and `height` are those of the picture as it is displayed, after rotation.
    """

    duration: Seconds
    tracks: tuple[AudioTrack, ...]
    width: int | None
    height: int | None
    metadata: Mapping[str, str]
    picture: str = ""
    """The codec of the first video stream, as ffmpeg names it; a cover does not count."""
    pixels: str = ""
    """Its pixel format, as ffmpeg names it: yuv420p …"""
    streams: int = 0
    """The number of streams of all kinds."""
    container: str = ""
    """ffmpeg's name of the container: one, or several separated by commas."""
    is_estimated: bool = False
    """Whether ffmpeg estimated the duration from the file's size."""
    declared_bytes: int = 0
    """The size that the header declares, if the file is shorter; otherwise 0."""

    @property
    def has_video(self) -> bool:
        return self.width is not None


def from_json(answer: Mapping[str, object], messages: str = "", name: str = "") -> ProbeResult:
    """The result of ``ffprobe -show_format -show_streams -of json`` and its messages.

    Raises MediaError, which begins with `name`, when a picture is too large.
    """
    if _OVERSIZED.search(messages):
        raise MediaError(_cannot_be_read(name, messages))
    container: Mapping[str, object] = _mapping(answer.get("format"))
    listed = answer.get("streams")
    streams = [_mapping(stream) for stream in listed] if isinstance(listed, list) else []
    audio = [stream for stream in streams if stream.get("codec_type") == "audio"]
    pictures = [
        stream
        for stream in streams
        if stream.get("codec_type") == "video" and not _mapping(stream.get("disposition")).get("attached_pic")
    ]
    metadata = dict(_without_technical(_mapping(container.get("tags"))))
    for stream in streams:
        metadata |= _without_technical(_mapping(stream.get("tags")))
    first = pictures[0] if pictures else {}
    width, height = _displayed_size(_whole(first.get("width")), _whole(first.get("height")), _rotation(first))
    return ProbeResult(
        round_to_centiseconds(_number(container.get("duration"))),
        tuple(_track(index, stream) for index, stream in enumerate(audio)),
        width,
        height,
        metadata,
        str(first.get("codec_name", "")),
        str(first.get("pix_fmt", "")),
        len(streams),
        str(container.get("format_name", "")),
        _ESTIMATED in messages,
    )


def from_text(messages: str, name: str) -> ProbeResult:
    """The result of what ``ffmpeg -i`` prints. Raises MediaError when ffmpeg could not open the file."""
    duration, tracks, size = 0.0, list[AudioTrack](), None
    metadata: dict[str, str] = {}
    opened, picture, pixels, streams, container = False, "", "", 0, ""
    in_picture, rotation = False, 0.0
    for line in messages.splitlines():
        streams += _ANY_STREAM.match(line) is not None
        if found := _INPUT.match(line):
            container = found[1]
        elif found := _DURATION.match(line):
            opened = True
            if found[1]:
                duration = int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])
        elif found := _STREAM.match(line):
            in_picture = found[2] == "Video" and size is None
            if found[2] == "Audio":
                tracks.append(_track_of_text(len(tracks), found[1], found[3]))
            elif size is None and "(attached pic)" not in found[3]:
                picture = re.split(r"[ ,]", found[3], maxsplit=1)[0]
                stored = _PIXELS.search(found[3])
                pixels = stored[1] if stored else ""
                size = re.search(r"\b(\d{2,5})x(\d{2,5})\b", found[3])
        elif found := _ROTATION.search(line):
            rotation = float(found[1]) if in_picture else rotation
        elif (found := _TAG.match(line)) and found[1].strip() not in ("Metadata", ""):
            metadata[found[1].strip()] = found[2]
    if not opened or _OVERSIZED.search(messages):
        raise MediaError(_cannot_be_read(name, messages))
    width, height = _displayed_size(int(size[1]), int(size[2]), rotation) if size else (None, None)
    return ProbeResult(
        round_to_centiseconds(duration), tuple(tracks), width, height, _without_technical(metadata), picture,
        pixels, streams, container, _ESTIMATED in messages,
    )  # fmt: skip


def _cannot_be_read(name: str, messages: str) -> str:
    return f"{name}: cannot be read as a recording: {error_summary(messages.splitlines())}"


def error_summary(lines: Iterable[str]) -> str:
    """The meaning of ffmpeg's messages if it is known, else the last meaningful message."""
    parts = [part for line in lines for part in line.splitlines()]
    if oversized := _OVERSIZED.search("\n".join(parts)):
        return (
            f"it has a picture of {oversized[1]} pixels; {MAX_PIXELS} are allowed. "
            "Export the talk anew from it"
        )
    for words, meaning in _MEANINGS.items():
        if any(words in part for part in parts):
            return meaning
    messages = [message for line in parts if (message := _NOISE.sub("", line.strip()).strip())]
    # The path is long, and our message already begins with the recording's name.
    return re.sub(r"file:\S*[/\\]", "", messages[-1])[:300] if messages else ""


def _rotation(stream: Mapping[str, object]) -> float:
    """The degrees by which a picture is rotated for display."""
    listed = stream.get("side_data_list")
    entries = [_mapping(entry) for entry in listed] if isinstance(listed, list) else []
    return next((_number(entry.get("rotation")) for entry in entries if "rotation" in entry), 0.0)


def _displayed_size(width: int | None, height: int | None, rotation: float) -> tuple[int | None, int | None]:
    return (height, width) if round(rotation) % 180 == 90 else (width, height)


def _track(index: int, stream: Mapping[str, object]) -> AudioTrack:
    language = _mapping(stream.get("tags")).get("language")
    return AudioTrack(
        index,
        str(stream.get("codec_name", "unknown")),
        _whole(stream.get("sample_rate")) or 0,
        _whole(stream.get("channels")) or 0,
        bool(_mapping(stream.get("disposition")).get("default")),
        round(_number(stream.get("start_time")), 2),
        None if language in (None, "und") else str(language),
    )


def _track_of_text(index: int, language: str | None, description: str) -> AudioTrack:
    parts = [part.strip() for part in description.split(",")]
    rate = next((int(part[:-3]) for part in parts if re.fullmatch(r"\d+ Hz", part)), 0)
    place = next((number for number, part in enumerate(parts) if part.endswith(" Hz")), 0)
    layout = parts[place + 1] if place + 1 < len(parts) else ""
    start = _START.search(description)
    return AudioTrack(
        index,
        parts[0].split(" ")[0],
        rate,
        _channels(layout),
        "(default)" in description,
        round(float(start[1]), 2) if start else 0.0,
        None if language in (None, "und") else language,
    )


def _channels(layout: str) -> int:
    counted = re.match(r"(\d+) channels", layout)
    return int(counted[1]) if counted else _LAYOUTS.get(layout.split("(")[0], 2 if layout else 0)


def _without_technical(tags: Mapping[str, object]) -> dict[str, str]:
    return {key: str(value) for key, value in tags.items() if key.lower() not in TECHNICAL_TAGS}


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float:
    try:
        number = float(str(value))
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0


def _whole(value: object) -> int | None:
    number = _number(value)
    return int(number) if number else None


def round_to_centiseconds(seconds: Seconds) -> Seconds:
    """Seconds in the precision that both readers have."""
    return math.floor((seconds + 0.005) * 100) / 100
