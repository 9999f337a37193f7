"""Searches what is gathered for what must not be published: the texts of talks, and what stands already.

Texts are searched when they or the words to search for have changed; what stands under public/ is
searched once for every change of these words.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from publisher import addresses
from publisher.errors import LeakError
from publisher.fingerprint import fingerprint
from publisher.gathered import Gathered
from publisher.leaks.guard import Guard
from publisher.progress import Progress
from publisher.workbench import Workbench

logger = logging.getLogger(__name__)

OF_THIS_MACHINE = "of this machine"
"""How the kinds of words end that are not the producer's: they change with the machine."""


def search_gathered(gathered: Gathered, bench: Workbench, progress: Progress) -> Gathered:
    """What was gathered, with what was found in it."""
    guard = bench.guard
    if not isinstance(guard, Guard):
        return gathered
    leaks, searched = _search_texts(gathered, guard)
    secrets = _secrets_key(guard)
    if secrets and secrets != gathered.visibility.secrets and gathered.public:
        gathered = _search_standing(gathered, bench, guard, progress)
    return replace(gathered, searched=searched, secrets=secrets, leaks=leaks)


def _secrets_key(guard: Guard) -> str:
    words = sorted(
        (one.kind, one.text, one.whose)
        for one in guard.secrets.words
        if not one.kind.endswith(OF_THIS_MACHINE)
    )
    return fingerprint(words) if words else ""


def _search_texts(gathered: Gathered, guard: Guard) -> tuple[dict[str, LeakError], dict[str, str]]:
    """The leaks in the texts of talks that may be seen, and the keys of those without one."""
    words = fingerprint(sorted((one.kind, one.text, one.whose) for one in guard.secrets.words))
    leaks: dict[str, LeakError] = {}
    searched: dict[str, str] = {}
    for episode in gathered.series.episodes:
        if episode.status != "ready":
            continue
        key = fingerprint((words, fingerprint(episode)))
        if gathered.visibility.searched.get(episode.slug) != key:
            try:
                guard.check_talk(episode)
            except LeakError as error:
                logger.debug("%s: %s", episode.slug, error)
                leaks[episode.slug] = error
                continue
        searched[episode.slug] = key
    return leaks, searched


def _search_standing(gathered: Gathered, bench: Workbench, guard: Guard, progress: Progress) -> Gathered:
    """Searches every file under public/: documents with a leak are rendered again, or removed."""
    logger.info("search %d published files: the names to search for have changed", len(gathered.public))
    task = progress.start("looking for names", len(gathered.public))
    leaking: set[str] = set()
    try:
        for number, path in enumerate(sorted(gathered.public), 1):
            try:
                guard.check_file(path, bench.public / path)
            except LeakError:
                leaking.add(path)
            except OSError:
                continue
            task.advance(number)
    finally:
        task.finish()
    rendered = {path: one for path, one in gathered.rendered.items() if path not in leaking}
    return replace(gathered, rendered=rendered, leaking_files=frozenset(leaking))


def talks_that_leak(gathered: Gathered, bench: Workbench) -> frozenset[str]:
    """The talks of which a file under public/ holds what must not be published; nothing else is read.

    Looked for once for every change of the words: hidden names, and those of private/people.toml.
    """
    guard = bench.guard
    if not isinstance(guard, Guard) or _secrets_key(guard) in ("", gathered.visibility.secrets):
        return frozenset()
    found: set[str] = set()
    for slug in {slug for path in gathered.public if (slug := addresses.talk_of(path)) is not None}:
        own = (path for path in gathered.public if addresses.is_of_talk(path, slug))
        if _leaks(own, bench, guard):
            found.add(slug)
    return frozenset(found)


def _leaks(paths: Iterable[str], bench: Workbench, guard: Guard) -> bool:
    for path in paths:
        try:
            guard.check_file(path, bench.public / path)
        except LeakError:
            return True
        except OSError:
            continue
    return False
