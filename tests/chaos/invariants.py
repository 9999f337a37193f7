"""Conditions that hold at every moment, of the published feed and of the receipts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

LINK = "https://talks.example.org/"
WITHDRAWN, REPLACED = b"episodes/third-talk/", b"media/second-talk."
"""What names the talk that a later release withdraws, and the sound that it replaces at once."""


def violated(root: Path) -> str:
    """The first violated condition, or ""."""
    return _feed_violation(root / "public", _removable(root)) or _receipt_violation(root)


def expect_removals(root: Path) -> None:
    """Records, beside the series, the pages that name the withdrawn talk or the replaced sound.

    If such a page cannot be written on a failing disk, it is removed: neither must be named. The feed
    then links to a missing page, and its enclosures can still be played.
    """
    public = root / "public"
    names = {
        path.relative_to(public).as_posix().removesuffix("index.html")
        for path in public.rglob("index.html")
        if (content := path.read_bytes()) and (WITHDRAWN in content or REPLACED in content)
    }
    (root.parent / "removable").write_text(json.dumps(sorted(names | _removable(root))), encoding="utf-8")


def _removable(root: Path) -> set[str]:
    try:
        return set(json.loads((root.parent / "removable").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return set()


def _feed_violation(public: Path, removable: set[str]) -> str:
    feed = public / "feed.xml"
    if not feed.exists():
        return ""
    try:
        channel = ElementTree.fromstring(feed.read_bytes())
    except ElementTree.ParseError as error:
        return f"feed.xml: {error}"
    for name, length in referenced_files(channel):
        path = public / name
        path = path / "index.html" if name == "" or name.endswith("/") else path
        size = path.stat().st_size if path.is_file() else -1
        if size < 0 and name in removable:
            continue
        if size <= 0 or (length is not None and size != length):
            return f"{name} has {size} bytes, the feed declares {length or 'some'}"
    return ""


def referenced_files(channel: ElementTree.Element, link: str = LINK) -> Iterator[tuple[str, int | None]]:
    """The files that a feed references: each path below public/, and the declared length or None."""
    for element in channel.iter():
        urls = [element.get(name) for name in ("url", "href", "uri", "img")]
        if element.tag.endswith("link") and element.text:
            urls.append(element.text.strip())
        for url in urls:
            if url is not None and url.startswith(link):
                length = element.get("length")
                yield url.removeprefix(link).split("#")[0], int(length) if length else None


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
