"""Builds malformed recordings and images, from scratch or by changing a small valid one."""

from __future__ import annotations

import os
import struct
import subprocess
import zlib
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl")


def _run_ffmpeg(*arguments: str, suffix: str, to_pipe: bool = False) -> bytes:
    """The file that ffmpeg writes, to disk or to a pipe, in which it cannot seek."""
    from imageio_ffmpeg import get_ffmpeg_exe

    with TemporaryDirectory() as folder:
        path = Path(folder) / f"made{suffix}"
        command = [get_ffmpeg_exe(), "-v", "error", *arguments, "pipe:1" if to_pipe else str(path)]
        result = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
        return result.stdout if to_pipe else path.read_bytes()


@lru_cache
def recording(*options: str, suffix: str = ".mp4") -> bytes:
    """A valid recording: a second of a tone and a picture."""
    inputs = ["-f", "lavfi", "-i", "color=c=teal:s=64x36:r=5:d=1", "-f", "lavfi", "-i", "sine=d=1"]
    return _run_ffmpeg(*inputs, *options, suffix=suffix)


def video() -> bytes:
    return recording("-c:v", "mpeg4", "-c:a", "aac")


def sound() -> bytes:
    return recording("-map", "1", suffix=".wav")


def many_streams(number: int) -> bytes:
    return recording(
        *(part for _ in range(number) for part in ("-map", "1")), "-c:a", "pcm_s16le", suffix=".mkv"
    )


def patch_boxes(content: bytes, *patches: tuple[bytes, int, bytes]) -> bytes:
    """The MP4 with bytes replaced: each patch is a box name, an offset after the name, and the new bytes."""
    result = bytearray(content)
    for name, offset, new in patches:
        position = result.find(name)
        while position >= 0:
            result[position + 4 + offset : position + 4 + offset + len(new)] = new
            position = result.find(name, position + 4)
    return bytes(result)


def huge_duration() -> bytes:
    """An MP4 of a second that declares 10^9 seconds in its headers and its time table."""
    duration = struct.pack(">I", 10**9)
    second = struct.pack(">I", 1)
    return patch_boxes(
        video(),
        (b"mvhd", 12, second + duration),
        (b"tkhd", 20, duration),
        (b"mdhd", 12, second + duration),
        (b"stts", 12, struct.pack(">I", 10**7)),
    )


def hour_long_packets() -> bytes:
    """An MP4 whose time table gives every audio packet a duration of an hour."""
    return patch_boxes(video(), (b"stts", 12, struct.pack(">I", 44100 * 3600)))


def huge_picture() -> bytes:
    """An MP4 that declares a picture of 30000 × 30000 pixels."""
    side = struct.pack(">HH", 30000, 30000)
    return patch_boxes(
        video(), (b"mp4v", 24, side), (b"tkhd", 76, struct.pack(">II", 30000 << 16, 30000 << 16))
    )


def huge_stream(side: int) -> bytes:
    """A Matroska file that declares pictures of `side` × `side` pixels; its codec stores no size of its own."""
    small = recording("-s", "300x300", "-c:v", "ffv1", "-c:a", "pcm_s16le", suffix=".mkv")
    for name in (b"\xb0\x82", b"\xba\x82"):
        small = small.replace(name + struct.pack(">H", 300), name + struct.pack(">H", side), 1)
    return small


def external_data(target: str) -> bytes:
    """An MP4 that refers to another file for its audio and picture data."""
    content = video()
    position = content.find(b"dref") + 4 + 4 + 4
    entry = struct.pack(">I", 12 + len(target) + 1) + b"url \0\0\0\0" + target.encode() + b"\0"
    result = content[:position] + entry + content[position + 12 :]
    return _resize_boxes(result, content.find(b"dref"), len(entry) - 12)


def _resize_boxes(content: bytes, position: int, delta: int) -> bytes:
    result, start = bytearray(content), 0
    while start + 8 <= len(result):
        (size,) = struct.unpack_from(">I", result, start)
        if start <= position < start + size + delta:
            struct.pack_into(">I", result, start, size + delta)
            name = bytes(result[start + 4 : start + 8])
            if name not in CONTAINERS:
                return bytes(result)
            start += 8
        else:
            start += size
    return bytes(result)


