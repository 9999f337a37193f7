"""The catalogue: episodes.toml and the files it includes, read, checked and edited.

`read` gives a series and every problem at once, each with its line. `add_episode`, `set_value`
and `rename_episode` edit the files and keep their comments and order; `starter` is the text of
a new one; `reference` documents every key. Recordings are probed elsewhere; notes, transcripts
and covers that lie beside them are found by `publisher.gather.episode_files`.
"""

from __future__ import annotations

from publisher.catalogue.editing import add_episode, check_slug, rename_episode, set_hidden, set_value
from publisher.catalogue.reading import Reading, read
from publisher.catalogue.rules import UNSUPPORTED
from publisher.catalogue.source import NAME as FILE
from publisher.catalogue.starting import starter

__all__ = [
    "FILE",
    "UNSUPPORTED",
    "Reading",
    "add_episode",
    "check_slug",
    "read",
    "reference",
    "rename_episode",
    "set_hidden",
    "set_value",
    "starter",
]


def reference() -> str:
    """The text of docs/catalogue.md: every key of the catalogue, made from its models."""
    from publisher.catalogue.describing import reference as described

    return described()
