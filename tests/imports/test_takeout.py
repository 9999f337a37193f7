"""Exports of Google Takeout, in the shapes that it had over the years and in other languages."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.errors import UsageError
from publisher.imports.model import ImportedTalk
from publisher.imports.takeout import read_takeout

CHANNEL = "UC" + "x" * 22
TITLED = [
    "Video ID", "Approx Duration (ms)", "Video Audio Language", "Video Category", "Video Description (Original)",
    "Channel ID", "Tag 1", "Tag 2", "Video Title (Original)", "Privacy", "Video State",
    "Video Create Timestamp", "Video Publish Timestamp",
]  # fmt: skip
SENTENCE = [
    name[0] + name[1:].lower().replace(" id", " ID").replace("(original)", "(original)") for name in TITLED
]
GERMAN = [
    "Video-ID", "Ungefähre Dauer (ms)", "Audiosprache des Videos", "Videokategorie",
    "Videobeschreibung (Original)", "Kanal-ID", "Tag: 1", "Tag: 2", "Videotitel (Original)", "Datenschutz",
    "Videostatus", "Zeitstempel bei Videoerstellung", "Zeitstempel bei Videoveröffentlichung",
]  # fmt: skip
UNKNOWN = [f"стълб {number}" for number in range(13)]


def row(
    number: int, title: str, privacy: str = "Public", state: str = "Processed", text: str = ""
) -> list[str]:
    return [
        f"video{number:06d}", "61500", "en", "Nonprofits", text or "On borders.\nGuests: Ann One", CHANNEL,
        "rights", "", title, privacy, state, "2021-03-02T10:00:00+00:00", "2021-03-03T10:00:00+00:00",
    ]  # fmt: skip


def write(
    root: Path,
    rows: list[list[str]],
    header: list[str] = TITLED,
    at: str = "Takeout/YouTube and YouTube Music/video metadata/videos.csv",
) -> Path:
    path = root / at
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def read(root: Path) -> dict[str, ImportedTalk]:
    return {talk.title: talk for talk in read_takeout(root).talks}


@pytest.mark.parametrize(
    ("header", "at", "word"),
    [
        (TITLED, "Takeout/YouTube and YouTube Music/video metadata/videos.csv", "Public"),
        (SENTENCE, "YouTube and YouTube Music/video metadata/videos.csv", "public"),
        (GERMAN, "Takeout/YouTube und YouTube Music/Video-Metadaten/Videos.csv", "Öffentlich"),
        (UNKNOWN, "Takeout/Ютюб/видео/видео.csv", "Public"),
    ],
)
def test_a_row_becomes_a_talk_in_every_spelling(
    tmp_path: Path, header: list[str], at: str, word: str
) -> None:
    write(tmp_path, [row(1, "Borders, and bread", word)], header, at)
    series = read_takeout(tmp_path)
    (talk,) = series.talks
    assert (talk.title, talk.youtube, talk.duration, talk.visible) == (
        "Borders, and bread",
        "video000001",
        61.5,
        True,
    )
    assert talk.date == datetime(2021, 3, 3, 10, tzinfo=UTC)
    assert [one.name for one in talk.people] == ["Ann One"]
    assert series.youtube_channel == CHANNEL
    assert (len(series.hints), series.not_understood) == (2 if header is UNKNOWN else 1, ())


@pytest.mark.parametrize(
    ("privacy", "state", "why"),
    [
        ("Private", "Processed", "private"),
        ("Unlisted", "Processed", "unlisted"),
        ("Nicht gelistet", "", "unlisted"),
        ("Частен", "", "of the unknown visibility 'Частен'"),
        ("", "", "of unknown visibility"),
        ("Public", "Failed", "not processed"),
    ],
)
def test_what_is_not_plainly_public_is_hidden(tmp_path: Path, privacy: str, state: str, why: str) -> None:
    write(tmp_path, [row(1, "Hidden", privacy, state), row(2, "Seen")])
    talks = read(tmp_path)
    assert (talks["Hidden"].visible, talks["Hidden"].why_hidden) == (False, why)
    assert talks["Seen"].visible


def test_files_belong_to_the_videos_that_their_names_fit(tmp_path: Path) -> None:
    long = "A very long title of a talk about borders, people and bread"
    titles = ["Who? Why: 50%", long, "Twice", "Twice!", "None"]
    write(tmp_path, [row(number, title) for number, title in enumerate(titles)])
    folder = tmp_path / "Takeout/YouTube and YouTube Music/videos"
    folder.mkdir()
    names = [
        "Who_ Why_ 50_.mp4",
        f"{long[:43]}.mp4",
        "Twice.mp4",
        "Twice(1).mp4",
        "Other.mp4",
        "Who_.mp4.part",
    ]
    for name in names:
        (folder / name).write_bytes(name.encode())
    series = read_takeout(tmp_path)
    media = {talk.title: [Path(file.place).name for file in talk.media] for talk in series.talks}
    assert media == {
        "Who? Why: 50%": ["Who_ Why_ 50_.mp4"],
        long: [f"{long[:43]}.mp4"],
        "Twice": [],
        "Twice!": [],
        "None": [],
    }
    said = "\n".join(series.not_understood)
    assert "Twice.mp4: can be each of the videos video000002, video000003" in said
    assert "Other.mp4: has no title of a video" in said
    assert "was not downloaded completely" in said


def test_tables_and_histories_of_other_things_are_left_alone(tmp_path: Path) -> None:
    base = "Takeout/YouTube and YouTube Music"
    write(tmp_path, [row(1, "Seen")])
    write(
        tmp_path,
        [["video000001", "2021-01-01T00:00:00Z"]],
        ["Video ID", "Timestamp"],
        f"{base}/playlists/a.csv",
    )
    texts = ["Video ID", "Video Description Text Segments 1", "Video Title Text Segments 1"]
    write(tmp_path, [["video000009", "x", "y"]], texts, f"{base}/video metadata/video texts.csv")
    write(
        tmp_path,
        [[CHANNEL, "Border talks"]],
        ["Channel ID", "Channel Title (Original)"],
        f"{base}/channels/channel.csv",
    )
    (tmp_path / base / "history").mkdir()
    history = [{"title": "Watched a video", "titleUrl": "https://www.youtube.com/watch?v=video000009"}]
    (tmp_path / base / "history/watch-history.json").write_text(json.dumps(history))
    series = read_takeout(tmp_path)
    assert [talk.youtube for talk in series.talks] == ["video000001"]
    assert (series.title, series.not_understood) == ("Border talks", ())


def test_json_of_older_exports_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "Takeout/YouTube/videos"
    folder.mkdir(parents=True)
    for number, privacy in ((1, "public"), (2, "unlisted")):
        snippet = {"title": f"Talk {number}", "publishedAt": "2015-05-01T10:00:00.000Z", "channelId": CHANNEL}
        resource = {
            "id": f"video{number:06d}",
            "snippet": snippet,
            "status": {"privacyStatus": privacy},
            "contentDetails": {"duration": "PT1M2S"},
        }
        (folder / f"Talk {number}.json").write_text(json.dumps([resource]))
    (folder / "broken.json").write_text("[{")
    (folder / "Talk 1.mp4").write_text("x")
    series = read_takeout(tmp_path)
    assert [(talk.title, talk.visible, talk.duration) for talk in series.talks] == [
        ("Talk 2", False, 62.0),
        ("Talk 1", True, 62.0),
    ]
    assert len(series.talks[1].media) == 1
    assert series.not_understood == (
        "Takeout/YouTube/videos/broken.json: is not complete JSON: line 1, Expecting property name enclosed in double quotes",
    )


def test_rows_with_errors_are_named_and_the_others_read(tmp_path: Path) -> None:
    bad = ["../../etc/pw", *row(1, "x")[1:]]
    path = write(tmp_path, [bad, row(2, "Good\x00\x1b"), row(2, "Again"), ["short"], []])
    path.write_bytes(path.read_bytes() + b'"unfinished')
    series = read_takeout(tmp_path)
    assert [talk.title for talk in series.talks] == ["Good"]
    assert [text.split(": ")[1] for text in series.not_understood] == [
        "row 2 contains no id of a video",
        "row 4 repeats the video video000002",
        "row 5 contains no id of a video",
        "row 7 contains no id of a video",
    ]


def test_a_table_in_another_encoding_is_named(tmp_path: Path) -> None:
    write(tmp_path, [row(1, "Seen")])
    (tmp_path / "videos.csv").write_bytes("Vidéo".encode("latin-1"))
    assert read_takeout(tmp_path).not_understood == ("videos.csv: cannot be read as a table in UTF-8",)


def test_a_folder_without_a_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="contains no table of videos"):
        read_takeout(tmp_path)
