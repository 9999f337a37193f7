"""Lists the videos of a series with their inputs and cost, makes them, and moves them to their destination.

A video that belongs in the feed is published like audio: made once, under public/, named by its
content. Any other is made only when a step of another output needs it, below .publisher/; the planner
and the runner remove it when that step is done.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import files, site_paths, timeline
from publisher.context import BuildContext
from publisher.fingerprint import fingerprint
from publisher.media import video
from publisher.media.workspace import Workspace
from publisher.model import AnyFacts, Enclosure, Episode, Receipt, Recording, Series, VideoFacts
from publisher.plan import INTERMEDIATE_FOR, MakeResult, Step, Target
from publisher.progress import Progress
from publisher.timeline import Timeline

if TYPE_CHECKING:
    from publisher.outputs.video.encoder import EncodedVideo

logger = logging.getLogger(__name__)

NAME = "video"

MEDIA_TYPE = "video/mp4"

VERSION = 1
"""Part of each video's inputs: raising it makes all videos that are not uploaded yet again."""

PUBLISHED_VERSION = 1
"""The same for published videos: raising it makes all of them again."""

TAG_INPUTS = frozenset({"chapters", "slug"})
"""The inputs of a published video that change without an encoder."""


class VideoMaker:
    """Makes the videos of talks that belong in the feed or are to be uploaded."""

    name = NAME
    remote = False

    def __init__(self, context: BuildContext) -> None:
        self._context = context
        self._workspace = Workspace(context, NAME)

    def items(self, series: Series, now: datetime) -> Iterable[Target]:
        """One target per talk whose video belongs in the feed now, or is to be uploaded.

        A published video is also the one that is uploaded.
        """
        for episode in series.episodes:
            recording = episode.recording
            if recording is None or not recording.has_video:
                continue
            if series.offers_video(episode, now):
                yield Target(NAME, episode.slug, published_inputs(episode, recording), TAG_INPUTS)
            elif episode.status == "ready" and episode.youtube.upload:
                yield Target(NAME, episode.slug, inputs(episode, recording), made_for=INTERMEDIATE_FOR[NAME])

    def cost(self, series: Series, step: Step) -> Mapping[str, float]:
        """The seconds of audio to encode, and of picture if it cannot be copied."""
        if step.action == "update" or step.prepared:
            return {}
        episode = _episode_of(series, step)
        line = _line(episode)
        spoken = round(line.spoken, 2)
        copied = episode.recording is not None and video.is_copied(episode.recording, line, _profile(step))
        return {"seconds of sound": spoken} | ({} if copied else {"seconds of picture": spoken})

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
        """Makes the video and moves it to its destination. Raises MediaError when it fails."""
        episode = _episode_of(series, step)
        before = receipt.facts if receipt is not None else None
        facts = before if isinstance(before, VideoFacts) else VideoFacts()
        old, prepared = facts.file, self._prepared_facts(step)
        with self._workspace.folder() as folder:
            if prepared is not None:
                logger.info("%s: use the video that the preview made", episode.slug)
                path, facts = self._from_preview(step, episode, prepared, folder), prepared
            elif step.action == "update" and old is not None and self._is_intact(old):
                logger.info("%s: copy the published video with new chapters", episode.slug)
                path = self._with_chapters(episode, facts, self._context.public / old.path, folder)
            else:
                encoded = self._produce(episode, folder, progress, _profile(step))
                path, facts = encoded.path, _facts(encoded, step)
            assert facts.file is not None
            file = self._publish(step, episode, path, facts.file)
        if step.made_for is not None:
            return MakeResult(replace(facts, file=file))
        facts = replace(facts, file=replace(file, bitrate=_bitrate(file)))
        if old is None or not site_paths.is_video(old.path) or old.path == file.path:
            return MakeResult(facts)
        return MakeResult(facts, (old.path,))

    def _is_intact(self, file: Enclosure) -> bool:
        """Whether the published file exists with the size that was recorded."""
        path = self._context.public / file.path
        return path.is_file() and path.stat().st_size == file.length

    def _prepared_facts(self, step: Step) -> VideoFacts | None:
        """The facts of the preview's file, if it has the bytes that were recorded."""
        facts = step.prepared.facts if step.prepared is not None else None
        if not isinstance(facts, VideoFacts) or facts.file is None:
            return None
        file = self._context.work / site_paths.PREPARED_MEDIA / facts.file.path
        return facts if files.has_digest(file, facts.file.digest) else None

    def _from_preview(self, step: Step, episode: Episode, facts: VideoFacts, folder: Path) -> Path:
        """A copy of the preview's file, with the current chapters."""
        assert step.prepared is not None and facts.file is not None
        made = self._context.work / site_paths.PREPARED_MEDIA / facts.file.path
        if step.prepared.inputs["chapters"] != step.inputs["chapters"]:
            return self._with_chapters(episode, facts, made, folder)
        copy = folder / f"copy.{site_paths.VIDEO_SUFFIX}"
        shutil.copyfile(made, copy)
        return copy

    def _with_chapters(self, episode: Episode, facts: VideoFacts, path: Path, folder: Path) -> Path:
        """A copy of the file at `path` with the current chapters."""
        line = timeline.of_recording(episode, facts.recording_duration or 0.0)
        chapters = line.chapters(episode.chapters)
        with self._context.process_slots:
            return video.with_chapters(self._workspace.ffmpeg(), path, folder, chapters, line.duration)

    def _produce(
        self, episode: Episode, folder: Path, progress: Progress, profile: video.VideoProfile
    ) -> EncodedVideo:
        """The finished video, in `folder`."""
        from publisher.media import decode, encoding, workspace
        from publisher.outputs.video import encoder

        recording, spoken = decode.recording_of(episode), _line(episode).spoken
        needed = workspace.video_bytes(recording, episode.audio, profile.audio_bitrate, spoken)
        self._workspace.reserve(folder, needed)
        made = encoding.Encoding(encoder.encode_video, encoding.source_of(episode), profile, spoken)
        return self._workspace.encode(made, f"{episode.title} (video)", folder, progress)

    def _publish(self, step: Step, episode: Episode, path: Path, file: Enclosure) -> Enclosure:
        """Moves the finished file at `path` to its destination, named by its content."""
        digest, length = files.sha256(path), path.stat().st_size
        if step.made_for is None:
            root, target = (
                self._context.public,
                site_paths.media(episode.slug, digest, site_paths.VIDEO_SUFFIX),
            )
        else:
            root, target = self._context.work, site_paths.outgoing_video(episode.slug, digest, path.suffix)
        self._context.leak_checker.check_file(target, path)
        files.move_atomic(path, root / target)
        return replace(file, path=target, length=length, digest=digest)


