"""What a receipt holds of a talk's video.

Its facts are ``id``, ``mark``, ``file`` (the digest of what was sent), ``duration`` (of it),
``made_of`` (what is seen and heard in it), ``session`` (while uploading), ``checked`` (the video
is whole and has its privacy), ``agreed`` (see `sync`), ``thumbnail``, ``captions`` and
``playlist`` (what was last put there), ``visible`` (from when it may be linked).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from publisher.fingerprint import fingerprint
from publisher.model import Episode, Facts, Receipt
from publisher.outputs.youtube import sync

HIDDEN = fingerprint("hidden")
"""What the catalogue is said to want of a video's privacy while its talk may not be seen."""


def facts_of(episode: Episode | None, receipt: Receipt | None) -> Facts:
    """The facts of a receipt that are about the video the catalogue means, where it knows the talk."""
    facts = receipt.facts if receipt else {}
    linked = episode.youtube.id if episode is not None else None
    if linked is not None and facts.get("id") != linked:
        return {"id": linked, "checked": True}
    return facts


def part_of(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What facts hold under a name; empty where they hold nothing."""
    found = facts.get(name)
    return found if isinstance(found, Mapping) else {}


def is_out_of_sight(facts: Mapping[str, Any]) -> bool:
    """Whether nothing is left to do for a video that may not be seen."""
    agreed = sync.read_agreed(facts).get("privacy", ("", ""))
    return agreed[0] == HIDDEN and not facts.get("captions") and not facts.get("playlist")
