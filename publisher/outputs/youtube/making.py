"""Carries out what there is to do for one video, and writes down every act before the next one.

Each act looks first, or is safe to repeat: a release may be killed anywhere, and the next one
goes on with what the facts say. The order for a new video: upload (private), thumbnail,
captions, playlist, texts, and its privacy last, when YouTube has processed it and it lasts as
long as the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from publisher import artwork, timeline, transcripts
from publisher.fingerprint import fingerprint
from publisher.model import Episode, Facts, Series, Transcript
from publisher.outputs.youtube import faults, limits, planning, resource, sync, upload
from publisher.outputs.youtube.faults import YouTubeError
from publisher.outputs.youtube.planning import Wanted, part_of
from publisher.outputs.youtube.resource import Resource
from publisher.outputs.youtube.service import Service
from publisher.outputs.youtube.texts import MARK, mark_of
from publisher.outputs.youtube.video import path_of_video, type_of_video
from publisher.progress import Progress
from publisher.workbench import Wishes

LISTING_DELAY = timedelta(hours=1)
"""How long YouTube may take to list a video that it has received whole."""

DURATION_TOLERANCE = 2.0
"""Seconds. YouTube rounds a video's duration to whole ones."""

POLL = 15.0
"""Seconds between two looks at a video that is being processed."""

SESSIONS = 3
"""Uploads begun anew in one release because their sessions were gone."""

ATTEMPTS = 3

ANEW = "delete it there, and run `publisher release --reupload`"


class Uploads:
    """What the channel holds already, by the marks of its videos; read when first asked for."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._marked: dict[str, str] | None = None

    def find(self, mark: str, *, anew: bool = False) -> str | None:
        """The id of the video that carries `mark`; `anew` reads the newest ones again."""
        if self._marked is None or anew:
            self._marked = self._read()
        return self._marked.get(mark)

    def _read(self) -> dict[str, str]:
        playlist = self._service.channel()["contentDetails"]["relatedPlaylists"]["uploads"]
        ids = [entry["snippet"]["resourceId"]["videoId"] for entry in self._service.playlist(playlist)]
        found = self._service.videos(ids, ("snippet",))
        return {
            tag: video
            for video, held in found.items()
            for tag in held["snippet"].get("tags") or ()
            if MARK.fullmatch(tag)
        }


@dataclass(frozen=True, slots=True)
class Desk:
    """What all videos of one release share. `dates` are those of the channel's talks, by video."""

    service: Service
    uploads: Uploads
    series: Series
    now: datetime
    wishes: Wishes
    progress: Progress
    dates: dict[str, datetime] = field(default_factory=dict)


