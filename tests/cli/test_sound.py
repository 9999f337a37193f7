"""What a producer reads about the treatment of the sound, and what an update of the publisher makes again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import CATALOGUE, Folder, release
from tests.media import sounds
from tests.media.test_cuts import noise
from tests.media.test_source_audio import interview

RATE = sounds.RATE
KEYS = 'cut = [["0:03", "0:04.5"]]\nmute = [["0:06", "0:07.5"]]\n'
MUTED = 4.5, 6.0
"""The mute in the published file."""

NOTE = "first-talk: two microphones, with one voice on each channel, were brought to the middle"


@pytest.fixture(scope="module")
def interview_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A released interview with two microphones that hiss, a cut, and a mute in which a word is loud."""
    root = tmp_path_factory.mktemp("interview") / "series"
    samples = interview(-25)
    samples[:, 6 * RATE : round(7.5 * RATE)] += sounds.voice(12, -8, 90)[6 * RATE : round(7.5 * RATE)]
    (root / "episodes/first-talk").mkdir(parents=True)
    sounds.write_wav(root / "episodes/first-talk/recording.wav", samples)
    (root / "episodes.toml").write_text(CATALOGUE + KEYS, encoding="utf-8")
    release(root, "--only", "audio")
    return root


@pytest.fixture
def talk(folder: Folder, interview_once: Path) -> Folder:
    shutil.rmtree(folder.root)
    shutil.copytree(interview_once, folder.root)
    return folder


def test_two_microphones_are_named_when_they_are_mixed_and_later(talk: Folder) -> None:
    plan = talk.run("plan", "--only", "audio", "--json").document
    assert plan["steps"] == []
    assert [(one["kind"], one["changes"]) for one in plan["remarks"]] == [("mixed", ["first-talk"])]
    said = talk.run("plan", "--only", "audio").out
    assert NOTE in said and 'channels = "stereo"' in said and "Nothing to do" in said
    (row,) = talk.run("status", "--json").document["episodes"]
    assert (row["audio"]["channels"], row["audio"]["mono_from"]) == (1, "two microphones")
    assert "two microphones brought to the middle" in talk.run("status").out
    assert NOTE not in talk.run("release", "--only", "audio").out
    (path,) = (talk.root / "public/media").iterdir()
    path.unlink()
    assert NOTE in talk.run("release", "--only", "audio").out


def test_a_published_mute_has_room_tone_and_nothing_of_the_word(talk: Folder) -> None:
    (path,) = (talk.root / "public/media").iterdir()
    published = sounds.read(path)[0]
    start, end = (round(time * RATE) for time in MUTED)
    tone = published[start + 2_048 : end - 2_048]
    pauses = sorted(sounds.rms(published[at : at + 2_400]) for at in range(0, published.size, 2_400))
    assert sounds.rms(tone) == pytest.approx(pauses[5], abs=3)
    word = sounds.voice(12, -8, 90)[6 * RATE : round(7.5 * RATE)]
    spectrum = np.fft.rfft(tone, 2**18) * np.conj(np.fft.rfft(word, 2**18))
    likeness = np.abs(np.fft.irfft(spectrum)).max() / np.sqrt(np.vdot(tone, tone) * np.vdot(word, word))
    assert likeness < 0.05


def test_an_update_makes_only_muted_talks_again_and_keeps_their_files_for_a_while(talk: Folder) -> None:
    receipts = talk.root / "episodes/first-talk/released.json"
    document = receipts.read_text(encoding="utf-8")
    assert document.count('"mute_with"') == 1
    before = json.loads(document)
    _without(before, "mute_with")
    receipts.write_text(json.dumps(before), encoding="utf-8")
    (step,) = talk.run("plan", "--only", "audio", "--json").document["steps"]
    assert (step["action"], step["reason"]) == ("make", "changed: mute_with")
    talk.edit(KEYS, f'{KEYS}audio = {{ mute_with = "silence" }}\n')
    assert talk.run("plan", "--only", "audio", "--json").document["steps"] == []


def _without(document: object, key: str) -> None:
    """Removes a key from every object of a JSON document."""
    if isinstance(document, dict):
        document.pop(key, None)
        document = list(document.values())
    for part in document if isinstance(document, list) else ():
        _without(part, key)


def test_another_treatment_keeps_the_former_file_and_a_mute_does_not(talk: Folder) -> None:
    (former,) = (talk.root / "public/media").iterdir()
    talk.edit(KEYS, f'{KEYS}audio = {{ high_pass = "off", denoise = true, mute_with = "silence" }}\n')
    assert talk.run("release", "--only", "audio").status == 0
    assert former.exists()
    (newer,) = set((talk.root / "public/media").iterdir()) - {former}
    start, end = (round(time * RATE) for time in MUTED)
    assert sounds.rms(sounds.read(newer)[0][start + 2_048 : end - 2_048]) < -70
    talk.edit('["0:06", "0:07.5"]', '["0:05", "0:07.5"]')
    assert talk.run("release", "--only", "audio").status == 0
    assert not former.exists() and not newer.exists()


def test_a_hiss_is_not_lifted_with_noise_reduction(folder: Folder) -> None:
    recording = sounds.voice(12, -32) + noise(12, -62)
    sounds.write_wav(folder.root / "episodes/first-talk/recording.wav", recording)
    levels = []
    for keys in ("", "audio = { denoise = true }\n"):
        folder.edit('topics = ["Examples"]\n', f'topics = ["Examples"]\n{keys}')
        assert folder.run("release", "--only", "audio").status == 0
        (talk,) = folder.run("status", "--json").document["episodes"]
        published = sounds.read(folder.root / "public/media" / talk["audio"]["url"].rpartition("/")[2])[0]
        parts = sorted(sounds.rms(published[at : at + 2_400]) for at in range(0, published.size, 2_400))
        levels.append((parts[10], parts[-40]))
    assert levels[1][0] < levels[0][0] - 6
    assert levels[1][1] == pytest.approx(levels[0][1], abs=1)
