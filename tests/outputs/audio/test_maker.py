from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from mutagen.id3 import ID3
from PIL import Image

from publisher.context import BuildContext
from publisher.errors import MediaError
from publisher.files import DigestCache
from publisher.gather import recordings
from publisher.model import (
    AudioSettings,
    Chapter,
    Credit,
    Enclosure,
    Person,
    Receipt,
    Series,
    SourceFile,
)
from publisher.outputs.audio import TAG_INPUTS, AudioMaker, enclosures
from publisher.plan import MakeResult, Step
from publisher.progress import NullProgress
from tests.conftest import NOW, make_episode, make_series
from tests.media import sounds

GUEST = Credit(Person("gul", "ګل پاڼه"), "guest")
MODERATOR = Credit(Person("ada", "Ada Adams"), "moderator")
BUNDLED = {"PATH": ""}


@dataclass
class AudioSeries:
    """A series of one talk, and a maker to make it with."""

    root: Path
    series: Series
    environment: dict[str, str] = field(default_factory=lambda: dict(BUNDLED))

    @property
    def public(self) -> Path:
        return self.root / "public"

    @property
    def maker(self) -> AudioMaker:
        return AudioMaker(BuildContext(self.public, self.root / ".publisher", 2, self.environment))

    def changed(self, **fields: object) -> AudioSeries:
        """The same series after an edit of the talk."""
        episode = replace(self.series.episodes[0], **fields)  # type: ignore[arg-type]
        return AudioSeries(self.root, replace(self.series, episodes=(episode,)), self.environment)

    def inputs(self) -> dict[str, str]:
        (item,) = self.maker.items(self.series, NOW)
        return dict(item.inputs)

    def make(
        self, before: tuple[MakeResult, dict[str, str]] | None = None, action: str = "make"
    ) -> MakeResult:
        """Makes the talk; `before` is what was made last and from what."""
        inputs = self.inputs()
        receipt = Receipt("audio", before[1], before[0].facts) if before else None
        changes = tuple(name for name in inputs if before and before[1].get(name) != inputs[name])
        step = Step("audio", self.series.episodes[0].slug, action, "", changes, inputs=inputs)  # type: ignore[arg-type]
        return self.maker.make(step, self.series, receipt, lambda facts: None, NullProgress())

    def only(self, made: MakeResult) -> tuple[Path, Enclosure]:
        (enclosure,) = enclosures(made.facts)
        return self.public / enclosure.path, enclosure


