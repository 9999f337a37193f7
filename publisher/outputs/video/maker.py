"""The maker of videos as published: which there may be, from what, at what cost.

A video is made only when a step of another output needs it, and is let go when that step is
done; whoever decides and carries out sees to both. Nothing here knows where it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import addresses, files, timeline
from publisher.fingerprint import fingerprint
from publisher.media.station import Station
from publisher.model import Episode, Facts, Receipt, Recording, Series
from publisher.plan import Item, Made, Step
from publisher.progress import Progress
from publisher.timeline import Timeline
from publisher.workbench import Workbench

if TYPE_CHECKING:
    from publisher.outputs.video.making import Video

NAME = "video"

ENCODING = 1
"""The recipe. Raised, deliberately, when videos not sent yet are to be made again."""


class VideoMaker:
    """Makes the videos of talks that are to be uploaded somewhere."""

    name = NAME
    remote = False

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._station = Station(bench, NAME)

    def items(self, series: Series, now: datetime) -> Iterable[Item]:
        """One item per talk that is to be uploaded and whose recording has a picture."""
        for episode in series.episodes:
            recording = episode.recording
            if episode.status == "ready" and episode.youtube.upload and recording and recording.has_video:
                yield Item(self.name, episode.slug, inputs(episode, recording))

    def cost(self, series: Series, step: Step) -> Mapping[str, float]:
        """The seconds of sound to encode, and of picture where it cannot be copied."""
        line = _line(_episode_of(series, step))
        spoken = round(line.spoken, 2)
        return {"seconds of sound": spoken} | ({} if line.is_whole else {"seconds of picture": spoken})

    def stop(self) -> None:
        """Ends every child process at once; whoever waits for one gets a MediaError."""
        self._station.stop()

    def make(
        self,
        step: Step,
        series: Series,
        receipt: Receipt | None,
        keep: Callable[[Facts], None],
        progress: Progress,
    ) -> Made:
        """Makes the video and brings it into place; raises MediaError when it cannot.

        The facts: path (below .publisher/), length (bytes), duration, digest, loudness, true_peak.
        """
        episode = _episode_of(series, step)
        with self._station.folder() as folder:
            video = self._produce(episode, folder, progress)
            digest = files.sha256(video.path)
            place = addresses.video(episode.slug, digest, video.path.suffix)
            length = video.path.stat().st_size
            self._bench.guard.check_file(place, video.path)
            files.move_into_place(video.path, self._bench.work / place)
        facts: Facts = {
            "path": place,
            "length": length,
            "duration": video.duration,
            "digest": digest,
            "loudness": video.loudness,
            "true_peak": video.true_peak,
        }
        return Made(facts)

    def _produce(self, episode: Episode, folder: Path, progress: Progress) -> Video:
        """The finished video, in `folder`."""
        from publisher.media.encoding import Workshop
        from publisher.outputs.video import making

        workshop = Workshop(self._station.ffmpeg(), folder, self._bench.slots, self._bench.jobs)
        task = progress.start(f"{episode.title} (video)", _line(episode).spoken)
        try:
            return making.make(workshop, episode, task.advance)
        finally:
            task.finish()


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
        "encoding": ENCODING,
    }
    return {name: fingerprint(value) for name, value in made_of.items()}


def _line(episode: Episode) -> Timeline:
    return timeline.of_recording(episode, episode.recording.duration if episode.recording else 0.0)


def _episode_of(series: Series, step: Step) -> Episode:
    return next(episode for episode in series.episodes if episode.slug == step.episode)
