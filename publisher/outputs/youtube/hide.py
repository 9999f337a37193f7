"""Hides a video: makes it private, removes it from the playlist, deletes our captions.

The video is never deleted. Captions of other uploaders stay: they become private with the video.
Each call is safe to repeat and is recorded before the next one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from publisher.fingerprint import fingerprint
from publisher.model.youtube_facts import YouTubeFacts
from publisher.outputs.youtube import resource
from publisher.outputs.youtube.attachments import find_caption, video_of
from publisher.outputs.youtube.client import Client
from publisher.outputs.youtube.errors import NotAuthorised, NotFound
from publisher.outputs.youtube.state import HIDDEN_PRIVACY, VideoRecord

logger = logging.getLogger(__name__)


def hide_video(client: Client, record: VideoRecord, video: str, channel: str, now: datetime) -> Iterator[str]:
    """Hides the most visible parts first; yields a report of each change after it is made.

    Raises YouTubeError; NotAuthorised if the video belongs to another channel.
    """
    remote = client.videos([video], resource.PARTS).get(video)
    if remote is None:
        record.save(replace(_as_hidden(record.facts), captions=None, playlist=None))
        logger.info("video %s: nothing to hide: it is not on YouTube", video)
        yield f"the video {video} is not on YouTube any more"
        return
    owner = remote.get("snippet", {}).get("channelId")
    if owner != channel:
        raise NotAuthorised(
            f"the video {video} belongs to the channel {owner}, but the login is for {channel}"
        )
    privacy: resource.Values = {"privacy": "private"}
    was_private = resource.remote_values(remote, privacy, now) == privacy
    logger.info("video %s: private already: %s", video, was_private)
    if not was_private:
        client.update_video(*resource.changed(remote, privacy))
    record.save(_as_hidden(record.facts))
    yield f"the video {video} {'was private already' if was_private else 'is private'}"
    yield from _remove_from_playlist(client, record, video)
    yield from _delete_captions(client, record, video)


def _as_hidden(facts: YouTubeFacts) -> YouTubeFacts:
    # The catalogue never has this value, so the privacy counts as changed once the talk is visible again.
    privacy = (HIDDEN_PRIVACY, fingerprint("private"))
    return replace(facts, agreed={**(facts.agreed or {}), "privacy": privacy}, visible=None)


def _remove_from_playlist(client: Client, record: VideoRecord, video: str) -> Iterator[str]:
    playlist = record.facts.playlist.id if record.facts.playlist else None
    if playlist is None:
        return
    try:
        entries = [entry for entry in client.playlist(playlist) if video_of(entry) == video]
    except NotFound:
        entries = []
    logger.info("video %s: remove %d playlist entries", video, len(entries))
    for entry in entries:
        client.remove_from_playlist(str(entry["id"]))
    record.save(replace(record.facts, playlist=None))
    if entries:
        yield f"it was removed from the playlist {playlist}"


def _delete_captions(client: Client, record: VideoRecord, video: str) -> Iterator[str]:
    for language, recorded in sorted((record.facts.captions or {}).items()):
        track = recorded.id
        if track is None and recorded.trying is not None:
            # It was sent, but the answer was lost.
            track = find_caption(client, video, language)
        if track is not None:
            logger.info("video %s: delete captions %s", video, language)
            client.delete_caption(track)
        record.save(record.facts.without_caption(language))
        if track is not None:
            yield f"its captions ({language}) are deleted"
        elif recorded.left:
            yield f"its captions ({language}) belong to another uploader: they are kept, and are private too"
    record.save(replace(record.facts, captions=None))
