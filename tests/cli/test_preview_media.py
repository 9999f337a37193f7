"""The media that a preview makes: what it plays, what a release uses, and what is deleted."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import pytest

from publisher.cli import session
from publisher.cli.preview import media_makers
from publisher.cli.preview_media import RELEASING, MediaQueue
from publisher.cli.preview_state import PreviewState
from publisher.context import BuildContext
from publisher.files import scan_tree, sha256
from publisher.media import parallel_encode
from publisher.outputs.audio import AudioMaker
from publisher.outputs.video import VideoMaker, encoder
from publisher.plan import Maker
from publisher.progress import NullProgress
from tests.cli.conftest import NOW, Folder, write_series, write_tone
from tests.cli.test_release_video import give_picture

MEDIA = ".publisher/preview/public/media"
SECOND = """
[[episode]]
slug = "second-talk"
title = "Second?"
date = 2020-12-08T18:00:00+01:00
recording = "recording.wav"
"""


class Preview:
    """A preview without its server; `made` are the steps that its makers were asked for."""

    def __init__(self, root: Path, is_locked: Callable[[BuildContext], bool] = session.is_locked) -> None:
        self.root = root
        self.made: list[str] = []
        self.queue = MediaQueue(self._makers, is_locked, NullProgress())
        self.state = PreviewState(root, None, self.queue)

    def _makers(self, context: BuildContext) -> tuple[Maker, ...]:
        self.made.append(context.public.name)
        return AudioMaker(context), VideoMaker(context)

    def page(self, slug: str = "first-talk") -> str:
        content = self.state.find(f"episodes/{slug}/index.html")
        assert isinstance(content, bytes)
        return content.decode()

    def note(self, slug: str = "first-talk") -> str:
        content = self.state.find(f"preview-status/{slug}.txt")
        assert isinstance(content, bytes)
        return content.decode()

    def wait(self, condition: Callable[[], bool]) -> None:
        """Updates the preview until a condition is true."""
        for _ in range(600):
            self.state.update()
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError(self.note())

    def open(self, slug: str = "first-talk") -> str:
        """The page of a talk once all its media are made or have failed."""
        self.page(slug)
        self.wait(lambda: not re.search("is being made|is not made yet", self.note(slug)))
        self.state.update()
        return self.page(slug)

    def sources(self, page: str) -> list[Path]:
        """The media files that a page plays."""
        found = [self.state.find(path) for path in re.findall(r'(?:src|href)="[./]*(media/[^"]+)"', page)]
        return sorted({path for path in found if isinstance(path, Path)})


@contextmanager
def previewing(root: Path) -> Iterator[Preview]:
    preview = Preview(root)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PUBLISHER_NOW", NOW)
        preview.state.update()
        preview.queue.start()
        try:
            yield preview
        finally:
            assert preview.queue.stop()


@pytest.fixture(scope="session")
def previewed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The series of `released_once` with the audio that a preview made, and without a release."""
    root = tmp_path_factory.mktemp("previewed") / "series"
    write_series(root)
    with previewing(root) as preview:
        page = preview.open()
        assert preview.sources(page) == [*(root / MEDIA).iterdir()]
    return root


@pytest.fixture
def previewed(previewed_once: Path, folder: Folder) -> Folder:
    shutil.rmtree(folder.root)
    shutil.copytree(previewed_once, folder.root)
    return folder


@pytest.fixture
def no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("an encoder was started")

    monkeypatch.setattr(parallel_encode, "encode_to_target", refuse)
    monkeypatch.setattr(encoder, "encode_video", refuse)


def prepared(root: Path) -> list[str]:
    """The media and receipts of previews."""
    return [path for path in scan_tree(root / ".publisher/preview") if path != "lock"]


# What a preview plays


def test_a_draft_can_be_heard_and_nothing_of_it_is_public(folder: Folder) -> None:
    folder.edit('slug = "first-talk"', 'slug = "first-talk"\nstatus = "draft"')
    with previewing(folder.root) as preview:
        assert '<bdi class="preview-mark" lang="en" dir="ltr">Draft</bdi>' in str(
            preview.state.find("index.html")
        )
        assert b"first-talk" not in preview.state.find("feed.xml")  # type: ignore[operator]
        (audio,) = preview.sources(preview.open())
        assert "Draft: only this preview shows it." in preview.page()
    with av.open(str(audio)) as container:
        assert container.duration / av.time_base == pytest.approx(4, abs=0.1)
    assert not (folder.root / "public").exists()
    assert not list(folder.root.glob("episodes/**/released.json"))


