"""The feed's own judge: reads a feed document again, with another parser than wrote it.

What it finds keeps a feed from being put in place. It knows no catalogue: the document must
stand on its own, as it does for every app. `rules` holds what is asked of each element, `facts`
what is asked of several at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from xml.etree.ElementTree import Element, ParseError

from publisher.outputs.feed import alike
from publisher.outputs.feed.facts import (
    OF_ITEM,
    facts_of,
    guid_is_no_address,
    posts_have_an_address,
    posts_of,
    repeated,
)
from publisher.outputs.feed.reading import URIS, channel_of, name_of, place_of, prefixes, tag_of
from publisher.outputs.feed.rules import RULES, miscounted
from publisher.render.text import is_numbered

Problems = Iterator[str]


def judge(xml: bytes) -> tuple[str, ...]:
    """Everything that is wrong with a feed document; nothing when it may be published.

    Each problem says where: ``item "Title": enclosure: …``.
    """
    return () if is_beyond_doubt(xml) else problems(xml)


def is_beyond_doubt(xml: bytes) -> bool:
    """Whether `problems` finds nothing, told by one item of each kind; False when that is not plain."""
    document = alike.taken_apart(xml)
    if document is None or problems(document.frame):
        return False
    facts = alike.all_right(document)
    return facts is not None and not any(repeated(facts))


def problems(xml: bytes) -> tuple[str, ...]:
    """Everything that is wrong, found by parsing all of the document and looking at each element."""
    try:
        channel = channel_of(xml)
    except (ParseError, LookupError, ValueError) as error:
        # An encoding that Python does not know, or cannot parse, is no ParseError.
        return (f"not well-formed XML: {error}",)
    if channel is None:
        return ("not an RSS 2.0 document",)
    found = [*_wrong_namespaces(prefixes(xml)), *_wrong_within(channel, "channel")]
    found += [f"channel: {problem}" for problem in _wrong_with(channel)]
    for item in channel.iter("item"):
        facts = facts_of(item)
        found += [f"{place_of(item)}: {problem}" for rule in OF_ITEM for problem in rule(facts)]
    return tuple(dict.fromkeys(found))


def advise(xml: bytes) -> tuple[str, ...]:
    """What directories and apps ask for beyond what `judge` demands; such a feed is published."""
    channel = channel_of(xml)
    return () if channel is None else tuple(advice for rule in ADVICE for advice in rule(channel))


def _wrong_namespaces(declared: Mapping[str, str]) -> Problems:
    for prefix, uri in declared.items():
        if prefix in URIS and URIS[prefix] != uri:
            yield f'the namespace of {prefix}: must be "{URIS[prefix]}", not "{uri}"'


def _wrong_within(parent: Element, place: str) -> Problems:
    for child in parent:
        name = name_of(child)
        if name in RULES:
            yield from (f"{place}: {name}: {problem}" for problem in RULES[name].wrong_in(child))
        yield from _wrong_within(child, place_of(child) if name == "item" else place)
    yield from (f"{place}: {problem}" for problem in miscounted(parent))


def _wrong_with(channel: Element) -> Problems:
    if sum(link.get("rel") == "self" for link in channel.iter(tag_of("atom:link"))) != 1:
        yield 'atom:link: must stand once with rel="self"'
    yield from repeated([facts_of(item) for item in channel.iter("item")])
    yield from posts_have_an_address(posts_of(channel))
    for live in channel.iter(tag_of("podcast:liveItem")):
        yield from (f"podcast:liveItem: {problem}" for problem in guid_is_no_address(facts_of(live)))


def _names_a_category(channel: Element) -> Problems:
    if channel.find(tag_of("itunes:category")) is None:
        yield "itunes:category: is missing; Apple lists no series without one"


def _names_an_address(channel: Element) -> Problems:
    if channel.find(f"{tag_of('itunes:owner')}/{tag_of('itunes:email')}") is None:
        yield "itunes:owner: has no e-mail, so Spotify cannot send its code; it would be public"


def _numbers_a_serial(channel: Element) -> Problems:
    if channel.findtext(tag_of("itunes:type")) == "serial":
        for item in channel.iter("item"):
            is_full = item.findtext(tag_of("itunes:episodeType")) == "full"
            if is_full and item.find(tag_of("itunes:episode")) is None:
                yield f"{place_of(item)}: itunes:episode: a serial is ordered by it"


def _numbers_stand_apart(channel: Element) -> Problems:
    for item in channel.iter("item"):
        if is_numbered(item.findtext("title") or ""):
            yield f"{place_of(item)}: title: Apple asks to leave the number to its own field"


ADVICE: tuple[Callable[[Element], Problems], ...] = (
    _names_a_category,
    _names_an_address,
    _numbers_a_serial,
    _numbers_stand_apart,
)
