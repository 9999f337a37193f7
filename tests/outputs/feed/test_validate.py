"""Validation finds what apps would misread, and such a feed is never put in place."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis.strategies import DataObject, data, integers, sampled_from

from publisher.errors import RenderError
from publisher.model import Link, LiveItem
from publisher.outputs.feed.validate import advise, validate
from tests.outputs.feed.samples import (
    enclosure,
    full_release,
    nasty_publication,
    publication,
    release,
    render,
    series,
)


@pytest.fixture(scope="module")
def good() -> str:
    return render(publication([full_release(), release("plain")]))["feed.xml"].decode()


def test_what_is_rendered_passes() -> None:
    assert validate(render(publication([full_release(), release()]))["feed.xml"]) == ()
    assert validate(render(nasty_publication())["feed.xml"]) == ()


def test_notes_of_any_length_pass(good: str) -> None:
    long = good.replace("<![CDATA[", "<![CDATA[" + "word " * 2_100_000, 1)
    assert validate(long.encode()) == ()


# What is broken in a good feed, and the message expected.
BROKEN = [
    ("</channel>", "", "not well-formed XML: Opening and ending tag mismatch"),
    ("encoding='UTF-8'", "encoding='UTF-9'", "not well-formed XML: Unsupported encoding"),
    ('version="2.0"', 'version="0.91"', "not an RSS 2.0 document"),
    (
        "https://podcastindex.org/namespace/1.0",
        "https://podcastindex.org/namespace/1.0/",
        'the namespace of podcast: must be "https://podcastindex.org/namespace/1.0", not',
    ),
    ("<language>en</language>", "", "channel: language: is missing"),
    ("<itunes:explicit>false</itunes:explicit>", "", "channel: itunes:explicit: is missing"),
    ("<itunes:explicit>false<", "<itunes:explicit>no<", 'itunes:explicit: "no" is not allowed'),
    ('rel="self"', 'rel="next"', 'channel: atom:link: must stand once with rel="self"'),
    ("<title>The plain</title>", "<title> </title>", 'item " ": title: is empty'),
    ("urn:uuid:plain", "urn:uuid:full", 'channel: guid: "urn:uuid:full" stands in more than one item'),
    ('isPermaLink="false"', 'isPermaLink="true"', "guid: is no address, so isPermaLink must be"),
    ("media/plain.0011aabb", "media/full.0011aabb", 'channel: enclosure: "https'),
    ('length="123456"', 'length="0"', "enclosure: length must be the file's bytes, not 0"),
    ('length="123456"', 'length="1.2 MB"', 'enclosure: length: "1.2 MB" is not allowed'),
    ('length="123456" type', "type", "enclosure: has no length"),
    ("media/plain.0011", "media/پ.0011", "enclosure: url: "),
    ("Sat, 28 Nov 2020 18:00:00 +0100", "2020-11-28T18:00:00+01:00", 'item "The plain": pubDate: '),
    ("Sat, 28 Nov 2020 18:00:00 +0100", "Sat, 28 Nov 2020 18:00:00", 'item "The plain": pubDate: '),
    ("Sat, 28 Nov 2020", "Sun, 28 Nov 2020", "has the wrong day of the week"),
    ("<itunes:duration>1800<", "<itunes:duration>30:00<", 'itunes:duration: "30:00" is not allowed'),
    ("cover.jpg", "cover.webp", 'channel: itunes:image: href: "https'),
    ("<description>Two", "<description>" + "é" * 2000 + "Two", "bytes, may have 4000"),
    ("<podcast:guid>9", "<podcast:guid>", 'podcast:guid: "17393e3'),
    (">Taha Host<", "><", "podcast:person: is empty"),
    (">Taha Host<", ">" + "T" * 129 + "<", "podcast:person: has 129 characters, may have 128"),
    ('type="text/vtt"', 'type="text/wrong"', 'podcast:transcript: type: "text/wrong"'),
    (' type="text/vtt"', "", "podcast:transcript: has no type"),
    ('start="00:11:30.000"', 'start="00:00:00.000"', "psc:chapters: must start one after the other"),
    ('start="00:00:00.000"', 'start="00:00:01.000"', "psc:chapters: the first must start at 00:00:00.000"),
    ('value="sha256-', 'value="md5-', "podcast:integrity: value: "),
    ('<podcast:source uri="https', '<podcast:source uri="ftp', "podcast:source: uri: "),
    ("<pubDate>", "<pubDate>x</pubDate><pubDate>", "pubDate: stands 2 times, may stand 1 time"),
]


@pytest.mark.parametrize(("part", "broken", "words"), BROKEN)
def test_validation_says_what_is_wrong_and_where(good: str, part: str, broken: str, words: str) -> None:
    assert part in good
    problems = validate(good.replace(part, broken).encode())
    assert any(words in problem for problem in problems), problems


def test_the_guid_of_a_live_talk_is_validated_as_an_items() -> None:
    talk = LiveItem("eve", "Evening", datetime(2027, 1, 1, tzinfo=UTC), (Link("Watch", "https://e.org/"),))
    xml = render(publication([release()], series(live=(talk,))))["feed.xml"]
    assert validate(xml) == ()
    (problem,) = validate(xml.replace(b'isPermaLink="false"', b'isPermaLink="true"', 1))
    assert problem == 'channel: podcast:liveItem: guid: is no address, so isPermaLink must be "false"'


def test_a_second_default_alternate_is_found(good: str) -> None:
    both = good.replace('title="OPUS"', 'title="OPUS" default="true"')
    assert {problem.split(": ", 1)[1] for problem in validate(both.encode())} == {
        "podcast:alternateEnclosure: more than one is the default",
        "podcast:alternateEnclosure: the default is not the enclosure",
    }


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"enclosures": (enclosure("a/ü"),)}, "enclosure: url"),
    ({"guid": " "}, "guid: is empty"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED)
def test_a_feed_that_fails_is_not_rendered(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(RenderError) as refusal:
        render(publication([release("bad", **changes), release("good")]))
    assert "feed.xml: apps would misread this feed" in str(refusal.value)
    assert f'item "The bad": {words}' in str(refusal.value)


ADVISED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"categories": ()}, {}, "itunes:category: is missing"),
    ({"owner": None}, {}, "itunes:owner: has no e-mail"),
    ({"type": "serial"}, {}, 'item "The talk": itunes:episode: a serial is ordered by it'),
    ({}, {"title": "Ep. 12: Pashtuns"}, 'item "Ep. 12: Pashtuns": title: Apple asks'),
]


@pytest.mark.parametrize(("of_series", "of_talk", "words"), ADVISED)
def test_what_directories_ask_for_is_advice(
    of_series: dict[str, Any], of_talk: dict[str, Any], words: str
) -> None:
    xml = render(publication([release(**of_talk)], series(**of_series)))["feed.xml"]
    (advice,) = advise(xml)
    assert words in advice


def test_a_complete_feed_needs_no_advice(good: str) -> None:
    assert advise(good.encode()) == ()


ALIKE = [full_release("three"), full_release("two"), full_release("one")]


@pytest.fixture(scope="module")
def alike() -> str:
    return render(publication(ALIKE))["feed.xml"].decode()


IN_ONE_OF_MANY = [
    ("urn:uuid:one", "urn:uuid:two"),
    ("urn:uuid:one", " "),
    ("urn:uuid:one", "urn:uuid:&one;"),
    ("media/one.0011aabb.mp3", "media/two.0011aabb.mp3"),
    ("media/one.0011aabb.mp3", "media/ü.mp3"),
    ("media/one.0011aabb.opus", "media/one<.opus"),
    ('length="123456"', 'length="0"'),
    ('length="123456"', 'length=""'),
    ('length="123456"', "length='1.2 MB'"),
    ('isPermaLink="false"', 'isPermaLink="true"'),
    ("Sat, 28 Nov 2020", "Sun, 28 Nov 2020"),
    ("Sat, 28 Nov 2020", "Sat, 31 Nov 2020"),
    ("<itunes:duration>1800<", "<itunes:duration>30:00<"),
    ("<itunes:explicit>true<", "<itunes:explicit>yes<"),
    ("<podcast:season>2<", "<podcast:season>2\x02<"),
    ("<title>Everything", "<title>three ]]> "),
    ("<title>Everything", "<title>three \ufffe"),
    ("<title>Everything", "<title>&bogus;"),
    ("<![CDATA[", "<![CDATA[]]>]]>"),
    ("<![CDATA[", "<![CDATA[\x0b"),
    ('default="true"', 'default="maybe"'),
    ('title="OPUS"', 'title="OPUS" default="true"'),
    ("media/one.22cc33dd.mp4", "media/one<.mp4"),
    ('height="720"', 'height="0"'),
    ('height="720" lang="en"', 'height="720" lang="in English"'),
    ('type="video/mp4"', 'type="film/mp4"'),
    ('start="00:11:30.000"', 'start="00:00:00.000"'),
    ('version="1.2"', 'version=""'),
    ('value="sha256-', 'value="md5-'),
    (">Taha Host<", ">" + "T" * 129 + "<"),
    ("<description>Two", "<description>" + "é" * 2000 + "Two"),
    ("<pubDate>", "<pubDate>x</pubDate><pubDate>"),
    ("    <item>", "    <item>]]>"),
]


def test_a_series_of_like_talks_passes(alike: str) -> None:
    assert validate(alike.encode()) == ()


@pytest.mark.parametrize(("part", "broken"), IN_ONE_OF_MANY)
def test_one_wrong_talk_among_like_ones_is_found(alike: str, part: str, broken: str) -> None:
    *others, wrong = re.split(r"(?=\n    <item>)", alike)
    assert part in wrong
    mutated = "".join([*others, wrong.replace(part, broken)]).encode()
    assert validate(mutated) != ()


HOSTILE = [
    "<",
    ">",
    "&",
    '"',
    "'",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "\x00",
    "\x0b",
    "\ufffe",
    "\ue0000\ue001",
    "é",
]
HOSTILE += [
    "&amp;",
    "&#0;",
    "<a/>",
    "</item>",
    "\n    <item>",
    "\n    </item>",
    ' xmlns="urn:x"',
    " ",
    "",
    "0",
    "\t",
]


@settings(max_examples=300, deadline=None)
@given(data())
def test_what_passes_is_read_by_another_parser_whatever_was_done_to_it(alike: str, drawn: DataObject) -> None:
    start = drawn.draw(integers(0, len(alike) - 1))
    end = start + drawn.draw(sampled_from([0, 1, 2, 5, 12, 80]))
    mutated = (alike[:start] + drawn.draw(sampled_from(HOSTILE)) + alike[end:]).encode()
    if not validate(mutated):
        ElementTree.fromstring(mutated)
