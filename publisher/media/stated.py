"""What a WAV file says about its own size: where that is more than is there, it was not copied whole.

ffmpeg goes by what is there. So half a recording looks like a whole one, unless the size in its
header is read, of WAV and of Sony's Wave64. Of RF64, and where a WAV file counts its samples in a
fact chunk, ffmpeg itself believes the header.
"""

from __future__ import annotations

import struct
from pathlib import Path

_READ = 4096
_WAVE64 = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_STREAMED = 0x7FFF_F000, 0xFFFF_FF00
"""Sizes that writers put down who could not know: about as much as fits, signed or not."""


def stretch(path: Path) -> float:
    """How many times as large as it is a WAV file says it is: 1 if it is whole, or no WAV file.

    Raises OSError when it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_READ)
    there = path.stat().st_size
    return max(1.0, _stated(head) / there) if there else 1.0


def _stated(head: bytes) -> int:
    """The size in bytes that a file's beginning tells; 0 where it tells none."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE" and b"fact" not in head:
        (size,) = struct.unpack_from("<I", head, 4)
        return 0 if _is_streamed(size) else size + 8
    if head[:16] == _WAVE64 and len(head) >= 24:
        (size,) = struct.unpack_from("<Q", head, 16)
        return 0 if size >> 62 else int(size)
    return 0


def _is_streamed(size: int) -> bool:
    signed, unsigned = _STREAMED
    return signed <= size <= 0x8000_0000 or size >= unsigned
