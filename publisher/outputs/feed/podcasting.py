"""Elements of the podcast namespace, as tables.

Follows https://github.com/Podcastindex-org/podcast-namespace (docs/1.0.md, docs/tags/). The
namespace has no trailing slash: readers that look at it see nothing otherwise.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterator

from publisher import addresses, transcripts
from publisher.model import Credit, Enclosure, Person, Series
from publisher.outputs.feed.element import Element, Node
from publisher.outputs.feed.subject import Channel, Item
from publisher.render.text import line, web

NAMESPACE = "https://podcastindex.org/namespace/1.0"
LONGEST = 128
"""Characters after which aggregators cut a text."""

CHAPTERS_TYPE = "application/json+chapters"
TRANSCRIPT_TYPES = (
    ("vtt", "text/vtt", "captions"),
    ("srt", "application/x-subrip", "captions"),
    ("json", "application/json", None),
)
ROLES = {"guest": "guest", "moderator": "host"}
"""Of taxonomy.json, group Cast. A source did not take part, so it has no role here."""


def _locked(channel: Channel) -> Iterator[Node]:
    if channel.series.locked is not None:
        owner = channel.series.owner.email if channel.series.owner else None
        yield Node("yes" if channel.series.locked else "no", {"owner": owner})


def _funding(channel: Channel) -> Iterator[Node]:
    for way in channel.series.funding:
        yield Node(line(way.text, LONGEST), {"url": web(way.url)})


def _license(channel: Channel) -> Iterator[Node]:
    licence = channel.series.license
    if licence is not None:
        yield Node(line(licence.name, LONGEST).lower(), {"url": web(licence.url)})


def _hosts(channel: Channel) -> Iterator[Node]:
    """The regular people: who moderates the talks shown, most often first."""
    credits = [credit for release in channel.releases for credit in release.episode.moderators]
    times = Counter(credit.person.id for credit in credits)
    people = {credit.person.id: credit.person for credit in credits}
    for person_id in sorted(times, key=lambda each: (-times[each], each)):
        yield _person(channel.series, people[person_id], "host")


def _trailers(channel: Channel) -> Iterator[Node]:
    for release in channel.releases:
        if release.episode.kind != "trailer" or release.enclosure is None:
            continue
        attributes = {
            "url": channel.url(release.enclosure.path),
            "pubdate": _rfc2822(release.published),
            "length": str(release.enclosure.length),
            "type": release.enclosure.type,
            "season": _number(release.episode.season),
        }
        yield Node(line(release.episode.title, LONGEST), attributes)


def _cover(channel: Channel) -> Iterator[Node]:
    yield _image(channel.url(addresses.SERIES_COVER), channel.series.title, "1/1", 3000, "artwork")


CHANNEL_ELEMENTS: tuple[Element[Channel], ...] = (
    Element("guid", lambda channel: [Node(channel.guid)]),
    Element("medium", lambda channel: [Node("podcast")]),
    Element("locked", _locked),
    Element("funding", _funding),
    Element("license", _license),
    Element("person", _hosts),
    Element("trailer", _trailers),
    Element("image", _cover),
)


def _people(item: Item) -> Iterator[Node]:
    """Everybody who takes part: an item's people replace the channel's, so all are restated."""
    episode = item.release.episode
    for credit in (*episode.moderators, *episode.guests):
        yield _person(item.series, credit.person, _role(credit))


def _season(item: Item) -> Iterator[Node]:
    if item.release.episode.season is not None:
        yield Node(_number(item.release.episode.season))


def _episode(item: Item) -> Iterator[Node]:
    if item.release.episode.number is not None:
        yield Node(_number(item.release.episode.number))


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


def _alternates(item: Item) -> Iterator[Node]:
    for enclosure in item.release.enclosures:
        attributes = {
            "type": enclosure.type,
            "length": str(enclosure.length),
            "bitrate": _number(enclosure.bitrate * 1000 if enclosure.bitrate else None),
            "lang": item.release.episode.language,
            "title": line(enclosure.format.upper(), 32),
            "default": "true" if enclosure is item.enclosure else None,
        }
        source = Node(attributes={"uri": item.url(enclosure.path)})
        integrity = [("integrity", node) for node in _integrity(enclosure)]
        yield Node(attributes=attributes, children=(("source", source), *integrity))


def _images(item: Item) -> Iterator[Node]:
    episode = item.release.episode
    yield _image(item.url(addresses.episode_cover(episode.slug)), episode.title, "1/1", 1400, "artwork")
    yield _image(item.url(addresses.episode_card(episode.slug)), episode.title, "40/21", 1200, "social")


def _content_links(item: Item) -> Iterator[Node]:
    if item.release.youtube_id:
        yield Node("YouTube", {"href": f"https://www.youtube.com/watch?v={item.release.youtube_id}"})


ITEM_ELEMENTS: tuple[Element[Item], ...] = (
    Element("person", _people),
    Element("season", _season),
    Element("episode", _episode),
    Element("chapters", _chapters),
    Element("transcript", _transcripts),
    Element("alternateEnclosure", _alternates),
    Element("image", _images),
    Element("contentLink", _content_links),
)


def _role(credit: Credit) -> str:
    return ROLES[credit.role]


def _person(series: Series, person: Person, role: str) -> Node:
    photo = addresses.url(series, addresses.person_photo(person.id)) if person.photo else None
    page = web(person.link) or addresses.url(series, addresses.person_page(person.id))
    return Node(line(person.name, LONGEST), {"group": "cast", "role": role, "img": photo, "href": page})


def _image(url: str, words: str, ratio: str, width: int, purpose: str) -> Node:
    attributes = {
        "href": url,
        "alt": line(words),
        "aspect-ratio": ratio,
        "width": str(width),
        "type": "image/jpeg",
        "purpose": purpose,
    }
    return Node(attributes=attributes)


def _integrity(enclosure: Enclosure) -> Iterator[Node]:
    """The SRI hash (https://www.w3.org/TR/sri/) of the file, where its SHA-256 is known."""
    if len(enclosure.digest) == 64:
        value = b64encode(bytes.fromhex(enclosure.digest)).decode("ascii")
        yield Node(attributes={"type": "sri", "value": f"sha256-{value}"})


def _number(number: int | None) -> str | None:
    return None if number is None else str(number)


def _rfc2822(date: object) -> str:
    from email.utils import format_datetime

    return format_datetime(date)  # type: ignore[arg-type]
