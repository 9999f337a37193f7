"""Removes from text and URLs what XML, UTF-8 and browsers must not receive.

Catalogues, notes, names and the URLs in them may come from strangers.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

from publisher.bidi import neutralize

# Characters that XML 1.0 forbids, the control characters it discourages, and those that reorder text.
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u206a-\u206f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)

# Zero-width joiner and non-joiner (U+200C, U+200D) belong to the spelling of words and to emoji.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_DIRECTION_MARKS = "\u200e\u200f\u061c\u2066\u2067\u2068\u2069"
_NUMBERED = re.compile(
    r"(?:ep(?:isode|\.)?|épisode|folge|n[ro]\.?|n[º°]|№|#|الحلقة|قسط|قسمت)\s*:?\s*#?\s*\d+\b", re.IGNORECASE
)

_RESERVED = "%/?:@!$&'()*+,;=~"
_URI = re.compile(
    r"(?i)https?://(?:\[[0-9a-f:.]+\]|[a-z0-9._~%:@-]+)(?::[0-9]+)?(?:[/?#][A-Za-z0-9._~%/?#:@!$&'()*+,;=\[\]-]*)?"
)


def strip_illegal_xml(text: str) -> str:
    """`text` without characters illegal in XML and without direction overrides; line ends become ``\\n``."""
    # Far faster than the search for illegal characters, and enough for nearly every text.
    if text.isprintable() or text.replace("\n", "").isprintable():
        return text
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _ILLEGAL.sub("", text)


def single_line(text: str, max_length: int | None = None) -> str:
    """`text` on one line, at most `max_length` characters."""
    # The space is the only printable white space: most texts are one line already.
    is_line = text.isprintable() and "  " not in text and text == text.strip()
    words = text if is_line else neutralize(" ".join(strip_illegal_xml(text).split()))
    if max_length is None or len(words) <= max_length:
        return words
    return neutralize(words[: max_length - 1].rstrip() + "…")


def visible(text: str) -> str:
    """`text` without invisible characters, except the joiners that belong to the spelling of words.

    >>> visible("\u2067یک گفت\u200cوگو\u2069 \u200f\ufeff")
    'یک گفت\u200cوگو'
    """
    return text if text.isprintable() else _INVISIBLE.sub("", text).strip(" ")


def is_numbered(title: str) -> bool:
    """Whether a title begins with the episode's number, which directories expect in its own field.

    >>> is_numbered("Ep. 12: A talk"), is_numbered("12 Angry Men")
    (True, False)
    """
    return _NUMBERED.match(title.lstrip(_DIRECTION_MARKS + " ")) is not None


def safe_url(address: str | None) -> str | None:
    """An http(s) URL in ASCII (RFC 3987); None for any other address, such as ``javascript:``."""
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
