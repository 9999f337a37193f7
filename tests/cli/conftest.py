"""Small series on disk, one of them with a fake YouTube, and a function that runs commands on them."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import wave
from contextlib import redirect_stdout
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from publisher.cli import main
from tests.fake_channel import CHANNEL, Channel
from tests.fake_youtube import FakeYouTube, youtube

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


UPLOADING = f"""\
# The series, as its producer wrote it.
[series]
title = "Example Talks"
description = "Talks about **examples**."
language = "en"
link = "https://talks.example.org/series/"
author = "Example Press"

[youtube]
channel = "{CHANNEL}"   # ours

# The first talk.
[[episode]]
slug = "first-talk"
title = "What is an example?"   # asked by everybody
date = 2021-01-08T18:00:00+01:00
recording = "recording.mkv"
summary = "A talk about examples."
chapters = [{{ at = "0:00", title = "Welcome" }}, {{ at = "0:10", title = "Questions" }}, {{ at = "0:20", title = "End" }}]
youtube = "upload"   # goes there too
"""

PLACE = ["-metadata", "location=+48.8566+002.3522/", "-metadata:s:v", "make=Telephone 12"]
LONG, SHORT = 31.0, 3.0
"""Seconds: LONG is long enough for the three chapters of ten seconds that YouTube requires."""


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

        return files.scan_tree(self.root / "public")


@pytest.fixture
def folder(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Folder:
    """A series with one talk; already released for tests marked ``released``."""
    monkeypatch.setenv("PUBLISHER_NOW", NOW)
    monkeypatch.setenv("NO_COLOR", "1")
    root = tmp_path / "series"
    if request.node.get_closest_marker("released"):
        # copytree keeps modification times, so that no file looks changed since the release.
        shutil.copytree(request.getfixturevalue("released_once"), root)
    else:
        write_series(root)
    return Folder(root, capsys)


@pytest.fixture(scope="session")
def released_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The series after its first release, made once for all tests that start from it."""
    root = tmp_path_factory.mktemp("released") / "series"
    write_series(root)
    release(root)
    return root


def release(root: Path, *options: str, arguments: tuple[str, ...] = ("release",), **environment: str) -> None:
    """Releases a series that several tests begin with, or runs another command on it."""
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(StringIO()):
        for name, value in {"PUBLISHER_NOW": NOW, "NO_COLOR": "1", **environment}.items():
            patched.setenv(name, value)
        with pytest.raises(SystemExit) as stopped:
            main([*arguments, "-C", str(root), *options])
    assert not stopped.value.code


def write_series(root: Path) -> None:
    """Writes the catalogue and the recording of its one talk."""
    write_tone(root / "episodes" / "first-talk" / "recording.wav", seconds=4.0)
    (root / "episodes.toml").write_text(CATALOGUE, encoding="utf-8")


def write_tone(path: Path, seconds: float, frequency: float = 440.0, level: float = 0.2) -> None:
    """Writes a WAV of 48 kHz, mono, 16 bit: a tone whose level varies like speech."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rate = 48000
    frames = _tone(seconds, frequency, level, rate)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(frames)


@lru_cache(maxsize=32)
def _tone(seconds: float, frequency: float, level: float, rate: int) -> bytes:
    times = np.arange(int(seconds * rate)) / rate
    swell = 0.6 + 0.4 * np.sin(math.tau * 3 * times)
    return bytes((32767 * level * swell * np.sin(math.tau * frequency * times)).astype("<i2").tobytes())


def write_video(path: Path, seconds: float, frequency: float, *options: str) -> None:
    """Writes a video of a tone and a still picture."""
    tone = path.with_name("tone.wav")
    write_tone(tone, seconds, frequency)
    arguments = ["-f", "lavfi", "-i", f"color=c=teal:s=64x36:r=5:d={seconds}", "-i", tone.name]
    arguments += ["-c:v", "mpeg4", "-c:a", "pcm_s16le", *options, path.name]
    command = [get_ffmpeg_exe(), "-v", "error", *arguments]
    subprocess.run(command, check=True, cwd=path.parent, stdin=subprocess.DEVNULL)
    tone.unlink()


# A series that is uploaded to YouTube


def write_video_series(root: Path, seconds: float) -> None:
    """Writes the catalogue and the recording of its one talk, with the location that a phone adds."""
    write_video(root / "episodes/first-talk/recording.mkv", seconds, 440.0, *PLACE)
    lines = UPLOADING.splitlines(keepends=True)
    written = [line for line in lines if seconds == LONG or not line.startswith("chapters")]
    (root / "episodes.toml").write_text("".join(written), encoding="utf-8")


def environment(fake: FakeYouTube, folder: Path) -> dict[str, str]:
    """The environment variables for a logged-in publisher with this fake YouTube."""
    return {
        "PUBLISHER_YOUTUBE_ENDPOINT": fake.address,
        "PUBLISHER_YOUTUBE_CREDENTIALS": str(fake.credentials(folder / "credentials.json")),
        "PUBLISHER_YOUTUBE_PAUSE": "0.001",
    }


@pytest.fixture(scope="session")
def long_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("long") / "series"
    write_video_series(root, LONG)
    return root


@pytest.fixture(scope="session")
def short_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("short") / "series"
    write_video_series(root, SHORT)
    return root


@pytest.fixture(scope="session")
def uploaded_once(long_once: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Channel]:
    """The series after its first release, and its channel."""
    root = tmp_path_factory.mktemp("uploaded") / "series"
    shutil.copytree(long_once, root)
    with youtube() as fake:
        fake.channel.duration = LONG
        release(root, **environment(fake, root.parent))
    return root, fake.channel


@pytest.fixture
def series(
    tmp_path: Path,
    fake: FakeYouTube,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Folder:
    """A series of one talk of half a minute with chapters; released for tests marked ``released``."""
    for name, value in {"PUBLISHER_NOW": NOW, "NO_COLOR": "1", **environment(fake, tmp_path)}.items():
        monkeypatch.setenv(name, value)
    root = tmp_path / "series"
    if request.node.get_closest_marker("released"):
        given, channel = request.getfixturevalue("uploaded_once")
        fake.channel = deepcopy(channel)
    else:
        given = request.getfixturevalue("long_once")
    fake.channel.duration = LONG
    shutil.copytree(given, root)
    return Folder(root, capsys)


@pytest.fixture
def short_series(series: Folder, fake: FakeYouTube, short_once: Path) -> Folder:
    """The same series with a talk of 3 seconds, without chapters."""
    fake.channel.duration = SHORT
    shutil.rmtree(series.root)
    shutil.copytree(short_once, series.root)
    return series


def the_video(fake: FakeYouTube) -> dict[str, dict[str, object]]:
    """The only video on the channel."""
    (video,) = fake.channel.videos.values()
    return video
