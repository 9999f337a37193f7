"""The only module with the Google client: one call each, charged, repeated where that is safe.

Answers become plain values, refusals become `faults`. A call that changes something and got no
answer is never repeated here: it raises `Unreachable`, and who called looks before trying again.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from publisher.errors import UsageError
from publisher.outputs.youtube import answers, authorisation, faults, upload
from publisher.outputs.youtube.quota import Book
from publisher.outputs.youtube.upload import CHUNK, PIECE
from publisher.workbench import UNGUARDED, Guard

logger = logging.getLogger(__name__)

BATCH = 50
"""Ids in one call, and entries on one page."""

TRIES = 6
LONGEST_PAUSE = 64.0

_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Settings:
    """How YouTube is reached. `timeout` and `pause` (the first one after a failure) in seconds."""

    endpoint: str | None = None
    credentials: Path | None = None
    chunk: int = CHUNK
    timeout: float = 60.0
    pause: float = 1.0


PREFIX = "PUBLISHER_YOUTUBE_"
LIMITS: Mapping[str, tuple[float, float]] = {
    "CHUNK": (1, 1 << 30),
    "TIMEOUT": (0.01, 24 * 3600),
    "PAUSE": (0, 3600),
}
"""The least and the most of each number; CHUNK in bytes, the others in seconds."""


def settings(environment: Mapping[str, str]) -> Settings:
    """The settings that the environment gives; the rest by default. Raises UsageError."""
    usual = Settings()
    credentials = environment.get(f"{PREFIX}CREDENTIALS")
    chunk = int(_number(environment, "CHUNK", usual.chunk, int))
    return Settings(
        _endpoint(environment.get(f"{PREFIX}ENDPOINT")),
        Path(credentials) if credentials else None,
        max(PIECE, chunk // PIECE * PIECE),
        _number(environment, "TIMEOUT", usual.timeout, float),
        _number(environment, "PAUSE", usual.pause, float),
    )


def _number(
    environment: Mapping[str, str], name: str, default: float, parse: Callable[[str], float]
) -> float:
    """The number that a variable holds, within its limits; a variable set to nothing counts as not set."""
    text = environment.get(f"{PREFIX}{name}")
    if not text:
        return default
    least, most = LIMITS[name]
    try:
        number = parse(text)
    except ValueError:
        number = None
    # Not a number (nan) is not within any limits either.
    if number is None or not least <= number <= most:
        kind = "a whole number of bytes" if parse is int else "a number of seconds"
        raise UsageError(f"{PREFIX}{name}={text[:40]!r} must be {kind} from {least} to {most}")
    return number


def _endpoint(address: str | None) -> str | None:
    """The root of the interface. Raises UsageError, without the address: it may hold a password."""
    if not address:
        return None
    try:
        parts = urlsplit(address)
        is_root = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_root = False
    if not is_root or "@" in parts.netloc or parts.query or parts.fragment or _UNPRINTABLE.search(address):
        raise UsageError(f"{PREFIX}ENDPOINT must be an address such as https://youtube.googleapis.com/")
    return address


class Service:
    """The calls that publisher makes. Not for two threads at a time, but for `close`."""

    def __init__(
        self, reached: Settings, book: Book, stopped: threading.Event, guard: Guard = UNGUARDED
    ) -> None:
        self._settings = reached
        self._guard = guard
        self._book = book
        self._stopped = stopped
        self._collections: dict[str, Any] = {}
        self.charged: list[str] = []
        """The methods called so far."""

    # The client

    @cached_property
    def _http(self) -> Any:
        return authorisation.http(self._settings.credentials, self._settings.timeout)

    @cached_property
    def _client(self) -> Any:
        from googleapiclient.discovery import build_from_document

        return build_from_document(_document(self._settings.endpoint), http=self._http)

    def _collection(self, name: str) -> Any:
        """A part of the client, which takes it longer to make than most calls last."""
        if name not in self._collections:
            self._collections[name] = getattr(self._client, name)()
        return self._collections[name]

    def close(self) -> None:
        """Breaks off whatever is under way."""
        http = self.__dict__.get("_http")
        if http is not None:
            authorisation.break_off(http)

    def pause(self, failures: int) -> None:
        """Waits longer after each failure; ends at once when everything is to end."""
        self.sleep(min(LONGEST_PAUSE, self._settings.pause * 2 ** (failures - 1)))

    def sleep(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise faults.Unfinished("stopped; run `publisher release` again to go on")

    def now(self) -> datetime:
        """The time at this moment; the release may have begun hours ago."""
        return self._book.now()

    @property
    def chunk(self) -> int:
        """Bytes of a file sent at a time."""
        return self._settings.chunk

    @property
    def patience(self) -> float:
        """How long waits are, as a factor."""
        return self._settings.pause

    # Reading

    def videos(self, ids: Iterable[str], parts: Iterable[str]) -> dict[str, Resource]:
        """The videos that exist, by id."""
        wanted, parts, found = list(dict.fromkeys(ids)), tuple(parts), {}
        for start in range(0, len(wanted), BATCH):
            asked = {"part": ",".join(parts), "id": ",".join(wanted[start : start + BATCH])}
            request = partial(self._list, "videos", **asked)
            answer = self._read("videos.list", request, parts)
            found.update({one["id"]: one for one in answer["items"]})
        if not found.keys() <= set(wanted):
            raise faults.Unreachable("YouTube answered with videos that were not asked for; try again later")
        return found

    def channel(self) -> Resource:
        """The channel that is logged in: id, title, and the playlist of its uploads."""
        answer = self._read(
            "channels.list",
            lambda: self._collection("channels").list(part="id,snippet,contentDetails", mine=True),
            ("snippet", "contentDetails"),
        )
        if not answer["items"]:
            raise faults.NotAuthorised(
                "this Google account has no YouTube channel; run `publisher youtube login` with the channel's"
            )
        found: Resource = answer["items"][0]
        return found

    def playlist(self, playlist: str) -> Iterator[Resource]:
        """The entries of a playlist, in its order."""
        page: str | None = None
        while True:
            asked = {"part": "snippet", "playlistId": playlist, "pageToken": page}
            request = partial(self._list, "playlistItems", maxResults=BATCH, **asked)
            answer = self._read("playlistItems.list", request, ("snippet",))
            yield from answer["items"]
            page = answer.get("nextPageToken")
            if not page:
                return

    def captions(self, video: str) -> tuple[Resource, ...]:
        """The caption tracks of a video."""
        answer = self._read(
            "captions.list",
            lambda: self._collection("captions").list(part="id,snippet", videoId=video),
            ("snippet",),
        )
        return tuple(answer["items"])

    # Writing, safe to repeat

    def update_video(self, parts: Iterable[str], body: Mapping[str, Any]) -> Resource:
        """Writes parts of a video. Raises Missing, naming it, when it is not there any more."""
        self._check_texts(body)
        try:
            return self._read(
                "videos.update",
                lambda: self._collection("videos").update(part=",".join(parts), body=dict(body)),
            )
        except faults.Missing as error:
            text = f"the video {body['id']} is not on YouTube any more; run `publisher release` again"
            raise faults.Missing(text, error.reason) from error

    def set_thumbnail(self, video: str, picture: bytes, kind: str) -> None:
        self._guard.check("the thumbnail on YouTube", picture)
        self._read(
            "thumbnails.set",
            lambda: self._collection("thumbnails").set(videoId=video, media_body=_media(picture, kind)),
        )

    def update_caption(self, caption: str, text: bytes) -> Resource:
        self._guard.check("captions on YouTube", text)
        return self._read(
            "captions.update",
            lambda: self._collection("captions").update(
                part="id", body={"id": caption}, media_body=_media(text, "text/vtt")
            ),
        )

    def move_in_playlist(self, item: Resource, position: int) -> None:
        snippet = item["snippet"]
        body = {
            "id": item["id"],
            "snippet": {
                "playlistId": snippet["playlistId"],
                "resourceId": snippet["resourceId"],
                "position": position,
            },
        }
        self._read(
            "playlistItems.update",
            lambda: self._collection("playlistItems").update(part="snippet", body=body),
        )

    def delete_caption(self, caption: str) -> None:
        """Deletes a track; one that is not there is as good as deleted."""
        self._delete("captions", caption)

    def remove_from_playlist(self, item: str) -> None:
        self._delete("playlistItems", item)

    def _delete(self, collection: str, name: str) -> None:
        with contextlib.suppress(faults.Missing):
            self._repeated(
                f"{collection}.delete",
                lambda: self._executed(self._collection(collection).delete(id=name)),
            )

    # Writing, once: raises Unreachable when nobody knows whether it happened

    def add_caption(self, video: str, language: str, name: str, text: bytes) -> Resource:
        self._guard.check("captions on YouTube", text)
        snippet = {"videoId": video, "language": language, "name": name, "isDraft": False}
        return self._once(
            "captions.insert",
            lambda: self._collection("captions").insert(
                part="snippet", body={"snippet": snippet}, media_body=_media(text, "text/vtt")
            ),
        )

    def add_to_playlist(self, playlist: str, video: str, position: int | None) -> Resource:
        snippet: dict[str, Any] = {
            "playlistId": playlist,
            "resourceId": {"kind": "youtube#video", "videoId": video},
        }
        if position is not None:
            snippet["position"] = position
        return self._once(
            "playlistItems.insert",
            lambda: self._collection("playlistItems").insert(part="snippet", body={"snippet": snippet}),
        )

    def open_session(self, parts: Iterable[str], body: Mapping[str, Any], size: int, kind: str) -> str:
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
            status, answered, content = self.wire(request.uri, request.method, request.body, headers)
            if status != 200 or "location" not in answered:
                raise self._fault(status, answered, content, "videos.insert")
            return {"location": answered["location"]}

        location = str(self._repeated("videos.insert", open_once)["location"])
        if not upload.is_session(location, self._settings.endpoint):
            raise faults.YouTubeError(
                f"the upload was opened at another address ({upload.host_of(location)}) and nothing was sent "
                "there; if that is a proxy of yours, give its root in PUBLISHER_YOUTUBE_ENDPOINT"
            )
        return location

    def wire(
        self, uri: str, method: str, body: bytes | str, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Sends one request of an upload as it is, and returns the answer. Raises as `upload.Wire` says.

        The token goes along, so only to the interface's own address.
        """
        if not upload.is_session(uri, self._settings.endpoint):
            raise faults.YouTubeError(
                f"nothing is uploaded to {upload.host_of(uri)}: it is not YouTube's address"
            )
        with authorisation.translated():
            response, content = self._http.request(uri, method, body=body, headers=dict(headers))
        # Without its address: anyone who has that can continue the upload.
        logger.debug("%s of %d bytes to the upload: status %d", method, len(body), response.status)
        if response.status > 400 and response.status not in (404, 410):
            raise self._fault(response.status, response, content, "videos.insert")
        return response.status, response, content

    def seal(self, *words: object) -> str:
        """A proof that these words were written here, for a receipt; `may_send_to` asks for it."""
        return authorisation.seal(self._settings.credentials, json.dumps(words))

    def may_send_to(self, session: Mapping[str, Any], *words: object) -> bool:
        """Whether a receipt's session is at the interface's own address, and was written down here.

        The address alone proves nothing: anybody can open a session of their own at Google's.
        """
        uri = session.get("uri")
        if not upload.is_session(uri, self._settings.endpoint):
            return False
        return hmac.compare_digest(str(session.get("seal", "")).encode(), self.seal(uri, *words).encode())

    def _check_texts(self, body: Mapping[str, Any]) -> None:
        """Raises LeakError where what is sent holds what may not be published."""
        self._guard.check("the texts on YouTube", json.dumps(body, ensure_ascii=False, indent=1).encode())

    # How a call is made

    def _list(self, collection: str, **asked: Any) -> Any:
        return self._collection(collection).list(**asked)

    def _read(self, method: str, request: Callable[[], Any], parts: Iterable[str] = ()) -> Resource:
        return self._repeated(method, lambda: self._execute(method, request, parts))

    def _once(self, method: str, request: Callable[[], Any]) -> Resource:
        return self._repeated(method, lambda: self._execute(method, request), again=False)

    def _execute(self, method: str, request: Callable[[], Any], parts: Iterable[str] = ()) -> Resource:
        with authorisation.translated():
            answer: Resource = request().execute(num_retries=0)
        if not answers.keeps_promise(method, answer, parts):
            raise faults.Unreachable("YouTube's answer is not what its interface promises; try again later")
        return answer

    def _executed(self, request: Any) -> Resource:
        """A request whose answer is empty."""
        with authorisation.translated():
            request.execute(num_retries=0)
        return {}

    def _repeated(self, method: str, call: Callable[[], Resource], *, again: bool = True) -> Resource:
        failures = 0
        while True:
            self._book.charge(method)
            self.charged.append(method)
            logger.debug("call %s", method)
            try:
                return call()
            except faults.Unreachable as error:
                failures += 1
                logger.info("%s failed, attempt %d: %s", method, failures, error)
                if not again or failures >= TRIES:
                    raise
            except _client_error() as error:
                fault = self._fault(int(error.resp.status), error.resp, error.content, method)
                failures += 1
                logger.info("%s was refused, attempt %d: %s", method, failures, fault)
                if not isinstance(fault, faults.Unreachable) or not again or failures >= TRIES:
                    raise fault from error
            self.pause(failures)

    def _fault(
        self, status: int, headers: Mapping[str, str], content: bytes, method: str
    ) -> faults.YouTubeError:
        """What an HTTP error means; quota that is spent is written down."""
        if 300 <= status < 400:
            return upload.redirected(headers)
        refusal = answers.Refusal(method, status, *answers.reason_of(content))
        if refusal.spent is not None:
            return self._book.exhaust(refusal.spent)
        return refusal.fault()


def _document(endpoint: str | None) -> dict[str, Any]:
    """The interface's description, for another root where one is given."""
    root = endpoint.rstrip("/") + "/" if endpoint else None
    return {**_described(), **({"rootUrl": root, "baseUrl": root} if root else {})}


@lru_cache(maxsize=1)
def _described() -> Resource:
    """The interface's description that comes with the client."""
    from googleapiclient.discovery_cache import get_static_doc

    described: Resource = json.loads(get_static_doc("youtube", "v3"))
    return described


def _media(content: bytes, kind: str) -> Any:
    from googleapiclient.http import MediaInMemoryUpload

    return MediaInMemoryUpload(content, mimetype=kind, resumable=False)


def _client_error() -> Any:
    from googleapiclient.errors import HttpError

    return HttpError
