"""Identifies recordings: their digests, how long they last, which tracks they hold.

What was found stays in a cache, by digest, so that ffmpeg is not started when nothing changed.
Whether a recording's content can be published is found out when it is made, not here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from publisher import files
from publisher.errors import FfmpegMissing, MediaError
from publisher.files import Digests
from publisher.model import AudioTrack, Episode, Recording, Series
from publisher.progress import Progress

if TYPE_CHECKING:
    from publisher.media.ffmpeg import Ffmpeg
    from publisher.media.probing import Probed

VERSION = 3
"""Of the cache's content; raised when more is found out about a recording."""

LONGEST = 24 * 3600.0
"""Seconds."""

MOST_STREAMS = 32
MOST_PIXELS = 8192 * 8192

LEAST_RATE = 20.0
"""Bytes a second: less than digital silence takes in any format."""


Wrong = tuple[str | None, str, str, Literal["error", "warning"]]
"""A talk's slug (None: the series), the key, what is wrong there, and whether it stops a release."""


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


def unheard(series: Series, ffmpeg: Callable[[], Ffmpeg], digests: Digests, cache: Path) -> tuple[Wrong, ...]:
    """The intros and outros that hold no sound; `cache` is a file of their own."""
    library = _Library(ffmpeg, digests, cache)
    found: list[Wrong] = []
    for path, (slug, key) in _jingles(series).items():
        try:
            library.known(path)
        except FfmpegMissing:
            # Told of the recordings already: without ffmpeg nothing can be made of them either.
            return ()
        except MediaError as error:
            found.append((slug, key, str(error), "error"))
    library.save()
    return tuple(found)


def _jingles(series: Series) -> Mapping[Path, tuple[str | None, str]]:
    """Every intro and outro, and where it is first named: a talk's slug or None, and the key."""
    named: dict[Path, tuple[str | None, str]] = {}
    for name in ("intro", "outro"):
        of_series = getattr(series.audio, name)
        if of_series is not None:
            named[of_series.path] = None, f"audio: {name}"
        for episode in series.episodes:
            file = getattr(episode.audio, name)
            if file is not None:
                named.setdefault(file.path, (episode.slug, f"audio.{name}"))
    return named


def at_odds(episode: Episode) -> Iterator[Wrong]:
    """Where a talk's choice of an audio track, or of a video, and its recording do not agree."""
    if episode.recording is None:
        return
    if episode.video and not episode.recording.has_video:
        text = (
            f"{episode.recording.path.name} has no picture, so there is no video to offer; "
            "give the recording that has one, or delete the line"
        )
        yield episode.slug, "video", text, "error"
    tracks, wanted = episode.recording.tracks, episode.audio.audio_track
    last = len(tracks) - 1
    if wanted is not None and wanted > last:
        has = "one audio track, which is 0" if last == 0 else f"audio tracks 0 to {last}"
        text = f"there is no track {wanted}: the recording has {has}"
        yield episode.slug, "audio.audio_track", text, "error"
    elif wanted is None and last:
        languages = ", ".join(track.language or "?" for track in tracks)
        spoken = f" ({languages})" if any(track.language for track in tracks) else ""
        taken = "the default one is taken; to choose, write audio = { audio_track = 0 }"
        text = f"has {len(tracks)} audio tracks{spoken}: {taken}"
        yield episode.slug, "recording", text, "warning"


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
        return None if path is None else self.known(path)

    def known(self, path: Path) -> Recording:
        """What a file holds. Raises MediaError when nothing of it can be heard."""
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
        picture=known["picture"],
        pixels=known["pixels"],
        metadata=known["metadata"],
    )


def _load(cache: Path) -> dict[str, dict[str, Any]]:
    try:
        content = json.loads(files.read_bytes(cache))
        return dict(content["recordings"]) if content["version"] == VERSION else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}
