"""``publisher withdraw``: takes a talk back, or hides a person; ends with a receipt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import click

from publisher import catalogue, files, planner, site_paths
from publisher.cli import console, options, session
from publisher.errors import CatalogueError, PublisherError, UsageError, disk_message
from publisher.gather.series import Session
from publisher.ledger import WITHDRAWALS, WithdrawalLock
from publisher.model import PLACES
from publisher.plan import Plan, Restore, Selection, Step, Withdraw
from publisher.progress import NullProgress, Progress
from publisher.release_state import Visibility
from publisher.run import Run, RunResult, apply_visibility

OUT_OF_OUR_CONTROL = (
    "Whoever downloaded the talk keeps it; podcast apps keep what they downloaded.",
    "Directories, search engines and web archives show their copies until they look again, or for ever.",
    "Backups and the version history of this folder still hold the talk.",
)
OUT_OF_OUR_CONTROL_ON_YOUTUBE = (
    "Whoever saw the video on YouTube may have kept it, and copies of it elsewhere stay."
)


@dataclass(slots=True)
class WithdrawalReport:
    """What was done and when, what was not, and what nobody can do: the receipt.

    `left` is what failed, `by_hand` what this program does not do.
    """

    subject: str
    moment: datetime
    reason: str
    done: list[tuple[datetime, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)
    beyond_reach: list[str] = field(default_factory=list)
    removed: tuple[str, ...] = ()
    file: str = ""

    def did(self, text: str) -> None:
        """Notes a deed, at the time when it was done."""
        self.done.append((session.now(), text))

    def text(self) -> str:
        parts = {
            "Done": [f"{moment:%H:%M:%S %Z} {text}" for moment, text in self.done],
            "Removed": [f"public/{path}" for path in self.removed],
            "Left to do": self.left,
            "Yours to do": self.by_hand,
            "Cannot be undone": self.beyond_reach,
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
            "cannot_be_undone": self.beyond_reach,
            "file": self.file,
        }


@click.command("withdraw")
@click.argument("slug", required=False)
@click.option("--reason", help="Why; it stays with you and is not published.")
@click.option(
    "--from", "places", metavar="PLACES", help="Only from these, with commas: feed, pages, youtube."
)
@click.option("--restore", is_flag=True, help="Take the withdrawal back: the next release publishes it.")
@click.option("--person", metavar="ID", help="Hide this person everywhere and keep the talks.")
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
    """Take a talk back, or hide a person, and say what cannot be undone."""
    root = session.find_root(directory)
    session.require_catalogue(root)
    if (slug is None) == (person is None):
        raise UsageError("say what to withdraw: a talk's SLUG, or --person ID")
    if not reason and not restore:
        raise UsageError('--reason is missing; write a few words, such as --reason "asked for by the guest"')
    wanted = _places(places)
    with (
        session.series_lock(root, session.build_context(root), is_urgent=not restore),
        console.progress(as_json) as progress,
    ):
        if person is not None:
            account = _hide(root, person, restore, reason or "", progress)
        elif restore:
            account = _restore(root, slug or "")
        else:
            account = _withdraw(root, slug or "", wanted, reason or "", progress)
        if slug is not None or not restore:
            _keep(root, account, slug or f"person-{person}")
    if as_json:
        options.print_json(account.document())
    else:
        console.print_line(account.text().rstrip())
        if account.file:
            console.print_line(f"This receipt is in {account.file}.")
    return 1 if account.left else 0


def _places(text: str | None) -> tuple[str, ...]:
    asked = options.parse_list("--from", text, PLACES, "place")
    return tuple(place for place in PLACES if asked is None or place in asked)


def _withdraw(
    root: Path, slug: str, places: tuple[str, ...], reason: str, progress: Progress
) -> WithdrawalReport:
    """Takes the talk back first, from what can be read; then renders without it, as far as that goes."""
    opened = session.open_to_retract(root)
    if not _is_known(opened, slug):
        raise UsageError(f'there is no talk "{slug}"; `publisher status` lists them')
    talk = opened.state.ledger.record(slug)
    account = WithdrawalReport(
        f'Withdrawal of "{slug}"', session.now(), reason, beyond_reach=[*OUT_OF_OUR_CONTROL]
    )
    everywhere = {*places, *(talk.withdrawn.places if talk.withdrawn else ())}
    lock = WithdrawalLock(
        account.moment.date(), reason, tuple(place for place in PLACES if place in everywhere)
    )
    if "youtube" in lock.places and _has_video(opened, slug):
        account.beyond_reach.append(OUT_OF_OUR_CONTROL_ON_YOUTUBE)
    _take_back(opened, slug, lock, account)
    _render_without(root, slug, account, progress)
    _tell_public(opened, slug, lock, account)
    _tell_mentions(opened, slug, lock, account)
    return account


def _tell_mentions(opened: Session, slug: str, lock: WithdrawalLock, account: WithdrawalReport) -> None:
    """Lists the pages in which the words of other talks still lead to the one that was withdrawn."""
    state = replace(
        opened.state,
        public=files.scan_tree(opened.context.public),
        visibility=Visibility(),
        is_complete=False,
    )
    known = state.ledger.with_record(replace(state.ledger.record(slug), withdrawn=lock))
    found = apply_visibility(replace(state, ledger=known), opened.context.public).mentioned.get(slug, {})
    paths = sorted(path for place in found.values() for path in place)
    if paths:
        shown = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
        account.left.append(
            f"other talks lead to it in their own words, as public/{shown} shows: edit their notes"
        )


def _is_known(opened: Session, slug: str) -> bool:
    own = any(site_paths.slug_from_path(path) == slug for path in opened.state.public)
    return own or slug in opened.state.ledger.records or opened.series.episode(slug) is not None


def _has_video(opened: Session, slug: str) -> bool:
    """Whether the talk has a video on YouTube: an upload of its own, or one that it is linked to."""
    from publisher.outputs.youtube.state import facts_of

    receipt = opened.state.ledger.record(slug).receipts.get("youtube")
    return facts_of(opened.series.episode(slug), receipt).id is not None


def _take_back(opened: Session, slug: str, lock: WithdrawalLock, account: WithdrawalReport) -> None:
    """The lock is on disk before anything is taken away: whatever fails then, it stays withdrawn."""
    known = opened.state.ledger
    locked = replace(opened.state, ledger=known.with_record(replace(known.record(slug), withdrawn=lock)))
    state = apply_visibility(locked, opened.context.public)
    plan = planner.build_plan(state, opened.makers, ())
    steps = tuple(step for step in plan.steps if step.episode == slug)
    unlocked = replace(opened, state=replace(state, ledger=known))
    outcome = _run(unlocked, Plan(steps, changes=(Withdraw(slug, lock),)), account)
    edited = sum(len(step.edits) for step in outcome.done)
    if edited:
        account.did(f"taken out of {edited} files under public/ that it shared with other talks")
    _tell_outcome(outcome, account)


def _render_without(root: Path, slug: str, account: WithdrawalReport, progress: Progress) -> None:
    """Renders pages and feed as they are without the talk; makes nothing."""
    try:
        opened = session.open_series(root, progress=progress)
    except (PublisherError, OSError) as error:
        account.left.append(
            "the talk is gone, but pages and feed could not be rendered anew. Mend this, then run "
            f"`publisher release`: {_message(error)}"
        )
        return
    selection = Selection(frozenset({slug}))
    plan = planner.build_plan(opened.state, opened.makers, opened.renderers, selection)
    steps = tuple(one for one in plan.steps if one.episode is None or (one.episode == slug and _removes(one)))
    _tell_outcome(_run(opened, replace(plan, steps=steps), account, progress), account)


def _removes(step: Step) -> bool:
    return step.action in ("remove", "hide")


def _run(
    opened: Session, plan: Plan, account: WithdrawalReport, progress: Progress | None = None
) -> RunResult:
    """Carries a plan out; each deed that takes something back goes into the receipt."""
    parts = (opened.state, opened.makers, opened.renderers, opened.context, progress or NullProgress())
    return Run(*parts, report=account.did).execute(plan)


def _message(error: PublisherError | OSError) -> str:
    return disk_message(error) if isinstance(error, OSError) else str(error)


def _tell_outcome(outcome: RunResult, account: WithdrawalReport) -> None:
    account.removed = tuple(dict.fromkeys((*account.removed, *outcome.removed)))
    for step in outcome.done:
        if step.output == "youtube" and step.action == "update":
            account.did(f"YouTube: {step.episode}: {', '.join(step.changes)} written anew")
    if outcome.written:
        account.did(f"written anew without it: {len(outcome.written)} files under public/")
    left = [f"{one.step.episode or one.step.output}: {one.error}" for one in outcome.failed]
    account.left = list(dict.fromkeys((*account.left, *left, *outcome.notes)))


def _tell_public(opened: Session, slug: str, lock: WithdrawalLock, account: WithdrawalReport) -> None:
    page = site_paths.episode_page(slug)
    if "pages" in lock.places and (opened.context.public / page / "index.html").exists():
        account.did(f"a page that names nobody stands at {opened.series.link}{page}")
    account.by_hand += _by_hand(opened)


def _by_hand(opened: Session) -> Iterator[str]:
    """What a withdrawal needs and this program does not do yet."""
    if opened.context.public.exists():
        yield "bring public/ to where it is served, deletions included: this publisher does not deliver it"
    if opened.series.deliver.hub:
        yield f"ping the hub {opened.series.deliver.hub} after that: this publisher cannot yet"


def _restore(root: Path, slug: str) -> WithdrawalReport:
    opened = session.open_to_retract(root)
    if opened.state.ledger.record(slug).withdrawn is None:
        raise UsageError(f'"{slug}" is not withdrawn by command; look at its status in the catalogue')
    account = WithdrawalReport(f'"{slug}" restored', session.now(), "")
    _run(opened, Plan((), changes=(Restore(slug),)), account)
    return account


def _hide(root: Path, person: str, restore: bool, reason: str, progress: Progress) -> WithdrawalReport:
    account = WithdrawalReport(f'"{person}" {"shown again" if restore else "hidden"}', session.now(), reason)
    account.beyond_reach += () if restore else OUT_OF_OUR_CONTROL
    try:
        catalogue.set_hidden(root, person, not restore)
    except (OSError, CatalogueError) as error:
        if restore or not isinstance(error.__cause__ or error, OSError):
            raise
        # A full disk: the files of the talks that name the person make room.
        _take_back_talks_naming(root, account, person)
        catalogue.set_hidden(root, person, hidden=True)
    account.did(f"hidden = {str(not restore).lower()} in {catalogue.FILE}")
    try:
        opened = session.open_series(root, progress=progress, look=frozenset({"youtube"}))
    except (PublisherError, OSError) as error:
        _take_back_talks_naming(root, account)
        account.left.append(
            "the talks that name this person were taken back until catalogue and receipts can be read. "
            f"Mend this, then run `publisher release`: {_message(error)}"
        )
        account.by_hand += _by_hand(session.open_to_retract(root))
        return account
    plan = planner.build_plan(opened.state, opened.makers, opened.renderers)
    steps = tuple(step for step in plan.steps if _is_part_of_hiding(step))
    _tell_outcome(_run(opened, replace(plan, steps=steps), account, progress), account)
    troubles = (one for one in plan.notices if one.kind in ("unseen", "trouble", "conflict"))
    account.left += (f"{one.text}; then run `publisher release --only youtube`" for one in troubles)
    account.by_hand += _by_hand(opened)
    return account


def _is_part_of_hiding(step: Step) -> bool:
    """Whether a step changes what is published already; new videos are for the next release."""
    return step.output not in ("youtube", "video") or step.action in ("update", "remove", "hide")


def _take_back_talks_naming(root: Path, account: WithdrawalReport, person: str | None = None) -> None:
    opened = session.open_to_retract(root, person)
    plan = planner.build_plan(opened.state, opened.makers, ())
    _tell_outcome(_run(opened, plan, account), account)


def _keep(root: Path, account: WithdrawalReport, name: str) -> None:
    stamp = account.moment.strftime("%Y-%m-%dT%H%M%S")
    file = f"{WITHDRAWALS}/{name}-{stamp}.txt"
    try:
        files.write_atomic(root / file, account.text().encode())
    except OSError as error:
        account.left.append(f"this receipt could not be kept: {disk_message(error)}")
    else:
        account.file = file
