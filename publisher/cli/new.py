"""``publisher new``: adds a talk to the catalogue."""

from __future__ import annotations

import contextlib
import logging
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from publisher import catalogue, files, symlinks
from publisher.cli import console, options, session
from publisher.errors import UsageError

logger = logging.getLogger(__name__)


@click.command("new")
@click.argument("slug")
@click.option("--title", required=True, help="The title as listeners read it, in any script.")
@click.option(
    "--recording",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The recording; copied to the talk's folder unless it is inside the series folder.",
)
@click.option("--date", "moment", help="The publication date, such as 2021-02-12T18:00 [default: now].")
@click.option("--guest", "guests", multiple=True, metavar="ID", help="A person's id; repeat for more.")
@click.option("--moderator", metavar="ID", help="A person's id.")
@click.option("--topic", "topics", multiple=True, help="A topic; repeat for more.")
@click.option("--summary", help="One or two sentences: who speaks about which subject.")
@click.option("--language", help="The language, if it differs from the series' language.")
@click.option("--season", type=click.IntRange(1), help="The number of the season.")
@click.option("--number", type=click.IntRange(1), help="The number of the talk in its season.")
@click.option("--draft", is_flag=True, help="Do not publish the talk yet.")
@options.common
def command(
    slug: str, recording: Path | None, directory: Path | None, as_json: bool, **values: object
) -> int:
    """Add a talk to the catalogue; its comments and order stay."""
    root = session.find_root(directory)
    session.require_catalogue(root)
    symlinks.require_no_link(root, f"episodes/{slug}")
    fields = _fields(values)
    if recording is not None:
        if recording.stat().st_size == 0:
            raise UsageError(f"--recording {recording}: the file is empty; copy it again")
        fields["recording"] = _recording_key(root, slug, recording)
    elif not values["draft"]:
        raise UsageError("--recording FILE is missing; with --draft the recording can be added later")
    with _copied_recording(root, slug, recording):
        catalogue.add_episode(root, slug, fields)
    if as_json:
        options.print_json({"slug": slug, "folder": str(root / "episodes" / slug)})
        return 0
    console.print_line(f'Added "{slug}" to episodes.toml.', "good")
    console.print_line(f"Write notes to episodes/{slug}/notes.md; {_next_step(fields)}")
    return 0


def _next_step(fields: dict[str, object]) -> str:
    """What the producer does to publish the talk."""
    if "status" in fields:
        return 'remove status = "draft" to publish it.'
    moment = fields["date"]
    assert isinstance(moment, datetime)
    if moment.astimezone() > session.now():
        date = moment.isoformat(sep=" ", timespec="minutes")
        return f"the first `publisher release` after {date} publishes it."
    return "`publisher release` publishes it."


def _fields(values: dict[str, object]) -> dict[str, object]:
    """The keys of the catalogue for the command's options."""
    fields: dict[str, object] = {"title": values["title"], "date": _date(values["moment"])}
    for key in ("language", "season", "number", "summary", "guests", "moderator", "topics"):
        value = values[key]
        if value:
            fields[key] = list(value) if isinstance(value, tuple) else value
    if values["draft"]:
        fields["status"] = "draft"
    return fields


def _date(text: object) -> datetime:
    if text is None:
        return session.now().astimezone()
    try:
        return datetime.fromisoformat(str(text))
    except ValueError as error:
        raise UsageError(
            f"--date {text}: write it as 2021-02-12T18:00, optionally followed by a time zone such as +01:00"
        ) from error


def _recording_key(root: Path, slug: str, recording: Path) -> str:
    """The path in the catalogue: relative to the talk's folder, or else to the series folder."""
    path = recording.resolve()
    folder = root / "episodes" / slug
    if path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return (
        path.relative_to(root).as_posix() if path.is_relative_to(root) else f"recording{path.suffix.lower()}"
    )


@contextmanager
def _copied_recording(root: Path, slug: str, recording: Path | None) -> Iterator[None]:
    """Copies a recording from outside the series; the copy gets its final name after the block."""
    if recording is None or recording.resolve().is_relative_to(root):
        yield
        return
    logger.info("copying the recording %s to the series", recording)
    folder = root / "episodes" / slug
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{files.TEMP_PREFIX}{secrets.token_hex(4)}"
    try:
        shutil.copyfile(recording, temporary)
        yield
        files.move_atomic(temporary, folder / f"recording{recording.suffix.lower()}")
    finally:
        temporary.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()
