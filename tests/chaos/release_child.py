"""The child that runs one release with a fault armed.

The kind ``core`` runs the heart of a release with a maker of words, which takes no time; ``whole`` runs
the real command. The invariants are looked at before every act on disk, and a breach ends with the
status `BREACH`.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.chaos import invariants
from tests.chaos.faults import Fault

VIOLATED = 97
UNFINISHED = 96
"""The release ended well, and yet the next one would find something to do."""


def release_core(root: Path) -> int:
    from dataclasses import replace
    from datetime import datetime, timedelta

    from publisher import files, planner, run
    from publisher.fingerprint import fingerprint
    from publisher.model import AnyFacts, OtherFacts, Publication, Receipt, Series
    from publisher.plan import EVERYTHING, Document, MakeResult, Plan, Selection, Step, Target
    from publisher.progress import NullProgress, Progress
    from tests.conftest import make_episode
    from tests.run.test_runner import SeriesFolder, TextMaker, TextRenderer

    class Feed(TextRenderer):
        """A feed of the least there can be."""

        def documents(self, publication: Publication) -> Iterable[Document]:
            items = "".join(
                f'<item><guid>{one.guid}</guid><title>{one.episode.title}</title><enclosure url="https://talks.example.org/'
                f'{one.enclosures[0].path}" length="{one.enclosures[0].length}"/></item>'
                for one in publication.releases
                if one.enclosures
            )
            content = f"<rss><channel>{items}</channel></rss>".encode()
            yield Document("feed.xml", fingerprint(content), lambda: content)

    class Channel(TextMaker):
        """Sends to somewhere else, which cannot be undone: what was sent twice is there twice."""

        name = "youtube"
        remote = True

        def items(self, series: Series, now: datetime) -> Iterable[Target]:
            for episode in series.episodes:
                if episode.is_due(now):
                    yield Target("youtube", episode.slug, {"recording": fingerprint(episode.summary)})

        def make(self, step: Step, *_: object) -> MakeResult:
            sent_folder = root / "channel"
            sent_folder.mkdir(exist_ok=True)
            name = f"{step.episode}-{step.inputs['recording']}"
            sent = sorted(sent_folder.glob(f"{name}-*"))
            if step.action != "resume" or not sent:
                sent = [sent_folder / f"{name}-{len(sent)}"]
                sent[0].touch()
            return MakeResult(OtherFacts({"id": sent[0].name, "checked": True}))

    class Post(TextMaker):
        """Sends under a number that only its receipt knows: nobody could look for what was sent."""

        name = "post"
        remote = True

        def items(self, series: Series, now: datetime) -> Iterable[Target]:
            for episode in series.episodes:
                if episode.is_due(now):
                    yield Target(
                        "post", episode.slug, {"title": fingerprint(episode.title)}, frozenset({"title"})
                    )

        def make(
            self,
            step: Step,
            series: Series,
            receipt: Receipt | None,
            keep: Callable[[AnyFacts], None],
            progress: Progress,
        ) -> MakeResult:
            sent_folder = root / "channel"
            sent_folder.mkdir(exist_ok=True)
            count = len(list(sent_folder.glob(f"post-{step.episode}-*")))
            number = {
                "number": f"post-{step.episode}-{count}",
                **(receipt.facts.to_json() if receipt else {}),
            }
            keep(OtherFacts(number))
            (sent_folder / str(number["number"])).touch()
            return MakeResult(OtherFacts(number))

    class ChaosSeriesFolder(SeriesFolder):
        """A house with a maker for each of the kinds there are."""

        @property
        def makers(self) -> list[TextMaker]:
            return [self.maker, Channel(self.context.public), Post(self.context.public)]

        def plan(self, selection: Selection = EVERYTHING) -> Plan:
            return planner.build_plan(self.gather(), self.makers, [self.pages, self.feed], selection)

        def release(self, selection: Selection = EVERYTHING) -> run.RunResult:
            release_run = run.Run(
                self.gather(), self.makers, [self.pages, self.feed], self.context, NullProgress()
            )
            return release_run.execute(self.plan(selection))

    folder = ChaosSeriesFolder(root)
    folder.context = replace(folder.context, jobs=1)
    folder.feed = Feed("feed")
    stage = (root / "stage").read_text(encoding="utf-8")
    if stage == "later":
        folder.episodes = (
            make_episode("first", summary="one", title="A better title"),
            make_episode("second", summary="two anew"),
            make_episode("third", summary="three", status="withdrawn"),
            make_episode("fourth", summary="four"),
        )
        folder.now += timedelta(days=8)
    else:
        folder.episodes = (*folder.episodes, make_episode("third", summary="three"))
    files.remove_temp_files(folder.context.public)
    if folder.release().failed:
        return 1
    return UNFINISHED if folder.plan().steps else 0


def release_command(root: Path) -> int:
    from publisher.cli import main

    try:
        main(["release", "-C", str(root), "--json", "--jobs", "2"])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def carry_out(kind: str, root: Path, fault: str, number: int) -> int:
    """Runs the release; the number of its acts goes to ``acts`` beside the series."""

    def check() -> None:
        violation = invariants.violated(root)
        if violation:
            os.write(2, f"{violation}\n".encode())
            os._exit(VIOLATED)

    armed_fault = Fault(root, fault, number, check)
    armed_fault.install()
    try:
        status = release_core(root) if kind == "core" else release_command(root)
    except OSError as error:
        if kind == "whole":
            # The command itself has to say what the disk refused.
            raise
        status = 1 if fault != "none" else 98
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    if fault == "none":
        (root.parent / "operations").write_text(str(armed_fault.operations), encoding="utf-8")
    return status


def fork_off(kind: str, root: Path, fault: str, number: int, errors: Path) -> int:
    """The same in a fork of this process, which costs no start, in a group of its own; its id.

    What it says goes to `errors`.
    """
    child = os.fork()
    if child:
        os.setpgid(child, child)
        return child
    status = 99
    try:
        os.setpgid(0, 0)
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        status = carry_out(kind, root, fault, number)
    except BaseException:  # noqa: BLE001 - a fork must never come back into the tests
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)


def fork(kind: str, root: Path, fault: str, number: int, errors: Path) -> int:
    """As `fork_off`, to its end; the status as wait gives it."""
    return os.waitstatus_to_exitcode(os.waitpid(fork_off(kind, root, fault, number, errors), 0)[1])
