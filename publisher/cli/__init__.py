"""The command line: the only place that prints, exits, reads the clock and the environment.

One command, one module. Errors are caught here and nowhere else: a `PublisherError` becomes its
message and exit status, Ctrl-C and SIGTERM become 130; anything else is a bug and shows its traceback.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from dataclasses import asdict
from types import FrameType

import click

from publisher import __version__
from publisher.cli import logs
from publisher.cli.options import VERBOSE, suggest
from publisher.errors import CatalogueError, DecisionNeeded, PublisherError, disk_message

STOPPED = 130

# numpy's linear algebra starts one thread per core for each product, while all cores are busy already.
_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

STOPPED_MESSAGE = "Stopped. No incomplete file is left; run the same command again to continue."

COMMANDS = {
    "init": "Start a series: a catalogue that passes `check`, and a .gitignore.",
    "new": "Add a talk to the catalogue; its comments and order stay.",
    "rename": "Change a talk's slug; guid and date stay, the old address redirects.",
    "transcribe": "Make the transcripts of talks; no sound and no word leaves your machines.",
    "chapters": "Show a talk's chapters, or take them from the file of another program.",
    "check": "Report all problems of the catalogue and its files at once.",
    "plan": "Show what a release would do, and why; change nothing.",
    "release": "Publish everything that is due; run again to continue.",
    "status": "Show the state of every talk in feed, pages and YouTube.",
    "youtube": "Log in to YouTube, show edits made there, copy them into the catalogue.",
    "verify": "Check every published file at its public address.",
    "recover": "Rebuild lost receipts from what is published.",
    "import": "Take over a feed, a WordPress site, a YouTube channel or a folder.",
    "withdraw": "Withdraw a talk or hide a person; print what cannot be undone.",
    "remove": "Take a talk out of the catalogue; a published one is withdrawn first.",
    "preview": "Serve the series on this machine, unpublished talks included; render every change.",
    "studio": "Serve the series as a web app on this machine: talks, sound, words, plan, release.",
    "review": "Make an offline review file for a guest; read the answer to it.",
    "doctor": "Check ffmpeg, fonts, disk space and the catalogue on this machine.",
    "schema": "Print a JSON Schema of the catalogue, with which editors check and complete it.",
    "completion": "Print the script with which a shell completes slugs, people and topics.",
    "help": "Print a page of the documentation, or the help of a command.",
}
"""Each command in order of use, and the first line of its help. The module of a command has its name."""

SUBCOMMANDS = (
    *("login", "diff", "pull"),
    *("make", "read", "list", "revoke"),
    *("feed", "wordpress", "youtube", "folder"),
)
"""The subcommands of `youtube`, `review` and `import`."""

OTHER_NAMES = {
    "add": "new",
    "build": "release",
    "create": "init",
    "delete": "withdraw",
    "deploy": "release",
    "docs": "help",
    "edit": "studio",
    "hide": "withdraw",
    "lint": "check",
    "list": "status",
    "move": "rename",
    "publish": "release",
    "gui": "studio",
    "retract": "withdraw",
    "run": "release",
    "serve": "preview",
    "start": "init",
    "unpublish": "withdraw",
    "upload": "release",
    "validate": "check",
}
"""What other tools call a command; it is suggested before a command that is spelled alike."""


class _Commands(click.Group):
    """Imports a command's module only when it is run, so that `--help` is fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        import importlib

        if cmd_name not in COMMANDS:
            other = OTHER_NAMES.get(cmd_name.lower())
            hint = f'; did you mean "{other}"?' if other else suggest(cmd_name, COMMANDS)
            ctx.fail(f'there is no command "{cmd_name}"{hint}')
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
    """Publish a talk series from one catalogue: audio, video, podcast feed, pages, YouTube.

    A series is a folder with an episodes.toml. `publisher init` starts one, `publisher new`
    adds a talk, `publisher release` publishes what is due.
    """
    if directory is not None:
        # Subcommands read a nested table; click ignores names that a command does not have.
        nested = {name: {"directory": directory} for name in SUBCOMMANDS}
        context.default_map = {name: {"directory": directory, **nested} for name in COMMANDS}


def main(arguments: list[str] | None = None) -> None:
    """Runs the command ``publisher`` and exits with the status that docs/commands.md lists."""
    # SIGINT too: a process started in the background inherits that it is ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    use_one_numpy_thread()
    # Little of what a command makes is garbage: 12 % of the time of `plan` with 10 000 talks.
    gc.set_threshold(20_000, 50, 100)
    argv = sys.argv[1:] if arguments is None else arguments
    print_error = _print_error
    if "--json" in argv:
        print_error = _print_json_error
    elif "--unattended" in argv:
        print_error = _print_error_line
    try:
        with logs.running():
            status = publisher.main(args=argv, prog_name="publisher", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt) as error:
        print_error(error, STOPPED_MESSAGE)
        status = STOPPED
        if arguments is None:
            exit_immediately(STOPPED)
    except click.ClickException as error:
        print_error(error, error.format_message())
        status = 2
    except PublisherError as error:
        print_error(error, str(error))
        status = error.exit_status
    except BrokenPipeError:
        # The reader of a pipe (`| head`) has ended: nothing can be printed any more.
        sys.stderr.close()
        status = 1
    except OSError as error:
        print_error(error, disk_message(error))
        status = 1
    sys.exit(status if isinstance(status, int) else 0)


def use_one_numpy_thread() -> None:
    """Makes numpy compute in the calling thread only. Must be called before numpy is imported."""
    for library in _ONE_THREAD:
        os.environ.setdefault(library, "1")


def exit_immediately(status: int) -> None:
    """Ends the process without waiting for threads that are still computing."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _print_error(error: BaseException, text: str) -> None:
    from publisher.cli.console import count
    from publisher.cli.display import strip_controls

    if isinstance(error, click.ClickException):
        error.show()
        return
    click.echo(strip_controls(text), err=True)
    if isinstance(error, CatalogueError):
        problems = count(len(error.problems), "problem")
        click.echo(f"{problems} in the catalogue; nothing was published.", err=True)


def _print_error_line(error: BaseException, text: str) -> None:
    """Prints the error as the one line of ``release --unattended`` on standard output."""
    from publisher.cli.display import strip_controls

    status = STOPPED if isinstance(error, KeyboardInterrupt) else getattr(error, "exit_status", 1)
    line = strip_controls(" ".join(text.split()))
    click.echo(f"publisher release: exit {2 if isinstance(error, click.ClickException) else status}: {line}")


def _print_json_error(error: BaseException, text: str) -> None:
    """Prints the error as the command's JSON document on standard output."""
    from publisher.cli.options import print_json

    problems = error.problems if isinstance(error, CatalogueError) else ()
    document: dict[str, object] = {"error": text, "problems": list(map(asdict, problems))}
    if isinstance(error, DecisionNeeded) and error.option:
        document["option"] = error.option
    # Click replaces a KeyboardInterrupt by an error of its own.
    notes = [note for one in (error, error.__cause__) for note in getattr(one, "__notes__", ())]
    if notes:
        document["notes"] = notes
    print_json(document)
