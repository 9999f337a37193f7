"""A full or read-only disk is reported with a message, and published files stay."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from publisher import files
from tests.cli.conftest import Folder


def test_a_full_disk_is_reported_and_the_next_release_continues(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", refuse)
        result = folder.run("release")
        assert (result.status, result.out) == (1, "")
        assert "the disk is full" in result.err
        assert str(folder.root) in result.err
        document = folder.run("release", "--json").document
        assert "the disk is full" in document["error"]
    assert not list(folder.root.rglob(".beside-*"))
    assert folder.run("release").status == 0
    assert folder.run("check").status == 0


@pytest.mark.parametrize("command", [("init",), ("new", "x", "--title", "x", "--draft")])
def test_a_read_only_folder_is_reported(
    command: tuple[str, ...], folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    if command[0] == "init":
        folder.root = tmp_path / "other"
    monkeypatch.setattr(Path, "open", refuse)
    result = folder.run(*command)
    assert result.status in (1, 2)
    assert "Permission denied" in result.err
    assert "Traceback" not in result.err


@pytest.mark.released
def test_a_full_disk_takes_neither_feed_nor_index_away_with_a_withdrawn_talk(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, write = folder.root / "public", files.write_atomic

    def refuse_to_replace(path: Path, content: bytes) -> None:
        # The room of a removed document is enough for its edited version.
        if path.is_relative_to(public) and path.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write(path, content)

    monkeypatch.setattr(files, "write_atomic", refuse_to_replace)
    # With an error elsewhere nothing is rendered: only what is taken back is edited and removed.
    broken = '[[episode]]\nslug = "second-talk"\ntitle = 7\n'
    folder.edit("# The first talk.\n[[episode]]", f'{broken}[[episode]]\nstatus = "withdrawn"')
    assert folder.run("release").status == 2
    for name in ("feed.xml", "index.html"):
        assert b"first-talk" not in (public / name).read_bytes()
