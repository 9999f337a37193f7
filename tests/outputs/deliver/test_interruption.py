"""Ctrl-C during a real upload over a server's connection, which then stands still."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from publisher.cli import STOPPED_MESSAGE
from tests.chaos.fork_server import REPOSITORY
from tests.chaos.test_release_command import command_lines
from tests.cli.conftest import CATALOGUE, NOW
from tests.outputs.deliver.destinations import Served, Servers, servers
from tests.outputs.deliver.test_chaos import TALK, release
from tests.outputs.deliver.web_server import WebServer, web_server

pytestmark = pytest.mark.skipif(not os.environ.get("PUBLISHER_TEST_ALL"), reason="takes minutes")

MINUTES = 8
"""With 160 kbit/s for each channel the file has 19 MB: more than one part of an upload to a store."""
STOPPED_AT = {"sftp": 12 << 20, "rsync": 12 << 20, "s3": 17 << 20}
"""Bytes after which the delivery is interrupted; one part has arrived at the store."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    pytest.importorskip("moto")
    with servers(tmp_path_factory.mktemp("servers")) as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("unused")) as site:
        yield site


@pytest.fixture(scope="module")
def released_once(site: WebServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series with a large audio file that was never delivered."""
    root = tmp_path_factory.mktemp("released") / "series"
    write_stereo(root / "episodes/long-talk/recording.wav")
    text = CATALOGUE.split("# The first talk")[0].replace("https://talks.example.org/series/", site.link)
    text += '\n[audio]\nbitrate = { mp3 = 160 }\nchannels = "stereo"\n' + TALK.format(name="long", day=1)
    (root / "episodes.toml").write_text(text)
    release(root)
    return root


def write_stereo(path: Path) -> None:
    """Two tones, one on each side."""
    path.parent.mkdir(parents=True)
    times = np.arange(16000 * 60 * MINUTES) / 16000
    sides = [np.sin(2 * np.pi * frequency * times) * 9000 for frequency in (300, 400)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(np.stack(sides, axis=1).astype("<i2").tobytes())


def start(root: Path, served: Served) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "publisher", "release", "-C", str(root)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PUBLISHER_NOW": NOW, **served.environment}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, start_new_session=True
    )


@pytest.mark.parametrize("kind", STOPPED_AT)
def test_an_interrupted_upload_stops_at_once_and_is_continued_by_the_next_release(
    kind: str, running: Servers, site: WebServer, released_once: Path, tmp_path: Path
) -> None:
    if kind not in running.served:
        pytest.skip(f"{kind}: its server is not installed")
    served, root = running.served[kind], tmp_path / "series"
    site.folder = served  # type: ignore[assignment]
    shutil.copytree(released_once, root)
    served.restore(tmp_path / "nothing")
    with (root / "episodes.toml").open("a") as file:
        file.write(f'\n[deliver]\nto = "{served.to}"\n')
    (media,) = (root / "public/media").iterdir()
    process, errors = interrupt(kind, root, served)
    assert process.returncode == 130
    assert STOPPED_MESSAGE.encode() in errors
    assert not [line for line in command_lines() if str(root) in line or served.to.rpartition("@")[2] in line]
    assert f"media/{media.name}" not in served.read()
    assert "feed.xml" not in served.read()
    assert served.proxy is not None
    again = start(root, served)
    again.communicate(timeout=120)
    assert again.returncode == 0
    assert served.proxy.sent < media.stat().st_size // 2 + (4 << 20), "it was sent from the start"
    delivered = served.read()
    assert delivered[f"media/{media.name}"] == media.read_bytes()
    assert count_listings(running, root, served) == 1
    assert served.read() == delivered
    assert served.proxy.sent < (1 << 20), "files were sent although nothing has changed"


def count_listings(running: Servers, root: Path, served: Served) -> int:
    """How many calls list the destination, of any kind, in a release that has nothing to do."""
    requests: list[str] = []
    if running.ssh is not None:
        running.ssh.calls.write_text("")
    assert served.proxy is not None
    served.proxy.restore()
    running.refusals.append(lambda request: requests.append(request["QUERY_STRING"]) or "")
    try:
        output, _ = start(root, served).communicate(timeout=120)
        assert b"Nothing to do" in output
    finally:
        running.refusals.clear()
    calls = [*requests]
    if running.ssh is not None:
        calls += running.ssh.calls.read_text().splitlines()
    return sum(
        any(word in call for word in ("find ", "opendir ", "--sender", "list-type=2")) for call in calls
    )


def interrupt(kind: str, root: Path, served: Served) -> tuple[subprocess.Popen[bytes], bytes]:
    """Sends SIGINT in the middle of the upload; returns the ended process and its standard error."""
    proxy, ended = served.proxy, threading.Event()
    assert proxy is not None

    def act() -> None:
        process.send_signal(signal.SIGINT)
        # The connection stands still until the process has ended.
        ended.wait(60)

    proxy.restore()
    proxy.act, proxy.limit = act, STOPPED_AT[kind]
    process = start(root, served)
    _, errors = process.communicate(timeout=120)
    ended.set()
    # The server notices the end of the connection, and keeps what has arrived.
    time.sleep(1.0)
    proxy.restore()
    return process, errors
