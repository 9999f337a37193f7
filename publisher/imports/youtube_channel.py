"""Reads the videos of a YouTube channel through the API, with their captions and playlists.

The login sees private and unlisted videos too: they become drafts. Captions cost 50 units of the day's 10 000
for the list and 200 for each track, so they are stored and read once; what the quota does not cover is read
by the next import.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from publisher import files
from publisher.errors import UsageError
from publisher.imports.descriptions import clean
from publisher.imports.model import ImportedFile, ImportedSeries
from publisher.imports.youtube import (
    AUTOMATIC,
    PLAYLIST_ID,
    VIDEO_ID,
    Video,
    age,
    language_of,
    series_of,
    to_talks,
)
from publisher.outputs.youtube.client import Client
from publisher.outputs.youtube.errors import NotAuthorised, NotFound, QuotaSpent, Refused
from publisher.outputs.youtube.resource import Resource, duration_of

Captions = Literal["all", "manual", "none"]

PARTS = ("snippet", "status", "contentDetails", "recordingDetails", "localizations")
UPLOADS, MEMBERS_ONLY = "UU", "UUMO"
"""Prefixes of playlists, each before a channel's id without UC: all uploads, and those for members."""

RAW = "channel.json"
"""The file with the answers of the API, in the folder of the captions."""

MAX_VIDEOS = 20_000
"""The most that YouTube lists in a playlist."""

MAX_CAPTION = 4_000_000
"""Bytes; a talk of twelve hours has a quarter."""

CREATIVE_COMMONS = "CC-BY-3.0"
"""The licence that YouTube calls creativeCommon."""

_HIDDEN = {"private": "private", "unlisted": "unlisted"}
_LIVE = {"upcoming": "not streamed yet", "live": "being streamed"}
_FAILED = {"failed": "not processed", "rejected": "rejected by YouTube", "deleted": "deleted"}
_SIZES = ("maxres", "standard", "high", "medium", "default")


def read_channel(
    client: Client,
    store: Path,
    captions: Captions = "all",
    playlist: str | None = None,
    expected: str | None = None,
    *,
    keep_raw: bool = False,
) -> ImportedSeries:
    """The videos of the channel of the login, the newest first; with `playlist` (an id) only its videos.

    `store` keeps the captions; the places of transcripts are paths in it. With `keep_raw` the answers are
    written to `RAW` in it. Raises YouTubeError, also if the login is not that of the `expected` channel.
    """
    channel = client.channel()
    if expected is not None and channel["id"] != expected:
        raise NotAuthorised(
            f"logged in to the channel {channel['id']}, but the catalogue says {expected}; run "
            "`publisher youtube login` with the right account, or correct channel in [youtube]"
        )
    listed, owners = _listed(client, channel, playlist)
    found = client.videos(listed, PARTS)
    members_only = set(_entries(client, MEMBERS_ONLY + channel["id"][2:]))
    if keep_raw:
        raw = {"channel": channel, "playlists": [one for one, _ in owners], "videos": list(found.values())}
        files.write_if_changed(store / RAW, json.dumps(raw, ensure_ascii=False, indent=1).encode())
    reader = _CaptionReader(client, store, captions)
    videos = [_video(found[one], members_only, reader) for one in listed if one in found]
    snippet = channel.get("snippet", {})
    return series_of(
        to_talks(tuple(sorted(videos, key=age, reverse=True)), channel["id"]),
        snippet.get("title"),
        clean(snippet.get("description")),
        channel["id"],
        playlist or _main_playlist(owners, len(videos)),
        (*_missing(listed, found), *reader.problems()),
        _playlist_hints(owners, len(videos), playlist),
    )


# Lists of videos


def _listed(
    client: Client, channel: Resource, playlist: str | None
) -> tuple[list[str], list[tuple[Resource, list[str]]]]:
    """The ids to read, and the channel's playlists with theirs."""
    owners = [(one, list(_entries(client, one["id"]))) for one in client.playlists()]
    if playlist is None:
        return list(dict.fromkeys(_entries(client, _uploads(channel)))), owners
    if PLAYLIST_ID.fullmatch(playlist) is None:
        raise UsageError(f'"{playlist}" is not the id of a playlist: it begins with PL')
    chosen = next((ids for one, ids in owners if one["id"] == playlist), None)
    if chosen is None:
        known = ", ".join(f"{one['id']} ({_title(one)})" for one, _ in owners[:20])
        raise UsageError(f"the channel has no playlist {playlist}; it has: {known or 'none'}")
    return list(dict.fromkeys(chosen)), owners


