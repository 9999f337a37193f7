"""``publisher rename``: gives a talk another slug; it stays the same talk to everybody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from publisher import catalogue, ledger
from publisher.cli import console, options, session
from publisher.errors import UsageError


@click.command("rename")
@click.argument("old")
@click.argument("new")
@options.common
def command(old: str, new: str, directory: Path | None, as_json: bool) -> int:
    """Give a talk another slug; guid and date stay, the old address redirects."""
    root = session.find_root(directory)
    session.require_catalogue(root)
    with session.locked(root, session.workbench(root)):
        _rename(root, old, new)
    if as_json:
        options.print_json({"old": old, "new": new})
    else:
        console.say(f'"{old}" is now "{new}".')
        if old in ledger.load(root).talk(new).former:
            console.say("`publisher release` moves its page and redirects the old one.")
    return 0


def _rename(root: Path, old: str, new: str) -> None:
    """Receipts first, then the folder, then the catalogue: run again, it goes on where it was stopped."""
    before, after = root / "episodes" / old, root / "episodes" / new
    receipts = ledger.load(root)
    moved = old in receipts.talk(new).former and not before.exists()
    if after.exists() and not moved:
        raise UsageError(f"episodes/{new} is there already; choose another slug, or move that folder away")
    catalogue.check_slug(root, old, new)
    talk = receipts.talk(old)
    if talk.guid is not None and not moved:
        former = tuple(dict.fromkeys((*talk.former, old)))
        ledger.save_talk(root, replace(talk, former=tuple(slug for slug in former if slug != new)))
    if before.exists():
        before.rename(after)
    catalogue.rename_episode(root, old, new)
