"""``publisher remove``: takes a talk out of the catalogue; a published one is withdrawn first."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

import click

from publisher import catalogue, files
from publisher.cli import console, options, session
from publisher.cli.withdraw import (
    RemovedTalk,
    is_known,
    published_slug,
    remove_talk,
    render_without,
    store_receipt,
)
from publisher.errors import PublisherError, UsageError, disk_message
from publisher.gather.series import Session
from publisher.missing_episodes import has_identity
from publisher.model import PLACES
from publisher.retractions import retractions
from publisher.studio import history

logger = logging.getLogger(__name__)

ENTRY = "removed-entry.txt"
"""The file in a talk's folder that keeps its entry of the catalogue."""

REASON = "removed from the catalogue"


@dataclass(slots=True)
class Removal:
    """A talk that is taken out of the catalogue: where its entry is kept, and what is left to do."""

    slug: str
    withdrawal: RemovedTalk | None = None
    entry: str = ""
    has_deleted_states: bool = False
    left: list[str] = field(default_factory=list)

    def document(self) -> dict[str, object]:
        report = self.withdrawal.report if self.withdrawal else None
        return {
            "slug": self.slug,
            "withdrawal": report.document() if report else None,
            "entry": self.entry or None,
            "states_deleted": self.has_deleted_states,
            "left": [*self.left, *(report.left if report else ())],
        }


@click.command("remove")
@click.argument("slugs", nargs=-1, required=True, metavar="SLUG ...")
@click.option("--reason", default=REASON, show_default=True, help="The reason; it is not published.")
@options.common
def command(slugs: tuple[str, ...], reason: str, directory: Path | None, as_json: bool) -> int:
    """Take a talk out of the catalogue; a published one is withdrawn first."""
    root = session.find_root(directory)
    session.require_catalogue(root)
    with (
        session.series_lock(root, session.build_context(root), is_urgent=True),
        console.progress(as_json) as progress,
    ):
        _require_known(session.open_to_retract(root), slugs)
        removed = [_remove(root, slug, reason) for slug in dict.fromkeys(slugs)]
        taken = [removal.withdrawal for removal in removed if removal.withdrawal]
        if taken:
            render_without(root, taken, progress)
        for withdrawal in taken:
            store_receipt(root, withdrawal.report, withdrawal.slug)
    documents = [removal.document() for removal in removed]
    if as_json:
        options.print_json({"removed": documents})
    else:
        for removal in removed:
            _print_removal(removal)
    return 1 if any(document["left"] for document in documents) else 0


def _require_known(opened: Session, slugs: tuple[str, ...]) -> None:
    for slug in slugs:
        if not is_known(opened, slug):
            known = {episode.slug for episode in opened.series.episodes} | set(opened.state.ledger.records)
            raise UsageError(f'there is no talk "{slug}"{options.suggest(slug, known)}')


def _remove(root: Path, slug: str, reason: str) -> Removal:
    """Withdraws a talk if anything of it is published, then removes its entry."""
    removal = Removal(slug)
    opened = session.open_to_retract(root)
    if _is_published(opened, slug):
        removal.withdrawal = remove_talk(root, slug, PLACES, reason)
    try:
        text = catalogue.remove_episode(root, slug)
    except UsageError:
        logger.info("%s: not in the catalogue", slug)
    except (PublisherError, OSError) as error:
        message = disk_message(error) if isinstance(error, OSError) else str(error)
        removal.left.append(f"its entry is still in the catalogue: {message}")
    else:
        removal.entry = _keep_entry(root, slug, text, removal)
    _delete_states(root, removal)
    return removal


def _is_published(opened: Session, slug: str) -> bool:
    slug = published_slug(opened, slug)
    record = opened.state.ledger.record(slug)
    is_damaged = slug in opened.state.ledger.damaged
    steps = retractions(opened.state, opened.makers)
    return is_damaged or has_identity(record) or any(step.episode == slug for step in steps)


def _keep_entry(root: Path, slug: str, text: str, removal: Removal) -> str:
    """Stores the entry in the talk's folder, so that nothing is lost; returns its path."""
    file = f"episodes/{slug}/{ENTRY}"
    path = root / file
    try:
        earlier = files.read_text(path) + "\n" if path.exists() else ""
        files.write_atomic(path, (earlier + text).encode())
    except OSError as error:
        removal.left.append(f"its entry could not be kept: {disk_message(error)}. It was:\n{text}")
        return ""
    return file


def _delete_states(root: Path, removal: Removal) -> None:
    """Deletes the earlier states of the talk's texts, which may contain what was taken out of them."""
    try:
        removal.has_deleted_states = history.forget(root, removal.slug)
    except (PublisherError, OSError) as error:
        message = disk_message(error) if isinstance(error, OSError) else str(error)
        removal.left.append(f"the earlier states of its texts could not be deleted: {message}")


def _print_removal(removal: Removal) -> None:
    if removal.withdrawal:
        console.print_line(removal.withdrawal.report.text().rstrip())
    for text in removal.left:
        console.print_line(f"{removal.slug}: {text}", "bad")
    if removal.entry:
        kept = f"its folder, with its receipts and its entry ({removal.entry}), stays"
        console.print_line(f'"{removal.slug}" is not in the catalogue any more; {kept}.')
    elif not removal.left:
        console.print_line(f'"{removal.slug}" is not in the catalogue; its folder stays.')
    if removal.has_deleted_states:
        console.print_line("The earlier states of its texts in .publisher/history were deleted.")
    if removal.withdrawal:
        undo = f"put its entry back and run `publisher withdraw {removal.withdrawal.slug} --restore`"
        console.print_line(f"To publish it again, {undo}.", "quiet")
