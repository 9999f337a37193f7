"""Links, commands and options in README and docs exist."""

from __future__ import annotations

import contextlib
import importlib
import re
from pathlib import Path

import click
import pytest

from publisher.cli import COMMANDS

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"(?:^|`|\b[A-Z_]+=\S+ )publisher ([a-z]+)\b", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_has_a_target(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    places = {link.split("#")[0] for link in links if "://" not in link and not link.startswith("mailto:")}
    missing = sorted(place for place in places if place and not (page.parent / place).exists())
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_documented_command_exists(page: Path) -> None:
    shown = set(COMMAND.findall(page.read_text(encoding="utf-8")))
    assert shown <= set(COMMANDS)


def options_of(command: click.Command) -> set[str]:
    """The long options of a command and its subcommands."""
    subcommands = command.commands.values() if isinstance(command, click.Group) else ()
    own = {name for parameter in command.params for name in parameter.opts if name.startswith("--")}
    return own.union(*map(options_of, subcommands))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_in_commands_md(name: str) -> None:
    command = importlib.import_module(f"publisher.cli.{name}").command
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert sorted(option for option in options_of(command) if f"{option}" not in written) == []


def test_the_readme_shows_every_command_once_in_its_table() -> None:
    rows = re.findall(r"^\| `publisher (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(COMMANDS)


def named_in_architecture() -> list[str]:
    """The files, folders and dotted names of the package that docs/architecture.md mentions."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    return sorted(
        set(re.findall(r"`([a-z_]+(?:/[a-z_]*)*/|(?:[a-z_]+/)*[a-z_]+\.py|[a-z_]+(?:\.\w+)+)`", text))
    )


@pytest.mark.parametrize("name", named_in_architecture())
def test_what_the_architecture_page_names_exists(name: str) -> None:
    if name.endswith((".toml", ".json")):
        return
    if name.endswith(("/", ".py")):
        assert (ROOT / "publisher" / name).exists() or (ROOT / name).exists()
        return
    found: object = importlib.import_module("publisher")
    for part in name.split("."):
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(f"{getattr(found, '__name__', '')}.{part}")
        # Fields of dataclasses with slots are class attributes too.
        found = getattr(found, part)
