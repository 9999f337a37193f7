"""Loads and saves the receipts of all episodes. A damaged file is reported and never replaced silently."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import date
from functools import partial
from pathlib import Path

from publisher import files, symlinks
from publisher.errors import ReceiptError, UsageError
from publisher.ledger import json_source, validation
from publisher.ledger.records import LONG_AGO, EpisodeRecord, FormerSlug, Ledger, WithdrawalLock
from publisher.model import PLACES, Receipt, ReplacedFile, YouTubeFacts

logger = logging.getLogger(__name__)

FILE = "released.json"
WITHDRAWALS = "private/withdrawn"
"""The folder of the text files in which each withdrawal and restoration is confirmed."""


def load(root: Path) -> Ledger:
    """All receipts below ``episodes/``. Raises ReceiptError with file and line."""
    ledger = load_readable(root)
    if ledger.damaged:
        raise ReceiptError("\n".join(ledger.damaged.values()))
    return ledger


def load_readable(root: Path) -> Ledger:
    """All readable receipts; `damaged` has the errors of the others. Raises nothing."""
    records: dict[str, EpisodeRecord] = {}
    damaged: dict[str, str] = {}
    displaced: dict[str, str] = {}
    is_plain = not symlinks.is_link(root / "episodes")
    for path in _find(root / "episodes"):
        slug = path.parent.name
        try:
            if not is_plain or symlinks.is_link(path.parent):
                symlinks.require_no_link(root, f"episodes/{slug}")
            records[slug] = json_source.load(path, partial(validation.parse_record, slug))
        except UsageError as error:
            records[slug], damaged[slug] = EpisodeRecord(slug), str(error)
        except ReceiptError as error:
            records[slug], damaged[slug] = _salvage(slug, path), str(error)
            if owner := _other_owner(slug, path):
                displaced[slug] = owner
    for record in _displaced_records(root, displaced):
        records[record.slug] = record
        del records[record.folder]
    for slug, lock in _forgotten_locks(root, records):
        logger.info("%s: locked: %s, but its receipt has no lock", slug, lock.reason)
        records[slug] = replace(records.get(slug) or EpisodeRecord(slug), withdrawn=lock)
    readable = [record for slug, record in records.items() if slug not in damaged]
    for slug, wrong in validation.find_shared_guids(readable).items():
        damaged[slug] = str(json_source.invalid(root / "episodes" / slug / FILE, wrong))
    for slug in damaged:
        logger.info("%s: its receipt is damaged and not used", slug)
    path = root / "episodes" / FILE
    try:
        feed = json_source.load(path, validation.parse_feed) if os.path.lexists(path) else Ledger()
        return replace(feed, records=records, damaged=damaged, displaced=displaced)
    except ReceiptError as error:
        logger.info("the feed's receipt is damaged and not used")
        damaged[""] = str(error)
        return Ledger(records, damaged=damaged, displaced=displaced)


def _displaced_records(root: Path, displaced: Mapping[str, str]) -> Iterator[EpisodeRecord]:
    """The records whose folder somebody renamed: the only receipts of their slug are in another folder."""
    for folder, owner in displaced.items():
        is_only = list(displaced.values()).count(owner) == 1
        if is_only and not os.path.lexists(root / "episodes" / owner / FILE):
            with contextlib.suppress(ReceiptError):
                path = root / "episodes" / folder / FILE
                record = json_source.load(path, partial(validation.parse_record, owner))
                logger.info("%s: its receipts are in episodes/%s", owner, folder)
                yield replace(record, folder=folder)


def _forgotten_locks(
    root: Path, records: Mapping[str, EpisodeRecord]
) -> Iterator[tuple[str, WithdrawalLock]]:
    """The locks of withdrawn episodes whose released.json no longer contains the lock.

    Each withdrawal and each restoration writes a text file; the newest of an episode counts.
    """
    newest: dict[str, tuple[str, Path]] = {}
    folder = root / WITHDRAWALS
    for path in sorted(folder.glob("*.txt")) if folder.is_dir() else ():
        if found := re.fullmatch(r"(.+)-(\d{4}-\d\d-\d\dT\d{6})", path.stem):
            newest[found[1]] = max(newest.get(found[1], ("", path)), (found[2], path))
    for slug, (stamp, path) in newest.items():
        record = records.get(slug)
        place = (record and record.folder) or slug
        if (record is None or record.withdrawn is None) and (root / "episodes" / place).is_dir():
            with contextlib.suppress(OSError, ValueError):
                text = files.read_bytes(path)[: json_source.MAX_SIZE].decode("utf-8", "replace")
                if text.startswith(f'Withdrawal of "{slug}"'):
                    yield (
                        slug,
                        WithdrawalLock(date.fromisoformat(stamp[:10]), f"receipt {path.name}", _places(text)),
                    )


def _places(text: str) -> tuple[str, ...]:
    """The places in the text file of a withdrawal; all places if it names none."""
    found = re.search(r" locked for ([a-z, ]+):", text)
    named = found[1].split(", ") if found else ()
    return tuple(place for place in PLACES if place in named) or PLACES


def _salvage(slug: str, path: Path) -> EpisodeRecord:
    """The guid and the video id of a damaged receipt, if they can be found: a withdrawal needs them."""
    # The receipts may be of another episode, whose video must not be hidden.
    text = "" if _other_owner(slug, path) else _readable_text(path)
    guid = re.search(r'"guid":\s*"([^"\\\x00-\x1f]{1,200})"', text)
    video = re.search(r'"id":\s*"([A-Za-z0-9_-]{11})"', text)
    # `lost`: YouTube is asked whether there is a video.
    facts = YouTubeFacts(id=video[1]) if video else YouTubeFacts(lost=True)
    receipts = {"youtube": Receipt("youtube", {}, facts, open=True)}
    return EpisodeRecord(slug, guid[1] if guid else None, receipts=receipts)


def _other_owner(slug: str, path: Path) -> str:
    """The slug of the episode that the receipts in the folder of `slug` belong to; "" if it is the same."""
    owner = re.search(r'"slug":\s*"([a-z0-9-]{1,200})"', _readable_text(path))
    return owner[1] if owner is not None and owner[1] != slug else ""


def _readable_text(path: Path) -> str:
    try:
        content = path.read_bytes()[: json_source.MAX_SIZE] if json_source.is_file(path) else b""
    except OSError:
        content = b""
    return content.decode("utf-8", "replace")


def _find(folder: Path) -> list[Path]:
    """The receipts of all episodes. A broken link counts too: it must not be treated as a missing file."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        slugs = sorted(entry.name for entry in entries if os.path.lexists(f"{entry.path}/{FILE}"))
    return [folder / slug / FILE for slug in slugs]