def with_cover(picture: bytes, *options: str, suffix: str) -> bytes:
    """A second of a tone with a PNG as its cover."""
    with TemporaryDirectory() as folder:
        cover = Path(folder) / "cover.png"
        cover.write_bytes(picture)
        inputs = ["-f", "lavfi", "-i", "sine=d=1", "-i", str(cover), "-map", "0", "-map", "1", "-c:v", "copy"]
        return _run_ffmpeg(*inputs, *options, suffix=suffix)


def png(width: int, height: int, rows: int = 0, extra: bytes = b"") -> bytes:
    """A PNG that declares this size and contains `rows` black rows."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    compressor = zlib.compressobj(9)
    line = bytes(1 + 3 * width)
    body = b"".join(compressor.compress(line) for _ in range(rows)) + compressor.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def text_bomb() -> bytes:
    """A PNG text chunk that decompresses to 400 MB."""
    compressor = zlib.compressobj(9)
    return chunk(
        b"zTXt",
        b"Comment\0\0" + b"".join(compressor.compress(bytes(10**6)) for _ in range(400)) + compressor.flush(),
    )


def jpeg(width: int, height: int) -> bytes:
    """A truncated JPEG that declares this size."""
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
    """Silent FLAC whose header declares no number of samples: about two bytes per second at 8 kHz."""
    block = 65535
    info = struct.pack(">HH6s", block, block, bytes(6))
    # Sample rate, channels - 1, bits - 1, and 0 for an unknown number of samples.
    info += ((rate << 44) | (15 << 36)).to_bytes(8, "big") + bytes(16)
    frames = [_silent_frame(number) for number in range(int(seconds * rate / block) + 1)]
    return b"fLaC\x80" + len(info).to_bytes(3, "big") + info + b"".join(frames)


def _silent_frame(number: int) -> bytes:
    """A frame of 65535 samples, 16 bits, 8 kHz, all 0."""
    # Sync code; 16-bit block size, 8 kHz; mono, 16 bits; frame number in UTF-8 form; block size - 1.
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


def tone(*options: str, suffix: str, seconds: float = 2.0, to_pipe: bool = False) -> bytes:
    """A tone of `seconds` that ffmpeg writes with these options."""
    tone_source = ("-f", "lavfi", "-i", f"sine=r=48000:d={seconds}")
    return _run_ffmpeg(*tone_source, *options, suffix=suffix, to_pipe=to_pipe)


def joined(*options: str, suffix: str) -> bytes:
    """Two files concatenated: a tone of 2 s at 48 kHz, and one of 1.5 s with these options."""
    first = tone(*(option for option in options if option not in ("-ar", "44100")), suffix=suffix)
    return first + tone(*options, suffix=suffix, seconds=1.5)


def wav(rate: int, seconds: float, declared: int | None = None, level: int = 0) -> bytes:
    """An 8-bit WAV with constant samples, `level` above silence; its header declares `told` bytes of data."""
    body = bytes([128 + level]) * int(rate * seconds)
    size = len(body) if declared is None else declared
    form = struct.pack("<HHIIHH", 1, 1, rate, rate, 1, 8)
    head = b"RIFF" + struct.pack("<I", (size + 36) & 0xFFFFFFFF) + b"WAVEfmt " + struct.pack("<I", 16) + form
    return head + b"data" + struct.pack("<I", size) + body


def flac_declaring(samples: int, seconds: float) -> bytes:
    """Silent FLAC whose header declares this number of samples."""
    content = bytearray(silent_flac(seconds))
    # The number of samples is in the last 36 bits of bytes 18 to 25.
    word = int.from_bytes(content[18:26], "big") | samples
    content[18:26] = word.to_bytes(8, "big")
    return bytes(content)


def empty_pages(number: int) -> bytes:
    """Ogg Opus with a number of empty pages after its audio."""
    path = tone("-c:a", "libopus", suffix=".opus")
    page = b"OggS" + struct.pack("<BBqIIIB", 0, 0, -1, 7, 0, 0, 0)
    return path + page * number


def with_long_pause(suffix: str = ".mkv") -> bytes:
    """Matroska with a pause of 26 hours in its timestamps and no declared duration."""
    pause = "asetpts=PTS+gte(T\\,1)*93600/TB"
    options = ("-af", pause, "-c:a", "pcm_s16le", "-f", "matroska")
    return tone(*options, suffix=suffix, to_pipe=True)
