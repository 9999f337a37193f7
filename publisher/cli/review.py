"""``publisher review``: makes an offline review file for a guest, and reads the answer to it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from publisher import files
from publisher.catalogue.dates import parse_moment
from publisher.cli import console, options, prompts, session
from publisher.errors import PublisherError, UsageError
from publisher.gather.series import Session
from publisher.review import answers, make, records, sealed
from publisher.review.accept import APPLY_ERRORS, apply
from publisher.review.answers import OpenedAnswer
from publisher.review.proposals import PlacedComment, Proposal, comments, proposals, result_document
from publisher.timeline import format_time

logger = logging.getLogger(__name__)

MAKE = "make"
Results = dict[int, str | PublisherError]
"""What became of each accepted proposal, by number."""


class _Review(click.Group):
    """``review SLUG`` is ``review make SLUG``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = [word for word in args if not word.startswith("-")]
        if args and not (words and words[0] in self.commands) and not {"--help", "-h"} & set(args):
            args = [MAKE, *args]
        return super().parse_args(ctx, args)


@click.group("review", cls=_Review)
def command() -> None:
    """Make an offline review file for a guest; read the answer to it.

    `publisher review SLUG --for GUEST` is short for `publisher review make`. Each subcommand takes
    -C DIR and --json.
    """


@command.command(MAKE)
@click.argument("slug")
@click.option("--for", "guest", metavar="GUEST", required=True, help="The id of the guest.")
@click.option("--language", help="The language of the page [default: the talk's].")
@click.option(
    "--audio",
    type=click.Choice(["opus", "m4a"]),
    default="opus",
    show_default=True,
    help="m4a: twice the size, also for iPhones before iOS 17.5.",
)
@click.option("--passphrase", "asks", is_flag=True, help="Encrypt the file; asks for the passphrase.")
@click.option(
    "--generate-passphrase", "generates", is_flag=True, help="Encrypt it; prints a new passphrase once."
)
@click.option("--expires", metavar="DATE", help="The last day on which an answer is accepted.")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path),
    help=f"A file or folder [default: {records.FOLDER}/].",
)
@options.common
def make_file(
    slug: str,
    guest: str,
    language: str | None,
    audio: str,
    asks: bool,
    generates: bool,
    expires: str | None,
    target: Path | None,
    directory: Path | None,
    as_json: bool,
) -> int:
    """Make one HTML file for a guest: to listen, mark passages and consent, without a network."""
    root = session.find_root(directory)
    session.require_catalogue(root)
    last = parse_moment(expires, "--expires", "2021-02-12").date() if expires else None
    passphrase = _passphrase(asks, generates, as_json)
    request = make.ReviewRequest(slug, guest, audio, language, passphrase, last, target)
    with console.progress(as_json) as progress:
        opened = session.open_series(root, progress=progress, with_errors=True)
        made = make.make_review(opened, request, progress)
    record, shown = made.record, passphrase if generates else None
    if as_json:
        document = _record_document(record, opened.state.now.date())
        options.print_json({**document, "path": str(made.path), "size": made.size, "passphrase": shown})
        return 0
    console.print_line(f"{_shown_path(made.path, root)} ({made.size / 1e6:.1f} MB), for {guest}", "good")
    if shown is not None:
        console.print_line(f"Passphrase, shown only now: {shown}", "head")
    if passphrase is not None:
        console.print_line("Tell the passphrase over another channel than the file.")
    else:
        console.print_line(
            "Anybody who has this file can hear the talk; --generate-passphrase encrypts it.", "warn"
        )
    console.print_line("When the answer has come: `publisher review read FILE` (-: a pasted text).")
    return 0


@command.command("read")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--accept", "wanted", metavar="N,…|all", help="Accept these proposals without questions.")
@options.common
def read_file(file: Path, wanted: str | None, directory: Path | None, as_json: bool) -> int:
    """Show a guest's answer (a file, or - for standard input) and accept its proposals one by one."""
    root = session.find_root(directory)
    session.require_catalogue(root)
    today = session.now().date()
    answer = answers.read_answer(root, _content(file), today)
    with console.progress(as_json) as progress:
        opened = session.open_series(root, progress=progress, with_errors=True)
    found, said = proposals(opened, answer), comments(answer)
    chosen = _numbers(wanted, found)
    answers.remember(root, answer, session.now())
    if not as_json:
        _print_answer(answer, opened, found, said)
    results: Results = {}
    if wanted is not None or (prompts.is_interactive(as_json) and str(file) != "-"):
        results = _accept(opened, answer, found, chosen if wanted is not None else None, today)
    left = [one.command for one in found if one.command]
    if as_json:
        options.print_json(_answer_document(answer, found, said, results, left))
    else:
        _print_outcome(found, results, left, wanted)
    return 1 if left or any(isinstance(result, PublisherError) for result in results.values()) else 0


@command.command("list")
@options.common
def list_files(directory: Path | None, as_json: bool) -> int:
    """List the review files that were made here."""
    root = session.find_root(directory)
    session.require_catalogue(root)
    today = session.now().date()
    rows = [_record_document(record, today) for record in records.every(root)]
    if as_json:
        options.print_json({"reviews": rows})
        return 0
    cells = [[str(row[key] or "") for key in ("id", "talk", "guest", "made", "state")] for row in rows]
    if cells:
        console.table(cells)
    else:
        console.print_line("No review file was made here.")
    return 0


