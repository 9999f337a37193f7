"""Atomic writing, digests, scanning and removing of files."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher import files


def test_a_replaced_file_has_the_new_bytes_and_no_temporary_file_is_left(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "feed.xml"
    files.write_atomic(target, b"old")
    files.write_atomic(target, b"new")
    assert target.read_bytes() == b"new"
    assert [path.name for path in target.parent.iterdir()] == ["feed.xml"]


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "feed.xml"
    files.write_atomic(target, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.write_atomic(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["feed.xml"]


def test_equal_bytes_are_not_written_again(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    assert files.write_if_changed(target, b"words")
    before = target.stat().st_mtime_ns
    assert not files.write_if_changed(target, b"words")
    assert target.stat().st_mtime_ns == before
    assert files.write_if_changed(target, b"other")


def test_temporary_files_of_a_killed_write_are_removed(tmp_path: Path) -> None:
    leftover = tmp_path / "media" / f"{files.TEMP_PREFIX}talk.mp3.0a1b2c3d"
    leftover.parent.mkdir()
    leftover.write_bytes(b"half")
    files.remove_temp_files(tmp_path)
    assert not leftover.exists()


def test_a_digest_is_computed_again_only_for_a_changed_file(tmp_path: Path) -> None:
    recording = tmp_path / "recording.mp4"
    recording.write_bytes(b"one")
    digests = files.DigestCache(tmp_path / "cache" / "digests.json")
    first = digests.of(recording)
    digests.save()
    state = recording.stat()
    recording.write_bytes(b"two")
    os.utime(recording, ns=(state.st_atime_ns, state.st_mtime_ns))
    known = files.DigestCache(tmp_path / "cache" / "digests.json")
    assert known.of(recording) == first, "size and time are the same: not read"
    os.utime(recording, ns=(0, 0))
    assert known.of(recording) != first


def test_a_damaged_cache_is_treated_as_empty(tmp_path: Path) -> None:
    cache = tmp_path / "digests.json"
    cache.write_bytes(b"\xff[1,")
    file = tmp_path / "a"
    file.write_bytes(b"a")
    assert files.DigestCache(cache).of(file) == files.sha256(file)


def test_scan_tree_uses_forward_slashes(tmp_path: Path) -> None:
    files.write_atomic(tmp_path / "episodes" / "x" / "index.html", b"12345")
    found = files.scan_tree(tmp_path)
    assert {path: size for path, (size, _) in found.items()} == {"episodes/x/index.html": 5}
    assert files.scan_tree(tmp_path / "nowhere") == {}


def test_removing_a_file_removes_its_empty_folders(tmp_path: Path) -> None:
    files.write_atomic(tmp_path / "public" / "episodes" / "x" / "index.html", b"x")
    files.write_atomic(tmp_path / "public" / "index.html", b"x")
    files.remove(tmp_path / "public" / "episodes" / "x" / "index.html", tmp_path / "public")
    assert [path.name for path in (tmp_path / "public").iterdir()] == ["index.html"]


def test_every_block_of_a_long_file_changes_its_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    assert len({files.content_digest(path) for path in paths}) == len(paths)
    assert files.content_digest(paths[4]) == files.sha256(paths[4])


def test_only_names_of_temporary_files_are_removed(tmp_path: Path) -> None:
    kept = [
        f"{files.TEMP_PREFIX}letter.txt",
        f"{files.TEMP_PREFIX}letter.1234",
        f"{files.TEMP_PREFIX}letter.0a1b2c3d.txt",
        f"{files.TEMP_PREFIX}letter.0A1B2C3D",
        f"x{files.TEMP_PREFIX}letter.0a1b2c3d",
        f"{files.TEMP_PREFIX}folder.0a1b2c3d/letter.txt",
    ]
    for name in (*kept, f"{files.TEMP_PREFIX}0a1b2c3d"):
        files.write_atomic(tmp_path / "media" / name, b"words")
    os.mkfifo(tmp_path / "media" / f"{files.TEMP_PREFIX}pipe.0a1b2c3d")
    files.remove_temp_files(tmp_path)
    left = files.scan_tree(tmp_path / "media")
    assert sorted(left) == sorted((*kept, f"{files.TEMP_PREFIX}pipe.0a1b2c3d"))


def test_temporary_files_behind_a_link_are_not_removed(tmp_path: Path) -> None:
    foreign = tmp_path / "elsewhere" / f"{files.TEMP_PREFIX}letter.txt.0a1b2c3d"
    files.write_atomic(foreign, b"words")
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "media").symlink_to(foreign.parent)
    (tmp_path / "public" / f"{files.TEMP_PREFIX}a.0a1b2c3d").symlink_to(foreign)
    files.remove_temp_files(tmp_path / "public")
    assert foreign.exists() and len(list((tmp_path / "public").iterdir())) == 2


@pytest.mark.parametrize("opens_folders", [True, False])
@pytest.mark.parametrize("name", ["media/song.mp3", "episodes/a/index.html"])
def test_a_file_behind_a_link_is_never_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opens_folders: bool, name: str
) -> None:
    if not opens_folders:
        monkeypatch.setattr(os, "supports_dir_fd", set())
    public, foreign = tmp_path / "public", tmp_path / "elsewhere"
    files.write_atomic(foreign / name, b"mine")
    public.mkdir()
    top = name.split("/")[0]
    (public / top).symlink_to(foreign / top, target_is_directory=True)
    with pytest.raises(OSError, match="a link") as refused:
        files.remove(public / name, public)
    assert refused.value.filename == str(public / name)
    assert (foreign / name).read_bytes() == b"mine"


@pytest.mark.parametrize("opens_folders", [True, False])
def test_removing_a_missing_file_removes_its_empty_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opens_folders: bool
) -> None:
    if not opens_folders:
        monkeypatch.setattr(os, "supports_dir_fd", set())
    (tmp_path / "people" / "ann").mkdir(parents=True)
    files.remove(tmp_path / "people" / "ann" / "photo.jpg", tmp_path)
    files.remove(tmp_path / "topics" / "x" / "index.html", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_removing_a_link_keeps_its_target(tmp_path: Path) -> None:
    foreign = tmp_path / "letter.txt"
    foreign.write_bytes(b"mine")
    (tmp_path / "public").mkdir()
    for name in ("a", "b"):
        (tmp_path / "public" / name).symlink_to(foreign)
    files.remove(tmp_path / "public" / "a", tmp_path / "public")
    files.write_atomic(tmp_path / "public" / "b", b"ours")
    assert foreign.read_bytes() == b"mine"
    assert [path.name for path in (tmp_path / "public").iterdir()] == ["b"]


def test_writing_or_removing_one_hard_link_keeps_the_other(tmp_path: Path) -> None:
    foreign = tmp_path / "letter.txt"
    foreign.write_bytes(b"mine")
    for name in ("a", "b"):
        os.link(foreign, tmp_path / name)
    files.write_atomic(tmp_path / "a", b"ours")
    files.remove(tmp_path / "b", tmp_path)
    assert foreign.read_bytes() == b"mine"


def test_a_path_with_parent_references_is_not_removed(tmp_path: Path) -> None:
    foreign = tmp_path / "letter.txt"
    foreign.write_bytes(b"mine")
    (tmp_path / "public" / "media").mkdir(parents=True)
    with pytest.raises(OSError, match="upwards"):
        files.remove(tmp_path / "public" / "media" / ".." / ".." / "letter.txt", tmp_path / "public")
    assert foreign.exists()


def test_a_circular_accepted_link_is_followed_a_limited_number_of_times(tmp_path: Path) -> None:
    files.write_atomic(tmp_path / "media" / ".publisher-folder", b"public/media")
    files.write_atomic(tmp_path / "media" / "a.mp3", b"a")
    for name in ("x", "y", "z"):
        (tmp_path / "media" / name).symlink_to(tmp_path / "media", target_is_directory=True)
    assert "media/x/a.mp3" in files.scan_tree(tmp_path)
    files.remove_temp_files(tmp_path)


def bind(path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # a socket's path is limited to about 100 characters
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
        files.content_digest,
        files.DigestCache(tmp_path / "digests.json").of,
    )
    for read in readers:
        with pytest.raises(files.NotRegularFile, match=f"is {kind}, not a file.*feed.xml"):
            read(path)


@pytest.mark.parametrize(("kind", "make"), SPECIAL)
@pytest.mark.parametrize("content", [b"", b"words"])
def test_writing_replaces_a_pipe(
    tmp_path: Path, kind: str, make: Callable[[Path], object], content: bytes
) -> None:
    path = tmp_path / "feed.xml"
    make(path)
    assert files.write_if_changed(path, content)
    assert (path.is_symlink(), path.read_bytes()) == (False, content)


@pytest.mark.parametrize(("kind", "make"), SPECIAL)
def test_a_pipe_in_place_of_the_cache_is_treated_as_empty(
    tmp_path: Path, kind: str, make: Callable[[Path], object]
) -> None:
    make(tmp_path / "digests.json")
    (tmp_path / "recording.mp4").write_bytes(b"one")
    digests = files.DigestCache(tmp_path / "digests.json")
    digests.of(tmp_path / "recording.mp4")
    digests.save()
    assert (tmp_path / "digests.json").read_bytes().startswith(b"{")


def test_reading_a_missing_file_or_a_folder_raises_the_usual_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        files.open_regular(tmp_path / "nothing")
    with pytest.raises(IsADirectoryError, match="folder"):
        (tmp_path / "folder").mkdir()
        files.open_regular(tmp_path / "folder")
