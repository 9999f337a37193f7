"""`require_consent`: a talk is published only where every guest has agreed."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Folder
from tests.cli.test_release import entries


def test_a_talk_is_published_only_with_the_consent_of_every_guest(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.edit('timezone = "Europe/Paris"', 'timezone = "Europe/Paris"\nrequire_consent = true')
    assert folder.run("release").status == 0
    assert not [path for path in folder.public() if "first" in path]
    assert "waits for the consent of first-guest" in folder.run("status").out
    assert "feed: waits for the consent of first-guest" in folder.run("plan").out
    folder.edit(
        'guests = ["first-guest"]',
        'guests = ["first-guest"]\nconsent = { first-guest = { pages = 2021-01-01, feed = 2021-03-05 } }',
    )
    assert folder.run("release").status == 0
    assert (folder.root / "public/episodes/first-talk/index.html").exists()
    assert entries(folder) == []
    monkeypatch.setenv("PUBLISHER_NOW", "2021-03-05T12:00:00+00:00")
    assert folder.run("release").status == 0
    assert len(entries(folder)) == 1
