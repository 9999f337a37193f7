"""``publisher help``: prints the pages of docs/, which an installed copy contains too."""

from __future__ import annotations

import importlib
import os
import re
import sys
from pathlib import Path
from typing import ClassVar

import click

import publisher
from publisher.cli import console, options
from publisher.errors import UsageError

TOPICS = {
    "catalogue": "every key of episodes.toml, with its type, default and an example",
    "commands": "every command and option, the --json documents, exit statuses, environment",
    "audio": "how the audio is made: cuts, levels, loudness, formats",
    "feed": "what the feed contains, and its videos",
    "pages": "the pages, and how to replace their templates",
    "transcripts": "transcripts: formats, speakers, paragraphs, captions",
    "studio": "the web app on your computer: talks, new talks, details, safety",
    "youtube": "the login to YouTube, uploads, edits made in YouTube Studio",
    "import": "moving here: a podcast feed, a WordPress site, a YouTube channel, a folder",
    "delivery": "delivery to a folder, over ssh or to S3, and what is checked there",
    "studio-release": "plan, release, withdrawal and guest reviews in Studio",
    "studio-words": "transcripts beside the sound: edits, speakers, words to take out",
    "studio-history": "edits in Studio beside edits by hand; earlier states of a talk's texts",
    "unattended": "releases by a timer or a workflow; a lost laptop",
    "cluster": "encoding on several machines: ssh, Kubernetes, Slurm; what workers need and get",
    "guests": "guests who may be in danger: private names, consent, hiding a person",
    "scale": "large series: what they cost, and which part reaches a limit first",
    "review": "review files for guests: what is in them, passphrases, the answer and its limits",
    "glossary": "the words of the messages and the documentation",
}
"""Each page of docs/ for producers, and what it explains."""

_COMMENT = re.compile(r"<!--.*?-->\n*", re.DOTALL)
_IMAGE = re.compile(r"^!\[[^\]]*\]\([^)]*\)\n*", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\((?!\w+://|mailto:)([^)\s]*)\)")


@click.command("help")
@click.argument("topic", required=False)
@options.common
def command(topic: str | None, directory: Path | None, as_json: bool) -> int:
    """Print a page of the documentation, or the help of a command."""
    if topic is None:
        _print_topics(as_json)
        return 0
    text = _text(topic)
    if as_json:
        options.print_json({"topic": topic, "text": text})
    elif sys.stdout.isatty():
        # As git does: a short text stays on the screen, colours work.
        os.environ.setdefault("LESS", "-FRX")
        click.echo_via_pager(_formatted(text) if topic in TOPICS else text)
    else:
        click.echo(text)
    return 0


def _print_topics(as_json: bool) -> None:
    if as_json:
        options.print_json({"topics": [{"topic": name, "about": about} for name, about in TOPICS.items()]})
        return
    console.table(TOPICS.items())
    console.print_line()
    console.print_line(
        "`publisher help TOPIC` prints a page, `publisher help COMMAND` the help of a command."
    )


def _text(topic: str) -> str:
    """The page of a topic, or else the help of a command. Raises UsageError."""
    from publisher.cli import COMMANDS

    if topic in TOPICS:
        return _page(topic)
    if topic in COMMANDS:
        command: click.Command = importlib.import_module(f"publisher.cli.{topic}").command
        return command.get_help(click.Context(command, info_name=f"publisher {topic}"))
    hint = options.suggest(topic, (*TOPICS, *COMMANDS)) or f"; there are {', '.join(TOPICS)}"
    raise UsageError(f'there is no help on "{topic}"{hint}')


def _page(topic: str) -> str:
    """The Markdown of a page; links to other pages are the command that prints them."""
    package = Path(publisher.__file__).parent
    installed = package / "docs"
    folder = installed if installed.is_dir() else package.parent / "docs"
    text = (folder / f"{topic}.md").read_text(encoding="utf-8")
    return _LINK.sub(_linked, _IMAGE.sub("", _COMMENT.sub("", text))).rstrip()


def _linked(found: re.Match[str]) -> str:
    text, target = found[1], found[2].partition("#")[0].removesuffix(".md")
    return f"{text} (`publisher help {target}`)" if target in TOPICS else text


def _formatted(text: str) -> str:
    """Markdown with headings, tables and colours for the width of the terminal."""
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.markdown import Markdown, TableElement
    from rich.table import Table

    class WholeTable(TableElement):
        # By default, long words of a cell are cut off.
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            for shown in super().__rich_console__(console, options):
                for column in shown.columns if isinstance(shown, Table) else ():
                    column.overflow = "fold"
                yield shown

    class Page(Markdown):
        elements: ClassVar = {**Markdown.elements, "table_open": WholeTable}

    terminal = Console(force_terminal=True)
    with terminal.capture() as capture:
        terminal.print(Page(text, hyperlinks=False))
    return capture.get()
