"""Reads, checks and edits the catalogue: episodes.toml and the files it includes.

`read` returns the series and every problem at once, each with its line. `add_episode`, `set_value`,
`rename_episode` and `remove_episode` edit the files and keep their comments and order; `starter` returns
the text of a new catalogue; the module `reference` documents every key. `publisher.gather` probes
recordings and finds notes, transcripts and covers.
"""

from __future__ import annotations

from publisher.catalogue.edit import (
    add_episode,
    check_new_slug,
    check_slug,
    remove_episode,
    rename_episode,
    set_value,
    set_values,
)
from publisher.catalogue.edit_people import add_person, set_hidden
from publisher.catalogue.load import LoadResult, read
from publisher.catalogue.problems import RuleFinding
from publisher.catalogue.starter import starter
from publisher.catalogue.toml_source import CATALOGUE_FILE as FILE

__all__ = [
    "FILE",
    "LoadResult",
    "RuleFinding",
    "add_episode",
    "add_person",
    "check_new_slug",
    "check_slug",
    "read",
    "remove_episode",
    "rename_episode",
    "set_hidden",
    "set_value",
    "set_values",
    "starter",
]
