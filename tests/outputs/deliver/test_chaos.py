"""Kills and cuts off real deliveries to each kind of destination at random moments.

`make chaos-deliver` runs 100 rounds (``CHAOS_DELIVER``; ``CHAOS_SEED`` is the seed). A round delivers a
series for the first time, or a change of it: one talk withdrawn, one cut, one with new tags, one new. After
each disturbance the destination is read as a listener reads it; then one delivery runs undisturbed.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest

from publisher.cli import main
from tests.chaos.faults import REFUSALS
from tests.chaos.fork_server import ForkServer, ReleaseExit, RunningRelease
from tests.chaos.invariants import differing_names, referenced_files
from tests.cli.conftest import CATALOGUE, NOW, write_tone
from tests.outputs.deliver.destinations import KINDS, Served, Servers, servers
from tests.outputs.deliver.web_server import WebServer, web_server

ROUNDS = int(os.environ.get("CHAOS_DELIVER", "6" if os.environ.get("PUBLISHER_TEST_ALL") else "0"))
SEED = os.environ.get("CHAOS_SEED", "7")

TALK = """
[[episode]]
slug = "{name}-talk"
title = "The {name} talk"
date = 2021-01-0{day}T18:00:00+01:00
recording = "recording.wav"
guests = ["first-guest"]
topics = ["Examples"]
"""
CUES = "WEBVTT\n\n00:00.000 --> 00:01.000\nWords of a talk.\n"
TALKS = ("withdrawn", "cut", "renamed", "kept", "added")
GONE, ADDED = b"withdrawn-talk", "media/added-talk."


@dataclass
class Scenario:
    """A series before a delivery; `served` is a copy of the destination then. The figures are for one delivery."""

    series: Path
    served: Path
    public: dict[str, bytes]
    is_first: bool
    sent: int = 0
    """Bytes that the client sends."""
    operations: int = 0
    seconds: float = 0.0
    removable: frozenset[str] = frozenset()
    """The pages that name what is taken back; they are removed if they cannot be edited."""


@dataclass
class World:
    """The servers, and the scenarios of each kind of destination."""

    servers: Servers
    site: WebServer
    forks: ForkServer
    scenarios: dict[tuple[str, bool], Scenario] = field(default_factory=dict)

    def serve(self, kind: str) -> Served:
        served = self.servers.served[kind]
        self.site.folder = served  # type: ignore[assignment]
        return served


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    pytest.importorskip("moto")
    folder = tmp_path_factory.mktemp("deliveries")
    with servers(folder / "servers") as running, web_server(folder) as site, ForkServer() as forks:
        world = World(running, site, forks)
        first, later = folder / "first", folder / "later"
        write_series(first, site)
        release(first)
        shutil.copytree(first, later)
        change_series(later)
        release(later)
        for kind in running.served:
            add_scenarios(world, kind, folder, first, later)
        yield world


def write_series(root: Path, site: WebServer) -> None:
    text = CATALOGUE.split("# The first talk")[0].replace("https://talks.example.org/series/", site.link)
    text += "\n[feed]\nlimit = 2\n"
    for day, name in enumerate(TALKS[:4], 1):
        text += TALK.format(name=name, day=day)
        write_talk(root, name, day)
    (root / "episodes.toml").write_text(text)


def write_talk(root: Path, name: str, day: int) -> None:
    folder = root / "episodes" / f"{name}-talk"
    write_tone(folder / "recording.wav", 1.5, 200.0 + 50 * day)
    (folder / "transcript.en.vtt").write_text(CUES)


def change_series(root: Path) -> None:
    text = (root / "episodes.toml").read_text() + TALK.format(name="added", day=5)
    text = text.replace('title = "The renamed talk"', 'title = "Another title"')
    text = text.replace('slug = "withdrawn-talk"', 'slug = "withdrawn-talk"\nstatus = "withdrawn"')
    text = text.replace('slug = "cut-talk"', 'slug = "cut-talk"\ncut = [["0:00.5", "0:01"]]')
    (root / "episodes.toml").write_text(text)
    write_talk(root, "added", 5)


def release(root: Path) -> None:
    """Releases a series without a destination."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBLISHER_NOW", NOW)
        with pytest.raises(SystemExit) as stopped, redirect_stdout(StringIO()):
            main(["release", "-C", str(root)])
    assert not stopped.value.code


