"""Elements of the podcast namespace in an item: one row each."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from operator import attrgetter
from typing import Any

from publisher import addresses, transcripts
from publisher.model import Enclosure
from publisher.outputs.feed.element import Lines, Node, attribute, lines
from publisher.outputs.feed.podcasting import nodes
from publisher.outputs.feed.subject import Item
from publisher.render.text import line
from publisher.timeline import Timeline

CHAPTERS_TYPE = "application/json+chapters"
TRANSCRIPT_TYPES = (
    ("vtt", "text/vtt", ' rel="captions"'),
    ("srt", "application/x-subrip", ' rel="captions"'),
    ("json", "application/json", ""),
)
SHA256_DIGITS = 64


def _season(item: Item) -> Iterable[str]:
    season = item.release.episode.season
    if season is None:
        return ()
    name = item.series.seasons.get(season)
    shown = f' name="{attribute(line(name, nodes.LONGEST))}"' if name else ""
    return (f"<podcast:season{shown}>{season}</podcast:season>",)


def _episode(item: Item) -> Iterable[str]:
    number, display = item.release.episode.number, item.release.episode.display_number
    if number is None:
        return ()
    shown = f' display="{attribute(line(display, nodes.LONGEST_TITLE))}"' if display else ""
    return (f"<podcast:episode{shown}>{number}</podcast:episode>",)


def _chapters(item: Item) -> Iterable[str]:
    if not item.chapters:
        return ()
    return (f'<podcast:chapters url="{item.folder}{addresses.CHAPTERS}" type="{CHAPTERS_TYPE}"/>',)


def _transcripts(item: Item) -> Iterable[str]:
    return _offered(item) if item.release.episode.transcripts else ()


def _offered(item: Item) -> Iterator[str]:
    for transcript in transcripts.published(item.release):
        language = attribute(transcript.language)
        for suffix, kind, relation in TRANSCRIPT_TYPES:
            url = f"{item.folder}{attribute(addresses.transcript_name(transcript.language, suffix))}"
            yield f'<podcast:transcript url="{url}" type="{kind}" language="{language}"{relation}/>'


def _soundbites(item: Item) -> Iterable[str]:
    """Passages in published time; one of which a part is cut or muted is no passage any more."""
    if not item.release.episode.soundbites:
        return ()
    return lines("podcast:soundbite", _passages(item, item.place))


def _passages(item: Item, place: Timeline) -> Iterator[Node]:
    for bite in item.release.episode.soundbites:
        span = place.clip(bite.start, bite.end)
        if span is None or place.is_muted(bite.start, bite.end):
            continue
        start, duration = round(span[0], 3), round(span[1] - span[0], 3)
        if duration == round(bite.end - bite.start, 3):
            attributes = {"startTime": nodes.seconds(start), "duration": nodes.seconds(duration)}
            yield Node(line(bite.title, nodes.LONGEST) if bite.title else None, attributes)


def _alternates(item: Item) -> list[str]:
    files = item.release.enclosures
    if item.release.video is not None:
        files = (*files, item.release.video)
    return [part for enclosure in files for part in _alternate(item, enclosure)]


def _alternate(item: Item, enclosure: Enclosure) -> tuple[str, ...]:
    rate = f' bitrate="{enclosure.bitrate * 1000}"' if enclosure.bitrate else ""
    default = ' default="true"' if enclosure is item.enclosure else ""
    words = _format(enclosure.format, enclosure.height, item.release.episode.language)
    return (
        f'<podcast:alternateEnclosure type="{attribute(enclosure.type)}" length="{enclosure.length}"'
        f"{rate}{words}{default}>",
        f'  <podcast:source uri="{item.url(enclosure.path)}"/>',
        *_integrity(enclosure),
        "</podcast:alternateEnclosure>",
    )


@lru_cache(maxsize=256)
def _format(name: str, height: int | None, language: str) -> str:
    seen = f' height="{height}"' if height else ""
    title = line(f"{name.upper()} {height}p" if height else name.upper(), nodes.LONGEST_TITLE)
    return f'{seen} lang="{attribute(language)}" title="{attribute(title)}"'


def _integrity(enclosure: Enclosure) -> Iterable[str]:
    """The SRI hash (https://www.w3.org/TR/sri/) of the file, where its SHA-256 is known."""
    if len(enclosure.digest) != SHA256_DIGITS:
        return ()
    value = b64encode(bytes.fromhex(enclosure.digest)).decode("ascii")
    return (f'  <podcast:integrity type="sri" value="sha256-{value}"/>',)


def _images(item: Item) -> Iterable[str]:
    words = attribute(line(item.release.episode.title))
    cover, card = (f'<podcast:image href="{item.folder}{name}"' for name in (addresses.COVER, addresses.CARD))
    return (
        f'{cover} alt="{words}" aspect-ratio="1/1" width="1400" type="image/jpeg" purpose="artwork"/>',
        f'{card} alt="{words}" aspect-ratio="40/21" width="1200" type="image/jpeg" purpose="social"/>',
    )


def _content_links(item: Item) -> Iterable[str]:
    video = item.release.youtube_id
    if not video:
        return ()
    address = attribute(f"https://www.youtube.com/watch?v={video}")
    return (f'<podcast:contentLink href="{address}">YouTube</podcast:contentLink>',)


def _own(name: str, field: str, nodes_of: Callable[[Any], Iterable[Node]]) -> Lines[Item]:
    """A row for a field that few talks have."""
    value = attrgetter(f"release.episode.{field}")

    def written(item: Item) -> Iterable[str]:
        given = value(item)
        return lines(f"podcast:{name}", nodes_of(given)) if given else ()

    return Lines(name, written)


ELEMENTS: tuple[Lines[Item], ...] = (
    Lines("person", lambda item: nodes.people_lines(item.series, item.participants)),
    Lines("season", _season),
    Lines("episode", _episode),
    Lines("chapters", _chapters),
    Lines("transcript", _transcripts),
    Lines("soundbite", _soundbites),
    Lines("alternateEnclosure", _alternates),
    Lines("image", _images),
    Lines("contentLink", _content_links),
    _own("location", "locations", nodes.places),
    _own("license", "license", nodes.licence),
    _own("socialInteract", "social", nodes.social),
    _own("txt", "txt", nodes.txt),
)
