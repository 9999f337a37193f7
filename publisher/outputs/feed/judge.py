"""The feed's own judge: reads a feed document again, with another parser than wrote it.

What it finds keeps a feed from being put in place. It knows no catalogue: the document must
stand on its own, as it does for every app. `rules` holds what is asked of each element.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from itertools import pairwise
from xml.etree.ElementTree import Element, ParseError, fromstring, iterparse

from publisher.outputs.feed import itunes, podcasting, podlove, rss
from publisher.outputs.feed.rules import DATE, RULES, Rule

PREFIXES = {
    itunes.NAMESPACE: "itunes",
    podcasting.NAMESPACE: "podcast",
    podlove.NAMESPACE: "psc",
    rss.ATOM: "atom",
    rss.HISTORY: "fh",
    rss.CONTENT: "content",
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
URIS = {prefix: uri for uri, prefix in PREFIXES.items()}

Problems = Iterator[str]


def judge(xml: bytes) -> tuple[str, ...]:
    """Everything that is wrong with a feed document; nothing when it may be published.

    Each problem says where: ``item "Title": enclosure: …``.
    """
    try:
        root = fromstring(xml)
    except ParseError as error:
        return (f"not well-formed XML: {error}",)
    channel = root.find("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or channel is None:
        return ("not an RSS 2.0 document",)
    found = [*_wrong_namespaces(_prefixes(xml))]
    _add_wrong_within(channel, "channel", "channel", found)
    for rule in OF_CHANNEL:
        found += [f"channel: {problem}" for problem in rule(channel)]
    for item in channel.iter("item"):
        for rule_of_item in OF_ITEM:
            found += [f"{_place(item)}: {problem}" for problem in rule_of_item(item)]
    return tuple(dict.fromkeys(found))


def advise(xml: bytes) -> tuple[str, ...]:
    """What directories and apps ask for beyond what `judge` demands; such a feed is published."""
    channel = fromstring(xml).find("channel")
    return () if channel is None else tuple(advice for rule in ADVICE for advice in rule(channel))


def _prefixes(xml: bytes) -> dict[str, str]:
    """The URI of each prefix that the document's first element declares."""
    prefixes: dict[str, str] = {}
    for event, declared in iterparse(io.BytesIO(xml), events=("start-ns", "start")):
        if event == "start":
            break
        prefix, uri = declared
        prefixes[prefix] = uri
    return prefixes


def _wrong_namespaces(prefixes: dict[str, str]) -> Problems:
    for prefix, uri in prefixes.items():
        if prefix in URIS and URIS[prefix] != uri:
            yield f'the namespace of {prefix}: must be "{URIS[prefix]}", not "{uri}"'


def name_of(element: Element) -> str:
    """An element's name with the usual prefix of its namespace: ``podcast:person``."""
    return _prefixed(element.tag)


@cache
def _prefixed(tag: str) -> str:
    uri, _, name = tag.rpartition("}")
    return f"{PREFIXES.get(uri[1:], uri)}:{name}" if uri else name


def _place(item: Element) -> str:
    return f'item "{item.findtext("title") or item.findtext("guid") or "without a title"}"'


def _add_wrong_within(parent: Element, name: str, place: str, found: list[str]) -> None:
    counts: dict[str, int] = {}
    for child in parent:
        child_name = _prefixed(child.tag)
        counts[child_name] = counts.get(child_name, 0) + 1
        rule = RULES.get(child_name)
        if rule is not None:
            found += [f"{place}: {child_name}: {problem}" for problem in _wrong_in(child, rule)]
        if len(child):
            _add_wrong_within(child, child_name, _place(child) if child_name == "item" else place, found)
    for required, least, most in COUNTS.get(name, ()):
        count = counts.get(required, 0)
        if count < least:
            found.append(f"{place}: {required}: is missing")
        elif most is not None and count > most:
            found.append(f"{place}: {required}: stands {count} times, may stand {most} time")


def _wrong_in(element: Element, rule: Rule) -> Problems:
    text = (element.text or "") if rule.text or rule.longest or rule.bytes else ""
    if rule.text is not None and rule.text.fullmatch(text) is None:
        yield f'"{text[:60]}" is not allowed' if text.strip() else "is empty"
    if rule.longest is not None and len(text) > rule.longest:
        yield f"has {len(text)} characters, may have {rule.longest}"
    if rule.bytes is not None and len(text.encode()) > rule.bytes:
        yield f"has {len(text.encode())} bytes, may have {rule.bytes}"
    for name in rule.required:
        if not element.get(name):
            yield f"has no {name}"
    for name, pattern in rule.attributes.items():
        value = element.get(name)
        if value and pattern.fullmatch(value) is None:
            yield f'{name}: "{value[:80]}" is not allowed'


COUNTS: dict[str, list[tuple[str, int, int | None]]] = {}
"""Per parent: what stands in it, at least and at most how often."""
for _child, _rule in RULES.items():
    for _parent, (_least, _most) in _rule.counts.items():
        COUNTS.setdefault(_parent, []).append((_child, _least, _most))


def _tag(name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{URIS[prefix]}}}{local}" if prefix else local


ENCLOSURE, GUID, DURATION = "enclosure", "guid", _tag("itunes:duration")
LINK, ALTERNATE, SOURCE = _tag("atom:link"), _tag("podcast:alternateEnclosure"), _tag("podcast:source")
POST = _tag("podcast:socialInteract")
CHAPTER, SOUNDBITE = f"{_tag('psc:chapters')}/{_tag('psc:chapter')}", _tag("podcast:soundbite")


