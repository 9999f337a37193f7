"""The video of a talk as published, for the feed and for uploads.

`encoder` makes one video; `maker` lists the videos to make and moves each to its destination: public/
if the catalogue offers it, else .publisher/ until it is uploaded.
"""

from __future__ import annotations

from publisher.outputs.video.maker import VideoMaker

__all__ = ["VideoMaker"]
