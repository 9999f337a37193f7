"""``publisher withdraw``: takes a talk back, or hides a person; ends with a receipt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import click

from publisher import addresses, catalogue, decide, files, ledger
from publisher.cli import console, options, session
from publisher.errors import LeakError, PublisherError, UsageError
from publisher.ledger import Ledger, Lock, Talk
from publisher.model import PLACES
from publisher.plan import Selection
from publisher.progress import Progress
from publisher.run import Outcome, Run

RECEIPTS = "private/withdrawn"
BEYOND_REACH = (
    "Whoever downloaded the talk keeps it; podcast apps keep what they downloaded.",
    "Directories, search engines and web archives show their copies until they look again, or for ever.",
    "Backups and the version history of this folder still hold the talk.",
)


@dataclass(slots=True)
class Account:
    """What was done, and what was not: the receipt."""

    subject: str
    moment: datetime
    reason: str
    done: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    removed: tuple[str, ...] = ()
    beyond: tuple[str, ...] = BEYOND_REACH
    """What stays, whatever is done here."""
    file: str = ""

    def text(self) -> str:
        parts = {
            "Done": [*self.done, *(f"removed public/{path}" for path in self.removed)],
            "Left to do": self.left,
            "Cannot be undone": self.beyond,
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
            "done": self.done,
            "removed": list(self.removed),
            "left": self.left,
            "cannot_be_undone": list(self.beyond),
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
    account = Account(f'Withdrawal of "{slug}"', session.now(), reason)
    everywhere = {*places, *(talk.withdrawn.places if talk.withdrawn else ())}
    lock = Lock(account.moment.date(), reason, tuple(place for place in PLACES if place in everywhere))
    ledger.save_talk(root, replace(talk, withdrawn=lock))
    account.done.append(f"locked for {', '.join(lock.places)}: not published again without --restore")
    opened = session.open_series(root, progress=progress)
    _from_youtube(opened, talk, slug, lock, account)
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
    """Renders and removes; of one talk only, where it is named, and then nothing is made either."""
    selection = Selection(None if slug is None else frozenset({slug}))
    plan = decide.decide(opened.gathered, opened.makers, opened.renderers, selection)
    steps = (
        one
        for one in plan.steps
        if one.output != "youtube" and (slug is None or _takes_away(one.action, one.episode))
    )
    run = Run(opened.gathered, opened.makers, opened.renderers, opened.bench, progress)
    _tell_outcome(run.carry_out(replace(plan, steps=tuple(steps))), account)
    return run.ledger


def _takes_away(action: str, episode: str | None) -> bool:
    return episode is None or action == "remove"


def _from_youtube(opened: session.Session, talk: Talk, slug: str, lock: Lock, account: Account) -> None:
    video = _video(opened, talk, slug)
    if video is None or "youtube" not in lock.places:
        return
    by_hand = f"make the video private by hand: https://studio.youtube.com/video/{video}/edit"
    if opened.series.youtube.id is None:
        account.left.append(f"the catalogue names no channel; {by_hand}")
        return
    from publisher.outputs.youtube import retracting

    try:
        there = retracting.make_private(opened.bench, opened.series, video, opened.gathered.now)
    except PublisherError as error:
        account.left.append(f"YouTube: {error}; {by_hand}")
        return
    account.done.append(f"YouTube: the video {video} {'is private' if there else 'is not there any more'}")


def _video(opened: session.Session, talk: Talk, slug: str) -> str | None:
    episode = next((one for one in opened.series.episodes if one.slug == slug), None)
    receipt = talk.receipts.get("youtube")
    found = receipt.facts.get("id") if receipt else None
    return str(found) if found else (episode.youtube.id if episode else None)


def _tell_outcome(outcome: Outcome, account: Account) -> None:
    account.removed = tuple(outcome.removed)
    if outcome.written:
        account.done.append(f"written anew without it: {len(outcome.written)} files under public/")
    for failure in outcome.failed:
        account.left.append(f"{failure.step.episode or failure.step.output}: {failure.error}")


def _tell_public(opened: session.Session, slug: str, lock: Lock, account: Account) -> None:
    page = addresses.episode_page(slug)
    if "pages" in lock.places and (opened.bench.public / page / "index.html").exists():
        account.done.append(f"a page that names nobody stands at {opened.series.link}{page}")
    if opened.bench.public.exists():
        account.done.append("public/ is as it should be; bring it to where it is served, deletions included")


def _restore(root: Path, slug: str) -> Account:
    talk = ledger.load(root).talk(slug)
    if talk.withdrawn is None:
        raise UsageError(f'"{slug}" is not withdrawn by command; look at its status in the catalogue')
    ledger.save_talk(root, replace(talk, withdrawn=None))
    account = Account(f'"{slug}" restored', session.now(), "", beyond=())
    account.done.append("unlocked: the next `publisher release` publishes it under its old guid and date")
    return account


def _hide(root: Path, person: str, restore: bool, reason: str, progress: Progress) -> Account:
    catalogue.set_hidden(root, person, not restore)
    subject = f'"{person}" {"shown again" if restore else "hidden"}'
    account = Account(subject, session.now(), reason, beyond=() if restore else BEYOND_REACH)
    account.done.append(f"hidden = {str(not restore).lower()} in {catalogue.FILE}")
    opened = session.open_series(root, progress=progress)
    _drop_replaced(opened, _carry_out(opened, account, progress), account)
    if opened.series.youtube.id and any(
        one.youtube.upload or one.youtube.id for one in opened.series.episodes
    ):
        account.left.append("titles and descriptions on YouTube: run `publisher release --only youtube`")
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
        opened.bench.guard.check(path, file.read_bytes() if file.exists() else b"")
    except LeakError:
        return True
    return False


def _keep(root: Path, account: Account, name: str) -> None:
    stamp = account.moment.strftime("%Y-%m-%dT%H%M%S")
    account.file = f"{RECEIPTS}/{name}-{stamp}.txt"
    files.replace(root / account.file, account.text().encode())
