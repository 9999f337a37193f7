"""Decides what a release does, and why. Pure: no disk, no network, no clock.

Everything a decision needs is in a `Gathered`. What should exist is held against what the
ledger and the last rendering recorded and against what lies under public/. What takes something
back is in `publisher.retractions`, replaced files are in `publisher.removals`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from publisher import addresses
from publisher.errors import PublisherError
from publisher.gathered import (
    Documents,
    Gathered,
    Rendered,
    Snapshot,
    changed_redactions,
    is_current,
    receipts_of,
)
from publisher.ledger import Lock, Talk, publication
from publisher.model import PLACES
from publisher.plan import (
    EVERYTHING,
    MADE_FOR,
    MEDIA_OUTPUTS,
    RENDERED_FOR,
    Action,
    Document,
    Item,
    LedgerChange,
    Maker,
    Observer,
    Plan,
    Remark,
    Renderer,
    Selection,
    Step,
    Withdraw,
    places_of,
)
from publisher.removals import removals, staying, takes_out
from publisher.retractions import retractions
from publisher.withholding import waiting

logger = logging.getLogger(__name__)


def decide(
    gathered: Gathered,
    makers: Iterable[Maker],
    renderers: Iterable[Renderer],
    selection: Selection = EVERYTHING,
) -> Plan:
    """What has to be done so that everything published agrees with the catalogue.

    What takes something back is in every plan, whatever the selection; in a plan of incomplete
    knowledge (`Gathered.is_complete`) there is nothing else.
    """
    every_maker = tuple(makers)
    if not gathered.is_complete:
        return Plan(retractions(gathered, every_maker), changes=ledger_changes(gathered))
    documents, broken = _documents(gathered, tuple(renderers))
    taken_back = retractions(gathered, every_maker, documents)
    plans = _maker_plans(gathered, every_maker, selection)
    made = [step for plan in plans for step in plan.steps]
    leaving = [
        step
        for step in removals(gathered, made)
        if step.superseded or selection.takes(step.output, step.episode)
    ]
    elsewhere = (step for step in taken_back if step.action == "hide")
    follows = tuple(
        f"{step.output} of {step.episode}"
        for step in (*made, *leaving, *elsewhere)
        if _is_seen_elsewhere(step)
    )
    retracted = frozenset(path for step in taken_back for path in step.changes)
    rendered = _renderer_steps(gathered, documents, follows, retracted)
    # Documents that show what must not be seen any more have to be rendered, whatever was asked for.
    is_needed = any(step.superseded for step in leaving) or bool(
        changed_redactions(gathered) or gathered.leaking_files
    )
    plan = Plan(
        (
            *taken_back,
            *made,
            *(step for step in rendered if is_needed or selection.takes(step.output)),
            *leaving,
        ),
        tuple(step for plan in plans for step in plan.later),
        (
            *(one for plan in plans for one in plan.remarks),
            *broken,
            *(one for one in _waiting(gathered) if selection.takes(one.output, one.episode)),
            *_stripped(gathered, made),
            *staying(gathered, leaving),
        ),
        ledger_changes(gathered),
    )
    for step in (*plan.steps, *plan.later):
        what = step.episode or "the series"
        logger.info("%s of %s on day %d: %s: %s", step.output, what, step.day, step.action, step.reason)
    for remark in plan.remarks:
        logger.info("%s of %s: %s", remark.output, remark.episode or "the series", remark.text)
    return plan


def ledger_changes(gathered: Gathered) -> tuple[LedgerChange, ...]:
    """The locks of published talks that the catalogue withdraws: they hold also when it forgets that."""
    day = gathered.now.date()
    talks = (gathered.ledger.talk(one.slug) for one in gathered.series.episodes if one.status == "withdrawn")
    return tuple(
        Withdraw(talk.slug, Lock(day, "status in the catalogue"))
        for talk in talks
        if talk.published is not None and talk.withdrawn is None
    )


def _waiting(gathered: Gathered) -> Iterable[Remark]:
    """The talks whose date has come and that wait for a guest's consent, place by place."""
    for episode in gathered.series.episodes:
        if episode.status != "ready" or episode.date > gathered.now:
            continue
        for place in PLACES:
            missing = waiting(gathered.series, episode, place, gathered.now)
            if missing and (place != "youtube" or episode.youtube.upload):
                text = f"{place}: waits for the consent of {', '.join(missing)}"
                yield Remark(place, episode.slug, "withheld", text)


