"""Checks of the podcast namespace's keys that need more than one value; see `catalogue.rules`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from publisher.catalogue.problems import RuleFinding
from publisher.catalogue.raw import CatalogueContext, RawEpisode
from publisher.catalogue.schema_podcast import SocialPostTable, SoundbiteTable
from publisher.timeline import format_time

MIN_SOUNDBITE, MAX_SOUNDBITE = 15, 120
"""Seconds, as the podcast namespace recommends."""


def series_findings(context: CatalogueContext) -> Iterator[RuleFinding]:
    """Problems of [series]."""
    yield from _discussion(context.series.social)
    update = context.series.update
    if update is not None and update.start is None and "COUNT=" in (update.rrule or ""):
        text = "is missing: rrule has COUNT, which counts from a first time; write start = 2020-11-28"
        yield RuleFinding(("update", "start"), text)


def check_posts(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    """Posts without an address, or with one although comments are disabled."""
    return _discussion(episode.table.social)


def _discussion(social: Sequence[SocialPostTable]) -> Iterator[RuleFinding]:
    for position, post in enumerate(social):
        is_off = post.protocol == "disabled"
        if not is_off and post.url is None:
            text = 'is missing; write url = "https://social.example.org/1"'
            yield RuleFinding(("social", position, "url"), text)
        if is_off and (post.url or post.account or post.account_url):
            text = 'the protocol "disabled" allows no other keys; delete them from this table'
            yield RuleFinding(("social", position), text)
        if is_off and len(social) > 1:
            text = 'the protocol "disabled" disables all comments; delete it or the other posts'
            yield RuleFinding(("social", position), text)


def check_display_number(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    """A displayed number without a number to sort by."""
    if episode.table.display_number and episode.table.number is None and "number" not in episode.invalid_keys:
        yield RuleFinding(("display_number",), "needs a number to sort by; write number = 4 too")


def check_soundbites(episode: RawEpisode, context: CatalogueContext) -> Iterator[RuleFinding]:
    """Soundbites that end before they start, are outside the published part, or have an unusual length."""
    for position, bite in enumerate(episode.table.soundbites):
        span = f"{format_time(bite.start)} to {format_time(bite.end)}"
        if bite.end <= bite.start:
            text = f"ends at {format_time(bite.end)}, not after its start at {format_time(bite.start)}"
            yield RuleFinding(("soundbites", position), text)
            continue
        if _is_outside(episode, bite):
            text = f"{span} is outside the published part (start and end)"
            yield RuleFinding(("soundbites", position), text)
        elif any(
            bite.start < gap.end and gap.start < bite.end for gap in (*episode.table.cut, *episode.table.mute)
        ):
            text = f"a part of {span} is cut or muted, so the feed leaves it out"
            yield RuleFinding(("soundbites", position), text, "warning")
        if not MIN_SOUNDBITE <= bite.end - bite.start <= MAX_SOUNDBITE:
            length = f"is {bite.end - bite.start:g} s long"
            text = f"{length}; apps recommend {MIN_SOUNDBITE} to {MAX_SOUNDBITE} s"
            yield RuleFinding(("soundbites", position), text, "warning")


def _is_outside(episode: RawEpisode, bite: SoundbiteTable) -> bool:
    first, last = episode.table.start, episode.table.end
    return (first is not None and bite.start < first) or (last is not None and bite.end > last)
