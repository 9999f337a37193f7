"""Ensures that a talk's video exists on YouTube exactly once: reuse, upload, or resume.

The session's URI and the file's digest are recorded before the first byte is sent. If the last
answer was lost, the session is queried, then the channel is searched for the video's tag, before
another upload may begin.

The protocol is Google's "Resumable Uploads": chunks are multiples of 256 KiB; ``Content-Range:
bytes */N`` queries the progress; status 308 gives the received bytes in Range; 404 and 410 mean
that the session does not exist any more.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from publisher.files import open_regular
from publisher.fingerprint import fingerprint
from publisher.model.youtube_facts import TRANSLATION, VIDEO_ID, SessionFacts
from publisher.outputs.youtube import resource
from publisher.outputs.youtube.desired import content_inputs
from publisher.outputs.youtube.endpoint import redirect_error
from publisher.outputs.youtube.errors import Unfinished, Unreachable, YouTubeError
from publisher.outputs.youtube.resource import Resource
from publisher.outputs.youtube.state import VideoFile, VideoJob
from publisher.outputs.youtube.texts import upload_tag

logger = logging.getLogger(__name__)

LISTING_DELAY = timedelta(hours=1)
"""The time within which YouTube lists a video that it has received completely."""

MAX_SESSIONS = 3
"""Maximum number of sessions for one video in one release."""

MAX_TRIES = 8
"""Attempts without progress before the upload is postponed to the next release."""

RANGE = re.compile(r"(?:bytes=)?0-(\d{1,18})")


# One video


def upload_video(job: VideoJob) -> None:
    """Uploads or finds the video; records its id and agreed values. Raises YouTubeError."""
    video = job.find_file()
    session = _trusted_session(job)
    if job.facts.file != video.digest or session is None or session.size != video.length:
        # The session is for another file. That file's upload may be complete, though.
        session = replace(session, gone=True) if session and _may_be_complete(job, session) else None
    tag = job.facts.mark or upload_tag(job.context.series, job.episode)
    cause = ""
    for _ in range(MAX_SESSIONS):
        if session is None or session.gone:
            if found := _find_uploaded(job, tag, session):
                _record_video(job, found, video)
                return
            session = _open_session(job, tag, video)
        try:
            created = _send(job, session, video)
        except SessionExpired as error:
            cause = str(error)
            logger.info("%s: the upload session has expired", job.episode.slug)
            # From the facts, because they record whether the whole file was sent.
            session = replace(job.facts.session or session, gone=True)
            job.save(replace(job.facts, session=session))
            continue
        _record_video(job, created, video)
        return
    raise YouTubeError(f"{cause}; {MAX_SESSIONS} uploads in a row failed: run `publisher release` again")


def _trusted_session(job: VideoJob) -> SessionFacts | None:
    """The receipt's session; without its address if this installation did not record it."""
    session = job.facts.session
    if session is None or not session.order:
        return None
    if job.client.may_send_to(session, job.facts.mark, job.facts.file, session.size):
        return session
    # The video may exist, so it is searched for before another upload begins.
    logger.info(
        "%s: the recorded upload session is not used: its address or seal is invalid", job.episode.slug
    )
    return SessionFacts(gone=True, size=session.size, complete=session.complete)


def _may_be_complete(job: VideoJob, session: SessionFacts) -> bool:
    """Whether YouTube has or may have received the session's whole file."""
    if not session.complete:
        return False
    if session.gone or session.uri is None or session.size is None:
        return True
    try:
        return isinstance(query_progress(job.client.transport, session.uri, session.size), Finished)
    except SessionExpired:
        return True


def _find_uploaded(job: VideoJob, tag: str, session: SessionFacts | None) -> Resource | None:
    """The video if it is on the channel already, because its answer or its receipt was lost."""
    video = job.context.uploads.find(tag, refresh=session is not None)
    if video is not None:
        logger.info("%s: not uploaded: the channel has the video %s", job.episode.slug, video)
        return job.client.video(video)
    if session is not None and session.complete:
        _require_listed(job, datetime.fromisoformat(session.complete))
    return None


def _require_listed(job: VideoJob, complete: datetime) -> None:
    """Raises YouTubeError while a video received at `complete` may exist without being listed."""
    now = job.client.now()
    if now - complete < -LISTING_DELAY:
        raise YouTubeError(
            f"episodes/{job.episode.slug}/released.json records that YouTube received the whole video at "
            f"{complete.isoformat()}, but it is {now.isoformat(timespec='seconds')} now: "
            "correct this computer's clock, or restore the file from version control"
        )
    if now - complete < LISTING_DELAY:
        raise Unfinished(
            "YouTube received the whole video, but does not list it yet; "
            "run `publisher release` again in an hour"
        )


def _open_session(job: VideoJob, tag: str, video: VideoFile) -> SessionFacts:
    """Opens an upload session and records it with the values that it sends."""
    logger.info("%s: open an upload of %d bytes", job.episode.slug, video.length)
    parts, body = resource.new_body(job.context.series, job.episode, job.desired.texts, tag)
    uri = job.client.open_session(parts, body, video.length, video.media_type)
    seal = job.client.seal(uri, tag, video.digest, video.length)
    session = SessionFacts(uri=uri, size=video.length, seal=seal)
    sent = {name: fingerprint(value) for name, value in job.desired.values.items()}
    # The upload is private and has no translations yet.
    sent["privacy"] = fingerprint("not yet")
    sent |= {name: "" for name in sent if name.startswith(TRANSLATION)}
    job.save(
        replace(
            job.facts,
            mark=tag,
            file=video.digest,
            made_of=content_inputs(job.episode),
            session=session,
            sent=sent,
        )
    )
    return session


