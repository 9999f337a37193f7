"""Compares the documents that a release would write with the published ones. Nothing is written.

A document whose bytes stay the same does not change, although the plan renders it because its key differs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher import files, planner, site_paths
from publisher.errors import PublisherError
from publisher.gather.series import Session, expected_publication
from publisher.plan import MEDIA_OUTPUTS, Difference, Document, Plan, Renderer, Step
from publisher.progress import Progress

if TYPE_CHECKING:
    from lxml import etree

    from publisher.outputs.feed.diff import FeedChange

MAX_COMPARED = 200
"""Documents that are rendered and compared, in about ten seconds. A new talk among 10 000 moves the others
on 550 pages of lists; a template of the producer changes each of 80 000 documents."""

Pair = tuple[bytes | None, bytes | None]
"""A document as published and as it would be rendered; None if it does not exist."""


@dataclass(frozen=True, slots=True)
class FileChanges:
    """The files under public/ that a release writes, replaces and removes, without media files.

    `pages` are the changed parts of the talks' pages, by slug, `titles` their changed headings.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    pages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    titles: Mapping[str, Difference] = field(default_factory=dict)


# The feed


def feed_changes(opened: Session) -> tuple[FeedChange, ...]:
    """The differences in the feed and its archive, item by item; none if they cannot be compared."""
    from publisher.outputs.feed.diff import compare

    try:
        pairs, same = _feed_documents(opened)
        found = compare(pairs)
        # An item that seems new or removed may be in an archive page that does not change.
        moved = [change.guid.encode() for change in found if change.guid and change.action != "change"]
        if kept := [xml for xml in same if any(guid in xml for guid in moved)]:
            found = compare([*pairs, *((xml, xml) for xml in kept)])
        return found if pairs[0][0] else tuple(change for change in found if change.guid)
    except (PublisherError, SyntaxError):
        # `check` and the release itself report a feed that cannot be compared.
        return ()


def _feed_documents(opened: Session) -> tuple[list[Pair], list[bytes]]:
    """The documents of the feed that change, and the archive pages that do not."""
    renderer = opened.renderer("feed")
    *archive, feed = renderer.documents(expected_publication(opened, renderer.name))
    stale = planner.diff_documents(archive, opened.state.rendered, opened.state.public).documents
    paths = {document.path for document in archive}
    removed = [path for path in opened.state.public if site_paths.is_feed_archive(path) and path not in paths]
    pairs: list[Pair] = [
        (_published(opened, document.path), document.render()) for document in (feed, *stale)
    ]
    pairs += [(_published(opened, path), None) for path in removed]
    same = [_published(opened, path) for path in paths.difference(document.path for document in stale)]
    return pairs, [xml for xml in same if xml]


def _published(opened: Session, path: str) -> bytes | None:
    file = opened.context.public / path
    return files.read_bytes(file) if file.exists() else None


# The files


def file_changes(
    opened: Session, plan: Plan, renderers: Iterable[Renderer], progress: Progress
) -> FileChanges:
    """The documents of `renderers` whose bytes change; images are compared by their keys.

    Of more than `MAX_COMPARED` other documents with another key the rest counts as changed.
    """
    public, expected = opened.state.public, dict(_expected_documents(opened, renderers))
    documents = [document for found in expected.values() for document in found]
    stale = planner.diff_documents(documents, opened.state.rendered, public)
    images = {document.path for document in expected.get("images", ())}
    existing = [document for document in stale.documents if document.path in public]
    # Drawing takes long. An image without a recorded key, as without .publisher/, is the same again.
    known_images = images & opened.state.rendered.keys()
    redrawn = [found.path for found in existing if found.path in known_images]
    texts = [document for document in existing if document.path not in images]
    compared, assumed = _to_compare(texts, opened)
    versions = _different_versions(opened, compared, progress)
    known = {document.path for document in documents}
    renamed = set(_naming_replaced_media(opened, plan, known)).difference(versions, assumed, stale.new)
    removed = {path for step in plan.steps if step.episode is None for path in step.changes if path in public}
    pages = {
        slug: pair
        for path, pair in versions.items()
        if (slug := site_paths.slug_from_page(path.removesuffix("index.html"))) is not None
    }
    words = {slug: page_words(*pair) for slug, pair in pages.items()}
    titles = {slug: title for slug, pair in pages.items() if (title := _title_change(*pair))}
    changed = (*redrawn, *versions, *assumed, *sorted(renamed))
    return FileChanges(stale.new, changed, tuple(sorted(removed - known)), words, titles)


