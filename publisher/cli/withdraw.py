"""``publisher withdraw``: withdraws a talk or hides a person; ends with a receipt."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import click

from publisher import catalogue, files, planner, site_paths
from publisher.cli import console, options, session
from publisher.errors import CatalogueError, PublisherError, UsageError, disk_message
from publisher.gather.series import Session
from publisher.ledger import WITHDRAWALS, WithdrawalLock
from publisher.missing_episodes import find_successors
from publisher.model import PLACES
from publisher.plan import Plan, Restore, Selection, Step, Withdraw
from publisher.progress import NullProgress, Progress
from publisher.release_state import Visibility
from publisher.run import Run, RunResult, apply_visibility
from publisher.studio import history

logger = logging.getLogger(__name__)

OUT_OF_OUR_CONTROL = (
    "Listeners and podcast apps keep the copies that they downloaded.",
    "Directories, search engines and web archives show their copies until they update them, or permanently.",
    "Backups and the version history of this folder still contain the talk.",
)
OUT_OF_OUR_CONTROL_ON_YOUTUBE = "Viewers on YouTube may have saved the video or republished it."


@dataclass(slots=True)
class WithdrawalReport:
    """The receipt: what was done and when, what failed, and what cannot be undone.

    `left`: what failed; `by_hand`: what this program does not do.
    """

    subject: str
    moment: datetime
    reason: str
    done: list[tuple[datetime, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)
    irreversible: list[str] = field(default_factory=list)
    removed: tuple[str, ...] = ()
    file: str = ""

    def add_done(self, text: str) -> None:
        """Records an action with the current time."""
        self.done.append((session.now(), text))

    def text(self) -> str:
        parts = {
            "Done": [f"{moment:%H:%M:%S %Z} {text}" for moment, text in self.done],
            "Removed": [f"public/{path}" for path in self.removed],
            "Left to do": self.left,
            "Yours to do": self.by_hand,
            "Cannot be undone": self.irreversible,
        }
        head = f"{self.subject}, {self.moment.isoformat()}\n"
        head += f"Reason: {self.reason}\n" if self.reason else ""
        listed = (
            "\n".join((f"{name}:", *(f"- {line}" for line in lines)))
            for name, lines in parts.items()
            if lines
        )
        return head + "\n" + "\n\n".join(listed) + "\n"

    def document(self) -> dict[str, object]:
        return {
            "subject": self.subject,
            "at": self.moment.isoformat(),
            "reason": self.reason,
            "done": [{"at": moment.isoformat(), "what": text} for moment, text in self.done],
            "removed": list(self.removed),
            "left": self.left,
            "by_hand": self.by_hand,
            "cannot_be_undone": self.irreversible,
            "file": self.file,
        }


@click.command("withdraw")
@click.argument("slug", required=False)
@click.option("--reason", help="The reason; it is not published.")
@click.option(
    "--from",
    "places",
    metavar="PLACES",
    help="Only from these, separated by commas: feed, pages, youtube.",
)
@click.option("--restore", is_flag=True, help="Undo the withdrawal; the next release publishes the talk.")
@click.option("--person", metavar="ID", help="Hide this person everywhere; the talks stay.")
@options.common
def command(
    slug: str | None,
    reason: str | None,
    places: str | None,
    restore: bool,
    person: str | None,
    directory: Path | None,
    as_json: bool,
) -> int:
    """Withdraw a talk or hide a person; print what cannot be undone."""
    root = session.find_root(directory)
    session.require_catalogue(root)
    if (slug is None) == (person is None):
        raise UsageError("write what to withdraw: a talk's SLUG, or --person ID")
    if not reason and not restore:
        raise UsageError('--reason is missing; write a few words, such as --reason "asked for by the guest"')
    selected = _places(places)
    with (
        session.series_lock(root, session.build_context(root), is_urgent=not restore),
        console.progress(as_json) as progress,
    ):
        if person is not None:
            report = _hide(root, person, restore, reason or "", progress)
        elif restore:
            report = _restore(root, slug or "")
        else:
            withdrawal = remove_talk(root, slug or "", selected, reason or "")
            render_without(root, [withdrawal], progress)
            report, slug = withdrawal.report, withdrawal.slug
            _report_states(root, slug, report)
        if slug is not None or not restore:
            store_receipt(root, report, slug or f"person-{person}")
    if as_json:
        options.print_json(report.document())
    else:
        console.print_line(report.text().rstrip())
        if report.file:
            console.print_line(f"This receipt is in {report.file}.")
    return 1 if report.left else 0


def _places(text: str | None) -> tuple[str, ...]:
    given = options.parse_list("--from", text, PLACES, "place")
    return tuple(place for place in PLACES if given is None or place in given)


@dataclass(frozen=True, slots=True)
class RemovedTalk:
    """A talk that was removed: its slug, its lock, the series as it was read, and the receipt."""

    slug: str
    lock: WithdrawalLock
    opened: Session
    report: WithdrawalReport


def published_slug(opened: Session, slug: str) -> str:
    """The slug under which a talk is published; another one if its slug was changed by hand."""
    successors = find_successors(opened.series, opened.state.ledger)
    return next(
        (old for old, found in successors.items() if slug in (one.episode.slug for one in found)), slug
    )


def remove_talk(root: Path, slug: str, places: tuple[str, ...], reason: str) -> RemovedTalk:
    """Locks a talk and removes everything of it. Raises UsageError if there is no such talk."""
    opened = session.open_to_retract(root)
    if not is_known(opened, slug):
        raise UsageError(f'there is no talk "{slug}"; `publisher status` lists them')
    slug = published_slug(opened, slug)
    record = opened.state.ledger.record(slug)
    report = WithdrawalReport(
        f'Withdrawal of "{slug}"', session.now(), reason, irreversible=[*OUT_OF_OUR_CONTROL]
    )
    all_places = {*places, *(record.withdrawn.places if record.withdrawn else ())}
    lock = WithdrawalLock(
        report.moment.date(), reason, tuple(place for place in PLACES if place in all_places)
    )
    if "youtube" in lock.places and _has_video(opened, slug):
        report.irreversible.append(OUT_OF_OUR_CONTROL_ON_YOUTUBE)
    logger.info("withdrawal of %s from %s", slug, ", ".join(lock.places))
    _remove_episode(opened, slug, lock, report)
    return RemovedTalk(slug, lock, opened, report)


def _report_mentions(opened: Session, slug: str, lock: WithdrawalLock, report: WithdrawalReport) -> None:
    """Lists the pages on which texts of other talks still link to the withdrawn talk."""
    state = replace(
        opened.state,
        public=files.scan_tree(opened.context.public),
        visibility=Visibility(),
        is_complete=False,
    )
    known = state.ledger.with_record(replace(state.ledger.record(slug), withdrawn=lock))
    mentions = apply_visibility(replace(state, ledger=known), opened.context.public).mentioned.get(slug, {})
    paths = sorted(path for found in mentions.values() for path in found)
    if paths:
        listed = console.shorten(paths, 3)
        report.left.append(f"texts of other talks link to it, see public/{listed}: edit their notes")


def is_known(opened: Session, slug: str) -> bool:
    is_published = any(site_paths.slug_from_path(path) == slug for path in opened.state.public)
    return is_published or slug in opened.state.ledger.records or opened.series.episode(slug) is not None


def _has_video(opened: Session, slug: str) -> bool:
    """Whether the talk has a video on YouTube, uploaded or linked."""
    from publisher.outputs.youtube.state import facts_of

    receipt = opened.state.ledger.record(slug).receipts.get("youtube")
    return facts_of(opened.series.episode(slug), receipt).id is not None


def _remove_episode(opened: Session, slug: str, lock: WithdrawalLock, report: WithdrawalReport) -> None:
    """Writes the lock before anything is removed, so that the talk stays withdrawn whatever fails later."""
    known = opened.state.ledger
    locked = replace(opened.state, ledger=known.with_record(replace(known.record(slug), withdrawn=lock)))
    state = apply_visibility(locked, opened.context.public)
    plan = planner.build_plan(state, opened.makers, ())
    steps = tuple(step for step in plan.steps if step.episode == slug)
    unlocked = replace(opened, state=replace(state, ledger=known))
    outcome = _run(unlocked, Plan(steps, changes=(Withdraw(slug, lock),)), report)
    edited = sum(len(step.edits) for step in outcome.done)
    if edited:
        report.add_done(f"removed from {edited} files under public/ that also contain other talks")
    _report_outcome(outcome, report)


def render_without(root: Path, taken: Sequence[RemovedTalk], progress: Progress) -> None:
    """Renders pages and feed without the talks; makes no media. Completes the receipts."""
    slugs = frozenset(withdrawal.slug for withdrawal in taken)
    first, *others = (withdrawal.report for withdrawal in taken)
    try:
        opened = session.open_series(root, progress=progress, observed=frozenset({"deliver"}))
        session.require_decisions(opened)
    except (PublisherError, OSError) as error:
        first.left.append(
            "the talk is removed, but pages and feed could not be rendered again. Correct this, then run "
            f"`publisher release`: {_message(error)}"
        )
    else:
        plan = planner.build_plan(opened.state, opened.makers, opened.renderers, Selection(slugs))
        steps = tuple(
            step
            for step in plan.steps
            if step.episode is None or (step.episode in slugs and step.action in ("remove", "hide"))
        )
        _report_outcome(_run(opened, replace(plan, steps=steps), first, progress), first)
    for report in others:
        report.left = list(dict.fromkeys((*report.left, *first.left)))
    for withdrawal in taken:
        _report_page(withdrawal.opened, withdrawal.slug, withdrawal.lock, withdrawal.report)
        _report_mentions(withdrawal.opened, withdrawal.slug, withdrawal.lock, withdrawal.report)


def _run(
    opened: Session, plan: Plan, report: WithdrawalReport, progress: Progress | None = None
) -> RunResult:
    """Executes a plan; each action that hides or removes something is recorded in the receipt."""
    arguments = (opened.state, opened.makers, opened.renderers, opened.context, progress or NullProgress())
    return Run(*arguments, report=report.add_done, delivery=opened.delivery).execute(plan)


def _message(error: PublisherError | OSError) -> str:
    return disk_message(error) if isinstance(error, OSError) else str(error)


def _report_outcome(outcome: RunResult, report: WithdrawalReport) -> None:
    report.removed = tuple(dict.fromkeys((*report.removed, *outcome.removed)))
    for step in outcome.done:
        if step.output == "youtube" and step.action == "update":
            report.add_done(f"YouTube: {step.episode}: updated: {', '.join(step.changes)}")
    if outcome.written:
        report.add_done(f"rendered again without it: {len(outcome.written)} files under public/")
    if outcome.retracted and not any(failure.step.output == "deliver" for failure in outcome.failed):
        report.add_done(
            f"removed from the destination: {len(outcome.retracted)} files, seen to be gone there"
        )
    left = [f"{failure.step.episode or failure.step.output}: {failure.error}" for failure in outcome.failed]
    report.left = list(dict.fromkeys((*report.left, *left, *outcome.notes)))


def _report_page(opened: Session, slug: str, lock: WithdrawalLock, report: WithdrawalReport) -> None:
    page = site_paths.episode_page(slug)
    if "pages" in lock.places and (opened.context.public / page / "index.html").exists():
        report.add_done(f"a page that names nobody is at {opened.series.link}{page}")
    _report_server(opened, report)


CACHED = (
    "Caches in front of the site may still serve copies, as their Cache-Control allows: pages and feed for "
    "5 minutes, images for an hour, media files for a year. `deliver.purge` empties them."
)


def _report_server(opened: Session, report: WithdrawalReport) -> None:
    """Says what this program does not do on the server, and how long caches may keep what was removed."""
    if opened.delivery is None:
        if opened.context.public.exists():
            text = "copy public/ to its server, including deletions, or name it in deliver.to"
            report.by_hand.append(text)
    elif not opened.series.deliver.purge:
        report.irreversible.append(CACHED)


def _report_states(root: Path, slug: str, report: WithdrawalReport) -> None:
    """Says that the earlier states of the talk's texts stay on this computer."""
    try:
        has_states = bool(history.load(root, slug))
    except UsageError as error:
        report.left.append(f"earlier states of its texts cannot be read: {error}")
        return
    if has_states:
        report.by_hand.append(
            f"earlier states of its texts are in {history.FOLDER}/{slug}, on this computer only and never "
            "published: delete this folder if they must not exist"
        )


