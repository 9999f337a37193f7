"""`publisher transcribe`, with a program that says how loud each second is."""

from __future__ import annotations

import shlex
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Folder

# One caption per second: "tone" where there is sound, and the length of the whole. It counts its calls.
PROGRAM = """\
import pathlib, struct, sys, wave
with wave.open(sys.argv[1]) as file:
    rate, count = file.getframerate(), file.getnframes()
    samples = struct.unpack(f"<{count}h", file.readframes(count))
calls = pathlib.Path(sys.argv[2])
calls.write_text(calls.read_text() + f"{count / rate:.2f}\\n" if calls.exists() else f"{count / rate:.2f}\\n")
if len(calls.read_text().split()) == int(sys.argv[3]):
    sys.exit("no memory left")
print("WEBVTT\\n")
for second in range(count // rate):
    part = samples[second * rate : (second + 1) * rate]
    if max(map(abs, part)) > 1000:
        print(f"00:{second:02}.000 --> 00:{second + 1:02}.000\\ntone{second}\\n")
"""


@pytest.fixture
def program(folder: Folder, tmp_path: Path) -> Path:
    """Configures the program; returns the file in which it counts."""
    script, calls = tmp_path / "program.py", tmp_path / "calls.txt"
    script.write_text(PROGRAM, encoding="utf-8")
    configure(folder, script, calls, fails_at=0)
    return calls


def configure(folder: Folder, script: Path, calls: Path, fails_at: int) -> None:
    line = " ".join(map(shlex.quote, (sys.executable, str(script)))) + " {audio} " + shlex.quote(str(calls))
    text = (folder.root / "episodes.toml").read_text(encoding="utf-8").split("\n[transcribe]")[0]
    table = f"\n[transcribe]\ncommand = '''{line} {fails_at}'''\n"
    (folder.root / "episodes.toml").write_text(text + table, encoding="utf-8")


def record(folder: Folder, seconds: int, channels: int = 1) -> None:
    times = np.arange(seconds * 16_000) / 16_000
    tone = (np.sin(2 * np.pi * 300 * times) * 12_000).astype("<i2")
    sound = np.stack([tone] * channels, axis=1)
    if channels == 2:
        # Two microphones: one speaks in even seconds, the other in odd ones.
        even = (times.astype(int) % 2) == 0
        sound[~even, 0] = 0
        sound[even, 1] = 0
    with wave.open(str(folder.root / "episodes/first-talk/recording.wav"), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(sound.tobytes())


def transcript(folder: Folder) -> str:
    return (folder.root / "episodes/first-talk/transcript.en.vtt").read_text(encoding="utf-8")


def test_the_words_of_a_talk_have_their_times(folder: Folder, program: Path) -> None:
    record(folder, 4)
    result = folder.run("transcribe", "first-talk", "--json")
    assert result.status == 0, result.err
    assert result.document["transcripts"][0]["words"] == 4
    assert "00:00:00.000 --> 00:00:04.000\ntone0 tone1 tone2 tone3" in transcript(folder)
    assert folder.run("check").status == 0


def test_cut_and_muted_words_are_not_transcribed(folder: Folder, program: Path) -> None:
    record(folder, 12)
    folder.edit(
        'recording = "recording.wav"',
        'recording = "recording.wav"\nstart = 1\ncut = [[3, 5]]\nmute = [[7, 8]]',
    )
    folder.edit('{ at = "0:00", title', '{ at = "0:01", title')
    assert folder.run("transcribe", "first-talk").status == 0
    assert program.read_text().split() == ["2.00", "2.00", "4.00"]
    assert "00:00:05.000 -->" in transcript(folder)


def test_what_was_done_before_a_failure_is_not_done_again(
    folder: Folder, program: Path, tmp_path: Path
) -> None:
    record(folder, 12)
    folder.edit('recording = "recording.wav"', 'recording = "recording.wav"\ncut = [[3, 5]]')
    configure(folder, tmp_path / "program.py", program, fails_at=2)
    failed = folder.run("transcribe", "first-talk")
    assert (failed.status, "no memory left" in failed.err) == (1, True)
    assert not (folder.root / "episodes/first-talk/transcript.en.vtt").exists()
    assert folder.run("transcribe", "first-talk").status == 0
    # The third call is the second stretch again, and no other.
    assert program.read_text().split() == ["3.00", "7.00", "7.00"]


def test_a_corrected_transcript_is_never_overwritten(folder: Folder, program: Path) -> None:
    record(folder, 2)
    assert folder.run("transcribe", "first-talk").status == 0
    assert folder.run("transcribe", "first-talk").status == 0
    path = folder.root / "episodes/first-talk/transcript.en.vtt"
    corrected = transcript(folder).replace("tone1", "tune")
    path.write_text(corrected, encoding="utf-8")
    refused = folder.run("transcribe", "first-talk")
    assert (refused.status, "corrected by people" in refused.err) == (2, True)
    assert transcript(folder) == corrected


def test_one_microphone_per_channel_gives_the_speakers(folder: Folder, program: Path) -> None:
    record(folder, 12, channels=2)
    result = folder.run("transcribe", "first-talk", "--speaker", "first-guest")
    assert result.status == 0, result.err
    assert "<v First Guest>tone0" in transcript(folder)
    assert "<v Speaker 2>tone1" in transcript(folder)


def test_without_a_program_or_a_model_the_message_says_what_to_do(folder: Folder) -> None:
    result = folder.run("transcribe", "first-talk")
    assert result.status == 1
    assert "pip install 'talk-publisher[transcribe]'" in result.err or "--download small" in result.err


def test_a_wrong_talk_or_none_is_named(folder: Folder, program: Path) -> None:
    assert 'did you mean "first-talk"' in folder.run("transcribe", "frist-talk").err
    assert "--missing" in folder.run("transcribe").err
