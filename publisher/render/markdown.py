"""Renders the producers' Markdown to safe HTML or plain text.

Raw HTML is dropped, pictures become links (pages load nothing from other hosts), and the result
passes an allow-list of tags. Does not know templates or languages.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from html import escape
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from publisher.bidi import Direction, neutralize
from publisher.render.sanitize import strip_illegal_xml

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token
    from nh3 import Cleaner

Seek = Callable[[float], str | None]
Label = Callable[[float], str]

TAGS = "p br hr a em strong s code pre blockquote ul ol li h3 h4 h5 h6 table thead tbody tr th td"
ATTRIBUTES = {
    "*": {"dir"},
    "a": {"href", "title"},
    "ol": {"start"},
    "th": {"scope"},
}
SCHEMES = {"http", "https", "mailto", "tel"}
TIME = re.compile(r"\[((?:\d{1,2}:)?\d{1,3}:[0-5]\d(?:\.\d{1,3})?)\]")
MARK = "\ufdd0"
"""A noncharacter of Unicode: illegal in documents, and no entity of Markdown stands for it."""

MARKED_TIME = re.compile(f"{MARK}([^{MARK}]*){MARK}")
ADDRESS = re.compile(r"(https?://[^\s<>\"]+)")
PLAIN_ADDRESS = re.compile(
    r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+"
    r"(?:/[A-Za-z0-9._~/-]*)?(?:\?[A-Za-z0-9._~/=&-]*)?(?:#[A-Za-z0-9._~/=&-]*)?"
)
CLOSING = ".,;:!?'\"*_»”’،؛؟۔"
OPENING = {")": "(", "]": "[", "}": "{"}
LATIN_LETTER = re.compile("[A-Za-z]")
RAW_ELEMENT = re.compile(r"<(/?)(script|style|iframe|object|svg|math|template|title|textarea)\b", re.I)
BLOCKS = frozenset({"paragraph_open", "heading_open"})

MIN_EXPANSION = 100_000
"""Characters that the reference links of any text may add; a longer text may add its own length."""

MAX_SEEK = 1_000_000
"""Characters of all links that times of one text become; later times stay text."""

MAX_NESTING = 20
"""Levels of nested emphasis; markdown-it allows as many levels of blocks."""


def html(markdown: str, seek: Seek, label: Label | None = None) -> str:
    """`markdown` as HTML that is safe in any page.

    ``[12:40]`` is a time of the recording: it becomes a link to what `seek` returns for its
    seconds, or text where `seek` returns None. `label` returns the link's text (the published
    time, in the page's digits); the default is the text as written. Headings begin at h3. Every
    paragraph has the direction of most of its letters.
    """
    seek = _bounded(seek)
    linked = MARKED_TIME.sub(lambda time: _html_of_time(time[1], seek, label), _rendered(markdown).html)
    # Markdown's entities can produce illegal characters.
    return strip_illegal_xml(linked).strip()


def plain(markdown: str, addresses: bool = False) -> str:
    """`markdown` as plain text: an empty line between blocks, a line per list item.

    `addresses` adds a link's URL in parentheses where it differs from the link's text.
    """
    rendered = _rendered(markdown)
    return rendered.text_with_addresses if addresses else rendered.text


def pictures(markdown: str) -> Iterator[tuple[int, str]]:
    """(line, address) of each picture in `markdown`; lines count from 1."""
    if "![" not in markdown:
        # Parsing the notes of 10 000 talks takes 20 s.
        return
    from markdown_it import MarkdownIt

    for block in MarkdownIt("commonmark").enable("table").parse(markdown):
        line = block.map[0] + 1 if block.map else 1
        for token in block.children or ():
            line += token.type in ("softbreak", "hardbreak")
            if token.type == "image":
                yield line, str(token.attrGet("src") or "")


class _Rendered(NamedTuple):
    """One Markdown text in all forms; in `html` each time has `MARK` on both sides."""

    html: str
    text: str
    text_with_addresses: str


Renderings = dict[str, _Rendered]
"""Texts in Markdown with their forms, as one process sends them to another."""

MAX_KEPT = 20_000
"""Texts whose forms are kept in memory."""

_kept: Renderings = {}
_sent = 0
"""How many of `_kept` another process has."""


# Search, feed and YouTube need the same notes as the pages. Without this cache the pages of 1 000 talks
# take 10.3 s instead of 6.1 s, and the feed after them 1.6 s instead of 0.2 s.
def _rendered(markdown: str) -> _Rendered:
    found = _kept.get(markdown)
    if found is None:
        tokens = _parsed(neutralize(markdown.replace(MARK, "")))
        text, with_addresses = _plain_text(tokens), _plain_text(tokens, addresses=True)
        found = _Rendered(_safe_html(tokens), text, with_addresses)
        keep({markdown: found})
    return found


def keep(renderings: Renderings) -> None:
    """Keeps what another process rendered, so that it is not rendered again in this one."""
    global _sent
    if len(_kept) + len(renderings) > MAX_KEPT:
        _kept.clear()
        _sent = 0
    _kept.update(renderings)


def take_new() -> Renderings:
    """What this process rendered since the last call."""
    global _sent
    new = dict(islice(_kept.items(), _sent, None))
    _sent = len(_kept)
    return new


def _safe_html(tokens: Sequence[Token]) -> str:
    parser = _parser()
    for block in tokens:
        if block.children:
            _mark_times(block.children)
    return _cleaner().clean(parser.renderer.render(tokens, parser.options, {}))


def _plain_text(tokens: Iterable[Token], addresses: bool = False) -> str:
    lines: list[str] = []
    for token in tokens:
        if token.type == "inline":
            lines.append("".join(_words(token.children or [], addresses)))
        elif token.type in {"fence", "code_block"}:
            lines.append(token.content.rstrip())
        elif token.hidden or token.type == "list_item_close":
            lines.append("\n" if token.nesting < 0 and not "".join(lines[-1:]).endswith("\n") else "")
        elif token.type in {"th_close", "td_close"}:
            lines.append("\t")
        elif token.type == "tr_close":
            lines.append("\n")
        elif token.nesting < 1 and token.block:
            lines.append("\n\n")
    text = "\n".join(line.rstrip(" \t") for line in "".join(lines).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def written_direction(text: str) -> Direction | None:
    """The direction of most letters of `text`, None without letters.

    URLs, long and Latin in every language, count only where there are no other letters.
    """
    if "://" in text and (direction := _direction_of_letters(ADDRESS.sub("", text))):
        return direction
    return _direction_of_letters(text)


def _direction_of_letters(text: str) -> Direction | None:
    if text.isascii():
        return "ltr" if LATIN_LETTER.search(text) else None
    letters = Counter(text)
    right = sum(
        count for letter, count in letters.items() if unicodedata.bidirectional(letter) in {"R", "AL"}
    )
    left = sum(count for letter, count in letters.items() if unicodedata.bidirectional(letter) == "L")
    if not right and not left:
        return None
    return "rtl" if right > left else "ltr"


def _parsed(markdown: str) -> list[Token]:
    return _parser().parse(markdown, {"references": _References(markdown)})


class _References(dict[str, dict[str, str]]):
    """Name → URL of a text's reference links; no more once they have added too many characters.

    As in cmark, all uses together add at most the text's length, or 100 000 characters.
    """

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self._room = max(len(markdown), MIN_EXPANSION)

    def get(self, name: str, default: Any = None) -> Any:
        found = super().get(name)
        if found is None or len(found["href"]) + len(found["title"]) > self._room:
            return default
        self._room -= len(found["href"]) + len(found["title"])
        return found


def _bounded(seek: Seek) -> Seek:
    """`seek`, but None after URLs of `MAX_SEEK` characters in total."""
    room = MAX_SEEK

    def bounded(seconds: float) -> str | None:
        nonlocal room
        address = seek(seconds) if room > 0 else None
        room -= len(address or "")
        return address

    return bounded


# Both are built once, when the libraries are first needed.
@cache
def _cleaner() -> Cleaner:
    from nh3 import Cleaner

    return Cleaner(tags=set(TAGS.split()), attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=None)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.block.ruler.at("reference", _link_definition)
    parser.core.ruler.push("make_safe", _make_safe)
    normalize = parser.normalizeLink
    # Parsing and encoding such an address changes nothing, and takes a tenth of the time of a text.
    parser.normalizeLink = lambda url: url if PLAIN_ADDRESS.fullmatch(url) else normalize(url)  # type: ignore[method-assign]
    return parser


def _link_definition(state: StateBlock, line: int, last: int, silent: bool) -> bool:
    """Markdown's rule for ``[name]: URL``, except that a line starting with a time is no definition."""
    from markdown_it.rules_block import reference

    begins = state.bMarks[line] + state.tShift[line]
    return not TIME.match(state.src, begins) and reference(state, line, last, silent)


