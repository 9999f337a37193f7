"""HTTP headers of delivered files: content type, cache control and encoding, by path.

A store such as S3 gets them with each file; `outputs.deliver.proof` checks them on every server.
"""

from __future__ import annotations

import re

from publisher import site_paths

UTF8 = "; charset=utf-8"

_TYPES = {
    "html": f"text/html{UTF8}",
    "css": f"text/css{UTF8}",
    "js": f"text/javascript{UTF8}",
    "json": "application/json",
    "webmanifest": "application/manifest+json",
    "txt": f"text/plain{UTF8}",
    "xml": f"application/xml{UTF8}",
    "xsl": f"application/xml{UTF8}",
    "vtt": f"text/vtt{UTF8}",
    "srt": f"application/x-subrip{UTF8}",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "opus": "audio/ogg",
    "mp4": "video/mp4",
}
"""Content types by suffix; those of media files agree with the feed's enclosures."""

SAME_TYPES = (
    {"audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/x-mpeg"},
    {"audio/mp4", "audio/x-m4a", "audio/m4a", "audio/aac"},
    {"audio/ogg", "audio/opus", "application/ogg"},
    {"text/javascript", "application/javascript", "application/x-javascript"},
    {"application/json", "application/json+chapters", "text/json"},
    {"application/xml", "text/xml", "application/rss+xml", "text/xsl", "application/xslt+xml"},
    {"application/x-subrip", "text/srt", "application/srt", "text/plain"},
    {"application/manifest+json", "application/json"},
)
"""Content types that clients treat alike."""

IMMUTABLE = "public, max-age=31536000, immutable"
SHORT = "public, max-age=300"
IMAGES = "public, max-age=3600"
"""The image of a person who is hidden later must not stay in caches for long."""

_HASHED = re.compile(r"media/|episodes/[^/]+/chapter-[0-9a-f]{8}\.jpg")
_GZIPPED = ("html", "css", "js", "svg", "webmanifest")
"""Suffixes of the files that only browsers request, and those accept gzip.

Feed, transcripts and chapters are also read by apps that may not.
"""

MIN_GZIPPED = 600
"""Bytes; below it gzip saves less than a network packet."""


def content_type(path: str) -> str:
    """The content type of a file under public/."""
    if path == site_paths.FEED or site_paths.is_feed_archive(path):
        return f"application/rss+xml{UTF8}"
    if path.endswith(f"/{site_paths.CHAPTERS}"):
        return "application/json+chapters"
    return _TYPES.get(path.rpartition(".")[2], "application/octet-stream")


def is_type_accepted(path: str, received: str) -> bool:
    """Whether a server's content type, with or without parameters, suits a file."""
    got, wanted = (text.partition(";")[0].strip().lower() for text in (received, content_type(path)))
    return got == wanted or any({got, wanted} <= same for same in SAME_TYPES)


def cache_control(path: str) -> str:
    """How long a file may be cached: files with a digest in their name for ever, others shortly."""
    if _HASHED.match(path):
        return IMMUTABLE
    return IMAGES if path.endswith((".jpg", ".png")) else SHORT


def is_gzipped(path: str, size: int) -> bool:
    """Whether a store that cannot compress gets the file compressed."""
    is_search = path.startswith("search/") and path.endswith(".json")
    return size >= MIN_GZIPPED and (path.rpartition(".")[2] in _GZIPPED or is_search)
