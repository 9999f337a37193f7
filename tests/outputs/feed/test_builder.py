"""The feed, read back by other readers than wrote it, gives what the catalogue says."""

from __future__ import annotations

import locale
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from publisher.context import BuildContext
from publisher.model import Chapter, Credit, License, Owner, Person, Publication
from publisher.outputs.feed import FeedRenderer
from tests.conftest import make_series
from tests.outputs.feed.samples import (
    GUEST,
    HOST,
    LINK,
    NASTY_TITLES,
    enclosure,
    full_release,
    nasty_publication,
    publication,
    read_by_feedparser,
    read_by_podcastparser,
    release,
    render,
    series,
)

NAMES = {
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "psc": "http://podlove.org/simple-chapters",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "atom": "http://www.w3.org/2005/Atom",
}
PAGE = LINK + "episodes/full/"


def found(xml: bytes, path: str) -> list[tuple[str | None, dict[str, str]]]:
    """Text and attributes of every element at `path` below the channel."""
    return [
        (each.text, each.attrib) for each in ElementTree.fromstring(xml).findall(f"channel/{path}", NAMES)
    ]


@pytest.fixture(scope="module")
def full() -> bytes:
    return render(publication([full_release()]))["feed.xml"]


CHANNEL: list[tuple[str, list[tuple[str | None, dict[str, str]]]]] = [
    ("title", [("Press Talk", {})]),
    ("link", [(LINK, {})]),
    ("description", [("Talks with guests.\n\nAnd questions.", {})]),
    ("language", [("en", {})]),
    ("copyright", [("© Small Press", {})]),
    ("image/url", [(LINK + "assets/cover.jpg", {})]),
    ("lastBuildDate", [("Wed, 02 Dec 2020 00:00:00 +0100", {})]),
    ("atom:link", [(None, {"rel": "self", "href": LINK + "feed.xml", "type": "application/rss+xml"})]),
    ("itunes:author", [("Small Press", {})]),
    ("itunes:explicit", [("false", {})]),
    ("itunes:type", [("episodic", {})]),
    ("itunes:image", [(None, {"href": LINK + "assets/cover.jpg"})]),
    ("itunes:owner/itunes:name", [("Small Press", {})]),
    ("itunes:owner/itunes:email", [("press@example.org", {})]),
    ("podcast:guid", [("917393e3-1b1e-5cef-ace4-edaa54e1f810", {})]),
    ("podcast:medium", [("podcast", {})]),
    ("podcast:locked", [("yes", {"owner": "press@example.org"})]),
    ("podcast:funding", [("Support us", {"url": "https://example.org/give"})]),
    ("podcast:license", [("cc-by-4.0", {})]),
]


