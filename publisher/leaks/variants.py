"""The ways in which a reader or a program can read one text.

Encodings and base64 are decoded, and markup is removed; words split by a hyphen, a time or Markdown
are joined; letters become their look-alikes; text reordered by control characters is put in order.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from urllib.parse import unquote

from publisher.leaks.normalize import shape, squeeze, without_ascii

LineMap = Callable[[int], int]
"""Maps a line of a text to a line of its source, both from 0."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A text to be searched.

    `line` maps its lines to those of the original. `is_whole` is False if characters were removed:
    adjacent digits may be apart in the original.
    """

    text: str
    line: LineMap = int
    is_whole: bool = True
    is_folded: bool = False


def variants(text: str, marked_up: bool, is_likely: Callable[[str], bool]) -> Iterator[Variant]:
    """`text` in every way a reader or a program can read it.

    With `marked_up` also with its markup, where a tag ends a word. Split words are joined only if
    `is_likely` returns True for the letters of the whole text without what separates them.
    """
    decoded = _decoded(text)
    if "%" in text and decoded != _unescaped(text):
        # What encodes nothing takes letters with it when it is decoded: a percent sign, an ampersand.
        yield Variant(text)
    bare = decoded
    if "<" in decoded:
        bare = _without_tags(decoded)
        yield from _with_tags_at_end(decoded, bare)
    if marked_up or "<" not in decoded:
        yield Variant(decoded)
    hidden = [(text.count("\n", 0, start), plain) for start, plain in _from_base64(text)]
    if hidden:
        lines = [line for line, plain in hidden for _ in range(plain.count("\n") + 1)]
        yield Variant("\n".join(plain for _, plain in hidden), lines.__getitem__)
    if "speaker" in decoded:
        bare = _without_tags(_SPEAKER.sub(_newlines, decoded))
    yield from _as_read(bare, is_likely)


def _as_read(text: str, is_likely: Callable[[str], bool]) -> Iterator[Variant]:
    """Text without markup as readers understand it: words joined, letters by shape, in display order."""
    if _SPLIT.search(text) and is_likely(squeeze(_without_cues(_unlinked(text)))):
        yield from _rewritten(text, _SPLIT, _joined)
    yield from _shaped(text)
    if _CONTROLS.search(without_ascii(text)):
        yield from _rewritten(text, _CONTROLS, _as_displayed)
    yield from _rewritten(text, _TYPED, partial(_as_typed, one="l"), partial(_as_typed, one="i"))


def _shaped(text: str, line: LineMap = int) -> Iterator[Variant]:
    """A text of several scripts with every letter replaced by its look-alike."""
    others = without_ascii(text)
    if _ALIEN.search(others):
        yield Variant(shape(text), line, is_folded=True)
    elif _LETTER.search(others):
        yield from _rewritten(text, _MIXED, shape, line=line)


# Places where a text reads differently than it is written

CONTEXT_LENGTH = 120
"""Characters searched around such a place: more than the length of a name."""

BARRIER = "\n" + "#" * 13 + "\n"
"""A separator that no pattern of a name matches."""


def _rewritten(
    text: str, place: re.Pattern[str], *rewrites: Callable[[str], str], line: LineMap = int
) -> Iterator[Variant]:
    """The surroundings of every `place` in `text`, rewritten in each way. A rewrite keeps the lines."""
    spans = tuple(_surroundings(text, place))
    if not spans:
        return
    for rewrite in rewrites:
        parts: list[str] = []
        lines: list[int] = []
        first = counted = 0
        for start, end in spans:
            first += text.count("\n", counted, start)
            counted = start
            parts.append(rewrite(text[start:end]))
            lines += range(first, first + parts[-1].count("\n") + BARRIER.count("\n"))
        yield Variant(BARRIER.join(parts), partial(_mapped, lines, line), is_whole=False)


def _mapped(lines: Sequence[int], line_of: LineMap, found: int) -> int:
    return line_of(lines[found])


def _surroundings(text: str, place: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """The parts of `text` around every `place`, from space to space; near places share one."""
    spans = [[0, -1]]
    for found in place.finditer(text):
        if found.start() > spans[-1][1] + 4 * CONTEXT_LENGTH:
            spans.append([found.start(), 0])
        spans[-1][1] = found.end()
    for first, last in spans:
        if last >= 0:
            yield _next_space(text, first - CONTEXT_LENGTH, -1), _next_space(text, last + CONTEXT_LENGTH, 1)


def _next_space(text: str, place: int, step: int) -> int:
    """The next space from `place`, within bounds: half a word must not match as a whole one."""
    last = place + step * CONTEXT_LENGTH
    while 0 < place < len(text) and place != last and not text[place].isspace():
        place += step
    return max(0, min(place, len(text)))


# Split words

_HYPHEN = "\\-\u00ad\u058a\u05be\u2010-\u2015\u2212\ufe63\uff0d"
_TIME = r"\d{1,3}(?::[0-5]?\d){1,2}(?:[.,]\d{1,3})?"
_SPELT = r"[ ._·\-][^\W\d_][ ._·\-][^\W\d_][ ._·\-]"
_SPLIT = re.compile(
    # Each alternative begins with a literal character: a megabyte is searched in milliseconds.
    rf"[{_HYPHEN}](?<=[^\W\d_].)(?=\s*[^\W\d_])|:(?<=\d.)(?=\d)|\\[nrt]"
    rf"|[*`~^](?=\w)|\](?=[(\[])|#(?=[^\W\d_]{{2}})|{_SPELT}"
)
"""Anything that can split a name, or a word of it."""

_ESCAPE = re.compile(r"\\[nrt]")
_LINK = re.compile(r"\[([^\[\]\n]{0,200})\](?:\([^()\n]{0,500}\)|\[[^\[\]\n]{0,200}\])")
_EMPHASIS = re.compile(r"[*`~^]+(?=\w)")
_TIMES = re.compile(rf"(?<![\w:.])[(\[]?{_TIME}(?:\s*-->\s*{_TIME}[^\n]*)?[)\]]?(?![\w:])")
_NAME_OF_CUE = re.compile(rf"(?:(?<=\n\n)[^\n]*|(?<=\n)[ \t]*\d+[ \t]*)(?=\n[ \t]*{_TIME}[ \t]*-->)")
_COMMENT = re.compile(r"(?<=\n\n)(?:NOTE|STYLE|REGION)\b[^\n]*(?:\n[^\n]+)*")
_BROKEN = re.compile(rf"(?:[{_HYPHEN}](?<=[^\W\d_].)\s*(?=[^\W\d_])[^\s{_HYPHEN}]+)+")
_SPACED = re.compile(r"(?<![^\W_])[^\W\d_](?:[ ._·\-\n]{1,3}[^\W\d_](?![^\W_])){2,}")
_HASHTAG = re.compile(r"#[^\W\d_]\w+")
_INNER = re.compile(rf"[{_HYPHEN}]\s*")


def _unlinked(text: str) -> str:
    return _LINK.sub(r"\1", _ESCAPE.sub(" ", text))


def _without_cues(text: str) -> str:
    """A transcript without the names and times of its cues and without comments; any other text as it is."""
    if "-->" not in text:
        return text
    text = _NAME_OF_CUE.sub("", _COMMENT.sub(_newlines, text.replace("\r\n", "\n")))
    return _TIMES.sub(_newlines, text)


def _joined(text: str) -> str:
    """`text` without what splits words: hyphens, times, marks of Markdown."""
    text = _without_cues(_unlinked(text.replace("\r\n", "\n")))
    if ":" in text:
        text = _TIMES.sub(_newlines, text)
    text = _EMPHASIS.sub("", text)
    text = _BROKEN.sub(lambda found: _INNER.sub("", found[0]) + _newlines(found), text)
    if re.search(_SPELT, text):
        text = _SPACED.sub(lambda found: squeeze(found[0]) + _newlines(found), text)
    return _HASHTAG.sub(_words_of_hashtag, text)


def _words_of_hashtag(found: re.Match[str]) -> str:
    return "".join(f" {sign}" if sign.isupper() or sign.isdigit() else sign for sign in found[0])


def _newlines(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


# Look-alikes

_LETTERS = (
    "\u00a2\u00a5\u00d7\u0196\u0197\u017f\u0250-\u02ff\u0370-\u1dff"
    "\u2070\u20a0-\u20bf\u2100-\u218f\u2200-\u2bff\u2c60-\u2dff\u3007"
    "\ua4d0-\uabff\ufb1d-\ufdff\ufe70-\ufefc\uff21-\uff5a"
    "\U00010180-\U0001d7ff\U0001e800-\U0001eeff\U0001f700-\U0001f7ff\U0001fbf0-\U0001fbf9"
)
_LETTER = re.compile(rf"[{_LETTERS}]")
_MIXED = re.compile(rf"[{_LETTERS}](?:(?<=[a-zA-Z].)|(?=[a-zA-Z]))")
"""A letter of another script, or a symbol like one, beside a Latin letter."""

_ALIEN = re.compile(
    "[\u0370-\u03ff\u13a0-\u167f\u1f00-\u1fff\u2c80-\u2cff\ua4d0-\ua4ff\uab70-\uabbf\U00010280-\U0001d7ff]"
)
"""A letter of Greek or of a rare script: the whole text may be written with look-alikes."""

_TYPED = re.compile(
    r"[01I](?<=[^\W\d_].)(?=[^\W\d_A-Z]{2})|[01](?<![\w.].)(?=[^\W\d_]{3})"
    r"|0(?<=[^\W\d_][^\W\d_].)(?!\w)|l(?<!\w.)(?=[b-df-hj-np-tv-xz])"
)
"""A digit or letter that replaces another letter in a word: K0valev, VIadimir, lvan."""

_IN_WORD = re.compile(r"(?<=[^\W_])[01I](?=[^\W_])|(?<![\w.])[01](?=[^\W\d_]{3})|(?<=[^\W\d_]{2})0(?!\w)")
_FIRST = re.compile(r"(?<!\w)l(?=[b-df-hj-np-tv-xz])")


def _as_typed(text: str, one: str) -> str:
    """`text` with the letter o for 0, `one` for 1 and l for capital I in words."""
    letters = {"0": "o", "1": one, "I": "l"}
    return _IN_WORD.sub(lambda found: letters[found[0]], _FIRST.sub("i", text))


# Text that control characters reorder, and text in invisible characters

_CONTROLS = re.compile("[\u202d\u202e\U000e0020-\U000e007e]")
_TAGS = {code: code - 0xE0000 for code in range(0xE0020, 0xE007F)}
_MAX_DEPTH = 125
"""Levels of embedding; a control that opens another level has no effect (Unicode Standard Annex #9)."""

_OVERRIDES, _OPENING, _CLOSING = "\u202d\u202e", "\u202a\u202b\u2066\u2067\u2068", "\u202c\u2069"


def _as_displayed(text: str) -> str:
    return "\n".join(map(_reordered, text.translate(_TAGS).split("\n")))


def _reordered(line: str) -> str:
    """A line with the text in overrides reversed; an override that is not closed ends with the line."""
    levels: list[tuple[bool, list[str]]] = [(False, [])]

    def close() -> None:
        is_reversed, parts = levels.pop()
        levels[-1][1].append("".join(reversed(parts) if is_reversed else parts))

    for letter in line:
        if letter in _OVERRIDES or letter in _OPENING:
            if len(levels) <= _MAX_DEPTH:
                levels.append((letter in _OVERRIDES, []))
        elif letter not in _CLOSING:
            levels[-1][1].append(letter)
        elif len(levels) > 1:
            close()
    while len(levels) > 1:
        close()
    return "".join(levels[0][1])


# Markup and encodings

_TAG = re.compile(r"<[^<>]{0,2000}>")
_SHORT_TAG = re.compile(r"<[^<>\n]{0,2000}>")
_SPEAKER = re.compile(r'<p class="speaker">.{0,400}?</p>', re.DOTALL)
_PERCENT = re.compile("%[0-9a-fA-F]{2}")
_ESCAPED = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{12,4096}={0,2}(?![A-Za-z0-9+/_=-])")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def _without_tags(text: str) -> str:
    """`text` without its tags; lines keep their numbers."""
    return _TAG.sub(_newlines, _SHORT_TAG.sub("", text))


def _with_tags_at_end(decoded: str, bare: str) -> Iterator[Variant]:
    """The `bare` text followed by the tags of `decoded`, one on each line."""
    first = bare.count("\n") + 1
    found = _TAG.findall(decoded)
    tags = "\n".join(found)
    if tags.count("\n") >= len(found):
        tags = "\n".join(tag.replace("\n", " ") for tag in found)
    yield Variant(
        f"{bare}\n{tags}", lambda line: line if line < first else _line_of_tag(decoded, line - first)
    )
    yield from _shaped(tags, partial(_line_of_tag, decoded))


def _line_of_tag(decoded: str, number: int) -> int:
    tag = next(islice(_TAG.finditer(decoded), number, None), None)
    return decoded.count("\n", 0, tag.start()) if tag is not None else 0


def _unescaped(text: str) -> str:
    """`text` without the escapes of HTML that templates write: these are decoded without a loss."""
    for written, meant in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        text = text.replace(written, meant)
    return text


def _decoded(text: str) -> str:
    if "&" in text:
        text = html.unescape(text)
        text = html.unescape(text) if "&" in text else text
    if _PERCENT.search(text):
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


_BASE64_BYTES = bytes(ord("a") if re.match("[A-Za-z0-9+/_-]", chr(code)) else 32 for code in range(256))


def _from_base64(text: str) -> Iterator[tuple[int, str]]:
    """The texts in base64, each with its place."""
    for start in _long_words(text):
        found = _BASE64.match(text, start)
        plain = _from_base64_word(found[0]) if found is not None else None
        if plain is not None:
            yield start, plain


def _long_words(text: str) -> Iterator[int]:
    """The places where 12 or more characters of base64 begin. Eight times as fast as a regular expression."""
    shape = text.encode("ascii", "replace").translate(_BASE64_BYTES)
    start = shape.find(b"a" * 12)
    while start >= 0:
        yield start
        end = shape.find(b" ", start)
        start = shape.find(b"a" * 12, end) if end >= 0 else -1


# Most words are in many documents: paths and the names of styles.
@lru_cache(maxsize=4096)
def _from_base64_word(word: str) -> str | None:
    word = word.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        plain = base64.b64decode(word + "=" * (-len(word) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return plain if plain.isprintable() else None
