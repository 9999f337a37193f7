"""A small series of talks, clusters of real processes on loopback, and releases in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.cluster.worker import ARITHMETIC_VARIABLES
from tests.cli.conftest import NOW, REPOSITORY, write_tone, write_video

if TYPE_CHECKING:
    import psutil

SERIES = """\
[series]
title = "Example Talks"
description = "Talks about examples."
language = "en"
link = "https://talks.example.org/series/"
author = "Example Press"

[audio]
formats = ["mp3", "opus"]
"""

TALK = """
[[episode]]
slug = "talk-{0}"
title = "Talk {0}"
date = 2021-01-{0:02}T18:00:00Z
recording = "{1}"
{2}
"""

SECRETS = {
    "PUBLISHER_YOUTUBE_CREDENTIALS": "/credentials-of-youtube.json",
    "AWS_SECRET_ACCESS_KEY": "secret-of-the-store",
    "PODPING_TOKEN": "token-of-podping",
}


def write_series(root: Path, talks: int = 3, seconds: float = 6.0) -> Path:
    """Talks of sound; the last one is a video, and the first has a cut."""
    text = SERIES
    for number in range(1, talks):
        folder = root / f"episodes/talk-{number}"
        write_tone(folder / "recording.wav", seconds, 200.0 + 20 * number)
        text += TALK.format(number, "recording.wav", 'cut = [["0:02", "0:03"]]' if number == 1 else "")
    folder = root / f"episodes/talk-{talks}"
    folder.mkdir(parents=True, exist_ok=True)
    write_video(folder / "recording.mkv", seconds, 440.0)
    text += TALK.format(talks, "recording.mkv", "video = true")
    (root / "episodes.toml").write_text(text, encoding="utf-8")
    return root


def environment(**variables: str) -> dict[str, str]:
    own = {"PUBLISHER_NOW": NOW, "NO_COLOR": "1", "CI": "1", "PYTHONPATH": str(REPOSITORY)}
    return {**os.environ, **SECRETS, **own, **variables}


def start_release(root: Path, *options: str, **variables: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "publisher", "release", "-C", str(root), *options]
    return subprocess.Popen(
        command, env=environment(**variables), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=REPOSITORY, start_new_session=True,
    )  # fmt: skip


def release(root: Path, *options: str, **variables: str) -> tuple[int, str]:
    """The exit status of a release, and what it printed."""
    running = start_release(root, *options, **variables)
    out, err = running.communicate(timeout=240)
    return running.returncode, out + err


def wait_for_encoding(root: Path, running: subprocess.Popen[str]) -> None:
    """Waits until the first step has a folder, or the release has ended."""
    while running.poll() is None and not any((root / ".publisher/audio").glob("*")):
        time.sleep(0.05)


@dataclass
class Cluster:
    """A scheduler and two workers with a thread each, in processes of their own."""

    address: str
    scheduler: subprocess.Popen[bytes]
    nannies: subprocess.Popen[bytes]

    def workers(self) -> list[psutil.Process]:
        """The processes that encode; the nannies start others for those that end."""
        import psutil

        with suppress(psutil.Error):
            children = psutil.Process(self.nannies.pid).children()
            return [child for child in children if "spawn_main" in " ".join(child.cmdline())]
        return []


@contextmanager
def running_cluster(folder: Path, **variables: str) -> Iterator[Cluster]:
    """Two workers; `variables` are added to their environment, which has no secrets."""
    kernels = {name: os.environ[name] for name in ARITHMETIC_VARIABLES if name in os.environ}
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "HOME": str(folder)}
    clean = {**own, **kernels, **variables}
    file = folder / "scheduler.json"
    scheduler = [*_dask("scheduler"), "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    worker = [*_dask("worker"), "--nworkers", "2", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1"]
    options = {"cwd": folder, "env": clean, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    first = subprocess.Popen([*scheduler, "--scheduler-file", str(file)], **options)  # type: ignore[call-overload]
    nannies = subprocess.Popen([*worker, "--scheduler-file", str(file)], **options)  # type: ignore[call-overload]
    try:
        while not file.exists() or '"address"' not in file.read_text():
            time.sleep(0.1)
        import json

        yield Cluster(json.loads(file.read_text())["address"], first, nannies)
    finally:
        for process in (nannies, first):
            process.terminate()
        for process in (nannies, first):
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _dask(program: str) -> list[str]:
    return [sys.executable, "-m", f"distributed.cli.dask_{program}"]
