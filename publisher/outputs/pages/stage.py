"""What every page needs to be rendered: the frame around it, its policy, its language.

A `Stage` lives for one release. What is dear (the palette, environments of Jinja) is made when
the first page is really rendered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from publisher import addresses, artwork
from publisher.bidi import direction
from publisher.fingerprint import fingerprint
from publisher.model import Release
from publisher.outputs.pages import views
from publisher.outputs.pages.site import Site
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
    # Nothing of ours asks but the search; auditors and the preview read the site from a page.
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
}


def policy(**more: str) -> str:
    """The Content-Security-Policy of a page; `more` adds directives, underscores for hyphens."""
    directives = POLICY | {name.replace("_", "-"): value for name, value in more.items()}
    return ";".join(f"{name} {value}" for name, value in directives.items())


VERSION = 1
"""Part of each page's key: raise it when the same site comes out as other bytes."""

LIBRARIES = ("babel", "jinja2", "markdown-it-py", "nh3", "segno")
"""Their versions are part of the key as well."""


@dataclass(frozen=True)
class Page:
    """One page's frame. `path` is its folder under public/ ("" for the front page)."""

    path: str
    url: str
    root: str
    language: str
    title: str
    description: str = ""
    section: Section = ""
    kind: str = ""
    indexed: bool = True
    script: str | None = None
    linked: Markup | None = None
    policy: str = field(default_factory=policy)


@dataclass(frozen=True)
class SiteFrame:
    """What the frame shows of the site."""

    title: views.Text
    has_people: bool
    has_topics: bool
    has_cover: bool
    cover: str
    palette: artwork.Palette
    style_version: str
    script_version: str


class Stage:
    """Renders pages of one site with one set of templates."""

    def __init__(self, site: Site, templates: Templates) -> None:
        self.site = site
        self.series = site.series
        self.templates = templates
        self._talks: dict[tuple[str, str], views.Talk] = {}
        self.language = templates.speaking(site.series.language)
        """The language that pages of the whole series speak."""

    @cached_property
    def key(self) -> str:
        """The fingerprint of what every page depends on."""
        renderer = (VERSION, library_versions(*LIBRARIES))
        return fingerprint([self.site.frame_key, self.templates.fingerprint, renderer])

    @cached_property
    def style_version(self) -> str:
        return fingerprint([self.templates.fingerprint, artwork.palette_key(self.series)])[:8]

    @cached_property
    def palette(self) -> artwork.Palette:
        return artwork.palette(self.series)

    def document(self, path: str, shown: object, render: Callable[[], str]) -> Document:
        """A document at `path` that shows `shown` within the frame."""
        return Document(path, fingerprint([self.key, path, shown]), lambda: render().encode("utf-8"))

    def page(self, path: str, language: str, title: str, **more: object) -> Page:
        """The frame of the page in folder `path`."""
        # Nothing but relative addresses, so that pages work below any prefix and from disk.
        root = "../" * path.count("/") or "./"
        return Page(path, addresses.url(self.series, path), root, language, title, **more)  # type: ignore[arg-type]

    def lost_page(self, title: str, **more: object) -> Page:
        """The frame of the page that is served at any address that does not exist."""
        root = urlsplit(self.series.link).path or "/"
        return Page(
            "404.html",
            addresses.url(self.series, "404.html"),
            root,
            self.language,
            title,
            indexed=False,
            **more,  # type: ignore[arg-type]
        )

    def render(self, template: str, page: Page, context: Mapping[str, object]) -> str:
        """`template` with the frame of `page`."""
        whole = {"page": page, "site": self._frame(page.language), "series": self.series, **context}
        return self.templates.render(template, page.language, whole)

    def _frame(self, language: str) -> SiteFrame:
        if language not in self._frames:
            self._frames[language] = SiteFrame(
                title=views.text(self.series.title, language, self.series.language),
                has_people=bool(self.site.people),
                has_topics=bool(self.site.topics),
                has_cover=self.series.cover is not None,
                cover=addresses.SERIES_COVER,
                palette=self.palette,
                style_version=self.style_version,
                script_version=self.templates.fingerprint[:8],
            )
        return self._frames[language]

    @cached_property
    def _frames(self) -> dict[str, SiteFrame]:
        return {}

    def words(self, language: str, message: str, **places: object) -> str:
        """An interface word for what is not a template: a page's title."""
        said = self.templates.language(language).words.gettext(message)
        return said % places if places else said

    def talk(self, release: Release, language: str) -> views.Talk:
        """The talk as pages in `language` show it; the same view for every page."""
        key = (release.episode.slug, language)
        if key not in self._talks:
            self._talks[key] = views.Talk(release, self.series, language)
        return self._talks[key]

    def direction(self, language: str) -> str:
        return direction(language)
