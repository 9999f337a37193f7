"""Recordings and pictures that lie about themselves, made by hand or from a small honest one."""

from __future__ import annotations

import os
import struct
import subprocess
import zlib
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl")


@lru_cache
def honest(*options: str, suffix: str = ".mp4") -> bytes:
    """A second of a tone and a picture, as a recorder writes it."""
    from imageio_ffmpeg import get_ffmpeg_exe

    with TemporaryDirectory() as folder:
        made = Path(folder) / f"made{suffix}"
        picture = ["-f", "lavfi", "-i", "color=c=teal:s=64x36:r=5:d=1", "-f", "lavfi", "-i", "sine=d=1"]
        command = [get_ffmpeg_exe(), "-v", "error", *picture, *options, str(made)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return made.read_bytes()


def video() -> bytes:
    return honest("-c:v", "mpeg4", "-c:a", "aac")


def sound() -> bytes:
    return honest("-map", "1", suffix=".wav")


def many_streams(number: int) -> bytes:
    return honest(
        *(part for _ in range(number) for part in ("-map", "1")), "-c:a", "pcm_s16le", suffix=".mkv"
    )


def patched(content: bytes, *patches: tuple[bytes, int, bytes]) -> bytes:
    """An MP4 in which boxes of a name have other bytes at a place after the name."""
    changed = bytearray(content)
    for name, place, new in patches:
        at = changed.find(name)
        while at >= 0:
            changed[at + 4 + place : at + 4 + place + len(new)] = new
            at = changed.find(name, at + 4)
    return bytes(changed)


def endless() -> bytes:
    """An MP4 of a second that says it lasts 10^9 seconds, in its headers and its table of times."""
    long = struct.pack(">I", 10**9)
    second = struct.pack(">I", 1)
    return patched(
        video(),
        (b"mvhd", 12, second + long),
        (b"tkhd", 20, long),
        (b"mdhd", 12, second + long),
        (b"stts", 12, struct.pack(">I", 10**7)),
    )


def gaping() -> bytes:
    """An MP4 whose every packet of sound lasts an hour by its table of times."""
    return patched(video(), (b"stts", 12, struct.pack(">I", 44100 * 3600)))


def immense() -> bytes:
    """An MP4 whose picture says it is 30000 × 30000 pixels."""
    side = struct.pack(">HH", 30000, 30000)
    return patched(video(), (b"mp4v", 24, side), (b"tkhd", 76, struct.pack(">II", 30000 << 16, 30000 << 16)))


def immense_stream(side: int) -> bytes:
    """A Matroska file that says its pictures, of a codec that does not say it too, are of so many pixels."""
    small = honest("-s", "300x300", "-c:v", "ffv1", "-c:a", "pcm_s16le", suffix=".mkv")
    for name in (b"\xb0\x82", b"\xba\x82"):
        small = small.replace(name + struct.pack(">H", 300), name + struct.pack(">H", side), 1)
    return small


def elsewhere(target: str) -> bytes:
    """An MP4 whose sound and picture are said to be in another file."""
    content = video()
    at = content.find(b"dref") + 4 + 4 + 4
    entry = struct.pack(">I", 12 + len(target) + 1) + b"url \0\0\0\0" + target.encode() + b"\0"
    changed = content[:at] + entry + content[at + 12 :]
    return _resized(changed, content.find(b"dref"), len(entry) - 12)


def _resized(content: bytes, inside: int, by: int) -> bytes:
    changed, start = bytearray(content), 0
    while start + 8 <= len(changed):
        (size,) = struct.unpack_from(">I", changed, start)
        if start <= inside < start + size + by:
            struct.pack_into(">I", changed, start, size + by)
            name = bytes(changed[start + 4 : start + 8])
            if name not in CONTAINERS:
                return bytes(changed)
            start += 8
        else:
            start += size
    return bytes(changed)


def with_cover(picture: bytes, *options: str, suffix: str) -> bytes:
    """A second of a tone with a PNG as its cover."""
    from imageio_ffmpeg import get_ffmpeg_exe

    with TemporaryDirectory() as folder:
        cover, made = Path(folder) / "cover.png", Path(folder) / f"made{suffix}"
        cover.write_bytes(picture)
        tone = ["-f", "lavfi", "-i", "sine=d=1", "-i", str(cover), "-map", "0", "-map", "1", "-c:v", "copy"]
        command = [get_ffmpeg_exe(), "-v", "error", *tone, *options, str(made)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return made.read_bytes()


def png(width: int, height: int, rows: int = 0, extra: bytes = b"") -> bytes:
    """A PNG that says it has this size and holds `rows` rows of black."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compressobj(9)
    line = bytes(1 + 3 * width)
    body = b"".join(packed.compress(line) for _ in range(rows)) + packed.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def text_bomb() -> bytes:
    """A chunk of text in a PNG that unpacks to 400 MB."""
    packed = zlib.compressobj(9)
    return chunk(
        b"zTXt", b"Comment\0\0" + b"".join(packed.compress(bytes(10**6)) for _ in range(400)) + packed.flush()
    )


def jpeg(width: int, height: int) -> bytes:
    """A JPEG that says it has this size, and then ends."""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\1\x22\0\2\x11\1\3\x11\1"
    return (
        b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
        + frame
        + b"\xff\xda\0\x0c\3\1\0\2\x11\3\x11\0\x3f\0"
        + b"\0" * 64
    )


def noise(length: int) -> bytes:
    return os.urandom(length)


def silent_flac(seconds: float, rate: int = 8000) -> bytes:
    """FLAC of silence whose header leaves the number of samples open: about two bytes a second at 8 kHz."""
    block = 65535
    info = struct.pack(">HH6s", block, block, bytes(6))
    # The sample rate, one channel less one, 16 bits less one, and a total of samples that is unknown.
    info += ((rate << 44) | (15 << 36)).to_bytes(8, "big") + bytes(16)
    frames = [_silent_frame(number) for number in range(int(seconds * rate / block) + 1)]
    return b"fLaC\x80" + len(info).to_bytes(3, "big") + info + b"".join(frames)


def _silent_frame(number: int) -> bytes:
    """A frame of 65535 samples, 16 bits, 8 kHz, all 0."""
    # Sync code; size in 16 bits, 8 kHz; mono, 16 bits; the number as UTF-8 would write it; the size less one.
    head = b"\xff\xf8\x74\x08" + chr(number).encode("utf-8", "surrogatepass") + b"\xff\xfe"
    frame = head + bytes([_checksum(head, 8, 0x07)]) + bytes(3)
    return frame + _checksum(frame, 16, 0x8005).to_bytes(2, "big")


def _checksum(content: bytes, bits: int, polynomial: int) -> int:
    """FLAC's cyclic redundancy checks."""
    value, top = 0, 1 << (bits - 1)
    for byte in content:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & (2 * top - 1)
    return value


def written(*options: str, suffix: str, seconds: float = 2.0, piped: bool = False) -> bytes:
    """A tone as ffmpeg writes it with these options, to a file or to a pipe that cannot go back."""
    from imageio_ffmpeg import get_ffmpeg_exe

    with TemporaryDirectory() as folder:
        made = Path(folder) / f"made{suffix}"
        tone = ["-f", "lavfi", "-i", f"sine=r=48000:d={seconds}", *options]
        command = [get_ffmpeg_exe(), "-v", "error", *tone, "pipe:1" if piped else str(made)]
        ran = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
        return ran.stdout if piped else made.read_bytes()


def joined(*options: str, suffix: str) -> bytes:
    """Two files in one: a tone of two seconds at 48 kHz, and one of another length with these options."""
    first = written(*(option for option in options if option not in ("-ar", "44100")), suffix=suffix)
    return first + written(*options, suffix=suffix, seconds=1.5)


def wav(rate: int, seconds: float, told: int | None = None, level: int = 0) -> bytes:
    """A WAV of 8 bits whose samples are all `level` away from silence; `told` is the size its header says."""
    body = bytes([128 + level]) * int(rate * seconds)
    size = len(body) if told is None else told
    form = struct.pack("<HHIIHH", 1, 1, rate, rate, 1, 8)
    head = b"RIFF" + struct.pack("<I", (size + 36) & 0xFFFFFFFF) + b"WAVEfmt " + struct.pack("<I", 16) + form
    return head + b"data" + struct.pack("<I", size) + body


def flac_that_says(samples: int, seconds: float) -> bytes:
    """FLAC of silence whose header says it has so many samples."""
    content = bytearray(silent_flac(seconds))
    # The last 36 bits of the eight after the sizes of blocks and frames.
    word = int.from_bytes(content[18:26], "big") | samples
    content[18:26] = word.to_bytes(8, "big")
    return bytes(content)


def tiny_pages(number: int) -> bytes:
    """Ogg Opus with so many pages of nothing after its sound."""
    made = written("-c:a", "libopus", suffix=".opus")
    page = b"OggS" + struct.pack("<BBqIIIB", 0, 0, -1, 7, 0, 0, 0)
    return made + page * number


def jumping(suffix: str = ".mkv") -> bytes:
    """Matroska whose sound goes on after a pause of 26 hours, and whose header does not say how long it is."""
    pause = "asetpts=PTS+gte(T\\,1)*93600/TB"
    options = ("-af", pause, "-c:a", "pcm_s16le", "-f", "matroska")
    return written(*options, suffix=suffix, piped=True)
