"""``publisher plan``: what a release would do, and why. Does nothing."""

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
"""A document as it is and as it would be; None where there is none."""

STYLES = {"conflict": "bad", "gone": "bad", "trouble": "bad", "stripped": "quiet", "replaced": "quiet"}
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
    """Show what a release would do, and why; do nothing."""
    with console.progress(as_json) as progress:
        try:
            opened = session.open_series(directory, progress=progress, look=session.outputs_for_only(only))
        except PublisherError:
            if not as_json:
                _tell_retractions(directory)
            raise
    selection = session.select(opened, slugs, only)
    plan = planner.build_plan(opened.state, opened.makers, opened.renderers, selection)
    changes = feed_changes(opened) if plan.steps_for("feed") else ()
    identity = ledger.identity_changes(opened.series, opened.state.ledger)
    if as_json:
        options.print_json({**_whole(plan), **_extras(changes, identity)})
    else:
        for change in identity:
            console.print_line(f"Needs --accept-identity-change: {change}", "bad")
        print_plan(plan)
        _tell_feed(changes)
    for slug, error in opened.unusable.items():
        console.print_line(f"{slug}: {error}", "bad", err=True)
    return 1 if opened.unusable else 0


def _tell_retractions(directory: Path | None) -> None:
    """Prints what a release takes back although it can do nothing else."""
    planned = plan_retractions(session.open_to_retract(directory))
    if planned.steps:
        console.print_line("Whatever else is wrong, `publisher release` takes this back:", "warn")
        console.table(_rows(planned.steps))


def _extras(changes: tuple[FeedChange, ...], identity: tuple[str, ...]) -> dict[str, object]:
    shown = {"feed": list(map(asdict, changes)), "identity": list(identity)}
    return {name: value for name, value in shown.items() if value}


def _tell_feed(changes: tuple[FeedChange, ...], most: int = 12) -> None:
    if not changes:
        return
    console.print_line("In the feed:")
    for change in changes[:most]:
        what = f": {', '.join(change.changes)}" if change.changes else ""
        console.print_line(f"  {change.action} {change.title if change.guid else 'the channel'}{what}")
    if len(changes) > most:
        console.print_line(f"  and {len(changes) - most} more")


def _whole(plan: Plan) -> dict[str, object]:
    shown: dict[str, object] = {"steps": [document(step) for step in (*plan.steps, *plan.deferred)]}
    if plan.deferred:
        shown["days"] = days(plan)
    if plan.notices:
        shown["remarks"] = [notice_document(remark) for remark in plan.notices]
    return shown


def document(step: Step) -> dict[str, object]:
    """A step as ``plan --json`` shows it."""
    return {
        "episode": step.episode,
        "output": step.output,
        "action": step.action,
        "reason": step.reason,
        "changes": [*step.changes, *step.edits],
        "cost": dict(step.cost),
        "day": step.day,
    }


def notice_document(remark: Notice) -> dict[str, object]:
    """What a plan leaves as it is, as ``--json`` shows it."""
    return {
        "episode": remark.episode,
        "output": remark.output,
        "kind": remark.kind,
        "text": remark.text,
        "changes": list(remark.changes),
        "catalogue": remark.ours,
        "elsewhere": remark.theirs,
    }


def days(plan: Plan) -> int:
    """On how many days a release has to run until all of it is done."""
    return max((step.day for step in (*plan.steps, *plan.deferred)), default=0)


def print_notices(remarks: Iterable[Notice]) -> None:
    """What stays as it is, with both sides where two differ."""
    for remark in remarks:
        whose = f"{remark.episode}: " if remark.episode else ""
        style = STYLES.get(remark.kind, "warn")
        console.print_line(whose + remark.text, style)
        if remark.kind in ("conflict", "drift") and (remark.ours is not None or remark.theirs is not None):
            print_diff(remark.ours or "", remark.theirs or "")


