"""``publisher import``: takes over what exists: a feed, a WordPress site, a YouTube channel, a folder."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from publisher import catalogue, files
from publisher.cli import options, session
from publisher.cli.import_run import ImportOptions, import_series
from publisher.errors import UsageError
from publisher.gather.series import DIGESTS, EPISODES
from publisher.imports.feed import MAX_FEED, read_feed
from publisher.imports.fetch import Fetch
from publisher.imports.file_tree import list_files
from publisher.imports.folder import Tools, read_folder
from publisher.imports.model import ImportedSeries
from publisher.imports.origins import FOLDER
from publisher.imports.takeout import read_takeout
from publisher.imports.wordpress import read_wordpress
from publisher.imports.writer import Choices
from publisher.imports.youtube_channel import RAW, Captions, read_channel
from publisher.imports.youtube_files import INFO, read_info_files
from publisher.media.ffmpeg import Ffmpeg
from publisher.outputs.youtube.maker import open_client

COMMON = (
    click.option("--dry", is_flag=True, help="Show what would be taken over; write nothing."),
    click.option("--link", metavar="URL", help="Where the new site will be served."),
    click.option("--accept-people", is_flag=True, help="Take over the people found in running text too."),
    click.option(
        "--match",
        "matches",
        multiple=True,
        metavar="N=SLUG|new",
        help="The talk of the catalogue that talk N of the source is; repeat for more.",
    ),
    click.option(
        "--take",
        multiple=True,
        metavar="SLUG:KEY",
        help="Replace a value of the catalogue by that of the source; repeat for more.",
    ),
)
"""The options of every source."""

_date = click.option(
    "--date",
    "dates",
    multiple=True,
    metavar="N=DATE",
    help="The date of talk N of the source; repeat for more.",
)

_by_sound = click.option(
    "--by-sound",
    is_flag=True,
    help="Compare the recordings with all of the catalogue, to find talks under other titles.",
)


def _options(function: Callable[..., int]) -> Callable[..., int]:
    """Adds the options of every source; `function` gets their values as the ImportOptions `chosen`."""

    @functools.wraps(function)
    def run(
        *,
        directory: Path | None,
        dry: bool,
        as_json: bool,
        link: str | None,
        accept_people: bool,
        matches: tuple[str, ...],
        take: tuple[str, ...],
        owner: str | None = None,
        dates: tuple[str, ...] = (),
        by_sound: bool = False,
        **source: object,
    ) -> int:
        root = directory.resolve() if directory else session.find_root(None)
        choices = _choices(accept_people, matches, take, by_sound)
        chosen = ImportOptions(root, dry, as_json, choices, owner, link, _days(dates))
        return function(chosen=chosen, **source)

    decorated: Callable[..., int] = run
    for option in reversed(COMMON):
        decorated = option(decorated)
    return options.common(decorated)


@click.group("import")
def command() -> None:
    """Take over a feed, a WordPress site, a YouTube channel or a folder.

    Nothing that is private there becomes public. Importing again continues, and changes nothing that was
    imported. Each subcommand takes -C DIR and --json.
    """


@command.command("feed")
@click.argument("source", metavar="FILE|URL")
@click.option("--owner", metavar="EMAIL", help="The owner's e-mail address, for a feed that is locked.")
@_options
def feed(source: str, chosen: ImportOptions) -> int:
    """Take over a podcast feed with all its pages and media; no listener downloads anything again."""
    if re.match(r"https?://", source, re.IGNORECASE):
        return import_series(
            source, lambda fetch: read_feed(source, fetch(source, MAX_FEED), fetch, source), chosen
        )
    path = _existing(source, "feed")
    content = _content(path)

    def read(fetch: Fetch) -> ImportedSeries:
        return read_feed(path.name, content, fetch)

    return import_series(path.name, read, chosen, path)


@command.command("wordpress")
@click.argument("source", metavar="EXPORT.xml")
@click.option("--category", help="Only the posts of this category (name or slug).")
@click.option("--tag", help="Only the posts with this tag (name or slug).")
@_options
def wordpress(source: str, category: str | None, tag: str | None, chosen: ImportOptions) -> int:
    """Take over the posts of a WordPress site; drafts, private and locked posts stay drafts."""
    path = _existing(source, "wordpress")
    return import_series(path.name, lambda fetch: read_wordpress(path, category, tag), chosen, path)


@command.command("youtube")
@click.argument("source", required=False, metavar="[FOLDER|FILE]")
@click.option("--playlist", metavar="ID", help="Only the videos of this playlist of the channel.")
@click.option(
    "--captions",
    type=click.Choice(["all", "manual", "none"]),
    default="all",
    show_default=True,
    help="Which captions become transcripts; manual: none made by speech recognition.",
)
@_date
@_by_sound
@_options
def youtube(source: str | None, playlist: str | None, captions: Captions, chosen: ImportOptions) -> int:
    """Take over the videos of a channel: of the login, of a folder by yt-dlp, or of a Google Takeout.

    Without FOLDER the channel is read through YouTube's API, after `publisher youtube login`. Videos that are
    not public there become drafts.
    """
    if source is not None:
        place = _local_place(source, playlist)
        _require_apart(place, chosen.root)
        return import_series(place.name, lambda fetch: _read_videos(place), chosen, local=_folder_of(place))
    context = session.build_context(chosen.root)
    store = context.work / "import-youtube"

    def read(fetch: Fetch) -> ImportedSeries:
        client = open_client(context, session.now())
        # A dry run shows the talks, and spends no quota on captions.
        wanted: Captions = "none" if chosen.dry else captions
        known = _known_channel(chosen.root)
        return read_channel(client, store, wanted, playlist, known, keep_raw=not chosen.dry)

    return import_series("YouTube", read, chosen, store / RAW, local=store)


@command.command("folder")
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--dates-from-files",
    is_flag=True,
    help="Use the recorder's clock, or else the last change, where a name has no date.",
)
@_date
@_by_sound
@_options
def folder(source: Path, dates_from_files: bool, chosen: ImportOptions) -> int:
    """Take over recordings, transcripts and notes that lie in a folder, as drafts; DIR is only read."""
    _require_apart(source, chosen.root)
    context = session.build_context(chosen.root)
    ffmpeg = Ffmpeg.find(context.environment)
    tools = Tools(ffmpeg.probe, ffmpeg.metadata, files.DigestCache(context.work / DIGESTS).of)

    def read(fetch: Fetch) -> ImportedSeries:
        return read_folder(source, tools, dates_from_files=dates_from_files)

    return import_series(source.name, read, chosen, local=source)


# Values of options


def _require_apart(place: Path, root: Path) -> None:
    """Raises UsageError if the source contains the series, or is a part of it that publisher writes."""
    own, root = place.resolve(), root.resolve()
    written = [root / name for name in (EPISODES, "public", ".publisher", FOLDER)]
    if root.is_relative_to(own) or any(own.is_relative_to(folder) for folder in written):
        raise UsageError(
            f"{place} and the series in {root} must be apart: give a folder that does not contain the "
            "series, or name the series with -C"
        )


def _local_place(source: str, playlist: str | None) -> Path:
    place = Path(source)
    if playlist is not None:
        raise UsageError(
            "--playlist chooses from the channel; leave out the folder, or give one of the playlist"
        )
    if place.suffix.lower() in (".zip", ".tgz", ".gz", ".tar") and place.is_file():
        raise UsageError(
            f"{source} is an archive: unpack all parts of the Takeout into one folder, and give it"
        )
    if not place.exists():
        raise UsageError(f"there is no folder {source}")
    return place


def _folder_of(place: Path) -> Path:
    return place if place.is_dir() else place.parent


def _read_videos(place: Path) -> ImportedSeries:
    """The videos of yt-dlp's files, or else of a Takeout."""
    if place.is_file() or any(file.name.lower().endswith(INFO) for file in list_files(place).files):
        return read_info_files(place)
    return read_takeout(place)


