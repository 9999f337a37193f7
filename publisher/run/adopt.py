"""Takes over published media that stay byte for byte, with the identities under which apps know them.

The receipt says that a file was made from the recording, which is that file: so no encoder runs, and no
listener downloads anything again. Later changes of texts write new tags into copies, as for every other talk.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from publisher import files, site_paths
from publisher.context import BuildContext
from publisher.errors import LeakError
from publisher.leaks import summarize
from publisher.leaks.checker import LeakChecker
from publisher.ledger import with_receipt
from publisher.media.formats import get_format
from publisher.model import AudioFacts, Enclosure, Episode, Receipt, Seconds
from publisher.outputs.audio.maker import TAG_BYTES
from publisher.plan import Maker
from publisher.release_state import ReleaseState
from publisher.run.journal import Journal
from publisher.visibility import redaction

logger = logging.getLogger(__name__)

HARMLESS = ("software", "creation time", "serial number")
"""Kinds of metadata that files of other publishers usually contain; those are public already."""

MAX_PADDING = 0.5
"""Seconds of silence that encoders add."""


def is_edited(episode: Episode) -> bool:
    """Whether the published audio of an episode is not its whole recording, or does not name everybody."""
    return bool(redaction(episode) or episode.audio.intro or episode.audio.outro)


class Adopt:
    """The take-over of media into one series; `unknown` are sentences about what must be made anew."""

    def __init__(self, state: ReleaseState, makers: Iterable[Maker], context: BuildContext) -> None:
        self._state, self._context = state, context
        self._journal = Journal(state, context)
        self._audio = next(maker for maker in makers if maker.name == "audio")
        self.kept: list[str] = []
        self.unknown: list[str] = []
        self.waiting: set[str] = set()
        """Talks that may not be published yet: drafts, and those with a date in the future."""

    def run(self, media: Mapping[str, Mapping[str, Path]]) -> None:
        """Writes the receipts of talks that have none; `media` are their files by slug and format."""
        ledger = self._state.ledger
        if ledger.feed_guid is None and self._state.series.guid is not None:
            self._journal.save_identities(replace(ledger, feed_guid=self._state.series.guid))
        targets = {
            target.episode: target
            for target in self._audio.items(self._state.series, self._state.now)
            if target.made_for is None
        }
        for slug, files_by_format in media.items():
            episode, target = self._state.series.episode(slug), targets.get(slug)
            record = self._journal.ledger.record(slug)
            if episode is None or "audio" in record.receipts:
                continue
            if target is None:
                self.waiting.add(slug)
                continue
            if episode.guid is None:
                self.unknown.append(f"{slug}: its audio is made anew: it has not the guid of the source")
                continue
            if record.withdrawn is not None or is_edited(episode):
                self.unknown.append(f"{slug}: its audio is made anew, without what the catalogue leaves out")
                continue
            if set(files_by_format) != set(episode.audio.formats):
                self.unknown.append(f"{slug}: its audio is made in other formats than the source has")
                continue
            try:
                facts = self._facts(episode, files_by_format)
            except LeakError as error:
                self.unknown.append(f"{slug}: its audio is made anew: {error}")
                continue
            record = replace(record, guid=record.guid or episode.guid, published=episode.date)
            self._journal.save(with_receipt(record, Receipt("audio", target.inputs, facts)))
            self.kept.append(slug)
        logger.info("%d talks keep their published media", len(self.kept))

    def _check(self, target: str, path: Path) -> None:
        """Raises LeakError for private names and places in a file's tags, not for those of encoders."""
        checker = self._context.leak_checker
        with path.open("rb") as file:
            content = file.read(TAG_BYTES)
        if not isinstance(checker, LeakChecker):
            checker.check(target, content)
            return
        found = tuple(leak for leak in checker.search(target, content) if leak.kind not in HARMLESS)
        if found:
            raise LeakError(f"its tags contain {summarize(found)}", target)

    def _facts(self, episode: Episode, media: Mapping[str, Path]) -> AudioFacts:
        recording = episode.recording
        assert recording is not None
        enclosures = tuple(self._publish(episode, name, media[name]) for name in episode.audio.formats)
        return AudioFacts(enclosures, enclosures[0].duration, 0.0, 0.0)

    def _publish(self, episode: Episode, name: str, path: Path) -> Enclosure:
        """Copies a file to its place under public/. Raises LeakError."""
        audio_format, recording = get_format(name), episode.recording
        assert recording is not None
        digest, length = files.sha256(path), path.stat().st_size
        target = site_paths.media(episode.slug, digest, audio_format.suffix)
        self._check(target, path)
        published = self._context.public / target
        if not files.has_digest(published, digest):
            published.parent.mkdir(parents=True, exist_ok=True)
            temporary = published.with_name(f"{files.TEMP_PREFIX}{digest[:8]}")
            shutil.copyfile(path, temporary)
            files.move_atomic(temporary, published)
        seconds, bitrate = _measured(path, recording.duration)
        return Enclosure(
            path=target,
            format=name,
            type=audio_format.media_type,
            length=length,
            duration=round(seconds, 6),
            digest=digest,
            channels=recording.tracks[0].channels if recording.tracks else 1,
            bitrate=bitrate,
        )


def _measured(path: Path, probed: Seconds) -> tuple[Seconds, int | None]:
    """(seconds of sound, kbit/s) of a file. ffmpeg counts the silence with which an encoder pads."""
    import mutagen

    try:
        info = mutagen.File(path).info
        seconds, bitrate = float(info.length), round(info.bitrate / 1000)
    except (mutagen.MutagenError, AttributeError, ValueError, TypeError):
        return probed, None
    # Without a header of its own, a file's length is only estimated.
    return (seconds if abs(seconds - probed) < MAX_PADDING else probed), bitrate or None
