"""Elements of the podcast namespace in the channel: one row each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from publisher import addresses
from publisher.model import RemoteFeed
from publisher.outputs.feed.dates import rfc2822
from publisher.outputs.feed.element import Element, Node
from publisher.outputs.feed.podcasting import live, nodes
from publisher.outputs.feed.subject import Channel
from publisher.render.text import line, web


def _locked(channel: Channel) -> Iterator[Node]:
    owner = channel.series.owner.email if channel.series.owner else None
    yield Node("yes" if channel.series.locked else "no", {"owner": owner})


def _funding(channel: Channel) -> Iterator[Node]:
    for way in channel.series.funding:
        yield Node(line(way.text, nodes.LONGEST), {"url": web(way.url)})


def _hosts(channel: Channel) -> Iterator[Node]:
    """The regular people: who moderates the talks shown, most often first."""
    credits = [credit for release in channel.releases for credit in release.episode.moderators]
    times = Counter(credit.person.id for credit in credits)
    people = {credit.person.id: credit.person for credit in credits}
    for person_id in sorted(times, key=lambda each: (-times[each], each)):
        yield nodes.person(channel.series, people[person_id], "host")


def _trailers(channel: Channel) -> Iterator[Node]:
    for release in channel.trailers:
        if release.enclosure is None:
            continue
        attributes = {
            "url": channel.url(release.enclosure.path),
            "pubdate": rfc2822(release.published),
            "length": str(release.enclosure.length),
            "type": release.enclosure.type,
            "season": nodes.number(release.episode.season),
        }
        yield Node(line(release.episode.title, nodes.LONGEST), attributes)


def _cover(channel: Channel) -> Iterator[Node]:
    url = channel.url(addresses.SERIES_COVER)
    yield nodes.image(url, channel.series.title, "1/1", None, "artwork")


def _update_frequency(channel: Channel) -> Iterator[Node]:
    often = channel.series.update_frequency
    if often is not None:
        attributes = {
            "rrule": often.rrule,
            "dtstart": often.start.isoformat() if often.start else None,
            "complete": "true" if often.complete else None,
        }
        yield Node(line(often.text, nodes.LONGEST), attributes)


def _remote(feed: RemoteFeed, medium: str | None = None) -> tuple[str, Node]:
    attributes = {"feedGuid": feed.guid, "feedUrl": web(feed.url), "title": feed.title, "medium": medium}
    return "remoteItem", Node(attributes=attributes)


def _podroll(channel: Channel) -> Iterator[Node]:
    if channel.series.podroll:
        yield Node(children=tuple(_remote(feed) for feed in channel.series.podroll))


def _publisher(channel: Channel) -> Iterator[Node]:
    if channel.series.publisher is not None:
        yield Node(children=(_remote(channel.series.publisher, "publisher"),))


def _block(channel: Channel) -> Iterator[Node]:
    for service in channel.series.blocked:
        yield Node("yes", {"id": None if service == "all" else service})


def _chat(channel: Channel) -> Iterator[Node]:
    chat = channel.series.chat
    if chat is not None:
        attributes = {
            "server": chat.server,
            "protocol": chat.protocol,
            "accountId": chat.account,
            "space": chat.space,
        }
        yield Node(attributes=attributes)


ELEMENTS: tuple[Element[Channel], ...] = (
    Element("guid", lambda channel: [Node(channel.guid)]),
    Element("medium", lambda channel: [Node(channel.series.medium)]),
    Element("locked", _locked),
    Element("funding", _funding),
    Element("license", lambda channel: nodes.licence(channel.series.license)),
    Element("location", lambda channel: nodes.places(channel.series.locations)),
    Element("person", _hosts),
    Element("trailer", _trailers),
    Element("image", _cover),
    Element("updateFrequency", _update_frequency),
    Element("podroll", _podroll),
    Element("publisher", _publisher),
    Element("socialInteract", lambda channel: nodes.social(channel.series.social)),
    Element("chat", _chat),
    Element("txt", lambda channel: nodes.txt(channel.series.txt)),
    Element("block", _block),
    Element("liveItem", live.items),
)