def _to_compare(texts: list[Document], opened: Session) -> tuple[list[Document], list[str]]:
    """The documents to compare, and the paths of those that count as changed."""
    # Without a recorded key, as without .publisher/, most documents are the same again.
    unknown = [document for document in texts if document.path not in opened.state.rendered]
    keyed = [document for document in texts if document.path in opened.state.rendered]
    # The pages of talks first: of their changes a producer wants to know what they are.
    keyed.sort(key=lambda document: site_paths.slug_from_path(document.path) is None)
    return unknown + keyed[:MAX_COMPARED], [document.path for document in keyed[MAX_COMPARED:]]


def _expected_documents(
    opened: Session, renderers: Iterable[Renderer]
) -> Iterator[tuple[str, tuple[Document, ...]]]:
    """The documents after the release, by the name of their renderer."""
    for renderer in renderers:
        # The plan contains a notice about a renderer that fails.
        with contextlib.suppress(PublisherError, OSError, ValueError):
            publication = expected_publication(opened, renderer.name)
            yield renderer.name, tuple(renderer.documents(publication))


def _different_versions(
    opened: Session, documents: list[Document], progress: Progress
) -> dict[str, tuple[bytes, bytes]]:
    """The published and the new version of the documents that differ, by path.

    A document that cannot be rendered counts as unchanged: the release keeps it and reports the error.
    """
    found: dict[str, tuple[bytes, bytes]] = {}
    task = progress.start("comparing documents", len(documents), "items") if documents else None
    for number, document in enumerate(documents, 1):
        with contextlib.suppress(PublisherError, OSError, ValueError):
            before, after = _published(opened, document.path) or b"", document.render()
            if before != after:
                found[document.path] = before, after
        if task is not None:
            task.advance(number)
    if task is not None:
        task.finish()
    return found


def _naming_replaced_media(opened: Session, plan: Plan, paths: Iterable[str]) -> Iterator[str]:
    """The published documents that name a media file which the plan replaces: its name will change."""
    made = {step.episode for step in plan.steps if _replaces_media(step)}
    for path in paths:
        is_feed = path == site_paths.FEED or site_paths.is_feed_archive(path)
        slugs = made if is_feed else made & {site_paths.slug_from_path(path)}
        names = [name for slug in slugs for name in _media_names(opened, slug or "")]
        if names and path.endswith((".html", ".xml")):
            content = _published(opened, path) or b""
            if any(name.encode() in content for name in names):
                yield path


def _replaces_media(step: Step) -> bool:
    return step.output in MEDIA_OUTPUTS and step.action in ("make", "update") and step.made_for is None


def _media_names(opened: Session, slug: str) -> tuple[str, ...]:
    record = opened.state.ledger.record(slug)
    return tuple(path for output in MEDIA_OUTPUTS for path in record.file_paths(output))


NEIGHBOURS = "links to other talks"

SECTION_WORDS = {
    "chapters": "chapters",
    "speakers": "people",
    "video": "video",
    "notes": "notes",
    "links": "links",
    "transcript": "transcript",
    "corrections": "corrections",
    "about": "topics",
    "beside": NEIGHBOURS,
    "related": NEIGHBOURS,
    "top": "menu",
    "menu": "menu",
}
"""The words for the parts of a talk's page, by the first class or the id of their element."""


def page_words(before: bytes, after: bytes) -> tuple[str, ...]:
    """The words for the parts that differ between two versions of a talk's page; empty if none is known."""
    was, becomes = _sections(before), _sections(after)
    names = [name for name in SECTION_WORDS if was.get(name) != becomes.get(name)]
    return tuple(dict.fromkeys(SECTION_WORDS[name] for name in names))


def _title_change(before: bytes, after: bytes) -> Difference | None:
    """The heading of a page before and after; None if it stays the same or is missing."""
    headings = [
        " ".join("".join(map(str, found.itertext())).split())
        for page in (before, after)
        for found in _elements(page, "h1")
    ]
    if len(headings) != 2 or headings[0] == headings[1]:
        return None
    return Difference("title", *headings)


def _sections(page: bytes) -> dict[str, bytes]:
    from lxml import etree

    found: dict[str, bytes] = {}
    for element in _elements(page, "section", "nav", "header", "footer"):
        name = str(element.get("class") or element.get("id") or "").split(" ")[0]
        found[name] = found.get(name, b"") + etree.tostring(element, with_tail=False)
    return found


def _elements(page: bytes, *names: str) -> Iterator[etree._Element]:
    """The elements of an HTML page with these names; none if it cannot be parsed."""
    from lxml import etree, html

    # A producer's own template may render something else.
    with contextlib.suppress(etree.LxmlError, ValueError):
        yield from html.document_fromstring(page).iter(*names)