class VideoMaking:
    """One video, from what the facts say to what the catalogue wants."""

    def __init__(
        self, desk: Desk, episode: Episode, wanted: Wanted, facts: Facts, keep: Callable[[Facts], None]
    ) -> None:
        self._desk = desk
        self._service = desk.service
        self._episode = episode
        self._wanted = wanted
        self._facts: dict[str, Any] = dict(facts)
        self._write_down = keep

    def carry_out(self) -> Facts:
        """Does all there is to do; returns the facts. Raises YouTubeError, Unfinished included."""
        if "id" not in self._facts:
            self._obtain()
        self._desk.dates[self._facts["id"]] = self._episode.date
        self._set_thumbnail()
        for transcript in self._episode.transcripts:
            self._put_caption(transcript)
        self._put_in_playlist()
        self._bring_fields()
        return self._facts

    def _keep(self, **changed: object) -> None:
        self._facts.update(changed)
        for name in [name for name, value in changed.items() if value is None]:
            del self._facts[name]
        self._write_down(dict(self._facts))

    # The video itself

    def _obtain(self) -> None:
        path = path_of_video(self._desk.series, self._episode)
        digest = self._episode.recording.digest if self._episode.recording else ""
        size = path.stat().st_size
        session = part_of(self._facts, "session")
        if self._facts.get("file") != digest or session.get("size") != size:
            session = {}
        mark = str(self._facts.get("mark") or mark_of(self._desk.series, self._episode))
        for _ in range(SESSIONS):
            made = self._found(mark, session) if not session or session.get("gone") else None
            if made is None and (not session or session.get("gone")):
                session = self._open(mark, digest, size)
            try:
                made = made or self._send(session, size)
            except upload.Gone:
                # As written down last: it says whether all of the file had left.
                session = {**part_of(self._facts, "session"), "gone": True}
                self._keep(session=session)
                continue
            self._settle(made)
            return
        raise YouTubeError("YouTube closes every upload before it is whole; run `publisher release` again")

    def _found(self, mark: str, session: Mapping[str, Any]) -> Resource | None:
        """The video, where it is on the channel already: its answer, or its receipt, was lost."""
        video = self._desk.uploads.find(mark, anew=bool(session))
        if video is not None:
            return self._read_video(video)
        complete = session.get("complete")
        if complete and self._desk.now - datetime.fromisoformat(str(complete)) < LISTING_DELAY:
            raise faults.Unfinished(
                "YouTube received the whole video, but does not list it yet; "
                "run `publisher release` again in an hour"
            )
        return None

    def _open(self, mark: str, digest: str, size: int) -> Mapping[str, Any]:
        if not size:
            raise YouTubeError(f"{self._episode.slug}: the recording is empty")
        path = path_of_video(self._desk.series, self._episode)
        texts, series = self._wanted.texts, self._desk.series
        parts, body = resource.new_body(series, self._episode, texts, mark)
        uri = self._service.open_session(parts, body, size, type_of_video(path))
        session = {"uri": uri, "size": size}
        sent = {name: fingerprint(value) for name, value in self._wanted.values.items()}
        sent["privacy"] = fingerprint("not yet")
        translated = (name for name in sent if name.startswith(resource.TRANSLATION))
        self._keep(mark=mark, file=digest, session=session, sent={**sent, **dict.fromkeys(translated, "")})
        return session

    def _send(self, session: Mapping[str, Any], size: int) -> Resource:
        path = path_of_video(self._desk.series, self._episode)
        task = self._desk.progress.start(f"{self._episode.slug} to YouTube", size)
        complete = {**session, "complete": self._desk.now.isoformat()}
        way = upload.Sending(
            self._service.wire,
            self._service.pause,
            task.advance,
            lambda: self._keep(session=complete),
            self._service.chunk,
        )
        try:
            return upload.send_file(way, str(session["uri"]), path, size)
        finally:
            task.finish()

    def _settle(self, made: Resource) -> None:
        """Writes down which video it became, and what of it was agreed on when it was sent."""
        video = made["id"]
        if not (made.get("snippet") and made.get("status")):
            made = self._read_video(video)
        sent = part_of(self._facts, "sent")
        theirs = resource.found(made, sent, self._desk.now)
        agreed = {name: [str(mine), fingerprint(theirs[name])] for name, mine in sent.items()}
        if not sent:
            # Found by its mark with every receipt lost: it was ours, so it may be brought up to date.
            names = self._wanted.values
            theirs = resource.found(made, names, self._desk.now)
            agreed = {name: ["", fingerprint(theirs[name])] for name in names}
        self._keep(id=video, agreed=agreed, session=None, sent=None, checked=False)

    def _read_video(self, video: str, *more: str) -> Resource:
        found = self._service.videos([video], (*resource.PARTS, *more)).get(video)
        if found is None:
            raise faults.Missing(
                f"the video {video} is not on YouTube any more; run `publisher release` again"
            )
        return found

    # What stands beside it

    def _set_thumbnail(self) -> None:
        key = self._wanted.thumbnail
        if key is None or self._facts.get("thumbnail") == key:
            return
        given = self._episode.thumbnail
        if given is not None:
            picture = given.path.read_bytes()
            kind = "image/png" if given.path.suffix.lower() == ".png" else "image/jpeg"
        else:
            segments = planning.segments_of(self._episode)
            picture, kind = artwork.thumbnail(self._desk.series, self._episode, segments), "image/jpeg"
        if len(picture) > limits.THUMBNAIL:
            raise YouTubeError(
                f"the thumbnail has {len(picture)} bytes; YouTube takes {limits.THUMBNAIL}; save it smaller"
            )
        self._service.set_thumbnail(self._facts["id"], picture, kind)
        self._keep(thumbnail=key)

    def _put_caption(self, transcript: Transcript) -> None:
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
        self._keep(captions={**part_of(self._facts, "captions"), language: dict(held)})

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
        for _ in range(ATTEMPTS):
            track = self._caption(language) if look else None
            if track is not None and tried is None:
                return {"id": None, "left": True}
            if track is not None:
                if tried != words:
                    self._service.update_caption(track, text)
                return {"id": track, "words": words}
            self._keep_caption(language, {"trying": words})
            try:
                return {"id": self._add_caption(language, text), "words": words}
            except faults.Unreachable:
                look, tried = True, words
            except faults.Refused as error:
                if error.reason != "captionExists":
                    raise
                look = True
        raise faults.Unfinished(f"the captions ({language}) could not be sent; run `publisher release` again")

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

    def _put_in_playlist(self) -> None:
        key, playlist = self._wanted.playlist, self._desk.series.youtube.playlist
        held = part_of(self._facts, "playlist")
        if key is None or playlist is None or held.get("made_of") == key:
            return
        for _ in range(ATTEMPTS):
            entries = tuple(self._service.playlist(playlist))
            own = next((entry for entry in entries if _video_of(entry) == self._facts["id"]), None)
            others = [entry for entry in entries if entry is not own]
            place = self._place(others)
            if own is not None:
                if held.get("id") == playlist and entries.index(own) != place:
                    self._service.move_in_playlist(own, place)
                self._keep(playlist={"id": playlist, "made_of": key})
                return
            try:
                self._add_to_playlist(playlist, place)
            except faults.Unreachable:
                self._service.pause(1)
                continue
            self._keep(playlist={"id": playlist, "made_of": key})
            return
        raise faults.Unfinished("the playlist could not be changed; run `publisher release` again")

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

    # Its fields

    def _bring_fields(self) -> None:
        """Pushes what the catalogue changed; a new video's privacy only when it is whole."""
        linked = self._episode.youtube.id is not None
        checked = bool(self._facts.get("checked"))
        held = self._read_video(self._facts["id"], *(() if checked else ("processingDetails",)))
        self._require_own(held)
        ready = linked or checked or self._is_processed(held)
        if not checked and not ready and self._desk.wishes.wait:
            held, ready = self._wait(), True
        verdicts = planning.verdicts_of(self._wanted, self._facts, held, self._desk.now, self._desk.wishes)
        values = {
            one.field: one.ours
            for one in verdicts
            if one.kind == "push" and (ready or one.field != "privacy")
        }
        agreed = {name: list(pair) for name, pair in sync.read_agreed(self._facts).items()}
        if values:
            parts, body = resource.changed(held, values, self._wanted.texts)
            answer = self._service.update_video(parts, body)
            theirs = resource.found(answer, values, self._desk.now)
            agreed |= {name: [fingerprint(ours), fingerprint(theirs[name])] for name, ours in values.items()}
        agreed |= {one.field: list(one.agreement) for one in verdicts if one.kind == "agreed"}
        if not ready:
            self._keep(agreed=agreed)
            raise faults.Unfinished(
                "YouTube is still processing the video, which stays private until then; "
                "run `publisher release` again, or with --wait"
            )
        theirs = resource.found(held, ("privacy",), self._desk.now)
        self._keep(agreed=agreed, checked=True, **self._visibility(values.get("privacy", theirs["privacy"])))

    def _visibility(self, privacy: object) -> dict[str, object]:
        """From when other outputs may link to the video: facts, None takes one away."""
        written = str(privacy)
        if written.startswith(resource.AT):
            return {"visible": written.removeprefix(resource.AT)}
        if written == "private":
            return {"visible": None} if "visible" in self._facts else {}
        return {"visible": self._facts.get("visible") or self._desk.now.isoformat()}

    def _require_own(self, held: Resource) -> None:
        channel = held.get("snippet", {}).get("channelId")
        if channel != self._desk.series.youtube.id:
            raise YouTubeError(
                f"the video {held['id']} belongs to the channel {channel}, not to "
                f"{self._desk.series.youtube.id}; correct its id in the catalogue"
            )

    def _is_processed(self, held: Resource) -> bool:
        """Whether YouTube is done with a new video. Raises when it is not what was sent."""
        status = held.get("status", {})
        state = status.get("uploadStatus")
        if state in ("failed", "rejected", "deleted"):
            why = status.get("failureReason") or status.get("rejectionReason") or "no reason given"
            raise YouTubeError(
                f"YouTube could not use the video {held['id']} ({state}: {why}); it stays private. "
                f"Look at it in YouTube Studio, {ANEW}"
            )
        processing = held.get("processingDetails", {}).get("processingStatus", "succeeded")
        if state != "processed" or processing == "processing":
            return False
        self._require_whole(held)
        return True

    def _require_whole(self, held: Resource) -> None:
        there = resource.duration_of(held)
        here = timeline.of_recording(self._episode, self._recorded()).duration
        if there is None or abs(there - here) > DURATION_TOLERANCE:
            lasts = "has no duration" if there is None else f"lasts {timeline.clock(there)}"
            raise YouTubeError(
                f"the video {held['id']} {lasts} on YouTube, the file {timeline.clock(round(here))}: "
                f"it was cut on the way. It stays private; {ANEW}"
            )

    def _recorded(self) -> float:
        return self._episode.recording.duration if self._episode.recording else 0.0

    def _wait(self) -> Resource:
        task = self._desk.progress.start(f"{self._episode.slug}: YouTube is processing")
        try:
            while True:
                self._service.sleep(POLL * self._service.patience)
                held = self._read_video(self._facts["id"], "processingDetails")
                if self._is_processed(held):
                    return held
        finally:
            task.finish()


def captions_of(episode: Episode, transcript: Transcript) -> str:
    """A transcript as WebVTT in the video's time; empty where nothing of it is published."""
    duration = episode.recording.duration if episode.recording else float("inf")
    cues = transcripts.publish(transcripts.read(transcript), timeline.of_recording(episode, duration))
    return transcripts.to_vtt(cues) if any(cue.text for cue in cues) else ""


def _video_of(entry: Resource) -> str:
    return str(entry["snippet"]["resourceId"].get("videoId", ""))
