"""What the acts of a release share: the service, the channel's uploads, and a video's record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from publisher.model import Episode, Facts, Series
from publisher.outputs.youtube import faults, resource
from publisher.outputs.youtube.resource import Resource
from publisher.outputs.youtube.service import Service
from publisher.outputs.youtube.texts import MARK
from publisher.outputs.youtube.video import Video
from publisher.outputs.youtube.wanting import Wanted
from publisher.progress import Progress
from publisher.workbench import Wishes


class Uploads:
    """What the channel holds already, by the marks of its videos; read when first asked for."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._marked: dict[str, str] | None = None

    def find(self, mark: str, *, anew: bool = False) -> str | None:
        """The id of the video that carries `mark`; `anew` reads the newest ones again."""
        if self._marked is None or anew:
            self._marked = self._read()
        return self._marked.get(mark)

    def recognise(self, mark: str, page: str, title: str) -> str | None:
        """The id of a talk's video that no receipt tells of: by its mark, its page's address, its title."""
        if (marked := self.find(mark)) is not None:
            return marked
        told = {video: held["snippet"] for video, held in self._snippets().items()}
        by_page = [video for video, one in told.items() if page and page in one.get("description", "")]
        by_title = [video for video, one in told.items() if one.get("title") == title]
        return next(iter((*by_page, *by_title)), None)

    def _read(self) -> dict[str, str]:
        return {
            tag: video
            for video, held in self._snippets().items()
            for tag in held["snippet"].get("tags") or ()
            if MARK.fullmatch(tag)
        }

    def _snippets(self) -> Mapping[str, Resource]:
        """The titles, descriptions and tags of all uploads of the channel, by video."""
        playlist = self._service.channel()["contentDetails"]["relatedPlaylists"]["uploads"]
        try:
            entries = [one["snippet"]["resourceId"] for one in self._service.playlist(playlist)]
        except faults.Missing as error:
            if error.reason != "playlistNotFound":
                raise
            # A channel without videos has no playlist of uploads either.
            return {}
        ids = (str(one["videoId"]) for one in entries if "videoId" in one)
        return self._service.videos(ids, ("snippet",))


@dataclass(frozen=True, slots=True)
class Desk:
    """What all videos of one release share. `dates` are those of the channel's talks, by video."""

    service: Service
    uploads: Uploads
    series: Series
    now: datetime
    wishes: Wishes
    progress: Progress
    dates: dict[str, datetime] = field(default_factory=dict)


class Job:
    """One video: what the catalogue wants of it, and the facts about it so far.

    `find_file` gives the file to upload and raises YouTubeError where there is none.
    """

    def __init__(
        self,
        desk: Desk,
        episode: Episode,
        wanted: Wanted,
        facts: Facts,
        write_down: Callable[[Facts], None],
        find_file: Callable[[], Video],
    ) -> None:
        self.desk = desk
        self.episode = episode
        self.wanted = wanted
        self.facts: dict[str, Any] = dict(facts)
        if not self.facts.get("checked") and "duration" not in self.facts and episode.youtube.id is None:
            # Not to be compared with what was sent: it is looked for, by its mark, and taken up anew.
            self.facts.pop("id", None)
        self._write_down = write_down
        self.find_file = find_file

    def keep(self, **changed: object) -> None:
        """Writes facts down before anything else happens; None takes one away."""
        self.facts.update(changed)
        for name in [name for name, value in changed.items() if value is None]:
            del self.facts[name]
        self._write_down(dict(self.facts))

    def read_video(self, video: str, *more: str) -> Resource:
        """The video as it stands now, with `more` parts than usual. Raises Missing."""
        found = self.desk.service.videos([video], (*resource.PARTS, *more)).get(video)
        if found is None:
            text = f"the video {video} is not on YouTube any more; run `publisher release` again"
            raise faults.Missing(text)
        return found
