"""Prints a plan for a producer: what is taken back, what changes for the public, what it costs, the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict

from publisher import site_paths
from publisher.cli import console
from publisher.cli.changes import KNOWN_TO_APPS, PLACE_NAMES, PlaceChange, PlanChanges, TalkChange
from publisher.cli.display import format_clock
from publisher.cli.document_changes import FileChanges
from publisher.estimates import Estimate, estimate
from publisher.gather.series import Session
from publisher.ledger import Ledger
from publisher.model import Series
from publisher.plan import MEDIA_OUTPUTS, Difference, Notice, Plan, Step, Withdraw

MAX_SEPARATE = 12
"""Talks up to which each is printed with its own lines; more are grouped by what changes."""

MAX_PRINTED = 60
"""Groups of talks, notices of a kind, and talks taken back, that are printed without ``--verbose``."""

RETRACTED_FROM = {"feed": "the feed", "pages": "the site"}


def print_plan(
    opened: Session, plan: Plan, changes: PlanChanges, cost: Estimate, *, is_verbose: bool
) -> None:
    """Prints the whole plan except its notices."""
    if any(notice.kind == "missing" for notice in plan.notices):
        console.print_line("`publisher release` publishes nothing until you decide.", "bad")
    elif not plan.steps and not plan.deferred and not plan.changes:
        console.print_line("Nothing to do: everything published agrees with the catalogue.", "good")
        return
    taken_back = new_retractions(plan, opened.state.ledger)
    print_taken_back(taken_back, opened.series, is_verbose=is_verbose)
    _print_talks(changes.talks, is_verbose)
    if not changes.talks and not taken_back:
        console.print_line("Nothing changes for listeners and viewers.")
    _print_cost(cost_sentences(opened, plan, cost))
    if is_verbose:
        _print_files(plan, changes.files, opened.series)
    elif plan.steps:
        console.print_line("`publisher plan --verbose` lists the files.", "quiet")


# What is taken back


def new_retractions(plan: Plan, known: Ledger) -> tuple[Step, ...]:
    """The retractions of a plan, except those of pages that are only rendered again.

    The page that remains at the address of a talk withdrawn earlier names nothing.
    """
    locking = {change.slug for change in plan.changes if isinstance(change, Withdraw)}

    def is_repeated(step: Step) -> bool:
        page = f"{site_paths.episode_page(step.episode or '')}index.html"
        is_locked = known.record(step.episode or "").withdrawn is not None and step.episode not in locking
        return is_locked and step.output == "pages" and step.changes == (page,) and not step.edits

    return tuple(step for step in plan.retractions if not is_repeated(step))


def print_taken_back(steps: Iterable[Step], series: Series, *, is_verbose: bool) -> None:
    """Prints what retractions hide or remove, one line for each talk or person."""
    found = taken_back_documents(steps, series)
    if found:
        console.print_line("Taken back first, whatever else happens", "head")
    for each in found if is_verbose else found[:MAX_PRINTED]:
        name = f"{each['title']} ({each['episode']})" if each["episode"] else str(each["title"])
        console.print_line(f"  {name}: {each['text']}", "warn")
        for path in each["files"] if is_verbose else ():  # type: ignore[attr-defined]
            console.print_line(f"    public/{path}", "quiet")
    if not is_verbose and len(found) > MAX_PRINTED:
        more = len(found) - MAX_PRINTED
        console.print_line(f"  {more} more: `publisher plan --verbose` lists every one.", "warn")


def taken_back_documents(steps: Iterable[Step], series: Series) -> list[dict[str, object]]:
    """The elements of `taken_back` in the document of ``plan --json``."""
    by_subject: dict[tuple[str | None, str], list[Step]] = {}
    for step in steps:
        by_subject.setdefault((step.episode, "" if step.episode else step.reason), []).append(step)
    return [_taken_back(slug, found, series) for (slug, _), found in by_subject.items()]


def _taken_back(slug: str | None, steps: list[Step], series: Series) -> dict[str, object]:
    episode = series.episode(slug)
    reasons = dict.fromkeys(step.reason.removeprefix("to be private: ") for step in steps)
    places = list(dict.fromkeys(step.output for step in steps if step.output not in MEDIA_OUTPUTS))
    removed = [RETRACTED_FROM[place] for place in RETRACTED_FROM if place in places]
    done = [f"removed from {' and '.join(removed)}"] if removed else []
    done += ["private on YouTube"] if "youtube" in places else []
    return {
        "episode": slug,
        "title": episode.title if episode else slug or "A hidden person",
        "reason": "; ".join(reasons),
        "text": "; ".join((*reasons, *done)),
        "places": places,
        "files": [path for step in steps if step.is_local for path in (*step.changes, *step.edits)],
    }


# The talks


def talk_document(talk: TalkChange) -> dict[str, object]:
    """An element of `talks` in the document of ``plan --json``."""
    return {
        "episode": talk.slug,
        "title": talk.title,
        **{
            change.place: {"text": _text(change), "details": list(map(asdict, change.details))}
            for change in talk.places
        },
    }


def _print_talks(talks: tuple[TalkChange, ...], is_verbose: bool) -> None:
    groups = _groups(talks, 1 if is_verbose or len(talks) <= MAX_SEPARATE else 3)
    if not is_verbose and len(groups) > MAX_PRINTED:
        # The line of the series as a whole is the last one.
        groups = [*groups[: MAX_PRINTED - 1], groups[-1]]
    left = sum(talk.slug is not None for talk in talks)
    if left > MAX_PRINTED:
        console.print_line(_summary(talks), "head")
    for group in groups:
        left -= sum(talk.slug is not None for talk in group)
        console.print_line(_heading(group), "head")
        for position, change in enumerate(group[0].places):
            together = sum(talk.places[position].seconds for talk in group)
            console.print_line(f"  {PLACE_NAMES[change.place]}: {_text(change, together, len(group))}")
            for difference in change.details:
                _print_difference(difference)
    if left:
        more = console.count(left, "more talk")
        console.print_line(f"{more}: `publisher plan --verbose` lists every one.", "head")


def _summary(talks: tuple[TalkChange, ...]) -> str:
    """``9 999 talks change: 9 990 new in the feed, 9 new on the site, …``: how many change in each place."""
    places = Counter(
        (change.place, "new" if change.text in NEW else "changed")
        for talk in talks
        if talk.slug is not None
        for change in talk.places
    )
    number = sum(talk.slug is not None for talk in talks)
    parts = (
        f"{count} {word} {name[0].lower()}{name[1:]}"
        for place, name in PLACE_NAMES.items()
        for word in ("new", "changed")
        if (count := places[place, word])
    )
    return f"{console.count(number, 'talk')} change: {', '.join(parts)}"


NEW = frozenset({"new", "new page", KNOWN_TO_APPS})
"""The texts of talks that are not in a place yet."""


def _groups(talks: tuple[TalkChange, ...], min_size: int) -> list[list[TalkChange]]:
    """The talks, those with the same changes together if they are more than `min_size`."""
    found: dict[object, list[TalkChange]] = {}
    for talk in talks:
        found.setdefault(_grouping_key(talk), []).append(talk)
    groups: list[list[TalkChange]] = []
    for group in found.values():
        groups += [group] if len(group) > min_size > 1 else [[talk] for talk in group]
    return groups


def _grouping_key(talk: TalkChange) -> object:
    return talk.slug is None, tuple(
        (change.place, change.text, tuple(filter(_is_printed, change.details))) for change in talk.places
    )


def _heading(group: list[TalkChange]) -> str:
    if len(group) == 1:
        (talk,) = group
        return talk.title if talk.slug is None else f"{talk.title} ({talk.slug})"
    names = "; ".join(talk.title for talk in group[:3])
    return f"{len(group)} talks: {names}" + (f" and {len(group) - 3} more" if len(group) > 3 else "")


def _text(change: PlaceChange, seconds: float | None = None, talks: int = 1) -> str:
    length = change.seconds if seconds is None else seconds
    if not length:
        return change.text
    return f"{change.text}, {_minutes(length)}" + (" together" if talks > 1 else "")


def _print_difference(difference: Difference) -> None:
    if _is_printed(difference):
        before, after = (_value(difference.name, value) for value in (difference.before, difference.after))
        console.print_line(f"    {difference.name}: {before} → {after}", "quiet")


def _is_printed(difference: Difference) -> bool:
    """Whether a terminal shows the values: they are short, and not the markup of the notes."""
    return difference.is_short and difference.name != "notes"


def _value(name: str, value: str | None) -> str:
    if name == "duration" and value and value.isdecimal():
        return format_clock(int(value))
    return value if value and name == "length" else f"“{value}”" if value else "nothing"


# Notices that need nobody


def print_quiet(notices: Iterable[Notice], *, is_verbose: bool) -> None:
    """Prints the metadata that is not published, and the replaced files that are still kept."""
    found = tuple(notices)
    kept = [notice for notice in found if notice.kind == "replaced"]
    shown = [notice for notice in found if is_verbose or notice.kind != "replaced"]
    for notice in shown if is_verbose else shown[:MAX_PRINTED]:
        subject = f"{notice.episode}: " if notice.episode else ""
        console.print_line(subject + notice.text, "quiet")
    if not is_verbose and len(shown) > MAX_PRINTED:
        more = console.count(len(shown) - MAX_PRINTED, "more notice")
        console.print_line(f"{more}: `publisher plan --verbose` lists every one.", "quiet")
    if kept and not is_verbose:
        files = "1 replaced file stays" if len(kept) == 1 else f"{len(kept)} replaced files stay"
        console.print_line(f"{files} for some days at the old address.", "quiet")


# The cost


def cost_sentences(opened: Session, plan: Plan, cost: Estimate) -> list[str]:
    """The time, the quota of YouTube and the delivery that a plan needs; `cost` in ``plan --json``."""
    found = [f"Cost: {format_cost(cost)}."] if plan.steps else []
    quota = _quota(plan.steps)
    if quota:
        found.append(f"YouTube's quota of today: {quota}")
    if plan.deferred:
        later = estimate(plan.deferred, opened.series, {})
        days = max(step.day for step in plan.deferred)
        talks = console.count(later.talks, "talk")
        found.append(f"On later days: {talks}, {_quota(plan.deferred)}; {days} days in all")
    return [*found, *_delivery(opened, plan)]


def _print_cost(sentences: Iterable[str]) -> None:
    for text in sentences:
        is_first = text.startswith("Cost: ")
        is_inner = not is_first and not text.startswith("Delivery ")
        console.print_line(f"  {text}" if is_inner else text, "head" if is_first else None)


def _delivery(opened: Session, plan: Plan) -> Iterator[str]:
    delivery = opened.state.delivery
    if delivery is None or not plan.steps_for("deliver"):
        return
    transfers = delivery.transfers()
    size = sum(delivery.local[path].size for path in transfers.paths) / 1e6
    parts = []
    if transfers.paths:
        parts.append(f"{console.count(len(transfers.paths), 'file')} ({size:.1f} MB)")
    if transfers.removed:
        parts.append(f"{console.count(len(transfers.removed), 'file')} to remove")
    if len(plan.steps) > 1:
        parts.append("what changes above")
    if delivery.unannounced:
        parts.append(f"the announcement to {' and '.join(delivery.unannounced)}")
    listed = ", ".join(parts) or "the checks of the public addresses"
    yield f"Delivery to {delivery.name}: {listed}."


def format_cost(cost: Estimate) -> str:
    """``about 4 minutes: 2 talks, 118 minutes of sound``."""
    if cost.updates and cost.updates == cost.talks:
        return f"{format_estimate(cost.duration)}: {console.count(cost.talks, 'talk')} without encoding"
    parts = [console.count(cost.talks, "talk")] if cost.talks else []
    parts[:1] = [f"{parts[0]} ({cost.updates} of them without encoding)"] if cost.updates else parts[:1]
    parts += [f"{_minutes(cost.sound)} of sound"] if cost.sound else []
    parts += [f"{_minutes(cost.picture)} of picture"] if cost.picture else []
    parts += [console.count(cost.uploads, "upload")] if cost.uploads else []
    plus = " and the time for uploading" if cost.unknown_uploads else ""
    return f"{format_estimate(cost.duration)}{plus}" + (f": {', '.join(parts)}" if parts else "")


def format_estimate(seconds: float) -> str:
    """A rounded duration: ``a few seconds``, ``about 4 minutes``, ``about 1 hour 20 minutes``."""
    if seconds < 20:
        return "a few seconds"
    if seconds < 90:
        return "about a minute"
    minutes = round(seconds / 60)
    if minutes < 15:
        return f"about {minutes} minutes"
    if minutes < 55:
        return f"about {round(minutes / 5) * 5} minutes"
    hours, rest = divmod(round(minutes / 10) * 10, 60)
    if hours >= 10:
        return f"about {round(minutes / 60)} hours"
    return f"about {console.count(hours, 'hour')}" + (f" {rest} minutes" if rest else "")


def _minutes(seconds: float) -> str:
    return console.count(round(seconds / 60), "minute") if seconds >= 60 else "less than a minute"


def _quota(steps: Iterable[Step]) -> str:
    total: dict[str, float] = {}
    for step in steps:
        if step.output == "youtube":
            for unit, amount in step.cost.items():
                total[unit] = total.get(unit, 0.0) + amount
    return ", ".join(
        f"{amount:.0f} {unit.removesuffix('s') if amount == 1 else unit}" for unit, amount in total.items()
    )


# The files


def _media_names(step: Step, series: Series) -> list[str]:
    """The files of a step; the part of a name that depends on the content is not known yet."""
    if step.made_for is not None:
        return [f"(a video for {step.made_for} only)"]
    episode = series.episode(step.episode)
    formats = (
        (site_paths.VIDEO_SUFFIX,) if step.output == "video" or episode is None else episode.audio.formats
    )
    return [f"media/{step.episode}.*.{name}" for name in formats]


def _print_files(plan: Plan, changed: FileChanges, series: Series) -> None:
    console.print_line("Files below public/", "head")
    kinds: Mapping[str, tuple[str, ...]] = {
        "new": changed.new,
        "changed": changed.changed,
        "removed": changed.removed,
    }
    rows = [(kind, path, "") for kind, paths in kinds.items() for path in paths]
    for step in plan.steps:
        if step.output not in MEDIA_OUTPUTS or step.retracts or step.episode is None:
            continue
        if step.action == "remove":
            rows += [("removed", path, step.reason) for path in step.changes]
        else:
            kind = "new tags" if step.action == "update" else "made"
            rows += [(kind, name, step.reason) for name in _media_names(step, series)]
    if rows:
        console.table(rows)
