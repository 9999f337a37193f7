"""Many files written with one flush: in place after the commit, and only then."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from publisher import write_batch
from publisher.write_batch import MIN_SHARED, WriteBatch


def filled(folder: Path, count: int) -> WriteBatch:
    batch = WriteBatch()
    for number in range(count):
        assert batch.write(folder / str(number) / "index.html", b"new %d" % number)
    return batch


def listed(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("count", [2, MIN_SHARED + 1])
def test_files_are_in_place_after_the_commit_and_not_before(tmp_path: Path, count: int) -> None:
    batch = filled(tmp_path, count)
    assert not list(tmp_path.rglob("index.html"))
    assert batch.commit() == {}
    assert listed(tmp_path) == {f"{number}/index.html": b"new %d" % number for number in range(count)}


def test_a_discarded_batch_leaves_the_former_file(tmp_path: Path) -> None:
    (tmp_path / "0").mkdir()
    (tmp_path / "0/index.html").write_bytes(b"old")
    filled(tmp_path, 2).discard()
    assert listed(tmp_path) == {"0/index.html": b"old"}


def test_a_file_with_the_same_content_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "page"
    path.write_bytes(b"same")
    os.utime(path, ns=(1, 1))
    batch = WriteBatch()
    assert not batch.write(path, b"same")
    assert batch.commit() == {}
    assert path.stat().st_mtime_ns == 1


def test_a_disk_that_cannot_be_flushed_keeps_every_former_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    (tmp_path / "0").mkdir()
    (tmp_path / "0/index.html").write_bytes(b"old")
    batch = filled(tmp_path, MIN_SHARED)
    monkeypatch.setattr(write_batch, "sync_file_system", refuse)
    monkeypatch.setattr(os, "fsync", refuse)
    failed = batch.commit()
    assert set(failed) == {tmp_path / str(number) / "index.html" for number in range(MIN_SHARED)}
    assert listed(tmp_path) == {"0/index.html": b"old"}


def test_a_place_that_is_a_folder_fails_alone(tmp_path: Path) -> None:
    batch = filled(tmp_path, 3)
    (tmp_path / "1/index.html").mkdir()
    assert list(batch.commit()) == [tmp_path / "1/index.html"]
    assert sorted(listed(tmp_path)) == ["0/index.html", "2/index.html"]
