"""Reads the settings of the environment, and decides which addresses uploads may be sent to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from publisher.errors import UsageError
from publisher.outputs.youtube.errors import Unreachable

CHUNK_UNIT = 256 * 1024
"""Bytes. Google requires chunks to be multiples of this."""

CHUNK = 32 * CHUNK_UNIT
"""Default number of bytes per request: 8 MiB."""


# Settings


@dataclass(frozen=True, slots=True)
class Settings:
    """`chunk` in bytes; `timeout` and `pause` (after the first failure) in seconds."""

    endpoint: str | None = None
    credentials: Path | None = None
    chunk: int = CHUNK
    timeout: float = 60.0
    pause: float = 1.0


PREFIX = "PUBLISHER_YOUTUBE_"
NUMBER_LIMITS: Mapping[str, tuple[float, float]] = {
    "CHUNK": (1, 1 << 30),
    "TIMEOUT": (0.01, 24 * 3600),
    "PAUSE": (0, 3600),
}
"""The minimum and the maximum of each number; CHUNK in bytes, the others in seconds."""

_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of the environment, with defaults for unset variables. Raises UsageError."""
    defaults = Settings()
    credentials = environment.get(f"{PREFIX}CREDENTIALS")
    chunk = int(_number(environment, "CHUNK", defaults.chunk, int))
    return Settings(
        _endpoint(environment.get(f"{PREFIX}ENDPOINT")),
        Path(credentials) if credentials else None,
        max(CHUNK_UNIT, chunk // CHUNK_UNIT * CHUNK_UNIT),
        _number(environment, "TIMEOUT", defaults.timeout, float),
        _number(environment, "PAUSE", defaults.pause, float),
    )


def _number(
    environment: Mapping[str, str], name: str, default: float, parse: Callable[[str], float]
) -> float:
    """The value of a numeric variable; an empty one counts as not set. Raises UsageError."""
    text = environment.get(f"{PREFIX}{name}")
    if not text:
        return default
    minimum, maximum = NUMBER_LIMITS[name]
    try:
        number = parse(text)
    except ValueError:
        number = None
    # The comparison also excludes nan.
    if number is None or not minimum <= number <= maximum:
        kind = "a whole number of bytes" if parse is int else "a number of seconds"
        raise UsageError(f"{PREFIX}{name}={text[:40]!r} must be {kind} from {minimum} to {maximum}")
    return number


def _endpoint(address: str | None) -> str | None:
    """The root of the API. Raises UsageError, without the address: it may contain a password."""
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


# Addresses of uploads

UPLOAD_HOSTS = frozenset({"youtube.googleapis.com", "www.googleapis.com"})
"""Google's hosts for uploads: from the client's discovery document, and from the guide."""

MAX_URI_LENGTH = 4096

_URI = re.compile(r"(https?)://([a-z0-9._-]+(?::\d+)?|\[[0-9a-f:.]+\](?::\d+)?)(/[!-~]*)?", re.IGNORECASE)
_GOOGLE_PATH = re.compile(r"/(?:resumable/)?upload/youtube/v3/videos(?:\?.*)?")
_DOT_SEGMENT = re.compile(r"/(?:\.|%2e){1,2}(?:[/?]|$)", re.IGNORECASE)


def is_upload_uri(uri: str | None, root: str | None) -> bool:
    """Whether an upload may be sent to `uri`: an address below `root`, or Google's if that is None.

    Compares the text itself, because two parsers may find different hosts in one address.
    """
    parts = _URI.fullmatch(uri) if uri and len(uri) <= MAX_URI_LENGTH else None
    if parts is None or uri is None or set("\\#") & set(uri) or _DOT_SEGMENT.search(uri):
        return False
    scheme, host, path = parts[1].lower(), parts[2].lower(), parts[3] or "/"
    allowed = _URI.fullmatch(root) if root else None
    if root and allowed is None:
        return False
    if allowed is None or (allowed[1].lower(), allowed[2].lower()) in {
        ("https", name) for name in UPLOAD_HOSTS
    }:
        is_google = scheme == "https" and host.removesuffix(":443") in UPLOAD_HOSTS
        return is_google and bool(_GOOGLE_PATH.fullmatch(path))
    below = (allowed[3] or "").rstrip("/") + "/"
    return (scheme, host) == (allowed[1].lower(), allowed[2].lower()) and path.startswith(below)


def host_of(uri: str) -> str:
    """The host of an address, for a message: at most 80 printable characters."""
    text = uri.partition("://")[2] or uri
    return re.sub(r"[^!-~]", "?", re.split(r"[/?#]", text)[0])[:80]


def redirect_error(headers: Mapping[str, str]) -> Unreachable:
    """The error for a redirect. Redirects are never followed: the request contains the token."""
    return Unreachable(
        f"the answer redirects to another address ({host_of(headers.get('location', ''))}), which publisher "
        "does not follow; is there a proxy, or a login page of the network, between this computer "
        "and YouTube?"
    )
