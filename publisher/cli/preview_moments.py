"""The previews of the studio: everything in the catalogue, and what will be visible at a few moments.

One server shows them all, each moment in a folder of its own: ``as-of/20210212T180000Z/``. Pages link to each
other with relative addresses, so that a visitor stays within a moment.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from publisher.cli.preview_media import MediaQueue
from publisher.cli.preview_state import PreviewState
from publisher.errors import PublisherError
from publisher.gather.series import Session
from publisher.preview_server import Content

FOLDER = "as-of/"
MAX_MOMENTS = 3
"""Moments that are kept up to date; each costs one more read of the series when a file changes."""


class PreviewMoments:
    """The states of the previews, by folder. Safe to use from several threads.

    `server_address` is the URL at which the state of everything is served.
    """

    def __init__(self, root: Path, queue: MediaQueue) -> None:
        self._root = root
        self.queue = queue
        self.server_address = ""
        self._whole = PreviewState(root, None, queue)
        self._moments: dict[str, PreviewState] = {}
        """By folder, the one that was requested last at the end."""
        self._lock = threading.Lock()

    @property
    def link(self) -> str:
        return self._whole.link

    def update(self, opened: Session | None = None) -> None:
        """Reads the series again for every state. Raises PublisherError for that of everything.

        `opened` is the series as it is now, with its errors, if it was read just now.
        """
        with self._lock:
            moments = list(self._moments.values())
        for state in moments:
            with suppress(PublisherError, OSError):
                state.update()
        # Last: the queue of media keeps the steps of the state that was updated last.
        self._whole.update(opened)

    def address(self, moment: datetime) -> str:
        """The URL of the preview as of `moment`. Raises PublisherError if the series cannot be read."""
        folder = f"{FOLDER}{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}/"
        with self._lock:
            state = self._moments.pop(folder, None)
        if state is None:
            state = PreviewState(self._root, moment, self.queue, folder)
            state.update()
            self._whole.update()
        with self._lock:
            self._moments[folder] = state
            for old in list(self._moments)[:-MAX_MOMENTS]:
                del self._moments[old]
        return self.server_address + quote(folder)

    def find(self, path: str) -> Content | None:
        """The content at a path below the series' link; None if there is none."""
        state, inner = self._split(path)
        return state.find(inner) if state is not None else None

    def version(self, page: str = "") -> str:
        """A text that changes whenever something on a page changes; with "" on any page of everything."""
        state, inner = self._split(page)
        return state.version(inner) if state is not None else ""

    def _split(self, path: str) -> tuple[PreviewState | None, str]:
        """The state that has a path, and the path within it."""
        if not path.startswith(FOLDER):
            return self._whole, path
        name, _, inner = path.removeprefix(FOLDER).partition("/")
        with self._lock:
            return self._moments.get(f"{FOLDER}{name}/"), inner
