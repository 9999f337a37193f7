"""A disk that is full or closed is told of in a sentence, and what stood before stands."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Folder


def test_a_full_disk_is_a_message_and_the_next_release_goes_on(
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
def test_a_folder_that_may_not_be_written_is_a_message(
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
