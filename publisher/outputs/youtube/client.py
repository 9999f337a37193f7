"""Calls YouTube's API: one method per call, charged to the quota. Only this module uses Google's client.

Answers become plain values, refusals become errors of `errors`. A call that adds something and got
no answer is never repeated here: it raises `Unreachable`, and the caller reads before it retries.
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
from publisher.outputs.youtube.endpoint import Settings, host_of, is_upload_uri, redirect_error
from publisher.outputs.youtube.errors import NotAuthorised, NotFound, Unfinished, Unreachable, YouTubeError
from publisher.outputs.youtube.quota import QuotaLedger
from publisher.outputs.youtube.resource import Resource

logger = logging.getLogger(__name__)

BATCH = 50
"""Ids per call, and entries per page."""

MAX_TRIES = 6
MAX_PAUSE = 64.0
"""Maximum number of seconds between two attempts."""


class Client:
    """Makes API calls. Only `close` may be called from another thread."""

    def __init__(
        self,
        settings: Settings,
        ledger: QuotaLedger,
        stopped: threading.Event,
        leak_checker: LeakCheck = NULL_LEAK_CHECKER,
    ) -> None:
        self.settings = settings
        self._leak_checker = leak_checker
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

        return build_from_document(_service_document(self.settings.endpoint), http=self._http)

    def _collection(self, name: str) -> Any:
        """A collection of the API, cached: building one takes longer than most calls."""
        if name not in self._collections:
            self._collections[name] = getattr(self._client, name)()
        return self._collections[name]

    def close(self) -> None:
        """Aborts the calls that are in progress."""
        http = self.__dict__.get("_http")
        if http is not None:
            logger.debug("abort the calls in progress")
            auth.abort(http)

    def pause(self, failures: int) -> None:
        """Waits longer after each failure. Raises Unfinished as soon as the release is stopped."""
        self.sleep(min(MAX_PAUSE, self.settings.pause * 2 ** (failures - 1)))

    def sleep(self, seconds: float) -> None:
        """Waits. Raises Unfinished as soon as the release is stopped."""
        if self._stopped.wait(seconds):
            raise Unfinished("stopped; run `publisher release` again to continue")

    def now(self) -> datetime:
        """The current time; the release may have begun hours ago."""
        return self._ledger.now()

    # Reading

    def videos(self, ids: Iterable[str], parts: Iterable[str]) -> dict[str, Resource]:
        """The videos that exist, by id."""
        requested, parts, found = list(dict.fromkeys(ids)), tuple(parts), {}
        for start in range(0, len(requested), BATCH):
            batch = ",".join(requested[start : start + BATCH])
            answer = self._call("videos.list", parts, part=",".join(parts), id=batch)
            found.update({video["id"]: video for video in answer["items"]})
        if not found.keys() <= set(requested):
            raise Unreachable("YouTube answered with videos that were not requested; try again later")
        return found

    def video(self, video: str, *extra_parts: str) -> Resource:
        """The current state of one video. Raises NotFound."""
        found = self.videos([video], (*resource.PARTS, *extra_parts)).get(video)
        if found is None:
            raise _no_video(video)
        return found

    def channel(self) -> Resource:
        """The channel of the login: id, title, and the playlist of its uploads. Raises NotAuthorised."""
        needed = ("snippet", "contentDetails")
        answer = self._call("channels.list", needed, part="id,snippet,contentDetails", mine=True)
        if not answer["items"]:
            raise NotAuthorised(
                "this Google account has no YouTube channel; "
                "run `publisher youtube login` with the right account"
            )
        found: Resource = answer["items"][0]
        return found

    def playlist(self, playlist: str) -> Iterator[Resource]:
        """The entries of a playlist, in its order."""
        arguments = {"part": "snippet", "playlistId": playlist, "maxResults": BATCH}
        yield from self._pages("playlistItems.list", arguments)

    def playlists(self) -> Iterator[Resource]:
        """The playlists of the channel of the login."""
        arguments = {"part": "id,snippet,status", "mine": True, "maxResults": BATCH}
        yield from self._pages("playlists.list", arguments)

    def _pages(self, method: str, arguments: Mapping[str, Any]) -> Iterator[Resource]:
        page: str | None = None
        while True:
            answer = self._call(method, ("snippet",), **arguments, pageToken=page)
            yield from answer["items"]
            page = answer.get("nextPageToken")
            if not page:
                return

    def captions(self, video: str) -> tuple[Resource, ...]:
        """The caption tracks of a video."""
        answer = self._call("captions.list", ("snippet",), part="id,snippet", videoId=video)
        return tuple(answer["items"])

    def caption_text(self, caption: str) -> bytes:
        """The content of a caption track, as WebVTT."""

        def execute() -> Resource:
            with auth.map_errors():
                request = self._collection("captions").download_media(id=caption, tfmt="vtt")
                return {"content": request.execute(num_retries=0)}

        content: bytes = self._repeat("captions.download", execute)["content"]
        return content

    # Writing, safe to repeat

    def update_video(self, parts: Iterable[str], body: Resource) -> Resource:
        """Writes parts of a video. Raises NotFound, naming the video, if it was deleted."""
        self._check_texts(body)
        try:
            return self._call("videos.update", part=",".join(parts), body=dict(body))
        except NotFound as error:
            raise _no_video(body["id"], error.reason) from error

    def set_thumbnail(self, video: str, jpeg: bytes) -> None:
        self._leak_checker.check("the thumbnail on YouTube", jpeg)
        self._call("thumbnails.set", videoId=video, media_body=_media(jpeg, "image/jpeg"))

    def update_caption(self, caption: str, text: bytes) -> None:
        self._leak_checker.check("captions on YouTube", text)
        media = _media(text, "text/vtt")
        self._call("captions.update", part="id", body={"id": caption}, media_body=media)

    def move_in_playlist(self, item: Resource, position: int) -> None:
        entry = {key: item["snippet"][key] for key in ("playlistId", "resourceId")}
        body = {"id": item["id"], "snippet": {**entry, "position": position}}
        self._call("playlistItems.update", part="snippet", body=body)

    def delete_caption(self, caption: str) -> None:
        """Deletes a track; a missing one counts as deleted."""
        with contextlib.suppress(NotFound):
            self._call("captions.delete", id=caption)

    def remove_from_playlist(self, item: str) -> None:
        with contextlib.suppress(NotFound):
            self._call("playlistItems.delete", id=item)

    # Writing, once: raises Unreachable if the call may have succeeded

    def add_caption(self, video: str, language: str, text: bytes) -> Resource:
        self._leak_checker.check("captions on YouTube", text)
        snippet = {"videoId": video, "language": language, "name": "", "isDraft": False}
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
        """Opens an upload and returns its session's URI; sends no byte of the file. Raises YouTubeError."""
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
            status, answer_headers, content = self.transport(
                request.uri, request.method, request.body, headers
            )
            if status != 200 or "location" not in answer_headers:
                raise self._error(status, answer_headers, content, "videos.insert")
            return {"location": answer_headers["location"]}

        location = str(self._repeat("videos.insert", open_once)["location"])
        if not is_upload_uri(location, self.settings.endpoint):
            raise YouTubeError(
                f"the upload was opened at another address ({host_of(location)}), so nothing was sent "
                "there; if that is a proxy of yours, set PUBLISHER_YOUTUBE_ENDPOINT to its root"
            )
        return location

    def transport(
        self, uri: str, method: str, body: bytes | str, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Sends one request of an upload and returns its answer. Raises the errors of `upload.Transport`.

        The request contains the token, so it is sent to the API's own address only.
        """
        if not is_upload_uri(uri, self.settings.endpoint):
            raise YouTubeError(f"nothing is uploaded to {host_of(uri)}: that is not YouTube's address")
        with auth.map_errors():
            response, content = self._http.request(uri, method, body=body, headers=dict(headers))
        # Without the address: anyone who has it can continue the upload.
        logger.debug("%s of %d bytes to the upload: status %d", method, len(body), response.status)
        if response.status > 400 and response.status not in (404, 410):
            raise self._error(response.status, response, content, "videos.insert")
        return response.status, response, content

    def seal(self, *values: str | int | None) -> str:
        """An HMAC that proves that this installation wrote the values; `may_send_to` checks it."""
        return auth.seal(self.settings.credentials, json.dumps(values))

    def may_send_to(self, session: SessionFacts, *values: str | int | None) -> bool:
        """Whether a receipt's session is at the API's own address, and was recorded here.

        The address alone proves nothing: anybody can open a session at Google's address.
        """
        if not is_upload_uri(session.uri, self.settings.endpoint):
            return False
        return hmac.compare_digest((session.seal or "").encode(), self.seal(session.uri, *values).encode())

    def _check_texts(self, body: Resource) -> None:
        """Raises LeakError if the body contains something that must not be published."""
        self._leak_checker.check(
            "the texts on YouTube", json.dumps(body, ensure_ascii=False, indent=1).encode()
        )

    # Executing a call

    def _call(
        self, method: str, needed: Iterable[str] = (), *, once: bool = False, **arguments: Any
    ) -> Resource:
        """Calls a method such as ``videos.list``; its answer must have the parts `needed`."""
        collection, _, verb = method.partition(".")

        def execute() -> Resource:
            with auth.map_errors():
                request = getattr(self._collection(collection), verb)(**arguments)
                answer: Resource = request.execute(num_retries=0)
            if verb == "delete":
                return {}
            if not errors.is_complete(method, answer, needed):
                raise Unreachable("YouTube's answer lacks required fields; try again later")
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
        """The error for an HTTP status; also records spent quota."""
        if 300 <= status < 400:
            return redirect_error(headers)
        refusal = errors.Refusal(method, status, *errors.reason_of(content))
        if refusal.spent is not None:
            return self._ledger.exhaust(refusal.spent)
        return refusal.to_error()


def _no_video(video: str, reason: str = "") -> NotFound:
    return NotFound(f"the video {video} is not on YouTube any more; run `publisher release` again", reason)


def _service_document(endpoint: str | None) -> dict[str, Any]:
    """The API's discovery document, with `endpoint` as its root unless that is None."""
    root = endpoint.rstrip("/") + "/" if endpoint else None
    return {**_discovery_document(), **({"rootUrl": root, "baseUrl": root} if root else {})}


@lru_cache(maxsize=1)
def _discovery_document() -> Resource:
    """The discovery document packaged with Google's client."""
    from googleapiclient.discovery_cache import get_static_doc

    document: Resource = json.loads(get_static_doc("youtube", "v3"))
    return document


def _media(content: bytes, kind: str) -> Any:
    from googleapiclient.http import MediaInMemoryUpload

    return MediaInMemoryUpload(content, mimetype=kind, resumable=False)
