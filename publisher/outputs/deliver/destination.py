"""What every kind of destination can do, and the values that it works with.

Paths are relative to the destination's root and to public/, with forward slashes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from publisher.errors import PublisherError

PART_PREFIX = ".publisher-part-"
"""Prefix of the names under which unfinished uploads are stored: never a path of public/."""


class DeliveryError(PublisherError):
    """The destination refused or failed; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file at the destination: its size (bytes) and its version.

    The version changes with the content: an ETag, or a time of modification. Empty if unknown.
    """

    size: int
    version: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be sent. `content` is used instead of the file if it is not None."""

    path: str
    file: Path
    size: int
    digest: str
    content: bytes | None = None

    def read(self) -> bytes:
        """The bytes to send. Raises OSError."""
        return self.file.read_bytes() if self.content is None else self.content


Sent = Callable[[Upload, RemoteFile], None]
"""Called after each file that has arrived completely, from any thread."""
Report = Callable[[int], None]
"""Called with the number of further bytes sent, from any thread."""
Problems = dict[str, str]
"""The files that could not be sent or removed: the reason by path."""


class Destination(Protocol):
    """A place that serves files. Every method raises DeliveryError if the place cannot be reached."""

    name: str
    """The address, for messages; without a password."""

    def list_files(self) -> Mapping[str, RemoteFile]:
        """Every file at the destination by path, except unfinished uploads."""

    def read(self, path: str) -> bytes | None:
        """The content of a file, decoded; None if it does not exist."""

    def send(self, uploads: Sequence[Upload], sent: Sent, report: Report) -> Problems:
        """Sends files, several at a time. Each appears completely or not at all, and replaces the old one.

        Continues an upload that was interrupted, if the destination can. The failure of one file does
        not stop the others.
        """

    def remove(self, paths: Iterable[str]) -> Problems:
        """Removes files; a file that does not exist counts as removed."""

    def remedy(self, kind: str) -> str:
        """What corrects a finding of `kind` at this destination; empty if its web server has to do it.

        `kind` is a key of `remedies.REMEDIES`. Changes nothing and raises nothing.
        """

    def stop(self) -> None:
        """Stops all transfers at once; `send` then raises."""

    def close(self) -> None:
        """Ends the connection."""


def send_each(
    destination: Destination, uploads: Sequence[Upload], threads: int, send_one: Callable[[Upload], None]
) -> Problems:
    """Calls `send_one` for every file, in several threads; returns the reasons of those that failed.

    An interruption, such as Ctrl-C, stops all transfers and is raised at once.
    """
    problems: Problems = {}

    def attempt(upload: Upload) -> None:
        try:
            send_one(upload)
        except DeliveryError as error:
            problems[upload.path] = str(error)
        except OSError as error:
            problems[upload.path] = error.strerror or str(error)

    pool = ThreadPoolExecutor(threads, "delivery")
    try:
        list(pool.map(attempt, uploads))
    except BaseException:
        destination.stop()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return problems
