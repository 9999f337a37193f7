"""`publisher release` with real files and real ffmpeg."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import feedparser
import pytest

from publisher import files
from publisher.cli import session
from tests.cli.conftest import REPOSITORY, Folder, write_tone


def entries(folder: Folder) -> list[feedparser.FeedParserDict]:
    found = feedparser.parse((folder.root / "public" / "feed.xml").read_bytes())
    assert not found.bozo, found.get("bozo_exception")
    return list(found.entries)


def media(folder: Folder) -> list[str]:
    return sorted(path.name for path in (folder.root / "public" / "media").iterdir())


def test_a_release_makes_consistent_audio_feed_and_pages(folder: Folder) -> None:
    result = folder.run("release")
    assert result.status == 0, result.err
    (entry,) = entries(folder)
    (enclosure,) = entry.enclosures
    made = folder.root / "public" / enclosure.href.removeprefix("https://talks.example.org/series/")
    assert made.stat().st_size == int(enclosure.length)
    assert (folder.root / "public" / "episodes/first-talk/index.html").exists()
    assert "index.html" in result.out
    assert "feed.xml" in result.out


@pytest.mark.released
def test_a_second_release_changes_nothing(folder: Folder) -> None:
    before = folder.public()
    assert folder.run("plan", "--json").document == {"steps": []}
    result = folder.run("release")
    assert (result.status, folder.public()) == (0, before)
    assert "Nothing to do" in result.out
    preview, page, feed = result.out.splitlines()[-3:]
    assert preview.endswith(f"publisher preview -C {folder.root}")
    assert ("public/index.html" in page, "public/feed.xml" in feed) == (True, True)


@pytest.mark.released
def test_a_changed_title_encodes_nothing_and_keeps_the_guid(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    guid = entries(folder)[0].id
    folder.edit("What is an example?", "What is a better example?")
    (step, *_) = folder.run("plan", "--json").document["steps"]
    assert (step["output"], step["action"]) == ("audio", "update")
    assert step["reason"].startswith("changed: title")
    monkeypatch.setenv("PUBLISHER_FFMPEG", str(folder.root / "no-such-ffmpeg"))
    result = folder.run("release")
    assert result.status == 0, result.err
    assert (entries(folder)[0].title, entries(folder)[0].id) == ("What is a better example?", guid)
    page = (folder.root / "public/episodes/first-talk/index.html").read_text(encoding="utf-8")
    assert "What is a better example?" in page


@pytest.mark.released
def test_a_deleted_file_is_made_again_at_the_same_address(folder: Folder) -> None:
    guid, before = entries(folder)[0].id, media(folder)
    (folder.root / "public" / "media" / before[0]).unlink()
    assert folder.run("plan", "--json").document["steps"][0]["reason"] == "missing"
    assert folder.run("release").status == 0
    assert (media(folder), entries(folder)[0].id) == (before, guid)


@pytest.mark.released
def test_a_changed_recording_is_encoded_again_and_the_old_file_removed(folder: Folder) -> None:
    guid, before = entries(folder)[0].id, media(folder)
    write_tone(folder.root / "episodes/first-talk/recording.wav", seconds=5.0)
    assert folder.run("plan", "--json").document["steps"][0]["reason"] == "changed: recording"
    assert folder.run("release").status == 0
    assert entries(folder)[0].id == guid
    assert len(media(folder)) == 1 and not set(before) & set(media(folder))


def test_a_second_concurrent_release_is_refused_with_the_owner_of_the_lock(folder: Folder) -> None:
    with session.series_lock(folder.root, session.build_context(folder.root)):
        result = folder.run("release")
    assert result.status == 1
    assert f"process {os.getpid()}" in result.err


def wait_for_end(group: int) -> None:
    """Waits until a killed process group has ended: a child before its exec of ffmpeg has the lock too."""
    with contextlib.suppress(ProcessLookupError):
        for _ in range(500):
            os.killpg(group, 0)
            time.sleep(0.01)


def test_a_killed_release_leaves_no_incomplete_file_and_the_next_one_completes(folder: Folder) -> None:
    write_tone(folder.root / "episodes/first-talk/recording.wav", seconds=50.0)
    command = [sys.executable, "-m", "publisher", "release", "-C", str(folder.root)]
    repository = Path(__file__).parent.parent.parent
    running = subprocess.Popen(
        command, cwd=repository, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )
    working = folder.root / ".publisher"
    while running.poll() is None and not any(working.rglob("*.pcm")) and not any(working.rglob("*.mp3")):
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    wait_for_end(running.pid)
    assert not [path for path in folder.public() if path.startswith("media/")]
    assert folder.run("release").status == 0
    assert len(media(folder)) == 1
    leftovers = [path for path in working.rglob("*") if path.suffix in (".pcm", ".mp3", ".wav")]
    assert leftovers == []


def test_an_embargoed_talk_is_not_published_before_its_date(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLISHER_NOW", "2021-01-08T16:59:59+00:00")
    assert folder.run("release").status == 0
    assert not [path for path in folder.public() if "first" in path]
    for path in folder.public():
        content = (folder.root / "public" / path).read_bytes()
        assert b"What is an example" not in content
        assert b"First Guest" not in content
    assert folder.run("status", "--json").document["episodes"][0]["state"] == "scheduled"
    monkeypatch.setenv("PUBLISHER_NOW", "2021-01-08T17:00:00+00:00")
    assert folder.run("release").status == 0
    assert len(entries(folder)) == 1


def test_an_unusable_recording_affects_no_other_talk(folder: Folder) -> None:
    (folder.root / "episodes" / "broken").mkdir()
    (folder.root / "episodes" / "broken" / "recording.mp4").write_bytes(b"not a recording at all" * 40)
    with (folder.root / "episodes.toml").open("a", encoding="utf-8") as file:
        file.write(
            '\n[[episode]]\nslug = "broken"\ntitle = "Broken"\n'
            'date = 2021-01-09T18:00:00+01:00\nrecording = "recording.mp4"\n'
        )
    result = folder.run("release")
    assert result.status == 1
    assert "broken" in result.out
    assert "Traceback" not in result.err
    assert len(entries(folder)) == 1


@pytest.mark.released
def test_a_changed_date_of_a_published_talk_needs_a_decision(folder: Folder) -> None:
    before = folder.public()
    folder.edit("2021-01-08T18:00:00+01:00", "2021-01-09T18:00:00+01:00")
    result = folder.run("release")
    assert (result.status, folder.public()) == (3, before)
    assert "first-talk" in result.err


def test_the_keys_of_status_and_plan_are_documented(folder: Folder) -> None:
    written = (REPOSITORY / "docs" / "commands.md").read_text(encoding="utf-8")
    steps = folder.run("plan", "--json").document["steps"]
    folder.run("release")
    (episode,) = folder.run("status", "--json").document["episodes"]
    keys = {*steps[0], *episode, *episode["audio"]}
    assert sorted(key for key in keys if f"`{key}`" not in written) == []


@pytest.mark.released
def test_status_describes_the_audio(folder: Folder) -> None:
    (episode,) = folder.run("status", "--json").document["episodes"]
    assert episode["state"] == "published"
    audio = episode["audio"]
    assert audio["type"] == "audio/mpeg"
    assert audio["loudness"] == pytest.approx(-16.0, abs=0.3)
    assert audio["true_peak"] <= -1.0
    assert audio["duration"] == pytest.approx(4.0, abs=0.1)
    assert episode["guid"] == entries(folder)[0].id


@pytest.mark.released
def test_a_damaged_receipt_stops_the_release_and_is_kept(folder: Folder) -> None:
    receipt = folder.root / "episodes/first-talk/released.json"
    receipt.write_text("{", encoding="utf-8")
    result = folder.run("release")
    assert result.status == 1
    assert "episodes/first-talk/released.json:1" in result.err
    assert receipt.read_text(encoding="utf-8") == "{"


@pytest.mark.released
def test_a_read_only_series_can_be_planned(folder: Folder) -> None:
    files.remove(folder.root / ".publisher" / "digests.json", folder.root)
    assert folder.run("plan").status == 0


def test_a_failed_release_without_other_steps_does_not_print_done(folder: Folder) -> None:
    folder.run("release", "--only", "pages,feed")
    (folder.root / "episodes/first-talk/recording.wav").write_bytes(b"RIFF and nothing more")
    folder.run("release")
    again = folder.run("release")
    assert again.status == 1
    assert "Done" not in again.out.replace("Not done", "") and "The rest" not in again.out
