"""What subscribers would notice of a release: the feed as it would be, against the one that stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher import addresses, decide, files
from publisher.cli.session import Session, foreseen
from publisher.errors import PublisherError

if TYPE_CHECKING:
    from publisher.outputs.feed.diff import FeedChange

Pair = tuple[bytes | None, bytes | None]
"""A document as it stands and as it would be."""


def feed_changes(opened: Session) -> tuple[FeedChange, ...]:
    """What would differ in the feed and its archive, item by item; nothing where they cannot be compared."""
    from publisher.outputs.feed.diff import compare

    try:
        pairs, same = _feed_documents(opened)
        found = compare(pairs)
        # What seems to come or go may stand in a page of the archive that stays as it is.
        moved = [change.guid.encode() for change in found if change.guid and change.action != "change"]
        if kept := [xml for xml in same if any(guid in xml for guid in moved)]:
            found = compare([*pairs, *((xml, xml) for xml in kept)])
        return found if pairs[0][0] else tuple(change for change in found if change.guid)
    except (PublisherError, SyntaxError):
        # A feed that cannot be compared is told of by `check` and by the release itself.
        return ()


def _feed_documents(opened: Session) -> tuple[list[Pair], list[bytes]]:
    """The feed and the pages of its archive that change, and those that stay as they are."""
    from publisher.outputs.feed import FeedRenderer

    *archive, feed = FeedRenderer(opened.bench).documents(foreseen(opened, FeedRenderer.name))
    stale = decide.differences(archive, opened.gathered.rendered, opened.gathered.public).documents
    paths = {document.path for document in archive}
    gone = [path for path in opened.gathered.public if addresses.is_feed_archive(path) and path not in paths]
    pairs: list[Pair] = [(_standing(opened, each.path), each.render()) for each in (feed, *stale)]
    pairs += [(_standing(opened, path), None) for path in gone]
    same = [_standing(opened, path) for path in paths.difference(each.path for each in stale)]
    return pairs, [xml for xml in same if xml]


def _standing(opened: Session, path: str) -> bytes | None:
    place = opened.bench.public / path
    return files.read_bytes(place) if place.exists() else None
