"""What stands beside a video's own fields: its thumbnail, captions, place in the playlist.

Each is put there once and replaced only when it changed. Looks before adding wherever an answer
may have been lost: YouTube refuses a second caption track, but takes a second playlist entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from publisher import timeline, transcripts
from publisher.fingerprint import fingerprint
from publisher.images import covers, photos
from publisher.model import Episode, Transcript
from publisher.outputs.youtube import faults, limits
from publisher.outputs.youtube.desk import Job
from publisher.outputs.youtube.facts import part_of
from publisher.outputs.youtube.faults import YouTubeError
from publisher.outputs.youtube.resource import Resource
from publisher.outputs.youtube.wanting import segments_of

ATTEMPTS = 3


class Beside:
    """What one video is accompanied by."""

    def __init__(self, job: Job) -> None:
        self._job, self._facts = job, job.facts
        self._desk, self._service = job.desk, job.desk.service
        self._episode, self._wanted = job.episode, job.wanted

    def set_thumbnail(self) -> None:
        key = self._wanted.thumbnail
        if key is None or self._facts.get("thumbnail") == key:
            return
        given = self._episode.thumbnail
        if given is not None:
            # Made anew from its pixels: a camera writes place and device into its pictures.
            picture = photos.jpeg_under(photos.picture(given), limits.THUMBNAIL)
        else:
            segments = segments_of(self._episode)
            picture = covers.thumbnail(self._desk.series, self._episode, segments)
        if len(picture) > limits.THUMBNAIL:
            raise YouTubeError(
                f"the thumbnail has {len(picture)} bytes; YouTube takes {limits.THUMBNAIL}; save it smaller"
            )
        self._service.set_thumbnail(self._facts["id"], picture, "image/jpeg")
        self._job.keep(thumbnail=key)

    def put_caption(self, transcript: Transcript) -> None:
        language = transcript.language
        key = self._wanted.captions[language]
        held = part_of(part_of(self._facts, "captions"), language)
        if held.get("made_of") == key:
            return
        text = captions_of(self._episode, transcript)
        words = fingerprint(text)
        if held.get("words") == words or not text:
            self._keep_caption(language, {**held, "made_of": key, "words": words})
        elif held.get("left"):
            self._keep_caption(language, {**held, "made_of": key})
        else:
            made = self._write_caption(language, text.encode(), words, held)
            self._keep_caption(language, {**made, "made_of": key})

    def _keep_caption(self, language: str, held: Mapping[str, object]) -> None:
        self._job.keep(captions={**part_of(self._facts, "captions"), language: dict(held)})

    def _write_caption(
        self, language: str, text: bytes, words: str, held: Mapping[str, Any]
    ) -> dict[str, object]:
        """Replaces our track, or adds it once; leaves alone one that somebody else put there."""
        if held.get("id"):
            try:
                self._service.update_caption(str(held["id"]), text)
                return {"id": held["id"], "words": words}
            except faults.Missing:
                held = {}
        tried = held.get("trying")
        look = tried is not None or self._episode.youtube.id is not None
        why = ""
        for _ in range(ATTEMPTS):
            track = self._caption(language) if look else None
            if track is not None and tried is None:
                return {"left": True}
            if track is not None:
                if tried != words:
                    self._service.update_caption(track, text)
                return {"id": track, "words": words}
            self._keep_caption(language, {"trying": words})
            try:
                return {"id": self._add_caption(language, text), "words": words}
            except faults.Unreachable as error:
                look, tried, why = True, words, f": {error}"
            except faults.Refused as error:
                if error.reason != "captionExists":
                    raise
                look = True
        raise faults.Unfinished(
            f"the captions ({language}) could not be sent; run `publisher release` again{why}"
        )

    def _add_caption(self, language: str, text: bytes) -> str:
        return str(self._service.add_caption(self._facts["id"], language, "", text)["id"])

    def _caption(self, language: str) -> str | None:
        """Our own track of a language: uploaded, and without a name."""
        for track in self._service.captions(self._facts["id"]):
            snippet = track["snippet"]
            ours = not snippet.get("name") and snippet.get("trackKind", "standard") == "standard"
            if ours and snippet.get("language") == language:
                return str(track["id"])
        return None

    def put_in_playlist(self) -> None:
        key, playlist = self._wanted.playlist, self._desk.series.youtube.playlist
        held = part_of(self._facts, "playlist")
        if key is None or playlist is None or held.get("made_of") == key:
            return
        why = ""
        for _ in range(ATTEMPTS):
            entries = self._entries(playlist)
            own = next((entry for entry in entries if _video_of(entry) == self._facts["id"]), None)
            others = [entry for entry in entries if entry is not own]
            place = self._place(others)
            try:
                if own is None:
                    self._add_to_playlist(playlist, place)
                elif held.get("id") == playlist and entries.index(own) != place:
                    self._service.move_in_playlist(own, place)
            except (faults.Unreachable, faults.Missing) as error:
                # YouTube has put videos into playlists that it answered not to know: it is looked at again.
                why = str(error)
                self._service.pause(1)
                continue
            self._job.keep(playlist={"id": playlist, "made_of": key})
            return
        raise faults.Unfinished(f"the playlist could not be changed; run `publisher release` again: {why}")

    def _entries(self, playlist: str) -> tuple[Resource, ...]:
        try:
            return tuple(self._service.playlist(playlist))
        except faults.Missing as error:
            text = f"the playlist {playlist} is not on YouTube; correct playlist in [youtube]"
            raise faults.Missing(text, error.reason) from error

    def _add_to_playlist(self, playlist: str, place: int) -> None:
        try:
            self._service.add_to_playlist(playlist, self._facts["id"], place)
        except faults.Refused as error:
            if error.reason != "manualSortRequired":
                raise
            # A playlist that YouTube sorts by itself takes no positions.
            self._service.add_to_playlist(playlist, self._facts["id"], None)

    def _place(self, others: list[Resource]) -> int:
        """Before the first later talk; last where there is none."""
        for number, entry in enumerate(others):
            date = self._desk.dates.get(_video_of(entry))
            if date is not None and date > self._episode.date:
                return number
        return len(others)


def captions_of(episode: Episode, transcript: Transcript) -> str:
    """A transcript as WebVTT in the video's time; empty where nothing of it is published."""
    duration = episode.recording.duration if episode.recording else float("inf")
    cues = transcripts.published_cues(transcript, timeline.of_recording(episode, duration))
    return transcripts.to_vtt(cues) if any(cue.text for cue in cues) else ""


def _video_of(entry: Resource) -> str:
    return str(entry["snippet"]["resourceId"].get("videoId", ""))
