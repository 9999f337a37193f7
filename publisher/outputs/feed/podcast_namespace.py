"""Elements of the podcast namespace, as tables: the channel's, a live item's, an item's.

Follows https://github.com/Podcastindex-org/podcast-namespace (docs/1.0.md, docs/tags/).
"""

from __future__ import annotations

import uuid
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from email.utils import format_datetime

from publisher import site_paths, transcripts
from publisher.model import Enclosure, LiveItem, RemoteFeed, Seconds
from publisher.model.podcast_namespace import MAX_TEXT, MAX_TITLE
from publisher.outputs.feed import podcast_nodes as nodes
from publisher.outputs.feed.context import ChannelContext, ItemContext, bidi_isolate
from publisher.outputs.feed.elements import Elements, Node
from publisher.outputs.feed.show_notes import escape_markup
from publisher.render.sanitize import safe_url, single_line

TRANSCRIPT_TYPES = (
    ("vtt", "text/vtt", "captions"),
    ("srt", "application/x-subrip", "captions"),
    ("json", "application/json", None),
)
"""Suffix, media type and `rel` of each format of a transcript."""

SHA256_DIGITS = 64


def _locked(channel: ChannelContext) -> Iterator[Node]:
    owner = channel.series.owner.email if channel.series.owner else None
    yield Node("yes" if channel.series.locked else "no", {"owner": owner})


def _funding(channel: ChannelContext) -> Iterator[Node]:
    return (
        Node(single_line(each.text, MAX_TEXT), {"url": safe_url(each.url)}) for each in channel.series.funding
    )


def _hosts(channel: ChannelContext) -> Iterator[Node]:
    """The moderators of the listed talks, the most frequent first."""
    credits = [credit for release in channel.releases for credit in release.episode.moderators]
    times = Counter(credit.person.id for credit in credits)
    people = {credit.person.id: credit.person for credit in credits}
    for person_id in sorted(times, key=lambda each: (-times[each], each)):
        yield nodes.person(channel.series, people[person_id], "host")


def _trailers(channel: ChannelContext) -> Iterator[Node]:
    for release in channel.trailers:
        enclosure = release.enclosures[0]
        attributes = {
            "url": channel.url(enclosure.path),
            "pubdate": format_datetime(release.published),
            "length": str(enclosure.length),
            "type": enclosure.type,
            "season": nodes.number(release.episode.season),
        }
        yield Node(single_line(release.episode.title, MAX_TEXT), attributes)


def _cover(channel: ChannelContext) -> Iterator[Node]:
    url = channel.url(site_paths.SERIES_COVER)
    yield nodes.image(url, channel.series.title, "1/1", None, "artwork")


def _update_frequency(channel: ChannelContext) -> Iterator[Node]:
    if often := channel.series.update_frequency:
        start = often.start.isoformat() if often.start else None
        complete = "true" if often.complete else None
        attributes = {"rrule": often.rrule, "dtstart": start, "complete": complete}
        yield Node(single_line(often.text, MAX_TEXT), attributes)


def _remote_item(feed: RemoteFeed, medium: str | None = None) -> tuple[str, Node]:
    attributes = {"feedGuid": feed.guid, "feedUrl": safe_url(feed.url), "title": feed.title, "medium": medium}
    return "podcast:remoteItem", Node(attributes=attributes)


def _podroll(channel: ChannelContext) -> Iterator[Node]:
    if channel.series.podroll:
        yield Node(children=tuple(_remote_item(feed) for feed in channel.series.podroll))


def _publisher(channel: ChannelContext) -> Iterator[Node]:
    if channel.series.publisher is not None:
        yield Node(children=(_remote_item(channel.series.publisher, "publisher"),))


def _block(channel: ChannelContext) -> Iterator[Node]:
    for service in channel.series.blocked:
        yield Node("yes", {"id": None if service == "all" else service})


def _chat(channel: ChannelContext) -> Iterator[Node]:
    if chat := channel.series.chat:
        where = {"server": chat.server, "protocol": chat.protocol}
        yield Node(attributes={**where, "accountId": chat.account, "space": chat.space})


def _live_items(channel: ChannelContext) -> Iterator[Node]:
    """The announced talks; none in the archive. The status is from the catalogue, not from a clock."""
    for talk in () if channel.is_archive else channel.series.live:
        end = talk.end.isoformat() if talk.end else None
        times = {"status": talk.status, "start": talk.start.isoformat(), "end": end}
        yield Node(attributes=times, children=tuple(_live_children(channel, talk)))


def _live_children(channel: ChannelContext, talk: LiveItem) -> Iterator[tuple[str, Node]]:
    yield "title", Node(bidi_isolate(single_line(talk.title), talk.language or channel.series.language))
    if talk.summary:
        yield "description", Node(escape_markup(talk.summary))
    pages = [(address, link.title) for link in talk.links if (address := safe_url(link.url))]
    if pages:
        yield "link", Node(pages[0][0])
    yield "guid", Node(live_guid(channel.guid, talk.slug), {"isPermaLink": "false"})
    if stream := safe_url(talk.stream):
        yield from _live_stream(talk, stream)
    for node in nodes.people(channel.series, (*talk.moderators, *talk.guests)):
        yield "podcast:person", node
    for address, words in pages:
        yield "podcast:contentLink", Node(words, {"href": address})


