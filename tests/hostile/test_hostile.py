"""What strangers send, through the real command: a message, soon, in bounded memory; or no harm at all.

``PUBLISHER_TEST_HOSTILE=1 pytest tests/hostile`` runs all of the corpus (`make hostile`), which takes
minutes; without it the few of `ALWAYS` stand for the rest.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.hostile.corpus import CASES, Case, Folder
from tests.hostile.run_command import CommandResult, run

SECONDS = 10
MEMORY = 500_000_000
ALWAYS = (
    "m3u8 of a local file",
    "16000 × 16000 pixels",
    "a pipe as receipt",
    "as many headers as are read",
    "Jinja in every text",
    "a former slug: up and away",
    "public/media is a link",
    "a frame that starts a program",
    "notes of one long reference",
)
RUNNING = re.compile(r"<script>\s*alert|<svg[^>]+onload|<iframe|href=\"javascript:|<img[^>]+onerror")
EVERY = bool(os.environ.get("PUBLISHER_TEST_HOSTILE") or os.environ.get("PUBLISHER_TEST_ALL"))
CHOSEN = [
    pytest.param(case, id=f"{kind}: {case.name}")
    for kind, cases in CASES
    for case in cases
    if EVERY or case.name in ALWAYS
]


@pytest.mark.parametrize("case", CHOSEN)
def test_what_strangers_send_ends_in_a_message_or_in_no_harm(
    case: Case, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    folder = Folder(tmp_path / "series")
    case.spoil(folder)
    before = _beside(folder)
    result = run(folder.root, "release", cpu_seconds=SECONDS, timeout=12 * SECONDS)
    record_property("memory", result.memory)
    record_property("seconds", round(result.cpu_seconds, 2))
    assert result.status is not None, f"did not end: {result.output[-500:]}"
    assert "Traceback" not in result.output, result.output[-2000:]
    assert result.memory < MEMORY
    _require_outcome(case, result)
    _require_no_harm(folder)
    assert _beside(folder) == before, "something outside the series was changed"


def _beside(folder: Folder) -> dict[str, bytes]:
    """Every file beside the series, with what is in it."""
    found = (path for place in (folder.outside, folder.theirs) for path in place.rglob("*"))
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in found}


def _require_outcome(case: Case, result: CommandResult) -> None:
    said = result.output[-2000:]
    if case.harmless:
        assert result.status == 0, said
    elif case.words == "*":
        assert result.status in (0, 1, 2), said
    else:
        assert result.status in (1, 2), said
        assert case.words.lower() in result.output.lower(), said
    assert result.output.strip(), "it ended without a word"
    assert max(map(len, result.output.splitlines())) < 3000, "a message of thousands of letters"


def _require_no_harm(folder: Folder) -> None:
    """Nothing from outside, nothing that runs, nothing that was computed from a title."""
    assert sorted(path.name for path in folder.outside.iterdir()) == [
        "cover.png", "episode.toml", "notes.md", "recording.wav", "transcript.en.vtt",
    ]  # fmt: skip
    for path in folder.root.joinpath("public").rglob("*") if folder.root.joinpath("public").is_dir() else ():
        if path.suffix in (".html", ".xml", ".json", ".vtt", ".srt") and "assets" not in path.parts:
            text = path.read_text(encoding="utf-8")
            assert "SECRET-OF-THIS-MACHINE" not in text
            assert "645814827" not in text
            runs = path.suffix == ".html" and RUNNING.search(text)
            assert not runs, path
