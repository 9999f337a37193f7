"""Receipts: what was made of each talk and from what, and the identity under which it was published.

One small text file per talk, ``episodes/<slug>/released.json``, belongs under version control: it
holds the one thing that cannot be made again. What concerns the whole feed is in
``episodes/released.json``. A damaged file is reported with its line and never replaced silently.

    {"schema": 1, "guid": "…", "published": "2020-11-28T18:00:00+01:00",
     "receipts": {"audio": {"inputs": {"recording": "…"}, "facts": {…}}},
     "replaced": [{"path": "media/…", "at": "2020-12-02T10:00:00+00:00"}],
     "former": ["a-slug-it-had-before"],
     "withdrawn": {"day": "2021-03-01", "reason": "…", "places": ["feed", "pages", "youtube"]}}
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from publisher import files
from publisher.errors import ReceiptError
from publisher.model import (
    PLACES,
    Enclosure,
    Episode,
    Publication,
    Receipt,
    Release,
    Replaced,
    Series,
    Withdrawal,
)

SCHEMA = 1
LARGEST = 8 * 1024 * 1024
FILE = "released.json"
PODCAST_NAMESPACE = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")
"""The namespace of podcast:guid, from the Podcasting 2.0 specification."""


@dataclass(frozen=True, slots=True)
class Lock:
    """That a talk was taken back: it is not published again in these places until it is restored."""

    day: date
    reason: str
    places: tuple[str, ...] = PLACES


@dataclass(frozen=True, slots=True)
class Talk:
    """The receipts of one talk.

    `published` is the date it first appeared under, `former` the slugs it had before.
    """

    slug: str
    guid: str | None = None
    published: datetime | None = None
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    replaced: tuple[Replaced, ...] = ()
    former: tuple[str, ...] = ()
    withdrawn: Lock | None = None

    def paths(self) -> tuple[str, ...]:
        """The made files this talk has under public/."""
        return tuple(path for path, _ in self.lengths("audio"))

    def lengths(self, output: str) -> tuple[tuple[str, int], ...]:
        """The files that were made of an output, and how many bytes each has to have."""
        receipt = self.receipts.get(output)
        if receipt is None:
            return ()
        single = {"path", "length"} <= receipt.facts.keys()
        made = ((str(receipt.facts["path"]), int(str(receipt.facts["length"]))),) if single else ()
        return made + tuple((one.path, one.length) for one in enclosures(receipt))


@dataclass(frozen=True, slots=True)
class Ledger:
    """All receipts of a series: `talks` by slug, and the feed's own identity."""

    talks: Mapping[str, Talk] = field(default_factory=dict)
    feed_guid: str | None = None
    feed_address: str | None = None
    former_addresses: tuple[str, ...] = ()

    def talk(self, slug: str) -> Talk:
        """The talk's receipts; empty ones for a talk that has none."""
        return self.talks.get(slug) or Talk(slug)

    def with_talk(self, talk: Talk) -> Ledger:
        return replace(self, talks={**self.talks, talk.slug: talk})


def load(root: Path) -> Ledger:
    """Every receipt below ``episodes/``. Raises ReceiptError naming file and line."""
    folder = root / "episodes"
    talks = {}
    for path in sorted(folder.glob(f"*/{FILE}")):
        talks[path.parent.name] = _talk(path.parent.name, _read(path), path)
    feed = _read(folder / FILE) if (folder / FILE).exists() else {}
    former = feed.get("former") or ()
    if not isinstance(former, list | tuple):
        raise ReceiptError(f"episodes/{FILE}: former: not a list; restore it from version control")
    try:
        known = _known_text(feed, "guid"), _known_text(feed, "address")
    except ValueError as error:
        text = f"{error}: not a text; restore it from version control"
        raise ReceiptError(f"episodes/{FILE}: {text}") from error
    return Ledger(talks, *known, tuple(map(str, former)))


