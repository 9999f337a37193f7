"""Files of a folder, as the writer gets them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from publisher.imports.addresses import FetchError
from publisher.imports.local_files import LocalFiles
from publisher.imports.model import ImportedFile
from publisher.media.ffmpeg import Ffmpeg
from tests.cli.conftest import write_tone


def fetched(url: str, max_bytes: int) -> bytes:
    return f"{url} {max_bytes}".encode()


@pytest.fixture
def local(tmp_path: Path) -> LocalFiles:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner/a.vtt").write_bytes(b"WEBVTT")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    (folder / "link.vtt").symlink_to(tmp_path / "secret.txt")
    (folder / "linked").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.vtt")
    return LocalFiles(folder, fetched, None)


def test_files_are_read_and_addresses_fetched(local: LocalFiles) -> None:
    assert local("inner/a.vtt", 6) == b"WEBVTT"
    assert local("https://example.org/x.jpg", 9) == b"https://example.org/x.jpg 9"


@pytest.mark.parametrize(
    "place",
    [
        "../secret.txt",
        "inner/../../secret.txt",
        "/etc/passwd",
        "link.vtt",
        "linked/secret.txt",
        "pipe.vtt",
        "inner",
        "absent.vtt",
        "file:///etc/passwd",
        "",
    ],
)
def test_nothing_outside_the_folder_is_read(local: LocalFiles, place: str) -> None:
    with pytest.raises(FetchError):
        local(place, 100)


def test_too_large_files_are_refused(local: LocalFiles) -> None:
    with pytest.raises(FetchError, match="more than 5 bytes"):
        local("inner/a.vtt", 5)


def test_a_recording_is_never_published_as_it_is(tmp_path: Path) -> None:
    # With a format of this publisher, the import would write a receipt for it as if apps knew it.
    import subprocess

    ffmpeg = Ffmpeg.find(os.environ)
    write_tone(tmp_path / "a.wav", 1)
    subprocess.run(
        [ffmpeg.binaries.ffmpeg, "-v", "error", "-i", tmp_path / "a.wav", tmp_path / "a.mp3"], check=True
    )
    media = LocalFiles(tmp_path, fetched, ffmpeg).get(ImportedFile("a.mp3"), print, print)
    assert (media.format, media.suffix, media.path) == (None, "mp3", tmp_path / "a.mp3")
