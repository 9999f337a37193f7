"""Plans the removal of replaced media files from public/; part of `publisher.planner`. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from publisher import site_paths
from publisher.ledger import EpisodeRecord
from publisher.model import Episode
from publisher.plan import MEDIA_OUTPUTS, Notice, Step
from publisher.release_state import ReleaseState, hidden_episodes
from publisher.visibility import LEAK, changed_redaction_keys


def removals(state: ReleaseState, made: Iterable[Step] = ()) -> tuple[Step, ...]:
    """The steps that remove replaced media files and videos that the catalogue no longer offers.

    They run after the documents that refer to the files. A file is removed in the same release, even
    if the new one fails, if it was replaced because of its recording, start, end, cuts, mutes or a
    hidden person. Other files stay for the days of `deliver.grace`.
    """
    episodes = {episode.slug: episode for episode in state.series.episodes}
    hidden_in = hidden_episodes(state)
    steps = {(step.output, step.episode): step for step in made}
    found: list[Step] = []
    for slug, record in state.ledger.records.items():
        places = hidden_in.get(slug, {})
        for output in MEDIA_OUTPUTS if slug in episodes else ():
            # A retraction removes the media files of an episode that is hidden there.
            if "feed" not in places or (output == "audio" and "pages" not in places):
                found += _removal_steps(output, record, episodes[slug], steps.get((output, slug)), state)
    return tuple(found)


REDACTING_INPUTS = frozenset({"recording", "start", "end", "cut", "mute"})
"""Inputs whose change can redact a recording: files made before are removed in the same release."""


def is_redacting(changes: Iterable[str], episode: Episode) -> bool:
    """Whether files made before these changes may contain what must not be published any more."""
    # The tags of a file contain names: if a person is hidden, every older file may name them.
    return bool(REDACTING_INPUTS.intersection(changes) or (episode.hidden and tuple(changes)))


def is_unlinked(path: str, record: EpisodeRecord) -> bool:
    """Whether the name of a media file contains a former slug under which nothing may remain."""
    unlinked = {former.slug for former in record.former if not former.redirects}
    return site_paths.slug_from_path(path) in unlinked - {record.slug}


def _removal_steps(
    output: str, record: EpisodeRecord, episode: Episode, making: Step | None, state: ReleaseState
) -> Iterable[Step]:
    """The removals of files of one output of a visible episode."""
    removal = partial(Step, output, record.slug, "remove")
    current = record.file_paths(output)
    replaced = [
        old
        for old in record.replaced
        if site_paths.is_video(old.path) == (output == "video") and old.path not in current
    ]
    reason = _reason_to_remove_now(record, episode, making, current, state)
    if output == "video" and not state.series.is_video_enabled(episode):
        reason = "the catalogue does not offer it any more"
    if reason:
        if paths := current + tuple(old.path for old in replaced):
            yield removal(reason, paths, superseded=True)
        return
    at_once = tuple(
        old.path
        for old in replaced
        if episode.hidden
        or is_redacting(old.because, episode)
        or old.path in state.leaking_files
        or is_unlinked(old.path, record)
    )
    if at_once:
        yield removal("replaced at once", at_once, superseded=True)
    grace = timedelta(days=state.series.deliver.grace)
    expired = tuple(old.path for old in replaced if old.path not in at_once and state.now - old.at >= grace)
    if expired:
        yield removal(f"replaced more than {grace.days} days ago", expired)


def _reason_to_remove_now(
    record: EpisodeRecord,
    episode: Episode,
    making: Step | None,
    current: tuple[str, ...],
    state: ReleaseState,
) -> str:
    """Why the current files of an output must not be published any more; empty if they may be."""
    is_leaking = not state.leaking_files.isdisjoint(current)
    if any(is_unlinked(path, record) for path in current):
        return "nothing may remain under its former slug"
    if making is not None:
        at_once = is_redacting(making.changes, episode) or is_leaking
        return f"replaced at once: {', '.join(making.changes) or LEAK.text}" if at_once else ""
    if current and (changes := changed_redaction_keys(episode, record)):
        return f"{', '.join(changes)}: changed, and it cannot be made again now"
    return f"{LEAK.text}, and it cannot be made again now" if is_leaking else ""


def retention_notices(state: ReleaseState, removing: Iterable[Step]) -> Iterable[Notice]:
    """A notice for each replaced file that is kept, with the end of its grace period."""
    removed = {path for step in removing for path in step.changes}
    for slug, record in state.ledger.records.items():
        skipped = removed.union(*(record.file_paths(output) for output in MEDIA_OUTPUTS))
        for old in record.replaced:
            if old.path not in skipped:
                until = old.at + timedelta(days=state.series.deliver.grace)
                text = f"{old.path}: replaced, and stays at its URL until {until:%Y-%m-%d %H:%M %Z}"
                output = "video" if site_paths.is_video(old.path) else "audio"
                yield Notice(output, slug, "replaced", text, (old.path,))
