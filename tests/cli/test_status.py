"""`publisher status`: the state of every talk, and failures."""

from __future__ import annotations

import time

import pytest

from publisher.cli import console, display, session, status
from publisher.progress import Place
from tests.cli.conftest import Folder, write_tone


def test_a_failure_is_shown_with_its_reason_until_it_is_corrected(folder: Folder) -> None:
    recording = folder.root / "episodes/first-talk/recording.wav"
    write_tone(recording, seconds=4.0, level=0.0)
    assert folder.run("release").status == 1
    (talk,) = folder.run("status", "--json").document["episodes"]
    (failure,) = talk["failures"]
    assert (talk["state"], talk["places"]) == ("failed", {"feed": "failed", "pages": "failed"})
    assert (failure["output"], failure["at"]) == ("audio", "2021-03-01T12:00:00+00:00")
    said = folder.run("status").out
    assert f"first-talk  failed  audio: {failure['reason']} (2021-03-01 12:00)\n" in said
    assert "`publisher release`" in said
    write_tone(recording, seconds=4.0)
    assert "first-talk  pending  audio: new\n" in folder.run("status").out
    assert folder.run("release").status == 0
    assert "first-talk  published  since 2021-01-08\n" in folder.run("status").out


@pytest.mark.released
def test_an_unwritable_page_is_failed_and_the_feed_is_not(folder: Folder) -> None:
    template = folder.root / "templates/episode.html"
    template.parent.mkdir()
    template.write_text("{{ nothing.at.all }}", encoding="utf-8")
    folder.run("release")
    (talk,) = folder.run("status", "--json").document["episodes"]
    assert (talk["state"], talk["places"]) == ("failed", {"feed": "published", "pages": "failed"})
    assert "episode.html" in talk["failures"][0]["reason"]
    template.unlink()
    assert "failed" not in folder.run("status").out


SECOND = """
[[episode]]
slug = "second-talk"
title = "What is another?"
date = 2021-01-09T18:00:00+01:00
recording = "recording.wav"
"""


def test_a_talk_with_changed_notes_is_pending_and_the_others_are_not(folder: Folder) -> None:
    write_tone(folder.root / "episodes/second-talk/recording.wav", seconds=1.0)
    catalogue = folder.root / "episodes.toml"
    catalogue.write_text(catalogue.read_text(encoding="utf-8") + SECOND, encoding="utf-8")
    folder.run("release")
    (folder.root / "episodes/first-talk/notes.md").write_text("At [0:02], more.\n", encoding="utf-8")
    first, second = folder.run("status", "--json").document["episodes"]
    assert (first["state"], first["places"]) == ("pending", {"feed": "pending", "pages": "pending"})
    assert first["page"] == "https://talks.example.org/series/episodes/first-talk/"
    assert (second["state"], second["places"]) == ("published", {"feed": "published", "pages": "published"})
    said = folder.run("status").out
    assert "first-talk   pending    pages and feed: to be rendered again\n" in said
    assert "`publisher release` does them" in said
    folder.run("release")
    assert "pending" not in folder.run("status").out


@pytest.mark.released
def test_only_the_page_is_pending_if_the_feed_does_not_change(folder: Folder) -> None:
    template = folder.root / "templates/episode.html"
    template.parent.mkdir()
    template.write_text("Nothing but {{ talk.episode.title }}", encoding="utf-8")
    (talk,) = folder.run("status", "--json").document["episodes"]
    assert (talk["state"], talk["places"]) == ("pending", {"feed": "published", "pages": "pending"})
    assert "first-talk  pending  pages: to be rendered again; feed: published\n" in folder.run("status").out


@pytest.mark.released
def test_a_leaking_talk_is_failed_with_the_position_of_the_leak(folder: Folder) -> None:
    private = folder.root / "private" / "people.toml"
    private.parent.mkdir()
    private.write_text('[people.first-guest]\nreal_name = "talks about examples"\n', encoding="utf-8")
    folder.run("release")
    stands = folder.run("status", "--json").document["episodes"][0]
    assert (stands["state"], stands["places"]["feed"], stands["page"]) == ("failed", "failed", None)
    assert 'held back: name of first-guest in episode "first-talk": summary' in stands["detail"]


@pytest.mark.released
def test_status_shows_a_running_release_and_not_one_that_was_killed(folder: Folder) -> None:
    work = folder.root / ".publisher"
    place = Place("audio", "first-talk", 1, 2)
    with (
        session.series_lock(folder.root, session.build_context(folder.root)),
        console.progress(True, work / display.PROGRESS_FILE) as progress,
    ):
        progress.schedule({place: 60.0, Place("audio", "other", 2, 2): 60.0})
        task = progress.start("What is an example?", 4.0, place=place)
        task.stage("encoding mp3")
        task.advance(2.0)
        running = None
        while running is None or running["fraction"] != 0.25:
            time.sleep(0.05)
            running = folder.run("status", "--json").document["running"]
        assert (running["done"], running["talks"], running["fraction"]) == (0, 2, 0.25)
        assert running["tasks"][0]["stage"] == "encoding mp3"
        said = folder.run("status").out
        assert "A release is running" in said
        assert "  talk 1 of 2: What is an example?: encoding mp3: 50%" in said
        assert "first-talk  published" in said
        left_behind = (work / display.PROGRESS_FILE).read_bytes()
    assert not (work / display.PROGRESS_FILE).exists()
    (work / display.PROGRESS_FILE).write_bytes(left_behind)
    assert folder.run("status", "--json").document["running"] is None
    assert "running" not in folder.run("status").out
    assert folder.run("release").status == 0


def test_a_terminal_lists_only_the_talks_of_a_long_series_that_need_attention(
    capsys: pytest.CaptureFixture[str],
) -> None:
    states = ["published"] * 100 + ["failed"]
    rows: list[dict[str, object]] = [
        {"slug": f"talk-{number}", "state": state, "detail": ""} for number, state in enumerate(states)
    ]
    status._print_rows(rows, is_whole=False)
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        "talk-100  failed",
        "Not listed: 100 published. `publisher status --verbose` lists every talk.",
    ]
    status._print_rows(rows, is_whole=True)
    assert len(capsys.readouterr().out.splitlines()) == 101
