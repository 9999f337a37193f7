"""Reads XML that may be malformed or hostile, and the values of feeds as exporters really write them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from functools import lru_cache
from html.entities import html5
from io import BytesIO

from lxml import etree

from publisher.errors import UsageError
from publisher.model import Seconds

ITUNES, PODCAST, ATOM = "itunes", "podcast", "atom"
MAX_DEPTH = 60
"""Elements within each other; feeds have fewer than ten."""

MAX_ELEMENTS = 30_000
"""Elements of one item, and elements of the channel that are no items."""

_NAMESPACES = {
    "http://www.itunes.com/dtds/podcast-1.0.dtd": ITUNES,
    "https://podcastindex.org/namespace/1.0": PODCAST,
    "https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": PODCAST,
    "http://www.w3.org/2005/atom": ATOM,
    "http://purl.org/rss/1.0/modules/content": "content",
    "http://purl.org/dc/elements/1.1": "dc",
    "http://podlove.org/simple-chapters": "psc",
    "http://search.yahoo.com/mrss": "media",
    "http://www.google.com/schemas/play-podcasts/1.0": "googleplay",
    "http://purl.org/syndication/history/1.0": "fh",
}
"""The usual prefix of each namespace, by its address in lower case without a last slash."""

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&(#?\w{1,32};)?", re.DOTALL)
_XML_ENTITIES = ("lt;", "gt;", "amp;", "quot;", "apos;")
_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding=[\"']([A-Za-z0-9._-]{1,40})[\"']")


# XML


def items_and_channel(content: bytes, name: str) -> Iterator[etree._Element]:
    """Each item of a feed, which is freed afterwards, and at last its root with everything else.

    Raises UsageError for declared entities, too deep nesting and too many elements, XMLSyntaxError for
    malformed XML. Neither entities nor other files are ever read.
    """
    context = etree.iterparse(
        BytesIO(content),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    depth = in_item = others = 0
    for event, element in context:
        is_item = depth - (event == "end") <= 2 and _is_item(element)
        if event == "start":
            if depth == 0:
                refuse_entities(element, name)
            depth += 1
            in_item, others = (0 if is_item else in_item + 1), others + 1
            if depth > MAX_DEPTH or in_item > MAX_ELEMENTS or others > MAX_ELEMENTS * 2:
                what = "nested too deeply" if depth > MAX_DEPTH else f"more than {MAX_ELEMENTS} at once"
                raise UsageError(f"{name}:{element.sourceline}: its elements are {what}: this is no feed")
            continue
        depth -= 1
        if is_item:
            yield element
            others, in_item = others - in_item, 0
            _free(element)
        elif depth == 0:
            yield element


def _is_item(element: etree._Element) -> bool:
    return isinstance(element.tag, str) and etree.QName(element).localname == "item"


def _free(item: etree._Element) -> None:
    item.clear()
    before = item.getprevious()
    if before is not None and _is_item(before):
        item.getparent().remove(before)  # type: ignore[union-attr]


def refuse_entities(element: etree._Element, name: str) -> None:
    """Raises UsageError if the document declares entities: their text would be lost without a word."""
    dtd = element.getroottree().docinfo.internalDTD
    entities = dtd.iterentities() if dtd is not None else ()  # type: ignore[attr-defined]
    if any(True for _ in entities):
        raise UsageError(f"{name} declares entities, as feeds never do and attacks do: it is not read")


def repaired(content: bytes) -> bytes:
    """Malformed XML without the mistakes of exporters: in its encoding, characters and ampersands."""
    text = _NOT_XML.sub("", _decoded(content))
    start = text.find("<")
    text = re.sub(r"^<\?xml[^>]*\?>", "", text[max(0, start) :])
    return _REFERENCE.sub(_reference, text).encode()


def _decoded(content: bytes) -> str:
    declared = _ENCODING.match(content[:300])
    for encoding in (declared[1].decode() if declared else "utf-8", "utf-8"):
        try:
            return content.decode(encoding).removeprefix("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", "replace")


def _reference(match: re.Match[str]) -> str:
    """A reference that XML knows, the character of one that only HTML knows, or an escaped ampersand."""
    if match[0].startswith("<") or match[1] in _XML_ENTITIES:
        return match[0]
    if match[1] is None:
        return "&amp;"
    if match[1].startswith("#"):
        character = html.unescape(match[0])
        return "" if _NOT_XML.fullmatch(character) else html.escape(character)
    found = html5.get(match[1])
    return html.escape(found) if found else f"&amp;{match[1]}"


def prefixed(element: etree._Element) -> str:
    """The element's name with its usual prefix: ``podcast:person``, ``title``."""
    if not isinstance(element.tag, str):
        return ""
    name = etree.QName(element)
    if not name.namespace:
        return name.localname
    known = _NAMESPACES.get(name.namespace.lower().rstrip("/"))
    # Several exporters have the address of the podcast namespace wrong; many apps go by the prefix.
    prefix = known or (element.prefix or "").lower() or "?"
    return f"{prefix}:{name.localname}"


