"""The metadata of video files of any size is searched."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from publisher.errors import LeakError
from publisher.leaks import find, video_metadata
from publisher.leaks.checker import LeakChecker
from tests.leaks.corpus import NAME, SECRETS, box, page

CHECKER = LeakChecker(SECRETS)


def element(name: int, *inner: bytes) -> bytes:
    content = b"".join(inner)
    size = struct.pack(">Q", len(content) | 1 << 56)
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + size + content


def matroska(*inside: bytes, cluster: int = 40) -> bytes:
    frames = element(0x1F43B675, bytes(cluster))
    return element(0x1A45DFA3, element(0x4282, b"matroska")) + element(0x18538067, *inside, frames)


def tag(name: str, value: str) -> bytes:
    simple = element(0x67C8, element(0x45A3, name.encode()), element(0x4487, value.encode()))
    return element(0x1254C367, element(0x7373, simple))


def mp4(*inside: bytes, picture: int = 40) -> bytes:
    return box(b"ftyp", b"isom") + box(b"mdat", bytes(picture)) + box(b"moov", *inside)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (mp4(box(b"udta", box("©xyz".encode("latin-1"), b"\0\x12\x15\xc7+33.6+73.0/"))), "GPS"),
        (mp4(box(b"udta", box(b"titl", NAME.encode()))), "name of guest-a"),
        (matroska(tag("LOCATION", "+33.6+73.0/")), "GPS"),
        (matroska(tag("ARTIST", NAME)), "name of guest-a"),
        (matroska(element(0x1549A966, element(0x7BA9, NAME.encode()))), "name of guest-a"),
        (matroska(element(0x1549A966, element(0x4461, bytes(8)))), "creation time"),
        (matroska(element(0x1941A469, element(0x61A7, element(0x466E, NAME.encode())))), "name of guest-a"),
        (b"RIFF\x40\0\0\0AVI " + NAME.encode(), "name of guest-a"),
    ],
)
def test_leaking_metadata_of_a_video_is_refused(content: bytes, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "video"
    file.write_bytes(content)
    with pytest.raises(LeakError, match=f"videos/a: .*{kind}"):
        CHECKER.check_file("videos/a", file)


@pytest.mark.parametrize(
    "content", [mp4(), matroska(), matroska(tag("ENCODER", "Lavc mpeg4")), b"", bytes(99)]
)
def test_a_video_without_metadata_is_accepted(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "video"
    file.write_bytes(content)
    CHECKER.check_file("videos/a", file)


def test_metadata_after_gigabytes_of_frames_is_read_without_the_frames(tmp_path: Path) -> None:
    file = tmp_path / "video"
    with file.open("wb") as opened:
        opened.write(box(b"ftyp", b"isom") + struct.pack(">I4sQ", 1, b"mdat", 3 << 30))
        opened.seek((3 << 30) - 16, 1)
        opened.write(box(b"moov", box(b"udta", box(b"titl", NAME.encode()))))
    assert len(video_metadata.metadata_bytes(file)) < 200
    with pytest.raises(LeakError):
        CHECKER.check_file("videos/a", file)


@pytest.mark.parametrize("cut", range(0, 90, 3))
def test_a_truncated_video_is_read_to_its_end(cut: int, tmp_path: Path) -> None:
    for content in (mp4(box(b"udta", box(b"titl", b"x"))), matroska(tag("A", "b"))):
        file = tmp_path / "video"
        file.write_bytes(content[:cut])
        find("a", video_metadata.metadata_bytes(file), SECRETS)


def test_the_texts_for_youtube_are_searched() -> None:
    with pytest.raises(LeakError, match="the texts on YouTube: name of guest-a"):
        CHECKER.check("the texts on YouTube", page(NAME))
