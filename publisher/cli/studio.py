"""``publisher studio``: serves the series as a web app on this machine, for the producer's browser only."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from publisher.cli import console, options, session
from publisher.cli.plan import plan_document, retraction_documents
from publisher.cli.preview import media_makers, parse_as_of
from publisher.cli.preview_media import MediaQueue
from publisher.cli.preview_moments import PreviewMoments
from publisher.cli.status import status_rows
from publisher.errors import PublisherError, UsageError
from publisher.gather.series import WORK
from publisher.preview_server import Server
from publisher.progress import NullProgress
from publisher.studio import commands
from publisher.studio.security import Sessions
from publisher.studio.state import Host, Studio

if TYPE_CHECKING:
    import uvicorn

DEFAULT_PORT = 8001
OPEN_PAGE = "studio.html"
"""The page in .publisher/ that leads the browser to the studio. Other users of this machine see the arguments
of a browser's process, but not a file that only its owner may read."""

STOP_TIMEOUT = 1
"""Seconds in which requests may end after Ctrl-C."""


@click.command("studio")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="The port; 0: any free one.",
)
@click.option("--no-browser", is_flag=True, help="Open no browser; print the address only.")
@options.common
def command(port: int, no_browser: bool, directory: Path | None, as_json: bool) -> int:
    """Serve the series as a web app on this machine: talks, sound, words, plan, release."""
    root = session.find_root(directory)
    session.require_catalogue(root)
    with _listening(port) as listener:
        sessions = Sessions(listener.getsockname()[1])
        moments = PreviewMoments(root, MediaQueue(media_makers, session.is_locked, NullProgress()))
        studio = Studio(root, _host(root, lambda text: _preview_at(moments, text)))
        studio.refresh()
        preview = _Preview(moments, studio)
        preview.update()
        server = _web_server(studio, sessions)
        address = f"http://127.0.0.1:{sessions.port}/#{sessions.secret}"
        if as_json:
            options.print_json({"address": address, "preview": studio.preview_address or None})
        else:
            console.print_line(f"Studio: {address}   (Ctrl-C ends it)", "good")
            if studio.error:
                console.print_line(studio.error, "bad", err=True)
        if not no_browser and not as_json:
            _open_browser(root, address)
        threading.Thread(target=studio.watch, args=(preview.update,), daemon=True).start()
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            pass
        finally:
            studio.stop()
            preview.stop()
            (root / WORK / OPEN_PAGE).unlink(missing_ok=True)
    console.print_line("Studio ended.", err=True)
    return 0


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name != "nt":
        # On Windows this option would let another program take over the port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise UsageError(f"port {port} cannot be used ({error.strerror}); try --port 0") from error
    return listener


def _no_preview(moment: str) -> str:
    raise UsageError("the preview starts when the catalogue can be read")


def _preview_at(moments: PreviewMoments, moment: str) -> str:
    return moments.address(parse_as_of(moment)) if moments.server_address else _no_preview(moment)


def _host(root: Path, preview_at: Callable[[str], str] = _no_preview) -> Host:
    return Host(
        open_series=lambda: session.open_series(root, with_errors=True),
        build_context=lambda: session.build_context(root),
        now=session.now,
        running_release=lambda: session.running_release(root),
        status_rows=status_rows,
        plan_document=lambda slugs, only: plan_document(root, slugs, only),
        retractions=lambda: retraction_documents(root),
        open_to_retract=lambda person: session.open_to_retract(root, person),
        start=lambda arguments: _start(root, arguments),
        commands=lambda: commands.read_commands(root),
        stop=lambda process: session.request_stop(root, process),
        preview_at=preview_at,
    )


class _Process:
    """A running command of publisher; see `state.Command`."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self._process = process
        self._folder = folder
        # Without a thread that waits for it, an ended process stays in the system's list.
        threading.Thread(target=process.wait, daemon=True).start()

    @property
    def id(self) -> str:
        return self._folder.name

    def poll(self) -> int | None:
        return self._process.poll()

    def result(self) -> tuple[int, str, str]:
        status = self._process.wait()
        files = (self._folder / commands.OUTPUT, self._folder / commands.MESSAGES)
        output, errors = (file.read_text("utf-8", "replace") for file in files)
        return status, output, errors


def _start(root: Path, arguments: Sequence[str]) -> _Process:
    """Starts a command of publisher for this series, in a process group of its own.

    Ctrl-C in the terminal of the studio must not stop a release that the studio shows. The command writes
    into files of its folder (`studio.commands`), so that it goes on when the studio is killed.
    """
    folder = commands.new_folder(root, arguments, session.now())
    line = [sys.executable, "-m", "publisher.cli.recorded", str(folder), *arguments, "-C", str(root)]
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    with (folder / commands.OUTPUT).open("wb") as output, (folder / commands.MESSAGES).open("wb") as messages:
        process = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=messages,
            env={**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
            start_new_session=os.name != "nt",
            creationflags=flags,
        )
    _wait_for_lock(process, folder)
    return _Process(process, folder)


def _wait_for_lock(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Waits until the command has its lock: before, it would count as ended."""
    while process.poll() is None and not (folder / commands.LOCK).exists():
        time.sleep(0.01)


def _web_server(studio: Studio, sessions: Sessions) -> uvicorn.Server:
    import uvicorn

    from publisher.studio.app import create_app

    config = uvicorn.Config(
        create_app(studio, sessions),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=STOP_TIMEOUT,
    )
    return uvicorn.Server(config)


class _Preview:
    """The server of the preview, on a port of its own: its pages show texts of guests, and get no session.

    It starts with the first state of the series that can be read.
    """

    def __init__(self, moments: PreviewMoments, studio: Studio) -> None:
        self._moments = moments
        self._studio = studio
        self._server: Server | None = None

    def update(self) -> None:
        """Reads the series again; keeps the previous state while it has errors, which the studio shows."""
        with suppress(PublisherError, OSError):
            # As the studio has read it just now: with 10 000 talks, reading takes half of its start.
            self._moments.update(None if self._studio.error else self._studio.opened)
            prefix = urlsplit(self._moments.link).path or "/"
            if self._server is None:
                self._server = self._started(prefix)
            self._server.set_prefix(prefix)
            self._studio.preview_address = self._moments.server_address = self._server.address

    def _started(self, prefix: str) -> Server:
        server = Server(0, prefix, self._moments.find, self._moments.version)
        self._moments.queue.start()
        threading.Thread(target=server.serve_forever, args=(0.2,), daemon=True).start()
        return server

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._moments.queue.stop()


def _open_browser(root: Path, address: str) -> None:
    import webbrowser

    page = root / WORK / OPEN_PAGE
    text = (
        f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={escape(address)}">'
    )
    with suppress(OSError, webbrowser.Error):
        page.parent.mkdir(parents=True, exist_ok=True)
        page.unlink(missing_ok=True)
        descriptor = os.open(page, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        webbrowser.open(page.as_uri())
