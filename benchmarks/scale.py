"""Measures how the commands grow with the number of talks: time, memory, and the fitted exponents.

``make bench-scale`` makes series of 100, 1 000 and 10 000 talks: one catalogue file per talk, read with
``include``, notes, chapters, three guests each, and the receipts of published audio, so that nothing is
encoded. It runs the real commands and prints, for each series, seconds, seconds of processor time and
the memory of the largest process; then the exponent of the growth (1 is proportional). Where node and
npm are present, Eleventy renders a skeleton site of the same talks with its podcast plugin. What the
preview and the studio need for an answer is read from /proc; elsewhere it is left out.

``BENCH_SCALE=100,1000`` sets the numbers of talks. Series of more than ``BENCH_DRAWN`` (1000) talks get
one small picture instead of drawn ones, except in the row "images". ``BENCH_FOLDER`` keeps the series.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from publisher import site_paths

SIZES = tuple(map(int, os.environ.get("BENCH_SCALE", "100,1000,10000").split(",")))
DRAWN = int(os.environ.get("BENCH_DRAWN", "1000"))
NOW = "2021-03-02T12:00:00+00:00"
NEWEST = datetime(2021, 3, 1, 18, tzinfo=UTC)
AUDIO = b"ID3" + bytes(997)
PEOPLE, TOPICS = 300, 40
PARAGRAPH = (
    "In paragraph {paragraph} of talk {talk} at [{minute}:10] somebody says *something* about "
    "the [source](https://www.w3.org/{talk}/{paragraph}), and it goes on for two or three lines "
    "so that it has the length of what people write, without being about anything at all."
)
WORDS = ("rivers", "harbours", "archives", "elections", "glaciers", "libraries", "markets", "schools")
SERIES = """\
include = ["episodes/*/episode.toml"]

[series]
title = "Example Talks"
description = "Talks as examples."
language = "en"
link = "https://talks.example.org/"
author = "Example Press"

[audio]
formats = ["mp3"]
"""
EPISODE = """\
slug = "talk-{number}"
title = "{title}"
date = {date}
number = {place}
summary = "A sentence about who speaks with whom in talk {number}."
guests = [{guests}]
topics = ["Topic {topic}"]
youtube = {{ id = "{video:>011}" }}
chapters = [
{chapters}
]
"""


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, seconds of processor time of all processes, bytes of the largest process."""

    seconds: float
    processor: float
    memory: int


def write_series(root: Path, talks: int) -> None:
    """A series whose talks were all published once; nothing is rendered yet."""
    (root / "episodes").mkdir(parents=True)
    people = (f'[people.guest-{n}]\nname = "Guest Number {n}"\ntitle = "Title {n}"\n' for n in range(PEOPLE))
    (root / "episodes.toml").write_text("\n".join([SERIES, *people]), encoding="utf-8")
    for number in range(talks):
        _write_talk(root, number)


def _write_talk(root: Path, number: int) -> None:
    folder = root / f"episodes/talk-{number}"
    folder.mkdir()
    (folder / "episode.toml").write_text(_episode(number), encoding="utf-8")
    notes = (PARAGRAPH.format(paragraph=n, talk=number, minute=n * 5) for n in range(8))
    (folder / "notes.md").write_text("\n\n".join(notes) + "\n", encoding="utf-8")
    media = site_paths.media(f"talk-{number}", f"{number:064d}", "mp3")
    (root / "public/media").mkdir(parents=True, exist_ok=True)
    (root / "public" / media).write_bytes(AUDIO)
    (folder / "released.json").write_text(json.dumps(_receipts(number, media), indent=1), encoding="utf-8")


def write_new_talk(root: Path, talks: int) -> None:
    """Another talk, linked to its video: a release publishes it without an encoding."""
    folder = root / f"episodes/talk-{talks}"
    folder.mkdir()
    date = (NEWEST + timedelta(hours=7)).isoformat()
    lines = [f"date = {date}" if line.startswith("date") else line for line in _episode(talks).split("\n")]
    (folder / "episode.toml").write_text("\n".join(lines), encoding="utf-8")
    (folder / "notes.md").write_text("The notes of a new talk.\n", encoding="utf-8")


def _episode(number: int, title: str | None = None) -> str:
    guests = ", ".join(f'"guest-{(number * 7 + n * 31) % PEOPLE}"' for n in range(3))
    chapters = (f'  {{ at = "{n * 4}:10", title = "Chapter {n} of talk {number}" }},' for n in range(1, 13))
    about = " and ".join(WORDS[(number + n * 3) % len(WORDS)] for n in range(2 + number % 2))
    return EPISODE.format(
        number=number,
        title=title or f"Talk {number} about {about}",
        date=(NEWEST - timedelta(hours=7 * number)).isoformat(),
        guests=guests,
        place=number + 1,
        topic=number % TOPICS,
        video=number,
        chapters="\n".join(chapters),
    )


