"""Carries out what there is to do for one video, and writes down every act before the next one.

Each act looks first, or is safe to repeat: a release may be killed anywhere, and the next one
goes on with what the facts say. The order for a new video: upload (private), thumbnail,
captions, playlist, texts, and its privacy last, when YouTube has processed it and it lasts as
long as the file.
"""

from __future__ import annotations

from publisher import timeline
from publisher.fingerprint import fingerprint
from publisher.model import Facts
from publisher.outputs.youtube import faults, resource, sync
from publisher.outputs.youtube.beside import Beside
from publisher.outputs.youtube.deciding import verdicts_of
from publisher.outputs.youtube.desk import Job
from publisher.outputs.youtube.faults import YouTubeError
from publisher.outputs.youtube.obtaining import Obtaining
from publisher.outputs.youtube.resource import Resource, Values

DURATION_TOLERANCE = 2.0
"""Seconds. YouTube rounds a video's duration to whole ones."""

POLL = 15.0
"""Seconds between two looks at a video that is being processed."""

ANEW = "delete it there, and run `publisher release --reupload`"


class VideoMaking:
    """One video, from what the facts say to what the catalogue wants."""

    def __init__(self, job: Job) -> None:
        self._job, self._facts = job, job.facts
        self._desk, self._service = job.desk, job.desk.service
        self._episode, self._wanted = job.episode, job.wanted

    def carry_out(self) -> Facts:
        """Does all there is to do; returns the facts. Raises YouTubeError, Unfinished included."""
        if "id" not in self._facts:
            Obtaining(self._job).obtain()
        self._desk.dates[self._facts["id"]] = self._episode.date
        beside = Beside(self._job)
        beside.set_thumbnail()
        for transcript in self._episode.transcripts:
            beside.put_caption(transcript)
        beside.put_in_playlist()
        self._bring_fields()
        return self._facts

    def _bring_fields(self) -> None:
        """Pushes what the catalogue changed; a new video's privacy only when it is whole."""
        held, is_whole = self._look()
        desk = self._desk
        verdicts = verdicts_of(self._wanted, self._facts, held, desk.now, desk.wishes)
        pushed = (one for one in verdicts if one.kind == "push")
        values = {one.field: one.ours for one in pushed if is_whole or one.field != "privacy"}
        agreed = {name: list(pair) for name, pair in sync.read_agreed(self._facts).items()}
        agreed |= self._push(held, values)
        agreed |= {one.field: list(one.agreement) for one in verdicts if one.kind == "agreed"}
        if not is_whole:
            self._job.keep(agreed=agreed)
            raise faults.Unfinished(
                "YouTube is still processing the video, which stays private until then; "
                "run `publisher release` again, or with --wait"
            )
        privacy = values.get("privacy", resource.found(held, ("privacy",), desk.now)["privacy"])
        self._job.keep(agreed=agreed, checked=True, **self._visibility(privacy))

    def _look(self) -> tuple[Resource, bool]:
        """The video as it stands, and whether it is whole and may be seen."""
        video = self._facts["id"]
        if self._facts.get("checked") or self._episode.youtube.id is not None:
            held = self._job.read_video(video)
            self._require_own(held)
            return held, True
        held = self._job.read_video(video, "processingDetails")
        self._require_own(held)
        if self._is_processed(held):
            return held, True
        return (self._wait(), True) if self._desk.wishes.wait else (held, False)

    def _push(self, held: Resource, values: Values) -> dict[str, list[str]]:
        """Writes values, and returns what is agreed on from now: ours, and what YouTube made of it."""
        if not values:
            return {}
        parts, body = resource.changed(held, values, self._wanted.texts)
        answer = self._service.update_video(parts, body)
        theirs = resource.found({**body, **answer}, values, self._desk.now)
        return {name: [fingerprint(ours), fingerprint(theirs[name])] for name, ours in values.items()}

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
        here = float(self._facts["duration"])
        if there is None or abs(there - here) > DURATION_TOLERANCE:
            lasts = "has no duration" if there is None else f"lasts {timeline.clock(there)}"
            raise YouTubeError(
                f"the video {held['id']} {lasts} on YouTube, the file {timeline.clock(round(here))}: "
                f"it was cut on the way. It stays private; {ANEW}"
            )

    def _wait(self) -> Resource:
        task = self._desk.progress.start(f"{self._episode.slug}: YouTube is processing")
        try:
            while True:
                self._service.sleep(POLL * self._service.patience)
                held = self._job.read_video(self._facts["id"], "processingDetails")
                if self._is_processed(held):
                    return held
        finally:
            task.finish()
