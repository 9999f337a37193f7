"""`publisher doctor`; accepting links: `test_symlinks.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Folder
from tests.fake_channel import CHANNEL
from tests.fake_youtube import FakeYouTube
from tests.media import sounds


def test_doctor_reports_the_encoders_that_a_configured_ffmpeg_lacks(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    able = sounds.write_ffmpeg_for_sound(tmp_path / "named-ffmpeg")
    monkeypatch.setenv("PUBLISHER_FFMPEG", str(able))
    folder.run("init")
    said = folder.run("doctor")
    assert said.status == 1
    assert "has to be encoded, and" in said.out
    assert "named-ffmpeg lacks libx264: name another ffmpeg with PUBLISHER_FFMPEG" in said.out


def test_doctor_names_the_font_of_every_script_also_in_a_broken_catalogue(folder: Folder) -> None:
    folder.run("init")
    folder.edit('title = "', 'titel = 1\ntitle = "བོད ')
    found = {row["part"]: row for row in folder.run("doctor", "--json").document["findings"]}
    texts = {part.partition(", ")[2]: row["text"] for part, row in found.items() if "font" in part}
    assert texts["Arabic (Naskh)"] == "Noto Naskh Arabic (bundled), for texts in ar, fa, ps"
    assert texts["Arabic (Nastaliq)"] == "Noto Nastaliq Urdu (bundled), for texts in ur"
    folder.edit("titel = 1\n", "")
    said = folder.run("doctor")
    assert "Tibetan: does not work: none, for texts in en; no font here has Tibetan letters" in said.out


def test_doctor_reports_the_logged_in_channel(series: Folder, fake: FakeYouTube) -> None:
    assert f"logged in to Example Channel ({CHANNEL})" in series.run("doctor").out
    fake.channel.id = "UC" + "z" * 22
    assert "but the catalogue says" in series.run("doctor").out