def print_diff(ours: str, theirs: str, most: int = 12) -> None:
    """Two texts that differ: whole when short, else the lines that only one of them has."""
    if "\n" not in ours + theirs:
        console.print_line(f"  catalogue: {ours or '(nothing)'}", "quiet")
        console.print_line(f"  YouTube:   {theirs or '(nothing)'}", "quiet")
        return
    sides = {"- ": "catalogue: ", "+ ": "YouTube:   "}
    compared = difflib.ndiff(ours.splitlines(), theirs.splitlines())
    told = [sides[line[:2]] + line[2:] for line in compared if line[:2] in sides and line[2:].strip()]
    for line in told[:most]:
        console.print_line(f"  {line}", "quiet")
    if len(told) > most:
        console.print_line(f"  … and {len(told) - most} lines more", "quiet")


def print_plan(plan: Plan) -> None:
    """The plan in a producer's words."""
    print_notices(plan.notices)
    if not plan.steps and not plan.deferred and not plan.changes:
        console.print_line("Nothing to do: everything published agrees with the catalogue.", "good")
        return
    console.table(_rows(plan.steps))
    costs = _sum(plan.steps)
    if costs:
        console.print_line(f"{'Today' if plan.deferred else 'In all'}: {_priced(costs)}")
    if plan.deferred:
        talks = console.count(len(plan.deferred), "talk")
        console.print_line(f"On later days: {talks}, {_priced(_sum(plan.deferred))}")
        console.print_line(f"In all: {_priced(_sum((*plan.steps, *plan.deferred)))}; {days(plan)} days")


def _rows(steps: Iterable[Step]) -> list[tuple[str, ...]]:
    return [(step.output, VERBS[step.action], step.episode or "the series", step.reason) for step in steps]


def _priced(costs: dict[str, float]) -> str:
    return ", ".join(f"{amount:.0f} {unit}" for unit, amount in costs.items())


def _sum(steps: Iterable[Step]) -> dict[str, float]:
    total: dict[str, float] = {}
    for step in steps:
        for unit, amount in step.cost.items():
            total[unit] = total.get(unit, 0.0) + amount
    return total


def plan_retractions(opened: Session) -> Plan:
    """What has to be taken back, as far as catalogue and receipts can be read.

    Where unexpectedly many talks would go, only those that were withdrawn by name.
    """
    planned = planner.build_plan(opened.state, opened.makers, ())
    unexpected = unexpected_removals(opened.state, planned)
    return replace(planned, steps=tuple(one for one in planned.steps if one.episode not in unexpected))


# The feed as it is and as it would be


def feed_changes(opened: Session) -> tuple[FeedChange, ...]:
    """What would differ in the feed and its archive, item by item; nothing where they cannot be compared."""
    from publisher.outputs.feed.diff import compare

    try:
        pairs, same = _feed_documents(opened)
        found = compare(pairs)
        # An item that seems to come or go may be in a page of the archive that does not change.
        moved = [change.guid.encode() for change in found if change.guid and change.action != "change"]
        if kept := [xml for xml in same if any(guid in xml for guid in moved)]:
            found = compare([*pairs, *((xml, xml) for xml in kept)])
        return found if pairs[0][0] else tuple(change for change in found if change.guid)
    except (PublisherError, SyntaxError):
        # `check` and the release itself report a feed that cannot be compared.
        return ()


def _feed_documents(opened: Session) -> tuple[list[Pair], list[bytes]]:
    """The feed and the pages of its archive that change, and the pages that do not."""
    from publisher.outputs.feed import FeedRenderer

    *archive, feed = FeedRenderer(opened.context).documents(expected_publication(opened, FeedRenderer.name))
    stale = planner.diff_documents(archive, opened.state.rendered, opened.state.public).documents
    paths = {document.path for document in archive}
    gone = [path for path in opened.state.public if site_paths.is_feed_archive(path) and path not in paths]
    pairs: list[Pair] = [(_published(opened, each.path), each.render()) for each in (feed, *stale)]
    pairs += [(_published(opened, path), None) for path in gone]
    same = [_published(opened, path) for path in paths.difference(each.path for each in stale)]
    return pairs, [xml for xml in same if xml]


def _published(opened: Session, path: str) -> bytes | None:
    place = opened.context.public / path
    return files.read_bytes(place) if place.exists() else None
