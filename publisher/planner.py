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

from publisher import site_paths
from publisher.errors import PublisherError
from publisher.ledger import EpisodeRecord, WithdrawalLock, publication
from publisher.model import PLACES
from publisher.plan import (
    EVERYTHING,
    INTERMEDIATE_FOR,
    MEDIA_OUTPUTS,
    RENDERED_FOR,
    Action,
    Document,
    LedgerChange,
    Maker,
    Notice,
    Plan,
    RemoteMaker,
    Renderer,
    Selection,
    Step,
    Target,
    Withdraw,
    places_of,
)
from publisher.release_state import (
    Documents,
    FileIndex,
    ReleaseState,
    RenderedFile,
    changed_redactions,
    is_current,
    receipts_for,
)
from publisher.removals import kept_at_old_address, removals, takes_out
from publisher.retractions import retractions
from publisher.visibility import missing_consents

logger = logging.getLogger(__name__)


def build_plan(
    state: ReleaseState,
    makers: Iterable[Maker],
    renderers: Iterable[Renderer],
    selection: Selection = EVERYTHING,
) -> Plan:
    """What has to be done so that everything published agrees with the catalogue.

    What takes something back is in every plan, whatever the selection; in a plan of incomplete
    knowledge (`Gathered.is_complete`) there is nothing else.
    """
    every_maker = tuple(makers)
    if not state.is_complete:
        return Plan(retractions(state, every_maker), changes=ledger_changes(state))
    documents, broken = _documents(state, tuple(renderers))
    taken_back = retractions(state, every_maker, documents)
    plans = _maker_plans(state, every_maker, selection)
    made = [step for plan in plans for step in plan.steps]
    leaving = [
        step
        for step in removals(state, made)
        if step.superseded or selection.takes(step.output, step.episode)
    ]
    elsewhere = (step for step in taken_back if step.action == "hide")
    follows = tuple(
        f"{step.output} of {step.episode}"
        for step in (*made, *leaving, *elsewhere)
        if _is_seen_elsewhere(step)
    )
    retracted = frozenset(path for step in taken_back for path in step.changes)
    rendered = _renderer_steps(state, documents, follows, retracted)
    # Documents that show what must not be seen any more have to be rendered, whatever was asked for.
    is_needed = any(step.superseded for step in leaving) or bool(
        changed_redactions(state) or state.leaking_files
    )
    plan = Plan(
        (
            *taken_back,
            *made,
            *(step for step in rendered if is_needed or selection.takes(step.output)),
            *leaving,
        ),
        tuple(step for plan in plans for step in plan.deferred),
        (
            *(one for plan in plans for one in plan.notices),
            *broken,
            *(one for one in _waiting(state) if selection.takes(one.output, one.episode)),
            *_stripped(state, made),
            *kept_at_old_address(state, leaving),
        ),
        ledger_changes(state),
    )
    for step in (*plan.steps, *plan.deferred):
        what = step.episode or "the series"
        logger.info("%s of %s on day %d: %s: %s", step.output, what, step.day, step.action, step.reason)
    for remark in plan.notices:
        logger.info("%s of %s: %s", remark.output, remark.episode or "the series", remark.text)
    return plan


def ledger_changes(state: ReleaseState) -> tuple[LedgerChange, ...]:
    """The locks of published talks that the catalogue withdraws: they hold also when it forgets that."""
    day = state.now.date()
    talks = (state.ledger.talk(one.slug) for one in state.series.episodes if one.status == "withdrawn")
    return tuple(
        Withdraw(talk.slug, WithdrawalLock(day, "status in the catalogue"))
        for talk in talks
        if talk.published is not None and talk.withdrawn is None
    )


def _waiting(state: ReleaseState) -> Iterable[Notice]:
    """The talks whose date has come and that wait for a guest's consent, place by place."""
    for episode in state.series.episodes:
        if episode.status != "ready" or episode.date > state.now:
            continue
        for place in PLACES:
            missing = missing_consents(state.series, episode, place, state.now)
            if missing and (place != "youtube" or episode.youtube.upload):
                text = f"{place}: waits for the consent of {', '.join(missing)}"
                yield Notice(place, episode.slug, "withheld", text)


