from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher import ledger
from publisher.errors import ReceiptError, UsageError
from publisher.ledger import EpisodeRecord, Ledger
from publisher.model import AnyFacts, AudioFacts, Enclosure, Receipt, ReplacedFile, VideoFacts, YouTubeFacts
from publisher.model.youtube_facts import SessionFacts
from tests.conftest import NOW, make_episode, make_series

DIGEST = "0a1b2c3d" + "e" * 56
ENCLOSURE = Enclosure("media/first-talk.0a1b2c3d.mp3", "mp3", "audio/mpeg", 1234, 61.5, DIGEST)
AUDIO = Receipt("audio", {"recording": "ab"}, AudioFacts((ENCLOSURE,), 62.0, 0.0, 0.0))


def test_receipts_are_read_as_they_were_written(tmp_path: Path) -> None:
    talk = EpisodeRecord(
        "first-talk", "guid-1", NOW, {"audio": AUDIO}, (ReplacedFile("media/first-talk.ffffffff.mp3", NOW),)
    )
    ledger.save_record(tmp_path, talk)
    ledger.save_feed(tmp_path, Ledger(feed_guid="g", feed_address="https://talks.example.org/feed.xml"))
    read = ledger.load(tmp_path)
    assert read.record("first-talk") == talk
    assert (read.feed_guid, read.feed_address) == ("g", "https://talks.example.org/feed.xml")


VIDEO_FILE = Enclosure("media/first-talk.0a1b2c3d.mp4", "mp4", "video/mp4", 99, 61.5, DIGEST, height=720)
VIDEO = Receipt("video", {"recording": "ab"}, VideoFacts(VIDEO_FILE, 62.0))
WAITING = Receipt(
    "video", {}, VideoFacts(Enclosure("videos/first-talk.0a1b2c3d.mkv", "", "", 99, 61.5, DIGEST))
)


def test_a_video_is_published_or_only_made_for_its_upload() -> None:
    video = ledger.video_enclosure(VIDEO)
    assert video is not None and (video.height, video.type, video.channels) == (720, "video/mp4", 1)
    assert ledger.video_enclosure(WAITING) is None
    published, waiting = (
        EpisodeRecord("a", receipts={"video": VIDEO}),
        EpisodeRecord("a", receipts={"video": WAITING}),
    )
    assert (published.file_paths("video"), waiting.file_paths("video")) == ((video.path,), ())
    assert waiting.file_sizes("video") == (("videos/first-talk.0a1b2c3d.mkv", 99),)


def facts_as_stored(root: Path, facts: AnyFacts) -> str:
    """The text of the facts in the file in which they are saved."""
    output = "audio" if isinstance(facts, AudioFacts) else "video"
    ledger.save_record(root, EpisodeRecord("first-talk", receipts={output: Receipt(output, {}, facts)}))
    text = (root / "episodes/first-talk/released.json").read_text(encoding="utf-8")
    return json.dumps(json.loads(text)["receipts"][output]["facts"])


def test_the_facts_of_audio_are_stored_in_this_order(tmp_path: Path) -> None:
    made = replace(ENCLOSURE, loudness=-16.0, true_peak=-1.5, bitrate=96)
    assert facts_as_stored(tmp_path, AudioFacts((made,), 62.0, 0.0, 0.0, ("creation_time",))) == (
        '{"recording_duration": 62.0, "intro_duration": 0.0, "outro_duration": 0.0, '
        '"stripped": ["creation_time"], "enclosures": [{"path": "media/first-talk.0a1b2c3d.mp3", '
        f'"format": "mp3", "type": "audio/mpeg", "length": 1234, "duration": 61.5, "digest": "{DIGEST}", '
        '"loudness": -16.0, "true_peak": -1.5, "channels": 1, "bitrate": 96, "height": null}]}'
    )


def test_the_facts_of_a_video_are_stored_in_this_order(tmp_path: Path) -> None:
    made = replace(VIDEO_FILE, loudness=-16.0, true_peak=-1.5, bitrate=900)
    sound = '{"duration": 61.5, "loudness": -16.0, "true_peak": -1.5, '
    assert facts_as_stored(tmp_path, VideoFacts(made, 62.0)) == (
        f'{sound}"format": "mp4", "type": "video/mp4", "height": 720, "recording_duration": 62.0, '
        f'"path": "media/first-talk.0a1b2c3d.mp4", "length": 99, "digest": "{DIGEST}", "bitrate": 900}}'
    )
    waiting = Enclosure("videos/first-talk.0a1b2c3d.mkv", "", "", 99, 61.5, DIGEST, -16.0, -1.5)
    assert facts_as_stored(tmp_path, VideoFacts(waiting)) == (
        f'{sound}"path": "videos/first-talk.0a1b2c3d.mkv", "length": 99, "digest": "{DIGEST}"}}'
    )


