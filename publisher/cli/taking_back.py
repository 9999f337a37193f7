"""Takes back what may not be seen when nothing else can be done: an error elsewhere must not prevent it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from publisher import decide
from publisher.cli import console, session
from publisher.plan import Plan
from publisher.progress import Silent
from publisher.retractions import unexpected_removals
from publisher.run import Outcome, Run


def plan(opened: session.Session) -> Plan:
    """What has to be taken back, as far as catalogue and receipts can be read.

    Where suspiciously many talks would go, only those that were withdrawn by name.
    """
    planned = decide.decide(opened.gathered, opened.makers, ())
    unexpected = unexpected_removals(opened.gathered, planned)
    return replace(planned, steps=tuple(one for one in planned.steps if one.episode not in unexpected))


def carry_out(root: Path, as_json: bool) -> Outcome:
    """Takes it back, and says what was done. Raises nothing for what is wrong elsewhere."""
    opened = session.open_to_retract(root)
    planned = plan(opened)
    outcome = Run(opened.gathered, opened.makers, (), opened.bench, Silent()).carry_out(planned)
    if not as_json:
        report(outcome)
    return outcome


def report(outcome: Outcome) -> None:
    """Prints what was taken back, and what was not, to standard error."""
    for slug in dict.fromkeys(step.episode or step.reason for step in outcome.done):
        own = (step.output for step in outcome.done if slug in (step.episode, step.reason))
        places = ", ".join(dict.fromkeys(own))
        console.say(f"{slug}: taken back ({places}), whatever else is wrong.", "warn", err=True)
    for note in outcome.notes:
        console.say(note, "warn", err=True)
    for failure in outcome.failed:
        console.say(f"Not done: {failure.step.episode}: {failure.error}", "bad", err=True)
