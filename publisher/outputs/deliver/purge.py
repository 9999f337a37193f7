"""Runs `deliver.purge`, the command that empties the caches in front of the site."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from publisher.outputs.deliver.destination import DeliveryError

logger = logging.getLogger(__name__)

TIMEOUT = 120
"""Seconds."""


def purge(command: Sequence[str], urls: Iterable[str], folder: Path) -> None:
    """Runs `command` in `folder` with one URL on each line of its standard input. Raises DeliveryError."""
    lines = "".join(f"{url}\n" for url in urls)
    try:
        done = subprocess.run(
            list(command), input=lines, capture_output=True, text=True, timeout=TIMEOUT, cwd=folder
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DeliveryError(f"deliver.purge could not be run ({error})") from error
    logger.info("the command to empty caches ended with status %d", done.returncode)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        reason = f": {said[-1]}" if said else ""
        raise DeliveryError(f"deliver.purge ended with status {done.returncode}{reason}")
