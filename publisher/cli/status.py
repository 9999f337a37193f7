"""``publisher status``: shows the state of every talk in feed, pages and YouTube."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click

from publisher import ledger, planner, site_paths
from publisher.cli import console, display, logs, options, session
from publisher.cli.document_changes import feed_changes
from publisher.gather.series import Session
from publisher.ledger import Ledger, WithdrawalLock, failures
from publisher.ledger.failures import FailureRecord
from publisher.missing_episodes import MissingEpisode, describe
from publisher.model import PLACES, AudioFacts, Enclosure, Episode, Receipt, get_youtube_facts
from publisher.model.youtube_facts import YouTubeFacts
from publisher.plan import Notice, Plan, Step
from publisher.release_state import missing_episodes, without_missing
from publisher.review import records
from publisher.visibility import is_withdrawn

Part = TypeVar("Part", Step, Notice)

VISIBLE_STATES = ("published", "pending")
"""The states of visible talks; a failure replaces them."""


@dataclass(frozen=True, slots=True)
class EpisodeStatus:
    """A talk's state as a whole, the reason, its state in each place, and its failures."""

    state: str
    detail: str
    places: Mapping[str, str]
    failed: tuple[FailureRecord, ...] = ()


@click.command("status")
@options.common
def command(directory: Path | None, as_json: bool) -> int:
    """Show the state of every talk in feed, pages and YouTube."""
    with console.progress(as_json) as progress:
        opened = session.open_series(directory, progress=progress, observed=session.outputs_for_only(None))
    missing, plan, failed, rows = _read(opened)
    by_slug = failures.group_by_episode(failed)
    known = {str(row["slug"]) for row in rows}
    common = [failure for slug, found in by_slug.items() if slug not in known for failure in found]
    running = session.running_release(opened.series.root)
    if as_json:
        whole = {
            "feed": opened.series.feed_url,
            "running": running,
            "episodes": rows,
            "failures": list(map(_failure_document, common)),
        }
        options.print_json(whole)
        return 0
    if running is not None:
        first, *tasks = display.running_lines(running)
        console.print_line(first, "head")
        for line in tasks:
            console.print_line(f"  {line}")
    _print_rows(rows, is_whole=logs.is_verbose() or not console.is_terminal())
    for slug, found in _reviews(opened).items():
        for review in found:
            until = f" until {review['expires']}" if review["expires"] else ""
            if review["state"] == "open":
                console.print_line(f"{slug}: waits for the answer of {review['guest']} to a review{until}")
    for reason in _reasons(common):
        console.print_line(f"failed: {reason}", "bad")
    if failed:
        console.print_line("`publisher release` tries again what failed, once the cause is corrected.")
    if missing:
        console.print_line(describe(missing), "bad")
        console.print_line("`publisher release` publishes nothing until you decide.", "bad")
    elif plan.steps and running is None:
        steps = console.count(len(plan.steps), "step")
        console.print_line(f"{steps} to do: `publisher plan` shows them, `publisher release` does them.")
    return 0


MAX_ROWS = 60
"""Talks that are listed on a terminal; of more, those whose state no release changes are only counted."""

SETTLED = ("published", "linked", "withdrawn")


def _print_rows(rows: list[dict[str, object]], *, is_whole: bool) -> None:
    shown = rows
    if not is_whole and len(rows) > MAX_ROWS:
        shown = [row for row in rows if row["state"] not in SETTLED][:MAX_ROWS]
    if shown:
        console.table([(str(row["slug"]), str(row["state"]), str(row["detail"])) for row in shown])
    if len(shown) < len(rows):
        listed = {str(row["slug"]) for row in shown}
        counts = Counter(str(row["state"]) for row in rows if row["slug"] not in listed)
        states = ", ".join(f"{number} {state}" for state, number in counts.most_common())
        console.print_line(f"Not listed: {states}. `publisher status --verbose` lists every talk.")


def status_rows(opened: Session) -> list[dict[str, object]]:
    """The `episodes` of ``status --json``."""
    return _read(opened)[3]


def _read(
    opened: Session,
) -> tuple[tuple[MissingEpisode, ...], Plan, tuple[FailureRecord, ...], list[dict[str, object]]]:
    missing = missing_episodes(opened.state)
    plan = planner.build_plan(without_missing(opened.state, missing), opened.makers, opened.renderers)
    failed = _failures(opened, plan)
    by_slug = failures.group_by_episode(failed)
    stale = _stale_outputs(opened, plan)
    # Once for all talks: it derives a guid for each of them.
    identified = ledger.identify(opened.series, opened.state.ledger)
    plans, deliveries = _plans_by_talk(plan), _deliveries(opened)
    rows: list[dict[str, object]] = []
    for episode in opened.series.episodes:
        own = plans.get(episode.slug, Plan(()))
        status = _episode_status(episode, opened, own, stale, by_slug)
        delivery = None if deliveries is None else deliveries.get(episode.slug, NOT_DELIVERED)
        rows.append({**_episode_document(episode, opened, identified, status, own), "delivery": delivery})
    rows += [_missing_document(one, opened) for one in missing]
    reviews = _reviews(opened)
    for row in rows:
        row["reviews"] = reviews.get(str(row["slug"]), [])
    return missing, plan, failed, rows


