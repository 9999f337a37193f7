"""Releases that are delivered to a folder, which a web server on loopback serves."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from publisher.cli import main
from tests.cli.conftest import CATALOGUE, NOW, Folder, write_tone
from tests.outputs.deliver.http_servers import HttpServer
from tests.outputs.deliver.test_proof import FAULTS
from tests.outputs.deliver.web_server import WebServer, web_server

SECOND = """
[[episode]]
slug = "second-talk"
title = "A second example"
date = 2021-01-09T18:00:00+01:00
recording = "recording.wav"
guests = ["first-guest"]
topics = ["Examples"]
"""

CUES = "WEBVTT\n\n00:00.000 --> 00:02.000\nWords of the first talk.\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """One server, so that its address is the same in all tests; each test sets its folder."""
    with web_server(tmp_path_factory.mktemp("unused")) as server:
        yield server


@pytest.fixture(scope="module")
def released_once(server: WebServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a series that is released and delivered."""
    folder = tmp_path_factory.mktemp("released")
    write_series(folder / "series", server)
    server.folder = folder / "server" / "talks"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBLISHER_NOW", NOW)
        with pytest.raises(SystemExit) as stopped, redirect_stdout(StringIO()):
            main(["release", "-C", str(folder / "series")])
    assert not stopped.value.code
    return folder


def write_series(root: Path, server: WebServer | HttpServer) -> None:
    for slug in ("first-talk", "second-talk"):
        (root / "episodes" / slug).mkdir(parents=True)
        write_tone(root / "episodes" / slug / "recording.wav", 3.0)
    (root / "episodes" / "first-talk" / "transcript.en.vtt").write_text(CUES)
    (root.parent / "server").mkdir()
    text = CATALOGUE.replace("https://talks.example.org/series/", server.link) + SECOND
    (root / "episodes.toml").write_text(f'{text}\n[deliver]\nto = "../server/talks"\n')


@pytest.fixture
def site(server: WebServer, tmp_path: Path) -> WebServer:
    server.folder = tmp_path / "server" / "talks"
    server.faults.clear()
    server.requests.clear()
    server.announced.clear()
    server.podpings.clear()
    return server


