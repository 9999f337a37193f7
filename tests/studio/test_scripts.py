"""The scripts of the studio that need no page, in node."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parents[1] / "browser"


@pytest.mark.parametrize("name", ["marks.test.mjs", "peaks.test.mjs"])
def test_a_script_does_what_its_tests_say(name: str) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    command = [node, "--test", str(PROGRAMS / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
