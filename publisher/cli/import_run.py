"""Runs an import: reads the source, writes the catalogue and the files, and prints the report.

The command line of each source is in `publisher.cli.import`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from publisher import catalogue, files, ledger, site_paths
from publisher.catalogue.starter import DEFAULTS
from publisher.cli import console, init, options, session
from publisher.errors import UsageError
from publisher.gather.series import DIGESTS, EPISODES
from publisher.imports import moving, origins
from publisher.imports.addresses import FetchError
from publisher.imports.audio_fingerprint import SoundIndex
from publisher.imports.fetch import LOCAL, Fetch, Fetcher
from publisher.imports.folder import NO_DATE
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
from publisher.imports.talk_files import MediaFiles
from publisher.imports.writer import Choices, Listen, Sources, Writer
from publisher.media.ffmpeg import Ffmpeg
from publisher.run.adopt import Adopt

Read = Callable[[Fetch], ImportedSeries]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The options that all sources have; `root` is the folder of the series, which may not exist yet."""

    root: Path
    dry: bool
    as_json: bool
    choices: Choices
    owner: str | None = None
    link: str | None = None
    dates: Mapping[int, datetime] = field(default_factory=dict)
    """By the talk's number in the source."""


def import_series(
    source: str,
    read: Read,
    chosen: ImportOptions,
    raw: Path | None = None,
    *,
    local: Path | None = None,
) -> int:
    """Imports the source that `read` reads, prints the report, and returns the exit status.

    `raw` is the file to keep with the import; `local` is the folder in which the source's files are, if they
    are on this machine. Raises UsageError, FetchError.
    """
    root = chosen.root
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
    series: ImportedSeries, known: Origins, chosen: ImportOptions, report: Report, *, is_local: bool
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
    chosen: ImportOptions,
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


def _start(root: Path, writer: Writer, series: ImportedSeries, chosen: ImportOptions, fetch: Fetch) -> None:
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
