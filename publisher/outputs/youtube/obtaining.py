"""Gets a talk's video onto YouTube, once: found there, or uploaded, or an upload gone on with.

A session's URI and the file's digest are written down before the first byte. A lost last answer
is asked for, then looked for by the video's mark; it is never answered by a second upload.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from publisher.fingerprint import fingerprint
from publisher.outputs.youtube import faults, resource, upload
from publisher.outputs.youtube.desk import Job
from publisher.outputs.youtube.facts import part_of
from publisher.outputs.youtube.faults import YouTubeError
from publisher.outputs.youtube.resource import Resource
from publisher.outputs.youtube.texts import mark_of
from publisher.outputs.youtube.video import Video, type_of_video
from publisher.outputs.youtube.wanting import made_of

LISTING_DELAY = timedelta(hours=1)
"""How long YouTube may take to list a video that it has received whole."""

SESSIONS = 3
"""Uploads begun anew in one release because their sessions were gone."""


class Obtaining:
    """One video that has no id yet."""

    def __init__(self, job: Job) -> None:
        self._job, self._facts = job, job.facts
        self._desk, self._service = job.desk, job.desk.service
        self._episode, self._wanted = job.episode, job.wanted

    def obtain(self) -> None:
        """Leaves the facts with an id, and with what was agreed on when the video was made."""
        video = self._job.find_file()
        session = self._believed_session()
        if self._facts.get("file") != video.digest or session.get("size") != video.length:
            # Another file is not sent there; but perhaps there is a video already of the one that was.
            session = {**session, "gone": True} if self._may_be_whole(session) else {}
        mark = str(self._facts.get("mark") or mark_of(self._desk.series, self._episode))
        why = ""
        for _ in range(SESSIONS):
            made = self._found(mark, session) if not session or session.get("gone") else None
            if made is None and (not session or session.get("gone")):
                session = self._open(mark, video)
            try:
                made = made or self._send(session, video)
            except upload.Gone as error:
                why = str(error)
                # As written down last: it says whether all of the file had left.
                session = {**part_of(self._facts, "session"), "gone": True}
                self._job.keep(session=session)
                continue
            self._settle(made, video)
            return
        raise YouTubeError(f"{why}; {SESSIONS} uploads in a row ended so: run `publisher release` again")

    def _believed_session(self) -> Mapping[str, Any]:
        """The session that the receipt holds; without its address if it was not written down here."""
        session = part_of(self._facts, "session")
        if not session or self._service.may_send_to(session, *self._sealed(session)):
            return session
        # Perhaps the video is there all the same: it is looked for before another upload begins.
        return {"gone": True} | {key: session[key] for key in ("size", "complete") if key in session}

    def _sealed(self, session: Mapping[str, Any]) -> tuple[object, ...]:
        """What a session's seal holds together besides its address."""
        return (self._facts.get("mark"), self._facts.get("file"), session.get("size"))

    def _may_be_whole(self, session: Mapping[str, Any]) -> bool:
        """Whether YouTube has, or may have, all of the file that a session was opened for."""
        if not session.get("complete"):
            return False
        if session.get("gone"):
            return True
        try:
            answer = upload.ask(self._service.wire, str(session["uri"]), int(session["size"]))
        except upload.Gone:
            return True
        return isinstance(answer, upload.Finished)

    def _found(self, mark: str, session: Mapping[str, Any]) -> Resource | None:
        """The video, where it is on the channel already: its answer, or its receipt, was lost."""
        video = self._desk.uploads.find(mark, anew=bool(session))
        if video is not None:
            return self._job.read_video(video)
        if session.get("complete"):
            self._require_listed(datetime.fromisoformat(str(session["complete"])))
        return None

    def _require_listed(self, complete: datetime) -> None:
        """Raises YouTubeError while a video received at `complete` may be there without being listed."""
        waited = self._service.now() - complete
        if waited < -LISTING_DELAY:
            raise YouTubeError(
                f"episodes/{self._episode.slug}/released.json says that YouTube received the whole video at "
                f"{complete.isoformat()}, but it is {self._service.now().isoformat(timespec='seconds')} now: "
                "set this computer's clock right, or restore the file from version control"
            )
        if waited < LISTING_DELAY:
            raise faults.Unfinished(
                "YouTube received the whole video, but does not list it yet; "
                "run `publisher release` again in an hour"
            )

    def _open(self, mark: str, video: Video) -> Mapping[str, Any]:
        texts, series = self._wanted.texts, self._desk.series
        parts, body = resource.new_body(series, self._episode, texts, mark)
        uri = self._service.open_session(parts, body, video.length, type_of_video(video.path))
        seal = self._service.seal(uri, mark, video.digest, video.length)
        session = {"uri": uri, "size": video.length, "seal": seal}
        sent = {name: fingerprint(value) for name, value in self._wanted.values.items()}
        sent["privacy"] = fingerprint("not yet")
        translated = (name for name in sent if name.startswith(resource.TRANSLATION))
        self._job.keep(
            mark=mark,
            file=video.digest,
            made_of=made_of(self._episode),
            session=session,
            sent={**sent, **dict.fromkeys(translated, "")},
        )
        return session

    def _send(self, session: Mapping[str, Any], video: Video) -> Resource:
        task = self._desk.progress.start(f"{self._episode.slug} to YouTube", video.length, "bytes")
        way = upload.Sending(
            self._service.wire,
            self._service.pause,
            task.advance,
            lambda: self._job.keep(session={**session, "complete": self._service.now().isoformat()}),
            self._service.chunk,
        )
        try:
            return upload.send_file(way, str(session["uri"]), video.path, video.length)
        finally:
            task.finish()

    def _settle(self, made: Resource, sent_file: Video) -> None:
        """Writes down which video it became, and what of it was agreed on when it was sent."""
        video = made["id"]
        if not all(isinstance(made.get(part), Mapping) and made[part] for part in ("snippet", "status")):
            made = self._job.read_video(video)
        sent = part_of(self._facts, "sent")
        theirs = resource.found(made, sent, self._desk.now)
        agreed = {name: [str(mine), fingerprint(theirs[name])] for name, mine in sent.items()}
        if not sent:
            # Found by its mark with every receipt lost: it was ours, so it may be brought up to date.
            names = self._wanted.values
            theirs = resource.found(made, names, self._desk.now)
            agreed = {name: ["", fingerprint(theirs[name])] for name in names}
        # The file itself is let go in the end; how long it lasts is still to be compared.
        lasts = {"duration": sent_file.duration}
        self._job.keep(id=video, agreed=agreed, session=None, sent=None, checked=False, **lasts)
