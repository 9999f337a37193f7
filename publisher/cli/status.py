"""``publisher status``: where every talk stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from publisher import addresses, decide, ledger
from publisher.cli import console, options, session
from publisher.cli.plan import feed_changes
from publisher.gather.series import Session
from publisher.ledger import Lock, failures
from publisher.ledger.failures import Failed
from publisher.model import PLACES, Enclosure, Episode
from publisher.model.youtube_facts import YouTubeFacts
from publisher.plan import Plan
from publisher.withholding import is_withdrawn

UNDER_WAY = ("published", "pending")
"""The states of what is to be seen: in their place it is told what failed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a talk stands: as a whole, why, and in each place that it goes to."""

    state: str
    detail: str
    places: Mapping[str, str]
    failed: tuple[Failed, ...] = ()


@click.command("status")
@options.common
def command(directory: Path | None, as_json: bool) -> int:
    """Show where every talk stands."""
    with console.progress(as_json) as progress:
        opened = session.open_series(directory, progress=progress, look=session.looked_at(None))
    plan = decide.decide(opened.gathered, opened.makers, opened.renderers)
    failed = _failures(opened, plan)
    of_talks = failures.by_talk(failed)
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
        console.say(f"failed: {reason}", "bad")
    if failed:
        console.say("What failed is tried again by `publisher release`, once it is mended.")
    if plan.steps:
        steps = console.count(len(plan.steps), "step")
        console.say(f"{steps} to do: `publisher plan` shows them, `publisher release` does them.")
    return 0


def _failures(opened: Session, plan: Plan) -> tuple[Failed, ...]:
    """What failed before and is still to be mended, and the talks that hold what must not be published."""
    leaks, now = opened.gathered.leaks, opened.gathered.now
    found = tuple(
        Failed("pages", one.slug, failures.of_talk(one), str(leaks[one.slug]), now)
        for one in opened.series.episodes
        if one.slug in leaks
    )
    known = failures.standing(opened.gathered.failed, plan, opened.series)
    return (*(one for one in known if one.talk not in leaks), *found)


def _reasons(failed: Iterable[Failed]) -> Iterable[str]:
    """Each reason once and in one line, with the outputs it kept from being done."""
    outputs: dict[str, dict[str, datetime]] = {}
    for one in failed:
        outputs.setdefault(" ".join(one.reason.split()), {})[one.output] = one.at
    for reason, when in outputs.items():
        yield f"{', '.join(when)}: {reason} ({max(when.values()):%Y-%m-%d %H:%M})"


def _failure(one: Failed) -> dict[str, object]:
    return {"output": one.output, "reason": one.reason, "at": one.at.isoformat()}


def _stale(opened: Session, plan: Plan) -> Mapping[str, tuple[str, ...]]:
    """The places where something of a talk waits to be rendered again, by slug."""
    found: dict[str, dict[str, None]] = {}
    for step in plan.steps:
        if step.episode is not None:
            continue
        slugs = {addresses.talk_of(path) for path in step.inputs}
        if any(path == addresses.FEED or addresses.is_feed_archive(path) for path in step.inputs):
            slugs |= _differing(opened)
        for slug in slugs:
            if slug is not None:
                found.setdefault(slug, {})[step.output] = None
    return {slug: tuple(outputs) for slug, outputs in found.items()}


def _differing(opened: Session) -> set[str | None]:
    """The talks whose item in the feed would be another: all share one document, most do not change."""
    identified = ledger.identify(opened.series, opened.gathered.ledger)
    slugs = {talk.guid: slug for slug, talk in identified.talks.items()}
    return {slugs.get(change.guid) for change in feed_changes(opened) if change.guid}


def _standing(
    episode: Episode,
    opened: Session,
    plan: Plan,
    stale: Mapping[str, tuple[str, ...]],
    failed: Mapping[str | None, tuple[Failed, ...]],
) -> Standing:
    waiting = stale.get(episode.slug, ())
    state, detail = _state(episode, opened, plan, waiting)
    places = _places(episode, opened, state, plan, waiting)
    own = failed.get(episode.slug, ())
    places |= {place: "failed" for one in own for place in one.places}
    if places["feed"] in UNDER_WAY and any(addresses.FEED in one.inputs for one in failed.get(None, ())):
        places["feed"] = "failed"
    if own and (state in UNDER_WAY or episode.slug in opened.gathered.leaks):
        state, detail = "failed", ""
    return Standing(state, "; ".join(part for part in (detail, *_reasons(own)) if part), places, own)


def _episode(episode: Episode, opened: Session, standing: Standing, plan: Plan) -> dict[str, object]:
    identified = ledger.identify(opened.series, opened.gathered.ledger)
    talk = identified.talk(episode.slug)
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
        "video": _video(opened, ledger.video(talk.receipts["video"])) if "video" in talk.receipts else None,
        "youtube": video,
        "failures": list(map(_failure, standing.failed)),
    }


def _page(episode: Episode, opened: Session, state: str) -> str | None:
    """The address of the talk's page where one stands: one that waits to be rendered again does."""
    stands = f"{addresses.episode_page(episode.slug)}index.html" in opened.gathered.public
    return addresses.page_of(opened.series, episode) if stands and state in UNDER_WAY else None


