"""Sends a video's thumbnail and captions, and puts it in the playlist.

Each is sent once and replaced only when it changed. After a lost answer the functions read before
they add: YouTube refuses a second caption track, but accepts a second playlist entry.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from publisher import timeline, transcripts
from publisher.fingerprint import fingerprint
from publisher.images import covers, photos
from publisher.model import Episode, Transcript
from publisher.model.youtube_facts import CaptionFacts, PlaylistFacts
from publisher.outputs.youtube.client import Client
from publisher.outputs.youtube.desired import chapter_durations
from publisher.outputs.youtube.errors import NotFound, Refused, Unfinished, Unreachable, YouTubeError
from publisher.outputs.youtube.resource import Resource
from publisher.outputs.youtube.state import VideoJob
from publisher.outputs.youtube.validation import MAX_THUMBNAIL

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3


# Thumbnail


def set_thumbnail(job: VideoJob) -> None:
    """Sends the episode's picture, or a rendered cover. Raises YouTubeError if it is too large."""
    key = job.desired.thumbnail
    if key is None or job.facts.thumbnail == key:
        return
    photo = job.episode.thumbnail
    if photo is not None:
        # Re-encoded from its pixels: cameras store place and device in the file's metadata.
        picture = photos.jpeg_under(photos.picture(photo), MAX_THUMBNAIL)
    else:
        picture = covers.thumbnail(job.context.series, job.episode, chapter_durations(job.episode))
    if len(picture) > MAX_THUMBNAIL:
        raise YouTubeError(
            f"the thumbnail has {len(picture)} bytes; YouTube takes {MAX_THUMBNAIL}; save it smaller"
        )
    job.client.set_thumbnail(job.video, picture)
    job.save(replace(job.facts, thumbnail=key))


# Captions


def put_caption(job: VideoJob, transcript: Transcript) -> None:
    """Sends a transcript's captions if they changed. Raises Unfinished if they could not be sent."""
    language = transcript.language
    key = job.desired.captions[language]
    recorded = job.facts.caption(language)
    if recorded.made_of == key:
        return
    text = desired_captions(job.episode, transcript)
    words = fingerprint(text)
    if recorded.words == words or not text:
        logger.debug("%s: captions %s not sent: same words, or none", job.episode.slug, language)
        caption = replace(recorded, made_of=key, words=words)
    elif recorded.left:
        logger.info("%s: captions %s not sent: the track is not ours", job.episode.slug, language)
        caption = replace(recorded, made_of=key)
    else:
        caption = replace(_send_caption(job, language, text.encode(), words, recorded), made_of=key)
    job.save(job.facts.with_caption(language, caption))


def desired_captions(episode: Episode, transcript: Transcript) -> str:
    """A transcript as WebVTT in the video's time; empty if none of it is published."""
    duration = episode.recording.duration if episode.recording else float("inf")
    cues = transcripts.published_cues(transcript, timeline.of_recording(episode, duration))
    return transcripts.to_vtt(cues) if any(cue.text for cue in cues) else ""


def _send_caption(
    job: VideoJob, language: str, text: bytes, words: str, recorded: CaptionFacts
) -> CaptionFacts:
    """Replaces our track, or adds it once; leaves a track of another uploader unchanged."""
    if recorded.id is not None:
        try:
            job.client.update_caption(recorded.id, text)
            return CaptionFacts(id=recorded.id, words=words)
        except NotFound:
            logger.info("%s: captions %s were deleted on YouTube: add them", job.episode.slug, language)
            recorded = CaptionFacts()
    sent_before, cause = recorded.trying, ""
    must_read = sent_before is not None or job.episode.youtube.id is not None
    for _ in range(MAX_ATTEMPTS):
        track = find_caption(job.client, job.video, language) if must_read else None
        if track is not None and sent_before is None:
            logger.info("%s: captions %s: another uploader's track is kept", job.episode.slug, language)
            return CaptionFacts(left=True)
        if track is not None:
            if sent_before != words:
                job.client.update_caption(track, text)
            return CaptionFacts(id=track, words=words)
        job.save(job.facts.with_caption(language, CaptionFacts(trying=words)))
        try:
            added = job.client.add_caption(job.video, language, text)
            return CaptionFacts(id=str(added["id"]), words=words)
        except Unreachable as error:
            must_read, sent_before, cause = True, words, f": {error}"
        except Refused as error:
            if error.reason != "captionExists":
                raise
            must_read = True
    raise Unfinished(f"the captions ({language}) could not be sent; run `publisher release` again{cause}")


def find_caption(client: Client, video: str, language: str) -> str | None:
    """The id of the uploaded track of a language without a name, as our tracks have none."""
    for track in client.captions(video):
        snippet = track["snippet"]
        is_ours = not snippet.get("name") and snippet.get("trackKind", "standard") == "standard"
        if is_ours and snippet.get("language") == language:
            return str(track["id"])
    return None


# Playlist


def put_in_playlist(job: VideoJob) -> None:
    """Adds or moves the video in the series' playlist. Raises Unfinished if that fails repeatedly."""
    key, playlist = job.desired.playlist, job.context.series.youtube.playlist
    recorded = job.facts.playlist or PlaylistFacts()
    if key is None or playlist is None or recorded.made_of == key:
        return
    cause = ""
    for _ in range(MAX_ATTEMPTS):
        entries = _read_playlist(job, playlist)
        own = next((entry for entry in entries if video_of(entry) == job.video), None)
        position = _position(job, [entry for entry in entries if entry is not own])
        try:
            if own is None:
                _add_to_playlist(job, playlist, position)
            elif recorded.id == playlist and entries.index(own) != position:
                job.client.move_in_playlist(own, position)
        except (Unreachable, NotFound) as error:
            # YouTube has inserted videos although it answered 404, so the playlist is read again.
            cause = str(error)
            logger.info("%s: read the playlist again: %s", job.episode.slug, error)
            job.client.pause(1)
            continue
        job.save(replace(job.facts, playlist=PlaylistFacts(id=playlist, made_of=key)))
        return
    raise Unfinished(f"the playlist could not be changed; run `publisher release` again: {cause}")


def _read_playlist(job: VideoJob, playlist: str) -> tuple[Resource, ...]:
    try:
        return tuple(job.client.playlist(playlist))
    except NotFound as error:
        text = f"the playlist {playlist} is not on YouTube; correct playlist in [youtube]"
        raise NotFound(text, error.reason) from error


def _add_to_playlist(job: VideoJob, playlist: str, position: int) -> None:
    try:
        job.client.add_to_playlist(playlist, job.video, position)
    except Refused as error:
        if error.reason != "manualSortRequired":
            raise
        # A playlist that YouTube sorts by itself accepts no positions.
        logger.info("%s: added without a position: YouTube sorts the playlist", job.episode.slug)
        job.client.add_to_playlist(playlist, job.video, None)


def _position(job: VideoJob, others: Sequence[Resource]) -> int:
    """The position before the first later talk; the end if there is none."""
    for number, entry in enumerate(others):
        date = job.context.dates.get(video_of(entry))
        if date is not None and date > job.episode.date:
            return number
    return len(others)


def video_of(entry: Resource) -> str:
    """The video id of a playlist entry; empty if the entry is no video."""
    return str(entry["snippet"]["resourceId"].get("videoId", ""))
