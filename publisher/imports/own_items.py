"""Takes the producer's own texts out of an item that this publisher wrote: the rest is made anew from values.

The show notes of `templates/feed/notes.html` list people, chapters and links with the element bdi, which
Markdown never yields.
"""

from __future__ import annotations

import re
from dataclasses import replace

from publisher.imports.markup import to_text
from publisher.imports.model import ImportedLink, ImportedPerson

_BLOCK = re.compile(r"<(p|ul) dir=\"(?:ltr|rtl)\" lang=\"[A-Za-z0-9-]+\">(.*?)</\1>\s*", re.DOTALL)
_PERSON = re.compile(r"<bdi>([^<]*)</bdi>(?:</a>)?(?: \(<bdi>([^<]*)</bdi>\))?")
_LINK = re.compile(r"<li><a href=\"([^\"]*)\"><bdi>(.*?)</bdi></a></li>", re.DOTALL)

Own = tuple[str, str, tuple[ImportedPerson, ...], tuple[ImportedLink, ...]]


def read_own(body: str, description: str, page: str, people: tuple[ImportedPerson, ...]) -> Own | None:
    """(HTML of the notes, summary, people with titles, links) of an own item; None for another one."""
    blocks = list(_BLOCK.finditer(body))
    if not blocks or not blocks[-1][2].startswith(f'<a href="{page}">') or body[blocks[-1].end() :].strip():
        return None
    parts = description.split("\n\n")
    summary = "\n\n".join(parts[: _ending(parts, page, people)])
    kept, links, at = "", list[ImportedLink](), 0
    titles: dict[str, str] = {}
    paragraphs = {" ".join(part.split()) for part in summary.split("\n\n")}
    for number, block in enumerate(blocks):
        following = blocks[number + 1] if number + 1 < len(blocks) else None
        is_label = following is not None and following[1] == "ul" and "<bdi>" in following[2]
        is_made = "<bdi>" in block[2] or is_label or block is blocks[-1] or _is_video(block[2])
        is_summary = " ".join(to_text(block[2]).split()) in paragraphs
        kept += body[at : block.start()] + ("" if is_made or is_summary else block[0])
        at = block.end()
        if block[1] == "p" and "<bdi>" in block[2]:
            titles |= {to_text(name): to_text(title) for name, title in _PERSON.findall(block[2]) if title}
        links += [ImportedLink(to_text(title), to_text(url)) for url, title in _LINK.findall(block[2])]
    titled = tuple(replace(one, title=one.title or titles.get(one.name)) for one in people)
    # Times in the notes are links to the page; in notes.md a time in brackets suffices.
    seek = re.compile(rf"<a href=\"{re.escape(page)}#t=[\d:.]+\"[^>]*>([\d:.]+)</a>")
    return seek.sub(r"[\1]", kept).strip(), to_text(summary), titled, tuple(links)


def _is_video(content: str) -> bool:
    return content.startswith('<a href="https://www.youtube.com/watch?v=')


def _ending(parts: list[str], page: str, people: tuple[ImportedPerson, ...]) -> int:
    """Where the summary ends: at the list of people, else at the address of the page."""
    end = parts.index(page) if page in parts else len(parts)
    names = {one.name for one in people}
    if end and names and all(line.partition(" (")[0] in names for line in parts[end - 1].splitlines()):
        return end - 1
    return end
