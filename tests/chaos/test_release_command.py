"""Disturbs the real command at random moments, with real ffmpeg and the fake YouTube.

`make chaos` runs 200 rounds (``CHAOS_ROUNDS``; ``CHAOS_SEED`` is the seed of the random choices). A round
disturbs one to three releases: at a file operation, at any time, at a call to YouTube, with a disk that
is full, failing or read-only, with a full temporary folder, or with a limit on file sizes. Then one
release runs undisturbed, and its outcome must equal that of a series that was never disturbed.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.cli import STOPPED_MESSAGE
from tests.chaos import faults, invariants, release_child, scenarios
from tests.chaos.fork_server import REPOSITORY, ForkServer, ReleaseExit
from tests.chaos.scenarios import Scenario
from tests.cli.conftest import write_tone
from tests.fake_youtube import FakeYouTube, youtube

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "0"))
SEED = int(os.environ.get("CHAOS_SEED", "7"))
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
DISTURBANCES = (*faults.KINDS, *faults.OTHER_KINDS, "moment", "stop", "call", "call", "response")
RESPONSE_FAULTS = ("lost", "cut", "503", "429", "nonsense", "half")


class ChaosFolder:
    """A series folder and the fake YouTube it publishes to; runs its releases."""

    def __init__(
        self, root: Path, fork_server: ForkServer, fake: FakeYouTube, now: str, credentials: Path
    ) -> None:
        self.root, self._nest, self.fake, self._now = root, fork_server, fake, now
        self._temporary = root.parent / "temporary"
        self._temporary.mkdir(exist_ok=True)
        self._environment = {
            "PUBLISHER_NOW": now,
            "PUBLISHER_YOUTUBE_ENDPOINT": fake.address,
            "PUBLISHER_YOUTUBE_CREDENTIALS": str(credentials),
            "PUBLISHER_YOUTUBE_PAUSE": "0.001",
            "PUBLISHER_YOUTUBE_TIMEOUT": "10",
            "TMPDIR": str(self._temporary),
            "CI": "1",
        }

    def release(self, fault: str = "none", number: int = 0) -> ReleaseExit:
        return self._nest.start(self.root, fault, number, self._environment).wait()

    def release_for(self, seconds: float, signal_number: signal.Signals) -> ReleaseExit:
        """A release that gets a signal after some seconds."""
        running = self._nest.start(self.root, "kept", 0, self._environment)
        time.sleep(seconds)
        running.send(signal_number)
        return running.wait()

    def release_until_call(self, number: int, phase: str, signal_number: signal.Signals) -> ReleaseExit:
        """A release whose process group gets a signal before or after its n-th call to YouTube."""
        remaining, group = [number], [0]

        def watch(method: str, current_phase: str) -> None:
            remaining[0] -= current_phase == phase
            if current_phase == phase and remaining[0] == 0 and group[0]:
                os.killpg(group[0], signal_number)

        self.fake.on_call = watch
        running = self._nest.start(self.root, "kept", 0, self._environment)
        group[0] = running.group
        try:
            return running.wait()
        finally:
            self.fake.on_call = lambda method, phase: None

    def release_with_response_fault(self, number: int, calls: tuple[str, ...], kind: str) -> ReleaseExit:
        """A release in which the response to one call to YouTube is faulty."""
        method = calls[number]
        self.fake.fail(method, kind, skip=calls[:number].count(method))
        try:
            return self.release("kept")
        finally:
            self.fake.faults.clear()

    def outcome(self) -> dict[str, object]:
        return scenarios.outcome(self.root, self.fake.channel)


@pytest.fixture(scope="module")
def fork_server() -> Iterator[ForkServer]:
    with ForkServer() as result:
        yield result


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeYouTube]:
    with youtube() as result:
        yield result


@pytest.fixture(scope="module")
def credentials(fake: FakeYouTube, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fake.credentials(tmp_path_factory.mktemp("login") / "credentials.json")


@pytest.fixture(scope="module")
def prepared_scenarios(
    fork_server: ForkServer, fake: FakeYouTube, credentials: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[Scenario]:
    parent = tmp_path_factory.mktemp("chaos")
    root, result = parent / "series", []
    root.mkdir()
    for now, change in ((scenarios.FIRST, scenarios.prepare), (scenarios.LATER, scenarios.edit)):
        change(root)
        snapshot = parent / f"before-{now[:10]}"
        shutil.copytree(root, snapshot)
        channel = scenarios.youtube_at(fake.channel, now)
        fake.channel = scenarios.youtube_at(channel, now)
        fake.calls.clear()
        folder = ChaosFolder(root, fork_server, fake, now, credentials)
        began = time.monotonic()
        ended = folder.release()
        took = time.monotonic() - began
        assert ended.status == 0, ended.stderr
        operations = int((parent / "operations").read_text(encoding="utf-8"))
        calls = tuple(fake.calls)
        result.append(Scenario(now, snapshot, folder.outcome(), operations, took, channel, calls))
    return result


def disturb_once(folder: ChaosFolder, scenario: Scenario, rng: random.Random) -> tuple[str, ReleaseExit]:
    """Disturbs one release; returns a description of the fault and how the release ended."""
    disturbance = rng.choice(DISTURBANCES)
    if disturbance in ("moment", "stop"):
        signal_number = signal.SIGKILL if disturbance == "moment" else rng.choice(SIGNALS[1:])
        seconds = rng.random() * scenario.seconds
        return f"{signal_number.name} after {seconds:.2f} s", folder.release_for(seconds, signal_number)
    if disturbance == "call":
        number, phase = rng.randrange(1, len(scenario.calls) + 1), rng.choice(("before", "after", "done"))
        description = f"killed {phase} call {number}"
        return description, folder.release_until_call(number, phase, signal.SIGKILL)
    if disturbance == "response":
        calls = tuple(call for call in scenario.calls if not call.startswith("token"))
        number, kind = rng.randrange(len(calls)), rng.choice(RESPONSE_FAULTS)
        return f"{kind} response {number} ({calls[number]})", folder.release_with_response_fault(
            number, calls, kind
        )
    number = rng.randrange(1, 60 if disturbance == "FILE" else scenario.operations + 1)
    return f"{disturbance} at operation {number}", folder.release(disturbance, number)


def unexpected_exit(ended: ReleaseExit) -> str:
    """What is wrong with the exit of a disturbed release, or ""."""
    if ended.status in (release_child.VIOLATED, 99) or "Traceback" in ended.stderr:
        return ended.stderr or f"status {ended.status}"
    if ended.status == 130 or ended.status in (0, 1, 3, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT):
        return ""
    return f"status {ended.status}: {ended.stderr}"


def run_round(scenario: Scenario, folder: ChaosFolder, rng: random.Random) -> str:
    """Disturbs one to three releases, then runs one undisturbed; returns what was wrong, or ""."""
    injected: list[str] = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        fault, ended = disturb_once(folder, scenario, rng)
        injected.append(fault)
        if violation := unexpected_exit(ended) or invariants.violated(folder.root):
            return f"{injected}: {violation}"
    ended = folder.release()
    if ended.status:
        return f"{injected}: the undisturbed release ended with {ended.status}: {ended.stderr}"
    found, expected = folder.outcome(), scenario.expected
    if names := invariants.differing_names(found, expected):
        return f"{injected}: different outcome: " + "; ".join(
            f"{name}: {found.get(name)!r:.300} instead of {expected.get(name)!r:.300}" for name in names[:3]
        )
    remaining = [path for path in folder.root.rglob("*") if path.name.startswith(".beside-")]
    return f"{injected}: temporary files remain: {remaining}" if remaining else ""


@pytest.mark.skipif(ROUNDS == 0, reason="takes minutes: make chaos")
@pytest.mark.parametrize("number", range(max(1, ROUNDS)))
def test_a_disturbed_release_is_completed_by_the_next_one(
    number: int,
    prepared_scenarios: list[Scenario],
    fork_server: ForkServer,
    fake: FakeYouTube,
    credentials: Path,
    tmp_path: Path,
) -> None:
    scenario, rng = prepared_scenarios[number % 2], random.Random(f"{SEED}/{number}")
    root = tmp_path / "series"
    shutil.copytree(scenario.snapshot, root)
    fake.channel = scenarios.youtube_at(scenario.channel, scenario.now)
    assert run_round(scenario, ChaosFolder(root, fork_server, fake, scenario.now, credentials), rng) == ""
    shutil.rmtree(tmp_path)


def command_lines() -> Iterator[str]:
    """The command line of every process; none on systems without /proc."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")


@pytest.mark.parametrize("signal_number", SIGNALS[1:])
def test_a_stopped_release_ends_within_two_seconds_children_included(
    signal_number: signal.Signals, tmp_path: Path
) -> None:
    root = tmp_path / "series"
    write_tone(root / "episodes/second-talk/recording.wav", seconds=120.0)
    catalogue = scenarios.CATALOGUE.split("[youtube]")[0] + scenarios.CATALOGUE.split("[[episode]]\n")[2]
    catalogue = catalogue.replace("slug =", "[[episode]]\nslug =")
    (root / "episodes.toml").write_text(catalogue, encoding="utf-8")
    command = [sys.executable, "-m", "publisher", "release", "-C", str(root)]
    running = subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
        # A shell script ignores SIGINT in its background processes.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )  # fmt: skip
    while running.poll() is None and not any((root / ".publisher" / "audio").glob("*/*")):
        time.sleep(0.02)
    running.send_signal(signal_number)
    _, stderr = running.communicate(timeout=30)
    assert running.returncode == 130
    assert STOPPED_MESSAGE.encode() in stderr
    assert b"left: audio of second-talk, pages, feed." in stderr
    assert not [line for line in command_lines() if str(root) in line]
    assert invariants.violated(root) == ""
