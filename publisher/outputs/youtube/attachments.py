"""A video's thumbnail, captions and place in the playlist.

Each is sent once and replaced only when it changed. Where an answer may have been lost, the
functions read before they add: YouTube refuses a second caption track, but takes a second
playlist entry.
"""

from __future__ import annotations

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

ATTEMPTS = 3


# Thumbnail


def set_thumbnail(job: VideoJob) -> None:
    key = job.desired.thumbnail
    if key is None or job.facts.thumbnail == key:
        return
    given = job.episode.thumbnail
    if given is not None:
        # Encoded again from its pixels: a camera writes place and device into its pictures.
        picture = photos.jpeg_under(photos.picture(given), MAX_THUMBNAIL)
    else:
        picture = covers.thumbnail(job.context.series, job.episode, chapter_durations(job.episode))
    if len(picture) > MAX_THUMBNAIL:
        raise YouTubeError(
            f"the thumbnail has {len(picture)} bytes; YouTube takes {MAX_THUMBNAIL}; save it smaller"
        )
    job.client.set_thumbnail(job.video, picture, "image/jpeg")
    job.save(replace(job.facts, thumbnail=key))


# Captions


def put_caption(job: VideoJob, transcript: Transcript) -> None:
    language = transcript.language
    key = job.desired.captions[language]
    held = job.facts.caption(language)
    if held.made_of == key:
        return
    text = desired_captions(job.episode, transcript)
    words = fingerprint(text)
    if held.words == words or not text:
        caption = replace(held, made_of=key, words=words)
    elif held.left:
        caption = replace(held, made_of=key)
    else:
        caption = replace(_send_caption(job, language, text.encode(), words, held), made_of=key)
    job.save(job.facts.with_caption(language, caption))


def desired_captions(episode: Episode, transcript: Transcript) -> str:
    """A transcript as WebVTT in the video's time; empty if nothing of it is published."""
    duration = episode.recording.duration if episode.recording else float("inf")
    cues = transcripts.published_cues(transcript, timeline.of_recording(episode, duration))
    return transcripts.to_vtt(cues) if any(cue.text for cue in cues) else ""


def _send_caption(job: VideoJob, language: str, text: bytes, words: str, held: CaptionFacts) -> CaptionFacts:
    """Replaces our track, or adds it once; leaves a track of somebody else unchanged."""
    if held.id is not None:
        try:
            job.client.update_caption(held.id, text)
            return CaptionFacts(id=held.id, words=words)
        except NotFound:
            held = CaptionFacts()
    tried, why = held.trying, ""
    look = tried is not None or job.episode.youtube.id is not None
    for _ in range(ATTEMPTS):
        track = find_caption(job.client, job.video, language) if look else None
        if track is not None and tried is None:
            return CaptionFacts(left=True)
        if track is not None:
            if tried != words:
                job.client.update_caption(track, text)
            return CaptionFacts(id=track, words=words)
        job.save(job.facts.with_caption(language, CaptionFacts(trying=words)))
        try:
            made = job.client.add_caption(job.video, language, "", text)
            return CaptionFacts(id=str(made["id"]), words=words)
        except Unreachable as error:
            look, tried, why = True, words, f": {error}"
        except Refused as error:
            if error.reason != "captionExists":
                raise
            look = True
    raise Unfinished(f"the captions ({language}) could not be sent; run `publisher release` again{why}")


def find_caption(client: Client, video: str, language: str) -> str | None:
    """The id of the track of a language that is uploaded and has no name, as ours are."""
    for track in client.captions(video):
        snippet = track["snippet"]
        is_ours = not snippet.get("name") and snippet.get("trackKind", "standard") == "standard"
        if is_ours and snippet.get("language") == language:
            return str(track["id"])
    return None


# Playlist


def put_in_playlist(job: VideoJob) -> None:
    key, playlist = job.desired.playlist, job.context.series.youtube.playlist
    held = job.facts.playlist or PlaylistFacts()
    if key is None or playlist is None or held.made_of == key:
        return
    why = ""
    for _ in range(ATTEMPTS):
        entries = _read_playlist(job, playlist)
        own = next((entry for entry in entries if video_of(entry) == job.video), None)
        position = _position(job, [entry for entry in entries if entry is not own])
        try:
            if own is None:
                _add_to_playlist(job, playlist, position)
            elif held.id == playlist and entries.index(own) != position:
                job.client.move_in_playlist(own, position)
        except (Unreachable, NotFound) as error:
            # YouTube has inserted videos although it answered 404, so the playlist is read again.
            why = str(error)
            job.client.pause(1)
            continue
        job.save(replace(job.facts, playlist=PlaylistFacts(id=playlist, made_of=key)))
        return
    raise Unfinished(f"the playlist could not be changed; run `publisher release` again: {why}")


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
        # A playlist that YouTube sorts by itself takes no positions.
        job.client.add_to_playlist(playlist, job.video, None)


def _position(job: VideoJob, others: Sequence[Resource]) -> int:
    """The position before the first later talk; the last one if there is none."""
    for number, entry in enumerate(others):
        date = job.context.dates.get(video_of(entry))
        if date is not None and date > job.episode.date:
            return number
    return len(others)


def video_of(entry: Resource) -> str:
    return str(entry["snippet"]["resourceId"].get("videoId", ""))
