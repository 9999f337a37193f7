"""Uploads talks to YouTube once, updates them from the catalogue, and keeps edits made on YouTube.

`texts` and `desired` compute the desired state, `resource` and `merge` compare it with YouTube's,
`plan` decides, `sync_video` and `hide` execute. Only `client` talks to the network.
"""

from __future__ import annotations

from publisher.outputs.youtube.maker import YouTubeMaker
from publisher.outputs.youtube.validation import problems

__all__ = ["YouTubeMaker", "problems"]
