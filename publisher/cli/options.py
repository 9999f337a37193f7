"""Options that several commands share, and printing of JSON documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import click

from publisher.errors import UsageError

Function = TypeVar("Function", bound=Callable[..., object])

DIRECTORY = click.option(
    "-C",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="The series folder [default: the current one, or the nearest above with an episodes.toml].",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
ONLY = click.option(
    "--only",
    metavar="OUTPUTS",
    help="Limit the work to these outputs, separated by commas: audio, video, youtube, feed, pages.",
)
JOBS = click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    help="Processes at a time [default: one per core].",
)

CLUSTER = click.option(
    "--cluster",
    metavar="WHERE",
    envvar="PUBLISHER_CLUSTER",
    help="Encode on a cluster: `local`, `ssh:HOST,HOST`, or the address of a Dask scheduler.",
)
CLUSTER_FOLDER = click.option(
    "--cluster-folder",
    metavar="FOLDER",
    envvar="PUBLISHER_CLUSTER_FOLDER",
    help="The series folder on the workers [default: the same path as here].",
)
CLUSTER_STORAGE = click.option(
    "--cluster-storage",
    metavar="URL",
    envvar="PUBLISHER_CLUSTER_STORAGE",
    help="Storage instead of a shared folder, such as s3://bucket/prefix; emptied at the end.",
)


def _be_verbose(context: click.Context, parameter: click.Parameter, count: int) -> None:
    from publisher.cli import logs

    logs.be_verbose(count)


VERBOSE = click.option(
    "-v",
    "--verbose",
    count=True,
    expose_value=False,
    callback=_be_verbose,
    help="Log decisions to standard error; -vv: also every ffmpeg command and request.",
)


def common(function: Function) -> Function:
    """``-C``, ``--json`` and ``-v``, which every command has."""
    return DIRECTORY(JSON(VERBOSE(function)))


def suggest(word: str, known: Iterable[str]) -> str:
    """``; did you mean "…"?``, or "" if no known word is similar."""
    from difflib import get_close_matches

    close = get_close_matches(word, sorted(known), 1)
    return f'; did you mean "{close[0]}"?' if close else ""


def parse_list(option: str, text: str | None, known: Sequence[str], noun: str) -> frozenset[str] | None:
    """The words of a comma-separated list; None if the option is not given. Raises UsageError."""
    if text is None:
        return None
    words = [part.strip() for part in text.split(",")]
    for word in words:
        if word not in known:
            hint = suggest(word, known) or f"; there are {', '.join(known)}"
            raise UsageError(f'{option}: there is no {noun} "{word}"{hint}')
    return frozenset(words)


def print_json(document: object) -> None:
    """Prints the JSON document of a command run with ``--json``."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
