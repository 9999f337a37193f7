"""Recordings of different kinds, made from the sample's stand-ins with the ffmpeg that the wheel brings."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.trial.installed import ROOT

STAND_INS = ROOT / "episodes"
PHONE = STAND_INS / "pashtuns-under-attack" / "recording.mp4"
"""MP4 with place, device and author metadata."""
SURROUND = STAND_INS / "religious-extremism-in-bangladesh" / "recording.mkv"
OTHER_VOICE = STAND_INS / "balochistan-in-focus" / "recording.mov"


def _ffmpeg(publisher: Path, *arguments: str) -> None:
    python = publisher.with_name("python")
    find = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"
    program = subprocess.run([str(python), "-c", find], check=True, capture_output=True, text=True)
    command = [program.stdout.strip(), "-nostdin", "-loglevel", "error", "-y", *arguments]
    subprocess.run(command, check=True)


def make_two_microphones(publisher: Path, path: Path, seconds: float = 24) -> Path:
    """A stereo WAV: one voice only on the left channel, another only on the right, in turns of 4 s."""
    turns = (
        f"[0:a]atrim=0:{seconds},asetpts=N/SR/TB,aformat=sample_rates=48000:channel_layouts=mono,"
        "volume='if(lt(mod(t,8),4),1,0.002)':eval=frame[left];"
        f"[1:a]atrim=0:{seconds},asetpts=N/SR/TB,aformat=sample_rates=48000:channel_layouts=mono,"
        "volume='if(lt(mod(t,8),4),0.002,1)':eval=frame[right];"
        "[left][right]join=inputs=2:channel_layout=stereo[both]"
    )
    inputs = ["-i", str(PHONE), "-i", str(OTHER_VOICE)]
    _ffmpeg(publisher, *inputs, "-filter_complex", turns, "-map", "[both]", "-c:a", "pcm_s16le", str(path))
    return path


def make_hissing_phone(publisher: Path, path: Path, seconds: float = 20) -> Path:
    """A mono M4A with hiss below the voice, as a phone records it."""
    mix = (
        f"[0:a]atrim=0:{seconds},aformat=sample_rates=44100:channel_layouts=mono[voice];"
        f"anoisesrc=r=44100:a=0.004:d={seconds}:c=white:seed=7[hiss];[voice][hiss]amix=2:duration=shortest:normalize=0"
    )
    _ffmpeg(publisher, "-i", str(PHONE), "-filter_complex", mix, "-c:a", "aac", "-b:a", "96k", str(path))
    return path


def copy_half(source: Path, path: Path) -> Path:
    """The first half of the bytes of `source`: a copy that was interrupted."""
    content = source.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path