def _restore(root: Path, slug: str) -> WithdrawalReport:
    opened = session.open_to_retract(root)
    if opened.state.ledger.record(slug).withdrawn is None:
        raise UsageError(f'"{slug}" is not withdrawn by this command; check its status in the catalogue')
    report = WithdrawalReport(f'"{slug}" restored', session.now(), "")
    _run(opened, Plan((), changes=(Restore(slug),)), report)
    return report


def _hide(root: Path, person: str, restore: bool, reason: str, progress: Progress) -> WithdrawalReport:
    report = WithdrawalReport(f'"{person}" {"shown again" if restore else "hidden"}', session.now(), reason)
    report.irreversible += () if restore else OUT_OF_OUR_CONTROL
    try:
        catalogue.set_hidden(root, person, not restore)
    except (OSError, CatalogueError) as error:
        if restore or not isinstance(error.__cause__ or error, OSError):
            raise
        # A full disk: removing the files of the talks that name the person frees space.
        _remove_episodes_naming(root, report, person)
        catalogue.set_hidden(root, person, hidden=True)
    report.add_done(f"hidden = {str(not restore).lower()} in {catalogue.FILE}")
    try:
        opened = session.open_series(root, progress=progress, observed=frozenset({"youtube", "deliver"}))
        session.require_decisions(opened)
    except (PublisherError, OSError) as error:
        _remove_episodes_naming(root, report)
        report.left.append(
            "the talks that name this person were removed until catalogue and receipts can be read. "
            f"Correct this, then run `publisher release`: {_message(error)}"
        )
        _report_server(session.open_to_retract(root), report)
        return report
    plan = planner.build_plan(opened.state, opened.makers, opened.renderers)
    steps = tuple(step for step in plan.steps if _is_part_of_hiding(step))
    _report_outcome(_run(opened, replace(plan, steps=steps), report, progress), report)
    for notice in plan.notices:
        if notice.kind in ("unseen", "trouble", "conflict"):
            report.left.append(f"{notice.text}; then run `publisher release --only youtube`")
    _report_server(opened, report)
    return report


def _is_part_of_hiding(step: Step) -> bool:
    """Whether a step changes something already published; new videos are left to the next release."""
    return step.output not in ("youtube", "video") or step.action in ("update", "remove", "hide")


def _remove_episodes_naming(root: Path, report: WithdrawalReport, person: str | None = None) -> None:
    opened = session.open_to_retract(root, person)
    plan = planner.build_plan(opened.state, opened.makers, ())
    _report_outcome(_run(opened, plan, report), report)


def store_receipt(root: Path, report: WithdrawalReport, name: str) -> None:
    stamp = report.moment.strftime("%Y-%m-%dT%H%M%S")
    file = f"{WITHDRAWALS}/{name}-{stamp}.txt"
    try:
        files.write_atomic(root / file, report.text().encode())
    except OSError as error:
        logger.info("the receipt could not be stored: %s", error)
        report.left.append(f"this receipt could not be stored: {disk_message(error)}")
    else:
        report.file = file