def _has_one_self(channel: Element) -> Problems:
    if sum(link.get("rel") == "self" for link in channel.iter(LINK)) != 1:
        yield 'atom:link: must stand once with rel="self"'


def _guids_are_unique(channel: Element) -> Problems:
    yield from _repeated("guid", [item.findtext(GUID) or "" for item in channel.iter("item")])


def _enclosures_are_unique(channel: Element) -> Problems:
    enclosures = [item.find(ENCLOSURE) for item in channel.iter("item")]
    yield from _repeated("enclosure", [each.get("url") or "" for each in enclosures if each is not None])


def _repeated(name: str, values: list[str]) -> Problems:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            yield f'{name}: "{value}" stands in more than one item; apps show only one of them'
        seen.add(value)


def _guid_is_no_address(item: Element) -> Problems:
    guid = item.find(GUID)
    if guid is not None and guid.get("isPermaLink") != "false" and "://" not in (guid.text or ""):
        yield 'guid: is no address, so isPermaLink must be "false"'


def _length_is_positive(item: Element) -> Problems:
    enclosure = item.find(ENCLOSURE)
    if enclosure is not None and (enclosure.get("length") or "").strip("0") == "":
        yield "enclosure: length must be the file's bytes, not 0"


def _date_is_a_date(item: Element) -> Problems:
    """RFC 2822, its form checked by the row: whether there is such a day, and it is that weekday."""
    written = item.findtext("pubDate") or ""
    parts = DATE.fullmatch(written)
    if parts is None:
        return
    try:
        day = date(int(parts["year"]), MONTHS.index(parts["month"]) + 1, int(parts["day"]))
    except ValueError:
        yield f'pubDate: "{written}" is no date'
        return
    if parts["weekday"] != DAYS[day.weekday()]:
        yield f'pubDate: "{written}" has the wrong day of the week'


def _default_is_the_enclosure(item: Element) -> Problems:
    defaults = [each for each in item.findall(ALTERNATE) if each.get("default") == "true"]
    if len(defaults) > 1:
        yield "podcast:alternateEnclosure: more than one is the default"
    enclosure = item.find(ENCLOSURE)
    for default in defaults:
        sources = [source.get("uri") for source in default.findall(SOURCE)]
        if enclosure is not None and enclosure.get("url") not in sources:
            yield "podcast:alternateEnclosure: the default is not the enclosure"


def _chapters_ascend(item: Element) -> Problems:
    starts = [chapter.get("start") or "" for chapter in item.findall(CHAPTER)]
    if starts and starts[0] != "00:00:00.000":
        yield "psc:chapters: the first must start at 00:00:00.000"
    if any(later <= earlier for earlier, later in pairwise(starts)):
        yield "psc:chapters: must start one after the other"


def _soundbites_lie_inside(item: Element) -> Problems:
    duration = item.findtext(DURATION) or ""
    for bite in item.findall(SOUNDBITE):
        try:
            end = float(bite.get("startTime") or 0) + float(bite.get("duration") or 0)
        except ValueError:
            continue
        if duration.isdecimal() and end > int(duration) + 1:
            yield f"podcast:soundbite: ends at {end:g} s, after the sound ({duration} s)"


def _posts_have_an_address(parent: Element) -> Problems:
    for post in parent.findall(POST):
        if (post.get("protocol") == "disabled") == ("uri" in post.attrib):
            yield "podcast:socialInteract: has a uri, unless its protocol is disabled"


def _names_a_category(channel: Element) -> Problems:
    if channel.find(_tag("itunes:category")) is None:
        yield "itunes:category: is missing; Apple lists no series without one"


def _names_an_address(channel: Element) -> Problems:
    if channel.find(f"{_tag('itunes:owner')}/{_tag('itunes:email')}") is None:
        yield "itunes:owner: has no e-mail, so Spotify cannot send its code; it would be public"


def _numbers_a_serial(channel: Element) -> Problems:
    if channel.findtext(_tag("itunes:type")) == "serial":
        for item in channel.iter("item"):
            is_full = item.findtext(_tag("itunes:episodeType")) == "full"
            if is_full and item.find(_tag("itunes:episode")) is None:
                yield f"{_place(item)}: itunes:episode: a serial is ordered by it"


def _numbers_stand_apart(channel: Element) -> Problems:
    for item in channel.iter("item"):
        if NUMBERED.match(item.findtext("title") or ""):
            yield f"{_place(item)}: title: Apple asks to leave the number to its own field"


NUMBERED = re.compile(r"(?i)(?:ep(?:isode|\.)?|no\.?|#)\s*[0-9]+\b")

ADVICE: tuple[Callable[[Element], Problems], ...] = (
    _names_a_category,
    _names_an_address,
    _numbers_a_serial,
    _numbers_stand_apart,
)
OF_CHANNEL: tuple[Callable[[Element], Problems], ...] = (
    _has_one_self,
    _guids_are_unique,
    _enclosures_are_unique,
    _posts_have_an_address,
)
OF_ITEM: tuple[Callable[[Element], Problems], ...] = (
    _guid_is_no_address,
    _length_is_positive,
    _date_is_a_date,
    _default_is_the_enclosure,
    _chapters_ascend,
    _soundbites_lie_inside,
    _posts_have_an_address,
)
