"""What withdrawing a talk or hiding a person does, and what it cannot undo.

The plan is the dry run: ``withdraw`` executes what `plan_withdrawal` returns, ``withdraw --plan`` and the
studio show it before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from publisher import planner, site_paths
from publisher.errors import UsageError
from publisher.gather.series import Session
from publisher.ledger import WithdrawalLock
from publisher.missing_episodes import find_successors
from publisher.model import PLACES, get_youtube_facts
from publisher.plan import MEDIA_OUTPUTS, Plan, Step, Withdraw
from publisher.release_state import ReleaseState
from publisher.review import records
from publisher.run import apply_visibility

OUT_OF_OUR_CONTROL = (
    "Listeners and podcast apps keep the copies that they downloaded.",
    "Directories, search engines and web archives show their copies until they update them, or permanently.",
    "Backups and the version history of this folder still contain the talk.",
)
OUT_OF_OUR_CONTROL_ON_YOUTUBE = "Viewers on YouTube may have saved the video or republished it."

CACHED = (
    "Caches in front of the site may still serve copies, as their Cache-Control allows: pages and feed for "
    "5 minutes, images for an hour, media files for a year. `deliver.purge` empties them."
)
COPY_BY_HAND = "copy public/ to its server, including deletions, or name it in deliver.to"


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a withdrawal does (`will`), which files under public/ it removes, and what it cannot undo."""

    subject: str
    will: tuple[str, ...]
    files: tuple[str, ...]
    by_hand: tuple[str, ...]
    irreversible: tuple[str, ...]

    def document(self) -> dict[str, object]:
        """The document of ``withdraw --plan --json``."""
        return {
            "subject": self.subject,
            "will": list(self.will),
            "files": list(self.files),
            "by_hand": list(self.by_hand),
            "cannot_be_undone": list(self.irreversible),
        }


@dataclass(frozen=True, slots=True)
class PlannedWithdrawal:
    """The steps that withdraw a talk. `state` has the holds of the lock, but not the lock itself."""

    slug: str
    lock: WithdrawalLock
    opened: Session
    state: ReleaseState
    plan: Plan
    requested: str = ""
    """The slug that was asked for; it differs from `slug` if it was changed by hand."""

    def consequences(self) -> Consequences:
        """What the plan does, in words."""
        files = [path for step in self.plan.steps if step.is_local for path in step.changes]
        return Consequences(
            f'Withdrawal of "{self.slug}"',
            tuple(self._sentences()),
            tuple(dict.fromkeys(files)),
            by_hand(self.opened),
            (*self.irreversible, *kept_by_caches(self.opened)),
        )

    @property
    def irreversible(self) -> tuple[str, ...]:
        """What no program can call back."""
        is_on_youtube = "youtube" in self.lock.places and has_video(self.opened, self.slug)
        youtube = (OUT_OF_OUR_CONTROL_ON_YOUTUBE,) if is_on_youtube else ()
        copies = review_copies(self.opened.series.root, {self.slug, self.requested})
        return (*OUT_OF_OUR_CONTROL, *youtube, *copies)

    def _sentences(self) -> Iterator[str]:
        steps, places = self.plan.steps, self.lock.places
        if not steps:
            yield "Nothing of it is published now; no release will publish it there."
        if any(step.output == "feed" for step in steps):
            yield "Its item leaves the feed; podcast apps remove it when they read the feed again."
        if any(step.output == "pages" for step in steps):
            page = f"{self.opened.series.link}{site_paths.episode_page(self.slug)}"
            yield f"Its page, images and transcripts are removed; a page that names nobody stays at {page}"
        for output in MEDIA_OUTPUTS:
            if found := [path for step in steps if step.output == output for path in step.changes]:
                yield f"Its {output} is deleted: {_count(len(found), 'file')}."
        if edited := {path for step in steps for path in step.edits}:
            yield f"It is removed from {_count(len(edited), 'file')} that also contain other talks."
        yield from (_hiding_sentence(step) for step in steps if not step.is_local)
        if self.opened.delivery is not None and steps:
            yield _leaving(self.opened.delivery.destination.name)
        named = " and ".join(_PLACE_WORDS[place] for place in PLACES if place in places)
        yield f"A lock keeps it out of {named} until `publisher withdraw {self.slug} --restore`."
        yield "Its folder, recording and receipts stay on this machine."


_PLACE_WORDS = {"feed": "the feed", "pages": "the site", "youtube": "YouTube"}


def _hiding_sentence(step: Step) -> str:
    captions = sum(change.startswith("captions.") for change in step.changes)
    more = [f"its captions ({captions}) are deleted"] if captions else []
    more += ["it leaves the playlist"] if "playlist" in step.changes else []
    return "; ".join(("Its video becomes private on YouTube and is not deleted there", *more)) + "."


