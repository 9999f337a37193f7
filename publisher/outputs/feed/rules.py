"""What every feed must keep to, as tables: one row per element, grouped by specification.

RSS 2.0 and its profile (https://www.rssboard.org/rss-profile), Apple's guide, the podcast
namespace (docs/tags/), Podlove Simple Chapters. `judge` applies the rows; rules that need more
than one element at a time are functions there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from xml.etree.ElementTree import Element

from publisher.outputs.feed.reading import name_of, name_of_tag

ONCE = (1, 1)
AT_MOST_ONCE = (0, 1)

ADDRESS = re.compile(r"https?://[!-~]+")
WHOLE = re.compile(r"[0-9]+")
POSITIVE = re.compile(r"[1-9][0-9]*")
SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?")
MEDIA_TYPE = re.compile(r"(?:audio|video|application)/[A-Za-z0-9.+-]+")
PICTURE = re.compile(r"https?://[!-~]+\.(?:jpg|jpeg|png)")
TRUTH = re.compile(r"true|false")
YES = re.compile(r"Yes")
YES_OR_NO = re.compile(r"yes|no")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DATE = re.compile(
    r"(?P<weekday>Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?P<day>[0-3][0-9]) "
    r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (?P<year>[0-9]{4}) "
    r"[0-2][0-9]:[0-5][0-9]:[0-6][0-9] [+-][0-9]{4}"
)
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})")
SOME = re.compile(r"(?s).*\S.*")


@dataclass(frozen=True, slots=True)
class Rule:
    """What an element has to be.

    `counts` maps each parent to how often the element stands in it (least, most); `text` is
    what its text must match, and `longest` how many characters it may have; `required` and
    `attributes` are the same for its attributes; `bytes` limits its text in UTF-8.
    """

    counts: Mapping[str, tuple[int, int | None]] = field(default_factory=dict)
    text: re.Pattern[str] | None = None
    longest: int | None = None
    bytes: int | None = None
    required: tuple[str, ...] = ()
    attributes: Mapping[str, re.Pattern[str]] = field(default_factory=dict)

    def wrong_in(self, element: Element) -> Iterator[str]:
        """What is wrong with one element."""
        text = element.text or ""
        if self.text is not None and self.text.fullmatch(text) is None:
            yield f'"{text[:60]}" is not allowed' if text.strip() else "is empty"
        if self.longest is not None and len(text) > self.longest:
            yield f"has {len(text)} characters, may have {self.longest}"
        if self.bytes is not None and len(text.encode()) > self.bytes:
            yield f"has {len(text.encode())} bytes, may have {self.bytes}"
        for name in self.required:
            if not element.get(name):
                yield f"has no {name}"
        for name, pattern in self.attributes.items():
            value = element.get(name)
            if value and pattern.fullmatch(value) is None:
                yield f'{name}: "{value[:80]}" is not allowed'

    @property
    def of_text(self) -> tuple[Check, ...]:
        """What a text must pass so that `wrong_in` says nothing of it."""
        longest, bytes = self.longest, self.bytes
        checks: list[Check | None] = [
            None if self.text is None else self.text.fullmatch,
            None if longest is None else lambda text: len(text) <= longest,
            None if bytes is None else lambda text: len(text.encode()) <= bytes,
        ]
        return tuple(check for check in checks if check is not None)

    def of_attribute(self, name: str) -> tuple[Check, ...]:
        """The same for the value of an attribute; an empty one passes nothing."""
        pattern = self.attributes.get(name)
        return (
            (bool,) if pattern is None and name in self.required else (pattern.fullmatch,) if pattern else ()
        )


Check = Callable[[str], object]
"""Gives something true for a text that passes."""


def short(longest: int) -> re.Pattern[str]:
    """A pattern for text of at most so many characters."""
    return re.compile(rf"(?s).{{1,{longest}}}")


BOTH_ONCE = {"channel": AT_MOST_ONCE, "item": AT_MOST_ONCE}

RSS: Mapping[str, Rule] = {
    "title": Rule({"channel": ONCE, "item": ONCE, "podcast:liveItem": ONCE}, SOME),
    "link": Rule({"channel": ONCE, "item": ONCE}, ADDRESS),
    "description": Rule({"channel": ONCE, "item": ONCE}, SOME, bytes=4000),
    "language": Rule({"channel": ONCE}, LANGUAGE),
    "copyright": Rule({"channel": AT_MOST_ONCE}, SOME),
    "image": Rule({"channel": ONCE}),
    "url": Rule({"image": ONCE}, PICTURE),
    "lastBuildDate": Rule({"channel": AT_MOST_ONCE}, DATE),
    "pubDate": Rule({"item": ONCE}, DATE),
    "guid": Rule({"item": ONCE, "podcast:liveItem": ONCE}, SOME, required=("isPermaLink",)),
    "enclosure": Rule(
        {"item": ONCE, "podcast:liveItem": AT_MOST_ONCE},
        required=("url", "length", "type"),
        attributes={"url": ADDRESS, "length": WHOLE, "type": MEDIA_TYPE},
    ),
    "content:encoded": Rule({"item": AT_MOST_ONCE}),
    "atom:link": Rule({"channel": (1, None)}, required=("rel", "href"), attributes={"href": ADDRESS}),
    "fh:archive": Rule({"channel": AT_MOST_ONCE}),
}

ITUNES: Mapping[str, Rule] = {
    "itunes:image": Rule(
        {"channel": ONCE, "item": AT_MOST_ONCE}, required=("href",), attributes={"href": PICTURE}
    ),
    "itunes:category": Rule(required=("text",)),
    "itunes:explicit": Rule({"channel": ONCE, "item": AT_MOST_ONCE}, TRUTH),
    "itunes:author": Rule(BOTH_ONCE, SOME),
    "itunes:type": Rule({"channel": AT_MOST_ONCE}, re.compile("episodic|serial")),
    "itunes:title": Rule(BOTH_ONCE, SOME),
    "itunes:owner": Rule({"channel": AT_MOST_ONCE}),
    "itunes:new-feed-url": Rule({"channel": AT_MOST_ONCE}, ADDRESS),
    "itunes:block": Rule(BOTH_ONCE, YES),
    "itunes:complete": Rule({"channel": AT_MOST_ONCE}, YES),
    "itunes:duration": Rule({"item": ONCE}, POSITIVE),
    "itunes:season": Rule({"item": AT_MOST_ONCE}, POSITIVE),
    "itunes:episode": Rule({"item": AT_MOST_ONCE}, POSITIVE),
    "itunes:episodeType": Rule({"item": AT_MOST_ONCE}, re.compile("full|trailer|bonus")),
}

PODCAST: Mapping[str, Rule] = {
    "podcast:guid": Rule({"channel": ONCE}, UUID),
    "podcast:locked": Rule({"channel": AT_MOST_ONCE}, YES_OR_NO),
    "podcast:medium": Rule({"channel": AT_MOST_ONCE}, re.compile("[a-z]+L?")),
    "podcast:funding": Rule(text=SOME, longest=128, required=("url",), attributes={"url": ADDRESS}),
    "podcast:license": Rule(BOTH_ONCE, SOME, 128),
    "podcast:person": Rule(
        text=SOME, longest=128, attributes={"img": ADDRESS, "href": ADDRESS, "role": SOME, "group": SOME}
    ),
    "podcast:location": Rule(
        text=SOME,
        longest=128,
        attributes={
            "rel": re.compile("subject|creator"),
            "geo": re.compile(r"geo:-?[0-9.]+,-?[0-9.]+(?:,-?[0-9.]+)?(?:;.*)?"),
            "osm": re.compile(r"[NWR][0-9]+(?:#[0-9]+)?"),
            "country": re.compile("[A-Z]{2}"),
        },
    ),
    "podcast:trailer": Rule(
        text=SOME,
        longest=128,
        required=("url", "pubdate"),
        attributes={"url": ADDRESS, "pubdate": DATE, "length": WHOLE, "type": MEDIA_TYPE, "season": WHOLE},
    ),
    "podcast:image": Rule(required=("href",), attributes={"href": ADDRESS, "purpose": short(128)}),
    "podcast:updateFrequency": Rule({"channel": AT_MOST_ONCE}, SOME, 128, attributes={"complete": TRUTH}),
    "podcast:podroll": Rule({"channel": AT_MOST_ONCE}),
    "podcast:publisher": Rule({"channel": AT_MOST_ONCE}),
    "podcast:remoteItem": Rule(
        {"podcast:podroll": (1, None), "podcast:publisher": ONCE},
        required=("feedGuid",),
        attributes={"feedGuid": UUID, "feedUrl": ADDRESS},
    ),
    "podcast:chat": Rule({"channel": AT_MOST_ONCE}, required=("server", "protocol")),
    "podcast:txt": Rule(text=SOME, longest=4000, attributes={"purpose": short(128)}),
    "podcast:block": Rule(text=YES_OR_NO),
    "podcast:socialInteract": Rule(required=("protocol",)),
    "podcast:season": Rule({"item": AT_MOST_ONCE}, WHOLE, attributes={"name": short(128)}),
    "podcast:episode": Rule({"item": AT_MOST_ONCE}, SECONDS, attributes={"display": short(32)}),
    "podcast:chapters": Rule(
        {"item": AT_MOST_ONCE}, required=("url", "type"), attributes={"url": ADDRESS, "type": MEDIA_TYPE}
    ),
    "podcast:transcript": Rule(
        required=("url", "type"),
        attributes={
            "url": ADDRESS,
            "type": re.compile("text/vtt|text/html|text/plain|application/(?:x-subrip|srt|json)"),
            "language": LANGUAGE,
            "rel": re.compile("captions"),
        },
    ),
    "podcast:soundbite": Rule(
        longest=128,
        required=("startTime", "duration"),
        attributes={"startTime": SECONDS, "duration": SECONDS},
    ),
    "podcast:alternateEnclosure": Rule(
        required=("type", "length"),
        attributes={
            "type": MEDIA_TYPE,
            "length": WHOLE,
            "bitrate": SECONDS,
            "height": POSITIVE,
            "lang": LANGUAGE,
            "title": short(32),
            "rel": short(32),
            "default": TRUTH,
        },
    ),
    "podcast:source": Rule(
        {"podcast:alternateEnclosure": (1, None)}, required=("uri",), attributes={"uri": ADDRESS}
    ),
    "podcast:integrity": Rule(
        {"podcast:alternateEnclosure": AT_MOST_ONCE},
        required=("type", "value"),
        attributes={"type": re.compile("sri"), "value": re.compile(r"sha(?:256|384|512)-[A-Za-z0-9+/]+=*")},
    ),
    "podcast:contentLink": Rule(
        {"podcast:liveItem": (1, None)}, SOME, required=("href",), attributes={"href": ADDRESS}
    ),
    "podcast:liveItem": Rule(
        required=("status", "start"),
        attributes={"status": re.compile("pending|live|ended"), "start": MOMENT, "end": MOMENT},
    ),
}

PODLOVE: Mapping[str, Rule] = {
    "psc:chapters": Rule({"item": AT_MOST_ONCE}, required=("version",)),
    "psc:chapter": Rule(
        {"psc:chapters": (1, None)},
        required=("start", "title"),
        attributes={"start": re.compile(r"\d{2,}:[0-5]\d:[0-5]\d\.\d{3}"), "href": ADDRESS},
    ),
}

RULES: Mapping[str, Rule] = {**RSS, **ITUNES, **PODCAST, **PODLOVE}
"""Every row, by the element's name."""

COUNTS: dict[str, list[tuple[str, int, int | None]]] = {}
"""Per parent: what stands in it, at least and at most how often."""
for _child, _rule in RULES.items():
    for _parent, (_least, _most) in _rule.counts.items():
        COUNTS.setdefault(_parent, []).append((_child, _least, _most))


def miscounted(element: Element) -> tuple[str, ...]:
    """What stands too often in an element, or not often enough."""
    return _miscounted(name_of(element), tuple([child.tag for child in element]))


@lru_cache(maxsize=1024)
def _miscounted(name: str, tags: Iterable[str]) -> tuple[str, ...]:
    counts = Counter(map(name_of_tag, tags))
    problems = []
    for child, least, most in COUNTS.get(name, ()):
        if counts[child] < least:
            problems.append(f"{child}: is missing")
        elif most is not None and counts[child] > most:
            problems.append(f"{child}: stands {counts[child]} times, may stand {most} time")
    return tuple(problems)
