"""One form for all ways to write the same letters, and the text that lies inside encodings.

Folding goes beyond Unicode's own: case, compatibility forms, marks, joiners and look-alike letters
of other scripts all become one, and so do the variants of Arabic letters that keyboards of
different languages give. It is made for finding, never for showing.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

# What one letter is called in another language's keyboard, or looks like in another script.
_SAME = {
    "يىېۍئےﻯ": "ی",
    "كڪ": "ک",
    "ةهھہۀۂۃە": "ه",
    "أإآٱ": "ا",
    "ؤ": "و",
    "ـ": "",
    "аΑα": "a",
    "ВβΒ": "b",
    "сϲ": "c",
    "ԁ": "d",
    "еεЕΕ": "e",
    "ɡ": "g",
    "һΗ": "h",
    "іΙιıӏ": "i",
    "јϳ": "j",
    "кκК": "k",
    "ł": "l",
    "мΜ": "m",
    "Ν": "n",
    "оοσОΟøօ": "o",
    "рρР": "p",
    "ԛ": "q",
    "ѕ": "s",
    "тτТ": "t",
    "υս": "u",
    "ѵν": "v",
    "ѡω": "w",
    "хχХ": "x",
    "уγУ": "y",
    "ζ": "z",
    "đð": "d",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
}
_FOLDED = {letter: folded for letters, folded in _SAME.items() for letter in letters}


class _Table(dict[int, str]):
    """Each code point's folded form, worked out once."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_letter(chr(code))
        return folded


def _fold_letter(letter: str) -> str:
    if letter in _FOLDED:
        return _FOLDED[letter]
    parts = unicodedata.normalize("NFKD", letter.casefold())
    return "".join(_FOLDED.get(part, _fold_part(part)) for part in parts)


def _fold_part(part: str) -> str:
    kind = unicodedata.category(part)
    if unicodedata.combining(part) or kind == "Cf" or part == "\u034f":
        return ""
    if kind == "Nd":
        return str(unicodedata.digit(part))
    return part.casefold()


_TABLE = _Table()


def fold(text: str) -> str:
    """The form of `text` in which all ways of writing it are the same."""
    # Almost every document has far more ASCII in it than letters of other scripts.
    return text.lower() if text.isascii() else text.translate(_TABLE)


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
