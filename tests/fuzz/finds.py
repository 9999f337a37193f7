"""What `make fuzz` found and what was mended since: the target, and the bytes."""

from __future__ import annotations

FINDS: tuple[tuple[str, bytes], ...] = (
    ("catalogue", b""),
    ("notes", b""),
    # Words that end in a sign, before somebody's name: neither is markup.
    ("transcript", b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>x <\n"),
    # A time as the name of a link, and as its address.
    ("notes", b"[0:01]: 010:01\n\nAt [0:01]."),
    ("notes", b"[x](010:01)"),
)
