"""Feeds in the shapes of widespread exporters, with their quirks: every guid, date and length is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.imports.addresses import FetchError
from publisher.imports.feed import read_feed
from publisher.imports.feed_values import read_date
from publisher.imports.model import ImportedSeries, ImportedTalk

FEEDS = Path(__file__).parent / "feeds"
CHAPTERS = b'{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Start"}, {"startTime": 61.5, "title": "Roads"}]}'
WEB = {
    "https://grenzen.example.org/feed/mp3/?paged=2": "podlove-2.xml",
    "https://blog.example.org/feed/podcast/?paged=2": "powerpress-2.xml",
}


def fetch(url: str, max_bytes: int) -> bytes:
    if url.endswith("chapters.json"):
        return CHAPTERS
    if url not in WEB:
        raise FetchError(f"{url} answers with status 404")
    return (FEEDS / WEB[url]).read_bytes()


def read(name: str) -> ImportedSeries:
    return read_feed(name, (FEEDS / f"{name}.xml").read_bytes(), fetch)


EXPECTED: dict[str, list[tuple[str, str, int | None]]] = {
    "anchor": [
        ("0f3c9d1e-6a54-4f4e-9d3b-1a2b3c4d5e6f", "2021-02-02T10:30:00+00:00", 23817162),
        ("d1e6a540-0000-4f4e-9d3b-1a2b3c4d5e6f", "2021-02-01T09:00:00+00:00", 481000),
    ],
    "libsyn": [
        ("9b1c2d3e4f5061728394a5b6c7d8e9f0", "2021-02-03T05:00:00-05:00", 30123456),
        ("00112233445566778899aabbccddeeff", "2021-01-27T05:00:00-05:00", 12345678),
    ],
    "castopod": [
        ("https://cast.example.org/@borders/episodes/reke", "2021-02-05T17:45:00+01:00", 5551234),
    ],
    "podlove": [
        ("podlove-2021-02-05t17:11:27+00:00-3c9c0fbd1f2a3b4", "2021-02-05T17:30:11+00:00", 48123456),
        ("podlove-2021-01-03t07:00:00+00:00-aaaa", "2021-01-03T08:00:00+01:00", None),
    ],
    "buzzsprout": [("Buzzsprout-7654321", "2021-02-06T03:00:00-05:00", 17123456)],
    "ssp": [("https://site.example.org/?post_type=podcast&p=1234", "2021-02-08T09:58:59+00:00", 1)],
    "powerpress": [
        ("https://blog.example.org/?p=77", "2021-02-09T10:00:00+00:00", 7654321),
        ("https://blog.example.org/?p=55", "2021-02-02T10:00:00+00:00", 7654000),
    ],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_every_guid_date_and_length_is_kept(name: str) -> None:
    talks = read(name).talks
    found = [
        (talk.guid, talk.date.isoformat() if talk.date else None, talk.media[0].length) for talk in talks
    ]
    assert found == EXPECTED[name]


def first(name: str) -> ImportedTalk:
    return read(name).talks[0]


def test_an_address_within_an_address_stays_as_it_is() -> None:
    assert (
        first("anchor")
        .media[0]
        .place.endswith("/https%3A%2F%2Fcdn.example.org%2Fstaging%2F2021-1-2%2F154.mp3")
    )


def test_the_sound_is_chosen_of_two_enclosures_and_the_other_named() -> None:
    talk = read("libsyn").talks[1]
    assert [file.type for file in talk.media] == ["audio/mp3"]
    assert any("video.mp4" in note for note in talk.not_understood)


def test_libsyn_names_its_guests_only_in_the_text() -> None:
    (person,) = first("libsyn").people
    assert (person.name, person.role, person.proposed) == ("Ann One", "guest", True)


def test_castopod_keeps_everything_of_the_podcast_namespace() -> None:
    series, talk = read("castopod"), first("castopod")
    assert (series.guid, series.type, series.locked, series.locked_owner) == (
        "9b024349-ccf0-5f69-a609-6b82873eab3c",
        "serial",
        True,
        "press@example.org",
    )
    assert [(one.name, one.role) for one in talk.people] == [("Ann One", "guest"), ("Dee Four", "moderator")]
    assert [(bite.start, bite.end, bite.title) for bite in talk.soundbites] == [(10.5, 30.5, "Najboljše")]
    assert [(chapter.at, chapter.title) for chapter in talk.chapters] == [(0, "Start"), (61.5, "Roads")]
    assert dict(talk.other)["license"] == "cc-by-4.0"
    assert dict(talk.other)["display_number"] == "3b"
    assert dict(series.other)["seasons"] == {"2": "Druga"}
    assert any("Ed Five" in note for note in talk.not_understood)
    assert any("podcast:value" in note for note in series.not_understood)


def test_podlove_has_pages_contributors_and_inline_chapters() -> None:
    talk = first("podlove")
    assert [(chapter.at, chapter.title) for chapter in talk.chapters] == [
        (0, "Begrüßung"),
        (760.5, "Fragen & Antworten"),
    ]
    assert [(one.name, one.proposed) for one in talk.people] == [("Ann One", True)]
    assert talk.notes is not None
    assert "*Flüsse* ]]> und mehr" in talk.notes
    assert talk.duration == 4010.123
    assert read("podlove").funding == (("Spenden", "https://grenzen.example.org/spenden"),)


def test_buzzsprout_offers_four_transcripts_and_two_lists_of_chapters() -> None:
    talk = first("buzzsprout")
    assert len(talk.transcripts) == 4
    assert [chapter.title for chapter in talk.chapters] == ["Start", "Roads"]
    assert talk.explicit


def test_a_malformed_feed_of_a_plugin_is_read_after_a_repair() -> None:
    series, talk = read("ssp"), first("ssp")
    assert series.title == "Border Talks \N{NO-BREAK SPACE}\N{EN DASH} the show"
    assert talk.title == "Mountains \N{EN DASH} and valleys"
    assert talk.notes is not None
    assert "alert" not in talk.notes
    assert any("not well-formed" in note for note in series.not_understood)
    assert any("Copied talk" in note for note in series.not_understood)


def test_wordpress_lists_ten_posts_and_the_next_pages_are_asked_for() -> None:
    talks = read("powerpress").talks
    assert [talk.title for talk in talks] == ["Valleys", "Hills"]
    assert [chapter.title for chapter in talks[0].chapters] == ["Start", "Questions"]
    assert "00:00" not in (talks[0].notes or "")


DATES = {
    "Sat, 28 Nov 2020 18:00:00 +0100": "2020-11-28T17:00:00",
    "Sat, 28 Nov 2020 18:00 +0100": "2020-11-28T17:00:00",
    "28 Nov 2020 18:00:00 CET": "2020-11-28T17:00:00",
    "Wrongday, 28 November 2020 18:00:00 GMT": "2020-11-28T18:00:00",
    "Sat, 28 Nov 20 18:00:00 PST": "2020-11-29T02:00:00",
    "Sat Nov 28 18:00:00 2020 GMT": "2020-11-28T18:00:00",
    "2020-11-28T18:00:00+01:00": "2020-11-28T17:00:00",
    "2020-11-28T18:00:00Z": "2020-11-28T18:00:00",
    "2020-11-28 18:00:00 +0100": "2020-11-28T17:00:00",
    "2020-11-28 18:00:00": "2020-11-28T18:00:00",
    "2020-11-28": "2020-11-28T00:00:00",
    "28 Nov 2020 6:00:00 PM": "2020-11-28T18:00:00",
    "Sam, 28 Nov 2020 24:00:00 +0000": "2020-11-29T00:00:00",
    "1606586400": "2020-11-28T18:00:00",
    "Sat, 28 Nov 2020 18:00:00 GMT+0100": "2020-11-28T17:00:00",
}


@pytest.mark.parametrize("text", DATES)
def test_a_date_of_any_usual_form_is_the_right_moment(text: str) -> None:
    moment, _ = read_date(text)
    assert moment is not None
    assert moment.astimezone(UTC).replace(tzinfo=None).isoformat() == DATES[text]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("sam., 28 nov. 2020 18:00:00 +0100", "fr"),
        ("28 novembre 2020 18:00 +0100", "fr"),
        ("Sa, 05 Dez 2020 18:00:00 +0100", "de"),
    ],
)
def test_names_of_months_in_the_language_of_the_feed_are_understood(text: str, language: str) -> None:
    moment, note = read_date(text, language)
    assert (moment is not None, note) == (True, "")


@pytest.mark.parametrize(
    "text", ["Invalid Date", "yesterday", "32 Foo 2020", "0000-00-00 00:00:00", "9" * 30]
)
def test_a_date_that_is_none_is_noted(text: str) -> None:
    moment, note = read_date(text)
    assert (moment, "not understood" in note) == (None, True)


def test_a_date_without_a_zone_is_noted() -> None:
    assert read_date("2020-11-28 18:00:00") == (datetime(2020, 11, 28, 18, tzinfo=UTC), "its date '2020-11-28 18:00:00' has no time zone: it is read as UTC")  # fmt: skip
