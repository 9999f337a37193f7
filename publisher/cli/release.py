"""``publisher release``: executes the plan and prints what was done and what is left."""

from __future__ import annotations

import logging
import os
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Literal

import click

from publisher import catalogue, ledger, notices, planner, site_paths
from publisher.cli import completion, console, options, session
from publisher.cli.cluster import ReleaseCluster
from publisher.cli.display import PROGRESS_FILE
from publisher.cli.plan import document, notice_document, plan_retractions, print_notices
from publisher.context import BuildContext, ReleaseOptions
from publisher.errors import DecisionNeeded, PublisherError, UsageError
from publisher.gather import private_names
from publisher.gather.series import Session
from publisher.ledger import Ledger
from publisher.plan import MEDIA_OUTPUTS, AcceptIdentity, Plan
from publisher.progress import NullProgress, Progress
from publisher.release_state import hidden_episodes
from publisher.retractions import published_later, unexpected_removals
from publisher.run import Run, RunResult

logger = logging.getLogger(__name__)


@click.command("release")
@click.argument("slugs", nargs=-1, metavar="[SLUG ...]", shell_complete=completion.slugs)
@options.ONLY
@options.JOBS
@options.CLUSTER
@options.CLUSTER_FOLDER
@options.CLUSTER_STORAGE
@click.option(
    "--accept-identity-change",
    is_flag=True,
    help="Change the guid or date of published talks, or the address of the feed.",
)
@click.option(
    "--accept-no-private-names",
    is_flag=True,
    help="Continue although private/people.toml contained names before and contains none now.",
)
@click.option(
    "--take",
    type=click.Choice(["catalogue", "youtube"]),
    help="The side to use if both changed; for the talks named here, also if only YouTube changed.",
)
@click.option(
    "--accept-removals",
    is_flag=True,
    help="Remove many talks at once, or talks published under dates after today.",
)
@click.option(
    "--unattended", is_flag=True, help="For timers: print one line with the result, and no progress."
)
@click.option(
    "--wait-until-due", is_flag=True, help="Wait until the next talk with a date in the future is due."
)
@click.option("--wait", is_flag=True, help="Wait until YouTube has processed the uploads.")
@click.option("--reupload", is_flag=True, help="Upload again what was deleted on YouTube.")
@options.common
def command(
    slugs: tuple[str, ...],
    only: str | None,
    jobs: int | None,
    cluster: str | None,
    cluster_folder: str | None,
    cluster_storage: str | None,
    accept_identity_change: bool,
    accept_removals: bool,
    accept_no_private_names: bool,
    take: Literal["catalogue", "youtube"] | None,
    wait: bool,
    wait_until_due: bool,
    unattended: bool,
    reupload: bool,
    directory: Path | None,
    as_json: bool,
) -> int:
    """Publish everything that is due; run again to continue."""
    root = session.find_root(directory)
    context = session.build_context(root, jobs)
    session.require_catalogue(root)
    encoders = ReleaseCluster(cluster, cluster_folder, cluster_storage, root, jobs)
    if wait_until_due:
        _wait_until_due(root)
    with (
        session.series_lock(root, context),
        console.progress(as_json or unattended, context.work / PROGRESS_FILE) as progress,
        ExitStack() as connections,
    ):
        release_options = ReleaseOptions(take, reupload, wait, frozenset(slugs))
        try:
            if accept_no_private_names:
                private_names.accept_no_names(root, context.work)
            opened = session.open_series(
                root,
                jobs,
                progress,
                observed=session.outputs_for_only(only),
                release_options=release_options,
                executor=encoders.executor,
            )
            selection = session.select(opened, slugs, only)
            if accept_identity_change:
                opened = replace(opened, state=replace(opened.state, is_identity_accepted=True))
            session.require_decisions(opened)
            changes_identity = _confirm_identity_change(opened, accept_identity_change)
            if not (changes_identity or accept_removals):
                _require_clock(opened)
        except (PublisherError, OSError) as error:
            # Hidden and withdrawn talks are removed in spite of the error.
            _report_retracted(_retract(root), error, as_json)
            raise
        if changes_identity:
            opened = _with_accepted_identity(opened, progress)
        plan = planner.build_plan(opened.state, opened.makers, opened.renderers, selection)
        if not accept_removals:
            _confirm_removals(opened, plan, root, as_json)
        _connect(encoders, plan, context, connections, root, as_json)
        run = Run(
            opened.state,
            opened.makers,
            opened.renderers,
            opened.context,
            progress,
            delivery=opened.delivery,
        )
        try:
            outcome = run.execute(plan)
        except KeyboardInterrupt as stopped:
            text = _remaining_steps(plan, run.result)
            if as_json:
                stopped.add_note(text)
            else:
                console.print_line(text, err=True)
            raise
    plan = _with_mixed_notices(plan, outcome, opened, run.ledger)
    if as_json:
        options.print_json(_document(plan, outcome, opened))
    elif unattended:
        console.print_line(_summary_line(outcome, _status(plan, outcome, opened)))
    else:
        _print_result(plan, outcome, opened)
    return _status(plan, outcome, opened)


