"""Finds mentions of an episode in published documents and removes them without rendering.

A withdrawal must not depend on templates, the catalogue or receipts of other episodes. So this edits
the bytes under public/: items of feeds, entries of lists, links, words of the search index. Pure:
functions of contents, without disk access. A document that still contains a mention after the edit
is returned as one to remove.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from publisher import site_paths

if TYPE_CHECKING:
    from lxml import etree

Edits = Mapping[str, bytes | None]
"""New contents by path under public/; None: remove the document."""

TEXT_SUFFIXES = (".html", ".xml", ".json", ".txt", ".webmanifest", ".svg")
"""Suffixes of documents that several episodes share and that can mention an episode."""

MAX_DOCUMENT = 64 << 20
"""Bytes; a larger shared document is removed instead of edited."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """The texts by which shared documents mention episodes or people.

    `folders` are folders below public/ (``episodes/first/``), `files` paths of media files, `guids`
    the identities in feeds, `slugs` the names in the search index. `titles` must not remain in a
    document that was edited.
    """

    folders: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    guids: frozenset[str] = frozenset()
    slugs: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()

    def __or__(self, other: Mentions) -> Mentions:
        names = (field.name for field in fields(self))
        return Mentions(*(getattr(self, name) | getattr(other, name) for name in names))

    def __bool__(self) -> bool:
        return bool(self.folders or self.files or self.guids or self.slugs)

    def occur_in(self, path: str, content: bytes) -> bool:
        """Whether a shared document contains one of them."""
        tokens = (*self.folders, *self.files, *self.guids)
        if any(token.encode("utf-8", "surrogatepass") in content for token in tokens):
            return True
        return SEARCH_TALKS.fullmatch(path) is not None and any(
            json.dumps(slug).encode() in content for slug in self.slugs
        )


def is_shared_text(path: str) -> bool:
    """Whether a path under public/ is a text document that can mention talks."""
    return path.endswith(TEXT_SUFFIXES) and not path.startswith("assets/")


def remove_mentions(documents: Mapping[str, bytes], mentions: Mentions, *, empties: bool = True) -> Edits:
    """The edited shared documents; those without a mention are omitted.

    `documents` contains every shared text document of the places concerned. With `empties` the page of
    a person or topic that lists no other episode is removed, with every link to it (see `emptied_folders`).
    """
    whole = mentions | Mentions(titles=_titles(documents, mentions))
    edits = _edit(documents, [path for path in documents if mentions.occur_in(path, documents[path])], whole)
    if empties and (emptied := emptied_folders(edits)):
        edits |= {path: None for path in documents if path.startswith(tuple(emptied))}
        linking = Mentions(folders=emptied)
        left = {path: content for path, content in {**documents, **edits}.items() if content is not None}
        edits |= _edit(left, [path for path in left if linking.occur_in(path, left[path])], linking)
    return edits


def emptied_folders(edits: Edits) -> frozenset[str]:
    """The folders of people and topics whose first page was edited and links to no episode any more."""
    folders = {folder for path in edits if (folder := site_paths.listing_of(path))}
    pages = {folder: edits.get(folder + "index.html", b"") for folder in folders}
    return frozenset(
        folder
        for folder, page in pages.items()
        if page is None or (page and EPISODE_PATH.search(page.decode("utf-8", "replace")) is None)
    )


def _titles(documents: Mapping[str, bytes], mentions: Mentions) -> frozenset[str]:
    """The titles of the episode in the feeds."""
    found: set[str] = set()
    for path, content in documents.items():
        if path.endswith(".xml") and mentions.occur_in(path, content):
            with suppress(SyntaxError, ValueError):
                items = [
                    item for item in _parsed(content).getroot().iter("item") if _is_about(item, mentions)
                ]
                found |= {(item.findtext("title") or "").strip(ISOLATES + " \n") for item in items}
    return frozenset(title for title in found if len(title) >= MIN_TITLE)


ISOLATES = "\u2066\u2067\u2068\u2069"
"""Unicode characters that the feed puts around a title in the other writing direction."""

MIN_TITLE = 8
"""Characters; a shorter title also occurs in texts of other episodes and is not searched for."""


def _edit(
    documents: Mapping[str, bytes], paths: Iterable[str], mentions: Mentions
) -> dict[str, bytes | None]:
    edits: dict[str, bytes | None] = {}
    for path in sorted(paths):
        if group := SEARCH_TALKS.fullmatch(path):
            edits |= _edit_search_group(documents, group[1], mentions)
        else:
            edits[path] = remove_from_text(path, documents[path], mentions)
    return edits


def remove_from_text(path: str, content: bytes, mentions: Mentions) -> bytes | None:
    """The document without the mentions; None if it cannot be edited and must be removed."""
    if len(content) > MAX_DOCUMENT:
        return None
    suffix = path.rpartition(".")[2]
    try:
        edited = _EDITORS[suffix](content, mentions) if suffix in _EDITORS else None
    except (ValueError, SyntaxError, AssertionError):
        return None
    if edited is None or mentions.occur_in(path, edited) or _names_title(edited, mentions):
        return None
    return edited


def _names_title(content: bytes, mentions: Mentions) -> bool:
    import html

    text = html.unescape(content.decode("utf-8", "replace")) if mentions.titles else ""
    return any(title in text for title in mentions.titles)


# Feeds and the sitemap


def _parsed(content: bytes) -> etree._ElementTree:
    from io import BytesIO

    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, strip_cdata=False)
    return etree.parse(BytesIO(content), parser)


def _edit_xml(content: bytes, mentions: Mentions) -> bytes:
    from lxml import etree

    tree = _parsed(content)
    for element in [*tree.getroot().iter(*XML_ENTRIES)]:
        if _is_about(element, mentions):
            _drop(element)
    for element in tree.getroot().iter():
        if isinstance(element.tag, str) and element.text and mentions.occur_in("", element.text.encode()):
            element.text = _without_links(element.text, mentions)
    return bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8")) + b"\n"


PODCAST = "{https://podcastindex.org/namespace/1.0}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XML_ENTRIES = (
    PODCAST + "alternateEnclosure",
    PODCAST + "trailer",
    PODCAST + "person",
    "item",
    SITEMAP + "url",
)
"""Elements that can be about one episode, the innermost first: an item keeps its other files."""


def _is_about(element: etree._Element, mentions: Mentions) -> bool:
    """Whether an entry of a feed or sitemap is about a mentioned episode: by guid, page or file."""
    if any((each.text or "").strip() in mentions.guids for each in element.iter("guid")):
        return True
    tokens = (*mentions.folders, *mentions.files)
    values = (value for each in element.iter() if isinstance(each.tag, str) for value in _addresses(each))
    return any(token in value for value in values for token in tokens)


def _addresses(element: etree._Element) -> Iterator[str]:
    """The addresses of an element itself; text in notes is not an address."""
    yield from map(str, element.attrib.values())
    if element.tag in ("link", SITEMAP + "loc", "comments"):
        yield element.text or ""


def _without_links(text: str, mentions: Mentions) -> str | etree.CDATA:
    """The text of another episode without the mentioned links, as HTML or plain text."""
    from lxml import etree

    if "<" in text:
        text = _edit_html(text.encode(), mentions).decode()
    tokens = "|".join(re.escape(token) for token in (*mentions.folders, *mentions.files))
    text = re.sub(rf"[^\s<>\"']*(?:{tokens})[^\s<>\"']*", "", text) if tokens else text
    return etree.CDATA(text) if "<" in text else text


def _drop(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is None:
        raise ValueError("the whole document is about the episode")
    before = element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "").lstrip()
    parent.remove(element)


# Pages


@dataclass(slots=True)
class _Element:
    """An element of a page: its position in the text, and the addresses it contains itself."""

    tag: str
    start: int
    end: int
    parent: _Element | None
    addresses: list[str] = field(default_factory=list)
    slugs: set[str] = field(default_factory=set)
    """The slugs of all episodes that it, or an element in it, links to."""
    is_page: bool = False
    """Whether it contains the page's own heading: then it is not an entry of a list."""


