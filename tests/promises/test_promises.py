"""Every promise, also if something else fails at the same time: a table of promises and other failures.

Each cell causes the other failure, requests what is promised, and reads everything that is public
afterwards: decoded documents, tags, metadata of images, the archive, YouTube. Then the failure is
undone, and a release must repair everything. A new row is a new promise or another failure.
"""

from __future__ import annotations

import os

import pytest

from tests.promises.neighbours import NEIGHBOURS, Neighbour
from tests.promises.promises import PROMISES, Promise
from tests.promises.world import World, released_world, world

__all__ = ["released_world", "world"]

WHOLE = bool(os.environ.get("PUBLISHER_TEST_ALL"))


def cells() -> list[object]:
    """All cells; without PUBLISHER_TEST_ALL a sample with every promise and every failure."""
    chosen = []
    for row, promise in enumerate(PROMISES):
        for column, neighbour in enumerate(NEIGHBOURS):
            if neighbour.limits and not promise.by_release:
                continue
            if WHOLE or (row * 2 + column) % 9 == 0:
                chosen.append(pytest.param(promise, neighbour, id=f"{promise.name} while {neighbour.name}"))
    return chosen


@pytest.mark.parametrize(("promise", "neighbour"), cells())
def test_a_promise_is_kept(world: World, promise: Promise, neighbour: Neighbour) -> None:
    world.remember_media()
    neighbour.happen(world)
    result = promise.ask(world)
    said = result.out + result.err
    assert "Traceback" not in said, said
    left = promise.broken(world)
    if neighbour.unreadable and promise.needs_catalogue:
        # The request cannot be read: the command must not report success.
        assert (result.status, "Done" in said) == (2, False), said
    else:
        left = [one for one in left if not _is_excused(one, neighbour, said)]
        assert not left, said
    assert not world.missing_files(with_pages=result.status == 0), said
    if neighbour.is_error:
        assert result.status != 0, said
    for mend in reversed(world.mended):
        mend()
    world.mended.clear()
    if neighbour.unreadable and promise.needs_catalogue and not promise.by_release:
        # The refused request is repeated.
        promise.ask(world)
    _check_repair(world, promise)


def _is_excused(left: str, neighbour: Neighbour, said: str) -> bool:
    """Whether something could not be retracted, and the command reported that."""
    if left == neighbour.stuck:
        return left in said
    return neighbour.no_youtube and left.startswith("YouTube") and "YouTube" in said


def _check_repair(world: World, promise: Promise) -> None:
    """Without the other failure, one more release completes everything."""
    result = world.run("release")
    if result.status == 1:
        result = world.run("release")
    said = result.out + result.err
    assert "Traceback" not in said
    assert promise.broken(world) == [], said
    assert world.missing_files() == [], said
    assert world.dead_links() == [], said
    assert {"A second example", "A third example"} <= set(world.items()), said
    assert world.run("plan", "--json").document["steps"] == []
