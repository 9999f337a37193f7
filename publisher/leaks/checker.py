"""Checks everything for leaks before it is published; reads transcripts, writes nothing."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from publisher import transcripts
from publisher.errors import LeakError
from publisher.leaks import Leak, Secrets, find, in_episode, in_series, spoken, summarize, video_metadata
from publisher.leaks.matcher import is_text
from publisher.leaks.model_text import NOTES
from publisher.leaks.own_words import Wording
from publisher.model import Episode, Series, Transcript
from publisher.transcripts import TranscriptError

logger = logging.getLogger(__name__)

ASSETS = "assets/"
ASSET_SUFFIXES = (".css", ".js")


def asset_lines(assets: Path) -> frozenset[bytes]:
    """The lines of all styles and scripts in a folder."""
    files = sorted(path for path in assets.iterdir() if path.suffix in ASSET_SUFFIXES)
    return frozenset(line for path in files for line in path.read_bytes().splitlines())


@dataclass(frozen=True)
class LeakChecker:
    """Raises LeakError for files and texts that contain a secret or hidden metadata.

    `own_lines` are the lines of the built-in styles and scripts, which are not searched. `wording`
    separates the tool's own words in other files from what people wrote; None: every word counts.
    """

    secrets: Secrets
    own_lines: frozenset[bytes] = frozenset()
    wording: Wording | None = None

    def check(self, path: str, content: bytes) -> None:
        """Raises LeakError, with every place, if `content` may not be published as `path`."""
        found = self.search(path, content, is_written=False)
        if found:
            logger.info("refuse a file with %d leaks", len(found))
            raise LeakError(f"{path}: {summarize(found)}{self._origin(found)}", path)

    def _origin(self, found: tuple[Leak, ...]) -> str:
        """The texts of the series from which leaks came into a rendered file, as the end of a sentence."""
        kinds = frozenset(leak.kind for leak in found)
        sources = self.wording.sources(self.secrets, kinds) if self.wording is not None else ()
        return f"; it is written in {', '.join(sources[:3])}" if sources else ""

    def search(self, path: str, content: bytes, *, is_written: bool = True) -> tuple[Leak, ...]:
        """The leaks in `content`, with line numbers if it `is_written` at `path` already."""
        if path.startswith(ASSETS) and path.endswith(ASSET_SUFFIXES):
            # Empty lines keep the numbers of the lines after them.
            content = b"\n".join(b"" if line in self.own_lines else line for line in content.split(b"\n"))
        return find(path, content, self._document_secrets, is_written=is_written)

    @cached_property
    def _document_secrets(self) -> Secrets:
        return self.secrets if self.wording is None else self.wording.of_documents(self.secrets)

    def check_file(self, path: str, file: Path) -> None:
        """As `check`, for a file of any size: audio and video frames are not searched."""
        self.check(path, video_metadata.metadata_bytes(file))

    def search_file(self, path: str, file: Path) -> tuple[Leak, ...]:
        """As `search`, for a file of any size; reads at most `video_metadata.MAX_BYTES` into memory."""
        if file.stat().st_size <= video_metadata.MAX_BYTES or not is_text(file):
            return self.search(path, video_metadata.metadata_bytes(file))
        found = (*self.search(path, b""), *self._document_secrets.in_long_file(file, "its text"))
        return tuple(dict.fromkeys(found))

    def check_talk(self, episode: Episode) -> None:
        """Raises LeakError if the texts or transcripts of the episode contain a leak."""
        found = self.leaks_in(episode)
        if found:
            raise LeakError(f"held back: {summarize(found)}; take it out, or correct private/people.toml")

    def leaks_in(self, episode: Episode) -> tuple[Leak, ...]:
        """The leaks in the episode's texts and transcripts, by key of the catalogue or line of a file."""
        found = list(in_episode(episode, self.secrets, count_leading_lines(episode.folder / NOTES)))
        for transcript in episode.transcripts:
            found += self._in_transcript(transcript)
        return tuple(dict.fromkeys(found))

    def leaks_in_series(self, series: Series) -> tuple[Leak, ...]:
        """The leaks in the texts of the series and of its people, by key of the catalogue."""
        return in_series(series, self.secrets)

    def _in_transcript(self, transcript: Transcript) -> Iterator[Leak]:
        """The leaks in a transcript's file, and in its speech across cues."""
        path = transcript.source.path
        # `transcripts` reports a file that cannot be read, and outputs made of it are searched as well.
        try:
            text = path.read_bytes().decode("utf-8-sig", "replace")
            yield from self.secrets.find_in(text, path.name, lambda line: line)
            for speech in spoken.of_cues(transcripts.read(transcript), text):
                yield from self.secrets.find_in(speech.text, path.name, speech.line)
        except (OSError, TranscriptError) as error:
            logger.debug("the speech of a transcript is not searched: %s", type(error).__name__)


def count_leading_lines(notes: Path) -> int:
    """The number of empty lines before the first word of the notes: the model's notes lack them."""
    with contextlib.suppress(OSError):
        text = notes.read_bytes().decode("utf-8-sig", "replace")
        return text[: len(text) - len(text.lstrip())].count("\n")
    return 0
