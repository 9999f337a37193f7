"""Writes imported talks into the series: catalogue, notes, transcripts, pictures, recordings.

Each talk is whole before the next one begins: its files first, then its entry, then the note of its origin.
So an import that was interrupted continues, and the same import again changes nothing.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from publisher import catalogue, files, symlinks
from publisher.errors import CatalogueError, MediaError
from publisher.imports import audio_fingerprint, talk_files
from publisher.imports.addresses import FetchError
from publisher.imports.entries import People, TalkEntry, as_json, entry_of, series_values, slug_of
from publisher.imports.fetch import Fetch
from publisher.imports.local_files import LocalFiles
from publisher.imports.matching import Match, Present, differences, from_other_sources, match
from publisher.imports.model import ImportedFile, ImportedSeries, ImportedTalk
from publisher.imports.origins import Known, Origins
from publisher.imports.present import read_present
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
)
from publisher.imports.series_files import add_people, new_catalogue
from publisher.imports.talk_files import Media, MediaFiles
from publisher.ledger import Ledger
from publisher.progress import Progress

logger = logging.getLogger(__name__)

KEPT_FORMATS = {"audio/mpeg": "mp3", "audio/mp3": "mp3", "audio/x-m4a": "m4a", "audio/mp4": "m4a",
                "audio/m4a": "m4a", "audio/opus": "opus", "audio/ogg": "opus"}  # fmt: skip
FORMATS = ("mp3", "m4a", "opus")

Listen = Callable[[ImportedTalk, Sequence[Present]], tuple[tuple[str, float, float], ...]]
"""Compares the recording of an imported talk with those of talks: (slug, score, offset), the best first."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the producer decided on the command line.

    `matches`: a slug or ``new``, by the number of a talk. `take`: (slug, key) whose value of the source
    replaces that of the catalogue.
    """

    accept_people: bool = False
    matches: Mapping[int, str] = field(default_factory=dict)
    take: frozenset[tuple[str, str]] = frozenset()
    by_sound: bool = False
    """Whether talks are also compared by their sound with every recording of the catalogue."""
    numbers: frozenset[int] | None = None
    """The talks to import; None: all."""


@dataclass(slots=True)
class Sources:
    """Where the writer gets files from: pictures and transcripts (`fetch`), media (`media`)."""

    fetch: Fetch
    media: MediaFiles | LocalFiles | None
    """None for an import without recordings."""


class Writer:
    """The import of one series into the folder `root`, which has a catalogue unless `is_new`."""

    def __init__(
        self,
        root: Path,
        series: ImportedSeries,
        origins: Origins,
        ledger: Ledger,
        now: datetime,
        choices: Choices,
        report: Report,
        listen: Listen | None = None,
    ) -> None:
        self._root, self._series, self._origins, self._ledger = root, series, origins, ledger
        self._now, self._choices, self._report = now, choices, report
        self._listen = listen
        self.note = report.series.append
        self.is_new = not (root / catalogue.FILE).is_file()
        self._formats = _usual_formats(series)
        self._series_formats: tuple[str, ...] | None = None
        self._published = {record.guid: slug for slug, record in ledger.records.items() if record.guid}
        self._used = {
            *ledger.records,
            *(old for one in ledger.records.values() for old in one.previous_slugs),
        }
        """Slugs under which anything was published: a new talk gets none of them."""

    # The series

    def series_values(self) -> dict[str, object]:
        """The values for [series] of a new catalogue."""
        return series_values(self._series, self.note)

    def start(self, values: Mapping[str, object], write: Callable[[bytes], None], fetch: Fetch) -> None:
        """Writes the catalogue of a new series, with its cover."""
        values = dict(values)
        if (image := self._series.image) is not None:
            symlinks.require_no_link(self._root, "episodes")
            cover = talk_files.place_picture(image.place, self._root / "episodes/cover", fetch, self.note)
            if cover is not None:
                values["cover"] = cover.relative_to(self._root).as_posix()
        youtube = {"channel": self._series.youtube_channel, "playlist": self._series.youtube_playlist}
        formats = self._formats if self._formats != ("mp3",) else None
        write(new_catalogue(values, formats, {key: each for key, each in youtube.items() if each}))

    # The talks

    def run(self, sources: Sources | None, progress: Progress) -> None:
        """Matches every talk, and writes it unless `sources` is None."""
        present, people = (
            ([], People({})) if self.is_new and sources is None else read_present(self._root, self._ledger)
        )
        task = progress.start("importing talks", len(self._series.talks), "items")
        try:
            for number, talk in enumerate(reversed(self._series.talks), 1):
                if self._choices.numbers is None or talk.origin.number in self._choices.numbers:
                    found = self._talk(talk, present, people, sources)
                    self._report.talks.append(found)
                task.advance(number)
        finally:
            task.finish()
        self._report.talks.sort(key=lambda each: each.number)

    def _talk(
        self, talk: ImportedTalk, present: list[Present], people: People, sources: Sources | None
    ) -> TalkReport:
        found = match(talk, present, self._origins, self._choices.matches, self._published)
        if found.kind in ("new", "alike") and talk.origin.number not in self._choices.matches:
            found = self._heard(talk, found, present)
        told = TalkReport(
            talk.origin.number, talk.title, ADDED, found.slug, found.why, hidden=talk.why_hidden,
            notes=list(talk.not_understood),
        )  # fmt: skip
        if found.kind == "alike":
            told.state, told.candidates = CHOICE, found.candidates
            return told
        if found.kind == "removed":
            # A talk that was taken back does not return because its old feed still has it.
            told.state = REMOVED
            return told
        before = People(people.known, dict(people.new), dict(people.photos))
        entry = entry_of(
            talk,
            self._series,
            people,
            told.notes.append,
            self._now,
            accept_people=self._choices.accept_people,
        )
        told.proposed = entry.proposed
        try:
            if found.kind == "same":
                self._compare(talk, entry, found, present, people, told, sources)
            else:
                self._add(talk, entry, present, people, told, sources)
        except (FetchError, MediaError, CatalogueError) as error:
            logger.info("talk %d of the source is not imported", talk.origin.number)
            told.state, told.why = FAILED, str(error)
            people.new, people.photos = before.new, before.photos
        return told

    def _heard(self, talk: ImportedTalk, found: Match, present: list[Present]) -> Match:
        """The match, with what the sound says of the candidates; with `by_sound` of every recording."""
        if self._listen is None:
            return found
        slugs = set(found.candidates)
        if self._choices.by_sound:
            slugs |= {one.slug for one in from_other_sources(talk, present, self._origins)}
        try:
            heard = self._listen(talk, [one for one in present if one.slug in slugs]) if slugs else ()
        except (FetchError, MediaError):
            return found
        same = [one for one in heard if one[1] >= audio_fingerprint.SAME]
        if same:
            candidates = tuple(dict.fromkeys((*(slug for slug, _, _ in same), *found.candidates)))[:5]
            why = audio_fingerprint.describe(*same[0][1:])
            return Match("alike", None, f"{found.why}; {why}" if found.why else why, candidates)
        if heard:
            return replace(found, why=f"{found.why}; {audio_fingerprint.describe(*heard[0][1:])}")
        return found

    # New talks

    def _add(
        self,
        talk: ImportedTalk,
        entry: TalkEntry,
        present: list[Present],
        people: People,
        told: TalkReport,
        sources: Sources | None,
    ) -> None:
        slug = told.slug = slug_of(talk, {*self._used, *(one.slug for one in present)})
        values = dict(entry.values)
        if not talk.media and not talk.youtube and values.get("status") != "draft":
            values["status"] = "draft"
            told.notes.append("it has neither a recording nor a video: it becomes a draft")
        if sources is not None:
            symlinks.require_no_link(self._root, "episodes", f"episodes/{slug}")
            values |= self._files(talk, slug, sources, told)
            self._add_people(people, sources.fetch, told)
            self._write_notes(slug, entry)
            catalogue.add_episode(self._root, slug, values)
            self._remember(talk, slug, entry)
            if sources.media is not None and talk.media:
                sources.media.finish([talk.media[0].place])
        present.append(Present(slug, values, talk.guid, talk.date, talk.duration, source=talk.origin.kind))

    def _add_people(self, people: People, fetch: Fetch, told: TalkReport) -> None:
        for id, place in people.photos.items():
            target = self._root / "episodes/people" / id
            photo = talk_files.place_picture(place, target, fetch, told.notes.append)
            if photo is not None and id in people.new:
                people.new[id]["photo"] = photo.relative_to(self._root).as_posix()
        add_people(self._root, people.new)
        loaded = catalogue.read(self._root, lambda path: "") if people.new else None
        if loaded is not None and loaded.series is not None:
            people.known = dict(loaded.series.people)
        people.new, people.photos = {}, {}

    def _files(self, talk: ImportedTalk, slug: str, sources: Sources, told: TalkReport) -> dict[str, object]:
        """Fetches the files of a talk that are not there yet; returns the keys that name them."""
        folder, note, values = self._root / "episodes" / slug, told.notes.append, dict[str, object]()
        if sources.media is not None and talk.media:
            try:
                values |= self._recording(talk, slug, sources.media, told)
            except (FetchError, MediaError) as error:
                if talk.visible and talk.youtube is None:
                    raise
                # A draft is as good without a recording, and so is a talk with a video.
                note(f"its recording is left out: {error}")
        usual = talk.language or self._series.language or "en"
        if not any(folder.glob("transcript.*")):
            talk_files.place_transcripts(talk.transcripts, folder, usual, sources.fetch, note)
        shown_by_series = self._series.image.place if self._series.image else None
        is_own = talk.image is not None and talk.image.place != shown_by_series
        name = "thumbnail" if talk.image is not None and talk.image.rel == "thumbnail" else "cover"
        if talk.image is not None and is_own and not any(folder.glob(f"{name}.*")):
            talk_files.place_picture(talk.image.place, folder / name, sources.fetch, note)
        return values

    def _recording(
        self, talk: ImportedTalk, slug: str, media: MediaFiles | LocalFiles, told: TalkReport
    ) -> dict[str, object]:
        """Fetches the media of a talk: the enclosure becomes its recording."""
        first = media.get(talk.media[0], told.notes.append, lambda received: None)
        name = talk_files.place_recording(first, self._root / "episodes" / slug)
        values: dict[str, object] = {"recording": name}
        if not talk.chapters:
            values |= media.chapters(self._root / "episodes" / slug / name, told.notes.append)
        if first.format is None and talk.guid is None:
            return values
        if first.format is None:
            told.notes.append(
                f"its {first.suffix} cannot stay as it is: the next release makes the audio anew; "
                "apps know the talk by its guid and do not fetch it again"
            )
            return values
        kept = {first.format: self._root / "episodes" / slug / name}
        kept |= self._alternates(talk.media[1:], media, first, told)
        self._origins.pending[slug] = {
            form: path.relative_to(self._root).as_posix() for form, path in kept.items()
        }
        if tuple(kept) != self._formats_of_series():
            values["audio"] = {"formats": list(kept)}
        return values

    def _alternates(
        self,
        alternates: tuple[ImportedFile, ...],
        media: MediaFiles | LocalFiles,
        first: Media,
        told: TalkReport,
    ) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for file in alternates:
            try:
                other = media.get(file, told.notes.append, lambda received: None)
            except (FetchError, MediaError) as error:
                told.notes.append(f"an alternate is left out: {error}")
                continue
            if other.format is None or other.format in (first.format, *found):
                told.notes.append(f"the alternate {file.place} is left out: one file of each format is kept")
            else:
                found[other.format] = other.path
        return found

    def _formats_of_series(self) -> tuple[str, ...]:
        """The formats of talks that name none; read once, as the catalogue of a long series takes a while."""
        if self._series_formats is None:
            series = catalogue.read(self._root, lambda path: "").series
            self._series_formats = tuple(series.audio.formats) if series is not None else ("mp3",)
        return self._series_formats

    def _write_notes(self, slug: str, entry: TalkEntry) -> None:
        path = self._root / "episodes" / slug / "notes.md"
        if entry.notes and not path.exists():
            files.write_atomic(path, f"{entry.notes}\n".encode())

    def _remember(self, talk: ImportedTalk, slug: str, entry: TalkEntry) -> None:
        known = Known(slug, as_json(entry.values))
        self._origins.talks[talk.origin.kind, talk.origin.id] = known
        self._origins.save()

    # Talks that the catalogue has

    def _compare(
        self,
        talk: ImportedTalk,
        entry: TalkEntry,
        found: Match,
        present: list[Present],
        people: People,
        told: TalkReport,
        sources: Sources | None,
    ) -> None:
        """Adds what the catalogue lacks, shows what differs, and takes over what the producer chose."""
        slug = found.slug or ""
        one = next((each for each in present if each.slug == slug), None)
        if one is None:
            raise FetchError(f"--match: there is no talk {slug} in the catalogue")
        if talk.origin.kind == "folder" and found.known is None:
            people.new, people.photos = {}, {}
            self._add_files(talk, entry, one, told, sources)
            return
        if not talk.visible and (found.known is None or one.values.get("status") != "draft"):
            # Words that the public cannot see in the source never enter a talk that it can see.
            told.state, told.why = (
                UNCHANGED,
                f"it is {talk.why_hidden} in the source: nothing is taken from it",
            )
            people.new, people.photos = {}, {}
            return
        lacking, differing = differences(entry.values, one, found.known)
        chosen = {each.key: each.source for each in differing if (slug, each.key) in self._choices.take}
        told.differences = tuple(each for each in differing if each.key not in chosen)
        told.filled = tuple(sorted({*lacking, *chosen}))
        told.state = COMPLETED if told.filled else DIFFERENT if told.differences else UNCHANGED
        if sources is None:
            return
        if found.known is None and "recording" not in one.values and "youtube" not in one.values:
            symlinks.require_no_link(self._root, "episodes", f"episodes/{slug}")
            named = self._files(talk, slug, sources, told)
            entry = replace(entry, values={**entry.values, **named})
            told.filled = tuple(sorted({*told.filled, *named}))
            told.state = COMPLETED if told.filled else told.state
        if told.filled:
            self._add_people(people, sources.fetch, told)
        else:
            people.new, people.photos = {}, {}
        for key in told.filled:
            catalogue.set_value(self._root, slug, key, entry.values.get(key))
        if found.known is None:
            self._write_notes(slug, entry)
        if found.known is None or not told.differences or chosen:
            self._remember(talk, slug, replace(entry, values=self._remembered(entry, told, found)))

    def _add_files(
        self, talk: ImportedTalk, entry: TalkEntry, one: Present, told: TalkReport, sources: Sources | None
    ) -> None:
        """Gives a talk the recording and transcripts that it lacks; no words of file names."""
        folder = self._root / "episodes" / one.slug
        needs_recording = "recording" not in one.values and bool(talk.media)
        needs_transcripts = bool(talk.transcripts) and not any(folder.glob("transcript.*"))
        told.filled = ("recording",) * needs_recording + ("transcripts",) * needs_transcripts
        told.state = COMPLETED if told.filled else UNCHANGED
        if sources is None:
            return
        symlinks.require_no_link(self._root, "episodes", f"episodes/{one.slug}")
        if needs_transcripts:
            usual = talk.language or self._series.language or "en"
            talk_files.place_transcripts(talk.transcripts, folder, usual, sources.fetch, told.notes.append)
        if needs_recording and sources.media is not None:
            values = self._recording(talk, one.slug, sources.media, told)
            catalogue.set_value(self._root, one.slug, "recording", values["recording"])
        self._remember(talk, one.slug, entry)

    def _remembered(self, entry: TalkEntry, told: TalkReport, found: Match) -> Mapping[str, object]:
        """What is remembered of the source: what still differs is shown again."""
        if found.known is None:
            return {key: value for key, value in entry.values.items() if key not in ("recording", "audio")}
        open_keys = {each.key for each in told.differences}
        before = {key: value for key, value in found.known.values.items() if key in open_keys}
        return {key: value for key, value in entry.values.items() if key not in open_keys} | before


def _usual_formats(series: ImportedSeries) -> tuple[str, ...]:
    """The formats that most talks of the source declare, the enclosure's first."""
    declared = Counter(tuple(dict.fromkeys(_declared_formats(talk))) for talk in series.talks if talk.media)
    return next((formats for formats, _ in declared.most_common() if all(formats)), ("mp3",))


def _declared_formats(talk: ImportedTalk) -> Iterator[str]:
    for file in talk.media:
        yield KEPT_FORMATS.get((file.type or "").partition(";")[0].strip().lower(), "")