def live_guid(feed_guid: str, slug: str) -> str:
    """The guid of an announced talk; it does not change when the talk is postponed."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"podcast:guid:{feed_guid}#live:{slug}"))


def _live_stream(talk: LiveItem, url: str) -> Iterator[tuple[str, Node]]:
    # A stream has no length, but RSS requires one.
    yield "enclosure", Node(attributes={"url": url, "length": "0", "type": talk.type})
    attributes = {"type": talk.type, "length": "0", "lang": talk.language, "default": "true"}
    source = ("podcast:source", Node(attributes={"uri": url}))
    yield "podcast:alternateEnclosure", Node(attributes=attributes, children=(source,))


CHANNEL_ELEMENTS: Elements[ChannelContext] = {
    "podcast:guid": lambda channel: [Node(channel.guid)],
    "podcast:medium": lambda channel: [Node(channel.series.medium)],
    "podcast:locked": _locked,
    "podcast:funding": _funding,
    "podcast:license": lambda channel: nodes.licence(channel.series.license),
    "podcast:location": lambda channel: nodes.locations(channel.series.locations),
    "podcast:person": _hosts,
    "podcast:trailer": _trailers,
    "podcast:image": _cover,
    "podcast:updateFrequency": _update_frequency,
    "podcast:podroll": _podroll,
    "podcast:publisher": _publisher,
    "podcast:socialInteract": lambda channel: nodes.social(channel.series.social),
    "podcast:chat": _chat,
    "podcast:txt": lambda channel: nodes.txt(channel.series.txt),
    "podcast:block": _block,
    "podcast:liveItem": _live_items,
}


def _season(item: ItemContext) -> Iterator[Node]:
    season = item.episode.season
    if season is not None:
        name = item.series.seasons.get(season)
        yield Node(str(season), {"name": single_line(name, MAX_TEXT) if name else None})


def _episode(item: ItemContext) -> Iterator[Node]:
    number, display = item.episode.number, item.episode.display_number
    if number is not None:
        yield Node(str(number), {"display": single_line(display, MAX_TITLE) if display else None})


def _chapters(item: ItemContext) -> Iterator[Node]:
    if item.chapters:
        url = item.folder + site_paths.CHAPTERS
        yield Node(attributes={"url": url, "type": "application/json+chapters"})


def _transcripts(item: ItemContext) -> Iterator[Node]:
    for transcript in transcripts.for_release(item.release):
        for suffix, kind, relation in TRANSCRIPT_TYPES:
            url = item.folder + site_paths.transcript_name(transcript.language, suffix)
            attributes = {"url": url, "type": kind, "language": transcript.language, "rel": relation}
            yield Node(attributes=attributes)


def _soundbites(item: ItemContext) -> Iterator[Node]:
    """Soundbites in published time, without those of which a part is cut or muted."""
    for bite in item.episode.soundbites:
        span = item.timeline.clip(bite.start, bite.end)
        if span is None or item.timeline.is_muted(bite.start, bite.end):
            continue
        start, duration = round(span[0], 3), round(span[1] - span[0], 3)
        if duration == round(bite.end - bite.start, 3):
            attributes = {"startTime": _format_seconds(start), "duration": _format_seconds(duration)}
            yield Node(single_line(bite.title, MAX_TEXT) if bite.title else None, attributes)


def _format_seconds(time: Seconds) -> str:
    """A time in seconds, to the millisecond: ``73``, ``1234.5``."""
    return f"{time:.3f}".rstrip("0").rstrip(".")


def _alternates(item: ItemContext) -> Iterator[Node]:
    """Every media file of the talk, including the enclosure."""
    video = item.release.video
    for file in (*item.release.enclosures, *((video,) if video else ())):
        title = f"{file.format.upper()} {file.height}p" if file.height else file.format.upper()
        attributes = {
            "type": file.type,
            "length": str(file.length),
            "bitrate": str(file.bitrate * 1000) if file.bitrate else None,
            "height": str(file.height) if file.height else None,
            "lang": item.episode.language,
            "title": single_line(title, MAX_TITLE),
            "default": "true" if file is item.enclosure else None,
        }
        source = ("podcast:source", Node(attributes={"uri": item.url(file.path)}))
        yield Node(attributes=attributes, children=(source, *_integrity(file)))


def _integrity(file: Enclosure) -> Iterator[tuple[str, Node]]:
    """The SRI hash (https://www.w3.org/TR/sri/) of a file whose SHA-256 is known."""
    if len(file.digest) == SHA256_DIGITS:
        value = "sha256-" + b64encode(bytes.fromhex(file.digest)).decode("ascii")
        yield "podcast:integrity", Node(attributes={"type": "sri", "value": value})


def _images(item: ItemContext) -> Iterator[Node]:
    title = item.episode.title
    yield nodes.image(item.folder + site_paths.COVER, title, "1/1", 1400, "artwork")
    yield nodes.image(item.folder + site_paths.CARD, title, "40/21", 1200, "social")


def _content_links(item: ItemContext) -> Iterator[Node]:
    if video := item.release.youtube_id:
        yield Node("YouTube", {"href": f"https://www.youtube.com/watch?v={video}"})


ITEM_ELEMENTS: Elements[ItemContext] = {
    "podcast:person": lambda item: nodes.people(item.series, item.participants),
    "podcast:season": _season,
    "podcast:episode": _episode,
    "podcast:chapters": _chapters,
    "podcast:transcript": _transcripts,
    "podcast:soundbite": _soundbites,
    "podcast:alternateEnclosure": _alternates,
    "podcast:image": _images,
    "podcast:contentLink": _content_links,
    "podcast:location": lambda item: nodes.locations(item.episode.locations),
    "podcast:license": lambda item: nodes.licence(item.episode.license),
    "podcast:socialInteract": lambda item: nodes.social(item.episode.social),
    "podcast:txt": lambda item: nodes.txt(item.episode.txt),
}
