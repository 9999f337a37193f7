"""``publisher doctor``: reports what works on this machine for this series."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher import catalogue, symlinks
from publisher.cli import console, options, session
from publisher.cli.cluster import try_cluster
from publisher.context import BuildContext
from publisher.errors import PublisherError
from publisher.gather import series
from publisher.model import Series
from publisher.render.template_files import builtin_folder

if TYPE_CHECKING:
    from publisher.images.fonts import Font

logger = logging.getLogger(__name__)

MIN_SPACE = 2.0
"""Disk space (GB) that one hour of talk needs while it is encoded."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check: whether the part works, and details or advice."""

    part: str
    works: bool
    text: str


@click.command("doctor")
@click.option(
    "--accept-link",
    "link",
    metavar="FOLDER",
    help="Allow publisher to write and delete behind the link in place of this folder, such as public.",
)
@options.common
def command(link: str | None, directory: Path | None, as_json: bool) -> int:
    """Check ffmpeg, fonts, disk space and the catalogue on this machine."""
    root = session.find_root(directory)
    if link is not None:
        session.require_catalogue(root)
        symlinks.accept(root, link, series.MANAGED_DIRS)
    context = session.build_context(root)
    results = [result for check in CHECKS for result in check(root, context)]
    for result in results:
        logger.info("%s: %s", result.part, "works" if result.works else "does not work")
    if as_json:
        options.print_json({"findings": list(map(asdict, results))})
    else:
        for result in results:
            verdict, style = ("works", "good") if result.works else ("does not work", "bad")
            console.print_line(f"{result.part}: {verdict}: {result.text}", style)
    return 0 if all(result.works for result in results) else 1


def _ffmpeg(root: Path, context: BuildContext) -> Iterator[CheckResult]:
    from publisher.media.ffmpeg import VIDEO_ENCODERS, Ffmpeg

    try:
        ffmpeg = Ffmpeg.find(context.environment)
        ffmpeg.require(VIDEO_ENCODERS, "the picture of a video in which something is cut has to be encoded")
    except PublisherError as error:
        yield CheckResult("ffmpeg", False, str(error))
        return
    yield CheckResult("ffmpeg", True, f"{ffmpeg.binaries.ffmpeg}, with all required encoders")
    probe = ffmpeg.binaries.ffprobe or "not found and not required: ffmpeg is used instead"
    yield CheckResult("ffprobe", True, probe)


def _folders(root: Path, context: BuildContext) -> Iterator[CheckResult]:
    try:
        series.require_no_links(root)
    except PublisherError as error:
        yield CheckResult("folders", False, str(error))
        return
    accepted = symlinks.find_accepted(root, series.PUBLIC, series.WORK, series.EPISODES)
    described = "; ".join(symlinks.describe(root, name) for name in accepted)
    yield CheckResult("folders", True, described or "no folder that publisher writes to is a link")


def _space(root: Path, context: BuildContext) -> Iterator[CheckResult]:
    existing = next(folder for folder in (root, *root.parents) if folder.exists())
    free = shutil.disk_usage(existing).free / 1e9
    enough = free > MIN_SPACE
    advice = "" if enough else f"; one hour of talk needs about {MIN_SPACE:.0f} GB while it is encoded"
    yield CheckResult("disk", enough, f"{free:.1f} GB free{advice}")


def _catalogue(root: Path, context: BuildContext) -> Iterator[CheckResult]:
    from publisher import files

    reading = catalogue.read(root, files.DigestCache(context.work / series.DIGESTS).of)
    errors = [problem for problem in reading.problems if problem.level == "error"]
    if errors or reading.series is None:
        yield CheckResult(
            "catalogue", False, f"{console.count(len(errors), 'problem')}; `publisher check` shows them"
        )
        yield from _fonts(reading.series)
        return
    talks = console.count(len(reading.series.episodes), "talk")
    yield CheckResult("catalogue", True, f"{talks} in {root / catalogue.FILE}")
    yield from _fonts(reading.series)
    if reading.series.youtube.id is not None:
        yield _youtube(reading.series, context)
    if reading.series.deliver.to is not None:
        yield from _delivery(reading.series, context)


