"""The files of renamed talks at their former addresses, which apps may still ask for.

A static file cannot redirect, so the former address has the same file for the days of
``[deliver] grace``. Pages redirect (`publisher.outputs.pages.episode`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from publisher import site_paths
from publisher.fingerprint import fingerprint
from publisher.model import Publication
from publisher.plan import Document


def with_former_files(documents: Iterable[Document], publication: Publication) -> Iterator[Document]:
    """`documents`, each of a renamed talk's own also at its former addresses."""
    if not publication.kept:
        yield from documents
        return
    former: dict[str, list[str]] = {}
    for previous, current in publication.kept:
        former.setdefault(current, []).append(previous)
    for document in documents:
        yield document
        slug = site_paths.slug_from_path(document.path) or ""
        for previous in former.get(slug, ()):
            path = document.path.replace(f"/{slug}/", f"/{previous}/", 1)
            yield replace(document, path=path, key=fingerprint((document.key, path)))
