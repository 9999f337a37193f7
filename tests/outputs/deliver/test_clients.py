"""Podcast clients subscribe to the series that nginx serves, and download its talks."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.outputs.deliver.conftest import Hosted

pytestmark = pytest.mark.skipif(
    not os.environ.get("PUBLISHER_TEST_ALL"), reason="starts nginx or Apache; `make test-all` runs it"
)

only_nginx = pytest.mark.parametrize("released_server", ["nginx"], indirect=True)


def run(tmp_path: Path, *command: str, **variables: str) -> str:
    """Runs a client that accepts the certificate of the server; returns what it prints."""
    certificate = os.environ["SSL_CERT_FILE"]
    environment = {**os.environ, "HOME": str(tmp_path), "REQUESTS_CA_BUNDLE": certificate, **variables}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, text=True, capture_output=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@only_nginx
@pytest.mark.skipif(shutil.which("newsboat") is None, reason="newsboat is not installed (Debian: newsboat)")
def test_newsboat_reads_every_talk_with_its_file(hosted: Hosted, tmp_path: Path) -> None:
    (tmp_path / "urls").write_text(f"{hosted.server.link}feed.xml\n")
    (tmp_path / "config").write_text("ssl-verifypeer no\nssl-verifyhost no\n")
    with hosted.server.running():
        run(tmp_path, "newsboat", "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload")
        rows = sqlite3.connect(tmp_path / "cache.db").execute(
            "select title, enclosure_url, enclosure_type from rss_item order by pubDate"
        )
        found = rows.fetchall()
        assert [title for title, _, _ in found] == ["What is an example?", "A second example"]
        for _, url, kind in found:
            assert kind == "audio/mpeg"
            with urllib.request.urlopen(url) as answer:
                assert len(answer.read()) == int(answer.headers["Content-Length"])


@only_nginx
@pytest.mark.skipif(shutil.which("gpo") is None, reason="gpo is not installed (Debian: gpodder)")
def test_gpodder_subscribes_to_the_feed_and_downloads_every_talk(hosted: Hosted, tmp_path: Path) -> None:
    home = {"GPODDER_HOME": str(tmp_path / "gpodder")}
    with hosted.server.running():
        run(tmp_path, "gpo", "subscribe", f"{hosted.server.link}feed.xml", **home)
        listed = run(tmp_path, "gpo", "episodes", **home)
        run(tmp_path, "gpo", "download", **home)
    assert "What is an example?" in listed
    assert "A second example" in listed
    downloaded = {path.read_bytes() for path in (tmp_path / "gpodder").rglob("*.mp3")}
    assert downloaded == {path.read_bytes() for path in hosted.server.served.glob("media/*.mp3")}
    assert len(downloaded) == 2
