"""Takes a video out of sight: private, out of the playlist, without the captions put there by us.

The video itself is never deleted, and captions that somebody else put there are left alone: both
are private with it. Each deed is safe to repeat and is written down before the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from publisher.fingerprint import fingerprint
from publisher.model import Facts
from publisher.outputs.youtube import faults, resource, sync
from publisher.outputs.youtube.facts import HIDDEN, part_of
from publisher.outputs.youtube.resource import Resource
from publisher.outputs.youtube.service import Service

Keep = Callable[[Facts], None]


class Retraction:
    """One video, from wherever it is seen to nowhere."""

    def __init__(self, service: Service, facts: Facts, now: datetime, keep: Keep, channel: str) -> None:
        self._service, self._now, self._keep, self._channel = service, now, keep, channel
        self.facts: dict[str, Any] = dict(facts)
        self._video = str(facts["id"])

    def carry_out(self) -> Iterator[str]:
        """Does what there is to do, what shows most first; says each deed when it is done."""
        held = self._service.videos([self._video], resource.PARTS).get(self._video)
        if held is None:
            self._settle(captions=None, playlist=None)
            yield f"the video {self._video} is not there any more"
            return
        owner = held.get("snippet", {}).get("channelId")
        if owner != self._channel:
            raise faults.NotAuthorised(
                f"the video {self._video} belongs to the channel {owner}, and logged in is {self._channel}"
            )
        yield self._make_private(held)
        yield from self._leave_playlist()
        yield from self._delete_captions()
        self._write_down(captions=None)

    def _make_private(self, held: Resource) -> str:
        privacy = {"privacy": "private"}
        was_private = resource.found(held, privacy, self._now) == privacy
        if not was_private:
            parts, body = resource.changed(held, privacy)
            self._service.update_video(parts, body)
        self._settle()
        return f"the video {self._video} {'was private already' if was_private else 'is private'}"

    def _settle(self, **changed: object) -> None:
        # It is none of the catalogue's values: when the talk may be seen again, that is a change.
        agreed = {name: list(pair) for name, pair in sync.read_agreed(self.facts).items()}
        agreed["privacy"] = [HIDDEN, fingerprint("private")]
        self._write_down(agreed=agreed, visible=None, **changed)

    def _leave_playlist(self) -> Iterator[str]:
        playlist = part_of(self.facts, "playlist").get("id")
        if playlist is None:
            return
        try:
            entries = [one for one in self._service.playlist(str(playlist)) if self._is_ours(one)]
        except faults.Missing:
            entries = []
        for entry in entries:
            self._service.remove_from_playlist(str(entry["id"]))
        self._write_down(playlist=None)
        if entries:
            yield f"it is out of the playlist {playlist}"

    def _is_ours(self, entry: Resource) -> bool:
        return bool(entry["snippet"]["resourceId"].get("videoId") == self._video)

    def _delete_captions(self) -> Iterator[str]:
        for language, held in sorted(part_of(self.facts, "captions").items()):
            caption = held.get("id") or (self._sent(language) if "trying" in held else None)
            if caption is not None:
                self._service.delete_caption(str(caption))
            left = {key: value for key, value in part_of(self.facts, "captions").items() if key != language}
            self._write_down(captions=left)
            if caption is not None:
                yield f"its captions ({language}) are deleted"
            elif held.get("left"):
                yield f"its captions ({language}) are somebody else's and stay, private with it"

    def _sent(self, language: str) -> str | None:
        """The track that was sent and whose answer never came, if it is there."""
        for track in self._service.captions(self._video):
            snippet = track["snippet"]
            ours = not snippet.get("name") and snippet.get("trackKind", "standard") == "standard"
            if ours and snippet.get("language") == language:
                return str(track["id"])
        return None

    def _write_down(self, **changed: object) -> None:
        self.facts.update(changed)
        for name in [name for name, value in changed.items() if value is None]:
            del self.facts[name]
        self._keep(dict(self.facts))