def _state(episode: Episode, opened: Session, plan: Plan, stale: tuple[str, ...]) -> tuple[str, str]:
    """The talk as a whole."""
    if episode.status != "ready":
        return episode.status, ""
    lock = _lock(episode, opened)
    if lock is not None and set(lock.places) >= set(PLACES):
        return "withdrawn", f"on {lock.day.isoformat()}"
    if not episode.is_due(opened.gathered.now):
        held = "; ".join(dict.fromkeys(f"{place}: {why}" for place, why in episode.withheld.items()))
        if held:
            return "held", held
        return "scheduled", f"appears with the first release after {episode.date.isoformat()}"
    if episode.slug in opened.unusable:
        return "failed", str(opened.unusable[episode.slug])
    steps = [step for step in (*plan.steps, *plan.later) if step.episode == episode.slug]
    if steps:
        return "pending", "; ".join(f"{step.output}: {step.reason}" for step in steps)
    if stale:
        return "pending", f"{' and '.join(stale)}: to be rendered again"
    return "published", f"since {episode.date.date().isoformat()}"


def _lock(episode: Episode, opened: Session) -> Lock | None:
    return opened.gathered.ledger.talk(episode.slug).withdrawn


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
    steps = (*plan.steps, *plan.later)
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
    receipt = opened.gathered.ledger.talk(episode.slug).receipts.get("youtube")
    facts = YouTubeFacts.parse(receipt.facts) if receipt else YouTubeFacts()
    video = episode.youtube.id or facts.id
    if video is None and not episode.youtube.upload:
        return None
    return {"id": video, "state": _youtube_state(episode, facts, opened, plan)}


def _youtube_state(episode: Episode, facts: YouTubeFacts, opened: Session, plan: Plan) -> str:
    remarks = [one.kind for one in plan.remarks if one.episode == episode.slug and one.output == "youtube"]
    for kind, state in (("gone", "gone"), ("conflict", "conflict"), ("drift", "drifted")):
        if kind in remarks:
            return state
    steps = (*plan.steps, *plan.later)
    if any(step.output == "youtube" and step.episode == episode.slug for step in steps):
        return "pending"
    if is_withdrawn(episode, "youtube"):
        return "withdrawn"
    if facts == YouTubeFacts():
        return "linked" if episode.youtube.id else "pending"
    if facts.visible is None:
        return "linked" if episode.youtube.id else "private"
    moment = datetime.fromisoformat(facts.visible.replace("Z", "+00:00"))
    return "published" if moment <= opened.gathered.now else "scheduled"


def _video(opened: Session, made: Enclosure | None) -> dict[str, object] | None:
    """The published video; None where there is none, or one that only waits to be sent."""
    if made is None:
        return None
    # As the feed has it: bits a second.
    bitrate = None if made.bitrate is None else made.bitrate * 1000
    return {**_audio(opened, made), "height": made.height, "bitrate": bitrate}


def _audio(opened: Session, made: Enclosure) -> dict[str, object]:
    return {
        "url": addresses.url(opened.series, made.path),
        "length": made.length,
        "type": made.type,
        "duration": made.duration,
        "loudness": made.loudness,
        "true_peak": made.true_peak,
    }
