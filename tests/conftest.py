"""What tests share: a clock that stands still, a YouTube, and values to build a series from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.cli import calculate_in_one_thread
from publisher.model import Episode, Series

if TYPE_CHECKING:
    from tests.fake_youtube import FakeYouTube

# As in a command, before a test imports numpy.
calculate_in_one_thread()

NOW = datetime(2021, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def fake() -> Iterator[FakeYouTube]:
    """A YouTube on loopback."""
    from tests.fake_youtube import youtube

    with youtube() as server:
        yield server


@pytest.fixture
def now() -> datetime:
    return NOW


def make_episode(slug: str = "first-talk", **fields: object) -> Episode:
    """A talk that has everything it must have; `fields` override."""
    given: dict[str, object] = {
        "title": slug.replace("-", " ").capitalize(),
        "date": datetime(2021, 1, 8, 18, 0, tzinfo=UTC),
        "language": "en",
        "folder": Path("episodes") / slug,
    }
    return Episode(slug=slug, **{**given, **fields})  # type: ignore[arg-type]


def make_series(root: Path, *episodes: Episode, **fields: object) -> Series:
    """A series of these talks; `fields` override."""
    given: dict[str, object] = {
        "title": "Example Talks",
        "description": "Talks about examples.",
        "language": "en",
        "link": "https://talks.example.org/",
        "author": "Example Press",
    }
    return Series(root=root, episodes=episodes, **{**given, **fields})  # type: ignore[arg-type]
