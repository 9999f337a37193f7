"""The audio of a review file: the talk as it would be published, small, in a container that browsers play.

Opus in WebM: Chromium, Firefox, and Safari from 17.5 play it from memory (Ogg only from 18.4, see WebKit's
release notes). AAC in MP4 plays on every phone and takes more bytes for the same speech.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from publisher.context import BuildContext
from publisher.errors import LockedError
from publisher.media import ffmpeg_args
from publisher.media.ffmpeg import Ffmpeg
from publisher.model import AudioFacts, Episode
from publisher.outputs.audio import AudioMaker
from publisher.progress import Progress

BITRATES: Mapping[str, int] = MappingProxyType({"opus": 24, "m4a": 48})
"""kbit/s by format: an hour takes 11 and 22 MB."""

TYPES: Mapping[str, str] = MappingProxyType(
    {"opus": 'audio/webm; codecs="opus"', "m4a": 'audio/mp4; codecs="mp4a.40.2"'}
)
WORK = "review"
"""The folder of working files below .publisher/, apart from those of a running release."""


@dataclass(frozen=True, slots=True)
class ReviewSound:
    """The bytes of the audio, their media type, and the facts that the timeline is made from."""

    content: bytes
    type: str
    facts: AudioFacts


def make_sound(episode: Episode, audio_format: str, context: BuildContext, progress: Progress) -> ReviewSound:
    """The audio of an episode with its cuts and mutes, in mono. Raises MediaError, LockedError."""
    settings = replace(
        episode.audio,
        formats=(audio_format,),
        channels="mono",
        bitrate={**episode.audio.bitrate, audio_format: BITRATES[audio_format]},
    )
    own = replace(context, work=context.work / WORK)
    ffmpeg = Ffmpeg.find(context.environment)

    def take(path: Path, facts: AudioFacts) -> ReviewSound:
        if audio_format == "opus":
            target = path.with_suffix(".webm")
            command = ffmpeg_args.to_webm(ffmpeg.binaries.ffmpeg, path, target)
            with ffmpeg.run(command, f"{path.name}: cannot be copied", reads=False, writes=False):
                pass
            path = target
        return ReviewSound(path.read_bytes(), TYPES[audio_format], facts)

    with _lock(own.work):
        return AudioMaker(own).make_untagged(replace(episode, audio=settings), progress, take)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Locks the working folder: a second command would remove it as the remains of a killed one."""
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise LockedError("another review file is being made; run this again when it is done") from error
    try:
        yield
    finally:
        lock.release()