MAX_SLEEP = 20.0
"""Seconds after which the clock is read again while waiting: it may be set, or the machine may sleep."""


def _wait_until_due(root: Path) -> None:
    """Waits until the next ready talk with a date in the future is due. Raises UsageError."""
    if os.environ.get("PUBLISHER_NOW"):
        raise UsageError("--wait-until-due needs the clock: unset PUBLISHER_NOW")
    loaded = catalogue.read(root, lambda path: "")
    episodes = loaded.series.episodes if loaded.series else ()
    dates = [
        episode.date for episode in episodes if episode.status == "ready" and episode.date > session.now()
    ]
    if not dates:
        raise UsageError("no talk has a date in the future: there is nothing to wait for")
    due = min(dates)
    console.print_line(f"Waiting until {due.isoformat()}. Ctrl-C stops.", err=True)
    while (left := (due - session.now()).total_seconds()) > 0:
        time.sleep(min(left, MAX_SLEEP))


def _summary_line(outcome: RunResult, status: int) -> str:
    """The result in one line, for mails and logs of a timer."""
    done = _summary(outcome) or "nothing to do"
    reasons = dict.fromkeys(str(failure.error).splitlines()[0] for failure in outcome.failed)
    left = f"; not done: {'; '.join(reasons)}" if reasons else ""
    return f"publisher release: exit {status}: {done}{left}"


def _require_clock(opened: Session) -> None:
    """Raises DecisionNeeded if published talks have dates later than this machine's clock."""
    later = published_later(opened.state)
    if later:
        raise DecisionNeeded(
            f"It is {opened.state.now:%Y-%m-%d %H:%M %Z} by this machine's clock (or PUBLISHER_NOW), but "
            f"{console.shorten(later, 5)} are published under later "
            "dates. Set the clock. If they should be removed, run "
            "`publisher release --accept-removals`.",
            "--accept-removals",
        )


def _confirm_identity_change(opened: Session, accept: bool) -> bool:
    """Whether the catalogue changes a published guid or date, or the feed's address.

    Raises DecisionNeeded, with the consequences for subscribers, if this was not accepted.
    """
    changes = ledger.identity_changes(opened.series, opened.state.ledger)
    if not changes:
        return False
    if not accept:
        raise DecisionNeeded(
            "The catalogue changes the identity of published talks or of the feed:\n  "
            + "\n  ".join(changes)
            + "\nPodcast apps show a talk with another guid a second time and move a talk with another date "
            "in their lists; they lose a feed with another address unless the old one redirects.\n"
            "Restore the old values, or run `publisher release --accept-identity-change`.",
            "--accept-identity-change",
        )
    logger.info("accepted: %d changes of identity", len(changes))
    return True


