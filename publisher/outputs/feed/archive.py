"""Assigns talks to feed documents: archived feeds as of RFC 5005, section 4.

feed.xml lists the newest talks; the older ones are in archive pages, filled from the oldest on,
so that neither the items nor the links of a full page change again. A full page links to the next
one, so the next one must exist: it starts one talk early, with a talk that is still in feed.xml.
The position of a withdrawn talk stays empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from publisher import site_paths
from publisher.model import Publication, Release


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """One feed document: its path, its releases (newest first), and its links to other documents.

    `links` maps RFC 5005's link relations to paths.
    """

    path: str
    releases: tuple[Release, ...]
    links: Mapping[str, str]
    is_archive: bool = False


def pages(publication: Publication) -> tuple[ArchivePage, ...]:
    """The feed's documents: feed.xml, then the archive pages from the oldest to the newest."""
    limit = max(1, publication.series.feed_limit)
    positions = _positions(publication)
    talks = [release for release in positions if release is not None]
    newest = talks[-limit:]
    # By identity: comparing thousands of talks field by field costs 20 ms.
    older = list(takewhile(lambda release: release is not newest[0], positions)) if newest else []
    count = len(older) // limit + 1 if any(older) else 0
    paths = [site_paths.feed_archive(number) for number in range(1, count + 1)]
    archive = [_archive_page(paths, number, positions, limit, len(older)) for number in range(count)]
    links = {"self": site_paths.FEED} | ({"prev-archive": paths[-1]} if paths else {})
    return (ArchivePage(site_paths.FEED, tuple(reversed(newest)), links), *archive)


def _positions(publication: Publication) -> list[Release | None]:
    """The talks with audio, oldest first, and None in the position of each withdrawn talk."""
    dated: list[tuple[datetime, str, Release | None]] = [
        (release.published, release.guid, release) for release in publication.releases if release.enclosures
    ]
    dated += [
        (withdrawal.published, withdrawal.guid or "", None)
        for withdrawal in publication.withdrawn
        if withdrawal.published is not None
    ]
    return [release for *_, release in sorted(dated, key=lambda position: position[:2])]


def _archive_page(
    paths: list[str], number: int, positions: list[Release | None], limit: int, older: int
) -> ArchivePage:
    start = number * limit
    end = max(min(start + limit, older), start + 1)
    links = {"self": paths[number], "current": site_paths.FEED}
    if number > 0:
        links["prev-archive"] = paths[number - 1]
    if number + 1 < len(paths):
        links["next-archive"] = paths[number + 1]
    listed = [release for release in positions[start:end] if release is not None]
    return ArchivePage(paths[number], tuple(reversed(listed)), links, is_archive=True)