def test_facts_of_an_earlier_publisher_are_read(tmp_path: Path) -> None:
    path = tmp_path / "episodes/first-talk/released.json"
    path.parent.mkdir(parents=True)
    file = {
        "digest": DIGEST, "duration": 61.5, "length": 1234, "type": "audio/mpeg", "format": "mp3",
        "path": "media/first-talk.0a1b2c3d.mp3",
    }  # fmt: skip
    durations = {"outro_duration": 0.0, "intro_duration": 0.0, "recording_duration": 62.0}
    audio = {"inputs": {"recording": "ab"}, "facts": {"enclosures": [file], **durations}}
    path.write_text(json.dumps({"schema": 1, "guid": "g", "receipts": {"audio": audio}}), encoding="utf-8")
    talk = ledger.load(tmp_path).record("first-talk")
    assert talk.receipts == {"audio": AUDIO}
    ledger.save_record(tmp_path, talk)
    assert ledger.load(tmp_path).record("first-talk") == talk


def test_a_file_that_is_current_again_does_not_count_as_replaced() -> None:
    talk = EpisodeRecord(
        "a", replaced=(ReplacedFile("media/first-talk.0a1b2c3d.mp4", NOW), ReplacedFile("media/x.mp4", NOW))
    )
    assert [old.path for old in ledger.with_receipt(talk, VIDEO).replaced] == ["media/x.mp4"]


