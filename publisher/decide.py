"""Decides what a release does, and why. Pure: no disk, no network, no clock.

Everything a decision needs is in a `Gathered`. What should exist is held against what the
ledger and the last rendering recorded and against what lies under public/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from publisher import addresses
from publisher.errors import LeakError, PublisherError
from publisher.failures import Failed
from publisher.ledger import Ledger, Lock, Talk, publication
from publisher.model import PLACES, Episode, Receipt, Series
from publisher.plan import (
    EVERYTHING,
    MADE_FOR,
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
    Retractor,
    Selection,
    Step,
    Withdraw,
    places_of,
)
from publisher.withholding import LEAKING, WITHDRAWN, Hidden, hidden, redaction, taken_out_since, waiting

SOUNDING = ("audio", "video")
"""The outputs that are made from recordings."""

Snapshot = Mapping[str, tuple[int, int]]
"""The files under public/: path to (bytes, time of change in ns)."""

Documents = Mapping[str, tuple[Document, ...]]
"""The documents that should exist, by the name of their renderer."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document as last written: its key, and the file's bytes and time of change then."""

    key: str
    file: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Visibility:
    """What is known of what stands under public/; losing it costs time.

    `absent` are the places in which nothing of a talk stands any more, by slug. `redactions` say
    what was left out of a talk when all its documents were last rendered. `searched` holds, by
    slug, the key of the texts in which no leak was found; `secrets` the key of the words that
    everything standing was searched for.
    """

    absent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    redactions: Mapping[str, str] = field(default_factory=dict)
    searched: Mapping[str, str] = field(default_factory=dict)
    secrets: str = ""


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
    mentioned: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """The shared documents under public/ that mention a hidden talk: by slug, then by place."""
    visibility: Visibility = Visibility()
    """What was recorded of what stands under public/."""
    searched: Mapping[str, str] = field(default_factory=dict)
    """The keys of the texts in which no leak was found now, by slug; see `Visibility`."""
    secrets: str = ""
    """The key of the words that everything standing was searched for now; see `Visibility`."""
    leaks: Mapping[str, LeakError] = field(default_factory=dict)
    """The talks whose texts hold what must not be published, and where: they are held back."""
    leaking_files: frozenset[str] = frozenset()
    """The files under public/ that hold what must not be published."""
    is_complete: bool = True
    """False where catalogue or receipts have errors: then only what takes something back is planned."""


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
    return Plan(
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
            *_staying(gathered, leaving),
        ),
        ledger_changes(gathered),
    )


def ledger_changes(gathered: Gathered) -> tuple[LedgerChange, ...]:
    """The locks of published talks that the catalogue withdraws: they hold also when it forgets that."""
    day = gathered.now.date()
    talks = (
        (one.slug, gathered.ledger.talk(one.slug))
        for one in gathered.series.episodes
        if one.status == "withdrawn"
    )
    return tuple(
        Withdraw(slug, Lock(day, "status in the catalogue"))
        for slug, talk in talks
        if talk.published is not None and talk.withdrawn is None
    )


def hidden_talks(gathered: Gathered) -> Hidden:
    """The talks of which nothing may be seen in some place, and why."""
    return hidden(gathered.series, gathered.ledger, gathered.now, is_complete=gathered.is_complete)


def retractions(
    gathered: Gathered, makers: Iterable[Maker] = (), documents: Documents | None = None
) -> tuple[Step, ...]:
    """What takes back everything of a talk that stands where it may not be seen.

    First what is shown, then what is played, then what other services show. `documents` are those
    that should exist: of them, one that is as it should be stays.
    """
    hidden_in = hidden_talks(gathered)
    current = {
        document.path
        for found in (documents or {}).values()
        for document in found
        if _is_current(document, gathered.rendered, gathered.public)
    }
    own = _own_files(gathered, hidden_in)
    shown = [
        step for slug in hidden_in for step in _shown_steps(slug, hidden_in[slug], own, current, gathered)
    ]
    played = [step for slug in hidden_in for step in _media_steps(slug, hidden_in[slug], own, gathered)]
    shown += _person_steps(gathered)
    elsewhere = [step for maker in makers for step in _steps_elsewhere(maker, hidden_in, gathered)]
    order = list(RENDERED_FOR)[::-1]
    shown.sort(key=lambda step: order.index(step.output))
    return (*shown, *played, *elsewhere)


def changed_redactions(gathered: Gathered) -> frozenset[str]:
    """The talks of which something is left out that was not, when their documents were last rendered."""
    known = gathered.visibility.redactions
    return frozenset(
        one.slug
        for one in gathered.series.episodes
        if redaction(one) and known.get(one.slug) != redaction(one)
    )


MAX_UNASKED = 3
"""Talks that a release takes back without asking, when no one of them was withdrawn by name."""


