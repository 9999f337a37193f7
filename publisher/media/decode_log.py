"""Reads from ffmpeg's messages, at level ``verbose``, where sound was lost while it decoded.

The messages come while the sound does, so a place is known to a second or two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_FORMAT = re.compile(r"tb:\d+/\d+ samplefmt:\S+ samplerate:\d+ ")
_OF_OUTPUT = re.compile(r"Application provided invalid, non monoton")
"""A message about the output, which has no timestamps."""

_LEFT_OUT = re.compile(r"discarding (\d+) audio samples")
_FILLED = re.compile(r"adding (\d+) audio samples of silence")
_NOT_DECODED = re.compile(r"Error submitting packet to decoder|Error while decoding stream|Decoding error")


@dataclass(slots=True)
class DecodeLog:
    """ffmpeg's messages while it decodes; `position` counts the samples read, places are positions."""

    position: int = 0
    formats: list[int] = field(default_factory=list)
    """Where ffmpeg set itself up for a sample rate and channels: once, unless they change."""
    left_out: list[tuple[int, int]] = field(default_factory=list)
    """Where sound was left out because of its timestamps, and how many samples of it."""
    filled: list[tuple[int, int]] = field(default_factory=list)
    """Where silence was put because nothing has a timestamp there, and how many samples of it."""
    undecoded: list[int] = field(default_factory=list)
    """Where packets could not be decoded."""
    errors: list[int] = field(default_factory=list)
    """Where ffmpeg reported an error of any kind."""

    def note(self, message: str, *, severe: bool = False) -> None:
        """Takes one message, without its prefix in brackets."""
        if severe and not _OF_OUTPUT.match(message):
            self.errors.append(self.position)
        if _FORMAT.match(message):
            self.formats.append(self.position)
        elif found := _LEFT_OUT.match(message):
            self.left_out.append((self.position, int(found[1])))
        elif found := _FILLED.match(message):
            self.filled.append((self.position, int(found[1])))
        elif _NOT_DECODED.match(message):
            self.undecoded.append(self.position)
