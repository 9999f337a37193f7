"""``publisher recover``: rebuilds lost receipts from what is published."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from publisher import site_paths
from publisher.cli import console, options, session
from publisher.errors import PublisherError
from publisher.gather.series import Session
from publisher.outputs.deliver.fetch import read_url
from publisher.outputs.feed.published import ReadFile, read_feed

logger = logging.getLogger(__name__)


@click.command("recover")
@options.common
def command(directory: Path | None, as_json: bool) -> int:
    """Rebuild lost receipts from what is published.

    Afterwards `publisher release` publishes nothing twice.
    """
    from publisher.run.recover import Recover

    root = session.find_root(directory)
    session.require_catalogue(root)
    context = session.build_context(root)
    with session.series_lock(root, context), console.progress(as_json) as progress:
        opened = session.open_series(root, progress=progress)
        read = _reader(opened)
        feed = read_feed(read, opened.series.link)
        parts = (opened.makers, opened.renderers)
        result = Recover(opened.state, *parts, opened.context, progress, read).run(feed)
        if opened.delivery is not None:
            opened.delivery.recover(result.redactions)
    if as_json:
        options.print_json({"recovered": result.recovered, "unknown": result.unknown})
        return 1 if result.unknown else 0
    for slug, text in result.recovered.items():
        console.print_line(f"{slug}: {text}", "good")
    for text in result.unknown:
        console.print_line(f"Not known: {text}", "warn")
    console.print_line(
        "Not known: replaced files that were still kept, and addresses without a page that redirects. "
        "The next `publisher plan` asks YouTube for the videos."
    )
    return 1 if result.unknown else 0


def _reader(opened: Session) -> ReadFile:
    """Reads published files from public/, from the destination, or from their public addresses."""
    public, delivery, link = opened.context.public, opened.delivery, opened.series.link
    is_local = (public / site_paths.FEED).is_file()

    def read(path: str) -> bytes | None:
        if (public / path).is_file():
            return (public / path).read_bytes()
        if is_local and not path.startswith(site_paths.MEDIA):
            return None
        if delivery is not None:
            try:
                return delivery.destination.read(path)
            except PublisherError as error:
                logger.info("the destination cannot be read, its public address is: %s", error)
        return read_url(link + path)

    return read