def _uploads(channel: Resource) -> str:
    uploads: str = channel["contentDetails"]["relatedPlaylists"]["uploads"]
    return uploads


def _entries(client: Client, playlist: str) -> Iterator[str]:
    """The ids of a playlist's videos; none if there is no such playlist."""
    try:
        for number, entry in enumerate(client.playlist(playlist)):
            video = entry["snippet"]["resourceId"].get("videoId")
            if number >= MAX_VIDEOS:
                return
            if isinstance(video, str) and VIDEO_ID.fullmatch(video):
                yield video
    except NotFound:
        # A channel without videos has no list of uploads, one without members none for them.
        return


def _missing(listed: Iterable[str], found: Mapping[str, Resource]) -> Iterator[str]:
    for video in listed:
        if video not in found:
            yield f"the video {video} is listed, but does not exist any more"


def _main_playlist(owners: Iterable[tuple[Resource, list[str]]], count: int) -> str | None:
    """The playlist with more than half of the videos that has the most."""
    large = [(len(set(ids)), str(one["id"])) for one, ids in owners if len(set(ids)) * 2 > count]
    return max(large)[1] if large else None


def _playlist_hints(
    owners: Iterable[tuple[Resource, list[str]]], count: int, chosen: str | None
) -> Iterator[str]:
    for one, ids in owners:
        if chosen is None and ids:
            yield (
                f"The playlist {_title(one)} has {len(set(ids))} videos, the import {count}; "
                f"--playlist {one['id']} imports only those of the playlist."
            )


def _title(playlist: Resource) -> str:
    return " ".join(clean(playlist["snippet"].get("title")).split())[:100]


# One video


def _video(resource: Resource, members_only: set[str], captions: _CaptionReader) -> Video:
    snippet, status = resource["snippet"], resource["status"]
    details = resource.get("contentDetails", {})
    video = Video(
        str(resource["id"]),
        clean(snippet.get("title")),
        clean(snippet.get("description")),
        _why_hidden(resource, members_only),
        moment(status.get("publishAt")) or moment(snippet.get("publishedAt")),
        duration_of(resource),
        language_of(snippet.get("defaultAudioLanguage")) or language_of(snippet.get("defaultLanguage")),
        tuple(clean(tag) for tag in snippet.get("tags") or () if clean(tag)),
        explicit=True if _is_age_restricted(details) else None,
        license=CREATIVE_COMMONS if status.get("license") == "creativeCommon" else None,
        recorded=_day(resource.get("recordingDetails", {})),
        image=_thumbnail(snippet.get("thumbnails")),
        translations=tuple(_translations(resource)),
    )
    return captions.add_to(video)


def _why_hidden(resource: Resource, members_only: set[str]) -> str:
    reason = why_hidden_by_state(resource["status"])
    if not reason and resource["id"] in members_only:
        return "for members only"
    return reason or _LIVE.get(resource["snippet"].get("liveBroadcastContent"), "")


def why_hidden_by_state(status: Mapping[str, Any]) -> str:
    """Why a video is not public, by the part `status` of its resource; "" for a public one."""
    privacy = status.get("privacyStatus")
    if privacy == "private" and status.get("publishAt"):
        return "scheduled"
    if status.get("uploadStatus") in _FAILED:
        return _FAILED[status["uploadStatus"]]
    if privacy == "public":
        return ""
    return _HIDDEN.get(str(privacy), f"of the unknown visibility {str(privacy)[:40]!r}")


def _is_age_restricted(details: Mapping[str, Any]) -> bool:
    rating = details.get("contentRating")
    return isinstance(rating, dict) and rating.get("ytRating") == "ytAgeRestricted"


def _day(details: Mapping[str, Any]) -> Any:
    found = moment(details.get("recordingDate"))
    return found.date() if found is not None else None


