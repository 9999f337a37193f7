"""``publisher release``: does what the plan says, and ends with what was done, what is left, what to open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import click

from publisher import ledger, planner, site_paths
from publisher.cli import console, options, session
from publisher.cli.plan import document, notice_document, plan_retractions, print_notices
from publisher.context import ReleaseOptions
from publisher.errors import DecisionNeeded, PublisherError
from publisher.gather import private_names
from publisher.gather.series import Session
from publisher.plan import MEDIA_OUTPUTS, AcceptIdentity, Plan
from publisher.progress import NullProgress, Progress
from publisher.release_state import hidden_episodes
from publisher.retractions import published_later, unexpected_removals
from publisher.run import Run, RunResult


@click.command("release")
@click.argument("slugs", nargs=-1, metavar="[SLUG ...]")
@options.ONLY
@options.JOBS
@click.option(
    "--accept-identity-change",
    is_flag=True,
    help="Give published talks the new guid or date, or the feed its new address.",
)
@click.option(
    "--accept-no-private-names",
    is_flag=True,
    help="Go on although private/people.toml held names before and holds none any more.",
)
@click.option(
    "--take",
    type=click.Choice(["catalogue", "youtube"]),
    help="Which side counts where both changed; for talks named here, also where only YouTube did.",
)
@click.option(
    "--accept-removals", is_flag=True, help="Take many talks back at once, or talks published after today."
)
@click.option("--wait", is_flag=True, help="Wait until YouTube has processed what was uploaded.")
@click.option("--reupload", is_flag=True, help="Upload anew what was deleted on YouTube.")
@options.common
def command(
    slugs: tuple[str, ...],
    only: str | None,
    jobs: int | None,
    accept_identity_change: bool,
    accept_removals: bool,
    accept_no_private_names: bool,
    take: Literal["catalogue", "youtube"] | None,
    wait: bool,
    reupload: bool,
    directory: Path | None,
    as_json: bool,
) -> int:
    """Publish what is due; run again, do what is left."""
    root = session.find_root(directory)
    context = session.build_context(root, jobs)
    session.require_catalogue(root)
    with session.series_lock(root, context), console.progress(as_json) as progress:
        wishes = ReleaseOptions(take, reupload, wait, frozenset(slugs))
        try:
            if accept_no_private_names:
                private_names.accept_no_names(root, context.work)
            opened = session.open_series(
                root, jobs, progress, look=session.outputs_for_only(only), wishes=wishes
            )
            selection = session.select(opened, slugs, only)
            accepts = _confirm_identity_change(opened, accept_identity_change)
            if not (accepts or accept_removals):
                _require_clock(opened)
        except (PublisherError, OSError):
            # Whatever else is wrong: what may not be seen any more goes.
            _retract(root, as_json)
            raise
        if accepts:
            opened = _with_accepted_identity(opened, progress)
        plan = planner.build_plan(opened.state, opened.makers, opened.renderers, selection)
        if not accept_removals:
            _confirm_removals(opened, plan, root, as_json)
        run = Run(opened.state, opened.makers, opened.renderers, opened.context, progress)
        try:
            outcome = run.execute(plan)
        except KeyboardInterrupt:
            if not as_json:
                _tell_left(plan, run.result)
            raise
    if as_json:
        options.print_json(_document(plan, outcome, opened))
    else:
        _tell(plan, outcome, opened)
    return _status(plan, outcome, opened)


def _require_clock(opened: Session) -> None:
    """Raises DecisionNeeded where published talks are dated later than this machine's clock."""
    later = published_later(opened.state)
    if later:
        raise DecisionNeeded(
            f"It is {opened.state.now:%Y-%m-%d %H:%M %Z} by this machine's clock (or PUBLISHER_NOW), but "
            f"{', '.join(later[:5])}{' and more' if len(later) > 5 else ''} stand published under later "
            "dates. Set the clock. If they are really to be taken back, run "
            "`publisher release --accept-removals`."
        )


def _confirm_identity_change(opened: Session, accept: bool) -> bool:
    """Whether the catalogue changes a published guid or date, or the feed's address.

    Raises DecisionNeeded, with the consequences for subscribers, where that was not accepted.
    """
    changes = ledger.identity_changes(opened.series, opened.state.ledger)
    if not changes:
        return False
    if not accept:
        raise DecisionNeeded(
            "The catalogue changes what podcast apps know published talks by:\n  "
            + "\n  ".join(changes)
            + "\nA talk with another guid arrives at subscribers a second time; one with another date moves "
            "in their lists; a feed with another address is lost to them unless the old one redirects.\n"
            "Write the old values back, or run `publisher release --accept-identity-change`."
        )
    return True


def _retract(root: Path, as_json: bool) -> None:
    """Takes back what may not be seen, whatever else is wrong, and prints it to standard error."""
    opened = session.open_to_retract(root)
    planned = plan_retractions(opened)
    outcome = Run(opened.state, opened.makers, (), opened.context, NullProgress()).execute(planned)
    if not as_json:
        _tell_retracted(outcome)


def _tell_retracted(outcome: RunResult) -> None:
    for slug in dict.fromkeys(step.episode or step.reason for step in outcome.done):
        own = (step.output for step in outcome.done if slug in (step.episode, step.reason))
        places = ", ".join(dict.fromkeys(own))
        console.print_line(f"{slug}: taken back ({places}), whatever else is wrong.", "warn", err=True)
    for note in outcome.notes:
        console.print_line(note, "warn", err=True)
    for failure in outcome.failed:
        console.print_line(f"Not done: {failure.step.episode}: {failure.error}", "bad", err=True)


