"""The video of a talk as published, for the feed and for where videos are sent.

`encoder` makes one, `maker` says which are to be made, and where each goes: under public/ where
the catalogue offers it, else below .publisher/ until whoever sends it has done so.
"""

from __future__ import annotations

from publisher.outputs.video.maker import VideoMaker

__all__ = ["VideoMaker"]
