"""What ffmpeg says while it decodes: what it could not decode, what it left out, where the sound changes.

ffmpeg ends well whatever happens to single packets: those that cannot be decoded become silence,
sound whose timestamps lie in the past is left out, and where the sample rate or the channels change
it begins anew. Its messages at level ``verbose`` are the only ones that tell. They come
while the sound does, so the place is known to a second or two: by how much has been read so far.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_FORMAT = re.compile(r"tb:\d+/\d+ samplefmt:\S+ samplerate:\d+ ")
_OURS = re.compile(r"Application provided invalid, non monoton")
"""What is said of the output, which has no timestamps."""

_LEFT_OUT = re.compile(r"discarding (\d+) audio samples")
_FILLED = re.compile(r"adding (\d+) audio samples of silence")
_UNDECODED = re.compile(r"Error submitting packet to decoder|Error while decoding stream|Decoding error")


@dataclass(slots=True)
class DecodeLog:
    """`position` is the samples that were read so far; places are such positions."""

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
    """Where anything was said to be wrong with the file."""

    def note(self, message: str, *, severe: bool = False) -> None:
        """Takes one message, without what stands before it in brackets."""
        if severe and not _OURS.match(message):
            self.errors.append(self.position)
        if _FORMAT.match(message):
            self.formats.append(self.position)
        elif found := _LEFT_OUT.match(message):
            self.left_out.append((self.position, int(found[1])))
        elif found := _FILLED.match(message):
            self.filled.append((self.position, int(found[1])))
        elif _UNDECODED.match(message):
            self.undecoded.append(self.position)
