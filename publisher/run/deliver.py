"""Delivers at the end of a run; before everything else it takes back what must not be served any more.

Decides nothing about the destination's content but its order: it becomes equal to public/.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace

from publisher import files, site_paths
from publisher.context import BuildContext
from publisher.errors import PublisherError, disk_error
from publisher.mentions import Mentions, emptied_folders, is_shared_text, remove_mentions
from publisher.model import Hold
from publisher.outputs.deliver.announce import announcements
from publisher.outputs.deliver.order import LocalFile
from publisher.outputs.deliver.transfer import Delivery, DeliveryResult
from publisher.plan import Plan, Step
from publisher.progress import Progress
from publisher.release_state import ReleaseState, hidden_episodes
from publisher.retractions import FEED_FIRST, hidden_people, retractions, unlinked_folders
from publisher.run.journal import Journal
from publisher.run.retract import mentions_of, shared_documents
from publisher.visibility import Hidden, redaction

logger = logging.getLogger(__name__)

REDACTED = Hold("cut", "its cuts, mutes or hidden people are others now")
RETRACT = Step("deliver", None, "remove", "withdrawn, hidden or cut", retracts=True)


class DeliverStage:
    """The delivery of one run."""

    def __init__(
        self, journal: Journal, delivery: Delivery | None, context: BuildContext, progress: Progress
    ) -> None:
        self._journal = journal
        self._delivery = delivery
        self._context = context
        self._progress = progress
        self._returning: frozenset[str] = frozenset()
        """The visible episodes whose files were taken back, to be delivered again as they are now."""

    def close(self) -> None:
        """Ends the connection to the destination."""
        if self._delivery is not None:
            self._delivery.destination.close()

    # Taking back

    def retract(self, plan: Plan) -> None:
        """Removes from the destination what was withdrawn, hidden, cut or muted, before anything is sent."""
        if self._delivery is None:
            return
        superseded = frozenset(
            path
            for step in plan.steps
            if step.action == "remove" and step.superseded
            for path in step.changes
        )
        try:
            self._retract(self._delivery, superseded)
        except PublisherError as error:
            self._journal.fail(RETRACT, error)
        except OSError as error:
            self._journal.fail(RETRACT, disk_error(error))

    def _retract(self, delivery: Delivery, superseded: frozenset[str]) -> None:
        state = self._journal.current_state()
        hidden_in = self._hidden(delivery, state)
        changed = self._changed(delivery, state)
        known = delivery.record.files
        folders = _folders(state, known)
        if not (hidden_in or changed or folders or superseded.intersection(known)):
            logger.debug("nothing to take back at the destination")
            return
        listing = delivery.listing()
        places: Hidden = {**hidden_in, **{slug: dict.fromkeys(FEED_FIRST, REDACTED) for slug in changed}}
        own = _own_files(listing, state, hidden_in, changed)
        own |= {path for path in listing if folders and path.startswith(tuple(folders))}
        own |= superseded.intersection(listing)
        edits = _edits(self._documents(delivery, listing), places, folders, own, state)
        logger.info("take back %d files and edit %d documents at the destination", len(own), len(edits))
        self._returning = changed if state.is_complete else frozenset()
        result = delivery.retract(edits, sorted(own))
        self._finish(result, RETRACT)
        if not result.problems:
            delivery.record.absent |= {slug: ",".join(found) for slug, found in hidden_in.items()}
            delivery.save()

    def _hidden(self, delivery: Delivery, state: ReleaseState) -> Hidden:
        """The hidden episodes of which something may be at the destination."""
        found = {}
        for slug, places in hidden_episodes(state).items():
            local = {place: hold for place, hold in places.items() if place in FEED_FIRST}
            if local and delivery.record.absent.get(slug) != ",".join(local):
                found[slug] = local
        for slug in [slug for slug in delivery.record.absent if slug not in found]:
            if slug not in hidden_episodes(state):
                # Visible again: if it is hidden once more, it is searched once more.
                del delivery.record.absent[slug]
        return found

    def _changed(self, delivery: Delivery, state: ReleaseState) -> frozenset[str]:
        """The delivered episodes whose cuts, mutes or hidden people are others now."""
        delivered = {site_paths.slug_from_path(path) for path in delivery.record.files}
        keys = {episode.slug: redaction(episode) for episode in state.series.episodes}
        return frozenset(
            slug
            for slug, key in keys.items()
            if slug in delivered and key and delivery.record.redactions.get(slug) != key
        )

    def _documents(self, delivery: Delivery, listing: Iterable[str]) -> dict[str, bytes]:
        """The text documents at the destination that several episodes share."""
        local = delivery.local_files()
        documents: dict[str, bytes] = {}
        for path in filter(is_shared_text, listing):
            known = delivery.record.files.get(path)
            if known is not None and path in local and local[path].digest == known.digest:
                documents[path] = files.read_bytes(self._context.public / path)
            elif (content := delivery.destination.read(path)) is not None:
                documents[path] = content
        return documents

    # Delivering

    def deliver(self, plan: Plan) -> None:
        """Makes the destination equal to public/."""
        steps = [step for step in plan.steps if step.output == "deliver" and not step.retracts]
        if self._returning and not steps:
            logger.info("%d talks that were taken back are delivered again", len(self._returning))
            steps = [Step("deliver", None, "update", f"follows: {', '.join(sorted(self._returning))}")]
        if self._delivery is None or not steps:
            return
        (step,) = steps
        try:
            local = self._delivery.local_files()
            result = self._delivery.deliver(local, self._progress, self._journal.result.removed)
            if not result.message:
                self._complete(self._delivery, local)
                self._announce(self._delivery, result)
        except PublisherError as error:
            self._journal.fail(step, error)
        except OSError as error:
            self._journal.fail(step, disk_error(error))
        else:
            self._finish(result, step)

    def _complete(self, delivery: Delivery, local: Mapping[str, LocalFile]) -> None:
        """Records what is true once the destination equals public/, in which nothing hidden is visible."""
        state = self._journal.current_state()
        hidden_in = hidden_episodes(state)
        delivery.record.absent = {
            slug: ",".join(place for place in places if place in FEED_FIRST)
            for slug, places in hidden_in.items()
        }
        delivery.record.redactions = {
            episode.slug: key
            for episode in state.series.episodes
            if (key := redaction(episode)) and episode.slug not in hidden_in
        }
        delivery.save()

    def _announce(self, delivery: Delivery, result: DeliveryResult) -> None:
        settings = self._journal.state.series.deliver
        delivery.announce(announcements(settings, self._context.environment), result)

    def _finish(self, result: DeliveryResult, step: Step) -> None:
        self._journal.result.delivered += result.sent
        self._journal.result.retracted += result.removed
        if result.message:
            self._journal.fail(step, PublisherError(result.message))
        else:
            self._journal.result.done.append(step)


def _own_files(
    listing: Iterable[str], state: ReleaseState, hidden_in: Hidden, changed: frozenset[str]
) -> set[str]:
    """The files at the destination that belong to hidden or changed episodes only."""
    index = dict.fromkeys(listing, (0, 0))
    remote = replace(state, public=index, rendered={}, mentioned={})
    own = {
        path
        for step in retractions(remote)
        if step.episode in hidden_in
        for path in step.changes
        if path in index
    }
    names = {name for slug in changed for name in (slug, *state.ledger.record(slug).previous_slugs)}
    return own | {path for path in index if site_paths.slug_from_path(path) in names}


def _folders(state: ReleaseState, known: Iterable[str]) -> frozenset[str]:
    """The folders with files of `known` that belong to hidden people or to closed former addresses."""
    remote = replace(state, public=dict.fromkeys(known, (0, 0)))
    return frozenset((*hidden_people(remote), *unlinked_folders(remote)))


def _edits(
    documents: Mapping[str, bytes],
    places: Hidden,
    folders: frozenset[str],
    own: set[str],
    state: ReleaseState,
) -> dict[str, bytes | None]:
    """The documents at the destination without mentions of what is taken back; None: remove it."""
    current: dict[str, bytes | None] = {
        path: content for path, content in documents.items() if path not in own
    }
    edits: dict[str, bytes | None] = {}
    files_gone = Mentions(files=frozenset(path for path in own if path.startswith(site_paths.MEDIA)))
    for place in FEED_FIRST:
        mentions = mentions_of((slug for slug in places if place in places[slug]), state.ledger) | files_gone
        mentions |= Mentions(folders=folders)
        found = _edit_place(current, mentions, (place,))
        if emptied := emptied_folders(found):
            found |= _edit_place({**current, **found}, Mentions(folders=emptied), FEED_FIRST)
            own.update(path for path in current if path.startswith(tuple(emptied)))
        current |= found
        edits |= found
    return {path: content for path, content in edits.items() if path not in own}


def _edit_place(
    documents: Mapping[str, bytes | None], mentions: Mentions, places: Iterable[str]
) -> dict[str, bytes | None]:
    present = {path: content for path, content in documents.items() if content is not None}
    shared = {path: present[path] for path in shared_documents(present, mentions, places)}
    return dict(remove_mentions(shared, mentions))
