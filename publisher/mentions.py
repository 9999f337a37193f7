"""Finds the mentions of a talk in published documents, and takes them out without rendering anew.

A withdrawal must not wait for templates, catalogue or receipts of other talks. So this works on the
bytes that stand under public/: items of feeds, entries of lists, links, words of the search index.
Pure: contents come in and go out, nothing is read from disk. A document that still holds a mention
afterwards is reported as one to remove.
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
"""New contents by path under public/; None: the document has to be removed."""

TEXT_SUFFIXES = (".html", ".xml", ".json", ".txt", ".webmanifest", ".svg")
"""The names' ends of the documents that can mention a talk and are shared by several."""

MAX_DOCUMENT = 64 << 20
"""Bytes; a larger shared document is removed instead of edited."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """What tells a talk in a document that belongs to several.

    `folders` are addresses below public/ (``episodes/first/``), `files` paths of media, `guids`
    the identities in feeds, `slugs` the names in the search index. `titles` must not be left in a
    document from which something was taken out.
    """

    folders: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    guids: frozenset[str] = frozenset()
    slugs: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()

    def __or__(self, other: Mentions) -> Mentions:
        names = (one.name for one in fields(self))
        return Mentions(*(getattr(self, name) | getattr(other, name) for name in names))

    def __bool__(self) -> bool:
        return bool(self.folders or self.files or self.guids or self.slugs)

    def occur_in(self, path: str, content: bytes) -> bool:
        """Whether a shared document mentions one of them."""
        tokens = (*self.folders, *self.files, *self.guids)
        if any(token.encode("utf-8", "surrogatepass") in content for token in tokens):
            return True
        return SEARCH_TALKS.fullmatch(path) is not None and any(
            json.dumps(slug).encode() in content for slug in self.slugs
        )


def is_shared_text(path: str) -> bool:
    """Whether a path under public/ is a text document that can mention talks."""
    return path.endswith(TEXT_SUFFIXES) and not path.startswith("assets/")


def remove_mentions(documents: Mapping[str, bytes], traces: Mentions, *, empties: bool = True) -> Edits:
    """Shared documents without a talk; those that do not mention it are left out.

    `documents` holds every shared text document of the places concerned. A page of a person or topic
    that lists no other talk is removed, with every link to it (see `emptied_folders`), unless `empties`
    says that it stays.
    """
    whole = traces | Mentions(titles=_titles(documents, traces))
    edits = _edit(documents, [path for path in documents if traces.occur_in(path, documents[path])], whole)
    if empties and (emptied := emptied_folders(edits)):
        edits |= {path: None for path in documents if path.startswith(tuple(emptied))}
        linking = Mentions(folders=emptied)
        left = {path: content for path, content in {**documents, **edits}.items() if content is not None}
        edits |= _edit(left, [path for path in left if linking.occur_in(path, left[path])], linking)
    return edits


def emptied_folders(edits: Edits) -> frozenset[str]:
    """The folders of people and topics whose first page was edited and leads to no talk any more."""
    folders = {folder for path in edits if (folder := site_paths.listing_of(path))}
    pages = {folder: edits.get(folder + "index.html", b"") for folder in folders}
    return frozenset(
        folder
        for folder, page in pages.items()
        if page is None or (page and TALK.search(page.decode("utf-8", "replace")) is None)
    )


def _titles(documents: Mapping[str, bytes], traces: Mentions) -> frozenset[str]:
    """The titles that the feeds give to the talk."""
    found: set[str] = set()
    for path, content in documents.items():
        if path.endswith(".xml") and traces.occur_in(path, content):
            with suppress(SyntaxError, ValueError):
                items = [item for item in _parsed(content).getroot().iter("item") if _is_about(item, traces)]
                found |= {(item.findtext("title") or "").strip(ISOLATES + " \n") for item in items}
    return frozenset(title for title in found if len(title) >= MIN_TITLE)


ISOLATES = "\u2066\u2067\u2068\u2069"
"""The characters that the feed puts around a title of another direction."""

MIN_TITLE = 8
"""Letters from which on a title is looked for: a shorter one stands in other talks' words as well."""


