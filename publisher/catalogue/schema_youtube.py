"""The tables [youtube] and [episode.youtube], and the types of their values."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from publisher.catalogue.dates import Moment
from publisher.catalogue.fields import Text, TypeDoc, choice_of, did_you_mean, line, matching, quoted
from publisher.catalogue.schema_base import Hashtags, Table, dedupe, field
from publisher.model.settings import YOUTUBE_CATEGORIES, Privacy, UploadDefault

channel_id = matching(
    r"UC[A-Za-z0-9_-]{22}", 'is not a channel\'s id: "UC" and 22 more; see youtube.com/account_advanced'
)
playlist_id = matching(
    r"(?:PL|UU|FL|OL)[A-Za-z0-9_-]{10,64}", 'is not a playlist\'s id; copy what follows "list=": PL…'
)


def video_id(value: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_-]{11}", value):
        return value
    found = re.search(r"(?:v=|youtu\.be/|/embed/|/shorts/|/live/)([A-Za-z0-9_-]{11})(?![A-Za-z0-9_-])", value)
    hint = f'; write "{found[1]}"' if found else ": 11 letters, digits, - and _"
    raise ValueError(f"{quoted(value)} is not a video's id{hint}")


def youtube_title(value: str) -> str:
    title = line(value)
    if len(title) > 100:
        raise ValueError(f"has {len(title)} characters; YouTube allows 100")
    return no_angle_brackets(title)


def no_angle_brackets(value: str) -> str:
    if "<" in value or ">" in value:
        raise ValueError("contains < or >, which YouTube rejects; remove them")
    return value


def youtube_tag(value: str) -> str:
    tag = no_angle_brackets(line(value))
    if len(tag) > 100:
        raise ValueError(f"{quoted(value)} has {len(tag)} characters; YouTube allows 100 for a tag")
    if "," in tag:
        raise ValueError(f"{quoted(value)} contains a comma; write each tag in its own quotes")
    return tag


def youtube_category(value: str) -> str:
    names = YOUTUBE_CATEGORIES
    if value in names:
        return value
    hint = did_you_mean(value, names) or f"; it has {choice_of(names)}"
    raise ValueError(f"YouTube has no category {quoted(value)}{hint}")


ChannelId = Annotated[str, AfterValidator(channel_id), TypeDoc("channel id", "UC and 22 more")]
PlaylistId = Annotated[str, AfterValidator(playlist_id), TypeDoc("playlist id")]
VideoId = Annotated[str, AfterValidator(video_id), TypeDoc("video id", "11 characters")]
VideoTitle = Annotated[str, AfterValidator(youtube_title), TypeDoc("text", "≤ 100 characters, no < or >")]
VideoTag = Annotated[str, AfterValidator(youtube_tag), TypeDoc("tag", "≤ 100 characters, no comma")]
VideoCategory = Annotated[str, AfterValidator(youtube_category), TypeDoc("YouTube category")]


def parse_youtube(value: object) -> object:
    if value in ("upload", "off"):
        return {"upload": value == "upload"}
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        found = re.search(r"(?:^|v=|youtu\.be/|/embed/|/shorts/|/live/)([A-Za-z0-9_-]{11})$", value)
        if found:
            raise ValueError(f'write {{ id = "{found[1]}" }} for a video that exists already')
    raise ValueError('must be "upload", "off" or { id = "…" }')


class YouTubeTable(Table):
    """The YouTube channel."""

    channel: ChannelId | None = field(
        None,
        "required for YouTube; the login of another channel is refused",
        '"UCxxxxxxxxxxxxxxxxxxxxxx"',
    )
    playlist: PlaylistId | None = field(None, "a playlist that gets every talk", '"PLxxxxxxxxxxxxxxxx"')
    privacy: Privacy = field("public", "the privacy of a video after it is uploaded and verified", '"public"')
    category: VideoCategory = field("News & Politics", "YouTube's category", '"News & Politics"')
    made_for_kids: bool = field(False, "whether the videos are made for children", "false")
    default: UploadDefault = field("off", "the setting for talks without a `youtube` key", '"off"')
    hashtags: Hashtags = field([], "added to the hashtags of every video", '["SouthAsia"]')


class EpisodeYouTubeTable(Table):
    """The video of one talk."""

    id: VideoId | None = field(None, "a video that is on YouTube already", '"dQw4w9WgXcQ"')
    upload: bool | None = field(None, "whether the talk is uploaded", "true")
    privacy: Privacy | None = field(None, "instead of the channel's", '"unlisted"')
    publish_at: Moment | None = field(
        None, "when YouTube makes the video public; it is private until then", "2020-11-28T18:00:00+01:00"
    )
    title: VideoTitle | None = field(None, "instead of the talk's title", '"Pashtuns under attack?"')
    tags: Annotated[list[VideoTag], AfterValidator(dedupe)] = field(
        [], "YouTube's tags; together at most 500 characters", '["Pashtuns", "human rights"]'
    )
    hashtags: Hashtags = field([], "hashtags of this video", '["Pashtuns"]')
    description: Text | None = field(
        None, "the complete description, instead of templates/youtube.txt; at most 5000 bytes", '"""…"""'
    )
