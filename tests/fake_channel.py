"""A YouTube channel in memory, which applies the requests that `fake_youtube` has checked.

Its rules are those of the YouTube Data API's reference pages, written independently of the code
under test: an update clears what its parts leave out, privacy falls back to public, captions are
unique by language and name, playlists take duplicates.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

CHANNEL = "UC" + "x" * 22
PLAYLIST = "PL" + "y" * 16

WRITABLE = {
    "snippet": ("title", "description", "tags", "categoryId", "defaultLanguage", "defaultAudioLanguage"),
    "status": (
        "embeddable",
        "license",
        "privacyStatus",
        "publicStatsViewable",
        "publishAt",
        "selfDeclaredMadeForKids",
        "containsSyntheticMedia",
    ),
    "recordingDetails": ("recordingDate",),
}

COSTS = {
    "videos.insert": ("uploads", 1),
    "videos.update": ("units", 50),
    "thumbnails.set": ("units", 50),
    "captions.list": ("units", 50),
    "captions.download": ("units", 200),
    "captions.insert": ("units", 400),
    "captions.update": ("units", 450),
    "captions.delete": ("units", 50),
    "playlistItems.insert": ("units", 50),
    "playlistItems.update": ("units", 50),
    "playlistItems.delete": ("units", 50),
}


class ApiError(Exception):
    """An error response: HTTP status, reason, message."""

    def __init__(self, status: int, reason: str, message: str = "") -> None:
        super().__init__(reason)
        self.status, self.reason, self.message = status, reason, message or reason


@dataclass
class Session:
    """A resumable upload in progress."""

    size: int
    body: dict[str, Any]
    parts: tuple[str, ...]
    received: bytearray = field(default_factory=bytearray)
    video: str | None = None


@dataclass
class Channel:
    """The state of the channel. A new video counts as processed after `polls` reads."""

    id: str = CHANNEL
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    videos: dict[str, dict[str, Any]] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    thumbnails: dict[str, str] = field(default_factory=dict)
    captions: dict[str, dict[str, Any]] = field(default_factory=dict)
    playlists: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {PLAYLIST: []})
    playlist_titles: dict[str, str] = field(default_factory=dict)
    members_only: list[str] = field(default_factory=list)
    """Ids of videos that only members can see; YouTube lists them in a playlist of its own."""
    sessions: dict[str, Session] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    """Ids of videos that the uploads playlist does not list yet."""
    polls: int = 0
    duration: float = 60.0
    was_seen: set[str] = field(default_factory=set)
    """Ids of videos that were public or unlisted at some time."""
    seen_unfinished: list[str] = field(default_factory=list)
    """Ids of videos that were visible before they were processed and had a thumbnail."""
    reads: dict[str, int] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=lambda: {"units": 0, "uploads": 0})
    budget: dict[str, int] = field(default_factory=lambda: {"units": 10_000, "uploads": 100})
    made: int = 0
    caption_count: int = 0
    item_count: int = 0

    # Quota

    def charge(self, method: str) -> None:
        bucket, amount = COSTS.get(method, ("units", 1))
        self.spent[bucket] += amount
        if self.spent[bucket] > self.budget[bucket]:
            if bucket == "uploads":
                raise ApiError(
                    429,
                    "rateLimitExceeded",
                    "Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day'",
                )
            raise ApiError(403, "quotaExceeded", "The request cannot be completed: you exceeded your quota.")

    # Videos

    def add(self, video: str, body: Mapping[str, Any], duration: float | None = None) -> dict[str, Any]:
        """Adds a processed video, as if its owner had uploaded it in YouTube Studio; returns its resource."""
        resource = self._new(video, body, duration or self.duration)
        resource["status"]["uploadStatus"] = "processed"
        resource["processingDetails"]["processingStatus"] = "succeeded"
        self.reads[video] = self.polls
        return resource

    def _new(self, video: str, body: Mapping[str, Any], duration: float) -> dict[str, Any]:
        snippet, status = dict(body.get("snippet", {})), dict(body.get("status", {}))
        resource = {
            "kind": "youtube#video",
            "id": video,
            "snippet": {
                "publishedAt": "2020-01-01T00:00:00Z",
                "channelId": self.id,
                "channelTitle": "Example",
                "thumbnails": {"default": {"url": "https://i.example.org/x.jpg"}},
                "liveBroadcastContent": "none",
                "description": "",
                "categoryId": "22",
                **snippet,
            },
            "status": {
                "uploadStatus": "uploaded",
                "privacyStatus": "public",
                "license": "youtube",
                "embeddable": True,
                "publicStatsViewable": True,
                "madeForKids": False,
                **status,
            },
            "contentDetails": {"duration": _iso_duration(duration), "dimension": "2d", "definition": "hd"},
            "processingDetails": {"processingStatus": "processing"},
            "localizations": deepcopy(body.get("localizations", {})),
        }
        self.videos[video] = resource
        self._record_visibility(video)
        return resource

    def _record_visibility(self, video: str) -> None:
        status = self.videos[video]["status"]
        publish_at = status.get("publishAt")
        if publish_at and datetime.fromisoformat(publish_at.replace("Z", "+00:00")) <= self.now():
            status["privacyStatus"] = "public"
            del status["publishAt"]
        if status["privacyStatus"] != "private":
            self.was_seen.add(video)
            if video in self.contents and (
                status["uploadStatus"] != "processed" or video not in self.thumbnails
            ):
                self.seen_unfinished.append(video)

    def list_videos(self, query: Mapping[str, str]) -> dict[str, Any]:
        ids = [video for video in query.get("id", "").split(",") if video]
        if len(ids) > 50 or "maxResults" in query:
            raise ApiError(400, "invalidParameter", "too many ids, or maxResults with ids")
        found = []
        for video in ids:
            if video in self.videos:
                self._process(video)
                self._record_visibility(video)
                found.append(self.rendered(video, query["part"].split(",")))
        return {"kind": "youtube#videoListResponse", "items": found}

    def _process(self, video: str) -> None:
        self.reads[video] = self.reads.get(video, 0) + 1
        resource = self.videos[video]
        if self.reads[video] > self.polls and resource["status"]["uploadStatus"] == "uploaded":
            resource["status"]["uploadStatus"] = "processed"
            resource["processingDetails"]["processingStatus"] = "succeeded"

    def rendered(self, video: str, parts: list[str]) -> dict[str, Any]:
        resource = deepcopy(self.videos[video])
        if resource["status"]["uploadStatus"] != "processed":
            resource["contentDetails"].pop("duration")
        own = resource["snippet"].get("defaultLanguage")
        if own and resource["localizations"]:
            resource["localizations"].setdefault(
                own,
                {"title": resource["snippet"]["title"], "description": resource["snippet"]["description"]},
            )
        if not resource["localizations"]:
            del resource["localizations"]
        return {key: value for key, value in resource.items() if key in ("id", "kind", *parts)}

    def update_video(self, query: Mapping[str, str], body: Mapping[str, Any]) -> dict[str, Any]:
        video = body.get("id")
        if video not in self.videos:
            raise ApiError(404, "videoNotFound", "The video that you are trying to update cannot be found.")
        resource = deepcopy(self.videos[video])
        parts = query["part"].split(",")
        for part in parts:
            self._replace_part(resource, part, body.get(part, {}))
        self._check(resource, parts, body)
        self.videos[video] = resource
        self._record_visibility(video)
        return self.rendered(video, parts)

    def _replace_part(self, resource: dict[str, Any], part: str, sent: Mapping[str, Any]) -> None:
        if part == "localizations":
            resource[part] = deepcopy(dict(sent))
            return
        for name in WRITABLE[part]:
            resource.setdefault(part, {}).pop(name, None)
            if name in sent:
                resource[part][name] = deepcopy(sent[name])
        if part == "status":
            resource["status"].setdefault("privacyStatus", "public")
            if "selfDeclaredMadeForKids" in sent:
                resource["status"]["madeForKids"] = sent["selfDeclaredMadeForKids"]

    def _check(self, resource: Mapping[str, Any], parts: list[str], body: Mapping[str, Any]) -> None:
        if "snippet" in parts:
            self._check_snippet(resource["snippet"], "snippet" in body and "categoryId" in body["snippet"])
        if (
            "localizations" in parts
            and resource["localizations"]
            and not resource["snippet"].get("defaultLanguage")
        ):
            raise ApiError(400, "defaultLanguageNotSet", "localizations need defaultLanguage")
        publish_at = resource["status"].get("publishAt")
        if publish_at:
            date = datetime.fromisoformat(publish_at.replace("Z", "+00:00"))
            seen = resource.get("id") in self.was_seen
            if resource["status"]["privacyStatus"] != "private" or seen or date <= self.now():
                raise ApiError(400, "invalidPublishAt", "The request metadata specifies an invalid time.")

    def _check_snippet(self, snippet: dict[str, Any], has_category: bool) -> None:
        title, description = snippet.get("title", ""), snippet.get("description", "")
        tags = snippet.get("tags", [])
        length = sum(len(tag) + 2 * (" " in tag) for tag in tags) + max(0, len(tags) - 1)
        rules = (
            (0 < len(title) <= 100 and not set(title) & set("<>"), "invalidTitle"),
            (len(description.encode()) <= 5000 and not set(description) & set("<>"), "invalidDescription"),
            (has_category, "invalidCategoryId"),
            (length <= 500, "invalidTags"),
        )
        for is_valid, reason in rules:
            if not is_valid:
                raise ApiError(400, reason, f"The request metadata is invalid: {reason}")
        snippet["title"] = title.strip()
        snippet["description"] = description.strip()

    # Uploads

    def open_session(self, query: Mapping[str, str], body: dict[str, Any], size: int) -> str:
        resource = {"snippet": {}, "status": {}, "localizations": {}, **deepcopy(body)}
        resource["status"].setdefault("privacyStatus", "public")
        self._check(resource, query["part"].split(","), body)
        name = f"session-{len(self.sessions) + 1}"
        self.sessions[name] = Session(size, body, tuple(query["part"].split(",")))
        return name

    def finish(self, name: str) -> dict[str, Any]:
        session = self.sessions[name]
        if session.video is None:
            self.made += 1
            video = f"vid{self.made:08d}"
            self.contents[video] = hashlib.sha256(session.received).hexdigest()
            self._new(video, session.body, self.duration)
            session.video = video
        return self.rendered(session.video, [*session.parts, "id"])

    # Thumbnails, captions, playlists

    def set_thumbnail(self, query: Mapping[str, str], image: bytes) -> dict[str, Any]:
        if query["videoId"] not in self.videos:
            raise ApiError(404, "videoNotFound")
        if len(image) > 2 * 1024 * 1024:
            raise ApiError(400, "mediaBodyTooLarge")
        if not image.startswith((b"\xff\xd8", b"\x89PNG")):
            raise ApiError(400, "invalidImage")
        self.thumbnails[query["videoId"]] = hashlib.sha256(image).hexdigest()
        return {"kind": "youtube#thumbnailSetResponse", "items": []}

    def list_captions(self, query: Mapping[str, str]) -> dict[str, Any]:
        found = [track for track in self.captions.values() if track["snippet"]["videoId"] == query["videoId"]]
        return {"items": [{"id": track["id"], "snippet": track["snippet"]} for track in found]}

    def insert_caption(self, body: Mapping[str, Any], text: bytes) -> dict[str, Any]:
        snippet = dict(body["snippet"])
        key = (snippet["videoId"], snippet["language"], snippet.get("name", ""))
        for caption in self.captions.values():
            existing = caption["snippet"]
            if (existing["videoId"], existing["language"], existing["name"]) == key:
                raise ApiError(409, "captionExists", "The specified video contains a caption track already.")
        self._check_caption(text)
        self.caption_count += 1
        made = {
            "id": f"caption-{self.caption_count}",
            "snippet": {"trackKind": "standard", "name": "", **snippet},
            "text": text.decode(),
        }
        self.captions[made["id"]] = made
        return {"id": made["id"], "snippet": made["snippet"]}

    def update_caption(self, body: Mapping[str, Any], text: bytes) -> dict[str, Any]:
        if body.get("id") not in self.captions:
            raise ApiError(404, "captionNotFound")
        self._check_caption(text)
        self.captions[body["id"]]["text"] = text.decode()
        return {"id": body["id"]}

    def delete_caption(self, query: Mapping[str, str]) -> dict[str, Any]:
        if self.captions.pop(query["id"], None) is None:
            raise ApiError(404, "captionNotFound")
        return {}

    def download_caption(self, query: Mapping[str, str]) -> dict[str, Any]:
        if query["id"] not in self.captions:
            raise ApiError(404, "captionNotFound")
        if query.get("tfmt") != "vtt":
            raise ApiError(400, "couldNotConvert")
        return {"content": self.captions[query["id"]]["text"].encode()}

    def captions_of(self, video: str) -> list[tuple[str, str]]:
        """Language and text of a video's caption tracks, sorted."""
        tracks = (track for track in self.captions.values() if track["snippet"]["videoId"] == video)
        return sorted((track["snippet"]["language"], track["text"]) for track in tracks)

    def _check_caption(self, text: bytes) -> None:
        if not text.startswith(b"WEBVTT"):
            raise ApiError(400, "contentRequired", "no caption track")

    def list_channels(self, query: Mapping[str, str]) -> dict[str, Any]:
        return {
            "kind": "youtube#channelListResponse",
            "items": [
                {
                    "id": self.id,
                    "snippet": {"title": "Example Channel"},
                    "contentDetails": {"relatedPlaylists": {"uploads": "UU" + self.id[2:]}},
                }
            ],
        }

    def list_items(self, query: Mapping[str, str]) -> dict[str, Any]:
        playlist = query["playlistId"]
        if playlist == "UU" + self.id[2:]:
            listed = [video for video in reversed(self.videos) if video not in self.hidden]
            if not self.videos:
                # As on YouTube: a channel without videos has no uploads playlist.
                raise ApiError(404, "playlistNotFound", "The playlist cannot be found.")
            items = [self._item(playlist, video, f"upload-{video}") for video in listed]
        elif self.members_only and playlist == "UUMO" + self.id[2:]:
            items = [self._item(playlist, video, f"member-{video}") for video in self.members_only]
        elif playlist in self.playlists:
            items = self.playlists[playlist]
        else:
            raise ApiError(404, "playlistNotFound", "The playlist cannot be found.")
        if "videoId" in query:
            items = [item for item in items if item["snippet"]["resourceId"]["videoId"] == query["videoId"]]
        start, limit = int(query.get("pageToken", 0)), int(query.get("maxResults", 5))
        page = [
            {**item, "snippet": {**item["snippet"], "position": number}}
            for number, item in enumerate(items[start : start + limit], start)
        ]
        response: dict[str, Any] = {"items": page}
        if start + limit < len(items):
            response["nextPageToken"] = str(start + limit)
        return response

    def list_playlists(self, query: Mapping[str, str]) -> dict[str, Any]:
        listed = [
            {
                "id": playlist,
                "snippet": {"title": self.playlist_titles.get(playlist, "Talks"), "channelId": self.id},
                "status": {"privacyStatus": "public"},
            }
            for playlist in self.playlists
        ]
        start, limit = int(query.get("pageToken", 0)), int(query.get("maxResults", 5))
        response: dict[str, Any] = {"items": listed[start : start + limit]}
        if start + limit < len(listed):
            response["nextPageToken"] = str(start + limit)
        return response

    def _item(self, playlist: str, video: str, name: str) -> dict[str, Any]:
        resource = {"kind": "youtube#video", "videoId": video}
        return {"id": name, "snippet": {"playlistId": playlist, "resourceId": resource}}

    def insert_item(self, body: Mapping[str, Any]) -> dict[str, Any]:
        snippet = body["snippet"]
        items = self.playlists[snippet["playlistId"]]
        self.item_count += 1
        item = self._item(snippet["playlistId"], snippet["resourceId"]["videoId"], f"item-{self.item_count}")
        items.insert(snippet.get("position", len(items)), item)
        return item

    def update_item(self, body: Mapping[str, Any]) -> dict[str, Any]:
        items = self.playlists[body["snippet"]["playlistId"]]
        item = next((item for item in items if item["id"] == body["id"]), None)
        if item is None:
            raise ApiError(404, "playlistItemNotFound")
        items.remove(item)
        items.insert(body["snippet"].get("position", len(items)), item)
        return item

    def delete_item(self, query: Mapping[str, str]) -> dict[str, Any]:
        for items in self.playlists.values():
            for item in [item for item in items if item["id"] == query["id"]]:
                items.remove(item)
                return {}
        raise ApiError(404, "playlistItemNotFound")

    def video_of_item(self, name: str) -> str | None:
        """The id of the video that a playlist item refers to, or None."""
        items = (item for playlist in self.playlists.values() for item in playlist if item["id"] == name)
        return next((str(item["snippet"]["resourceId"]["videoId"]) for item in items), None)

    def in_playlist(self, playlist: str = PLAYLIST) -> list[str]:
        """The ids of a playlist's videos, in order."""
        return [item["snippet"]["resourceId"]["videoId"] for item in self.playlists[playlist]]


def _iso_duration(seconds: float) -> str:
    whole = round(seconds)
    return f"PT{whole // 3600}H{whole % 3600 // 60}M{whole % 60}S"
