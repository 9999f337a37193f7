"""A review file opened from disk in Chromium with the network off: read, heard, answered, checked.

Runs with PUBLISHER_TEST_ALL=1 only, with the tools of the pages' tests.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.outputs.pages.test_in_browser import _chromium, _node, tools
from tests.review.conftest import PASSPHRASE, Reviewed

__all__ = ["tools"]


@pytest.mark.parametrize(("name", "passphrase"), [("open", ""), ("locked", PASSPHRASE.replace(" ", ""))])
def test_a_guest_answers_offline_and_the_answer_arrives(
    name: str, passphrase: str, tools: Path, reviewed: Reviewed
) -> None:
    file = reviewed.root / f"private/reviews/{name}.html"
    seen = _node(tools, "review.mjs", str(file), _chromium() or "", passphrase, "")
    assert (seen["problems"], seen["requests"], seen["stored"]) == ([], [], [0, 0, ""])
    assert seen["secure"] is True and seen["language"] == ["en", "ltr"]
    assert seen["duration"] == pytest.approx(3.0, abs=0.05)
    assert seen["seeked"] == pytest.approx(2.0, abs=0.5)
    assert (seen["kind"], seen["marks"]) == ("correction", 3)
    assert seen["saved"].strip() == seen["answer"]

    path = reviewed.root.parent / seen["name"]
    path.write_text(seen["saved"], encoding="utf-8")
    result = reviewed.run("review", "read", str(path), "--accept", "all")
    assert result.status == 1 and "publisher withdraw first-talk --from youtube" in result.out
    assert 'cut = [\n  ["0:02", "0:03"],\n  ["0:01", "0:02"],\n]' in reviewed.catalogue
    assert "consent = { first-guest = { feed = 2021-03-01 } }" in reviewed.catalogue
    assert 'mute = [["0:00.5", "0:00.8"]]' in reviewed.catalogue
    transcript = (reviewed.root / "episodes/first-talk/transcript.en.vtt").read_text(encoding="utf-8")
    assert "<v First Guest>Welcome to the talk. Once more.\n" in transcript
    assert "My cousin <b>is named</b> here" in result.out and "Comment: Thank you." in result.out


@pytest.mark.parametrize("name", ["open", "locked"])
def test_the_nu_checker_finds_no_error(name: str, tools: Path, reviewed: Reviewed) -> None:
    if shutil.which("java") is None:
        pytest.skip("Java is not installed")
    jar = tools / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    file = reviewed.root / f"private/reviews/{name}.html"
    command = ["java", "-jar", str(jar), "--errors-only", str(file)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (result.returncode, result.stderr) == (0, "")
