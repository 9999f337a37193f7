"""Executes one video's tasks, recording each API call before the next.

Each call reads first or is safe to repeat: a release may be killed at any point, and the next one
continues from the facts. The order for a new video: upload (private), thumbnail, captions,
playlist, texts, and its privacy last, after YouTube has processed it and it is as long as the
file.
"""

from __future__ import annotations

import logging
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

logger = logging.getLogger(__name__)

DURATION_TOLERANCE = 2.0
"""Seconds. YouTube rounds durations to whole seconds."""

POLL_INTERVAL = 15.0
"""Seconds between two reads of a video in processing, with the default pause."""

REUPLOAD_ADVICE = "delete it there, and run `publisher release --reupload`"


def sync_video(job: VideoJob) -> YouTubeFacts:
    """Brings a video to its desired state; returns the facts. Raises YouTubeError, e.g. Unfinished."""
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
    """Pushes the changed fields; the privacy of a new video only after YouTube processed it."""
    remote, is_processed = _read_video(job)
    context = job.context
    merges = merge_fields(job.desired, job.facts, remote, context.now, context.options)
    pushed = {merge.field: merge.ours for merge in merges if merge.kind == "push"}
    values = {name: value for name, value in pushed.items() if is_processed or name != "privacy"}
    logger.info("%s: push %s", job.episode.slug, ", ".join(values) or "nothing")
    agreed = {**(job.facts.agreed or {}), **_push_values(job, remote, values)}
    agreed |= {merge.field: merge.agreement for merge in merges if merge.kind == "agreed"}
    if not is_processed:
        logger.info("%s: the video stays private: it is being processed", job.episode.slug)
        job.save(replace(job.facts, agreed=agreed))
        raise Unfinished(
            "YouTube is still processing the video, which stays private meanwhile; "
            "run `publisher release` again, or with --wait"
        )
    privacy = values.get("privacy", resource.remote_values(remote, ("privacy",), context.now)["privacy"])
    job.save(replace(job.facts, agreed=agreed, checked=True, visible=_visible_from(job, privacy)))


def _read_video(job: VideoJob) -> tuple[Resource, bool]:
    """The current video, and whether it is processed, complete and may be visible."""
    if job.facts.checked or job.episode.youtube.id is not None:
        remote = job.client.video(job.video)
        _require_own(job, remote)
        return remote, True
    remote = job.client.video(job.video, "processingDetails")
    _require_own(job, remote)
    if _is_processed(job, remote):
        return remote, True
    return (_wait(job), True) if job.context.options.wait else (remote, False)


def _push_values(job: VideoJob, remote: Resource, values: Values) -> Agreed:
    """Writes values; returns the new agreement: fingerprints of our values and of the stored ones."""
    if not values:
        return {}
    parts, body = resource.changed(remote, values, job.desired.texts)
    answer = job.client.update_video(parts, body)
    theirs = resource.remote_values({**body, **answer}, values, job.context.now)
    return {name: (fingerprint(ours), fingerprint(theirs[name])) for name, ours in values.items()}


def _visible_from(job: VideoJob, privacy: Value) -> str | None:
    """The time from which other outputs may link to the video; None for a private one."""
    if str(privacy).startswith(resource.AT):
        return str(privacy).removeprefix(resource.AT)
    if privacy == "private":
        return None
    return job.facts.visible or job.context.now.isoformat()


def _require_own(job: VideoJob, remote: Resource) -> None:
    """Raises YouTubeError if the video belongs to another channel."""
    channel, own = remote.get("snippet", {}).get("channelId"), job.context.series.youtube.id
    if channel != own:
        raise YouTubeError(
            f"the video {remote['id']} belongs to the channel {channel}, not to {own}; "
            "correct its id in the catalogue"
        )


def _is_processed(job: VideoJob, remote: Resource) -> bool:
    """Whether YouTube has processed a new video. Raises YouTubeError if it failed or is incomplete."""
    status = remote.get("status", {})
    state = status.get("uploadStatus")
    if state in ("failed", "rejected", "deleted"):
        reason = status.get("failureReason") or status.get("rejectionReason") or "no reason given"
        raise YouTubeError(
            f"YouTube could not use the video {remote['id']} ({state}: {reason}); it stays private. "
            f"Check it in YouTube Studio, {REUPLOAD_ADVICE}"
        )
    processing = remote.get("processingDetails", {}).get("processingStatus", "succeeded")
    if state != "processed" or processing == "processing":
        return False
    _require_whole(job, remote)
    return True


def _require_whole(job: VideoJob, remote: Resource) -> None:
    """Raises YouTubeError if the video has another duration than the file."""
    duration, expected = resource.duration_of(remote), job.facts.duration
    assert expected is not None, "an upload's duration is recorded with its id"
    if duration is None or abs(duration - expected) > DURATION_TOLERANCE:
        lasts = "has no duration" if duration is None else f"lasts {timeline.format_time(duration)}"
        raise YouTubeError(
            f"the video {remote['id']} {lasts} on YouTube, the file {timeline.format_time(round(expected))}: "
            f"the upload is incomplete. It stays private; {REUPLOAD_ADVICE}"
        )


def _wait(job: VideoJob) -> Resource:
    """Reads the video repeatedly until it is processed; returns it."""
    task = job.context.progress.start(job.episode.title)
    task.stage("waiting until YouTube has processed it")
    try:
        while True:
            job.client.sleep(POLL_INTERVAL * job.client.settings.pause)
            remote = job.client.video(job.video, "processingDetails")
            if _is_processed(job, remote):
                return remote
    finally:
        task.finish()