def _stripped(state: ReleaseState, steps: Iterable[Step]) -> Iterable[Notice]:
    """What the recordings about to be published say of themselves, by the names of their tags."""
    made = {step.episode for step in steps if step.output in MEDIA_OUTPUTS and step.action != "update"}
    for episode in state.series.episodes:
        if episode.slug in made and episode.recording is not None and episode.recording.metadata:
            names = tuple(sorted(episode.recording.metadata))
            text = f"left out of what is published, as the recording says it about itself: {_some(names, 12)}"
            yield Notice("audio", episode.slug, "stripped", text, names)


def _maker_plans(state: ReleaseState, makers: tuple[Maker, ...], selection: Selection) -> list[Plan]:
    """Each maker's plan as far as it is selected, or a selected one needs it."""
    plans = {
        maker.name: _selected(_maker_plan(state, maker), selection, state)
        for maker in makers
        if maker.name not in INTERMEDIATE_FOR
    }
    needed = {
        (step.depends_on, step.episode) for plan in plans.values() for step in plan.steps if step.depends_on
    }
    for maker in makers:
        if maker.name in INTERMEDIATE_FOR:
            plans[maker.name] = _plan_of_needed(state, maker, needed, selection)
    return [plans[maker.name] for maker in makers]


def _plan_of_needed(
    state: ReleaseState, maker: Maker, needed: set[tuple[str, str | None]], selection: Selection
) -> Plan:
    series = state.series
    chosen = (
        one for one in series.episodes if series.has_video_in_feed(one) or (maker.name, one.slug) in needed
    )
    plan = _maker_plan(replace(state, series=replace(series, episodes=tuple(chosen))), maker)

    def is_wanted(step: Step) -> bool:
        is_selected = step.made_for is None and _is_selected(step, selection, state)
        return is_selected or (step.output, step.episode) in needed

    return replace(plan, steps=tuple(filter(is_wanted, plan.steps)))


def _is_selected(step: Step, selection: Selection, state: ReleaseState) -> bool:
    """Whether a step is within the selection, or puts an end to something that must not be heard."""
    if selection.takes(step.output, step.episode):
        return True
    if step.output not in MEDIA_OUTPUTS:
        return step.action == "update" and step.episode in changed_redactions(state)
    episode = state.series.episode(step.episode)
    current = state.ledger.talk(step.episode or "").file_paths(step.output)
    if episode is None or not current or step.made_for is not None:
        return False
    return takes_out(step.changes, episode) or not state.leaking_files.isdisjoint(current)


def _selected(plan: Plan, selection: Selection, state: ReleaseState) -> Plan:
    return Plan(
        tuple(step for step in plan.steps if _is_selected(step, selection, state)),
        tuple(step for step in plan.deferred if selection.takes(step.output, step.episode)),
        tuple(one for one in plan.notices if selection.takes(one.output, one.episode)),
    )


def _maker_plan(state: ReleaseState, maker: Maker) -> Plan:
    try:
        if isinstance(maker, RemoteMaker):
            receipts = receipts_for(state, maker.name)
            return maker.plan(state.series, receipts, state.observed.get(maker.name), state.now)
        return Plan(tuple(_maker_steps(state, maker)))
    except PublisherError as error:
        # A template of one output must not keep the others from their work.
        return Plan((), notices=(Notice(maker.name, None, "trouble", f"{maker.name}: {error}"),))


def _is_seen_elsewhere(step: Step) -> bool:
    # A video's own texts are shown on YouTube only; whether there is a video, everywhere.
    only_there = step.output == "youtube" and step.action == "update" and "privacy" not in step.changes
    return step.episode is not None and not only_there and step.made_for is None


def _maker_steps(state: ReleaseState, maker: Maker) -> Iterable[Step]:
    for item in maker.items(state.series, state.now):
        step = _item_step(item, state)
        if step is not None:
            yield replace(step, cost=maker.cost(state.series, step))


def _item_step(item: Target, state: ReleaseState) -> Step | None:
    talk = state.ledger.talk(item.episode)
    receipt = talk.receipts.get(item.output)
    step = partial(Step, item.output, item.episode, inputs=item.inputs, made_for=item.made_for)
    if receipt is None or _is_elsewhere(talk, item):
        return step("make", "new")
    if receipt.open:
        return step("resume", "interrupted")
    changes = tuple(name for name in item.inputs if receipt.inputs.get(name) != item.inputs[name])
    changes += tuple(sorted(name for name in receipt.inputs if name not in item.inputs))
    if _lost(talk, item, state):
        return step("make", "missing", changes)
    if changes:
        action: Action = "update" if item.retag_inputs.issuperset(changes) else "make"
        return step(action, "changed: " + ", ".join(changes), changes)
    logger.debug("%s of %s: nothing to do, its inputs are those of the receipt", item.output, item.episode)
    return None


