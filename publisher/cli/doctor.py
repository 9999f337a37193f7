"""``publisher doctor``: what of this machine works for this series, and what does not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from publisher import catalogue, links
from publisher.cli import console, options, session
from publisher.context import BuildContext
from publisher.errors import PublisherError
from publisher.gather import series
from publisher.model import Series

MIN_SPACE = 2.0
"""GB: what an hour of talk needs while it is made."""


@dataclass(frozen=True, slots=True)
class CheckResult:
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
        links.accept(root, link, series.MANAGED_DIRS)
    context = session.build_context(root)
    findings = [found for look in CHECKS for found in look(root, context)]
    if as_json:
        options.print_json({"findings": list(map(asdict, findings))})
    else:
        for found in findings:
            mark, style = ("works", "good") if found.works else ("does not work", "bad")
            console.print_line(f"{found.part}: {mark}: {found.text}", style)
    return 0 if all(found.works for found in findings) else 1


def _ffmpeg(root: Path, context: BuildContext) -> Iterator[CheckResult]:
    from publisher.media.ffmpeg import VIDEO_ENCODERS, Ffmpeg

    try:
        ffmpeg = Ffmpeg.find(context.environment)
        ffmpeg.require(VIDEO_ENCODERS, "the picture of a video in which something is cut has to be encoded")
    except PublisherError as error:
        yield CheckResult("ffmpeg", False, str(error))
        return
    yield CheckResult("ffmpeg", True, f"{ffmpeg.binaries.ffmpeg}, with every encoder that is needed")
    probe = ffmpeg.binaries.ffprobe or "not there, nor needed: ffmpeg itself is asked"
    yield CheckResult("ffprobe", True, probe)


def _folders(root: Path, context: BuildContext) -> Iterator[CheckResult]:
    try:
        series.require_no_links(root)
    except PublisherError as error:
        yield CheckResult("folders", False, str(error))
        return
    accepted = links.find_accepted(root, series.PUBLIC, series.WORK, series.EPISODES)
    told = "; ".join(links.describe(root, name) for name in accepted)
    yield CheckResult("folders", True, told or "none that publisher writes in is a link")


def _space(root: Path, context: BuildContext) -> Iterator[CheckResult]:
    existing = next(folder for folder in (root, *root.parents) if folder.exists())
    free = shutil.disk_usage(existing).free / 1e9
    enough = free > MIN_SPACE
    advice = "" if enough else f"; an hour of talk needs about {MIN_SPACE:.0f} GB while it is made"
    yield CheckResult("disk", enough, f"{free:.1f} GB free{advice}")


def _catalogue(root: Path, context: BuildContext) -> Iterator[CheckResult]:
    from publisher import files

    reading = catalogue.read(root, files.DigestCache(context.work / series.DIGESTS).of)
    errors = [problem for problem in reading.problems if problem.level == "error"]
    if errors or reading.series is None:
        yield CheckResult("catalogue", False, f"{len(errors)} to mend; `publisher check` shows them")
        return
    talks = console.count(len(reading.series.episodes), "talk")
    yield CheckResult("catalogue", True, f"{talks} in {root / catalogue.FILE}")
    yield from _fonts(reading.series)
    if reading.series.youtube.id is not None:
        yield _youtube(reading.series, context)


def _youtube(series: Series, context: BuildContext) -> CheckResult:
    from publisher.outputs.youtube.maker import open_client, require_channel

    try:
        channel = require_channel(open_client(context, session.now()), series)
    except PublisherError as error:
        return CheckResult("YouTube", False, str(error))
    name = channel.get("snippet", {}).get("title", "")
    return CheckResult("YouTube", True, f"logged in to {name} ({series.youtube.id})")


def _fonts(series: Series) -> Iterator[CheckResult]:
    from publisher.images import fonts

    missing = fonts.missing_fonts(series)
    text = "; ".join(missing) or "there is a font for every script of the series"
    yield CheckResult("fonts for drawn images", not missing, text)


CHECKS: tuple[Callable[[Path, BuildContext], Iterator[CheckResult]], ...] = (
    _ffmpeg,
    _folders,
    _space,
    _catalogue,
)
