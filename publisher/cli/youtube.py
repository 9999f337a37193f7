"""``publisher youtube``: logs in, shows differences to YouTube, copies edits into the catalogue."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import click

from publisher import catalogue
from publisher.cli import completion, console, logs, options, plan, session
from publisher.context import BuildContext
from publisher.errors import UsageError
from publisher.gather.series import DIGESTS, Session
from publisher.model import Episode
from publisher.outputs.youtube import auth, maker
from publisher.outputs.youtube.desired import NAME, DesiredVideo, desired_video
from publisher.outputs.youtube.errors import YouTubeError
from publisher.outputs.youtube.merge import format_value, merge_fields
from publisher.outputs.youtube.plan import RemoteState
from publisher.outputs.youtube.pull import edits, remote_differences
from publisher.outputs.youtube.resource import Resource
from publisher.outputs.youtube.state import facts_of
from publisher.release_state import receipts_for
from publisher.render.templates import Templates

logger = logging.getLogger(__name__)


@click.group("youtube")
def command() -> None:
    """Log in to YouTube, show edits made there, copy them into the catalogue.

    Each subcommand takes -C DIR and --json.
    """


@command.command("login")
@click.option(
    "--client",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The OAuth client's JSON from Google's console [default: the one of the last login].",
)
@click.option("--paste", is_flag=True, help="For a machine without a browser: use a browser elsewhere.")
@options.common
def log_in(client: Path | None, paste: bool, directory: Path | None, as_json: bool) -> int:
    """Log in; the token is stored on this machine."""
    root = session.find_root(directory)
    context = session.build_context(root)
    path = Path(context.environment[session.CREDENTIALS])
    config = auth.client_config(client, path)
    logs.hide_login(config["installed"])
    # With --json the dialogue is printed to standard error.
    print_prompt = partial(console.print_line, err=as_json)
    if paste:
        document = auth.by_pasting(config, print_prompt, lambda text: str(click.prompt(text, err=as_json)))
    else:
        document = auth.by_browser(config, print_prompt)
    logs.hide_login(document)
    trial = path.parent / f".trial-{path.name}"
    auth.save_credentials(trial, document)
    try:
        channel = _channel_of(context, trial)
        _require_channel(root, context, channel)
        auth.save_credentials(path, document)
        logger.info("logged in to channel %s", channel["id"])
    finally:
        trial.unlink(missing_ok=True)
    if as_json:
        options.print_json({"channel": channel["id"], "credentials": str(path)})
    else:
        name = channel.get("snippet", {}).get("title", "")
        console.print_line(f"Logged in to {name} ({channel['id']}). The token is in {path}.", "good")
    return 0


def _channel_of(context: BuildContext, credentials: Path) -> Resource:
    environment = {**context.environment, session.CREDENTIALS: str(credentials)}
    return maker.open_client(replace(context, environment=environment), session.now()).channel()


def _require_channel(root: Path, context: BuildContext, channel: Resource) -> None:
    """Raises UsageError if the catalogue names another channel."""
    if not (root / catalogue.FILE).is_file():
        return
    from publisher import files

    reading = catalogue.read(root, files.DigestCache(context.work / DIGESTS).of)
    expected = reading.series.youtube.id if reading.series else None
    if expected is not None and channel["id"] != expected:
        raise UsageError(
            f"this login is for channel {channel['id']}, but the catalogue says {expected}; "
            "nothing was stored. Log in with the other account, or correct channel in [youtube]"
        )


@command.command("diff")
@click.argument("slugs", nargs=-1, metavar="[SLUG ...]", shell_complete=completion.slugs)
@options.common
def diff(slugs: tuple[str, ...], directory: Path | None, as_json: bool) -> int:
    """Show the differences between the catalogue and YouTube."""
    opened = _open(directory, as_json)
    rows = []
    for episode, desired, remote in _compared(opened, slugs):
        for name, value in remote_differences(desired.values, remote, opened.state.now).items():
            ours, theirs = format_value(desired.values[name]), format_value(value)
            rows.append({"episode": episode.slug, "field": name, "catalogue": ours, "youtube": theirs})
    if as_json:
        options.print_json({"differences": rows})
        return 0
    for row in rows:
        console.print_line(f"{row['episode']}: {row['field']}", "head")
        plan.print_diff(row["catalogue"], row["youtube"], limit=200)
    if not rows:
        console.print_line("Nothing differs.", "good")
    return 0


@command.command("pull")
@click.argument("slugs", nargs=-1, required=True, metavar="SLUG ...", shell_complete=completion.slugs)
@options.common
def pull(slugs: tuple[str, ...], directory: Path | None, as_json: bool) -> int:
    """Copy edits made on YouTube into the catalogue."""
    root = session.find_root(directory)
    session.require_catalogue(root)
    with session.series_lock(root, session.build_context(root)):
        opened = _open(directory, as_json)
        taken = [row for compared in _compared(opened, slugs) for row in _pull_episode(opened, *compared)]
    if as_json:
        options.print_json({"taken": list(map(asdict, taken))})
    else:
        _print_pulled(taken)
    return 1 if any(not row.keys for row in taken) else 0


@dataclass(frozen=True, slots=True)
class _PulledField:
    """A field edited on YouTube, and the catalogue's keys it was written to; none if it cannot be written."""

    episode: str
    field: str
    keys: tuple[str, ...]
    note: str