def text_of(element: etree._Element | None) -> str:
    """All text in an element, with the characters of entities that only HTML knows."""
    if element is None:
        return ""
    parts: list[str] = []
    for node in element.iter():
        if isinstance(node.tag, str):
            parts.append(node.text or "")
        elif node.tag is etree.Entity:
            parts.append(html.unescape(str(node.text or "")))
        if node is not element:
            parts.append(node.tail or "")
    return "".join(parts).strip()


# Values


_ZONES = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "IST": 5.5, "CET": 1, "MEZ": 1,
    "CEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "PKT": 5, "NPT": 5.75, "SGT": 8, "HKT": 8, "JST": 9,
    "KST": 9, "AWST": 8, "ACST": 9.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "EST": -5, "EDT": -4,
    "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "HST": -10, "BRT": -3,
    "ART": -3,
}  # fmt: skip
"""Hours ahead of UTC of the names of zones that RFC 2822 does not know."""

_CLOCK = re.compile(r"(?P<h>\d{1,2}):(?P<m>\d\d)(?::(?P<s>\d\d)(?:[.,]\d+)?)?\s*(?P<half>[AaPp][Mm])?")
_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d{1,2}):?(\d\d)?$")


def read_date(text: str, language: str = "en") -> tuple[datetime | None, str]:
    """(moment, note) of a date in any usual form; without a time zone it is read as UTC and noted."""
    text = " ".join(text.split())[:100]
    if not text:
        return None, ""
    for read in (_iso_date, _mail_date, _spelled_date):
        try:
            found = read(text, language)
        except (ValueError, OverflowError, TypeError):
            continue
        if found is not None and 1970 <= found.year <= 2200:
            if found.tzinfo is None:
                return found.replace(tzinfo=UTC), f"its date {text!r} has no time zone: it is read as UTC"
            return found, ""
    return None, f"its date {text!r} is not understood"


def _iso_date(text: str, language: str) -> datetime | None:
    if text.isdecimal() and 9 <= len(text) <= 10:
        return datetime.fromtimestamp(int(text), UTC)
    if not re.match(r"\d{4}-\d\d?-\d\d?(?!\d)", text):
        return None
    plain = re.sub(r"\s*(?:UTC|GMT|Z)$", "+00:00", text)
    return datetime.fromisoformat(re.sub(r"(?<=\d) (?=[+-]\d)", "", plain))


def _mail_date(text: str, language: str) -> datetime | None:
    """RFC 2822 with the liberties that the standard library takes."""
    found = parsedate_tz(text)
    if found is None or re.search(r"[ap]m\b", text, re.IGNORECASE) or found[3] > 23:
        return None
    moment = datetime(*found[:6])
    if (zone := _zone(text)) is not None:
        return moment.replace(tzinfo=zone)
    return moment if found[9] is None else moment.replace(tzinfo=timezone(timedelta(seconds=found[9])))


