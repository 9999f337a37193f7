"""``publisher doctor``: what of this machine works for this series, and what does not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from publisher import catalogue, links
from publisher.cli import console, options, session
from publisher.errors import PublisherError
from publisher.gather import series
from publisher.model import Series
from publisher.workbench import Workbench

LEAST_SPACE = 2.0
"""GB: what an hour of talk needs while it is made."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One part that was checked: whether it works, and details or what to do."""

    part: str
    works: bool
    text: str


@click.command("doctor")
@click.option(
    "--accept-link",
    "link",
    metavar="FOLDER",
    help="Let publisher write and delete behind the link that stands for one of its folders, such as public.",
)
@options.common
def command(link: str | None, directory: Path | None, as_json: bool) -> int:
    """Look at ffmpeg, fonts, disk space and the catalogue: what works and what does not."""
    root = session.find_root(directory)
    if link is not None:
        session.require_catalogue(root)
        links.accept(root, link, series.MANAGED)
    bench = session.workbench(root)
    findings = [found for look in LOOKS for found in look(root, bench)]
    if as_json:
        options.print_json({"findings": list(map(asdict, findings))})
    else:
        for found in findings:
            mark, style = ("works", "good") if found.works else ("does not work", "bad")
            console.say(f"{found.part}: {mark}: {found.text}", style)
    return 0 if all(found.works for found in findings) else 1


def _ffmpeg(root: Path, bench: Workbench) -> Iterator[Finding]:
    from publisher.media.ffmpeg import PICTURES, Ffmpeg

    try:
        ffmpeg = Ffmpeg.find(bench.environment)
        ffmpeg.require(PICTURES, "the picture of a video in which something is cut has to be encoded")
    except PublisherError as error:
        yield Finding("ffmpeg", False, str(error))
        return
    yield Finding("ffmpeg", True, f"{ffmpeg.binaries.ffmpeg}, with every encoder that is needed")
    probe = ffmpeg.binaries.ffprobe or "not there, nor needed: ffmpeg itself is asked"
    yield Finding("ffprobe", True, probe)


def _folders(root: Path, bench: Workbench) -> Iterator[Finding]:
    try:
        series.require_no_links(root)
    except PublisherError as error:
        yield Finding("folders", False, str(error))
        return
    accepted = links.find_accepted(root, series.PUBLIC, series.WORK, series.EPISODES)
    told = "; ".join(links.describe(root, name) for name in accepted)
    yield Finding("folders", True, told or "none that publisher writes in is a link")


def _space(root: Path, bench: Workbench) -> Iterator[Finding]:
    existing = next(folder for folder in (root, *root.parents) if folder.exists())
    free = shutil.disk_usage(existing).free / 1e9
    enough = free > LEAST_SPACE
    advice = "" if enough else f"; an hour of talk needs about {LEAST_SPACE:.0f} GB while it is made"
    yield Finding("disk", enough, f"{free:.1f} GB free{advice}")


def _catalogue(root: Path, bench: Workbench) -> Iterator[Finding]:
    from publisher import files

    reading = catalogue.read(root, files.Digests(bench.work / series.DIGESTS).of)
    errors = [problem for problem in reading.problems if problem.level == "error"]
    if errors or reading.series is None:
        yield Finding("catalogue", False, f"{len(errors)} to mend; `publisher check` shows them")
        return
    talks = console.count(len(reading.series.episodes), "talk")
    yield Finding("catalogue", True, f"{talks} in {root / catalogue.FILE}")
    yield from _fonts(reading.series)
    if reading.series.youtube.id is not None:
        yield _youtube(reading.series, bench)


def _youtube(series: Series, bench: Workbench) -> Finding:
    from publisher.outputs.youtube.maker import open_client, require_channel

    try:
        channel = require_channel(open_client(bench, session.now()), series)
    except PublisherError as error:
        return Finding("YouTube", False, str(error))
    name = channel.get("snippet", {}).get("title", "")
    return Finding("YouTube", True, f"logged in to {name} ({series.youtube.id})")


def _fonts(series: Series) -> Iterator[Finding]:
    from publisher.images import fonts

    missing = fonts.missing_fonts(series)
    text = "; ".join(missing) or "there is a font for every script of the series"
    yield Finding("fonts for drawn images", not missing, text)


LOOKS: tuple[Callable[[Path, Workbench], Iterator[Finding]], ...] = (_ffmpeg, _folders, _space, _catalogue)
