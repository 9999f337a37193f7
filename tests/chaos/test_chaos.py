"""Releases broken at random moments and run again: what comes of it is what an undisturbed one gives.

``CHAOS_ROUNDS=200 pytest tests/chaos`` breaks as many real releases (`make chaos`); without it a fixed
few break the heart of one. ``CHAOS_SEED`` chooses other moments.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chaos import child, invariants
from tests.chaos.faults import KINDS
from tests.cli.conftest import CATALOGUE, write_tone

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "0"))
SEED = int(os.environ.get("CHAOS_SEED", "7"))
FEW = int(os.environ.get("CHAOS_FEW", "10"))
REPOSITORY = Path(__file__).parent.parent.parent
LATER = "2021-03-20T12:00:00+00:00"
MORE = """
[[episode]]
slug = "{slug}"
title = "{title}"
date = 2021-01-1{day}T18:00:00+01:00
recording = "recording.wav"
"""


@dataclass
class Scene:
    """A series before a release, at its first or at a later one, and what that has to give."""

    kind: str
    before: Path
    expected: dict[str, bytes]
    acts: int


def run(kind: str, root: Path, fault: str = "none", number: int = 0) -> tuple[int, str]:
    """The status of a release with a fault armed, and what it said on standard error."""
    errors = root.parent / "errors"
    if kind == "core":
        return child.fork(kind, root, fault, number, errors), errors.read_text(encoding="utf-8")
    later = (root / "stage").read_text(encoding="utf-8") == "later"
    now = LATER if later else "2021-03-01T12:00:00+00:00"
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.child", kind, str(root), fault, str(number)],
        cwd=REPOSITORY,
        env={**os.environ, "PUBLISHER_NOW": now},
        capture_output=True,
        start_new_session=True,
        timeout=300,
    )
    return done.returncode, done.stderr.decode("utf-8", "replace")


def prepare(kind: str, root: Path) -> None:
    root.mkdir(parents=True)
    (root / "stage").write_text("first", encoding="utf-8")
    if kind == "core":
        return
    catalogue = CATALOGUE.replace("talks.example.org/series/", "talks.example.org/")
    for number, slug in enumerate(("first-talk", "second-talk", "third-talk")):
        write_tone(root / "episodes" / slug / "recording.wav", seconds=1.2, frequency=300.0 + 50 * number)
        if number:
            catalogue += MORE.format(slug=slug, title=f"Talk {number}", day=number)
    (root / "episodes.toml").write_text(catalogue, encoding="utf-8")


def edit(kind: str, root: Path) -> None:
    """What a producer changes before the later release: a title, a sound, a withdrawal, a new talk."""
    (root / "stage").write_text("later", encoding="utf-8")
    if kind == "core":
        return
    path = root / "episodes.toml"
    text = path.read_text(encoding="utf-8").replace("What is an example?", "What is a better example?")
    text = text.replace('title = "Talk 2"', 'title = "Talk 2"\nstatus = "withdrawn"')
    write_tone(root / "episodes/second-talk/recording.wav", seconds=1.4, frequency=700.0)
    write_tone(root / "episodes/fourth-talk/recording.wav", seconds=1.0, frequency=500.0)
    path.write_text(text + MORE.format(slug="fourth-talk", title="Talk 3", day=3), encoding="utf-8")


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> list[Scene]:
    kind = "whole" if ROUNDS else "core"
    parent = tmp_path_factory.mktemp("chaos")
    made = []
    root = parent / "series"
    prepare(kind, root)
    for number in range(2):
        before = parent / f"before-{number}"
        shutil.copytree(root, before)
        assert run(kind, root, "watch") == (0, "")
        acts = int((parent / "acts").read_text(encoding="utf-8"))
        made.append(Scene(kind, before, invariants.outcome(root), acts))
        edit(kind, root)
    return made


def a_round(scene: Scene, root: Path, dice: random.Random) -> str:
    """Breaks one release one to three times, then runs it undisturbed; says what was not right."""
    shutil.copytree(scene.before, root)
    told = []
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        fault, number = dice.choice(KINDS), dice.randrange(1, scene.acts + 1)
        told.append(f"{fault} at act {number}")
        _, said = run(scene.kind, root, fault, number)
        if "Traceback" in said:
            return f"{told}: {said}"
        if wrong := invariants.broken(root):
            return f"{told}: {wrong}"
    status, said = run(scene.kind, root, "watch")
    if status:
        return f"{told}: the next one ended with {status}: {said}"
    found = invariants.outcome(root)
    if found != scene.expected:
        names = [name for name in {*found, *scene.expected} if found.get(name) != scene.expected.get(name)]
        return f"{told}: not as undisturbed: {sorted(names)[:5]}"
    shutil.rmtree(root)
    return ""


@pytest.mark.parametrize("number", range(ROUNDS or FEW))
def test_a_broken_release_is_completed_by_the_next_one(
    number: int, scenes: list[Scene], tmp_path: Path
) -> None:
    dice = random.Random(f"{SEED}/{number}")
    assert a_round(scenes[number % 2], tmp_path / "series", dice) == ""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_release_ends_within_two_seconds_children_included(
    sent: signal.Signals, tmp_path: Path
) -> None:
    root = tmp_path / "series"
    prepare("whole", root)
    write_tone(root / "episodes/first-talk/recording.wav", seconds=240.0)
    command = [sys.executable, "-m", "publisher", "release", "-C", str(root)]
    running = subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    while running.poll() is None and not any((root / ".publisher" / "audio").glob("*/*")):
        time.sleep(0.02)
    running.send_signal(sent)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert b"run the same command again" in said
    with pytest.raises(ProcessLookupError):
        os.killpg(running.pid, 0)
    assert invariants.broken(root) == ""