@command.command("revoke")
@click.argument("review", metavar="ID")
@options.common
def revoke(review: str, directory: Path | None, as_json: bool) -> int:
    """Refuse answers to a review file from now on; copies of the file remain readable."""
    root = session.find_root(directory)
    found = [record for record in records.every(root) if record.id.startswith(review)]
    if len(found) != 1 or len(review) < 4:
        raise UsageError(f'there is not one review "{review}"; `publisher review list` shows the ids')
    record = found[0].model_copy(update={"revoked": True})
    records.save(root, record)
    if as_json:
        options.print_json(_record_document(record, session.now().date()))
    else:
        console.print_line(
            f"Answers to the review of {record.slug} for {record.guest} are refused now.", "good"
        )
        console.print_line("Copies of the file that exist can still be opened.")
    return 0


def _passphrase(asks: bool, generates: bool, as_json: bool) -> str | None:
    if asks and generates:
        raise UsageError("--passphrase and --generate-passphrase exclude each other")
    if generates:
        return sealed.generate_passphrase()
    if not asks:
        return None
    if not prompts.is_interactive(as_json):
        raise UsageError("--passphrase asks on a terminal; use --generate-passphrase here")
    given = click.prompt("Passphrase", hide_input=True, confirmation_prompt="The same again")
    return sealed.check_passphrase(str(given))


def _shown_path(path: Path, root: Path) -> str:
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _content(file: Path) -> bytes:
    """The content of an answer, and one byte more than the largest one has."""
    if str(file) == "-":
        return sys.stdin.buffer.read(answers.MAX_BYTES + 1)
    if not file.exists():
        raise UsageError(f"{file}: there is no such file")
    with files.open_regular(file) as opened:
        return opened.read(answers.MAX_BYTES + 1)


def _numbers(text: str | None, found: Sequence[Proposal]) -> frozenset[int]:
    """The numbers of ``--accept``. Raises UsageError for unknown ones, before anything is changed."""
    known = {str(one.number) for one in found}
    if text is None:
        return frozenset()
    if text.strip() == "all":
        return frozenset(map(int, known))
    words = [word.strip() for word in text.split(",")]
    wrong = [word for word in words if word not in known]
    if wrong:
        raise UsageError(
            f"--accept: there is no proposal {wrong[0]}; write numbers up to {len(known)}, or all"
        )
    return frozenset(map(int, words))


def _accept(
    opened: Session,
    answer: OpenedAnswer,
    found: Sequence[Proposal],
    chosen: frozenset[int] | None,
    today: date,
) -> Results:
    """Applies the chosen proposals, or asks for each; one that fails does not stop the others."""
    results: Results = {}
    for one in found:
        if chosen is None and (
            one.is_done or not prompts.confirm(f"{one.number}. {one.text}: accept?", False)
        ):
            continue
        if chosen is None or one.number in chosen:
            try:
                results[one.number] = apply(opened, answer, one, today)
            except APPLY_ERRORS as error:
                results[one.number] = error
    return results


def _print_answer(
    answer: OpenedAnswer, opened: Session, found: Sequence[Proposal], said: Sequence[PlacedComment]
) -> None:
    record = answer.record
    episode = opened.series.episode(record.slug)
    title = episode.title if episode else record.slug
    console.print_line(f"Answer of {record.guest} to the review of “{title}” ({record.slug})", "head")
    if not found and not said:
        console.print_line("It contains nothing: no passage, no consent, no comment.")
    for one in found:
        done = " (done already)" if one.is_done and one.kind != "refusal" else ""
        style = "warn" if one.kind == "refusal" else None
        console.print_line(f"{one.number}. {one.text}{done}", style)
        for text in (one.note, one.consequence):
            for line in text.splitlines():
                console.print_line(f"   {line}")
    for comment in said:
        at = "" if comment.at is None else f" at {format_time(round(comment.at, 1))}"
        lines = comment.text.splitlines() or [""]
        console.print_line(f"Comment{at}: {lines[0]}")
        for line in lines[1:]:
            console.print_line(f"   {line}")


def _print_outcome(
    found: Sequence[Proposal], results: Results, left: Sequence[str], wanted: str | None
) -> None:
    for number, result in results.items():
        console.print_line(f"{number}. {result}", "bad" if isinstance(result, PublisherError) else "good")
    if results and not all(isinstance(result, PublisherError) for result in results.values()):
        console.print_line("`publisher plan` shows what a release would change now.")
    if found and not results and wanted is None and not prompts.is_interactive(False):
        console.print_line("Nothing is accepted yet: add --accept with numbers, or all.")
    for text in left:
        console.print_line(f"Left to do, because consent was refused: {text}", "bad")


def _answer_document(
    answer: OpenedAnswer,
    found: Sequence[Proposal],
    said: Sequence[PlacedComment],
    results: Results,
    left: Sequence[str],
) -> dict[str, object]:
    return {
        "review": answer.record.id,
        "talk": answer.record.slug,
        "guest": answer.record.guest,
        "proposals": [result_document(one, results.get(one.number)) for one in found],
        "comments": [{"at": comment.at, "text": comment.text} for comment in said],
        "left": list(left),
    }


def _record_document(record: records.ReviewRecord, today: date) -> dict[str, object]:
    return {
        "id": record.id,
        "talk": record.slug,
        "guest": record.guest,
        "made": record.made.date().isoformat(),
        "expires": record.expires.isoformat() if record.expires else None,
        "encrypted": record.has_passphrase,
        "state": record.state(today),
    }
