"""A new talk with a failed part waits; a published talk loses the part; other talks are published."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Folder, write_tone
from tests.cli.test_release import entries

NEW = """
[people.new-guest]
name = "New Guest"
photo = "episodes/people/new.jpg"

[[episode]]
slug = "new-talk"
title = "A new example"
date = 2021-01-10T18:00:00+01:00
recording = "recording.wav"
guests = ["new-guest"]
topics = ["New things"]

[[episode]]
slug = "other-talk"
title = "Another example"
date = 2021-01-11T18:00:00+01:00
recording = "recording.wav"
topics = ["Examples"]
"""
NO_TIMES = "WEBVTT\n\nsoon --> later\nWords\n"


@pytest.fixture
def grown(folder: Folder) -> Folder:
    """The released series with two new talks."""
    from PIL import Image

    for slug in ("new-talk", "other-talk"):
        write_tone(folder.root / "episodes" / slug / "recording.wav", 1.0, 500.0)
    (folder.root / "episodes/people").mkdir()
    Image.new("RGB", (400, 400), "teal").save(folder.root / "episodes/people/new.jpg")
    with (folder.root / "episodes.toml").open("a", encoding="utf-8") as file:
        file.write(NEW)
    return folder


def dead_links(folder: Folder) -> list[str]:
    """Broken links and pictures of the pages."""
    public, found = folder.root / "public", []
    for path in sorted(folder.public()):
        if path.endswith(".html"):
            text = (public / path).read_text(encoding="utf-8")
            for url in re.findall(r'(?:href|src)="((?:\./|\.\./)[^"#?]*)', text):
                place = (public / path).parent / url
                if not (place / "index.html" if url.endswith("/") else place).exists():
                    found.append(f"{path}: {url}")
    return found


def break_transcript(root: Path) -> None:
    (root / "episodes/new-talk/transcript.en.vtt").write_text(NO_TIMES, encoding="utf-8")


def break_photo(root: Path) -> None:
    path = root / "episodes/people/new.jpg"
    path.write_bytes(path.read_bytes()[:300])


def break_cover(root: Path) -> None:
    from PIL import Image

    path = root / "episodes/new-talk/cover.jpg"
    Image.new("RGB", (1400, 1400), "teal").save(path)
    path.write_bytes(path.read_bytes()[:900])


def break_topic_template(root: Path) -> None:
    path = root / "templates/topic.html"
    path.parent.mkdir()
    path.write_text("{% if %}", encoding="utf-8")


BROKEN = (break_transcript, break_photo, break_cover, break_topic_template)


@pytest.mark.released
@pytest.mark.parametrize("break_it", BROKEN)
def test_an_incomplete_new_talk_waits_and_the_others_are_published(grown: Folder, break_it: object) -> None:
    assert callable(break_it)
    break_it(grown.root)
    result = grown.run("release")
    assert result.status == 1, result.out
    assert "new-talk" in result.out
    titles = {entry.title for entry in entries(grown)}
    assert titles == {"What is an example?", "Another example"}
    assert dead_links(grown) == []
    assert not [path for path in grown.public() if "new-talk" in path and not path.startswith("media/")]
    assert grown.run("release").status == 1
    assert dead_links(grown) == []


@pytest.mark.released
def test_a_published_talk_loses_the_part_that_cannot_be_made(grown: Folder) -> None:
    assert grown.run("release").status == 0
    break_transcript(grown.root)
    result = grown.run("release")
    assert (result.status, "transcript.en.vtt" in result.out) == (1, True), result.out
    assert len(entries(grown)) == 3
    assert dead_links(grown) == []
    (grown.root / "episodes/new-talk/transcript.en.vtt").unlink()
    assert grown.run("release").status == 0


@pytest.mark.released
def test_many_removals_at_once_need_to_be_accepted(grown: Folder) -> None:
    assert grown.run("release").status == 0
    before = grown.public()
    for slug in ("new-talk", "other-talk"):
        grown.edit(f'slug = "{slug}"', f'slug = "{slug}"\nstatus = "draft"')
    result = grown.run("release")
    assert result.status == 3
    assert "2 published talks would be taken back" in result.err and "new-talk: draft" in result.err
    assert grown.public() == before
    assert grown.run("release", "--accept-removals").status == 0
    assert len(entries(grown)) == 1


@pytest.mark.released
def test_a_clock_set_back_removes_nothing(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    before = folder.public()
    monkeypatch.setenv("PUBLISHER_NOW", "1999-01-01T00:00:00+00:00")
    result = folder.run("release")
    assert (result.status, "Set the clock" in result.err) == (3, True)
    assert folder.public() == before
    assert folder.run("release", "--accept-removals").status == 0
    assert entries(folder) == []
