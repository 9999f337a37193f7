from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from publisher.media import decode, mastering, source_audio
from tests.media import sounds


def state(folder: Path) -> source_audio.DecodedAudio:
    loud = np.concatenate((sounds.voice(3, -36), sounds.voice(3.3, -12, 210), sounds.voice(2, -30)))
    path = sounds.write_wav(folder / "talk.wav", np.clip(loud, -1, 1))
    clip = decode.Clip(path, 0, 1, ((0, decode.TO_END),))
    return source_audio.decode_to_disk(sounds.ffmpeg(), [clip], folder, "auto", lambda _: None)


@pytest.mark.parametrize("cells", [50, 150, 1_000])
def test_mastering_in_chunks_equals_mastering_the_whole(
    cells: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audio = state(tmp_path)
    whole = mastering.master(audio, -9.0, -1.0, "talk.wav", 0)
    monkeypatch.setattr(mastering, "_CHUNK", cells)
    parts = mastering.master(audio, -9.0, -1.0, "talk.wav", 0)
    assert (whole.gains < whole.leveling * 10 ** (whole.gain / 20) * 0.99).any(), (
        "the limiter has nothing to do"
    )
    np.testing.assert_allclose(parts.gains, whole.gains, rtol=1e-5)


def test_no_cell_exceeds_its_bound(tmp_path: Path) -> None:
    made = mastering.master(state(tmp_path), -9.0, -1.0, "talk.wav", 0)
    for start in range(0, made.audio.samples, 96 * 50):
        highest = np.abs(made.render(start, start + 96 * 50)).max()
        assert highest <= 10 ** ((-1.0 - mastering.PEAK_MARGIN) / 20) * 1.0001
