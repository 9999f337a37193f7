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
from tests.run.test_runner import SeriesFolder


@pytest.fixture
def folder(tmp_path: Path) -> SeriesFolder:
    return SeriesFolder(tmp_path)


def standing(folder: SeriesFolder) -> list[tuple[str, str | None, str]]:
    state = folder.gather()
    found = failures.unresolved(failures.load(folder.context.work), folder.plan(), state.series)
    return [(one.output, one.slug, one.reason) for one in found]


def test_a_failed_step_is_stored_until_it_succeeds(folder: SeriesFolder) -> None:
    folder.maker.failing["first"] = MediaError("first: no sound")
    folder.release()
    assert standing(folder) == [("audio", "first", "first: no sound")]
    folder.maker.failing.clear()
    folder.release()
    assert standing(folder) == []
    assert not (folder.context.work / failures.FILE).exists()


def test_a_failed_step_is_forgotten_when_its_inputs_change(folder: SeriesFolder) -> None:
    folder.maker.failing["first"] = MediaError("first: no sound")
    folder.release()
    folder.edit("first", summary="another take")
    assert standing(folder) == []


def test_a_failure_is_on_disk_before_the_other_steps_end(folder: SeriesFolder) -> None:
    folder.maker.failing = {"first": MediaError("first: no sound"), "second": KeyboardInterrupt()}
    folder.context = replace(folder.context, jobs=1)
    with pytest.raises(KeyboardInterrupt):
        folder.release()
    assert standing(folder) == [("audio", "first", "first: no sound")]


def test_the_failure_of_a_page_belongs_to_its_episode_only(folder: SeriesFolder) -> None:
    folder.release()
    folder.edit("first", title="Broken")
    folder.pages.failing_path = "episodes/first/index.html"
    folder.release()
    assert standing(folder) == [("pages", "first", "episodes/first/index.html: the template is broken")]
    folder.edit("second", title="Another")
    assert len(standing(folder)) == 1
    folder.edit("first", title="Other")
    assert standing(folder) == []


def test_a_withheld_episode_is_reported_until_its_texts_change(folder: SeriesFolder) -> None:
    folder.release()
    folder.context = replace(
        folder.context, leak_checker=LeakChecker(Secrets((Secret("name", "Nemo Exemplarius"),)))
    )
    folder.edit("first", title="With Nemo Exemplarius")
    folder.release(Selection(outputs=frozenset({"pages"})))
    assert [one[:2] for one in standing(folder)] == [("pages", "first")]
    folder.edit("first", title="Without")
    assert standing(folder) == []


def test_a_step_that_only_waits_has_not_failed(folder: SeriesFolder) -> None:
    folder.maker.failing["first"] = Unfinished("still processing")
    assert folder.release().failed
    assert standing(folder) == []


def test_an_unreadable_file_counts_as_no_failures(tmp_path: Path) -> None:
    failures.save(tmp_path, [FailureRecord("audio", "first", {}, "no sound", NOW)])
    assert failures.load(tmp_path) == (FailureRecord("audio", "first", {}, "no sound", NOW),)
    (tmp_path / failures.FILE).write_text('[{"output": "audio"', encoding="utf-8")
    assert failures.load(tmp_path) == ()
