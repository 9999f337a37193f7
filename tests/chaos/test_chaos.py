"""Releases broken at random moments and run again: what comes of it is what an undisturbed one gives.

``CHAOS_ROUNDS=200 pytest tests/chaos`` breaks as many real releases, YouTube included (`make chaos`);
without it a fixed few break the heart of one. ``CHAOS_SEED`` chooses other moments.
"""

from __future__ import annotations

import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chaos import child, invariants
from tests.chaos.faults import KINDS

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "0"))
SEED = int(os.environ.get("CHAOS_SEED", "7"))
FEW = int(os.environ.get("CHAOS_FEW", "10"))


@dataclass
class Scene:
    """A series before a release, at its first or at a later one, and what that has to give."""

    before: Path
    expected: dict[str, bytes]
    acts: int


def run(root: Path, fault: str = "none", number: int = 0) -> tuple[int, str]:
    """The status of a release with a fault armed, and what it said on standard error."""
    errors = root.parent / "errors"
    return child.fork("core", root, fault, number, errors), errors.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> list[Scene]:
    parent = tmp_path_factory.mktemp("chaos")
    root, made = parent / "series", []
    root.mkdir()
    for stage in ("first", "later"):
        (root / "stage").write_text(stage, encoding="utf-8")
        before = parent / f"before-{stage}"
        shutil.copytree(root, before)
        status, said = run(root)
        assert status == 0, said
        acts = int((parent / "acts").read_text(encoding="utf-8"))
        made.append(Scene(before, invariants.outcome(root), acts))
    return made


def a_round(scene: Scene, root: Path, dice: random.Random) -> str:
    """Breaks one release one to three times, then runs it undisturbed; says what was not right."""
    shutil.copytree(scene.before, root)
    told = []
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        fault, number = dice.choice(KINDS), dice.randrange(1, scene.acts + 1)
        told.append(f"{fault} at act {number}")
        status, said = run(root, fault, number)
        if status == child.BREACH or "Traceback" in said:
            return f"{told}: {said}"
        if wrong := invariants.broken(root):
            return f"{told}: {wrong}"
    if dice.random() < 0.3:
        lose(root, dice, told)
    status, said = run(root)
    if status:
        return f"{told}: the next one ended with {status}: {said}"
    found = invariants.outcome(root)
    if found != scene.expected:
        names = [name for name in {*found, *scene.expected} if found.get(name) != scene.expected.get(name)]
        return f"{told}: not as undisturbed: {sorted(names)[:5]}"
    return ""


def lose(root: Path, dice: random.Random, told: list[str]) -> None:
    """Takes away or empties a published file, as a failing disk does."""
    published = sorted(path for path in (root / "public").rglob("*") if path.is_file())
    if (root / "stage").read_text(encoding="utf-8") == "later":
        # What a newer file has replaced is only kept for a while; nobody can make it again.
        published = [path for path in published if path.parent.name != "media"]
    # The feed in place cannot be right about a file that it lost: its time to go is with it.
    published = [path for path in published if path.name != "feed.xml"]
    if published:
        lost = dice.choice(published)
        told.append(f"{lost.name} lost")
        (root / "public/feed.xml").unlink(missing_ok=True)
        lost.unlink() if dice.random() < 0.5 else lost.write_bytes(b"")


@pytest.mark.parametrize("number", range(FEW))
def test_a_broken_release_is_completed_by_the_next_one(
    number: int, scenes: list[Scene], tmp_path: Path
) -> None:
    dice = random.Random(f"{SEED}/{number}")
    assert a_round(scenes[number % 2], tmp_path / "series", dice) == ""
