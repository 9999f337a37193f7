from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from publisher.errors import MediaError
from publisher.media import parallel_decode, source_audio
from publisher.media.ffmpeg_args import TO_END, Clip
from publisher.media.loudness import SUBBLOCK
from publisher.media.source_audio import DecodedAudio
from tests.media import sounds

SECONDS = 12.0


@pytest.fixture(autouse=True)
def _short_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_decode, "MIN_LENGTH", 5 * sounds.RATE)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    talk = np.stack([sounds.voice(SECONDS, -20, seed=seed) for seed in (1, 2)])
    return sounds.write_wav(tmp_path_factory.mktemp("talk") / "talk.wav", talk)


def state(folder: Path, clip: Clip, places: int = 2, before: tuple[Clip, ...] = ()) -> DecodedAudio:
    folder.mkdir()
    given = threading.BoundedSemaphore(places)
    assert given.acquire()
    return source_audio.decode_to_disk(
        sounds.ffmpeg(), [*before, clip], folder, "auto", lambda _: None, given
    )


def clip(path: Path, expected: float | None = SECONDS, **more: tuple[tuple[int, int], ...]) -> Clip:
    return Clip(path, 0, 2, more.pop("kept", ((0, TO_END),)), expected=expected, **more)


def same(one: DecodedAudio, other: DecodedAudio) -> bool:
    assert one.samples == other.samples and one.planes == other.planes
    np.testing.assert_allclose(one.energies, other.energies, rtol=1e-4, atol=1e-12)
    np.testing.assert_array_equal(one.peaks, other.peaks)
    return np.array_equal(one.read(0, one.samples), other.read(0, one.samples))


def test_two_halves_equal_the_whole(recording: Path, tmp_path: Path) -> None:
    whole = state(tmp_path / "whole", clip(recording, None))
    assert parallel_decode.find_split_point(clip(recording), 0) is not None
    assert same(whole, state(tmp_path / "halves", clip(recording)))


def test_halves_decoded_one_after_the_other_are_the_same(recording: Path, tmp_path: Path) -> None:
    both = state(tmp_path / "both", clip(recording), places=2)
    assert same(both, state(tmp_path / "one", clip(recording), places=1))


def test_cuts_mutes_and_an_intro_keep_their_times_in_halves(recording: Path, tmp_path: Path) -> None:
    second = sounds.RATE
    spans = {"kept": ((second, 4 * second), (5 * second, TO_END)), "mutes": ((9 * second, 10 * second),)}
    intro = Clip(sounds.write_wav(tmp_path / "intro.wav", sounds.voice(0.777)), 0, 1, ((0, TO_END),))
    whole = state(tmp_path / "whole", clip(recording, None, **spans), before=(intro,))
    middle = parallel_decode.find_split_point(clip(recording, **spans), whole.clip_samples[0])
    assert middle is not None and (whole.clip_samples[0] + middle.published_before) % SUBBLOCK == 0
    assert same(whole, state(tmp_path / "halves", clip(recording, **spans), before=(intro,)))


@pytest.mark.parametrize("target", ["talk.mkv", "talk.m4a", "talk.opus"])
def test_halves_are_aligned_in_every_container(target: str, recording: Path, tmp_path: Path) -> None:
    given = sounds.convert(recording, tmp_path / target)
    whole = state(tmp_path / "whole", clip(given, None))
    made = state(tmp_path / "halves", clip(given))
    assert made.samples == whole.samples
    # Noise that a decoder fills in is drawn anew; a sample's shift would leave far more.
    assert sounds.rms(made.read(0, made.samples) - whole.read(0, whole.samples)) < -55.0


def test_halves_that_do_not_match_are_decoded_in_one_process(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = state(tmp_path / "whole", clip(recording, None))
    monkeypatch.setattr(parallel_decode, "overlaps_match", lambda earlier, later: False)
    assert same(whole, state(tmp_path / "halves", clip(recording)))


@pytest.mark.parametrize("shift", [1, 3, -2])
def test_a_half_that_is_a_sample_late_does_not_match(shift: int) -> None:
    talk = sounds.voice(2).reshape(1, -1)
    start = sounds.RATE
    early = talk[:, start : start + parallel_decode.OVERLAP]
    late = talk[:, start + shift : start + shift + parallel_decode.OVERLAP]
    assert parallel_decode.overlaps_match(early, early) and not parallel_decode.overlaps_match(early, late)
    assert not parallel_decode.overlaps_match(early * 0, early * 0)


def test_a_recording_that_ends_too_early_is_reported_in_halves_too(recording: Path, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"its sound ends at 0:12"):
        state(tmp_path / "halves", clip(recording, 20.0))
    with pytest.raises(MediaError, match=r"its sound ends at 0:12"):
        state(tmp_path / "later", clip(recording, 40.0))


def test_a_split_point_is_not_near_cuts_or_mutes(recording: Path) -> None:
    second = sounds.RATE
    near = clip(recording, 600.0, mutes=((299 * second, 301 * second),))
    middle = parallel_decode.find_split_point(near, 0)
    assert middle is not None and abs(middle.at - 300 * second) > 2 * second
    assert parallel_decode.find_split_point(clip(recording, 9.0), 0) is None
