"""The shape of [youtube] and of a talk's `youtube`."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from publisher.catalogue.tables import Hashtags, Table, key, once
from publisher.catalogue.times import Moment
from publisher.catalogue.values import Text
from publisher.catalogue.youtube.values import (
    ChannelId,
    PlaylistId,
    VideoCategory,
    VideoId,
    VideoTag,
    VideoTitle,
)


def written(value: object) -> object:
    if value in ("upload", "off"):
        return {"upload": value == "upload"}
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        found = re.search(r"(?:^|v=|youtu\.be/|/embed/|/shorts/|/live/)([A-Za-z0-9_-]{11})$", value)
        if found:
            raise ValueError(f'write {{ id = "{found[1]}" }} for a video that is there already')
    raise ValueError('must be "upload", "off" or { id = "…" }')


class YouTube(Table):
    """The YouTube channel."""

    channel: ChannelId | None = key(
        None,
        "required to talk to YouTube: another channel's token is refused",
        '"UCxxxxxxxxxxxxxxxxxxxxxx"',
    )
    playlist: PlaylistId | None = key(None, "a playlist that gets every talk", '"PLxxxxxxxxxxxxxxxx"')
    privacy: Literal["public", "unlisted", "private"] = key(
        "public", "the state of a video once everything about it is checked", '"public"'
    )
    category: VideoCategory = key("News & Politics", "YouTube's category", '"News & Politics"')
    made_for_kids: bool = key(False, "whether the videos are made for children", "false")
    default: Literal["off", "upload"] = key("off", "what a talk without a `youtube` key gets", '"off"')
    hashtags: Hashtags = key([], "added to every video's own", '["SouthAsia"]')


class EpisodeYouTube(Table):
    """The video of one talk."""

    id: VideoId | None = key(None, "a video that is on YouTube already", '"dQw4w9WgXcQ"')
    upload: bool | None = key(None, "whether the talk is uploaded", "true")
    privacy: Literal["public", "unlisted", "private"] | None = key(
        None, "instead of the channel's", '"unlisted"'
    )
    publish_at: Moment | None = key(
        None, "when YouTube makes the video public; it is private until then", "2020-11-28T18:00:00+01:00"
    )
    title: VideoTitle | None = key(None, "instead of the talk's title", '"Pashtuns under attack?"')
    tags: Annotated[list[VideoTag], AfterValidator(once)] = key(
        [], "YouTube's tags; 500 characters together", '["Pashtuns", "human rights"]'
    )
    hashtags: Hashtags = key([], "this video's own", '["Pashtuns"]')
    description: Text | None = key(
        None, "word for word, instead of templates/youtube.txt; at most 5000 bytes", '"""…"""'
    )