@pytest.mark.parametrize(
    ("path", "expected"), CHANNEL, ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_channel_says_what_the_series_says(full: bytes, path: str, expected: object) -> None:
    assert found(full, path) == expected


HOST_ELEMENT = (
    "Taha Host",
    {"role": "host", "img": LINK + "people/host/photo.jpg", "href": "https://host.example.org/"},
)
ITEM: list[tuple[str, list[tuple[str | None, dict[str, str]]]]] = [
    ("title", [("Everything at once", {})]),
    ("link", [(PAGE, {})]),
    ("guid", [("urn:uuid:full", {"isPermaLink": "false"})]),
    ("pubDate", [("Sat, 28 Nov 2020 18:00:00 +0100", {})]),
    (
        "enclosure",
        [(None, {"url": LINK + "media/full.0011aabb.mp3", "length": "123456", "type": "audio/mpeg"})],
    ),
    ("category", [("Human rights", {}), ("خالصتان", {})]),
    ("itunes:title", [("Everything at once", {})]),
    ("itunes:duration", [("1800", {})]),
    ("itunes:explicit", [("true", {})]),
    ("itunes:season", [("2", {})]),
    ("itunes:episode", [("4", {})]),
    ("itunes:episodeType", [("bonus", {})]),
    ("itunes:image", [(None, {"href": PAGE + "cover.jpg"})]),
    ("podcast:season", [("2", {})]),
    ("podcast:episode", [("4", {})]),
    ("podcast:chapters", [(None, {"url": PAGE + "chapters.json", "type": "application/json+chapters"})]),
    ("podcast:contentLink", [("YouTube", {"href": "https://www.youtube.com/watch?v=dQw4w9WgXcQ"})]),
    (
        "podcast:person",
        [
            ("Taha Host", HOST_ELEMENT[1] | {"group": "cast"}),
            ("گلالئی Guest", {"group": "cast", "role": "guest", "href": LINK + "people/guest/"}),
        ],
    ),
    (
        "psc:chapters/psc:chapter",
        [
            (None, {"start": "00:00:00.000", "title": "Welcome"}),
            (None, {"start": "00:11:30.000", "title": "Questions", "href": "https://example.org/q"}),
        ],
    ),
]


@pytest.mark.parametrize(
    ("path", "expected"), ITEM, ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_item_says_what_the_talk_says(full: bytes, path: str, expected: object) -> None:
    assert found(full, f"item/{path}") == expected


def test_every_transcript_is_offered_once_per_language_and_format_the_talks_own_first(full: bytes) -> None:
    offered = [attributes for _, attributes in found(full, "item/podcast:transcript")]
    assert [
        (each["url"].rsplit("/", 1)[1], each["type"], each["language"], each.get("rel")) for each in offered
    ] == [
        ("transcript.en.vtt", "text/vtt", "en", "captions"),
        ("transcript.en.srt", "application/x-subrip", "en", "captions"),
        ("transcript.en.json", "application/json", "en", None),
        ("transcript.ur.vtt", "text/vtt", "ur", "captions"),
        ("transcript.ur.srt", "application/x-subrip", "ur", "captions"),
        ("transcript.ur.json", "application/json", "ur", None),
    ]


def test_every_format_is_an_alternate_with_its_hash_and_the_enclosure_is_the_default(full: bytes) -> None:
    alternates = [attributes for _, attributes in found(full, "item/podcast:alternateEnclosure")]
    assert [(each["type"], each["length"], each["bitrate"], each.get("default")) for each in alternates] == [
        ("audio/mpeg", "123456", "96000", "true"),
        ("audio/ogg", "123456", "96000", None),
        ("video/mp4", "250000000", "1117000", None),
    ]
    sources = [
        attributes["uri"] for _, attributes in found(full, "item/podcast:alternateEnclosure/podcast:source")
    ]
    names = ("full.0011aabb.mp3", "full.0011aabb.opus", "full.22cc33dd.mp4")
    assert sources == [LINK + "media/" + name for name in names]
    hashes = found(full, "item/podcast:alternateEnclosure/podcast:integrity")
    assert hashes[0][1] == {"type": "sri", "value": "sha256-q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="}
    assert hashes[2][1] == {"type": "sri", "value": "sha256-zc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc0="}


def test_only_a_video_says_how_high_its_picture_is(full: bytes) -> None:
    alternates = [attributes for _, attributes in found(full, "item/podcast:alternateEnclosure")]
    shown = [(each["title"], each.get("height"), each["lang"]) for each in alternates]
    assert shown == [("MP3", None, "en"), ("OPUS", None, "en"), ("MP4 720p", "720", "en")]
    video = read_by_feedparser(full).entries[0].podcast_alternateenclosure
    assert (video["type"], video["height"]) == ("video/mp4", "720")


def test_times_in_notes_become_links_to_published_time(full: bytes) -> None:
    notes = read_by_feedparser(full).entries[0].content[0].value
    assert f'href="{PAGE}#t=11:30"' in notes
    assert "[12:40]" not in notes and ">11:30<" in notes
    assert "1:50" in notes and "#t=1:50" not in notes


def test_the_notes_name_everybody_every_link_and_every_correction(full: bytes) -> None:
    notes = found(full, "item/content:encoded")[0][0] or ""
    for words in (
        "what she was that day",
        "Taha Host",
        "Terry Author",
        "A paper",
        "?a=1&amp;b=2",
        "Seen",
        "It was a Tuesday",
    ):
        assert words in notes


def test_podcastparser_gives_what_the_catalogue_says(full: bytes) -> None:
    podcast = read_by_podcastparser(full)
    (episode,) = podcast["episodes"]
    assert podcast["cover_url"] == LINK + "assets/cover.jpg"
    assert podcast["itunes_categories"] == [["News", "Politics"], ["Society & Culture"]]
    assert podcast["explicit"] is False and episode["explicit"] is True
    assert (episode["guid"], episode["title"], episode["total_time"]) == (
        "urn:uuid:full",
        "Everything at once",
        1800,
    )
    assert episode["published"] == datetime(2020, 11, 28, 17, tzinfo=UTC).timestamp()
    assert episode["enclosures"] == [
        {"url": LINK + "media/full.0011aabb.mp3", "file_size": 123456, "mime_type": "audio/mpeg"}
    ]
    assert [(person["name"], person["role"]) for person in episode["persons"]] == [
        ("Taha Host", "host"),
        ("گلالئی Guest", "guest"),
    ]
    assert [(each["start"], each["title"]) for each in episode["chapters"]] == [
        (0, "Welcome"),
        (690, "Questions"),
    ]
    assert episode["transcript_url"].startswith(PAGE + "transcript.")
    assert episode["chapters_json_url"] == PAGE + "chapters.json"
    assert episode["episode_art_url"] == PAGE + "cover.jpg"


# Both directions in one title: it is set apart, and is itself within.
ISOLATES = dict.fromkeys(map(ord, "\u2066\u2067\u2069"))


def test_nothing_of_a_nasty_series_is_lost_on_podcastparser() -> None:
    episodes = read_by_podcastparser(render(nasty_publication())["feed.xml"])["episodes"]
    for number, ((_, title), episode) in enumerate(zip(NASTY_TITLES, episodes, strict=True)):
        shown = " ".join(title.translate(dict.fromkeys([0, 8, 0x1B, 0x7F, 0xFFFE, 0xD800])).split())
        assert episode["title"].translate(ISOLATES) == shown
        assert episode["guid"] == f"urn:uuid:nasty-{number}"
        assert episode["enclosures"][0]["url"] == f"{LINK}media/nasty-{number}.0011aabb.mp3"
        assert len(episode["chapters"]) == 300
        assert episode["chapters"][299]["title"].translate(ISOLATES).endswith(shown)
        assert episode["persons"][0]["name"].startswith(shown[:20])
        assert len(episode["description_html"]) > 4000


def test_nothing_of_a_nasty_series_is_lost_on_feedparser() -> None:
    parsed = read_by_feedparser(render(nasty_publication())["feed.xml"])
    assert "«سری» & ]]> Talks" in parsed.feed.title
    assert [entry.id for entry in parsed.entries] == [f"urn:uuid:nasty-{n}" for n in range(5)]
    for number, entry in enumerate(parsed.entries):
        assert (
            entry.published
            == f"{('Sun', 'Sat', 'Fri', 'Thu', 'Wed')[number]}, {10 - number:02} Jan 2021 12:00:00 +0000"
        )
        assert entry.itunes_duration == "1800"
        assert [tag.term for tag in entry.tags] == ["A & B", "]]>", "خبر"]
        assert len(entry.psc_chapters.chapters) == 300
        notes = entry.content[0].value
        assert "Paragraph 15 says" in notes and "]]&gt; 🎉" in notes and "alert(1)</script" not in notes


def test_no_description_is_longer_than_4000_bytes_or_holds_markup() -> None:
    xml = render(nasty_publication())["feed.xml"]
    texts = [text or "" for text, _ in found(xml, "description") + found(xml, "item/description")]
    assert len(texts) == 6
    assert all(0 < len(text.encode()) <= 4000 and "<" not in text for text in texts)


def test_blocks_of_the_notes_carry_their_language_and_direction() -> None:
    shown = release(language="ps", summary="سلام", notes="په پښتو\n\n- یو\n- two\n\nEnglish words")
    notes = found(render(publication([shown]))["feed.xml"], "item/content:encoded")[0][0] or ""
    root = ElementTree.fromstring(f"<div>{notes}</div>")
    blocks = [each for each in root.iter() if each.tag in {"p", "ul"}]
    assert blocks and all(each.get("lang") == "ps" and each.get("dir") in {"rtl", "ltr"} for each in blocks)
    directions = {(each.text or "").strip(): each.get("dir") for each in blocks}
    assert directions["سلام"] == directions["په پښتو"] == "rtl"
    assert directions["English words"] == "ltr"


def test_a_template_of_the_series_takes_the_place_of_the_built_in_one(tmp_path: Path) -> None:
    own = tmp_path / "templates" / "feed" / "notes.html"
    own.parent.mkdir(parents=True)
    own.write_text("{% macro notes(page) %}<p>mine ]]> {{ page }} {{ kwargs.summary[0] }}</p>{% endmacro %}")
    xml = render(publication([release()], series(root=tmp_path)))["feed.xml"]
    expected = f"<p>mine ]]&gt; {LINK}episodes/talk/ Two people talk.</p>"
    assert found(xml, "item/content:encoded") == [(expected, {})]


def test_no_control_character_hides_an_end_of_the_notes(tmp_path: Path) -> None:
    own = tmp_path / "templates" / "feed" / "notes.html"
    own.parent.mkdir(parents=True)
    own.write_text("{% macro notes() %}<p>]]{{ '\\b'|safe }}></p>{{ kwargs.youtube or '' }}{% endmacro %}")
    xml = render(publication([release()], series(root=tmp_path)))["feed.xml"]
    assert found(xml, "item/content:encoded") == [("<p>]]&gt;</p>", {})]


def test_a_title_that_mixes_directions_is_isolated_and_others_are_left_alone() -> None:
    titles = [("ur", "پشتون #PTM کیا ہے؟"), ("en", "What is پشتون?"), ("fa", "سلام؟ 🎙️"), ("en", "Café 2020")]
    talks = [release(f"t{n}", title=title, language=code) for n, (code, title) in enumerate(titles)]
    shown = {entry.title for entry in read_by_feedparser(render(publication(talks))["feed.xml"]).entries}
    assert shown == {"\u2067پشتون #PTM کیا ہے؟\u2069", "\u2066What is پشتون?\u2069", "سلام؟ 🎙️", "Café 2020"}


def test_a_talk_without_sound_is_no_item() -> None:
    shown = publication([release("video", enclosures=(), youtube_id="dQw4w9WgXcQ"), release("audio")])
    assert [entry.id for entry in read_by_feedparser(render(shown)["feed.xml"]).entries] == ["urn:uuid:audio"]


def test_a_series_without_any_talk_has_a_feed() -> None:
    assert read_by_podcastparser(render(publication([]))["feed.xml"])["episodes"] == []


ABSENT: list[tuple[dict[str, Any], str]] = [
    ({"owner": None}, "itunes:owner"),
    ({"owner": Owner("Only a name")}, "itunes:owner/itunes:email"),
    ({"license": None}, "podcast:license"),
    ({"copyright": None}, "copyright"),
    ({"funding": ()}, "podcast:funding"),
]


@pytest.mark.parametrize(
    ("changes", "path"), ABSENT, ids=lambda value: value if isinstance(value, str) else ""
)
def test_nothing_is_made_up_for_what_the_catalogue_leaves_out(changes: dict[str, Any], path: str) -> None:
    assert found(render(publication([release()], series(**changes)))["feed.xml"], path) == []


@pytest.mark.parametrize(
    ("said", "word"), [({}, "yes"), ({"locked": True}, "yes"), ({"locked": False}, "no")]
)
def test_a_feed_is_locked_unless_the_catalogue_says_otherwise(said: dict[str, Any], word: str) -> None:
    xml = render(publication([release()], make_series(Path(), **said)))["feed.xml"]
    assert [text for text, _ in found(xml, "podcast:locked")] == [word]


def test_an_owner_without_an_address_is_named() -> None:
    xml = render(publication([release()], series(owner=Owner("Only a name"))))["feed.xml"]
    assert found(xml, "itunes:owner/itunes:name") == [("Only a name", {})]


def test_a_moved_feed_names_its_new_address() -> None:
    moved = replace(publication([release()]), has_moved=True)
    assert found(render(moved)["feed.xml"], "itunes:new-feed-url") == [(LINK + "feed.xml", {})]


def test_addresses_that_run_code_are_left_out() -> None:
    person = Person("p", "P", link="javascript:alert(1)")
    shown = release(guests=(Credit(person, "guest"),), chapters=(Chapter(0, "A", "javascript:alert(1)"),))
    xml = render(publication([shown], series(license=License("own", "javascript:alert(1)"))))["feed.xml"]
    assert b"javascript" not in xml


def test_everybody_of_a_talk_is_restated_and_the_channel_names_the_regular_hosts() -> None:
    other = Person("other", "Other Host")
    talks = [
        release("a", moderators=(Credit(HOST, "moderator"),), guests=(Credit(GUEST, "guest"),)),
        release("b", moderators=(Credit(HOST, "moderator"),)),
        release("c", moderators=(Credit(other, "moderator"),)),
    ]
    xml = render(publication(talks))["feed.xml"]
    assert [name for name, _ in found(xml, "podcast:person")] == ["Taha Host", "Other Host"]
    assert [
        len(each.findall("podcast:person", NAMES)) for each in ElementTree.fromstring(xml).iter("item")
    ] == [1, 1, 2]


def test_a_trailer_is_offered_by_the_channel() -> None:
    xml = render(publication([release("soon", kind="trailer", season=3)]))["feed.xml"]
    ((text, attributes),) = found(xml, "podcast:trailer")
    assert text == "The soon" and attributes["season"] == "3" and attributes["type"] == "audio/mpeg"
    assert parsedate_to_datetime(attributes["pubdate"]) == release().published


def test_a_trailer_is_offered_however_long_ago_it_appeared() -> None:
    talks = [release(f"t{n}", date=datetime(2021, 1, 2 + n, tzinfo=UTC)) for n in range(3)]
    trailer = release("soon", kind="trailer", date=datetime(2021, 1, 1, tzinfo=UTC))
    documents = render(publication([*talks, trailer], series(feed_limit=2)))
    offered = {path: [text for text, _ in found(xml, "podcast:trailer")] for path, xml in documents.items()}
    assert offered == {"feed.xml": ["The soon"], "feed/archive-1.xml": [], "feed/archive-2.xml": []}


def test_a_description_out_of_the_notes_has_times_of_what_is_heard() -> None:
    shown = release(summary=None, notes="Begins at [1:10], ends [2:00].", start=10.0)
    (text, _), *_ = found(render(publication([shown]))["feed.xml"], "item/description")
    assert (text or "").startswith("Begins at 1:00, ends 1:50.\n")


def test_a_name_stands_apart_from_what_is_said_of_it(full: bytes) -> None:
    notes = found(full, "item/content:encoded")[0][0] or ""
    assert "Guests: <bdi>" in notes and 'Moderator: <a href="https://host.example.org/">' in notes


MACHINES = [
    {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "1"},
    {"LC_ALL": "fa_IR.UTF-8", "TZ": "Asia/Karachi", "PYTHONHASHSEED": "2"},
]
PROGRAM = """
import hashlib, locale
try:
    locale.setlocale(locale.LC_ALL, "")
except locale.Error:
    pass
from tests.outputs.feed.samples import nasty_publication, render
print(hashlib.sha256(render(nasty_publication())["feed.xml"]).hexdigest())
"""


def test_the_same_input_gives_the_same_bytes_on_any_machine() -> None:
    def digest(machine: dict[str, str]) -> str:
        environment = {**os.environ, **machine}
        root = Path(__file__).parents[3]
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM], cwd=root, env=environment, capture_output=True, check=True
        )
        return ran.stdout.decode().strip()

    assert len({digest(machine) for machine in MACHINES}) == 1


