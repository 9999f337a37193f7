"""Decides what there is to do on YouTube, talk by talk, within the day's quota. Pure.

From the catalogue, the receipts, what YouTube holds and what is left of the budget. A receipt's
facts are ``id``, ``mark``, ``file`` (the digest of what was sent), ``duration`` (of it),
``made_of`` (what is seen and heard in it), ``session`` (while uploading), ``checked`` (the video
is whole and has its privacy), ``agreed`` (see `sync`), ``thumbnail``, ``captions`` and
``playlist`` (what was last put there), ``visible`` (from when it may be linked).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from publisher import artwork, timeline
from publisher.fingerprint import fingerprint
from publisher.model import Episode, Facts, Receipt, Release, Series
from publisher.outputs.youtube import quota, resource, sync
from publisher.outputs.youtube.resource import Resource
from publisher.outputs.youtube.texts import Texts, compose
from publisher.outputs.youtube.video import OUTPUT
from publisher.plan import Action, Plan, Remark, RemarkKind, Step
from publisher.render.templates import Templates
from publisher.withholding import is_withdrawn
from publisher.workbench import Wishes

NAME = "youtube"

HIDDEN = fingerprint("hidden")
"""What the catalogue is said to want of a video's privacy while its talk may not be seen."""

RESERVE: quota.Amounts = {"units": 100}
"""What a day's plan leaves for looking around: who is logged in, what the channel holds, retries."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What stands on YouTube, and what is left of the day's quota.

    `videos` is None where nobody looked: nobody is logged in (`unseen` says so), or it failed
    (`trouble` says how).
    """

    videos: Mapping[str, Resource] | None = None
    left: quota.Amounts = field(default_factory=dict)
    unseen: str | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything the catalogue says of one video: fields by name, and fingerprints of the rest."""

    texts: Texts
    values: Mapping[str, object]
    thumbnail: str | None
    captions: Mapping[str, str]
    playlist: str | None

    def inputs(self) -> dict[str, str]:
        """Everything by name, as fingerprints."""
        named = {name: fingerprint(value) for name, value in self.values.items()}
        named |= {f"captions.{language}": key for language, key in self.captions.items()}
        rest = {"thumbnail": self.thumbnail, "playlist": self.playlist}
        return named | {name: key for name, key in rest.items() if key is not None}


@dataclass(frozen=True, slots=True)
class Todo:
    """What there is to do for one video: the calls it takes, and the names of what changes."""

    action: Action
    reason: str
    methods: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    needs: str | None = None


def is_wanted(episode: Episode, now: datetime) -> bool:
    """Whether a talk is to be on YouTube by `now`: due, or given a later time to be shown."""
    settings = episode.youtube
    if episode.status != "ready" or not (settings.upload or settings.id) or NAME in episode.withheld:
        return False
    return episode.date <= now or settings.publish_at is not None


def must_hide(episode: Episode, receipt: Receipt | None, now: datetime) -> bool:
    """Whether something of a video is seen, or will be, though the talk may not.

    Of one that was there before and is only linked: when the talk was withdrawn, not before.
    """
    facts = facts_of(episode, receipt)
    linked = episode.youtube.id is not None
    concerned = is_withdrawn(episode, NAME) if linked else episode.youtube.upload
    if not concerned or "id" not in facts or is_wanted(episode, now):
        return False
    if receipt is not None and receipt.open:
        # Broken off: perhaps only the last line is missing, but nobody knows.
        return True
    seen = linked or any(facts.get(name) for name in ("visible", "captions", "playlist"))
    return seen and not is_out_of_sight(facts)


def is_out_of_sight(facts: Mapping[str, Any]) -> bool:
    """Whether nothing is left to do for a video that may not be seen."""
    agreed = sync.read_agreed(facts).get("privacy", ("", ""))
    return agreed[0] == HIDDEN and not facts.get("captions") and not facts.get("playlist")


def want(series: Series, episode: Episode, templates: Templates, now: datetime) -> Wanted:
    """What the catalogue says of a talk's video."""
    texts = compose(series, episode, templates)
    return Wanted(
        texts,
        resource.wanted(series, episode, texts, now),
        thumbnail_key(series, episode),
        {one.language: caption_key(episode, one.source.digest) for one in episode.transcripts},
        fingerprint((series.youtube.playlist, episode.date)) if series.youtube.playlist else None,
    )


def thumbnail_key(series: Series, episode: Episode) -> str | None:
    """The fingerprint of the picture; None where it is not ours to set."""
    if episode.thumbnail is not None:
        return fingerprint(("given", episode.thumbnail.digest))
    if episode.youtube.id is not None:
        return None
    return artwork.thumbnail_key(series, episode, segments_of(episode))


