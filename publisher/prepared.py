"""Decides which media of a preview a release uses, and which are deleted; part of `publisher.planner`. Pure.

A preview makes the media of talks that are not public: drafts, embargoed talks, talks with changes that no
release has published yet. `as_released` is the state in which all of them are due.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from publisher.model import Receipt, Series
from publisher.plan import Step, Target
from publisher.release_state import ReleaseState
from publisher.replaced_files import is_redacting
from publisher.visibility import redaction_changes


def as_released(state: ReleaseState) -> ReleaseState:
    """The state when every talk is released: drafts are ready and no date is in the future.

    Talks that are withdrawn or withheld stay so.
    """
    latest = max((episode.date for episode in state.series.episodes), default=state.now)
    return replace(state, series=with_ready_drafts(state.series), now=max(latest, state.now))


def with_ready_drafts(series: Series) -> Series:
    """The series in which drafts are ready to be published."""
    ready = (replace(one, status="ready") if one.status == "draft" else one for one in series.episodes)
    return replace(series, episodes=tuple(ready))


def usable(target: Target, state: ReleaseState) -> Receipt | None:
    """The receipt of the preview's files from which a target is made without an encoder, or None.

    They were made from the same inputs, except those that change only tags. If a person of the talk is
    hidden, not even those may differ: the tags of older files may name that person.
    """
    receipt = state.prepared.get((target.output, target.episode))
    episode = state.series.episode(target.episode)
    if receipt is None or episode is None or target.made_for is not None:
        return None
    names = receipt.inputs.keys() | target.inputs.keys()
    changes = {name for name in names if receipt.inputs.get(name) != target.inputs.get(name)}
    is_usable = target.retag_inputs.issuperset(changes) and not is_redacting(changes, episode)
    return receipt if is_usable else None


def stale_prepared(state: ReleaseState, steps: Iterable[Step]) -> tuple[tuple[str, str], ...]:
    """The (output, slug) of the preview's media that no release will use; they are deleted.

    `steps` are those of `planner.preview_steps`. Stale is what is published already, what was made from
    another recording or with other cuts or settings, and everything of a talk that is withdrawn,
    withheld or gone, or in which somebody was hidden since.
    """
    if not state.is_complete:
        return tuple(key for key, receipt in state.prepared.items() if _is_unsafe(key[1], receipt, state))
    needed = {(step.output, step.episode) for step in steps if step.prepared is not None}
    return tuple(key for key in state.prepared if key not in needed)


def _is_unsafe(slug: str, receipt: Receipt, state: ReleaseState) -> bool:
    """Whether a file may contain what must not be published, as far as the catalogue can be read."""
    released = as_released(state)
    episode = released.series.episode(slug)
    if episode is None or not episode.is_due(released.now) or episode.hidden:
        return True
    return bool(redaction_changes(episode, (receipt.inputs,)))
