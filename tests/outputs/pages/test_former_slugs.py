"""The pages at addresses that talks had before: one for each address, and none in the place of another talk."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from publisher.context import BuildContext
from publisher.model import Enclosure, Publication, Release, Withdrawal
from publisher.outputs.pages import PagesRenderer
from tests.conftest import make_episode, make_series


def release(slug: str, day: int) -> Release:
    episode = make_episode(slug, date=datetime(2021, 2, day, 18, tzinfo=UTC))
    file = Enclosure(f"media/{slug}.0123abcd.mp3", "mp3", "audio/mpeg", 9, 110.0, "0" * 64)
    return Release(episode, f"guid-{slug}", episode.date, (file,), recording_duration=120.0)


def pages_of_talks(
    root: Path, renamed: tuple[tuple[str, str], ...] = (), withdrawn: tuple[Withdrawal, ...] = ()
) -> dict[str, str]:
    """The page at each talk's address; fails where two documents have one path."""
    releases = (release("newer", 2), release("older", 1))
    series = make_series(root, *(one.episode for one in releases))
    publication = Publication(series, releases, "feed-guid", withdrawn, renamed)
    found = list(PagesRenderer(BuildContext(root / "public", root)).documents(publication))
    twice = [path for path, number in Counter(one.path for one in found).items() if number > 1]
    assert not twice
    return {one.path: one.render().decode() for one in found if one.path.startswith("episodes/")}


def test_an_address_that_two_talks_had_redirects_to_the_newer_one(tmp_path: Path) -> None:
    pages = pages_of_talks(tmp_path, (("first", "newer"), ("first", "older")))
    assert "../../episodes/newer/" in pages["episodes/first/index.html"]


def test_a_talk_keeps_its_page_whatever_another_one_was_called(tmp_path: Path) -> None:
    pages = pages_of_talks(tmp_path, (("older", "newer"),))
    assert pages == pages_of_talks(tmp_path)


def test_a_withdrawn_talk_keeps_its_page_whatever_another_one_was_called(tmp_path: Path) -> None:
    gone = (Withdrawal("gone", former=("first",)),)
    pages = pages_of_talks(tmp_path, (("gone", "newer"), ("first", "newer")), gone)
    assert "../../episodes/newer/" not in pages["episodes/gone/index.html"]
    assert "../../episodes/newer/" in pages["episodes/first/index.html"]


def test_an_address_that_two_withdrawn_talks_had_has_one_page(tmp_path: Path) -> None:
    gone = (
        Withdrawal("gone", former=("first", "first", "gone")),
        Withdrawal("away", former=("first", "gone")),
    )
    pages = pages_of_talks(tmp_path, withdrawn=gone)
    assert {"episodes/gone/index.html", "episodes/away/index.html", "episodes/first/index.html"} < set(pages)
