"""Edits on both sides, faults and releases in random order: no edit made on YouTube is lost."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fake_youtube import youtube
from tests.outputs.youtube.series_folder import YouTubeFolder

SEEDS = range(int(os.environ.get("PUBLISHER_TEST_SEEDS", "3")))
TURNS = 14
FAULTS = ("500", "503", "cut", "lost", "nonsense", "429")
METHODS = ("videos.list", "videos.update", "captions.insert", "thumbnails.set", "upload.put")
FIELDS = {"title": "title", "tags": "tags", "privacy": "privacyStatus"}


class Edits:
    """Edits talks on both sides, and stores the last edit of each field on YouTube."""

    def __init__(self, folder: YouTubeFolder, dice: random.Random) -> None:
        self.folder, self.dice = folder, dice
        self.on_youtube: dict[tuple[str, str], Any] = {}
        self.number = 0

    def edit_locally(self, slug: str) -> None:
        self.number += 1
        field = self.dice.choice(("title", "summary", "topics"))
        value: Any = [f"T{self.number}"] if field == "topics" else f"Here {self.number}"
        self.folder.edit(slug, **{field: value})

    def edit_on_youtube(self, slug: str) -> None:
        if "id" not in self._facts(slug) or not self._facts(slug).get("checked"):
            return
        self.number += 1
        video, field = self.folder.video(slug), self.dice.choice(sorted(FIELDS))
        if field == "privacy":
            value: Any = self.dice.choice(("private", "unlisted", "public"))
            video["status"]["privacyStatus"] = value
        else:
            value = [f"there{self.number}"] if field == "tags" else f"There {self.number}"
            video["snippet"][field] = value
        self.on_youtube[slug, field] = value

    def _facts(self, slug: str) -> dict[str, Any]:
        path = self.folder.root / "episodes" / slug / "released.json"
        return dict(self.folder.facts(slug)) if path.exists() else {}

    def check(self) -> None:
        for (slug, field), value in self.on_youtube.items():
            video = self.folder.video(slug)
            part = "status" if field == "privacy" else "snippet"
            assert video[part][FIELDS[field]] == value, (slug, field)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_edit_made_on_youtube_is_never_lost(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    with youtube() as fake:
        folder = YouTubeFolder(tmp_path / "series", fake)
        for slug in ("one", "two"):
            folder.add(slug, size=300_000, transcripts=["en"], summary="At first.")
        edits = Edits(folder, dice)
        for _ in range(TURNS):
            act = dice.choice((edits.edit_locally, edits.edit_on_youtube, edits.edit_on_youtube))
            act(dice.choice(("one", "two")))
            if dice.random() < 0.5:
                fake.fail(dice.choice(METHODS), dice.choice(FAULTS), times=dice.choice((1, 3, 12)))
            folder.release()
            fake.faults.clear()
            folder.now += timedelta(hours=9)
            edits.check()
        folder.release()
        folder.release()
        assert not folder.release().done
        edits.check()
        assert len(fake.channel.videos) == 2
        assert len(fake.channel.captions) == 2
        assert len(fake.channel.in_playlist()) == 2
