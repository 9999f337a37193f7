from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher import files


def test_a_replaced_file_holds_the_new_bytes_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "feed.xml"
    files.replace(target, b"old")
    files.replace(target, b"new")
    assert target.read_bytes() == b"new"
    assert [path.name for path in target.parent.iterdir()] == ["feed.xml"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "feed.xml"
    files.replace(target, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.replace(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["feed.xml"]


def test_equal_bytes_are_not_written_again(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    assert files.replace_if_different(target, b"words")
    before = target.stat().st_mtime_ns
    assert not files.replace_if_different(target, b"words")
    assert target.stat().st_mtime_ns == before
    assert files.replace_if_different(target, b"other")


def test_leftovers_of_a_killed_write_are_removed(tmp_path: Path) -> None:
    leftover = tmp_path / "media" / f"{files.BESIDE}talk.mp3.1234"
    leftover.parent.mkdir()
    leftover.write_bytes(b"half")
    files.remove_leftovers(tmp_path)
    assert not leftover.exists()


def test_a_digest_is_read_again_only_when_the_file_changed(tmp_path: Path) -> None:
    recording = tmp_path / "recording.mp4"
    recording.write_bytes(b"one")
    digests = files.Digests(tmp_path / "cache" / "digests.json")
    first = digests.of(recording)
    digests.save()
    state = recording.stat()
    recording.write_bytes(b"two")
    os.utime(recording, ns=(state.st_atime_ns, state.st_mtime_ns))
    known = files.Digests(tmp_path / "cache" / "digests.json")
    assert known.of(recording) == first, "size and time are the same: not read"
    os.utime(recording, ns=(0, 0))
    assert known.of(recording) != first


def test_a_damaged_cache_is_read_as_empty(tmp_path: Path) -> None:
    cache = tmp_path / "digests.json"
    cache.write_bytes(b"\xff[1,")
    file = tmp_path / "a"
    file.write_bytes(b"a")
    assert files.Digests(cache).of(file) == files.sha256(file)


def test_a_snapshot_names_files_with_forward_slashes(tmp_path: Path) -> None:
    files.replace(tmp_path / "episodes" / "x" / "index.html", b"12345")
    found = files.snapshot(tmp_path)
    assert {path: size for path, (size, _) in found.items()} == {"episodes/x/index.html": 5}
    assert files.snapshot(tmp_path / "nowhere") == {}


def test_removing_a_file_takes_its_empty_folders_along(tmp_path: Path) -> None:
    files.replace(tmp_path / "public" / "episodes" / "x" / "index.html", b"x")
    files.replace(tmp_path / "public" / "index.html", b"x")
    files.remove(tmp_path / "public" / "episodes" / "x" / "index.html", tmp_path / "public")
    assert [path.name for path in (tmp_path / "public").iterdir()] == ["index.html"]


def test_long_files_are_told_apart_by_every_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BLOCK", 1_000)
    contents = [
        bytes(2_500),
        bytes(2_499) + b"\1",
        b"\1" + bytes(2_499),
        bytes(2_501),
        bytes(1_000),
        bytes(999),
    ]
    paths = [tmp_path / str(number) for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    assert len({files.identity(path) for path in paths}) == len(paths)
    assert files.identity(paths[4]) == files.sha256(paths[4])


def bind(path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # a socket's path may have a hundred letters at most
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(before)


SPECIAL: tuple[tuple[str, Callable[[Path], object]], ...] = (
    ("a named pipe", os.mkfifo),
    ("a socket", bind),
    ("a device", lambda path: path.symlink_to("/dev/zero")),
    ("a device", lambda path: path.symlink_to("/dev/null")),
)


@pytest.mark.parametrize(("kind", "make"), SPECIAL)
def test_only_regular_files_are_read(tmp_path: Path, kind: str, make: Callable[[Path], object]) -> None:
    path = tmp_path / "feed.xml"
    make(path)
    readers: tuple[Callable[[Path], object], ...] = (
        files.open_regular,
        files.read_bytes,
        files.read_text,
        files.sha256,
        files.identity,
        files.Digests,
        files.Digests(tmp_path / "digests.json").of,
    )
    for read in readers:
        with pytest.raises(files.NotRegularFile, match=f"feed.xml: is {kind}, not a file"):
            read(path)


@pytest.mark.parametrize(("kind", "make"), SPECIAL)
@pytest.mark.parametrize("content", [b"", b"words"])
def test_a_pipe_where_a_file_is_written_is_replaced(
    tmp_path: Path, kind: str, make: Callable[[Path], object], content: bytes
) -> None:
    path = tmp_path / "feed.xml"
    make(path)
    assert files.replace_if_different(path, content)
    assert (path.is_symlink(), path.read_bytes()) == (False, content)


def test_reading_what_is_not_there_or_a_folder_fails_as_usual(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        files.open_regular(tmp_path / "nothing")
    with pytest.raises(IsADirectoryError, match="folder"):
        (tmp_path / "folder").mkdir()
        files.open_regular(tmp_path / "folder")
