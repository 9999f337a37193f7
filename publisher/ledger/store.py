"""Loads and saves the receipts of all talks. A damaged file is reported and never replaced silently."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from publisher import files, links
from publisher.errors import ReceiptError, UsageError
from publisher.ledger import json_source, validation
from publisher.ledger.records import EpisodeRecord, Ledger, WithdrawalLock
from publisher.model import PLACES, Receipt, ReplacedFile, YouTubeFacts

FILE = "released.json"
WITHDRAWALS = "private/withdrawn"
"""Where each withdrawal by command leaves its receipt for the producer."""


def load(root: Path) -> Ledger:
    """Every receipt below ``episodes/``. Raises ReceiptError naming file and line."""
    ledger = load_readable(root)
    if ledger.damaged:
        raise ReceiptError("\n".join(ledger.damaged.values()))
    return ledger


def load_readable(root: Path) -> Ledger:
    """Every receipt that can be read, and in `damaged` what is wrong with the others. Raises nothing."""
    talks: dict[str, EpisodeRecord] = {}
    damaged: dict[str, str] = {}
    for path in _find(root / "episodes"):
        slug = path.parent.name
        try:
            links.require_no_link(root, f"episodes/{slug}")
            talks[slug] = json_source.load(path, partial(validation.parse_talk, slug))
        except UsageError as error:
            talks[slug], damaged[slug] = EpisodeRecord(slug), str(error)
        except ReceiptError as error:
            talks[slug], damaged[slug] = _salvaged(slug, path), str(error)
    for slug, lock in _forgotten_locks(root, talks):
        talks[slug] = replace(talks.get(slug) or EpisodeRecord(slug), withdrawn=lock)
    readable = [talk for slug, talk in talks.items() if slug not in damaged]
    for slug, wrong in validation.find_shared_guids(readable).items():
        damaged[slug] = str(json_source.invalid(root / "episodes" / slug / FILE, wrong))
    path = root / "episodes" / FILE
    try:
        feed = json_source.load(path, validation.parse_feed) if os.path.lexists(path) else Ledger()
        return replace(feed, talks=talks, damaged=damaged)
    except ReceiptError as error:
        return Ledger(talks, damaged={**damaged, "": str(error)})


def _forgotten_locks(root: Path, talks: Mapping[str, EpisodeRecord]) -> Iterator[tuple[str, WithdrawalLock]]:
    """The locks of talks that were withdrawn by command and of which no released.json says so any more.

    Each withdrawal and each restoration leaves a receipt of its own; the newest of a talk counts.
    """
    newest: dict[str, tuple[str, Path]] = {}
    folder = root / WITHDRAWALS
    for path in sorted(folder.glob("*.txt")) if folder.is_dir() else ():
        if found := re.fullmatch(r"(.+)-(\d{4}-\d\d-\d\dT\d{6})", path.stem):
            newest[found[1]] = max(newest.get(found[1], ("", path)), (found[2], path))
    for slug, (stamp, path) in newest.items():
        talk = talks.get(slug)
        if (talk is None or talk.withdrawn is None) and (root / "episodes" / slug).is_dir():
            with contextlib.suppress(OSError, ValueError):
                text = files.read_bytes(path)[: json_source.MAX_SIZE].decode("utf-8", "replace")
                if text.startswith(f'Withdrawal of "{slug}"'):
                    yield (
                        slug,
                        WithdrawalLock(date.fromisoformat(stamp[:10]), f"receipt {path.name}", _places(text)),
                    )


def _places(text: str) -> tuple[str, ...]:
    """The places that the receipt of a withdrawal names; all of them where it names none."""
    found = re.search(r" locked for ([a-z, ]+):", text)
    named = found[1].split(", ") if found else ()
    return tuple(place for place in PLACES if place in named) or PLACES


def _salvaged(slug: str, path: Path) -> EpisodeRecord:
    """What a withdrawal needs of a damaged receipt: the guid and the video, as far as they can be seen."""
    try:
        content = path.read_bytes()[: json_source.MAX_SIZE] if json_source.is_file(path) else b""
    except OSError:
        content = b""
    text = content.decode("utf-8", "replace")
    owner = re.search(r'"slug":\s*"([a-z0-9-]{1,200})"', text)
    if owner is not None and owner[1] != slug:
        # The receipt of another talk: its video is not this one's.
        text = ""
    guid = re.search(r'"guid":\s*"([^"\\\x00-\x1f]{1,200})"', text)
    video = re.search(r'"id":\s*"([A-Za-z0-9_-]{11})"', text)
    # Whether it has a video, and which, can be asked on YouTube where the receipt does not tell.
    facts = YouTubeFacts(id=video[1]) if video else YouTubeFacts(lost=True)
    receipts = {"youtube": Receipt("youtube", {}, facts, open=True)}
    return EpisodeRecord(slug, guid[1] if guid else None, receipts=receipts)


def _find(folder: Path) -> list[Path]:
    """The receipts of all talks, also those that are links to nowhere: none is taken for missing."""
    if not folder.is_dir():
        return []
    return sorted(path for one in folder.iterdir() if os.path.lexists(path := one / FILE))


def save_talk(root: Path, talk: EpisodeRecord) -> None:
    """Writes the receipts of one talk, whole or not at all; raises UsageError where its folder is a link."""
    links.require_no_link(root, f"episodes/{talk.slug}")
    document: dict[str, object] = {"schema": json_source.SCHEMA, "guid": talk.guid}
    if talk.guid is not None:
        # A talk without an identity can be renamed without its receipts naming both slugs.
        document = {"schema": json_source.SCHEMA, "slug": talk.slug, "guid": talk.guid}
    if talk.published is not None:
        document["published"] = talk.published.isoformat()
    document["receipts"] = {name: _receipt_document(talk.receipts[name]) for name in sorted(talk.receipts)}
    if talk.replaced:
        document["replaced"] = [_replaced_document(old) for old in talk.replaced]
    if talk.previous_slugs:
        document["former"] = list(talk.previous_slugs)
    if talk.withdrawn is not None:
        lock = talk.withdrawn
        document["withdrawn"] = {
            "day": lock.day.isoformat(),
            "reason": lock.reason,
            "places": list(lock.places),
        }
    files.write_if_changed(root / "episodes" / talk.slug / FILE, _json(document))


def set_aside(root: Path, slug: str) -> Path:
    """Renames a damaged receipt, so that another can be written and nothing is lost; its new place."""
    links.require_no_link(root, f"episodes/{slug}")
    path = root / "episodes" / slug / FILE
    names = (path.with_name(f"released.damaged{number}.json") for number in ("", *range(2, 1000)))
    place = next(name for name in names if not name.exists())
    path.rename(place)
    return place


def save_feed(root: Path, ledger: Ledger) -> None:
    """Writes the identity of the feed itself."""
    document: dict[str, object] = {
        "schema": json_source.SCHEMA,
        "guid": ledger.feed_guid,
        "address": ledger.feed_address,
    }
    if ledger.former_addresses:
        document["former"] = list(ledger.former_addresses)
    files.write_if_changed(root / "episodes" / FILE, _json(document))


def _receipt_document(receipt: Receipt) -> dict[str, object]:
    document: dict[str, object] = {"inputs": dict(receipt.inputs), "facts": receipt.facts.to_json()}
    return document | ({"open": True} if receipt.open else {})


def _replaced_document(old: ReplacedFile) -> dict[str, object]:
    document: dict[str, object] = {"path": old.path, "at": old.at.isoformat()}
    return document | ({"because": list(old.because)} if old.because else {})


def _json(document: Mapping[str, object]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
