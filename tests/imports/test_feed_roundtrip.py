"""An own series, taken over from its feed alone and released again, is the same series to podcast apps."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.imports.series_folder import copied, document, parsed, public_files, run, write_nasty
from tests.imports.web import Web, served

PROGRAM = """
const fs = require("fs");
const {parseFeed} = require("podcast-partytime");
console.log(JSON.stringify(parseFeed(fs.readFileSync(0, "utf8"), {allowMissingGuid: false})));
"""


@dataclass(frozen=True)
class Moved:
    """The old series, what its feed was imported into before and after the release, and the reports."""

    web: Web
    old: Path
    imported: Path
    released: Path
    report: dict[str, Any]
    plan: dict[str, Any]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    folder = tmp_path_factory.mktemp("moved")
    with served() as web:
        write_nasty(folder / "old", web.link)
        assert run(folder / "old", "release")[0] == 0
        web.files |= public_files(folder / "old")
        feed = web.link + "feed.xml"
        status, text = run(folder / "new", "import", "feed", feed, "--owner", "Press@example.org", "--json")
        assert status == 0, text
        plan = document(folder / "new", "plan")
        copied(folder / "new", folder / "imported")
        assert run(folder / "new", "release")[0] == 0
        yield Moved(web, folder / "old", folder / "imported", folder / "new", json.loads(text), plan)


def feeds(root: Path) -> dict[str, bytes]:
    return {path: content for path, content in public_files(root).items() if path.startswith("feed")}


def episodes(root: Path) -> dict[str, Any]:
    return {episode["guid"]: episode for xml in feeds(root).values() for episode in parsed(xml)["episodes"]}


def test_the_feed_is_the_same_to_podcastparser(moved: Moved) -> None:
    old, new = episodes(moved.old), episodes(moved.released)
    assert len(old) == 4
    assert old == new


def test_every_page_of_the_archive_is_taken_over(moved: Moved) -> None:
    assert len(feeds(moved.old)) == 3
    assert [talk["state"] for talk in moved.report["talks"]] == ["added"] * 4


def test_the_media_stay_byte_for_byte(moved: Moved) -> None:
    def media(root: Path) -> dict[str, bytes]:
        return {path: content for path, content in public_files(root).items() if path.startswith("media/")}

    assert len(media(moved.old)) == 8
    assert media(moved.old) == media(moved.released)
    assert len(moved.report["media_kept"]) == 4


def test_the_plan_after_an_import_encodes_nothing(moved: Moved) -> None:
    assert moved.plan["steps"]
    assert not [step for step in moved.plan["steps"] if step["output"] == "audio"]


@pytest.mark.parametrize("suffix", ["chapters.json", ".vtt", ".srt"])
def test_chapters_and_transcripts_stay_word_for_word(moved: Moved, suffix: str) -> None:
    old, new = (
        {path: content for path, content in public_files(root).items() if path.endswith(suffix)}
        for root in (moved.old, moved.released)
    )
    assert old
    assert old == new


def test_importing_twice_changes_nothing(moved: Moved, tmp_path: Path) -> None:
    again = copied(moved.imported, tmp_path / "again")
    before = _contents(again)
    report = document(again, "import", "feed", moved.web.link + "feed.xml", "--owner", "press@example.org")
    assert {talk["state"] for talk in report["talks"]} == {"unchanged"}
    assert _contents(again) == before


def test_a_locked_feed_is_not_taken_over_without_its_owner(moved: Moved, tmp_path: Path) -> None:
    for owner in ([], ["--owner", "other@example.org"]):
        status, _ = run(tmp_path / "new", "import", "feed", moved.web.link + "feed.xml", *owner)
        assert status == 2
    assert not (tmp_path / "new" / "episodes.toml").exists()


def test_a_dry_import_writes_nothing(moved: Moved, tmp_path: Path) -> None:
    status, text = run(tmp_path / "new", "import", "feed", moved.web.link + "feed.xml", "--dry")
    assert (status, "Would be: 4 added" in text) == (0, True)
    assert not (tmp_path / "new").exists()


def test_the_feed_is_the_same_to_the_parser_of_podcast_index(moved: Moved, partytime: Path) -> None:
    old, new = (
        {item["guid"]: item for xml in feeds(root).values() for item in _partytime(xml, partytime)}
        for root in (moved.old, moved.released)
    )
    assert len(old) == 4
    assert old == new


def _partytime(xml: bytes, folder: Path) -> list[dict[str, Any]]:
    command = ["node", "-e", PROGRAM]
    ran = subprocess.run(command, cwd=folder, input=xml, capture_output=True, check=True)
    return list(json.loads(ran.stdout)["items"])


@pytest.fixture(scope="module")
def partytime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if os.environ.get("PUBLISHER_TEST_ALL") != "1" or shutil.which("npm") is None:
        pytest.skip("installs a Node package: set PUBLISHER_TEST_ALL=1")
    where = tmp_path_factory.mktemp("partytime")
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "podcast-partytime@5.0.0"]
    subprocess.run(install, cwd=where, check=True, capture_output=True, timeout=120)
    return where


def _contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".publisher" not in path.parts
    }