def add_scenarios(world: World, kind: str, folder: Path, first: Path, later: Path) -> None:
    served, nothing, before = world.serve(kind), folder / f"{kind}-nothing", folder / f"{kind}-before"
    root = folder / kind / "series"
    for source, copy, is_first in ((first, nothing, True), (later, before, False)):
        record = root / "episodes/delivered.json"
        receipt = record.read_bytes() if record.exists() else None
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(source, root)
        with (root / "episodes.toml").open("a") as file:
            file.write(f'\n[deliver]\nto = "{served.to}"\n')
        if receipt is not None:
            record.write_bytes(receipt)
        snapshot = folder / kind / ("first" if is_first else "later")
        shutil.copytree(root, snapshot)
        served.save(copy)
        scenario = Scenario(snapshot, copy, read_public(root), is_first)
        scenario.removable = pages_about(served.read())
        world.scenarios[kind, is_first] = scenario
        if served.proxy is not None:
            served.proxy.restore()
        started = time.monotonic()
        ended = deliver(world, kind, root).wait()
        assert ended.status == 0, ended.stderr
        scenario.seconds = time.monotonic() - started
        scenario.sent = served.proxy.sent if served.proxy is not None else 0
        operations = root.parent / "operations"
        scenario.operations = int(operations.read_text()) if operations.exists() else 0
        assert served.read() == scenario.public


def pages_about(content: Mapping[str, bytes]) -> frozenset[str]:
    """The pages that name the talks which are taken back, as the feed names pages."""
    return frozenset(
        path.removesuffix("index.html")
        for path, text in content.items()
        if path.endswith("index.html") and (GONE in text or b"cut-talk" in text)
    )


def read_public(root: Path) -> dict[str, bytes]:
    folder = root / "public"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def deliver(world: World, kind: str, root: Path, fault: str = "none", number: int = 0) -> RunningRelease:
    served = world.servers.served[kind]
    where = served.to if kind == "folder" else root / "nothing"
    environment = {"PUBLISHER_NOW": NOW, "CHAOS_DESTINATION": str(where), "CI": "1", **served.environment}
    return world.forks.start(root, fault, number, environment, "deliver")


# What a listener sees


def listener_problem(content: Mapping[str, bytes], scenario: Scenario, link: str, is_full: bool) -> str:
    """What is wrong at the destination for a listener, or ""."""
    if "feed.xml" not in content:
        # On a full disk a feed that names what was withdrawn and cannot be replaced is removed.
        return "" if scenario.is_first or is_full else "feed.xml is missing"
    feeds = ["feed.xml"]
    for feed in feeds:
        try:
            channel = ElementTree.fromstring(content[feed])
        except ElementTree.ParseError as error:
            return f"{feed}: {error}"
        for name, length in referenced_files(channel, link):
            path = f"{name}index.html" if name.endswith("/") or not name else name
            size = len(content[path]) if path in content else -1
            if size < 0 and is_full and name in scenario.removable:
                continue
            if size < 0 or (length is not None and size != length):
                return f"{feed}: {name} has {size} bytes, {length} declared"
            if name.startswith("feed/archive-") and name not in feeds:
                feeds.append(name)
    return ""


def withdrawn_problem(content: Mapping[str, bytes], is_retracted: bool) -> str:
    """What is left of the withdrawn talk although something was sent, or it was taken back; or ""."""
    if not is_retracted and not any(path.startswith(ADDED) for path in content):
        return ""
    left = [path for path, text in content.items() if GONE.decode() in path or GONE in text]
    # The page at the address of a withdrawn talk says that it was withdrawn.
    left = [path for path in left if not path.startswith(f"episodes/{GONE.decode()}/")]
    return f"the withdrawn talk is in {left[:3]}" if left else ""


# Disturbances

Start = Callable[..., RunningRelease]
"""Begins a delivery, with a fault and the number of an operation."""


@dataclass
class Disturbance:
    """How one delivery is disturbed. With `is_full` documents may be missing that could not be written."""

    text: str
    run: Callable[[], ReleaseExit]
    is_full: bool = False


def disturbances(world: World, kind: str, root: Path, scenario: Scenario, rng: random.Random) -> Disturbance:
    served = world.servers.served[kind]
    names = ["moment", "stop", "list"]
    names += ["kill", "power", *REFUSALS] if kind == "folder" else ["byte", "byte", "reset", "reset", "blip"]
    names += ["full", "full"] if kind == "s3" or world.servers.disk else []
    name = rng.choice(names)

    def start(fault: str = "kept", number: int = 0) -> RunningRelease:
        return deliver(world, kind, root, fault, number)

    if name in ("kill", "power", *REFUSALS):
        number = rng.randrange(1, scenario.operations + 1)
        text = f"{name} at operation {number}"
        return Disturbance(text, lambda: start(name, number).wait(), name in REFUSALS)
    if name in ("moment", "stop"):
        seconds = scenario.seconds * rng.random()
        signal_number = signal.SIGKILL if name == "moment" else signal.SIGINT
        return Disturbance(
            f"{signal_number.name} after {seconds:.2f} s", lambda: signalled(start(), seconds, signal_number)
        )
    if name == "list":
        return Disturbance("the listing is refused", lambda: with_refused_listing(world, kind, start))
    if name == "full":
        room = rng.randrange(max(map(len, scenario.public.values())) if rng.random() < 0.5 else 1 << 16)
        text = f"full after {room} bytes"
        return Disturbance(text, lambda: on_full_disk(world, kind, room, start), True)
    assert served.proxy is not None
    count = rng.randrange(1, scenario.sent)
    return Disturbance(f"{name} after {count} bytes", lambda: at_byte(served, name, count, start))


