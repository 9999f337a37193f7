"""The catalogue: episodes.toml and the files it includes, read, checked and edited.

`read` gives a series and every problem at once, each with its line. `add_episode`, `set_value`
and `rename_episode` edit the files and keep their comments and order; `starter` is the text of
a new one; the module `reference` documents every key. Recordings are probed elsewhere; notes, transcripts
and covers that lie beside them are found by `publisher.gather.episode_files`.
"""

from __future__ import annotations

from publisher.catalogue.edit import add_episode, check_slug, rename_episode, set_hidden, set_value
from publisher.catalogue.load import LoadResult, read
from publisher.catalogue.rules import UNSUPPORTED
from publisher.catalogue.starter import starter
from publisher.catalogue.toml_source import CATALOGUE_FILE as FILE

__all__ = [
    "FILE",
    "UNSUPPORTED",
    "LoadResult",
    "add_episode",
    "check_slug",
    "read",
    "rename_episode",
    "set_hidden",
    "set_value",
    "starter",
]