def _stripped(gathered: Gathered, steps: Iterable[Step]) -> Iterable[Remark]:
    """What the recordings about to be published say of themselves, by the names of their tags."""
    made = {step.episode for step in steps if step.output in MEDIA_OUTPUTS and step.action != "update"}
    for episode in gathered.series.episodes:
        if episode.slug in made and episode.recording is not None and episode.recording.metadata:
            names = tuple(sorted(episode.recording.metadata))
            text = f"left out of what is published, as the recording says it about itself: {_some(names, 12)}"
            yield Remark("audio", episode.slug, "stripped", text, names)


def _maker_plans(gathered: Gathered, makers: tuple[Maker, ...], selection: Selection) -> list[Plan]:
    """Each maker's plan as far as it is selected, or a selected one needs it."""
    plans = {
        maker.name: _selected(_maker_plan(gathered, maker), selection, gathered)
        for maker in makers
        if maker.name not in MADE_FOR
    }
    needed = {(step.needs, step.episode) for plan in plans.values() for step in plan.steps if step.needs}
    for maker in makers:
        if maker.name in MADE_FOR:
            plans[maker.name] = _plan_of_needed(gathered, maker, needed, selection)
    return [plans[maker.name] for maker in makers]


def _plan_of_needed(
    gathered: Gathered, maker: Maker, needed: set[tuple[str, str | None]], selection: Selection
) -> Plan:
    series = gathered.series
    chosen = (
        one for one in series.episodes if series.has_video_in_feed(one) or (maker.name, one.slug) in needed
    )
    plan = _maker_plan(replace(gathered, series=replace(series, episodes=tuple(chosen))), maker)

    def is_wanted(step: Step) -> bool:
        is_selected = step.made_for is None and _is_selected(step, selection, gathered)
        return is_selected or (step.output, step.episode) in needed

    return replace(plan, steps=tuple(filter(is_wanted, plan.steps)))


def _is_selected(step: Step, selection: Selection, gathered: Gathered) -> bool:
    """Whether a step is within the selection, or puts an end to something that must not be heard."""
    if selection.takes(step.output, step.episode):
        return True
    if step.output not in MEDIA_OUTPUTS:
        return step.action == "update" and step.episode in changed_redactions(gathered)
    episode = gathered.series.episode(step.episode)
    current = gathered.ledger.talk(step.episode or "").paths(step.output)
    if episode is None or not current or step.made_for is not None:
        return False
    return takes_out(step.changes, episode) or not gathered.leaking_files.isdisjoint(current)


def _selected(plan: Plan, selection: Selection, gathered: Gathered) -> Plan:
    return Plan(
        tuple(step for step in plan.steps if _is_selected(step, selection, gathered)),
        tuple(step for step in plan.later if selection.takes(step.output, step.episode)),
        tuple(one for one in plan.remarks if selection.takes(one.output, one.episode)),
    )


def _maker_plan(gathered: Gathered, maker: Maker) -> Plan:
    try:
        if isinstance(maker, Observer):
            receipts = receipts_of(gathered, maker.name)
            return maker.plan(gathered.series, receipts, gathered.observed.get(maker.name), gathered.now)
        return Plan(tuple(_maker_steps(gathered, maker)))
    except PublisherError as error:
        # A template of one output must not keep the others from their work.
        return Plan((), remarks=(Remark(maker.name, None, "trouble", f"{maker.name}: {error}"),))


def _is_seen_elsewhere(step: Step) -> bool:
    # A video's own texts are shown on YouTube only; whether there is a video, everywhere.
    only_there = step.output == "youtube" and step.action == "update" and "privacy" not in step.changes
    return step.episode is not None and not only_there and step.made_for is None


def _maker_steps(gathered: Gathered, maker: Maker) -> Iterable[Step]:
    for item in maker.items(gathered.series, gathered.now):
        step = _item_step(item, gathered)
        if step is not None:
            yield replace(step, cost=maker.cost(gathered.series, step))


def _item_step(item: Item, gathered: Gathered) -> Step | None:
    talk = gathered.ledger.talk(item.episode)
    receipt = talk.receipts.get(item.output)
    step = partial(Step, item.output, item.episode, inputs=item.inputs, made_for=item.made_for)
    if receipt is None or _is_elsewhere(talk, item):
        return step("make", "new")
    if receipt.open:
        return step("find", "interrupted")
    changes = tuple(name for name in item.inputs if receipt.inputs.get(name) != item.inputs[name])
    changes += tuple(sorted(name for name in receipt.inputs if name not in item.inputs))
    if _lost(talk, item, gathered):
        return step("make", "missing", changes)
    if changes:
        action: Action = "update" if item.light.issuperset(changes) else "make"
        return step(action, "changed: " + ", ".join(changes), changes)
    logger.debug("%s of %s: nothing to do, its inputs are those of the receipt", item.output, item.episode)
    return None


