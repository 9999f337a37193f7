from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from publisher import ledger
from publisher.context import NULL_LEAK_CHECKER, BuildContext
from publisher.errors import LeakError, MediaError
from publisher.files import sha256
from publisher.leaks import Secret, Secrets
from publisher.leaks.checker import LeakChecker
from publisher.media.encode import EncodeContext
from publisher.media.video import DOWNLOAD, UPLOAD, VideoProfile
from publisher.model import AnyFacts, AudioSettings, Chapter, Enclosure, Receipt, Series
from publisher.outputs.video import VideoMaker, encoder
from publisher.outputs.video.encoder import EncodedVideo
from publisher.plan import MakeResult, Step
from publisher.progress import NullProgress, WeightedProgress
from tests.conftest import NOW
from tests.media import sounds
from tests.outputs.audio.test_maker import audio_series

RATE = sounds.RATE
CHAPTERS = (Chapter(0, "Welcome"), Chapter(3, "Cut; away = #1"), Chapter(4.5, "پوښتنې"))


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds: white from 4 to 4.2 s and a tone with it; subtitles and secrets beside them."""
    folder = tmp_path_factory.mktemp("recording")
    sound = sounds.voice(6, -34)
    sound[4 * RATE : 4 * RATE + RATE // 5] += 0.3 * np.sin(np.arange(RATE // 5) * 0.4)
    source = sounds.write_wav(folder / "a.wav", sound.astype(np.float32))
    words = folder / "a.srt"
    words.write_text("1\n00:00:01,000 --> 00:00:02,000\nsecret words\n", encoding="utf-8")
    flash = "color=black:s=64x64:r=25,drawbox=t=fill:c=white:enable='gte(t,4)*lt(t,4.2)'"
    return sounds.convert(
        source, folder / "talk.mp4", "-i", str(words), "-f", "lavfi", "-t", "6", "-i", flash,
        "-map", "2:v", "-map", "0:a", "-map", "1:s", "-c:a", "aac", "-c:s", "mov_text", "-g", "50",
        "-c:v", "libx264", "-metadata", "location=+48.8566+002.3522/", "-metadata", "title=IMG_0815",
        "-metadata:s:v", "handler_name=Core Video", "-timecode", "01:00:00:00",
    )  # fmt: skip


def made(folder: Path, recording: Path, profile: VideoProfile = UPLOAD, **fields: object) -> EncodedVideo:
    (episode,) = audio_series(folder, recording, chapters=CHAPTERS, **fields).series.episodes
    context = EncodeContext(sounds.ffmpeg(), folder, threading.BoundedSemaphore(2), 2)
    return encoder.encode_video(context, episode, profile, WeightedProgress(NullProgress().start(""), 1.0))


def pictures(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def flash(path: Path) -> float:
    """When the picture turns white."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.to_ndarray(format="gray").mean() > 128:
                assert frame.time is not None
                return frame.time
    raise AssertionError("never white")


def beep(path: Path) -> float:
    played = np.abs(sounds.read(path)[0])
    return float(np.flatnonzero(played > played.max() * 0.5)[0]) / RATE


@pytest.mark.parametrize("edit", [{}, {"mutes": ((1.0, 2.0),)}, {"end": 5.0}])
def test_a_picture_without_a_gap_is_copied(edit: dict[str, object], recording: Path, tmp_path: Path) -> None:
    result = made(tmp_path, recording, **edit)
    before, after = pictures(recording), pictures(result.path)
    assert result.is_copied and after == before[: len(after)]
    assert len(after) == pytest.approx(len(before) * result.duration / 6, abs=3)
    assert flash(result.path) == pytest.approx(4.0, abs=0.001)
    assert beep(result.path) == pytest.approx(4.0, abs=0.02)
    if "mutes" in edit:
        silent = sounds.read(result.path)[0][round(1.05 * RATE) : round(1.95 * RATE)]
        assert sounds.rms(silent) < -70


