"""Where things stand under public/: the only place that spells a path of the published tree.

Paths are relative to public/ and to the series' link, ASCII, with forward slashes. `url` makes
a path absolute. Also here: where lies, below .publisher/, what is made only to be sent elsewhere.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import NamedTuple

from publisher.model import Episode, Series

FEED = "feed.xml"
SERIES_COVER = "assets/cover.jpg"
COVER, CARD, THUMBNAIL, CHAPTERS = "cover.jpg", "card.jpg", "thumbnail.jpg", "chapters.json"
"""Names of files in a talk's folder."""
LOGO = "assets/mark.svg"
MANAGED_DIRS = (
    "assets/",
    "episodes/",
    "feed/",
    "media/",
    "page/",
    "people/",
    "search/",
    "seasons/",
    "subscribe/",
    "topics/",
)
"""The folders of public/ in which nothing but the tool's own files stands."""


MEDIA = "media/"
"""The folder of public/ with the audio and video of all talks."""

LISTS = ("people/", "seasons/", "topics/")
"""The folders of public/ whose subfolders each list talks."""

VIDEO_SUFFIX = "mp4"
"""How the name of a published video ends, and of no other media file."""

OUTGOING_DIR = "videos/"
"""The folder below .publisher/ in which videos wait to be sent; nothing else stands there."""


def url(series: Series, path: str) -> str:
    """The absolute address of a path under public/."""
    return series.link + path


def feed_archive(number: int) -> str:
    """A page of the feed's archive, counted from 1, the oldest talks."""
    return f"feed/archive-{number}.xml"


def is_feed_archive(path: str) -> bool:
    return path.startswith("feed/archive-")


def media(slug: str, digest: str, suffix: str) -> str:
    """A media file's path: named by its content, so that an address never changes its bytes."""
    return f"{MEDIA}{slug}.{digest[:8]}.{suffix}"


def outgoing_video(slug: str, digest: str, suffix: str) -> str:
    """Where below .publisher/ a video waits to be sent; `suffix` with its dot."""
    return f"{OUTGOING_DIR}{slug}.{digest[:8]}{suffix}"


def is_public(path: str) -> bool:
    """Whether a made file's path is one under public/, not one of a file that waits to be sent."""
    return not path.startswith(OUTGOING_DIR)


def is_video(path: str) -> bool:
    """Whether a published media file is a video."""
    return path.startswith(MEDIA) and path.endswith(f".{VIDEO_SUFFIX}")


def episode_page(slug: str) -> str:
    """The folder of a talk's page, which is also its address."""
    return f"episodes/{slug}/"


def transcript_page(slug: str, language: str) -> str:
    """The folder of a transcript that has a page of its own."""
    return f"episodes/{slug}/transcript/{language}/"


def embed_page(slug: str) -> str:
    """The folder of the small player that other sites may frame."""
    return f"episodes/{slug}/embed/"


def oembed(slug: str) -> str:
    """What tells other sites how to frame it."""
    return f"episodes/{slug}/oembed.json"


def chapters(slug: str) -> str:
    return f"episodes/{slug}/{CHAPTERS}"


def chapter_image(slug: str, digest: str) -> str:
    """A chapter's picture, named by the digest of the one it was made from."""
    return f"episodes/{slug}/chapter-{digest[:8]}.jpg"


def transcript(slug: str, language: str, suffix: str) -> str:
    return f"episodes/{slug}/{transcript_name(language, suffix)}"


def transcript_name(language: str, suffix: str) -> str:
    """A transcript's name in the talk's folder."""
    return f"transcript.{language}.{suffix}"


def episode_cover(slug: str) -> str:
    """The square cover, 1400 px."""
    return f"episodes/{slug}/{COVER}"


def episode_card(slug: str) -> str:
    """The picture shown where the page is shared, 1200×630 px."""
    return f"episodes/{slug}/{CARD}"


def episode_thumbnail(slug: str) -> str:
    """The picture of the video, 1280×720 px."""
    return f"episodes/{slug}/{THUMBNAIL}"


def logo_png(size: int) -> str:
    """The series' mark as a PNG of `size` px."""
    return f"assets/mark-{size}.png"


def person_page(person_id: str) -> str:
    return f"people/{person_id}/"


def person_photo(person_id: str) -> str:
    """The square photograph, 320 px."""
    return f"people/{person_id}/photo.jpg"


def season_page(season: int) -> str:
    return f"seasons/{season}/"


def topic_page(topic: str) -> str:
    return f"topics/{topic_slug(topic)}/"


def topic_slug(topic: str) -> str:
    """A topic's name in an address: ASCII letters where it has some, else a hash of it.

    >>> topic_slug("Human rights"), topic_slug("Café, Paris")
    ('human-rights', 'cafe-paris')
    """
    letters = unicodedata.normalize("NFKD", topic).encode("ascii", "ignore").decode("ascii").lower()
    slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")
    whole = all(ord(letter) < 0x250 for letter in unicodedata.normalize("NFC", topic))
    return slug if slug and whole else hashlib.sha256(topic.encode()).hexdigest()[:12]


