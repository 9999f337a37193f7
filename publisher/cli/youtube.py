"""``publisher youtube``: log in, see what differs there, take it into the catalogue."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import click

from publisher import catalogue
from publisher.cli import console, logs, options, plan, session
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


@click.group("youtube")
def command() -> None:
    """Log in to YouTube, show what was edited there, take it into the catalogue.

    Each of these takes -C DIR and --json.
    """


@command.command("login")
@click.option(
    "--client",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The OAuth client's JSON from Google's console; the one used before when left out.",
)
@click.option("--paste", is_flag=True, help="For a machine without a browser: open an address elsewhere.")
@options.common
def log_in(client: Path | None, paste: bool, directory: Path | None, as_json: bool) -> int:
    """Allow publisher to write to the channel; the token stays on this machine."""
    root = session.find_root(directory)
    context = session.build_context(root)
    path = Path(context.environment[session.CREDENTIALS])
    config = auth.client_config(client, path)
    logs.hide_login(config["installed"])
    # With --json the conversation goes to the other stream.
    say = partial(console.print_line, err=as_json)
    if paste:
        document = auth.by_pasting(config, say, lambda text: str(click.prompt(text, err=as_json)))
    else:
        document = auth.by_browser(config, say)
    logs.hide_login(document)
    trial = path.parent / f".trial-{path.name}"
    auth.save_credentials(trial, document)
    try:
        channel = _channel_of(context, trial)
        _require(root, context, channel)
        auth.save_credentials(path, document)
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


def _require(root: Path, context: BuildContext, channel: Resource) -> None:
    """Raises where the catalogue names another channel."""
    if not (root / catalogue.FILE).is_file():
        return
    from publisher import files

    reading = catalogue.read(root, files.DigestCache(context.work / DIGESTS).of)
    wanted = reading.series.youtube.id if reading.series else None
    if wanted is not None and channel["id"] != wanted:
        raise UsageError(
            f"that is the channel {channel['id']}, but the catalogue says {wanted}; nothing was kept. "
            "Log in with the other account, or correct channel in [youtube]"
        )


@command.command("diff")
@click.argument("slugs", nargs=-1, metavar="[SLUG ...]")
@options.common
def diff(slugs: tuple[str, ...], directory: Path | None, as_json: bool) -> int:
    """Show what differs between the catalogue and YouTube."""
    opened = _open(directory, as_json)
    rows = []
    for episode, wanted, held in _compared(opened, slugs):
        theirs = remote_differences(wanted.values, held, opened.state.now)
        for name, value in theirs.items():
            ours, there = format_value(wanted.values[name]), format_value(value)
            rows.append({"episode": episode.slug, "field": name, "catalogue": ours, "youtube": there})
    if as_json:
        options.print_json({"differences": rows})
        return 0
    for row in rows:
        console.print_line(f"{row['episode']}: {row['field']}", "head")
        plan.print_diff(row["catalogue"], row["youtube"], most=200)
    if not rows:
        console.print_line("Nothing differs.", "good")
    return 0


@command.command("pull")
@click.argument("slugs", nargs=-1, required=True, metavar="SLUG ...")
@options.common
def pull(slugs: tuple[str, ...], directory: Path | None, as_json: bool) -> int:
    """Take what was edited on YouTube into the catalogue, keeping its comments and order."""
    root = session.find_root(directory)
    session.require_catalogue(root)
    with session.series_lock(root, session.build_context(root)):
        opened = _open(directory, as_json)
        taken = [row for found in _compared(opened, slugs) for row in _pull_one(opened, *found)]
    if as_json:
        options.print_json({"taken": list(map(asdict, taken))})
    else:
        _tell(taken)
    return 1 if any(not row.keys for row in taken) else 0


@dataclass(frozen=True, slots=True)
class _Taken:
    """A field that was edited on YouTube, and the keys of the catalogue that got it; none if it cannot."""

    episode: str
    field: str
    keys: tuple[str, ...]
    note: str


def _pull_one(opened: Session, episode: Episode, wanted: DesiredVideo, held: Resource) -> list[_Taken]:
    """Writes one talk's edits into the catalogue."""
    series, now = opened.series, opened.state.now
    receipt = opened.state.ledger.record(episode.slug).receipts.get(NAME)
    facts = facts_of(episode, receipt)
    verdicts = merge_fields(wanted, facts, held, now, opened.context.options)
    edited = {one.field: one.theirs for one in verdicts if one.kind in ("drift", "conflict")}
    templates = Templates(series.root / "templates")
    rows = []
    for edit in edits(series, episode, templates, edited):
        for key, value in edit.keys.items():
            catalogue.set_value(series.root, episode.slug, key, value)
        rows.append(_Taken(episode.slug, edit.field, tuple(edit.keys), edit.note))
    return rows


def _tell(taken: list[_Taken]) -> None:
    for row in taken:
        keys = ", ".join(row.keys) or "not taken"
        note = f" ({row.note})" if row.note else ""
        console.print_line(f"{row.episode}: {row.field} → {keys}{note}", "good" if row.keys else "warn")
    if not taken:
        console.print_line("Nothing was edited on YouTube.", "good")
    elif any(row.keys for row in taken):
        console.print_line("Run `publisher release` to let feed and pages follow.")


def _open(directory: Path | None, as_json: bool) -> Session:
    with console.progress(as_json) as progress:
        look = frozenset({NAME})
        return session.open_series(directory, progress=progress, look=look)


def _compared(opened: Session, slugs: tuple[str, ...]) -> list[tuple[Episode, DesiredVideo, Resource]]:
    """The chosen talks that are on YouTube, with what both sides say. Raises YouTubeError, UsageError."""
    session.select(opened, slugs, None)
    observed = opened.state.observed.get(NAME)
    series, now = opened.series, opened.state.now
    if series.youtube.id is None:
        raise UsageError('the catalogue names no channel; write channel = "UC…" in [youtube]')
    if not isinstance(observed, RemoteState) or observed.videos is None:
        why = (observed.unseen or observed.trouble) if isinstance(observed, RemoteState) else ""
        raise YouTubeError(f"YouTube was not looked at: {why}")
    templates = Templates(series.root / "templates")
    receipts = receipts_for(opened.state, maker.YouTubeMaker.name)
    found = []
    for episode in series.episodes:
        video = facts_of(episode, receipts.get(episode.slug)).id
        if (slugs and episode.slug not in slugs) or str(video) not in observed.videos:
            continue
        wanted = desired_video(series, episode, templates, now)
        found.append((episode, wanted, observed.videos[str(video)]))
    return found
