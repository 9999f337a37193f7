"""Display names of apps, licences and file formats."""

from __future__ import annotations

import re

from publisher.model import Enclosure

APPS = {
    "amazon": "Amazon Music",
    "antennapod": "AntennaPod",
    "apple": "Apple Podcasts",
    "gpodder": "gPodder",
    "podcastaddict": "Podcast Addict",
    "pocketcasts": "Pocket Casts",
    "youtube": "YouTube",
}
"""Apps whose name is not their capitalized key, by the key without hyphens."""


def app(key: str) -> str:
    """An app's name, by its key in the catalogue's ``subscribe``.

    >>> app("pocket-casts"), app("castbox"), app("my_app")
    ('Pocket Casts', 'Castbox', 'My App')
    """
    words = re.split("[-_]", key)
    return APPS.get("".join(words)) or " ".join(word[:1].upper() + word[1:] for word in words)


def licence(name: str) -> str:
    """The display name of a licence; anything but an SPDX identifier is returned unchanged.

    >>> licence("cc-by-nc-4.0"), licence("gfdl-1.3-or-later"), licence("All rights reserved")
    ('CC BY-NC 4.0', 'GFDL 1.3 or later', 'All rights reserved')
    """
    commons = re.fullmatch(r"cc-([a-z-]+)-([0-9.]+)", name.lower())
    if commons:
        return f"CC {commons[1].upper()} {commons[2]}"
    if re.fullmatch(r"[a-z0-9]+(-[a-z0-9.]+)+", name):
        first, *rest = name.split("-")
        return " ".join((first.upper(), *rest))
    return name


def image_label(video: Enclosure) -> str:
    """The format of a video file, with its height in lines."""
    return f"{video.format.upper()} {video.height}p" if video.height else video.format.upper()


def audio_label(format: str) -> str:
    """The display name of an audio format."""
    return "Opus" if format == "opus" else format.upper()
