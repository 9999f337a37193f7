"""A podcast client subscribes to the delivered sample of two talks and finds files that it can fetch."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.outputs.deliver.test_delivery import released_once, server, write_series
from tests.outputs.deliver.web_server import WebServer

__all__ = ["released_once", "server", "write_series"]


@pytest.mark.skipif(
    not os.environ.get("PUBLISHER_TEST_ALL"), reason="starts newsboat; `make test-all` runs it"
)
@pytest.mark.skipif(shutil.which("newsboat") is None, reason="newsboat is not installed")
def test_newsboat_reads_every_talk_with_its_file(
    released_once: Path, server: WebServer, tmp_path: Path
) -> None:
    server.folder = released_once / "server" / "talks"
    (tmp_path / "urls").write_text(f"{server.link}feed.xml\n")
    (tmp_path / "config").write_text("")
    command = ["newsboat", "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"]
    subprocess.run(command, cwd=tmp_path, check=True, env={**os.environ, "HOME": str(tmp_path)})
    rows = sqlite3.connect(tmp_path / "cache.db").execute(
        "select title, enclosure_url, enclosure_type from rss_item order by pubDate"
    )
    found = rows.fetchall()
    assert [title for title, _, _ in found] == ["What is an example?", "A second example"]
    for _, url, kind in found:
        assert kind == "audio/mpeg"
        with urllib.request.urlopen(url) as answer:
            assert len(answer.read()) == int(answer.headers["Content-Length"])
