"""What the podcast namespace asks of a series and a talk, element by element."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from publisher.model import (
    Chat,
    Credit,
    License,
    Link,
    LiveItem,
    Location,
    RemoteFeed,
    SocialPost,
    Soundbite,
    Txt,
    UpdateFrequency,
)
from tests.outputs.feed.samples import GUEST, HOST, LINK, publication, release, render, series

NAMES = {
    "podcast": "https://podcastindex.org/namespace/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
}
GUID = "29cdca4a-32d8-56ba-b48b-09a011c5daa9"
START = datetime(2021, 2, 1, 18, tzinfo=UTC)

Shown = list[tuple[str | None, dict[str, str]]]


def found(xml: bytes, path: str) -> Shown:
    return [
        (each.text, each.attrib) for each in ElementTree.fromstring(xml).findall(f"channel/{path}", NAMES)
    ]


OF_SERIES: list[tuple[dict[str, Any], str, Shown]] = [
    ({"medium": "video"}, "podcast:medium", [("video", {})]),
    ({"locked": False, "owner": None}, "podcast:locked", [("no", {})]),
    (
        {"license": License("Own", "https://example.org/l")},
        "podcast:license",
        [("own", {"url": "https://example.org/l"})],
    ),
    (
        {
            "locations": (
                Location("Paris", "creator", "geo:48.85,2.35", "R7444", "FR"),
                Location("South Asia"),
            )
        },
        "podcast:location",
        [
            ("Paris", {"rel": "creator", "geo": "geo:48.85,2.35", "osm": "R7444", "country": "FR"}),
            ("South Asia", {"rel": "subject"}),
        ],
    ),
    (
        {"update_frequency": UpdateFrequency("Weekly", "FREQ=WEEKLY", START, complete=True)},
        "podcast:updateFrequency",
        [("Weekly", {"rrule": "FREQ=WEEKLY", "dtstart": "2021-02-01T18:00:00+00:00", "complete": "true"})],
    ),
    ({"update_frequency": UpdateFrequency("Over", complete=True)}, "itunes:complete", [("Yes", {})]),
    ({"update_frequency": UpdateFrequency("Weekly")}, "itunes:complete", []),
    (
        {"podroll": (RemoteFeed(GUID, "https://example.org/f.xml", "Other"),)},
        "podcast:podroll/podcast:remoteItem",
        [(None, {"feedGuid": GUID, "feedUrl": "https://example.org/f.xml", "title": "Other"})],
    ),
    (
        {"publisher": RemoteFeed(GUID)},
        "podcast:publisher/podcast:remoteItem",
        [(None, {"feedGuid": GUID, "medium": "publisher"})],
    ),
    (
        {"chat": Chat("irc.example.org", "irc", "@press", "#talks")},
        "podcast:chat",
        [(None, {"server": "irc.example.org", "protocol": "irc", "accountId": "@press", "space": "#talks"})],
    ),
    (
        {"txt": (Txt("05124", "applepodcastsverify"), Txt("x" * 5000))},
        "podcast:txt",
        [("05124", {"purpose": "applepodcastsverify"}), ("x" * 4000, {})],
    ),
    ({"blocked": ("amazon",)}, "podcast:block", [("yes", {"id": "amazon"})]),
    ({"blocked": ("all",)}, "podcast:block", [("yes", {})]),
    ({"blocked": ("all",)}, "itunes:block", [("Yes", {})]),
    ({"blocked": ("amazon",)}, "itunes:block", []),
]


@pytest.mark.parametrize(("changes", "path", "expected"), OF_SERIES)
def test_the_channel_has_what_the_series_has(changes: dict[str, Any], path: str, expected: Shown) -> None:
    assert found(render(publication([release()], series(**changes)))["feed.xml"], path) == expected


OF_TALK: list[tuple[dict[str, Any], str, Shown]] = [
    ({"season": 2}, "podcast:season", [("2", {"name": "The second"})]),
    ({"season": 3}, "podcast:season", [("3", {})]),
    ({"number": 4, "display_number": "4a"}, "podcast:episode", [("4", {"display": "4a"})]),
    ({"license": License("CC0-1.0")}, "podcast:license", [("cc0-1.0", {})]),
    ({"locations": (Location("Lahore"),)}, "podcast:location", [("Lahore", {"rel": "subject"})]),
    ({"txt": (Txt("y"),)}, "podcast:txt", [("y", {})]),
    (
        {"social": (SocialPost("activitypub", "https://e.org/1", "@p", "https://e.org/@p"),)},
        "podcast:socialInteract",
        [
            (
                None,
                {
                    "protocol": "activitypub",
                    "uri": "https://e.org/1",
                    "accountId": "@p",
                    "accountUrl": "https://e.org/@p",
                },
            )
        ],
    ),
    ({"social": (SocialPost("disabled"),)}, "podcast:socialInteract", [(None, {"protocol": "disabled"})]),
    (
        {"social": (SocialPost("atproto", "at://a"), SocialPost("activitypub", "https://e.org/1"))},
        "podcast:socialInteract",
        [
            (None, {"protocol": "atproto", "uri": "at://a", "priority": "1"}),
            (None, {"protocol": "activitypub", "uri": "https://e.org/1", "priority": "2"}),
        ],
    ),
    (
        {"soundbites": (Soundbite(70.5, 130.5, "Why"), Soundbite(1234.567, 1300)), "start": 10.0},
        "podcast:soundbite",
        [
            ("Why", {"startTime": "60.5", "duration": "60"}),
            (None, {"startTime": "1224.567", "duration": "65.433"}),
        ],
    ),
]


@pytest.mark.parametrize(("changes", "path", "expected"), OF_TALK)
def test_the_item_has_what_the_talk_has(changes: dict[str, Any], path: str, expected: Shown) -> None:
    shown = publication([release(**changes)], series(seasons={2: "The second"}))
    assert found(render(shown)["feed.xml"], f"item/{path}") == expected


@pytest.mark.parametrize("changes", [{"cuts": ((80.0, 90.0),)}, {"mutes": ((80.0, 81.0),)}, {"end": 100.0}])
def test_a_soundbite_that_is_not_published_whole_is_left_out(changes: dict[str, Any]) -> None:
    shown = release(soundbites=(Soundbite(70, 130, "Why"),), **changes)
    assert found(render(publication([shown]))["feed.xml"], "item/podcast:soundbite") == []


LIVE = LiveItem(
    "evening",
    "An evening",
    START,
    (Link("Watch", "https://example.org/live"), Link("x", "javascript:alert(1)")),
    START + timedelta(hours=1),
    stream="https://example.org/stream",
    summary="Come & listen <b>",
    guests=(Credit(GUEST, "guest"),),
    moderators=(Credit(HOST, "moderator"),),
)


def test_an_announced_talk_is_a_live_item_with_everything_an_item_has() -> None:
    xml = render(publication([release()], series(live=(LIVE,))))["feed.xml"]
    ((_, times),) = found(xml, "podcast:liveItem")
    assert times == {
        "status": "pending",
        "start": "2021-02-01T18:00:00+00:00",
        "end": "2021-02-01T19:00:00+00:00",
    }
    expected: dict[str, Shown] = {
        "title": [("An evening", {})],
        "description": [("Come & listen &lt;b>", {})],
        "link": [("https://example.org/live", {})],
        "enclosure": [(None, {"url": "https://example.org/stream", "length": "0", "type": "audio/mpeg"})],
        "podcast:contentLink": [("Watch", {"href": "https://example.org/live"})],
    }
    assert {path: found(xml, f"podcast:liveItem/{path}") for path in expected} == expected
    assert [name for name, _ in found(xml, "podcast:liveItem/podcast:person")] == [
        "Taha Host",
        "گلالئی Guest",
    ]
    source = "podcast:liveItem/podcast:alternateEnclosure/podcast:source"
    assert found(xml, source) == [(None, {"uri": "https://example.org/stream"})]


def test_a_postponed_live_talk_keeps_its_identity() -> None:
    from dataclasses import replace

    def guid(talk: LiveItem) -> Shown:
        return found(render(publication([], series(live=(talk,))))["feed.xml"], "podcast:liveItem/guid")

    assert guid(LIVE) == guid(replace(LIVE, start=START + timedelta(days=1), end=None, title="Another"))
    assert guid(LIVE) != guid(replace(LIVE, slug="other"))


def test_the_archive_announces_nothing() -> None:
    talks = [release(f"t{n}", date=START + timedelta(days=n)) for n in range(3)]
    documents = render(publication(talks, series(live=(LIVE,), feed_limit=1)))
    assert {path for path, xml in documents.items() if b"liveItem" in xml} == {"feed.xml"}


def test_addresses_in_other_scripts_are_encoded() -> None:
    from dataclasses import replace

    person = replace(GUEST, link="https://fa.wikipedia.org/wiki/گلالئی")
    xml = render(publication([release(guests=(Credit(person, "guest"),))]))["feed.xml"]
    ((_, attributes),) = found(xml, "item/podcast:person")
    assert (
        attributes["href"].startswith("https://fa.wikipedia.org/wiki/%DA%AF") and attributes["href"].isascii()
    )
    assert LINK in xml.decode()
