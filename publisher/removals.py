"""Which replaced media files leave public/, and which stay for a while, as part of `publisher.decide`.

Pure: no disk, no network, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from publisher import addresses
from publisher.gathered import Gathered, hidden_talks
from publisher.ledger import Talk
from publisher.model import Episode
from publisher.plan import MEDIA_OUTPUTS, Remark, Step
from publisher.withholding import LEAKING, taken_out_since


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
        for output in MEDIA_OUTPUTS
        if not _is_gone(output, hidden_in.get(slug, {}))
        for leaving in _leaving(output, talk, episodes[slug], steps.get((output, slug)), gathered)
    )


def _is_gone(output: str, places: Mapping[str, str]) -> bool:
    """Whether a retraction removes all media of an output."""
    return "feed" in places and (output == "video" or "pages" in places)


TAKEN_OUT = frozenset({"recording", "start", "end", "cut", "mute"})
"""The inputs whose change takes something out of a recording: the files before it leave at once."""


def takes_out(changes: Iterable[str], episode: Episode) -> bool:
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
        if episode.hidden or takes_out(old.because, episode) or old.path in gathered.leaking_files
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
    is_leaking = has_leak(current, gathered)
    if making is not None:
        at_once = takes_out(making.changes, episode) or is_leaking
        return f"replaced at once: {', '.join(making.changes) or LEAKING}" if at_once else ""
    if current and (changes := taken_out_since(episode, talk)):
        return f"{', '.join(changes)}: changed, and it cannot be made anew now"
    return f"{LEAKING}, and cannot be made anew now" if is_leaking else ""


def has_leak(paths: Iterable[str], gathered: Gathered) -> bool:
    return any(path in gathered.leaking_files for path in paths)


def _is_expired(at: datetime, gathered: Gathered) -> bool:
    return gathered.now - at >= timedelta(days=gathered.series.deliver.grace)


def staying(gathered: Gathered, leaving: Iterable[Step]) -> Iterable[Remark]:
    """The replaced files that stay for a while, and until when."""
    gone = {path for step in leaving for path in step.changes}
    for slug, talk in gathered.ledger.talks.items():
        current = {path for output in MEDIA_OUTPUTS for path in talk.paths(output)}
        stays = [old for old in talk.replaced if old.path not in gone and old.path not in current]
        for old in stays:
            until = old.at + timedelta(days=gathered.series.deliver.grace)
            text = f"{old.path}: replaced, and stays at its address until {until:%Y-%m-%d %H:%M %Z}"
            yield Remark(
                "video" if addresses.is_video(old.path) else "audio", slug, "replaced", text, (old.path,)
            )