def episode_url(series: Series, episode: Episode) -> str:
    """The absolute address of a talk's page."""
    return url(series, episode_page(episode.slug))


def belongs_to_episode(path: str, slug: str) -> bool:
    """Whether a path belongs to one talk alone."""
    return path.startswith((episode_page(slug), f"{MEDIA}{slug}."))


def slug_from_path(path: str) -> str | None:
    """The slug of the talk that a path belongs to alone; None for what several share."""
    folder, _, rest = path.partition("/")
    if folder == "episodes" and "/" in rest:
        return rest.partition("/")[0]
    return rest.partition(".")[0] if folder == "media" else None


def slug_of(folder: str) -> str | None:
    """The slug in the address of a talk's page; None for any other folder."""
    first, _, rest = folder.rstrip("/").partition("/")
    return rest if first == "episodes" and rest and "/" not in rest else None


def listing_of(path: str) -> str | None:
    """The folder of the person, season or topic whose talks a page lists; None for other paths."""
    first, _, rest = path.partition("/")
    name, _, page = rest.partition("/")
    return f"{first}/{name}/" if f"{first}/" in LISTS and page else None


def is_image(path: str) -> bool:
    """Whether a file of a talk's folder is a picture that feed and pages share."""
    return path.endswith((f"/{COVER}", f"/{CARD}", f"/{THUMBNAIL}"))


def output_for_path(path: str) -> str:
    """The output that a rendered path belongs to: "feed" or "pages"."""
    name = path.rsplit("/", 1)[-1]
    of_feed = path == FEED or path.startswith(("feed/", "media/"))
    return "feed" if of_feed or name.startswith(("chapters.json", "chapter-", "transcript.")) else "pages"


# Which paths can be the tool's own

_SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_LANGUAGE = r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"
_NUMBER = r"[0-9]+"
_LIST = rf"(?:page/{_NUMBER}/)?index\.html"
DIGITS = 8
"""Hex digits of a content's digest in the name of a file."""

MEDIA_SUFFIXES = ("mp3", "m4a", "opus", VIDEO_SUFFIX)
OUTGOING_SUFFIXES = (VIDEO_SUFFIX, "mkv")
_MEDIA = rf"media/({_SLUG})\.([0-9a-f]{{{DIGITS}}})\.({'|'.join(MEDIA_SUFFIXES)})"
_OUTGOING = rf"{OUTGOING_DIR}({_SLUG})\.([0-9a-f]{{{DIGITS}}})\.({'|'.join(OUTGOING_SUFFIXES)})"
_MEDIA_FILE = re.compile(f"{_MEDIA}|{_OUTGOING}")
_OWN_FILE = re.compile(
    "|".join(
        (
            _MEDIA,
            r"index\.html|404\.html|feed\.xml|sitemap\.xml|robots\.txt",
            rf"assets/(?:style\.css|[a-z]+\.js|feed-qr\.svg|site\.webmanifest|cover\.jpg|mark\.svg|mark-{_NUMBER}\.png)",
            rf"episodes/{_SLUG}/(?:index\.html|{COVER}|{CARD}|thumbnail\.jpg|{CHAPTERS}|oembed\.json)",
            rf"episodes/{_SLUG}/(?:chapter-[0-9a-f]{{8}}\.jpg|embed/index\.html|transcript/{_LANGUAGE}/index\.html)",
            rf"episodes/{_SLUG}/transcript\.{_LANGUAGE}\.(?:vtt|srt|json)",
            rf"feed/archive-{_NUMBER}\.xml",
            _LIST,
            rf"seasons/{_NUMBER}/{_LIST}",
            r"people/index\.html|topics/index\.html|subscribe/index\.html|search/index\.html",
            rf"people/{_SLUG}/(?:{_LIST}|photo\.jpg)",
            rf"topics/{_SLUG}/{_LIST}",
            rf"search/groups\.json|search/{_NUMBER}/(?:talks|{_NUMBER})\.json",
        )
    )
)


class MediaName(NamedTuple):
    """The parts of a media file's name; `digest` has `DIGITS` digits, `suffix` no dot."""

    slug: str
    digest: str
    suffix: str


def media_parts(path: str) -> MediaName | None:
    """The parts of a path as `media` and `outgoing_video` give it; None for any other path."""
    found = _MEDIA_FILE.fullmatch(path)
    return MediaName(*(part for part in found.groups() if part is not None)) if found else None


def is_own_file(path: str) -> bool:
    """Whether a path under public/ is one that the tool gives to a file of its own.

    A file with another path was put there by somebody else and is never removed.
    """
    return _OWN_FILE.fullmatch(path) is not None


def is_outgoing(path: str) -> bool:
    """The same below .publisher/, of a video that waits to be sent."""
    return media_parts(path) is not None and not is_public(path)