def audio_series(root: Path, recording: Path, **fields: object) -> AudioSeries:
    talk = make_episode("first-talk", recording_path=recording, **fields)
    found, unusable = recordings.probe_recordings(
        make_series(root, talk), sounds.ffmpeg, DigestCache(root / "d.json"), root / "r.json", NullProgress()
    )
    assert not unusable
    return AudioSeries(root, found)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of a quiet and a loud voice, full of what a telephone writes into it."""
    folder = tmp_path_factory.mktemp("recording")
    samples = np.concatenate((sounds.voice(6, -32), sounds.voice(6, -20, 210)))
    source = sounds.write_wav(folder / "a.wav", np.stack((samples, samples)))
    metadata = {
        "location": "+48.8566+002.3522/", "artist": "A. Uthor", "title": "IMG_0815", "comment": "private",
        "creation_time": "2020-11-20T11:11:11Z", "com.apple.quicktime.model": "Handset 9",
    }  # fmt: skip
    options = [part for key, value in metadata.items() for part in ("-metadata", f"{key}={value}")]
    options += ["-metadata:s:a:0", "handler_name=Core Sound", "-movflags", "use_metadata_tags", "-c:a", "aac"]
    return sounds.with_picture(source, folder / "talk.mp4", *options)


TALK: dict[str, object] = {
    "title": "Why? #Examples & “quotes” — په پښتو",
    "language": "ps",
    "number": 4,
    "season": 2,
    "summary": "What it is about.",
    "guests": (GUEST,),
    "moderators": (MODERATOR,),
    "chapters": (
        Chapter(0.0, "Welcome"),
        Chapter(4.0, "پوښتنې", "https://x.example.org/ä"),
        Chapter(9.0, "End " * 40),
    ),
}


@pytest.fixture(scope="module")
def made(
    recording: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[AudioSeries, MakeResult]]:
    place = audio_series(tmp_path_factory.mktemp("series"), recording, **TALK)
    yield place, place.make()


def test_a_talk_becomes_one_file_named_by_its_content(made: tuple[AudioSeries, MakeResult]) -> None:
    path, enclosure = made[0].only(made[1])
    assert re.fullmatch(r"media/first-talk\.[0-9a-f]{8}\.mp3", enclosure.path)
    assert enclosure.digest.startswith(enclosure.path.split(".")[1])
    assert (enclosure.length, enclosure.type) == (path.stat().st_size, "audio/mpeg")
    assert (enclosure.channels, enclosure.bitrate) == (1, 96)
    assert enclosure.duration == pytest.approx(sounds.read(path).shape[1] / 48_000, abs=0.03)


def test_loudness_and_peak_match_the_settings_and_the_receipt(
    made: tuple[AudioSeries, MakeResult],
) -> None:
    path, enclosure = made[0].only(made[1])
    loudness, peak = sounds.measure(path)
    assert loudness == pytest.approx(-16.0, abs=0.3)
    assert peak <= -1.0
    assert (enclosure.loudness, enclosure.true_peak) == (
        pytest.approx(loudness, abs=0.1),
        pytest.approx(peak, abs=0.2),
    )


def test_the_same_input_gives_the_same_bytes(
    made: tuple[AudioSeries, MakeResult], recording: Path, tmp_path: Path
) -> None:
    again = audio_series(tmp_path, recording, **TALK).make()
    assert again.facts == made[1].facts


def test_tags_contain_the_catalogues_metadata(made: tuple[AudioSeries, MakeResult]) -> None:
    path, _ = made[0].only(made[1])
    tags = ID3(path)
    assert tags.version == (2, 3, 0)
    texts = {name: str(tags[name]) for name in ("TIT2", "TALB", "TPE1", "TPE2", "TRCK", "TPOS", "TLAN")}
    assert texts == {
        "TIT2": TALK["title"], "TALB": "Example Talks", "TPE1": "ګل پاڼه, Ada Adams", "TPE2": "Example Press",
        "TRCK": "4", "TPOS": "2", "TLAN": "pus",
    }  # fmt: skip
    assert tags["WOAF"].url == "https://talks.example.org/episodes/first-talk/"
    assert tags["COMM::pus"].text == ["What it is about."]
    raw = ID3(path, translate=False)
    assert (str(raw["TYER"]), str(raw["TDAT"])) == ("2021", "0801")


def test_another_reader_finds_title_chapters_and_cover(made: tuple[AudioSeries, MakeResult]) -> None:
    path, enclosure = made[0].only(made[1])
    with av.open(str(path)) as container:
        assert container.metadata["title"] == TALK["title"]
        chapters = container.chapters()
        pictures = [stream for stream in container.streams if stream.type == "video"]
        assert (pictures[0].width, pictures[0].height) == (1000, 1000)
    named = [(chapter["start"], chapter["metadata"]["title"]) for chapter in chapters]
    assert named == [(0, "Welcome"), (4000, "پوښتنې"), (9000, "End " * 40)]
    assert chapters[-1]["end"] == pytest.approx(enclosure.duration * 1000, abs=1)
    assert Image.open(BytesIO(ID3(path).getall("APIC")[0].data)).getexif() == {}


def test_no_metadata_of_the_recording_is_published(made: tuple[AudioSeries, MakeResult]) -> None:
    path, _ = made[0].only(made[1])
    content = path.read_bytes()
    for secret in ("48.8566", "Uthor", "IMG_0815", "private", "Handset", "Core Sound", "2020-11-20", "Lavf"):
        assert secret.encode() not in content
        assert secret.encode("utf-16-le") not in content
    with av.open(str(path)) as container:
        assert not set(container.metadata) & {"location", "creation_time", "encoder", "handler_name"}
    assert {"location", "artist"} <= set(made[1].facts.stripped)


def test_working_files_are_removed_afterwards(made: tuple[AudioSeries, MakeResult]) -> None:
    assert [path for path in (made[0].root / ".publisher").rglob("*") if path.is_file()] == []


def test_a_new_title_changes_the_tags_and_runs_no_encoder(made: tuple[AudioSeries, MakeResult]) -> None:
    place, first = made
    old, _ = place.only(first)
    edited = place.changed(title="Another title")
    edited.environment = {"PUBLISHER_FFMPEG": "there-is-none", "PATH": ""}
    second = edited.make((first, place.inputs()), "update")
    new, enclosure = edited.only(second)
    assert new != old and old.exists()
    assert second.replaced == (f"media/{old.name}",)
    assert str(ID3(new)["TIT2"]) == "Another title"
    assert np.array_equal(sounds.read(new), sounds.read(old))
    assert enclosure.length == new.stat().st_size


def test_an_update_of_tags_gives_the_bytes_of_making_anew(
    made: tuple[AudioSeries, MakeResult], recording: Path, tmp_path: Path
) -> None:
    place, first = made
    edited = place.changed(title="Another title", chapters=())
    updated = edited.make((first, place.inputs()), "update")
    anew = audio_series(tmp_path, recording, **{**TALK, "title": "Another title", "chapters": ()}).make()
    assert updated.facts == anew.facts


def test_an_update_whose_file_is_missing_makes_it_again(recording: Path, tmp_path: Path) -> None:
    place = audio_series(tmp_path, recording)
    first = place.make()
    path, _ = place.only(first)
    path.unlink()
    second = place.make((first, place.inputs()))
    assert path.exists() and second.facts == first.facts


@pytest.mark.parametrize(
    ("edit", "name"),
    [
        ({"title": "x"}, "title"),
        ({"guests": ()}, "people"),
        ({"summary": "x"}, "summary"),
        ({"chapters": (Chapter(0, "x"),)}, "chapters"),
        ({"language": "ur"}, "language"),
        ({"number": 9}, "number"),
        ({"cover": SourceFile(Path("x.jpg"), "00")}, "cover"),
        ({"start": 1.0}, "start"),
        ({"end": 9.0}, "end"),
        ({"cuts": ((1.0, 2.0),)}, "cut"),
        ({"mutes": ((1.0, 2.0),)}, "mute"),
        ({"audio": AudioSettings(loudness=-18)}, "loudness"),
        ({"audio": AudioSettings(true_peak=-2)}, "true peak"),
        ({"audio": AudioSettings(channels="mono")}, "channels"),
        ({"audio": AudioSettings(bitrate={"mp3": 64})}, "mp3 bitrate"),
        ({"audio": AudioSettings(intro=SourceFile(Path("x.wav"), "00"))}, "intro"),
    ],
)
def test_each_edit_changes_the_input_of_its_name(
    edit: dict[str, object], name: str, made: tuple[AudioSeries, MakeResult]
) -> None:
    before, after = made[0].inputs(), made[0].changed(**edit).inputs()
    changed = {key for key in before if before[key] != after[key]}
    assert name in changed and changed <= {name, "cover"}
    (item,) = made[0].maker.items(made[0].series, NOW)
    assert (name in item.retag_inputs) == (name in TAG_INPUTS)


def test_talks_that_are_not_due_or_have_no_recording_are_no_targets(
    made: tuple[AudioSeries, MakeResult],
) -> None:
    for edit in ({"status": "draft"}, {"date": datetime(2999, 1, 1, tzinfo=UTC)}, {"recording": None}):
        assert list(made[0].maker.items(made[0].changed(**edit).series, NOW)) == []


def test_the_published_part_has_chapters_in_its_own_time(recording: Path, tmp_path: Path) -> None:
    place = audio_series(tmp_path, recording, **{**TALK, "start": 1.0, "end": 11.0, "cuts": ((3.0, 5.0),)})
    jingle = sounds.write_wav(tmp_path / "jingle.wav", sounds.voice(2, pitch=300))
    place = place.changed(audio=AudioSettings(intro=SourceFile(jingle, "aa"), outro=SourceFile(jingle, "aa")))
    made = place.make()
    path, enclosure = place.only(made)
    assert enclosure.duration == 2 + 8 + 2
    assert {made.facts.intro_duration, made.facts.outro_duration} == {2.0}
    with av.open(str(path)) as container:
        assert [chapter["start"] for chapter in container.chapters()] == [0, 4000, 8000]
    assert sounds.measure(path)[0] == pytest.approx(-16, abs=0.3)


def test_silence_is_refused_with_the_recordings_name(tmp_path: Path) -> None:
    silent = sounds.write_wav(tmp_path / "silent.wav", np.zeros(96_000, np.float32))
    place = audio_series(tmp_path, silent)
    with pytest.raises(MediaError, match=r"silent\.wav: the published part is silent"):
        place.make()
    assert not place.public.exists() or not list(place.public.rglob("*.*"))


def test_a_missing_track_is_reported(recording: Path, tmp_path: Path) -> None:
    place = audio_series(tmp_path, recording, audio=AudioSettings(audio_track=3))
    with pytest.raises(MediaError, match=r"talk\.mp4: audio_track = 3, but it has 1"):
        place.make()


def test_stopping_ends_the_work_and_leaves_nothing(tmp_path: Path) -> None:
    long = sounds.write_wav(tmp_path / "long.wav", np.tile(sounds.voice(20), 12))
    place = audio_series(tmp_path, long)
    maker = place.maker
    (item,) = maker.items(place.series, NOW)
    step = Step("audio", "first-talk", "make", "new", inputs=item.inputs)
    threading.Timer(0.4, maker.stop).start()
    with pytest.raises(MediaError, match="interrupted"):
        maker.make(step, place.series, None, lambda facts: None, NullProgress())
    assert not place.public.exists()


KILLED = """
import sys
from pathlib import Path
from tests.outputs.audio.test_maker import audio_series
audio_series(Path(sys.argv[1]), Path(sys.argv[2])).make()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_run_leaves_no_half_file_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    recording = sounds.write_wav(tmp_path / "long.wav", np.tile(sounds.voice(20), 12))
    run = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path), str(recording)], cwd=Path(__file__).parents[3]
    )
    work = tmp_path / ".publisher" / "audio"
    while run.poll() is None and not list(work.rglob("segment-*")):
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert list(work.rglob("plane-*"))
    assert not list((tmp_path / "public").rglob("*.mp3"))
    short = sounds.write_wav(tmp_path / "short.wav", sounds.voice(2))
    place = audio_series(tmp_path, short)
    path, _ = place.only(place.make())
    assert path.exists() and not [left for left in work.rglob("*") if left.is_file()]
