"""Decides what a release does, and why. Pure: no disk, no network, no clock.

Compares the outputs that should exist with the receipts, the last rendering and the files under
public/, all in a `ReleaseState`. Retractions are planned in `publisher.retractions`, removals of
replaced files in `publisher.replaced_files`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from publisher import site_paths
from publisher.errors import PublisherError
from publisher.ledger import EpisodeRecord, WithdrawalLock, publication
from publisher.notices import (
    consent_notices,
    delivery_notices,
    missing_notices,
    mixed_notices,
    shorten,
    stripped_notices,
)
from publisher.plan import (
    EVERYTHING,
    INTERMEDIATE_FOR,
    MEDIA_OUTPUTS,
    RENDERERS_BY_OUTPUT,
    Action,
    Document,
    LedgerChange,
    Maker,
    Notice,
    Plan,
    RemoteMaker,
    Renderer,
    Selection,
    StartGrace,
    Step,
    Target,
    Withdraw,
    places_of,
)
from publisher.prepared import as_released, usable
from publisher.release_state import (
    Documents,
    FileIndex,
    ReleaseState,
    RenderedFile,
    changed_redactions,
    is_current,
    receipts_for,
)
from publisher.replaced_files import is_redacting, is_unlinked, removals, retention_notices
from publisher.retractions import retractions, unlinked_folders

logger = logging.getLogger(__name__)


def build_plan(
    state: ReleaseState,
    makers: Iterable[Maker],
    renderers: Iterable[Renderer],
    selection: Selection = EVERYTHING,
) -> Plan:
    """The steps after which everything published matches the catalogue.

    Every plan contains all retractions, independent of the selection. If the state is incomplete
    (`ReleaseState.is_complete`), or a missing episode needs a decision, it contains nothing else.
    """
    every_maker = tuple(makers)
    undecided = missing_notices(state) if state.is_complete else ()
    if undecided or not state.is_complete:
        plan = Plan(retractions(state, every_maker), notices=undecided, changes=ledger_changes(state))
        logger.info(
            "only retractions are planned: catalogue or receipts have errors, or a decision is needed"
        )
        _log(plan)
        return plan
    documents, broken = _documents(state, tuple(renderers))
    retracting = retractions(state, every_maker, documents)
    plans = _maker_plans(state, every_maker, selection)
    made = [step for plan in plans for step in plan.steps]
    removing = [
        step
        for step in removals(state, made)
        if step.superseded or selection.includes(step.output, step.episode)
    ]
    hiding = (step for step in retracting if step.action == "hide")
    follows = tuple(
        dict.fromkeys(step.episode or "" for step in (*made, *removing, *hiding) if _changes_documents(step))
    )
    retracted = frozenset(path for step in retracting for path in step.changes)
    rendering = _renderer_steps(state, documents, follows, retracted)
    # Documents that show what must not be visible any more are rendered, also if they are not selected.
    is_needed = any(step.superseded for step in removing) or bool(
        changed_redactions(state) or state.leaking_files or unlinked_folders(state)
    )
    selected = (step for step in rendering if is_needed or selection.includes(step.output))
    steps = (*retracting, *made, *selected, *removing)
    plan = Plan(
        (*steps, *_deliver_steps(state, steps, selection)),
        tuple(step for plan in plans for step in plan.deferred),
        (
            *(notice for plan in plans for notice in plan.notices),
            *broken,
            *_notices(state, made, removing, selection),
        ),
        ledger_changes(state),
    )
    _log(plan)
    return plan


def _notices(
    state: ReleaseState, made: list[Step], removing: list[Step], selection: Selection
) -> Iterable[Notice]:
    """What a producer should know of the steps, besides what makers and renderers say."""
    for notice in consent_notices(state):
        if selection.includes(notice.output, notice.episode):
            yield notice
    yield from stripped_notices(state, made)
    yield from mixed_notices(state.series, state.ledger)
    yield from retention_notices(state, removing)
    yield from delivery_notices(state, selection)


def _deliver_steps(state: ReleaseState, steps: tuple[Step, ...], selection: Selection) -> Iterable[Step]:
    """The step that makes the destination equal to public/, if something differs or will."""
    delivery = state.delivery
    if delivery is None or not selection.includes("deliver"):
        return
    transfers = delivery.transfers()
    parts = {
        "send": transfers.paths,
        "remove": transfers.removed,
        "follows": tuple(dict.fromkeys(step.output for step in steps)),
        "check": () if delivery.is_proved else ("the public addresses",),
        "announce to": delivery.unannounced,
    }
    reasons = [f"{name}: {shorten(listed)}" for name, listed in parts.items() if listed]
    if reasons:
        cost = {"bytes to deliver": float(sum(delivery.local[path].size for path in transfers.paths))}
        changes = (*transfers.paths, *transfers.removed)
        yield Step("deliver", None, "update", "; ".join(reasons), changes, cost)


def _log(plan: Plan) -> None:
    for step in (*plan.steps, *plan.deferred):
        subject = step.episode or "the series"
        logger.info("%s of %s on day %d: %s: %s", step.output, subject, step.day, step.action, step.reason)
    for notice in plan.notices:
        subject = notice.episode or "the series"
        logger.info("%s of %s: %s: %s", notice.output, subject, notice.kind, notice.text)


def ledger_changes(state: ReleaseState) -> tuple[LedgerChange, ...]:
    """Locks of published episodes that the catalogue withdraws: they remain if the catalogue changes.

    Also the beginning of the days for which files stay at the addresses of a former slug.
    """
    day = state.now.date()
    withdrawn = (episode.slug for episode in state.series.episodes if episode.status == "withdrawn")
    locks = (
        Withdraw(record.slug, WithdrawalLock(day, "status in the catalogue"))
        for record in map(state.ledger.record, withdrawn)
        if record.published is not None and record.withdrawn is None
    )
    renamed = (
        StartGrace(record.slug, state.now)
        for record in state.ledger.records.values()
        if state.is_complete and any(former.at is None for former in record.former)
    )
    return (*locks, *renamed)


def _maker_plans(state: ReleaseState, makers: tuple[Maker, ...], selection: Selection) -> list[Plan]:
    """The selected steps of each maker, and those on which a selected step depends."""
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
            plans[maker.name] = _intermediate_plan(state, maker, needed, selection)
    return [plans[maker.name] for maker in makers]


def _intermediate_plan(
    state: ReleaseState, maker: Maker, needed: set[tuple[str, str | None]], selection: Selection
) -> Plan:
    series = state.series
    episodes = (
        episode
        for episode in series.episodes
        if series.has_video_in_feed(episode) or (maker.name, episode.slug) in needed
    )
    plan = _maker_plan(replace(state, series=replace(series, episodes=tuple(episodes))), maker)
    steps = (
        step
        for step in plan.steps
        if (step.made_for is None and _is_selected(step, selection, state))
        or (step.output, step.episode) in needed
    )
    return replace(plan, steps=tuple(steps))


def _is_selected(step: Step, selection: Selection, state: ReleaseState) -> bool:
    """Whether a step is selected, or replaces something that must not be published any more."""
    if selection.includes(step.output, step.episode):
        return True
    if step.output not in MEDIA_OUTPUTS:
        return step.action == "update" and step.episode in changed_redactions(state)
    episode = state.series.episode(step.episode)
    current = state.ledger.record(step.episode or "").file_paths(step.output)
    if episode is None or not current or step.made_for is not None:
        return False
    return (
        is_redacting(step.changes, episode)
        or not state.leaking_files.isdisjoint(current)
        or any(is_unlinked(path, state.ledger.record(episode.slug)) for path in current)
    )


def _selected(plan: Plan, selection: Selection, state: ReleaseState) -> Plan:
    return Plan(
        tuple(step for step in plan.steps if _is_selected(step, selection, state)),
        tuple(step for step in plan.deferred if selection.includes(step.output, step.episode)),
        tuple(notice for notice in plan.notices if selection.includes(notice.output, notice.episode)),
    )


def _maker_plan(state: ReleaseState, maker: Maker) -> Plan:
    try:
        if isinstance(maker, RemoteMaker):
            receipts = receipts_for(state, maker.name)
            return maker.plan(state.series, receipts, state.observed.get(maker.name), state.now)
        return Plan(tuple(_maker_steps(state, maker)))
    except PublisherError as error:
        # An error in the template of one output must not stop the other outputs.
        return Plan((), notices=(Notice(maker.name, None, "trouble", f"{maker.name}: {error}"),))


def _changes_documents(step: Step) -> bool:
    # A video's texts appear only on YouTube; the link to the video appears in feed and pages.
    only_texts = step.output == "youtube" and step.action == "update" and "privacy" not in step.changes
    return step.episode is not None and not only_texts and step.made_for is None


def _maker_steps(state: ReleaseState, maker: Maker) -> Iterable[Step]:
    for target in maker.items(state.series, state.now):
        step = _target_step(target, state)
        if step is None:
            continue
        if step.action != "update":
            step = replace(step, prepared=usable(target, state))
        yield replace(step, cost=maker.cost(state.series, step))


def preview_steps(state: ReleaseState, makers: Iterable[Maker]) -> tuple[Step, ...]:
    """The steps that make the media of every talk as it will be released, drafts and embargoed ones too."""
    released = as_released(state)
    media = (maker for maker in makers if maker.name in MEDIA_OUTPUTS)
    steps = (step for maker in media for step in _maker_steps(released, maker))
    return tuple(step for step in steps if step.made_for is None)


def _target_step(target: Target, state: ReleaseState) -> Step | None:
    record = state.ledger.record(target.episode)
    receipt = record.receipts.get(target.output)
    step = partial(Step, target.output, target.episode, inputs=target.inputs, made_for=target.made_for)
    if receipt is None or _is_in_wrong_folder(record, target):
        return step("make", "new")
    if receipt.open:
        return step("resume", "interrupted")
    changes = tuple(name for name in target.inputs if receipt.inputs.get(name) != target.inputs[name])
    changes += tuple(sorted(name for name in receipt.inputs if name not in target.inputs))
    if _is_missing(record, target, state):
        return step("make", "missing", changes)
    if changes:
        action: Action = "update" if target.retag_inputs.issuperset(changes) else "make"
        return step(action, "changed: " + ", ".join(changes), changes)
    logger.debug("%s of %s: no step: its inputs match the receipt", target.output, target.episode)
    return None


def _is_missing(record: EpisodeRecord, target: Target, state: ReleaseState) -> bool:
    files = state.public if target.made_for is None else state.outgoing
    return any(files.get(path, (-1, 0))[0] != length for path, length in record.file_sizes(target.output))


def _is_in_wrong_folder(record: EpisodeRecord, target: Target) -> bool:
    """Whether the file is below .publisher/ but the target is published, or the reverse."""
    is_published = target.made_for is None
    return any(site_paths.is_public(path) != is_published for path, _ in record.file_sizes(target.output))


def stale_outgoing_files(state: ReleaseState) -> tuple[str, ...]:
    """The files below .publisher/ that will not be uploaded: uploaded already, replaced, or of episodes
    that are not uploaded any more."""
    uploading = {
        episode.slug
        for episode in state.series.episodes
        if episode.status == "ready" and episode.youtube.upload
    }
    kept = {
        path
        for slug, record in state.ledger.records.items()
        if slug in uploading
        for output, user in INTERMEDIATE_FOR.items()
        if (receipt := record.receipts.get(user)) is None or receipt.open
        for path, _ in record.file_sizes(output)
    }
    return tuple(sorted(filter(site_paths.is_outgoing, set(state.outgoing) - kept)))


@dataclass(frozen=True, slots=True)
class DocumentDiff:
    """The difference between the documents that should exist and the existing files."""

    documents: tuple[Document, ...] = ()
    """The documents to render: new, changed, missing or modified."""
    new: tuple[str, ...] = ()
    """The paths of those that do not exist."""


def diff_documents(
    documents: Iterable[Document], rendered: Mapping[str, RenderedFile], public: FileIndex
) -> DocumentDiff:
    """The documents that must be rendered."""
    stale = [document for document in documents if not is_current(document, rendered, public)]
    return DocumentDiff(
        tuple(stale), tuple(document.path for document in stale if document.path not in public)
    )


def orphans(documents: Iterable[str], state: ReleaseState) -> tuple[str, ...]:
    """The tool's own files under public/ that nothing published refers to any more.

    Other files under public/ (for example a proof of ownership for a podcast directory) are kept.
    """
    named = set(documents)
    for record in state.ledger.records.values():
        named.update(path for output in MEDIA_OUTPUTS for path in record.file_paths(output))
        named.update(old.path for old in record.replaced)
    found = (path for path in state.public if path not in named)
    return tuple(sorted(path for path in found if site_paths.is_managed_file(path) or path in state.rendered))


def urgent_removals(paths: Iterable[str], state: ReleaseState) -> tuple[str, ...]:
    """The orphaned files that are removed even if a document failed.

    They contain private content, belong to an episode with changed redactions, or are pages of a
    person, season or topic that no episode names any more.
    """
    changed = changed_redactions(state)
    return tuple(
        path
        for path in paths
        if path in state.leaking_files
        or state.ledger.owner(site_paths.slug_from_path(path)) in changed
        or site_paths.listing_of(path) is not None
    )


def _documents(
    state: ReleaseState, renderers: tuple[Renderer, ...]
) -> tuple[dict[str, tuple[Document, ...]], tuple[Notice, ...]]:
    """The documents that should exist, by renderer, and a notice for each renderer that failed."""
    documents: dict[str, tuple[Document, ...]] = {}
    broken: list[Notice] = []
    names = {renderer.name for renderer in renderers}
    visible = {
        places: publication(state.series, state.ledger, state.now, places)
        for places in dict.fromkeys(map(places_of, names))
    }
    for renderer in renderers:
        try:
            documents[renderer.name] = tuple(renderer.documents(visible[places_of(renderer.name)]))
        except (PublisherError, OSError, ValueError) as error:
            broken.append(Notice(renderer.name, None, "trouble", f"{renderer.name}: {error}"))
    return documents, tuple(broken)


def _renderer_steps(
    state: ReleaseState, documents: Documents, follows: tuple[str, ...], retracted: frozenset[str]
) -> Iterable[Step]:
    paths = [document.path for found in documents.values() for document in found]
    orphaned = [path for path in orphans(paths, state) if path not in retracted]
    for output, names in RENDERERS_BY_OUTPUT.items():
        # The output's own documents come first, those shared with other outputs after them.
        named_first = sorted(names, key=lambda name: name != output)
        own = [document for name in named_first for document in documents.get(name, ())]
        diff = diff_documents(own, state.rendered, state.public)
        gone = tuple(path for path in orphaned if site_paths.output_for_path(path) == output)
        new = frozenset(diff.new)
        changed = tuple(document.path for document in diff.documents if document.path not in new)
        parts = {"new": diff.new, "changed": changed, "gone": gone, "talks": follows}
        reasons = [f"{name}: {shorten(listed)}" for name, listed in parts.items() if listed]
        if reasons:
            action: Action = "update" if changed or follows or gone else "make"
            keys = {document.path: document.key for document in diff.documents}
            yield Step(output, None, action, "; ".join(reasons), diff.new + changed + gone, inputs=keys)
        else:
            logger.debug("%s of the series: no step: no document has a new key", output)