def test_an_embargoed_talk_is_marked_with_its_date(folder: Folder) -> None:
    folder.edit("date = 2021-01-08", "date = 2021-11-28")
    with previewing(folder.root) as preview:
        assert ">From 28 November</bdi>" in str(preview.state.find("index.html"))
        assert "until 28 November 2021, 18:00 UTC+01:00" in preview.page()


@pytest.mark.released
def test_a_new_cut_of_a_published_talk_can_be_heard_before_its_release(folder: Folder) -> None:
    before = folder.public()
    with previewing(folder.root) as preview:
        (old,) = preview.sources(preview.page())
        folder.edit('summary = "First', 'cut = [["0:01", "0:02"]]\nsummary = "First')
        preview.state.update()
        assert preview.sources(preview.page()) == []
        (new,) = preview.sources(preview.open())
    assert (old.parent, new.parent) == (folder.root / "public/media", folder.root / MEDIA)
    with av.open(str(new)) as container:
        assert container.duration / av.time_base == pytest.approx(3, abs=0.1)
    assert folder.public() == before


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('recording = "recording.wav"', 'status = "draft"', "the catalogue names no recording of this talk"),
        (
            "recording.wav",
            "gone.wav",
            'episodes.toml:19: episode "first-talk": recording: no file "gone.wav"',
        ),
        ("recording.wav", "broken.wav", "No audio: broken.wav"),
        ('at = "0:02"', 'at = "9:02"', 'episode "first-talk": chapters'),
    ],
)
def test_a_talk_without_audio_says_why_and_the_others_are_shown(
    folder: Folder, old: str, new: str, expected: str
) -> None:
    (folder.root / "episodes/first-talk/broken.wav").write_bytes(b"RIFF" * 999)
    folder.edit(old, new)
    path = folder.root / "episodes.toml"
    path.write_text(path.read_text(encoding="utf-8") + SECOND, encoding="utf-8")
    write_tone(folder.root / "episodes/second-talk/recording.wav", 1.0)
    with previewing(folder.root) as preview:
        assert expected in preview.note()
        assert preview.sources(preview.open()) == []
        assert "Second?" in preview.page("second-talk")
        assert len(preview.made) == 0


def test_a_recording_that_cannot_be_decoded_is_tried_once(folder: Folder) -> None:
    write_tone(folder.root / "episodes/first-talk/recording.wav", 4.0, level=0.0)
    path = folder.root / "episodes.toml"
    path.write_text(path.read_text(encoding="utf-8") + SECOND, encoding="utf-8")
    write_tone(folder.root / "episodes/second-talk/recording.wav", 1.0)
    with previewing(folder.root) as preview:
        assert preview.sources(preview.open()) == []
        assert preview.note().startswith("No audio: recording.wav")
        preview.open()
        assert preview.sources(preview.open("second-talk")) != []
        assert len(preview.made) == 2


def test_several_browsers_start_one_encoding(folder: Folder) -> None:
    with previewing(folder.root) as preview:
        opened = [threading.Thread(target=preview.page) for _ in range(4)]
        for thread in opened:
            thread.start()
        preview.open()
        preview.open()
    assert len(preview.made) == 1


def test_a_release_goes_first(folder: Folder) -> None:
    locked = threading.Event()
    locked.set()
    preview = Preview(folder.root, lambda context: locked.is_set())
    preview.state.update()
    preview.queue.start()
    preview.page()
    preview.wait(lambda: RELEASING in preview.note())
    assert preview.made == []
    locked.clear()
    assert preview.sources(preview.open()) != []
    assert preview.queue.stop()


