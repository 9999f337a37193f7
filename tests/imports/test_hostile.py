"""Hostile feeds and exports: each is refused with a message, or defused, within limits of memory and time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.imports import hostile

NAMES = list(hostile.names())
CHOSEN = NAMES if os.environ.get("PUBLISHER_TEST_ALL") else NAMES[::9]
"""`make test` reads a part of them; `make test-all` all."""


@pytest.fixture(scope="module")
def outcomes() -> dict[str, dict[str, Any]]:
    """What became of each case in a program with limits."""
    command = [sys.executable, "-m", "tests.imports.hostile", *CHOSEN]
    done = subprocess.run(command, capture_output=True, check=True, timeout=900)
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found


def test_there_are_more_than_a_hundred_cases() -> None:
    assert len(NAMES) > 100


@pytest.mark.parametrize("name", CHOSEN)
def test_a_hostile_input_is_refused_or_defused(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    found = outcomes[name]
    is_refused = name in hostile.REFUSED or name.startswith("refused")
    assert ("refused" in found) == is_refused, found
    assert found.get("found", []) == []
    assert found["size"] < 2_000_000
