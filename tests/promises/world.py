"""A released series of three episodes, one of which will be retracted, and what of it is visible.

The episode `secret` has every part that an episode can have, each with words that occur nowhere else.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from publisher.leaks import Secret, Secrets, find
from tests.cli.conftest import Folder, Result, environment, release, write_tone, write_video
from tests.fake_channel import CHANNEL, PLAYLIST, Channel
from tests.fake_youtube import FakeYouTube, youtube

NOW = "2021-03-01T12:00:00+00:00"
SECONDS = 3.0

CATALOGUE = f"""\
[series]
title = "Example Talks"
description = "Talks about examples."
language = "en"
link = "https://talks.example.org/series/"
author = "Example Press"

[youtube]
channel = "{CHANNEL}"
playlist = "{PLAYLIST}"

[people.plain-guest]
name = "Plain Guest"

[people.rare-guest]
name = "Quillfeather Rareguest"
title = "maker of zanzibars"
photo = "episodes/people/rare.jpg"

[[episode]]
slug = "secret"
title = "Zanzibar of the unmistakable kind"
date = 2021-01-09T18:00:00+01:00
recording = "recording.mkv"
summary = "Unmistakable words of a summary."
guests = ["rare-guest", "plain-guest"]
topics = ["Zanzibars", "Examples"]
chapters = [{{ at = "0:00", title = "Zanzibar chapter" }}, {{ at = "0:02", title = "Zanzibar answers" }}]
youtube = "upload"
video = true

[[episode]]
slug = "second"
title = "A second example"
date = 2021-01-10T18:00:00+01:00
recording = "recording.wav"
summary = "A second summary."
guests = ["plain-guest"]
topics = ["Examples"]

[[episode]]
slug = "third"
title = "A third example"
date = 2021-01-11T18:00:00+01:00
recording = "recording.wav"
summary = "A third summary."
topics = ["Others"]
"""

CUES = """\
WEBVTT

00:00:00.000 --> 00:00:00.900
<v Rare>Marzipan words at the beginning.

00:00:01.000 --> 00:00:01.900
<v Rare>Taramosalata words in the middle.

00:00:02.000 --> 00:00:02.900
<v Rare>Pumpernickel words at the end.
"""

IDENTIFYING = (
    "Zanzibar of the unmistakable",
    "Unmistakable words",
    "Zanzibar chapter",
    "zanzibars",
    "Marzipan",
)
"""Words of the episode that must not occur anywhere after its retraction."""

KILLED = 130
"""The exit status of an interrupted command."""

NAME = "Quillfeather Rareguest"
MIDDLE = "Taramosalata"
"""A word that is spoken and in the transcript between 0:01 and 0:02."""


@dataclass
class World:
    """The series folder, its YouTube, and a way to run commands."""

    folder: Folder
    fake: FakeYouTube
    monkeypatch: pytest.MonkeyPatch
    only: tuple[str, ...] = ()
    """The arguments that limit the release."""
    mended: list[Any] = field(default_factory=list)
    """Functions that undo the other failure."""
    before: tuple[str, ...] = ()
    """The media files of the episode before the request."""

    @property
    def root(self) -> Path:
        return self.folder.root

    @property
    def public(self) -> Path:
        return self.root / "public"

    def run(self, *arguments: str) -> Result:
        """Runs a command; after an interruption it is run again, as a producer would do."""
        result = self.folder.run(*arguments)
        return self.folder.run(*arguments) if result.status == KILLED else result

    def catalogue(self) -> str:
        return (self.root / "episodes.toml").read_text(encoding="utf-8")

    def edit(self, old: str, new: str) -> None:
        self.folder.edit(old, new)

    def write(self, path: str, text: str) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    # What is visible

    def remember_media(self) -> None:
        """Stores the media files of the episode before the request."""
        self.before = tuple(self.media())

    def traces(self, *words: str, places: tuple[str, ...] = ("feed", "pages")) -> list[str]:
        """The files under public/ that contain one of `words`: decoded, in tags or names."""
        secrets = Secrets(tuple(Secret("word", word) for word in words))
        return [path for path in self.standing(*places) if find(path, self.read(path), secrets)]

    def standing(self, *places: str) -> Iterator[str]:
        for path in sorted(self.folder.public()):
            if _place_of(path) in places:
                yield path

    def read(self, path: str) -> bytes:
        return (self.public / path).read_bytes()

    def own_files(self, slug: str = "secret") -> list[str]:
        """The files of an episode, except a page that names nobody."""
        own = (f"episodes/{slug}/", f"media/{slug}.")
        return [
            path
            for path in sorted(self.folder.public())
            if path.startswith(own) and (path != f"episodes/{slug}/index.html" or self._is_page_of(path))
        ]

    def _is_page_of(self, path: str) -> bool:
        return b"This talk has been withdrawn" not in self.read(path)

    def media(self, slug: str = "secret") -> list[str]:
        return [path for path in sorted(self.folder.public()) if path.startswith(f"media/{slug}.")]

    def items(self) -> list[str]:
        """The titles in feed.xml and its archive."""
        found = []
        for path in sorted(self.folder.public()):
            if path == "feed.xml" or path.startswith("feed/"):
                found += re.findall(r"<item>.*?<title>(.*?)</title>", self.read(path).decode(), re.DOTALL)
        return found

    def missing_files(self, with_pages: bool = True) -> list[str]:
        """Files that the feed refers to and that are missing or have another length."""
        if not (self.public / "feed.xml").exists():
            return []
        feed = self.read("feed.xml").decode()
        found = []
        for url, length in re.findall(
            r'<enclosure url="https://talks.example.org/series/([^"]+)" length="(\d+)"', feed
        ):
            path = self.public / url
            if not path.is_file() or path.stat().st_size != int(length):
                found.append(url)
        for url in re.findall(r'(?:uri|href|url)="https://talks.example.org/series/([^"#]+)"', feed):
            path = self.public / url
            is_page = url.endswith("/") or not url
            if (with_pages or not is_page) and not (path / "index.html" if is_page else path).is_file():
                found.append(url)
        return found

    def dead_links(self) -> list[str]:
        """Relative links of pages to missing pages."""
        found = []
        for path in sorted(self.folder.public()):
            if not path.endswith(".html"):
                continue
            for url in re.findall(r'href="((?:\./|\.\./)[^"#?]*)', self.read(path).decode()):
                place = (self.public / path).parent / url
                if not (place / "index.html" if url.endswith("/") else place).exists():
                    found.append(f"{path}: {url}")
        return found

    def video(self) -> dict[str, Any] | None:
        """The episode's video on YouTube."""
        return next(iter(self.fake.channel.videos.values()), None)

    def is_video_seen(self) -> bool:
        """Whether anything of the episode is visible on YouTube."""
        video = self.video()
        if video is None:
            return False
        status = video["status"]
        return (
            status["privacyStatus"] != "private"
            or "publishAt" in status
            or bool(self.fake.channel.in_playlist())
        )

    def captions(self) -> str:
        return " ".join(str(one["text"]) for one in self.fake.channel.captions.values())