def save_talk(root: Path, talk: Talk) -> None:
    """Writes the receipts of one talk, whole or not at all."""
    document: dict[str, object] = {"schema": SCHEMA, "guid": talk.guid}
    if talk.published is not None:
        document["published"] = talk.published.isoformat()
    document["receipts"] = {name: _receipt_document(talk.receipts[name]) for name in sorted(talk.receipts)}
    if talk.replaced:
        document["replaced"] = [{"path": old.path, "at": old.at.isoformat()} for old in talk.replaced]
    if talk.former:
        document["former"] = list(talk.former)
    if talk.withdrawn is not None:
        lock = talk.withdrawn
        document["withdrawn"] = {
            "day": lock.day.isoformat(),
            "reason": lock.reason,
            "places": list(lock.places),
        }
    files.replace_if_different(root / "episodes" / talk.slug / FILE, _json(document))


def save_feed(root: Path, ledger: Ledger) -> None:
    """Writes the identity of the feed itself."""
    document: dict[str, object] = {
        "schema": SCHEMA,
        "guid": ledger.feed_guid,
        "address": ledger.feed_address,
    }
    if ledger.former_addresses:
        document["former"] = list(ledger.former_addresses)
    files.replace_if_different(root / "episodes" / FILE, _json(document))


def with_receipt(talk: Talk, receipt: Receipt, replaced: Iterable[Replaced] = ()) -> Talk:
    """The talk with a newer receipt; `replaced` is what it put out of use."""
    retired = tuple(replaced)
    live = {enclosure.path for enclosure in enclosures(receipt)}
    kept = tuple(old for old in talk.replaced + retired if old.path not in live)
    return replace(talk, receipts={**talk.receipts, receipt.output: receipt}, replaced=kept)


def without_receipt(talk: Talk, output: str) -> Talk:
    """The talk after one of its outputs was taken down; its identity stays."""
    return replace(talk, receipts={name: kept for name, kept in talk.receipts.items() if name != output})


def identify(series: Series, ledger: Ledger) -> Ledger:
    """The ledger in which every talk of the catalogue and the feed have a guid.

    A guid is derived once and then kept, whatever happens to address, title and slug. A guid
    that the catalogue takes over from an older feed goes first.
    """
    taken = {talk.guid for talk in ledger.talks.values() if talk.guid}
    talks = dict(ledger.talks)
    for episode in series.episodes:
        talk = ledger.talk(episode.slug)
        if talk.guid is None:
            guid = episode.guid or _new_guid(series, episode, taken)
            taken.add(guid)
            talks[episode.slug] = replace(talk, guid=guid)
    return replace(
        ledger,
        talks=talks,
        feed_guid=ledger.feed_guid or series.guid or feed_guid(series.feed_url),
        feed_address=ledger.feed_address or series.feed_url,
    )


def feed_guid(address: str) -> str:
    """The podcast:guid of a feed: UUIDv5 of its URL without scheme and trailing slashes."""
    return str(uuid.uuid5(PODCAST_NAMESPACE, address.split("://", 1)[-1].rstrip("/")))


def identity_changes(series: Series, ledger: Ledger) -> tuple[str, ...]:
    """What the catalogue would change about identities already published, in sentences."""
    changes = [change for episode in series.episodes for change in _talk_changes(episode, ledger)]
    if series.guid and ledger.feed_guid not in (None, series.guid):
        changes.append(f"the feed's guid is {ledger.feed_guid}; the catalogue says {series.guid}")
    if ledger.feed_address not in (None, series.feed_url):
        changes.append(f"the feed's address was {ledger.feed_address}; link now makes it {series.feed_url}")
    return tuple(changes)


def accept_identity(series: Series, ledger: Ledger) -> Ledger:
    """The ledger with the identities that the catalogue gives to what was published already."""
    talks = dict(ledger.talks)
    for episode in series.episodes:
        talk = talks.get(episode.slug)
        if talk is not None and talk.published is not None and any(_talk_changes(episode, ledger)):
            talks[episode.slug] = replace(talk, guid=episode.guid or talk.guid, published=episode.date)
    moved = ledger.feed_address not in (None, series.feed_url)
    former = (*ledger.former_addresses, ledger.feed_address or "") if moved else ledger.former_addresses
    return replace(
        ledger,
        talks=talks,
        feed_guid=series.guid or ledger.feed_guid,
        feed_address=series.feed_url if moved else ledger.feed_address,
        former_addresses=tuple(dict.fromkeys(former)),
    )


