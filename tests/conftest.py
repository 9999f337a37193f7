"""What tests share: a clock that stands still, a YouTube, and values to build a series from."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.cli import use_one_numpy_thread
from publisher.model import Episode, Series

if TYPE_CHECKING:
    from tests.fake_youtube import FakeYouTube

# As in a command, before a test imports numpy.
use_one_numpy_thread()

THINNED = {
    "outputs/youtube/test_answers.py": 3,
    "outputs/youtube/test_hostile_receipts.py": 3,
    "outputs/youtube/test_release.py": 2,
    "cli/test_special_files.py": 3,
    "cli/test_check_templates.py": 2,
    "media/test_concatenated.py": 3,
    "media/test_durations.py": 2,
}
"""Tables of which every so many-th cell is run by `make test`; `make test-all` runs them whole."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves cells of large tables to `make test-all`."""
    if os.environ.get("PUBLISHER_TEST_ALL") or config.option.keyword:
        return
    seen: Counter[str] = Counter()
    left: list[pytest.Item] = []
    for item in items:
        table = item.nodeid.partition("[")[0]
        folder = item.path.parent.relative_to(config.rootpath / "tests").as_posix()
        every = THINNED.get(f"{folder}/{item.path.name}", 1) if "[" in item.nodeid else 1
        if seen[table] % every:
            left.append(item)
        seen[table] += 1
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in set(left)]


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
