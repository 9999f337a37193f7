"""``publisher status``: where every talk stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from publisher import ledger, planner, site_paths
from publisher.cli import console, options, session
from publisher.cli.plan import feed_changes
from publisher.gather.series import Session
from publisher.ledger import WithdrawalLock, failures
from publisher.ledger.failures import FailureRecord
from publisher.model import PLACES, Enclosure, Episode, get_youtube_facts
from publisher.model.youtube_facts import YouTubeFacts
from publisher.plan import Plan
from publisher.visibility import is_withdrawn

VISIBLE_STATES = ("published", "pending")
"""The states of what is to be seen: in their place it is told what failed."""


@dataclass(frozen=True, slots=True)
class EpisodeStatus:
    """Where a talk stands: as a whole, why, and in each place that it goes to."""

    state: str
    detail: str
    places: Mapping[str, str]
    failed: tuple[FailureRecord, ...] = ()


@click.command("status")
@options.common
def command(directory: Path | None, as_json: bool) -> int:
    """Show where every talk stands."""
    with console.progress(as_json) as progress:
        opened = session.open_series(directory, progress=progress, look=session.outputs_for_only(None))
    plan = planner.build_plan(opened.state, opened.makers, opened.renderers)
    failed = _failures(opened, plan)
    of_talks = failures.group_by_episode(failed)
    stale = _stale(opened, plan)
    rows = [
        _episode(episode, opened, _standing(episode, opened, plan, stale, of_talks), plan)
        for episode in opened.series.episodes
    ]
    known = {episode.slug for episode in opened.series.episodes}
    common = [one for talk, found in of_talks.items() if talk not in known for one in found]
    if as_json:
        whole = {"feed": opened.series.feed_url, "episodes": rows, "failures": list(map(_failure, common))}
        options.print_json(whole)
        return 0
    console.table([(str(row["slug"]), str(row["state"]), str(row["detail"])) for row in rows])
    for reason in _reasons(common):
        console.print_line(f"failed: {reason}", "bad")
    if failed:
        console.print_line("What failed is tried again by `publisher release`, once it is mended.")
    if plan.steps:
        steps = console.count(len(plan.steps), "step")
        console.print_line(f"{steps} to do: `publisher plan` shows them, `publisher release` does them.")
    return 0


def _failures(opened: Session, plan: Plan) -> tuple[FailureRecord, ...]:
    """What failed before and is still to be mended, and the talks that hold what must not be published."""
    leaks, now = opened.state.leaks, opened.state.now
    found = tuple(
        FailureRecord("pages", one.slug, failures.for_episode(one), str(leaks[one.slug]), now)
        for one in opened.series.episodes
        if one.slug in leaks
    )
    known = failures.unresolved(opened.state.failed, plan, opened.series)
    return (*(one for one in known if one.slug not in leaks), *found)


def _reasons(failed: Iterable[FailureRecord]) -> Iterable[str]:
    """Each reason once and in one line, with the outputs it kept from being done."""
    outputs: dict[str, dict[str, datetime]] = {}
    for one in failed:
        outputs.setdefault(" ".join(one.reason.split()), {})[one.output] = one.at
    for reason, when in outputs.items():
        yield f"{', '.join(when)}: {reason} ({max(when.values()):%Y-%m-%d %H:%M})"


def _failure(one: FailureRecord) -> dict[str, object]:
    return {"output": one.output, "reason": one.reason, "at": one.at.isoformat()}


def _stale(opened: Session, plan: Plan) -> Mapping[str, tuple[str, ...]]:
    """The places where something of a talk waits to be rendered again, by slug."""
    found: dict[str, dict[str, None]] = {}
    for step in plan.steps:
        if step.episode is not None:
            continue
        slugs = {site_paths.slug_from_path(path) for path in step.inputs}
        if any(path == site_paths.FEED or site_paths.is_feed_archive(path) for path in step.inputs):
            slugs |= _differing(opened)
        for slug in slugs:
            if slug is not None:
                found.setdefault(slug, {})[step.output] = None
    return {slug: tuple(outputs) for slug, outputs in found.items()}


def _differing(opened: Session) -> set[str | None]:
    """The talks whose item in the feed would be another: all share one document, most do not change."""
    identified = ledger.identify(opened.series, opened.state.ledger)
    slugs = {talk.guid: slug for slug, talk in identified.records.items()}
    return {slugs.get(change.guid) for change in feed_changes(opened) if change.guid}


def _standing(
    episode: Episode,
    opened: Session,
    plan: Plan,
    stale: Mapping[str, tuple[str, ...]],
    failed: Mapping[str | None, tuple[FailureRecord, ...]],
) -> EpisodeStatus:
    waiting = stale.get(episode.slug, ())
    state, detail = _state(episode, opened, plan, waiting)
    places = _places(episode, opened, state, plan, waiting)
    own = failed.get(episode.slug, ())
    places |= {place: "failed" for one in own for place in one.places}
    if places["feed"] in VISIBLE_STATES and any(
        site_paths.FEED in one.inputs for one in failed.get(None, ())
    ):
        places["feed"] = "failed"
    if own and (state in VISIBLE_STATES or episode.slug in opened.state.leaks):
        state, detail = "failed", ""
    return EpisodeStatus(state, "; ".join(part for part in (detail, *_reasons(own)) if part), places, own)


def _episode(episode: Episode, opened: Session, standing: EpisodeStatus, plan: Plan) -> dict[str, object]:
    identified = ledger.identify(opened.series, opened.state.ledger)
    talk = identified.record(episode.slug)
    audio = talk.receipts.get("audio")
    made = ledger.enclosures(audio) if audio else ()
    places, video = standing.places, _youtube(episode, opened, plan)
    if video is not None and places["youtube"] == "failed":
        video["state"] = "failed"
    parts = (standing.detail, _apart(places, standing.state))
    return {
        "slug": episode.slug,
        "guid": talk.guid,
        "title": episode.title,
        "state": standing.state,
        "detail": "; ".join(part for part in parts if part),
        "places": places,
        "date": episode.date.isoformat(),
        "published": talk.published.isoformat() if talk.published else None,
        "page": _page(episode, opened, places["pages"]),
        "audio": _audio(opened, made[0]) if made else None,
        "alternates": [_audio(opened, other) for other in made[1:]],
        "video": _video(opened, ledger.video_enclosure(talk.receipts["video"]))
        if "video" in talk.receipts
        else None,
        "youtube": video,
        "failures": list(map(_failure, standing.failed)),
    }


def _page(episode: Episode, opened: Session, state: str) -> str | None:
    """The address of the talk's page where one stands: one that waits to be rendered again does."""
    stands = f"{site_paths.episode_page(episode.slug)}index.html" in opened.state.public
    return site_paths.episode_url(opened.series, episode) if stands and state in VISIBLE_STATES else None