def segments_of(episode: Episode) -> tuple[float, ...]:
    """How long the chapters of the video last."""
    duration = episode.recording.duration if episode.recording else None
    release = Release(episode, "", episode.date, recording_duration=duration)
    return artwork.segments(release)


def caption_key(episode: Episode, digest: str) -> str:
    """The fingerprint of all that a caption track is made from."""
    return fingerprint((digest, episode.start, episode.end, episode.cuts, episode.mutes))


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
    hidden = [one for one in series.episodes if must_hide(one, receipts.get(one.slug), now)]
    steps = [_hiding(episode, facts_of(episode, receipts.get(episode.slug))) for episode in hidden]
    for episode in chosen:
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


def _hiding(episode: Episode, facts: Facts) -> tuple[Step, quota.Amounts]:
    because = episode.withheld.get(NAME, f"not before {episode.date.isoformat()}")
    why = episode.status if episode.status != "ready" else because
    captions = tuple(f"captions.{language}" for language in sorted(part_of(facts, "captions")))
    playlist = ("playlist",) if facts.get("playlist") else ()
    methods = ["videos.list", "videos.update", *("captions.delete" for _ in captions)]
    methods += ["playlistItems.list", "playlistItems.delete"] if playlist else []
    price = quota.table().price(methods)
    changes = ("privacy", *playlist, *captions)
    cost = quota.table().named(price)
    return Step(NAME, episode.slug, "update", f"to be private: {why}", changes, cost), price


def _left_there(series: Series, receipts: Mapping[str, Receipt]) -> Iterator[Remark]:
    """The uploads of talks that the catalogue does not know any more."""
    known = {episode.slug for episode in series.episodes}
    for slug in sorted(set(receipts) - known):
        facts = receipts[slug].facts
        if series.youtube.id is not None and facts.get("visible"):
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


def plan_talk(
    episode: Episode,
    wanted: Wanted,
    receipt: Receipt | None,
    observed: Observed,
    now: datetime,
    wishes: Wishes,
) -> tuple[Todo | None, tuple[Remark, ...]]:
    """What there is to do for one talk, and what is to be said of it."""
    facts = facts_of(episode, receipt)
    video = facts.get("id")
    if video is None:
        todo = _upload(episode, wanted, facts, receipt)
        # Hours of encoding are not spent on a video that nobody is logged in to send.
        return replace(todo, needs=None if observed.unseen else OUTPUT), ()
    held = None if observed.videos is None else observed.videos.get(str(video))
    if observed.videos is not None and held is None:
        return _gone(episode, wanted, str(video), wishes)
    if held is None and receipt is None:
        # A video that was linked and never looked at: only YouTube knows what it says.
        return None, ()
    verdicts = verdicts_of(wanted, facts, held, now, wishes)
    remarks = tuple(_remarks(episode, verdicts, facts))
    return _changes(episode, wanted, facts, receipt, verdicts), remarks


def facts_of(episode: Episode, receipt: Receipt | None) -> Facts:
    """The facts of a receipt that are about the video the catalogue means."""
    facts = receipt.facts if receipt else {}
    linked = episode.youtube.id
    if linked is not None and facts.get("id") != linked:
        return {"id": linked, "checked": True}
    return facts


def _upload(episode: Episode, wanted: Wanted, facts: Facts, receipt: Receipt | None) -> Todo:
    methods = ("videos.insert", *_finishing(wanted, {}))
    if "session" in facts and facts.get("made_of") == made_of(episode):
        return Todo("find", "interrupted", _finishing(wanted, {}), tuple(wanted.inputs()))
    action: Action = "find" if receipt is not None else "make"
    return Todo(action, "interrupted" if receipt else "new", methods, tuple(wanted.inputs()))


def made_of(episode: Episode) -> dict[str, str]:
    """What is seen and heard in a video, by the catalogue's keys, as fingerprints."""
    shown: dict[str, object] = {
        "recording": episode.recording.digest if episode.recording else None,
        "start": episode.start,
        "end": episode.end,
        "cut": timeline.merge(episode.cuts),
        "mute": timeline.merge(episode.mutes),
    }
    return {name: fingerprint(value) for name, value in shown.items()}


def _gone(
    episode: Episode, wanted: Wanted, video: str, wishes: Wishes
) -> tuple[Todo | None, tuple[Remark, ...]]:
    if wishes.again and episode.youtube.id is None:
        methods = ("videos.insert", *_finishing(wanted, {}))
        return Todo("make", "deleted on YouTube", methods, tuple(wanted.inputs()), OUTPUT), ()
    advice = (
        "delete youtube in the catalogue, or give another id"
        if episode.youtube.id
        else 'write youtube = "off", or run `publisher release --reupload` for a new video'
    )
    text = f"the video {video} is not on YouTube any more: it was deleted there. It stays so; {advice}"
    return None, (Remark(NAME, episode.slug, "gone", text),)


