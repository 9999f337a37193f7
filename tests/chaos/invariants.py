"""What has to hold at every moment, whatever happens: of the feed in place, and of the receipts."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

LINK = "https://talks.example.org/"


def broken(root: Path) -> str:
    """What does not hold, or ""."""
    feed = root / "public" / "feed.xml"
    if feed.exists():
        try:
            channel = ElementTree.fromstring(feed.read_bytes())
        except ElementTree.ParseError as error:
            return f"feed.xml: {error}"
        for enclosure in channel.iter("enclosure"):
            path = root / "public" / enclosure.attrib["url"].removeprefix(LINK)
            length = path.stat().st_size if path.exists() else -1
            if length != int(enclosure.attrib["length"]):
                return f"{path.name} has {length} bytes, the feed says {enclosure.attrib['length']}"
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
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(found)}
