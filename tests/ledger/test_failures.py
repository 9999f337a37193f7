"""What failed is remembered until it succeeds or something else is asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from publisher.errors import MediaError
from publisher.leaks import Secret, Secrets
from publisher.leaks.checker import LeakChecker
from publisher.ledger import failures
from publisher.ledger.failures import FailureRecord
from publisher.outputs.youtube.errors import Unfinished
from publisher.plan import Selection
from tests.conftest import NOW
from tests.run.test_runner import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def standing(house: House) -> list[tuple[str, str | None, str]]:
    state = house.gather()
    found = failures.unresolved(failures.load(house.context.work), house.plan(), state.series)
    return [(one.output, one.slug, one.reason) for one in found]


def test_a_failed_step_is_stored_until_it_succeeds(house: House) -> None:
    house.maker.failing["first"] = MediaError("first: no sound")
    house.release()
    assert standing(house) == [("audio", "first", "first: no sound")]
    house.maker.failing.clear()
    house.release()
    assert standing(house) == []
    assert not (house.context.work / failures.FILE).exists()


def test_a_failed_step_is_forgotten_when_its_inputs_change(house: House) -> None:
    house.maker.failing["first"] = MediaError("first: no sound")
    house.release()
    house.edit("first", summary="another take")
    assert standing(house) == []


def test_a_failure_is_on_disk_before_the_other_steps_end(house: House) -> None:
    house.maker.failing = {"first": MediaError("first: no sound"), "second": KeyboardInterrupt()}
    house.context = replace(house.context, jobs=1)
    with pytest.raises(KeyboardInterrupt):
        house.release()
    assert standing(house) == [("audio", "first", "first: no sound")]


def test_the_failure_of_a_page_belongs_to_its_episode_only(house: House) -> None:
    house.release()
    house.edit("first", title="Broken")
    house.pages.failing_path = "episodes/first/index.html"
    house.release()
    assert standing(house) == [("pages", "first", "episodes/first/index.html: the template is broken")]
    house.edit("second", title="Another")
    assert len(standing(house)) == 1
    house.edit("first", title="Other")
    assert standing(house) == []


def test_a_withheld_episode_is_reported_until_its_texts_change(house: House) -> None:
    house.release()
    house.context = replace(
        house.context, leak_checker=LeakChecker(Secrets((Secret("name", "Nemo Exemplarius"),)))
    )
    house.edit("first", title="With Nemo Exemplarius")
    house.release(Selection(outputs=frozenset({"pages"})))
    assert [one[:2] for one in standing(house)] == [("pages", "first")]
    house.edit("first", title="Without")
    assert standing(house) == []


def test_a_step_that_only_waits_has_not_failed(house: House) -> None:
    house.maker.failing["first"] = Unfinished("still processing")
    assert house.release().failed
    assert standing(house) == []


def test_an_unreadable_file_counts_as_no_failures(tmp_path: Path) -> None:
    failures.save(tmp_path, [FailureRecord("audio", "first", {}, "no sound", NOW)])
    assert failures.load(tmp_path) == (FailureRecord("audio", "first", {}, "no sound", NOW),)
    (tmp_path / failures.FILE).write_text('[{"output": "audio"', encoding="utf-8")
    assert failures.load(tmp_path) == ()
