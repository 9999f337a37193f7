"""Stands before everything that puts something where it is published; reads transcripts, writes nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from publisher import transcripts
from publisher.errors import LeakError
from publisher.leaks import Leak, Secrets, films, find, in_episode, spoken, told
from publisher.model import Episode, Transcript
from publisher.transcripts import TranscriptError

ASSETS = "assets/"
OWN = (".css", ".js")


def own_lines(assets: Path) -> frozenset[bytes]:
    """The lines of all styles and scripts in a folder."""
    files = sorted(path for path in assets.iterdir() if path.suffix in OWN)
    return frozenset(line for path in files for line in path.read_bytes().splitlines())


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets through what holds no leak.

    `own` are the lines of the tool's own styles and scripts: words in them are nobody's.
    """

    secrets: Secrets
    own: frozenset[bytes] = frozenset()

    def check(self, path: str, content: bytes) -> None:
        """Raises LeakError, with every place, when `content` may not stand at `path`."""
        found = self.search(path, content)
        if found:
            raise LeakError(f"{path}: {told(found)}", path)

    def search(self, path: str, content: bytes) -> tuple[Leak, ...]:
        """What in `content` may not stand at `path`."""
        if path.startswith(ASSETS) and path.endswith(OWN):
            # The lines that are left keep their numbers.
            content = b"\n".join(b"" if line in self.own else line for line in content.split(b"\n"))
        return find(path, content, self.secrets)

    def check_file(self, path: str, file: Path) -> None:
        """As `check`, for a file of any size: picture and sound themselves are not looked at."""
        self.check(path, films.told(file))

    def search_file(self, path: str, file: Path) -> tuple[Leak, ...]:
        """As `search`, for a file of any size."""
        return self.search(path, films.told(file))

    def check_talk(self, episode: Episode) -> None:
        """Raises LeakError when the talk's texts or transcripts hold what may not be published."""
        found = self.leaks_in(episode)
        if found:
            raise LeakError(f"held back: {told(found)}; take it out, or correct private/people.toml")

    def leaks_in(self, episode: Episode) -> tuple[Leak, ...]:
        """What the talk's texts and transcripts hold, by field and file."""
        found = list(in_episode(episode, self.secrets))
        for transcript in episode.transcripts:
            found += self._in_transcript(transcript)
        return tuple(dict.fromkeys(found))

    def _in_transcript(self, transcript: Transcript) -> Iterator[Leak]:
        """What a transcript holds, as it is written and as it is heard."""
        path = transcript.source.path
        # One that cannot be read is the business of `transcripts`; what is made of it is searched as well.
        with contextlib.suppress(OSError):
            text = path.read_bytes().decode("utf-8-sig", "replace")
            yield from self.secrets.within(text, path.name)
            with contextlib.suppress(TranscriptError):
                for speech in spoken.of_cues(transcripts.read(transcript), text):
                    yield from self.secrets.within(speech.text, path.name, speech.line)