def _retract(root: Path) -> RunResult:
    """Removes what may not be visible in spite of other errors."""
    opened = session.open_to_retract(root)
    planned = plan_retractions(opened)
    logger.info("the release was refused; %d retractions are executed", len(planned.steps))
    arguments = (opened.state, opened.makers, (), opened.context, NullProgress())
    return Run(*arguments, delivery=opened.delivery).execute(planned)


def _connect(
    encoders: ReleaseCluster, plan: Plan, context: BuildContext, stack: ExitStack, root: Path, as_json: bool
) -> None:
    """Connects to the cluster; without one, only what may not be visible is removed, and the error raised."""
    try:
        encoders.connect(plan, context, stack)
    except (PublisherError, OSError) as error:
        _report_retracted(_retract(root), error, as_json)
        raise


def _report_retracted(outcome: RunResult, error: BaseException, as_json: bool) -> None:
    """Prints what was taken back to standard error; with ``--json`` it becomes a note of the error."""
    lines: list[tuple[str, str]] = []
    for slug in dict.fromkeys(step.episode or step.reason for step in outcome.done):
        outputs = (step.output for step in outcome.done if slug in (step.episode, step.reason))
        listed = ", ".join(dict.fromkeys(outputs))
        lines.append((f"{slug}: taken back ({listed}) in spite of the error.", "warn"))
    lines += [(note, "warn") for note in outcome.notes]
    lines += [(f"Not done: {failure.step.episode}: {failure.error}", "bad") for failure in outcome.failed]
    for text, style in lines:
        if as_json:
            error.add_note(text)
        else:
            console.print_line(text, style, err=True)


def _confirm_removals(opened: Session, plan: Plan, root: Path, as_json: bool) -> None:
    """Raises DecisionNeeded if unexpectedly many talks would be removed; removes only withdrawn ones."""
    unexpected = unexpected_removals(opened.state, plan)
    if not unexpected:
        return
    retracted = _retract(root)
    reasons = hidden_episodes(opened.state)
    listed = (f"{slug}: {next(iter(reasons[slug].values()))}" for slug in unexpected)
    error = DecisionNeeded(
        f"{len(unexpected)} published talks would be taken back:\n  " + "\n  ".join(listed) + "\n"
        "This may be a typing error. Correct the catalogue, or run "
        "`publisher release --accept-removals`.",
        "--accept-removals",
    )
    _report_retracted(retracted, error, as_json)
    raise error


def _with_accepted_identity(opened: Session, progress: Progress) -> Session:
    """The session with the catalogue's guids, dates and address stored in the ledger."""
    run = Run(opened.state, (), (), opened.context, progress)
    run.execute(Plan((), changes=(AcceptIdentity(),)))
    return replace(opened, state=replace(opened.state, ledger=run.ledger))


def _with_mixed_notices(plan: Plan, outcome: RunResult, opened: Session, after: Ledger) -> Plan:
    """The plan with notices of what was brought to one channel in this release, and not before."""
    made = {step.episode for step in outcome.done if step.output == "audio" and step.action != "update"}
    others = (notice for notice in plan.notices if notice.kind != "mixed")
    return replace(plan, notices=(*others, *notices.mixed_notices(opened.series, after, made)))


def _remaining_steps(plan: Plan, outcome: RunResult) -> str:
    """Which outputs of which talks an interrupted release has not done."""
    done = {(step.output, step.episode) for step in outcome.done}
    left = [step for step in plan.steps if (step.output, step.episode) not in done]
    named = [f"{step.output} of {step.episode}" if step.episode else step.output for step in left]
    return f"{len(done)} done; left: {console.shorten(named, 8)}."


def _status(plan: Plan, outcome: RunResult, opened: Session) -> int:
    kinds = {notice.kind for notice in plan.notices}
    if outcome.failed or opened.unusable or "trouble" in kinds:
        return 1
    if kinds & {"conflict", "gone"}:
        return 3
    return 1 if "waiting" in kinds else 0


