"""Makes the audio of each talk: levelled, limited, encoded, tagged, measured.

Design. `inputs` says what a talk's audio is made from, by name; what only tags show is light.
`make` has three ways: everything anew (`_produce`), a format more beside those that are there,
or new tags on a copy of what was made, without an encoder. Whatever is made is finished in a
folder of its own below `work`/audio, named by its content, and moved into place whole; folders
that a killed run left are removed by the next.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import files, site_paths, timeline
from publisher.context import BuildContext
from publisher.errors import MediaError
from publisher.media import formats
from publisher.media.tags import Tags
from publisher.media.workspace import Workspace
from publisher.model import AnyFacts, AudioFacts, Enclosure, Episode, Receipt, Seconds, Series
from publisher.outputs.audio import inputs
from publisher.plan import MakeResult, Step, Target
from publisher.progress import Progress, WeightedProgress, weighted

if TYPE_CHECKING:
    from publisher.media.mastering import Master
    from publisher.media.parallel_encode import Encoded
    from publisher.media.source_audio import DecodedAudio

# Of all the work on a talk, how much is decoding; the rest is encoding, format by format.
_DECODING = 0.25


TAG_BYTES = 16 << 20
"""Bytes at the beginning of a made file that hold its tags, chapters and cover."""


class AudioMaker:
    """Makes the audio files of talks that are due. Safe to use from several threads."""

    name = "audio"
    remote = False

    def __init__(self, context: BuildContext) -> None:
        self._context = context
        self._workspace = Workspace(context, self.name)

    def items(self, series: Series, now: datetime) -> Iterable[Target]:
        """One item per talk that is due and has a recording that can be used."""
        for episode in series.episodes:
            if episode.is_due(now) and episode.recording is not None:
                made_of = inputs.inputs(series, episode, episode.recording)
                yield Target(self.name, episode.slug, made_of, inputs.TAG_INPUTS)

    def cost(self, series: Series, step: Step) -> Mapping[str, float]:
        """The seconds of sound to encode, all formats together; none for an update of tags."""
        episode = _episode_of(series, step)
        if step.action not in ("make", "resume") or episode.recording is None:
            return {}
        spoken = timeline.of_recording(episode, episode.recording.duration).spoken
        return {"seconds of sound": round(spoken * len(episode.audio.formats), 2)}

    def stop(self) -> None:
        """Ends every child process at once; whoever waits for one gets a MediaError."""
        self._workspace.stop()

    def make(
        self,
        step: Step,
        series: Series,
        receipt: Receipt | None,
        keep: Callable[[AnyFacts], None],
        progress: Progress,
    ) -> MakeResult:
        """Makes what `step` names; raises MediaError and leaves public/ as it was when it cannot."""
        episode = _episode_of(series, step)
        made = self._still_there(receipt)
        changed = set(step.changes)
        with self._workspace.folder() as folder:
            kept = made if step.action != "resume" and all(map(inputs.keeps_existing_audio, changed)) else ()
            kept = tuple(one for one in kept if inputs.bitrate_of(one.format) not in changed)
            if receipt is not None and isinstance(receipt.facts, AudioFacts) and changed and kept:
                facts = self._extend(series, episode, receipt.facts, kept, folder, progress)
            else:
                facts = self._produce(series, episode, episode.audio.formats, folder, progress)
        new = {enclosure.path for enclosure in facts.enclosures}
        old = inputs.enclosures(receipt.facts) if receipt is not None else ()
        return MakeResult(facts, tuple(one.path for one in old if one.path not in new))

    def _still_there(self, receipt: Receipt | None) -> tuple[Enclosure, ...]:
        """What was made before, if all of it is there as it was made."""
        made = inputs.enclosures(receipt.facts) if receipt is not None else ()
        whole = all(_length(self._context.public / one.path) == one.length for one in made)
        return made if whole else ()

    def _extend(
        self,
        series: Series,
        episode: Episode,
        facts: AudioFacts,
        made: tuple[Enclosure, ...],
        folder: Path,
        progress: Progress,
    ) -> AudioFacts:
        """Facts of the formats wanted now: new tags for those that are there, the others made."""
        there = {one.format: one for one in made if one.format in episode.audio.formats}
        missing = tuple(name for name in episode.audio.formats if name not in there)
        if missing:
            produced = self._produce(series, episode, missing, folder, progress)
            facts = replace(produced, other=facts.other)
        tags = inputs.tags(series, episode, facts)
        for one in there.values():
            copy = folder / f"copy.{one.format}"
            shutil.copyfile(self._context.public / one.path, copy)
            there[one.format] = self._publish(copy, one, episode, tags)
        there |= {one.format: one for one in facts.enclosures if one.format in missing}
        return replace(facts, enclosures=tuple(there[name] for name in episode.audio.formats))

    def _produce(
        self, series: Series, episode: Episode, wanted: tuple[str, ...], folder: Path, progress: Progress
    ) -> AudioFacts:
        """Facts of the formats `wanted`, made from the recording."""
        from publisher.media import decode, mastering, workspace

        rows = [formats.get_format(name) for name in wanted]
        recording, settings = decode.recording_of(episode), episode.audio
        total, name = timeline.of_recording(episode, recording.duration).spoken, recording.path.name
        self._workspace.reserve(folder, workspace.for_audio(recording, settings, wanted, total))
        with weighted(progress, episode.title, total) as bar:
            sound, facts = self._gather(episode, folder, bar)
            talk = (1 if settings.intro else 0) if settings.level_speakers else None
            with ThreadPoolExecutor(1, "tags") as beside:
                # Drawing the cover takes as long as mastering an hour.
                drawn = beside.submit(inputs.tags, series, episode, facts)
                master = mastering.master(sound, settings.loudness, settings.true_peak, name, talk)
            tags, published = drawn.result(), []
            for row in rows:
                share = bar.part((1 - _DECODING) / len(rows), sound.samples / _rate())
                encoded, enclosure = self._encode(master, row, episode, folder, share)
                published.append(self._publish(encoded.path, enclosure, episode, tags))
        return replace(facts, enclosures=tuple(published))

    def _gather(
        self, episode: Episode, folder: Path, bar: WeightedProgress
    ) -> tuple[DecodedAudio, AudioFacts]:
        """The sound to master, and the facts known before any file is made."""
        from publisher.media import decode, source_audio

        recording = decode.recording_of(episode)
        ffmpeg = self._workspace.ffmpeg()
        before, after = episode.audio.intro, episode.audio.outro
        jingles = [decode.jingle_clip(ffmpeg, source.path) if source else None for source in (before, after)]
        wanted = [piece for piece in (jingles[0], decode.talk_clip(episode), jingles[1]) if piece]
        with self._context.process_slots:
            report = bar.part(_DECODING, recording.duration)
            state = source_audio.decode_to_disk(
                ffmpeg, wanted, folder, episode.audio.channels, report, self._context.process_slots
            )
        place = 1 if before else 0
        decoded = state.decoded[place]
        return state, AudioFacts(
            recording_duration=recording.duration if decoded is None else round(decoded, 6),
            intro_duration=state.parts[0] / _rate() if before else 0.0,
            outro_duration=state.parts[-1] / _rate() if after else 0.0,
            stripped=tuple(sorted(recording.metadata)),
        )

    def _encode(
        self,
        master: Master,
        row: formats.Format,
        episode: Episode,
        folder: Path,
        report: Callable[[Seconds], None],
    ) -> tuple[Encoded, Enclosure]:
        """One format, encoded and found to be as loud as wanted. Raises MediaError when it is not."""
        from publisher.media import encode, parallel_encode

        settings, channels = episode.audio, master.sound.channels
        bitrate = row.bitrate(settings.bitrate[row.name], channels)
        workshop = encode.EncodeContext(
            self._workspace.ffmpeg(), folder, self._context.process_slots, self._context.jobs
        )
        master = master.with_gain(encode.trial_loss(master, row, bitrate, workshop))
        wanted = settings.loudness, settings.true_peak
        encoded = parallel_encode.encode_as_loud(master, row, bitrate, wanted, workshop, report)
        _require_as_wanted(encoded, episode, row.name)
        return encoded, Enclosure(
            path="",
            format=row.name,
            type=row.media_type,
            length=0,
            duration=round(master.sound.samples / _rate(), 6),
            digest="",
            loudness=round(encoded.loudness, 2),
            true_peak=round(encoded.true_peak, 2),
            channels=channels,
            bitrate=bitrate,
        )

    def _publish(self, path: Path, enclosure: Enclosure, episode: Episode, tags: Tags) -> Enclosure:
        """Tags the finished file at `path` and brings it under public/, named by its content."""
        row = formats.get_format(enclosure.format)
        _tag(row, path, tags)
        digest = files.sha256(path)
        place = site_paths.media(episode.slug, digest, row.suffix)
        length = path.stat().st_size
        with path.open("rb") as file:
            # Tags precede the audio; hours of audio are not read into memory.
            self._context.leak_checker.check(place, file.read(TAG_BYTES))
        files.move_atomic(path, self._context.public / place)
        return replace(enclosure, path=place, length=length, digest=digest)


def _require_as_wanted(encoded: Encoded, episode: Episode, name: str) -> None:
    from publisher.media.parallel_encode import TOLERANCE

    wanted = episode.audio
    if abs(encoded.loudness - wanted.loudness) > TOLERANCE:
        raise MediaError(
            f"the {name} came out at {encoded.loudness:.1f} LUFS instead of "
            f"{wanted.loudness:.1f}: its peaks leave no room. Ask for less with loudness, or allow "
            f"more with true_peak"
        )
    if encoded.true_peak > wanted.true_peak:
        raise MediaError(
            f"the {name} came out with a true peak of {encoded.true_peak:.2f} dBTP, over the "
            f"{wanted.true_peak:.2f} allowed; a higher bitrate keeps peaks better"
        )


def _episode_of(series: Series, step: Step) -> Episode:
    return next(episode for episode in series.episodes if episode.slug == step.episode)


def _length(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return -1


def _rate() -> int:
    from publisher.media.ffmpeg_args import RATE

    return RATE


def _tag(row: formats.Format, path: Path, tags: Tags) -> None:
    """Writes tags; what the disk refuses reaches us as mutagen's own error, and becomes the disk's again."""
    import mutagen

    try:
        row.tag(path, tags)
    except mutagen.MutagenError as error:
        cause = error.args[0] if error.args else error
        if isinstance(cause, OSError):
            with files.describe_path(path):
                raise cause from error
        raise MediaError(f"{path.name}: its tags could not be written: {error}") from error
