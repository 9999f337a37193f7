"""``publisher rename``: changes a talk's slug; apps still recognise it as the same talk."""

from __future__ import annotations

from pathlib import Path

import click

from publisher import ledger
from publisher.cli import console, options, session
from publisher.plan import Plan, Rename
from publisher.progress import NullProgress
from publisher.run import Run


@click.command("rename")
@click.argument("old")
@click.argument("new")
@options.common
def command(old: str, new: str, directory: Path | None, as_json: bool) -> int:
    """Change a talk's slug; guid and date stay, the old address redirects."""
    root = session.find_root(directory)
    session.require_catalogue(root)
    with session.series_lock(root, session.build_context(root)):
        opened = session.open_to_retract(directory)
        ledger.load(root)
        plan = Plan((), changes=(Rename(old, new),))
        Run(opened.state, (), (), opened.context, NullProgress()).execute(plan)
    if as_json:
        options.print_json({"old": old, "new": new})
    else:
        console.print_line(f'"{old}" is now "{new}".')
        if old in ledger.load(root).record(new).previous_slugs:
            console.print_line("`publisher release` moves its page and redirects the old address.")
    return 0
