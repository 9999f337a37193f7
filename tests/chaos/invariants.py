"""What has to hold at every moment, whatever happens: of the feed in place, and of the receipts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

LINK = "https://talks.example.org/"


def violated(root: Path) -> str:
    """What does not hold, or ""."""
    return _feed_violation(root / "public") or _receipt_violation(root)


def _feed_violation(public: Path) -> str:
    feed = public / "feed.xml"
    if not feed.exists():
        return ""
    try:
        channel = ElementTree.fromstring(feed.read_bytes())
    except ElementTree.ParseError as error:
        return f"feed.xml: {error}"
    for name, length in _referenced_files(channel):
        path = public / name
        path = path / "index.html" if name == "" or name.endswith("/") else path
        found = path.stat().st_size if path.is_file() else -1
        if found < 0 or (length is not None and found != length):
            return f"{name} has {found} bytes, the feed says {length}"
    return ""


def _referenced_files(channel: ElementTree.Element) -> Iterator[tuple[str, int | None]]:
    """Every file that a feed names: its place under public/, and its length where that is said."""
    for element in channel.iter():
        urls = [element.get(name) for name in ("url", "href", "uri", "img")]
        if element.tag.endswith("link") and element.text:
            urls.append(element.text.strip())
        for url in urls:
            if url is not None and url.startswith(LINK):
                length = element.get("length")
                yield url.removeprefix(LINK).split("#")[0], int(length) if length else None


def _receipt_violation(root: Path) -> str:
    for receipt in (*root.glob("episodes/*/released.json"), *root.glob("episodes/released.json")):
        try:
            json.loads(receipt.read_bytes())
        except ValueError as error:
            return f"{receipt.parent.name}/released.json: {error}"
    return ""


def outcome(root: Path) -> dict[str, bytes]:
    """Everything that has to be the same in the end: what is published, and the receipts."""
    found = [path for path in (root / "public").rglob("*") if path.is_file()]
    found += root.glob("episodes/**/released.json")
    found += root.glob("channel/*")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(found)}
