"""``publisher preview``: serves the series as its next releases publish it, and follows every change.

Pages and feed are rendered on request. The media of a talk that is not public, or has changed, are made
below .publisher/ when its page is opened; the release that publishes the talk uses them. `preview_state`
has the documents, `preview_media` makes the media.
"""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from publisher.catalogue.dates import parse_moment
from publisher.cli import console, exit_immediately, options, session
from publisher.cli.preview_media import MediaQueue
from publisher.cli.preview_state import PreviewState
from publisher.context import BuildContext
from publisher.errors import CatalogueError, PublisherError, UsageError
from publisher.plan import MEDIA_OUTPUTS, Maker
from publisher.preview_server import Server

POLL_INTERVAL = 0.5
"""Seconds between two reads of the files a producer edits."""


@click.command("preview")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port; 0: any free one.",
)
@click.option(
    "--as-of",
    metavar="DATE",
    help="Show what will be visible at this time, such as 2021-02-12T18:00, and make its audio.",
)
@options.common
def command(port: int, as_of: str | None, directory: Path | None, as_json: bool) -> int:
    """Serve the series on this machine, unpublished talks included; render every change."""
    root = session.find_root(directory)
    with console.progress(as_json) as progress:
        queue = MediaQueue(media_makers, session.is_locked, progress)
        preview = PreviewState(root, None if as_of is None else parse_as_of(as_of), queue)
        preview.update()
        try:
            server = Server(port, urlsplit(preview.link).path or "/", preview.find, preview.version)
        except OSError as error:
            raise UsageError(f"port {port} cannot be used ({error.strerror}); try --port 0") from error
        with server:
            _print_address(server, as_json)
            is_ended = _serve(server, preview, queue)
    if not is_ended:
        # A computation that cannot be interrupted would delay the end of the process.
        exit_immediately(0)
    return 0


def media_makers(context: BuildContext) -> tuple[Maker, ...]:
    """The makers of what a preview plays."""
    from publisher.outputs import MAKERS

    return tuple(maker(context) for maker in MAKERS if maker.name in MEDIA_OUTPUTS)


def _print_address(server: Server, as_json: bool) -> None:
    if as_json:
        options.print_json({"address": server.address})
    else:
        console.print_line(f"Preview: {server.address}   (Ctrl-C ends it)", "good")


def _serve(server: Server, preview: PreviewState, queue: MediaQueue) -> bool:
    """Serves until Ctrl-C; returns whether all threads have ended."""
    ended = threading.Event()
    queue.start()
    threading.Thread(target=_watch, args=(preview, ended), daemon=True).start()
    is_ended = True
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        console.print_line("Preview ended.", err=True)
    finally:
        ended.set()
        is_ended = queue.stop()
    return is_ended


def _watch(preview: PreviewState, ended: threading.Event) -> None:
    printed = ""
    while not ended.wait(POLL_INTERVAL):
        try:
            preview.update()
            text = "\n".join(map(str, preview.problems))
            waiting = "The pages of these talks say so; all others are shown."
        except (PublisherError, OSError) as error:
            # The file is being edited; the previous state is shown until it can be read again.
            text = str(error)
            place = " in the catalogue" if isinstance(error, CatalogueError) else ""
            waiting = f"Waiting until this is corrected{place} …"
        if text and text != printed:
            console.print_line(text, "bad", err=True)
            console.print_line(waiting, err=True)
        elif printed and not text:
            console.print_line("Corrected; the preview shows it.", "good", err=True)
        printed = text


def parse_as_of(text: str) -> datetime:
    """The time of ``--as-of``, in this machine's time zone if it names none. Raises UsageError."""
    moment = parse_moment(text, "--as-of", "2021-02-12T18:00")
    try:
        return moment.astimezone()
    except (OSError, OverflowError) as error:
        # Some systems support fewer years for their time zone.
        raise UsageError(
            f"--as-of {text}: this machine cannot determine its time zone for this date; add +00:00"
        ) from error
