"""How much room on the disk a product takes while it is made: decoded, encoded, joined, copied."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from publisher.media.commands import RATE
from publisher.model import AudioSettings, Recording, Seconds

_SAMPLE = 4
"""Bytes of a sample in the working files."""

_COPIES = 2
"""How often an encoded file is there at once: in segments and whole, or whole and with other tags."""


def for_audio(recording: Recording, settings: AudioSettings, formats: Iterable[str], spoken: Seconds) -> int:
    """Bytes for the audio of a talk, at most; silence and one voice on two channels take less."""
    channels = _channels(recording, settings)
    sizes = [encoded(settings.bitrate[name], channels, spoken) for name in formats]
    return _samples(channels, spoken) + sum(sizes) + (_COPIES - 1) * max(sizes, default=0)


def for_video(recording: Recording, settings: AudioSettings, bitrate: int, spoken: Seconds) -> int:
    """Bytes for the video of a talk, whose picture takes about as much as the recording's."""
    channels = _channels(recording, settings)
    sound = _COPIES * encoded(bitrate, channels, spoken)
    return _samples(channels, spoken) + sound + recording.path.stat().st_size


def encoded(bitrate: int, channels: int, spoken: Seconds) -> int:
    """Bytes of an encoded sound; `bitrate` in kbit/s for one channel."""
    return round(bitrate * 1000 / 8 * channels * spoken)


def _channels(recording: Recording, settings: AudioSettings) -> int:
    wide = max((track.channels for track in recording.tracks), default=1) > 1
    return 2 if wide and settings.channels != "mono" else 1


def _samples(channels: int, spoken: Seconds) -> int:
    return round(_SAMPLE * RATE * channels * spoken)


def used(folder: Path) -> int:
    """Bytes that the files in a folder take up by now."""
    return sum(entry.stat(follow_symlinks=False).st_size for entry in os.scandir(folder))


def shown(amount: float) -> str:
    """Bytes as a person reads them."""
    return f"{amount / 1e9:.1f} GB" if amount >= 1e9 else f"{amount / 1e6:.1f} MB"


def disk_of(folder: Path) -> Path:
    """Where the disk is mounted that a folder lies on."""
    place = folder.resolve()
    return next(parent for parent in (place, *place.parents) if parent == parent.parent or parent.is_mount())
