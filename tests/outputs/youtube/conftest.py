"""A series and the YouTube it publishes to, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_youtube import FakeYouTube, youtube
from tests.youtube_house import House


@pytest.fixture
def fake() -> Iterator[FakeYouTube]:
    with youtube() as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, fake: FakeYouTube) -> House:
    return House(tmp_path / "series", fake)
