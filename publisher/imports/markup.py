"""Turns the HTML of other sites into Markdown for notes.md and into plain text for summaries."""

from __future__ import annotations

import html
import re

import nh3

MAX_HTML = 500_000
"""Characters of one text; the longest show notes have fewer than a tenth."""

MAX_DEPTH = 200
"""Elements within each other; converters are recursive."""

_TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "div", "em", "figcaption", "h1", "h2", "h3", "h4", "h5",
    "h6", "hr", "i", "li", "ol", "p", "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_WITH_CONTENT = {
    "script",
    "style",
    "noscript",
    "template",
    "iframe",
    "object",
    "svg",
    "math",
    "form",
    "button",
}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def to_markdown(text: str) -> str:
    """The Markdown of an HTML text. Without paragraphs it gets them at its blank lines, as WordPress does.

    Pictures, frames, forms and scripts are dropped; links keep http, https and mailto addresses. Raises
    ValueError for a text that is too long or nested too deeply.
    """
    from markdownify import markdownify

    if len(text) > MAX_HTML:
        raise ValueError(f"has {len(text)} characters; {MAX_HTML} are read at most")
    if _depth(text) > MAX_DEPTH:
        raise ValueError("has elements nested too deeply")
    if not re.search(r"<(p|div|ul|ol|h[1-6]|blockquote|table)\b", text, re.IGNORECASE):
        text = _with_paragraphs(text)
    clean = nh3.clean(
        text,
        tags=_TAGS,
        clean_content_tags=_WITH_CONTENT,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    found = markdownify(clean, heading_style="ATX", bullets="-", strip=["img"])
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in found.splitlines())).strip()


def to_text(text: str) -> str:
    """The plain text of an HTML text, a line per paragraph."""
    broken = re.sub(r"<(?:br|/p|/div|/li|/h[1-6]|/tr)\b[^<>]*>", "\n", text[:MAX_HTML], flags=re.IGNORECASE)
    clean = html.unescape(nh3.clean(broken, tags=set(), clean_content_tags={"script", "style"}))
    lines = (" ".join(line.split()) for line in clean.splitlines())
    return re.sub(r"\n{2,}", "\n", "\n".join(lines)).strip()


def _depth(text: str) -> int:
    """The highest number of open elements, whether or not they are closed."""
    depth = highest = 0
    for closing, name in _TAG.findall(text):
        if name.lower() not in _VOID:
            depth = max(0, depth - 1) if closing else depth + 1
            highest = max(highest, depth)
    return highest


def _with_paragraphs(text: str) -> str:
    parts = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return "".join(f"<p>{part.strip().replace(chr(10), '<br>')}</p>" for part in parts if part.strip())
