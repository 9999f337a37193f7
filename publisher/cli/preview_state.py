"""What a preview shows: the documents of the last valid state of the series folder, and its media.

Pages show every talk of the catalogue as its release would publish it, drafts and embargoed talks too;
with a time, what will be visible then, and drafts. The feed shows only what is visible. Only the media
that `MediaQueue` makes is written, below .publisher/.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from publisher import ledger, planner, preview_page, site_paths
from publisher.cli import session
from publisher.cli.preview_media import MediaQueue
from publisher.errors import Problem, PublisherError
from publisher.fingerprint import fingerprint
from publisher.gather.series import Session
from publisher.ledger import Ledger
from publisher.model import AudioFacts, Episode, VideoFacts
from publisher.plan import MEDIA_OUTPUTS, Document, Renderer, Step, places_of
from publisher.prepared import as_released, with_ready_drafts
from publisher.preview_page import Note
from publisher.preview_server import Content
from publisher.release_state import ReleaseState
from publisher.run.prepare import remove_stale

logger = logging.getLogger(__name__)

FEED = "feed"
MAX_PROBLEMS = 3
"""Problems of one talk that its page shows."""


@dataclass(frozen=True, slots=True)
class _State:
    link: str = "/"
    documents: Mapping[str, Document] = field(default_factory=dict)
    notes: Mapping[str, Note] = field(default_factory=dict)
    """The note of each talk that is shown, by slug; without a reason that only the queue knows."""
    media: Path = Path()
    """The resolved path of public/media/, which may be an accepted link."""
    prepared: Mapping[str, Path] = field(default_factory=dict)
    """The media that previews made, by their paths under public/."""

    @property
    def marks(self) -> dict[str, str]:
        """The marks of the talks that are not public, by slug."""
        return {slug: note.mark for slug, note in self.notes.items() if note.mark}


class PreviewState:
    """The documents and media that the preview shows. Safe to use from several threads.

    `moment`: the time whose state is shown; None: everything in the catalogue. `folder` is the path below the
    series' link at which it is served, "" or with a slash at its end.
    """

    def __init__(self, root: Path, moment: datetime | None, queue: MediaQueue, folder: str = "") -> None:
        self._root = root
        self._moment = moment
        self._queue = queue
        self._folder = folder
        self._state = _State()
        self.problems: tuple[Problem, ...] = ()
        """The errors of single talks in the catalogue; the other talks are shown."""

    @property
    def link(self) -> str:
        return self._state.link

    def version(self, page: str = "") -> str:
        """A text that changes whenever something on a page changes; with "" on any page."""
        state, folder = self._state, page.rpartition("/")[0]
        inside = f"{folder}/" if folder else ""
        keys = sorted(one.key for path, one in state.documents.items() if path.startswith(inside))
        slug = site_paths.slug_from_page(folder)
        return fingerprint([keys, state.marks, state.notes.get(slug or "")])

    def update(self, opened: Session | None = None) -> None:
        """Reads the series folder again. Raises PublisherError; then the previous state stays.

        `opened` is the series at this moment, with its errors, if it was read just now.
        """
        opened = opened or session.open_series(self._root, moment=self._moment, with_errors=True)
        state, work, now = opened.state, opened.context.work, session.now()
        invalid = frozenset(problem.slug or "" for problem in opened.errors)
        with suppress(OSError):
            # A release or a withdrawal reports a file that cannot be deleted.
            remove_stale(state, opened.makers, opened.context, invalid)
        shown = self._shown(state)
        steps = _media_steps(opened, shown, invalid)
        known = _with_prepared(state.ledger, steps, invalid)
        documents = {document.path: document for document in _documents(opened, shown, known, invalid)}
        if documents.keys() != self._state.documents.keys():
            logger.info("the preview has %d documents", len(documents))
        self._queue.update(state, opened.context, [step for step in steps if step.prepared is None])
        self._state = _State(
            state.series.link,
            documents,
            _notes(_due(shown), opened, known, steps, now),
            (opened.context.public / site_paths.MEDIA).resolve(),
            _prepared_files(steps, work / site_paths.PREPARED_MEDIA),
        )
        self.problems = opened.errors
        if self._moment is not None and not self._folder:
            for episode in _due(state):
                self._queue.request(episode.slug, is_first=False)

    def _shown(self, state: ReleaseState) -> ReleaseState:
        """The state whose talks the pages show."""
        if self._moment is None:
            return as_released(state)
        return replace(state, series=with_ready_drafts(state.series))

    def find(self, path: str) -> Content | None:
        """The content at a path below the series' link; None if there is none."""
        state = self._state
        document = state.documents.get(path)
        if document is not None:
            return self._page(path, document.render()) if path.endswith(".html") else document.render()
        if path == preview_page.STYLE_NAME:
            return preview_page.STYLE.encode()
        if path.startswith(preview_page.STATUS_DIR):
            slug = path.removeprefix(preview_page.STATUS_DIR).removesuffix(".txt")
            return self._media_text(slug).encode() if slug in state.notes else None
        if path in state.prepared:
            return state.prepared[path]
        is_media = path.startswith(site_paths.MEDIA)
        return _file_in(state.media, path.removeprefix(site_paths.MEDIA)) if is_media else None

    def _page(self, path: str, content: bytes) -> bytes:
        """A page with the preview's note and marks. Opening the page of a talk requests its media."""
        prefix = quote((urlsplit(self.link).path or "/") + self._folder)
        page = preview_page.with_marks(content.decode("utf-8"), self._state.marks)
        slug = site_paths.slug_from_page(path.removesuffix("index.html"))
        note = self._state.notes.get(slug or "")
        if slug is not None and note is not None:
            self._queue.request(slug)
            status = f"{prefix}{preview_page.STATUS_DIR}{slug}.txt"
            page = preview_page.with_note(page, replace(note, media=self._media_text(slug)), status)
        return preview_page.with_style(page, prefix + preview_page.STYLE_NAME).encode()

    def _media_text(self, slug: str) -> str:
        return self._state.notes[slug].media or self._queue.status(slug)


