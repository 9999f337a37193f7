"""Edits on both sides, faults and releases in random order: no edit made there is ever lost."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fake_youtube import youtube
from tests.outputs.youtube.house import House

SEEDS = range(int(os.environ.get("PUBLISHER_TEST_SEEDS", "3")))
TURNS = 14
FAULTS = ("500", "503", "cut", "lost", "nonsense", "429")
METHODS = ("videos.list", "videos.update", "captions.insert", "thumbnails.set", "upload.put")
FIELDS = {"title": "title", "tags": "tags", "privacy": "privacyStatus"}


class Both:
    """Who edited which field last, of which talk."""

    def __init__(self, house: House, dice: random.Random) -> None:
        self.house, self.dice = house, dice
        self.there: dict[tuple[str, str], Any] = {}
        self.number = 0

    def edit_here(self, slug: str) -> None:
        self.number += 1
        field = self.dice.choice(("title", "summary", "topics"))
        value: Any = [f"T{self.number}"] if field == "topics" else f"Here {self.number}"
        self.house.edit(slug, **{field: value})

    def edit_there(self, slug: str) -> None:
        if "id" not in self._facts(slug) or not self._facts(slug).get("checked"):
            return
        self.number += 1
        video, field = self.house.video(slug), self.dice.choice(sorted(FIELDS))
        if field == "privacy":
            value: Any = self.dice.choice(("private", "unlisted", "public"))
            video["status"]["privacyStatus"] = value
        else:
            value = [f"there{self.number}"] if field == "tags" else f"There {self.number}"
            video["snippet"][field] = value
        self.there[slug, field] = value

    def _facts(self, slug: str) -> dict[str, Any]:
        path = self.house.root / "episodes" / slug / "released.json"
        return dict(self.house.facts(slug)) if path.exists() else {}

    def check(self) -> None:
        for (slug, field), value in self.there.items():
            video = self.house.video(slug)
            part = "status" if field == "privacy" else "snippet"
            assert video[part][FIELDS[field]] == value, (slug, field)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_edit_made_there_is_never_lost(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    with youtube() as fake:
        house = House(tmp_path / "series", fake)
        for slug in ("one", "two"):
            house.add(slug, size=300_000, transcripts=["en"], summary="At first.")
        both = Both(house, dice)
        for _ in range(TURNS):
            act = dice.choice((both.edit_here, both.edit_there, both.edit_there))
            act(dice.choice(("one", "two")))
            if dice.random() < 0.5:
                fake.fail(dice.choice(METHODS), dice.choice(FAULTS), times=dice.choice((1, 3, 12)))
            house.release()
            fake.faults.clear()
            house.now += timedelta(hours=9)
            both.check()
        house.release()
        house.release()
        assert not house.release().done
        both.check()
        assert len(fake.channel.videos) == 2
        assert len(fake.channel.captions) == 2
        assert len(fake.channel.in_playlist()) == 2
