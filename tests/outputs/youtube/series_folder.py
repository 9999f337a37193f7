"""A series folder whose talks are published on YouTube, released in this process or in a child process.

``python -m tests.outputs.youtube.series_folder ROOT`` releases the series in ROOT once, with the steps of
the command: observe, plan, run. ROOT/series.json contains the talks for the child process.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from publisher import files, ledger, planner, run, timeline
from publisher.context import BuildContext, ReleaseOptions
from publisher.errors import MediaError
from publisher.media.video import VideoProfile
from publisher.model import (
    Chapter,
    Credit,
    Episode,
    Person,
    Recording,
    Series,
    SourceFile,
    Transcript,
    Translation,
    YouTubeChannel,
    YouTubeSettings,
)
from publisher.outputs.video import VideoMaker
from publisher.outputs.video.encoder import EncodedVideo
from publisher.outputs.youtube import YouTubeMaker
from publisher.plan import EVERYTHING, Plan, Selection
from publisher.progress import NullProgress, Progress
from publisher.release_state import ReleaseState, receipts_for
from tests.conftest import make_episode, make_series
from tests.fake_channel import CHANNEL, PLAYLIST
from tests.fake_youtube import FakeYouTube

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DURATION = 60.0
VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\n{}\n"


class CopyMaker(VideoMaker):
    """Makes videos of recordings that are random bytes: copies them, with the published duration."""

    def _produce(
        self, episode: Episode, folder: Path, progress: Progress, profile: VideoProfile
    ) -> EncodedVideo:
        assert episode.recording is not None
        if not episode.recording.path.stat().st_size:
            raise MediaError(f"{episode.slug}: its recording is empty")
        output = folder / "video.mp4"
        shutil.copyfile(episode.recording.path, output)
        line = timeline.of_recording(episode, episode.recording.duration)
        return EncodedVideo(output, line.duration, -16.0, -1.0, (), line.is_whole, 720, line.duration)


@dataclass
class YouTubeFolder:
    """A series folder and the fake YouTube it publishes to."""

    root: Path
    fake: FakeYouTube
    talks: list[dict[str, Any]] = field(default_factory=list)
    channel: dict[str, Any] = field(default_factory=lambda: {"id": CHANNEL, "playlist": PLAYLIST})
    now: datetime = NOW
    options: ReleaseOptions = field(default_factory=ReleaseOptions)
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self.fake.channel.now = lambda: self.now
        self.fake.channel.duration = DURATION
        self.environment = {
            "PUBLISHER_YOUTUBE_ENDPOINT": self.fake.address,
            "PUBLISHER_YOUTUBE_CREDENTIALS": str(self.fake.credentials(self.root / "credentials.json")),
            "PUBLISHER_YOUTUBE_CHUNK": str(256 * 1024),
            "PUBLISHER_YOUTUBE_PAUSE": "0.001",
            "PUBLISHER_YOUTUBE_TIMEOUT": "5",
            **self.environment,
        }

    def add(self, slug: str, size: int = 3000, **fields: Any) -> None:
        """Adds a talk, a day after the previous one, with a recording of `size` random bytes."""
        folder = self.root / "episodes" / slug
        folder.mkdir(parents=True, exist_ok=True)
        content = random.Random(slug).randbytes(size)
        (folder / "recording.mp4").write_bytes(content)
        for language in fields.setdefault("transcripts", []):
            self.write_transcript(slug, language, f"Words in {language}")
        date = datetime(2021, 1, 1, 18, tzinfo=UTC) + timedelta(days=len(self.talks))
        self.talks.append({"slug": slug, "date": date.isoformat(), "youtube": {"upload": True}, **fields})

    def write_transcript(self, slug: str, language: str, text: str) -> None:
        path = self.root / "episodes" / slug / f"transcript.{language}.vtt"
        path.write_text(VTT.format(text), encoding="utf-8")

    def edit(self, slug: str, **fields: Any) -> None:
        next(talk for talk in self.talks if talk["slug"] == slug).update(fields)

    def restore(self, slug: str) -> None:
        """Revokes a withdrawal, as `publisher withdraw --restore` does."""
        ledger.save_record(self.root, replace(ledger.load(self.root).record(slug), withdrawn=None))

    # Steps of a release

    def series(self) -> Series:
        return series_of(self.root, self.talks, self.channel)

    def maker(self) -> tuple[YouTubeMaker, BuildContext]:
        context = BuildContext(
            self.root / "public", self.root / ".publisher", 2, self.environment, self.options
        )
        return YouTubeMaker(context), context

    def plan(self, *, observe: bool = True, selection: Selection = EVERYTHING) -> Plan:
        maker, context = self.maker()
        state = gather(self.series(), maker, self.now, observe=observe)
        return planner.build_plan(state, [CopyMaker(context), maker], [], selection)

    def release(self) -> run.RunResult:
        maker, context = self.maker()
        state = gather(self.series(), maker, self.now)
        makers = [CopyMaker(context), maker]
        plan = planner.build_plan(state, makers, [])
        self.last_plan = plan
        return run.Run(state, makers, [], context, NullProgress()).execute(plan)

    def save(self) -> None:
        """Writes the series for a child process."""
        document = {
            "talks": self.talks,
            "channel": self.channel,
            "now": self.now.isoformat(),
            "environment": self.environment,
        }
        (self.root / "series.json").write_text(json.dumps(document), encoding="utf-8")

    def start(self) -> subprocess.Popen[bytes]:
        """Starts a release in a child process."""
        self.save()
        return subprocess.Popen(
            [sys.executable, "-m", "tests.outputs.youtube.series_folder", str(self.root)],
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )

    # Outcome

    def outgoing_videos(self) -> list[str]:
        """The slugs of the talks whose videos are not uploaded yet."""
        return sorted(path.name.split(".")[0] for path in self.root.glob(".publisher/videos/*"))

    def published_videos(self) -> list[str]:
        """The file names of the videos below public/."""
        return sorted(path.name for path in self.root.glob("public/media/*"))

    def facts(self, slug: str) -> Mapping[str, Any]:
        return ledger.load(self.root).record(slug).receipts["youtube"].facts.to_json()

    def is_open(self, slug: str) -> bool:
        return ledger.load(self.root).record(slug).receipts["youtube"].open

    def video(self, slug: str) -> dict[str, Any]:
        return self.fake.channel.videos[self.facts(slug)["id"]]

    def visible_state(self) -> dict[str, Any]:
        """All that viewers can see, by slug; without ids and the order of uploads."""
        channel = self.fake.channel
        names = {self.facts(talk["slug"])["id"]: talk["slug"] for talk in self.talks}
        by_slug = {}
        for video, slug in names.items():
            resource = channel.videos[video]
            by_slug[slug] = {
                "snippet": resource["snippet"],
                "status": resource["status"],
                "localizations": resource["localizations"],
                "content": channel.contents.get(video),
                "thumbnail": channel.thumbnails.get(video),
                "captions": channel.captions_of(video),
            }
        playlist = [names.get(video, video) for video in channel.in_playlist()]
        return {"talks": by_slug, "videos": len(channel.videos), "playlist": playlist}


def gather(series: Series, maker: YouTubeMaker, now: datetime, *, observe: bool = True) -> ReleaseState:
    known = ledger.load(series.root)
    outgoing = run.find_outgoing(series.root / ".publisher")
    public = files.scan_tree(series.root / "public")
    state = ReleaseState(series, known, now, public, outgoing=outgoing)
    receipts = receipts_for(state, maker.name)
    observed = {maker.name: maker.observe(series, receipts, now)} if observe else {}
    state = ReleaseState(series, known, now, public, {}, observed, outgoing)
    return run.apply_visibility(state, series.root / "public")


def series_of(root: Path, talks: list[dict[str, Any]], channel: Mapping[str, Any]) -> Series:
    episodes = [episode_of(root, talk) for talk in talks]
    return make_series(root, *episodes, youtube=YouTubeChannel(**channel))


def episode_of(root: Path, talk: Mapping[str, Any]) -> Episode:
    """The episode of a talk in series.json; dates are ISO 8601, files are in the talk's folder."""
    values = dict(talk)
    folder = root / "episodes" / values["slug"]
    values["folder"] = folder
    values["date"] = datetime.fromisoformat(values["date"])
    settings = dict(values.pop("youtube"))
    if settings.get("publish_at"):
        settings["publish_at"] = datetime.fromisoformat(settings["publish_at"])
    for name in ("tags", "hashtags"):
        settings[name] = tuple(settings.get(name, ()))
    values["youtube"] = YouTubeSettings(**settings)
    if "id" not in settings:
        path = folder / "recording.mp4"
        values["recording_path"] = path
        values["recording"] = Recording(path, _digest(path), DURATION, (), has_video=True)
    values["transcripts"] = tuple(
        Transcript(language, SourceFile(path, _digest(path)))
        for language in values.get("transcripts", ())
        for path in [folder / f"transcript.{language}.vtt"]
    )
    values["chapters"] = tuple(Chapter(at, title) for at, title in values.get("chapters", ()))
    values["topics"] = tuple(values.get("topics", ()))
    values["guests"] = tuple(
        Credit(Person(name.lower().replace(" ", "-"), name), "guest") for name in values.get("guests", ())
    )
    values["translations"] = {
        language: Translation(*texts) for language, texts in values.get("translations", {}).items()
    }
    if values.get("thumbnail"):
        thumbnail = folder / values["thumbnail"]
        values["thumbnail"] = SourceFile(thumbnail, _digest(thumbnail))
    return make_episode(**values)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(root: Path) -> int:
    document = json.loads((root / "series.json").read_text(encoding="utf-8"))
    series = series_of(root, document["talks"], document["channel"])
    context = BuildContext(root / "public", root / ".publisher", 2, document["environment"])
    maker, now = YouTubeMaker(context), datetime.fromisoformat(document["now"])
    state = gather(series, maker, now)
    makers = [CopyMaker(context), maker]
    plan = planner.build_plan(state, makers, [])
    outcome = run.Run(state, makers, [], context, NullProgress()).execute(plan)
    lines = [f"{failure.step.episode}: {failure.error}" for failure in outcome.failed]
    sys.stdout.write("\n".join((*lines, *map(str, plan.notices))))
    return 1 if outcome.failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
