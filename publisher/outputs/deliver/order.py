"""The order of a delivery: which files are sent and removed, in which phases. Pure.

At each moment the feed at the destination names only files that are there: media and images are sent
first, then transcripts and chapters, then pages, then the archive of the feed, then the feed. A file
that nothing names any more is removed last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from publisher import site_paths
from publisher.outputs.deliver.destination import RemoteFile

PHASES = ("media", "images", "transcripts", "assets", "pages", "archive", "feed")
"""The phases in which files are sent."""

BEFORE_PROOF = PHASES[:5]
"""The phases before the public addresses are checked; the feed's phases follow."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file under public/: its size (bytes) and the digest of its content."""

    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """A file as it was delivered: what was sent, and what the destination showed afterwards."""

    size: int
    digest: str
    remote: RemoteFile


@dataclass(frozen=True, slots=True)
class Transfers:
    """The paths to send, by phase, and those to remove at the end."""

    sent: Mapping[str, tuple[str, ...]]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return any(self.sent.values()) or bool(self.removed)

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths to send, in their order."""
        return tuple(path for phase in PHASES for path in self.sent[phase])


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """What a plan needs to know about the destination `name`.

    `listing` are the files that are there; without a connection those of the last delivery, and
    `trouble` says why. `is_proved` is whether all were seen at their public addresses, `unannounced` the
    addresses of the hub and the server that do not know of the delivered feed yet.
    """

    name: str
    local: Mapping[str, LocalFile]
    delivered: Mapping[str, DeliveredFile]
    listing: Mapping[str, RemoteFile]
    trouble: str = ""
    is_proved: bool = True
    unannounced: tuple[str, ...] = ()

    def transfers(self) -> Transfers:
        return plan_transfers(self.local, self.delivered, self.listing)


def phase_of(path: str) -> str:
    """The phase in which a file is sent."""
    if path == site_paths.FEED:
        return "feed"
    if site_paths.is_feed_archive(path):
        return "archive"
    if path.startswith(site_paths.MEDIA):
        return "media"
    if path.endswith((".jpg", ".png")):
        return "images"
    if path.endswith((".vtt", ".srt")) or (
        path.startswith("episodes/") and path.endswith(".json") and not path.endswith("/oembed.json")
    ):
        return "transcripts"
    return "assets" if path.startswith("assets/") else "pages"


def plan_transfers(
    local: Mapping[str, LocalFile],
    delivered: Mapping[str, DeliveredFile],
    listing: Mapping[str, RemoteFile],
) -> Transfers:
    """The transfers after which the destination equals `local`.

    `delivered` is the record of earlier deliveries, `listing` the files that are there now: a file that
    was lost or changed there is sent again. A file there that publisher did not make is kept.
    """
    stale = sorted(path for path in local if not _is_current(path, local[path], delivered, listing))
    sent = {phase: tuple(path for path in stale if phase_of(path) == phase) for phase in PHASES}
    gone = (path for path in listing if path not in local)
    removed = tuple(sorted(path for path in gone if path in delivered or site_paths.is_managed_file(path)))
    return Transfers(sent, removed)


def _is_current(
    path: str,
    file: LocalFile,
    delivered: Mapping[str, DeliveredFile],
    listing: Mapping[str, RemoteFile],
) -> bool:
    there, known = listing.get(path), delivered.get(path)
    if there is None:
        return False
    if known is None:
        # The name of a media file contains the digest of its content.
        return path.startswith(site_paths.MEDIA) and there.size == file.size
    return known.digest == file.digest and known.remote == there
