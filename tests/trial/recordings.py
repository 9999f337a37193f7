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


def make_long(publisher: Path, path: Path, minutes: int) -> Path:
    """A mono WAV in which the stand-in is repeated."""
    command = ("-stream_loop", "-1", "-i", str(PHONE), "-vn", "-ac", "1", "-t", str(60 * minutes), str(path))
    _ffmpeg(publisher, *command)
    return path


def copy_half(source: Path, path: Path) -> Path:
    """The first half of the bytes of `source`: a copy that was interrupted."""
    content = source.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path
