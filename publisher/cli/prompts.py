"""Questions on a terminal: every answer is checked when it is given, and Tab completes known words."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click

from publisher.cli.console import command_line, print_line
from publisher.cli.display import strip_controls
from publisher.errors import UsageError
from publisher.leaks.normalize import fold

Answer = TypeVar("Answer")
Completer = Callable[[str], Sequence[str]]
"""The complete answers for the beginning of one."""


def is_interactive(as_json: bool) -> bool:
    """Whether a person can be asked: both input and output are a terminal, and no document is printed."""
    return not as_json and sys.stdin.isatty() and sys.stdout.isatty()


def ask(
    question: str,
    check: Callable[[str], Answer],
    default: str = "",
    complete: Completer | None = None,
) -> Answer:
    """The checked answer to a question; asks again, with the reason, while `check` raises ValueError.

    An empty answer is `default`. Raises click.Abort on Ctrl-C and at the end of the input.
    """

    def checked(text: str) -> Answer:
        try:
            return check(text.strip())
        except (ValueError, UsageError) as error:
            raise click.UsageError(strip_controls(str(error))) from error

    with _completing(complete):
        return click.prompt(question, default=default, show_default=bool(default), value_proc=checked)


def ask_several(
    found: list[str],
    noun: str,
    check: Callable[[str], Answer],
    settle: Callable[[Answer], str],
    complete: Completer,
) -> None:
    """Appends the answers to `found` until an empty one; `settle` turns each checked answer into a value."""
    while True:
        question = f"Another {noun} (Enter: no more)" if found else f"{noun.capitalize()} (Enter: none)"
        answer = ask(question, lambda text: check(text) if text else None, complete=complete)
        if answer is None:
            return
        value = settle(answer)
        if value not in found:
            found.append(value)


def confirm(question: str, default: bool = True) -> bool:
    """Whether the answer is yes."""
    return click.confirm(strip_controls(question), default=default)


@contextmanager
def kept_answers(
    *command: str, options: Callable[[], Mapping[str, object]], root: Path | None
) -> Iterator[None]:
    """Prints the answers so far as a command line if a `with` block fails, so that none is lost.

    `options` returns the value of each option, of the argument "", a list for an option that can be
    repeated, True for a flag.
    """
    try:
        yield
    except BaseException:
        words = [word for name, value in options().items() for word in _option(name, value)]
        print_line("\nNothing was written. With the same answers:", err=True)
        print_line(f"  {command_line(*command, *words, root=root)}", err=True)
        raise


def _option(name: str, value: object) -> Sequence[str]:
    if isinstance(value, list | tuple):
        return [word for item in value for word in (name, str(item))]
    if isinstance(value, bool):
        return [name] if value else []
    return [] if value is None else [word for word in (name, str(value)) if word]


# Completion


def complete_from(words: Iterable[str]) -> Completer:
    """Completes a word from its beginning, or from that of one of its parts, whatever the accents."""
    known = tuple(dict.fromkeys(words))

    def complete(text: str) -> Sequence[str]:
        start = fold(text)
        return [word for word in known if any(part.startswith(start) for part in _endings(fold(word)))]

    return complete


def _endings(text: str) -> Iterator[str]:
    """``a b c``, ``b c``, ``c``."""
    words = text.split(" ")
    return (" ".join(words[number:]) for number in range(len(words)))


def complete_path(text: str) -> Sequence[str]:
    """The files and folders whose path begins with `text`."""
    head, name = os.path.split(text)
    found: list[str] = []
    with contextlib.suppress(OSError, RuntimeError):
        for path in sorted((Path(head) if head else Path()).expanduser().iterdir()):
            if path.name.startswith(name) and (name or not path.name.startswith(".")):
                found.append(text[: len(text) - len(name)] + path.name + (os.sep if path.is_dir() else ""))
    return found


@contextmanager
def _completing(complete: Completer | None) -> Iterator[None]:
    """Lets Tab complete the answers in a `with` block, where the system has readline."""
    try:
        import readline
    except ImportError:
        yield
        return
    matches: Sequence[str] = ()

    def match(text: str, number: int) -> str | None:
        nonlocal matches
        if number == 0:
            matches = complete(text) if complete else ()
        return matches[number] if number < len(matches) else None

    # An answer is one word for readline, although names contain spaces.
    readline.set_completer_delims("")
    readline.parse_and_bind(
        "bind ^I rl_complete" if "libedit" in (readline.__doc__ or "") else "tab: complete"
    )
    readline.set_completer(match)
    try:
        yield
    finally:
        readline.set_completer(None)
