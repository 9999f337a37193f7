"""Disturbs releases with small makers at random operations; the next release must equal an undisturbed one.

``CHAOS_FEW`` is the number of rounds, ``CHAOS_SEED`` the seed of the random choices. With ``CHAOS_POWER=1``
the power also fails at each operation, one after the other: a missing flush shows at few of them.
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

SEED = int(os.environ.get("CHAOS_SEED", "7"))
CORE_ROUNDS = int(os.environ.get("CHAOS_FEW", "10"))
PARTS = 4
"""Tests that share the operations of a release."""


@dataclass
class CoreScenario:
    """A series before its first or a later release, and the outcome of that release undisturbed."""

    snapshot: Path
    expected: dict[str, bytes]
    operations: int


def release(root: Path, fault: str = "none", number: int = 0) -> tuple[int, str]:
    """The exit status and the standard error of a release with a fault."""
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
    """Disturbs one to three releases, then runs one undisturbed; returns what was wrong, or ""."""
    shutil.copytree(scenario.snapshot, root)
    injected = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        fault, number = rng.choice(KINDS), rng.randrange(1, scenario.operations + 1)
        injected.append(f"{fault} at operation {number}")
        status, stderr = release(root, fault, number)
        if status == release_child.VIOLATED or "Traceback" in stderr:
            return f"{injected}: {stderr}"
        if violation := invariants.violated(root):
            return f"{injected}: {violation}"
    if rng.random() < 0.3:
        damage_file(root, rng, injected)
    status, stderr = release(root)
    if status:
        return f"{injected}: the undisturbed release ended with {status}: {stderr}"
    names = invariants.differing_names(invariants.outcome(root), scenario.expected)
    return f"{injected}: different outcome: {names[:5]}" if names else ""


def damage_file(root: Path, rng: random.Random, injected: list[str]) -> None:
    """Removes or empties a published file, as a failing disk may do."""
    published = sorted(path for path in (root / "public").rglob("*") if path.is_file())
    if (root / "stage").read_text(encoding="utf-8") == "later":
        # Replaced media files are kept for some days and cannot be made again.
        published = [path for path in published if path.parent.name != "media"]
    # The feed declares sizes, so it is wrong as soon as a file is damaged: it is removed together with the file.
    published = [path for path in published if path.name != "feed.xml"]
    if published:
        path = rng.choice(published)
        injected.append(f"{path.name} damaged")
        (root / "public/feed.xml").unlink(missing_ok=True)
        path.unlink() if rng.random() < 0.5 else path.write_bytes(b"")


@pytest.mark.parametrize("number", range(CORE_ROUNDS))
def test_a_disturbed_release_is_completed_by_the_next_one(
    number: int, scenarios: list[CoreScenario], tmp_path: Path
) -> None:
    rng = random.Random(f"{SEED}/{number}")
    assert run_round(scenarios[number % 2], tmp_path / "series", rng) == ""


def cut_power(scenario: CoreScenario, root: Path, number: int) -> str:
    """Cuts the power at one operation, then runs an undisturbed release; returns what was wrong, or ""."""
    shutil.copytree(scenario.snapshot, root)
    _, stderr = release(root, "power", number)
    if violation := invariants.violated(root):
        return f"operation {number}: {violation} {stderr}"
    status, stderr = release(root)
    names = invariants.differing_names(invariants.outcome(root), scenario.expected)
    return f"operation {number}: {status} {stderr} {names[:5]}" if status or names else ""


@pytest.mark.skipif("CHAOS_POWER" not in os.environ, reason="takes minutes: make chaos")
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("stage", [0, 1])
def test_a_power_cut_at_any_operation_leaves_a_true_feed_and_is_completed(
    stage: int, part: int, scenarios: list[CoreScenario], tmp_path: Path
) -> None:
    scenario = scenarios[stage]
    numbers = range(1 + part, scenario.operations + 1, PARTS)
    found = [cut_power(scenario, tmp_path / f"{number}" / "series", number) for number in numbers]
    assert [text for text in found if text] == []
