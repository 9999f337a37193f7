"""The maker of videos: which there may be, from what, at what cost, and where each goes.

A video that belongs in the feed is published like audio: made once, named by its content, under
public/. Any other is made only when a step of another output needs it, lies below .publisher/,
and is let go when that step is done; whoever decides and carries out sees to both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import files, site_paths, timeline
from publisher.context import BuildContext
from publisher.fingerprint import fingerprint
from publisher.media import video as pictures
from publisher.media.workspace import Workspace
from publisher.model import AnyFacts, Enclosure, Episode, Receipt, Recording, Series, VideoFacts
from publisher.plan import INTERMEDIATE_FOR, MakeResult, Step, Target
from publisher.progress import Progress, weighted
from publisher.timeline import Timeline

if TYPE_CHECKING:
    from publisher.outputs.video.encoder import VideoJob

NAME = "video"

MEDIA_TYPE = "video/mp4"

VERSION = 1
"""Part of each video's inputs: raise it only when videos not sent yet are to be made again."""

PUBLISHED_VERSION = 1
"""The same of published videos: raise it only when all of them are to be made again."""

TAG_INPUTS = frozenset({"chapters", "slug"})
"""What a published video shows, or is called by, without an encoder."""


class VideoMaker:
    """Makes the videos of talks that belong in the feed, or are to be uploaded somewhere."""

    name = NAME
    remote = False

    def __init__(self, context: BuildContext) -> None:
        self._context = context
        self._workspace = Workspace(context, NAME)

    def items(self, series: Series, now: datetime) -> Iterable[Target]:
        """One item per talk whose video belongs in the feed now, or is to be uploaded.

        What is published is made for everybody, and an upload takes it from there.
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
        """The seconds of sound to encode, and of picture where it cannot be copied."""
        if step.action == "update":
            return {}
        episode = _episode_of(series, step)
        line = _line(episode)
        spoken = round(line.spoken, 2)
        copied = episode.recording is not None and pictures.is_copied(
            episode.recording, line, _audience(step)
        )
        return {"seconds of sound": spoken} | ({} if copied else {"seconds of picture": spoken})

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
        """Makes the video and brings it into place; raises MediaError when it cannot."""
        episode = _episode_of(series, step)
        before = receipt.facts if receipt is not None else None
        facts = before if isinstance(before, VideoFacts) else VideoFacts()
        old = facts.file
        with self._workspace.folder() as folder:
            if step.action == "update" and old is not None and self._is_there(old):
                path = self._with_chapters(episode, facts, old, folder)
            else:
                video = self._produce(episode, folder, progress, _audience(step))
                path, facts = video.path, _facts(video, step)
            assert facts.file is not None
            file = self._bring_into_place(step, episode, path, facts.file)
        if step.made_for is not None:
            return MakeResult(replace(facts, file=file))
        made = replace(facts, file=replace(file, bitrate=_bitrate(file)))
        if old is None or not site_paths.is_video(old.path) or old.path == file.path:
            return MakeResult(made)
        return MakeResult(made, (old.path,))

    def _is_there(self, file: Enclosure) -> bool:
        """Whether the published file is as it was made."""
        path = self._context.public / file.path
        return path.is_file() and path.stat().st_size == file.length

    def _with_chapters(self, episode: Episode, facts: VideoFacts, file: Enclosure, folder: Path) -> Path:
        """A copy of the published file with the chapters of now."""
        line = timeline.of_recording(episode, facts.recording_duration or 0.0)
        made, chapters = self._context.public / file.path, line.chapters(episode.chapters)
        with self._context.process_slots:
            return pictures.with_chapters(self._workspace.ffmpeg(), made, folder, chapters, line.duration)

    def _produce(
        self, episode: Episode, folder: Path, progress: Progress, audience: pictures.VideoProfile
    ) -> VideoJob:
        """The finished video, in `folder`."""
        from publisher.media import decode, workspace
        from publisher.media.encode import EncodeContext
        from publisher.outputs.video import encoder

        recording, spoken = decode.recording_of(episode), _line(episode).spoken
        self._workspace.reserve(
            folder, workspace.for_video(recording, episode.audio, audience.bitrate, spoken)
        )
        workshop = EncodeContext(
            self._workspace.ffmpeg(), folder, self._context.process_slots, self._context.jobs
        )
        with weighted(progress, f"{episode.title} (video)", _line(episode).spoken) as bar:
            return encoder.make(workshop, episode, audience, bar)

    def _bring_into_place(self, step: Step, episode: Episode, path: Path, file: Enclosure) -> Enclosure:
        """Moves the finished file at `path`, named by its content, to where it belongs."""
        digest, length = files.sha256(path), path.stat().st_size
        if step.made_for is None:
            place, root = (
                site_paths.media(episode.slug, digest, site_paths.VIDEO_SUFFIX),
                self._context.public,
            )
        else:
            place, root = site_paths.outgoing_video(episode.slug, digest, path.suffix), self._context.work
        self._context.leak_checker.check_file(place, path)
        files.move_atomic(path, root / place)
        return replace(file, path=place, length=length, digest=digest)


def inputs(episode: Episode, recording: Recording) -> Mapping[str, str]:
    """Everything a talk's video is made from, by name, as fingerprints."""
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
        "encoding": VERSION,
    }
    return {name: fingerprint(value) for name, value in made_of.items()}


def published_inputs(episode: Episode, recording: Recording) -> Mapping[str, str]:
    """The same of one that is published, which is called by the talk's slug."""
    own = {"slug": fingerprint(episode.slug), "encoding": fingerprint(PUBLISHED_VERSION)}
    return {**inputs(episode, recording), **own}


def _facts(video: VideoJob, step: Step) -> VideoFacts:
    """The facts of a finished video, without what its file is called."""
    file = Enclosure("", "", "", 0, video.duration, "", video.loudness, video.true_peak)
    if step.made_for is not None:
        return VideoFacts(file)
    shown = replace(file, format=site_paths.VIDEO_SUFFIX, type=MEDIA_TYPE, height=video.height)
    return VideoFacts(shown, round(video.recorded, 6))


def _bitrate(file: Enclosure) -> int:
    """kbit/s of the whole file: picture, sound and index."""
    return max(1, round(file.length * 8 / file.duration / 1000))


def _audience(step: Step) -> pictures.VideoProfile:
    return pictures.DOWNLOAD if step.made_for is None else pictures.UPLOAD


def _line(episode: Episode) -> Timeline:
    return timeline.of_recording(episode, episode.recording.duration if episode.recording else 0.0)


def _episode_of(series: Series, step: Step) -> Episode:
    return next(episode for episode in series.episodes if episode.slug == step.episode)
