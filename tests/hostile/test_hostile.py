"""Hostile input is refused with a message or published without harm, in bounded time and memory.

The real command runs on every case of the corpus with ``PUBLISHER_TEST_HOSTILE=1`` (`make hostile`), which
takes minutes; otherwise only on `DEFAULT_CASES`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.hostile.corpus import CASES, Case, Folder
from tests.hostile.run_command import CommandResult, run

MAX_CPU_SECONDS = 10
MAX_MEMORY = 500_000_000
DEFAULT_CASES = (
    "m3u8 of a local file",
    "16000 × 16000 pixels",
    "a pipe as receipt",
    "as many headers as are read",
    "Jinja in every text",
    "a former slug: a parent path",
    "public/media is a link",
    "a frame that starts a program",
    "notes of one long reference",
)
ACTIVE_HTML = re.compile(r"<script>\s*alert|<svg[^>]+onload|<iframe|href=\"javascript:|<img[^>]+onerror")
RUN_ALL = bool(os.environ.get("PUBLISHER_TEST_HOSTILE") or os.environ.get("PUBLISHER_TEST_ALL"))
CHOSEN = [
    pytest.param(case, id=f"{kind}: {case.name}")
    for kind, cases in CASES
    for case in cases
    if RUN_ALL or case.name in DEFAULT_CASES
]


@pytest.mark.parametrize("case", CHOSEN)
def test_hostile_input_is_refused_or_published_without_harm(
    case: Case, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    folder = Folder(tmp_path / "series")
    case.prepare(folder)
    before = _files_outside(folder)
    result = run(folder.root, "release", cpu_seconds=MAX_CPU_SECONDS, timeout=12 * MAX_CPU_SECONDS)
    record_property("memory", result.memory)
    record_property("seconds", round(result.cpu_seconds, 2))
    assert result.status is not None, f"did not end: {result.output[-500:]}"
    assert "Traceback" not in result.output, result.output[-2000:]
    assert result.memory < MAX_MEMORY
    _require_outcome(case, result)
    _require_no_harm(folder)
    assert _files_outside(folder) == before, "something outside the series was changed"


def _files_outside(folder: Folder) -> dict[str, bytes]:
    """The content of every file in the folders beside the series."""
    found = (path for root in (folder.outside, folder.foreign) for path in root.rglob("*"))
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in found}


def _require_outcome(case: Case, result: CommandResult) -> None:
    output = result.output[-2000:]
    if case.harmless:
        assert result.status == 0, output
    elif case.message == "*":
        assert result.status in (0, 1, 2, 3), output
    else:
        assert result.status in (1, 2, 3), output
        assert case.message.lower() in result.output.lower(), output
    assert result.output.strip(), "it printed nothing"
    assert max(map(len, result.output.splitlines())) < 3000, "a message of thousands of characters"


def _require_no_harm(folder: Folder) -> None:
    """Published files contain no text from outside, no active HTML and no result of an evaluated title."""
    assert sorted(path.name for path in folder.outside.iterdir()) == [
        "cover.png", "episode.toml", "notes.md", "recording.wav", "transcript.en.vtt",
    ]  # fmt: skip
    for path in folder.root.joinpath("public").rglob("*") if folder.root.joinpath("public").is_dir() else ():
        if path.suffix in (".html", ".xml", ".json", ".vtt", ".srt") and "assets" not in path.parts:
            text = path.read_text(encoding="utf-8")
            assert "SECRET-OF-THIS-MACHINE" not in text
            assert "645814827" not in text
            is_active = path.suffix == ".html" and ACTIVE_HTML.search(text)
            assert not is_active, path
