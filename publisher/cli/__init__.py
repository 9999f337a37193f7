"""The command line: the only place that prints, exits, reads the clock and the environment.

One command, one module. Errors are caught here and nowhere else: a `PublisherError` becomes its
message and exit status, Ctrl-C and SIGTERM become 130; anything else is a bug and shows itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from dataclasses import asdict
from types import FrameType

import click

from publisher import __version__
from publisher.cli import logs
from publisher.cli.options import VERBOSE, suggest
from publisher.errors import CatalogueError, PublisherError, disk_message

STOPPED = 130

# What numpy multiplies with starts a thread per core for each product, while every core is busy already.
_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

HALTED = "Stopped. Nothing half-made is left; run the same command again to go on."


COMMANDS = {
    "init": "Start a series: a catalogue that passes `check`, and a .gitignore.",
    "new": "Add a talk to the catalogue, keeping its comments and order.",
    "rename": "Give a talk another slug; guid and date stay, the old address redirects.",
    "check": "Find every problem of the catalogue and its files at once.",
    "plan": "Show what a release would do, and why; do nothing.",
    "release": "Publish what is due; run again, do what is left.",
    "status": "Show where every talk stands.",
    "youtube": "Log in to YouTube, show what was edited there, take it into the catalogue.",
    "withdraw": "Take a talk back, or hide a person, and say what cannot be undone.",
    "preview": "Serve the series on this machine, rebuilding pages on change.",
    "doctor": "Look at ffmpeg, fonts, disk space and the catalogue: what works and what does not.",
}
"""Each command, in the order of use, and the first line of its help. Its module has its name."""


class _Commands(click.Group):
    """Loads a command's module when the command is run, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        import importlib

        if cmd_name not in COMMANDS:
            ctx.fail(f'there is no command "{cmd_name}"{suggest(cmd_name, COMMANDS)}')
        command: click.Command = importlib.import_module(f"publisher.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-C", "directory", metavar="DIR", type=click.Path(file_okay=False), help="The series folder.")
@VERBOSE
@click.version_option(__version__, prog_name="publisher")
@click.pass_context
def publisher(context: click.Context, directory: str | None) -> None:
    """Publishes a talk series from one catalogue: audio, podcast feed, pages.

    A series is a folder with an episodes.toml. `publisher init` starts one, `publisher new`
    adds a talk, `publisher release` publishes what is due. Run again, it does what is left.
    """
    if directory is not None:
        # The commands of `youtube` look a level deeper; names that a command does not have are passed over.
        deeper = {name: {"directory": directory} for name in ("login", "diff", "pull")}
        context.default_map = {name: {"directory": directory, **deeper} for name in COMMANDS}


def main(arguments: list[str] | None = None) -> None:
    """Runs the command ``publisher`` and exits with the status of the contract with its users."""
    # Also SIGINT: whoever is started in the background inherits that it is ignored.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _interrupt)
    calculate_in_one_thread()
    given = sys.argv[1:] if arguments is None else arguments
    say = _tell_json if "--json" in given else _tell
    try:
        with logs.running():
            status = publisher.main(args=given, prog_name="publisher", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt) as error:
        say(error, HALTED)
        status = STOPPED
        if arguments is None:
            _leave_at_once()
    except click.ClickException as error:
        say(error, error.format_message())
        status = 2
    except PublisherError as error:
        say(error, str(error))
        status = error.exit_status
    except BrokenPipeError:
        # The reader of a pipe (`| head`) has gone; there is nobody left to tell.
        sys.stderr.close()
        status = 1
    except OSError as error:
        say(error, disk_message(error))
        status = 1
    sys.exit(status if isinstance(status, int) else 0)


def calculate_in_one_thread() -> None:
    """Has numpy use the thread it is called from; to be called before numpy is imported."""
    for library in _ONE_THREAD:
        os.environ.setdefault(library, "1")


def _leave_at_once() -> None:
    """Ends the process without waiting for threads that are in the middle of a calculation."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(STOPPED)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(error: BaseException, text: str) -> None:
    from publisher.cli.console import count, strip_controls

    if isinstance(error, click.ClickException):
        error.show()
        return
    click.echo(strip_controls(text), err=True)
    if isinstance(error, CatalogueError):
        problems = count(len(error.problems), "problem")
        click.echo(f"{problems} in the catalogue; nothing was published.", err=True)


def _tell_json(error: BaseException, text: str) -> None:
    """The document of a command that ended early; whoever reads it needs no other stream."""
    from publisher.cli.options import print_json

    problems = error.problems if isinstance(error, CatalogueError) else ()
    print_json({"error": text, "problems": list(map(asdict, problems))})
