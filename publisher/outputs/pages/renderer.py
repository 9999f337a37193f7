"""Renders a page: its frame, its Content-Security-Policy, its language.

A `PageRenderer` is made once per release. The palette and Jinja's environments are made for the
first rendered page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from publisher import site_paths
from publisher.fingerprint import fingerprint
from publisher.images.palette import Palette, palette_key, series_palette
from publisher.model import Release
from publisher.outputs.pages.index import SiteIndex
from publisher.outputs.pages.view_models import EpisodeView, Text, with_language
from publisher.plan import Document
from publisher.render import library_versions
from publisher.render.templates import Templates

if TYPE_CHECKING:
    from markupsafe import Markup

Section = Literal["talks", "people", "topics", "subscribe", "search", ""]

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "media-src": "'self'",
    "manifest-src": "'self'",
    # For the search; auditors and the preview also read the site from within a page.
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
}

NOT_FOUND = "404.html"


def policy(**more: str) -> str:
    """The Content-Security-Policy of a page; `more` adds directives, underscores for hyphens."""
    directives = POLICY | {name.replace("_", "-"): value for name, value in more.items()}
    return ";".join(f"{name} {value}" for name, value in directives.items())


VERSION = 2
"""Part of each page's key: increase it when the same site is rendered to other bytes."""

LIBRARIES = ("babel", "jinja2", "markdown-it-py", "nh3", "segno")
"""Libraries whose versions are part of each page's key."""


@dataclass(frozen=True)
class Page:
    """The frame of one page. `link` is the series', `path` the page's folder under public/ or `NOT_FOUND`."""

    link: str
    path: str
    language: str
    title: str
    part: str = ""
    """Follows the title in the title bar: the section, or what other pages of that title do not share."""
    description: str = ""
    section: Section = ""
    kind: str = ""
    indexed: bool = True
    script: str = "pages"
    linked: Markup | None = None
    policy: str = field(default_factory=policy)

    @cached_property
    def url(self) -> str:
        return self.link + self.path

    @cached_property
    def root(self) -> str:
        """The relative path to the front page, so that pages work below any prefix and from disk."""
        if self.path == NOT_FOUND:
            # This page is served at every address that does not exist.
            return urlsplit(self.link).path or "/"
        return "../" * self.path.count("/") or "./"


@dataclass(frozen=True)
class SiteFrame:
    """The part of the frame that all pages of one language share."""

    title: Text
    has_people: bool
    has_topics: bool
    has_cover: bool
    cover: str
    palette: Palette
    style_version: str
    script_version: str
    logo: str | None
    """The version of the producer's logo; None: the drawn one is shown."""


class PageRenderer:
    """Renders the pages of one site with one set of templates."""

    def __init__(self, site: SiteIndex, templates: Templates) -> None:
        self.site = site
        self.series = site.series
        self.templates = templates
        self.language = templates.resolve_language(site.series.language)
        """The language of pages about the whole series."""
        self.page = partial(Page, site.series.link)
        self._frames: dict[str, SiteFrame] = {}
        self._episodes: dict[tuple[str, str], EpisodeView] = {}

    @cached_property
    def key(self) -> str:
        """The fingerprint of what every page depends on."""
        renderer = (VERSION, library_versions(*LIBRARIES))
        return self.site.key([self.site.frame_key, self.templates.fingerprint, renderer])

    @cached_property
    def style_version(self) -> str:
        return fingerprint([self.templates.fingerprint, palette_key(self.series)])[:8]

    @cached_property
    def palette(self) -> Palette:
        return series_palette(self.series)

    def document(self, path: str, shown: object, render: Callable[[], str]) -> Document:
        """A document at `path` (a folder means its index.html) with a key over the frame and `shown`."""
        path += "index.html" if path.endswith("/") or not path else ""
        return Document(path, self.site.key([self.key, path, shown]), lambda: render().encode("utf-8"))

    def render(self, template: str, page: Page, context: Mapping[str, object]) -> str:
        """`template` with the frame of `page`."""
        whole = {"page": page, "site": self._frame(page.language), "series": self.series, **context}
        return self.templates.render(template, page.language, whole)

    def _frame(self, language: str) -> SiteFrame:
        if language not in self._frames:
            self._frames[language] = SiteFrame(
                title=with_language(self.series.title, language, self.series.language),
                has_people=bool(self.site.people),
                has_topics=bool(self.site.topics),
                has_cover=self.series.cover is not None,
                cover=site_paths.SERIES_COVER,
                palette=self.palette,
                style_version=self.style_version,
                script_version=self.templates.fingerprint[:8],
                logo=None if self.series.logo is None else self.series.logo.digest[:8],
            )
        return self._frames[language]

    def gettext(self, language: str, message: str, **places: object) -> str:
        """A translated message for text outside the templates, such as a page's title."""
        translated = self.templates.language(language).words.gettext(message)
        return translated % places if places else translated

    def language_of(self, release: Release) -> str:
        """The language of a talk's page: the talk's if it has a translation, else the series'."""
        return self.templates.resolve_language(release.episode.language, self.series.language)

    def episode(self, release: Release, language: str) -> EpisodeView:
        """The view of a talk for pages in `language`, made once."""
        key = (release.episode.slug, language)
        if key not in self._episodes:
            self._episodes[key] = EpisodeView(release, self.series, language)
        return self._episodes[key]
