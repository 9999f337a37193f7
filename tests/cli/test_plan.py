"""`publisher plan`."""

from __future__ import annotations

import re

import pytest

from publisher.cli import document_changes, plan_report
from publisher.cli.changes import PlaceChange, TalkChange
from publisher.estimates import Estimate
from tests.cli.conftest import Folder, write_tone


def test_plan_shows_the_changes_of_the_feed(folder: Folder) -> None:
    first = folder.run("plan", "--json").document["feed"]
    assert [(change["title"], change["action"]) for change in first] == [("What is an example?", "add")]
    folder.run("release")
    folder.edit('summary = "First Guest talks about examples."', 'summary = "Another summary."')
    (change,) = folder.run("plan", "--json").document["feed"]
    assert (change["action"], change["changes"]) == ("change", ["description", "notes"])
    assert "In the feed:" in folder.run("plan").out


def test_plan_lists_feed_xml_and_index_html_first(folder: Folder) -> None:
    reasons = {step["output"]: step["reason"] for step in folder.run("plan", "--json").document["steps"]}
    assert reasons["feed"].startswith("new: feed.xml, ")
    assert "index.html" in reasons["pages"]


def test_plan_shows_changes_in_the_archive_but_not_moved_items(folder: Folder) -> None:
    folder.edit("[people.first-guest]", "[feed]\nlimit = 1\n\n[people.first-guest]")
    for number, slug in enumerate(("second-talk", "third-talk", "fourth-talk"), 2):
        add_talk(folder, slug, f"2021-02-0{number}T18:00:00+01:00")
        if slug != "fourth-talk":
            assert folder.run("release").status == 0
    folder.edit('summary = "First Guest talks about examples."', 'summary = "Another summary."')
    found = folder.run("plan", "--json").document["feed"]
    assert [(each["title"], each["action"], each["changes"]) for each in found if each["guid"]] == [
        ("fourth-talk", "add", []),
        ("What is an example?", "change", ["description", "notes"]),
    ]


def add_talk(folder: Folder, slug: str, date: str) -> None:
    write_tone(folder.root / "episodes" / slug / "recording.wav", seconds=2.0)
    talk = f'\n[[episode]]\nslug = "{slug}"\ntitle = "{slug}"\ndate = {date}\nrecording = "recording.wav"\n'
    path = folder.root / "episodes.toml"
    path.write_text(path.read_text(encoding="utf-8") + talk, encoding="utf-8")


def test_an_unknown_talk_or_output_is_a_usage_error(folder: Folder) -> None:
    result = folder.run("plan", "first-tlak")
    assert (result.status, 'did you mean "first-talk"?' in result.err) == (2, True)
    assert folder.run("plan", "--only", "audoi").status == 2


def test_plan_says_talk_by_talk_what_the_public_will_notice_and_then_the_cost(folder: Folder) -> None:
    said = folder.run("plan").out
    assert said.startswith(
        "What is an example? (first-talk)\n"
        "  In the feed: new, less than a minute\n"
        "  On the site: new page\n"
        "The series\n"
    )
    assert "\nCost: a few seconds: 1 talk, less than a minute of sound.\n" in said
    assert not re.search(r"follows|seconds of sound|handler_name|\.html", said)


@pytest.mark.released
def test_plan_shows_a_changed_title_before_and_after_and_exactly_the_files_that_change(
    folder: Folder,
) -> None:
    folder.edit('title = "What is an example?"', 'title = "Examples"')
    said = folder.run("plan").out
    assert "    title: “What is an example?” → “Examples”\n" in said
    assert "  On the site: page (title, cover, audio)," in said
    assert "Cost: a few seconds: 1 talk without encoding.\n" in said
    planned = folder.run("plan", "--json").document["files"]
    assert set(planned["changed"]) == set(folder.run("release", "--json").document["written"])
    assert "new" not in planned and "removed" not in planned


@pytest.mark.released
def test_a_document_whose_bytes_stay_the_same_is_not_announced(folder: Folder) -> None:
    (folder.root / ".publisher/rendered.json").unlink()
    planned = folder.run("plan", "--json").document
    assert {step["output"] for step in planned["steps"]} == {"pages", "feed"}
    assert "talks" not in planned and "files" not in planned
    assert folder.run("plan").out.startswith("Nothing changes for listeners and viewers.\n")
    assert folder.run("release", "--json").document["written"] == []


@pytest.mark.released
def test_of_many_changed_documents_the_pages_of_talks_are_compared_and_the_others_count_as_changed(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_changes, "MAX_COMPARED", 1)
    folder.edit('title = "What is an example?"', 'title = "Examples"')
    assert "    title: “What is an example?” → “Examples”\n" in folder.run("plan").out
    planned = folder.run("plan", "--json").document["files"]
    assert set(planned["changed"]) >= set(folder.run("release", "--json").document["written"])
    (folder.root / ".publisher/rendered.json").unlink()
    assert folder.run("plan").out.startswith("Nothing changes for listeners and viewers.\n")