def test_an_open_receipt_stays_open(tmp_path: Path) -> None:
    facts = YouTubeFacts(session=SessionFacts(uri="https://www.googleapis.com/upload/x", size=99))
    talk = EpisodeRecord(
        "first-talk", "guid-1", receipts={"youtube": Receipt("youtube", {}, facts, open=True)}
    )
    ledger.save_record(tmp_path, talk)
    assert ledger.load(tmp_path).record("first-talk").receipts["youtube"].open


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"schema": 1,\n "guid": }', r"episodes/first-talk/released\.json:2: not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "not a receipt"),
        (b'{"schema": 7}', "schema 7, but this publisher reads 1"),
        (b'{"schema": 1,\n "receipts": {"audio": {}}}', "inputs"),
        (b'{"schema": 1,\n "receipts": [1]}', "receipts"),
        (b'{"schema": 1, "published": "soon"}', "soon"),
        (b'{"schema": 1, "receipts": {"audio": {"inputs": {}, "facts": {"enclosures": [{"x": 1}]}}}}', "x"),
        (b"[" * 100_000, "nested too deeply|not JSON"),
        (b'{"schema": 1,\n "guid": 5}', r"released\.json:2: guid: not what"),
        (b'{"schema": 1,\n "guid": null,\n "published": 5}', r"released\.json:3: published: not what"),
        (b'{"schema": 1,\n "receipts": {\n"audio": 5}}', r"released\.json:3: audio: not what"),
        (b'{"schema": 1, "replaced": [{"path": "../../x", "at": "2020-01-01"}]}', ":1: path: not what"),
        (b'{"schema": 1, "receipts": {"video": {"inputs": {}, "facts": {"path": "/etc/x"}}}}', ":1: path"),
        (
            b'{"schema": 1, "receipts": {"video": {"inputs": {}, "facts": {"path": "media/first-talk.0a1b2c3d.mp4"}}}}',
            "format",
        ),
    ],
)
def test_a_damaged_receipt_is_reported_with_its_line_and_kept(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "episodes" / "first-talk" / "released.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(ReceiptError, match=words):
        ledger.load(tmp_path)
    assert path.read_bytes() == content


def test_a_guid_is_assigned_once_and_stays_when_title_link_and_slug_change(tmp_path: Path) -> None:
    episode = make_episode()
    first = ledger.identify(make_series(tmp_path, episode), Ledger())
    guid = first.record("first-talk").guid
    moved = make_series(tmp_path, replace(episode, title="Other"), link="https://elsewhere.example.org/x/")
    assert ledger.identify(moved, first).record("first-talk").guid == guid
    renamed = Ledger({"new-name": replace(first.record("first-talk"), slug="new-name")})
    series = make_series(tmp_path, replace(episode, slug="new-name"))
    assert ledger.identify(series, renamed).record("new-name").guid == guid


def test_two_episodes_never_share_a_guid(tmp_path: Path) -> None:
    first = ledger.identify(make_series(tmp_path, make_episode("a")), Ledger())
    renamed = Ledger({"b": replace(first.record("a"), slug="b")})
    both = ledger.identify(make_series(tmp_path, make_episode("a"), make_episode("b")), renamed)
    assert both.record("a").guid != both.record("b").guid


def test_a_guid_of_another_feed_in_the_catalogue_has_priority(tmp_path: Path) -> None:
    series = make_series(tmp_path, make_episode(guid="https://old.example.org/?p=12"), guid="old-feed")
    identified = ledger.identify(series, Ledger())
    assert identified.record("first-talk").guid == "https://old.example.org/?p=12"
    assert identified.feed_guid == "old-feed"


def test_the_feed_guid_follows_the_specification() -> None:
    # The example of the specification's guid page.
    assert (
        ledger.feed_guid("https://mp3s.nashownotes.com/pc20rss.xml") == "917393e3-1b1e-5cef-ace4-edaa54e1f810"
    )
    assert (
        ledger.feed_guid("http://mp3s.nashownotes.com/pc20rss.xml/") == "917393e3-1b1e-5cef-ace4-edaa54e1f810"
    )


def test_only_due_episodes_with_media_are_published_newest_first(tmp_path: Path) -> None:
    later = NOW + timedelta(seconds=1)
    series = make_series(
        tmp_path,
        make_episode("old", date=datetime(2020, 1, 1, tzinfo=UTC)),
        make_episode("new", date=NOW),
        make_episode("future", date=later),
        make_episode("draft", status="draft"),
        make_episode("silent"),
    )
    talks = {
        slug: EpisodeRecord(slug, slug, receipts={"audio": AUDIO})
        for slug in ("old", "new", "future", "draft")
    }
    published = ledger.publication(series, Ledger(talks), NOW)
    assert [release.episode.slug for release in published.releases] == ["new", "old"]
    assert published.releases[0].recording_duration == 62.0


def test_a_changed_identity_is_reported(tmp_path: Path) -> None:
    episode = make_episode()
    talk = EpisodeRecord("first-talk", "guid-1", episode.date)
    known = Ledger({"first-talk": talk}, "feed-1", "https://talks.example.org/feed.xml")
    assert ledger.identity_changes(make_series(tmp_path, episode), known) == ()
    moved = make_series(
        tmp_path,
        replace(episode, date=NOW, guid="other"),
        link="https://new.example.org/",
        guid="feed-2",
    )
    changes = "\n".join(ledger.identity_changes(moved, known))
    for words in ("guid-1", "other", NOW.isoformat(), "feed-1", "feed-2", "https://new.example.org/feed.xml"):
        assert words in changes


def test_receipts_behind_a_link_are_neither_read_nor_written(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "series", tmp_path / "elsewhere"
    ledger.save_record(root, EpisodeRecord("first-talk", "guid-1"))
    (root / "episodes/first-talk").rename(elsewhere)
    (root / "episodes/first-talk").symlink_to(elsewhere, target_is_directory=True)
    before = (elsewhere / "released.json").read_bytes()
    with pytest.raises(ReceiptError, match="episodes/first-talk: a link"):
        ledger.load(root)
    assert ledger.load_readable(root).record("first-talk") == EpisodeRecord("first-talk")
    with pytest.raises(UsageError, match="episodes/first-talk: a link"):
        ledger.set_aside(root, "first-talk")
    with pytest.raises(UsageError, match="episodes/first-talk: a link"):
        ledger.save_record(root, EpisodeRecord("first-talk", "guid-2"))
    assert (elsewhere / "released.json").read_bytes() == before


def test_a_broken_link_does_not_count_as_a_missing_receipt(tmp_path: Path) -> None:
    for name in ("episodes/released.json", "episodes/first-talk/released.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(tmp_path / "nowhere")
        with pytest.raises(ReceiptError, match=f"{name}: a link"):
            ledger.load(tmp_path)
        (tmp_path / name).unlink()
