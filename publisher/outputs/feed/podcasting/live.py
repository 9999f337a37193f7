"""podcast:liveItem: a talk announced to be heard live.

What is inside it is as in an item. Whether it has begun is what its producer says, not a clock.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from publisher.model import LiveTalk
from publisher.outputs.feed.element import Node, html
from publisher.outputs.feed.podcasting import nodes
from publisher.outputs.feed.subject import Channel, isolated
from publisher.render.text import legal, line, web


def items(channel: Channel) -> Iterator[Node]:
    """The announced talks; the archive has none."""
    if not channel.is_archive:
        for talk in channel.series.live:
            yield Node(attributes=_times(talk), children=tuple(_children(channel, talk)))


def guid(feed_guid: str, slug: str) -> str:
    """The identity of an announced talk: it stays when the talk is postponed."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"podcast:guid:{feed_guid}#live:{slug}"))


def _times(talk: LiveTalk) -> dict[str, str | None]:
    end = talk.end.isoformat() if talk.end else None
    return {"status": talk.status, "start": talk.start.isoformat(), "end": end}


def _children(channel: Channel, talk: LiveTalk) -> Iterator[tuple[str, Node]]:
    """Names without a namespace are RSS's own, and are written as ``{}name``."""
    yield "{}title", Node(isolated(line(talk.title), talk.language or channel.series.language))
    if talk.summary:
        yield "{}description", Node(html(legal(talk.summary)))
    pages = [(address, line(link.title)) for link in talk.links if (address := web(link.url))]
    if pages:
        yield "{}link", Node(pages[0][0])
    yield "{}guid", Node(guid(channel.guid, talk.slug), {"isPermaLink": "false"})
    yield from _stream(talk)
    for node in nodes.people(channel.series, (*talk.moderators, *talk.guests)):
        yield "person", node
    for address, words in pages:
        yield "contentLink", Node(words, {"href": address})


def _stream(talk: LiveTalk) -> Iterator[tuple[str, Node]]:
    # A stream has no length; RSS asks for one all the same.
    if (stream := web(talk.stream)) is not None:
        yield "{}enclosure", Node(attributes={"url": stream, "length": "0", "type": talk.type})
        attributes = {"type": talk.type, "length": "0", "lang": talk.language, "default": "true"}
        source = ("source", Node(attributes={"uri": stream}))
        yield "alternateEnclosure", Node(attributes=attributes, children=(source,))