@pytest.mark.released
def test_only_verbose_lists_the_files(folder: Folder) -> None:
    folder.edit('summary = "First Guest talks about examples."', 'summary = "Another summary."')
    assert "index.html" not in folder.run("plan").out
    said = folder.run("plan", "--verbose").out
    assert "changed   episodes/first-talk/index.html\n" in said
    assert re.search(r"new tags  media/first-talk\.\*\.mp3 +changed: summary\n", said)


@pytest.mark.released
def test_a_withdrawn_talk_comes_first_although_a_template_is_broken(folder: Folder) -> None:
    template = folder.root / "templates/episode.html"
    template.parent.mkdir()
    template.write_text("{{ nothing.at.all }}", encoding="utf-8")
    folder.edit('slug = "first-talk"', 'slug = "first-talk"\nstatus = "withdrawn"')
    said = folder.run("plan").out
    first = "  What is an example? (first-talk): withdrawn; removed from the feed and the site\n"
    assert said.startswith(f"Taken back first, whatever else happens\n{first}")
    assert "In the feed" not in said
    (taken,) = folder.run("plan", "--json").document["taken_back"]
    assert (taken["places"], taken["reason"]) == (["feed", "pages"], "withdrawn")
    assert "episodes/first-talk/cover.jpg" in taken["files"]
    template.unlink()
    folder.run("release")
    folder.edit('title = "Example Talks"', 'title = "Sample Talks"')
    assert "Taken back" not in folder.run("plan").out, "it was taken back by the release before"


@pytest.mark.released
def test_an_error_elsewhere_does_not_hide_what_is_taken_back(folder: Folder) -> None:
    folder.edit('slug = "first-talk"', 'slug = "first-talk"\nstatus = "withdrawn"')
    folder.edit('title = "Example Talks"', 'title = "Example Talks"\ntypo = 1')
    result = folder.run("plan")
    assert result.status == 2
    assert "In spite of the errors, `publisher release` hides or removes this:\n" in result.out
    assert "What is an example? (first-talk): withdrawn; removed from the feed and the site\n" in result.out


def test_a_talk_that_is_not_selected_or_not_due_is_not_announced(folder: Folder) -> None:
    add_talk(folder, "second-talk", "2021-02-02T18:00:00+01:00")
    add_talk(folder, "embargoed-talk", "2031-02-02T18:00:00+01:00")
    talks = folder.run("plan", "second-talk", "--json").document["talks"]
    assert [talk["episode"] for talk in talks] == ["second-talk", None]
    assert "person" not in talks[1]["pages"]["text"], "only the other talk has a guest"
    assert "embargoed" not in folder.run("plan").out


def talk(number: int, text: str = "page (links)") -> TalkChange:
    return TalkChange(f"talk-{number}", f"Talk {number}", (PlaceChange("pages", text, seconds=90.0),))


def test_many_talks_with_the_same_change_are_one_group(capsys: pytest.CaptureFixture[str]) -> None:
    plan_report._print_talks((*(talk(number) for number in range(20)), talk(20, "new page")), False)
    assert capsys.readouterr().out == (
        "20 talks: Talk 0; Talk 1; Talk 2 and 17 more\n"
        "  On the site: page (links), 30 minutes together\n"
        "Talk 20 (talk-20)\n"
        "  On the site: new page, 2 minutes\n"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3, "a few seconds"),
        (50, "about a minute"),
        (251, "about 4 minutes"),
        (1900, "about 30 minutes"),
        (3500, "about 1 hour"),
        (4700, "about 1 hour 20 minutes"),
        (40_000, "about 11 hours"),
    ],
)
def test_an_estimate_is_rounded_as_one(seconds: float, text: str) -> None:
    assert plan_report.format_estimate(seconds) == text


def test_the_cost_names_talks_minutes_and_uploads_whose_time_is_unknown() -> None:
    cost = Estimate(240.0, 2, 7080.0, 3540.0, uploads=1, unknown_uploads=1, updates=1)
    assert plan_report.format_cost(cost) == (
        "about 4 minutes and the time for uploading: 2 talks (1 of them without encoding), "
        "118 minutes of sound, 59 minutes of picture, 1 upload"
    )


def test_a_plan_of_many_talks_begins_with_a_summary_and_ends_with_the_number_of_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    series = TalkChange(None, "The series", (PlaceChange("pages", "list of talks"),))
    talks = (*(talk(number, f"page ({number})") for number in range(9_990)), talk(9_990, "new page"), series)
    plan_report._print_talks(talks, False)
    first, *printed, last = capsys.readouterr().out.splitlines()
    assert first == "9991 talks change: 1 new on the site, 9990 changed on the site"
    assert printed[-2:] == ["The series", "  On the site: list of talks"]
    assert sum(line.startswith("Talk ") for line in printed) == plan_report.MAX_PRINTED - 1
    assert last == "9932 more talks: `publisher plan --verbose` lists every one."
    plan_report._print_talks(talks, True)
    assert "Talk 9990 (talk-9990)" in capsys.readouterr().out