def _delivery(series: Series, context: BuildContext) -> Iterator[CheckResult]:
    """Whether the destination can be read, and whether a sound and a transcript answer at their addresses."""
    from publisher.gather.series import open_delivery
    from publisher.outputs.deliver import proof
    from publisher.outputs.deliver.order import LocalFile
    from publisher.outputs.deliver.remedies import remedies

    if series.deliver.podping:
        yield _podping(series.deliver.podping, context)
    delivery = open_delivery(series, context)
    if delivery is None:
        yield CheckResult("destination", False, "deliver.to is not valid; `publisher check` says why")
        return
    try:
        there = delivery.listing()
    except PublisherError as error:
        yield CheckResult("destination", False, str(error))
        return
    yield CheckResult(
        "destination", True, f"{delivery.destination.name}, {console.count(len(there), 'file')}"
    )
    delivered = delivery.record.files
    checked = [
        next(proof.enclosures(delivered), None),
        next(filter(proof.is_read_by_web_players, delivered), None),
    ]
    paths = [path for path in checked if path is not None] or list(delivered)[:1]
    if paths:
        findings = delivery.prover.check(
            (path, LocalFile(delivered[path].size, delivered[path].digest)) for path in paths
        )
        lines = [*map(str, findings), *remedies(findings, delivery.destination)]
        right = f"{' and '.join(map(delivery.prover.url, paths))} answer as they should"
        yield CheckResult("public addresses", not findings, "\n".join(lines) or right)


def _podping(server: str, context: BuildContext) -> CheckResult:
    """Whether there is a token. Only a real announcement would show that it is right."""
    from publisher.outputs.deliver import announce

    if announce.lacks_token(server, context.environment):
        return CheckResult("podping", False, f"{server} needs a token: {announce.TOKEN_ADVICE}")
    has_token = announce.podping_token(context.environment)
    token = "with" if has_token else "without"
    return CheckResult("podping", True, f"{server}, {token} a token in {announce.PODPING_TOKEN}")


def _youtube(series: Series, context: BuildContext) -> CheckResult:
    from publisher.outputs.youtube.maker import open_client, require_channel

    try:
        channel = require_channel(open_client(context, session.now()), series)
    except PublisherError as error:
        return CheckResult("YouTube", False, str(error))
    name = channel.get("snippet", {}).get("title", "")
    return CheckResult("YouTube", True, f"logged in to {name} ({series.youtube.id})")


def _cluster(root: Path, context: BuildContext) -> Iterator[CheckResult]:
    """The cluster in PUBLISHER_CLUSTER: the extra, its scheduler, and what every worker needs."""
    try:
        found = try_cluster(root, context)
    except PublisherError as error:
        yield CheckResult("cluster", False, str(error))
        return
    if found is not None:
        yield CheckResult("cluster", True, found)


def _reviews(root: Path, context: BuildContext) -> Iterator[CheckResult]:
    """The records of review files: an answer to a file without one cannot be read."""
    from publisher.review import records

    folder = root / records.FOLDER
    stored = len(list(folder.glob("*.json"))) if folder.is_dir() else 0
    if not stored:
        return
    readable = list(records.every(root))
    today = session.now().date()
    waiting = sum(record.state(today) == "open" for record in readable)
    text = f"{console.count(stored, 'file')} made, {waiting} without an answer"
    if len(readable) < stored:
        text += f"; {stored - len(readable)} records in {records.FOLDER}/ cannot be read: restore them"
    yield CheckResult("reviews", len(readable) == stored, text)


def _fonts(series: Series | None) -> Iterator[CheckResult]:
    """The fonts of drawn images: for the interface languages, and for every script of the series."""
    from publisher.images import script_fonts

    texts = () if series is None else script_fonts.texts_of(series)
    for row in script_fonts.fonts_by_script((*_interface_texts(), *texts)):
        names = ", ".join(map(_describe_font, row.fonts)) or "none"
        text = f"{names}, for texts in {', '.join(row.languages)}" + (f"; {row.advice}" if row.advice else "")
        yield CheckResult(f"font for drawn images, {row.script}", row.advice is None, text)


def _interface_texts() -> Iterator[tuple[str, str]]:
    """The name of each language that pages speak, in its own letters, and its code."""
    from babel import Locale

    translations = sorted((builtin_folder() / "translations").glob("*.po"))
    for code in ("en", *(path.stem for path in translations)):
        yield Locale.parse(code).get_display_name() or code, code


def _describe_font(font: Font) -> str:
    return f"{font.family.name} ({'bundled' if font.is_bundled else font.path.parent})"


CHECKS: tuple[Callable[[Path, BuildContext], Iterator[CheckResult]], ...] = (
    _ffmpeg,
    _folders,
    _space,
    _catalogue,
    _reviews,
    _cluster,
)
