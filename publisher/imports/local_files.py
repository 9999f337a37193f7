"""Gives the writer the files of a folder: recordings, captions and pictures lie there, not on a server.

Places are paths below the folder; addresses, such as those of thumbnails, are fetched. The folder is only
read. Its recordings are never published as they are: a file that nobody heard published is mastered first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from publisher import files, symlinks
from publisher.imports.addresses import FetchError
from publisher.imports.fetch import Fetch
from publisher.imports.model import ImportedFile
from publisher.imports.talk_files import Media, Note
from publisher.media.ffmpeg import Ffmpeg


class LocalFiles:
    """The files below `folder`; `fetch` gets what is an address."""

    def __init__(self, folder: Path, fetch: Fetch, ffmpeg: Ffmpeg | None) -> None:
        self._folder, self._fetch, self._ffmpeg = folder, fetch, ffmpeg

    def __call__(self, url: str, max_bytes: int) -> bytes:
        """The content of a file, or of an address. Raises FetchError."""
        if url.startswith(("http://", "https://")):
            return self._fetch(url, max_bytes)
        path = self.path_of(url)
        try:
            with files.open_regular(path) as file:
                content = file.read(max_bytes + 1)
        except OSError as error:
            raise FetchError(f"{url}: cannot be read: {error.strerror}") from error
        if len(content) > max_bytes:
            raise FetchError(f"{url}: has more than {max_bytes} bytes")
        return content

    def get(self, file: ImportedFile, note: Note, report: Callable[[int], None]) -> Media:
        """A recording. Raises FetchError, or MediaError if it is none."""
        assert self._ffmpeg is not None
        path = self.path_of(file.place)
        return Media(path, None, path.suffix[1:].lower(), self._ffmpeg.probe(path))

    def chapters(self, path: Path, note: Note) -> dict[str, object]:
        """No chapters: the reader of the folder has looked into its recordings."""
        return {}

    def finish(self, places: Iterable[str]) -> None:
        """Does nothing: the files belong to the producer."""

    def path_of(self, place: str) -> Path:
        """The path of a place. Raises FetchError unless it is a file in the folder, not behind a link."""
        relative = PurePosixPath(place)
        path = self._folder / relative
        steps = [self._folder.joinpath(*relative.parts[:end]) for end in range(1, len(relative.parts) + 1)]
        if relative.is_absolute() or ".." in relative.parts or any(map(symlinks.is_link, steps)):
            raise FetchError(f"{place}: is not in the folder")
        if not path.is_file():
            raise FetchError(f"{place}: there is no such file any more")
        return path
