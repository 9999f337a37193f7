"""``publisher withdraw``: takes a talk back, or hides a person; ends with a receipt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import click

from publisher import addresses, catalogue, decide, files, ledger
from publisher.cli import console, options, session
from publisher.errors import LeakError, PublisherError, UsageError
from publisher.ledger import Ledger, Lock, Talk
from publisher.model import PLACES, Facts, Receipt
from publisher.plan import Selection, Step
from publisher.progress import Progress
from publisher.run import Outcome, Run

RECEIPTS = "private/withdrawn"
BEYOND_REACH = (
    "Whoever downloaded the talk keeps it; podcast apps keep what they downloaded.",
    "Directories, search engines and web archives show their copies until they look again, or for ever.",
    "Backups and the version history of this folder still hold the talk.",
)
BEYOND_REACH_ON_YOUTUBE = (
    "Whoever saw the video on YouTube may have kept it, and copies of it elsewhere stay."
)


@dataclass(slots=True)
class Account:
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
    with session.locked(root, session.workbench(root)), console.progress(as_json) as progress:
        if person is not None:
            account = _hide(root, person, restore, reason or "", progress)
        elif restore:
            account = _restore(root, slug or "")
        else:
            account = _withdraw(root, slug or "", wanted, reason or "", progress)
        if not restore:
            _keep(root, account, slug or f"person-{person}")
    if as_json:
        options.print_json(account.document())
    else:
        console.say(account.text().rstrip())
        if account.file:
            console.say(f"This receipt is in {account.file}.")
    return 1 if account.left else 0


def _places(text: str | None) -> tuple[str, ...]:
    asked = options.chosen("--from", text, PLACES, "place")
    return tuple(place for place in PLACES if asked is None or place in asked)


def _withdraw(root: Path, slug: str, places: tuple[str, ...], reason: str, progress: Progress) -> Account:
    """The lock is on disk before anything is taken away: whatever fails then, it stays withdrawn."""
    receipts = ledger.load(root)
    if not _is_known(root, slug, receipts):
        raise UsageError(f'there is no talk "{slug}"; `publisher status` lists them')
    talk = receipts.talk(slug)
    account = Account(f'Withdrawal of "{slug}"', session.now(), reason, beyond_reach=[*BEYOND_REACH])
    everywhere = {*places, *(talk.withdrawn.places if talk.withdrawn else ())}
    lock = Lock(account.moment.date(), reason, tuple(place for place in PLACES if place in everywhere))
    ledger.save_talk(root, replace(talk, withdrawn=lock))
    account.did(f"locked for {', '.join(lock.places)}: not published again without --restore")
    opened = session.open_series(root, progress=progress)
    opened = _from_youtube(opened, slug, lock, account)
    _carry_out(opened, account, progress, slug)
    _tell_public(opened, slug, lock, account)
    return account


def _is_known(root: Path, slug: str, receipts: ledger.Ledger) -> bool:
    if slug in receipts.talks:
        return True
    reading = catalogue.read(root, lambda path: "")
    return reading.series is not None and any(one.slug == slug for one in reading.series.episodes)


def _carry_out(
    opened: session.Session, account: Account, progress: Progress, slug: str | None = None
) -> Ledger:
    """Renders, removes, and corrects texts on YouTube; of one talk only, where it is named, and then
    nothing is made either."""
    selection = Selection(None if slug is None else frozenset({slug}))
    plan = decide.decide(opened.gathered, opened.makers, opened.renderers, selection)
    steps = tuple(one for one in plan.steps if _belongs(one, slug))
    run = Run(opened.gathered, opened.makers, opened.renderers, opened.bench, progress)
    outcome = run.carry_out(replace(plan, steps=steps))
    _tell_outcome(outcome, account)
    if slug is None:
        troubles = (one for one in plan.remarks if one.kind in ("unseen", "trouble", "conflict"))
        account.left += (f"{one.text}; then run `publisher release --only youtube`" for one in troubles)
    return run.ledger


def _belongs(step: Step, slug: str | None) -> bool:
    if slug is not None:
        return step.output != "youtube" and (step.episode is None or step.action == "remove")
    return step.output not in ("youtube", "video") or (step.output == "youtube" and step.action == "update")


def _from_youtube(opened: session.Session, slug: str, lock: Lock, account: Account) -> session.Session:
    """The session after the talk's video is out of sight, as far as YouTube let it be."""
    talk = opened.gathered.ledger.talk(slug)
    facts = _video(opened, talk, slug)
    if not facts.get("id") or "youtube" not in lock.places:
        return opened
    account.beyond_reach.append(BEYOND_REACH_ON_YOUTUBE)
    by_hand = f"make the video private by hand: https://studio.youtube.com/video/{facts['id']}/edit"
    if opened.series.youtube.id is None:
        account.left.append(f"YouTube: the catalogue names no channel; {by_hand}")
        return opened
    from publisher.outputs.youtube import maker

    inputs = talk.receipts["youtube"].inputs if "youtube" in talk.receipts else {}
    kept = [talk]

    def keep(changed: Facts) -> None:
        kept.append(ledger.with_receipt(talk, Receipt("youtube", inputs, changed)))
        ledger.save_talk(opened.series.root, kept[-1])

    try:
        for deed in maker.retract(opened.bench, opened.series, facts, opened.gathered.now, keep):
            account.did(f"YouTube: {deed}")
    except PublisherError as error:
        account.left.append(f"YouTube: {error}. Run this command again, or {by_hand}")
    receipts = opened.gathered.ledger.with_talk(kept[-1])
    return replace(opened, gathered=replace(opened.gathered, ledger=receipts))


