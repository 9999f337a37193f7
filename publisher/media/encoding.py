"""One encoding as a call that any process can execute: what it is made from, and how.

An `Encoding` holds the recording's path and the settings of its sound and picture, and nothing else of the
series: no people, no texts, no credentials. `perform` writes the files to the context's folder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

from publisher.media.encode import EncodeContext
from publisher.model import Episode, Seconds
from publisher.progress import Task, WeightedProgress


class EncodedFiles(Protocol):
    """The result of an encoding: its files, and what was measured."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that were written."""

    def with_files(self, files: tuple[Path, ...]) -> Self:
        """The same result with its files at other paths."""


Result = TypeVar("Result", bound=EncodedFiles)


@dataclass(frozen=True, slots=True)
class Encoding(Generic[Result]):
    """One encoding. `length` is in seconds of published sound, `product` what `encode` makes.

    `encode` is a function of a module; everything can be pickled.
    """

    encode: Callable[[EncodeContext, Episode, Any, WeightedProgress], Result]
    episode: Episode
    product: object
    length: Seconds


def source_of(episode: Episode) -> Episode:
    """The episode with only what its sound and picture are made from."""
    recording = episode.recording and replace(episode.recording, metadata={})
    return Episode(
        episode.slug,
        "",
        episode.date,
        episode.language,
        Path(),
        start=episode.start,
        end=episode.end,
        cuts=episode.cuts,
        mutes=episode.mutes,
        chapters=episode.chapters,
        audio=episode.audio,
        recording=recording,
    )


def perform(encoding: Encoding[Result], context: EncodeContext, task: Task) -> Result:
    """Executes an encoding; `task` is told its progress. Raises MediaError when it fails."""
    bar = WeightedProgress(task, encoding.length)
    return encoding.encode(context, encoding.episode, encoding.product, bar)


def moved(encoding: Encoding[Result], move: Callable[[Path], Path]) -> Encoding[Result]:
    """The same encoding with its recording, intro and outro at other paths."""
    episode = encoding.episode
    recording, intro, outro = episode.recording, episode.audio.intro, episode.audio.outro
    audio = replace(
        episode.audio,
        intro=intro and replace(intro, path=move(intro.path)),
        outro=outro and replace(outro, path=move(outro.path)),
    )
    recording = recording and replace(recording, path=move(recording.path))
    return replace(encoding, episode=replace(episode, recording=recording, audio=audio))
