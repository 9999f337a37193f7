"""The sound of a talk as the browser gets it: ranges, a growing file, joins, and what is refused or removed."""

from __future__ import annotations

import io
import json
import os
import time
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from publisher.media.sound_analysis import DOCUMENT, PEAKS, PROXY
from publisher.model import Recording, Series
from publisher.site_paths import SOUND_DIR
from publisher.studio.sound_files import SoundFile, SoundFiles
from tests.conftest import make_episode, make_series
from tests.media import sounds
from tests.studio.conftest import CATALOGUE, Client, Running, run_studio

API = "/api/talks/first/"


@pytest.fixture(scope="module")
def sound_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("sound")
    (root / "episodes" / "first").mkdir(parents=True)
    text = CATALOGUE.replace('title = "First talk"', 'title = "First talk"\nrecording = "talk.wav"')
    (root / "episodes.toml").write_text(text, encoding="utf-8")
    sounds.write_wav(root / "episodes" / "first" / "talk.wav", sounds.voice(12))
    yield from run_studio(root)


@pytest.fixture(scope="module")
def complete(sound_studio: Running) -> Client:
    """A client of a studio that has the waveform of the first talk."""
    client = sound_studio.client()
    deadline = time.monotonic() + 60
    while not (found := client.get(f"{API}waveform.json?since=1").json)["sound"]:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return client


def test_the_waveform_is_read_by_ranges(complete: Client) -> None:
    document = complete.get(f"{API}waveform.json").json
    assert document["complete"] is True
    finest = document["levels"][-1]  # type: ignore[index]
    first = finest["offset"] + 2 * 3_000
    answer = complete.get(f"{API}waveform.bin", Range=f"bytes={first}-{first + 19}")
    assert answer.status == 206
    bins = np.frombuffer(answer.content, np.int8).reshape(10, 2) / 127
    voice = sounds.voice(12)[3 * sounds.RATE :][: 10 * 48].reshape(10, 48)
    assert np.allclose(np.sign(bins[:, 1]) * np.square(bins[:, 1]), voice.max(axis=1), atol=0.01)


def test_the_sound_is_read_by_ranges(complete: Client) -> None:
    whole = complete.get(f"{API}sound.wav")
    part = complete.get(f"{API}sound.wav", Range="bytes=48044-48143")
    assert whole.status == 200
    assert whole.fields["content-type"] == "audio/wav"
    assert part.status == 206
    assert part.content == whole.content[48_044:48_144]
    assert part.fields["content-range"] == f"bytes 48044-48143/{len(whole.content)}"


def test_a_join_has_the_cut_of_the_request(complete: Client) -> None:
    for query, seconds in (
        ("at=6", 4.0),
        ("at=6&cut=6-9", 4.0),
        ("at=6&until=8&mute=6-8", 6.0),
        ("at=6&start=5&end=7", 2.0),
    ):
        answer = complete.get(f"{API}join.wav?{query}")
        assert answer.status == 200, answer.text
        with wave.open(io.BytesIO(answer.content)) as file:
            assert file.getnframes() / file.getframerate() == seconds, query


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("join.wav", 400, "at: a time in seconds"),
        ("join.wav?at=-1", 400, "at: a time in seconds"),
        ("join.wav?at=nan", 400, "at: a time in seconds"),
        ("join.wav?at=1e999", 400, "at: a time in seconds"),
        ("join.wav?at=" + "1" * 5000, 400, "at: a time in seconds"),
        ("join.wav?at=1&cut=5", 400, "cut: a time in seconds"),
        ("join.wav?at=1&cut=5-3", 400, "ends before it begins"),
        ("join.wav?at=1&mute=../../x-2", 400, "mute: a time in seconds"),
        ("join.wav?at=1&cut=0-100", 400, "nothing is published"),
        ("../second/sound.wav", 404, ""),
    ],
)
def test_times_that_are_none_are_refused(complete: Client, path: str, status: int, words: str) -> None:
    answer = complete.get(f"{API}{path}")
    assert answer.status == status
    assert words in answer.text


@pytest.mark.parametrize("name", ["waveform.json", "waveform.bin", "sound.wav", "join.wav?at=1"])
@pytest.mark.parametrize("slug", ["second", "third", "%2e%2e", "..%2f..%2fetc", "first%00"])
def test_a_talk_without_a_recording_and_a_slug_that_is_none_have_no_sound(
    complete: Client, slug: str, name: str
) -> None:
    assert complete.get(f"/api/talks/{slug}/{name}").status in (400, 404, 422)


def test_a_stranger_hears_nothing(sound_studio: Running, complete: Client) -> None:
    for name in ("waveform.json", "waveform.bin", "sound.wav", "join.wav?at=1"):
        assert sound_studio.stranger().get(f"{API}{name}").status == 403
        assert complete.get(f"{API}{name}", Host="evil.example").status == 421


@pytest.mark.parametrize(
    "asked", ["bytes=900000000-", "bytes=5-2", "lines=1-2", "bytes=a-b", "bytes=-" + "9" * 99]
)
def test_a_range_that_the_file_does_not_have_is_no_error_of_the_server(complete: Client, asked: str) -> None:
    assert complete.get(f"{API}sound.wav", Range=asked).status in (200, 206, 400, 416)


