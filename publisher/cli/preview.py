"""``publisher preview``: serves the series as a release would publish it, and follows every change.

Nothing is written: pages and feed are rendered on request, media are read from public/. So embargoed talks
can be viewed without creating a file.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from publisher import ledger
from publisher.cli import console, options, session
from publisher.errors import CatalogueError, PublisherError, UsageError
from publisher.model import Publication
from publisher.plan import Document, Renderer, places_of
from publisher.preview_server import Content, Server
from publisher.release_state import ReleaseState

logger = logging.getLogger(__name__)

POLL_INTERVAL = 0.5
"""Seconds between two reads of the files a producer edits."""
MEDIA = "media/"


@click.command("preview")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port; 0: any free one.",
)
@click.option(
    "--as-of", metavar="DATE", help="Show what will be visible at this time, such as 2021-02-12T18:00."
)
@options.common
def command(port: int, as_of: str | None, directory: Path | None, as_json: bool) -> int:
    """Serve the series on this machine and render every change."""
    root = session.find_root(directory)
    preview = PreviewState(root, _moment(as_of))
    preview.update()
    try:
        server = Server(port, urlsplit(preview.link).path or "/", preview.find, preview.version)
    except OSError as error:
        raise UsageError(f"port {port} cannot be used ({error.strerror}); try --port 0") from error
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(preview, ended), daemon=True)
    with server:
        watcher.start()
        if as_json:
            options.print_json({"address": server.address})
        else:
            console.print_line(f"Preview: {server.address}   (Ctrl-C ends it)", "good")
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            console.print_line("Preview ended.", err=True)
        finally:
            ended.set()
    return 0


@dataclass(frozen=True, slots=True)
class _State:
    link: str
    documents: Mapping[str, Document]
    version: str
    media: Path
    """The resolved path of public/media/, which may be an accepted link."""


class PreviewState:
    """The documents the preview shows, from the last valid state of the series folder."""

    def __init__(self, root: Path, moment: datetime | None) -> None:
        self._root = root
        self._moment = moment
        self._state = _State("/", {}, "", root)

    @property
    def link(self) -> str:
        return self._state.link

    def version(self) -> str:
        """A text that changes whenever a document changes."""
        return self._state.version

    def update(self) -> None:
        """Reads the series folder again. Raises PublisherError; then the previous state stays."""
        opened = session.open_series(self._root, moment=self._moment)
        state = opened.state
        documents = {
            document.path: document
            for renderer in opened.renderers
            for document in renderer.documents(_publication(state, renderer))
        }
        version = "".join(sorted(document.key for document in documents.values()))
        media = (opened.context.public / MEDIA).resolve()
        if version != self._state.version:
            logger.info("the preview has changed: %d documents", len(documents))
        self._state = _State(state.series.link, documents, version, media)

    def find(self, path: str) -> Content | None:
        """The content at a path below the series' link; None if there is none."""
        document = self._state.documents.get(path)
        if document is not None:
            return document.render()
        return _file_in(self._state.media, path.removeprefix(MEDIA)) if path.startswith(MEDIA) else None


def _file_in(folder: Path, path: str) -> Path | None:
    """The file at a path below a folder; None if it does not exist or a link leads out of the folder."""
    try:
        file = (folder / path).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        # Missing, name too long, circular links, NUL character: no published file has such a path.
        return None
    return file if file.is_relative_to(folder) and file.is_file() else None


def _publication(state: ReleaseState, renderer: Renderer) -> Publication:
    """The publication for a renderer, including talks whose audio does not exist yet."""
    places = places_of(renderer.name)
    return ledger.publication(state.series, state.ledger, state.now, places, with_unmade=True)


def _watch(preview: PreviewState, ended: threading.Event) -> None:
    printed = ""
    while not ended.wait(POLL_INTERVAL):
        try:
            preview.update()
        except (PublisherError, OSError) as error:
            # The file is being edited; the previous state is shown until it can be read again.
            if str(error) != printed:
                printed = str(error)
                console.print_line(printed, "bad", err=True)
                place = " in the catalogue" if isinstance(error, CatalogueError) else ""
                console.print_line(f"Waiting until this is corrected{place} …", err=True)
        else:
            if printed:
                console.print_line("Corrected; the preview shows it.", "good", err=True)
            printed = ""


def _moment(text: str | None) -> datetime | None:
    """The time of ``--as-of``, in this machine's time zone if it names none. Raises UsageError."""
    if text is None:
        return None
    moment = session.parse_moment(text, "--as-of", "2021-02-12T18:00")
    try:
        return moment.astimezone()
    except (OSError, OverflowError) as error:
        # Some systems support fewer years for their time zone.
        raise UsageError(
            f"--as-of {text}: this machine cannot determine its time zone for this date; add +00:00"
        ) from error
