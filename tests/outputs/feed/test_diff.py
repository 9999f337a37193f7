"""Two feeds are compared as their subscribers see them."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.model import Chapter, Credit
from publisher.outputs.feed.diff import FeedChange, compare
from tests.outputs.feed.samples import GUEST, enclosure, publication, release, render, series, video


def feed(*talks: Any, **changes: Any) -> bytes:
    return render(publication(talks, series(**changes)))["feed.xml"]


def test_the_same_feed_differs_in_nothing() -> None:
    assert compare([(feed(release("a")), feed(release("a")))]) == ()


def test_a_first_feed_adds_the_series_and_its_items() -> None:
    found = compare([(None, feed(release("a")))])
    assert [(each.guid, each.action) for each in found] == [(None, "add"), ("urn:uuid:a", "add")]


def test_items_come_and_go_by_guid() -> None:
    found = compare([(feed(release("a"), release("b")), feed(release("c"), release("b")))])
    assert found == (
        FeedChange("urn:uuid:c", "The c", "add"),
        FeedChange("urn:uuid:a", "The a", "remove"),
    )


def test_an_item_that_goes_over_into_the_archive_is_the_same_item() -> None:
    whole, kept = feed(release("a"), release("b")), feed(release("b"))
    assert compare([(whole, kept), (None, feed(release("a")))]) == ()
    assert compare([(kept, whole), (feed(release("a", number=2)), None)]) == (
        FeedChange("urn:uuid:a", "The a", "change", ("number",)),
    )


CHANGES: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"title": "Another"}, ("title", "cover")),
    ({"guests": (Credit(GUEST, "guest"),)}, ("description", "notes", "people")),
    ({"chapters": (Chapter(0, "A"),)}, ("description", "notes", "chapters")),
    ({"enclosures": (enclosure("new"),)}, ("audio",)),
    ({"video": video("a")}, ("video",)),
    ({"youtube_id": "dQw4w9WgXcQ"}, ("notes", "video")),
    ({"number": 7}, ("number",)),
    ({"explicit": True}, ("explicit",)),
]


@pytest.mark.parametrize(("changes", "words"), CHANGES)
def test_what_of_an_item_changes_is_said_in_a_producers_words(
    changes: dict[str, Any], words: tuple[str, ...]
) -> None:
    ((change,)) = compare([(feed(release("a")), feed(release("a", **changes)))])
    assert (change.guid, change.action) == ("urn:uuid:a", "change")
    assert change.changes == words


def test_a_change_of_the_series_is_told_apart() -> None:
    found = compare([(feed(release("a")), feed(release("a"), title="Another"))])
    assert found == (FeedChange(None, "Another", "change", ("title", "cover")),)
