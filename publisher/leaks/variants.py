"""The texts that a reader, or a program, may make of one text: without markup, decoded."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

_TAG = re.compile(r"<[^<>]{0,2000}>")
_ESCAPED = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{12,4096}={0,2}(?![A-Za-z0-9+/_=-])")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def views(text: str, marked_up: bool) -> Iterator[str]:
    """The text as a reader decodes it, without the markup that splits words, and what base64 hides.

    With `marked_up` also as it was with the markup in it, where a tag ends a word.
    """
    decoded = _decoded(text)
    if "%" in text and decoded != text:
        # A lone percent sign swallows two letters when it is decoded.
        yield text
    if "<" not in decoded:
        yield decoded
    else:
        yield _TAG.sub("", decoded) + "\n" + " ".join(_TAG.findall(decoded))
        if marked_up:
            yield decoded
    hidden = " ".join(_from_base64(text))
    if hidden:
        yield hidden


def _decoded(text: str) -> str:
    if "&" in text:
        text = html.unescape(text)
        text = html.unescape(text) if "&" in text else text
    if "%" in text:
        text = unquote(text, errors="replace")
    if "\\u" in text or "\\x" in text:
        text = _ESCAPED.sub(lambda found: _character(found[1] or found[2] or found[3]), text)
        text = _SURROGATES.sub(
            lambda found: found[0].encode("utf-16", "surrogatepass").decode("utf-16"), text
        )
    return text


def _character(digits: str) -> str:
    code = int(digits, 16)
    return chr(code) if code <= 0x10FFFF else ""


def _from_base64(text: str) -> Iterator[str]:
    for found in _BASE64.finditer(text):
        word = found[0].rstrip("=").replace("-", "+").replace("_", "/")
        try:
            plain = base64.b64decode(word + "=" * (-len(word) % 4), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        if plain.isprintable():
            yield plain
