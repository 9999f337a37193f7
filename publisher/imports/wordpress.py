"""Reads an export of a WordPress site (WXR), also with PowerPress or Seriously Simple Podcasting.

Two passes over the file: the first one lists attachments and finds the site's time zone, the second one reads
the posts. Comments, revisions and pages are not read: their authors were not asked.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import unquote

from lxml import etree

from publisher.errors import UsageError
from publisher.imports.chapter_lines import chapters_in
from publisher.imports.feed_values import read_duration, read_length, read_number, refuse_entities
from publisher.imports.markup import MAX_HTML, to_markdown, to_text
from publisher.imports.model import ImportedFile, ImportedLink, ImportedSeries, ImportedTalk, Origin
from publisher.imports.people_lines import people_in

POST_TYPES = ("post", "podcast", "episode")
"""The types of posts that can be talks: WordPress' own, and those of podcast plugins."""

MAX_NOTES = 40_000_000
"""Characters of all notes together; a site with more is taken over category by category."""

MAX_ITEMS = 500_000
UNCATEGORIZED = "uncategorized"
HIDDEN = {
    "draft": "a draft",
    "pending": "waiting for review",
    "private": "private",
    "future": "scheduled",
    "auto-draft": "a draft",
    "trash": "in the trash",
}
"""The states of posts that the public cannot see, as the report calls them."""

_VIDEO = re.compile(
    r"(?:youtube(?:-nocookie)?\.com/(?:embed/|v/|shorts/|live/|watch\?(?:[^\s\"'<>]{0,500}?&(?:amp;)?)?v=)|youtu\.be/)"
    r"([A-Za-z0-9_-]{11})(?![A-Za-z0-9_-])"
)
_SHORTCODES = (
    "audio", "video", "playlist", "embed", "caption", "wp_caption", "gallery", "powerpress",
    "powerpress_playlist",
    "podcast", "ss_player", "podcast_player", "smart_track_player", "contact-form-7", "contact-form",
    "youtube", "soundcloud", "spotify",
)  # fmt: skip
_SHORTCODE = re.compile(rf"\[/?(?:{'|'.join(_SHORTCODES)})(?:\s[^\[\]]*)?/?\]", re.IGNORECASE)
_AUDIO = re.compile(
    r"(?:src|mp3|m4a|ogg|wav|url|href)\s*=\s*[\"'](https?://[^\"'\s]+\.(?:mp3|m4a|ogg|opus|wav)(?:\?[^\"'\s]*)?)[\"']",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"<!--(?:(?!<!--).)*?-->", re.DOTALL)
_HEADED_LINKS = re.compile(
    r"<h[1-6][^<>]*>(?P<heading>(?:(?!</?h[1-6]).){0,500}?)</h[1-6]>\s*"
    r"(?P<list><(?:ul|ol)[^<>]*>(?:(?!<h[1-6]).)*?</(?:ul|ol)>)",
    re.DOTALL | re.IGNORECASE,
)
_LINK = re.compile(
    r"<a\s[^<>]*?href=[\"'](https?://[^\"'<>]+)[\"'][^<>]*>((?:(?!</?a[\s>]).)*?)</a>",
    re.DOTALL | re.IGNORECASE,
)
_COVERAGE = re.compile(
    r"coverage|press|media|presse|medien|prensa|medios|stampa|сми|میڈیا|رسانه|الإعلام", re.IGNORECASE
)
_SOURCES = re.compile(r"source|quelle|fuente|fonti|источник|ماخذ|منابع|مصادر", re.IGNORECASE)
_READING = re.compile(r"read|links|lire|lesen|leer|leggi|подробнее|مزید|بیشتر|اقرأ", re.IGNORECASE)
_PHP_TEXT = re.compile(r's:\d+:"([^"]*)";s:\d+:"([^"]*)";')


def read_wordpress(path: Path, category: str | None = None, tag: str | None = None) -> ImportedSeries:
    """The posts of an export as talks; with `category` or `tag` (name or nicename) only theirs.

    Raises UsageError if the file is not an export, is broken, or has too much text.
    """
    site = _read_site(path)
    talks: list[ImportedTalk] = []
    size = 0
    for number, item in enumerate(_items(path), 1):
        if item.get("type") not in POST_TYPES or not _is_chosen(item, category, tag):
            continue
        talk = _talk(item, number, path.name, site, category)
        size += len(talk.notes or "")
        if size > MAX_NOTES:
            raise UsageError(
                f"{path.name} has too much text to take over at once; choose --category or --tag"
            )
        talks.append(talk)
    return ImportedSeries(
        tuple(talks), site.title or None, to_text(site.description) or None, site.language, site.link
    )


