"""Conditions that hold at every moment, of the published feed and of the receipts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

LINK = "https://talks.example.org/"


def violated(root: Path) -> str:
    """The first violated condition, or ""."""
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
        size = path.stat().st_size if path.is_file() else -1
        if size < 0 or (length is not None and size != length):
            return f"{name} has {size} bytes, the feed declares {length}"
    return ""


def _referenced_files(channel: ElementTree.Element) -> Iterator[tuple[str, int | None]]:
    """The files that a feed references: each path below public/, and the declared length or None."""
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


def differing_names(found: Mapping[str, object], expected: Mapping[str, object]) -> list[str]:
    """The sorted names in two outcomes whose values differ or are missing in one."""
    common = found.keys() & expected.keys()
    return sorted(
        (found.keys() ^ expected.keys()) | {name for name in common if found[name] != expected[name]}
    )


def outcome(root: Path) -> dict[str, bytes]:
    """The content of every published file and receipt, by path below the series folder."""
    paths = [path for path in (root / "public").rglob("*") if path.is_file()]
    paths += root.glob("episodes/**/released.json")
    paths += root.glob("channel/*")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(paths)}
