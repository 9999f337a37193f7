"""The files that yt-dlp writes."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.errors import UsageError
from publisher.imports.model import ImportedTalk
from publisher.imports.youtube_files import MAX_INFO, read_info_files

ROLLING = "WEBVTT\nKind: captions\n\n00:00:00.000 --> 00:00:02.000\nhi<00:00:00.500><c> all</c>\n"


def video_id(number: int) -> str:
    return f"video{number:06d}"


def info(number: int, **values: object) -> dict[str, object]:
    return {
        "id": video_id(number),
        "title": f"Talk {number}",
        "description": "About it.",
        "availability": "public",
        "extractor_key": "Youtube",
        "timestamp": 1_614_675_600 + number,
        "duration": 60,
        "epoch": 1_700_000_000,
        **values,
    }


def write(folder: Path, number: int, name: str | None = None, **values: object) -> str:
    stem = name or f"Talk {number} v1.5 [{video_id(number)}]"
    (folder / f"{stem}.info.json").write_text(json.dumps(info(number, **values)), encoding="utf-8")
    return stem


def read(folder: Path) -> dict[str, ImportedTalk]:
    return {talk.title: talk for talk in read_info_files(folder).talks}


def test_a_video_becomes_a_talk_with_the_files_beside_it(tmp_path: Path) -> None:
    stem = write(
        tmp_path,
        1,
        language="en",
        tags=["border"],
        age_limit=18,
        chapters=[
            {"start_time": 0.0, "title": "<Untitled Chapter 1>", "end_time": 5},
            {"start_time": 5.0, "title": "Start", "end_time": 30},
            {"start_time": 99, "title": "Late"},
        ],
        license="Creative Commons Attribution license (reuse allowed)",
        subtitles={"en": [], "fr": [], "live_chat": []},
        automatic_captions={"en": [], "en-orig": [], "de": []},
    )
    for suffix in (
        ".mp4",
        ".f140.m4a",
        ".en.vtt",
        ".en-orig.vtt",
        ".de.vtt",
        ".live_chat.json",
        ".mp4.part",
        ".jpg",
        ".webp",
    ):
        (tmp_path / (stem + suffix)).write_text("WEBVTT\n")
    talk = read(tmp_path)["Talk 1"]
    assert (talk.youtube, talk.visible, talk.explicit, talk.license) == (video_id(1), True, True, "CC-BY-3.0")
    assert talk.date == datetime.fromtimestamp(1_614_675_601, UTC)
    assert [(one.at, one.title) for one in talk.chapters] == [(5.0, "Start")]
    assert [file.place for file in talk.media] == [f"{stem}.mp4"]
    assert talk.image is not None and talk.image.place == f"{stem}.jpg"
    assert [(file.place, file.language, file.rel) for file in talk.transcripts] == [
        (f"{stem}.en.vtt", "en", "captions")
    ]
    assert any("captions in fr exist on YouTube" in text for text in talk.not_understood)
    assert "chapters after the end of the video: 1" in talk.not_understood


def test_automatic_captions_are_named_and_translated_ones_left_out(tmp_path: Path) -> None:
    stem = write(tmp_path, 1, automatic_captions={"en-orig": [], "en": [], "fr": []})
    for tag in ("en-orig", "fr"):
        (tmp_path / f"{stem}.{tag}.vtt").write_text(ROLLING)
    second = write(tmp_path, 2)
    (tmp_path / f"{second}.ur.vtt").write_text(ROLLING)
    talks = read(tmp_path)
    assert [(file.language, file.rel) for file in talks["Talk 1"].transcripts] == [("en", "automatic")]
    assert [(file.language, file.rel) for file in talks["Talk 2"].transcripts] == [("ur", "automatic")]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"availability": "private"}, "private"),
        ({"availability": "unlisted"}, "unlisted"),
        ({"availability": "subscriber_only"}, "for members only"),
        ({"availability": "premium_only"}, "for paying viewers only"),
        ({"availability": "needs_auth"}, "only visible after a login"),
        ({"availability": "odd"}, "of the unknown visibility 'odd'"),
        ({"availability": None}, "of unknown visibility"),
        ({"live_status": "is_upcoming"}, "not streamed yet"),
        ({"is_live": True}, "being streamed"),
    ],
)
def test_what_not_everybody_can_find_is_hidden(tmp_path: Path, values: dict[str, object], why: str) -> None:
    write(tmp_path, 1, **values)
    write(tmp_path, 2)
    talks = read(tmp_path)
    assert (talks["Talk 1"].visible, talks["Talk 1"].why_hidden) == (False, why)
    assert talks["Talk 2"].visible


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"id": "video00', "is not complete JSON"),
        (b"[" * 200_000, "not JSON of a sensible size and depth"),
        (b'{"id": ' + b"9" * 5000 + b"}", "not JSON of a sensible size and depth"),
        (b'{"id": "\xff"}', "not in UTF-8"),
        (b"[]", "is not information about a video"),
        (b"", "is not complete JSON"),
        (b'{"id": "../../etc/p", "title": "x"}', "contains no id"),
        (b'{"id": 7}', "contains no id"),
        (b'{"id": "video000009", "extractor_key": "Vimeo"}', "on Vimeo, not on YouTube"),
    ],
)
def test_a_broken_file_is_named_and_the_others_are_read(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "broken.info.json").write_bytes(content)
    write(tmp_path, 1)
    series = read_info_files(tmp_path)
    assert [talk.title for talk in series.talks] == ["Talk 1"]
    (problem,) = series.not_understood
    assert problem.startswith("broken.info.json: ") and words in problem


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.info.json").open("wb") as file:
        file.truncate(MAX_INFO + 1)
    write(tmp_path, 1)
    assert "bytes" in read_info_files(tmp_path).not_understood[0]


@pytest.mark.parametrize(
    "values",
    [
        {"duration": 1e999, "chapters": "x", "tags": {"a": 1}, "subtitles": [], "timestamp": "soon"},
        {"duration": -5, "chapters": [7, {"start_time": None}], "tags": [None, 3], "language": 5},
        {"timestamp": 1e300, "upload_date": "20219999", "description": None, "title": ["x"], "epoch": True},
        {"title": "\x1b[31m<b>Red</b>\u202e\n", "thumbnail": "file:///etc/passwd", "age_limit": []},
    ],
)
def test_values_of_other_types_are_ignored(tmp_path: Path, values: dict[str, object]) -> None:
    write(tmp_path, 1, **values)
    (talk,) = read_info_files(tmp_path).talks
    assert talk.image is None and talk.chapters == () and "\x1b" not in talk.title


def test_thumbnails_are_taken_as_jpeg(tmp_path: Path) -> None:
    write(tmp_path, 1, thumbnail="https://i.ytimg.com/vi_webp/video000001/maxresdefault.webp?v=1")
    (talk,) = read_info_files(tmp_path).talks
    assert talk.image is not None
    assert talk.image.place == "https://i.ytimg.com/vi/video000001/maxresdefault.jpg"


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    write(outside, 2)
    folder = tmp_path / "videos"
    folder.mkdir()
    stem = write(folder, 1)
    (folder / f"{stem}.mp4").symlink_to("/etc/passwd")
    (folder / "linked").symlink_to(outside)
    os.mkfifo(folder / "pipe.info.json")
    series = read_info_files(folder)
    assert [talk.title for talk in series.talks] == ["Talk 1"]
    assert series.talks[0].media == ()
    assert len(series.not_understood) == 3


def test_of_two_files_about_a_video_the_later_is_used(tmp_path: Path) -> None:
    write(tmp_path, 1, "old", title="Old")
    (tmp_path / "old.mp4").write_text("x")
    write(tmp_path, 1, "new", title="New", epoch=1_800_000_000)
    (talk,) = read_info_files(tmp_path).talks
    assert (talk.title, [file.place for file in talk.media]) == ("New", ["old.mp4"])


def test_a_channel_in_one_file_is_read(tmp_path: Path) -> None:
    tabs = [{"_type": "playlist", "entries": [info(1), {"_type": "url", "id": video_id(2), "title": "Bare"}]}]
    channel = "UC" + "x" * 22
    document = {"_type": "playlist", "id": channel, "channel": "Border talks", "channel_id": channel}
    (tmp_path / "channel.json").write_text(json.dumps({**document, "description": "Talks.", "entries": tabs}))
    series = read_info_files(tmp_path / "channel.json")
    assert [talk.title for talk in series.talks] == ["Talk 1"]
    assert (series.title, series.description) == ("Border talks", "Talks.")
    assert series.youtube_channel == channel
    assert "1 videos are only listed" in series.not_understood[0]


def test_the_info_of_a_playlist_is_no_talk(tmp_path: Path) -> None:
    playlist = "PL" + "y" * 16
    write(tmp_path, 1, playlist_id=playlist, playlist_title="Talks")
    document = {"_type": "playlist", "id": playlist, "title": "Talks", "channel_id": "UC" + "x" * 22}
    (tmp_path / "Talks [PL].info.json").write_text(json.dumps(document))
    series = read_info_files(tmp_path)
    assert len(series.talks) == 1
    assert series.youtube_playlist == playlist


def test_a_folder_without_videos_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.info.json").write_text("{")
    with pytest.raises(
        UsageError, match=r"contains no video's .info.json(.|\n)*x.info.json: is not complete"
    ):
        read_info_files(tmp_path)
