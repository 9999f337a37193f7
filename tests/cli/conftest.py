"""A small series on disk and a way to run commands in it."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from publisher.cli import main

REPOSITORY = Path(__file__).parent.parent.parent
NOW = "2021-03-01T12:00:00+00:00"

CATALOGUE = """\
# The series, as its producer wrote it.
[series]
title = "Example Talks"
description = "Talks about **examples**."
language = "en"
link = "https://talks.example.org/series/"
author = "Example Press"
timezone = "Europe/Paris"

[people.first-guest]
name = "First Guest"
title = "example maker"

# The first talk.
[[episode]]
slug = "first-talk"
title = "What is an example?"
date = 2021-01-08T18:00:00+01:00
recording = "recording.wav"
summary = "First Guest talks about examples."
guests = ["first-guest"]
topics = ["Examples"]
chapters = [{ at = "0:00", title = "Welcome" }, { at = "0:02", title = "Questions" }]
"""


@dataclass(frozen=True)
class Result:
    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass
class Folder:
    """A series folder; `run` runs a command in it."""

    root: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> Result:
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main([*arguments, "-C", str(self.root)])
        said = self.capsys.readouterr()
        return Result(int(stopped.value.code or 0), said.out, said.err)

    def edit(self, old: str, new: str) -> None:
        path = self.root / "episodes.toml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def public(self) -> dict[str, tuple[int, int]]:
        from publisher import files

        return files.snapshot(self.root / "public")


@pytest.fixture
def folder(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Folder:
    """A series with one talk; one that is released already for tests marked ``released``."""
    monkeypatch.setenv("PUBLISHER_NOW", NOW)
    monkeypatch.setenv("NO_COLOR", "1")
    root = tmp_path / "series"
    if request.node.get_closest_marker("released"):
        # Times of change come along, so that nothing looks changed since the release.
        shutil.copytree(request.getfixturevalue("released_once"), root)
    else:
        write_series(root)
    return Folder(root, capsys)


@pytest.fixture(scope="session")
def released_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The series after its first release, made once for all tests that begin there."""
    root = tmp_path_factory.mktemp("released") / "series"
    write_series(root)
    environment = {**os.environ, "PUBLISHER_NOW": NOW}
    command = [sys.executable, "-m", "publisher", "release", "-C", str(root)]
    subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, capture_output=True)
    return root


def write_series(root: Path) -> None:
    """The catalogue and the recording of its one talk."""
    write_tone(root / "episodes" / "first-talk" / "recording.wav", seconds=4.0)
    (root / "episodes.toml").write_text(CATALOGUE, encoding="utf-8")


def write_tone(path: Path, seconds: float, frequency: float = 440.0, level: float = 0.2) -> None:
    """A WAV of 48 kHz, mono, 16 bit: a tone that comes and goes as speech does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rate = 48000
    times = np.arange(int(seconds * rate)) / rate
    swell = 0.6 + 0.4 * np.sin(math.tau * 3 * times)
    frames = (32767 * level * swell * np.sin(math.tau * frequency * times)).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(frames)
