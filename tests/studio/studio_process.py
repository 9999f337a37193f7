"""The real ``publisher studio`` command in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.studio.conftest import Client

NOW = "2021-02-12T18:00:00+01:00"


class StudioProcess:
    """A running studio; `address` has the secret, `preview` is the address of the preview or None."""

    def __init__(self, root: Path, *options: str, **environment: str) -> None:
        line = [
            sys.executable,
            "-m",
            "publisher",
            "studio",
            "--port",
            "0",
            "--json",
            "-C",
            str(root),
            *options,
        ]
        variables = {**os.environ, "PUBLISHER_NOW": NOW, **environment}
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=variables)
        found = json.loads(self._document())
        self.address: str = found["address"]
        self.preview: str | None = found["preview"]

    def _document(self) -> bytes:
        assert self.process.stdout is not None and self.process.stderr is not None
        content = b""
        while not content.endswith(b"\n}\n"):
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read().decode()
            content += line
        return content

    def client(self) -> Client:
        port = urlsplit(self.address).port
        assert port is not None
        stranger = Client(port)
        answer = stranger.send("POST", "/session", {"secret": urlsplit(self.address).fragment})
        cookie = answer.fields["set-cookie"].split(";")[0]
        page = Client(port, {"Cookie": cookie}).get("/").text
        token = page.partition('<meta name="token" content="')[2].partition('"')[0]
        return Client(port, {"Cookie": cookie, "X-Publisher-Token": token})

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def stop(self) -> str:
        """Ends it as Ctrl-C does; returns its messages."""
        self.process.send_signal(2)
        return self.process.communicate(timeout=30)[1].decode()


@contextmanager
def running_process(root: Path, **environment: str) -> Iterator[StudioProcess]:
    studio = StudioProcess(root, **environment)
    try:
        yield studio
    finally:
        studio.kill()


def run_program(tools: Path, program: Path, arguments: Sequence[str], timeout: int = 300) -> object:
    """What a program of tests/browser prints, as JSON."""
    line = ["node", str(program), *arguments]
    done = subprocess.run(
        line, cwd=tools, capture_output=True, encoding="utf-8", check=False, timeout=timeout
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
