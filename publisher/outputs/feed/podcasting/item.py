"""Elements of the podcast namespace in an item: one row each."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

from publisher import addresses, transcripts
from publisher.model import Enclosure
from publisher.outputs.feed.element import Element, Node
from publisher.outputs.feed.podcasting import nodes
from publisher.outputs.feed.subject import Item
from publisher.render.text import line

CHAPTERS_TYPE = "application/json+chapters"
TRANSCRIPT_TYPES = (
    ("vtt", "text/vtt", "captions"),
    ("srt", "application/x-subrip", "captions"),
    ("json", "application/json", None),
)
COVER_WIDTH, CARD_WIDTH = 1400, 1200
SHA256_DIGITS = 64


def _season(item: Item) -> Iterator[Node]:
    season = item.release.episode.season
    if season is not None:
        name = item.series.seasons.get(season)
        yield Node(str(season), {"name": line(name, nodes.LONGEST) if name else None})


def _episode(item: Item) -> Iterator[Node]:
    episode = item.release.episode
    if episode.number is not None:
        shown = episode.display_number
        yield Node(str(episode.number), {"display": line(shown, nodes.LONGEST_TITLE) if shown else None})


def _chapters(item: Item) -> Iterator[Node]:
    if item.chapters:
        url = item.url(addresses.chapters(item.release.episode.slug))
        yield Node(attributes={"url": url, "type": CHAPTERS_TYPE})


def _transcripts(item: Item) -> Iterator[Node]:
    slug = item.release.episode.slug
    for transcript in transcripts.published(item.release):
        for suffix, kind, relation in TRANSCRIPT_TYPES:
            url = item.url(addresses.transcript(slug, transcript.language, suffix))
            attributes = {"url": url, "type": kind, "language": transcript.language, "rel": relation}
            yield Node(attributes=attributes)


def _soundbites(item: Item) -> Iterator[Node]:
    """Passages in published time; one of which a part is cut or muted is no passage any more."""
    place = item.place
    for bite in item.release.episode.soundbites:
        span = place.clip(bite.start, bite.end) if place else None
        if place is None or span is None or place.is_muted(bite.start, bite.end):
            continue
        start, duration = round(span[0], 3), round(span[1] - span[0], 3)
        if duration == round(bite.end - bite.start, 3):
            attributes = {"startTime": nodes.seconds(start), "duration": nodes.seconds(duration)}
            yield Node(line(bite.title, nodes.LONGEST) if bite.title else None, attributes)


def _alternates(item: Item) -> Iterator[Node]:
    for enclosure in item.release.enclosures:
        attributes = {
            "type": enclosure.type,
            "length": str(enclosure.length),
            "bitrate": nodes.number(enclosure.bitrate * 1000 if enclosure.bitrate else None),
            "lang": item.release.episode.language,
            "title": line(enclosure.format.upper(), nodes.LONGEST_TITLE),
            "default": "true" if enclosure is item.enclosure else None,
        }
        source = Node(attributes={"uri": item.url(enclosure.path)})
        integrity = [("integrity", node) for node in _integrity(enclosure)]
        yield Node(attributes=attributes, children=(("source", source), *integrity))


def _integrity(enclosure: Enclosure) -> Iterator[Node]:
    """The SRI hash (https://www.w3.org/TR/sri/) of the file, where its SHA-256 is known."""
    if len(enclosure.digest) == SHA256_DIGITS:
        value = b64encode(bytes.fromhex(enclosure.digest)).decode("ascii")
        yield Node(attributes={"type": "sri", "value": f"sha256-{value}"})


def _images(item: Item) -> Iterator[Node]:
    episode = item.release.episode
    cover, card = addresses.episode_cover(episode.slug), addresses.episode_card(episode.slug)
    yield nodes.image(item.url(cover), episode.title, "1/1", COVER_WIDTH, "artwork")
    yield nodes.image(item.url(card), episode.title, "40/21", CARD_WIDTH, "social")


def _content_links(item: Item) -> Iterator[Node]:
    if item.release.youtube_id:
        yield Node("YouTube", {"href": f"https://www.youtube.com/watch?v={item.release.youtube_id}"})


ELEMENTS: tuple[Element[Item], ...] = (
    Element("person", lambda item: nodes.people(item.series, item.participants)),
    Element("season", _season),
    Element("episode", _episode),
    Element("chapters", _chapters),
    Element("transcript", _transcripts),
    Element("soundbite", _soundbites),
    Element("alternateEnclosure", _alternates),
    Element("image", _images),
    Element("contentLink", _content_links),
    Element("location", lambda item: nodes.places(item.release.episode.locations)),
    Element("license", lambda item: nodes.licence(item.release.episode.license)),
    Element("socialInteract", lambda item: nodes.social(item.release.episode.social)),
    Element("txt", lambda item: nodes.txt(item.release.episode.txt)),
)