def test_the_sound_can_be_read_while_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "episodes" / "first").mkdir(parents=True)
    text = CATALOGUE.replace('title = "First talk"', 'title = "First talk"\nrecording = "talk.wav"')
    (tmp_path / "episodes.toml").write_text(text, encoding="utf-8")
    sounds.write_wav(tmp_path / "episodes" / "first" / "talk.wav", sounds.voice(12))
    slow = _slow_start(monkeypatch)
    for running in run_studio(tmp_path):
        client = running.client()
        client.get(f"{API}waveform.json")
        while not client.get(f"{API}waveform.json?since=1").json["spans"]:
            time.sleep(0.02)
        answer = client.get(f"{API}sound.wav", Range="bytes=0-479999")
        assert answer.status == 206
        assert slow
        with wave.open(str(_only_folder(tmp_path) / PROXY)) as file:
            assert answer.content[44:] == file.readframes(file.getnframes())[: 480_000 - 44]


def _slow_start(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Decoding waits a little before each block, so that requests arrive while it runs."""
    waited: list[float] = []
    original = SoundFiles.__init__

    def start(self: SoundFiles, work: Path, find_ffmpeg: object, is_stopped: object) -> None:
        def wait() -> bool:
            waited.append(0.1)
            time.sleep(0.1)
            return is_stopped()  # type: ignore[operator,no-any-return]

        original(self, work, find_ffmpeg, wait)  # type: ignore[arg-type]

    monkeypatch.setattr(SoundFiles, "__init__", start)
    return waited


def _only_folder(root: Path) -> Path:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = [path.parent for path in (root / ".publisher" / SOUND_DIR).glob(f"*/{DOCUMENT}")]
        if found and not found[0].name.startswith("making"):
            return found[0]
        time.sleep(0.05)
    raise AssertionError("the waveform was not made")


def _recording(path: Path, seed: int) -> Recording:
    if not path.exists():
        sounds.write_wav(path, sounds.voice(3, seed=seed))
    probed = sounds.ffmpeg().probe(path)
    return Recording(path=path, digest=f"{seed}" * 64, duration=probed.duration, tracks=probed.tracks)


def _series(*recordings: Recording) -> Series:
    """A series with a talk for each recording."""
    episodes = (
        make_episode(f"talk-{one.digest[0]}", recording=one, recording_path=one.path) for one in recordings
    )
    return make_series(Path(), *episodes)


def _made(made: SoundFiles, recording: Recording) -> SoundFile:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = made.open(recording, 0)
        if found.has_proxy or found.error:
            return found
        time.sleep(0.02)
    raise AssertionError("the waveform was not made")


def test_the_waveform_of_a_recording_that_no_talk_has_is_removed(tmp_path: Path) -> None:
    made = SoundFiles(tmp_path, sounds.ffmpeg, lambda: False)
    first, second = (_recording(tmp_path / f"{number}.wav", number) for number in (1, 2))
    kept, gone = _made(made, first), _made(made, second)
    made.remove_unused(_series(first))
    assert kept.peaks.exists()
    assert not gone.folder.exists()


def test_the_waveform_of_a_withdrawn_talk_is_removed(tmp_path: Path) -> None:
    made = SoundFiles(tmp_path, sounds.ffmpeg, lambda: False)
    recording = _recording(tmp_path / "1.wav", 1)
    found = _made(made, recording)
    (talk,) = _series(recording).episodes
    made.remove_unused(make_series(Path(), replace(talk, status="withdrawn")))
    assert not found.folder.exists()


def test_only_the_sound_of_the_talks_used_last_is_kept_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publisher.studio.sound_files.MAX_PROXIES", 1)
    made = SoundFiles(tmp_path, sounds.ffmpeg, lambda: False)
    first, second = (_recording(tmp_path / f"{number}.wav", number) for number in (1, 2))
    for used, recording in enumerate((first, second)):
        os.utime(_made(made, recording).folder / DOCUMENT, (used + 1, used + 1))
    made.touch(first, 0)
    made.remove_unused(_series(first, second))
    assert (made.open(first, 0).folder / PROXY).exists()
    found = made.open(second, 0)
    assert found.document is not None
    assert (found.folder / PEAKS).exists()
    assert _made(made, second).has_proxy


def test_an_error_is_told_and_the_next_try_can_succeed(tmp_path: Path) -> None:
    path = tmp_path / "1.wav"
    recording = _recording(path, 1)
    content = path.read_bytes()
    path.write_bytes(b"nothing")
    made = SoundFiles(tmp_path, sounds.ffmpeg, lambda: False)
    assert "1.wav" in _made(made, recording).error
    path.write_bytes(content)
    made.open(recording, 0, again=True)
    assert _made(made, recording).has_proxy


def test_what_a_killed_studio_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    left = tmp_path / SOUND_DIR / "making_0badcafe"
    left.mkdir(parents=True)
    (left / PROXY).write_bytes(b"half")
    _made(SoundFiles(tmp_path, sounds.ffmpeg, lambda: False), _recording(tmp_path / "1.wav", 1))
    assert not left.exists()


def test_a_damaged_document_is_made_again(tmp_path: Path) -> None:
    made = SoundFiles(tmp_path, sounds.ffmpeg, lambda: False)
    recording = _recording(tmp_path / "1.wav", 1)
    folder = _made(made, recording).folder
    (folder / DOCUMENT).write_text("{", encoding="utf-8")
    assert _made(made, recording).document is not None
    assert json.loads((folder / DOCUMENT).read_text())["duration"] == 3.0


def test_the_end_of_the_studio_ends_the_work_and_leaves_nothing_half_made(tmp_path: Path) -> None:
    running = iter([False])
    made = SoundFiles(tmp_path, sounds.ffmpeg, lambda: next(running, True))
    assert _made(made, _recording(tmp_path / "1.wav", 1)).error == "interrupted"
    assert [path.name for path in (tmp_path / SOUND_DIR).iterdir()] == ["lock"]
