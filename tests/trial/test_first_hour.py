"""A newcomer with the installed wheel meets none of the known stumbles in the first hour."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.trial.first_hour import replay


@pytest.mark.skipif(os.name == "nt", reason="types its answers on a pseudo-terminal")
@pytest.mark.skipif(
    not os.environ.get("PUBLISHER_TEST_ALL"),
    reason="installs the wheel; `make trial` or `make test-all` runs it",
)
def test_a_newcomer_publishes_changes_and_withdraws_talks(tmp_path: Path) -> None:
    assert replay(tmp_path) == 0
