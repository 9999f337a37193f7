"""Identifies recordings: their digests, how long they last, which tracks they hold.

What was found stays in a cache, by digest, so that ffmpeg is not started when nothing changed.
Whether a recording's content can be published is found out when it is made, not here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher import files
from publisher.errors import MediaError
from publisher.files import Digests
from publisher.model import AudioTrack, Episode, Recording, Series
from publisher.progress import Progress

if TYPE_CHECKING:
    from publisher.media.ffmpeg import Ffmpeg
    from publisher.media.probing import Probed

VERSION = 2
"""Of the cache's content; raised when more is found out about a recording."""

LONGEST = 24 * 3600.0
"""Seconds."""

MOST_STREAMS = 32
MOST_PIXELS = 8192 * 8192

LEAST_RATE = 20.0
"""Bytes a second: less than digital silence takes in any format."""


def attach(
    series: Series,
    ffmpeg: Callable[[], Ffmpeg],
    digests: Digests,
    cache: Path,
    progress: Progress,
) -> tuple[Series, Mapping[str, MediaError]]:
    """The series with what is known of its recordings, and by slug what is wrong with which.

    `ffmpeg` is asked for only when a recording is new; `cache` is a file that may be missing.
    """
    library = _Library(ffmpeg, digests, cache)
    new = [episode for episode in series.episodes if library.is_new(episode)]
    task = progress.start("looking at recordings", len(new)) if new else None
    episodes: list[Episode] = []
    unusable: dict[str, MediaError] = {}
    try:
        for episode in series.episodes:
            try:
                recording = library.recording(episode)
            except MediaError as error:
                unusable[episode.slug] = error
                recording = None
            episodes.append(replace(episode, recording=recording))
            if task is not None and episode in new:
                task.advance(new.index(episode) + 1)
    finally:
        library.save()
        if task is not None:
            task.finish()
    return replace(series, episodes=tuple(episodes)), unusable


class _Library:
    """Recordings as the cache knows them and as ffmpeg finds them."""

    def __init__(self, ffmpeg: Callable[[], Ffmpeg], digests: Digests, cache: Path) -> None:
        self._ffmpeg, self._digests, self._cache = ffmpeg, digests, cache
        self._known = _load(cache)
        self._used: dict[str, dict[str, Any]] = {}

    def is_new(self, episode: Episode) -> bool:
        """Whether ffmpeg has to be asked about a talk's recording."""
        try:
            return (
                episode.recording_path is not None and self._digest(episode.recording_path) not in self._known
            )
        except MediaError:
            return False

    def recording(self, episode: Episode) -> Recording | None:
        """What a talk's recording holds. Raises MediaError when it cannot be used."""
        path = episode.recording_path
        if path is None:
            return None
        digest = self._digest(path)
        known = self._known.get(digest)
        if known is None:
            known = self._probe(path)
            self._known[digest] = known
        self._used[digest] = known
        return _recording(path, digest, known)

    def save(self) -> None:
        """Keeps what the series still uses."""
        if self._used != _load(self._cache):
            content = json.dumps({"version": VERSION, "recordings": self._used}, sort_keys=True, indent=0)
            files.replace(self._cache, content.encode())

    def _digest(self, path: Path) -> str:
        try:
            return self._digests.of(path)
        except OSError as error:
            raise MediaError(f"{path.name}: cannot be read: {error.strerror}") from error

    def _probe(self, path: Path) -> dict[str, Any]:
        if path.stat().st_size == 0:
            raise MediaError(f"{path.name}: the file is empty; copy the recording again")
        found = self._ffmpeg().probe(path)
        _check_limits(path, found)
        return asdict(found)


def _check_limits(path: Path, found: Probed) -> None:
    """Raises MediaError for what no recorder writes, and what would keep this machine busy for days."""
    pixels = (found.width or 0) * (found.height or 0)
    limits = (
        (found.duration, LONGEST, "lasts {0:.0f} seconds; {1:.0f} are allowed"),
        (found.streams, MOST_STREAMS, "has {0} streams; {1} are allowed"),
        (pixels, MOST_PIXELS, "has a picture of {0} pixels; {1} are allowed"),
        (found.duration, path.stat().st_size / LEAST_RATE, "says it lasts {0:.0f} seconds, but is too small"),
    )
    for value, most, text in limits:
        if value > most:
            raise MediaError(f"{path.name}: {text.format(value, most)}; export the talk anew from it")


def _recording(path: Path, digest: str, known: Mapping[str, Any]) -> Recording:
    """A recording from what is known of it. Raises MediaError when nothing of it can be heard."""
    if not known["tracks"]:
        raise MediaError(
            f"{path.name}: there is no sound in it, only a picture; give the recording that has "
            f"the talk's audio"
        )
    return Recording(
        path=path,
        digest=digest,
        duration=known["duration"],
        tracks=tuple(AudioTrack(**track) for track in known["tracks"]),
        has_video=known["width"] is not None,
        width=known["width"],
        height=known["height"],
        metadata=known["metadata"],
    )


def _load(cache: Path) -> dict[str, dict[str, Any]]:
    try:
        content = json.loads(cache.read_bytes())
        return dict(content["recordings"]) if content["version"] == VERSION else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}
