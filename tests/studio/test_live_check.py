"""Values checked while they are typed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from publisher import files
from publisher.catalogue import check_episode, read
from publisher.model import Recording
from publisher.studio.live_check import check_value
from tests.catalogue.conftest import Folder
from tests.studio.conftest import MIDDLE, WELCOME

SHARED = '\n[[episode]]\nslug = "c"\ntitle = "C"\ndate = 2021-01-03\nstatus = "draft"\nguid = "x"\nnumber = 7\nyoutube = { id = "dQw4w9WgXcQ" }\ntopics = ["حقوق"]\n'


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("title", "", "title"),
        ("title", "Episode 4: About", "begins with the number"),
        ("number", 7, "is the number of"),
        ("guid", "x", "is the guid of another talk too"),
        ("youtube.id", "dQw4w9WgXcQ", "is the video of another talk too"),
        ("topics", ["One", "One"], "occurs twice"),
        ("topics", ["huquq"], "get the same page"),
        ("guests", ["zoe"], "no person"),
        ("consent", {"ben-two": {"feed": "2021-01-01"}}, "does not take part"),
        ("start", "6:00", "outside the published part"),
        ("chapters", [WELCOME, MIDDLE, {"at": "11:00", "title": "Late"}], "after the end"),
        ("cut", [["0:00", "10:00"]], "nothing of the recording is left"),
        ("summary", "x" * 4001, "directories truncate it"),
        ("title.x", "y", "is not a table"),
    ],
)
def test_a_value_has_the_problems_that_check_would_report(
    key: str, value: object, words: str, series: Folder
) -> None:
    series.write(series.content + SHARED)
    recording = Recording(series.root / "r.wav", "0" * 64, 600.0, ())
    assert words in "\n".join(map(str, check_value(series.root, "a", key, value, recording)))


@pytest.mark.parametrize(
    ("key", "value"),
    [("title", "Good"), ("number", 3), ("end", "8:00"), ("summary", None), ("chapters", None)],
)
def test_a_good_value_has_none_although_the_talk_has_others(key: str, value: object, series: Folder) -> None:
    series.write(series.content.replace('topics = ["One"]', 'topics = ["One", "One"]'))
    assert check_value(series.root, "a", key, value) == ()


def test_a_change_of_the_file_counts_at_once(series: Folder) -> None:
    assert "no person" in str(check_value(series.root, "a", "guests", ["zoe"]))
    series.write(series.content + '\n[people.zoe]\nname = "Zoe"\n')
    assert check_value(series.root, "a", "guests", ["zoe"]) == ()


def test_the_problems_of_a_value_are_those_of_the_whole_catalogue(series: Folder) -> None:
    series.write(series.content + SHARED)
    found = check_value(series.root, "a", "number", 7)
    series.write(series.content.replace('[[episode]]\nslug = "a"', '[[episode]]\nnumber = 7\nslug = "a"'))
    read_all = {problem.text.partition(" (")[0] for problem in read(series.root, files.sha256).problems}
    assert {problem.text.partition(" (")[0] for problem in found} == read_all


def test_limits_of_youtube_are_checked_where_the_video_goes_there(series: Folder) -> None:
    content = series.content.replace('status = "draft"\n', 'youtube = "upload"\nrecording = "r.wav"\n', 1)
    series.write('[youtube]\nchannel = "UC1234567890123456789012"\n' + content)
    series.write(b"RIFF", "episodes/a/r.wav")
    now = datetime(2021, 1, 1, tzinfo=UTC)
    (problem,) = check_value(series.root, "a", "title", "x" * 101, now=now)
    assert "YouTube allows 100" in problem.text
    assert check_value(series.root, "a", "title", "x" * 100, now=now) == ()
    assert "contains <" in str(check_value(series.root, "a", "youtube.title", "a < b", now=now))


def test_of_a_long_series_only_the_talks_that_matter_are_looked_at(
    series: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = '\n[[episode]]\nslug = "t{0}"\ntitle = "T"\ndate = 2021-01-03\nstatus = "draft"\nnumber = {0}\ntopics = ["One"]\n'
    series.write(series.content + "".join(talk.format(number) for number in range(1, 51)))
    loaded: list[object] = []
    original = check_episode.load_episode
    monkeypatch.setattr(
        check_episode, "load_episode", lambda *given: (loaded.append(given), original(*given))[1]
    )
    assert "is the number of" in str(check_value(series.root, "a", "number", 7))
    assert len(loaded) == 3