def test_a_mute_in_a_video_has_the_noise_of_the_recording_and_no_word(tmp_path: Path) -> None:
    hiss = np.random.default_rng(3).standard_normal(6 * RATE) * 10 ** (-50 / 20)
    said = sounds.voice(6, -20)
    source = sounds.write_wav(tmp_path / "a.wav", (hiss + said).astype(np.float32))
    recording = sounds.with_picture(source, tmp_path / "talk.mkv", "-c:a", "flac")
    result = made(tmp_path, recording, mutes=((2.0, 4.0),), audio=AudioSettings(level_speakers=False))
    tone = sounds.read(result.path)[0][round(2.05 * RATE) : round(3.95 * RATE)]
    gain = sounds.rms(sounds.read(result.path)[0][5 * RATE :]) - sounds.rms(said[5 * RATE :])
    assert sounds.rms(tone) - gain == pytest.approx(-50, abs=2)
    word = said[round(2.05 * RATE) : round(3.95 * RATE)]
    spectrum = np.fft.rfft(tone, 2**18) * np.conj(np.fft.rfft(word, 2**18))
    assert np.abs(np.fft.irfft(spectrum)).max() < 0.05 * np.sqrt(np.vdot(tone, tone) * np.vdot(word, word))


def test_cuts_apply_to_picture_and_audio(recording: Path, tmp_path: Path) -> None:
    result = made(tmp_path, recording, start=0.51, cuts=((1.03, 1.27), (2.9, 3.77)))
    expected = 4.0 - 0.51 - (1.27 - 1.03) - (3.77 - 2.9)
    assert not result.is_copied
    assert result.duration == pytest.approx(6 - 4.0 + expected, abs=0.05)
    assert flash(result.path) == pytest.approx(expected, abs=0.001)
    assert beep(result.path) == pytest.approx(expected, abs=0.02)
    with av.open(str(result.path)) as container:
        marks = [
            (float(one["start"] * one["time_base"]), one["metadata"]["title"]) for one in container.chapters()
        ]
        assert container.duration == pytest.approx(result.duration * 1e6, abs=50_000)
    titles = ["Welcome", "Cut; away = #1", "پوښتنې"]
    assert marks == [(pytest.approx(one.at, abs=0.001), one.title) for one in result.chapters]
    assert [title for _, title in marks] == titles


def test_a_video_has_its_target_loudness_and_no_metadata(recording: Path, tmp_path: Path) -> None:
    result = made(tmp_path, recording)
    loudness, peak = sounds.measure(result.path)
    assert loudness == pytest.approx(-16, abs=0.3) and peak <= -0.9
    assert (result.loudness, result.true_peak) == (
        pytest.approx(loudness, abs=0.1),
        pytest.approx(peak, abs=0.2),
    )
    content = result.path.read_bytes()
    for secret in (b"48.8566", b"IMG_0815", b"Core Video", b"secret words", b"tmcd", b"Lavf"):
        assert secret not in content
    with av.open(str(result.path)) as container:
        kinds = [stream.type for stream in container.streams]
    assert sorted(kinds)[:1] + sorted(kinds)[-1:] == ["audio", "video"]


def test_progress_is_reported_while_audio_is_encoded(recording: Path, tmp_path: Path) -> None:
    shown: list[float] = []
    stages: list[str] = []

    class Watched:
        def advance(self, done: float) -> None:
            shown.append(done)

        def stage(self, name: str) -> None:
            stages.append(name)

        def finish(self) -> None: ...

    (episode,) = audio_series(tmp_path, recording).series.episodes
    context = EncodeContext(sounds.ffmpeg(), tmp_path, threading.BoundedSemaphore(2), 2)
    encoder.encode_video(context, episode, UPLOAD, WeightedProgress(Watched(), 100.0))
    assert shown == sorted(shown) and len({round(done) for done in shown}) >= 3
    assert shown[0] <= 15 and shown[-1] == pytest.approx(100, abs=1)
    assert stages[:3] == ["decoding", "levelling", "encoding the sound"]
    assert stages[3:] in (["copying the picture"], ["encoding the picture"])