def _with_addresses(tokens: list[Token]) -> Iterator[Token]:
    """The tokens with URLs in the text replaced by links."""
    from markdown_it.token import Token

    inside_link = 0
    for token in tokens:
        inside_link += token.nesting if token.tag == "a" else 0
        if token.type != "text" or inside_link or "://" not in token.content:
            yield token
            continue
        # With one group, every second part is a URL.
        for index, part in enumerate(ADDRESS.split(token.content)):
            address = _without_closing(part) if index % 2 else ""
            if address:
                yield Token("link_open", "a", 1, attrs={"href": address})
                yield Token("text", "", 0, content=address)
                yield Token("link_close", "a", -1)
            if part[len(address) :]:
                yield Token("text", "", 0, content=part[len(address) :])


def _without_closing(address: str) -> str:
    """A URL without punctuation at its end that belongs to the sentence."""
    end, counts = len(address), Counter(address)
    while end:
        sign = address[end - 1]
        if sign not in CLOSING and not (sign in OPENING and counts[sign] > counts[OPENING[sign]]):
            break
        counts[sign] -= 1
        end -= 1
    return address[:end]


def _make_safe(state: StateCore) -> None:
    """Drops raw HTML, turns pictures into links, lowers headings, sets directions."""
    state.tokens = [token for token in state.tokens if token.type != "html_block"]
    for block in state.tokens:
        if block.type == "inline":
            block.children = list(_with_addresses(list(_flattened(_without_raw(block.children or [])))))
            _neutralize(block.children)
        elif block.content:
            block.content = neutralize(block.content)
    for block, inline in pairwise(state.tokens):
        if block.type in BLOCKS and inline.children:
            direction = written_direction("".join(_words(inline.children, addresses=False)))
            if direction:
                block.attrSet("dir", direction)
    _mark_tight_items(state.tokens)
    _step_headings(state.tokens)


