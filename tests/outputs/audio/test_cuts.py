"""Cuts and mutes, checked in the published files."""

from __future__ import annotations

import numpy as np
import pytest

from publisher.media import formats
from publisher.model import AudioSettings
from publisher.outputs.audio import enclosures
from tests.media import sounds
from tests.outputs.audio.test_maker import audio_series

RATE = sounds.RATE
CUT, MUTE = (2.0005, 3.2503), (5.0, 6.25)
SEAM, SILENT = CUT[0], (MUTE[0] - (CUT[1] - CUT[0]), MUTE[1] - (CUT[1] - CUT[0]))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, sounds.Samples]:
    """A tone with a cut and a muted stretch in it, as decoded from every format."""
    folder = tmp_path_factory.mktemp("tone")
    tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(9 * RATE) / RATE)
    recording = sounds.write_wav(folder / "tone.wav", tone.astype(np.float32))
    settings = AudioSettings(formats=tuple(formats.FORMATS))
    place = audio_series(folder, recording, cuts=(CUT,), mutes=(MUTE,), audio=settings)
    made = enclosures(place.make().facts)
    assert {one.duration for one in made} == {round(round((9 - (CUT[1] - CUT[0])) * RATE) / RATE, 6)}
    return {one.format: sounds.read(place.public / one.path)[0] for one in made}


def brightness(samples: sounds.Samples, at: float) -> float:
    """The level (dBFS) over 2 kHz in the 40 ms around a moment; a click is bright."""
    place = round(at * RATE)
    window = samples[place - RATE // 50 : place + RATE // 50] * np.hanning(RATE // 25)
    spectrum = np.fft.rfft(window)[80:]
    return 20 * float(np.log10(np.sqrt(np.square(np.abs(spectrum)).sum()) / window.size + 1e-12))


@pytest.mark.parametrize("name", formats.FORMATS)
def test_a_muted_stretch_is_silent_and_its_surroundings_are_not(
    name: str, played: dict[str, sounds.Samples]
) -> None:
    start, end = (round(time * RATE) for time in SILENT)
    # A frame on either side, which encoders smear over.
    assert sounds.rms(played[name][start + 2_048 : end - 2_048]) < -70
    for near in (slice(start - 4_800, start - 960), slice(end + 960, end + 4_800)):
        assert sounds.rms(played[name][near]) > -22


@pytest.mark.parametrize("name", formats.FORMATS)
def test_cuts_and_mutes_make_no_click(name: str, played: dict[str, sounds.Samples]) -> None:
    clicking = played[name].copy()
    clicking[RATE : RATE + RATE // 50] = 0
    assert brightness(clicking, 1.0) > -70
    assert max(brightness(played[name], edge) for edge in (SEAM, *SILENT)) < -75