def _send(job: VideoJob, session: SessionFacts, video: VideoFile) -> Resource:
    """Sends the file or its missing part. Raises SessionExpired and Unreachable."""

    def record_complete() -> None:
        complete = replace(session, complete=job.client.now().isoformat())
        job.save(replace(job.facts, session=complete))

    task = job.context.progress.start(job.episode.title, video.length, "bytes")
    task.stage("uploading to YouTube")
    client, uri, chunk = job.client, str(session.uri), job.client.settings.chunk
    upload = UploadSession(client.transport, uri, client.pause, task.advance, record_complete, chunk)
    try:
        return send_file(upload, video.path, video.length)
    finally:
        task.finish()


def _record_video(job: VideoJob, created: Resource, file: VideoFile) -> None:
    """Records the video's id, and the values agreed on by the upload."""
    video = str(created["id"])
    if not all(isinstance(created.get(part), Mapping) and created[part] for part in ("snippet", "status")):
        created = job.client.video(video)
    # If all receipts were lost, the tag proves that the video is ours, so it may be updated.
    sent = job.facts.sent or dict.fromkeys(job.desired.values, "")
    remote = resource.remote_values(created, sent, job.context.now)
    agreed = {name: (ours, fingerprint(remote[name])) for name, ours in sent.items()}
    # The file is deleted at the end of the release; its duration is needed after that.
    facts = replace(job.facts, id=video, agreed=agreed, session=None, sent=None, checked=False)
    job.save(replace(facts, duration=file.duration))


# The protocol


@dataclass(frozen=True, slots=True)
class Received:
    """The server has received this many bytes."""

    bytes: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The server has received the whole file and created this resource."""

    resource: Resource


class SessionExpired(YouTubeError):
    """The upload session does not exist any more."""


Answer = Received | Finished


class Transport(Protocol):
    """Sends a request and returns (status, headers, body).

    Raises Unreachable, and YouTubeError for an error status other than 400, 404 and 410.
    """

    def __call__(
        self, uri: str, method: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]: ...


@dataclass(frozen=True, slots=True)
class UploadSession:
    """The upload of one file. `pause` waits; its argument is the number of consecutive failures."""

    transport: Transport
    uri: str
    pause: Callable[[int], None]
    advance: Callable[[float], None]
    before_last: Callable[[], None]
    """Called before the chunk that completes the file is sent."""
    chunk: int


def query_progress(transport: Transport, uri: str, size: int) -> Answer:
    """Queries how many bytes the server has received."""
    headers = {"Content-Range": f"bytes */{size}", "Content-Length": "0"}
    return _read_answer(transport(uri, "PUT", b"", headers), size)


def send_file(session: UploadSession, path: Path, size: int) -> Resource:
    """Sends the bytes that the server does not have yet; returns the created resource.

    Raises SessionExpired, or Unreachable after MAX_TRIES attempts without progress.
    """
    failures, setbacks, reached, cause = 0, 0, -1, ""
    answer: Answer | None = None
    with open_regular(path) as file:
        while not isinstance(answer, Finished):
            try:
                answer = _send_next(session, file, size, answer)
            except Unreachable as error:
                answer, failures, cause = None, failures + 1, f": {error}"
                logger.info("upload: attempt %d failed: %s", failures, error)
                if failures >= MAX_TRIES:
                    raise
                session.pause(failures)
                continue
            if isinstance(answer, Received):
                failures = 0 if answer.bytes > reached else failures + 1
                setbacks += answer.bytes < reached
                reached = answer.bytes
                logger.debug("upload: the server has %d of %d bytes", reached, size)
                session.advance(answer.bytes)
                if max(failures, setbacks) >= MAX_TRIES:
                    text = f"the upload makes no progress; run `publisher release` again to continue{cause}"
                    raise Unreachable(text)
    return answer.resource


def _send_next(session: UploadSession, file: BinaryIO, size: int, known: Answer | None) -> Answer:
    """Sends the next chunk, or queries the progress if it is not known."""
    if not isinstance(known, Received):
        # After a failure or in a new process only the server knows the progress.
        return query_progress(session.transport, session.uri, size)
    file.seek(known.bytes)
    chunk = file.read(session.chunk)
    if not chunk:
        return query_progress(session.transport, session.uri, size)
    last = known.bytes + len(chunk) - 1
    if last + 1 >= size:
        session.before_last()
    headers = {
        "Content-Range": f"bytes {known.bytes}-{last}/{size}",
        "Content-Length": str(len(chunk)),
        "Content-Type": "application/octet-stream",
    }
    return _read_answer(session.transport(session.uri, "PUT", chunk, headers), size)


def _read_answer(response: tuple[int, Mapping[str, str], bytes], size: int) -> Answer:
    status, headers, body = response
    if status in (200, 201):
        return Finished(_read_resource(body))
    if 300 <= status < 400 and (status != 308 or "location" in headers):
        raise redirect_error(headers)
    if status == 308:
        received = RANGE.fullmatch(headers.get("range", "").strip())
        return Received(min(size, int(received[1]) + 1) if received else 0)
    if status in (400, 404, 410):
        # After one of these statuses all further requests of the session fail.
        raise SessionExpired(f"YouTube answered {status} to the upload: {_error_message(body)}")
    raise Unreachable(f"YouTube answered {status} to the upload; try again later")


def _read_resource(body: bytes) -> Resource:
    try:
        created: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreachable("YouTube's answer to the upload is not JSON; try again later") from error
    name = created.get("id") if isinstance(created, dict) else None
    if not isinstance(name, str) or not VIDEO_ID.fullmatch(name):
        raise Unreachable("YouTube's answer to the upload names no video; try again later")
    return dict(created)


def _error_message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "without a reason"
