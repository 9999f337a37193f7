"""Decides what there is to do for the video of one talk. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from publisher.model import Episode, Facts, Receipt
from publisher.outputs.youtube import quota, resource, sync
from publisher.outputs.youtube.facts import facts_of, part_of, well_formed
from publisher.outputs.youtube.resource import Resource
from publisher.outputs.youtube.video import OUTPUT
from publisher.outputs.youtube.wanting import NAME, Wanted, made_of
from publisher.plan import Action, Remark
from publisher.workbench import Wishes


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
class Todo:
    """What there is to do for one video: the calls it takes, and the names of what changes."""

    action: Action
    reason: str
    methods: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    needs: str | None = None


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


def _upload(episode: Episode, wanted: Wanted, facts: Facts, receipt: Receipt | None) -> Todo:
    methods = ("videos.insert", *_finishing(wanted, {}))
    if "session" in facts and facts.get("made_of") == made_of(episode):
        return Todo("find", "interrupted", _finishing(wanted, {}), tuple(wanted.inputs()))
    action: Action = "find" if receipt is not None else "make"
    return Todo(action, "interrupted" if receipt else "new", methods, tuple(wanted.inputs()))


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
    if receipt.open or well_formed(receipt.facts).get("id") != facts.get("id"):
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
