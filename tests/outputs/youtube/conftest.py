"""A series and the YouTube it publishes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_youtube import FakeYouTube
from tests.outputs.youtube.house import House


@pytest.fixture
def house(tmp_path: Path, fake: FakeYouTube) -> House:
    return House(tmp_path / "series", fake)
