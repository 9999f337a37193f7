"""Replays the hour and prints each step: `python -m tests.trial [FOLDER]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.trial.first_hour import replay


def main() -> int:
    if len(sys.argv) > 1:
        Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
        return replay(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        return replay(Path(folder).resolve())


sys.exit(main())