def moment(text: object) -> datetime | None:
    """A time of ISO 8601 with a zone, UTC without one; None for anything else."""
    if not isinstance(text, str) or not 10 <= len(text) <= 40:
        return None
    try:
        found = datetime.fromisoformat(re.sub(r"\s*UTC$", "+00:00", text.strip()))
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _thumbnail(listed: object) -> ImportedFile | None:
    sizes = listed if isinstance(listed, dict) else {}
    for name in _SIZES:
        place = sizes[name].get("url") if isinstance(sizes.get(name), dict) else None
        if isinstance(place, str) and place.startswith("https://"):
            return ImportedFile(place, rel="thumbnail")
    return None


def _translations(resource: Resource) -> Iterator[tuple[str, str, str]]:
    own = resource["snippet"].get("defaultLanguage")
    for tag, texts in sorted(resource.get("localizations", {}).items()):
        found = language_of(tag)
        if found is not None and tag != own and isinstance(texts, dict):
            yield found, clean(texts.get("title")), clean(texts.get("description"))


# Captions


@dataclass
class _CaptionReader:
    """Reads captions into a folder until the quota is spent; tracks that it has are not read again."""

    client: Client
    store: Path
    wanted: Captions
    unread: list[str] = field(default_factory=list)
    """The titles of videos whose captions the quota did not cover."""

    def add_to(self, video: Video) -> Video:
        if self.wanted == "none":
            return video
        problems: list[str] = []
        transcripts: list[ImportedFile] = []
        try:
            for track in self._chosen(video):
                transcripts.append(self._file(video, track))
        except QuotaSpent:
            self.unread.append(video.title)
        except (Refused, NotFound) as error:
            problems.append(f"its captions: {error}")
        return replace(video, transcripts=tuple(transcripts), problems=(*video.problems, *problems))

    def problems(self) -> Iterator[str]:
        if self.unread:
            titles = "; ".join(self.unread[:10]) + (" …" if len(self.unread) > 10 else "")
            yield (
                "today's quota of YouTube is spent: the captions of "
                f"{len(self.unread)} videos were not read ({titles}); the same import tomorrow reads them"
            )

    def _chosen(self, video: Video) -> Iterator[Mapping[str, str]]:
        """One track per language: written by people before automatic ones, without drafts."""
        by_language: dict[str, Mapping[str, str]] = {}
        for track in sorted(self._tracks(video), key=lambda one: (one["kind"].upper() == "ASR", one["name"])):
            tag = language_of(track["language"])
            is_automatic = track["kind"].upper() == "ASR"
            if tag is not None and not (is_automatic and self.wanted == "manual"):
                by_language.setdefault(tag, {**track, "tag": tag})
        return iter(by_language.values())

    def _tracks(self, video: Video) -> list[Mapping[str, str]]:
        path = self.store / f"{video.id}.json"
        stored = _stored_tracks(path)
        if stored is not None:
            return stored
        listed = [
            {
                "id": track["id"],
                "language": str(track["snippet"]["language"]),
                "name": str(track["snippet"].get("name") or ""),
                "kind": str(track["snippet"].get("trackKind") or ""),
            }
            for track in self.client.captions(video.id)
            if not track["snippet"].get("isDraft") and track["snippet"].get("status") != "failed"
        ]
        files.write_if_changed(path, json.dumps(listed).encode())
        return list(listed)

    def _file(self, video: Video, track: Mapping[str, str]) -> ImportedFile:
        digest = hashlib.sha256(track["id"].encode()).hexdigest()[:16]
        name = f"{video.id}.{digest}.{track['tag']}.vtt"
        if not (self.store / name).is_file():
            content = self.client.caption_text(track["id"])
            if len(content) > MAX_CAPTION or not content.lstrip(b"\xef\xbb\xbf").startswith(b"WEBVTT"):
                raise Refused(f"the {track['tag']} track is not WebVTT, or is too large", "unreadable")
            files.write_if_changed(self.store / name, content)
        kind = AUTOMATIC if track["kind"].upper() == "ASR" else "captions"
        return ImportedFile(name, "text/vtt", language=track["tag"], rel=kind)


def _stored_tracks(path: Path) -> list[Mapping[str, str]] | None:
    """The tracks that an import before listed; None if there are none, or the file is broken."""
    try:
        listed = json.loads(files.read_bytes(path))
        names = ("id", "language", "name", "kind")
        return [{name: str(track[name]) for name in names} for track in listed]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
