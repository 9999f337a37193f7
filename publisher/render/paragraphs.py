"""Notes that are plain paragraphs, as the HTML that `markup` makes of them, ten times as fast.

Most notes are paragraphs of words with times, an emphasis and a link here and there. What has
anything else in it (lists, headings, code, HTML, doubtful marks) is left to the parser of Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

Written = Callable[[str], str | None]

_LINE = re.compile(r"(?![#>+=:|\-\s]|[0-9]{1,9}[.)](?:\s|$))")
_UNUSUAL = (
    "\\`<>_~|\t\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ue000\ue001"
)
_PLAIN = rf"[^{re.escape(_UNUSUAL).replace(re.escape('-'), '-')}*\[\]&\n]"
_WORDS = rf"[^\W_](?:{_PLAIN}*[^\W_])?"
_LINKED = re.compile(r"\]\(https?://")
_INLINE = re.compile(
    rf"(?P<text>(?:{_PLAIN}+|\n|&(?= ))+)"
    r"|\[(?P<time>(?:\d{1,2}:)?\d{1,3}:[0-5]\d(?:\.\d{1,3})?)\](?![(\[:])"
    rf"|(?:(?<=[ \n])|(?<!.))\*(?P<em>{_WORDS})\*(?=[ \n.,;]|$)"
    rf"|(?:(?<=[ \n])|(?<!.))\*\*(?P<strong>{_WORDS})\*\*(?=[ \n.,;]|$)"
    rf"|(?:(?<=[ \n])|(?<!.))\[(?P<words>{_WORDS})\]\((?P<address>https?://[A-Za-z0-9./?=#-]+)\)",
    re.S,
)
"""The pieces of a plain paragraph; at most one group of a piece is there."""


def html(markdown: str, time: Callable[[str], str], direction: Written) -> str | None:
    """`markdown` as HTML, None where it is not plain.

    `time` gives the HTML of a time as it is written, `direction` that of a text's letters.
    """
    paragraphs = []
    for block in markdown.strip("\n").split("\n\n"):
        written = _paragraph(block.strip("\n"), time, direction)
        if written is None:
            return None
        paragraphs.append(written)
    return "\n".join(paragraphs)


def _paragraph(block: str, time: Callable[[str], str], direction: Written) -> str | None:
    if not block or ("://" in block and "://" in _LINKED.sub("", block)):
        return None
    if not all(_LINE.match(line) and line == line.rstrip() for line in block.split("\n")):
        return None
    parts, words, place = [], [], 0
    while place < len(block):
        found = _INLINE.match(block, place)
        if found is None:
            return None
        part, said = _part(found, time)
        parts.append(part)
        words.append(said)
        place = found.end()
    way = direction("".join(words))
    return f'<p dir="{way}">{"".join(parts)}</p>' if way else f"<p>{''.join(parts)}</p>"


def _part(found: re.Match[str], time: Callable[[str], str]) -> tuple[str, str]:
    """A piece's HTML, and the words in it."""
    kind = found.lastgroup or ""
    if kind == "time":
        return time(found["time"]), ""
    if kind == "address":
        words = found["words"]
        return f'<a href="{escape(found["address"])}">{_escaped(words)}</a>', words
    words = found[kind]
    return (_escaped(words) if kind == "text" else f"<{kind}>{_escaped(words)}</{kind}>"), words


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;")