def _receipts(number: int, media: str) -> dict[str, object]:
    file = {
        "path": media,
        "format": "mp3",
        "type": "audio/mpeg",
        "length": len(AUDIO),
        "duration": 3480.0,
        "digest": f"{number:064d}",
        "loudness": -16.0,
        "true_peak": -1.2,
        "channels": 1,
        "bitrate": 96,
    }
    durations = {"recording_duration": 3480.0, "intro_duration": 0.0, "outro_duration": 0.0}
    facts = {**durations, "enclosures": [file]}
    return {
        "schema": 1,
        "slug": f"talk-{number}",
        "guid": f"https://talks.example.org/#talk-{number}",
        "published": (NEWEST - timedelta(hours=7 * number)).isoformat(),
        "receipts": {"audio": {"inputs": {"recording": f"{number:064d}"}, "facts": facts}},
    }


# Running commands


def measure(command: list[str], root: Path) -> Cost:
    """Runs a command in `root` and measures it. Exits with its messages if it fails."""
    environment = {**os.environ, "PUBLISHER_NOW": NOW}
    with tempfile.TemporaryFile() as messages:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=messages, stderr=messages)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            messages.seek(0)
            sys.exit(
                f"{' '.join(command)} ended with {process.returncode}:\n{messages.read().decode()[-3000:]}"
            )
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)


def publisher(root: Path, *arguments: str) -> Cost:
    """Measures one command of publisher."""
    module = [str(Path(__file__)), "--small-pictures"] if _is_large(root) else ["-m", "publisher"]
    return measure([sys.executable, *module, *arguments], root)


READ = """
import sys
from pathlib import Path
from publisher import catalogue
read = catalogue.read(Path.cwd(), lambda path: "")
sys.exit(read.series is None or any(problem.level == "error" for problem in read.problems))
"""
"""Reads the catalogue, and nothing else."""


