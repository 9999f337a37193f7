"""A YouTube channel in memory: what the server does with requests that are well-formed.

Its rules are those of the YouTube Data API's reference pages, written down apart from the code
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
    "captions.insert": ("units", 400),
    "captions.update": ("units", 450),
    "captions.delete": ("units", 50),
    "playlistItems.insert": ("units", 50),
    "playlistItems.update": ("units", 50),
    "playlistItems.delete": ("units", 50),
}


class Refusal(Exception):
    """An error answer: status, reason, message."""

    def __init__(self, status: int, reason: str, message: str = "") -> None:
        super().__init__(reason)
        self.status, self.reason, self.message = status, reason, message or reason


@dataclass
class Session:
    """A resumable upload under way."""

    size: int
    body: dict[str, Any]
    parts: tuple[str, ...]
    received: bytearray = field(default_factory=bytearray)
    video: str | None = None


@dataclass
class Channel:
    """The memory. `polls` is how often a new video is looked at before it is processed."""

    id: str = CHANNEL
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    videos: dict[str, dict[str, Any]] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    thumbnails: dict[str, str] = field(default_factory=dict)
    captions: dict[str, dict[str, Any]] = field(default_factory=dict)
    playlists: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {PLAYLIST: []})
    sessions: dict[str, Session] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    """Videos that the uploads playlist does not list yet."""
    polls: int = 0
    duration: float = 60.0
    was_seen: set[str] = field(default_factory=set)
    """Videos that were public or unlisted at some time."""
    seen_unfinished: list[str] = field(default_factory=list)
    """Videos that anybody could see before they were processed and had a thumbnail."""
    looked: dict[str, int] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=lambda: {"units": 0, "uploads": 0})
    budget: dict[str, int] = field(default_factory=lambda: {"units": 10_000, "uploads": 100})
    made: int = 0
    made_captions: int = 0

    # Quota

    def charge(self, method: str) -> None:
        bucket, amount = COSTS.get(method, ("units", 1))
        self.spent[bucket] += amount
        if self.spent[bucket] > self.budget[bucket]:
            if bucket == "uploads":
                raise Refusal(
                    429,
                    "rateLimitExceeded",
                    "Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day'",
                )
            raise Refusal(403, "quotaExceeded", "The request cannot be completed: you exceeded your quota.")

    # Videos

    def add(self, video: str, body: Mapping[str, Any], duration: float | None = None) -> dict[str, Any]:
        """A video that is there already, as somebody made it in YouTube Studio."""
        held = self._new(video, body, duration or self.duration)
        held["status"]["uploadStatus"] = "processed"
        held["processingDetails"]["processingStatus"] = "succeeded"
        self.looked[video] = self.polls
        return held

    def _new(self, video: str, body: Mapping[str, Any], duration: float) -> dict[str, Any]:
        snippet, status = dict(body.get("snippet", {})), dict(body.get("status", {}))
        held = {
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
            "contentDetails": {"duration": _iso(duration), "dimension": "2d", "definition": "hd"},
            "processingDetails": {"processingStatus": "processing"},
            "localizations": deepcopy(body.get("localizations", {})),
        }
        self.videos[video] = held
        self._note_privacy(video)
        return held

    def _note_privacy(self, video: str) -> None:
        status = self.videos[video]["status"]
        moment = status.get("publishAt")
        if moment and datetime.fromisoformat(moment.replace("Z", "+00:00")) <= self.now():
            status["privacyStatus"] = "public"
            del status["publishAt"]
        if status["privacyStatus"] != "private":
            self.was_seen.add(video)
            if video in self.contents and (
                status["uploadStatus"] != "processed" or video not in self.thumbnails
            ):
                self.seen_unfinished.append(video)

    def list_videos(self, given: Mapping[str, str]) -> dict[str, Any]:
        ids = [one for one in given.get("id", "").split(",") if one]
        if len(ids) > 50 or "maxResults" in given:
            raise Refusal(400, "invalidParameter", "too many ids, or maxResults with ids")
        found = []
        for video in ids:
            if video in self.videos:
                self._process(video)
                self._note_privacy(video)
                found.append(self.shown(video, given["part"].split(",")))
        return {"kind": "youtube#videoListResponse", "items": found}

    def _process(self, video: str) -> None:
        self.looked[video] = self.looked.get(video, 0) + 1
        held = self.videos[video]
        if self.looked[video] > self.polls and held["status"]["uploadStatus"] == "uploaded":
            held["status"]["uploadStatus"] = "processed"
            held["processingDetails"]["processingStatus"] = "succeeded"

    def shown(self, video: str, parts: list[str]) -> dict[str, Any]:
        held = deepcopy(self.videos[video])
        if held["status"]["uploadStatus"] != "processed":
            held["contentDetails"].pop("duration")
        own = held["snippet"].get("defaultLanguage")
        if own and held["localizations"]:
            held["localizations"].setdefault(
                own, {"title": held["snippet"]["title"], "description": held["snippet"]["description"]}
            )
        if not held["localizations"]:
            del held["localizations"]
        return {key: value for key, value in held.items() if key in ("id", "kind", *parts)}

    def update_video(self, given: Mapping[str, str], body: Mapping[str, Any]) -> dict[str, Any]:
        video = body.get("id")
        if video not in self.videos:
            raise Refusal(404, "videoNotFound", "The video that you are trying to update cannot be found.")
        held = deepcopy(self.videos[video])
        parts = given["part"].split(",")
        for part in parts:
            self._replace_part(held, part, body.get(part, {}))
        self._check(held, parts, body)
        self.videos[video] = held
        self._note_privacy(video)
        return self.shown(video, parts)

    def _replace_part(self, held: dict[str, Any], part: str, given: Mapping[str, Any]) -> None:
        if part == "localizations":
            held[part] = deepcopy(dict(given))
            return
        for name in WRITABLE[part]:
            held.setdefault(part, {}).pop(name, None)
            if name in given:
                held[part][name] = deepcopy(given[name])
        if part == "status":
            held["status"].setdefault("privacyStatus", "public")
            if "selfDeclaredMadeForKids" in given:
                held["status"]["madeForKids"] = given["selfDeclaredMadeForKids"]

    def _check(self, held: Mapping[str, Any], parts: list[str], body: Mapping[str, Any]) -> None:
        if "snippet" in parts:
            self._check_snippet(held["snippet"], "snippet" in body and "categoryId" in body["snippet"])
        if "localizations" in parts and held["localizations"] and not held["snippet"].get("defaultLanguage"):
            raise Refusal(400, "defaultLanguageNotSet", "localizations need defaultLanguage")
        moment = held["status"].get("publishAt")
        if moment:
            date = datetime.fromisoformat(moment.replace("Z", "+00:00"))
            seen = held.get("id") in self.was_seen
            if held["status"]["privacyStatus"] != "private" or seen or date <= self.now():
                raise Refusal(400, "invalidPublishAt", "The request metadata specifies an invalid time.")

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
        for holds, reason in rules:
            if not holds:
                raise Refusal(400, reason, f"The request metadata is invalid: {reason}")
        snippet["title"] = title.strip()
        snippet["description"] = description.strip()

    # Uploads

    def open_session(self, given: Mapping[str, str], body: dict[str, Any], size: int) -> str:
        held = {"snippet": {}, "status": {}, "localizations": {}, **deepcopy(body)}
        held["status"].setdefault("privacyStatus", "public")
        self._check(held, given["part"].split(","), body)
        name = f"session-{len(self.sessions) + 1}"
        self.sessions[name] = Session(size, body, tuple(given["part"].split(",")))
        return name

    def finish(self, name: str) -> dict[str, Any]:
        session = self.sessions[name]
        if session.video is None:
            self.made += 1
            video = f"vid{self.made:08d}"
            self.contents[video] = hashlib.sha256(session.received).hexdigest()
            self._new(video, session.body, self.duration)
            session.video = video
        return self.shown(session.video, [*session.parts, "id"])

    # Thumbnails, captions, playlists

    def set_thumbnail(self, given: Mapping[str, str], picture: bytes) -> dict[str, Any]:
        if given["videoId"] not in self.videos:
            raise Refusal(404, "videoNotFound")
        if len(picture) > 2 * 1024 * 1024:
            raise Refusal(400, "mediaBodyTooLarge")
        if not picture.startswith((b"\xff\xd8", b"\x89PNG")):
            raise Refusal(400, "invalidImage")
        self.thumbnails[given["videoId"]] = hashlib.sha256(picture).hexdigest()
        return {"kind": "youtube#thumbnailSetResponse", "items": []}

    def list_captions(self, given: Mapping[str, str]) -> dict[str, Any]:
        found = [one for one in self.captions.values() if one["snippet"]["videoId"] == given["videoId"]]
        return {"items": [{"id": one["id"], "snippet": one["snippet"]} for one in found]}

    def insert_caption(self, body: Mapping[str, Any], text: bytes) -> dict[str, Any]:
        snippet = dict(body["snippet"])
        key = (snippet["videoId"], snippet["language"], snippet.get("name", ""))
        for one in self.captions.values():
            held = one["snippet"]
            if (held["videoId"], held["language"], held["name"]) == key:
                raise Refusal(409, "captionExists", "The specified video contains a caption track already.")
        self._check_caption(text)
        self.made_captions += 1
        made = {
            "id": f"caption-{self.made_captions}",
            "snippet": {"trackKind": "standard", "name": "", **snippet},
            "text": text.decode(),
        }
        self.captions[made["id"]] = made
        return {"id": made["id"], "snippet": made["snippet"]}

    def update_caption(self, body: Mapping[str, Any], text: bytes) -> dict[str, Any]:
        if body.get("id") not in self.captions:
            raise Refusal(404, "captionNotFound")
        self._check_caption(text)
        self.captions[body["id"]]["text"] = text.decode()
        return {"id": body["id"]}

    def delete_caption(self, given: Mapping[str, str]) -> dict[str, Any]:
        if self.captions.pop(given["id"], None) is None:
            raise Refusal(404, "captionNotFound")
        return {}

    def _check_caption(self, text: bytes) -> None:
        if not text.startswith(b"WEBVTT"):
            raise Refusal(400, "contentRequired", "no caption track")

    def list_channels(self, given: Mapping[str, str]) -> dict[str, Any]:
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

    def list_items(self, given: Mapping[str, str]) -> dict[str, Any]:
        playlist = given["playlistId"]
        if playlist == "UU" + self.id[2:]:
            listed = [video for video in reversed(self.videos) if video not in self.hidden]
            if not self.videos:
                # As the real one: a channel without videos has no such playlist.
                raise Refusal(404, "playlistNotFound", "The playlist cannot be found.")
            items = [self._item(playlist, video, f"upload-{video}") for video in listed]
        elif playlist in self.playlists:
            items = self.playlists[playlist]
        else:
            raise Refusal(404, "playlistNotFound", "The playlist cannot be found.")
        if "videoId" in given:
            items = [one for one in items if one["snippet"]["resourceId"]["videoId"] == given["videoId"]]
        start, most = int(given.get("pageToken", 0)), int(given.get("maxResults", 5))
        page = [
            {**one, "snippet": {**one["snippet"], "position": number}}
            for number, one in enumerate(items[start : start + most], start)
        ]
        answer: dict[str, Any] = {"items": page}
        if start + most < len(items):
            answer["nextPageToken"] = str(start + most)
        return answer

    def _item(self, playlist: str, video: str, name: str) -> dict[str, Any]:
        resource = {"kind": "youtube#video", "videoId": video}
        return {"id": name, "snippet": {"playlistId": playlist, "resourceId": resource}}

    def insert_item(self, body: Mapping[str, Any]) -> dict[str, Any]:
        snippet = body["snippet"]
        items = self.playlists[snippet["playlistId"]]
        self.made_items = getattr(self, "made_items", 0) + 1
        item = self._item(snippet["playlistId"], snippet["resourceId"]["videoId"], f"item-{self.made_items}")
        items.insert(snippet.get("position", len(items)), item)
        return item

    def update_item(self, body: Mapping[str, Any]) -> dict[str, Any]:
        items = self.playlists[body["snippet"]["playlistId"]]
        item = next((one for one in items if one["id"] == body["id"]), None)
        if item is None:
            raise Refusal(404, "playlistItemNotFound")
        items.remove(item)
        items.insert(body["snippet"].get("position", len(items)), item)
        return item

    def delete_item(self, given: Mapping[str, str]) -> dict[str, Any]:
        for items in self.playlists.values():
            for item in [one for one in items if one["id"] == given["id"]]:
                items.remove(item)
                return {}
        raise Refusal(404, "playlistItemNotFound")

    def video_of_item(self, name: str) -> str | None:
        """The video of a playlist's entry."""
        entries = (one for items in self.playlists.values() for one in items if one["id"] == name)
        return next((str(one["snippet"]["resourceId"]["videoId"]) for one in entries), None)

    def in_playlist(self, playlist: str = PLAYLIST) -> list[str]:
        return [one["snippet"]["resourceId"]["videoId"] for one in self.playlists[playlist]]


def _iso(seconds: float) -> str:
    whole = round(seconds)
    return f"PT{whole // 3600}H{whole % 3600 // 60}M{whole % 60}S"
