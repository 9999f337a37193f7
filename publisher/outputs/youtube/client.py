"""The only module that uses the Google client: one method per API call, charged to the quota.

Answers become plain values, refusals become errors of `errors`. A call that adds something and got
no answer is never repeated here: it raises `Unreachable`, and the caller reads before it tries again.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from publisher.context import NULL_LEAK_CHECKER, LeakCheck
from publisher.model.youtube_facts import SessionFacts
from publisher.outputs.youtube import auth, errors, resource
from publisher.outputs.youtube.endpoint import Settings, host_of, is_upload_uri, redirected
from publisher.outputs.youtube.errors import NotAuthorised, NotFound, Unfinished, Unreachable, YouTubeError
from publisher.outputs.youtube.quota import QuotaLedger
from publisher.outputs.youtube.resource import Resource

logger = logging.getLogger(__name__)

BATCH = 50
"""Ids in one call, and entries on one page."""

MAX_TRIES = 6
MAX_PAUSE = 64.0
"""Seconds."""


class Client:
    """The calls that publisher makes. Only `close` may be called from another thread."""

    def __init__(
        self,
        settings: Settings,
        ledger: QuotaLedger,
        stopped: threading.Event,
        guard: LeakCheck = NULL_LEAK_CHECKER,
    ) -> None:
        self.settings = settings
        self._guard = guard
        self._ledger = ledger
        self._stopped = stopped
        self._collections: dict[str, Any] = {}

    # The client

    @cached_property
    def _http(self) -> Any:
        return auth.authorized_http(self.settings.credentials, self.settings.timeout)

    @cached_property
    def _client(self) -> Any:
        from googleapiclient.discovery import build_from_document

        return build_from_document(_document(self.settings.endpoint), http=self._http)

    def _collection(self, name: str) -> Any:
        """A part of the client; building one takes longer than most calls."""
        if name not in self._collections:
            self._collections[name] = getattr(self._client, name)()
        return self._collections[name]

    def close(self) -> None:
        """Aborts the calls that are under way."""
        http = self.__dict__.get("_http")
        if http is not None:
            auth.abort(http)

    def pause(self, failures: int) -> None:
        """Waits longer after each failure; raises Unfinished as soon as the release is stopped."""
        self.sleep(min(MAX_PAUSE, self.settings.pause * 2 ** (failures - 1)))

    def sleep(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise Unfinished("stopped; run `publisher release` again to go on")

    def now(self) -> datetime:
        """The current time; the release may have begun hours ago."""
        return self._ledger.now()

    # Reading

    def videos(self, ids: Iterable[str], parts: Iterable[str]) -> dict[str, Resource]:
        """The videos that exist, by id."""
        asked, parts, found = list(dict.fromkeys(ids)), tuple(parts), {}
        for start in range(0, len(asked), BATCH):
            batch = ",".join(asked[start : start + BATCH])
            answer = self._call("videos.list", parts, part=",".join(parts), id=batch)
            found.update({one["id"]: one for one in answer["items"]})
        if not found.keys() <= set(asked):
            raise Unreachable("YouTube answered with videos that were not asked for; try again later")
        return found

    def video(self, video: str, *more: str) -> Resource:
        """One video as it is now, with `more` parts than usual. Raises NotFound."""
        found = self.videos([video], (*resource.PARTS, *more)).get(video)
        if found is None:
            raise _no_video(video)
        return found

    def channel(self) -> Resource:
        """The channel that is logged in: id, title, and the playlist of its uploads."""
        needed = ("snippet", "contentDetails")
        answer = self._call("channels.list", needed, part="id,snippet,contentDetails", mine=True)
        if not answer["items"]:
            raise NotAuthorised(
                "this Google account has no YouTube channel; run `publisher youtube login` with the channel's"
            )
        found: Resource = answer["items"][0]
        return found

    def playlist(self, playlist: str) -> Iterator[Resource]:
        """The entries of a playlist, in its order."""
        asked: dict[str, Any] = {"part": "snippet", "playlistId": playlist, "maxResults": BATCH}
        page: str | None = None
        while True:
            answer = self._call("playlistItems.list", ("snippet",), **asked, pageToken=page)
            yield from answer["items"]
            page = answer.get("nextPageToken")
            if not page:
                return

    def captions(self, video: str) -> tuple[Resource, ...]:
        """The caption tracks of a video."""
        answer = self._call("captions.list", ("snippet",), part="id,snippet", videoId=video)
        return tuple(answer["items"])

    # Writing, safe to repeat

    def update_video(self, parts: Iterable[str], body: Resource) -> Resource:
        """Writes parts of a video. Raises NotFound, naming the video, if it was deleted."""
        self._check_texts(body)
        try:
            return self._call("videos.update", part=",".join(parts), body=dict(body))
        except NotFound as error:
            raise _no_video(body["id"], error.reason) from error

    def set_thumbnail(self, video: str, picture: bytes, kind: str) -> None:
        self._guard.check("the thumbnail on YouTube", picture)
        self._call("thumbnails.set", videoId=video, media_body=_media(picture, kind))

    def update_caption(self, caption: str, text: bytes) -> None:
        self._guard.check("captions on YouTube", text)
        media = _media(text, "text/vtt")
        self._call("captions.update", part="id", body={"id": caption}, media_body=media)

    def move_in_playlist(self, item: Resource, position: int) -> None:
        kept = {key: item["snippet"][key] for key in ("playlistId", "resourceId")}
        body = {"id": item["id"], "snippet": {**kept, "position": position}}
        self._call("playlistItems.update", part="snippet", body=body)

    def delete_caption(self, caption: str) -> None:
        """Deletes a track; a missing one counts as deleted."""
        with contextlib.suppress(NotFound):
            self._call("captions.delete", id=caption)

    def remove_from_playlist(self, item: str) -> None:
        with contextlib.suppress(NotFound):
            self._call("playlistItems.delete", id=item)

    # Writing, once: raises Unreachable if it may or may not have happened

    def add_caption(self, video: str, language: str, name: str, text: bytes) -> Resource:
        self._guard.check("captions on YouTube", text)
        snippet = {"videoId": video, "language": language, "name": name, "isDraft": False}
        media = _media(text, "text/vtt")
        body = {"snippet": snippet}
        return self._call("captions.insert", once=True, part="snippet", body=body, media_body=media)

    def add_to_playlist(self, playlist: str, video: str, position: int | None) -> Resource:
        snippet: dict[str, object] = {
            "playlistId": playlist,
            "resourceId": {"kind": "youtube#video", "videoId": video},
        }
        if position is not None:
            snippet["position"] = position
        return self._call("playlistItems.insert", once=True, part="snippet", body={"snippet": snippet})

    # Uploading

    def open_session(self, parts: Iterable[str], body: Resource, size: int, kind: str) -> str:
        """Opens an upload and returns its session's URI; not a byte of the file is sent."""
        from googleapiclient.http import MediaInMemoryUpload

        self._check_texts(body)
        request = self._collection("videos").insert(
            part=",".join(parts),
            body=dict(body),
            media_body=MediaInMemoryUpload(b"", mimetype=kind, resumable=True),
        )
        headers = {
            **request.headers,
            "X-Upload-Content-Type": kind,
            "X-Upload-Content-Length": str(size),
            "Content-Length": str(len(request.body)),
        }

        def open_once() -> Resource:
            status, answered, content = self.transport(request.uri, request.method, request.body, headers)
            if status != 200 or "location" not in answered:
                raise self._error(status, answered, content, "videos.insert")
            return {"location": answered["location"]}

        location = str(self._repeat("videos.insert", open_once)["location"])
        if not is_upload_uri(location, self.settings.endpoint):
            raise YouTubeError(
                f"the upload was opened at another address ({host_of(location)}) and nothing was sent "
                "there; if that is a proxy of yours, give its root in PUBLISHER_YOUTUBE_ENDPOINT"
            )
        return location

    def transport(
        self, uri: str, method: str, body: bytes | str, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Sends one request of an upload and returns its answer. Raises as `upload.Transport` says.

        The token goes along, so only to the API's own address.
        """
        if not is_upload_uri(uri, self.settings.endpoint):
            raise YouTubeError(f"nothing is uploaded to {host_of(uri)}: it is not YouTube's address")
        with auth.map_errors():
            response, content = self._http.request(uri, method, body=body, headers=dict(headers))
        # Without its address: anyone who has that can continue the upload.
        logger.debug("%s of %d bytes to the upload: status %d", method, len(body), response.status)
        if response.status > 400 and response.status not in (404, 410):
            raise self._error(response.status, response, content, "videos.insert")
        return response.status, response, content

    def seal(self, *words: str | int | None) -> str:
        """Proves, in a receipt, that these words were written here; `may_send_to` checks it."""
        return auth.seal(self.settings.credentials, json.dumps(words))

    def may_send_to(self, session: SessionFacts, *words: str | int | None) -> bool:
        """Whether a receipt's session is at the API's own address, and was recorded here.

        The address alone proves nothing: anybody can open a session of their own at Google's.
        """
        if not is_upload_uri(session.uri, self.settings.endpoint):
            return False
        return hmac.compare_digest((session.seal or "").encode(), self.seal(session.uri, *words).encode())

    def _check_texts(self, body: Resource) -> None:
        """Raises LeakError if the body holds what may not be published."""
        self._guard.check("the texts on YouTube", json.dumps(body, ensure_ascii=False, indent=1).encode())

    # How a call is made

    def _call(
        self, method: str, needed: Iterable[str] = (), *, once: bool = False, **arguments: Any
    ) -> Resource:
        """Calls a method such as ``videos.list``; `needed` are the parts that its answer must have."""
        collection, _, verb = method.partition(".")

        def execute() -> Resource:
            with auth.map_errors():
                request = getattr(self._collection(collection), verb)(**arguments)
                answer: Resource = request.execute(num_retries=0)
            if verb == "delete":
                return {}
            if not errors.is_complete(method, answer, needed):
                raise Unreachable("YouTube's answer is not what its interface promises; try again later")
            return answer

        return self._repeat(method, execute, once=once)

    def _repeat(self, method: str, call: Callable[[], Resource], *, once: bool = False) -> Resource:
        from googleapiclient.errors import HttpError

        failures = 0
        while True:
            self._ledger.charge(method)
            logger.debug("call %s", method)
            try:
                return call()
            except Unreachable as unreachable:
                failures += 1
                logger.info("%s failed, attempt %d: %s", method, failures, unreachable)
                if once or failures >= MAX_TRIES:
                    raise
            except HttpError as refused:
                failures += 1
                error = self._error(int(refused.resp.status), refused.resp, refused.content, method)
                logger.info("%s was refused, attempt %d: %s", method, failures, error)
                if not isinstance(error, Unreachable) or once or failures >= MAX_TRIES:
                    raise error from refused
            self.pause(failures)

    def _error(self, status: int, headers: Mapping[str, str], content: bytes, method: str) -> YouTubeError:
        """What an HTTP error means; spent quota is recorded."""
        if 300 <= status < 400:
            return redirected(headers)
        refusal = errors.Refusal(method, status, *errors.reason_of(content))
        if refusal.spent is not None:
            return self._ledger.exhaust(refusal.spent)
        return refusal.to_error()


def _no_video(video: str, reason: str = "") -> NotFound:
    return NotFound(f"the video {video} is not on YouTube any more; run `publisher release` again", reason)


def _document(endpoint: str | None) -> dict[str, Any]:
    """The API's discovery document, with another root if one is given."""
    root = endpoint.rstrip("/") + "/" if endpoint else None
    return {**_discovery_document(), **({"rootUrl": root, "baseUrl": root} if root else {})}


@lru_cache(maxsize=1)
def _discovery_document() -> Resource:
    """The discovery document that comes with the client."""
    from googleapiclient.discovery_cache import get_static_doc

    document: Resource = json.loads(get_static_doc("youtube", "v3"))
    return document


def _media(content: bytes, kind: str) -> Any:
    from googleapiclient.http import MediaInMemoryUpload

    return MediaInMemoryUpload(content, mimetype=kind, resumable=False)