def verdicts_of(
    wanted: Wanted, facts: Facts, held: Resource | None, now: datetime, wishes: Wishes
) -> tuple[sync.Verdict, ...]:
    """What is to happen with each field of a video; without a look at it, what the catalogue changed."""
    agreed = sync.read_agreed(facts)
    if held is None:
        changed = sync.unseen(wanted.values, agreed)
        return tuple(sync.Verdict(name, "push", wanted.values[name], None) for name in changed)
    theirs = resource.found(held, wanted.values, now)
    verdicts = sync.compare(wanted.values, theirs, agreed)
    return sync.decided(verdicts, wishes.take, drift_too=bool(wishes.talks))


def _remarks(episode: Episode, verdicts: Iterable[sync.Verdict], facts: Facts) -> Iterator[Remark]:
    slug = episode.slug
    for one in verdicts:
        sides = (shown(one.ours), shown(one.theirs))
        if one.kind == "conflict":
            first = one.field not in sync.read_agreed(facts)
            why = "never compared before, and they differ" if first else "changed in both"
            text = (
                f"{one.field}: {why}. Run `publisher release {slug} --take catalogue` or `--take youtube`, "
                f"or `publisher youtube pull {slug}`"
            )
            yield Remark(NAME, slug, "conflict", text, (one.field,), *sides)
        elif one.kind == "drift":
            text = f"{one.field}: edited on YouTube and kept; `publisher youtube pull {slug}` takes it over"
            yield Remark(NAME, slug, "drift", text, (one.field,), *sides)
    before, now = part_of(facts, "made_of"), made_of(episode)
    changed = tuple(name for name in now if before and before.get(name) != now[name])
    if changed and episode.youtube.id is None:
        text = (
            f"{', '.join(changed)}: changed, but YouTube cannot replace a video: it keeps the old one. "
            "Delete it there and run `publisher release --reupload` for a new one with a new address"
        )
        yield Remark(NAME, slug, "drift", text, changed)


def shown(value: object) -> str:
    """A field's value as a person reads it."""
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _changes(
    episode: Episode,
    wanted: Wanted,
    facts: Facts,
    receipt: Receipt | None,
    verdicts: tuple[sync.Verdict, ...],
) -> Todo | None:
    pushed = tuple(one.field for one in verdicts if one.kind == "push")
    agreed = tuple(one.field for one in verdicts if one.kind == "agreed")
    if not facts.get("checked"):
        methods = _finishing(wanted, facts)
        changes = (*pushed, *stale(wanted, facts))
        return Todo("update", "unfinished", methods, tuple(dict.fromkeys((*changes, "privacy"))))
    changes = (*pushed, *stale(wanted, facts))
    if changes:
        methods = (*(("videos.list", "videos.update") if pushed else ()), *_calls(wanted, facts))
        return Todo("update", "changed: " + ", ".join(changes), methods, changes)
    if receipt is None:
        return Todo("find", "first seen", ())
    if receipt.open or receipt.facts.get("id") != facts.get("id"):
        return Todo("find", "interrupted", ())
    if agreed:
        return Todo("update", "agreed: " + ", ".join(agreed), (), agreed)
    return None


def stale(wanted: Wanted, facts: Facts) -> tuple[str, ...]:
    """What is put there beside the video's own fields, and differs from what was last put there."""
    held = part_of(facts, "captions")
    changes = [
        f"captions.{language}"
        for language, key in wanted.captions.items()
        if part_of(held, language).get("made_of") != key
    ]
    if wanted.thumbnail is not None and facts.get("thumbnail") != wanted.thumbnail:
        changes.insert(0, "thumbnail")
    if wanted.playlist is not None and part_of(facts, "playlist").get("made_of") != wanted.playlist:
        changes.append("playlist")
    return tuple(changes)


def part_of(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What facts hold under a name; empty where they hold nothing."""
    found = facts.get(name)
    return found if isinstance(found, Mapping) else {}


def _calls(wanted: Wanted, facts: Facts) -> tuple[str, ...]:
    """The calls that bring up to date what `stale` names."""
    calls: list[str] = []
    held = part_of(facts, "captions")
    for name in stale(wanted, facts):
        if name == "thumbnail":
            calls.append("thumbnails.set")
        elif name == "playlist":
            calls += ["playlistItems.list", "playlistItems.insert"]
        elif "id" in part_of(held, name.removeprefix("captions.")):
            calls.append("captions.update")
        else:
            calls.append("captions.insert")
    return tuple(calls)


def _finishing(wanted: Wanted, facts: Facts) -> tuple[str, ...]:
    """The calls from an uploaded video to one that is seen."""
    return (*_calls(wanted, facts), "videos.list", "videos.update")