def _neutralize(tokens: list[Token]) -> None:
    """Removes direction controls from one block: entities and table cells can contain half an isolate."""
    texts = [token for token in tokens if token.content]
    # Markdown-it replaces every NUL, so no token contains one.
    safe = neutralize("\0".join(token.content for token in texts)).split("\0")
    for token, content in zip(texts, safe, strict=False):
        token.content = content
    for token in tokens:
        if "title" in token.attrs:
            token.attrSet("title", neutralize(str(token.attrs["title"])))


def _step_headings(tokens: list[Token]) -> None:
    """Makes headings begin below the page's own (h1, h2) without skipping a level."""
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    ranks = sorted({token.tag for token in headings})
    level = 2
    for token in headings:
        if token.nesting > 0:
            level = min(6, level + 1, 3 + ranks.index(token.tag))
        token.tag = f"h{level}"


def _mark_tight_items(tokens: list[Token]) -> None:
    # A tight list's items have no paragraph in HTML: the item gets its direction.
    for item, paragraph in pairwise(tokens):
        if item.type == "list_item_open" and paragraph.hidden and "dir" in paragraph.attrs:
            item.attrSet("dir", str(paragraph.attrs["dir"]))


def _without_raw(tokens: list[Token]) -> Iterator[Token]:
    hidden = ""
    for token in tokens:
        raw = RAW_ELEMENT.match(token.content) if token.type == "html_inline" else None
        if raw and not hidden and not raw[1]:
            hidden = raw[2].lower()
        elif raw and raw[1] and raw[2].lower() == hidden:
            hidden = ""
        if hidden or token.type == "html_inline":
            continue
        yield from _picture_as_link(token) if token.type == "image" else (token,)


def _flattened(tokens: Iterable[Token]) -> Iterator[Token]:
    """The tokens without emphasis below `MAX_NESTING` levels; its text stays."""
    depth = 0
    for token in tokens:
        depth -= token.nesting < 0
        if not token.nesting or depth < MAX_NESTING:
            yield token
        depth += token.nesting > 0


def _picture_as_link(token: Token) -> Iterator[Token]:
    from markdown_it.token import Token

    address = str(token.attrGet("src") or "")
    words = Token("text", "", 0, content=token.content or address)
    if not address.startswith(("https://", "http://")):
        yield words
        return
    yield Token("link_open", "a", 1, attrs={"href": address})
    yield words
    yield Token("link_close", "a", -1)


def _mark_times(tokens: list[Token]) -> None:
    """Replaces the brackets of times by `MARK`, except within links."""
    inside_link = 0
    for token in tokens:
        inside_link += token.nesting if token.tag == "a" else 0
        if token.type == "text" and not inside_link and "[" in token.content:
            token.content = TIME.sub(f"{MARK}\\1{MARK}", token.content)


def _html_of_time(text: str, seek: Seek, label: Label | None) -> str:
    """A time as a link, or as text where `seek` returns None."""
    seconds = _seconds(text)
    address = seek(seconds)
    if address is None:
        return text
    words = label(seconds) if label else text
    return f'<a class="time" dir="ltr" href="{escape(address)}">{escape(words, quote=False)}</a>'


def times(text: str) -> Iterator[tuple[str, float]]:
    """The times of the recording in `text`: as written, and in seconds."""
    return ((time[1], _seconds(time[1])) for time in TIME.finditer(text))


def with_times(text: str, label: Label) -> str:
    """Plain `text` with its times replaced by `label`."""
    return TIME.sub(lambda time: label(_seconds(time[1])), text)


def _seconds(text: str) -> float:
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds


def _words(tokens: list[Token], addresses: bool) -> Iterator[str]:
    opened: list[tuple[str, list[str]]] = []
    for token in tokens:
        words = {"softbreak": "\n", "hardbreak": "\n"}.get(token.type, token.content)
        if token.type == "link_open":
            opened.append((str(token.attrGet("href") or ""), []))
        elif token.type == "link_close" and opened:
            address, shown = opened.pop()
            if addresses and address and address not in shown:
                yield f" ({address})"
        elif words:
            if opened:
                opened[-1][1].append(words)
            yield words
