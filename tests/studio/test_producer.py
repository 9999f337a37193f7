"""A producer makes a talk from a recording to its public page, with the real command, in a real browser."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import tomli

from publisher.catalogue.dates import parse_time
from tests.media import sounds
from tests.outputs.pages.test_in_browser import _chromium, tools
from tests.studio.studio_process import run_program, running_process

PROGRAMS = Path(__file__).parents[1] / "browser"
PAUSES = ((9.5, 10.9), (19.2, 20.8), (23.1, 24.5))
CATALOGUE = """\
# The talks of a small series.
[series]
title = "Border talks"
description = "Talks."
language = "en"
link = "https://talks.example.org/"
author = "A team"
timezone = "Europe/Berlin"

[people.ada]
name = "Ada Example" # the host
"""
WORDS = """\
WEBVTT

00:00.000 --> 00:04.500
<v Ada Example>Good evening. With us is Catrin Muller.

00:05.200 --> 00:06.800
<v Ada Example>A remark to leave out.

00:07.200 --> 00:09.400
<v Catrin Muller>Thank you.

00:11.000 --> 00:19.000
<v Ada Example>Catrin Muller knows the river well.
"""

__all__ = ["tools"]


def make_recording(path: Path) -> Path:
    samples = sounds.voice(36.0)
    for start, end in PAUSES:
        samples[round(start * sounds.RATE) : round(end * sounds.RATE)] *= np.float32(0.001)
    return sounds.with_picture(sounds.write_wav(path.with_suffix(".wav"), samples), path, "-c:a", "aac")


@pytest.fixture(scope="module")
def made(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The series after the producer's work, and what was seen."""
    folder = tmp_path_factory.mktemp("producer")
    root = folder / "series"
    root.mkdir()
    (root / "episodes.toml").write_text(CATALOGUE, encoding="utf-8")
    recording = make_recording(folder / "the_river.mp4")
    words = folder / "river.vtt"
    words.write_text(WORDS, encoding="utf-8")
    with running_process(root) as studio:
        arguments = [studio.address, _chromium() or "", str(recording), str(words), ""]
        seen = run_program(tools, PROGRAMS / "studio_producer.mjs", arguments)
    return root, seen


@pytest.fixture
def copied(made: tuple[Path, Any], tmp_path: Path) -> Path:
    """A copy of the series after the producer's work."""
    return Path(shutil.copytree(made[0], tmp_path / "series"))


def test_the_catalogue_is_what_a_person_would_have_written(made: tuple[Path, Any]) -> None:
    root, _ = made
    text = (root / "episodes.toml").read_text(encoding="utf-8")
    (talk,) = tomli.loads(text)["episode"]
    at = [one["at"] for one in talk["chapters"]]
    spans = talk["cut"]
    assert (
        text
        == CATALOGUE
        + f"""
[people.kathrin-muller]
name = "Kathrin Müller"

[[episode]]
slug = "the-river"
title = "The river"
date = 2021-02-12T18:00:00
recording = "recording.mp4"
guests = ["kathrin-muller"]
chapters = [
  {{ at = "0:00", title = "Welcome" }},
  {{ at = "{at[1]}", title = "The spring" }},
  {{ at = "{at[2]}", title = "The valley" }},
  {{ at = "{at[3]}", title = "The sea" }},
  {{ at = "{at[4]}", title = "Questions" }},
]
cut = [
  ["0:05", "0:07"],
  ["{spans[1][0]}", "{spans[1][1]}"],
]
"""
    )
    assert [parse_time(time) for time in at[2:]] == pytest.approx([15, 27.5, 32], abs=0.03)
    heard = [parse_time(time) for time in (at[1], *spans[1])]
    assert all(start <= time <= end for time, (start, end) in zip(heard, PAUSES, strict=True))


def test_a_name_is_corrected_in_all_words_and_speakers(made: tuple[Path, Any]) -> None:
    root, seen = made
    words = (root / "episodes/the-river/transcript.en.vtt").read_text(encoding="utf-8")
    assert words == WORDS.replace("Catrin Muller", "Kathrin Müller")
    assert seen["places"] == "2 places"


def test_every_step_answers_the_keyboard_without_a_message_in_the_console(made: tuple[Path, Any]) -> None:
    _, seen = made
    assert seen["errors"] == []
    assert (seen["undone"], seen["join"]) == ("0:05.00", 4.0)


def test_the_released_page_has_the_chapters_the_guest_and_no_cut_words(made: tuple[Path, Any]) -> None:
    root, seen = made
    assert "The river" in seen["plan"]
    for text in ("The river", "Kathrin Müller", "The spring", "Questions"):
        assert text in seen["page"]
    page = (root / "public/episodes/the-river/index.html").read_text(encoding="utf-8")
    assert "Kathrin Müller" in page
    published = [path.read_bytes() for path in (root / "public").rglob("*") if path.is_file()]
    assert not any(b"Catrin" in content or b"leave out" in content for content in published)
    with av.open(str(next((root / "public/media").glob("*.mp3")))) as audio:
        assert (audio.duration or 0) / av.time_base == pytest.approx(36 - 2 - 3.9, abs=0.2)


def test_a_guests_answer_arrives_from_a_file_that_was_opened_without_a_network(
    copied: Path, tools: Path
) -> None:
    with running_process(copied) as studio:
        arguments = [studio.address, _chromium() or "", "the-river", str(copied.parent)]
        seen: Any = run_program(tools, PROGRAMS / "studio_review.mjs", arguments)
    assert (seen["errors"], seen["requests"], seen["readable"]) == ([], [], False)
    assert len(seen["done"]) == len(seen["proposals"]) == 4
    (talk,) = tomli.loads((copied / "episodes.toml").read_text(encoding="utf-8"))["episode"]
    day = date(2021, 2, 12)
    assert talk["consent"] == {"kathrin-muller": {"feed": day, "pages": day, "youtube": day}}
    assert len(talk["cut"]) == 3
    assert f"/sound#t={parse_time(talk['cut'][2][0]):g}" in seen["hear"]


def test_the_parts_of_the_studio_agree_on_one_talk(copied: Path, tools: Path) -> None:
    other = sounds.write_wav(copied.parent / "other.wav", sounds.voice(30.0))
    with running_process(copied) as studio:
        arguments = [
            studio.address,
            _chromium() or "",
            "the-river",
            str(other),
            str(copied / "episodes.toml"),
        ]
        seen: Any = run_program(tools, PROGRAMS / "studio_seams.mjs", arguments)
    assert seen["errors"] == []
    assert seen["afterMark"].endswith("Truly.") and not seen["afterWords"].endswith("Truly.")
    assert seen["saved"] == [True] * 10
    assert seen["titles"] == [f"Title {number}" for number in range(5, 10)]
    assert seen["durations"] == pytest.approx([36.0, 30.0], abs=0.1)
