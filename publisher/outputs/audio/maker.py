"""Makes the audio of each talk: levelled, limited, encoded, tagged, measured.

Design. `inputs` names what a talk's audio is made from; inputs that only change tags need no encoder.
`make` makes all formats anew (`_produce`), or (`_update`) makes missing formats and writes new tags
into copies of the existing files, or of those that a preview made. `encoder` encodes them, possibly on
another machine. Files are finished in a folder of their own below `work`/audio and then moved to public/,
named by their content; the next run removes folders that a killed run left.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from publisher import files, site_paths, timeline
from publisher.context import BuildContext
from publisher.errors import MediaError
from publisher.media import formats
from publisher.media.tags import Tags
from publisher.media.workspace import Workspace
from publisher.model import (
    AnyFacts,
    AudioFacts,
    Enclosure,
    Episode,
    Receipt,
    Seconds,
    Series,
)
from publisher.outputs.audio import inputs
from publisher.outputs.audio.encoder import EncodedAudio, encode_audio
from publisher.plan import MakeResult, Step, Target
from publisher.progress import Progress

if TYPE_CHECKING:
    from publisher.media.encoding import Encoding

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

TAG_BYTES = 16 << 20
"""Bytes at the beginning of a finished file that contain its tags, chapters and cover."""


class AudioMaker:
    """Makes the audio files of talks that are due. Safe to use from several threads."""

    name = "audio"
    remote = False

    def __init__(self, context: BuildContext) -> None:
        self._context = context
        self._workspace = Workspace(context, self.name)

    def items(self, series: Series, now: datetime) -> Iterable[Target]:
        """One target per talk that is due and has a usable recording."""
        for episode in series.episodes:
            if episode.is_due(now) and episode.recording is not None:
                made_of = inputs.inputs(series, episode, episode.recording)
                yield Target(self.name, episode.slug, made_of, inputs.TAG_INPUTS)

    def cost(self, series: Series, step: Step) -> Mapping[str, float]:
        """The seconds of audio to encode, summed over all formats; nothing for an update of tags."""
        episode = _episode_of(series, step)
        if step.action not in ("make", "resume") or step.prepared or episode.recording is None:
            return {}
        spoken = timeline.of_recording(episode, episode.recording.duration).spoken
        return {"seconds of sound": round(spoken * len(episode.audio.formats), 2)}

    def stop(self) -> None:
        """Ends every child process at once; a caller that waits for one gets a MediaError."""
        self._workspace.stop()

    def make(
        self,
        step: Step,
        series: Series,
        receipt: Receipt | None,
        keep: Callable[[AnyFacts], None],
        progress: Progress,
    ) -> MakeResult:
        """Makes the audio files of `step`'s episode.

        Raises MediaError, and leaves public/ unchanged, when it fails.
        """
        episode = _episode_of(series, step)
        existing = self._existing_files(receipt)
        changed = set(step.changes)
        if step.action == "resume" or not all(map(inputs.keeps_existing_audio, changed)):
            existing = ()
        kept = tuple(file for file in existing if inputs.bitrate_of(file.format) not in changed)
        formats_kept = ", ".join(file.format for file in kept) or "no format"
        logger.info("%s: keep the encoded audio of %s", episode.slug, formats_kept)
        prepared = self._prepared_facts(step)
        with self._workspace.folder() as folder:
            if prepared is not None:
                logger.info("%s: use the audio that the preview made", episode.slug)
                source = self._context.work / site_paths.PREPARED_MEDIA
                facts = self._update(series, episode, prepared, prepared.enclosures, folder, progress, source)
            elif receipt is not None and isinstance(receipt.facts, AudioFacts) and changed and kept:
                source = self._context.public
                facts = self._update(series, episode, receipt.facts, kept, folder, progress, source)
            else:
                facts = self._produce(series, episode, episode.audio.formats, folder, progress)
        new = {enclosure.path for enclosure in facts.enclosures}
        old = inputs.enclosures(receipt.facts) if receipt is not None else ()
        return MakeResult(facts, tuple(enclosure.path for enclosure in old if enclosure.path not in new))

    def _prepared_facts(self, step: Step) -> AudioFacts | None:
        """The facts of the preview's files, if all of them have the bytes that were recorded."""
        facts = step.prepared.facts if step.prepared is not None else None
        folder = self._context.work / site_paths.PREPARED_MEDIA
        if not isinstance(facts, AudioFacts) or not facts.enclosures:
            return None
        return (
            facts if all(files.has_digest(folder / file.path, file.digest) for file in facts.files) else None
        )

    def _existing_files(self, receipt: Receipt | None) -> tuple[Enclosure, ...]:
        """The files of the receipt, if all of them exist with the size that was recorded."""
        existing = inputs.enclosures(receipt.facts) if receipt is not None else ()
        public = self._context.public
        return existing if all(_file_size(public / file.path) == file.length for file in existing) else ()

    def _update(
        self,
        series: Series,
        episode: Episode,
        facts: AudioFacts,
        kept: tuple[Enclosure, ...],
        folder: Path,
        progress: Progress,
        source: Path,
    ) -> AudioFacts:
        """The facts of all formats of the catalogue: new tags for the `kept` files, the others made.

        `source` is the folder of the `kept` files: public/, or that of the preview.
        """
        files_by_format = {file.format: file for file in kept if file.format in episode.audio.formats}
        missing = tuple(name for name in episode.audio.formats if name not in files_by_format)
        if missing:
            produced = self._produce(series, episode, missing, folder, progress)
            facts = replace(produced, other=facts.other)
        tags = inputs.tags(series, episode, facts)
        for file in files_by_format.values():
            copy = folder / f"copy.{file.format}"
            shutil.copyfile(source / file.path, copy)
            files_by_format[file.format] = self._publish(copy, file, episode, tags)
        files_by_format |= {file.format: file for file in facts.enclosures if file.format in missing}
        return replace(facts, enclosures=tuple(files_by_format[name] for name in episode.audio.formats))

    def _produce(
        self, series: Series, episode: Episode, names: tuple[str, ...], folder: Path, progress: Progress
    ) -> AudioFacts:
        """The facts of the formats with these `names`, made from the recording."""
        encoding = self._encoding(episode, names)
        self._reserve(episode, names, folder, encoding.length)
        with ThreadPoolExecutor(1, "cover") as pool:
            # Drawing the cover takes as long as mastering an hour.
            drawn = pool.submit(inputs.draw_early, series, episode)
            encoded = self._workspace.encode(encoding, episode.title, folder, progress)
        facts = replace(encoded.facts, stripped=_stripped(episode))
        tags, published = inputs.tags(series, episode, facts, drawn.result()), []
        for path, enclosure in zip(encoded.files, facts.enclosures, strict=True):
            published.append(self._publish(path, enclosure, episode, tags))
        return replace(facts, enclosures=tuple(published))

    def make_untagged(
        self, episode: Episode, progress: Progress, take: Callable[[Path, AudioFacts], Result]
    ) -> Result:
        """What `take` makes of the first format of an episode, without tags, in a working folder.

        For files that are not published, such as those for one guest. Raises MediaError.
        """
        names = episode.audio.formats[:1]
        encoding = self._encoding(episode, names)
        with self._workspace.folder() as folder:
            self._reserve(episode, names, folder, encoding.length)
            encoded = self._workspace.encode(encoding, episode.title, folder, progress)
            return take(encoded.files[0], replace(encoded.facts, stripped=_stripped(episode)))

    def _encoding(self, episode: Episode, names: tuple[str, ...]) -> Encoding[EncodedAudio]:
        from publisher.media import decode, encoding

        spoken = timeline.of_recording(episode, decode.recording_of(episode).duration).spoken
        return encoding.Encoding(encode_audio, encoding.source_of(episode), names, spoken)

    def _reserve(self, episode: Episode, names: tuple[str, ...], folder: Path, spoken: Seconds) -> None:
        from publisher.media import decode, workspace

        recording = decode.recording_of(episode)
        needed = workspace.audio_bytes(recording, episode.audio, names, spoken)
        self._workspace.reserve(folder, needed)

    def _publish(self, path: Path, enclosure: Enclosure, episode: Episode, tags: Tags) -> Enclosure:
        """Tags the finished file at `path` and moves it to public/, named by its content."""
        audio_format = formats.get_format(enclosure.format)
        _tag(audio_format, path, tags)
        digest = files.sha256(path)
        target = site_paths.media(episode.slug, digest, audio_format.suffix)
        length = path.stat().st_size
        with path.open("rb") as file:
            # Tags precede the audio; hours of audio are not read into memory.
            self._context.leak_checker.check(target, file.read(TAG_BYTES))
        files.move_atomic(path, self._context.public / target)
        return replace(enclosure, path=target, length=length, digest=digest)


def _episode_of(series: Series, step: Step) -> Episode:
    return next(episode for episode in series.episodes if episode.slug == step.episode)


def _stripped(episode: Episode) -> tuple[str, ...]:
    """The names of the recording's tags, none of which is in a published file."""
    return tuple(sorted(episode.recording.metadata)) if episode.recording else ()


def _file_size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return -1


def _tag(audio_format: formats.Format, path: Path, tags: Tags) -> None:
    """Writes tags. Raises OSError, which mutagen wraps in an error of its own, and MediaError."""
    import mutagen

    try:
        audio_format.tag(path, tags)
    except mutagen.MutagenError as error:
        cause = error.args[0] if error.args else error
        if isinstance(cause, OSError):
            with files.describe_path(path):
                raise cause from error
        raise MediaError(f"{path.name}: its tags could not be written: {error}") from error
