"""Releases with `--cluster`, on real schedulers and workers."""

from __future__ import annotations

import logging
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.chaos.invariants import outcome
from tests.chaos.test_release_command import command_lines
from tests.cluster import clusters
from tests.cluster.clusters import Cluster

pytest.importorskip("distributed", reason="needs the extra [cluster]")
pytestmark = pytest.mark.skipif(
    not os.environ.get("PUBLISHER_TEST_ALL"), reason="starts clusters; `make test-all` runs it"
)

logger = logging.getLogger(__name__)

KILLS = int(os.environ.get("CLUSTER_KILLS", "2"))
SEED = int(os.environ.get("CLUSTER_SEED", "3"))


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clusters.write_series(tmp_path_factory.mktemp("written") / "series")


@pytest.fixture(scope="module")
def expected(series: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one process makes of the series."""
    root = tmp_path_factory.mktemp("expected") / "series"
    shutil.copytree(series, root)
    assert clusters.release(root)[0] == 0
    return outcome(root)


@pytest.fixture
def root(series: Path, tmp_path: Path) -> Path:
    shutil.copytree(series, tmp_path / "series")
    return tmp_path / "series"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> object:
    with clusters.running_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


def test_two_local_workers_make_what_one_process_makes(root: Path, expected: dict[str, bytes]) -> None:
    status, said = clusters.release(root, "--cluster", "local", "--jobs", "2")
    assert status == 0, said
    assert outcome(root) == expected
    assert "Talk 1: encoding mp3" in said


def test_no_secret_of_the_release_is_in_the_environment_of_a_local_worker(root: Path) -> None:
    running = clusters.start_release(root, "--cluster", "local", "--jobs", "2")
    clusters.wait_for_encoding(root, running)
    import psutil

    workers = psutil.Process(running.pid).children(recursive=True)
    found = [worker.environ() for worker in workers if "python" in worker.name()]
    assert len(found) >= 2
    assert not [name for variables in found for name in clusters.SECRETS if name in variables]
    running.communicate(timeout=120)


def test_a_running_cluster_makes_the_same(root: Path, expected: dict[str, bytes], cluster: Cluster) -> None:
    status, said = clusters.release(root, "--cluster", cluster.address)
    assert status == 0, said
    assert outcome(root) == expected


def test_the_workers_may_see_the_folder_at_another_path(
    root: Path, tmp_path: Path, expected: dict[str, bytes], cluster: Cluster
) -> None:
    (tmp_path / "mounted").symlink_to(root)
    options = ("--cluster", cluster.address, "--cluster-folder", str(tmp_path / "mounted"))
    assert clusters.release(root, *options)[0] == 0
    assert outcome(root) == expected


def test_workers_that_do_not_see_the_folder_are_refused_and_a_withdrawal_still_happens(
    root: Path, cluster: Cluster
) -> None:
    assert clusters.release(root)[0] == 0
    text = (root / "episodes.toml").read_text(encoding="utf-8")
    text = text.replace('slug = "talk-2"', 'slug = "talk-2"\nstatus = "withdrawn"')
    (root / "episodes.toml").write_text(text.replace('"0:03"', '"0:04"'), encoding="utf-8")
    status, said = clusters.release(root, "--cluster", cluster.address, "--cluster-folder", "/elsewhere")
    assert status == 1
    assert "it does not see the series folder at /elsewhere" in said
    assert "--cluster-folder" in said
    assert not list((root / "public/media").glob("talk-2.*"))


def test_workers_with_another_ffmpeg_are_refused(root: Path, tmp_path: Path) -> None:
    own = shutil.which("ffmpeg") or pytest.skip("needs an ffmpeg to imitate")
    script = tmp_path / "ffmpeg"
    script.write_text(f'#!/bin/sh\n[ "$1" = -version ] && echo ffmpeg version 1.0 && exit\nexec {own} "$@"\n')
    script.chmod(0o755)
    with clusters.running_cluster(tmp_path, PUBLISHER_FFMPEG=str(script)) as other:
        status, said = clusters.release(root, "--cluster", other.address)
    assert status == 1
    assert "it would give other bytes: it has ffmpeg 1.0" in said
    assert not (root / "public/feed.xml").exists()


def test_nothing_is_connected_when_there_is_nothing_to_encode(root: Path) -> None:
    assert clusters.release(root)[0] == 0
    assert clusters.release(root, "--cluster", "tcp://127.0.0.1:9")[0] == 0


def test_killed_workers_change_nothing_in_the_result(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rng = random.Random(SEED)
    series = clusters.write_series(tmp_path / "written", talks=4, seconds=40.0)
    plain = shutil.copytree(series, tmp_path / "plain")
    assert clusters.release(plain)[0] == 0
    with clusters.running_cluster(tmp_path_factory.mktemp("killed")) as cluster:
        for number in range(KILLS):
            root = shutil.copytree(series, tmp_path / f"round-{number}")
            # Every second release exchanges its files through a storage.
            bucket = tmp_path / f"bucket-{number}"
            storage = ("--cluster-storage", f"file://{bucket}") if number % 2 else ()
            running = clusters.start_release(root, "--cluster", cluster.address, *storage)
            clusters.wait_for_encoding(root, running)
            moment = rng.uniform(0.0, 3.5)
            time.sleep(moment)
            was_running = running.poll() is None
            workers = cluster.workers()
            rng.choice(workers).kill()
            out, err = running.communicate(timeout=240)
            logger.info("round %d: killed after %.1f s, release was running: %s", number, moment, was_running)
            assert running.returncode == 0, f"round {number} after {moment} s: {out}{err}"
            assert outcome(root) == outcome(plain)
            assert stored(bucket) == []
            shutil.rmtree(root)


def test_a_release_without_its_scheduler_stops_and_the_next_one_completes_it(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    series = clusters.write_series(tmp_path / "written", talks=4, seconds=40.0)
    root = shutil.copytree(series, tmp_path / "series")
    with clusters.running_cluster(tmp_path_factory.mktemp("lost")) as cluster:
        running = clusters.start_release(root, "--cluster", cluster.address)
        clusters.wait_for_encoding(root, running)
        time.sleep(1.0)
        cluster.scheduler.kill()
        out, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "does not answer any more" in out + err
    assert "Traceback" not in out + err
    assert clusters.release(root)[0] == 0
    plain = shutil.copytree(series, tmp_path / "plain")
    assert clusters.release(plain)[0] == 0
    assert outcome(root) == outcome(plain)


@pytest.mark.parametrize("where", ["local", "address"])
def test_a_stopped_release_ends_within_two_seconds_and_leaves_no_process(
    where: str, tmp_path: Path, cluster: Cluster
) -> None:
    root = clusters.write_series(tmp_path / "series", talks=2, seconds=300.0)
    address = "local" if where == "local" else cluster.address
    running = clusters.start_release(root, "--cluster", address)
    clusters.wait_for_encoding(root, running)
    time.sleep(1.0)
    import psutil

    children = psutil.Process(running.pid).children(recursive=True)
    running.send_signal(signal.SIGINT)
    started = time.monotonic()
    running.communicate(timeout=30)
    logger.info("stopped after %.1f s", time.monotonic() - started)
    assert running.returncode == 130
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and [line for line in command_lines() if str(root) in line]:
        time.sleep(0.2)
    assert not [line for line in command_lines() if str(root) in line]
    assert not list((root / "public").rglob("*.mp3"))


def test_workers_on_another_host_are_started_over_ssh(
    root: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    from tests.outputs.deliver import servers

    if servers.SSHD is None:
        pytest.skip("needs sshd")
    with servers.ssh_server(tmp_path / "ssh") as server:
        address = server.address.partition("/")[0]
        status, said = clusters.release(
            root, "--cluster", f"ssh:{address}", PUBLISHER_SSH_CONFIG=str(server.config)
        )
        assert status == 0, said
        assert sys.executable in server.calls.read_text()
    assert outcome(root) == expected


def test_a_host_that_does_not_answer_is_named(root: Path) -> None:
    pytest.importorskip("asyncssh")
    status, said = clusters.release(root, "--cluster", "ssh:127.0.0.1:9")
    assert status == 1
    assert "127.0.0.1" in said
    assert "ssh HOST" in said
    assert "Traceback" not in said


def stored(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_workers_without_the_folder_use_a_storage_that_is_empty_afterwards(
    root: Path, tmp_path: Path, expected: dict[str, bytes], cluster: Cluster
) -> None:
    url = f"file://{tmp_path}/bucket"
    running = clusters.start_release(root, "--cluster", cluster.address, "--cluster-storage", url)
    sent = set[str]()
    while running.poll() is None:
        sent |= set(stored(tmp_path / "bucket"))
        time.sleep(0.02)
    assert running.wait() == 0, running.communicate()
    assert {"recording.wav", "recording.mkv", "release"} <= sent
    assert outcome(root) == expected
    assert stored(tmp_path / "bucket") == []
    assert not (root / ".publisher/cluster-storage").exists()


def test_the_storage_is_emptied_after_a_failed_talk_and_the_others_are_made(
    root: Path, tmp_path: Path, cluster: Cluster
) -> None:
    recording = root / "episodes/talk-1/recording.wav"
    recording.write_bytes(recording.read_bytes()[:44] + bytes(2_000_000))
    url = f"file://{tmp_path}/bucket"
    status, said = clusters.release(root, "--cluster", cluster.address, "--cluster-storage", url)
    assert status == 1, said
    assert list((root / "public/media").glob("talk-2.*"))
    assert stored(tmp_path / "bucket") == []


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_the_storage_is_emptied_after_a_stop_and_by_the_withdrawal_after_a_kill(
    by: signal.Signals, tmp_path: Path, cluster: Cluster
) -> None:
    root = clusters.write_series(tmp_path / "series", talks=2, seconds=120.0)
    url = f"file://{tmp_path}/bucket"
    running = clusters.start_release(root, "--cluster", cluster.address, "--cluster-storage", url)
    while running.poll() is None and "recording.wav" not in stored(tmp_path / "bucket"):
        time.sleep(0.02)
    running.send_signal(by)
    running.communicate(timeout=60)
    if by == signal.SIGKILL:
        assert "recording.wav" in stored(tmp_path / "bucket")
        text = (root / "episodes.toml").read_text(encoding="utf-8")
        text = text.replace('slug = "talk-1"', 'slug = "talk-1"\nstatus = "withdrawn"')
        text = text.replace('slug = "talk-2"', 'slug = "talk-2"\nstatus = "withdrawn"')
        (root / "episodes.toml").write_text(text, encoding="utf-8")
        clusters.release(root)
    assert stored(tmp_path / "bucket") == []
