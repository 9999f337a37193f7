"""The audio of each talk: what it is made from and its tags (`inputs`), making it (`maker`)."""

from __future__ import annotations

from publisher.outputs.audio.inputs import LIGHT, enclosures
from publisher.outputs.audio.maker import AudioMaker

__all__ = ["LIGHT", "AudioMaker", "enclosures"]
