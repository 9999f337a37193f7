"""`publisher plan`."""

from __future__ import annotations

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
