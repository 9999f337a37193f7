"""A catalogue with every key of the podcast namespace: what it becomes, and its feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from publisher import catalogue
from publisher.model import (
    Chat,
    Credit,
    Episode,
    License,
    Link,
    LiveItem,
    Location,
    Publication,
    Recording,
    Release,
    RemoteFeed,
    Series,
    SocialPost,
    Soundbite,
    Translation,
    Txt,
    UpdateFrequency,
)
from publisher.timeline import out_of_range
from tests.catalogue.conftest import PEOPLE, SERIES, TALK, Folder
from tests.outputs.feed.samples import enclosure, render

GUID = "917393e3-1b1e-5cef-ace4-edaa54e1f810"
OTHER = "29cdca4a-32d8-56ba-b48b-09a011c5daa9"
ZONE = ZoneInfo("Asia/Karachi")
NAMES = {"podcast": "https://podcastindex.org/namespace/1.0"}
POST = SocialPost("activitypub", "https://e.org/1", "@press", "https://e.org/@press")

IN_ZONE = 'timezone = "Asia/Karachi"\n'
OF_SERIES = f"""\
{IN_ZONE}guid = "{GUID}"
medium = "video"
seasons = {{ 1 = "The first year", 12 = "بارہ" }}
location = [
  {{ name = "Lahore", rel = "creator", geo = "geo:31.55,74.34", osm = "R1979286", country = "PK" }},
  {{ name = "South Asia" }},
]
update = {{ text = "Weekly", rrule = "freq=weekly;count=10;byday=mo", start = 2021-01-04T18:00:00, complete = true }}
podroll = [{{ guid = "{OTHER}", url = "https://example.org/f.xml", title = "Other" }}]
publisher = {{ guid = "{OTHER}" }}
chat = {{ server = "irc.example.org", protocol = "irc", account = "@press", space = "#talks" }}
txt = [{{ text = "S6lpp", purpose = "verify" }}, {{ text = "y" }}]
block = ["amazon", "other-service"]
[[series.social]]
protocol = "activitypub"
url = "https://e.org/1"
account = "@press"
account_url = "https://e.org/@press"
[[series.social]]
protocol = "atproto"
url = "AT://did:plc:x/app.bsky.feed.post/1"
"""
OF_TALK = """\
season = 1
number = 4
display_number = "4a"
location = { name = "Peshawar", country = "PK" }
social = [{ protocol = "disabled" }]
txt = [{ text = "z" }]
license = "cc0-1.0"
soundbites = [{ start = "1:05", end = "1:50", title = "Why now" }, { start = 130.5, end = 150 }]
translations = { fr = { title = "Un débat", summary = "Deux invités." } }
"""
LIVE = """\
[[live]]
slug = "an-evening"
title = "An evening"
start = 2021-02-01T18:00:00
end = 2021-02-01T19:30:00+05:00
status = "live"
stream = "https://stream.example.org/live.mp3"
type = "audio/aac"
links = [{ title = "Watch", url = "https://example.org/live" }]
summary = "Come & listen"
language = "ur"
guests = [{ person = "ann-one", title = "Senator" }]
moderator = "ben-two"
[[live]]
slug = "later"
title = "Later"
start = 2021-03-01T18:00:00Z
links = [{ title = "Watch", url = "https://example.org/later" }]
"""


@pytest.fixture
def series(folder: Folder) -> Series:
    reading = folder.read(SERIES + OF_SERIES + PEOPLE + TALK + OF_TALK + LIVE)
    assert [str(problem) for problem in reading.problems] == []
    assert reading.series is not None
    return reading.series


def test_every_key_of_the_series_reaches_the_model(series: Series) -> None:
    assert (series.medium, series.guid, series.blocked) == ("video", GUID, ("amazon", "other-service"))
    assert series.seasons == {1: "The first year", 12: "بارہ"}
    assert series.locations == (
        Location("Lahore", "creator", "geo:31.55,74.34", "R1979286", "PK"),
        Location("South Asia"),
    )
    start = datetime(2021, 1, 4, 18, tzinfo=ZONE)
    assert series.update_frequency == UpdateFrequency("Weekly", "FREQ=WEEKLY;COUNT=10;BYDAY=MO", start, True)
    assert series.podroll == (RemoteFeed(OTHER, "https://example.org/f.xml", "Other"),)
    assert series.publisher == RemoteFeed(OTHER)
    assert series.chat == Chat("irc.example.org", "irc", "@press", "#talks")
    assert series.txt == (Txt("S6lpp", "verify"), Txt("y"))
    assert series.social == (POST, SocialPost("atproto", "at://did:plc:x/app.bsky.feed.post/1"))


def test_every_key_of_the_talk_reaches_the_model(series: Series) -> None:
    (episode,) = series.episodes
    assert episode.display_number == "4a"
    assert episode.locations == (Location("Peshawar", country="PK"),)
    assert episode.social == (SocialPost("disabled"),)
    assert episode.txt == (Txt("z"),)
    assert episode.license == License("cc0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/")
    assert episode.soundbites == (Soundbite(65.0, 110.0, "Why now"), Soundbite(130.5, 150.0))
    assert episode.translations == {"fr": Translation("Un débat", "Deux invités.")}


def test_a_live_talk_reaches_the_model(series: Series) -> None:
    evening, later = series.live
    assert evening == LiveItem(
        "an-evening",
        "An evening",
        datetime(2021, 2, 1, 18, tzinfo=ZONE),
        (Link("Watch", "https://example.org/live"),),
        datetime(2021, 2, 1, 19, 30, tzinfo=ZONE),
        "live",
        "https://stream.example.org/live.mp3",
        "audio/aac",
        "Come & listen",
        "ur",
        (Credit(series.people["ann-one"], "guest", "Senator"),),
        (Credit(series.people["ben-two"], "moderator"),),
    )
    assert (later.status, later.type, later.stream, later.end) == ("pending", "audio/mpeg", None, None)


def test_a_soundbite_ends_within_the_recording(series: Series) -> None:
    recording = Recording(Path("recording.wav"), "aa", 140.0, ())
    episode = replace(series.episodes[0], recording=recording)
    said = [("soundbites[1].end", "2:30 is after the end: the recording ends at 2:20")]
    assert list(out_of_range(episode)) == said


@pytest.mark.parametrize(("written", "blocked"), [("true", ("all",)), ("false", ()), ("[]", ())])
def test_a_series_may_be_blocked_everywhere(written: str, blocked: tuple[str, ...], folder: Folder) -> None:
    reading = folder.read(f"{SERIES}block = {written}\n")
    assert reading.problems == ()
    assert reading.series is not None
    assert reading.series.blocked == blocked


def test_an_invalid_live_talk_does_not_affect_the_others(folder: Folder) -> None:
    reading = folder.read(SERIES + IN_ZONE + PEOPLE + TALK + LIVE.replace('"ann-one"', '"nobody"'))
    assert len(reading.errors) == 1
    assert reading.series is not None
    assert [talk.slug for talk in reading.series.live] == ["later"]
    assert len(reading.series.episodes) == 1


def test_an_address_in_another_script_is_kept_in_ascii(folder: Folder) -> None:
    reading = folder.read(SERIES.replace("https://talks.example.org/", "https://گفتگو.example.org/é"))
    assert reading.problems == ()
    assert reading.series is not None
    host = reading.series.link.removeprefix("https://").removesuffix(".example.org/%C3%A9/")
    assert host.isascii()
    assert host.encode().decode("idna") == "گفتگو"


# --- the feed of it


def published(episode: Episode) -> Release:
    return Release(episode, "urn:x", episode.date, (enclosure(episode.slug),), recording_duration=1800.0)


def feed_of(series: Series) -> ElementTree.Element:
    """The feed as the renderer gives it: it raises what its judge finds."""
    releases = tuple(published(episode) for episode in series.episodes)
    xml = render(Publication(series, releases, series.guid or GUID))["feed.xml"]
    channel = ElementTree.fromstring(xml).find("channel")
    assert channel is not None
    return channel


Shown = list[tuple[str | None, dict[str, str]]]

EXPECTED: dict[str, Any] = {
    "podcast:guid": [(GUID, {})],
    "podcast:medium": [("video", {})],
    "podcast:location": [
        ("Lahore", {"rel": "creator", "geo": "geo:31.55,74.34", "osm": "R1979286", "country": "PK"}),
        ("South Asia", {"rel": "subject"}),
    ],
    "podcast:updateFrequency": [
        (
            "Weekly",
            {
                "rrule": "FREQ=WEEKLY;COUNT=10;BYDAY=MO",
                "dtstart": "2021-01-04T18:00:00+05:00",
                "complete": "true",
            },
        )
    ],
    "podcast:podroll/podcast:remoteItem": [
        (None, {"feedGuid": OTHER, "feedUrl": "https://example.org/f.xml", "title": "Other"})
    ],
    "podcast:publisher/podcast:remoteItem": [(None, {"feedGuid": OTHER, "medium": "publisher"})],
    "podcast:chat": [
        (None, {"server": "irc.example.org", "protocol": "irc", "accountId": "@press", "space": "#talks"})
    ],
    "podcast:txt": [("S6lpp", {"purpose": "verify"}), ("y", {})],
    "podcast:block": [("yes", {"id": "amazon"}), ("yes", {"id": "other-service"})],
    "podcast:socialInteract": [
        (
            None,
            {
                "protocol": "activitypub",
                "uri": "https://e.org/1",
                "accountId": "@press",
                "accountUrl": "https://e.org/@press",
                "priority": "1",
            },
        ),
        (None, {"protocol": "atproto", "uri": "at://did:plc:x/app.bsky.feed.post/1", "priority": "2"}),
    ],
    "podcast:liveItem": [
        (
            None,
            {"status": "live", "start": "2021-02-01T18:00:00+05:00", "end": "2021-02-01T19:30:00+05:00"},
        ),
        (None, {"status": "pending", "start": "2021-03-01T18:00:00+00:00"}),
    ],
    "podcast:liveItem/enclosure": [
        (None, {"url": "https://stream.example.org/live.mp3", "length": "0", "type": "audio/aac"})
    ],
    "podcast:liveItem/podcast:contentLink": [
        ("Watch", {"href": "https://example.org/live"}),
        ("Watch", {"href": "https://example.org/later"}),
    ],
    "item/podcast:season": [("1", {"name": "The first year"})],
    "item/podcast:episode": [("4", {"display": "4a"})],
    "item/podcast:location": [("Peshawar", {"rel": "subject", "country": "PK"})],
    "item/podcast:socialInteract": [(None, {"protocol": "disabled"})],
    "item/podcast:txt": [("z", {})],
    "item/podcast:license": [("cc0-1.0", {"url": "https://creativecommons.org/publicdomain/zero/1.0/"})],
    "item/podcast:soundbite": [
        ("Why now", {"startTime": "65", "duration": "45"}),
        (None, {"startTime": "130.5", "duration": "19.5"}),
    ],
}


def test_the_feed_contains_the_values_of_the_catalogue(series: Series) -> None:
    channel = feed_of(series)
    shown: dict[str, Shown] = {
        path: [((each.text or "").strip() or None, each.attrib) for each in channel.findall(path, NAMES)]
        for path in EXPECTED
    }
    assert shown == EXPECTED


def test_the_feed_of_a_blocked_series_contains_the_block(series: Series) -> None:
    (blocked,) = feed_of(replace(series, blocked=("all",))).findall("podcast:block", NAMES)
    assert (blocked.text, blocked.attrib) == ("yes", {})


def test_the_starter_and_the_namespace_agree_on_defaults(folder: Folder) -> None:
    reading = folder.read(catalogue.starter("Talks"))
    assert reading.series is not None
    assert (reading.series.medium, reading.series.live, reading.series.blocked) == ("podcast", (), ())
