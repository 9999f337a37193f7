"""What `make fuzz` found and what was mended since: the target, and the bytes."""

from __future__ import annotations

FINDS: tuple[tuple[str, bytes], ...] = (("catalogue", b""), ("notes", b""))
