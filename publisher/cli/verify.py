"""``publisher verify``: checks what is served at the public addresses, as apps and browsers request it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click

from publisher.cli import console, options, session
from publisher.errors import UsageError
from publisher.gather.series import Session
from publisher.imports.fetch import LOCAL, Fetcher
from publisher.imports.moving import check_old_feed, feed_lines
from publisher.outputs.deliver.order import LocalFile, phase_of
from publisher.outputs.deliver.proof import Finding, Prover
from publisher.outputs.deliver.remedies import remedies
from publisher.outputs.deliver.transfer import local_files
from publisher.progress import Progress

logger = logging.getLogger(__name__)


@click.command("verify")
@click.option("--old", metavar="URL", help="Check instead that the feed's old address leads to the new one.")
@options.common
def command(old: str | None, directory: Path | None, as_json: bool) -> int:
    """Check every published file at its public address.

    Also checks that what was taken back is not served any more.
    """
    root = session.find_root(directory)
    session.require_catalogue(root)
    opened = session.open_to_retract(root)
    if old is not None:
        return _check_old(old, opened.series.feed_url, as_json)
    expected = _expected(opened)
    if not expected:
        raise UsageError("nothing is published yet: public/ is empty; run `publisher release` first")
    with console.progress(as_json) as progress:
        findings = _check(opened, expected, progress)
    gone = sorted(opened.delivery.record.retracted) if opened.delivery else []
    findings += Prover(opened.series.link).check_gone(path for path in gone if path not in expected)
    logger.info("%d of %d public addresses are wrong", len(findings), len(expected) + len(gone))
    if as_json:
        document = {"checked": len(expected), "gone": len(gone), "findings": list(map(asdict, findings))}
        options.print_json(document)
    else:
        _print(findings, len(expected), len(gone), opened.series.link)
    return 1 if findings else 0


def _check_old(old: str, new: str, as_json: bool) -> int:
    """Checks the feed's old address after a move."""
    if old == new:
        raise UsageError("--old is the feed's present address; give the one that it had at the old host")
    right, wrong = check_old_feed(old, new, Fetcher(allow_local=bool(os.environ.get(LOCAL))))
    if as_json:
        options.print_json({"old": old, "new": new, "right": right, "wrong": wrong})
        return 1 if wrong else 0
    for line in right:
        console.print_line(line, "good")
    for line in wrong:
        console.print_line(line, "bad")
    if wrong:
        for line in feed_lines(old, new):
            console.print_line(line)
    return 1 if wrong else 0


def _expected(opened: Session) -> dict[str, LocalFile]:
    """The files that should be served: those under public/, else those of the last delivery."""
    local = local_files(opened.context.public, opened.context.work)
    if local or opened.delivery is None:
        return local
    delivered = opened.delivery.record.files.items()
    return {path: LocalFile(file.size, file.digest) for path, file in delivered}


def _check(opened: Session, expected: dict[str, LocalFile], progress: Progress) -> list[Finding]:
    paths = sorted(expected, key=lambda path: (phase_of(path) != "media", path))
    task = progress.start("checking public addresses", float(len(paths)))
    right: list[str] = []

    def report(path: str) -> None:
        right.append(path)
        task.advance(len(right))

    try:
        return Prover(opened.series.link).check(((path, expected[path]) for path in paths), report)
    finally:
        task.finish()


def _print(findings: Iterable[Finding], checked: int, gone: int, link: str) -> None:
    listed = list(findings)
    for finding in listed:
        console.print_line(str(finding), "bad")
    for line in remedies(listed):
        console.print_line(line)
    if not listed:
        withdrawn = f", and {console.count(gone, 'file')} that were taken back are gone" if gone else ""
        text = f"{console.count(checked, 'file')} below {link} answer as they should{withdrawn}."
        console.print_line(text, "good")