def _pull_episode(
    opened: Session, episode: Episode, desired: DesiredVideo, remote: Resource
) -> list[_PulledField]:
    """Writes one talk's edits to the catalogue."""
    series, now = opened.series, opened.state.now
    receipt = opened.state.ledger.record(episode.slug).receipts.get(NAME)
    facts = facts_of(episode, receipt)
    merges = merge_fields(desired, facts, remote, now, opened.context.options)
    edited = {merge.field: merge.theirs for merge in merges if merge.kind in ("drift", "conflict")}
    templates = Templates(series.root / "templates")
    rows = []
    for edit in edits(series, episode, templates, edited):
        for key, value in edit.keys.items():
            catalogue.set_value(series.root, episode.slug, key, value)
        rows.append(_PulledField(episode.slug, edit.field, tuple(edit.keys), edit.note))
    return rows


def _print_pulled(taken: list[_PulledField]) -> None:
    for row in taken:
        keys = ", ".join(row.keys) or "not copied"
        note = f" ({row.note})" if row.note else ""
        console.print_line(f"{row.episode}: {row.field} → {keys}{note}", "good" if row.keys else "warn")
    if not taken:
        console.print_line("Nothing was edited on YouTube.", "good")
    elif any(row.keys for row in taken):
        console.print_line("Run `publisher release` to update feed and pages.")


def _open(directory: Path | None, as_json: bool) -> Session:
    with console.progress(as_json) as progress:
        return session.open_series(directory, progress=progress, observed=frozenset({NAME}))


def _compared(opened: Session, slugs: tuple[str, ...]) -> list[tuple[Episode, DesiredVideo, Resource]]:
    """The selected talks with a video on YouTube, its desired and its remote state.

    Raises YouTubeError and UsageError.
    """
    session.select(opened, slugs, None)
    observed = opened.state.observed.get(NAME)
    series, now = opened.series, opened.state.now
    if series.youtube.id is None:
        raise UsageError('the catalogue names no channel; write channel = "UC…" in [youtube]')
    if not isinstance(observed, RemoteState) or observed.videos is None:
        reason = (observed.no_login or observed.failure) if isinstance(observed, RemoteState) else ""
        raise YouTubeError(f"YouTube could not be read: {reason}")
    templates = Templates(series.root / "templates")
    receipts = receipts_for(opened.state, maker.YouTubeMaker.name)
    compared = []
    for episode in series.episodes:
        video = facts_of(episode, receipts.get(episode.slug)).id
        if (slugs and episode.slug not in slugs) or str(video) not in observed.videos:
            continue
        desired = desired_video(series, episode, templates, now)
        compared.append((episode, desired, observed.videos[str(video)]))
    return compared