def _document(plan: Plan, outcome: RunResult, opened: Session) -> dict[str, object]:
    failed = [{**document(failure.step), "error": str(failure.error)} for failure in outcome.failed]
    return {
        "done": [document(step) for step in outcome.done],
        "failed": failed,
        "later": [document(step) for step in plan.deferred],
        "remarks": [notice_document(notice) for notice in plan.notices],
        "unusable": {slug: str(error) for slug, error in opened.unusable.items()},
        "notes": outcome.notes,
        "written": outcome.written,
        "removed": outcome.removed,
        "public": str(opened.context.public),
        "feed": opened.series.feed_url,
    }


def _print_result(plan: Plan, outcome: RunResult, opened: Session) -> None:
    for problem in opened.warnings:
        console.print_line(f"{problem} (a hint, not an error)", "warn")
    _print_failures(outcome)
    for note in outcome.notes:
        console.print_line(note, "warn")
    print_notices(notice for notice in plan.notices if notice.kind not in ("stripped", "replaced"))
    for slug, error in opened.unusable.items():
        console.print_line(f"Not done: {slug}: {error}", "bad")
    shown = [notice for notice in plan.notices if notice.kind != "replaced"]
    if not plan.steps and not shown and not outcome.failed and not opened.unusable:
        console.print_line("Nothing to do: everything published agrees with the catalogue.", "good")
    else:
        _print_done(outcome, bool(outcome.failed or opened.unusable))
    _print_entry_points(opened)


def _print_done(outcome: RunResult, is_left: bool) -> None:
    done = _summary(outcome)
    if done:
        console.print_line(f"Done: {done}.", None if is_left else "good")
    elif not is_left:
        console.print_line("Done; no file had to be written.", "good")
    if is_left:
        rest = "The rest is done. " if done else ""
        console.print_line(f"{rest}Correct the above and run `publisher release` again.")


def _print_failures(outcome: RunResult) -> None:
    """Prints each reason once, with the talks and outputs that failed because of it."""
    reasons: dict[str, dict[str, None]] = {}
    for failure in outcome.failed:
        subject = failure.step.episode or failure.step.output
        reasons.setdefault(str(failure.error), {})[subject] = None
    for reason, subjects in reasons.items():
        console.print_line(f"Not done: {console.shorten(list(subjects), 5)}: {reason}", "bad")


def _summary(outcome: RunResult) -> str:
    videos = [step for step in outcome.done if step.output == "youtube"]
    audio, video = (
        [step for step in outcome.done if step.output == output and step.action in ("make", "resume")]
        for output in MEDIA_OUTPUTS
    )
    updated = {
        step.episode for step in outcome.done if step.output in MEDIA_OUTPUTS and step.action == "update"
    }
    parts = [
        (len(videos), "video updated on YouTube", "videos updated on YouTube"),
        (len(audio), "recording made into audio", "recordings made into audio"),
        (len(video), "recording made into a video", "recordings made into videos"),
        (len(updated), "talk updated without encoding", "talks updated without encoding"),
        (len(outcome.written), "file written", "files written"),
        (len(outcome.removed), "file removed", "files removed"),
        (len(outcome.delivered), "file delivered", "files delivered"),
        (len(outcome.retracted), "file removed at the destination", "files removed at the destination"),
    ]
    return ", ".join(f"{number} {one if number == 1 else many}" for number, one, many in parts if number)


def _print_entry_points(opened: Session) -> None:
    public = opened.context.public
    folder = public.relative_to(Path.cwd()) if public.is_relative_to(Path.cwd()) else public
    if (public / "index.html").exists():
        console.print_line(f"See and hear:  {console.command_line('preview', root=opened.series.root)}")
        console.print_line(f"Page to open:  {folder / 'index.html'}")
    if (public / site_paths.FEED).exists():
        console.print_line(f"Feed:          {folder / site_paths.FEED}  (as {opened.series.feed_url})")