def unexpected_removals(gathered: Gathered, plan: Plan) -> tuple[str, ...]:
    """The talks that would be taken back although nobody withdrew them, where that are suspiciously many.

    More than a few, or a third of what is published: a clock that is wrong, or half a catalogue,
    looks like this.
    """
    hidden_in = hidden_talks(gathered)
    asked = {step.episode for step in plan.retractions if step.is_local}
    slugs = tuple(
        slug for slug in hidden_in if slug in asked and not all(map(_is_asked_for, hidden_in[slug].values()))
    )
    published = sum(talk.published is not None for talk in gathered.ledger.talks.values())
    is_many = len(slugs) > MAX_UNASKED or (len(slugs) > 1 and 3 * len(slugs) >= published)
    return slugs if is_many else ()


def _is_asked_for(reason: str) -> bool:
    """Whether a talk is hidden because it was withdrawn, or because it would put somebody in danger."""
    return reason.startswith(WITHDRAWN) or reason in ("withdrawn", LEAKING)


def published_later(gathered: Gathered) -> tuple[str, ...]:
    """The talks that stand published under dates that are still to come: the clock has gone back."""
    talks = ((one, gathered.ledger.talk(one.slug)) for one in gathered.series.episodes)
    return tuple(
        one.slug
        for one, talk in talks
        if one.status == "ready"
        and talk.published is not None
        and talk.published == one.date > gathered.now
        and any(talk.paths(output) or output == "youtube" for output in talk.receipts)
    )


def _own_files(gathered: Gathered, hidden_in: Hidden) -> Mapping[str, list[str]]:
    """The files under public/ that belong to one hidden talk alone, by its slug."""
    slugs = {slug: slug for slug in hidden_in}
    known = {*gathered.ledger.talks, *(episode.slug for episode in gathered.series.episodes)}
    for slug in hidden_in:
        slugs |= {former: slug for former in gathered.ledger.talk(slug).former if former not in known}
    files: dict[str, list[str]] = {}
    for path in sorted(gathered.public):
        owner = slugs.get(addresses.talk_of(path) or "")
        if owner is not None:
            files.setdefault(owner, []).append(path)
    return files


def _shown_steps(
    slug: str, places: Mapping[str, str], own: Mapping[str, list[str]], current: set[str], gathered: Gathered
) -> Iterable[Step]:
    for place in RENDERED_FOR:
        if place not in places:
            continue
        everywhere = all(one in places for one in RENDERED_FOR)
        files = tuple(
            path
            for path in own.get(slug, ())
            if path not in current
            and addresses.output_of(path) == place
            and not path.startswith(addresses.MEDIA)
            and (everywhere or not addresses.is_image(path))
        )
        edits = gathered.mentioned.get(slug, {}).get(place, ())
        if files or edits:
            yield Step(place, slug, "remove", places[place], files, retracts=True, edits=tuple(edits))


def hidden_people(gathered: Gathered) -> tuple[str, ...]:
    """The folders under public/ of people whom the catalogue hides, while something stands in them."""
    folders = (addresses.person_page(one.id) for one in gathered.series.people.values() if one.hidden)
    return tuple(folder for folder in folders if any(path.startswith(folder) for path in gathered.public))


def _person_steps(gathered: Gathered) -> Iterable[Step]:
    for folder in hidden_people(gathered):
        files = tuple(path for path in sorted(gathered.public) if path.startswith(folder))
        edits = gathered.mentioned.get(folder, {}).get("pages", ())
        why = f"{folder.split('/')[1]} is hidden"
        yield Step("pages", None, "remove", why, files, retracts=True, edits=tuple(edits))


def _media_steps(
    slug: str, places: Mapping[str, str], own: Mapping[str, list[str]], gathered: Gathered
) -> Iterable[Step]:
    talk = gathered.ledger.talk(slug)
    media = {path for path in own.get(slug, ()) if path.startswith(addresses.MEDIA)}
    media |= {old.path for old in talk.replaced}
    for output in SOUNDING:
        of_video = output == "video"
        if "feed" not in places or not (of_video or "pages" in places):
            continue
        made = talk.paths(output)
        files = {path for path in media if addresses.is_video(path) == of_video} | set(made)
        if files:
            yield Step(output, slug, "remove", places["feed"], tuple(sorted(files)), retracts=True)


def _steps_elsewhere(maker: Maker, hidden_in: Hidden, gathered: Gathered) -> Iterable[Step]:
    if isinstance(maker, Retractor):
        reasons = {slug: places[maker.name] for slug, places in hidden_in.items() if maker.name in places}
        receipts = receipts_of(gathered, maker.name)
        yield from maker.retractions(gathered.series, receipts, reasons, gathered.now)