def _talk_changes(episode: Episode, ledger: Ledger) -> Iterable[str]:
    talk = ledger.talk(episode.slug)
    if talk.published is None:
        return
    if episode.guid and talk.guid != episode.guid:
        yield f'"{episode.slug}" was published with the guid {talk.guid}; the catalogue says {episode.guid}'
    if episode.status == "ready" and talk.published != episode.date:
        yield (
            f'"{episode.slug}" was published under the date {talk.published.isoformat()}; '
            f"the catalogue says {episode.date.isoformat()}"
        )


def publication(series: Series, ledger: Ledger, now: datetime, with_unmade: bool = False) -> Publication:
    """What may be seen at `now`: the due talks that have something to play, newest first.

    `with_unmade` takes also those whose audio is still to be made, to look at beforehand.
    """
    identified = identify(series, ledger)
    due = (episode for episode in series.episodes if episode.is_due(now))
    releases = [_release(episode, identified.talk(episode.slug), now) for episode in due]
    playable = [found for found in releases if with_unmade or found.enclosures or found.youtube_id]
    playable.sort(key=_newness, reverse=True)
    withdrawn = tuple(_withdrawals(series, ledger))
    renamed = tuple(
        (former, found.episode.slug)
        for found in playable
        for former in identified.talk(found.episode.slug).former
    )
    return Publication(
        series,
        tuple(playable),
        identified.feed_guid or "",
        withdrawn,
        renamed,
        has_moved=bool(identified.former_addresses),
    )


def _withdrawals(series: Series, ledger: Ledger) -> Iterable[Withdrawal]:
    """What was taken back, by the catalogue or by command. Why stays with the producer."""
    said = {episode.slug for episode in series.episodes if episode.status == "withdrawn"}
    for slug, talk in ledger.talks.items():
        if talk.published is None or not (talk.withdrawn or slug in said):
            continue
        day = talk.withdrawn.day if talk.withdrawn else None
        places = PLACES if slug in said or talk.withdrawn is None else talk.withdrawn.places
        published, former = talk.published, talk.former
        yield Withdrawal(slug, day, guid=talk.guid, published=published, places=places, former=former)


def enclosures(receipt: Receipt) -> tuple[Enclosure, ...]:
    """The audio files that a receipt names, the feed's enclosure first."""
    made = receipt.facts.get("enclosures", ())
    if not isinstance(made, list | tuple):
        raise ValueError("enclosures")
    return tuple(Enclosure(**values) for values in made)


def _newness(release: Release) -> tuple[datetime, int, str]:
    return (release.published, release.episode.number or 0, release.episode.slug)


def _release(episode: Episode, talk: Talk, now: datetime) -> Release:
    audio = talk.receipts.get("audio")
    facts = audio.facts if audio is not None and not audio.open else {}
    return Release(
        episode=episode,
        guid=talk.guid or "",
        published=talk.published or episode.date,
        enclosures=enclosures(audio) if audio is not None and facts else (),
        recording_duration=_seconds(facts.get("recording_duration")),
        intro_duration=_seconds(facts.get("intro_duration")) or 0.0,
        outro_duration=_seconds(facts.get("outro_duration")) or 0.0,
        youtube_id=episode.youtube.id or _visible_video(talk, now),
    )


def _visible_video(talk: Talk, now: datetime) -> str | None:
    """The talk's own upload, from when it may be seen."""
    receipt = talk.receipts.get("youtube")
    if receipt is None or not receipt.facts.get("visible"):
        return None
    visible = datetime.fromisoformat(str(receipt.facts["visible"]).replace("Z", "+00:00"))
    return _text(receipt.facts.get("id")) if visible <= now else None


def _new_guid(series: Series, episode: Episode, taken: set[str]) -> str:
    # Derived, not drawn: a release that is killed and run again gives the same guid.
    attempt = 0
    while True:
        name = f"{series.link}#{episode.slug}" + (f"#{attempt}" if attempt else "")
        guid = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        if guid not in taken:
            return guid
        attempt += 1


