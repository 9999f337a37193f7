"""What YouTube's answers mean: whether one has what is read from it, and what a refusal asks for.

Pure. An answer may also be somebody else's: a proxy's, or that of a network's login page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from publisher.outputs.youtube import authorisation, faults

DEEDS: Mapping[str, str] = {
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
"""What a call asks for, in a message about its refusal."""

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "channels.list": ("contentDetails.relatedPlaylists.uploads",),
    "videos.list": ("snippet.channelId", "status.privacyStatus"),
    "playlistItems.list": ("snippet.resourceId.kind",),
    "captions.list": ("snippet.language",),
}
"""What each of the listed has, if its part was asked for."""

PARTS = ("snippet", "status", "contentDetails", "processingDetails", "localizations")

PASSING = ("rateLimitExceeded", "userRateLimitExceeded", "SERVICE_UNAVAILABLE")
"""Reasons that are gone a little later, whatever the status."""

SPENT = ("quotaExceeded", "dailyLimitExceeded")
WITHOUT_SCOPE = ("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error's answer to a call: its status, the reason it names, its message."""

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

    def fault(self) -> faults.YouTubeError:
        """What to do about it, as an error."""
        if self.reason == "uploadLimitExceeded":
            return faults.QuotaSpent(
                "the channel has reached its own limit of uploads a day; run `publisher release` tomorrow, "
                "or verify the channel's phone number at youtube.com/verify",
                "uploads",
            )
        if self.status >= 500 or self.status in (408, 429) or self.reason in PASSING:
            why = self.reason or "no reason"
            return faults.Unreachable(f"YouTube answered {self.status} ({why}); try again later")
        if not self.reason:
            # YouTube says why it refuses, and what is not there.
            return faults.Unreachable(
                f"the answer ({self.status}) is not YouTube's; is there a proxy, or a login page of the "
                "network, between this computer and YouTube?"
            )
        if self.status == 401:
            return faults.NotAuthorised(authorisation.AGAIN)
        if self.reason in WITHOUT_SCOPE:
            return faults.NotAuthorised(
                "the login does not allow this; run `publisher youtube login` and leave every box ticked"
            )
        return self._lasting()

    def _lasting(self) -> faults.YouTubeError:
        """A refusal that stays one until somebody does something."""
        message = self.message.rstrip(".")
        text = f"YouTube refused {DEEDS[self.method]} ({self.status} {self.reason}): {message}"
        if self.status == 404:
            text = f"{text}. If it was deleted there, run `publisher release` again"
            return faults.Missing(text, self.reason)
        text = f"{text}. Look into YouTube Studio, then run `publisher release` again"
        return faults.Refused(text, self.reason)


def reason_of(content: bytes) -> tuple[str, str]:
    """(reason, message) of an error's body; empty where it has none."""
    try:
        error = json.loads(content)["error"]
        listed = error.get("errors") or [{}]
        reason, message = listed[0].get("reason", error.get("status", "")), error.get("message", "")
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return "", ""
    # Messages come with tags: The playlist identified with the request's <code>playlistId</code> …
    return str(reason), re.sub(r"</?[a-z]+>", "", str(message))


def keeps_promise(method: str, answer: object, parts: Iterable[str]) -> bool:
    """Whether an answer has what is read from it: else a video that is there would count as deleted."""
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
    needed = [path for path in REQUIRED[method] if path.partition(".")[0] in asked]
    return isinstance(items, list) and all(_is_resource(one, needed) for one in items)


def _is_resource(found: object, needed: Iterable[str]) -> bool:
    """Whether this is a resource with an id, parts that are parts, and something at the `needed` paths."""
    if not isinstance(found, dict) or not isinstance(found.get("id"), str):
        return False
    if not all(isinstance(found.get(part, {}), dict) for part in PARTS):
        return False
    return all(_at(found, path) for path in needed)


def _at(found: object, path: str) -> object:
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found
