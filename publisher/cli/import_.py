"""``publisher import``: takes over what exists: a podcast feed, a WordPress site."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from publisher import catalogue, files, ledger, site_paths
from publisher.cli import console, init, options, session
from publisher.errors import UsageError
from publisher.imports import moving, origins
from publisher.imports.feed import MAX_FEED, read_feed
from publisher.imports.fetch import Fetch, Fetcher
from publisher.imports.model import ImportedSeries
from publisher.imports.origins import FOLDER, Origins
from publisher.imports.report import (
    ADDED,
    CHOICE,
    COMPLETED,
    DIFFERENT,
    FAILED,
    UNCHANGED,
    Report,
    describe,
)
from publisher.imports.talk_files import MediaFiles
from publisher.imports.wordpress import read_wordpress
from publisher.imports.writer import Choices, Sources, Writer
from publisher.media.ffmpeg import Ffmpeg
from publisher.run.adopt import Adopt

LOCAL = "PUBLISHER_IMPORT_LOCAL"
"""The variable that allows imports to read from servers of this machine: for tests, and between own ones."""

Read = Callable[[Fetch], ImportedSeries]


@dataclass(frozen=True, slots=True)
class _Options:
    """The options that all sources have."""

    dry: bool
    as_json: bool
    choices: Choices
    owner: str | None = None
    link: str | None = None


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


@click.group("import")
def command() -> None:
    """Take over what exists; nothing of it that is private becomes public.

    Importing again continues, and changes nothing that was imported; `--dry` shows what would be done.
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


# Options


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


def _choices(accept_people: bool, matches: tuple[str, ...], take: tuple[str, ...]) -> Choices:
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
    return Choices(accept_people, by_number, frozenset(pairs))


# The import


def _import(
    source: str, read: Read, directory: Path | None, chosen: _Options, raw: Path | None = None
) -> int:
    root = (directory or Path.cwd()).resolve() if directory else session.find_root(None)
    fetcher = Fetcher(allow_local=bool(os.environ.get(LOCAL)))
    report = Report(source, chosen.dry)
    if chosen.dry:
        series = read(fetcher)
        with console.progress(chosen.as_json) as progress:
            writer = _writer(root, series, origins.load(root), chosen, report)
            writer.run(None, progress)
        return _print(report, series, root, chosen.as_json)
    root.mkdir(parents=True, exist_ok=True)
    context = session.build_context(root)
    with session.series_lock(root, context), console.progress(chosen.as_json) as progress:
        known = origins.load(root)
        day = session.now().date().isoformat()
        fetch = origins.keeping(fetcher, known, day)
        series = read(fetch)
        _require_owner(series, chosen.owner, report)
        if raw is not None:
            known.keep_raw_file(raw, day)
        writer = _writer(root, series, known, chosen, report)
        if writer.is_new:
            _start(root, writer, series, chosen, fetch)
        else:
            init.update_gitignore(root)
        media = MediaFiles(fetcher, Ffmpeg.find(context.environment), context.work)
        try:
            writer.run(Sources(fetch, media), progress)
        finally:
            known.save()
        _adopt(root, known, report)
        _write_redirects(root, series, known, report, day)
        known.save()
    return _print(report, series, root, chosen.as_json)


def _writer(root: Path, series: ImportedSeries, known: Origins, chosen: _Options, report: Report) -> Writer:
    report.series += list(series.not_understood)
    return Writer(root, series, known, ledger.load_readable(root), session.now(), chosen.choices, report)


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
    for media in pending.values():
        for path in media.values():
            if path.is_relative_to(opened.context.work):
                path.unlink(missing_ok=True)
    known.pending.clear()


def _write_redirects(root: Path, series: ImportedSeries, known: Origins, report: Report, day: str) -> None:
    """Writes the redirects of the old pages, and says what to set at the old host."""
    loaded = catalogue.read(root, lambda path: "").series
    if loaded is None:
        return
    pairs = []
    for talk in series.talks:
        imported = known.talks.get((talk.origin.kind, talk.origin.id))
        if imported is not None and talk.page and talk.visible:
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
        console.print_line(f"Not taken over: {text}", "warn")
    counts = [
        (len(report.of(state)), state) for state in (ADDED, COMPLETED, UNCHANGED, DIFFERENT, CHOICE, FAILED)
    ]
    summary = ", ".join(f"{count} {state}" for count, state in counts if count) or "no talks"
    would = "Would be: " if report.is_dry else ""
    console.print_line(f"{would}{summary}.", "good" if status == 0 else "warn")
    if report.kept:
        console.print_line(
            f"{console.count(len(report.kept), 'talk')} keep their audio byte for byte: "
            "no listener downloads it again."
        )
    for line in report.moving:
        console.print_line(line)
    if report.of(FAILED):
        console.print_line("Run the same command again: it continues with what failed.", "warn")
    if not report.is_dry and report.of(ADDED):
        console.print_line("Next: " + console.command_line("plan", root=root))
    return status
