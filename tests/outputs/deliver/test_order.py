"""Which files are sent and removed, and in which phases."""

from __future__ import annotations

import pytest

from publisher.outputs.deliver.destination import RemoteFile
from publisher.outputs.deliver.order import PHASES, DeliveredFile, LocalFile, phase_of, plan_transfers

PATHS = {
    "media/talk.01234567.mp3": "media",
    "episodes/talk/cover.jpg": "images",
    "assets/mark-32.png": "images",
    "episodes/talk/transcript.en.vtt": "transcripts",
    "episodes/talk/transcript.en.json": "transcripts",
    "episodes/talk/chapters.json": "transcripts",
    "episodes/talk/oembed.json": "pages",
    "assets/style.css": "assets",
    "episodes/talk/index.html": "pages",
    "search/0/talks.json": "pages",
    "sitemap.xml": "pages",
    "feed/archive-1.xml": "archive",
    "feed.xml": "feed",
}


@pytest.mark.parametrize("path", PATHS)
def test_each_file_has_its_phase(path: str) -> None:
    assert phase_of(path) == PATHS[path]


def site(talks: int) -> dict[str, LocalFile]:
    files = {"feed.xml": LocalFile(talks, f"feed {talks}"), "index.html": LocalFile(talks, f"index {talks}")}
    for talk in range(talks):
        names = (f"media/talk-{talk}.01234567.mp3", f"episodes/talk-{talk}/index.html")
        files |= {name: LocalFile(9, name) for name in names}
    return files


def delivered(local: dict[str, LocalFile]) -> dict[str, DeliveredFile]:
    return {
        path: DeliveredFile(file.size, file.digest, RemoteFile(file.size, "1"))
        for path, file in local.items()
    }


def listing(known: dict[str, DeliveredFile]) -> dict[str, RemoteFile]:
    return {path: file.remote for path, file in known.items()}


def test_one_new_talk_of_a_thousand_sends_its_own_files_and_what_changed() -> None:
    known = delivered(site(1000))
    transfers = plan_transfers(site(1001), known, listing(known))
    own = ("media/talk-1000.01234567.mp3", "episodes/talk-1000/index.html")
    assert transfers.paths == (own[0], own[1], "index.html", "feed.xml")
    assert not transfers.removed


def test_what_was_delivered_is_sent_no_more() -> None:
    known = delivered(site(3))
    assert not plan_transfers(site(3), known, listing(known))


def test_the_feed_is_the_last_phase_and_removals_follow() -> None:
    assert PHASES[-1] == "feed"
    known = delivered(site(3))
    transfers = plan_transfers(site(2), known, listing(known))
    assert transfers.removed == ("episodes/talk-2/index.html", "media/talk-2.01234567.mp3")


def test_a_file_of_somebody_else_is_kept() -> None:
    there = {"google1234.html": RemoteFile(3), "media/old-talk.01234567.mp3": RemoteFile(3)}
    assert plan_transfers({}, {}, there).removed == ("media/old-talk.01234567.mp3",)
