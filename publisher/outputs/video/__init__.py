"""The video of a talk as published, for where videos go.

`making` makes one, `maker` says which are to be made. Nothing of it comes under public/: it
lies below .publisher/ until whoever sends it has done so.
"""

from __future__ import annotations

from publisher.outputs.video.maker import VideoMaker

__all__ = ["VideoMaker"]
