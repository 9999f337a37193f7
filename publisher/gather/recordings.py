"""Probes recordings: digest, duration, tracks.

Results are cached by digest, so ffprobe runs only for new or changed recordings. The content of a
recording is not checked here, but when it is encoded.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import files
from publisher.catalogue.problems import KeyProblem
from publisher.errors import FfmpegMissing, MediaError
from publisher.files import DigestCache
from publisher.media import declared_size, probe
from publisher.model import AudioTrack, Episode, Recording, Seconds, Series
from publisher.progress import NullProgress, Progress, SummedProgress

if TYPE_CHECKING:
    from publisher.media.ffmpeg import Ffmpeg
    from publisher.media.probe import ProbeResult

logger = logging.getLogger(__name__)

VERSION = 5
"""Version of the cache; increased when the stored fields change."""


def probe_recordings(
    series: Series,
    ffmpeg: Callable[[], Ffmpeg],
    digests: DigestCache,
    cache: Path,
    progress: Progress,
) -> tuple[Series, Mapping[str, MediaError]]:
    """The series with its probed recordings, and the errors of unusable ones by slug.

    `ffmpeg` is called only when a recording is new; the file `cache` may be missing.
    """
    _digest_recordings(series, digests, progress)
    probes = _ProbeCache(ffmpeg, digests, cache, progress)
    new = {episode.slug for episode in series.episodes if probes.is_new(episode)}
    task = progress.start("probing recordings", len(new), "items") if new else None
    probed = 0
    episodes: list[Episode] = []
    unusable: dict[str, MediaError] = {}
    try:
        for episode in series.episodes:
            try:
                recording = _probe_recording(probes, episode)
            except MediaError as error:
                unusable[episode.slug] = error
                recording = None
            is_same = recording is None and episode.recording is None
            episodes.append(episode if is_same else replace(episode, recording=recording))
            if task is not None and episode.slug in new:
                probed += 1
                task.advance(probed)
    finally:
        probes.save()
        if task is not None:
            task.finish()
    return replace(series, episodes=tuple(episodes)), unusable


def _probe_recording(probes: _ProbeCache, episode: Episode) -> Recording | None:
    """The probed recording of an episode. Raises MediaError if it cannot be used.

    Of an incomplete file the part before `end` can be published: the decoder reports what is missing.
    """
    path = episode.recording_path
    return probes.probe(path, may_be_incomplete=episode.end is not None) if path else None


def _digest_recordings(series: Series, digests: DigestCache, progress: Progress) -> None:
    """Computes the digests of new and changed recordings; gigabytes take minutes."""
    paths = {episode.recording_path for episode in series.episodes if episode.recording_path is not None}
    unread = {path: path.stat().st_size for path in paths if path.is_file() and not digests.is_known(path)}
    if not unread:
        return
    task = progress.start("reading recordings", sum(unread.values()), "bytes")
    tally = SummedProgress(task.advance)
    try:
        for number, path in enumerate(sorted(unread)):
            # `probe_recordings` reports the error with its episode.
            with contextlib.suppress(OSError):
                digests.of(path, tally.for_part(number))
    finally:
        task.finish()


def check_jingles(
    series: Series, ffmpeg: Callable[[], Ffmpeg], digests: DigestCache, cache: Path
) -> tuple[KeyProblem, ...]:
    """Problems of intros and outros without audio; `cache` is a separate file."""
    probes = _ProbeCache(ffmpeg, digests, cache, NullProgress())
    found: list[KeyProblem] = []
    for path, (slug, key) in _jingles(series).items():
        try:
            probes.probe(path)
        except FfmpegMissing:
            # `probe_recordings` has reported it already.
            return ()
        except MediaError as error:
            found.append((slug, key, str(error), "error"))
    probes.save()
    return tuple(found)


def _jingles(series: Series) -> Mapping[Path, tuple[str | None, str]]:
    """Every intro and outro with its first occurrence: an episode's slug or None, and the key."""
    named: dict[Path, tuple[str | None, str]] = {}
    for name in ("intro", "outro"):
        file = getattr(series.audio, name)
        if file is not None:
            named[file.path] = None, f"audio: {name}"
        for episode in series.episodes:
            file = getattr(episode.audio, name)
            if file is not None:
                named.setdefault(file.path, (episode.slug, f"audio.{name}"))
    return named


def check_tracks(episode: Episode) -> Iterator[KeyProblem]:
    """Problems of an episode whose audio track or video does not exist in its recording."""
    if episode.recording is None:
        return
    if episode.video and not episode.recording.has_video:
        text = (
            f"{episode.recording.path.name} has no picture, so there is no video to offer; "
            "give the recording that has one, or delete the line"
        )
        yield episode.slug, "video", text, "error"
    tracks, chosen = episode.recording.tracks, episode.audio.audio_track
    last = len(tracks) - 1
    if chosen is not None and chosen > last:
        has = "one audio track, which is 0" if last == 0 else f"audio tracks 0 to {last}"
        text = f"there is no track {chosen}: the recording has {has}"
        yield episode.slug, "audio.audio_track", text, "error"
    elif chosen is None and last:
        languages = ", ".join(track.language or "?" for track in tracks)
        listed = f" ({languages})" if any(track.language for track in tracks) else ""
        advice = "the default one is used; to choose, write audio = { audio_track = 0 }"
        text = f"has {len(tracks)} audio tracks{listed}: {advice}"
        yield episode.slug, "recording", text, "warning"