def _plans_by_talk(plan: Plan) -> Mapping[str | None, Plan]:
    """The steps and notices of each talk, by slug: a talk would search those of all others."""
    steps, deferred, noticed = _by_talk(plan.steps), _by_talk(plan.deferred), _by_talk(plan.notices)
    slugs = {*steps, *deferred, *noticed}
    return {slug: Plan(steps.get(slug, ()), deferred.get(slug, ()), noticed.get(slug, ())) for slug in slugs}


def _by_talk(found: Iterable[Part]) -> Mapping[str | None, tuple[Part, ...]]:
    parts: dict[str | None, list[Part]] = {}
    for each in found:
        parts.setdefault(each.episode, []).append(each)
    return {slug: tuple(own) for slug, own in parts.items()}


def _reviews(opened: Session) -> dict[str, list[dict[str, object]]]:
    """The review files that were made, by slug."""
    found: dict[str, list[dict[str, object]]] = {}
    for record in records.every(opened.series.root):
        document: dict[str, object] = {
            "id": record.id,
            "guest": record.guest,
            "made": record.made.isoformat(),
            "expires": record.expires.isoformat() if record.expires else None,
            "state": record.state(opened.state.now.date()),
        }
        found.setdefault(record.slug, []).append(document)
    return found


def _failures(opened: Session, plan: Plan) -> tuple[FailureRecord, ...]:
    """Failures that are not resolved yet, and leaks that hold talks back."""
    leaks, now = opened.state.leaks, opened.state.now
    leaking = tuple(
        FailureRecord("pages", episode.slug, failures.for_episode(episode), str(leaks[episode.slug]), now)
        for episode in opened.series.episodes
        if episode.slug in leaks
    )
    known = failures.unresolved(opened.state.failed, plan, opened.series)
    return (*(failure for failure in known if failure.slug not in leaks), *leaking)


def _reasons(failed: Iterable[FailureRecord]) -> Iterable[str]:
    """Each reason once and in one line, with the outputs that failed because of it and the last time."""
    outputs: dict[str, dict[str, datetime]] = {}
    for failure in failed:
        outputs.setdefault(" ".join(failure.reason.split()), {})[failure.output] = failure.at
    for reason, times in outputs.items():
        yield f"{', '.join(times)}: {reason} ({max(times.values()):%Y-%m-%d %H:%M})"


def _failure_document(failure: FailureRecord) -> dict[str, object]:
    return {"output": failure.output, "reason": failure.reason, "at": failure.at.isoformat()}


def _stale_outputs(opened: Session, plan: Plan) -> Mapping[str, tuple[str, ...]]:
    """The outputs in which something of a talk has to be rendered again, by slug."""
    found: dict[str, dict[str, None]] = {}
    for step in plan.steps:
        if step.episode is not None:
            continue
        slugs = {site_paths.slug_from_path(path) for path in step.inputs}
        if any(path == site_paths.FEED or site_paths.is_feed_archive(path) for path in step.inputs):
            slugs |= _changed_in_feed(opened)
        for slug in slugs:
            if slug is not None:
                found.setdefault(slug, {})[step.output] = None
    return {slug: tuple(outputs) for slug, outputs in found.items()}


def _changed_in_feed(opened: Session) -> set[str | None]:
    """The slugs of the talks whose item in the feed changes: most items of a changed document do not."""
    identified = ledger.identify(opened.series, opened.state.ledger)
    slugs = {record.guid: slug for slug, record in identified.records.items()}
    return {slugs.get(change.guid) for change in feed_changes(opened) if change.guid}


def _episode_status(
    episode: Episode,
    opened: Session,
    plan: Plan,
    stale: Mapping[str, tuple[str, ...]],
    failed: Mapping[str | None, tuple[FailureRecord, ...]],
) -> EpisodeStatus:
    stale_here = stale.get(episode.slug, ())
    state, detail = _state(episode, opened, plan, stale_here)
    places = _places(episode, opened, state, plan, stale_here)
    own = failed.get(episode.slug, ())
    places |= {place: "failed" for failure in own for place in failure.places}
    if places["feed"] in VISIBLE_STATES and any(
        site_paths.FEED in failure.inputs for failure in failed.get(None, ())
    ):
        places["feed"] = "failed"
    if own and (state in VISIBLE_STATES or episode.slug in opened.state.leaks):
        state, detail = "failed", ""
    return EpisodeStatus(state, "; ".join(part for part in (detail, *_reasons(own)) if part), places, own)


