"""``publisher plan``: shows what a release would do, and why. Changes nothing."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import click

from publisher import estimates, ledger, planner
from publisher.cli import completion, console, logs, options, plan_report, session
from publisher.cli.changes import PlanChanges, plan_changes
from publisher.errors import PublisherError
from publisher.estimates import Estimate
from publisher.gather.series import Session
from publisher.plan import Notice, Plan, Step
from publisher.progress import NullProgress
from publisher.retractions import unexpected_removals
from publisher.run.timing import load_speeds

STYLES = {
    "conflict": "bad",
    "gone": "bad",
    "trouble": "bad",
    "missing": "bad",
    "stripped": "quiet",
    "replaced": "quiet",
    "mixed": "quiet",
}


@click.command("plan")
@click.argument("slugs", nargs=-1, metavar="[SLUG ...]", shell_complete=completion.slugs)
@options.ONLY
@options.common
def command(slugs: tuple[str, ...], only: str | None, directory: Path | None, as_json: bool) -> int:
    """Show what a release would do, and why; change nothing."""
    with console.progress(as_json) as progress:
        try:
            opened = session.open_series(
                directory, progress=progress, observed=session.outputs_for_only(only)
            )
        except PublisherError:
            if not as_json:
                _print_retractions(directory)
            raise
        selection = session.select(opened, slugs, only)
        plan = planner.build_plan(opened.state, opened.makers, opened.renderers, selection)
        changes = plan_changes(opened, plan, progress)
    if as_json:
        options.print_json(_plan_document(opened, plan, changes))
    else:
        identity = ledger.identity_changes(opened.series, opened.state.ledger)
        estimate = estimates.estimate(plan.steps, opened.series, load_speeds(opened.context.work))
        for change in identity:
            console.print_line(f"Needs --accept-identity-change: {change}", "bad")
        print_notices(notice for notice in plan.notices if STYLES.get(notice.kind) != "quiet")
        plan_report.print_plan(opened, plan, changes, estimate, is_verbose=logs.is_verbose())
        quiet = (notice for notice in plan.notices if STYLES.get(notice.kind) == "quiet")
        plan_report.print_quiet(quiet, is_verbose=logs.is_verbose())
    for slug, error in opened.unusable.items():
        console.print_line(f"{slug}: {error}", "bad", err=True)
    return 1 if opened.unusable else 0


def _print_retractions(directory: Path | None) -> None:
    """Prints what a release would hide or remove although it can do nothing else."""
    opened = session.open_to_retract(directory)
    planned = plan_retractions(opened)
    if planned.steps:
        console.print_line("In spite of the errors, `publisher release` hides or removes this:", "warn")
        plan_report.print_taken_back(planned.steps, opened.series, is_verbose=logs.is_verbose())


def plan_document(directory: Path, slugs: Sequence[str], only: str | None) -> dict[str, object]:
    """The document of ``plan --json`` for these talks and outputs. Raises as ``plan`` does."""
    opened = session.open_series(directory, observed=session.outputs_for_only(only))
    selection = session.select(opened, tuple(slugs), only)
    plan = planner.build_plan(opened.state, opened.makers, opened.renderers, selection)
    return _plan_document(opened, plan, plan_changes(opened, plan, NullProgress()))


def retraction_documents(directory: Path) -> list[dict[str, object]]:
    """What a release takes back although the catalogue has errors; as `taken_back` in ``plan --json``."""
    opened = session.open_to_retract(directory)
    return plan_report.taken_back_documents(plan_retractions(opened).steps, opened.series)


def _plan_document(opened: Session, plan: Plan, changes: PlanChanges) -> dict[str, object]:
    identity = ledger.identity_changes(opened.series, opened.state.ledger)
    estimate = estimates.estimate(plan.steps, opened.series, load_speeds(opened.context.work))
    return {**_steps_document(plan), **_extra_documents(opened, plan, changes, identity, estimate)}


def _extra_documents(
    opened: Session, plan: Plan, changes: PlanChanges, identity: tuple[str, ...], estimate: Estimate
) -> dict[str, object]:
    """The parts of the JSON document that are not empty; see docs/commands.md."""
    found = changes.files
    lists = {"new": found.new, "changed": found.changed, "removed": found.removed}
    files = {name: list(paths) for name, paths in lists.items() if paths}
    documents = {
        "feed": list(map(asdict, changes.feed)),
        "identity": list(identity),
        "taken_back": plan_report.taken_back_documents(
            plan_report.new_retractions(plan, opened.state.ledger), opened.series
        ),
        "talks": list(map(plan_report.talk_document, changes.talks)),
        "files": files,
        "estimate": asdict(estimate) if plan.steps else {},
        "cost": plan_report.cost_sentences(opened, plan, estimate),
    }
    return {name: value for name, value in documents.items() if value}


def _steps_document(plan: Plan) -> dict[str, object]:
    whole: dict[str, object] = {"steps": [document(step) for step in (*plan.steps, *plan.deferred)]}
    if plan.deferred:
        whole["days"] = days(plan)
    if plan.notices:
        whole["remarks"] = [notice_document(notice) for notice in plan.notices]
    return whole


def document(step: Step) -> dict[str, object]:
    """A step in the document of ``plan --json``."""
    return {
        "episode": step.episode,
        "output": step.output,
        "action": step.action,
        "reason": step.reason,
        "changes": [*step.changes, *step.edits],
        "cost": dict(step.cost),
        "day": step.day,
    }


def notice_document(notice: Notice) -> dict[str, object]:
    """A notice in the document of ``--json``."""
    return {
        "episode": notice.episode,
        "output": notice.output,
        "kind": notice.kind,
        "text": notice.text,
        "changes": list(notice.changes),
        "catalogue": notice.ours,
        "elsewhere": notice.theirs,
    }


def days(plan: Plan) -> int:
    """The number of days on which a release has to run until the plan is done."""
    return max((step.day for step in (*plan.steps, *plan.deferred)), default=0)


def print_notices(notices: Iterable[Notice]) -> None:
    """Prints notices, with both values if catalogue and YouTube differ; some of each kind if not verbose."""
    printed: Counter[str] = Counter()
    for notice in notices:
        printed[notice.kind] += 1
        if printed[notice.kind] > plan_report.MAX_PRINTED and not logs.is_verbose():
            continue
        prefix = f"{notice.episode}: " if notice.episode else ""
        style = STYLES.get(notice.kind, "warn")
        console.print_line(prefix + notice.text, style)
        if notice.kind in ("conflict", "drift") and (notice.ours is not None or notice.theirs is not None):
            print_diff(notice.ours or "", notice.theirs or "")
    left = sum(max(0, number - plan_report.MAX_PRINTED) for number in printed.values())
    if left and not logs.is_verbose():
        console.print_line(f"{console.count(left, 'more notice')}: `--verbose` lists every one.", "warn")


def print_diff(ours: str, theirs: str, limit: int = 12) -> None:
    """Prints two different texts: both if they are single lines, otherwise only the lines that differ."""
    if "\n" not in ours + theirs:
        console.print_line(f"  catalogue: {ours or '(nothing)'}", "quiet")
        console.print_line(f"  YouTube:   {theirs or '(nothing)'}", "quiet")
        return
    sides = {"- ": "catalogue: ", "+ ": "YouTube:   "}
    compared = difflib.ndiff(ours.splitlines(), theirs.splitlines())
    lines = [sides[line[:2]] + line[2:] for line in compared if line[:2] in sides and line[2:].strip()]
    for line in lines[:limit]:
        console.print_line(f"  {line}", "quiet")
    if len(lines) > limit:
        console.print_line(f"  … and {len(lines) - limit} more lines", "quiet")


def plan_retractions(opened: Session) -> Plan:
    """The plan of everything that has to be hidden or removed, as far as catalogue and receipts can be read.

    If unexpectedly many talks would be removed, it contains only those that were withdrawn by name.
    """
    planned = planner.build_plan(opened.state, opened.makers, ())
    unexpected = unexpected_removals(opened.state, planned)
    return replace(planned, steps=tuple(step for step in planned.steps if step.episode not in unexpected))
