"""The descriptions of a feed: what the strictest apps read of a series and of an item.

Plain text of at most 4000 bytes, an item's chapters as a list of times from 00:00. What has no
limit, and markup, are the show notes in `notes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from publisher.model import Seconds, Series
from publisher.outputs.feed.element import html
from publisher.outputs.feed.subject import Item
from publisher.render import markup
from publisher.render.text import legal, line

LARGEST = 4000
"""Bytes that Apple allows in a description."""

ENOUGH = 1000
"""Bytes that are kept for the summary, whatever else there is to say."""

_SENTENCE = re.compile(r"[.!?…؟۔।]+[\"'”’»)\]]*(?=\s)")


def describe_series(series: Series) -> str:
    """The channel's description: plain text of at most 4000 bytes, never empty."""
    return shorten(html(legal(markup.plain(series.description))), LARGEST) or line(series.title)


def describe(item: Item) -> str:
    """The item's description: plain text of at most 4000 bytes, never empty.

    The summary, then who speaks, the page and the chapters; a list of chapters that leaves the
    summary too little room is left out whole, because half a list misleads.
    """
    summary = html(_summary(item))
    ending = [html(part) for part in (_people(item), item.page, _times(item)) if part]
    whole = _paragraphs_of(summary, *ending)
    if len(whole.encode()) <= LARGEST:
        return whole
    enough = min(len(summary.encode()), ENOUGH)
    while (taken := len(_paragraphs_of("", *ending).encode())) > LARGEST - enough:
        ending.pop()
    return _paragraphs_of(shorten(summary, LARGEST - taken), *ending)


def shorten(text: str, largest: int) -> str:
    """`text` in at most `largest` bytes of UTF-8, cut after a paragraph, a sentence or a word."""
    if len(text.encode()) <= largest:
        return text
    whole = text.encode()[: max(0, largest - len(" …".encode()))].decode(errors="ignore")
    for ends in (_paragraphs(whole), _sentences(whole)):
        end = max((end for end in ends if end > len(whole) // 2), default=None)
        if end is not None:
            return whole[:end].rstrip()
    return whole.rsplit(maxsplit=1)[0] + " …" if " " in whole else whole + "…"


def _paragraphs(text: str) -> Iterator[int]:
    return (match.start() for match in re.finditer(r"\n{2,}", text))


def _sentences(text: str) -> Iterator[int]:
    return (match.end() for match in _SENTENCE.finditer(text))


def _summary(item: Item) -> str:
    """The first that says something: the summary, the notes' first paragraph, the title."""
    episode = item.release.episode
    return (
        legal(episode.summary or "").strip()
        or markup.with_times(legal(markup.plain(episode.notes or "")).strip().split("\n\n", 1)[0], item.heard)
        or line(episode.title)
        or episode.slug
    )


def _people(item: Item) -> str:
    episode = item.release.episode
    credits = episode.guests + episode.moderators
    return "\n".join([_named(each.person.name, each.title or each.person.title) for each in credits])


@lru_cache(maxsize=4096)
def _named(name: str, title: str | None) -> str:
    return line(f"{name} ({title})" if title else name)


def _times(item: Item) -> str:
    return "\n".join([f"{_stamp(chapter.at)} {chapter.title}" for chapter in item.chapters])


def _paragraphs_of(*parts: str) -> str:
    return "\n\n".join(parts)


@lru_cache(maxsize=8192)
def _stamp(time: Seconds) -> str:
    minutes, seconds = divmod(int(time), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"
