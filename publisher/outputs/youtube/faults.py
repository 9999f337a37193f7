"""What can go wrong with YouTube, each saying what to do next.

PublisherError
└── YouTubeError            a call failed, or was refused for good
    ├── Unfinished          nothing is wrong; running again goes on
    │   └── QuotaSpent      until midnight Pacific time
    ├── NotAuthorised       nobody, or somebody else, is logged in
    ├── Unreachable         no answer, or none that can be read; the call may have happened
    └── Missing             what was asked for is not there
"""

from __future__ import annotations

from typing import ClassVar

from publisher.errors import PublisherError


class YouTubeError(PublisherError):
    """YouTube refused a call, or holds something that must not be published."""


class Unfinished(YouTubeError):
    """Not done yet, and nothing is wrong: the next release goes on."""

    is_wrong: ClassVar[bool] = False


class QuotaSpent(Unfinished):
    """The day's quota is spent. `bucket` says which: units or uploads."""

    def __init__(self, message: str, bucket: str) -> None:
        super().__init__(message)
        self.bucket = bucket


class NotAuthorised(YouTubeError):
    """There are no credentials, or not the channel's, or they are not accepted any more."""


class Unreachable(YouTubeError):
    """No answer came, or none that can be read. What was asked for may have happened."""


class Missing(YouTubeError):
    """YouTube does not know what was asked for. `reason` is its own word for what, such as videoNotFound."""

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class Refused(YouTubeError):
    """YouTube refused a call. `reason` is its own word for why, such as captionExists."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
