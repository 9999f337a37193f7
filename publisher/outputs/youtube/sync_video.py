"""Executes one video's tasks, recording each API call before the next.

Each call looks first, or is safe to repeat: a release may be killed anywhere, and the next one
continues from the facts. The order for a new video: upload (private), thumbnail, captions,
playlist, texts, and its privacy last, when YouTube has processed it and it lasts as long as the
file.
"""

from __future__ import annotations

from dataclasses import replace

from publisher import timeline
from publisher.fingerprint import fingerprint
from publisher.model.youtube_facts import Agreed, YouTubeFacts
from publisher.outputs.youtube import attachments, resource
from publisher.outputs.youtube.errors import Unfinished, YouTubeError
from publisher.outputs.youtube.merge import merge_fields
from publisher.outputs.youtube.resource import Resource, Value, Values
from publisher.outputs.youtube.state import VideoJob
from publisher.outputs.youtube.upload import upload_video

DURATION_TOLERANCE = 2.0
"""Seconds. YouTube rounds a video's duration to whole ones."""

POLL = 15.0
"""Seconds between two looks at a video that is being processed, with the default pause."""

REUPLOAD_ADVICE = "delete it there, and run `publisher release --reupload`"


def sync_video(job: VideoJob) -> YouTubeFacts:
    """Brings a video to its desired state; returns the facts. Raises YouTubeError, also Unfinished."""
    if job.facts.id is None:
        upload_video(job)
    job.context.dates[job.video] = job.episode.date
    attachments.set_thumbnail(job)
    for transcript in job.episode.transcripts:
        attachments.put_caption(job, transcript)
    attachments.put_in_playlist(job)
    _sync_fields(job)
    return job.facts


def _sync_fields(job: VideoJob) -> None:
    """Pushes what the catalogue changed; a new video's privacy only when the video is whole."""
    held, is_whole = _look(job)
    context = job.context
    merges = merge_fields(job.desired, job.facts, held, context.now, context.wishes)
    pushed = (one for one in merges if one.kind == "push")
    values = {one.field: one.ours for one in pushed if is_whole or one.field != "privacy"}
    agreed = {**(job.facts.agreed or {}), **_push(job, held, values)}
    agreed |= {one.field: one.agreement for one in merges if one.kind == "agreed"}
    if not is_whole:
        job.save(replace(job.facts, agreed=agreed))
        raise Unfinished(
            "YouTube is still processing the video, which stays private until then; "
            "run `publisher release` again, or with --wait"
        )
    privacy = values.get("privacy", resource.remote_values(held, ("privacy",), context.now)["privacy"])
    job.save(replace(job.facts, agreed=agreed, checked=True, visible=_visible_from(job, privacy)))


def _look(job: VideoJob) -> tuple[Resource, bool]:
    """The video as it is now, and whether it is whole and may be seen."""
    if job.facts.checked or job.episode.youtube.id is not None:
        held = job.client.video(job.video)
        _require_own(job, held)
        return held, True
    held = job.client.video(job.video, "processingDetails")
    _require_own(job, held)
    if _is_processed(job, held):
        return held, True
    return (_wait(job), True) if job.context.wishes.wait else (held, False)


def _push(job: VideoJob, held: Resource, values: Values) -> Agreed:
    """Writes values; returns the new agreement: fingerprints of our values and of what YouTube stored."""
    if not values:
        return {}
    parts, body = resource.changed(held, values, job.desired.texts)
    answer = job.client.update_video(parts, body)
    theirs = resource.remote_values({**body, **answer}, values, job.context.now)
    return {name: (fingerprint(ours), fingerprint(theirs[name])) for name, ours in values.items()}


def _visible_from(job: VideoJob, privacy: Value) -> str | None:
    """From when other outputs may link to the video; None for a private one."""
    written = str(privacy)
    if written.startswith(resource.AT):
        return written.removeprefix(resource.AT)
    if written == "private":
        return None
    return job.facts.visible or job.context.now.isoformat()


def _require_own(job: VideoJob, held: Resource) -> None:
    channel, own = held.get("snippet", {}).get("channelId"), job.context.series.youtube.id
    if channel != own:
        raise YouTubeError(
            f"the video {held['id']} belongs to the channel {channel}, not to {own}; "
            "correct its id in the catalogue"
        )


def _is_processed(job: VideoJob, held: Resource) -> bool:
    """Whether YouTube has processed a new video. Raises YouTubeError if it is not what was sent."""
    status = held.get("status", {})
    state = status.get("uploadStatus")
    if state in ("failed", "rejected", "deleted"):
        why = status.get("failureReason") or status.get("rejectionReason") or "no reason given"
        raise YouTubeError(
            f"YouTube could not use the video {held['id']} ({state}: {why}); it stays private. "
            f"Look at it in YouTube Studio, {REUPLOAD_ADVICE}"
        )
    processing = held.get("processingDetails", {}).get("processingStatus", "succeeded")
    if state != "processed" or processing == "processing":
        return False
    _require_whole(job, held)
    return True


def _require_whole(job: VideoJob, held: Resource) -> None:
    there, here = resource.duration_of(held), job.facts.duration
    assert here is not None, "an upload's duration is recorded with its id"
    if there is None or abs(there - here) > DURATION_TOLERANCE:
        lasts = "has no duration" if there is None else f"lasts {timeline.format_time(there)}"
        raise YouTubeError(
            f"the video {held['id']} {lasts} on YouTube, the file {timeline.format_time(round(here))}: "
            f"it was cut on the way. It stays private; {REUPLOAD_ADVICE}"
        )


def _wait(job: VideoJob) -> Resource:
    task = job.context.progress.start(f"{job.episode.slug}: YouTube is processing")
    try:
        while True:
            job.client.sleep(POLL * job.client.settings.pause)
            held = job.client.video(job.video, "processingDetails")
            if _is_processed(job, held):
                return held
    finally:
        task.finish()
