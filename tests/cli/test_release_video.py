"""The video of a talk in the feed: offered, changed, removed."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

from tests.cli.conftest import NOW, REPOSITORY, Folder, write_series, write_tone
from tests.cli.test_release import entries
from tests.media import sounds

LATER = "2021-03-20T12:00:00+00:00"
ASKED = "[feed]\nvideo = true\n\n[people.first-guest]"


@pytest.fixture(scope="session")
def offered_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The series with a video in the feed, released once."""
    root = tmp_path_factory.mktemp("offered") / "series"
    give_picture(root)
    environment = {**os.environ, "PUBLISHER_NOW": NOW}
    command = [sys.executable, "-m", "publisher", "release", "-C", str(root)]
    subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, capture_output=True)
    return root


@pytest.fixture
def offered(offered_once: Path, folder: Folder) -> Folder:
    """A copy of `offered_once`."""
    shutil.rmtree(folder.root)
    shutil.copytree(offered_once, folder.root)
    return folder


def give_picture(root: Path, asked: str = ASKED) -> None:
    """Writes the series with a video recording."""
    write_series(root)
    talk = root / "episodes/first-talk"
    options = ("-pix_fmt", "yuv420p", "-c:a", "aac")
    sounds.with_picture(talk / "recording.wav", talk / "recording.mp4", *options)
    (talk / "recording.wav").unlink()
    path = root / "episodes.toml"
    text = path.read_text(encoding="utf-8").replace("recording.wav", "recording.mp4")
    path.write_text(text.replace("[people.first-guest]", asked), encoding="utf-8")


def videos(folder: Folder) -> list[str]:
    return sorted(path for path in folder.public() if path.endswith(".mp4"))


def planned(folder: Folder) -> list[tuple[str, str, str]]:
    steps = folder.run("plan", "--json").document["steps"]
    return [(step["output"], step["action"], step["reason"]) for step in steps if step["episode"]]


def shown(folder: Folder) -> dict[str, object] | None:
    """The talk's video in the document of `status`."""
    (talk,) = folder.run("status", "--json").document["episodes"]
    video: dict[str, object] | None = talk["video"]
    return video


def test_feed_page_and_status_agree_with_the_video_file(offered: Folder) -> None:
    (path,) = videos(offered)
    content = (offered.root / "public" / path).read_bytes()
    digest = hashlib.sha256(content)
    assert path == f"media/first-talk.{digest.hexdigest()[:8]}.mp4"
    (entry,) = entries(offered)
    row, source = entry.podcast_alternateenclosure, entry.podcast_source
    assert source["uri"] == f"https://talks.example.org/series/{path}"
    assert (row["type"], row["length"], row["height"]) == ("video/mp4", str(len(content)), "64")
    assert entry.podcast_integrity["value"] == "sha256-" + base64.b64encode(digest.digest()).decode()
    assert [one.type for one in entry.enclosures] == ["audio/mpeg"]
    page = (offered.root / "public/episodes/first-talk/index.html").read_text(encoding="utf-8")
    assert f'<a href="../../{path}" download>Video, <bdi>MP4 64p</bdi></a>' in page
    video = shown(offered)
    assert video is not None
    told = (video["url"], video["length"], video["type"], video["height"], str(video["bitrate"]))
    assert told == (source["uri"], len(content), "video/mp4", 64, row["bitrate"])
    with av.open(str(offered.root / "public" / path)) as container:
        kinds = {stream.type for stream in container.streams}
        assert {"video", "audio"} <= kinds and container.duration == pytest.approx(4e6, abs=60_000)


def test_a_second_release_changes_no_file(offered: Folder) -> None:
    before = offered.public()
    assert planned(offered) == []
    assert offered.run("release").status == 0 and offered.public() == before


def test_a_changed_title_does_not_change_the_video(offered: Folder) -> None:
    before = videos(offered)
    offered.edit("What is an example?", "What is a better example?")
    assert [step[0] for step in planned(offered)] == ["audio"]
    assert offered.run("release").status == 0 and videos(offered) == before


def test_a_cut_encodes_the_video_again_and_removes_the_old_file(offered: Folder) -> None:
    (before,) = videos(offered)
    offered.edit('topics = ["Examples"]', 'topics = ["Examples"]\ncut = [["0:01", "0:02"]]')
    assert planned(offered) == [
        ("audio", "make", "changed: cut"),
        ("video", "make", "changed: cut"),
        ("audio", "remove", "replaced at once: cut"),
        ("video", "remove", "replaced at once: cut"),
    ]
    document = offered.run("plan", "--json").document
    costs = {step["output"]: step["cost"] for step in document["steps"] if step["action"] == "make"}
    assert costs["video"] == {"seconds of sound": 3.0, "seconds of picture": 3.0}
    assert offered.run("release").status == 0
    now = videos(offered)
    assert len(now) == 1 and before not in now and planned(offered) == []
    assert entries(offered)[0].podcast_source["uri"].rsplit("/", 1)[1] in {Path(path).name for path in now}
    assert entries(offered)[0].podcast_source["uri"] != f"https://talks.example.org/series/{before}"


def test_renaming_a_talk_renames_its_video(offered: Folder) -> None:
    assert offered.run("rename", "first-talk", "opening-talk").status == 0
    assert ("video", "update", "changed: slug") in planned(offered)
    assert offered.run("release").status == 0
    source = entries(offered)[0].podcast_source["uri"].rsplit("/", 1)[1]
    assert source.startswith("opening-talk.") and f"media/{source}" in videos(offered)


