"""Items that are alike: the same markup around other words.

Nearly every item of a long feed has the markup of another one. Where two documents differ only in
words that hold no mark of XML, both are well-formed or neither is, and they have the same
elements. So one of each kind is parsed, with a mark in the place of each word; this says which
word is which, and the words of all of its kind are held against the rules together.

This only tells that a feed is right beyond doubt. Everything else is for `judge` to find.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from operator import itemgetter
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from publisher.outputs.feed.facts import OF_ITEM, Facts, Word, facts_of
from publisher.outputs.feed.reading import name_of
from publisher.outputs.feed.rules import RULES, Check, Rule, miscounted

BEGINS, ENDS = "\n    <item>", "\n    </item>"
TEXT = re.compile(r">([^<\n][^<]*)</")
ENTITY = re.compile("&(?:amp|lt|gt|quot|#10|#9);")
ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#10;": "\n", "&#9;": "\t"}
MARK = re.compile("\ue000([0-9]+)\ue001")

Row = list[Any]
"""The words of one item: its attributes, then its texts, then what the kind itself says."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """Items of one markup: what is asked of their words, by their places, and which are facts."""

    checks: tuple[tuple[int, Check], ...]
    constants: tuple[Word, ...]
    facts: Callable[[Row], Facts]


@dataclass(frozen=True, slots=True)
class Apart:
    """A document taken apart: its first tag, all of it but the items, and the items."""

    root: str
    frame: bytes
    items: tuple[str, ...]


def taken_apart(xml: bytes) -> Apart | None:
    """A document that is laid out as `writing` does it; None for any other.

    Of the show notes in the CDATA sections a letter is left: no rule asks anything of them.
    """
    try:
        text = xml.decode()
    except UnicodeDecodeError:
        return None
    if len(xml.translate(None, CONTROLS)) != len(xml) or "\ufffe" in text or "\uffff" in text:
        return None
    text = CDATA.sub("x", text)
    head, begins, rest = text.partition(BEGINS)
    *items, tail = (begins + rest).split(ENDS)
    root = ROOT.match(head)
    if root is None or "xmlns" in head[root.end() :] or "<!" in head + tail:
        return None
    if not all(item.startswith(BEGINS) for item in items):
        return None
    return Apart(root[1], (head + tail).encode(), tuple(items))


ROOT = re.compile(r"<\?xml version='1.0' encoding='UTF-8'\?>\n(<rss [^<>']*>)\n  <channel>\n")
CDATA = re.compile(r"<!\[CDATA\[[^\]]*(?:\](?!\]>)[^\]]*)*\]\]>")
CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))
"""What XML 1.0 allows nowhere, besides U+FFFE and U+FFFF."""


def all_right(document: Apart) -> list[Facts] | None:
    """The facts of a document's items if nothing is wrong with any by itself, else None."""
    rows: dict[Kind, list[Row]] = {}
    order: list[tuple[Kind, Row]] = []
    for item in document.items:
        found = _words(document.root, item)
        if found is None:
            return None
        rows.setdefault(found[0], []).append(found[1])
        order.append(found)
    if not all(_hold(kind, of_kind) for kind, of_kind in rows.items()):
        return None
    facts = [kind.facts(row) for kind, row in order]
    return None if any(any(map(rule, facts)) for rule in OF_ITEM) else facts


def _words(root: str, item: str) -> tuple[Kind, Row] | None:
    texts = TEXT.split(item)
    marks = "\0".join(texts[::2]).split('"')
    kind = _kind(root, '"'.join(marks[::2]), len(marks) // 2)
    quoted = marks[1::2]
    words = quoted + texts[1::2]
    # Nothing opens within an attribute; "]]>" may stand in no text.
    if kind is None or "<" in "".join(quoted) or "]]>" in item:
        return None
    if "&" in item:
        if ENTITY.sub("", item).count("&"):
            return None
        words = [ENTITY.sub(lambda found: ENTITIES[found[0]], word) for word in words]
    return kind, [*words, *kind.constants]


def _hold(kind: Kind, rows: list[Row]) -> bool:
    columns = list(zip(*rows, strict=True))
    return all(all(map(holds, set(columns[place]))) for place, holds in kind.checks)


@lru_cache(maxsize=2048)
def _kind(root: str, markup: str, attributes: int) -> Kind | None:
    """The kind of items with this markup; None where it is not plain, or is wrong whatever the words."""
    number = count()

    def mark() -> str:
        return f"\ue000{next(number)}\ue001"

    if "&" in markup or "<!" in markup or "<?" in markup or "'" in markup or "\ue000" in markup:
        return None
    pieces = markup.split('"')
    quoted = "".join(f'{piece}"{mark()}"' if n < attributes else piece for n, piece in enumerate(pieces))
    marked = quoted.replace("\0", ">\0</")
    marked = re.sub("\0", lambda _: mark(), marked)
    try:
        item = fromstring(f"{root}{marked}{ENDS}</rss>").find("item")
    except ParseError:
        return None
    words = next(number)
    return None if item is None else _learnt(item, words)


def _learnt(item: Element, words: int) -> Kind | None:
    """What the parsed item teaches, each word's mark found in exactly one place."""
    checks: list[tuple[int, Check]] = []
    found: list[int] = []
    for element in item.iter():
        rule = RULES.get(name_of(element), Rule())
        if miscounted(element) or any(name not in element.attrib for name in rule.required):
            return None
        asked = [(element.text or "", rule.of_text), (element.tail or "", ())]
        asked += [(value, rule.of_attribute(name)) for name, value in element.items()]
        for word, holds in asked:
            place = MARK.fullmatch(word)
            if place is None and (MARK.search(word) or not all(each(word) for each in holds)):
                return None
            if place is not None:
                found.append(int(place[1]))
                checks += [(int(place[1]), each) for each in holds]
    if sorted(found) != list(range(words)):
        return None
    return Kind(tuple(checks), *_taking(facts_of(item), words))


def _taking(marked: Facts, count: int) -> tuple[tuple[Word, ...], Callable[[Row], Facts]]:
    """What facts say whatever the words are, to be put after these, and how facts come of a row."""
    constants: list[Word] = []

    def place(word: Word) -> int:
        mark = MARK.fullmatch(word or "")
        if mark:
            return int(mark[1])
        constants.append(word)
        return count + len(constants) - 1

    simple = itemgetter(*map(place, marked[:6]))
    alternates = [(place(default), [place(each) for each in urls]) for default, urls in marked.alternates]
    starts = [place(each) for each in marked.starts]
    soundbites = [(place(start), place(duration)) for start, duration in marked.soundbites]
    posts = [(place(protocol), place(uri)) for protocol, uri in marked.posts]

    def take(row: Row) -> Facts:
        return Facts._make(
            (
                *simple(row),
                tuple([(row[default], tuple([row[each] for each in urls])) for default, urls in alternates]),
                tuple([row[each] for each in starts]),
                tuple([(row[start], row[duration]) for start, duration in soundbites]),
                tuple([(row[protocol], row[uri]) for protocol, uri in posts]),
            )
        )

    return tuple(constants), take
