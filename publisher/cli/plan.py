"""``publisher plan``: what a release would do, and why. Does nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from publisher import decide
from publisher.cli import console, options, session
from publisher.plan import Plan, Step

VERBS = {"make": "make", "update": "update", "remove": "remove", "find": "look for, then make"}


@click.command("plan")
@click.argument("slugs", nargs=-1, metavar="[SLUG ...]")
@options.ONLY
@options.common
def command(slugs: tuple[str, ...], only: str | None, directory: Path | None, as_json: bool) -> int:
    """Show what a release would do, and why; do nothing."""
    with console.progress(as_json) as progress:
        opened = session.open_series(directory, progress=progress)
    selection = session.select(opened, slugs, only)
    plan = decide.decide(opened.gathered, opened.makers, opened.renderers, selection)
    if as_json:
        options.print_json({"steps": [document(step) for step in plan.steps]})
    else:
        tell(plan)
    for slug, error in opened.unusable.items():
        console.say(f"{slug}: {error}", "bad", err=True)
    return 1 if opened.unusable else 0


def document(step: Step) -> dict[str, object]:
    """A step as ``plan --json`` shows it."""
    return {
        "episode": step.episode,
        "output": step.output,
        "action": step.action,
        "reason": step.reason,
        "changes": list(step.changes),
        "cost": dict(step.cost),
    }


def tell(plan: Plan) -> None:
    """The plan in a producer's words."""
    if not plan.steps:
        console.say("Nothing to do: everything published agrees with the catalogue.", "good")
        return
    console.table(
        [(step.output, VERBS[step.action], step.episode or "the series", step.reason) for step in plan.steps]
    )
    costs = _sum(plan.steps)
    if costs:
        console.say("In all: " + ", ".join(f"{amount:.0f} {unit}" for unit, amount in costs.items()))


def _sum(steps: Iterable[Step]) -> dict[str, float]:
    total: dict[str, float] = {}
    for step in steps:
        for unit, amount in step.cost.items():
            total[unit] = total.get(unit, 0.0) + amount
    return total