def _state(episode: Episode, opened: Session, plan: Plan, stale: tuple[str, ...]) -> tuple[str, str]:
    """The talk as a whole."""
    if episode.status != "ready":
        return episode.status, ""
    lock = _lock(episode, opened)
    if lock is not None and set(lock.places) >= set(PLACES):
        return "withdrawn", f"on {lock.day.isoformat()}"
    if not episode.is_due(opened.state.now):
        held = "; ".join(dict.fromkeys(f"{place}: {why}" for place, why in episode.withheld.items()))
        if held:
            return "held", held
        return "scheduled", f"appears with the first release after {episode.date.isoformat()}"
    if episode.slug in opened.unusable:
        return "failed", str(opened.unusable[episode.slug])
    steps = [step for step in (*plan.steps, *plan.deferred) if step.episode == episode.slug]
    if steps:
        return "pending", "; ".join(f"{step.output}: {step.reason}" for step in steps)
    if stale:
        return "pending", f"{' and '.join(stale)}: to be rendered again"
    return "published", f"since {episode.date.date().isoformat()}"


def _lock(episode: Episode, opened: Session) -> WithdrawalLock | None:
    return opened.state.ledger.record(episode.slug).withdrawn


def _places(
    episode: Episode, opened: Session, state: str, plan: Plan, stale: tuple[str, ...]
) -> dict[str, str]:
    """The talk's state in each place that it goes to."""
    here, video = _here(state, plan, episode), _youtube(episode, opened, plan)
    states = {
        place: "pending" if here == "published" and place in stale else here for place in ("feed", "pages")
    }
    if video is not None:
        states["youtube"] = str(video["state"])
    return {place: _kept_back(episode, opened, place) or stands for place, stands in states.items()}


def _here(state: str, plan: Plan, episode: Episode) -> str:
    """The state on the pages and in the feed: a video that waits does not hold them up."""
    steps = (*plan.steps, *plan.deferred)
    makes = any(step.output == "audio" and step.episode == episode.slug for step in steps)
    return "published" if state == "pending" and not makes else state


def _kept_back(episode: Episode, opened: Session, place: str) -> str:
    lock = _lock(episode, opened)
    if lock is not None and place in lock.places:
        return "withdrawn"
    return "held" if place in episode.withheld else ""


def _apart(places: Mapping[str, str], state: str) -> str:
    """The places in which a talk stands otherwise than as a whole."""
    return ", ".join(f"{place}: {stands}" for place, stands in places.items() if stands != state)


def _youtube(episode: Episode, opened: Session, plan: Plan) -> dict[str, object] | None:
    """Where the talk's video stands; None where it has and is to have none."""
    receipt = opened.state.ledger.record(episode.slug).receipts.get("youtube")
    facts = get_youtube_facts(receipt)
    video = episode.youtube.id or facts.id
    if video is None and not episode.youtube.upload:
        return None
    return {"id": video, "state": _youtube_state(episode, facts, opened, plan)}


def _youtube_state(episode: Episode, facts: YouTubeFacts, opened: Session, plan: Plan) -> str:
    remarks = [one.kind for one in plan.notices if one.episode == episode.slug and one.output == "youtube"]
    for kind, state in (("gone", "gone"), ("conflict", "conflict"), ("drift", "drifted")):
        if kind in remarks:
            return state
    steps = (*plan.steps, *plan.deferred)
    if any(step.output == "youtube" and step.episode == episode.slug for step in steps):
        return "pending"
    if is_withdrawn(episode, "youtube"):
        return "withdrawn"
    if facts == YouTubeFacts():
        return "linked" if episode.youtube.id else "pending"
    if facts.visible is None:
        return "linked" if episode.youtube.id else "private"
    moment = datetime.fromisoformat(facts.visible.replace("Z", "+00:00"))
    return "published" if moment <= opened.state.now else "scheduled"


def _video(opened: Session, made: Enclosure | None) -> dict[str, object] | None:
    """The published video; None where there is none, or one that only waits to be sent."""
    if made is None:
        return None
    # As the feed has it: bits a second.
    bitrate = None if made.bitrate is None else made.bitrate * 1000
    return {**_audio(opened, made), "height": made.height, "bitrate": bitrate}


def _audio(opened: Session, made: Enclosure) -> dict[str, object]:
    return {
        "url": site_paths.url(opened.series, made.path),
        "length": made.length,
        "type": made.type,
        "duration": made.duration,
        "loudness": made.loudness,
        "true_peak": made.true_peak,
    }
