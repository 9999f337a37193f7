"""Decides what a release does, and why. Pure: no disk, no network, no clock.

Everything a decision needs is in a `Gathered`. What should exist is held against what the
ledger and the last rendering recorded and against what lies under public/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from publisher import addresses
from publisher.failures import Failed
from publisher.ledger import Ledger, Talk, publication
from publisher.model import PLACES, Episode, Receipt, Series
from publisher.plan import (
    EVERYTHING,
    MADE_FOR,
    RENDERED_FOR,
    Action,
    Document,
    Item,
    Maker,
    Observer,
    Plan,
    Remark,
    Renderer,
    Selection,
    Step,
    shown_by,
)
from publisher.withholding import waiting

SOUNDING = ("audio", "video")
"""The outputs that are made from recordings."""

Snapshot = Mapping[str, tuple[int, int]]
"""The files under public/: path to (bytes, time of change in ns)."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document as last written: its key, and the file's bytes and time of change then."""

    key: str
    file: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything a decision is made from, gathered beforehand."""

    series: Series
    ledger: Ledger
    now: datetime
    public: Snapshot
    rendered: Mapping[str, Rendered] = field(default_factory=dict)
    observed: Mapping[str, object] = field(default_factory=dict)
    """What observing makers found elsewhere, by their name."""
    outgoing: Snapshot = field(default_factory=dict)
    """The files below .publisher/ that wait to be sent, by their paths in there."""
    failed: tuple[Failed, ...] = ()
    """What failed before; told, and no reason for anything."""


def decide(
    gathered: Gathered,
    makers: Iterable[Maker],
    renderers: Iterable[Renderer],
    selection: Selection = EVERYTHING,
) -> Plan:
    """What has to be done so that everything published agrees with the catalogue."""
    plans = _maker_plans(gathered, tuple(makers), selection)
    made = [step for plan in plans for step in plan.steps]
    wanted = [*made, *(step for step in removals(gathered) if selection.takes(step.output, step.episode))]
    follows = tuple(f"{step.output} of {step.episode}" for step in wanted if _is_seen_elsewhere(step))
    rendered = _renderer_steps(gathered, tuple(renderers), follows)
    return Plan(
        tuple(step for step in wanted if step.action != "remove")
        + tuple(step for step in rendered if selection.takes(step.output))
        + tuple(step for step in wanted if step.action == "remove"),
        tuple(step for plan in plans for step in plan.later),
        (
            *(one for plan in plans for one in plan.remarks),
            *(one for one in _waiting(gathered) if selection.takes(one.output, one.episode)),
            *_stripped(gathered, made),
        ),
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
    made = {step.episode for step in steps if step.output in SOUNDING and step.action != "update"}
    for episode in gathered.series.episodes:
        if episode.slug in made and episode.recording is not None and episode.recording.metadata:
            names = tuple(sorted(episode.recording.metadata))
            text = f"left out of what is published, as the recording says it about itself: {_some(names, 12)}"
            yield Remark("audio", episode.slug, "stripped", text, names)


def receipts_of(gathered: Gathered, output: str) -> dict[str, Receipt]:
    """The receipts of one output, by slug."""
    talks = gathered.ledger.talks.items()
    return {slug: talk.receipts[output] for slug, talk in talks if output in talk.receipts}


def _maker_plans(gathered: Gathered, makers: tuple[Maker, ...], selection: Selection) -> list[Plan]:
    """Each maker's plan as far as it is selected, or a selected one needs it."""
    plans = {
        maker.name: _selected(_maker_plan(gathered, maker), selection)
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
        is_selected = step.made_for is None and selection.takes(step.output, step.episode)
        return is_selected or (step.output, step.episode) in needed

    return replace(plan, steps=tuple(filter(is_wanted, plan.steps)))


def _selected(plan: Plan, selection: Selection) -> Plan:
    return Plan(
        tuple(step for step in plan.steps if selection.takes(step.output, step.episode)),
        tuple(step for step in plan.later if selection.takes(step.output, step.episode)),
        tuple(one for one in plan.remarks if selection.takes(one.output, one.episode)),
    )


def _maker_plan(gathered: Gathered, maker: Maker) -> Plan:
    if isinstance(maker, Observer):
        receipts = receipts_of(gathered, maker.name)
        return maker.plan(gathered.series, receipts, gathered.observed.get(maker.name), gathered.now)
    return Plan(tuple(_maker_steps(gathered, maker)))


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
    if receipt is None or _is_elsewhere(talk, item):
        return _step(item, "make", "new")
    if receipt.open:
        return _step(item, "find", "interrupted")
    changes = tuple(name for name in item.inputs if receipt.inputs.get(name) != item.inputs[name])
    changes += tuple(sorted(name for name in receipt.inputs if name not in item.inputs))
    if _lost(talk, item, gathered):
        return _step(item, "make", "missing", changes)
    if changes:
        action: Action = "update" if item.light.issuperset(changes) else "make"
        return _step(item, action, "changed: " + ", ".join(changes), changes)
    return None


def _step(item: Item, action: Action, reason: str, changes: tuple[str, ...] = ()) -> Step:
    return Step(
        item.output, item.episode, action, reason, changes, inputs=item.inputs, made_for=item.made_for
    )


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
    return tuple(sorted(set(gathered.outgoing) - kept))


def removals(gathered: Gathered) -> tuple[Step, ...]:
    """What is to leave public/: the media of talks not published any more, videos that are not to be
    offered any more, and replaced files whose grace has passed."""
    talks = {episode.slug: episode for episode in gathered.series.episodes}
    return tuple(
        Step(output, talk.slug, "remove", why, paths)
        for talk in gathered.ledger.talks.values()
        for output in SOUNDING
        for why, paths in _leaving(output, talk, talks.get(talk.slug), gathered)
    )


def _leaving(
    output: str, talk: Talk, episode: Episode | None, gathered: Gathered
) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Why files of one output of a talk leave, and their paths."""
    replaced = [old for old in talk.replaced if addresses.is_video(old.path) == (output == "video")]
    made = talk.paths(output)
    if why := _why_gone(output, episode, gathered):
        if made or replaced:
            yield why, made + tuple(old.path for old in replaced)
        return
    expired = tuple(old.path for old in replaced if _is_expired(old.at, gathered))
    if expired:
        yield f"replaced more than {gathered.series.deliver.grace} days ago", expired


def _is_expired(at: datetime, gathered: Gathered) -> bool:
    return gathered.now - at >= timedelta(days=gathered.series.deliver.grace)


def _why_gone(output: str, episode: Episode | None, gathered: Gathered) -> str:
    """Why an output of a talk may not be seen; empty where it may."""
    if episode is None:
        return "no longer in the catalogue"
    is_video = output == "video"
    if not episode.is_due(gathered.now, "feed" if is_video else None):
        if episode.status != "ready":
            return episode.status
        held = [why for place, why in episode.withheld.items() if place == "feed" or not is_video]
        return next(iter(held), f"not before {episode.date.isoformat()}")
    if is_video and not gathered.series.has_video_in_feed(episode):
        return "the catalogue does not offer it any more"
    return ""


@dataclass(frozen=True, slots=True)
class Differences:
    """How the documents that should exist differ from those that do, by path."""

    documents: tuple[Document, ...] = ()
    """Those to render: new, changed, missing or altered."""
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.documents or self.gone)


def differences(
    documents: Iterable[Document], rendered: Mapping[str, Rendered], public: Snapshot
) -> Differences:
    """What has to be rendered for `documents` to be what lies under public/."""
    stale = [found for found in documents if not _is_current(found, rendered, public)]
    return Differences(tuple(stale), tuple(found.path for found in stale if found.path not in public))


def orphans(documents: Iterable[str], gathered: Gathered) -> tuple[str, ...]:
    """The files in the tool's own folders of public/ that nothing published names any more.

    What else lies under public/ (a proof of ownership for a directory, say) is left alone.
    """
    named = set(documents)
    for talk in gathered.ledger.talks.values():
        named.update(path for output in SOUNDING for path in talk.paths(output))
        named.update(old.path for old in talk.replaced)
    found = (path for path in gathered.public if path not in named)
    return tuple(
        sorted(path for path in found if path.startswith(addresses.OWN_FOLDERS) or path in gathered.rendered)
    )


def _is_current(document: Document, rendered: Mapping[str, Rendered], public: Snapshot) -> bool:
    known = rendered.get(document.path)
    return known is not None and known.key == document.key and public.get(document.path) == known.file


def _renderer_steps(
    gathered: Gathered, renderers: tuple[Renderer, ...], follows: tuple[str, ...]
) -> Iterable[Step]:
    published = publication(gathered.series, gathered.ledger, gathered.now)
    documents = {
        renderer.name: tuple(renderer.documents(shown_by(published, renderer.name))) for renderer in renderers
    }
    paths = [document.path for found in documents.values() for document in found]
    gone = orphans(paths, gathered)
    for output, names in RENDERED_FOR.items():
        # What an output is called after is told first, what it shares with others after that.
        named_first = sorted(names, key=lambda name: name != output)
        own = [document for name in named_first for document in documents.get(name, ())]
        leaving = tuple(path for path in gone if addresses.output_of(path) == output)
        step = _rendering_step(output, differences(own, gathered.rendered, gathered.public), leaving, follows)
        if step is not None:
            yield step


def _rendering_step(
    output: str, found: Differences, gone: tuple[str, ...], follows: tuple[str, ...]
) -> Step | None:
    if not (found or gone or follows):
        return None
    changed = tuple(document.path for document in found.documents if document.path not in found.new)
    parts = {"new": found.new, "changed": changed, "gone": gone, "follows": follows}
    reasons = [f"{name}: {_some(paths)}" for name, paths in parts.items() if paths]
    action: Action = "update" if changed or follows or gone else "make"
    keys = {document.path: document.key for document in found.documents}
    return Step(output, None, action, "; ".join(reasons), found.new + changed + gone, inputs=keys)


def _some(names: tuple[str, ...], most: int = 3) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