def test_a_recording_without_a_picture_is_refused(tmp_path: Path) -> None:
    sound = sounds.write_wav(tmp_path / "talk.wav", sounds.voice(2))
    with pytest.raises(MediaError, match=r"talk\.wav has no picture"):
        made(tmp_path, sound)


# Downloads


SECRET = "17ee8c60f84d11d98cd60800200c9a66+written by a camera"


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a picture that every player can show, with a camera's message between its frames."""
    folder = tmp_path_factory.mktemp("talk")
    source = sounds.write_wav(folder / "a.wav", sounds.voice(2, -24))
    message = ("-bsf:v", f"h264_metadata=sei_user_data={SECRET}")
    return sounds.with_picture(source, folder / "talk.mp4", "-pix_fmt", "yuv420p", "-c:a", "aac", *message)


def test_a_download_has_the_same_picture_without_messages_between_frames(talk: Path, tmp_path: Path) -> None:
    assert b"written by a camera" in talk.read_bytes()
    result = made(tmp_path, talk, DOWNLOAD)
    assert result.is_copied and shown(result.path) == shown(talk)
    content = result.path.read_bytes()
    assert b"written by a camera" not in content and b"x264" not in content


def shown(path: Path) -> list[bytes]:
    """Every frame, decoded."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray").tobytes() for frame in container.decode(video=0)]


@pytest.mark.parametrize(
    ("options", "size"),
    [
        (("-pix_fmt", "yuv444p"), (64, 64)),
        (("-pix_fmt", "yuv420p10le"), (64, 64)),
        (("-pix_fmt", "yuv444p", "-vf", "crop=63:61"), (62, 60)),
        (("-c:v", "mpeg4"), (64, 64)),
    ],
    ids=["4:4:4", "10 bits", "odd sides", "another codec"],
)
def test_a_picture_that_some_players_cannot_show_is_encoded(
    options: tuple[str, ...], size: tuple[int, int], tmp_path: Path
) -> None:
    source = sounds.write_wav(tmp_path / "a.wav", sounds.voice(1, -24))
    recording = sounds.with_picture(source, tmp_path / "talk.mkv", *options, "-c:a", "aac")
    result = made(tmp_path, recording, DOWNLOAD)
    assert not result.is_copied
    with av.open(str(result.path)) as container:
        stream = container.streams.video[0].codec_context
        assert (stream.name, stream.pix_fmt, (stream.width, stream.height)) == ("h264", "yuv420p", size)
    assert len(shown(result.path)) == len(shown(recording))


def test_a_telephone_held_upright_gives_an_upright_picture(talk: Path, tmp_path: Path) -> None:
    flat = sounds.convert(talk, tmp_path / "flat.mp4", "-vf", "crop=64:48", "-c:a", "copy")
    turned = tmp_path / "turned.mp4"
    sounds.turned(flat, turned, 90)
    result = made(tmp_path, turned, DOWNLOAD)
    assert result.is_copied and result.height == 64
    (tmp_path / "cut").mkdir()
    again = made(tmp_path / "cut", turned, DOWNLOAD, start=0.5)
    assert not again.is_copied and again.height == 64


# The published file


class VideoSeries:
    """A series of one talk whose video belongs in the feed, and the maker of it."""

    def __init__(
        self, root: Path, recording: Path, leak_checker: object = NULL_LEAK_CHECKER, **fields: object
    ) -> None:
        self.root, self.public = root, root / "public"
        found = audio_series(root, recording, **fields)
        self.series: Series = replace(found.series, feed_video=True)
        self.context = BuildContext(
            self.public, root / ".publisher", 2, found.environment, leak_checker=leak_checker
        )  # type: ignore[arg-type]
        self.facts: AnyFacts | None = None

    def make(self, action: str = "make", **fields: object) -> MakeResult:
        """The talk's video, after an edit of the talk."""
        (episode,) = self.series.episodes
        self.series = replace(self.series, episodes=(replace(episode, **fields),))  # type: ignore[arg-type]
        maker = VideoMaker(self.context)
        (item,) = maker.items(self.series, NOW)
        step = Step("video", episode.slug, action, "", inputs=item.inputs, made_for=item.made_for)  # type: ignore[arg-type]
        receipt = Receipt("video", {}, self.facts) if self.facts is not None else None
        result = maker.make(step, self.series, receipt, lambda facts: None, NullProgress())
        self.facts = result.facts
        return result

    def file(self) -> tuple[Path, Enclosure]:
        """The published file and its enclosure in the feed."""
        assert self.facts is not None
        video = ledger.video_enclosure(Receipt("video", {}, self.facts))
        assert video is not None
        return self.public / video.path, video


