"""Templates, Markdown, languages and text for documents: what every renderer needs."""

from __future__ import annotations


def library_versions(*names: str) -> tuple[str, ...]:
    """The installed versions of libraries that decide how a document comes out, for its key."""
    from importlib.metadata import version

    return tuple(map(version, names))
