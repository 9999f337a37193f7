"""Every promise, also when something else fails at the same time: a table of promises and neighbours.

Each cell brings the neighbour about, asks for what is promised, and reads everything that is public
afterwards: documents decoded, tags, metadata of pictures, the archive, YouTube. Then the neighbour is
put right, and a release has to bring everything in order. A new row is a new promise or neighbour.
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
    """All cells; of them, without PUBLISHER_TEST_ALL, every promise and every neighbour at least once."""
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
        # What is asked for cannot be read; then nothing is claimed.
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
        # What was refused is asked for again.
        promise.ask(world)
    _comes_in_order(world, promise)


def _is_excused(left: str, neighbour: Neighbour, said: str) -> bool:
    """Whether something could not be taken back, and the command said so."""
    if left == neighbour.stuck:
        return left in said
    return neighbour.no_youtube and left.startswith("YouTube") and "YouTube" in said


def _comes_in_order(world: World, promise: Promise) -> None:
    """The neighbour put right, one release more does what is left."""
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