def inputs(episode: Episode, recording: Recording) -> Mapping[str, str]:
    """The fingerprints of everything that a talk's video is made from, by name."""
    audio = episode.audio
    made_of: dict[str, object] = {
        "recording": recording.digest,
        "start": episode.start,
        "end": episode.end,
        "cut": timeline.merge(episode.cuts),
        "mute": timeline.merge(episode.mutes),
        "chapters": [(chapter.at, chapter.title) for chapter in episode.chapters],
        "loudness": audio.loudness,
        "true peak": audio.true_peak,
        "channels": audio.channels,
        "level_speakers": audio.level_speakers,
        "audio_track": audio.audio_track,
        **audio.later_inputs(is_muted=bool(episode.mutes)),
        "encoding": VERSION,
    }
    return {name: fingerprint(value) for name, value in made_of.items()}


def published_inputs(episode: Episode, recording: Recording) -> Mapping[str, str]:
    """The same for a published video, whose name contains the talk's slug."""
    own = {"slug": fingerprint(episode.slug), "encoding": fingerprint(PUBLISHED_VERSION)}
    return {**inputs(episode, recording), **own}


def _facts(encoded: EncodedVideo, step: Step) -> VideoFacts:
    """The facts of a finished video, without its file's name, size and digest."""
    file = Enclosure("", "", "", 0, encoded.duration, "", encoded.loudness, encoded.true_peak)
    if step.made_for is not None:
        return VideoFacts(file)
    file = replace(file, format=site_paths.VIDEO_SUFFIX, type=MEDIA_TYPE, height=encoded.height)
    return VideoFacts(file, round(encoded.recording_duration, 6))


def _bitrate(file: Enclosure) -> int:
    """kbit/s of the whole file: picture, audio and index."""
    return max(1, round(file.length * 8 / file.duration / 1000))


def _profile(step: Step) -> video.VideoProfile:
    return video.DOWNLOAD if step.made_for is None else video.UPLOAD


def _line(episode: Episode) -> Timeline:
    return timeline.of_recording(episode, episode.recording.duration if episode.recording else 0.0)


def _episode_of(series: Series, step: Step) -> Episode:
    return next(episode for episode in series.episodes if episode.slug == step.episode)
