"""``publisher plan``: shows what a release would do, and why. Changes nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher import files, ledger, planner, site_paths
from publisher.cli import console, options, session
from publisher.errors import PublisherError
from publisher.gather.series import Session, expected_publication
from publisher.plan import Notice, Plan, Step
from publisher.retractions import unexpected_removals

if TYPE_CHECKING:
    from publisher.outputs.feed.diff import FeedChange

Pair = tuple[bytes | None, bytes | None]
"""A document as published and as it would be rendered; None if it does not exist."""

STYLES = {
    "conflict": "bad",
    "gone": "bad",
    "trouble": "bad",
    "missing": "bad",
    "stripped": "quiet",
    "replaced": "quiet",
    "mixed": "quiet",
}
VERBS = {
    "make": "make",
    "update": "update",
    "hide": "hide",
    "remove": "remove",
    "resume": "look for, then make",
}


@click.command("plan")
@click.argument("slugs", nargs=-1, metavar="[SLUG ...]")
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
    changes = feed_changes(opened) if plan.steps_for("feed") else ()
    identity = ledger.identity_changes(opened.series, opened.state.ledger)
    if as_json:
        options.print_json({**_plan_document(plan), **_extra_documents(changes, identity)})
    else:
        for change in identity:
            console.print_line(f"Needs --accept-identity-change: {change}", "bad")
        print_plan(plan)
        _print_feed_changes(changes)
    for slug, error in opened.unusable.items():
        console.print_line(f"{slug}: {error}", "bad", err=True)
    return 1 if opened.unusable else 0


def _print_retractions(directory: Path | None) -> None:
    """Prints what a release would hide or remove although it can do nothing else."""
    planned = plan_retractions(session.open_to_retract(directory))
    if planned.steps:
        console.print_line("In spite of the errors, `publisher release` hides or removes this:", "warn")
        console.table(_rows(planned.steps))


def _extra_documents(changes: tuple[FeedChange, ...], identity: tuple[str, ...]) -> dict[str, object]:
    documents = {"feed": list(map(asdict, changes)), "identity": list(identity)}
    return {name: value for name, value in documents.items() if value}


def _print_feed_changes(changes: tuple[FeedChange, ...], limit: int = 12) -> None:
    if not changes:
        return
    console.print_line("In the feed:")
    for change in changes[:limit]:
        details = f": {', '.join(change.changes)}" if change.changes else ""
        console.print_line(f"  {change.action} {change.title if change.guid else 'the channel'}{details}")
    if len(changes) > limit:
        console.print_line(f"  and {len(changes) - limit} more")


def _plan_document(plan: Plan) -> dict[str, object]:
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
    """Prints notices, with both values if catalogue and YouTube differ."""
    for notice in notices:
        prefix = f"{notice.episode}: " if notice.episode else ""
        style = STYLES.get(notice.kind, "warn")
        console.print_line(prefix + notice.text, style)
        if notice.kind in ("conflict", "drift") and (notice.ours is not None or notice.theirs is not None):
            print_diff(notice.ours or "", notice.theirs or "")


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


def print_plan(plan: Plan) -> None:
    """Prints the plan for a producer: notices, steps and costs."""
    print_notices(plan.notices)
    if any(notice.kind == "missing" for notice in plan.notices):
        console.print_line("`publisher release` publishes nothing until you decide.", "bad")
    elif not plan.steps and not plan.deferred and not plan.changes:
        console.print_line("Nothing to do: everything published agrees with the catalogue.", "good")
        return
    console.table(_rows(plan.steps))
    costs = _total_cost(plan.steps)
    if costs:
        console.print_line(f"{'Today' if plan.deferred else 'Total'}: {_format_cost(costs)}")
    if plan.deferred:
        talks = console.count(len(plan.deferred), "talk")
        console.print_line(f"On later days: {talks}, {_format_cost(_total_cost(plan.deferred))}")
        total = _total_cost((*plan.steps, *plan.deferred))
        console.print_line(f"Total: {_format_cost(total)}; {days(plan)} days")


def _rows(steps: Iterable[Step]) -> list[tuple[str, ...]]:
    return [(step.output, VERBS[step.action], step.episode or "the series", step.reason) for step in steps]


def _format_cost(costs: dict[str, float]) -> str:
    return ", ".join(f"{amount:.0f} {unit}" for unit, amount in costs.items())


def _total_cost(steps: Iterable[Step]) -> dict[str, float]:
    total: dict[str, float] = {}
    for step in steps:
        for unit, amount in step.cost.items():
            total[unit] = total.get(unit, 0.0) + amount
    return total


def plan_retractions(opened: Session) -> Plan:
    """The plan of everything that has to be hidden or removed, as far as catalogue and receipts can be read.

    If unexpectedly many talks would be removed, it contains only those that were withdrawn by name.
    """
    planned = planner.build_plan(opened.state, opened.makers, ())
    unexpected = unexpected_removals(opened.state, planned)
    return replace(planned, steps=tuple(step for step in planned.steps if step.episode not in unexpected))


# Changes of the feed


def feed_changes(opened: Session) -> tuple[FeedChange, ...]:
    """The differences in the feed and its archive, item by item; none if they cannot be compared."""
    from publisher.outputs.feed.diff import compare

    try:
        pairs, same = _feed_documents(opened)
        found = compare(pairs)
        # An item that seems new or removed may be in an archive page that does not change.
        moved = [change.guid.encode() for change in found if change.guid and change.action != "change"]
        if kept := [xml for xml in same if any(guid in xml for guid in moved)]:
            found = compare([*pairs, *((xml, xml) for xml in kept)])
        return found if pairs[0][0] else tuple(change for change in found if change.guid)
    except (PublisherError, SyntaxError):
        # `check` and the release itself report a feed that cannot be compared.
        return ()


def _feed_documents(opened: Session) -> tuple[list[Pair], list[bytes]]:
    """The documents of the feed that change, and the archive pages that do not."""
    from publisher.outputs.feed import FeedRenderer

    *archive, feed = FeedRenderer(opened.context).documents(expected_publication(opened, FeedRenderer.name))
    stale = planner.diff_documents(archive, opened.state.rendered, opened.state.public).documents
    paths = {document.path for document in archive}
    removed = [path for path in opened.state.public if site_paths.is_feed_archive(path) and path not in paths]
    pairs: list[Pair] = [
        (_published(opened, document.path), document.render()) for document in (feed, *stale)
    ]
    pairs += [(_published(opened, path), None) for path in removed]
    same = [_published(opened, path) for path in paths.difference(document.path for document in stale)]
    return pairs, [xml for xml in same if xml]


def _published(opened: Session, path: str) -> bytes | None:
    file = opened.context.public / path
    return files.read_bytes(file) if file.exists() else None
