"""Reads and writes receipts. A damaged file is reported with its line and never replaced silently."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from publisher import files, links
from publisher.errors import ReceiptError, UsageError
from publisher.ledger import json_source, validation
from publisher.ledger.checks import InvalidValue
from publisher.ledger.receipts import Ledger, Lock, Talk, enclosures, video
from publisher.model import PLACES, Receipt, Replaced

SCHEMA = 1
LARGEST = 8 * 1024 * 1024
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
    talks: dict[str, Talk] = {}
    damaged: dict[str, str] = {}
    for path in _find(root / "episodes"):
        slug = path.parent.name
        try:
            links.require_no_link(root, f"episodes/{slug}")
            talks[slug] = _talk(slug, _read(path), path)
        except UsageError as error:
            talks[slug], damaged[slug] = Talk(slug), str(error)
        except ReceiptError as error:
            talks[slug], damaged[slug] = _salvaged(slug, path), str(error)
    for slug, lock in _forgotten_locks(root, talks):
        talks[slug] = replace(talks.get(slug) or Talk(slug), withdrawn=lock)
    readable = [talk for slug, talk in talks.items() if slug not in damaged]
    for slug, wrong in validation.find_shared_guids(readable).items():
        damaged[slug] = str(_invalid(root / "episodes" / slug / FILE, wrong))
    try:
        return replace(_load_feed(root / "episodes"), talks=talks, damaged=damaged)
    except ReceiptError as error:
        return Ledger(talks, damaged={**damaged, "": str(error)})


def _forgotten_locks(root: Path, talks: Mapping[str, Talk]) -> Iterator[tuple[str, Lock]]:
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
                text = files.read_bytes(path)[:LARGEST].decode("utf-8", "replace")
                if text.startswith(f'Withdrawal of "{slug}"'):
                    yield slug, Lock(date.fromisoformat(stamp[:10]), f"receipt {path.name}", _places(text))


def _places(text: str) -> tuple[str, ...]:
    """The places that the receipt of a withdrawal names; all of them where it names none."""
    found = re.search(r" locked for ([a-z, ]+):", text)
    named = found[1].split(", ") if found else ()
    return tuple(place for place in PLACES if place in named) or PLACES


def _salvaged(slug: str, path: Path) -> Talk:
    """What a withdrawal needs of a damaged receipt: the guid and the video, as far as they can be seen."""
    try:
        text = path.read_bytes()[:LARGEST].decode("utf-8", "replace") if _is_file(path) else ""
    except OSError:
        text = ""
    owner = re.search(r'"slug":\s*"([a-z0-9-]{1,200})"', text)
    if owner is not None and owner[1] != slug:
        # The receipt of another talk: its video is not this one's.
        text = ""
    guid = re.search(r'"guid":\s*"([^"\\\x00-\x1f]{1,200})"', text)
    video = re.search(r'"id":\s*"([A-Za-z0-9_-]{11})"', text)
    # Whether it has a video, and which, can be asked on YouTube where the receipt does not tell.
    facts: dict[str, object] = {"id": video[1]} if video else {"lost": True}
    receipts = {"youtube": Receipt("youtube", {}, facts, open=True)}
    return Talk(slug, guid[1] if guid else None, receipts=receipts)


def _load_feed(folder: Path) -> Ledger:
    feed = _read(folder / FILE) if os.path.lexists(folder / FILE) else {}
    try:
        validation.check_feed(feed)
    except InvalidValue as error:
        raise _invalid(folder / FILE, error) from error
    former = feed.get("former") or ()
    if not isinstance(former, list | tuple):
        raise ReceiptError(f"episodes/{FILE}: former: not a list; restore it from version control")
    try:
        known = _known_text(feed, "guid"), _known_text(feed, "address")
    except ValueError as error:
        text = f"{error}: not a text; restore it from version control"
        raise ReceiptError(f"episodes/{FILE}: {text}") from error
    return Ledger({}, *known, tuple(map(str, former)))


def _find(folder: Path) -> list[Path]:
    """The receipts of all talks, also those that are links to nowhere: none is taken for missing."""
    if not folder.is_dir():
        return []
    return sorted(path for one in folder.iterdir() if os.path.lexists(path := one / FILE))


def save_talk(root: Path, talk: Talk) -> None:
    """Writes the receipts of one talk, whole or not at all; raises UsageError where its folder is a link."""
    links.require_no_link(root, f"episodes/{talk.slug}")
    document: dict[str, object] = {"schema": SCHEMA, "guid": talk.guid}
    if talk.guid is not None:
        # A talk without an identity can be renamed without its receipts naming both slugs.
        document = {"schema": SCHEMA, "slug": talk.slug, "guid": talk.guid}
    if talk.published is not None:
        document["published"] = talk.published.isoformat()
    document["receipts"] = {name: _receipt_document(talk.receipts[name]) for name in sorted(talk.receipts)}
    if talk.replaced:
        document["replaced"] = [_replaced_document(old) for old in talk.replaced]
    if talk.former:
        document["former"] = list(talk.former)
    if talk.withdrawn is not None:
        lock = talk.withdrawn
        document["withdrawn"] = {
            "day": lock.day.isoformat(),
            "reason": lock.reason,
            "places": list(lock.places),
        }
    files.replace_if_different(root / "episodes" / talk.slug / FILE, _json(document))


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
        "schema": SCHEMA,
        "guid": ledger.feed_guid,
        "address": ledger.feed_address,
    }
    if ledger.former_addresses:
        document["former"] = list(ledger.former_addresses)
    files.replace_if_different(root / "episodes" / FILE, _json(document))


def _is_file(path: Path) -> bool:
    return path.is_file() and not links.is_link(path)


def _read(path: Path) -> dict[str, object]:
    advice = "restore it from version control; publisher never replaces a receipt it cannot read"
    if links.is_link(path):
        raise ReceiptError(f"{_shown(path)}: a link, not a file; {advice}")
    if not path.is_file() or path.stat().st_size > LARGEST:
        raise ReceiptError(f"{_shown(path)}: no file, or none of the size of a receipt; {advice}")
    try:
        document = json_source.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReceiptError(f"{_shown(path)}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ReceiptError(f"{_shown(path)}: not UTF-8 text; {advice}") from error
    except json.JSONDecodeError as error:
        raise ReceiptError(f"{_shown(path)}:{error.lineno}: not JSON ({error.msg}); {advice}") from error
    except InvalidValue as error:
        # Not parsed, so all that is known of its place is a word.
        text = f"{error.key}: {error}".removeprefix(": ")
        raise ReceiptError(f"{_shown(path)}{_line_of(path, error.key)}: {text}; {advice}") from error
    except RecursionError as error:
        raise ReceiptError(f"{_shown(path)}: nested too deeply to be a receipt; {advice}") from error
    if not isinstance(document, dict):
        raise ReceiptError(f"{_shown(path)}:1: not a receipt; {advice}")
    if document.get("schema") != SCHEMA or type(document["schema"]) is not int:
        where = f"{_shown(path)}{_line_of(path, 'schema')}"
        raise ReceiptError(
            f"{where}: schema {document.get('schema')!r:.40}, but this publisher reads {SCHEMA}; "
            "use the publisher that wrote it, or a newer one"
        )
    return document


def _talk(slug: str, document: Mapping[str, object], path: Path) -> Talk:
    try:
        validation.check_talk(slug, document)
    except InvalidValue as error:
        raise _invalid(path, error) from error
    try:
        receipts = document.get("receipts") or {}
        replaced, former = document.get("replaced") or [], document.get("former") or []
        if not isinstance(receipts, dict) or not isinstance(replaced, list) or not isinstance(former, list):
            raise ValueError("receipts")
        return Talk(
            slug,
            _known_text(document, "guid"),
            _date(_known_text(document, "published")),
            {name: _receipt(name, values) for name, values in receipts.items()},
            tuple(map(_replaced, replaced)),
            tuple(map(str, former)),
            _lock(document.get("withdrawn")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        where = _line_of(path, str(error.args[0]) if error.args else "")
        text = f"{error}: not what publisher writes there; restore it from version control"
        raise ReceiptError(f"{_shown(path)}{where}: {text}") from error


def _replaced(old: Mapping[str, object]) -> Replaced:
    because = old.get("because") or ()
    if not isinstance(because, list | tuple) or not all(isinstance(name, str) for name in because):
        raise ValueError("because")
    return Replaced(_inside(old["path"]), datetime.fromisoformat(str(old["at"])), tuple(because))


def _replaced_document(old: Replaced) -> dict[str, object]:
    document: dict[str, object] = {"path": old.path, "at": old.at.isoformat()}
    return document | ({"because": list(old.because)} if old.because else {})


def _invalid(path: Path, error: InvalidValue) -> ReceiptError:
    """What is wrong with a value, and on which line of its file."""
    number = json_source.line_of(path.read_text(encoding="utf-8"), error.place)
    what = f"{error.key}: not what publisher writes there: {error}" if error.key else str(error)
    return ReceiptError(f"{_shown(path)}:{number}: {what}; {error.advice}")


def _lock(values: object) -> Lock | None:
    if values is None:
        return None
    # What cannot be understood must not unlock: it is an error, as any damage is.
    if not isinstance(values, dict) or not set(values["places"]) <= set(PLACES) or not values["places"]:
        raise ValueError("withdrawn")
    return Lock(date.fromisoformat(values["day"]), str(values["reason"]), tuple(values["places"]))


def _receipt(name: str, values: Mapping[str, object]) -> Receipt:
    if not isinstance(values, dict):
        raise ValueError(name)
    inputs, facts = values["inputs"], values.get("facts") or {}
    if not isinstance(inputs, dict) or not isinstance(facts, dict):
        raise ValueError(name)
    receipt = Receipt(name, inputs, facts, bool(values.get("open")))
    video(receipt)
    for path in (*(one.path for one in enclosures(receipt)), facts.get("path", "")):
        _inside(path)
    return receipt


def _inside(path: object) -> str:
    """A path that a receipt names, which must not lead out of where made files lie."""
    if not isinstance(path, str) or path.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", path):
        raise ValueError("path")
    return path


def _known_text(document: Mapping[str, object], key: str) -> str | None:
    """A text or nothing; anything else is damage, and must not pass for nothing."""
    value = document.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(key)
    return value


def _receipt_document(receipt: Receipt) -> dict[str, object]:
    document: dict[str, object] = {"inputs": dict(receipt.inputs), "facts": dict(receipt.facts)}
    if receipt.open:
        document["open"] = True
    return document


def _json(document: Mapping[str, object]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _shown(path: Path) -> str:
    """The path from the series folder on."""
    folders = path.parts
    return "/".join(folders[len(folders) - 1 - folders[::-1].index("episodes") :])


def _line_of(path: Path, word: str) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [number for number, line in enumerate(lines, 1) if word and word in line]
    return f":{found[0]}" if found else ":1"


def _date(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