def _lost(talk: Talk, item: Item, gathered: Gathered) -> bool:
    files = gathered.public if item.made_for is None else gathered.outgoing
    return any(files.get(path, (-1, 0))[0] != length for path, length in talk.lengths(item.output))


def _is_elsewhere(talk: Talk, item: Item) -> bool:
    """Whether what was made is not for the place where the item belongs now."""
    is_published = item.made_for is None
    return any(addresses.is_public(path) != is_published for path, _ in talk.lengths(item.output))


def spent(gathered: Gathered) -> tuple[str, ...]:
    """The files below .publisher/ that wait to be sent, and are not going to be: there already,
    replaced, or of talks that are not to go there any more."""
    wanted = {one.slug for one in gathered.series.episodes if one.status == "ready" and one.youtube.upload}
    kept = {
        path
        for slug, talk in gathered.ledger.talks.items()
        if slug in wanted
        for output, user in MADE_FOR.items()
        if (sent := talk.receipts.get(user)) is None or sent.open
        for path, _ in talk.lengths(output)
    }
    return tuple(sorted(filter(addresses.is_outgoing, set(gathered.outgoing) - kept)))


@dataclass(frozen=True, slots=True)
class Differences:
    """How the documents that should exist differ from those that do, by path."""

    documents: tuple[Document, ...] = ()
    """Those to render: new, changed, missing or altered."""
    new: tuple[str, ...] = ()


def differences(
    documents: Iterable[Document], rendered: Mapping[str, Rendered], public: Snapshot
) -> Differences:
    """What has to be rendered for `documents` to be what lies under public/."""
    stale = [found for found in documents if not is_current(found, rendered, public)]
    return Differences(tuple(stale), tuple(found.path for found in stale if found.path not in public))


def orphans(documents: Iterable[str], gathered: Gathered) -> tuple[str, ...]:
    """The files in the tool's own folders of public/ that nothing published names any more.

    What else lies under public/ (a proof of ownership for a directory, say) is left alone.
    """
    named = set(documents)
    for talk in gathered.ledger.talks.values():
        named.update(path for output in MEDIA_OUTPUTS for path in talk.paths(output))
        named.update(old.path for old in talk.replaced)
    found = (path for path in gathered.public if path not in named)
    return tuple(sorted(path for path in found if addresses.is_own_file(path) or path in gathered.rendered))


def urgent(paths: Iterable[str], gathered: Gathered) -> tuple[str, ...]:
    """Of files that nothing names any more, those that go although something failed.

    They hold what must not be published, belong to a talk of which a part was taken out, or are the
    page of somebody or something that no talk names any more.
    """
    changed = changed_redactions(gathered)
    return tuple(
        path
        for path in paths
        if path in gathered.leaking_files
        or addresses.talk_of(path) in changed
        or addresses.listing_of(path) is not None
    )


def _documents(
    gathered: Gathered, renderers: tuple[Renderer, ...]
) -> tuple[dict[str, tuple[Document, ...]], tuple[Remark, ...]]:
    """The documents that should exist, by renderer, and what keeps a renderer from saying which."""
    documents: dict[str, tuple[Document, ...]] = {}
    broken: list[Remark] = []
    for renderer in renderers:
        shown = publication(gathered.series, gathered.ledger, gathered.now, places_of(renderer.name))
        try:
            documents[renderer.name] = tuple(renderer.documents(shown))
        except (PublisherError, OSError, ValueError) as error:
            broken.append(Remark(renderer.name, None, "trouble", f"{renderer.name}: {error}"))
    return documents, tuple(broken)


def _renderer_steps(
    gathered: Gathered, documents: Documents, follows: tuple[str, ...], retracted: frozenset[str]
) -> Iterable[Step]:
    paths = [document.path for found in documents.values() for document in found]
    orphaned = [path for path in orphans(paths, gathered) if path not in retracted]
    for output, names in RENDERED_FOR.items():
        # The documents that the output is named after come first, those it shares after them.
        named_first = sorted(names, key=lambda name: name != output)
        own = [document for name in named_first for document in documents.get(name, ())]
        found = differences(own, gathered.rendered, gathered.public)
        gone = tuple(path for path in orphaned if addresses.output_of(path) == output)
        changed = tuple(document.path for document in found.documents if document.path not in found.new)
        parts = {"new": found.new, "changed": changed, "gone": gone, "follows": follows}
        reasons = [f"{name}: {_some(listed)}" for name, listed in parts.items() if listed]
        if reasons:
            action: Action = "update" if changed or follows or gone else "make"
            keys = {document.path: document.key for document in found.documents}
            yield Step(output, None, action, "; ".join(reasons), found.new + changed + gone, inputs=keys)
        else:
            logger.debug("%s of the series: nothing to do, every document has its key of before", output)


def _some(names: tuple[str, ...], most: int = 3) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