@pytest.fixture
def new_series(
    tmp_path: Path, site: WebServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Folder:
    """A series that was never released."""
    monkeypatch.setenv("PUBLISHER_NOW", NOW)
    write_series(tmp_path / "series", site)
    return Folder(tmp_path / "series", capsys)


@pytest.fixture
def series(
    released_once: Path,
    tmp_path: Path,
    site: WebServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Folder:
    """A series that is released and delivered."""
    monkeypatch.setenv("PUBLISHER_NOW", NOW)
    for name in ("series", "server"):
        shutil.copytree(released_once / name, tmp_path / name)
    return Folder(tmp_path / "series", capsys)


def delivered(site: WebServer) -> dict[str, bytes]:
    return {
        path.relative_to(site.folder).as_posix(): path.read_bytes()
        for path in sorted(site.folder.rglob("*"))
        if path.is_file()
    }


def public(series: Folder) -> dict[str, bytes]:
    folder = series.root / "public"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_release_makes_the_destination_equal_to_public(series: Folder, site: WebServer) -> None:
    assert "feed.xml" in delivered(site)
    assert delivered(site) == public(series)


def test_a_second_delivery_sends_nothing(series: Folder, site: WebServer) -> None:
    before = {path: path.stat().st_mtime_ns for path in site.folder.rglob("*")}
    site.requests.clear()
    assert "Nothing to do" in series.run("release").out
    assert before == {path: path.stat().st_mtime_ns for path in site.folder.rglob("*")}
    assert not site.requests


def test_a_lost_or_changed_file_at_the_destination_is_sent_again(series: Folder, site: WebServer) -> None:
    (site.folder / "index.html").write_text("defaced")
    (media,) = site.folder.glob("media/first*")
    media.unlink()
    assert series.run("release").status == 0
    assert delivered(site) == public(series)


def test_files_that_publisher_did_not_make_are_kept(series: Folder, site: WebServer) -> None:
    (site.folder / "google1234.html").write_text("proof of ownership")
    series.edit('slug = "second-talk"', 'slug = "second-talk"\nstatus = "withdrawn"')
    series.run("release")
    assert (site.folder / "google1234.html").exists()


def test_without_its_record_a_delivery_sends_no_media_again(series: Folder, site: WebServer) -> None:
    before = {path: path.stat().st_mtime_ns for path in site.folder.glob("media/*")}
    (series.root / "episodes" / "delivered.json").unlink()
    assert series.run("release").status == 0
    assert before == {path: path.stat().st_mtime_ns for path in site.folder.glob("media/*")}


def test_the_plan_names_the_delivery_and_changes_nothing(new_series: Folder, site: WebServer) -> None:
    steps = new_series.run("plan", "--json").document["steps"]
    assert [step["output"] for step in steps][-1] == "deliver"
    assert not site.folder.exists()


@pytest.mark.parametrize("fault", ["ranges", "cors"])
def test_what_listeners_could_not_fetch_stops_the_feed(
    new_series: Folder, site: WebServer, fault: str
) -> None:
    site.faults.add(fault)
    result = new_series.run("release")
    assert result.status == 1
    assert FAULTS[fault] in result.out
    assert site.link in result.out
    assert "nginx: " in result.out
    assert not (site.folder / "feed.xml").exists()
    site.faults.clear()
    assert new_series.run("release").status == 0
    assert delivered(site) == public(new_series)


def test_a_server_that_does_not_answer_stops_the_feed(new_series: Folder, site: WebServer) -> None:
    new_series.edit(f'link = "{site.link}"', 'link = "http://127.0.0.1:1/series/"')
    result = new_series.run("release")
    assert result.status == 1
    assert "does not answer" in result.out
    assert not (site.folder / "feed.xml").exists()


# Taking back


def mentions(site: WebServer, *words: str) -> list[str]:
    return [
        path
        for path, content in delivered(site).items()
        if any(word.encode() in content or word in path for word in words)
    ]


BROKEN = ("the encoder", "a template", "the web server", "another talk", "the feed")


@pytest.mark.parametrize("neighbour", BROKEN)
def test_a_withdrawn_talk_leaves_the_destination_whatever_else_fails(
    series: Folder, site: WebServer, neighbour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mentions(site, "first-talk")
    break_neighbour(neighbour, series, site, monkeypatch)
    series.edit('slug = "first-talk"', 'slug = "first-talk"\nstatus = "withdrawn"')
    assert series.run("release").status != 0
    left = [path for path in mentions(site, "first-talk", "What is an example") if "index.html" not in path]
    assert not left
    assert not list(site.folder.glob("media/first-talk*"))
    feed = (site.folder / "feed.xml").read_text()
    assert "second-talk" in feed


def break_neighbour(neighbour: str, series: Folder, site: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    if neighbour == "the encoder":
        monkeypatch.setenv("PUBLISHER_FFMPEG", "/bin/false")
        write_tone(series.root / "episodes" / "second-talk" / "recording.wav", 4.0)
    elif neighbour == "a template":
        (series.root / "templates").mkdir()
        (series.root / "templates" / "index.html").write_text("{% if %}")
    elif neighbour == "the web server":
        site.faults.add("type")
        series.edit('title = "A second example"', 'title = "Another example"')
    elif neighbour == "another talk":
        series.edit('guests = ["first-guest"]\ntopics = ["Examples"]\n\n[deliver]', "guests = 7\n\n[deliver]")
    else:
        (series.root / "public" / "feed.xml").unlink()
        (series.root / "public" / "feed.xml").mkdir()


def test_the_old_sound_of_a_cut_talk_leaves_before_the_new_one_is_made(
    series: Folder, site: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = site.folder.glob("media/first-talk*")
    series.edit('slug = "first-talk"', 'slug = "first-talk"\ncut = [["0:01", "0:02"]]')
    monkeypatch.setenv("PUBLISHER_FFMPEG", "/bin/false")
    assert series.run("release").status != 0
    assert not old.exists()
    assert old.name not in (site.folder / "feed.xml").read_text()
    monkeypatch.delenv("PUBLISHER_FFMPEG")
    assert series.run("release").status == 0
    assert delivered(site) == public(series)
    assert list(site.folder.glob("media/first-talk*"))


def test_a_hidden_person_leaves_the_destination(series: Folder, site: WebServer) -> None:
    assert mentions(site, "First Guest")
    series.edit("First Guest talks about examples.", "A talk about examples.")
    result = series.run("withdraw", "--person", "first-guest", "--reason", "asked for")
    assert result.status == 0, result.out
    assert not mentions(site, "First Guest", "first-guest")
    assert delivered(site) == public(series)


def test_a_withdrawal_proves_that_the_talk_is_gone(series: Folder, site: WebServer) -> None:
    result = series.run("withdraw", "first-talk", "--reason", "asked for by the guest")
    assert result.status == 0, result.out
    assert "seen to be gone there" in result.out
    record = json.loads((series.root / "episodes" / "delivered.json").read_text())
    assert [path for path in record["retracted"] if path.startswith("media/first-talk")]
    assert delivered(site) == public(series)


def test_a_withdrawal_reports_a_destination_that_cannot_be_reached(series: Folder, site: WebServer) -> None:
    site.folder.parent.rename(site.folder.parent.with_name("unmounted"))
    result = series.run("withdraw", "first-talk", "--reason", "asked for by the guest")
    assert result.status == 1
    assert "the folder above it does not exist" in result.out
    site.folder.parent.with_name("unmounted").rename(site.folder.parent)
    assert series.run("release").status == 0
    assert not list(site.folder.glob("media/first-talk*"))


def test_the_purge_command_gets_the_addresses_that_changed(
    series: Folder, site: WebServer, tmp_path: Path
) -> None:
    script = tmp_path / "purge.sh"
    script.write_text(f"#!/bin/sh\ncat >> {tmp_path}/purged.txt\n")
    script.chmod(0o755)
    series.edit("[deliver]\n", f'[deliver]\npurge = "{script}"\n')
    series.run("release")
    (tmp_path / "purged.txt").unlink(missing_ok=True)
    series.run("withdraw", "first-talk", "--reason", "asked for by the guest")
    purged = (tmp_path / "purged.txt").read_text().splitlines()
    assert f"{site.link}feed.xml" in purged
    assert [url for url in purged if re.search(r"/media/first-talk\.", url)]


def test_a_cut_talk_stays_at_the_destination_when_its_receipts_are_recovered(
    series: Folder, site: WebServer
) -> None:
    series.edit('slug = "first-talk"', 'slug = "first-talk"\ncut = [["0:01", "0:02"]]')
    series.run("release")
    for path in (series.root / "episodes").rglob("*.json"):
        path.unlink()
    assert series.run("recover").status == 0
    series.run("release")
    assert delivered(site) == public(series)
    assert list(site.folder.glob("media/first-talk*"))


def test_a_cut_talk_without_a_known_redaction_is_taken_back_and_delivered_again(
    series: Folder, site: WebServer
) -> None:
    series.edit('slug = "first-talk"', 'slug = "first-talk"\ncut = [["0:01", "0:02"]]')
    series.run("release")
    record = series.root / "episodes" / "delivered.json"
    document = json.loads(record.read_text())
    record.write_text(json.dumps({**document, "redactions": {}}))
    assert series.run("release").status == 0
    assert delivered(site) == public(series)


# Announcing


def test_a_hub_is_told_once_for_each_state_of_the_feed(series: Folder, site: WebServer) -> None:
    series.edit("[deliver]\n", f'[deliver]\nhub = "{site.link}hub"\n')
    assert series.run("release").status == 0
    series.run("release")
    assert len(site.announced) == 1
    series.edit('title = "A second example"', 'title = "Another example"')
    series.run("release")
    assert len(site.announced) == 2


def test_a_hub_that_fails_is_told_by_the_next_release(series: Folder, site: WebServer) -> None:
    series.edit("[deliver]\n", f'[deliver]\nhub = "{site.link}hub"\n')
    site.faults.add("hub")
    result = series.run("release")
    assert result.status == 1
    assert "hub" in result.out
    site.faults.clear()
    count = len(site.announced)
    assert series.run("release").status == 0
    assert len(site.announced) == count + 1


def announced_to_both(series: Folder, site: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHER_PODPING_TOKEN", "a-token")
    keys = f'hub = "{site.link}hub"\npodping = "{site.link}podping"'
    series.edit("[deliver]\n", f"[deliver]\n{keys}\n")


def test_a_podping_server_is_told_once_for_each_state_even_if_the_hub_fails(
    series: Folder, site: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced_to_both(series, site, monkeypatch)
    assert f"announce to: {site.link}hub, {site.link}podping" in series.run("plan", "--json").out
    assert f"the announcement to {site.link}hub and {site.link}podping" in series.run("plan").out
    site.faults.add("hub")
    assert series.run("release").status == 1
    assert site.podpings == [(f"{site.link}feed.xml", "a-token")]
    site.faults.clear()
    assert series.run("release").status == 0
    assert len(site.podpings) == 1
    series.edit('title = "A second example"', 'title = "Another example"')
    assert series.run("release").status == 0
    assert len(site.podpings) == 2


def test_a_podping_server_that_fails_is_told_by_the_next_release_and_the_hub_only_once(
    series: Folder, site: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced_to_both(series, site, monkeypatch)
    monkeypatch.setenv("PUBLISHER_PODPING_TOKEN", "secret-of-another")
    result = series.run("-vv", "release")
    assert result.status == 1
    assert "does not accept the token in PUBLISHER_PODPING_TOKEN (status 401)" in result.out
    assert "secret-of-another" not in result.out + result.err
    record = (series.root / "episodes" / "delivered.json").read_text()
    assert "secret-of-another" not in record + (series.root / "episodes.toml").read_text()
    monkeypatch.setenv("PUBLISHER_PODPING_TOKEN", "a-token")
    assert series.run("release").status == 0
    assert len(site.podpings) == 1
    assert len(site.announced) == 1


def test_the_doctor_names_a_missing_token(
    series: Folder, site: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    series.edit("[deliver]\n", '[deliver]\npodping = "https://podping.cloud/"\n')
    monkeypatch.delenv("PUBLISHER_PODPING_TOKEN", raising=False)
    missing = series.run("doctor")
    assert "podping: does not work: https://podping.cloud/ needs a token" in missing.out
    assert missing.status == 1
    monkeypatch.setenv("PUBLISHER_PODPING_TOKEN", "a-token")
    found = series.run("doctor")
    assert "podping: works: https://podping.cloud/, with a token" in found.out
    assert "a-token" not in found.out
