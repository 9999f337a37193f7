"""Plans the steps for YouTube, talk by talk, within the day's quota. Pure.

Its inputs are the catalogue, the receipts, YouTube's state and the remaining quota.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from publisher.context import ReleaseOptions
from publisher.model import Episode, Receipt, Series
from publisher.model.youtube_facts import YouTubeFacts
from publisher.outputs.youtube import merge, quota
from publisher.outputs.youtube.desired import (
    NAME,
    DesiredVideo,
    changed_content,
    content_inputs,
    cut_after_upload,
    is_desired,
)
from publisher.outputs.youtube.resource import Resource
from publisher.outputs.youtube.state import VIDEO_OUTPUT, facts_of, is_hidden
from publisher.plan import Action, Difference, Notice, NoticeKind, Plan, Step
from publisher.visibility import is_withdrawn

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RemoteState:
    """The videos on YouTube, by id, and the remaining quota of the day (`left`).

    `videos` is None if they were not read, for the reason in `no_login` or `failure`.
    """

    videos: Mapping[str, Resource] | None = None
    left: quota.Amounts = field(default_factory=dict)
    no_login: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class VideoTask:
    """The work for one video: its API methods, and the names of the fields and attachments that change."""

    action: Action
    reason: str
    methods: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    needs: str | None = None
    details: tuple[Difference, ...] = ()


# Hiding


def must_hide(
    episode: Episode | None, receipt: Receipt | None, now: datetime, *, although_desired: bool = False
) -> bool:
    """Whether a video is or will be visible although its talk must not be.

    A video that the catalogue only links to is hidden when its talk is withdrawn, not before.
    """
    facts = facts_of(episode, receipt)
    if facts.id is None and not facts.lost:
        return False
    if although_desired:
        return not is_hidden(facts)
    if episode is not None and is_desired(episode, now):
        return False
    linked = episode is not None and episode.youtube.id is not None
    if episode is not None and not is_withdrawn(episode, NAME) and (linked or not episode.youtube.upload):
        return False
    if receipt is not None and receipt.open:
        # The release was interrupted: the video may be visible although the facts do not record it.
        return True
    playlist = facts.playlist is not None and facts.playlist.order
    is_visible = linked or facts.visible or facts.captions or playlist
    return bool(is_visible) and not is_hidden(facts)


def plan_hiding(
    series: Series,
    receipts: Mapping[str, Receipt],
    hidden: Mapping[str, str],
    now: datetime,
    although_desired: Container[str] = (),
) -> Iterator[Step]:
    """The steps that hide videos of `hidden` talks (slug to reason), and of talks cut since their upload.

    `although_desired` contains the hidden talks that the catalogue publishes.
    """
    for slug, reason in hidden.items():
        episode, receipt = series.episode(slug), receipts.get(slug)
        if must_hide(episode, receipt, now, although_desired=slug in although_desired):
            yield _hiding_step(slug, facts_of(episode, receipt), reason)
    for episode in series.episodes:
        facts = facts_of(episode, receipts.get(episode.slug))
        changes = cut_after_upload(episode, facts)
        if episode.slug not in hidden and changes and not is_hidden(facts):
            reason = f"{', '.join(changes)} changed, and YouTube cannot replace a video"
            yield _hiding_step(episode.slug, facts, reason)


def _hiding_step(slug: str, facts: YouTubeFacts, reason: str) -> Step:
    captions = tuple(f"captions.{language}" for language in sorted(facts.captions or ()))
    playlist = ("playlist",) if facts.playlist and facts.playlist.order else ()
    methods = ["videos.list", "videos.update", *("captions.delete" for _ in captions)]
    methods += ["playlistItems.list", "playlistItems.delete"] if playlist else []
    prices = quota.price_table()
    cost = prices.by_display_name(prices.price(methods))
    changes = ("privacy", *playlist, *captions)
    # The quota never delays it: a visible talk does more harm than a refused call.
    return Step(NAME, slug, "hide", f"to be private: {reason}", changes, cost, retracts=True)


# All talks


def plan_videos(
    series: Series,
    desired: Mapping[str, DesiredVideo],
    receipts: Mapping[str, Receipt],
    observed: RemoteState,
    now: datetime,
    options: ReleaseOptions,
) -> Plan:
    """The steps of today and of the following days, in order of date, and the notices.

    `desired` contains the talks that should be on YouTube, by slug.
    """
    chosen = sorted(
        (episode for episode in series.episodes if episode.slug in desired),
        key=lambda episode: (episode.date, episode.slug),
    )
    notices = [*_read_failures(observed, chosen), *_orphans(series, receipts)]
    steps: list[tuple[Step, quota.Amounts]] = []
    for episode in chosen:
        receipt, video = receipts.get(episode.slug), desired[episode.slug]
        if changes := cut_after_upload(episode, facts := facts_of(episode, receipt)):
            notices.append(_outdated(episode, str(facts.id), changes))
            continue
        task, own_notices = plan_video(episode, video, receipt, observed, now, options)
        notices += own_notices
        logger.debug("%s: %s", episode.slug, task.reason if task else "up to date, or not to be changed")
        if task is not None:
            steps.append(_step(episode, task, video))
    placed = tuple(quota.distribute_over_days(steps, observed.left))
    later = tuple(step for step in placed if step.day > 1)
    if later:
        notices.append(_waiting(later, now))
    return Plan(tuple(step for step in placed if step.day == 1), later, tuple(notices))


def _step(episode: Episode, task: VideoTask, desired: DesiredVideo) -> tuple[Step, quota.Amounts]:
    prices = quota.price_table()
    price = prices.price(task.methods)
    cost, inputs = prices.by_display_name(price), desired.inputs()
    step = Step(
        NAME,
        episode.slug,
        task.action,
        task.reason,
        task.changes,
        cost,
        inputs,
        depends_on=task.needs,
        details=task.details,
    )
    return step, price


# One talk


def plan_video(
    episode: Episode,
    desired: DesiredVideo,
    receipt: Receipt | None,
    observed: RemoteState,
    now: datetime,
    options: ReleaseOptions,
) -> tuple[VideoTask | None, tuple[Notice, ...]]:
    """The task for one talk, if there is one, and the notices about it."""
    facts = facts_of(episode, receipt)
    if facts.id is None:
        task = _upload(episode, desired, facts, receipt)
        # Without a login the video cannot be sent, so it is not encoded, which takes hours.
        return replace(task, needs=None if observed.no_login else VIDEO_OUTPUT), ()
    remote = None if observed.videos is None else observed.videos.get(facts.id)
    if observed.videos is not None and remote is None:
        return _gone(episode, desired, facts.id, options)
    if remote is None and receipt is None:
        # A linked video that was never read: its values are unknown.
        return None, ()
    merges = merge.merge_fields(desired, facts, remote, now, options)
    return _update(desired, facts, receipt, merges), tuple(_field_notices(episode, merges, facts))


def _upload(
    episode: Episode, desired: DesiredVideo, facts: YouTubeFacts, receipt: Receipt | None
) -> VideoTask:
    methods, changes = _finishing(desired, YouTubeFacts()), tuple(desired.inputs())
    if facts.session is None or facts.made_of != content_inputs(episode):
        methods = ("videos.insert", *methods)
        if receipt is None:
            return VideoTask("make", "new", methods, changes)
    return VideoTask("resume", "interrupted", methods, changes)


def _gone(
    episode: Episode, desired: DesiredVideo, video: str, options: ReleaseOptions
) -> tuple[VideoTask | None, tuple[Notice, ...]]:
    if options.reupload and episode.youtube.id is None:
        methods = ("videos.insert", *_finishing(desired, YouTubeFacts()))
        changes = tuple(desired.inputs())
        return VideoTask("make", "deleted on YouTube", methods, changes, VIDEO_OUTPUT), ()
    advice = (
        "delete youtube in the catalogue, or give another id"
        if episode.youtube.id
        else 'write youtube = "off", or run `publisher release --reupload` for a new video'
    )
    text = f"the video {video} was deleted on YouTube and is not uploaded again; {advice}"
    return None, (Notice(NAME, episode.slug, "gone", text),)


def _update(
    desired: DesiredVideo,
    facts: YouTubeFacts,
    receipt: Receipt | None,
    merges: tuple[merge.FieldMerge, ...],
) -> VideoTask | None:
    pushed = tuple(merged.field for merged in merges if merged.kind == "push")
    agreed = tuple(merged.field for merged in merges if merged.kind == "agreed")
    changes = (*pushed, *outdated_attachments(desired, facts))
    if not facts.checked:
        changes = tuple(dict.fromkeys((*changes, "privacy")))
        return VideoTask("update", "unfinished", _finishing(desired, facts), changes)
    if changes:
        methods = (*(("videos.list", "videos.update") if pushed else ()), *_attaching(desired, facts))
        details = tuple(_difference(merged) for merged in merges if merged.kind == "push")
        return VideoTask("update", "changed: " + ", ".join(changes), methods, changes, details=details)
    if receipt is None:
        return VideoTask("resume", "first seen")
    if receipt.open or facts_of(None, receipt).id != facts.id:
        return VideoTask("resume", "interrupted")
    if agreed:
        return VideoTask("update", "agreed: " + ", ".join(agreed), (), agreed)
    return None


def _difference(merged: merge.FieldMerge) -> Difference:
    """The values of a field before and after; None for a video that was not read."""
    values = (None if value is None else merge.format_value(value) for value in (merged.theirs, merged.ours))
    return Difference(merged.field, *values)


def outdated_attachments(desired: DesiredVideo, facts: YouTubeFacts) -> tuple[str, ...]:
    """The attachments that differ from those sent last."""
    changes = [
        f"captions.{language}"
        for language, key in desired.captions.items()
        if facts.caption(language).made_of != key
    ]
    if desired.thumbnail is not None and facts.thumbnail != desired.thumbnail:
        changes.insert(0, "thumbnail")
    recorded = facts.playlist.made_of if facts.playlist else None
    if desired.playlist is not None and recorded != desired.playlist:
        changes.append("playlist")
    return tuple(changes)


def _attaching(desired: DesiredVideo, facts: YouTubeFacts) -> tuple[str, ...]:
    """The calls that send the outdated attachments."""
    methods = {"thumbnail": ("thumbnails.set",), "playlist": ("playlistItems.list", "playlistItems.insert")}
    calls: list[str] = []
    for name in outdated_attachments(desired, facts):
        is_sent = facts.caption(name.removeprefix("captions.")).id is not None
        calls += methods.get(name, ("captions.update" if is_sent else "captions.insert",))
    return tuple(calls)


def _finishing(desired: DesiredVideo, facts: YouTubeFacts) -> tuple[str, ...]:
    """The calls that make an uploaded video visible."""
    return (*_attaching(desired, facts), "videos.list", "videos.update")


# Notices


def _field_notices(
    episode: Episode, merges: Iterable[merge.FieldMerge], facts: YouTubeFacts
) -> Iterator[Notice]:
    slug = episode.slug
    for merged in merges:
        sides = (merge.format_value(merged.ours), merge.format_value(merged.theirs))
        if merged.kind == "conflict":
            is_first = merged.field not in (facts.agreed or {})
            reason = "never compared before, and they differ" if is_first else "changed in both"
            text = (
                f"{merged.field}: {reason}. Run `publisher release {slug} --take catalogue` "
                f"or `--take youtube`, or `publisher youtube pull {slug}`"
            )
            yield Notice(NAME, slug, "conflict", text, (merged.field,), *sides)
        elif merged.kind == "drift":
            text = (
                f"{merged.field}: edited on YouTube and kept; "
                f"`publisher youtube pull {slug}` copies it to the catalogue"
            )
            yield Notice(NAME, slug, "drift", text, (merged.field,), *sides)
    changed = changed_content(episode, facts)
    if changed and episode.youtube.id is None:
        text = (
            f"{', '.join(changed)}: changed, but YouTube cannot replace a video, so it keeps the old one. "
            "Delete it there and run `publisher release --reupload` for a new one with a new address"
        )
        yield Notice(NAME, slug, "drift", text, changed)


def _outdated(episode: Episode, video: str, changes: tuple[str, ...]) -> Notice:
    text = (
        f"{', '.join(changes)}: changed after the upload. YouTube cannot replace a video, so {video} is made "
        "private and stays private. Delete it there and run `publisher release --reupload` for a new one"
    )
    return Notice(NAME, episode.slug, "conflict", text, changes)


def _orphans(series: Series, receipts: Mapping[str, Receipt]) -> Iterator[Notice]:
    """The uploads of talks that are not in the catalogue any more."""
    for slug in sorted(set(receipts) - {episode.slug for episode in series.episodes}):
        facts = facts_of(None, receipts[slug])
        if series.youtube.id is not None and facts.visible:
            text = (
                f"no longer in the catalogue, but its video {facts.id or ''} is still on YouTube; "
                'delete it there, or add the talk again with status = "withdrawn"'
            )
            yield Notice(NAME, slug, "drift", text, ("privacy",))


def _read_failures(observed: RemoteState, chosen: list[Episode]) -> Iterator[Notice]:
    reasons: Mapping[NoticeKind, str | None] = {"unseen": observed.no_login, "trouble": observed.failure}
    for kind, reason in reasons.items():
        if reason and chosen:
            yield Notice(NAME, None, kind, f"YouTube was not read: {reason}")


def _waiting(later: tuple[Step, ...], now: datetime) -> Notice:
    days = max(step.day for step in later)
    talks = "1 talk waits" if len(later) == 1 else f"{len(later)} talks wait"
    renewed = quota.renewed_at(now).astimezone(now.tzinfo)
    text = (
        f"{talks} for quota; all of it takes {days} days, with a release on each. "
        f"The next day's quota begins at {renewed:%Y-%m-%d %H:%M %Z}"
    )
    return Notice(NAME, None, "waiting", text)
