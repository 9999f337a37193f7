"""`publisher help`."""

from __future__ import annotations

import re
from pathlib import Path

from publisher.cli import COMMANDS
from publisher.cli.help import TOPICS
from tests.cli.conftest import Folder

ROOT = Path(__file__).parent.parent.parent
MENTIONED = re.compile(r"publisher help ([a-z]+)")


def test_help_names_each_page_for_producers_with_one_line(folder: Folder) -> None:
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"architecture"}
    listed = folder.run("help").out.splitlines()
    assert {line.split(" ")[0] for line in listed if line and "`" not in line} == pages == set(TOPICS)


def test_a_page_is_printed_as_plain_text_without_links_to_files(folder: Folder) -> None:
    text = folder.run("help", "commands").out
    assert "| exit status | means |" in text
    assert "guests (`publisher help guests`)" in text
    assert not re.search(r"\]\((?!https?:)|\x1b", text)


def test_help_of_a_command_is_that_of_its_option(folder: Folder) -> None:
    assert "--accept-removals" in folder.run("help", "release").out


def test_help_answers_in_json(folder: Folder) -> None:
    topics = folder.run("help", "--json").document["topics"]
    assert [topic["topic"] for topic in topics] == list(TOPICS)
    assert folder.run("help", "guests", "--json").document["text"].startswith("# Guests")


def test_help_works_outside_of_a_series(folder: Folder, tmp_path: Path) -> None:
    folder.root = tmp_path / "nothing"
    assert folder.run("help", "catalogue").status == 0


def test_messages_name_help_topics_and_no_file_of_the_repository() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "publisher").rglob("*.py")}
    mentioned = {topic for text in sources.values() for topic in MENTIONED.findall(text)}
    assert {"catalogue", "youtube"} <= mentioned <= {*TOPICS, *COMMANDS}
    texts = {path: re.sub(r'"""(?s:.*?)"""', "", text) for path, text in sources.items()}
    assert not [path for path, text in texts.items() if re.search(r"docs/\w+\.md", text)]
