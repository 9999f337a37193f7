"""Which media of a preview a release uses, and which are deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.ledger import Ledger
from publisher.model import AudioFacts, Enclosure, Episode, Hold, Receipt, Recording
from publisher.outputs.audio import TAG_INPUTS
from publisher.outputs.audio.inputs import inputs
from publisher.plan import Step, Target
from publisher.prepared import as_released, stale_prepared, usable
from publisher.release_state import ReleaseState
from tests.conftest import NOW, make_episode, make_series

RECORDING = Recording(Path("recording.wav"), "1" * 64, 60.0, ())
TALK = make_episode("a-talk", title="A title", recording=RECORDING)
KEY = "audio", "a-talk"


def target(episode: Episode) -> Target:
    assert episode.recording is not None
    return Target(*KEY, inputs(make_series(Path()), episode, episode.recording), TAG_INPUTS)


def state(episode: Episode, **fields: object) -> ReleaseState:
    """The state of a series of this episode, for which a preview made the audio of `TALK`."""
    file = Enclosure("media/a-talk.00000000.mp3", "mp3", "audio/mpeg", 1, 60.0, "0" * 64)
    prepared = {KEY: Receipt("audio", target(TALK).inputs, AudioFacts((file,), 60.0, 0.0, 0.0))}
    values = {"ledger": Ledger(), "now": NOW, "public": {}, "prepared": prepared, **fields}
    return ReleaseState(series=make_series(Path(), episode), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "is_used"),
    [
        ({}, True),
        ({"title": "Another"}, True),
        ({"date": NOW}, True),
        ({"title": "Another", "hidden": ("somebody",)}, False),
        ({"cuts": ((1.0, 2.0),)}, False),
        ({"start": 3.0}, False),
        ({"audio": replace(TALK.audio, loudness=-19.0)}, False),
        ({"recording": replace(RECORDING, digest="2" * 64)}, False),
    ],
)
def test_media_are_used_if_only_tags_differ_and_nobody_is_hidden(
    changed: dict[str, object], is_used: bool
) -> None:
    episode = replace(TALK, **changed)  # type: ignore[arg-type]
    assert (usable(target(episode), state(episode)) is not None) == is_used


def test_a_video_that_is_only_uploaded_uses_none() -> None:
    assert usable(replace(target(TALK), made_for="youtube"), state(TALK)) is None


def test_drafts_and_embargoed_talks_are_due_when_they_are_released() -> None:
    for changed in ({"status": "draft"}, {"date": NOW + timedelta(days=9)}):
        released = as_released(state(replace(TALK, **changed)))  # type: ignore[arg-type]
        assert released.series.episodes[0].is_due(released.now)


def test_media_that_no_step_needs_are_deleted() -> None:
    found = state(TALK)
    needing = Step(*KEY, "make", "new", prepared=found.prepared[KEY])
    assert stale_prepared(found, (needing,)) == ()
    assert stale_prepared(found, (replace(needing, prepared=None),)) == (KEY,)
    assert stale_prepared(found, ()) == (KEY,)


LOCKED = {place: Hold("locked", "withdrawn") for place in ("feed", "pages")}


@pytest.mark.parametrize(
    ("changed", "is_deleted"),
    [
        ({}, False),
        ({"status": "draft"}, False),
        ({"date": NOW + timedelta(days=9)}, False),
        ({"recording": None}, False),
        ({"title": "Another"}, False),
        ({"slug": "another-talk"}, True),
        ({"status": "withdrawn"}, True),
        ({"withheld": LOCKED}, True),
        ({"hidden": ("somebody",)}, True),
        ({"cuts": ((1.0, 2.0),)}, True),
        ({"mutes": ((1.0, 2.0),)}, True),
        ({"start": 3.0}, True),
        ({"end": 50.0}, True),
    ],
)
def test_with_errors_in_the_catalogue_only_what_may_be_dangerous_is_deleted(
    changed: dict[str, object], is_deleted: bool
) -> None:
    found = state(replace(TALK, **changed), is_complete=False)  # type: ignore[arg-type]
    assert stale_prepared(found, ()) == ((KEY,) if is_deleted else ())
