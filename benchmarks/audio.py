"""Measures how fast a talk becomes audio, as ratios within one run: `make bench`, or run this file.

It generates a recording (two voices, 720p video) and times in turn the publisher, the same ffmpeg alone,
and ffmpeg-normalize. Seconds depend on the machine and its load; the ratios hardly do. `BENCH_MINUTES` (60):
length of the recording; `BENCH_RUNS` (3): number of runs, of which medians are printed; `BENCH_GROWTH=1`:
also times a sixth and three times the length, and adds m4a and opus; `BENCH_TALKS=20`: also times that many
talks in one release.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from publisher.media.ffmpeg import Ffmpeg

HERE = Path(__file__).resolve().parent
VOICES = HERE.parent / "episodes" / "khalistan-research-paper" / "recording.mp4"
PATH = os.environ.get("PATH", "")
FFMPEG = Ffmpeg.find(os.environ).binaries.ffmpeg
SERIES = """\
[series]
title = "Benchmark"
description = "A recording to measure with."
language = "en"
link = "https://bench.example.org/"
author = "Nobody"

[audio]
formats = {formats}
"""
TALK = """
[[episode]]
slug = "talk-{number}"
title = "A talk"
date = 2020-01-01T00:00:00Z
summary = "Two voices."
recording = "recording.mp4"
"""


@dataclass(frozen=True)
class Cost:
    """A command's wall and CPU seconds, and the highest memory (MB) of all its processes."""

    wall: float
    cpu: float
    memory: float


def run(command: Sequence[str], log: Path) -> Cost:
    """Runs a command and returns its cost; raises SystemExit with its output if it fails."""
    with log.open("wb") as output:
        started = time.perf_counter()
        before = os.times()
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        highest = [0.0]
        watch = threading.Thread(target=_watch, args=(child, highest))
        watch.start()
        status = child.wait()
        wall = time.perf_counter() - started
        watch.join()
    after = os.times()
    if status:
        raise SystemExit(f"{' '.join(command)}: {log.read_text(errors='replace')[-2000:]}")
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(wall, used, highest[0])


def _watch(child: subprocess.Popen[bytes], highest: list[float]) -> None:
    while child.poll() is None:
        highest[0] = max(highest[0], _memory(child.pid))
        time.sleep(0.1)


def _memory(root: int) -> float:
    """The memory (MB) of a process and its descendants; 0 on systems without /proc."""
    parents: dict[int, int] = {}
    sizes: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)], sizes[int(entry.name)] = int(fields[1]), int(fields[21])
    tree = {root}
    while grown := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= grown
    return sum(sizes.get(pid, 0) for pid in tree) * os.sysconf("SC_PAGE_SIZE") / 1e6


def make_recording(target: Path, minutes: float) -> Path:
    """A video of two voices, one of them far quieter, repeated to a length of `minutes`."""
    minute = target.with_name("minute.mp4")
    picture = ["-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25"]
    sound = ["-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000"]
    video = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "35"]
    ffmpeg(
        "-i", str(VOICES), *picture, "-map", "1:v", "-map", "0:a:0", "-shortest", *video, *sound, str(minute)
    )
    ffmpeg("-stream_loop", "-1", "-i", str(minute), "-c", "copy", "-t", str(minutes * 60), str(target))
    minute.unlink()
    return target


def ffmpeg(*arguments: str) -> str:
    """Runs ffmpeg and returns its messages."""
    command = [FFMPEG, "-hide_banner", "-nostdin", "-nostats", "-y", *arguments]
    done = subprocess.run(command, check=True, capture_output=True)
    return done.stderr.decode("utf-8", "replace")


def publisher(
    recording: Path, folder: Path, talks: int = 1, formats: Sequence[str] = ("mp3",)
) -> tuple[Cost, dict[str, float]]:
    """The cost of a release of a new series, and the recorded loudness and peak of its first file."""
    with tempfile.TemporaryDirectory(dir=folder) as root:
        series = Path(root)
        catalogue = SERIES.format(formats=json.dumps(formats))
        for number in range(talks):
            catalogue += TALK.format(number=number)
            (series / "episodes" / f"talk-{number}").mkdir(parents=True)
            (series / "episodes" / f"talk-{number}" / "recording.mp4").hardlink_to(recording)
        (series / "episodes.toml").write_text(catalogue, encoding="utf-8")
        command = [sys.executable, "-m", "publisher", "release", "-C", root, "--only", "audio"]
        cost = run(command, folder / "publisher.log")
        receipts = json.loads((series / "episodes/talk-0/released.json").read_text(encoding="utf-8"))
        return cost, _measured(receipts)


def _measured(receipts: object) -> dict[str, float]:
    """The first loudness and true peak in the receipts."""
    if isinstance(receipts, dict):
        if "true_peak" in receipts and "loudness" in receipts:
            return {name: receipts[name] for name in ("loudness", "true_peak")}
        receipts = list(receipts.values())
    found = (_measured(receipt) for receipt in receipts) if isinstance(receipts, list) else ()
    return next((figures for figures in found if figures), {})


def plain(recording: Path, folder: Path) -> Cost:
    """(a) A plain MP3 by ffmpeg, not measured and not levelled."""
    target = ["-ac", "1", "-c:a", "libmp3lame", "-b:a", "96k", str(folder / "plain.mp3")]
    return run([FFMPEG, "-nostdin", "-v", "error", "-y", "-i", str(recording), *target], folder / "a.log")


