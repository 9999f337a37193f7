"""The audio of each talk: what it is made from and its tags (`inputs`), making it (`maker`)."""

from __future__ import annotations

from publisher.outputs.audio.inputs import TAG_INPUTS, enclosures
from publisher.outputs.audio.maker import AudioMaker

__all__ = ["TAG_INPUTS", "AudioMaker", "enclosures"]