def _due(state: ReleaseState) -> tuple[Episode, ...]:
    return tuple(episode for episode in state.series.episodes if episode.is_due(state.now))


# Media


def _media_steps(opened: Session, shown: ReleaseState, invalid: Collection[str]) -> tuple[Step, ...]:
    """The steps that make the media of the talks that are shown; not those that only change tags."""
    slugs = {episode.slug for episode in _due(shown)}.difference(invalid)
    steps = planner.preview_steps(opened.state, opened.makers)
    return tuple(step for step in steps if step.action != "update" and step.episode in slugs)


def _with_prepared(known: Ledger, steps: Iterable[Step], invalid: Iterable[str]) -> Ledger:
    """The receipts after the next release, as far as its media exist already."""
    for slug in invalid:
        # Perhaps the error is in a cut, so that the published files are not what the next release publishes.
        for output in MEDIA_OUTPUTS:
            known = known.with_record(ledger.without_receipt(known.record(slug), output))
    records = dict(known.records)
    for step in steps:
        slug = step.episode or ""
        record = ledger.without_receipt(records.get(slug) or known.record(slug), step.output)
        records[slug] = record if step.prepared is None else ledger.with_receipt(record, step.prepared)
    return replace(known, records=records)


def _prepared_files(steps: Iterable[Step], folder: Path) -> dict[str, Path]:
    facts = (step.prepared.facts for step in steps if step.prepared is not None)
    media = (file for one in facts if isinstance(one, AudioFacts | VideoFacts) for file in one.files)
    return {file.path: folder / file.path for file in media}


def _file_in(folder: Path, path: str) -> Path | None:
    """The file at a path below a folder; None if it does not exist or a link leads out of the folder."""
    try:
        file = (folder / path).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        # Missing, name too long, circular links, NUL character: no published file has such a path.
        return None
    return file if file.is_relative_to(folder) and file.is_file() else None


# Documents


def _documents(
    opened: Session, shown: ReleaseState, known: Ledger, invalid: Collection[str]
) -> Iterator[Document]:
    """The documents of all renderers; without the invalid talks where those cannot be shown."""
    visible = _without(opened.state, invalid)
    for renderer in opened.renderers:
        if renderer.name == FEED:
            yield from _rendered(renderer, visible, known)
            continue
        try:
            yield from tuple(_rendered(renderer, shown, known))
        except (PublisherError, OSError, ValueError):
            if not invalid:
                raise
            yield from _rendered(renderer, _without(shown, invalid), known)


def _rendered(renderer: Renderer, state: ReleaseState, known: Ledger) -> Iterable[Document]:
    places = places_of(renderer.name)
    return renderer.documents(ledger.publication(state.series, known, state.now, places, with_unmade=True))


def _without(state: ReleaseState, slugs: Collection[str]) -> ReleaseState:
    episodes = tuple(episode for episode in state.series.episodes if episode.slug not in slugs)
    return replace(state, series=replace(state.series, episodes=episodes))


# Notes


def _notes(
    episodes: Iterable[Episode], opened: Session, known: Ledger, steps: Iterable[Step], now: datetime
) -> dict[str, Note]:
    """What the preview says about each talk, by slug."""
    by_slug: dict[str | None, list[Step]] = {}
    for step in steps:
        by_slug.setdefault(step.episode, []).append(step)
    return {one.slug: _note(one, opened, known, by_slug.get(one.slug, ()), now) for one in episodes}


def _note(episode: Episode, opened: Session, known: Ledger, steps: Iterable[Step], now: datetime) -> Note:
    """What the preview says about a talk. `episode` is the talk as it is shown."""
    written = opened.series.episode(episode.slug) or episode
    media = _reason_without_audio(episode, opened, known)
    if written.status == "draft":
        return Note("Draft", "Draft: only this preview shows it.", media)
    if written.date > now:
        since = f"Only this preview shows it until {_day(written.date)} {written.date:%Y, %H:%M %Z}."
        return Note(f"From {_day(written.date, now)}", since, media)
    if opened.state.ledger.record(episode.slug).published is None:
        return Note("Not released", "Not released yet.", media)
    changed = [f"{step.output} ({step.reason})" for step in steps]
    if changed:
        text = f"The next release makes again: {', '.join(changed)}. This page shows the result."
        return Note("", text, media)
    return Note(media=media)


def _day(date: datetime, now: datetime | None = None) -> str:
    """``28 November``, with the year if it is not that of `now`."""
    year = "" if now is None or date.year == now.astimezone(date.tzinfo).year else f" {date.year}"
    return f"{date.day} {date:%B}{year}"


def _reason_without_audio(episode: Episode, opened: Session, known: Ledger) -> str:
    """Why a talk has no audio, if its recording or an error is the reason."""
    slug = episode.slug
    problems = [problem for problem in opened.errors if problem.slug == slug]
    audio = known.record(slug).receipts.get("audio")
    if not problems and ((audio is not None and ledger.enclosures(audio)) or episode.recording is not None):
        return ""
    problems += [one for one in opened.warnings if one.key == f'episode "{slug}": recording']
    if problems:
        return "No audio: " + " – ".join(map(str, problems[:MAX_PROBLEMS]))
    if slug in opened.unusable:
        return f"No audio: {opened.unusable[slug]}"
    return 'No audio: the catalogue names no recording of this talk; write recording = "recording.mp4".'