def two_passes(recording: Path, folder: Path) -> Cost:
    """(b) ffmpeg-normalize, or if it is not installed, the two passes of loudnorm that it runs."""
    program = shutil.which("ffmpeg-normalize", path=os.pathsep.join((str(Path(sys.executable).parent), PATH)))
    if program is not None:
        os.environ["FFMPEG_PATH"] = FFMPEG
        encode = ["-c:a", "libmp3lame", "-b:a", "96k", "-ar", "48000", "-e=-ac 1", "-vn", "-sn"]
        target = ["-t", "-16", "-tp", "-1", "-f", "-o", str(folder / "b.mp3")]
        return run([program, str(recording), *target, *encode], folder / "b.log")
    return _loudnorm(recording, folder)


def _loudnorm(recording: Path, folder: Path) -> Cost:
    target = "loudnorm=i=-16:lra=7:tp=-1:offset=0"
    log = folder / "b.log"
    begin = [FFMPEG, "-hide_banner", "-nostdin", "-nostats", "-y", "-i", str(recording), "-map", "0:a:0"]
    first = run([*begin, "-af", f"{target}:print_format=json", "-vn", "-sn", "-f", "null", "-"], log)
    reported = json.loads("{" + log.read_text(errors="replace").rpartition("{")[2].partition("}")[0] + "}")
    names = {"i": "input_i", "lra": "input_lra", "tp": "input_tp", "thresh": "input_thresh"}
    measured = ":".join(f"measured_{key}={reported[name]}" for key, name in names.items())
    second = f"{target}:{measured}:linear=true:print_format=json"
    encode = ["-ac", "1", "-ar", "48000", "-c:a", "libmp3lame", "-b:a", "96k", "-vn", str(folder / "b.mp3")]
    last = run([*begin, "-af", second, *encode], log)
    return Cost(first.wall + last.wall, first.cpu + last.cpu, max(first.memory, last.memory))


def main() -> None:
    minutes, runs = float(os.environ.get("BENCH_MINUTES", "60")), int(os.environ.get("BENCH_RUNS", "3"))
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        recording = make_recording(folder / "recording.mp4", minutes)
        ours, theirs, normal = [], [], []
        for _ in range(runs):
            ours.append(publisher(recording, folder))
            theirs.append(plain(recording, folder))
            normal.append(two_passes(recording, folder))
        report(minutes, cores, ours, theirs, normal)
        if os.environ.get("BENCH_GROWTH"):
            formats(recording, folder, ours[0][0])
            growth(folder, minutes)
        if talks := int(os.environ.get("BENCH_TALKS", "0")):
            many(folder, minutes, talks, cores)


def report(
    minutes: float,
    cores: int,
    ours: list[tuple[Cost, dict[str, float]]],
    theirs: list[Cost],
    normal: list[Cost],
) -> None:
    costs = [cost for cost, _ in ours]
    wall, limit = median(cost.wall for cost in costs), median(cost.cpu for cost in theirs) / cores
    print(f"{minutes:g} minutes, {cores} cores, medians of {len(ours)} runs in turn; measured: {ours[0][1]}")
    print(f"  the publisher: {wall:.1f} s, {median(cost.cpu for cost in costs):.1f} s of CPU")
    against_plain = median(cost.wall / other.wall for cost, other in zip(costs, theirs, strict=True))
    against_two = median(other.wall / cost.wall for cost, other in zip(costs, normal, strict=True))
    print(f"  (a) time against ffmpeg's plain MP3: {against_plain:.2f} ×")
    print(f"  (b) two passes of loudnorm (ffmpeg-normalize) take {against_two:.1f} × as long")
    print(f"  (c) time against the limit, the CPU of decoding and encoding / cores: {wall / limit:.2f} ×")
    busy = median(cost.cpu / cost.wall / cores for cost in costs)
    print(f"  CPU busy: {busy:.0%}; memory of all processes: {max(cost.memory for cost in costs):.0f} MB")


def formats(recording: Path, folder: Path, alone: Cost) -> None:
    """What two more formats add; decoding and measuring the recording is done once in either case."""
    for more in (["mp3", "m4a"], ["mp3", "m4a", "opus"]):
        cost, _ = publisher(recording, folder, formats=more)
        print(f"  {' + '.join(more)}: {cost.cpu / alone.cpu:.2f} × the CPU of mp3 alone")


def many(folder: Path, minutes: float, talks: int, cores: int) -> None:
    """Many short talks in one release, which share the cores."""
    recording = make_recording(folder / "short.mp4", minutes / talks)
    cost, _ = publisher(recording, folder, talks)
    print(f"  {talks} talks, together {minutes:g} minutes: {cost.wall:.1f} s, ", end="")
    print(f"CPU busy {cost.cpu / cost.wall / cores:.0%}, {cost.memory:.0f} MB")


def growth(folder: Path, minutes: float) -> None:
    for factor in (1 / 6, 1, 3):
        recording = make_recording(folder / "length.mp4", minutes * factor)
        cost, _ = publisher(recording, folder)
        print(f"  {minutes * factor:g} minutes: {cost.wall / (minutes * factor):.3f} s per minute, ", end="")
        print(f"{cost.cpu / (minutes * factor):.3f} s of CPU, {cost.memory:.0f} MB")


if __name__ == "__main__":
    main()
