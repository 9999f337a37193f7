"""What is sent to workers, and what is accepted from them, without Dask."""

from __future__ import annotations

import hashlib
import pickle
import sys
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import pytest

from publisher.cluster import worker
from publisher.cluster.connection import LOCAL_ENVIRONMENT, _host
from publisher.cluster.exchange import SharedFolder
from publisher.cluster.executor import MAX_DAMAGED, Cluster, ClusterExecutor
from publisher.cluster.worker import Probe, Returned, Shipment
from publisher.context import InProcess
from publisher.errors import MediaError, PublisherError, UsageError
from publisher.media.encode import EncodeContext
from publisher.media.encoding import Encoding, perform, source_of
from publisher.media.ffmpeg import Ffmpeg
from publisher.model import AudioFacts, Credit, Episode, Person, Recording
from publisher.outputs.audio.encoder import EncodedAudio, encode_audio
from publisher.progress import ProgressTracker
from tests.cli.conftest import Folder
from tests.cluster.clusters import SECRETS
from tests.conftest import make_episode

CONTENT = b"an encoded file"


class Worker:
    """Writes a file for each shipment; the first `damaged` ones arrive with other bytes."""

    def __init__(self, root: Path, damaged: int = 0) -> None:
        self.root, self.damaged, self.shipments = root, damaged, list[Shipment[Any]]()

    def execute(self, shipment: Shipment[Any]) -> Returned[Any]:
        self.shipments.append(shipment)
        own = Path(f"try-{len(self.shipments)}")
        (self.root / shipment.folder / own).mkdir()
        content = CONTENT[:-1] if len(self.shipments) <= self.damaged else CONTENT
        (self.root / shipment.folder / own / "whole.mp3").write_bytes(content)
        files = (own / "whole.mp3",)
        return Returned(EncodedAudio(files, AudioFacts()), (hashlib.sha256(CONTENT).hexdigest(),))


class LostEngine(InProcess):
    """The executor of a scheduler that goes away."""

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(CancelledError())
        return future


def talk(root: Path) -> Episode:
    person = Person("secret-guest", "Guest Whose Name Is Hidden")
    recording = Recording(
        root / "episodes/first-talk/recording.wav", 9, "0" * 64, 4.0, (), metadata={"author": "Guest"}
    )
    return replace(
        make_episode(summary="A text.", notes="Notes.", guests=(Credit(person, "guest"),)),
        recording=recording,
    )


def submit(executor: ClusterExecutor, root: Path) -> Any:
    folder = root / ".publisher/audio/step"
    folder.mkdir(parents=True, exist_ok=True)
    encoding = Encoding(encode_audio, source_of(talk(root)), ("mp3",), 4.0)
    context = EncodeContext(Ffmpeg.find({}), folder, BoundedSemaphore(1), 1)
    task = ProgressTracker().start("A talk", 4.0)
    return executor.submit(perform, encoding, context, task).result()


def executor_of(root: Path, execute: Any, engine: InProcess | None = None) -> ClusterExecutor:
    executor = ClusterExecutor(root, execute)
    exchange = SharedFolder(root)
    executor.use(Cluster(engine or InProcess(), "tcp://there:1", "/there", {}, "topic", exchange), 2)
    return executor


def test_a_result_is_used_at_its_path_here(tmp_path: Path) -> None:
    files = submit(executor_of(tmp_path, Worker(tmp_path).execute), tmp_path).files
    assert [path.read_bytes() for path in files] == [CONTENT]
    assert files[0].is_relative_to(tmp_path)


def test_a_damaged_result_is_made_again(tmp_path: Path) -> None:
    worker = Worker(tmp_path, damaged=1)
    files = submit(executor_of(tmp_path, worker.execute), tmp_path).files
    assert [path.read_bytes() for path in files] == [CONTENT]
    assert len(worker.shipments) == 2


def test_a_result_that_stays_damaged_fails_the_step(tmp_path: Path) -> None:
    worker = Worker(tmp_path, damaged=MAX_DAMAGED)
    with pytest.raises(MediaError, match="check the shared folder"):
        submit(executor_of(tmp_path, worker.execute), tmp_path)


def test_what_is_sent_has_no_secret_no_person_no_text_and_no_path_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    worker = Worker(tmp_path)
    submit(executor_of(tmp_path, worker.execute), tmp_path)
    sent = pickle.dumps(worker.shipments[0])
    assert b"recording.wav" in sent
    private = ("Guest", "secret-guest", "A text.", "Notes.", str(tmp_path), *SECRETS, *SECRETS.values())
    assert not [word for word in private if word.encode() in sent]


