"""Plan, release, review and withdrawal in a real browser, by keyboard and before axe."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.outputs.pages.test_in_browser import PROGRAMS, _chromium, tools  # noqa: F401
from tests.studio.conftest import run_studio
from tests.studio.test_release_control import write


def test_a_producer_releases_and_withdraws_by_keyboard_on_accessible_screens(
    tools: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    root = write(tmp_path / "series")
    for running in run_studio(root):
        address = f"http://127.0.0.1:{running.port}/#{running.sessions.secret}"
        line = ["node", str(PROGRAMS / "studio_release.mjs"), address, str(_chromium()), "first", "ada"]
        done = subprocess.run(
            line, cwd=tools, capture_output=True, encoding="utf-8", check=False, timeout=400
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == []
    assert b"Second talk" in (root / "public/feed.xml").read_bytes()
    assert not any("&lt;b&gt;talk" in path.read_text("utf-8") for path in root.glob("public/**/*.html"))
