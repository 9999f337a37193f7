"""A series to edit, without a release."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalogue.conftest import PEOPLE, SERIES, Folder

TALK = """\
# The first talk.
[[episode]]
slug = "a"
title = "A" # title
date = 2021-01-01
status = "draft"
summary = "About."
guests = ["ann-one"]
topics = ["One"]
chapters = [
  { at = "0:00", title = "Welcome" }, # first
  { at = "5:00", title = "Middle" },
]
cut = [["1:00", "2:00"]]
"""
OTHER = '\n# Another.\n[[episode]]\nslug = "b"\ntitle = "B"\ndate = 2021-01-02\nstatus = "draft"\n'
WELCOME, MIDDLE = {"at": "0:00", "title": "Welcome"}, {"at": "5:00", "title": "Middle"}


@pytest.fixture
def series(tmp_path: Path) -> Folder:
    """A series with two drafts, `a` and `b`."""
    folder = Folder(tmp_path)
    folder.write(SERIES + "\n" + PEOPLE + "\n" + TALK + OTHER)
    folder.write("Notes.\n\nMore.\n", "episodes/a/notes.md")
    return folder
