"""The identity of published talks changes only after confirmation."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Folder
from tests.cli.test_release import entries


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("2021-01-08T18:00:00+01:00", "2021-01-10T18:00:00+01:00", "2021-01-10T18:00:00+01:00"),
        ('slug = "first-talk"', 'slug = "first-talk"\nguid = "taken-over"', "taken-over"),
        (
            "https://talks.example.org/series/",
            "https://elsewhere.example.org/",
            "elsewhere.example.org/feed.xml",
        ),
    ],
)
@pytest.mark.released
def test_a_change_of_identity_stops_the_release_until_it_is_accepted(
    folder: Folder, old: str, new: str, words: str
) -> None:
    before = folder.public()
    folder.edit(old, new)
    assert words in "".join(folder.run("plan", "--json").document["identity"])
    stopped = folder.run("release")
    assert (stopped.status, folder.public()) == (3, before)
    assert words in stopped.err
    assert "--accept-identity-change" in stopped.err
    assert folder.run("release", "--accept-identity-change").status == 0
    assert words in (folder.root / "public/feed.xml").read_text(encoding="utf-8") or words.startswith("2021")
    assert folder.run("release").status == 0
    assert len(entries(folder)) == 1


@pytest.mark.released
def test_a_moved_feed_contains_its_new_address(folder: Folder) -> None:
    guid = folder.run("status", "--json").document["episodes"][0]["guid"]
    folder.edit("https://talks.example.org/series/", "https://elsewhere.example.org/")
    folder.run("release", "--accept-identity-change")
    feed = (folder.root / "public/feed.xml").read_text(encoding="utf-8")
    assert "<itunes:new-feed-url>https://elsewhere.example.org/feed.xml</itunes:new-feed-url>" in feed
    assert [entry.id for entry in entries(folder)] == [guid]
