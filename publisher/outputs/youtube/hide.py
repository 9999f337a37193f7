"""Hides a video: private, out of the playlist, without the captions that we uploaded.

The video is never deleted, and captions that somebody else uploaded stay: both are private with
it. Each call is safe to repeat and is recorded before the next one.
"""

from __future__ import annotations

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


def hide_video(client: Client, record: VideoRecord, video: str, channel: str, now: datetime) -> Iterator[str]:
    """Hides the most visible things first; yields what was done, each after it is done.

    Raises YouTubeError; NotAuthorised if the video is not the channel's.
    """
    held = client.videos([video], resource.PARTS).get(video)
    if held is None:
        record.save(replace(_as_hidden(record.facts), captions=None, playlist=None))
        yield f"the video {video} is not there any more"
        return
    owner = held.get("snippet", {}).get("channelId")
    if owner != channel:
        raise NotAuthorised(f"the video {video} belongs to the channel {owner}, and logged in is {channel}")
    privacy: resource.Values = {"privacy": "private"}
    was_private = resource.remote_values(held, privacy, now) == privacy
    if not was_private:
        client.update_video(*resource.changed(held, privacy))
    record.save(_as_hidden(record.facts))
    yield f"the video {video} {'was private already' if was_private else 'is private'}"
    yield from _leave_playlist(client, record, video)
    yield from _delete_captions(client, record, video)


def _as_hidden(facts: YouTubeFacts) -> YouTubeFacts:
    # No value of the catalogue: when the talk may be seen again, its privacy counts as changed.
    privacy = (HIDDEN_PRIVACY, fingerprint("private"))
    return replace(facts, agreed={**(facts.agreed or {}), "privacy": privacy}, visible=None)


def _leave_playlist(client: Client, record: VideoRecord, video: str) -> Iterator[str]:
    playlist = record.facts.playlist.id if record.facts.playlist else None
    if playlist is None:
        return
    try:
        entries = [one for one in client.playlist(playlist) if video_of(one) == video]
    except NotFound:
        entries = []
    for entry in entries:
        client.remove_from_playlist(str(entry["id"]))
    record.save(replace(record.facts, playlist=None))
    if entries:
        yield f"it is out of the playlist {playlist}"


def _delete_captions(client: Client, record: VideoRecord, video: str) -> Iterator[str]:
    for language, held in sorted((record.facts.captions or {}).items()):
        track = held.id
        if track is None and held.trying is not None:
            # It was sent, and the answer was lost.
            track = find_caption(client, video, language)
        if track is not None:
            client.delete_caption(track)
        record.save(record.facts.without_caption(language))
        if track is not None:
            yield f"its captions ({language}) are deleted"
        elif held.left:
            yield f"its captions ({language}) are somebody else's and stay, private with it"
    record.save(replace(record.facts, captions=None))
