"""What the rules for more than one element ask of an item, and these rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import NamedTuple
from xml.etree.ElementTree import Element

from publisher.outputs.feed.reading import tag_of
from publisher.outputs.feed.rules import DATE

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DURATION, ALTERNATE, SOURCE = map(tag_of, ("itunes:duration", "podcast:alternateEnclosure", "podcast:source"))
CHAPTERS, SOUNDBITE, POST = map(tag_of, ("psc:chapters", "podcast:soundbite", "podcast:socialInteract"))

Problems = Sequence[str]
Word = str | None
"""A text or an attribute; None where there is none."""


class Facts(NamedTuple):
    """Of one item: the words that rules hold against each other.

    `alternates` are pairs of the default mark and the addresses, `soundbites` of start and
    duration, `posts` of protocol and address; `starts` are those of the chapters.
    """

    guid: Word
    is_permanent: Word
    enclosure: Word
    length: Word
    date: Word
    duration: Word
    alternates: tuple[tuple[Word, tuple[Word, ...]], ...]
    starts: tuple[Word, ...]
    soundbites: tuple[tuple[Word, Word], ...]
    posts: tuple[tuple[Word, Word], ...]


def facts_of(item: Element) -> Facts:
    """The facts of an item that was parsed."""
    guid, enclosure, chapters = item.find("guid"), item.find("enclosure"), item.find(CHAPTERS)
    alternates = (
        (each.get("default"), tuple(source.get("uri") for source in each.findall(SOURCE)))
        for each in item.findall(ALTERNATE)
    )
    return Facts(
        None if guid is None else guid.text,
        None if guid is None else guid.get("isPermaLink"),
        None if enclosure is None else enclosure.get("url", ""),
        None if enclosure is None else enclosure.get("length", ""),
        item.findtext("pubDate"),
        item.findtext(DURATION),
        tuple(alternates),
        () if chapters is None else tuple(chapter.get("start") for chapter in chapters),
        tuple((bite.get("startTime"), bite.get("duration")) for bite in item.findall(SOUNDBITE)),
        posts_of(item),
    )


def posts_of(parent: Element) -> tuple[tuple[Word, Word], ...]:
    """Protocol and address of the posts that stand in an item, or in the channel."""
    return tuple((post.get("protocol"), post.get("uri")) for post in parent.findall(POST))


def guid_is_no_address(facts: Facts) -> Problems:
    if facts.is_permanent == "false" or facts.guid is None or "://" in facts.guid:
        return ()
    return ('guid: is no address, so isPermaLink must be "false"',)


def length_is_positive(facts: Facts) -> Problems:
    if facts.length is None or facts.length.strip("0"):
        return ()
    return ("enclosure: length must be the file's bytes, not 0",)


def date_is_a_date(facts: Facts) -> Problems:
    """RFC 2822, its form checked by the row: whether there is such a day, and it is that weekday."""
    parts = DATE.fullmatch(facts.date or "")
    if parts is None:
        return ()
    weekday, day, month, year = parts.group("weekday", "day", "month", "year")
    try:
        is_right = DAYS[date(int(year), MONTHS.index(month) + 1, int(day)).weekday()] == weekday
    except ValueError:
        return (f'pubDate: "{facts.date}" is no date',)
    return () if is_right else (f'pubDate: "{facts.date}" has the wrong day of the week',)


def default_is_the_enclosure(facts: Facts) -> Problems:
    defaults = [addresses for default, addresses in facts.alternates if default == "true"]
    problems = ["more than one is the default"] if len(defaults) > 1 else []
    for addresses in defaults:
        if facts.enclosure is not None and facts.enclosure not in addresses:
            problems.append("the default is not the enclosure")
    return [f"podcast:alternateEnclosure: {problem}" for problem in problems] if problems else ()


def chapters_ascend(facts: Facts) -> Problems:
    starts = [start or "" for start in facts.starts]
    if not starts or (starts[0] == "00:00:00.000" and starts == sorted(set(starts))):
        return ()
    if starts[0] != "00:00:00.000":
        return ("psc:chapters: the first must start at 00:00:00.000",)
    return ("psc:chapters: must start one after the other",)


def soundbites_lie_inside(facts: Facts) -> Problems:
    return list(_outside(facts)) if facts.soundbites else ()


def _outside(facts: Facts) -> Iterator[str]:
    for start, duration in facts.soundbites:
        try:
            end = float(start or 0) + float(duration or 0)
        except ValueError:
            continue
        if (facts.duration or "").isdecimal() and end > int(facts.duration or 0) + 1:
            yield f"podcast:soundbite: ends at {end:g} s, after the sound ({facts.duration} s)"


def posts_have_an_address(posts: tuple[tuple[Word, Word], ...]) -> Problems:
    wrong = [protocol for protocol, uri in posts if (protocol == "disabled") == (uri is not None)]
    return ["podcast:socialInteract: has a uri, unless its protocol is disabled" for _ in wrong]


OF_ITEM: tuple[Callable[[Facts], Problems], ...] = (
    guid_is_no_address,
    length_is_positive,
    date_is_a_date,
    default_is_the_enclosure,
    chapters_ascend,
    soundbites_lie_inside,
    lambda facts: posts_have_an_address(facts.posts),
)


def repeated(items: list[Facts]) -> Iterator[str]:
    """What may stand in one item only, and stands in several."""
    named = {"guid": [each.guid for each in items], "enclosure": [each.enclosure for each in items]}
    for name, found in named.items():
        values = [value for value in found if value is not None]
        seen: set[str] = set()
        if len(set(values)) == len(values):
            continue
        for value in values:
            if value in seen:
                yield f'{name}: "{value}" stands in more than one item; apps show only one of them'
            seen.add(value)
