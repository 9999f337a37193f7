"""Plain text made fit for a document: what XML and UTF-8 cannot hold is gone.

Catalogues, notes and names are hostile; so are the addresses in them.
"""

from __future__ import annotations

import re

# What XML 1.0 does not allow, and the control characters it advises against.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def legal(text: str) -> str:
    """`text` without what XML cannot hold, its lines ended by ``\\n``."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _ILLEGAL.sub("", text)


def line(text: str, longest: int | None = None) -> str:
    """`text` on one line, at most `longest` characters."""
    words = " ".join(legal(text).split())
    if longest is None or len(words) <= longest:
        return words
    return words[: longest - 1].rstrip() + "…"


def web(address: str | None) -> str | None:
    """An address that a browser may open; None for any other, such as a script's."""
    return legal(address) if address and address.lower().startswith(("https://", "http://")) else None
