"""Searches the texts of episodes and the published files for private names.

An episode's texts are searched when they or the names have changed; the files under public/ are
searched once after every change of the names.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from publisher import site_paths
from publisher.context import BuildContext
from publisher.errors import LeakError
from publisher.fingerprint import fingerprint
from publisher.leaks import Secret, model_text
from publisher.leaks.checker import LeakChecker
from publisher.progress import Progress
from publisher.release_state import ReleaseState
from publisher.retractions import unlinked_addresses

logger = logging.getLogger(__name__)

MACHINE_KIND_SUFFIX = "of this machine"
"""Suffix of the kinds of secrets that identify this machine; they differ on another machine."""


def search_state(state: ReleaseState, context: BuildContext, progress: Progress) -> ReleaseState:
    """`state` with the leaks found in its texts and published files."""
    linking = _links_to_unlinked(state)
    checker = context.leak_checker
    if not isinstance(checker, LeakChecker):
        return replace(state, leaks=linking)
    leaks, searched = _search_texts(state, checker)
    secrets = _secrets_key(checker)
    if secrets and secrets != state.visibility.secrets and state.public:
        state = _search_published(state, context, checker, progress)
    return replace(state, searched=searched, secrets=secrets, leaks={**linking, **leaks})


def _links_to_unlinked(state: ReleaseState) -> dict[str, LeakError]:
    """The errors of episodes whose texts contain a former address where nothing may remain, by slug."""
    addresses = unlinked_addresses(state)
    found: dict[str, LeakError] = {}
    for episode in state.series.episodes if addresses else ():
        texts = model_text.strings_of_episode(episode)
        keys = dict.fromkeys(key for key, text in texts if any(address in text for address in addresses))
        if keys and episode.status == "ready":
            text = f"held back: {', '.join(keys)} links to a former address where nothing may remain; edit it"
            found[episode.slug] = LeakError(text)
    return found


def _secrets_key(checker: LeakChecker) -> str:
    """Fingerprint of the producer's secrets; empty when there are none."""
    words = [word for word in checker.secrets.words if not word.kind.endswith(MACHINE_KIND_SUFFIX)]
    return _fingerprint_of(words) if words else ""


def _fingerprint_of(words: Iterable[Secret]) -> str:
    return fingerprint(sorted((word.kind, word.text, word.whose) for word in words))


def _search_texts(state: ReleaseState, checker: LeakChecker) -> tuple[dict[str, LeakError], dict[str, str]]:
    """Leaks in the texts of ready episodes, by slug; and the search keys of the episodes without one."""
    words = _fingerprint_of(checker.secrets.words)
    leaks: dict[str, LeakError] = {}
    searched: dict[str, str] = {}
    for episode in state.series.episodes:
        if episode.status != "ready":
            continue
        key = fingerprint((words, fingerprint(episode)))
        if state.visibility.searched.get(episode.slug) != key:
            try:
                checker.check_talk(episode)
            except LeakError as error:
                logger.debug("%s: %s", episode.slug, error)
                leaks[episode.slug] = error
                continue
        searched[episode.slug] = key
    return leaks, searched


def _search_published(
    state: ReleaseState, context: BuildContext, checker: LeakChecker, progress: Progress
) -> ReleaseState:
    """Searches every file under public/; documents with a leak are rendered again or removed."""
    logger.info("search %d published files: the private names have changed", len(state.public))
    task = progress.start("searching for private names", len(state.public), "items")
    leaking: set[str] = set()
    try:
        for number, path in enumerate(sorted(state.public), 1):
            if _leaks(path, context, checker):
                leaking.add(path)
            task.advance(number)
    finally:
        task.finish()
    logger.debug("%d published files contain a private name", len(leaking))
    rendered = {path: file for path, file in state.rendered.items() if path not in leaking}
    return replace(state, rendered=rendered, leaking_files=frozenset(leaking))


def leaking_episodes(state: ReleaseState, context: BuildContext) -> frozenset[str]:
    """Slugs of the episodes with a leak in a file under public/.

    Searched once after every change of the hidden people or of private/people.toml; nothing but
    the published files is read.
    """
    checker = context.leak_checker
    if not isinstance(checker, LeakChecker) or _secrets_key(checker) in ("", state.visibility.secrets):
        return frozenset()
    slugs = {slug for path in state.public if (slug := site_paths.slug_from_path(path)) is not None}
    return frozenset(
        slug
        for slug in slugs
        if any(
            site_paths.belongs_to_episode(path, slug) and _leaks(path, context, checker)
            for path in state.public
        )
    )


def _leaks(path: str, context: BuildContext, checker: LeakChecker) -> bool:
    """Whether a file under public/ contains a secret; False when it cannot be read."""
    try:
        checker.check_file(path, context.public / path)
    except LeakError:
        return True
    except OSError:
        return False
    return False