def test_a_deleted_video_is_made_again_at_the_same_address(offered: Folder) -> None:
    before = videos(offered)
    (offered.root / "public" / before[0]).unlink()
    assert planned(offered) == [("video", "make", "missing")]
    assert offered.run("release").status == 0 and videos(offered) == before


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("video = true", "video = false", "the catalogue does not offer it any more"),
        (
            'topics = ["Examples"]',
            'topics = ["Examples"]\nvideo = false',
            "the catalogue does not offer it any",
        ),
        ('topics = ["Examples"]', 'topics = ["Examples"]\nstatus = "draft"', "draft"),
    ],
    ids=["the series' key", "the talk's key", "a draft"],
)
def test_a_video_that_may_no_longer_be_offered_is_removed_immediately(
    old: str, new: str, why: str, offered: Folder
) -> None:
    offered.edit('{ at = "0:02", title = "Questions" }', '{ at = "0:02", title = "Answers" }')
    assert ("video", "update", "changed: chapters") in planned(offered)
    assert offered.run("release").status == 0
    assert len(videos(offered)) == 2
    offered.edit(old, new)
    (step,) = (step for step in planned(offered) if step[0] == "video")
    assert step[1] == "remove" and why in step[2]
    result = offered.run("release")
    assert result.status == 0 and videos(offered) == []
    assert "made into a video" not in result.out
    assert all(
        "podcast_alternateenclosure" not in entry or ".mp4" not in str(entry) for entry in entries(offered)
    )
    assert not [path for path in offered.public() if b".mp4" in (offered.root / "public" / path).read_bytes()]
    assert planned(offered) == [] and shown(offered) is None


def test_withdrawing_removes_the_video(offered: Folder) -> None:
    result = offered.run("withdraw", "first-talk", "--reason", "x", "--json")
    assert result.status == 0 and videos(offered) == []
    assert any(path.endswith(".mp4") for path in result.document["removed"])
    receipts = json.loads((offered.root / "episodes/first-talk/released.json").read_text(encoding="utf-8"))
    assert receipts["receipts"] == {}
    assert offered.run("withdraw", "first-talk", "--restore").status == 0
    assert offered.run("release").status == 0 and len(videos(offered)) == 1


def test_a_talk_withdrawn_from_the_feed_keeps_its_audio_but_no_video(offered: Folder) -> None:
    result = offered.run("withdraw", "first-talk", "--reason", "x", "--from", "feed")
    assert result.status == 0
    assert (videos(offered), entries(offered)) == ([], [])
    page = (offered.root / "public/episodes/first-talk/index.html").read_text(encoding="utf-8")
    assert ".mp3" in page and ".mp4" not in page
    assert planned(offered) == []


def test_a_series_with_videos_accepts_audio_recordings(folder: Folder) -> None:
    folder.edit("[people.first-guest]", ASKED)
    assert folder.run("check").status == 0
    assert [step[0] for step in planned(folder)] == ["audio"]


def test_a_requested_video_without_video_stream_is_reported_with_its_line(folder: Folder) -> None:
    folder.edit('topics = ["Examples"]', 'topics = ["Examples"]\nvideo = true')
    result = folder.run("check", "--json")
    (problem,) = (one for one in result.document["problems"] if one["level"] == "error")
    assert (result.status, problem["line"], problem["key"]) == (2, 23, 'episode "first-talk": video')
    assert problem["text"].startswith("recording.wav has no picture")
    assert folder.run("release").status == 2


def test_an_embargoed_talk_has_no_video(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    give_picture(folder.root)
    monkeypatch.setenv("PUBLISHER_NOW", "2021-01-08T16:59:59+00:00")
    assert planned(folder) == []
    assert folder.run("release").status == 0 and videos(folder) == []


def test_a_failed_video_is_reported_and_the_audio_is_published(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from publisher.errors import MediaError
    from publisher.media import video

    def refuse(*_: object) -> Path:
        raise MediaError("recording.mp4: its picture cannot be published: broken")

    give_picture(folder.root)
    with monkeypatch.context() as broken:
        broken.setattr(video, "write", refuse)
        assert folder.run("release").status == 1
    (talk,) = folder.run("status", "--json").document["episodes"]
    assert (talk["state"], talk["places"]) == ("failed", {"feed": "failed", "pages": "failed"})
    assert talk["failures"][0]["output"] == "video"
    assert len(entries(folder)) == 1 and videos(folder) == []
    assert folder.run("release", "--only", "video").status == 0
    assert len(videos(folder)) == 1


def test_a_killed_release_leaves_no_incomplete_video_and_the_next_one_completes(folder: Folder) -> None:
    give_picture(folder.root)
    write_tone(folder.root / "episodes/first-talk/long.wav", seconds=20.0)
    talk = folder.root / "episodes/first-talk"
    sounds.with_picture(talk / "long.wav", talk / "recording.mp4", "-c:a", "aac")
    command = [sys.executable, "-m", "publisher", "release", "--only", "video", "-C", str(folder.root)]
    running = subprocess.Popen(
        command, cwd=REPOSITORY, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )
    working = folder.root / ".publisher/video"
    while running.poll() is None and not list(working.glob("*/video.mp4")):
        time.sleep(0.002)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert list(working.glob("*/video.mp4")) and videos(folder) == []
    assert folder.run("release", "--only", "video").status == 0
    assert len(videos(folder)) == 1 and not list(working.glob("*"))