@contextmanager
def serving(root: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    """A command that serves on a free port, and the JSON that it prints."""
    module = [str(Path(__file__)), "--small-pictures"] if _is_large(root) else ["-m", "publisher"]
    command = [sys.executable, *module, *arguments, "--port", "0", "--json"]
    environment = {**os.environ, "PUBLISHER_NOW": NOW}
    with (
        tempfile.TemporaryFile() as messages,
        subprocess.Popen(
            command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=messages
        ) as process,
    ):
        assert process.stdout is not None
        content = b""
        while not content.endswith(b"}\n"):
            line = process.stdout.readline()
            if not line:
                messages.seek(0)
                sys.exit(messages.read().decode())
            content += line
        try:
            yield process, json.loads(content)
        finally:
            process.terminate()


class Meter:
    """Measures what a running process needs between two calls."""

    def __init__(self, process: subprocess.Popen[bytes], start: float) -> None:
        self._folder = Path(f"/proc/{process.pid}")
        self._last = start, 0.0

    def cost(self) -> Cost:
        """The cost since the last call, with the largest memory so far."""
        times = (self._folder / "stat").read_text().rpartition(")")[2].split()
        processor = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
        status = (self._folder / "status").read_text()
        memory = int(status.partition("VmHWM:")[2].split()[0]) * 1024
        now = time.perf_counter()
        (before, used), self._last = self._last, (now, processor)
        return Cost(now - before, processor - used, memory)


def _is_large(root: Path) -> bool:
    return (root / "small-pictures").exists()


def use_small_pictures() -> None:
    """Makes publisher write one small picture wherever it would draw one."""
    from dataclasses import replace
    from functools import partial

    from publisher.outputs.images import ImagesRenderer

    original = ImagesRenderer.documents

    def documents(self: ImagesRenderer, publication: object) -> Iterator[object]:
        for document in original(self, publication):  # type: ignore[arg-type]
            yield replace(document, render=partial(bytes, b"picture"))

    ImagesRenderer.documents = documents  # type: ignore[method-assign, assignment]


if sys.argv[1:2] == ["--small-pictures"]:
    # At import: worker processes import this file too.
    use_small_pictures()


# What is measured


def remove_rendered(root: Path, matches: Callable[[Path], bool]) -> None:
    """Removes rendered files, so that the next release renders them again."""
    for path in (root / "public").rglob("*"):
        if path.is_file() and path.parent.name != "media" and matches(path):
            path.unlink()


def _is_image(path: Path) -> bool:
    return path.suffix in (".jpg", ".png", ".svg") and "assets" not in path.parts


def _is_feed(path: Path) -> bool:
    return path.name.startswith("feed") and path.suffix == ".xml"


def change_title(root: Path, title: str) -> None:
    """Changes the title of a talk in the middle of the series."""
    number = sum(1 for _ in (root / "episodes").glob("talk-*")) // 2
    (root / f"episodes/talk-{number}/episode.toml").write_text(_episode(number, title), encoding="utf-8")


def rows(root: Path) -> Iterator[tuple[str, Cost]]:
    """The name of each measurement, and its result."""
    yield "reading the catalogue", measure([sys.executable, "-c", READ], root)
    yield "full render", publisher(root, "release")
    yield "check", publisher(root, "check")
    yield "status", publisher(root, "status")
    yield "plan, nothing to do", publisher(root, "plan")
    yield "release, nothing to do", publisher(root, "release")
    change_title(root, "Another title")
    yield "plan, one changed title", publisher(root, "plan")
    yield "release, one changed title", publisher(root, "release")
    write_new_talk(root, sum(1 for _ in (root / "episodes").glob("talk-*")))
    yield "plan, one new talk", publisher(root, "plan")
    yield "release, one new talk", publisher(root, "release")
    if Path("/proc/self/stat").exists():
        yield from _preview_rows(root)
        yield from _studio_rows(root)
    parts: Iterable[tuple[str, Callable[[Path], bool]]] = (
        ("pages", lambda path: not _is_image(path) and not _is_feed(path)),
        ("images", _is_image),
        ("feed", _is_feed),
    )
    for name, matches in parts:
        remove_rendered(root, matches)
        if name == "images" and _is_large(root):
            continue
        yield f"release, only {name} missing", publisher(root, "release")


def _preview_rows(root: Path) -> Iterator[tuple[str, Cost]]:
    start = time.perf_counter()
    with serving(root, "preview") as (process, found):
        meter = Meter(process, start)
        yield "preview, until it serves", meter.cost()
        _answer(found["address"] + site_paths.episode_page("talk-1"))
        yield "preview, a talk's page", meter.cost()


def _studio_rows(root: Path) -> Iterator[tuple[str, Cost]]:
    start = time.perf_counter()
    with serving(root, "studio", "--no-browser") as (process, found):
        meter = Meter(process, start)
        yield "studio, until it serves", meter.cost()
        parts = urlsplit(found["address"])
        home = f"http://{parts.netloc}"
        cookie = _answer(f"{home}/session", {"secret": parts.fragment}).headers["Set-Cookie"].split(";")[0]
        meter.cost()
        page = _answer(f"{home}/", Cookie=cookie).content
        yield "studio, the board", meter.cost()
        token = page.partition('<meta name="token" content="')[2].partition('"')[0]
        headers = {"Cookie": cookie, "X-Publisher-Token": token}
        summary = "A sentence about who speaks with whom in talk 1."
        change = {"key": "summary", "was": summary, "value": "A new summary."}
        _answer(f"{home}/api/talks/talk-1/edits", {"changes": [change]}, **headers)
        yield "studio, an edit", meter.cost()


@dataclass(frozen=True)
class Answer:
    """The text and the header fields that a server sent."""

    content: str
    headers: Mapping[str, str]


def _answer(address: str, body: object = None, **headers: str) -> Answer:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(address, data, headers), timeout=600) as found:
        return Answer(found.read().decode(), found.headers)


# Eleventy

ELEVENTY, PODCASTER = {"@11ty/eleventy": "3"}, {"eleventy-plugin-podcaster": "*"}


