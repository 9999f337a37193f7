"""Recognises texts that were meant to be replaced: those of a new catalogue, TODO, lorem ipsum, example.org.

The reserved domains are those of RFC 2606 and RFC 6761.
"""

from __future__ import annotations

import inspect
import re

from publisher.catalogue.fields import quoted
from publisher.catalogue.starter import starter

PROSE_KEYS = frozenset({"description", "summary", "bio"})
"""Keys of whole sentences, where an instruction is a placeholder; a title may be one."""

_TEMPLATE_TEXTS = frozenset(
    (
        "My talk series",
        "First Guest",
        "their current title",
        "A first talk",
        "A sentence or two about the talk.",
        *(str(given.default) for given in inspect.signature(starter).parameters.values()),
    )
) - {"en", "UTC"}

_MARKS = "TODO|FIXME|TBD|XXX"
_PLACEHOLDER = re.compile(
    rf"^\W*(?:{_MARKS})\W*$|\b(?:{_MARKS}):|[\[(<{{]\s*(?:{_MARKS})\b|^(?:{_MARKS})\s+[a-z]"
    r"|(?i:\blorem ipsum\b|^untitled$|\b(?:goes|comes|belongs) here\W*$)|^[\s.…]*…[\s.…]*$|^\s*\.{3,}\s*$"
)
_INSTRUCTION = re.compile(
    r"(?i)^\W*(?:(?:describe|insert)\b(?!.*\?).*|(?:write|enter|your) (?:\w+ )?here\b.*)"
)
_EXAMPLE_ADDRESS = re.compile(
    r"(?i)(?:^|[\s/@(<\"'.])((?:[\w-]+\.)*example\.(?:com|net|org|edu))(?![\w-]|\.\w)"
    r"|(?:://|@)((?:[\w-]+\.)*[\w-]+\.(?:example|test|invalid)|localhost|127\.0\.0\.1)(?![\w-]|\.\w)"
)


def describe_placeholder(text: str, key: str) -> str | None:
    """The hint for a text of the catalogue or a line of notes; None if it is no placeholder."""
    if text.strip() in _TEMPLATE_TEXTS and not _EXAMPLE_ADDRESS.search(text):
        return f"{quoted(text.strip())} is the text of a new catalogue; write your own"
    found = _PLACEHOLDER.search(text) or (_INSTRUCTION.match(text) if key in PROSE_KEYS else None)
    if found:
        return f"{quoted(found[0].strip())} is a placeholder; write the text, or delete it"
    if found := _EXAMPLE_ADDRESS.search(text):
        return f"{found[1] or found[2]} is an address for examples, which reaches nobody; write your own"
    return None
