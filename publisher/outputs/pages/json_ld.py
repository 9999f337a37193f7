"""JSON-LD: series, talks and people as schema.org nodes, in agreement with the feed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from publisher import site_paths
from publisher.model import Credit, Enclosure, Person, Series
from publisher.outputs.pages.view_models import EpisodeView
from publisher.render import markdown
from publisher.render.language import iso_duration
from publisher.render.sanitize import visible

if TYPE_CHECKING:
    from markupsafe import Markup

Node = dict[str, object]


def script(graph: list[Node]) -> Markup:
    """Nodes as the text of a script element, escaped so that it cannot end the element or open a tag."""
    from markupsafe import Markup

    shown = _with_visible_names(graph)
    text = json.dumps({"@context": "https://schema.org", "@graph": shown}, ensure_ascii=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


def _with_visible_names(value: object) -> object:
    """`value` with every name in it as it is read: search engines compare names letter by letter."""
    if isinstance(value, list):
        return [_with_visible_names(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: visible(each) if key == "name" and isinstance(each, str) else _with_visible_names(each)
        for key, each in value.items()
    }


def series_page(series: Series) -> Markup:
    return script([_series(series)])


def person_page(series: Series, person: Person) -> Markup:
    trail = [("", series.title), ("people/", "People"), (site_paths.person_page(person.id), person.name)]
    return script([_person(series, person), _trail(series, trail)])


def episode_page(series: Series, talk: EpisodeView) -> Markup:
    nodes = [_episode(series, talk)]
    if talk.release.youtube_id:
        nodes.append(_youtube_video(series, talk))
    trail = [("", series.title), (talk.path, talk.episode.title)]
    return script([*nodes, _trail(series, trail)])


def _filled(node: Mapping[str, object]) -> Node:
    return {name: value for name, value in node.items() if value not in (None, "", [], ())}


def _series(series: Series) -> Node:
    return _filled(
        {
            "@type": "PodcastSeries",
            "@id": series.link,
            "name": series.title,
            "description": markdown.plain(series.description),
            "url": series.link,
            "webFeed": series.feed_url,
            "image": site_paths.url(series, site_paths.SERIES_COVER),
            "inLanguage": series.language,
            "author": {"@type": "Organization", "name": series.author},
            "license": series.license.url if series.license else None,
        }
    )


def _person(series: Series, person: Person, title: str | None = None) -> Node:
    photo = site_paths.url(series, site_paths.person_photo(person.id)) if person.photo else None
    return _filled(
        {
            "@type": "Person",
            "name": person.name,
            "jobTitle": title or person.title,
            "url": site_paths.url(series, site_paths.person_page(person.id)),
            "sameAs": person.link,
            "image": photo,
        }
    )


def _people(series: Series, credits: tuple[Credit, ...]) -> list[Node]:
    return [_person(series, credit.person, credit.title) for credit in credits]


def _episode(series: Series, talk: EpisodeView) -> Node:
    episode = talk.episode
    address = site_paths.url(series, talk.path)
    season = {"@type": "PodcastSeason", "seasonNumber": episode.season} if episode.season else None
    words = {"transcript": address + "#transcript"} if episode.transcripts else {}
    return _filled(
        {
            "@type": "PodcastEpisode",
            "@id": address,
            "name": episode.title,
            "url": address,
            "datePublished": episode.date.isoformat(),
            "description": episode.summary or markdown.plain(episode.notes or ""),
            "timeRequired": iso_duration(talk.duration) if talk.duration else None,
            "episodeNumber": episode.number,
            "partOfSeason": season,
            "partOfSeries": {"@type": "PodcastSeries", "name": series.title, "url": series.link},
            "inLanguage": episode.language,
            "image": site_paths.url(series, talk.square),
            "keywords": list(episode.topics),
            "license": episode.license.url if episode.license else None,
            "associatedMedia": [
                *({"@type": "AudioObject", **_media(series, file), **words} for file in talk.files),
                *([_video_file(series, talk, talk.video)] if talk.video else []),
            ],
            "actor": _people(series, episode.guests),
            "contributor": _people(series, episode.moderators),
            "mentions": _people(series, episode.sources),
        }
    )


def _media(series: Series, file: Enclosure) -> Node:
    return {
        "contentUrl": site_paths.url(series, file.path),
        "encodingFormat": file.type,
        "contentSize": str(file.length),
        "duration": iso_duration(file.duration),
    }


def _video_object(series: Series, talk: EpisodeView, thumbnail: str, more: Mapping[str, object]) -> Node:
    return _filled(
        {
            "@type": "VideoObject",
            "name": talk.episode.title,
            "description": talk.episode.summary or talk.episode.title,
            "thumbnailUrl": site_paths.url(series, thumbnail),
            "uploadDate": talk.episode.date.isoformat(),
            **more,
        }
    )


def _video_file(series: Series, talk: EpisodeView, file: Enclosure) -> Node:
    more = {**_media(series, file), "height": file.height}
    return _video_object(series, talk, talk.card, more)


def _youtube_video(series: Series, talk: EpisodeView) -> Node:
    video = f"https://www.youtube.com/watch?v={talk.release.youtube_id}"
    ends = [*(chapter.at for chapter in talk.chapters[1:]), talk.duration or 0]
    clips = [
        {
            "@type": "Clip",
            "name": str(chapter.title),
            "startOffset": int(chapter.at),
            "endOffset": int(end),
            "url": f"{video}&t={int(chapter.at)}",
        }
        for chapter, end in zip(talk.chapters, ends, strict=False)
        if end > chapter.at
    ]
    more = {
        "duration": iso_duration(talk.duration) if talk.duration else None,
        "embedUrl": f"https://www.youtube-nocookie.com/embed/{talk.release.youtube_id}",
        "hasPart": clips,
    }
    return _video_object(series, talk, talk.thumbnail, more)


def _trail(series: Series, steps: list[tuple[str, str]]) -> Node:
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": site_paths.url(series, path)}
            for position, (path, name) in enumerate(steps, start=1)
        ],
    }
