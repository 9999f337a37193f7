"""Stands before everything that puts something where it is published; reads transcripts, writes nothing."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from publisher.errors import LeakError
from publisher.leaks import Leak, Secrets, films, find, in_episode, told
from publisher.model import Episode


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets through what holds no leak."""

    secrets: Secrets

    def check(self, path: str, content: bytes) -> None:
        """Raises LeakError, with every place, when `content` may not stand at `path`."""
        found = find(path, content, self.secrets)
        if found:
            raise LeakError(f"{path}: {told(found)}", path)

    def check_file(self, path: str, file: Path) -> None:
        """As `check`, for a file of any size: picture and sound themselves are not looked at."""
        self.check(path, films.told(file))

    def check_talk(self, episode: Episode) -> None:
        """Raises LeakError when the talk's texts or transcripts hold what may not be published."""
        found = self.leaks_in(episode)
        if found:
            raise LeakError(f"held back: {told(found)}; take it out, or correct private/people.toml")

    def leaks_in(self, episode: Episode) -> tuple[Leak, ...]:
        """What the talk's texts and transcripts hold, by field and file."""
        found = list(in_episode(episode, self.secrets))
        for transcript in episode.transcripts:
            # One that cannot be read is somebody else's error; what is made of it is searched as well.
            with contextlib.suppress(OSError):
                text = transcript.source.path.read_bytes().decode("utf-8", "replace")
                found += self.secrets.within(text, transcript.source.path.name)
        return tuple(dict.fromkeys(found))
