"""Plain text made fit for a document: what XML and UTF-8 cannot hold is gone.

Catalogues, notes and names are hostile; so are the addresses in them.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

from publisher.bidi import neutralize

# What XML 1.0 does not allow, the control characters it advises against, and those that reorder text.
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u206a-\u206f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)

_DIRECTION_MARKS = "\u200e\u200f\u061c\u2066\u2067\u2068\u2069"
_NUMBERED = re.compile(
    r"(?:ep(?:isode|\.)?|épisode|folge|n[ro]\.?|n[º°]|№|#|الحلقة|قسط|قسمت)\s*:?\s*#?\s*\d+\b", re.IGNORECASE
)

_RESERVED = "%/?:@!$&'()*+,;=~"
_URI = re.compile(
    r"(?i)https?://(?:\[[0-9a-f:.]+\]|[a-z0-9._~%:@-]+)(?::[0-9]+)?(?:[/?#][A-Za-z0-9._~%/?#:@!$&'()*+,;=\[\]-]*)?"
)


def strip_illegal_xml(text: str) -> str:
    """`text` without what XML cannot hold and without overrides of direction, its lines ended by ``\\n``."""
    # Far quicker than looking for what is illegal, and it settles nearly every text.
    if text.isprintable() or text.replace("\n", "").isprintable():
        return text
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _ILLEGAL.sub("", text)


def single_line(text: str, longest: int | None = None) -> str:
    """`text` on one line, at most `longest` characters."""
    # Of white space only the space is printable: most texts stand on one line as they are.
    is_line = text.isprintable() and "  " not in text and text == text.strip()
    words = text if is_line else neutralize(" ".join(strip_illegal_xml(text).split()))
    if longest is None or len(words) <= longest:
        return words
    return neutralize(words[: longest - 1].rstrip() + "…")


def is_numbered(title: str) -> bool:
    """Whether a title begins with the episode's number, which directories want in its own field.

    >>> is_numbered("Ep. 12: A talk"), is_numbered("12 Angry Men")
    (True, False)
    """
    return _NUMBERED.match(title.lstrip(_DIRECTION_MARKS + " ")) is not None


def safe_url(address: str | None) -> str | None:
    """An address that a browser may open, in ASCII (RFC 3987); None for any other, such as a script's."""
    if not address or not address.lower().startswith(("https://", "http://")):
        return None
    if _URI.fullmatch(address):
        return address
    try:
        parts = urlsplit(strip_illegal_xml(address).strip())
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode("ascii")
    except ValueError:
        return None
    path, query, fragment = (quote(part, safe=_RESERVED) for part in parts[2:])
    encoded = urlunsplit((parts.scheme, host, path, query, fragment))
    return encoded if _URI.fullmatch(encoded) else None
