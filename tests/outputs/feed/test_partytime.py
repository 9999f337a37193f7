"""Podcast Index's own parser reads the feed whole.

It is a Node package: the test installs it in a temporary folder, where node is and when
PUBLISHER_TEST_ALL=1 allows it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from publisher.model import Publication
from tests.outputs.feed.samples import (
    LINK,
    NASTY_TITLES,
    full_release,
    nasty_publication,
    publication,
    render,
)

VERSION = "5.0.0"
PROGRAM = """
const fs = require("fs");
const {parseFeed} = require("podcast-partytime");
console.log(JSON.stringify(parseFeed(fs.readFileSync(0, "utf8"), {allowMissingGuid: false})));
"""
PAGE = LINK + "episodes/full/"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    if os.environ.get("PUBLISHER_TEST_ALL") != "1":
        pytest.skip("installs a package: set PUBLISHER_TEST_ALL=1")
    where = tmp_path_factory.mktemp("partytime")
    package = f"podcast-partytime@{VERSION}"
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", package]
    subprocess.run(install, cwd=where, check=True, capture_output=True, timeout=120)
    return where


def read(folder: Path, shown: Publication) -> dict[str, Any]:
    xml = render(shown)["feed.xml"]
    ran = subprocess.run(["node", "-e", PROGRAM], cwd=folder, input=xml, capture_output=True, check=True)
    parsed: dict[str, Any] = json.loads(ran.stdout)
    return parsed


def test_it_gives_everything_of_a_talk(folder: Path) -> None:
    feed = read(folder, publication([full_release()]))
    assert (feed["guid"], feed["medium"], feed["locked"]) == (publication([]).feed_guid, "podcast", True)
    assert feed["itunesCategory"] == ["News > Politics", "Society & Culture"]
    (item,) = feed["items"]
    expected = {
        "guid": "urn:uuid:full",
        "title": "Everything at once",
        "pubDate": "2020-11-28T17:00:00.000Z",
        "enclosure": {"url": LINK + "media/full.0011aabb.mp3", "length": 123456, "type": "audio/mpeg"},
        "duration": 1800,
        "explicit": True,
        "image": PAGE + "cover.jpg",
        "itunesEpisodeType": "bonus",
        "podcastSeason": {"number": 2},
        "podcastEpisode": {"number": 4},
        "podcastChapters": {"url": PAGE + "chapters.json", "type": "application/json+chapters"},
    }
    assert {name: item[name] for name in expected} == expected
    assert [(each["name"], each["role"]) for each in item["podcastPeople"]] == [
        ("Taha Host", "Host"),
        ("گلالئی Guest", "Guest"),
    ]
    assert {(each["language"], each["url"].rsplit(".", 1)[1]) for each in item["podcastTranscripts"]} == {
        (language, suffix) for language in ("en", "ur") for suffix in ("vtt", "srt", "json")
    }
    assert [(each["type"], each["default"]) for each in item["alternativeEnclosures"]] == [
        ("audio/mpeg", True),
        ("audio/ogg", False),
        ("video/mp4", False),
    ]
    (video,) = (each for each in item["alternativeEnclosures"] if each["type"] == "video/mp4")
    shown = {name: video[name] for name in ("length", "bitrate", "height", "lang", "title")}
    assert shown == {
        "length": 250_000_000,
        "bitrate": 1_117_000,
        "height": 720,
        "lang": "en",
        "title": "MP4 720p",
    }
    assert [source["uri"] for source in video["source"]] == [LINK + "media/full.22cc33dd.mp4"]
    assert video["integrity"]["type"] == "sri"


def test_it_gives_everything_of_a_nasty_series(folder: Path) -> None:
    items = read(folder, nasty_publication())["items"]
    assert [item["guid"] for item in items] == [f"urn:uuid:nasty-{n}" for n in range(len(NASTY_TITLES))]
    for number, item in enumerate(items):
        assert item["enclosure"]["url"] == f"{LINK}media/nasty-{number}.0011aabb.mp3"
        assert item["duration"] == 1800 and item["pubDate"].startswith(f"2021-01-{10 - number:02}T12:00")
        assert len(item["podcastPeople"]) == 1 and len(item["podcastTranscripts"]) == 6
        assert "Paragraph 15 says" in item["content"]
    assert items[0]["title"] == NASTY_TITLES[0][1]