def test_work_stops_when_a_release_begins_and_continues_after_it(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode, begun, ended = parallel_encode.encode_to_target, threading.Event(), threading.Event()

    def slowly(*arguments: object) -> object:
        begun.set()
        job = preview.queue._job
        while job is not None and not job.is_cancelled and len(preview.made) == 1 and not ended.is_set():
            time.sleep(0.01)
        return encode(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(parallel_encode, "encode_to_target", slowly)
    with previewing(folder.root) as preview:
        preview.page()
        assert begun.wait(30)
        with session.series_lock(folder.root, session.build_context(folder.root)):
            try:
                preview.wait(lambda: preview.queue._job is None)
            finally:
                ended.set()
        assert preview.sources(preview.open()) != []
    assert len(preview.made) == 2


def test_a_preview_makes_media_only_and_contacts_no_service(folder: Folder) -> None:
    makers = media_makers(session.build_context(folder.root))
    assert [(maker.name, maker.remote) for maker in makers] == [("audio", False), ("video", False)]


# What a release uses


def test_a_release_uses_the_audio_of_the_preview_without_an_encoder(
    previewed: Folder, released_once: Path, no_encoder: None
) -> None:
    assert [step["cost"] for step in previewed.run("plan", "--json").document["steps"] if step["cost"]] == []
    assert previewed.run("release").status == 0
    receipt = "episodes/first-talk/released.json"
    assert (previewed.root / receipt).read_bytes() == (released_once / receipt).read_bytes()
    for path in scan_tree(released_once / "public"):
        assert sha256(previewed.root / "public" / path) == sha256(released_once / "public" / path), path
    assert prepared(previewed.root) == []


def test_a_title_changed_after_the_preview_needs_no_encoder(previewed: Folder, no_encoder: None) -> None:
    previewed.edit("What is an example?", "What else?")
    assert previewed.run("release").status == 0
    (audio,) = (previewed.root / "public/media").iterdir()
    with av.open(str(audio)) as container:
        assert container.metadata["title"] == "What else?"


def test_a_damaged_file_of_the_preview_is_not_published(previewed: Folder, released_once: Path) -> None:
    (audio,) = (previewed.root / MEDIA).iterdir()
    content = bytearray(audio.read_bytes())
    content[-500] ^= 1
    audio.write_bytes(content)
    assert previewed.run("release").status == 0
    (published,) = (previewed.root / "public/media").iterdir()
    assert published.read_bytes() == (released_once / "public/media" / published.name).read_bytes()


def test_a_video_of_the_preview_is_used_too(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(folder.root)
    give_picture(folder.root)
    with previewing(folder.root) as preview:
        assert {path.suffix for path in preview.sources(preview.open())} == {".mp3", ".mp4"}
        made = sorted(map(sha256, (folder.root / MEDIA).iterdir()))
    monkeypatch.setattr(encoder, "encode_video", None)
    monkeypatch.setattr(parallel_encode, "encode_to_target", None)
    assert folder.run("release").status == 0
    assert sorted(map(sha256, (folder.root / "public/media").iterdir())) == made


# What is deleted


WITHDRAW = ("withdraw", "first-talk", "--reason", "asked for")
BROKEN = ('title = "Example Talks"', 'title = "Example Talks"\ncolour = "red"')
SILENT = ("release", "--only", "pages")
STALE: dict[str, tuple[tuple[str, str] | None, tuple[str, ...]]] = {
    "cut": (('summary = "First', 'cut = [["0:01", "0:02"]]\nsummary = "First'), SILENT),
    "muted": (('summary = "First', 'mute = [["0:01", "0:02"]]\nsummary = "First'), SILENT),
    "withdrawn in the catalogue": (
        ('slug = "first-talk"', 'slug = "first-talk"\nstatus = "withdrawn"'),
        SILENT,
    ),
    "withdrawn": (None, WITHDRAW),
    "hidden": (('name = "First Guest"', 'name = "First Guest"\nhidden = true'), SILENT),
    "hidden by command": (None, ("withdraw", "--person", "first-guest", "--reason", "asked for")),
    "gone": (("first-talk", "other-talk"), SILENT),
}


@pytest.mark.parametrize("name", STALE)
@pytest.mark.parametrize("is_broken", [False, True], ids=["", "with an error elsewhere"])
def test_media_that_must_not_be_published_are_deleted(previewed: Folder, name: str, is_broken: bool) -> None:
    edit, command = STALE[name]
    if edit is not None:
        previewed.edit(*edit)
    if is_broken:
        previewed.edit(*BROKEN)
    assert prepared(previewed.root) != []
    result = previewed.run(*command)
    assert prepared(previewed.root) == [], result


def test_media_of_a_talk_that_is_not_published_yet_stay(previewed: Folder) -> None:
    before = prepared(previewed.root)
    previewed.edit("date = 2021-01-08", "date = 2021-11-28")
    assert previewed.run("release").status == 0
    previewed.edit(*BROKEN)
    assert previewed.run("release").status == 2
    assert prepared(previewed.root) == before


def test_a_preview_deletes_media_with_another_cut_and_does_not_serve_them(previewed: Folder) -> None:
    (audio,) = (previewed.root / MEDIA).iterdir()
    with previewing(previewed.root) as preview:
        assert preview.state.find(f"media/{audio.name}") == audio
        previewed.edit('summary = "First', 'cut = [["0:01", "0:02"]]\nsummary = "First')
        preview.state.update()
        assert (preview.state.find(f"media/{audio.name}"), audio.exists()) == (None, False)


def test_what_a_killed_preview_left_is_deleted(previewed: Folder) -> None:
    left = [previewed.root / MEDIA / "first-talk.00000000.mp3"]
    left.append(previewed.root / ".publisher/preview/work/audio/1/plane-0.f32")
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"sound")
    previewed.edit("date = 2021-01-08", "date = 2021-11-28")
    previewed.run("release")
    assert [path.exists() for path in left] == [False, False]
