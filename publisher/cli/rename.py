"""``publisher rename``: changes a talk's slug; apps still recognise it as the same talk."""

from __future__ import annotations

from pathlib import Path

import click

from publisher import ledger
from publisher.cli import console, options, session
from publisher.errors import ReceiptError, UsageError, disk_message
from publisher.ledger import EpisodeRecord, Ledger
from publisher.plan import Plan, Rename
from publisher.progress import NullProgress
from publisher.run import Run
from publisher.studio import history


@click.command("rename")
@click.argument("old")
@click.argument("new")
@click.option(
    "--no-redirect",
    is_flag=True,
    help="Leave nothing at the old address: the old slug names somebody who must not be named.",
)
@options.common
def command(old: str, new: str, no_redirect: bool, directory: Path | None, as_json: bool) -> int:
    """Change a talk's slug; guid and date stay, the old address redirects."""
    root = session.find_root(directory)
    session.require_catalogue(root)
    with session.series_lock(root, session.build_context(root)):
        opened = session.open_to_retract(directory)
        _require_receipts(opened.state.ledger, old, new)
        plan = Plan((), changes=(Rename(old, new, not no_redirect),))
        Run(opened.state, (), (), opened.context, NullProgress()).execute(plan)
        _keep_states(root, old, new, no_redirect)
    record = ledger.load(root).record(new)
    left = sorted(path.name for path in (root / "episodes" / old).glob("*"))
    mentions = list(_mentions(root, old)) if no_redirect else []
    if as_json:
        redirects = any(former.redirects for former in record.former if former.slug == old)
        document = {"old": old, "new": new, "redirect": redirects, "left": left, "mentions": mentions}
        options.print_json(document)
    else:
        _print_result(record, old, left, mentions)
    return 0


def _require_receipts(known: Ledger, old: str, new: str) -> None:
    """Raises ReceiptError for damaged receipts; those that are in the other folder are not damaged."""
    expected = new if known.displaced.get(new) == old else None
    damaged = [text for slug, text in known.damaged.items() if slug != expected]
    if damaged:
        raise ReceiptError("\n".join(damaged))


def _keep_states(root: Path, old: str, new: str, no_redirect: bool) -> None:
    """Moves the earlier states of the talk's texts; deletes them if the old slug must not be named."""
    try:
        if no_redirect:
            history.forget(root, old)
        else:
            history.move(root, old, new)
    except (UsageError, OSError) as error:
        folder = f"{history.FOLDER}/{old}"
        message = disk_message(error) if isinstance(error, OSError) else str(error)
        text = f"{folder} still contains earlier states of its texts: {message}"
        console.print_line(text, "warn", err=True)


def _mentions(root: Path, slug: str) -> list[str]:
    """The producer's texts that still contain the address with a slug, relative to the series folder."""
    address = f"episodes/{slug}/".encode()
    texts = (*root.glob("*.toml"), *root.glob("episodes/*/*.toml"), *root.glob("episodes/*/notes.md"))
    return [path.relative_to(root).as_posix() for path in sorted(texts) if address in path.read_bytes()]


def _print_result(record: EpisodeRecord, old: str, left: list[str], mentions: list[str]) -> None:
    console.print_line(f'"{old}" is now "{record.slug}".')
    if left:
        names = console.shorten(left, 5)
        console.print_line(f"episodes/{old} still contains {names}: move what you need.", "warn")
    for path in mentions:
        console.print_line(f"{path} still links to episodes/{old}/: edit it before the next release.", "warn")
    former = next((former for former in record.former if former.slug == old), None)
    if former is None:
        return
    if former.redirects:
        console.print_line("`publisher release` moves its page and redirects the old address.")
    else:
        console.print_line("`publisher release` removes everything at the old address; nothing redirects.")
