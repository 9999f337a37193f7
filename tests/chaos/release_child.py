"""The child process that runs one release with one fault injected.

The kind ``core`` runs `run.Run` with makers of small texts, which is fast; ``command`` runs the real
command; ``deliver`` does, too, with the faults at the destination. The invariants are checked before every file operation; a violation ends the process with
status `VIOLATED`.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.chaos import invariants
from tests.chaos.faults import REFUSALS, Fault

VIOLATED = 97
UNFINISHED = 96
"""Exit status: the release succeeded, but a second plan still has steps."""


def release_core(root: Path) -> int:
    from dataclasses import replace
    from datetime import datetime, timedelta

    from publisher import files, planner, run, write_batch
    from publisher.fingerprint import fingerprint
    from publisher.model import AnyFacts, OtherFacts, Publication, Receipt, Series
    from publisher.plan import EVERYTHING, Document, MakeResult, Plan, Selection, Step, Target
    from publisher.progress import NullProgress, Progress
    from tests.conftest import make_episode
    from tests.run.test_runner import SeriesFolder, TextMaker, TextRenderer

    class Feed(TextRenderer):
        """A minimal feed: guid, title, page and enclosure of each item; it names an archive page."""

        def documents(self, publication: Publication) -> Iterable[Document]:
            items = "".join(
                f"<item><guid>{release.guid}</guid><title>{release.episode.title}</title>"
                f"<link>{invariants.LINK}episodes/{release.episode.slug}/</link>"
                f'<enclosure url="{invariants.LINK}{release.enclosures[0].path}" '
                f'length="{release.enclosures[0].length}"/></item>'
                for release in publication.releases
                if release.enclosures
            )
            archive = f"<rss><channel>{items}</channel></rss>".encode()
            link = f'<link rel="prev-archive" href="{invariants.LINK}feed/archive-1.xml"/>'
            feed = f"<rss><channel>{link}{items}</channel></rss>".encode()
            yield Document("feed/archive-1.xml", fingerprint(archive), lambda: archive)
            yield Document("feed.xml", fingerprint(feed), lambda: feed)

    class Channel(TextMaker):
        """A remote maker whose upload cannot be undone: a second upload creates a second file."""

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
        """A remote maker whose upload is identified only by a number in its receipt."""

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
        """A series folder with a local, a searchable remote and an unsearchable remote maker."""

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

    # Few files, and both ways of flushing them: pages together, the feed alone.
    write_batch.MIN_SHARED = 2
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
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


def run_release(kind: str, root: Path, fault: str, number: int) -> int:
    """Runs the release and returns its status.

    Without a fault it writes the number of file operations to ``operations`` beside the series folder.
    """

    def check() -> None:
        violation = invariants.violated(root)
        if violation:
            os.write(2, f"{violation}\n".encode())
            os._exit(VIOLATED)

    if kind == "deliver":
        armed_fault = Fault(Path(os.environ["CHAOS_DESTINATION"]), fault, number)
    else:
        if fault in (*REFUSALS, "FILE"):
            invariants.expect_removals(root)
        armed_fault = Fault(root, fault, number, check)
    armed_fault.install()
    try:
        status = release_core(root) if kind == "core" else release_command(root)
    except OSError as error:
        if kind != "core":
            # The command itself has to report the error of the disk.
            raise
        status = 1 if fault != "none" else 98
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    if fault == "none":
        (root.parent / "operations").write_text(str(armed_fault.operations), encoding="utf-8")
    return status


def fork_off(kind: str, root: Path, fault: str, number: int, errors: Path) -> int:
    """Runs the release in a fork of this process, in its own process group; returns its process id.

    A fork avoids the time of starting Python. Standard error goes to the file `errors`.
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
        status = run_release(kind, root, fault, number)
    except BaseException:  # noqa: BLE001 - the fork must not continue with the tests
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)


def fork(kind: str, root: Path, fault: str, number: int, errors: Path) -> int:
    """Like `fork_off`, but waits; returns the exit status, or minus the signal number."""
    return os.waitstatus_to_exitcode(os.waitpid(fork_off(kind, root, fault, number, errors), 0)[1])
