"""Which replaced media files leave public/, and which stay for a while, as part of `publisher.planner`.

Pure: no disk, no network, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from publisher import site_paths
from publisher.ledger import EpisodeRecord
from publisher.model import Episode
from publisher.plan import MEDIA_OUTPUTS, Notice, Step
from publisher.release_state import ReleaseState, hidden_talks
from publisher.visibility import LEAK, taken_out_since


def removals(state: ReleaseState, made: Iterable[Step] = ()) -> tuple[Step, ...]:
    """What leaves public/ after the documents that named it: files that are replaced, and videos that
    are not to be offered any more.

    A file replaced because of a recording, start, end, cut, mute or hidden person leaves with its
    successor, and also when that one fails. Others stay for the days of `deliver.grace`.
    """
    episodes = {episode.slug: episode for episode in state.series.episodes}
    hidden_in = hidden_talks(state)
    steps = {(step.output, step.episode): step for step in made}
    found: list[Step] = []
    for slug, talk in state.ledger.talks.items():
        places = hidden_in.get(slug, {})
        for output in MEDIA_OUTPUTS if slug in episodes else ():
            # A retraction removes the media of a talk that is hidden there.
            if "feed" not in places or (output == "audio" and "pages" not in places):
                found += _leaving(output, talk, episodes[slug], steps.get((output, slug)), state)
    return tuple(found)


TAKEN_OUT = frozenset({"recording", "start", "end", "cut", "mute"})
"""The inputs whose change takes something out of a recording: the files before it leave at once."""


def takes_out(changes: Iterable[str], episode: Episode) -> bool:
    """Whether files made before these changes may hold what must not be heard or read any more."""
    # A file's tags hold names and texts: once a person is hidden, every older one may name them.
    return bool(TAKEN_OUT.intersection(changes) or (episode.hidden and tuple(changes)))


def _leaving(
    output: str, talk: EpisodeRecord, episode: Episode, making: Step | None, state: ReleaseState
) -> Iterable[Step]:
    """The removals of files of one output of a talk that may be seen."""
    removal = partial(Step, output, talk.slug, "remove")
    current = talk.file_paths(output)
    replaced = [
        old
        for old in talk.replaced
        if site_paths.is_video(old.path) == (output == "video") and old.path not in current
    ]
    why = _reason_to_remove_now(talk, episode, making, current, state)
    if output == "video" and not state.series.is_video_enabled(episode):
        why = "the catalogue does not offer it any more"
    if why:
        if paths := current + tuple(old.path for old in replaced):
            yield removal(why, paths, superseded=True)
        return
    at_once = tuple(
        old.path
        for old in replaced
        if episode.hidden or takes_out(old.because, episode) or old.path in state.leaking_files
    )
    if at_once:
        yield removal("replaced at once", at_once, superseded=True)
    grace = timedelta(days=state.series.deliver.grace)
    expired = tuple(old.path for old in replaced if old.path not in at_once and state.now - old.at >= grace)
    if expired:
        yield removal(f"replaced more than {grace.days} days ago", expired)


def _reason_to_remove_now(
    talk: EpisodeRecord,
    episode: Episode,
    making: Step | None,
    current: tuple[str, ...],
    state: ReleaseState,
) -> str:
    """Why the current files of an output must not be heard or read any more; empty where they may."""
    is_leaking = not state.leaking_files.isdisjoint(current)
    if making is not None:
        at_once = takes_out(making.changes, episode) or is_leaking
        return f"replaced at once: {', '.join(making.changes) or LEAK}" if at_once else ""
    if current and (changes := taken_out_since(episode, talk)):
        return f"{', '.join(changes)}: changed, and it cannot be made anew now"
    return f"{LEAK}, and cannot be made anew now" if is_leaking else ""


def kept_at_old_address(state: ReleaseState, leaving: Iterable[Step]) -> Iterable[Notice]:
    """The replaced files that stay for a while, and until when."""
    gone = {path for step in leaving for path in step.changes}
    for slug, talk in state.ledger.talks.items():
        named = gone.union(*(talk.file_paths(output) for output in MEDIA_OUTPUTS))
        for old in talk.replaced:
            if old.path not in named:
                until = old.at + timedelta(days=state.series.deliver.grace)
                text = f"{old.path}: replaced, and stays at its address until {until:%Y-%m-%d %H:%M %Z}"
                output = "video" if site_paths.is_video(old.path) else "audio"
                yield Notice(output, slug, "replaced", text, (old.path,))
