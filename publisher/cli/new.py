"""``publisher new``: adds a talk to the catalogue."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from publisher import catalogue, files, links
from publisher.cli import console, options, session
from publisher.errors import UsageError


@click.command("new")
@click.argument("slug")
@click.option("--title", required=True, help="As listeners will read it, in any script.")
@click.option(
    "--recording",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The recording; copied into the talk's folder unless it is in the series' folder already.",
)
@click.option("--date", "moment", help="When it appears, such as 2021-02-12T18:00 [default: now].")
@click.option("--guest", "guests", multiple=True, metavar="ID", help="A person's id; repeat for more.")
@click.option("--moderator", metavar="ID", help="A person's id.")
@click.option("--topic", "topics", multiple=True, help="Repeat for more.")
@click.option("--summary", help="A sentence or two: who speaks about what.")
@click.option("--language", help="When it differs from the series' language.")
@click.option("--season", type=click.IntRange(1))
@click.option("--number", type=click.IntRange(1))
@click.option("--draft", is_flag=True, help="Keep it unpublished for now.")
@options.common
def command(slug: str, recording: Path | None, directory: Path | None, as_json: bool, **given: object) -> int:
    """Add a talk to the catalogue, keeping its comments and order."""
    root = session.find_root(directory)
    session.require_catalogue(root)
    links.require_no_link(root, f"episodes/{slug}")
    fields = _fields(given)
    if recording is not None:
        if recording.stat().st_size == 0:
            raise UsageError(f"--recording {recording}: the file is empty; copy it again")
        fields["recording"] = _recording_key(root, slug, recording)
    elif not given["draft"]:
        raise UsageError("--recording FILE is missing; with --draft a talk can wait for its recording")
    with _brought(root, slug, recording):
        catalogue.add_episode(root, slug, fields)
    if as_json:
        options.print_json({"slug": slug, "folder": str(root / "episodes" / slug)})
        return 0
    console.print_line(f'Added "{slug}" to episodes.toml.', "good")
    console.print_line(f"Notes go to episodes/{slug}/notes.md; {_next(fields)}")
    return 0


def _next(fields: dict[str, object]) -> str:
    """What publishes the talk."""
    if "status" in fields:
        return 'take status = "draft" out when it is ready.'
    moment = fields["date"]
    assert isinstance(moment, datetime)
    if moment.astimezone() > session.now():
        written = moment.isoformat(sep=" ", timespec="minutes")
        return f"the first `publisher release` after {written} publishes it."
    return "`publisher release` publishes it."


def _fields(given: dict[str, object]) -> dict[str, object]:
    fields: dict[str, object] = {"title": given["title"], "date": _date(given["moment"])}
    for key in ("language", "season", "number", "summary", "guests", "moderator", "topics"):
        value = given[key]
        if value:
            fields[key] = list(value) if isinstance(value, tuple) else value
    if given["draft"]:
        fields["status"] = "draft"
    return fields


def _date(text: object) -> datetime:
    if text is None:
        return session.now().astimezone()
    try:
        return datetime.fromisoformat(str(text))
    except ValueError as error:
        raise UsageError(
            f"--date {text}: write it as 2021-02-12T18:00, with +01:00 behind it if need be"
        ) from error


def _recording_key(root: Path, slug: str, recording: Path) -> str:
    """How the catalogue names the recording: by its place in the series, or in the talk's folder."""
    path = recording.resolve()
    folder = root / "episodes" / slug
    if path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return (
        path.relative_to(root).as_posix() if path.is_relative_to(root) else f"recording{path.suffix.lower()}"
    )


@contextmanager
def _brought(root: Path, slug: str, recording: Path | None) -> Iterator[None]:
    """Copies the recording beside its place first and puts it there once the catalogue took the talk."""
    if recording is None or recording.resolve().is_relative_to(root):
        yield
        return
    folder = root / "episodes" / slug
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f"{files.TEMP_PREFIX}{secrets.token_hex(4)}"
    try:
        shutil.copyfile(recording, beside)
        yield
        files.move_atomic(beside, folder / f"recording{recording.suffix.lower()}")
    finally:
        beside.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()