def plan_withdrawal(
    opened: Session, slug: str, places: tuple[str, ...], reason: str, day: date
) -> PlannedWithdrawal:
    """The steps that remove a talk from `places`. Raises UsageError if there is no such talk."""
    if not is_known(opened, slug):
        raise UsageError(f'there is no talk "{slug}"; `publisher status` lists them')
    requested, slug, known = slug, published_slug(opened, slug), opened.state.ledger
    earlier = known.record(slug).withdrawn
    every = {*places, *(earlier.places if earlier else ())}
    lock = WithdrawalLock(day, reason, tuple(place for place in PLACES if place in every))
    locked = replace(opened.state, ledger=known.with_record(replace(known.record(slug), withdrawn=lock)))
    state = apply_visibility(locked, opened.context.public)
    plan = planner.build_plan(state, opened.makers, ())
    steps = tuple(step for step in plan.steps if step.episode == slug)
    unlocked = replace(state, ledger=known)
    planned = Plan(steps, changes=(Withdraw(slug, lock),))
    return PlannedWithdrawal(slug, lock, opened, unlocked, planned, requested)


def kept_by_caches(opened: Session) -> tuple[str, ...]:
    """How long caches in front of the site may serve what was removed."""
    is_cached = opened.delivery is not None and not opened.series.deliver.purge
    return (CACHED,) if is_cached else ()


def by_hand(opened: Session) -> tuple[str, ...]:
    """What this program does not do."""
    is_copied = opened.delivery is None and opened.context.public.exists()
    return (COPY_BY_HAND,) if is_copied else ()


def is_known(opened: Session, slug: str) -> bool:
    """Whether a talk is in the catalogue, in the receipts or under public/."""
    is_published = any(site_paths.slug_from_path(path) == slug for path in opened.state.public)
    return is_published or slug in opened.state.ledger.records or opened.series.episode(slug) is not None


def published_slug(opened: Session, slug: str) -> str:
    """The slug under which a talk is published; another one if its slug was changed by hand."""
    successors = find_successors(opened.series, opened.state.ledger)
    return next(
        (old for old, found in successors.items() if slug in (one.episode.slug for one in found)), slug
    )


def has_video(opened: Session, slug: str) -> bool:
    """Whether the talk has a video on YouTube, uploaded or linked."""
    episode, receipt = opened.series.episode(slug), opened.state.ledger.record(slug).receipts.get("youtube")
    linked = episode.youtube.id if episode is not None else None
    return (linked or get_youtube_facts(receipt).id) is not None


def review_copies(root: Path, slugs: set[str], person: str | None = None) -> list[str]:
    """A sentence for each review file of one of the talks, or for a person: copies are out of reach."""
    return [
        f"The review file {record.id} of {record.slug}, made for {record.guest} on {record.made:%Y-%m-%d}, "
        f"can still be opened; `publisher review revoke {record.id}` refuses answers to it."
        for record in records.every(root)
        if record.slug in slugs or record.guest == person
    ]


# People


def hiding_consequences(opened: Session, person: str) -> Consequences:
    """What hiding a person changes. Raises UsageError if the catalogue has nobody with this id."""
    known = opened.series.people.get(person)
    if known is None:
        raise UsageError(f'there is no person "{person}" in the catalogue')
    talks = [
        episode.slug
        for episode in opened.series.episodes
        if person in episode.hidden or any(credit.person.id == person for credit in episode.credits)
    ]
    page = site_paths.person_page(person)
    files = tuple(sorted(path for path in opened.state.public if path.startswith(page)))
    return Consequences(
        f'Hiding of "{person}"',
        tuple(_hiding_sentences(opened, person, talks, files)),
        files,
        by_hand(opened),
        (
            *OUT_OF_OUR_CONTROL,
            *((OUT_OF_OUR_CONTROL_ON_YOUTUBE,) if _on_youtube(opened, talks) else ()),
            *review_copies(opened.series.root, set(talks), person),
            *kept_by_caches(opened),
        ),
    )


def _on_youtube(opened: Session, talks: list[str]) -> list[str]:
    return [slug for slug in talks if has_video(opened, slug)]


def _hiding_sentences(
    opened: Session, person: str, talks: list[str], files: tuple[str, ...]
) -> Iterator[str]:
    yield f"`hidden = true` is written for {person} in episodes.toml; the talks stay."
    if talks:
        yield f"Name, photo and links leave {_count(len(talks), 'talk')}: {', '.join(talks)}."
    else:
        yield "No talk names this person."
    if files:
        yield "The person's own page is removed."
    if videos := _on_youtube(opened, talks):
        named = ", ".join(videos)
        yield f"The descriptions of {_count(len(videos), 'video')} on YouTube are updated: {named}."
    yield "A talk whose title, summary, notes or transcript contain the name is taken back until they do not."
    if opened.delivery is not None:
        yield _leaving(opened.delivery.destination.name)


def _leaving(destination: str) -> str:
    return f"The same leaves {destination} before anything else is done there."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
