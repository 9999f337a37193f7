"""YouTube as a second copy that does not drift: uploads once, and keeps what people edit there.

`texts` and `limits` say what a video is to show, `resource` and `sync` compare it with what is
there, `planning` and `deciding` decide, `maker` does it. Only `service` and `upload` talk to the network.
"""

from __future__ import annotations

from publisher.outputs.youtube.checking import problems
from publisher.outputs.youtube.maker import YouTubeMaker

__all__ = ["YouTubeMaker", "problems"]