def _edit(documents: Mapping[str, bytes], paths: Iterable[str], traces: Mentions) -> dict[str, bytes | None]:
    edits: dict[str, bytes | None] = {}
    for path in sorted(paths):
        if group := SEARCH_TALKS.fullmatch(path):
            edits |= _edit_search_group(documents, group[1], traces)
        else:
            edits[path] = remove_from_text(path, documents[path], traces)
    return edits


def remove_from_text(path: str, content: bytes, traces: Mentions) -> bytes | None:
    """One document without what is traced; None where it cannot be edited and has to go."""
    if len(content) > MAX_DOCUMENT:
        return None
    suffix = path.rpartition(".")[2]
    try:
        edited = _EDITORS[suffix](content, traces) if suffix in _EDITORS else None
    except (ValueError, SyntaxError, AssertionError):
        return None
    if edited is None or traces.occur_in(path, edited) or _names_title(edited, traces):
        return None
    return edited


def _names_title(content: bytes, traces: Mentions) -> bool:
    import html

    text = html.unescape(content.decode("utf-8", "replace")) if traces.titles else ""
    return any(title in text for title in traces.titles)


# Feeds and the sitemap


def _parsed(content: bytes) -> etree._ElementTree:
    from io import BytesIO

    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, strip_cdata=False)
    return etree.parse(BytesIO(content), parser)


def _edit_xml(content: bytes, traces: Mentions) -> bytes:
    from lxml import etree

    tree = _parsed(content)
    for element in [*tree.getroot().iter(*XML_ENTRIES)]:
        if _is_about(element, traces):
            _drop(element)
    for element in tree.getroot().iter():
        if isinstance(element.tag, str) and element.text and traces.occur_in("", element.text.encode()):
            element.text = _without_links(element.text, traces)
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
"""What can be about one talk, the innermost first: an item keeps its other files."""


def _is_about(element: etree._Element, traces: Mentions) -> bool:
    """Whether an entry of a feed or sitemap is about what is traced: by guid, page or file."""
    if any((each.text or "").strip() in traces.guids for each in element.iter("guid")):
        return True
    tokens = (*traces.folders, *traces.files)
    values = (value for each in element.iter() if isinstance(each.tag, str) for value in _addresses(each))
    return any(token in value for value in values for token in tokens)


def _addresses(element: etree._Element) -> Iterator[str]:
    """The addresses that an element holds itself; words in notes are not addresses."""
    yield from map(str, element.attrib.values())
    if element.tag in ("link", SITEMAP + "loc", "comments"):
        yield element.text or ""


def _without_links(text: str, traces: Mentions) -> str | etree.CDATA:
    """The words about another talk without the links to what is traced, in HTML or in plain text."""
    from lxml import etree

    if "<" in text:
        text = _edit_html(text.encode(), traces).decode()
    tokens = "|".join(re.escape(token) for token in (*traces.folders, *traces.files))
    text = re.sub(rf"[^\s<>\"']*(?:{tokens})[^\s<>\"']*", "", text) if tokens else text
    return etree.CDATA(text) if "<" in text else text


def _drop(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is None:
        raise ValueError("the whole document is about it")
    before = element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "").lstrip()
    parent.remove(element)


# Pages


@dataclass(slots=True)
class _Element:
    """An element of a page: where it stands in the text, and the addresses it holds itself."""

    tag: str
    start: int
    end: int
    parent: _Element | None
    addresses: list[str] = field(default_factory=list)
    talks: set[str] = field(default_factory=set)
    """The slugs of all talks that it, or something in it, leads to."""
    is_page: bool = False
    """Whether the page's own heading stands in it: then it is no entry of a list."""