def test_the_month_of_a_date_is_english_whatever_the_locale() -> None:
    before = locale.setlocale(locale.LC_TIME)
    available = [name for name in ("fa_IR.UTF-8", "ar_SA.UTF-8", "de_DE.UTF-8") if _can_speak(name)]
    if not available:
        pytest.skip("no other locale is installed here")
    try:
        locale.setlocale(locale.LC_TIME, available[0])
        xml = render(publication([release()]))["feed.xml"]
    finally:
        locale.setlocale(locale.LC_TIME, before)
    assert found(xml, "item/pubDate") == [("Sat, 28 Nov 2020 18:00:00 +0100", {})]


def _can_speak(name: str) -> bool:
    before = locale.setlocale(locale.LC_TIME)
    try:
        locale.setlocale(locale.LC_TIME, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_TIME, before)
    return True


def test_declaring_documents_does_not_load_what_writes_them() -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom tests.outputs.feed.samples import *\n"
        "list(FeedRenderer(BuildContext(Path('p'), Path('w'))).documents(publication([full_release()])))\n"
        "heavy = {'feedgen', 'lxml', 'babel', 'jinja2', 'markdown_it', 'nh3', 'webvtt'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[3], capture_output=True, check=True
    )
    assert ran.stdout.decode().strip() == "[]"


def key_of(shown: Publication) -> str:
    return next(iter(FeedRenderer(BuildContext(Path("p"), Path("w"))).documents(shown))).key


CHANGES: list[Callable[[], Publication]] = [
    lambda: publication([release(title="Another")]),
    lambda: publication([release(chapters=(Chapter(0, "A"),))]),
    lambda: publication([release(enclosures=(enclosure("other"),))]),
    lambda: publication([release()], series(title="Another")),
    lambda: publication([release()], series(explicit=True)),
    lambda: publication([release(), release("second")]),
]


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_a_listener_could_see_changes_the_key(change: Callable[[], Publication]) -> None:
    assert key_of(publication([release()])) == key_of(publication([release()]))
    assert key_of(change()) != key_of(publication([release()]))
