"""Changes elements in the text of a TOML list; the other elements and all comments stay as written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from publisher.catalogue.toml_positions import member_spans

Element = tuple[int | None, str | None]
"""An element of the new list: the index of an old element or None, and its new text, or None to keep it."""

MAX_LINE = 100
"""Characters of a list on one line."""

_COMMA = re.compile(r"(?:[ \t\n]|#[^\n]*\n)*,[ \t]*(?:#[^\n]*)?")
_COMMENT = re.compile(r"[ \t]*#[^\n]*")


@dataclass(frozen=True, slots=True)
class _Written:
    """An element as written: `gap` is the text above it, `rest` its comma and the comment on its line."""

    gap: str
    text: str
    rest: str
    has_comma: bool


def changed_list(text: str, elements: Sequence[Element], *, one_per_line: bool) -> str:
    """The text of a list, from its ``[`` to its ``]``, with these elements.

    A list on one line stays on one line while it is short. `one_per_line`: it gets a line for each
    element as soon as it has a second one.
    """
    written, closing = _split(text)
    if "\n" in closing or any("\n" in found.gap + found.rest for found in written):
        return _block(written, elements, closing)
    texts = [_text(written, element) for element in elements]
    line = ", ".join(texts)
    is_grown = one_per_line and len(texts) > 1 and len(written) < 2
    if is_grown or (len(line) > MAX_LINE and len(texts) > 1):
        return block(texts)
    pad = " " if text.startswith("[ ") else ""
    return f"[{pad}{line}{pad}]"


def block(texts: Iterable[str]) -> str:
    """A list with one element per line."""
    return "[\n" + "".join(f"  {text},\n" for text in texts) + "]"


def _text(written: Sequence[_Written], element: Element) -> str:
    index, text = element
    return written[index or 0].text if text is None else text


def _split(text: str) -> tuple[list[_Written], str]:
    """The elements of a list's text, and the text above its closing bracket."""
    found: list[_Written] = []
    offset = 1
    for start, end in member_spans(text, 0):
        comma = _COMMA.match(text, end)
        rest = comma or _COMMENT.match(text, end)
        stop = rest.end() if rest else end
        found.append(_Written(text[offset:start], text[start:end], text[end:stop], comma is not None))
        offset = stop
    return found, text[offset:-1]


def _block(written: Sequence[_Written], elements: Sequence[Element], closing: str) -> str:
    """A list of several lines: the removed elements leave the comments above them to the next one."""
    has_last_comma = written[-1].has_comma if written else True
    result: list[_Written] = []
    left, position = "", 0
    for index, text in elements:
        if index is None:
            result.append(_Written(_new_gap(written), text or "", ",", True))
            continue
        for removed in written[position:index]:
            left = _joined_gap(left, removed.gap)
        kept = written[index]
        result.append(
            replace(kept, gap=_joined_gap(left, kept.gap), text=kept.text if text is None else text)
        )
        left, position = "", index + 1
    for removed in written[position:]:
        left = _joined_gap(left, removed.gap)
    end = _joined_gap(left, closing) if "#" in left else closing
    *most, last = [*map(_with_comma, result)]
    if not has_last_comma:
        last = replace(last, rest=last.rest.replace(",", "", 1))
    return "[" + "".join(found.gap + found.text + found.rest for found in (*most, last)) + end + "]"


def _joined_gap(removed: str, gap: str) -> str:
    """The text above an element, with the comments that were above the removed ones."""
    if "#" in removed:
        return removed.rstrip() + (gap if "\n" in gap else "\n  ")
    return removed if "\n" in removed and "\n" not in gap else gap


def _with_comma(found: _Written) -> _Written:
    return found if found.has_comma else replace(found, rest=f",{found.rest}", has_comma=True)


def _new_gap(written: Sequence[_Written]) -> str:
    """The line end and the indentation of the elements."""
    gaps = (re.search(r"\n[ \t]*$", found.gap) for found in written)
    return next((gap[0] for gap in gaps if gap), "\n  ")
