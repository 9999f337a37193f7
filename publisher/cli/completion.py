"""``publisher completion``: prints the script with which a shell completes slugs, people and topics."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import click
from click.shell_completion import CompletionItem, get_completion_class

from publisher.cli import options
from publisher.errors import UsageError

SHELLS = {
    "bash": "publisher completion bash >> ~/.bashrc",
    "zsh": "publisher completion zsh >> ~/.zshrc",
    "fish": "publisher completion fish > ~/.config/fish/completions/publisher.fish",
}
"""The supported shells, each with the line that activates the completion."""

VARIABLE = "_PUBLISHER_COMPLETE"
Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


@click.command("completion")
@click.argument("shell", required=False, type=click.Choice(list(SHELLS)))
@options.common
def command(shell: str | None, directory: Path | None, as_json: bool) -> int:
    """Print the script with which a shell completes slugs, people and topics."""
    from publisher.cli import publisher

    name = shell or Path(os.environ.get("SHELL", "")).name
    found = get_completion_class(name) if name in SHELLS else None
    if found is None:
        raise UsageError(f"write the name of your shell: publisher completion {', '.join(SHELLS)}")
    script = found(publisher, {}, "publisher", VARIABLE).source()
    if as_json:
        options.print_json({"shell": name, "script": script, "activate": SHELLS[name]})
    else:
        click.echo(f"# To activate it: {SHELLS[name]}\n{script}")
    return 0


def _completing(words: Callable[[Path], Iterator[tuple[str, str]]]) -> Complete:
    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        found = dict(_words_of(context, words))
        return [
            CompletionItem(word, help=about or None)
            for word, about in sorted(found.items())
            if word.casefold().startswith(incomplete.casefold())
        ]

    return complete


def _words_of(
    context: click.Context, words: Callable[[Path], Iterator[tuple[str, str]]]
) -> Iterator[tuple[str, str]]:
    """(word, explanation) pairs; none if the catalogue cannot be read: a completion shows no errors."""
    from publisher.cli import session

    directory = context.params.get("directory") or context.find_root().params.get("directory")
    with suppress(OSError, ValueError, TypeError, AttributeError, UsageError):
        yield from words(session.find_root(Path(directory) if directory else None))


def _slugs(root: Path) -> Iterator[tuple[str, str]]:
    for episode in _episodes(root):
        yield str(episode["slug"]), str(episode.get("title", ""))


def _people(root: Path) -> Iterator[tuple[str, str]]:
    for id, person in _catalogue(root).get("people", {}).items():
        yield id, str(person.get("name", ""))


def _topics(root: Path) -> Iterator[tuple[str, str]]:
    for episode in _episodes(root):
        yield from ((str(topic), "") for topic in episode.get("topics", ()))


def _catalogue(root: Path) -> dict[str, dict[str, dict[str, object]]]:
    import tomli

    from publisher import catalogue

    return tomli.loads((root / catalogue.FILE).read_text(encoding="utf-8-sig"))


def _episodes(root: Path) -> Iterator[dict[str, list[object]]]:
    """The tables of the talks, with those of included files; tables without a slug are left out."""
    import tomli

    document: dict[str, list[object]] = _catalogue(root)  # type: ignore[assignment]
    files = [path for pattern in document.get("include", ()) for path in sorted(root.glob(str(pattern)))]
    documents = [document, *(tomli.loads(path.read_text(encoding="utf-8-sig")) for path in files)]
    for one in documents:
        for episode in one.get("episode", [one]):
            if isinstance(episode, dict) and "slug" in episode:
                yield episode


slugs, people, topics = _completing(_slugs), _completing(_people), _completing(_topics)
