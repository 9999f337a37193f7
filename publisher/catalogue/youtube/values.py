"""Single values of YouTube's keys; as in `catalogue.values`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from publisher.catalogue.values import Words, choice_of, did_you_mean, line, quoted
from publisher.model import YOUTUBE_CATEGORIES


def channel_id(value: str) -> str:
    if not re.fullmatch(r"UC[A-Za-z0-9_-]{22}", value):
        raise ValueError(
            f'{quoted(value)} is not a channel\'s id: "UC" and 22 more; see youtube.com/account_advanced'
        )
    return value


def playlist_id(value: str) -> str:
    if not re.fullmatch(r"(?:PL|UU|FL|OL)[A-Za-z0-9_-]{10,64}", value):
        raise ValueError(f'{quoted(value)} is not a playlist\'s id; copy what follows "list=": PL…')
    return value


def video_id(value: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_-]{11}", value):
        return value
    found = re.search(r"(?:v=|youtu\.be/|/embed/|/shorts/|/live/)([A-Za-z0-9_-]{11})(?![A-Za-z0-9_-])", value)
    hint = f'; write "{found[1]}"' if found else ": 11 letters, digits, - and _"
    raise ValueError(f"{quoted(value)} is not a video's id{hint}")


def youtube_title(value: str) -> str:
    title = line(value)
    if len(title) > 100:
        raise ValueError(f"has {len(title)} characters; YouTube takes 100")
    return without_angles(title)


def without_angles(value: str) -> str:
    if "<" in value or ">" in value:
        raise ValueError("holds < or >, which YouTube refuses; take them out")
    return value


def youtube_tag(value: str) -> str:
    tag = without_angles(line(value))
    if len(tag) > 100:
        raise ValueError(f"{quoted(value)} has {len(tag)} characters; YouTube takes 100 for a tag")
    if "," in tag:
        raise ValueError(f"{quoted(value)} holds a comma; write one tag per text")
    return tag


def youtube_category(value: str) -> str:
    names = YOUTUBE_CATEGORIES
    if value in names:
        return value
    hint = did_you_mean(value, names) or f"; it has {choice_of(names)}"
    raise ValueError(f"YouTube has no category {quoted(value)}{hint}")


ChannelId = Annotated[str, AfterValidator(channel_id), Words("channel id", "UC and 22 more")]
PlaylistId = Annotated[str, AfterValidator(playlist_id), Words("playlist id")]
VideoId = Annotated[str, AfterValidator(video_id), Words("video id", "11 characters")]
VideoTitle = Annotated[str, AfterValidator(youtube_title), Words("text", "≤ 100 characters, no < or >")]
VideoTag = Annotated[str, AfterValidator(youtube_tag), Words("tag", "≤ 100 characters, no comma")]
VideoCategory = Annotated[str, AfterValidator(youtube_category), Words("YouTube category")]