def test_local_workers_inherit_no_variable_with_a_secret() -> None:
    assert not [name for name in LOCAL_ENVIRONMENT if name in SECRETS or name.startswith(("AWS_", "SSH_"))]


def test_a_scheduler_that_goes_away_is_named_with_what_to_do(tmp_path: Path) -> None:
    executor = executor_of(tmp_path, Worker(tmp_path).execute, LostEngine())
    for _ in range(2):
        with pytest.raises(PublisherError, match=r"tcp://there:1.* run the same command again"):
            submit(executor, tmp_path)


def test_nothing_is_sent_after_a_stop(tmp_path: Path) -> None:
    executor = executor_of(tmp_path, Worker(tmp_path).execute)
    executor.shutdown(wait=False, cancel_futures=True)
    with pytest.raises(MediaError, match="interrupted"):
        submit(executor, tmp_path)


def test_a_recording_outside_of_the_series_folder_is_refused(tmp_path: Path) -> None:
    executor = executor_of(tmp_path / "series", Worker(tmp_path).execute)
    encoding = Encoding(encode_audio, source_of(talk(tmp_path)), ("mp3",), 4.0)
    context = EncodeContext(Ffmpeg.find({}), tmp_path / "series/work", BoundedSemaphore(1), 1)
    with pytest.raises(MediaError, match="not in the series folder"):
        executor.submit(perform, encoding, context, ProgressTracker().start("A talk")).result()


def test_a_step_that_begins_anew_does_not_move_its_progress_back(tmp_path: Path) -> None:
    tracker, seen = ProgressTracker(), list[float | None]()

    class Reporting(Worker):
        def execute(self, shipment: Shipment[Any]) -> Returned[Any]:
            for done in (2.0, 1.0):
                executor.report((0.0, {"number": shipment.number, "advance": done}))
                seen.append(tracker.snapshot().tasks[0].fraction)
            return super().execute(shipment)

    executor = executor_of(tmp_path, Reporting(tmp_path).execute)
    (tmp_path / ".publisher/audio/step").mkdir(parents=True)
    encoding = Encoding(encode_audio, source_of(talk(tmp_path)), ("mp3",), 4.0)
    context = EncodeContext(Ffmpeg.find({}), tmp_path / ".publisher/audio/step", BoundedSemaphore(1), 1)
    executor.submit(perform, encoding, context, tracker.start("A talk", 4.0)).result()
    assert seen == [0.5, 0.5]


def test_a_worker_answers_only_in_the_same_folder(tmp_path: Path) -> None:
    (tmp_path / "probe").write_text("token", encoding="utf-8")
    probe = Probe(str(tmp_path), Path("probe"), "token")
    found = worker.examine(probe, {})
    assert found.problem == ""
    assert found.answer is not None
    assert (tmp_path / found.answer).read_text(encoding="utf-8") == "token"
    assert (
        "does not see the series folder" in worker.examine(replace(probe, path=Path("no/probe")), {}).problem
    )
    assert "another folder" in worker.examine(replace(probe, token="other"), {}).problem


def test_only_differing_tools_are_named() -> None:
    here = {"publisher": "1", "ffmpeg": "7", "arithmetic": "a"}
    assert worker.different_tools(here, here) == ""
    assert worker.different_tools(here, {**here, "ffmpeg": "6"}) == "ffmpeg 6 instead of 7"
    assert "OPENBLAS_CORETYPE" in worker.different_tools(here, {**here, "arithmetic": "b"})


def test_hosts_have_a_user_and_a_port() -> None:
    assert _host("host") == {"address": "host", "connect_options": {}}
    assert _host("me@host:22") == {"address": "host", "connect_options": {"username": "me", "port": 22}}
    for text in ("", "me@", "host:ssh"):
        with pytest.raises(UsageError, match="is not a host"):
            _host(text)


def test_without_the_extra_the_message_says_how_to_install_it(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = folder.run("release", "--cluster", "local")
    assert result.status == 2
    assert "pip install 'talk-publisher[cluster]'" in result.err
    assert folder.run("release", "--cluster-folder", "/there").status == 2
    monkeypatch.setenv("PUBLISHER_CLUSTER", "local")
    assert "cluster: does not work" in folder.run("doctor").out