class _ProbeCache:
    """Probe results by digest, read from the file `cache` or from ffprobe."""

    def __init__(
        self, ffmpeg: Callable[[], Ffmpeg], digests: DigestCache, cache: Path, progress: Progress
    ) -> None:
        self._ffmpeg, self._digests, self._cache, self._progress = ffmpeg, digests, cache, progress
        self._known = _load(cache)
        self._used: dict[str, ProbeResult] = {}

    def is_new(self, episode: Episode) -> bool:
        """Whether an episode's recording is not in the cache."""
        try:
            return (
                episode.recording_path is not None and self._digest(episode.recording_path) not in self._known
            )
        except MediaError:
            return False

    def probe(self, path: Path, *, may_be_incomplete: bool = False) -> Recording:
        """A probed file. Raises MediaError when it cannot be used."""
        digest = self._digest(path)
        known = self._known.get(digest)
        if known is None:
            logger.debug("%s: probed, because it is new or changed", path.name)
            known = self._known[digest] = self._probe(path)
        else:
            logger.debug("%s: read from the cache of probe results", path.name)
        self._used[digest] = known
        if known.declared_bytes and not may_be_incomplete:
            raise MediaError(_incomplete(path, known.declared_bytes))
        return _recording(path, digest, known)

    def save(self) -> None:
        """Stores the results of the recordings that the series still uses."""
        if self._used != _load(self._cache):
            probed = {digest: asdict(result) for digest, result in self._used.items()}
            content = json.dumps({"version": VERSION, "recordings": probed}, sort_keys=True, indent=0)
            files.write_atomic(self._cache, content.encode())

    def _digest(self, path: Path) -> str:
        try:
            return self._digests.of(path)
        except OSError as error:
            raise MediaError(f"{path.name}: cannot be read: {error.strerror}") from error

    def _probe(self, path: Path) -> ProbeResult:
        if path.stat().st_size == 0:
            raise MediaError(f"{path.name}: the file is empty; copy the recording again")
        ffmpeg = self._ffmpeg()
        declared = declared_size.size_if_incomplete(path)
        try:
            found = ffmpeg.probe(path)
        except MediaError as error:
            if not declared:
                raise
            # The missing part is often the index, without which nothing can be published.
            raise MediaError(f"{error} ({_sizes(path, declared)})") from error
        found = replace(found, declared_bytes=declared)
        if found.tracks:
            found = replace(found, duration=self._duration(ffmpeg, path, found))
        _check_limits(path, found)
        return found

    def _duration(self, ffmpeg: Ffmpeg, path: Path, found: ProbeResult) -> Seconds:
        """The duration of a file; measured when its header does not contain it."""
        from publisher.media import durations

        if durations.is_declared(found):
            return found.duration
        task = self._progress.start(f"measuring {path.name}", found.duration or None)
        try:
            return durations.measure(ffmpeg, path, found, task.advance)
        finally:
            task.finish()


def _incomplete(path: Path, declared: int) -> str:
    advice = 'copy it again. To publish only its first part, write end = "…"'
    return f"{path.name}: is incomplete: {_sizes(path, declared)}; {advice}"


def _sizes(path: Path, declared: int) -> str:
    return f"by its header it has {declared:,} bytes, the file has only {path.stat().st_size:,}"


def _check_limits(path: Path, found: ProbeResult) -> None:
    """Raises MediaError for values that no recorder writes and that would take days to process."""
    pixels = (found.width or 0) * (found.height or 0)
    least = path.stat().st_size / probe.MIN_BYTES_PER_SECOND
    bounds = (
        (found.duration, probe.MAX_DURATION, "lasts {0:.0f} seconds; {1:.0f} are allowed"),
        (found.streams, probe.MAX_STREAMS, "has {0} streams; {1} are allowed"),
        (pixels, probe.MAX_PIXELS, "has a picture of {0} pixels; {1} are allowed"),
        (found.duration, least, "declares a duration of {0:.0f} seconds, but is too small"),
    )
    for value, limit, text in bounds:
        if value > limit:
            raise MediaError(f"{path.name}: {text.format(value, limit)}; export the talk again")


def _recording(path: Path, digest: str, known: ProbeResult) -> Recording:
    """The recording of a probe result. Raises MediaError when it has no audio."""
    if not known.tracks:
        raise MediaError(
            f"{path.name}: contains no audio, only a picture; use the recording that has the talk's audio"
        )
    return Recording(
        path=path,
        digest=digest,
        duration=known.duration,
        tracks=known.tracks,
        has_video=known.has_video,
        width=known.width,
        height=known.height,
        picture=known.picture,
        pixels=known.pixels,
        metadata=known.metadata,
    )


def _load(cache: Path) -> dict[str, ProbeResult]:
    """The cached results by digest; empty when the cache is missing, damaged or of another version."""
    from publisher.media.probe import ProbeResult

    try:
        content = json.loads(files.read_bytes(cache))
        probed = content["recordings"] if content["version"] == VERSION else {}
        return {
            digest: ProbeResult(
                **{**stored, "tracks": tuple(AudioTrack(**track) for track in stored["tracks"])}
            )
            for digest, stored in probed.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