def _place_of(path: str) -> str:
    name = path.rsplit("/", 1)[-1]
    if path.startswith("media/"):
        return "feed"
    of_feed = (
        path == "feed.xml" or path.startswith("feed/") or name.startswith(("chapters.json", "transcript."))
    )
    return "feed" if of_feed else "pages"


def build(root: Path) -> None:
    """Everything that the series is published from."""
    episodes = root / "episodes"
    write_video(episodes / "secret/recording.mkv", SECONDS, 440.0)
    write_tone(episodes / "second/recording.wav", 1.2, 330.0)
    write_tone(episodes / "third/recording.wav", 1.1, 550.0)
    (episodes / "secret/notes.md").write_text("Unmistakable notes on zanzibars. At [0:01].", encoding="utf-8")
    (episodes / "secret/transcript.en.vtt").write_text(CUES, encoding="utf-8")
    (episodes / "people").mkdir()
    Image.new("RGB", (400, 400), "teal").save(episodes / "people/rare.jpg")
    (root / "episodes.toml").write_text(CATALOGUE, encoding="utf-8")


@pytest.fixture(scope="session")
def released_world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Channel]:
    """The series after its first release, and the channel that it went to; made once."""
    root = tmp_path_factory.mktemp("world") / "series"
    root.mkdir()
    build(root)
    with youtube() as fake:
        fake.channel.duration = SECONDS
        release(root, **environment(fake, root.parent))
    return root, fake.channel


@pytest.fixture
def world(
    released_world: tuple[Path, Channel],
    tmp_path: Path,
    fake: FakeYouTube,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    given, channel = released_world
    fake.channel = deepcopy(channel)
    fake.channel.duration = SECONDS
    for name, value in {"PUBLISHER_NOW": NOW, "NO_COLOR": "1", **environment(fake, tmp_path)}.items():
        monkeypatch.setenv(name, value)
    root = tmp_path / "series"
    shutil.copytree(given, root, symlinks=True)
    return World(Folder(root, capsys), fake, monkeypatch)


def receipt(world: World, slug: str) -> Any:
    return json.loads((world.root / f"episodes/{slug}/released.json").read_text(encoding="utf-8"))
