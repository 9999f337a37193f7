"""How long and how large a recording may be: more is an attack or a mistake, and costs hours and disks."""

from __future__ import annotations

LONGEST = 24 * 3600.0
"""Seconds."""

MOST_STREAMS = 32
MOST_PIXELS = 8192 * 8192

LEAST_RATE = 20.0
"""Bytes a second: less than digital silence takes in any format."""
