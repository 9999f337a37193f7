"""A running studio over a small series, and a client that has its session."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn

from publisher.cli.studio import _host
from publisher.studio.app import create_app
from publisher.studio.security import Sessions
from publisher.studio.state import Studio
from tests.catalogue.conftest import PEOPLE, SERIES, Folder

CATALOGUE = """\
[series]
title = "Border talks"
description = "Talks."
language = "en"
link = "https://talks.example.org/"
author = "A team"

[people.ada]
name = "Ada Example"

# The first talk.
[[episode]]
slug = "first"
title = "First talk"
date = 2021-02-12T18:00:00+01:00
guests = ["ada"]

[[episode]]
slug = "second"
title = "Second <script>alert(1)</script>"
date = 2021-02-13T18:00:00+01:00
"""


@dataclass
class Answer:
    status: int
    fields: dict[str, str]
    content: bytes

    @property
    def json(self) -> dict[str, object]:
        return json.loads(self.content)  # type: ignore[no-any-return]

    @property
    def text(self) -> str:
        return self.content.decode()


@dataclass
class Client:
    """Sends requests as the studio's own pages do, unless headers say otherwise."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: object = None, **headers: str | None) -> Answer:
        own = {"Host": f"127.0.0.1:{self.port}", **self.headers}
        own |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
            for name, value in own.items():
                if value is not None:
                    connection.putheader(name, value)
            if content and "Content-Length" not in own:
                connection.putheader("Content-Length", str(len(content)))
            connection.endheaders(content or None)
            answer = connection.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, fields, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str | None) -> Answer:
        return self.send("GET", path, **headers)


@dataclass
class Running:
    studio: Studio
    sessions: Sessions
    port: int

    def stranger(self) -> Client:
        return Client(self.port)

    def client(self) -> Client:
        answer = self.stranger().send("POST", "/session", {"secret": self.sessions.secret})
        cookie = answer.fields["set-cookie"].split(";")[0]
        token = self.sessions.token(cookie.split("=", 1)[1])
        return Client(self.port, {"Cookie": cookie, "X-Publisher-Token": token})


def run_studio(root: Path) -> Iterator[Running]:
    """Serves the studio of a series folder until the generator is closed."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    sessions = Sessions(listener.getsockname()[1])
    studio = Studio(root, _host(root))
    studio.refresh()
    config = uvicorn.Config(create_app(studio, sessions), log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield Running(studio, sessions, sessions.port)
    finally:
        studio.stop()
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def series_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("series")
    (root / "episodes.toml").write_text(CATALOGUE, encoding="utf-8")
    (root / "episodes" / "first").mkdir(parents=True)
    return root


@pytest.fixture(scope="module")
def running(series_folder: Path) -> Iterator[Running]:
    yield from run_studio(series_folder)


@pytest.fixture
def client(running: Running) -> Client:
    return running.client()


TALK = """\
# The first talk.
[[episode]]
slug = "a"
title = "A" # title
date = 2021-01-01
status = "draft"
summary = "About."
guests = ["ann-one"]
topics = ["One"]
chapters = [
  { at = "0:00", title = "Welcome" }, # first
  { at = "5:00", title = "Middle" },
]
cut = [["1:00", "2:00"]]
"""
OTHER = '\n# Another.\n[[episode]]\nslug = "b"\ntitle = "B"\ndate = 2021-01-02\nstatus = "draft"\n'
WELCOME, MIDDLE = {"at": "0:00", "title": "Welcome"}, {"at": "5:00", "title": "Middle"}


@pytest.fixture
def series(tmp_path: Path) -> Folder:
    """A series with two drafts, `a` and `b`."""
    folder = Folder(tmp_path)
    folder.write(SERIES + "\n" + PEOPLE + "\n" + TALK + OTHER)
    folder.write("Notes.\n\nMore.\n", "episodes/a/notes.md")
    return folder
