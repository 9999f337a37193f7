"""Shared by all tests: a fixed clock, a fake YouTube server and builders of episodes and series."""

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
    "outputs/youtube/test_answers.py": 50,
    "outputs/youtube/test_hostile_receipts.py": 30,
    "outputs/audio/test_inputs.py": 8,
    "outputs/deliver/test_kills.py": 2,
    "cli/test_environment.py": 4,
    "cli/test_symlinks.py": 5,
    "cli/test_special_files.py": 9,
    "cli/test_check_templates.py": 8,
    "hostile/test_hostile.py": 6,
    "hostile/test_templates.py": 16,
    "hostile/test_markdown.py": 6,
    "leaks/test_matcher.py": 8,
    "outputs/youtube/test_random.py": 3,
    "media/test_concatenated.py": 9,
    "media/test_durations.py": 2,
}
"""Test files, and n: `make test` runs every n-th case of their parametrized tests, `make test-all` runs all."""

SAMPLED = {
    "catalogue/test_hostile.py": 3,
    "chaos/test_core_release.py": 2,
    "outputs/pages/test_renderer.py": 2,
    "cli/test_check.py": 3,
    "cli/test_check_leaks.py": 4,
    "cli/test_logs.py": 2,
    "cli/test_plan.py": 2,
    "cli/test_preview.py": 2,
    "cli/test_release.py": 4,
    "cli/test_release_embargo.py": 2,
    "cli/test_release_partial.py": 2,
    "cli/test_sound.py": 3,
    "cli/test_status.py": 3,
    "cli/test_preview_media.py": 5,
    "cli/test_release_video.py": 7,
    "cli/test_remove.py": 4,
    "cli/test_rename.py": 2,
    "cli/test_withdraw.py": 3,
    "cli/test_withdraw_youtube.py": 2,
    "cli/test_youtube.py": 4,
    "cli/test_private_names.py": 2,
    "gather/test_recordings.py": 2,
    "images/test_covers.py": 2,
    "media/test_parallel_encode.py": 2,
    "outputs/audio/test_formats.py": 4,
    "outputs/audio/test_maker.py": 2,
    "outputs/deliver/test_delivery.py": 5,
    "outputs/deliver/test_web_servers.py": 2,
    "outputs/video/test_maker.py": 2,
    "outputs/youtube/test_hide.py": 2,
    "outputs/youtube/test_release.py": 4,
    "promises/test_promises.py": 3,
    "review/test_answers.py": 3,
    "review/test_files.py": 2,
    "studio/test_catalogue_edits.py": 2,
    "studio/test_guest_reviews.py": 3,
    "studio/test_release_control.py": 6,
    "studio/test_waveform.py": 2,
    "cli/test_transcribe.py": 2,
    "cli/test_import_local.py": 3,
    "imports/test_feed_roundtrip.py": 2,
    "imports/test_wordpress_import.py": 2,
    "cli/test_recover.py": 2,
    "imports/test_audio_fingerprint.py": 2,
    "imports/test_folder.py": 2,
    "imports/test_import_feed.py": 2,
    "studio/test_edit_routes.py": 2,
    "test_preview_server.py": 2,
    "run/test_render_pool.py": 3,
}
"""Files of slow tests, and n: `make test` runs every n-th test of the file, `make test-all` runs all."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselects tests as `THINNED` and `SAMPLED` say, unless all are requested or a keyword selects them."""
    if os.environ.get("PUBLISHER_TEST_ALL") or config.option.keyword:
        return
    counts: Counter[str] = Counter()
    deselected: list[pytest.Item] = []
    for item in items:
        test = item.nodeid.partition("[")[0]
        file = item.path.relative_to(config.rootpath / "tests").as_posix()
        if file in SAMPLED:
            test, interval = file, SAMPLED[file]
        else:
            interval = THINNED.get(file, 1) if "[" in item.nodeid else 1
        if counts[test] % interval:
            deselected.append(item)
        counts[test] += 1
    config.hook.pytest_deselected(items=deselected)
    items[:] = [item for item in items if item not in set(deselected)]


NOW = datetime(2021, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session", autouse=True)
def only_bundled_fonts() -> Iterator[None]:
    """Hides the fonts of this machine, so that tests draw the same everywhere."""
    from publisher.images import fonts

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fonts, "FOLDERS", {"linux": ()})
        fonts.installed.cache_clear()
        yield
    fonts.installed.cache_clear()


@pytest.fixture
def fake() -> Iterator[FakeYouTube]:
    """A fake YouTube server on loopback."""
    from tests.fake_youtube import youtube

    with youtube() as server:
        yield server


@pytest.fixture
def now() -> datetime:
    return NOW


def make_episode(slug: str = "first-talk", **fields: object) -> Episode:
    """An episode with the required fields; `fields` override them."""
    values: dict[str, object] = {
        "title": slug.replace("-", " ").capitalize(),
        "date": datetime(2021, 1, 8, 18, 0, tzinfo=UTC),
        "language": "en",
        "folder": Path("episodes") / slug,
    }
    return Episode(slug=slug, **{**values, **fields})  # type: ignore[arg-type]


def make_series(root: Path, *episodes: Episode, **fields: object) -> Series:
    """A series of these episodes; `fields` override the other values."""
    values: dict[str, object] = {
        "title": "Example Talks",
        "description": "Talks about examples.",
        "language": "en",
        "link": "https://talks.example.org/",
        "author": "Example Press",
    }
    return Series(root=root, episodes=episodes, **{**values, **fields})  # type: ignore[arg-type]
