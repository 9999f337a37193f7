"""The rules of a feed's elements, as tables: one row per element, grouped by specification.

RSS 2.0 and its profile (https://www.rssboard.org/rss-profile), Apple's guide, the podcast
namespace (docs/tags/), Podlove Simple Chapters. `validate` applies the rows, and holds the rules
for more than one element.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import get_args

from lxml import etree

from publisher.model import Kind
from publisher.model.podcast_namespace import MAX_TEXT, MAX_TITLE, MAX_TXT, LiveStatus, LocationRel

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
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] "
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} "
    r"[0-2][0-9]:[0-5][0-9]:[0-6][0-9] [+-][0-9]{4}"
)
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})")
SOME = re.compile(r"(?s).*\S.*")


@dataclass(frozen=True, slots=True)
class Rule:
    """The requirements of one element.

    `counts` maps each parent to the minimum and maximum of the element in it; `text` is the pattern of
    its text, `longest` its limit in characters, `bytes` in UTF-8; `required` names its mandatory
    attributes, `attributes` maps names to patterns.
    """

    counts: Mapping[str, tuple[int, int | None]] = field(default_factory=dict)
    text: re.Pattern[str] | None = None
    longest: int | None = None
    bytes: int | None = None
    required: tuple[str, ...] = ()
    attributes: Mapping[str, re.Pattern[str]] = field(default_factory=dict)

    def problems_of(self, element: etree._Element) -> list[str]:
        """The problems of one element, apart from its children."""
        problems: list[str] = []
        text = element.text or ""
        if self.text is not None and self.text.fullmatch(text) is None:
            problems.append(f'"{text[:60]}" is not allowed' if text.strip() else "is empty")
        if self.longest is not None and len(text) > self.longest:
            problems.append(f"has {len(text)} characters, may have {self.longest}")
        if self.bytes is not None and len(text.encode()) > self.bytes:
            problems.append(f"has {len(text.encode())} bytes, may have {self.bytes}")
        attributes = element.attrib
        problems += [f"has no {name}" for name in self.required if not attributes.get(name)]
        for name, pattern in self.attributes.items():
            value = attributes.get(name)
            if value and pattern.fullmatch(value) is None:
                problems.append(f'{name}: "{value[:80]}" is not allowed')
        return problems


def max_length(longest: int) -> re.Pattern[str]:
    """A pattern for text of 1 to `longest` characters."""
    return re.compile(rf"(?s).{{1,{longest}}}")


def one_of(values: object) -> re.Pattern[str]:
    """A pattern for the values of a Literal."""
    return re.compile("|".join(get_args(values)))


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
    "itunes:episodeType": Rule({"item": AT_MOST_ONCE}, one_of(Kind)),
}

PODCAST: Mapping[str, Rule] = {
    "podcast:guid": Rule({"channel": ONCE}, UUID),
    "podcast:locked": Rule({"channel": AT_MOST_ONCE}, YES_OR_NO),
    "podcast:medium": Rule({"channel": AT_MOST_ONCE}, re.compile("[a-z]+L?")),
    "podcast:funding": Rule(text=SOME, longest=MAX_TEXT, required=("url",), attributes={"url": ADDRESS}),
    "podcast:license": Rule(BOTH_ONCE, SOME, MAX_TEXT),
    "podcast:person": Rule(
        text=SOME, longest=MAX_TEXT, attributes={"img": ADDRESS, "href": ADDRESS, "role": SOME, "group": SOME}
    ),
    "podcast:location": Rule(
        text=SOME,
        longest=MAX_TEXT,
        attributes={
            "rel": one_of(LocationRel),
            "geo": re.compile(r"geo:-?[0-9.]+,-?[0-9.]+(?:,-?[0-9.]+)?(?:;.*)?"),
            "osm": re.compile(r"[NWR][0-9]+(?:#[0-9]+)?"),
            "country": re.compile("[A-Z]{2}"),
        },
    ),
    "podcast:trailer": Rule(
        text=SOME,
        longest=MAX_TEXT,
        required=("url", "pubdate"),
        attributes={"url": ADDRESS, "pubdate": DATE, "length": WHOLE, "type": MEDIA_TYPE, "season": WHOLE},
    ),
    "podcast:image": Rule(required=("href",), attributes={"href": ADDRESS, "purpose": max_length(MAX_TEXT)}),
    "podcast:updateFrequency": Rule(
        {"channel": AT_MOST_ONCE}, SOME, MAX_TEXT, attributes={"complete": TRUTH}
    ),
    "podcast:podroll": Rule({"channel": AT_MOST_ONCE}),
    "podcast:publisher": Rule({"channel": AT_MOST_ONCE}),
    "podcast:remoteItem": Rule(
        {"podcast:podroll": (1, None), "podcast:publisher": ONCE},
        required=("feedGuid",),
        attributes={"feedGuid": UUID, "feedUrl": ADDRESS},
    ),
    "podcast:chat": Rule({"channel": AT_MOST_ONCE}, required=("server", "protocol")),
    "podcast:txt": Rule(text=SOME, longest=MAX_TXT, attributes={"purpose": max_length(MAX_TEXT)}),
    "podcast:block": Rule(text=YES_OR_NO),
    "podcast:socialInteract": Rule(required=("protocol",)),
    "podcast:season": Rule({"item": AT_MOST_ONCE}, WHOLE, attributes={"name": max_length(MAX_TEXT)}),
    "podcast:episode": Rule({"item": AT_MOST_ONCE}, SECONDS, attributes={"display": max_length(MAX_TITLE)}),
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
        longest=MAX_TEXT,
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
            "title": max_length(MAX_TITLE),
            "rel": max_length(MAX_TITLE),
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
        attributes={"status": one_of(LiveStatus), "start": MOMENT, "end": MOMENT},
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

CHILD_COUNTS: dict[str, list[tuple[str, int, int | None]]] = {}
"""Per parent: its children with the minimum and maximum of each; None is no maximum."""
for _child, _rule in RULES.items():
    for _parent, (_least, _most) in _rule.counts.items():
        CHILD_COUNTS.setdefault(_parent, []).append((_child, _least, _most))


def wrong_counts(parent: str, children: list[str]) -> Iterator[str]:
    """The problems of elements that occur too many or too few times among `children`."""
    expected = CHILD_COUNTS.get(parent)
    if expected is None:
        return
    counts = Counter(children)
    for child, least, most in expected:
        if counts[child] < least:
            yield f"{child}: is missing"
        elif most is not None and counts[child] > most:
            yield f"{child}: stands {counts[child]} times, may stand {most} time"
