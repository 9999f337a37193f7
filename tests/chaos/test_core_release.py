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

from tests.chaos import invariants, release_child
from tests.chaos.faults import KINDS

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "0"))
SEED = int(os.environ.get("CHAOS_SEED", "7"))
CORE_ROUNDS = int(os.environ.get("CHAOS_FEW", "10"))


@dataclass
class CoreScenario:
    """A series before a release, at its first or at a later one, and what that has to give."""

    snapshot: Path
    expected: dict[str, bytes]
    operations: int


def release(root: Path, fault: str = "none", number: int = 0) -> tuple[int, str]:
    """The status of a release with a fault armed, and what it said on standard error."""
    errors = root.parent / "errors"
    return release_child.fork("core", root, fault, number, errors), errors.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> list[CoreScenario]:
    parent = tmp_path_factory.mktemp("chaos")
    root, scenarios = parent / "series", []
    root.mkdir()
    for stage in ("first", "later"):
        (root / "stage").write_text(stage, encoding="utf-8")
        snapshot = parent / f"before-{stage}"
        shutil.copytree(root, snapshot)
        status, stderr = release(root)
        assert status == 0, stderr
        operations = int((parent / "operations").read_text(encoding="utf-8"))
        scenarios.append(CoreScenario(snapshot, invariants.outcome(root), operations))
    return scenarios


def run_round(scenario: CoreScenario, root: Path, rng: random.Random) -> str:
    """Breaks one release one to three times, then runs it undisturbed; says what was not right."""
    shutil.copytree(scenario.snapshot, root)
    injected = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        fault, number = rng.choice(KINDS), rng.randrange(1, scenario.operations + 1)
        injected.append(f"{fault} at act {number}")
        status, stderr = release(root, fault, number)
        if status == release_child.VIOLATED or "Traceback" in stderr:
            return f"{injected}: {stderr}"
        if violation := invariants.violated(root):
            return f"{injected}: {violation}"
    if rng.random() < 0.3:
        damage_file(root, rng, injected)
    status, stderr = release(root)
    if status:
        return f"{injected}: the next one ended with {status}: {stderr}"
    outcome = invariants.outcome(root)
    if outcome != scenario.expected:
        names = [
            name
            for name in {*outcome, *scenario.expected}
            if outcome.get(name) != scenario.expected.get(name)
        ]
        return f"{injected}: not as undisturbed: {sorted(names)[:5]}"
    return ""


def damage_file(root: Path, rng: random.Random, injected: list[str]) -> None:
    """Takes away or empties a published file, as a failing disk does."""
    published = sorted(path for path in (root / "public").rglob("*") if path.is_file())
    if (root / "stage").read_text(encoding="utf-8") == "later":
        # What a newer file has replaced is only kept for a while; nobody can make it again.
        published = [path for path in published if path.parent.name != "media"]
    # The feed in place cannot be right about a file that it lost: its time to go is with it.
    published = [path for path in published if path.name != "feed.xml"]
    if published:
        path = rng.choice(published)
        injected.append(f"{path.name} lost")
        (root / "public/feed.xml").unlink(missing_ok=True)
        path.unlink() if rng.random() < 0.5 else path.write_bytes(b"")


@pytest.mark.parametrize("number", range(CORE_ROUNDS))
def test_a_broken_release_is_completed_by_the_next_one(
    number: int, scenarios: list[CoreScenario], tmp_path: Path
) -> None:
    rng = random.Random(f"{SEED}/{number}")
    assert run_round(scenarios[number % 2], tmp_path / "series", rng) == ""
