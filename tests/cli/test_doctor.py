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


def test_doctor_reports_the_logged_in_channel(series: Folder, fake: FakeYouTube) -> None:
    assert f"logged in to Example Channel ({CHANNEL})" in series.run("doctor").out
    fake.channel.id = "UC" + "z" * 22
    assert "but the catalogue says" in series.run("doctor").out