class _Outline(HTMLParser):
    """The elements of a page with their positions, so that parts can be cut out of the text itself."""

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

    def _place(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = self._add(tag, attrs)
        if tag == "h1":
            for above in self._open:
                above.is_page = True
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # In HTML a slash closes nothing but void and foreign elements; both have nothing inside.
        self._add(tag, attrs)

    def _add(self, tag: str, attrs: list[tuple[str, str | None]]) -> _Element:
        start = self._place()
        end = start + len(self.get_starttag_text() or "")
        values = [value for _, value in attrs if value]
        element = _Element(tag, start, end, self._open[-1] if self._open else None, values)
        self.elements.append(element)
        slugs = {slug for value in values for slug in TALK.findall(value)}
        above: _Element | None = element
        while slugs and above is not None:
            above.talks |= slugs
            above = above.parent
        return element

    def handle_endtag(self, tag: str) -> None:
        depth = next((n for n in range(len(self._open) - 1, -1, -1) if self._open[n].tag == tag), None)
        if depth is None:
            return
        start = self._place()
        for element in self._open[depth + 1 :]:
            element.end = start
        self._open[depth].end = self._text.find(">", start) + 1 or len(self._text)
        del self._open[depth:]

    def handle_data(self, data: str) -> None:
        # Structured data for machines: a script that names a talk is about it.
        if self._open and self._open[-1].tag == "script":
            self._open[-1].addresses.append(data)


VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
ENTRIES = frozenset(("li", "article", "tr", "figure", "dd", "option"))
"""The elements that hold an entry of a list, whichever template wrote it."""

TALK = re.compile(r"episodes/([a-z0-9-]+)/")


def _edit_html(content: bytes, traces: Mentions) -> bytes:
    text = content.decode("utf-8")
    gone = {site_paths.slug_of(folder) for folder in traces.folders}
    spans: list[tuple[int, int]] = []
    for element in _Outline(text).elements:
        if any(token in value for value in element.addresses for token in traces.folders):
            if element.tag in ("html", "body", "main"):
                raise ValueError("the whole page is about it")
            chosen = _entry(element, gone)
            spans.append((chosen.start, chosen.end))
        elif any(token in value for value in element.addresses for token in traces.files):
            spans.append((element.start, element.end))
    return _cut(text, spans).encode()


def _entry(element: _Element, gone: set[str | None]) -> _Element:
    """The entry that `element` stands in, where it is about nothing else; else the element itself."""
    above = element.parent
    while above is not None and above.talks <= gone and not above.is_page:
        if above.tag in ENTRIES:
            return above
        above = above.parent
    return element


def _cut(text: str, spans: list[tuple[int, int]]) -> str:
    kept, place = [], 0
    for start, end in sorted(spans):
        if start >= place:
            kept.append(text[place:start])
        place = max(place, end)
    return "".join((*kept, text[place:]))


# The search index

SEARCH_TALKS = re.compile(r"search/(\d+)/talks\.json")


def is_in_search_group(path: str) -> bool:
    """Whether a document is a part of the search index that several talks share."""
    return re.fullmatch(r"search/\d+/[^/]+", path) is not None


def _edit_search_group(
    documents: Mapping[str, bytes], group: str, traces: Mentions
) -> dict[str, bytes | None]:
    """A group of talks without some: their words first, their names last; all of it goes if unreadable."""
    folder = f"search/{group}/"
    names = folder + "talks.json"
    parts = [path for path in documents if path.startswith(folder) and path != names]
    try:
        talks = json.loads(documents[names])
        gone = {number for number, talk in enumerate(talks) if talk[0] in traces.slugs}
        edits: dict[str, bytes | None] = {
            path: _json(_without_talks(json.loads(documents[path]), gone)) for path in parts
        }
        blank = ["", "", "en", "ltr", ""]
        shown = [blank if number in gone else talk for number, talk in enumerate(talks)]
    except (ValueError, TypeError, AttributeError, IndexError, KeyError):
        return dict.fromkeys((*parts, names))
    return {**edits, names: _json(shown)}


def _without_talks(words: dict[str, list[list[int]]], gone: set[int]) -> dict[str, list[list[int]]]:
    left = {word: [place for place in places if place[0] not in gone] for word, places in words.items()}
    return {word: places for word, places in left.items() if places}


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n").encode()


_EDITORS: Mapping[str, Callable[[bytes, Mentions], bytes]] = {"xml": _edit_xml, "html": _edit_html}