def _confirm_removals(opened: Session, plan: Plan, root: Path, as_json: bool) -> None:
    """Raises DecisionNeeded where suspiciously many talks would go; those that were withdrawn go."""
    unexpected = unexpected_removals(opened.state, plan)
    if not unexpected:
        return
    _retract(root, as_json)
    reasons = hidden_episodes(opened.state)
    listed = (f"{slug}: {next(iter(reasons[slug].values()))}" for slug in unexpected)
    raise DecisionNeeded(
        f"{len(unexpected)} published talks would be taken back:\n  " + "\n  ".join(listed) + "\n"
        "That is more than a slip of a key should do. Correct the catalogue, or run "
        "`publisher release --accept-removals`."
    )


def _with_accepted_identity(opened: Session, progress: Progress) -> Session:
    """The session once the ledger holds what the catalogue says of guids, dates and address."""
    run = Run(opened.state, (), (), opened.context, progress)
    run.execute(Plan((), changes=(AcceptIdentity(),)))
    return replace(opened, state=replace(opened.state, ledger=run.ledger))


def _tell_left(plan: Plan, outcome: RunResult, most: int = 8) -> None:
    """What an interrupted release has not done, one output of one talk after another."""
    done = {(step.output, step.episode) for step in outcome.done}
    left = [step for step in plan.steps if (step.output, step.episode) not in done]
    named = [f"{step.output} of {step.episode}" if step.episode else step.output for step in left]
    more = f" and {len(named) - most} more" if len(named) > most else ""
    console.print_line(f"{len(done)} done; left: {', '.join(named[:most])}{more}.", err=True)


def _status(plan: Plan, outcome: RunResult, opened: Session) -> int:
    kinds = {remark.kind for remark in plan.notices}
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
        "remarks": [notice_document(remark) for remark in plan.notices],
        "unusable": {slug: str(error) for slug, error in opened.unusable.items()},
        "notes": outcome.notes,
        "written": outcome.written,
        "removed": outcome.removed,
        "public": str(opened.context.public),
        "feed": opened.series.feed_url,
    }


def _tell(plan: Plan, outcome: RunResult, opened: Session) -> None:
    for problem in opened.warnings:
        console.print_line(f"{problem} (a hint, not an error)", "warn")
    _tell_failures(outcome)
    for note in outcome.notes:
        console.print_line(note, "warn")
    print_notices(one for one in plan.notices if one.kind not in ("stripped", "replaced"))
    for slug, error in opened.unusable.items():
        console.print_line(f"Not done: {slug}: {error}", "bad")
    said = [one for one in plan.notices if one.kind != "replaced"]
    if not plan.steps and not said and not outcome.failed and not opened.unusable:
        console.print_line("Nothing to do: everything published agrees with the catalogue.", "good")
    else:
        _tell_done(outcome, bool(outcome.failed or opened.unusable))
    _tell_what_to_open(opened)


def _tell_done(outcome: RunResult, is_left: bool) -> None:
    done = _summary(outcome)
    if done:
        console.print_line(f"Done: {done}.", None if is_left else "good")
    elif not is_left:
        console.print_line("Done; nothing had to be written.", "good")
    if is_left:
        rest = "The rest is done. " if done else ""
        console.print_line(f"{rest}Mend the above and run `publisher release` again.")


def _tell_failures(outcome: RunResult) -> None:
    """Each reason once, with all that it kept from being done."""
    reasons: dict[str, dict[str, None]] = {}
    for failure in outcome.failed:
        whose = failure.step.episode or failure.step.output
        reasons.setdefault(str(failure.error), {})[whose] = None
    for reason, whom in reasons.items():
        talks = list(whom)
        named = ", ".join(talks[:5]) + (f" and {len(talks) - 5} more" if len(talks) > 5 else "")
        console.print_line(f"Not done: {named}: {reason}", "bad")


def _summary(outcome: RunResult) -> str:
    videos = [step for step in outcome.done if step.output == "youtube"]
    made, pictures = (
        [step for step in outcome.done if step.output == output and step.action in ("make", "resume")]
        for output in MEDIA_OUTPUTS
    )
    updated = {
        step.episode for step in outcome.done if step.output in MEDIA_OUTPUTS and step.action == "update"
    }
    parts = [
        (len(videos), "video brought up to date", "videos brought up to date"),
        (len(made), "recording made into audio", "recordings made into audio"),
        (len(pictures), "recording made into a video", "recordings made into videos"),
        (len(updated), "talk updated without encoding", "talks updated without encoding"),
        (len(outcome.written), "file written", "files written"),
        (len(outcome.removed), "file removed", "files removed"),
    ]
    return ", ".join(f"{number} {one if number == 1 else many}" for number, one, many in parts if number)


def _tell_what_to_open(opened: Session) -> None:
    public = opened.context.public
    shown = public.relative_to(Path.cwd()) if public.is_relative_to(Path.cwd()) else public
    if (public / "index.html").exists():
        console.print_line(f"Page to open:  {shown / 'index.html'}")
    if (public / site_paths.FEED).exists():
        console.print_line(f"Feed:          {shown / site_paths.FEED}  (as {opened.series.feed_url})")
