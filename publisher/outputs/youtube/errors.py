"""The errors of YouTube, each with advice, and how answers are turned into them.

PublisherError
└── YouTubeError            a call failed, or was refused for good
    ├── Unfinished          nothing is wrong; running again continues
    │   └── QuotaSpent      until midnight Pacific time
    ├── NotAuthorised       no login, or that of another channel
    ├── Unreachable         no answer, or an unreadable one; the call may have succeeded
    ├── NotFound            YouTube does not know the resource
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
    """A call failed or was refused, or a video must not be published."""


class Unfinished(YouTubeError):
    """The work is not finished, without an error: the next release continues it."""

    is_wrong: ClassVar[bool] = False


class QuotaSpent(Unfinished):
    """The day's quota is spent; `bucket` is "units" or "uploads"."""

    def __init__(self, message: str, bucket: str) -> None:
        super().__init__(message)
        self.bucket = bucket


class NotAuthorised(YouTubeError):
    """The credentials are missing, not accepted any more, or those of another channel."""


class Unreachable(YouTubeError):
    """No answer, or an unreadable one. The call may have succeeded."""


class NotFound(YouTubeError):
    """YouTube does not know the resource. `reason` is YouTube's code, such as videoNotFound."""

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class Refused(YouTubeError):
    """YouTube refused a call. `reason` is YouTube's code, such as captionExists."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


# Answers

PURPOSES: Mapping[str, str] = {
    "channels.list": "to name the channel of the login",
    "videos.list": "to show the videos",
    "videos.insert": "to take an upload",
    "videos.update": "to change the video",
    "thumbnails.set": "to take the thumbnail",
    "captions.list": "to show the captions",
    "captions.download": "to hand out the captions",
    "captions.insert": "to take the captions",
    "captions.update": "to replace the captions",
    "captions.delete": "to delete the captions",
    "playlists.list": "to show the playlists",
    "playlistItems.list": "to show the playlist",
    "playlistItems.insert": "to add the video to the playlist",
    "playlistItems.update": "to move the video in the playlist",
    "playlistItems.delete": "to remove the video from the playlist",
}
"""The purpose of each call, for messages about its refusal."""

REQUIRED_KEYS: Mapping[str, tuple[str, ...]] = {
    "channels.list": ("contentDetails.relatedPlaylists.uploads",),
    "videos.list": ("snippet.channelId", "status.privacyStatus"),
    "playlistItems.list": ("snippet.resourceId.kind",),
    "playlists.list": ("snippet.title",),
    "captions.list": ("snippet.language",),
}
"""Keys that every listed resource has, if their part was requested."""

PARTS = ("snippet", "status", "contentDetails", "processingDetails", "localizations")

TEMPORARY_REASONS = ("rateLimitExceeded", "userRateLimitExceeded", "SERVICE_UNAVAILABLE")
"""Reasons that are temporary with any status."""

SPENT_REASONS = ("quotaExceeded", "dailyLimitExceeded")
MISSING_SCOPE_REASONS = ("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error response: the method, the status, YouTube's reason and its message."""

    method: str
    status: int
    reason: str
    message: str

    @property
    def spent(self) -> str | None:
        """The bucket whose quota is spent until midnight Pacific time; None if it is another error."""
        if self.reason in SPENT_REASONS:
            return "units"
        # It has the status of a rate limit, but lasts until midnight.
        return "uploads" if self.status == 429 and "video upload" in self.message.lower() else None

    def to_error(self) -> YouTubeError:
        """The matching error, with advice."""
        if self.reason == "uploadLimitExceeded":
            return QuotaSpent(
                "the channel has reached its own limit of uploads a day; run `publisher release` tomorrow, "
                "or verify the channel's phone number at youtube.com/verify",
                "uploads",
            )
        if self.status >= 500 or self.status in (408, 429) or self.reason in TEMPORARY_REASONS:
            reason = self.reason or "no reason"
            return Unreachable(f"YouTube answered {self.status} ({reason}); try again later")
        if not self.reason:
            # YouTube always names a reason.
            return Unreachable(
                f"the answer ({self.status}) is not YouTube's; is there a proxy, or a login page of the "
                "network, between this computer and YouTube?"
            )
        if self.status == 401:
            return NotAuthorised(LOGIN_AGAIN_ADVICE)
        if self.reason in MISSING_SCOPE_REASONS:
            return NotAuthorised(
                "the login does not allow this; run `publisher youtube login` and leave every box ticked"
            )
        return self._permanent_error()

    def _permanent_error(self) -> YouTubeError:
        """The error for a refusal that lasts until the producer acts."""
        message = self.message.rstrip(".")
        text = f"YouTube refused {PURPOSES[self.method]} ({self.status} {self.reason}): {message}"
        if self.status == 404:
            text = f"{text}. If it was deleted there, run `publisher release` again"
            return NotFound(text, self.reason)
        text = f"{text}. Check YouTube Studio, then run `publisher release` again"
        return Refused(text, self.reason)


def reason_of(content: bytes) -> tuple[str, str]:
    """(reason, message) of an error's body; empty texts if it has none."""
    try:
        error = json.loads(content)["error"]
        details = error.get("errors") or [{}]
        reason, message = details[0].get("reason", error.get("status", "")), error.get("message", "")
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return "", ""
    # Messages contain tags: The playlist identified with the request's <code>playlistId</code> …
    return str(reason), re.sub(r"</?[a-z]+>", "", str(message))


def is_complete(method: str, answer: object, parts: Iterable[str]) -> bool:
    """Whether an answer has the required keys: without them an existing video would count as deleted."""
    if not isinstance(answer, dict):
        return False
    if method == "thumbnails.set":
        return True
    if not method.endswith(".list"):
        return _is_resource(answer, ())
    if method == "channels.list" and "kind" in answer:
        # The answer for an account without a channel has no list.
        answer.setdefault("items", [])
    items, requested = answer.get("items"), set(parts)
    needed = [path for path in REQUIRED_KEYS[method] if path.partition(".")[0] in requested]
    return isinstance(items, list) and all(_is_resource(item, needed) for item in items)


def _is_resource(value: object, needed: Iterable[str]) -> bool:
    """Whether this is a resource with an id, its parts are objects, and the `needed` keys have values."""
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        return False
    if not all(isinstance(value.get(part, {}), dict) for part in PARTS):
        return False
    return all(_value_at(value, path) for path in needed)


def _value_at(value: object, path: str) -> object:
    """The value below a dotted path; None if it is missing."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
