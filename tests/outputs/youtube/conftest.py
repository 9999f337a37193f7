"""A series and the YouTube it publishes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_youtube import FakeYouTube
from tests.outputs.youtube.series_folder import YouTubeFolder


@pytest.fixture
def folder(tmp_path: Path, fake: FakeYouTube) -> YouTubeFolder:
    return YouTubeFolder(tmp_path / "series", fake)
