"""A series folder to write catalogues into."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from publisher import catalogue, files

SERIES = """\
[series]
title = "Talks"
description = "About talks."
language = "en"
link = "https://talks.example.org/"
author = "A press"
"""
TALK = """\
[[episode]]
slug = "a-talk"
title = "A talk"
date = 2021-01-01
recording = "recording.wav"
"""
PEOPLE = """\
[people.ann-one]
name = "Ann One"
[people.ben-two]
name = "Ben Two"
"""


@dataclass(frozen=True)
class Folder:
    root: Path

    def write(self, text: str | bytes, file: str = "episodes.toml") -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    @property
    def content(self) -> str:
        return (self.root / "episodes.toml").read_bytes().decode()

    def read(self, text: str | bytes | None = None) -> catalogue.LoadResult:
        if text is not None:
            self.write(text)
        return catalogue.read(self.root, files.sha256)

    def problems(self, text: str | bytes | None = None) -> list[str]:
        return [str(problem) for problem in self.read(text).problems]

    def picture(self, file: str, width: int, height: int, kind: str = "PNG") -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (width, height), (90, 20, 40)).save(path, kind)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder with the recording of `a-talk` and no catalogue."""
    made = Folder(tmp_path)
    made.write(b"RIFF", "episodes/a-talk/recording.wav")
    return made
