"""What can go wrong with YouTube, each error saying what to do next, and what an answer means.

PublisherError
└── YouTubeError            a call failed, or was refused for good
    ├── Unfinished          nothing is wrong; running again continues
    │   └── QuotaSpent      until midnight Pacific time
    ├── NotAuthorised       nobody, or somebody else, is logged in
    ├── Unreachable         no answer, or an unreadable one; the call may have happened
    ├── NotFound            YouTube does not know what was asked for
    └── Refused             YouTube names a reason

Pure. An answer may also come from a proxy, or from the login page of a network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from publisher.errors import PublisherError

LOGIN_AGAIN_ADVICE = (
    "YouTube does not accept the login any more; run `publisher youtube login`. "
    'If this happens every week: the consent screen of the Google project is in "Testing", '
    'where a login lasts 7 days; set it to "In production"'
)


class YouTubeError(PublisherError):
    """YouTube refused a call, or holds something that must not be published."""


class Unfinished(YouTubeError):
    """Not done yet, and nothing is wrong: the next release continues."""

    is_wrong: ClassVar[bool] = False


class QuotaSpent(Unfinished):
    """The day's quota is spent. `bucket` says which: units or uploads."""

    def __init__(self, message: str, bucket: str) -> None:
        super().__init__(message)
        self.bucket = bucket


class NotAuthorised(YouTubeError):
    """There are no credentials, or not the channel's, or they are not accepted any more."""


class Unreachable(YouTubeError):
    """No answer, or an unreadable one. What was asked for may have happened."""


class NotFound(YouTubeError):
    """YouTube does not know what was asked for. `reason` is its own word for what, such as videoNotFound."""

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class Refused(YouTubeError):
    """YouTube refused a call. `reason` is its own word for why, such as captionExists."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


# Answers

PURPOSES: Mapping[str, str] = {
    "channels.list": "to say which channel is logged in",
    "videos.list": "to show the videos",
    "videos.insert": "to take an upload",
    "videos.update": "to change the video",
    "thumbnails.set": "to take the thumbnail",
    "captions.list": "to show the captions",
    "captions.insert": "to take the captions",
    "captions.update": "to replace the captions",
    "captions.delete": "to delete the captions",
    "playlistItems.list": "to show the playlist",
    "playlistItems.insert": "to put the video into the playlist",
    "playlistItems.update": "to move the video in the playlist",
    "playlistItems.delete": "to take the video out of the playlist",
}
"""The purpose of each call, for messages about its refusal."""

REQUIRED_KEYS: Mapping[str, tuple[str, ...]] = {
    "channels.list": ("contentDetails.relatedPlaylists.uploads",),
    "videos.list": ("snippet.channelId", "status.privacyStatus"),
    "playlistItems.list": ("snippet.resourceId.kind",),
    "captions.list": ("snippet.language",),
}
"""Keys that every listed resource has, if their part was asked for."""

PARTS = ("snippet", "status", "contentDetails", "processingDetails", "localizations")

TEMPORARY = ("rateLimitExceeded", "userRateLimitExceeded", "SERVICE_UNAVAILABLE")
"""Reasons that end soon, whatever the status."""

SPENT = ("quotaExceeded", "dailyLimitExceeded")
WITHOUT_SCOPE = ("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error response: its status, the reason that it names, its message."""

    method: str
    status: int
    reason: str
    message: str

    @property
    def spent(self) -> str | None:
        """The bucket of the quota that is spent until midnight Pacific time, if this says so."""
        if self.reason in SPENT:
            return "units"
        # Looks like a rate limit, but lasts until midnight.
        return "uploads" if self.status == 429 and "video upload" in self.message.lower() else None

    def to_error(self) -> YouTubeError:
        """The error that says what to do."""
        if self.reason == "uploadLimitExceeded":
            return QuotaSpent(
                "the channel has reached its own limit of uploads a day; run `publisher release` tomorrow, "
                "or verify the channel's phone number at youtube.com/verify",
                "uploads",
            )
        if self.status >= 500 or self.status in (408, 429) or self.reason in TEMPORARY:
            why = self.reason or "no reason"
            return Unreachable(f"YouTube answered {self.status} ({why}); try again later")
        if not self.reason:
            # YouTube always names a reason.
            return Unreachable(
                f"the answer ({self.status}) is not YouTube's; is there a proxy, or a login page of the "
                "network, between this computer and YouTube?"
            )
        if self.status == 401:
            return NotAuthorised(LOGIN_AGAIN_ADVICE)
        if self.reason in WITHOUT_SCOPE:
            return NotAuthorised(
                "the login does not allow this; run `publisher youtube login` and leave every box ticked"
            )
        return self._lasting()

    def _lasting(self) -> YouTubeError:
        """The error for a refusal that lasts until somebody acts."""
        message = self.message.rstrip(".")
        text = f"YouTube refused {PURPOSES[self.method]} ({self.status} {self.reason}): {message}"
        if self.status == 404:
            text = f"{text}. If it was deleted there, run `publisher release` again"
            return NotFound(text, self.reason)
        text = f"{text}. Look into YouTube Studio, then run `publisher release` again"
        return Refused(text, self.reason)


def reason_of(content: bytes) -> tuple[str, str]:
    """(reason, message) of an error's body; empty if it has none."""
    try:
        error = json.loads(content)["error"]
        listed = error.get("errors") or [{}]
        reason, message = listed[0].get("reason", error.get("status", "")), error.get("message", "")
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return "", ""
    # Messages come with tags: The playlist identified with the request's <code>playlistId</code> …
    return str(reason), re.sub(r"</?[a-z]+>", "", str(message))


def is_complete(method: str, answer: object, parts: Iterable[str]) -> bool:
    """Whether an answer has the keys that are read: else an existing video would count as deleted."""
    if not isinstance(answer, dict):
        return False
    if method == "thumbnails.set":
        return True
    if not method.endswith(".list"):
        return _is_resource(answer, ())
    if method == "channels.list" and "kind" in answer:
        # An account without a channel gets no list at all.
        answer.setdefault("items", [])
    items, asked = answer.get("items"), set(parts)
    needed = [path for path in REQUIRED_KEYS[method] if path.partition(".")[0] in asked]
    return isinstance(items, list) and all(_is_resource(one, needed) for one in items)


def _is_resource(found: object, needed: Iterable[str]) -> bool:
    """Whether this is a resource with an id, its parts are objects, and the `needed` keys have values."""
    if not isinstance(found, dict) or not isinstance(found.get("id"), str):
        return False
    if not all(isinstance(found.get(part, {}), dict) for part in PARTS):
        return False
    return all(_at(found, path) for path in needed)


def _at(found: object, path: str) -> object:
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found
