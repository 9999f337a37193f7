"""A full disk is reported before the work begins; if it fills up later, the message names the file."""

from __future__ import annotations

import errno
import shutil
import threading
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from publisher.context import BuildContext
from publisher.errors import MediaError
from publisher.media import encode, formats, mastering, mid_side, parallel_encode, source_audio
from publisher.media.encode import EncodeContext
from publisher.media.ffmpeg_args import TO_END, Clip
from publisher.media.mid_side import Layout, MidSideWriter
from publisher.media.workspace import Workspace
from tests.media import sounds
from tests.outputs.audio.test_maker import audio_series
from tests.outputs.video.test_maker import VideoSeries

Usage = namedtuple("Usage", "total used free")


def free(monkeypatch: pytest.MonkeyPatch, amount: float) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 10**12 - int(amount), int(amount)))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return sounds.write_wav(tmp_path / "talk.wav", sounds.voice(6, -24))


def test_audio_too_large_for_the_disk_is_refused_before_it_is_made(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = audio_series(tmp_path, recording)
    free(monkeypatch, 1_000_000)
    with pytest.raises(MediaError, match=r"needs about 1\.\d MB .*, 1\.0 MB are free on /") as raised:
        place.make()
    assert str(tmp_path / ".publisher") in str(raised.value)
    assert not any(path.is_file() for path in (tmp_path / ".publisher").rglob("*"))
    free(monkeypatch, 10_000_000)
    assert place.only(place.make())[0].is_file()


def test_a_video_too_large_for_the_disk_is_refused_before_it_is_made(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sounds.with_picture(recording, tmp_path / "talk.mp4", "-pix_fmt", "yuv420p", "-c:a", "aac")
    video_studio = VideoSeries(tmp_path, path)
    free(monkeypatch, 1_000_000)
    with pytest.raises(MediaError, match=r"needs about \d\.\d MB .*, 1\.0 MB are free on /"):
        video_studio.make()


def test_a_reservation_waits_for_another_to_be_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, 10_000)
    workspace = Workspace(
        BuildContext(tmp_path / "public", tmp_path / ".publisher", 2, {"PATH": ""}), "audio"
    )
    order: list[str] = []
    with workspace.folder() as first:
        workspace.reserve(first, 6_000)

        def second() -> None:
            with workspace.folder() as folder:
                workspace.reserve(folder, 6_000)
                order.append("second")

        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.3)
        order.append("first")
    thread.join(20)
    assert order == ["first", "second"]


def test_stopping_ends_a_waiting_reservation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 10_000)
    workspace = Workspace(
        BuildContext(tmp_path / "public", tmp_path / ".publisher", 2, {"PATH": ""}), "audio"
    )
    with workspace.folder() as first, workspace.folder() as other:
        workspace.reserve(first, 6_000)
        threading.Timer(0.2, workspace.stop).start()
        with pytest.raises(MediaError, match="interrupted"):
            workspace.reserve(other, 6_000)


def full(path: Path) -> Path:
    """A file that cannot be written, as on a full disk."""
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/full")
    return path


needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")


@needs_full
def test_a_full_disk_names_the_file_of_samples(tmp_path: Path) -> None:
    path = full(mid_side.plane_path(tmp_path, mid_side.MID))
    with (
        pytest.raises(OSError) as raised,
        MidSideWriter(Layout(tmp_path, 1, "auto", stores_side=False)) as writer,
    ):
        for _ in range(3):
            writer.add(np.ones((1, mid_side.BLOCK), np.float32))
    assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(path))


def context(folder: Path) -> EncodeContext:
    return EncodeContext(sounds.ffmpeg(), folder, threading.Semaphore(2), 2)


@needs_full
@pytest.mark.parametrize("name", ["mp3", "m4a", "opus"])
def test_a_full_disk_names_the_file_that_ffmpeg_writes(name: str, tmp_path: Path) -> None:
    audio_format = formats.get_format(name)
    path = full(tmp_path / f"segment.{audio_format.suffix}")
    samples = sounds.voice(20).reshape(1, -1)
    with pytest.raises(OSError) as raised:
        encode.encode_samples(context(tmp_path), audio_format, 96, 1, [samples], path)
    assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(path.resolve()))


@needs_full
@pytest.mark.parametrize("name", ["mp3", "m4a", "opus"])
@pytest.mark.parametrize("file", ["part-0000", "whole"])
def test_a_full_disk_names_the_encoded_file(name: str, file: str, recording: Path, tmp_path: Path) -> None:
    clip = Clip(recording, 0, 1, ((0, TO_END),))
    audio = source_audio.decode_to_disk(sounds.ffmpeg(), [clip], tmp_path, "auto", lambda _: None)
    master, audio_format = mastering.master(audio, -16.0, -1.0, "talk.wav"), formats.get_format(name)
    path = full(tmp_path / f"{file}.{audio_format.suffix}")
    with pytest.raises(OSError) as raised:
        parallel_encode.encode(master, audio_format, 96, -1.0, context(tmp_path), lambda _: None)
    assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(path))