class _Outline(HTMLParser):
    """The elements of a page with their positions in the text, so that they can be cut out of it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[_Element] = []
        self._text = text
        self._lines = [0]
        for line in text.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._open: list[_Element] = []
        self.feed(text)
        self.close()
        for element in self._open:
            element.end = len(text)

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = self._add(tag, attrs)
        if tag == "h1":
            for ancestor in self._open:
                ancestor.is_page = True
        if tag not in VOID_TAGS:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # In HTML a slash closes only void and foreign elements; neither has children.
        self._add(tag, attrs)

    def _add(self, tag: str, attrs: list[tuple[str, str | None]]) -> _Element:
        start = self._offset()
        end = start + len(self.get_starttag_text() or "")
        values = [value for _, value in attrs if value]
        element = _Element(tag, start, end, self._open[-1] if self._open else None, values)
        self.elements.append(element)
        slugs = {slug for value in values for slug in EPISODE_PATH.findall(value)}
        ancestor: _Element | None = element
        while slugs and ancestor is not None:
            ancestor.slugs |= slugs
            ancestor = ancestor.parent
        return element

    def handle_endtag(self, tag: str) -> None:
        depth = next((n for n in range(len(self._open) - 1, -1, -1) if self._open[n].tag == tag), None)
        if depth is None:
            return
        start = self._offset()
        for element in self._open[depth + 1 :]:
            element.end = start
        self._open[depth].end = self._text.find(">", start) + 1 or len(self._text)
        del self._open[depth:]

    def handle_data(self, data: str) -> None:
        # JSON-LD: a script that mentions an episode is about it.
        if self._open and self._open[-1].tag == "script":
            self._open[-1].addresses.append(data)


VOID_TAGS = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
ENTRY_TAGS = frozenset(("li", "article", "tr", "figure", "dd", "option"))
"""The elements that can be an entry of a list, in any template."""

EPISODE_PATH = re.compile(r"episodes/([a-z0-9-]+)/")


def _edit_html(content: bytes, mentions: Mentions) -> bytes:
    text = content.decode("utf-8")
    gone = {site_paths.slug_from_page(folder) for folder in mentions.folders}
    spans: list[tuple[int, int]] = []
    for element in _Outline(text).elements:
        if any(token in value for value in element.addresses for token in mentions.folders):
            if element.tag in ("html", "body", "main"):
                raise ValueError("the whole page is about the episode")
            entry = _entry(element, gone)
            spans.append((entry.start, entry.end))
        elif any(token in value for value in element.addresses for token in mentions.files):
            spans.append((element.start, element.end))
    return _cut(text, spans).encode()


def _entry(element: _Element, gone: set[str | None]) -> _Element:
    """The list entry around `element` if it links to no other episode; else the element itself."""
    ancestor = element.parent
    while ancestor is not None and ancestor.slugs <= gone and not ancestor.is_page:
        if ancestor.tag in ENTRY_TAGS:
            return ancestor
        ancestor = ancestor.parent
    return element


def _cut(text: str, spans: list[tuple[int, int]]) -> str:
    kept, position = [], 0
    for start, end in sorted(spans):
        if start >= position:
            kept.append(text[position:start])
        position = max(position, end)
    return "".join((*kept, text[position:]))


# The search index

SEARCH_TALKS = re.compile(r"search/(\d+)/talks\.json")


def is_in_search_group(path: str) -> bool:
    """Whether a document is a part of the search index that several episodes share."""
    return re.fullmatch(r"search/\d+/[^/]+", path) is not None


def _edit_search_group(
    documents: Mapping[str, bytes], group: str, mentions: Mentions
) -> dict[str, bytes | None]:
    """A search group without some episodes: word lists first, names last; all removed if unreadable."""
    folder = f"search/{group}/"
    names = folder + "talks.json"
    parts = [path for path in documents if path.startswith(folder) and path != names]
    try:
        entries = json.loads(documents[names])
        gone = {number for number, entry in enumerate(entries) if entry[0] in mentions.slugs}
        edits: dict[str, bytes | None] = {
            path: _json(_without_numbers(json.loads(documents[path]), gone)) for path in parts
        }
        blank = ["", "", "en", "ltr", ""]
        shown = [blank if number in gone else entry for number, entry in enumerate(entries)]
    except (ValueError, TypeError, AttributeError, IndexError, KeyError):
        return dict.fromkeys((*parts, names))
    return {**edits, names: _json(shown)}


def _without_numbers(words: dict[str, list[list[int]]], gone: set[int]) -> dict[str, list[list[int]]]:
    left = {word: [hit for hit in hits if hit[0] not in gone] for word, hits in words.items()}
    return {word: hits for word, hits in left.items() if hits}


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n").encode()


_EDITORS: Mapping[str, Callable[[bytes, Mentions], bytes]] = {"xml": _edit_xml, "html": _edit_html}