def signalled(running: RunningRelease, seconds: float, number: signal.Signals) -> ReleaseExit:
    time.sleep(seconds)
    running.send(number)
    return running.wait()


def at_byte(served: Served, name: str, count: int, start: Start) -> ReleaseExit:
    """Kills the delivery, or resets its connections, when it has sent `count` bytes."""
    proxy, running = served.proxy, list[RunningRelease]()
    assert proxy is not None

    def act() -> None:
        if name == "byte":
            running[0].send(signal.SIGKILL)
        proxy.reset(refuses=name == "reset")

    proxy.restore()
    proxy.act, proxy.limit = act, count
    running.append(start())
    try:
        return running[0].wait()
    finally:
        proxy.restore()


def with_refused_listing(world: World, kind: str, start: Start) -> ReleaseExit:
    if kind == "folder":
        return start("LIST").wait()

    def refuse(request: Mapping[str, str]) -> str:
        return "403 AccessDenied" if "list-type=2" in request["QUERY_STRING"] else ""

    with refused(world, refuse):
        if world.servers.ssh is not None:
            world.servers.ssh.fault.write_text("list")
        try:
            return start().wait()
        finally:
            if world.servers.ssh is not None:
                world.servers.ssh.fault.unlink()


@contextmanager
def refused(world: World, refusal: Callable[[Mapping[str, str]], str]) -> Iterator[None]:
    world.servers.refusals.append(refusal)
    try:
        yield
    finally:
        world.servers.refusals.clear()


def on_full_disk(world: World, kind: str, room: int, start: Start) -> ReleaseExit:
    left = [room]

    def refuse(request: Mapping[str, str]) -> str:
        if request["REQUEST_METHOD"] == "PUT":
            left[0] -= int(request.get("CONTENT_LENGTH") or 0)
        return "507 InsufficientStorage" if left[0] < 0 and request["REQUEST_METHOD"] == "PUT" else ""

    with refused(world, refuse):
        if kind != "s3":
            world.servers.limit_disk(room)
        try:
            return start().wait()
        finally:
            world.servers.limit_disk(None)


def run_round(world: World, kind: str, scenario: Scenario, root: Path, rng: random.Random) -> str:
    """Disturbs one or two deliveries, then runs one undisturbed; returns what was wrong, or ""."""
    served = world.serve(kind)
    shutil.copytree(scenario.series, root)
    served.restore(scenario.served)
    done: list[str] = []
    was_full = False
    for _ in range(rng.choice((1, 1, 2))):
        disturbance = disturbances(world, kind, root, scenario, rng)
        done.append(disturbance.text)
        ended = disturbance.run()
        was_full = was_full or disturbance.is_full
        content = served.read()
        if problem := exit_problem(ended) or listener_problem(content, scenario, world.site.link, was_full):
            return f"{kind} {done}: {problem}"
        is_retracted = not scenario.is_first and (disturbance.is_full or ended.status == 0)
        if not scenario.is_first and (problem := withdrawn_problem(content, is_retracted)):
            return f"{kind} {done}: {problem} {ended.stderr}"
    ended = deliver(world, kind, root).wait()
    if ended.status:
        return f"{kind} {done}: the undisturbed delivery ended with {ended.status}: {ended.stderr}"
    if names := differing_names(served.read(), scenario.public):
        return f"{kind} {done}: {names[:5]} differ"
    return ""


def exit_problem(ended: ReleaseExit) -> str:
    """What is wrong with the exit of a disturbed delivery, or ""."""
    if "Traceback" in ended.stderr or ended.status not in (0, 1, 3, 130, -signal.SIGKILL, -signal.SIGINT):
        return f"status {ended.status}: {ended.stderr}"
    return ""


@pytest.mark.skipif(ROUNDS == 0, reason="takes minutes: make chaos-deliver")
@pytest.mark.parametrize("number", range(max(1, ROUNDS)))
def test_a_disturbed_delivery_leaves_what_listeners_can_fetch(
    number: int, world: World, tmp_path: Path
) -> None:
    kind = KINDS[number % 4]
    if kind not in world.servers.served:
        pytest.skip(f"{kind}: its server is not installed")
    rng = random.Random(f"{SEED}/{number}")
    scenario = world.scenarios[kind, number // 4 % 3 == 0]
    assert run_round(world, kind, scenario, tmp_path / "series", rng) == ""
    shutil.rmtree(tmp_path)