def _known_channel(root: Path) -> str | None:
    """The channel that the catalogue names."""
    if not (root / catalogue.FILE).is_file():
        return None
    loaded = catalogue.read(root, lambda path: "").series
    return loaded.youtube.id if loaded is not None else None


def _days(dates: tuple[str, ...]) -> dict[int, datetime]:
    """The dates that the producer gives, by the talk's number. Raises UsageError with every wrong one."""
    found: dict[int, datetime] = {}
    problems = []
    for text in dates:
        number, equals, day = text.partition("=")
        try:
            moment = datetime.fromisoformat(day)
            if not (equals and number.isdecimal() and len(number) < 9):
                raise ValueError
        except ValueError:
            problems.append(f"--date {text}: write the talk's number and its date: --date 3=2021-03-02")
            continue
        if len(day) <= 10:
            moment = moment.replace(hour=12)
        found[int(number)] = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if problems:
        raise UsageError("\n".join(problems))
    return found


def _existing(source: str, kind: str) -> Path:
    path = Path(source)
    if not path.is_file():
        hint = "" if kind == "wordpress" else "; an address begins with https://"
        raise UsageError(f"there is no file {source}{hint}")
    return path


def _content(path: Path) -> bytes:
    if path.stat().st_size > MAX_FEED:
        raise UsageError(f"{path.name} has {path.stat().st_size} bytes; a feed has {MAX_FEED} at most")
    return files.read_bytes(path)


def _choices(accept_people: bool, matches: tuple[str, ...], take: tuple[str, ...], by_sound: bool) -> Choices:
    """The producer's decisions. Raises UsageError with every wrong one."""
    problems: list[str] = []
    by_number: dict[int, str] = {}
    for text in matches:
        number, equals, slug = text.partition("=")
        if equals and slug and number.isdecimal() and len(number) < 9:
            by_number[int(number)] = slug
        else:
            problems.append(f"--match {text}: write the talk's number and a slug or new: --match 3=a-talk")
    pairs = [(slug, key) for slug, colon, key in (text.partition(":") for text in take) if colon and key]
    if len(pairs) < len(take):
        problems.append("--take: write a slug and a key: --take a-talk:title")
    if problems:
        raise UsageError("\n".join(problems))
    return Choices(accept_people, by_number, frozenset(pairs), by_sound)