def _spelled_date(text: str, language: str) -> datetime | None:
    """Day, month by name in the feed's language, year; 24:00 and the clock of twelve hours."""
    months = _months(language.split("-")[0].lower()) | _months("en")
    words = re.findall(r"[^\W\d_]+|\d+", text.casefold())
    month = next((months[word] for word in words if word in months), None)
    numbers = re.findall(r"(?<![\d:+-])\d{1,4}(?![\d:])", text)
    year = next((int(number) for number in numbers if len(number) == 4), None)
    day = next((int(number) for number in numbers if len(number) <= 2), None)
    clock = _CLOCK.search(text)
    if not (month and year and day):
        return None
    hours = int(clock["h"]) if clock else 0
    if clock and clock["half"]:
        hours = hours % 12 + (12 if clock["half"].lower() == "pm" else 0)
    at = timedelta(
        hours=hours, minutes=int(clock["m"]) if clock else 0, seconds=int(clock["s"] or 0) if clock else 0
    )
    return datetime(year, month, day, tzinfo=_zone(text)) + at


def _zone(text: str) -> timezone | None:
    last = text.rpartition(" ")[2]
    if (hours := _ZONES.get(last.upper().strip("()"))) is not None:
        return timezone(timedelta(hours=hours))
    offset = _OFFSET.search(last)
    if offset is None or last == text:
        return None
    away = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
    return timezone(away if offset[1] == "+" else -away) if away < timedelta(hours=24) else None


@lru_cache(maxsize=8)
def _months(language: str) -> dict[str, int]:
    """The numbers of months by their names and short names, in lower case without a final dot."""
    from babel import Locale, UnknownLocaleError

    try:
        names = Locale(language).months
    except (UnknownLocaleError, ValueError):
        return {}
    found: dict[str, int] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            found |= {name.casefold().rstrip("."): number for number, name in names[context][width].items()}
    return found | {name[:3]: number for name, number in found.items() if len(name) > 3 and name.isascii()}


def read_length(text: str | None) -> int | None:
    """The bytes of an enclosure as declared; None if it is no plausible number of bytes."""
    plain = re.sub(r"[,.' \u00a0](?=\d{3}(?!\d))", "", (text or "").strip())
    return (
        int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 16 and int(plain) > 0 else None
    )


def read_number(text: str) -> int | None:
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 6 and int(plain) else None


def read_duration(text: str) -> Seconds | None:
    """Seconds of ``1:02:03``, ``62:03``, ``3723`` or ``3723.5``."""
    parts = text.strip().split(":")
    if not 1 <= len(parts) <= 3 or not all(
        re.fullmatch(r"\d{1,7}(\.\d{1,9})?", part, re.A) for part in parts
    ):
        return None
    seconds = 0.0
    for part in parts:
        seconds = seconds * 60 + float(part)
    return seconds or None


def read_seconds(text: str | None) -> Seconds | None:
    """Seconds as a decimal number, not negative."""
    plain = (text or "").strip()
    return float(plain) if re.fullmatch(r"\d{1,7}(\.\d{1,9})?", plain, re.ASCII) else None


def is_yes(text: str) -> bool:
    return text.strip().lower() in ("yes", "true", "explicit", "1")


def read_explicit(text: str) -> bool | None:
    """None for a value that says neither."""
    plain = text.strip().lower()
    return True if is_yes(plain) else False if plain in ("no", "false", "clean", "0") else None


def local_choice(text: str, choices: Iterable[str]) -> str | None:
    """The one of `choices` that is written, whatever its case."""
    return next((choice for choice in choices if choice == text.strip().lower()), None)


def without_isolates(text: str) -> str:
    """A text without the marks of direction that this publisher puts around mixed scripts."""
    return text.strip("\u2066\u2067\u2068\u2069")
