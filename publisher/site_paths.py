"""Paths of the files under public/: the only module that spells a path of the published tree.

Paths are relative to public/ and to the series' link, ASCII, with forward slashes. `url` makes
a path absolute. Also the paths below .publisher/ of videos that are made only to be uploaded.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from publisher.model import Episode, Series
from publisher.transliteration import transliterate_id

FEED = "feed.xml"
FEED_STYLES = {"text/xsl": "assets/feed-style.xml", "text/css": "assets/feed.css"}
"""By type: how browsers show a feed, the preferred way first. Few servers know the type of ``.xsl``."""

SUBSCRIBE = "subscribe/"
SERIES_COVER = "assets/cover.jpg"
COVER, CARD, THUMBNAIL, CHAPTERS = "cover.jpg", "card.jpg", "thumbnail.jpg", "chapters.json"
"""Names of files in an episode's folder."""
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
"""The folders of public/ that contain only files of this tool."""

MEDIA = "media/"
"""The folder of public/ with the audio and video of all episodes."""

LISTING_DIRS = ("people/", "seasons/", "topics/")
"""The folders of public/ whose subfolders each list episodes."""

VIDEO_SUFFIX = "mp4"
"""The suffix of published videos, and of no other media file."""

PREPARED_DIR = "preview/"
"""The folder below .publisher/ of the media that a preview made, with their receipts."""

PREPARED_MEDIA = f"{PREPARED_DIR}public/"
"""The folder below .publisher/ in which these files have the paths that they will have under public/."""

SOUND_DIR = "sound/"
"""The folder below .publisher/ of waveforms and playback files, each in a folder named by its recording."""

FINGERPRINTS_DIR = "fingerprints/"
"""The folder below .publisher/ of the fingerprints of recordings that an import compared."""

TRANSCRIBED_DIR = "transcribe/"
"""The folder below .publisher/ of unfinished transcriptions, each in a folder named by its talk."""

OUTGOING_DIR = "videos/"
"""The folder below .publisher/ of videos that wait for their upload; it contains nothing else."""


def url(series: Series, path: str) -> str:
    """The absolute URL of a path under public/."""
    return series.link + path


def feed_archive(number: int) -> str:
    """A page of the feed's archive; page 1 has the oldest episodes."""
    return f"feed/archive-{number}.xml"


def is_feed_archive(path: str) -> bool:
    return path.startswith("feed/archive-")


def media(slug: str, digest: str, suffix: str) -> str:
    """A media file's path; it contains the digest, so that the bytes at a URL never change."""
    return f"{MEDIA}{slug}.{digest[:8]}.{suffix}"


def outgoing_video(slug: str, digest: str, suffix: str) -> str:
    """The path below .publisher/ of a video that waits for its upload; `suffix` with its dot."""
    return f"{OUTGOING_DIR}{slug}.{digest[:8]}{suffix}"


def is_public(path: str) -> bool:
    """Whether a media file's path is under public/, not below .publisher/."""
    return not path.startswith(OUTGOING_DIR)


def is_video(path: str) -> bool:
    """Whether a published media file is a video."""
    return path.startswith(MEDIA) and path.endswith(f".{VIDEO_SUFFIX}")


def episode_page(slug: str) -> str:
    """The folder of an episode's page, which is also its URL."""
    return f"episodes/{slug}/"


def transcript_page(slug: str, language: str) -> str:
    """The folder of a transcript's own page."""
    return f"episodes/{slug}/transcript/{language}/"


def embed_page(slug: str) -> str:
    """The folder of the player that other sites embed."""
    return f"episodes/{slug}/embed/"


def oembed(slug: str) -> str:
    """The oEmbed document of the embedded player."""
    return f"episodes/{slug}/oembed.json"


def chapters(slug: str) -> str:
    return f"episodes/{slug}/{CHAPTERS}"


def chapter_image(slug: str, digest: str) -> str:
    """A chapter's image; its name contains the digest of the source image."""
    return f"episodes/{slug}/chapter-{digest[:8]}.jpg"


def transcript(slug: str, language: str, suffix: str) -> str:
    return f"episodes/{slug}/{transcript_name(language, suffix)}"


def transcript_name(language: str, suffix: str) -> str:
    """A transcript's name in the episode's folder."""
    return f"transcript.{language}.{suffix}"


def episode_cover(slug: str) -> str:
    """The square cover, 1400 px."""
    return f"episodes/{slug}/{COVER}"


def episode_card(slug: str) -> str:
    """The preview image of a shared page, 1200×630 px."""
    return f"episodes/{slug}/{CARD}"


def episode_thumbnail(slug: str) -> str:
    """The image of the video, 1280×720 px."""
    return f"episodes/{slug}/{THUMBNAIL}"


def logo_png(size: int) -> str:
    """The series' logo as a PNG of `size` px."""
    return f"assets/mark-{size}.png"


def person_page(person_id: str) -> str:
    return f"people/{person_id}/"


def person_photo(person_id: str) -> str:
    """The square photograph, 320 px."""
    return f"people/{person_id}/photo.jpg"


def season_page(season: int) -> str:
    return f"seasons/{season}/"


def topic_page(topic_id: str) -> str:
    return f"topics/{topic_id}/"