def _read(path: Path) -> dict[str, object]:
    advice = "restore it from version control; publisher never replaces a receipt it cannot read"
    if not path.is_file() or path.stat().st_size > LARGEST:
        raise ReceiptError(f"{_shown(path)}: no file, or none of the size of a receipt; {advice}")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReceiptError(f"{_shown(path)}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ReceiptError(f"{_shown(path)}: not UTF-8 text; {advice}") from error
    except json.JSONDecodeError as error:
        raise ReceiptError(f"{_shown(path)}:{error.lineno}: not JSON ({error.msg}); {advice}") from error
    except RecursionError as error:
        raise ReceiptError(f"{_shown(path)}: nested too deeply to be a receipt; {advice}") from error
    if not isinstance(document, dict):
        raise ReceiptError(f"{_shown(path)}:1: not a receipt; {advice}")
    if document.get("schema") != SCHEMA:
        where = f"{_shown(path)}{_line_of(path, 'schema')}"
        raise ReceiptError(
            f"{where}: schema {document.get('schema')!r}, but this publisher reads {SCHEMA}; "
            "use the publisher that wrote it, or a newer one"
        )
    return document


def _talk(slug: str, document: Mapping[str, object], path: Path) -> Talk:
    try:
        receipts = document.get("receipts") or {}
        replaced, former = document.get("replaced") or [], document.get("former") or []
        if not isinstance(receipts, dict) or not isinstance(replaced, list) or not isinstance(former, list):
            raise ValueError("receipts")
        return Talk(
            slug,
            _known_text(document, "guid"),
            _date(_known_text(document, "published")),
            {name: _receipt(name, values) for name, values in receipts.items()},
            tuple(Replaced(_inside(old["path"]), datetime.fromisoformat(old["at"])) for old in replaced),
            tuple(map(str, former)),
            _lock(document.get("withdrawn")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        where = _line_of(path, str(error.args[0]) if error.args else "")
        text = f"{error}: not what publisher writes there; restore it from version control"
        raise ReceiptError(f"{_shown(path)}{where}: {text}") from error


def _lock(values: object) -> Lock | None:
    if values is None:
        return None
    # What cannot be understood must not unlock: it is an error, as any damage is.
    if not isinstance(values, dict) or not set(values["places"]) <= set(PLACES) or not values["places"]:
        raise ValueError("withdrawn")
    return Lock(date.fromisoformat(values["day"]), str(values["reason"]), tuple(values["places"]))


def _receipt(name: str, values: Mapping[str, object]) -> Receipt:
    if not isinstance(values, dict):
        raise ValueError(name)
    inputs, facts = values["inputs"], values.get("facts") or {}
    if not isinstance(inputs, dict) or not isinstance(facts, dict):
        raise ValueError(name)
    receipt = Receipt(name, inputs, facts, bool(values.get("open")))
    for path in (*(one.path for one in enclosures(receipt)), facts.get("path", "")):
        _inside(path)
    return receipt


def _inside(path: object) -> str:
    """A path that a receipt names, which must not lead out of where made files lie."""
    if not isinstance(path, str) or path.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", path):
        raise ValueError("path")
    return path


def _known_text(document: Mapping[str, object], key: str) -> str | None:
    """A text or nothing; anything else is damage, and must not pass for nothing."""
    if document.get(key) is not None and not isinstance(document[key], str):
        raise ValueError(key)
    return _text(document.get(key))


def _receipt_document(receipt: Receipt) -> dict[str, object]:
    document: dict[str, object] = {"inputs": dict(receipt.inputs), "facts": dict(receipt.facts)}
    if receipt.open:
        document["open"] = True
    return document


def _json(document: Mapping[str, object]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _shown(path: Path) -> str:
    """The path from the series folder on."""
    folders = path.parts
    return "/".join(folders[len(folders) - 1 - folders[::-1].index("episodes") :])


def _line_of(path: Path, word: str) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [number for number, line in enumerate(lines, 1) if word and word in line]
    return f":{found[0]}" if found else ":1"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _date(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
