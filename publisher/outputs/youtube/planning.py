"""Decides what there is to do on YouTube, talk by talk, within the day's quota. Pure.

From the catalogue, the receipts, what YouTube holds and what is left of the budget.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from publisher.model import Episode, Facts, Receipt, Series
from publisher.outputs.youtube import quota
from publisher.outputs.youtube.deciding import Observed, Todo, plan_talk
from publisher.outputs.youtube.facts import facts_of, is_out_of_sight, part_of, well_formed
from publisher.outputs.youtube.wanting import NAME, Wanted, is_wanted, taken_out
from publisher.plan import Plan, Remark, RemarkKind, Step
from publisher.withholding import is_withdrawn
from publisher.workbench import Wishes

RESERVE: quota.Amounts = {"units": 100}
"""What a day's plan leaves for looking around: who is logged in, what the channel holds, retries."""


def must_hide(
    episode: Episode | None, receipt: Receipt | None, now: datetime, *, although_wanted: bool = False
) -> bool:
    """Whether something of a video is seen, or will be, though its talk may not.

    Of one that was there before and is only linked: when the talk was withdrawn, not before.
    """
    facts = facts_of(episode, receipt)
    if not ("id" in facts or facts.get("lost")):
        return False
    if although_wanted:
        return not is_out_of_sight(facts)
    if episode is not None and is_wanted(episode, now):
        return False
    linked = episode is not None and episode.youtube.id is not None
    if episode is not None and not is_withdrawn(episode, NAME) and (linked or not episode.youtube.upload):
        return False
    if receipt is not None and receipt.open:
        # Broken off: perhaps only the last line is missing, but nobody knows.
        return True
    seen = linked or any(facts.get(name) for name in ("visible", "captions", "playlist"))
    return seen and not is_out_of_sight(facts)


def hiding(
    series: Series,
    receipts: Mapping[str, Receipt],
    hidden: Mapping[str, str],
    now: datetime,
    although_wanted: Container[str] = (),
) -> Iterator[Step]:
    """What takes the videos of `hidden` talks out of sight, with the reason of each.

    `although_wanted` are those of them that the catalogue wants to be seen.
    """
    for slug, why in hidden.items():
        episode, receipt = series.episode(slug), receipts.get(slug)
        if must_hide(episode, receipt, now, although_wanted=slug in although_wanted):
            yield _hiding(slug, facts_of(episode, receipt), why)
    for episode in series.episodes:
        facts = facts_of(episode, receipts.get(episode.slug))
        if episode.slug not in hidden and taken_out(episode, facts) and not is_out_of_sight(facts):
            why = f"{', '.join(taken_out(episode, facts))} changed, and YouTube cannot replace a video"
            yield _hiding(episode.slug, facts, why)


def plan(
    series: Series,
    wanted: Mapping[str, Wanted],
    receipts: Mapping[str, Receipt],
    observed: Observed,
    now: datetime,
    wishes: Wishes,
) -> Plan:
    """The steps of today and of the days after it, in order of date, and what stays as it is.

    `wanted` has the talks that are to be on YouTube, by slug.
    """
    chosen = [one for one in series.episodes if one.slug in wanted]
    chosen.sort(key=lambda episode: (episode.date, episode.slug))
    remarks = [*_troubles(observed, chosen), *_left_there(series, receipts)]
    steps: list[tuple[Step, quota.Amounts]] = []
    for episode in chosen:
        facts = facts_of(episode, receipts.get(episode.slug))
        if changes := taken_out(episode, facts):
            remarks.append(_is_outdated(episode, str(facts["id"]), changes))
            continue
        todo, said = plan_talk(
            episode, wanted[episode.slug], receipts.get(episode.slug), observed, now, wishes
        )
        remarks += said
        if todo is not None:
            steps.append(_step(episode, todo, wanted[episode.slug]))
    placed = tuple(spread(steps, observed.left))
    later = tuple(step for step in placed if step.day > 1)
    if later:
        remarks.append(_waiting(later, now))
    return Plan(tuple(step for step in placed if step.day == 1), later, tuple(remarks))


def _step(episode: Episode, todo: Todo, wanted: Wanted) -> tuple[Step, quota.Amounts]:
    price = quota.table().price(todo.methods)
    cost = quota.table().named(price)
    step = Step(
        NAME,
        episode.slug,
        todo.action,
        todo.reason,
        todo.changes,
        cost,
        wanted.inputs(),
        needs=todo.needs,
    )
    return step, price


def _hiding(slug: str, facts: Facts, why: str) -> Step:
    captions = tuple(f"captions.{language}" for language in sorted(part_of(facts, "captions")))
    playlist = ("playlist",) if facts.get("playlist") else ()
    methods = ["videos.list", "videos.update", *("captions.delete" for _ in captions)]
    methods += ["playlistItems.list", "playlistItems.delete"] if playlist else []
    cost = quota.table().named(quota.table().price(methods))
    changes = ("privacy", *playlist, *captions)
    # No budget holds it up: a refused call costs less than a talk that is still to be seen.
    return Step(NAME, slug, "hide", f"to be private: {why}", changes, cost, retracts=True)


def _is_outdated(episode: Episode, video: str, changes: tuple[str, ...]) -> Remark:
    text = (
        f"{', '.join(changes)}: changed after the upload. YouTube cannot replace a video, so {video} is made "
        "private and stays so. Delete it there and run `publisher release --reupload` for a new one"
    )
    return Remark(NAME, episode.slug, "conflict", text, changes)


def _left_there(series: Series, receipts: Mapping[str, Receipt]) -> Iterator[Remark]:
    """The uploads of talks that the catalogue does not know any more."""
    known = {episode.slug for episode in series.episodes}
    for slug in sorted(set(receipts) - known):
        facts = well_formed(receipts[slug].facts)
        if series.youtube.id is not None and "id" in facts and facts.get("visible"):
            text = (
                f"no longer in the catalogue, but its video {facts['id']} is still on YouTube; "
                'delete it there, or write the talk back with status = "withdrawn"'
            )
            yield Remark(NAME, slug, "drift", text, ("privacy",))


def _troubles(observed: Observed, chosen: list[Episode]) -> Iterator[Remark]:
    whys: Mapping[RemarkKind, str | None] = {"unseen": observed.unseen, "trouble": observed.trouble}
    for kind, why in whys.items():
        if why and chosen:
            yield Remark(NAME, None, kind, f"YouTube was not looked at: {why}")


def _waiting(later: tuple[Step, ...], now: datetime) -> Remark:
    days = max(step.day for step in later)
    talks = "1 talk waits" if len(later) == 1 else f"{len(later)} talks wait"
    renewed = quota.renewed_at(now).astimezone(now.tzinfo)
    return Remark(
        NAME,
        None,
        "waiting",
        f"{talks} for quota; all of it takes {days} days, with a release on each. "
        f"The next day's quota begins at {renewed:%Y-%m-%d %H:%M %Z}",
    )


def spread(steps: Iterable[tuple[Step, quota.Amounts]], left: quota.Amounts) -> Iterator[Step]:
    """The steps, each on the first day on which the quota is enough, none before an earlier one."""
    day, budget = 1, quota.minus(left, RESERVE)
    for step, price in steps:
        if not any(price.values()):
            yield step
            continue
        if not quota.fits(price, budget):
            day, budget = day + 1, quota.minus(quota.table().budget, RESERVE)
        # What is too much for a whole day begins on one of its own and goes on the next.
        budget = quota.minus(budget, price)
        yield replace(step, day=day)
