"""``publisher preview``: shows the series as it is about to be, and again whenever it changes.

Nothing is written: pages and feed are rendered when they are asked for, media come from
public/. What an embargo hides can be looked at without a file of it being made.
"""

from __future__ import annotations

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

LOOK_EVERY = 0.5
"""Seconds between two looks at the files a producer edits."""
MEDIA = "media/"


@click.command("preview")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free one."
)
@click.option(
    "--as-of", metavar="DATE", help="Show what will be seen at this time, such as 2021-02-12T18:00."
)
@options.common
def command(port: int, as_of: str | None, directory: Path | None, as_json: bool) -> int:
    """Serve the series on this machine, rebuilding pages on change."""
    root = session.find_root(directory)
    shown = PreviewState(root, _moment(as_of))
    shown.look()
    try:
        server = Server(port, urlsplit(shown.link).path or "/", shown.find, shown.version)
    except OSError as error:
        raise UsageError(f"port {port} cannot be used ({error.strerror}); try --port 0") from error
    ended = threading.Event()
    watching = threading.Thread(target=_watch, args=(shown, ended), daemon=True)
    with server:
        watching.start()
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
    """Where public/media/ really lies: it may be a link that was accepted."""


class PreviewState:
    """What the preview shows, from the last state of the folder that could be read."""

    def __init__(self, root: Path, moment: datetime | None) -> None:
        self._root = root
        self._moment = moment
        self._state = _State("/", {}, "", root)

    @property
    def link(self) -> str:
        return self._state.link

    def version(self) -> str:
        """Changes whenever something else is to be seen."""
        return self._state.version

    def look(self) -> None:
        """Reads the folder anew. Raises PublisherError; then what was shown stays."""
        opened = session.open_series(self._root, moment=self._moment)
        state = opened.state
        documents = {
            document.path: document
            for renderer in opened.renderers
            for document in renderer.documents(_publication(state, renderer))
        }
        version = "".join(sorted(document.key for document in documents.values()))
        media = (opened.context.public / MEDIA).resolve()
        self._state = _State(state.series.link, documents, version, media)

    def find(self, path: str) -> Content | None:
        """The content at a path below the series' link."""
        document = self._state.documents.get(path)
        if document is not None:
            return document.render()
        return _file_in(self._state.media, path.removeprefix(MEDIA)) if path.startswith(MEDIA) else None


def _file_in(folder: Path, path: str) -> Path | None:
    """The file at a path below a folder; None where there is none, or where a link leads out of it."""
    try:
        file = (folder / path).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        # Not there, a name too long, links in a circle, a NUL: no file of ours has such a path.
        return None
    return file if file.is_relative_to(folder) and file.is_file() else None


def _publication(state: ReleaseState, renderer: Renderer) -> Publication:
    """What a renderer may show; talks whose audio is still to be made are in it."""
    places = places_of(renderer.name)
    return ledger.publication(state.series, state.ledger, state.now, places, with_unmade=True)


def _watch(shown: PreviewState, ended: threading.Event) -> None:
    said = ""
    while not ended.wait(LOOK_EVERY):
        try:
            shown.look()
        except (PublisherError, OSError) as error:
            # The file is being edited; what was shown stays until it can be read again.
            if str(error) != said:
                said = str(error)
                console.print_line(said, "bad", err=True)
                hint = "in the catalogue" if isinstance(error, CatalogueError) else ""
                console.print_line(f"Waiting for this to be mended {hint}…", err=True)
        else:
            if said:
                console.print_line("Mended; the preview shows it.", "good", err=True)
            said = ""


def _moment(text: str | None) -> datetime | None:
    """The moment of ``--as-of``, on this machine's clock where it names no time zone. Raises UsageError."""
    if text is None:
        return None
    moment = session.parse_moment(text, "--as-of", "2021-02-12T18:00")
    try:
        return moment.astimezone()
    except (OSError, OverflowError) as error:
        # Some systems know their time zone for fewer years.
        raise UsageError(
            f"--as-of {text}: this machine does not know its time zone then; add +00:00"
        ) from error