def _episode_document(
    episode: Episode, opened: Session, identified: Ledger, status: EpisodeStatus, plan: Plan
) -> dict[str, object]:
    """An element of `episodes` in the JSON document; see docs/commands.md."""
    record = identified.record(episode.slug)
    audio = record.receipts.get("audio")
    enclosures = ledger.enclosures(audio) if audio else ()
    places, video = status.places, _youtube(episode, opened, plan)
    if video is not None and places["youtube"] == "failed":
        video["state"] = "failed"
    parts = (status.detail, _deviating_places(places, status.state))
    return {
        "slug": episode.slug,
        "guid": record.guid,
        "title": episode.title,
        "state": status.state,
        "detail": "; ".join(part for part in parts if part),
        "places": places,
        "date": episode.date.isoformat(),
        "published": record.published.isoformat() if record.published else None,
        "page": _page(episode, opened, places["pages"]),
        "audio": {**_enclosure_document(opened, enclosures[0]), "mono_from": _mono_from(audio)}
        if enclosures
        else None,
        "alternates": [_enclosure_document(opened, other) for other in enclosures[1:]],
        "video": _video_document(opened, ledger.video_enclosure(record.receipts["video"]))
        if "video" in record.receipts
        else None,
        "youtube": video,
        "delivery": None,
        "failures": list(map(_failure_document, status.failed)),
        "steps": [
            {"output": step.output, "action": step.action, "reason": step.reason}
            for step in plan.steps
            if step.episode == episode.slug
        ],
    }


NOT_DELIVERED: Mapping[str, object] = {"state": "absent", "proved": None, "gone": None}


def _deliveries(opened: Session) -> Mapping[str, Mapping[str, object]] | None:
    """The state of each talk's files at the destination, by slug; None if nothing is delivered.

    `proved` is when all of them were seen at their public addresses, `gone` when the files of a talk
    that was taken back were seen to be gone.
    """
    state, delivery = opened.state.delivery, opened.delivery
    if state is None or delivery is None:
        return None
    record, transfers = delivery.record, state.transfers()
    slug_of = site_paths.slug_from_path
    own: dict[str | None, list[str]] = {}
    for path in record.files:
        own.setdefault(slug_of(path), []).append(path)
    pending = {slug_of(path) for path in (*transfers.paths, *transfers.removed)}
    gone: dict[str | None, str] = {}
    for path, time in record.retracted.items():
        gone[slug_of(path)] = max(time, gone.get(slug_of(path), time))
    found: dict[str, Mapping[str, object]] = {}
    for slug in {*own, *pending, *gone} - {None}:
        proved = [record.proved[path] for path in own.get(slug, ()) if path in record.proved]
        found[slug or ""] = {
            "state": "pending" if slug in pending else "delivered" if slug in own else "absent",
            "proved": max(proved) if proved and len(proved) == len(own[slug]) else None,
            "gone": gone.get(slug),
        }
    return found


def _mono_from(receipt: Receipt | None) -> str | None:
    """What a talk's single channel was made from, if that is worth a word."""
    facts = receipt.facts if receipt is not None else None
    return facts.mono_from if isinstance(facts, AudioFacts) else None


def _missing_document(missing: MissingEpisode, opened: Session) -> dict[str, object]:
    """An element of `episodes` for a published talk that is not in the catalogue."""
    record = missing.record
    video = get_youtube_facts(record.receipts.get("youtube")).id
    audio = record.receipts.get("audio")
    enclosures = ledger.enclosures(audio) if audio else ()
    return {
        "slug": record.slug,
        "guid": record.guid,
        "title": None,
        "state": "missing",
        "detail": "not in the catalogue any more",
        "places": {
            place: "withdrawn" if record.is_locked(place) else "missing"
            for place in PLACES
            if place != "youtube" or video
        },
        "date": None,
        "published": record.published.isoformat() if record.published else None,
        "page": site_paths.url(opened.series, site_paths.episode_page(record.slug)),
        "audio": _enclosure_document(opened, enclosures[0]) if enclosures else None,
        "alternates": [_enclosure_document(opened, other) for other in enclosures[1:]],
        "video": None,
        "youtube": {"id": video, "state": "missing"} if video else None,
        "failures": [],
    }