def _video(opened: session.Session, talk: Talk, slug: str) -> Facts:
    """What is known of the talk's video: of its own upload, or of one that it is linked to."""
    from publisher.outputs.youtube.facts import facts_of, well_formed

    episode = next((one for one in opened.series.episodes if one.slug == slug), None)
    receipt = talk.receipts.get("youtube")
    if episode is not None:
        return facts_of(episode, receipt)
    return well_formed(receipt.facts) if receipt else {}


def _tell_outcome(outcome: Outcome, account: Account) -> None:
    account.removed = tuple(outcome.removed)
    for step in outcome.done:
        if step.output == "youtube":
            account.did(f"YouTube: {step.episode}: {', '.join(step.changes)} written anew")
    if outcome.written:
        account.did(f"written anew without it: {len(outcome.written)} files under public/")
    for failure in outcome.failed:
        account.left.append(f"{failure.step.episode or failure.step.output}: {failure.error}")


def _tell_public(opened: session.Session, slug: str, lock: Lock, account: Account) -> None:
    page = addresses.episode_page(slug)
    if "pages" in lock.places and (opened.bench.public / page / "index.html").exists():
        account.did(f"a page that names nobody stands at {opened.series.link}{page}")
    account.by_hand += _by_hand(opened)


def _by_hand(opened: session.Session) -> Iterator[str]:
    """What a withdrawal needs and this program does not do yet."""
    if opened.bench.public.exists():
        yield "bring public/ to where it is served, deletions included: this publisher does not deliver it"
    if opened.series.deliver.hub:
        yield f"ping the hub {opened.series.deliver.hub} after that: this publisher cannot yet"


def _restore(root: Path, slug: str) -> Account:
    talk = ledger.load(root).talk(slug)
    if talk.withdrawn is None:
        raise UsageError(f'"{slug}" is not withdrawn by command; look at its status in the catalogue')
    ledger.save_talk(root, replace(talk, withdrawn=None))
    account = Account(f'"{slug}" restored', session.now(), "")
    account.did("unlocked: the next `publisher release` publishes it under its old guid and date")
    return account


def _hide(root: Path, person: str, restore: bool, reason: str, progress: Progress) -> Account:
    catalogue.set_hidden(root, person, not restore)
    account = Account(f'"{person}" {"shown again" if restore else "hidden"}', session.now(), reason)
    account.beyond_reach += () if restore else BEYOND_REACH
    account.did(f"hidden = {str(not restore).lower()} in {catalogue.FILE}")
    opened = session.open_series(root, progress=progress, look=frozenset({"youtube"}))
    _drop_replaced(opened, _carry_out(opened, account, progress), account)
    account.by_hand += _by_hand(opened)
    return account


def _drop_replaced(opened: session.Session, receipts: Ledger, account: Account) -> None:
    """Takes away at once the replaced files that still carry the name, whatever grace they have."""
    public = opened.bench.public
    for talk in receipts.talks.values():
        named = {old.path for old in talk.replaced if _is_refused(opened, public / old.path, old.path)}
        for path in sorted(named):
            files.remove(public / path, public)
        if named:
            left = tuple(old for old in talk.replaced if old.path not in named)
            ledger.save_talk(opened.series.root, replace(talk, replaced=left))
            account.removed += tuple(sorted(named))


def _is_refused(opened: session.Session, file: Path, path: str) -> bool:
    try:
        if file.exists():
            opened.bench.guard.check_file(path, file)
    except LeakError:
        return True
    return False


def _keep(root: Path, account: Account, name: str) -> None:
    stamp = account.moment.strftime("%Y-%m-%dT%H%M%S")
    account.file = f"{RECEIPTS}/{name}-{stamp}.txt"
    files.replace(root / account.file, account.text().encode())