def test_a_published_video_matches_its_facts(talk: Path, tmp_path: Path) -> None:
    video_studio = VideoSeries(tmp_path, talk, mutes=((0.5, 1.0),))
    assert video_studio.make().replaced == ()
    path, video = video_studio.file()
    assert [path] == list((tmp_path / "public/media").iterdir())
    assert (video.digest, video.length) == (sha256(path), path.stat().st_size)
    assert video.path == f"media/first-talk.{video.digest[:8]}.mp4"
    assert (video.type, video.height, video.format) == ("video/mp4", 64, "mp4")
    with av.open(str(path)) as container:
        assert container.bit_rate == pytest.approx((video.bitrate or 0) * 1000, rel=0.03)
        assert container.duration == pytest.approx(video.duration * 1e6, abs=50_000)
    assert video.loudness == pytest.approx(sounds.measure(path)[0], abs=0.2)
    played = sounds.read(path)[0]
    assert sounds.rms(played[round(0.55 * RATE) : round(0.95 * RATE)]) < -70
    assert sounds.rms(played[round(1.1 * RATE) :]) > -40
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_a_cut_is_not_in_the_published_file(recording: Path, tmp_path: Path) -> None:
    video_studio = VideoSeries(tmp_path, recording, cuts=((3.9, 4.3),))
    video_studio.make()
    path, video = video_studio.file()
    assert video.duration == pytest.approx(6 - 0.4, abs=0.05)
    with pytest.raises(AssertionError, match="never white"):
        flash(path)


def test_new_chapters_need_no_encoder(talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video_studio = VideoSeries(tmp_path, talk, chapters=(Chapter(0, "Welcome"), Chapter(1, "Qestions")))
    video_studio.make()
    before, _ = video_studio.file()
    kept = pictures(before), sounds.read(before)
    monkeypatch.setattr(encoder, "encode_video", None)
    result = video_studio.make("update", chapters=(Chapter(0, "Welcome"), Chapter(1.2, "Questions")))
    path, video = video_studio.file()
    assert result.replaced == (f"media/{before.name}",) and before.exists() and path != before
    assert (video.digest, video.length) == (sha256(path), path.stat().st_size)
    with av.open(str(path)) as container:
        marks = [
            (float(one["start"] * one["time_base"]), one["metadata"]["title"]) for one in container.chapters()
        ]
    assert marks == [(0.0, "Welcome"), (1.2, "Questions")]
    assert pictures(path) == kept[0] and np.array_equal(sounds.read(path), kept[1])


def test_a_video_with_a_private_name_is_not_published(talk: Path, tmp_path: Path) -> None:
    leak_checker = LeakChecker(Secrets((Secret("name", "Nemo Exemplarius", "guest-a"),)))
    video_studio = VideoSeries(
        tmp_path, talk, leak_checker, chapters=(Chapter(0, "a"), Chapter(1, "Nemo Exemplarius"))
    )
    with pytest.raises(LeakError, match=r"media/first-talk\..*name of guest-a"):
        video_studio.make()
    assert not list(tmp_path.glob("public/**/*.mp4"))
