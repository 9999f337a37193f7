"""Searches what is gathered for what must not be published: the texts of talks, and what stands already.

Texts are searched when they or the words to search for have changed; what stands under public/ is
searched once for every change of these words.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from publisher import site_paths
from publisher.context import BuildContext
from publisher.errors import LeakError
from publisher.fingerprint import fingerprint
from publisher.leaks.checker import LeakChecker
from publisher.progress import Progress
from publisher.release_state import ReleaseState

logger = logging.getLogger(__name__)

MACHINE_KIND_SUFFIX = "of this machine"
"""How the kinds of words end that are not the producer's: they change with the machine."""


def search_state(state: ReleaseState, context: BuildContext, progress: Progress) -> ReleaseState:
    """What was gathered, with what was found in it."""
    guard = context.leak_checker
    if not isinstance(guard, LeakChecker):
        return state
    leaks, searched = _search_texts(state, guard)
    secrets = _secrets_key(guard)
    if secrets and secrets != state.visibility.secrets and state.public:
        state = _search_standing(state, context, guard, progress)
    return replace(state, searched=searched, secrets=secrets, leaks=leaks)


def _secrets_key(guard: LeakChecker) -> str:
    words = sorted(
        (one.kind, one.text, one.whose)
        for one in guard.secrets.words
        if not one.kind.endswith(MACHINE_KIND_SUFFIX)
    )
    return fingerprint(words) if words else ""


def _search_texts(state: ReleaseState, guard: LeakChecker) -> tuple[dict[str, LeakError], dict[str, str]]:
    """The leaks in the texts of talks that may be seen, and the keys of those without one."""
    words = fingerprint(sorted((one.kind, one.text, one.whose) for one in guard.secrets.words))
    leaks: dict[str, LeakError] = {}
    searched: dict[str, str] = {}
    for episode in state.series.episodes:
        if episode.status != "ready":
            continue
        key = fingerprint((words, fingerprint(episode)))
        if state.visibility.searched.get(episode.slug) != key:
            try:
                guard.check_talk(episode)
            except LeakError as error:
                logger.debug("%s: %s", episode.slug, error)
                leaks[episode.slug] = error
                continue
        searched[episode.slug] = key
    return leaks, searched


def _search_standing(
    state: ReleaseState, context: BuildContext, guard: LeakChecker, progress: Progress
) -> ReleaseState:
    """Searches every file under public/: documents with a leak are rendered again, or removed."""
    logger.info("search %d published files: the names to search for have changed", len(state.public))
    task = progress.start("looking for names", len(state.public))
    leaking: set[str] = set()
    try:
        for number, path in enumerate(sorted(state.public), 1):
            try:
                guard.check_file(path, context.public / path)
            except LeakError:
                leaking.add(path)
            except OSError:
                continue
            task.advance(number)
    finally:
        task.finish()
    rendered = {path: one for path, one in state.rendered.items() if path not in leaking}
    return replace(state, rendered=rendered, leaking_files=frozenset(leaking))


def leaking_episodes(state: ReleaseState, context: BuildContext) -> frozenset[str]:
    """The talks of which a file under public/ holds what must not be published; nothing else is read.

    Looked for once for every change of the words: hidden names, and those of private/people.toml.
    """
    guard = context.leak_checker
    if not isinstance(guard, LeakChecker) or _secrets_key(guard) in ("", state.visibility.secrets):
        return frozenset()
    found: set[str] = set()
    for slug in {slug for path in state.public if (slug := site_paths.slug_from_path(path)) is not None}:
        own = (path for path in state.public if site_paths.belongs_to_episode(path, slug))
        if _leaks(own, context, guard):
            found.add(slug)
    return frozenset(found)


def _leaks(paths: Iterable[str], context: BuildContext, guard: LeakChecker) -> bool:
    for path in paths:
        try:
            guard.check_file(path, context.public / path)
        except LeakError:
            return True
        except OSError:
            continue
    return False
