"""A delivery that is killed or refused at any moment leaves a feed that names only files that are there."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from publisher import files
from publisher.outputs.deliver.destination import DeliveryError, RemoteFile, Report, Upload
from publisher.outputs.deliver.folder import FolderDestination
from publisher.outputs.deliver.proof import Finding, Prover
from publisher.outputs.deliver.record import load
from publisher.outputs.deliver.transfer import Delivery, DeliveryResult
from publisher.progress import NullProgress

NOW = datetime(2021, 3, 1, tzinfo=UTC)
TALKS = 9


class NoProver(Prover):
    """Finds nothing wrong, without requests."""

    def check(self, files: object, report: Callable[[str], None] | None = None) -> list[Finding]:
        return []

    def check_gone(self, paths: object, report: Callable[[str], None] | None = None) -> list[Finding]:
        return []


def write_public(public: Path, version: int) -> None:
    """A small site. In version 2 a talk is new, one is gone, and the sound of all others is other."""
    talks = range(version, TALKS + version)
    names = [f"media/talk-{talk}.0000000{version}.mp3" for talk in talks]
    content = {name: f"sound {name} ".encode() * 3000 for name in names}
    content |= {f"episodes/talk-{talk}/index.html": f"talk {talk} {version}".encode() for talk in talks}
    content |= {f"episodes/talk-{talk}/cover.jpg": f"cover {talk}".encode() for talk in talks}
    content |= {f"episodes/talk-{talk}/transcript.en.vtt": b"WEBVTT" for talk in talks}
    items = "".join(f'<item><enclosure url="{name}" length="{len(content[name])}"/></item>' for name in names)
    content |= {"feed/archive-1.xml": items.encode(), "feed.xml": items.encode()}
    content |= {"index.html": f"index {version}".encode(), "assets/style.css": f"{version}".encode()}
    for path, text in content.items():
        (public / path).parent.mkdir(parents=True, exist_ok=True)
        (public / path).write_bytes(text)


def open_delivery(root: Path) -> Delivery:
    record = load(root, "served")
    folders = (root, root / "public", root / ".publisher")
    return Delivery(
        *folders, FolderDestination(root / "served"), NoProver("https://talks.test/"), record, NOW
    )


def deliver(root: Path) -> DeliveryResult:
    delivery = open_delivery(root)
    try:
        return delivery.deliver(delivery.local_files(), NullProgress())
    finally:
        delivery.destination.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_public(tmp_path / "public", 1)
    deliver(tmp_path)
    for path in tmp_path.glob("public/media/*"):
        path.unlink()
    (tmp_path / "public/episodes/talk-1/index.html").unlink()
    write_public(tmp_path / "public", 2)
    return tmp_path


def assert_the_feed_can_be_fetched(root: Path) -> None:
    for feed in ("feed.xml", "feed/archive-1.xml"):
        named = re.findall(r'url="(.+?)" length="(\d+)"', (root / "served" / feed).read_text())
        assert len(named) == TALKS
        for path, length in named:
            assert (root / "served" / path).stat().st_size == int(length), path


def assert_complete(root: Path) -> None:
    def tree(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
        }

    assert tree(root / "served") == tree(root / "public")


def moments(act: Callable[[], None]) -> Iterator[object]:
    """Patches that call `act` before each change of the disk by a delivery."""
    for name in ("replace", "unlink", "chmod"):
        original = getattr(Path, name)

        def changed(
            self: Path, *rest: object, original: Callable[..., object] = original, **named: object
        ) -> object:
            act()
            return original(self, *rest, **named)

        yield patch.object(Path, name, changed)
    for name in ("fsync", "unlink", "rmdir"):
        function = getattr(os, name)

        def called(*rest: object, function: Callable[..., object] = function, **named: object) -> object:
            act()
            return function(*rest, **named)

        yield patch.object(os, name, called)


class Countdown:
    """Calls `act` at call number `number`."""

    def __init__(self, number: int, act: Callable[[], None]) -> None:
        self.left, self._act = number, act

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            self._act()


def run_killed(root: Path, number: int) -> bool:
    """Delivers in a child process that is killed at its change of the disk number `number`."""
    child = os.fork()
    if child == 0:
        kill = Countdown(number, lambda: os.kill(os.getpid(), signal.SIGKILL))
        for change in moments(kill):
            change.__enter__()  # type: ignore[attr-defined]
        deliver(root)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


STEPS = range(1, 400) if os.environ.get("PUBLISHER_TEST_ALL") else range(3, 400, 29)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_killed_delivery_leaves_a_feed_that_can_be_fetched(root: Path, tmp_path: Path) -> None:
    killed = 0
    for number in STEPS:
        copy = tmp_path / "copies" / str(number)
        for name in ("public", "served", "episodes"):
            shutil.copytree(root / name, copy / name)
        if not run_killed(copy, number):
            break
        killed += 1
        assert_the_feed_can_be_fetched(copy)
        deliver(copy)
        assert_complete(copy)
    assert killed >= (100 if os.environ.get("PUBLISHER_TEST_ALL") else 3)


def full_disk() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("number", range(1, 60, 1 if os.environ.get("PUBLISHER_TEST_ALL") else 9))
def test_a_full_disk_leaves_a_feed_that_can_be_fetched(root: Path, number: int) -> None:
    changes = list(moments(Countdown(number, full_disk)))
    for change in changes:
        change.__enter__()  # type: ignore[attr-defined]
    try:
        problem = deliver(root).message
    except OSError as error:
        problem = str(error)
    finally:
        for change in reversed(changes):
            change.__exit__(None, None, None)  # type: ignore[attr-defined]
    # The first changes are caches, without which a delivery continues.
    assert "No space left on device" in problem or number < 4
    assert_the_feed_can_be_fetched(root)
    deliver(root)
    assert_complete(root)


def test_a_refused_listing_changes_nothing(root: Path) -> None:
    before = {path: path.read_bytes() for path in (root / "served").rglob("*") if path.is_file()}
    with (
        patch.object(FolderDestination, "list_files", side_effect=DeliveryError("refused")),
        pytest.raises(DeliveryError, match="refused"),
    ):
        deliver(root)
    assert before == {path: path.read_bytes() for path in (root / "served").rglob("*") if path.is_file()}


def test_a_full_destination_has_a_feed_after_a_talk_was_taken_back(root: Path) -> None:
    delivery, write = open_delivery(root), FolderDestination._write

    def refuse_to_replace(self: FolderDestination, upload: Upload, report: Report) -> RemoteFile:
        # The room of what was removed is enough.
        if (root / "served" / upload.path).exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, upload, report)

    with patch.object(FolderDestination, "_write", refuse_to_replace):
        result = delivery.retract({"feed.xml": b"<rss/>"}, ["media/talk-1.00000001.mp3"])
    assert not result.message
    assert (root / "served/feed.xml").read_bytes() == b"<rss/>"
    assert not (root / "served/media/talk-1.00000001.mp3").exists()


def test_the_names_of_media_are_on_disk_before_the_feed_is_replaced(root: Path) -> None:
    events: list[str] = []
    replace, sync = Path.replace, files.sync_folder

    def recorded_replace(self: Path, target: Path) -> Path:
        events.append(target.name)
        return replace(self, target)

    def recorded_sync(folder: Path) -> None:
        events.append(f"synced {folder.name}")
        sync(folder)

    with patch.object(Path, "replace", recorded_replace), patch.object(files, "sync_folder", recorded_sync):
        deliver(root)
    media = max(number for number, event in enumerate(events) if event.endswith(".mp3"))
    assert "synced media" in events[media : events.index("feed.xml")]