def save_record(root: Path, record: EpisodeRecord) -> None:
    """Writes the receipts of one episode atomically. Raises UsageError if its folder is a link."""
    folder = record.folder or record.slug
    symlinks.require_no_link(root, f"episodes/{folder}")
    lock = record.withdrawn
    document: dict[str, object] = {
        "schema": json_source.SCHEMA,
        # Without a guid the slug is omitted: such an episode is renamed by renaming its folder.
        "slug": None if record.guid is None else record.slug,
        "guid": record.guid,
        "published": record.published and record.published.isoformat(),
        "receipts": {name: _receipt_document(record.receipts[name]) for name in sorted(record.receipts)},
        "replaced": [_replaced_document(old) for old in record.replaced],
        "former": list(map(_former_document, record.former)),
        "withdrawn": lock and asdict(lock) | {"day": lock.day.isoformat()},
        "recording": record.recording,
    }
    required = ("schema", "guid", "receipts")
    stored = {key: value for key, value in document.items() if value or key in required}
    files.write_if_changed(root / "episodes" / folder / FILE, _json(stored))


def set_aside(root: Path, slug: str) -> Path:
    """Renames a damaged receipt, so that a new one can be written; returns the new path."""
    symlinks.require_no_link(root, f"episodes/{slug}")
    path = root / "episodes" / slug / FILE
    names = (path.with_name(f"released.damaged{number}.json") for number in ("", *range(2, 1000)))
    free = next(name for name in names if not name.exists())
    path.rename(free)
    logger.info("%s: its damaged receipt was renamed to %s", slug, free.name)
    return free


def save_feed(root: Path, ledger: Ledger) -> None:
    """Writes the identity of the feed."""
    document: dict[str, object] = {
        "schema": json_source.SCHEMA,
        "guid": ledger.feed_guid,
        "address": ledger.feed_address,
    }
    if ledger.former_addresses:
        document["former"] = list(ledger.former_addresses)
    if ledger.topics is not None:
        document["topics"] = {name: list(ids) for name, ids in sorted(ledger.topics.items())}
    files.write_if_changed(root / "episodes" / FILE, _json(document))


def _receipt_document(receipt: Receipt) -> dict[str, object]:
    document: dict[str, object] = {"inputs": dict(receipt.inputs), "facts": receipt.facts.to_json()}
    return document | ({"open": True} if receipt.open else {})


def _replaced_document(old: ReplacedFile) -> dict[str, object]:
    document: dict[str, object] = {"path": old.path, "at": old.at.isoformat()}
    return document | ({"because": list(old.because)} if old.because else {})


def _former_document(former: FormerSlug) -> object:
    if former == FormerSlug(former.slug, LONG_AGO):
        return former.slug
    document: dict[str, object] = {"slug": former.slug}
    document |= {"at": former.at.isoformat()} if former.at else {}
    return document | ({} if former.redirects else {"redirect": False})


def _json(document: Mapping[str, object]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
