"""Reads from ffmpeg's messages, at level ``verbose``, where it lost audio while decoding.

Messages and samples arrive at the same time, so a position is exact to a second or two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_FORMAT = re.compile(r"tb:\d+/\d+ samplefmt:\S+ samplerate:\d+ ")
_OUTPUT_TIMESTAMPS = re.compile(r"Application provided invalid, non monoton")
"""A message about the timestamps of the output, which has none."""

_DROPPED = re.compile(r"discarding (\d+) audio samples")
_PADDED = re.compile(r"adding (\d+) audio samples of silence")
_UNDECODED = re.compile(r"Error submitting packet to decoder|Error while decoding stream|Decoding error")


@dataclass(slots=True)
class DecodeLog:
    """What ffmpeg reported while it decoded; `position` counts the samples read, all lists hold positions."""

    position: int = 0
    formats: list[int] = field(default_factory=list)
    """Where ffmpeg set up a sample rate and channels: once, unless they change."""
    dropped: list[tuple[int, int]] = field(default_factory=list)
    """Where ffmpeg dropped samples because of their timestamps, and how many."""
    padded: list[tuple[int, int]] = field(default_factory=list)
    """Where ffmpeg inserted silence because nothing has a timestamp there, and how many samples."""
    undecoded: list[int] = field(default_factory=list)
    """Where a packet could not be decoded."""
    errors: list[int] = field(default_factory=list)
    """Where ffmpeg reported an error of any kind."""

    def add(self, message: str, *, severe: bool = False) -> None:
        """Records one message, given without its prefix in brackets."""
        if severe and not _OUTPUT_TIMESTAMPS.match(message):
            self.errors.append(self.position)
        if _FORMAT.match(message):
            self.formats.append(self.position)
        elif found := _DROPPED.match(message):
            self.dropped.append((self.position, int(found[1])))
        elif found := _PADDED.match(message):
            self.padded.append((self.position, int(found[1])))
        elif _UNDECODED.match(message):
            self.undecoded.append(self.position)
