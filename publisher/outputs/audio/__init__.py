"""The audio of each talk: what it is made from (`items`), making it (`making`), its tags (`tagging`)."""

from __future__ import annotations

from publisher.outputs.audio.items import LIGHT, enclosures, inputs
from publisher.outputs.audio.making import AudioMaker

__all__ = ["LIGHT", "AudioMaker", "enclosures", "inputs"]