def _staying(gathered: Gathered, leaving: Iterable[Step]) -> Iterable[Remark]:
    """The replaced files that stay for a while, and until when."""
    gone = {path for step in leaving for path in step.changes}
    for slug, talk in gathered.ledger.talks.items():
        current = {path for output in SOUNDING for path in talk.paths(output)}
        stays = [old for old in talk.replaced if old.path not in gone and old.path not in current]
        for old in stays:
            until = old.at + timedelta(days=gathered.series.deliver.grace)
            text = f"{old.path}: replaced, and stays at its address until {until:%Y-%m-%d %H:%M %Z}"
            yield Remark(
                "video" if addresses.is_video(old.path) else "audio", slug, "replaced", text, (old.path,)
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
    episode = gathered.series.episode(step.episode)
    current = gathered.ledger.talk(step.episode or "").paths(step.output)
    takes_out = episode is not None and (_takes_out(step.changes, episode) or _leaks(current, gathered))
    hides_name = step.action == "update" and step.episode in changed_redactions(gathered)
    return selection.takes(step.output, step.episode) or (
        bool(current) and takes_out and step.made_for is None if step.output in SOUNDING else hides_name
    )


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
    return tuple(sorted(filter(addresses.is_outgoing, set(gathered.outgoing) - kept)))


def removals(gathered: Gathered, made: Iterable[Step] = ()) -> tuple[Step, ...]:
    """What leaves public/ after the documents that named it: files that are replaced, and videos that
    are not to be offered any more.

    A file replaced because of a recording, start, end, cut, mute or hidden person leaves with its
    successor, and also when that one fails. Others stay for the days of `deliver.grace`.
    """
    episodes = {episode.slug: episode for episode in gathered.series.episodes}
    hidden_in = hidden_talks(gathered)
    steps = {(step.output, step.episode): step for step in made}
    return tuple(
        leaving
        for slug, talk in gathered.ledger.talks.items()
        if slug in episodes
        for output in SOUNDING
        if not _is_gone(output, hidden_in.get(slug, {}))
        for leaving in _leaving(output, talk, episodes[slug], steps.get((output, slug)), gathered)
    )


def _is_gone(output: str, places: Mapping[str, str]) -> bool:
    """Whether a retraction removes all media of an output."""
    return "feed" in places and (output == "video" or "pages" in places)


TAKEN_OUT = frozenset({"recording", "start", "end", "cut", "mute"})
"""The inputs whose change takes something out of a recording: the files before it leave at once."""


def _takes_out(changes: Iterable[str], episode: Episode) -> bool:
    """Whether files made before these changes may hold what must not be heard or read any more."""
    # A file's tags hold names and texts: once a person is hidden, every older one may name them.
    return bool(TAKEN_OUT.intersection(changes) or (episode.hidden and tuple(changes)))


def _leaving(
    output: str, talk: Talk, episode: Episode, making: Step | None, gathered: Gathered
) -> Iterable[Step]:
    """The removals of files of one output of a talk that may be seen."""
    current = talk.paths(output)
    replaced = [
        old
        for old in talk.replaced
        if addresses.is_video(old.path) == (output == "video") and old.path not in current
    ]
    if output == "video" and not gathered.series.wants_video(episode):
        if current or replaced:
            paths = current + tuple(old.path for old in replaced)
            yield Step(
                output,
                talk.slug,
                "remove",
                "the catalogue does not offer it any more",
                paths,
                superseded=True,
            )
        return
    if (why := _why_at_once(talk, episode, making, current, gathered)) and (current or replaced):
        paths = current + tuple(old.path for old in replaced)
        yield Step(output, talk.slug, "remove", why, paths, superseded=True)
        return
    at_once = tuple(
        old.path
        for old in replaced
        if episode.hidden or _takes_out(old.because, episode) or old.path in gathered.leaking_files
    )
    if at_once:
        yield Step(output, talk.slug, "remove", "replaced at once", at_once, superseded=True)
    expired = tuple(old.path for old in replaced if old.path not in at_once and _is_expired(old.at, gathered))
    if expired:
        why = f"replaced more than {gathered.series.deliver.grace} days ago"
        yield Step(output, talk.slug, "remove", why, expired)


def _why_at_once(
    talk: Talk, episode: Episode, making: Step | None, current: tuple[str, ...], gathered: Gathered
) -> str:
    """Why the current files of an output must not be heard or read any more; empty where they may."""
    is_leaking = _leaks(current, gathered)
    if making is not None:
        at_once = _takes_out(making.changes, episode) or is_leaking
        return f"replaced at once: {', '.join(making.changes) or LEAKING}" if at_once else ""
    if current and (changes := taken_out_since(episode, talk)):
        return f"{', '.join(changes)}: changed, and it cannot be made anew now"
    return f"{LEAKING}, and cannot be made anew now" if is_leaking else ""


def _leaks(paths: Iterable[str], gathered: Gathered) -> bool:
    return any(path in gathered.leaking_files for path in paths)


def _is_expired(at: datetime, gathered: Gathered) -> bool:
    return gathered.now - at >= timedelta(days=gathered.series.deliver.grace)


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


def _is_current(document: Document, rendered: Mapping[str, Rendered], public: Snapshot) -> bool:
    known = rendered.get(document.path)
    return known is not None and known.key == document.key and public.get(document.path) == known.file


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
    gone = tuple(path for path in orphans(paths, gathered) if path not in retracted)
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