def _page(episode: Episode, opened: Session, state: str) -> str | None:
    """The address of the talk's page if it exists, also if it has to be rendered again."""
    exists = f"{site_paths.episode_page(episode.slug)}index.html" in opened.state.public
    return site_paths.episode_url(opened.series, episode) if exists and state in VISIBLE_STATES else None


def _state(episode: Episode, opened: Session, plan: Plan, stale: tuple[str, ...]) -> tuple[str, str]:
    """The state of the talk as a whole, and the reason."""
    if episode.status != "ready":
        return episode.status, ""
    lock = _lock(episode, opened)
    if lock is not None and set(lock.places) >= set(PLACES):
        return "withdrawn", f"on {lock.day.isoformat()}"
    if not episode.is_due(opened.state.now):
        reasons = "; ".join(dict.fromkeys(f"{place}: {why}" for place, why in episode.withheld.items()))
        if reasons:
            return "held", reasons
        return "scheduled", f"appears with the first release after {episode.date.isoformat()}"
    if episode.slug in opened.unusable:
        return "failed", str(opened.unusable[episode.slug])
    steps = [step for step in (*plan.steps, *plan.deferred) if step.episode == episode.slug]
    if steps:
        return "pending", "; ".join(f"{step.output}: {step.reason}" for step in steps)
    if stale:
        return "pending", f"{' and '.join(stale)}: to be rendered again"
    mono_from = _mono_from(opened.state.ledger.record(episode.slug).receipts.get("audio"))
    mixed = f"; {mono_from} brought to the middle" if mono_from else ""
    return "published", f"since {episode.date.date().isoformat()}{mixed}"


def _lock(episode: Episode, opened: Session) -> WithdrawalLock | None:
    return opened.state.ledger.record(episode.slug).withdrawn


def _places(
    episode: Episode, opened: Session, state: str, plan: Plan, stale: tuple[str, ...]
) -> dict[str, str]:
    """The talk's state in each place where it is published."""
    local, video = _local_state(state, plan, episode), _youtube(episode, opened, plan)
    states = {
        place: "pending" if local == "published" and place in stale else local for place in ("feed", "pages")
    }
    if video is not None:
        states["youtube"] = str(video["state"])
    return {place: _withheld_state(episode, opened, place) or own for place, own in states.items()}


def _local_state(state: str, plan: Plan, episode: Episode) -> str:
    """The state on the pages and in the feed, which do not wait for a video."""
    steps = (*plan.steps, *plan.deferred)
    makes_audio = any(step.output == "audio" and step.episode == episode.slug for step in steps)
    return "published" if state == "pending" and not makes_audio else state


def _withheld_state(episode: Episode, opened: Session, place: str) -> str:
    lock = _lock(episode, opened)
    if lock is not None and place in lock.places:
        return "withdrawn"
    return "held" if place in episode.withheld else ""


def _deviating_places(places: Mapping[str, str], state: str) -> str:
    """The places with another state than the talk as a whole."""
    return ", ".join(f"{place}: {own}" for place, own in places.items() if own != state)


def _youtube(episode: Episode, opened: Session, plan: Plan) -> dict[str, object] | None:
    """Id and state of the talk's video on YouTube; None if it has none and needs none."""
    receipt = opened.state.ledger.record(episode.slug).receipts.get("youtube")
    facts = get_youtube_facts(receipt)
    video = episode.youtube.id or facts.id
    if video is None and not episode.youtube.upload:
        return None
    return {"id": video, "state": _youtube_state(episode, facts, opened, plan)}


def _youtube_state(episode: Episode, facts: YouTubeFacts, opened: Session, plan: Plan) -> str:
    kinds = {
        notice.kind
        for notice in plan.notices
        if notice.episode == episode.slug and notice.output == "youtube"
    }
    for kind, state in (("gone", "gone"), ("conflict", "conflict"), ("drift", "drifted")):
        if kind in kinds:
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


def _video_document(opened: Session, video: Enclosure | None) -> dict[str, object] | None:
    """The published video; None if there is none, or if it is only for YouTube."""
    if video is None:
        return None
    # Bits per second, as in the feed; the enclosure has kbit/s.
    bitrate = None if video.bitrate is None else video.bitrate * 1000
    return {**_enclosure_document(opened, video), "height": video.height, "bitrate": bitrate}


def _enclosure_document(opened: Session, enclosure: Enclosure) -> dict[str, object]:
    return {
        "url": site_paths.url(opened.series, enclosure.path),
        "length": enclosure.length,
        "type": enclosure.type,
        "duration": enclosure.duration,
        "loudness": enclosure.loudness,
        "true_peak": enclosure.true_peak,
        "channels": enclosure.channels,
    }
