"""Releases killed at random moments, each followed by another: the final state is always the same.

``PUBLISHER_TEST_KILLS=200 pytest tests/outputs/youtube/test_kills.py`` kills 200 releases;
``PUBLISHER_TEST_SEED`` chooses other moments.
"""

from __future__ import annotations

import os
import random
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fake_youtube import FakeYouTube, youtube
from tests.outputs.youtube.series_folder import YouTubeFolder

KILLS = int(os.environ.get("PUBLISHER_TEST_KILLS", "1"))
SEED = int(os.environ.get("PUBLISHER_TEST_SEED", "1"))
CALLS = 40
"""Approximate number of calls of the first release; later releases make fewer."""


class Killer:
    """Kills the running release with SIGKILL at its n-th call, shortly after it, or never."""

    def __init__(self, dice: random.Random, calls: int) -> None:
        self._phase = dice.choice(("before", "after", "done"))
        self._left = dice.randrange(1, calls + 1)
        self._delay = dice.choice((0.0, 0.0, dice.random() * 0.02))
        self.process: subprocess.Popen[bytes] | None = None
        self.has_killed = False

    def __call__(self, method: str, phase: str) -> None:
        if phase != self._phase and not (phase == "after" and self._phase == "done"):
            return
        self._left -= 1
        if self._left or self.process is None:
            return
        self.has_killed = True
        if self._delay:
            threading.Timer(self._delay, self.process.kill).start()
        else:
            self.process.kill()
            self.process.wait()


def make_folder(root: Path, fake: FakeYouTube) -> YouTubeFolder:
    fake.channel.polls = 1
    folder = YouTubeFolder(root, fake)
    folder.add("first", size=700_000, transcripts=["en", "ur"], summary="The first talk.")
    folder.add("second", size=1_000, translations={"fr": ["Deuxième", "Le deuxième."]})
    folder.add("third", size=300_000, transcripts=["en"], topics=["Rights"])
    return folder


def change(folder: YouTubeFolder) -> None:
    """Edits published talks as a producer may."""
    folder.edit("first", title="Another title", date="2021-02-01T18:00:00+00:00")
    folder.write_transcript("first", "ur", "Other words")
    folder.edit("second", youtube={"upload": True, "privacy": "unlisted"}, summary="More.")


STAGES: tuple[Callable[[YouTubeFolder], None], ...] = (lambda folder: None, change)


def run_until_done(folder: YouTubeFolder) -> None:
    for _ in range(5):
        if not folder.release().failed and not folder.plan().steps:
            return
    raise AssertionError("the release never ends")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    states = []
    with youtube() as fake:
        folder = make_folder(tmp_path_factory.mktemp("quiet") / "series", fake)
        for stage in STAGES:
            stage(folder)
            run_until_done(folder)
            states.append(folder.visible_state())
    return states


def kill_releases(folder: YouTubeFolder, dice: random.Random, maximum: int) -> int:
    """Starts releases and kills them, until one ends by itself or `maximum` were killed."""
    for killed in range(maximum):
        killer = Killer(dice, max(3, CALLS // (killed + 1)))
        folder.fake.on_call = killer
        killer.process = folder.start()
        killer.process.communicate(timeout=60)
        folder.fake.on_call = lambda method, phase: None
        if not killer.has_killed:
            return killed
    return maximum


def test_killed_releases_reach_the_same_state_as_undisturbed_ones(
    tmp_path: Path, undisturbed: list[dict[str, Any]]
) -> None:
    dice, killed, number = random.Random(SEED), 0, 0
    while killed < KILLS:
        number += 1
        with youtube() as fake:
            folder = make_folder(tmp_path / f"series-{number}", fake)
            for stage, expected in zip(STAGES, undisturbed, strict=True):
                stage(folder)
                killed += kill_releases(folder, dice, max(1, min(4, KILLS - killed)))
                run_until_done(folder)
                assert folder.visible_state() == expected
                assert fake.channel.seen_unfinished == []
                assert len(fake.channel.videos) == 3
    assert killed >= KILLS
