"""``publisher studio``: serves the series as a web app on this machine, for the producer's browser only."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from publisher.cli import console, options, session
from publisher.cli.plan import plan_document
from publisher.cli.preview import media_makers
from publisher.cli.preview_media import MediaQueue
from publisher.cli.preview_state import PreviewState
from publisher.cli.status import status_rows
from publisher.errors import PublisherError, UsageError
from publisher.gather.series import WORK
from publisher.preview_server import Server
from publisher.progress import NullProgress
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
        studio = Studio(root, _host(root))
        studio.refresh()
        preview = _start_preview(root, studio)
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
        update = preview.update if preview is not None else None
        threading.Thread(target=studio.watch, args=(update,), daemon=True).start()
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            pass
        finally:
            studio.stop()
            if preview is not None:
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


def _host(root: Path) -> Host:
    return Host(
        open_series=lambda: session.open_series(root, with_errors=True),
        build_context=lambda: session.build_context(root),
        now=session.now,
        running_release=lambda: session.running_release(root),
        status_rows=status_rows,
        plan_document=plan_document,
        start=lambda arguments: _start(root, arguments),
    )


class _Process:
    """A running command of publisher; see `state.Command`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def poll(self) -> int | None:
        return self._process.poll()

    def result(self) -> tuple[int, str, str]:
        output, errors = self._process.communicate()
        return self._process.returncode, output, errors

    def interrupt(self) -> None:
        self._process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT))


def _start(root: Path, arguments: Sequence[str]) -> _Process:
    """Starts a command of publisher for this series, in a process group of its own.

    Ctrl-C in the terminal of the studio must not stop a release that the studio shows.
    """
    line = [sys.executable, "-m", "publisher", *arguments, "-C", str(root)]
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    process = subprocess.Popen(
        line,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        start_new_session=os.name != "nt",
        creationflags=flags,
    )
    return _Process(process)


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
    """The server of the preview, on a port of its own: its pages show texts of guests, and get no session."""

    def __init__(self, server: Server, state: PreviewState, queue: MediaQueue) -> None:
        self._server = server
        self._state = state
        self._queue = queue

    def update(self) -> None:
        """Reads the series again; keeps the previous state while it has errors, which the studio shows."""
        with suppress(PublisherError, OSError):
            self._state.update()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._queue.stop()


def _start_preview(root: Path, studio: Studio) -> _Preview | None:
    """Serves the talks as they will be published; None if the series cannot be read yet."""
    queue = MediaQueue(media_makers, session.is_locked, NullProgress())
    preview = PreviewState(root, None, queue)
    with suppress(PublisherError):
        preview.update()
        server = Server(0, urlsplit(preview.link).path or "/", preview.find, preview.version)
        studio.preview_address = server.address
        queue.start()
        threading.Thread(target=server.serve_forever, args=(0.2,), daemon=True).start()
        return _Preview(server, preview, queue)
    return None


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