def _lost(talk: EpisodeRecord, item: Target, state: ReleaseState) -> bool:
    files = state.public if item.made_for is None else state.outgoing
    return any(files.get(path, (-1, 0))[0] != length for path, length in talk.file_sizes(item.output))


def _is_elsewhere(talk: EpisodeRecord, item: Target) -> bool:
    """Whether what was made is not for the place where the item belongs now."""
    is_published = item.made_for is None
    return any(site_paths.is_public(path) != is_published for path, _ in talk.file_sizes(item.output))


def stale_outgoing_files(state: ReleaseState) -> tuple[str, ...]:
    """The files below .publisher/ that wait to be sent, and are not going to be: there already,
    replaced, or of talks that are not to go there any more."""
    wanted = {one.slug for one in state.series.episodes if one.status == "ready" and one.youtube.upload}
    kept = {
        path
        for slug, talk in state.ledger.talks.items()
        if slug in wanted
        for output, user in INTERMEDIATE_FOR.items()
        if (sent := talk.receipts.get(user)) is None or sent.open
        for path, _ in talk.file_sizes(output)
    }
    return tuple(sorted(filter(site_paths.is_outgoing, set(state.outgoing) - kept)))


@dataclass(frozen=True, slots=True)
class DocumentDiff:
    """How the documents that should exist differ from those that do, by path."""

    documents: tuple[Document, ...] = ()
    """Those to render: new, changed, missing or altered."""
    new: tuple[str, ...] = ()


def diff_documents(
    documents: Iterable[Document], rendered: Mapping[str, RenderedFile], public: FileIndex
) -> DocumentDiff:
    """What has to be rendered for `documents` to be what lies under public/."""
    stale = [found for found in documents if not is_current(found, rendered, public)]
    return DocumentDiff(tuple(stale), tuple(found.path for found in stale if found.path not in public))


def orphans(documents: Iterable[str], state: ReleaseState) -> tuple[str, ...]:
    """The files in the tool's own folders of public/ that nothing published names any more.

    What else lies under public/ (a proof of ownership for a directory, say) is left alone.
    """
    named = set(documents)
    for talk in state.ledger.talks.values():
        named.update(path for output in MEDIA_OUTPUTS for path in talk.file_paths(output))
        named.update(old.path for old in talk.replaced)
    found = (path for path in state.public if path not in named)
    return tuple(sorted(path for path in found if site_paths.is_own_file(path) or path in state.rendered))


def urgent(paths: Iterable[str], state: ReleaseState) -> tuple[str, ...]:
    """Of files that nothing names any more, those that go although something failed.

    They hold what must not be published, belong to a talk of which a part was taken out, or are the
    page of somebody or something that no talk names any more.
    """
    changed = changed_redactions(state)
    return tuple(
        path
        for path in paths
        if path in state.leaking_files
        or site_paths.slug_from_path(path) in changed
        or site_paths.listing_of(path) is not None
    )


def _documents(
    state: ReleaseState, renderers: tuple[Renderer, ...]
) -> tuple[dict[str, tuple[Document, ...]], tuple[Notice, ...]]:
    """The documents that should exist, by renderer, and what keeps a renderer from saying which."""
    documents: dict[str, tuple[Document, ...]] = {}
    broken: list[Notice] = []
    for renderer in renderers:
        shown = publication(state.series, state.ledger, state.now, places_of(renderer.name))
        try:
            documents[renderer.name] = tuple(renderer.documents(shown))
        except (PublisherError, OSError, ValueError) as error:
            broken.append(Notice(renderer.name, None, "trouble", f"{renderer.name}: {error}"))
    return documents, tuple(broken)


def _renderer_steps(
    state: ReleaseState, documents: Documents, follows: tuple[str, ...], retracted: frozenset[str]
) -> Iterable[Step]:
    paths = [document.path for found in documents.values() for document in found]
    orphaned = [path for path in orphans(paths, state) if path not in retracted]
    for output, names in RENDERED_FOR.items():
        # The documents that the output is named after come first, those it shares after them.
        named_first = sorted(names, key=lambda name: name != output)
        own = [document for name in named_first for document in documents.get(name, ())]
        found = diff_documents(own, state.rendered, state.public)
        gone = tuple(path for path in orphaned if site_paths.output_for_path(path) == output)
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
