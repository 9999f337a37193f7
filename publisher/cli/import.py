"""``publisher import``: takes over what exists: a feed, a WordPress site, a YouTube channel, a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from publisher import catalogue, files, ledger, site_paths
from publisher.catalogue.starter import DEFAULTS
from publisher.cli import console, init, options, session
from publisher.errors import UsageError
from publisher.gather.series import DIGESTS, EPISODES
from publisher.imports import moving, origins
from publisher.imports.addresses import FetchError
from publisher.imports.audio_fingerprint import SoundIndex
from publisher.imports.feed import MAX_FEED, read_feed
from publisher.imports.fetch import LOCAL, Fetch, Fetcher
from publisher.imports.file_tree import list_files
from publisher.imports.folder import NO_DATE, Tools, read_folder
from publisher.imports.local_files import LocalFiles
from publisher.imports.matching import Present
from publisher.imports.model import ImportedSeries, ImportedTalk
from publisher.imports.origins import FOLDER, Origins
from publisher.imports.report import (
    ADDED,
    CHOICE,
    COMPLETED,
    DIFFERENT,
    FAILED,
    REMOVED,
    UNCHANGED,
    Report,
    TalkReport,
    describe,
)
from publisher.imports.takeout import read_takeout
from publisher.imports.talk_files import MediaFiles
from publisher.imports.wordpress import read_wordpress
from publisher.imports.writer import Choices, Listen, Sources, Writer
from publisher.imports.youtube_channel import RAW, Captions, read_channel
from publisher.imports.youtube_files import INFO, read_info_files
from publisher.media.ffmpeg import Ffmpeg
from publisher.outputs.youtube.maker import open_client
from publisher.run.adopt import Adopt

Read = Callable[[Fetch], ImportedSeries]


@dataclass(frozen=True, slots=True)
class _Options:
    """The options that all sources have."""

    dry: bool
    as_json: bool
    choices: Choices
    owner: str | None = None
    link: str | None = None
    dates: Mapping[int, datetime] = field(default_factory=dict)


def _common(function: Callable[..., int]) -> Callable[..., int]:
    """The options of every source."""
    for option in reversed(
        (
            click.option("--dry", is_flag=True, help="Show what would be taken over; write nothing."),
            click.option("--link", metavar="URL", help="Where the new site will be served."),
            click.option(
                "--accept-people", is_flag=True, help="Take over the people found in running text too."
            ),
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
    ):
        function = option(function)
    return options.common(function)


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


@click.group("import")
def command() -> None:
    """Take over a podcast feed or a WordPress site; `--dry` shows it.

    Nothing that is private there becomes public. Importing again continues, and changes nothing that was
    imported. Each subcommand takes -C DIR and --json.
    """


@command.command("feed")
@click.argument("source", metavar="FILE|URL")
@click.option("--owner", metavar="EMAIL", help="The owner's e-mail address, for a feed that is locked.")
@_common
def feed(
    source: str,
    owner: str | None,
    dry: bool,
    link: str | None,
    accept_people: bool,
    matches: tuple[str, ...],
    take: tuple[str, ...],
    directory: Path | None,
    as_json: bool,
) -> int:
    """Take over a podcast feed with all its pages and media; no listener downloads anything again."""
    chosen = _Options(dry, as_json, _choices(accept_people, matches, take), owner, link)
    if re.match(r"https?://", source, re.IGNORECASE):
        return _import(
            source, lambda fetch: read_feed(source, fetch(source, MAX_FEED), fetch, source), directory, chosen
        )
    path = _existing(source, "feed")
    content = _content(path)

    def read(fetch: Fetch) -> ImportedSeries:
        return read_feed(path.name, content, fetch)

    return _import(path.name, read, directory, chosen, path)


@command.command("wordpress")
@click.argument("source", metavar="EXPORT.xml")
@click.option("--category", help="Only the posts of this category (name or slug).")
@click.option("--tag", help="Only the posts with this tag (name or slug).")
@_common
def wordpress(
    source: str,
    category: str | None,
    tag: str | None,
    dry: bool,
    link: str | None,
    accept_people: bool,
    matches: tuple[str, ...],
    take: tuple[str, ...],
    directory: Path | None,
    as_json: bool,
) -> int:
    """Take over the posts of a WordPress site; drafts, private and locked posts stay drafts."""
    path = _existing(source, "wordpress")
    chosen = _Options(dry, as_json, _choices(accept_people, matches, take), None, link)
    return _import(path.name, lambda fetch: read_wordpress(path, category, tag), directory, chosen, path)


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
@_common
def youtube(
    source: str | None,
    playlist: str | None,
    captions: Captions,
    dates: tuple[str, ...],
    by_sound: bool,
    dry: bool,
    link: str | None,
    accept_people: bool,
    matches: tuple[str, ...],
    take: tuple[str, ...],
    directory: Path | None,
    as_json: bool,
) -> int:
    """Take over the videos of a channel: of the login, of a folder by yt-dlp, or of a Google Takeout.

    Without FOLDER the channel is read through YouTube's API, after `publisher youtube login`. What not
    everybody can find there becomes a draft.
    """
    chosen = _Options(
        dry, as_json, _choices(accept_people, matches, take, by_sound), None, link, _days(dates)
    )
    if source is not None:
        place = _local_place(source, playlist)
        root = _root(directory)
        _require_apart(place, root)
        read = partial(_read_videos, place)
        return _import(place.name, lambda fetch: read(), directory, chosen, local=_folder_of(place))
    root = _root(directory)
    context = session.build_context(root)
    store = context.work / "import-youtube"

    def read_api(fetch: Fetch) -> ImportedSeries:
        client = open_client(context, session.now())
        # A dry run shows the talks, and spends no quota on captions.
        return read_channel(
            client,
            store,
            "none" if dry else captions,
            playlist,
            _known_channel(root),
            keep_raw=not dry,
        )

    return _import("YouTube", read_api, directory, chosen, store / RAW, local=store)


@command.command("folder")
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--dates-from-files",
    is_flag=True,
    help="Use the recorder's clock, or else the last change, where a name has no date.",
)
@_date
@_by_sound
@_common
def folder(
    source: Path,
    dates_from_files: bool,
    dates: tuple[str, ...],
    by_sound: bool,
    dry: bool,
    link: str | None,
    accept_people: bool,
    matches: tuple[str, ...],
    take: tuple[str, ...],
    directory: Path | None,
    as_json: bool,
) -> int:
    """Take over recordings, transcripts and notes that lie in a folder, as drafts; DIR is only read."""
    chosen = _Options(
        dry, as_json, _choices(accept_people, matches, take, by_sound), None, link, _days(dates)
    )
    root = _root(directory)
    _require_apart(source, root)
    context = session.build_context(root)
    ffmpeg = Ffmpeg.find(context.environment)
    digests = files.DigestCache(context.work / DIGESTS)
    tools = Tools(ffmpeg.probe, ffmpeg.metadata, digests.of)

    def read(fetch: Fetch) -> ImportedSeries:
        return read_folder(source, tools, dates_from_files=dates_from_files)

    return _import(source.name, read, directory, chosen, local=source)


# Options


def _root(directory: Path | None) -> Path:
    return directory.resolve() if directory else session.find_root(None)


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


def _choices(
    accept_people: bool, matches: tuple[str, ...], take: tuple[str, ...], by_sound: bool = False
) -> Choices:
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


# The import


def _import(
    source: str,
    read: Read,
    directory: Path | None,
    chosen: _Options,
    raw: Path | None = None,
    *,
    local: Path | None = None,
) -> int:
    """Imports a source; `local` is the folder in which its files are, if they are on this machine."""
    root = _root(directory)
    fetcher = Fetcher(allow_local=bool(os.environ.get(LOCAL)))
    report = Report(source, chosen.dry)
    if chosen.dry:
        known = origins.load(root)
        series = _dated(read(fetcher), known, chosen, report, is_local=local is not None)
        with console.progress(chosen.as_json) as progress:
            writer = _writer(root, series, known, chosen, report, _listener(root, local))
            writer.run(None, progress)
        return _print(report, series, root, chosen.as_json)
    root.mkdir(parents=True, exist_ok=True)
    context = session.build_context(root)
    with session.series_lock(root, context), console.progress(chosen.as_json) as progress:
        known = origins.load(root)
        day = session.now().date().isoformat()
        fetch = origins.keeping(fetcher, known, day)
        series = _dated(read(fetch), known, chosen, report, is_local=local is not None)
        _require_owner(series, chosen.owner, report)
        if raw is not None:
            known.keep_raw_file(raw, day)
        writer = _writer(root, series, known, chosen, report, _listener(root, local))
        ffmpeg = Ffmpeg.find(context.environment)
        media: MediaFiles | LocalFiles = MediaFiles(fetcher, ffmpeg, context.work)
        if local is not None:
            fetch = media = LocalFiles(local, fetcher, ffmpeg)
        if writer.is_new:
            _start(root, writer, series, chosen, fetch)
        else:
            init.update_gitignore(root)
        try:
            writer.run(Sources(fetch, media), progress)
        finally:
            known.save()
        _adopt(root, known, report)
        _write_redirects(root, series, known, report, day)
        known.save()
    return _print(report, series, root, chosen.as_json)


def _dated(
    series: ImportedSeries, known: Origins, chosen: _Options, report: Report, *, is_local: bool
) -> ImportedSeries:
    """The series with the dates that the producer gave, now or before; talks without any are left to do.

    Feeds and sites have dates; their drafts without one may have that of the import.
    """
    if not is_local:
        return series
    talks = []
    for talk in series.talks:
        before = known.talks.get((talk.origin.kind, talk.origin.id))
        given = chosen.dates.get(talk.origin.number)
        remembered = before.values.get("date") if before is not None else None
        date = given or talk.date or (datetime.fromisoformat(str(remembered)) if remembered else None)
        if date is not None:
            told = tuple(text for text in talk.not_understood if talk.date or not text.startswith(NO_DATE))
            talks.append(replace(talk, date=date, not_understood=told))
            continue
        number = talk.origin.number
        why = f"it has no date; give it one: --date {number}=2021-03-02"
        report.talks.append(
            TalkReport(number, talk.title, FAILED, None, why, notes=list(talk.not_understood))
        )
    return replace(series, talks=tuple(talks))


def _listener(root: Path, local: Path | None) -> Listen | None:
    """Compares recordings in the folder `local` with those of the catalogue."""
    if local is None:
        return None
    context = session.build_context(root)
    ffmpeg = Ffmpeg.find(context.environment)
    index = SoundIndex(
        ffmpeg, context.work / site_paths.FINGERPRINTS_DIR, files.DigestCache(context.work / DIGESTS).of
    )
    sources = LocalFiles(local, _fetch_nothing, ffmpeg)

    def listen(talk: ImportedTalk, present: Sequence[Present]) -> tuple[tuple[str, float, float], ...]:
        others = {one.slug: path for one in present if (path := _recording_of(root, one)) is not None}
        if not talk.media or not others:
            return ()
        return index.compare(sources.path_of(talk.media[0].place), others)

    return listen


def _fetch_nothing(url: str, max_bytes: int) -> bytes:
    raise FetchError(f"{url}: is not fetched to compare sounds")


def _recording_of(root: Path, one: Present) -> Path | None:
    """The recording of a talk of the catalogue, if it is there."""
    name = one.values.get("recording")
    places = [root / EPISODES / one.slug / name, root / name] if isinstance(name, str) else []
    return next((place for place in places if place.is_file()), None)


def _writer(
    root: Path,
    series: ImportedSeries,
    known: Origins,
    chosen: _Options,
    report: Report,
    listen: Listen | None,
) -> Writer:
    report.series += list(series.not_understood)
    report.hints += list(series.hints)
    return Writer(
        root, series, known, ledger.load_readable(root), session.now(), chosen.choices, report, listen
    )


def _require_owner(series: ImportedSeries, owner: str | None, report: Report) -> None:
    """Raises UsageError for a locked feed whose owner did not confirm the import."""
    if not series.locked:
        return
    expected = series.locked_owner or series.owner_email
    if expected is None:
        report.series.append("the feed is locked and names no owner: take it over only if it is yours")
    elif owner is None:
        raise UsageError(
            "the feed is locked: its owner does not want other platforms to import it. If it is yours, "
            "confirm with --owner and the e-mail address that the feed gives as its owner's"
        )
    elif owner.strip().casefold() != expected.casefold():
        raise UsageError("--owner is not the e-mail address that the feed gives as its owner's")


def _start(root: Path, writer: Writer, series: ImportedSeries, chosen: _Options, fetch: Fetch) -> None:
    """Writes the catalogue of a new series with the values of the source."""
    values = writer.series_values()
    if chosen.link is not None:
        values["link"] = chosen.link
    else:
        shown = values.get("link", DEFAULTS["link"])
        writer.note(f"--link was not given, so link = {shown}: change it if public/ will be served elsewhere")
    if series.feed is not None and "guid" not in values:
        # The guid that directories derive from the old address; the new one would give another.
        values["guid"] = ledger.feed_guid(series.feed)
    writer.start(values, partial(_write_series, root), fetch)


def _write_series(root: Path, content: bytes) -> None:
    init.start_series(root, content)


def _adopt(root: Path, known: Origins, report: Report) -> None:
    """Writes the receipts of media that stay as they are."""
    if not known.pending:
        return
    opened = session.open_series(root, with_errors=True)
    pending = {
        slug: {form: root / path for form, path in media.items()}
        for slug, media in known.pending.items()
        if all((root / path).is_file() for path in media.values())
    }
    adopted = Adopt(opened.state, opened.makers, opened.context)
    adopted.run(pending)
    report.kept, report.series = adopted.kept, report.series + adopted.unknown
    for slug, media in pending.items():
        for path in media.values():
            if slug not in adopted.waiting and path.is_relative_to(opened.context.work):
                path.unlink(missing_ok=True)
    # A draft has no receipt yet: once it is ready, the next import takes over its file.
    known.pending = {slug: media for slug, media in known.pending.items() if slug in adopted.waiting}


def _write_redirects(root: Path, series: ImportedSeries, known: Origins, report: Report, day: str) -> None:
    """Writes the redirects of the old pages, and says what to set at the old host."""
    loaded = catalogue.read(root, lambda path: "").series
    if loaded is None:
        return
    pairs = []
    for talk in series.talks:
        imported = known.talks.get((talk.origin.kind, talk.origin.id))
        episode = loaded.episode(imported.slug) if imported is not None else None
        if imported is not None and episode is not None and episode.status == "ready" and talk.page:
            pairs.append((talk.page, site_paths.url(loaded, site_paths.episode_page(imported.slug))))
    listed = moving.redirects(pairs)
    if series.feed and series.feed != loaded.feed_url:
        report.moving += list(moving.feed_lines(series.feed, loaded.feed_url))
    if listed:
        named: Mapping[str, str] = {
            "redirects.nginx.conf": moving.for_nginx(listed),
            "redirects.htaccess": moving.for_apache(listed),
            "_redirects": moving.for_netlify(listed),
        }
        for name, text in named.items():
            files.write_if_changed(root / FOLDER / name, text.encode())
        report.moving.append(
            f"{console.count(len(listed), 'old page')} should redirect: {FOLDER}/redirects.nginx.conf, "
            ".htaccess and _redirects have the lines for nginx, Apache and Netlify"
        )


# The report


def _print(report: Report, series: ImportedSeries, root: Path, as_json: bool) -> int:
    status = 3 if report.of(CHOICE) else 1 if report.of(FAILED) else 0
    if as_json:
        options.print_json(report.to_json())
        return status
    for talk in report.talks:
        for style, line in describe(talk):
            console.print_line(line, *((style,) if style else ()))
    for text in report.series:
        console.print_line(f"The series: {text}", "warn")
    counts = [
        (len(report.of(state)), state)
        for state in (ADDED, COMPLETED, UNCHANGED, DIFFERENT, REMOVED, CHOICE, FAILED)
    ]
    summary = ", ".join(f"{count} {state}" for count, state in counts if count) or "no talks"
    would = "Would be: " if report.is_dry else ""
    console.print_line(f"{would}{summary}.", "good" if status == 0 else "warn")
    if report.kept:
        console.print_line(
            f"{console.count(len(report.kept), 'talk')} keep their audio byte for byte: "
            "no listener downloads it again."
        )
    for line in (*report.hints, *report.moving) if report.of(ADDED) else report.moving:
        console.print_line(line)
    if report.of(FAILED):
        console.print_line("Run the same command again: it continues with what failed.", "warn")
    if not report.is_dry and report.of(ADDED):
        console.print_line("Next: " + console.command_line("plan", root=root))
    return status