@dataclass
class _Site:
    title: str = ""
    description: str = ""
    link: str | None = None
    language: str | None = None
    offset: timedelta = timedelta()
    """How much the site's clock is ahead of UTC, as its dated posts show."""
    attachments: dict[str, str] = field(default_factory=dict)
    """Addresses of attachments by their post ids."""


@dataclass(frozen=True)
class _Item:
    """An item: its elements by name, meta values by key, categories as (domain, nicename, name)."""

    values: Mapping[str, str]
    meta: Mapping[str, str]
    categories: tuple[tuple[str, str, str], ...]

    def get(self, name: str) -> str:
        return self.values.get(name, "")


# The file


def _parse(path: Path) -> Iterator[tuple[str, etree._Element]]:
    """Each item and each element directly in the channel, freed after its use. Raises UsageError."""
    count = 0
    try:
        with path.open("rb") as file:
            context = etree.iterparse(
                file,
                events=("end",),
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
                recover=False,
            )
            is_first = True
            for _, element in context:
                if is_first:
                    refuse_entities(element, path.name)
                    is_first = False
                parent = element.getparent()
                if parent is None or _local(parent) != "channel":
                    continue
                count += 1
                if count > MAX_ITEMS:
                    raise UsageError(f"{path.name} has more than {MAX_ITEMS} items")
                yield _local(element), element
                element.clear()
                while element.getprevious() is not None:
                    del parent[0]
    except etree.XMLSyntaxError as error:
        line = f":{error.lineno}" if error.lineno else ""
        raise UsageError(f"{path.name}{line}: is not a complete export of WordPress: {error.msg}") from error
    if not count:
        raise UsageError(
            f"{path.name} is not an export of WordPress: Tools → Export in its dashboard makes one"
        )


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _text(element: etree._Element) -> str:
    return "".join(str(part) for part in element.itertext(with_tail=False))


def _read_site(path: Path) -> _Site:
    site = _Site()
    is_export = False
    for name, element in _parse(path):
        if name == "wxr_version":
            is_export = True
        elif name in ("title", "description", "link", "language"):
            setattr(site, name, html.unescape(_text(element)).strip() or getattr(site, name))
        elif name == "item":
            _read_item_of_site(_item(element), site)
    if not is_export:
        raise UsageError(f"{path.name} is a feed, not an export: `publisher import feed` reads feeds")
    return site


def _read_item_of_site(item: _Item, site: _Site) -> None:
    local, universal = _moment(item.get("date")), _moment(item.get("date_gmt"))
    if local is not None and universal is not None and abs(local - universal) <= timedelta(hours=15):
        site.offset = local - universal
    if item.get("type") == "attachment":
        site.attachments[item.get("id")] = item.get("attachment_url")


def _items(path: Path) -> Iterator[_Item]:
    for name, element in _parse(path):
        if name == "item":
            yield _item(element)


_NAMES = {
    "post_id": "id",
    "post_date": "date",
    "post_date_gmt": "date_gmt",
    "post_name": "name",
    "post_type": "type",
    "post_password": "password",
}


def _item(element: etree._Element) -> _Item:
    values: dict[str, str] = {}
    meta: dict[str, str] = {}
    categories: list[tuple[str, str, str]] = []
    for child in element:
        name = _local(child)
        if name == "category":
            nicename = unquote(child.get("nicename") or "")
            categories.append((child.get("domain") or "", nicename, html.unescape(_text(child)).strip()))
        elif name == "postmeta":
            meta.setdefault(_text_of(child, "meta_key"), _text_of(child, "meta_value"))
        elif name == "encoded":
            kind = "content" if "/content/" in str(child.tag) else "excerpt"
            values[kind] = _text(child)
        elif name != "comment":
            values[_NAMES.get(name, name)] = _text(child).strip()
    return _Item(values, meta, tuple(categories))


def _text_of(element: etree._Element, name: str) -> str:
    return next((_text(child) for child in element if _local(child) == name), "")


# Posts


def _is_chosen(item: _Item, category: str | None, tag: str | None) -> bool:
    for wanted, domain in ((category, "category"), (tag, "post_tag")):
        if wanted is None:
            continue
        folded = wanted.casefold()
        own = [names for kind, *names in item.categories if kind == domain]
        if not any(folded in (nicename.casefold(), name.casefold()) for nicename, name in own):
            return False
    return True


