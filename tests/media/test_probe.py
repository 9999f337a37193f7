"""A file that is shorter than its header declares was not copied completely."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from publisher.errors import MediaError
from publisher.media import declared_size
from tests.media import sounds


def written(folder: Path, suffix: str, *options: str) -> Path:
    """Two seconds of audio, written by ffmpeg."""
    path = folder / f"talk.{suffix}"
    command = [sounds.ffmpeg().binaries.ffmpeg, "-v", "error", "-f", "lavfi", "-i", "sine=440:d=2"]
    subprocess.run([*command, "-c:a", "pcm_s16le", *options, path], check=True)
    return path


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("wav", ()),
        ("wav", ("-rf64", "always")),
        ("wav", ("-ar", "8000")),
        ("wav", ("-c:a", "pcm_f32le")),
        ("wav", ("-c:a", "adpcm_ms")),
        ("w64", ()),
    ],
)
def test_half_a_file_declares_twice_its_size(tmp_path: Path, suffix: str, options: tuple[str, ...]) -> None:
    path = written(tmp_path, suffix, *options)
    assert declared_size.ratio(path) == 1.0
    assert sounds.ffmpeg().probe(path).duration == pytest.approx(2.0, abs=0.02)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert sounds.ffmpeg().probe(path).duration == pytest.approx(2.0, abs=0.02)


def test_a_streamed_file_declares_no_size(tmp_path: Path) -> None:
    path = written(tmp_path, "wav")
    whole = path.read_bytes()
    for size in ("00000000", "ffffffff", "00f0ff7f", "24f0ff7f", "ffffff7f", "00000080"):
        path.write_bytes(whole[:4] + bytes.fromhex(size) + whole[8:])
        assert declared_size.ratio(path) == 1.0, size


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\xff\xff\0\0AVI " + bytes(90), bytes(100)])
def test_other_files_declare_no_size(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(content)
    assert declared_size.ratio(path) == 1.0


def test_a_file_longer_than_declared_is_complete(tmp_path: Path) -> None:
    path = written(tmp_path, "wav")
    path.write_bytes(path.read_bytes() + b"JUNK\xe8\x03\0\0" + bytes(1000))
    assert declared_size.ratio(path) == 1.0
    assert sounds.ffmpeg().probe(path).duration == pytest.approx(2.0, abs=0.02)


def test_a_header_without_audio_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(b"RIFF\xff\xff\0\0WAVE" + bytes(90))
    with pytest.raises(MediaError, match="cannot be read as a recording"):
        sounds.ffmpeg().probe(path)


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("wav", ()),
        ("wav", ("-rf64", "always")),
        ("w64", ()),
        ("aiff", ()),
        ("avi", ()),
        ("mp4", ()),
        ("mp4", ("-movflags", "faststart")),
        ("mov", ("-c:a", "pcm_s16le")),
        ("mkv", ()),
        ("webm", ("-c:a", "libopus")),
    ],
)
def test_a_shortened_file_is_shorter_than_its_header_declares(
    tmp_path: Path, suffix: str, options: tuple[str, ...]
) -> None:
    path = written(tmp_path, suffix, *options)
    whole = path.read_bytes()
    assert declared_size.size_if_incomplete(path) == 0
    path.write_bytes(whole[: len(whole) * 2 // 3])
    # Without its index at the end, an MP4 file declares only the size of its audio.
    declared = declared_size.size_if_incomplete(path)
    assert 0.9 * len(whole) < declared <= len(whole) + declared_size.TOLERANCE


def test_a_streamed_matroska_file_declares_no_size(tmp_path: Path) -> None:
    path = written(tmp_path, "mkv", "-live", "1")
    path.write_bytes(path.read_bytes()[:-500])
    assert declared_size.size_if_incomplete(path) == 0
