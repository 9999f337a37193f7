"""Where every talk stands, and what failed."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Folder, write_tone


def test_a_failure_is_told_with_its_reason_until_it_is_mended(folder: Folder) -> None:
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
def test_a_page_that_could_not_be_written_has_failed_and_the_feed_has_not(folder: Folder) -> None:
    template = folder.root / "templates/episode.html"
    template.parent.mkdir()
    template.write_text("{{ nothing.at.all }}", encoding="utf-8")
    folder.run("release")
    (talk,) = folder.run("status", "--json").document["episodes"]
    assert (talk["state"], talk["places"]) == ("failed", {"feed": "published", "pages": "failed"})
    assert "episode.html" in talk["failures"][0]["reason"]
    template.unlink()
    assert "failed" not in folder.run("status").out
