"""The notices of a plan: what it does not change, and why; part of `publisher.planner`. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from publisher.ledger import Ledger
from publisher.model import PLACES, TWO_MICROPHONES, AudioFacts, Series
from publisher.plan import MEDIA_OUTPUTS, Notice, Selection, Step
from publisher.release_state import ReleaseState, missing_episodes
from publisher.visibility import missing_consents


def missing_notices(state: ReleaseState) -> tuple[Notice, ...]:
    """A notice for each published episode that is missing in the catalogue."""
    return tuple(
        Notice(
            "pages",
            missing.record.slug,
            "missing",
            missing.text,
            tuple(successor.episode.slug for successor in missing.successors),
        )
        for missing in missing_episodes(state)
    )


def consent_notices(state: ReleaseState) -> Iterable[Notice]:
    """A notice for each place in which a due episode waits for a guest's consent."""
    for episode in state.series.episodes:
        if episode.status != "ready" or episode.date > state.now:
            continue
        for place in PLACES:
            missing = missing_consents(state.series, episode, place, state.now)
            if missing and (place != "youtube" or episode.youtube.upload):
                text = f"{place}: waits for the consent of {', '.join(missing)}"
                yield Notice(place, episode.slug, "withheld", text)


_METADATA_WORDS = {
    "location": "place", "gps": "place", "xyz": "place",
    "make": "device", "model": "device", "device": "device",
    "creation": "time", "date": "time", "year": "time",
    "artist": "author", "author": "author", "copyright": "author",
    "software": "software", "comment": "comment", "title": "title",
}  # fmt: skip
"""Words for the tags of a recording, by a part of the tag's name; other tags keep their names."""

_TECHNICAL_METADATA = ("handler_name", "vendor")
"""Tags that recorders write and that say nothing about a person, a place or a time."""


def stripped_notices(state: ReleaseState, steps: Iterable[Step]) -> Iterable[Notice]:
    """A notice for each recording with metadata that is not published, such as place and device."""
    made = {step.episode for step in steps if step.output in MEDIA_OUTPUTS and step.action != "update"}
    for episode in state.series.episodes:
        if episode.slug in made and episode.recording is not None:
            names = tuple(
                name
                for name in sorted(episode.recording.metadata)
                if not name.lower().startswith(_TECHNICAL_METADATA)
            )
            if names:
                words = ", ".join(dict.fromkeys(map(_metadata_word, names)))
                text = f"the recording's metadata names {words}; none of it is published"
                yield Notice("audio", episode.slug, "stripped", text, names)


def _metadata_word(name: str) -> str:
    low = name.lower()
    return next((word for part, word in _METADATA_WORDS.items() if part in low), name)


def mixed_notices(
    series: Series, ledger: Ledger, slugs: Collection[str | None] | None = None
) -> Iterable[Notice]:
    """A notice with the talks, of `slugs` if given, whose two microphones became one channel."""
    mixed = tuple(
        episode.slug
        for episode in series.episodes
        if (slugs is None or episode.slug in slugs) and episode.audio.channels == "auto"
        if (receipt := ledger.record(episode.slug).receipts.get("audio")) is not None
        if isinstance(receipt.facts, AudioFacts) and receipt.facts.mono_from == TWO_MICROPHONES
    )
    if mixed:
        text = (
            f"{shorten(mixed)}: two microphones, with one voice on each channel, were brought to the middle; "
            'channels = "stereo" keeps them apart'
        )
        yield Notice("audio", None, "mixed", text, mixed)


def delivery_notices(state: ReleaseState, selection: Selection) -> Iterable[Notice]:
    """A notice if the destination cannot be read."""
    if state.delivery is not None and state.delivery.trouble and selection.includes("deliver"):
        yield Notice("deliver", None, "trouble", f"deliver: {state.delivery.trouble}")


def shorten(names: tuple[str, ...], maximum: int = 3) -> str:
    """The names, with the number of those that are more than `maximum`."""
    # Without a count: the bytes of some documents will turn out to be unchanged.
    return ", ".join(names[:maximum]) + (" and others" if len(names) > maximum else "")
