"""Validates a feed document; a document with a problem is not published.

The document is parsed again and checked without the catalogue, as apps read it. `rules` contains
the rows for single elements; this module contains the rules for more than one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from email.utils import format_datetime, parsedate_to_datetime

from lxml import etree

from publisher.outputs.feed.rules import CHILD_COUNTS, DATE, RULES, wrong_counts
from publisher.outputs.feed.xml_names import NAMESPACES, channel_of, describe_item, name_of, tag_of
from publisher.render.sanitize import is_numbered

Problems = Iterator[str]


def validate(xml: bytes) -> tuple[str, ...]:
    """All problems of a feed document; empty if it may be published.

    Each problem begins with its location: ``item "Title": enclosure: …``.
    """
    try:
        channel = channel_of(xml)
    except etree.XMLSyntaxError as error:
        return (f"not well-formed XML: {error.msg}",)
    if channel is None:
        return ("not an RSS 2.0 document",)
    problems = [*_check_namespaces(channel), *_check_within(channel, "channel", "channel")]
    problems += [f"channel: {problem}" for rule in CHANNEL_RULES for problem in rule(channel)]
    for item in channel.iter("item"):
        problems += [f"{describe_item(item)}: {problem}" for rule in ITEM_RULES for problem in rule(item)]
    return tuple(dict.fromkeys(problems))


def advise(xml: bytes) -> tuple[str, ...]:
    """Recommendations of directories and apps beyond `validate`; they do not prevent publication."""
    channel = channel_of(xml)
    return () if channel is None else tuple(advice for rule in ADVICE for advice in rule(channel))


def _check_namespaces(channel: etree._Element) -> Problems:
    for prefix, uri in channel.nsmap.items():
        expected = NAMESPACES.get(prefix or "", uri)
        if uri != expected:
            yield f'the namespace of {prefix}: must be "{expected}", not "{uri}"'


def _check_within(parent: etree._Element, name: str, place: str) -> Problems:
    """The problems of an element's descendants by the rows for single elements; `name` is the element's."""
    children = [name_of(child) for child in parent]
    for child, child_name in zip(parent, children, strict=True):
        rule = RULES.get(child_name)
        if rule is not None:
            yield from (f"{place}: {child_name}: {problem}" for problem in rule.problems_of(child))
        if len(child) or child_name in CHILD_COUNTS:
            below = describe_item(child) if child_name == "item" else place
            yield from _check_within(child, child_name, below)
    yield from (f"{place}: {problem}" for problem in wrong_counts(name, children))


def _check_self_link(channel: etree._Element) -> Problems:
    if sum(link.get("rel") == "self" for link in channel.iter(tag_of("atom:link"))) != 1:
        yield 'atom:link: must stand once with rel="self"'


def _check_unique(channel: etree._Element) -> Problems:
    guids = [guid.text for guid in channel.iterfind("item/guid") if guid.text]
    urls = [enclosure.get("url", "") for enclosure in channel.iterfind("item/enclosure")]
    for name, values in {"guid": guids, "enclosure": urls}.items():
        for value, count in Counter(values).items():
            if count > 1:
                yield f'{name}: "{value}" stands in more than one item; apps show only one of them'


def _check_live_items(channel: etree._Element) -> Problems:
    for live in channel.iter(tag_of("podcast:liveItem")):
        yield from (f"podcast:liveItem: {problem}" for problem in _check_guid(live))


def _check_guid(item: etree._Element) -> Problems:
    guid = item.find("guid")
    if guid is not None and guid.text and guid.get("isPermaLink") != "false" and "://" not in guid.text:
        yield 'guid: is no address, so isPermaLink must be "false"'


def _check_length(item: etree._Element) -> Problems:
    for enclosure in item.findall("enclosure"):
        if not enclosure.get("length", "").strip("0"):
            yield "enclosure: length must be the file's bytes, not 0"


def _check_date(item: etree._Element) -> Problems:
    """Checks that a well-formed date exists and has the right day of the week."""
    text = item.findtext("pubDate") or ""
    if DATE.fullmatch(text) is None:
        return
    try:
        weekday = format_datetime(parsedate_to_datetime(text))[:3]
    except ValueError:
        yield f'pubDate: "{text}" is no date'
    else:
        if not text.startswith(weekday):
            yield f'pubDate: "{text}" has the wrong day of the week'


def _check_default_alternate(item: etree._Element) -> Problems:
    enclosure, name = item.find("enclosure"), "podcast:alternateEnclosure"
    defaults = [each for each in item.findall(tag_of(name)) if each.get("default") == "true"]
    if len(defaults) > 1:
        yield f"{name}: more than one is the default"
    for default in defaults:
        urls = [source.get("uri") for source in default.findall(tag_of("podcast:source"))]
        if enclosure is not None and enclosure.get("url", "") not in urls:
            yield f"{name}: the default is not the enclosure"


def _check_chapters(item: etree._Element) -> Problems:
    starts = [chapter.get("start", "") for chapter in item.iterfind(f"{tag_of('psc:chapters')}/*")]
    if starts and starts[0] != "00:00:00.000":
        yield "psc:chapters: the first must start at 00:00:00.000"
    elif starts != sorted(set(starts)):
        yield "psc:chapters: must start one after the other"


def _check_soundbites(item: etree._Element) -> Problems:
    duration = item.findtext(tag_of("itunes:duration")) or ""
    for bite in item.findall(tag_of("podcast:soundbite")):
        try:
            end = float(bite.get("startTime") or 0) + float(bite.get("duration") or 0)
        except ValueError:
            continue
        if duration.isdecimal() and end > int(duration) + 1:
            yield f"podcast:soundbite: ends at {end:g} s, after the sound ({duration} s)"


def _check_posts(parent: etree._Element) -> Problems:
    for post in parent.findall(tag_of("podcast:socialInteract")):
        if (post.get("protocol") == "disabled") == (post.get("uri") is not None):
            yield "podcast:socialInteract: has a uri, unless its protocol is disabled"


Rules = tuple[Callable[[etree._Element], Problems], ...]
CHANNEL_RULES: Rules = (_check_self_link, _check_unique, _check_posts, _check_live_items)
ITEM_RULES: Rules = (
    _check_guid,
    _check_length,
    _check_date,
    _check_default_alternate,
    _check_chapters,
    _check_soundbites,
    _check_posts,
)


def _advise_category(channel: etree._Element) -> Problems:
    if channel.find(tag_of("itunes:category")) is None:
        yield "itunes:category: is missing; Apple lists no series without one"


def _advise_owner(channel: etree._Element) -> Problems:
    if channel.find(f"{tag_of('itunes:owner')}/{tag_of('itunes:email')}") is None:
        yield "itunes:owner: has no e-mail, so Spotify cannot send its code; it would be public"


def _advise_numbers(channel: etree._Element) -> Problems:
    if channel.findtext(tag_of("itunes:type")) == "serial":
        for item in channel.iter("item"):
            is_full = item.findtext(tag_of("itunes:episodeType")) == "full"
            if is_full and item.find(tag_of("itunes:episode")) is None:
                yield f"{describe_item(item)}: itunes:episode: a serial is ordered by it"


def _advise_titles(channel: etree._Element) -> Problems:
    for item in channel.iter("item"):
        if is_numbered(item.findtext("title") or ""):
            yield f"{describe_item(item)}: title: Apple asks to leave the number to its own field"


ADVICE: Rules = (_advise_category, _advise_owner, _advise_numbers, _advise_titles)
