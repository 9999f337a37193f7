"""The audio of each talk: its inputs and tags (`inputs`), and how it is made (`maker`)."""

from __future__ import annotations

from publisher.outputs.audio.inputs import TAG_INPUTS, enclosures
from publisher.outputs.audio.maker import AudioMaker

__all__ = ["TAG_INPUTS", "AudioMaker", "enclosures"]