def eleventy(root: Path, talks: int) -> Cost | str:
    """Measures Eleventy for as many talks, with the smallest templates; or the reason why it cannot."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        return "node and npm are not installed"
    if os.environ.get("BENCH_ELEVENTY") == "0":
        return "BENCH_ELEVENTY=0"
    modules = root / "eleventy"
    if not (modules / "node_modules").exists() and not (
        _install(modules, ELEVENTY | PODCASTER) or _install(modules, ELEVENTY)
    ):
        return "npm install failed"
    site = modules / str(talks)
    has_plugin = (modules / "node_modules" / next(iter(PODCASTER))).exists()
    if not has_plugin:
        print("  Eleventy: without its podcast plugin, which npm does not find; so it writes no feed")
    _write_skeleton(site, talks, has_plugin)
    (site / "node_modules").symlink_to(modules / "node_modules")
    return measure(["node", "node_modules/@11ty/eleventy/cmd.cjs", "--quiet"], site)


def _install(folder: Path, packages: dict[str, str]) -> bool:
    folder.mkdir(exist_ok=True)
    package = {"type": "module", "dependencies": packages}
    (folder / "package.json").write_text(json.dumps(package), encoding="utf-8")
    try:
        subprocess.run(["npm", "install", "--silent"], cwd=folder, check=True, timeout=300)
    except (subprocess.SubprocessError, OSError):
        return False
    return True


def _write_skeleton(site: Path, talks: int, has_plugin: bool) -> None:
    posts = site / "src/episodePosts"
    posts.mkdir(parents=True)
    podcast = {"feedPath": "/feed/podcast.xml", "title": "Example Talks", "description": "Talks."}
    podcast |= {"siteUrl": "https://talks.example.org", "author": "Example Press", "language": "en"}
    (site / "src/_data").mkdir()
    (site / "src/_data/podcast.json").write_text(json.dumps(podcast), encoding="utf-8")
    (site / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (site / "eleventy.config.js").write_text(
        ('import podcaster from "eleventy-plugin-podcaster";\n' if has_plugin else "")
        + "export default function (config) {\n"
        + ("  config.addPlugin(podcaster);\n" if has_plugin else "")
        + '  return { dir: { input: "src" } };\n}\n',
        encoding="utf-8",
    )
    (site / "src/_includes").mkdir()
    (site / "src/_includes/talk.njk").write_text(
        "<!doctype html><title>{{ title }}</title><h1>{{ title }}</h1>{{ content | safe }}", encoding="utf-8"
    )
    for number in range(talks):
        notes = "\n\n".join(PARAGRAPH.format(paragraph=n, talk=number, minute=n * 5) for n in range(8))
        front = {
            "layout": "talk.njk",
            "tags": ["podcastEpisode"],
            "title": f"Talk {number}",
            "date": (NEWEST - timedelta(hours=7 * number)).isoformat(),
            "permalink": f"/talk-{number}/",
            "episode": {
                "episodeNumber": number + 1,
                "filename": f"talk-{number}.mp3",
                "size": 1000,
                "duration": 3480,
            },
        }
        (posts / f"talk-{number}.md").write_text(
            f"---json\n{json.dumps(front)}\n---\n{notes}\n", encoding="utf-8"
        )


# Report


def exponent(points: list[tuple[int, float]]) -> float:
    """The slope of log(cost) over log(talks), by least squares."""
    logs = [(math.log(talks), math.log(max(value, 1e-6))) for talks, value in points]
    x, y = (sum(column) / len(logs) for column in zip(*logs, strict=True))
    return sum((a - x) * (b - y) for a, b in logs) / sum((a - x) ** 2 for a, _ in logs)


def _print_growth(found: dict[str, list[tuple[int, Cost]]]) -> None:
    print("\nGrowth: exponent of processor time over the number of talks; last decade alone in brackets")
    for name, costs in found.items():
        points = [(talks, cost.processor) for talks, cost in costs]
        if len(points) > 1:
            print(f"  {name:32} {exponent(points):5.2f}   ({exponent(points[-2:]):.2f})", flush=True)


def main() -> int:
    if sys.argv[1:2] == ["--small-pictures"]:
        from publisher.cli import main as run

        run(sys.argv[2:])
    folder = os.environ.get("BENCH_FOLDER") or tempfile.mkdtemp(prefix="bench-scale-")
    found: dict[str, list[tuple[int, Cost]]] = {}
    try:
        for talks in SIZES:
            root = Path(folder) / str(talks)
            shutil.rmtree(root, ignore_errors=True)
            write_series(root, talks)
            if talks > DRAWN:
                (root / "small-pictures").touch()
            pictures = "small pictures" if _is_large(root) else "drawn pictures"
            print(f"\n{talks} talks, {pictures}{'':12} seconds  processor       MB", flush=True)
            for name, cost in rows(root):
                found.setdefault(name, []).append((talks, cost))
                _print_cost(name, cost)
            compared = eleventy(Path(folder), talks)
            if isinstance(compared, str):
                print(f"  Eleventy: skipped: {compared}")
            else:
                found.setdefault("Eleventy, skeleton", []).append((talks, compared))
                _print_cost("Eleventy, skeleton", compared)
        _print_growth(found)
    finally:
        if "BENCH_FOLDER" not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def _print_cost(name: str, cost: Cost) -> None:
    memory = cost.memory / 1e6
    print(f"  {name:32} {cost.seconds:8.2f} {cost.processor:10.2f} {memory:8.0f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
