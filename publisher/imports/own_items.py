"""Takes the producer's own texts out of an item that this publisher wrote: the rest is made anew from values.

The show notes of `templates/feed/notes.html` list people, chapters and links with the element bdi, which
Markdown never yields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from publisher.imports.markup import to_text
from publisher.imports.model import ImportedLink, ImportedPerson

_OPENING = re.compile(r"<(p|ul) dir=\"(?:ltr|rtl)\" lang=\"([A-Za-z0-9-]{1,40})\">")
_PERSON = re.compile(r"<bdi>([^<]*)</bdi>(?:</a>)?(?: \(<bdi>([^<]*)</bdi>\))?")
_LINK = re.compile(r"<li><a href=\"([^\"]*)\"><bdi>([^<]*)</bdi></a></li>")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or a list that the template wrote, with its place in the text."""

    name: str
    language: str
    content: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class OwnTexts:
    """The producer's own texts: HTML of the notes, plain summary, people with their titles, links."""

    notes: str
    summary: str
    people: tuple[ImportedPerson, ...]
    links: tuple[ImportedLink, ...]
    language: str


def read_own(body: str, description: str, page: str, people: tuple[ImportedPerson, ...]) -> OwnTexts | None:
    """The texts of an item of this publisher; None for another one."""
    blocks = list(_blocks(body))
    if (
        not blocks
        or not blocks[-1].content.startswith(f'<a href="{page}">')
        or body[blocks[-1].end :].strip()
    ):
        return None
    summary = _summary(blocks, description, page, people)
    paragraphs = {_folded(part) for part in summary.split("\n")} - {""}
    kept, at, links = "", 0, list[ImportedLink]()
    named: dict[str, str] = {}
    """The titles of all people, some empty: sources are named here only, as they do not speak."""
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        is_summary = _folded(to_text(block.content)) in paragraphs
        kept += body[at : block.start]
        kept += "" if is_summary or _is_made(block, following) else body[block.start : block.end]
        at = block.end
        if block.name == "p" and "<bdi>" in block.content:
            named |= {to_text(name): to_text(title) for name, title in _PERSON.findall(block.content)}
        links += [ImportedLink(to_text(title), to_text(url)) for url, title in _LINK.findall(block.content)]
    titled = [replace(one, title=one.title or named.pop(one.name, None) or None) for one in people]
    titled += [ImportedPerson(name, "source", title or None) for name, title in named.items()]
    # Times in the notes are links to the page; in notes.md a time in brackets suffices.
    seek = re.compile(
        rf"<a [^<>]{{0,100}}?href=\"{re.escape(page)}#t=[\d:.]{{1,12}}\"[^<>]{{0,100}}>([\d:.]+)</a>"
    )
    notes = seek.sub(r"[\1]", kept).strip()
    return OwnTexts(notes, summary, tuple(titled), tuple(links), blocks[-1].language)


def _blocks(body: str) -> Iterator[Block]:
    """The blocks in order; the search ends at one that is not closed."""
    at = 0
    while (opening := _OPENING.search(body, at)) is not None:
        closing = body.find(f"</{opening[1]}>", opening.end())
        if closing < 0:
            return
        at = closing + len(opening[1]) + 3
        while at < len(body) and body[at].isspace():
            at += 1
        yield Block(opening[1], opening[2], body[opening.end() : closing], opening.start(), at)


def _is_made(block: Block, following: Block | None) -> bool:
    """Whether a block is a list of people, chapters or links, the label of one, or the link to the page."""
    is_label = following is not None and following.name == "ul" and "<bdi>" in following.content
    is_video = block.content.startswith('<a href="https://www.youtube.com/watch?v=')
    return "<bdi>" in block.content or is_label or following is None or is_video


def _summary(blocks: Sequence[Block], description: str, page: str, people: tuple[ImportedPerson, ...]) -> str:
    """The summary of the description; "" if that begins with something else for want of a summary."""
    parts = description.split("\n\n")
    end = parts.index(page) if page in parts else len(parts)
    names = {one.name for one in people}
    if (
        end
        and names
        and all(to_text(line).partition(" (")[0] in names for line in parts[end - 1].splitlines())
    ):
        end -= 1
    summary = to_text("\n\n".join(parts[:end]))
    first = summary.partition("\n")[0]
    return summary if _folded(to_text(blocks[0].content)) == _folded(first) else ""


def _folded(text: str) -> str:
    return " ".join(text.split())