def topic_id(series: Series, topic: str) -> str:
    """A topic's id in addresses: the one in `Series.topic_ids`, otherwise its `topic_slug`."""
    return series.topic_ids.get(topic) or topic_slug(topic)


@lru_cache(maxsize=4096)
def topic_slug(topic: str) -> str:
    """A topic's name in ASCII letters; other scripts than Latin are transliterated.

    >>> topic_slug("Human rights"), topic_slug("Café, Paris"), topic_slug("حقوق بشر")
    ('human-rights', 'cafe-paris', 'huquq-bashar')
    """
    return _latin_slug(topic) or transliterate_id(topic) or former_topic_slug(topic)


def former_topic_slug(topic: str) -> str:
    """The name in addresses of an earlier publisher, which had a hash for other scripts than Latin."""
    return _latin_slug(topic) or hashlib.sha256(topic.encode()).hexdigest()[:12]


def _latin_slug(topic: str) -> str:
    """The ASCII letters of a name in Latin script; "" for other scripts."""
    letters = unicodedata.normalize("NFKD", topic).encode("ascii", "ignore").decode("ascii").lower()
    is_latin = all(ord(letter) < 0x250 for letter in unicodedata.normalize("NFC", topic))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-") if is_latin else ""


def episode_url(series: Series, episode: Episode) -> str:
    """The absolute URL of an episode's page."""
    return url(series, episode_page(episode.slug))


def belongs_to_episode(path: str, slug: str) -> bool:
    """Whether a path belongs to this episode only."""
    return path.startswith((episode_page(slug), f"{MEDIA}{slug}."))


def slug_from_path(path: str) -> str | None:
    """The slug of the episode that a path belongs to; None for a shared file."""
    folder, _, rest = path.partition("/")
    if folder == "episodes" and "/" in rest:
        return rest.partition("/")[0]
    return rest.partition(".")[0] if folder == "media" else None


def slug_from_page(folder: str) -> str | None:
    """The slug in the folder of an episode's page; None for any other folder."""
    first, _, rest = folder.rstrip("/").partition("/")
    return rest if first == "episodes" and rest and "/" not in rest else None


def listing_of(path: str) -> str | None:
    """The folder of the person, season or topic whose episodes a page lists; None for other paths."""
    first, _, rest = path.partition("/")
    name, _, page = rest.partition("/")
    return f"{first}/{name}/" if f"{first}/" in LISTING_DIRS and page else None


def is_image(path: str) -> bool:
    """Whether a file of an episode's folder is an image that feed and pages share."""
    return path.endswith((f"/{COVER}", f"/{CARD}", f"/{THUMBNAIL}"))


def output_for_path(path: str) -> str:
    """The output that a rendered path belongs to: "feed" or "pages"."""
    name = path.rsplit("/", 1)[-1]
    is_feed = path == FEED or path.startswith(("feed/", "media/"))
    return "feed" if is_feed or name.startswith(("chapters.json", "chapter-", "transcript.")) else "pages"


# Patterns of the tool's own paths

_SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_LANGUAGE = r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"
_NUMBER = r"[0-9]+"
_LIST = rf"(?:page/{_NUMBER}/)?index\.html"
DIGEST_DIGITS = 8
"""Hex digits of the content's digest in a file name."""

MEDIA_SUFFIXES = ("mp3", "m4a", "opus", VIDEO_SUFFIX)
OUTGOING_SUFFIXES = (VIDEO_SUFFIX, "mkv")
_MEDIA = rf"media/({_SLUG})\.([0-9a-f]{{{DIGEST_DIGITS}}})\.({'|'.join(MEDIA_SUFFIXES)})"
_OUTGOING = rf"{OUTGOING_DIR}({_SLUG})\.([0-9a-f]{{{DIGEST_DIGITS}}})\.({'|'.join(OUTGOING_SUFFIXES)})"
_MEDIA_FILE = re.compile(f"{_MEDIA}|{_OUTGOING}")
_MANAGED_FILE = re.compile(
    "|".join(
        (
            _MEDIA,
            r"index\.html|404\.html|feed\.xml|sitemap\.xml|robots\.txt",
            rf"assets/(?:(?:style|feed)\.css|[a-z]+\.js|feed-style\.xml|feed-qr\.svg|site\.webmanifest|cover\.jpg|mark\.svg|mark-{_NUMBER}\.png)",
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
    """The parts of a media file's name; `digest` has `DIGEST_DIGITS` digits, `suffix` no dot."""

    slug: str
    digest: str
    suffix: str


def media_parts(path: str) -> MediaName | None:
    """The parts of a path of `media` or `outgoing_video`; None for any other path."""
    found = _MEDIA_FILE.fullmatch(path)
    return MediaName(*(part for part in found.groups() if part is not None)) if found else None


def is_managed_file(path: str) -> bool:
    """Whether a path under public/ is one of this tool's own files.

    Any other file was put there by somebody else and is never removed.
    """
    return _MANAGED_FILE.fullmatch(path) is not None


def is_outgoing(path: str) -> bool:
    """Whether a path is one of a video below .publisher/ that waits for its upload."""
    return media_parts(path) is not None and not is_public(path)