def _talk(item: _Item, number: int, source: str, site: _Site, category: str | None) -> ImportedTalk:
    content, problems = _COMMENT.sub("", item.get("content")), []
    plain = to_text(content)
    media = _media(item, content)
    videos = tuple(dict.fromkeys(_VIDEO.findall(content)))
    links, without_links = _headed_links(content)
    try:
        notes = to_markdown(_SHORTCODE.sub("", without_links))
    except ValueError as error:
        notes = ""
        problems.append(f"its text {error}")
    problems += [f"a second video: https://youtu.be/{video}" for video in videos[1:]]
    why_hidden = _why_hidden(item)
    details = _enclosure_details(item)
    return ImportedTalk(
        Origin("wordpress", source, number, item.get("guid") or item.get("id")),
        html.unescape(item.get("title")) or f"Post {item.get('id')}",
        _date(item, site),
        visible=not why_hidden,
        why_hidden=why_hidden,
        guid=item.get("guid") or None,
        page=item.get("link") or None,
        slug=unquote(item.get("name")) or None,
        language=_language(item),
        summary=to_text(item.get("excerpt") or details.get("summary", "")) or None,
        notes=notes or None,
        season=read_number(item.meta.get("itunes_season_number") or details.get("season", "")),
        number=read_number(item.meta.get("itunes_episode_number") or details.get("episode_no", "")),
        explicit=True
        if item.meta.get("explicit") in ("on", "yes") or details.get("explicit") == "1"
        else None,
        duration=read_duration(item.meta.get("duration") or details.get("duration", "")),
        people=people_in(plain),
        topics=_topics(item, category),
        links=links,
        chapters=chapters_in(plain),
        media=media,
        image=_image(item, site),
        youtube=videos[0] if videos else None,
        not_understood=tuple(problems),
    )


def _why_hidden(item: _Item) -> str:
    status = item.get("status")
    if status in HIDDEN:
        return HIDDEN[status]
    if item.get("password"):
        return "locked with a password"
    return "" if status == "publish" else f"of the unknown status {status!r}"


def _moment(text: str) -> datetime | None:
    """A date of the export without a time zone; None for the zeros of drafts."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None


def _date(item: _Item, site: _Site) -> datetime | None:
    """The date in UTC; that of a draft is local, and gets the site's offset."""
    universal = _moment(item.get("date_gmt"))
    if universal is not None:
        return universal.replace(tzinfo=UTC)
    local = _moment(item.get("date"))
    return None if local is None else local.replace(tzinfo=timezone(site.offset))


def _media(item: _Item, content: str) -> tuple[ImportedFile, ...]:
    """The enclosure of the post, and the sounds that its text plays."""
    found: list[ImportedFile] = []
    lines = [line.strip() for line in item.meta.get("enclosure", "").splitlines()]
    if lines and lines[0].startswith(("http://", "https://")):
        length = read_length(lines[1]) if len(lines) > 1 else None
        found.append(ImportedFile(lines[0], lines[2] if len(lines) > 2 else None, length))
    own = item.meta.get("audio_file", "").strip()
    places = ([own] if own.startswith(("http://", "https://")) else []) + _AUDIO.findall(content)
    known = {file.place for file in found}
    return (*found, *(ImportedFile(place) for place in dict.fromkeys(places) if place not in known))


def _enclosure_details(item: _Item) -> dict[str, str]:
    """The values that PowerPress keeps below an enclosure, serialised by PHP; only texts are read."""
    return dict(_PHP_TEXT.findall(item.meta.get("enclosure", "")))


def _image(item: _Item, site: _Site) -> ImportedFile | None:
    """The featured image."""
    place = site.attachments.get(item.meta.get("_thumbnail_id", "")) or item.meta.get("cover_image", "")
    return ImportedFile(place) if place.startswith(("http://", "https://")) else None


def _topics(item: _Item, category: str | None) -> tuple[str, ...]:
    left_out = {UNCATEGORIZED, (category or "").casefold()}
    names = (
        name
        for domain, nicename, name in item.categories
        if domain in ("category", "post_tag", "series")
        and not left_out & {nicename.casefold(), name.casefold()}
    )
    return tuple(dict.fromkeys(names))


def _language(item: _Item) -> str | None:
    """The language that the plugin Polylang assigned."""
    return next((nicename for domain, nicename, _ in item.categories if domain == "language"), None)


def _headed_links(content: str) -> tuple[tuple[ImportedLink, ...], str]:
    """Lists of links below a heading such as "Coverage" or "Read more", and the text without them."""
    found: list[ImportedLink] = []

    def take(match: re.Match[str]) -> str:
        heading = to_text(match["heading"])
        kinds = ((_COVERAGE, "coverage"), (_SOURCES, "source"), (_READING, "reading"))
        kind = next((kind for pattern, kind in kinds if pattern.search(heading)), None)
        links = [(to_text(title), html.unescape(url)) for url, title in _LINK.findall(match["list"])]
        if kind is None or not links or len(heading) > 60:
            return match[0]
        found.extend(ImportedLink(title or url, url, kind) for title, url in links)  # type: ignore[arg-type]
        return ""

    rest = _HEADED_LINKS.sub(take, content[:MAX_HTML])
    return tuple(found), rest
