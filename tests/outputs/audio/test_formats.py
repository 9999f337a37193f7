"""One contract for all formats; every file is read back by another library than the one that wrote it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import av
import mutagen
import numpy as np
import pytest

from publisher.media import formats
from publisher.media.tags import Tags
from publisher.model import AudioSettings, Chapter, Enclosure
from publisher.outputs.audio import enclosures
from publisher.plan import MakeResult
from tests.media import sounds
from tests.outputs.audio.test_maker import TALK, AudioSeries, audio_series

ALL = AudioSettings(formats=tuple(formats.FORMATS))
TYPES = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "opus": "audio/ogg"}
DAY = datetime(2020, 11, 28, tzinfo=UTC)
SECRETS = ("48.8566", "Uthor", "IMG_0815", "private", "Handset", "Core Sound", "2020-11-20", "Lavf", "Lavc")

every_format = pytest.mark.parametrize("name", formats.FORMATS)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recording")
    sound = np.concatenate((sounds.voice(6, -32), sounds.voice(6, -20, 210)))
    source = sounds.write_wav(folder / "a.wav", np.stack((sound, sound * 0.5)))
    metadata = ("location=+48.8566+002.3522/", "artist=A. Uthor", "title=IMG_0815", "comment=private")
    options = [part for words in metadata for part in ("-metadata", words)]
    return sounds.with_picture(source, folder / "talk.mp4", *options, "-c:a", "aac")


@pytest.fixture(scope="module")
def place(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> AudioSeries:
    return audio_series(tmp_path_factory.mktemp("series"), recording, **TALK, audio=ALL)


@pytest.fixture(scope="module")
def made(place: AudioSeries) -> MakeResult:
    return place.make()


def of(place: AudioSeries, made: MakeResult, name: str) -> tuple[Path, Enclosure]:
    (enclosure,) = (one for one in enclosures(made.facts) if one.format == name)
    return place.public / enclosure.path, enclosure


def test_formats_are_made_in_the_catalogues_order(made: MakeResult) -> None:
    assert [(one.format, one.type) for one in enclosures(made.facts)] == list(TYPES.items())


@every_format
def test_the_receipt_agrees_with_another_meter(name: str, place: AudioSeries, made: MakeResult) -> None:
    path, enclosure = of(place, made, name)
    loudness, peak = sounds.measure(path)
    assert loudness == pytest.approx(-16, abs=0.3) and peak <= -0.9
    assert enclosure.loudness == pytest.approx(loudness, abs=0.1)
    assert enclosure.true_peak == pytest.approx(peak, abs=0.2)
    assert (enclosure.length, enclosure.channels) == (path.stat().st_size, 2)


@every_format
def test_a_file_is_as_long_as_its_audio(name: str, place: AudioSeries, made: MakeResult) -> None:
    path, enclosure = of(place, made, name)
    assert enclosure.duration == pytest.approx(12, abs=0.03)
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert stream.duration is not None and stream.time_base is not None
        # An Opus stream's own time holds what players leave out of it.
        lasts = float(stream.duration * stream.time_base) - (312 / 48_000 if name == "opus" else 0)
    assert lasts == pytest.approx(enclosure.duration, abs=1152 / 48_000 if name == "mp3" else 1e-5)


@every_format
def test_title_people_language_chapters_and_cover_are_read_back(
    name: str, place: AudioSeries, made: MakeResult
) -> None:
    path, _ = of(place, made, name)
    with av.open(str(path)) as container:
        sound = container.streams.audio[0]
        words = {key.lower(): value for key, value in {**sound.metadata, **container.metadata}.items()}
        chapters = [
            (float(one["start"] * one["time_base"]), one["metadata"]["title"]) for one in container.chapters()
        ]
        (picture,) = container.streams.video
        assert (picture.width, picture.height) == (1000, 1000)
    assert (words["title"], words["album"], words["artist"]) == (
        TALK["title"],
        "Example Talks",
        "ګل پاڼه, Ada Adams",
    )
    assert chapters == [(0, "Welcome"), (4, "پوښتنې"), (9, "End " * 40)]
    assert words["language"] == "pus"


@every_format
def test_another_library_reads_the_tags(name: str, place: AudioSeries, made: MakeResult) -> None:
    path, enclosure = of(place, made, name)
    read = mutagen.File(path)  # type: ignore[attr-defined]
    assert read.info.length == pytest.approx(enclosure.duration, abs=0.05)
    title = {"mp3": "TIT2", "m4a": "\xa9nam", "opus": "TITLE"}[name]
    assert str(read.tags[title][0] if name != "mp3" else read.tags[title]) == TALK["title"]


@every_format
def test_no_metadata_of_the_recording_or_the_tools_is_in_the_file(
    name: str, place: AudioSeries, made: MakeResult
) -> None:
    content = of(place, made, name)[0].read_bytes()
    assert not [secret for secret in SECRETS if secret.encode() in content]


@every_format
def test_new_tags_change_no_frame_and_run_no_encoder(name: str, place: AudioSeries, made: MakeResult) -> None:
    edited = place.changed(title="Another", chapters=(Chapter(0, "One"),), audio=ALL)
    edited.environment = {"PUBLISHER_FFMPEG": "there-is-none", "PATH": ""}
    second = edited.make((made, place.inputs()), "update")
    old, new = of(place, made, name)[0], of(edited, second, name)[0]
    assert new != old and np.array_equal(sounds.read(new), sounds.read(old))


@every_format
def test_three_hundred_chapters_are_read_back(
    name: str, place: AudioSeries, made: MakeResult, tmp_path: Path
) -> None:
    copy = tmp_path / f"talk.{name}"
    shutil.copyfile(of(place, made, name)[0], copy)
    chapters = tuple(Chapter(number / 25, f"Chapter {number}") for number in range(300))
    formats.FORMATS[name].tag(copy, Tags("A", "B", "C", ("D",), DAY, "eng", duration=12.0, chapters=chapters))
    with av.open(str(copy)) as container:
        titles = [one["metadata"]["title"] for one in container.chapters()]
    assert titles == [one.title for one in chapters]


def test_an_added_format_is_made_alone(recording: Path, tmp_path: Path, made: MakeResult) -> None:
    place = audio_series(tmp_path, recording, **TALK)
    first = place.make()
    _, mp3 = place.only(first)
    second = place.changed(audio=ALL).make((first, place.inputs()))
    assert second.facts == made.facts and second.replaced == ()
    assert enclosures(second.facts)[0] == mp3
    lower = replace(ALL, bitrate={**ALL.bitrate, "opus": 24})
    third = place.changed(audio=lower).make((second, place.changed(audio=ALL).inputs()))
    assert enclosures(third.facts)[:2] == enclosures(second.facts)[:2]
    assert enclosures(third.facts)[2].bitrate == 48


def test_the_index_of_an_m4a_precedes_its_audio(place: AudioSeries, made: MakeResult) -> None:
    content = of(place, made, "m4a")[0].read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")
    assert content.index(b"chpl") < content.index(b"mdat") and content.index(b"chap")


@pytest.mark.parametrize("name", ["m4a", "opus"])
def test_a_strict_demuxer_reports_no_error(name: str, place: AudioSeries, made: MakeResult) -> None:
    command = [sounds.ffmpeg().binaries.ffmpeg, "-v", "error", "-xerror", "-err_detect", "explode+crccheck"]
    command += ["-i", str(of(place, made, name)[0]), "-map", "0:a", "-f", "null", "-"]
    checked = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert (checked.returncode, checked.stderr) == (0, b"")
