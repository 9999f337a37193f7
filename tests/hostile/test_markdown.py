"""Hostile Markdown becomes documents of bounded size, in bounded memory.

All of `markdown.TEXTS` are tested with ``PUBLISHER_TEST_HOSTILE=1`` (`make hostile`), otherwise only
`DEFAULT_CASES`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from publisher.render.markdown import html
from tests.hostile.markdown import SIZE, TEXTS

REPOSITORY = Path(__file__).parent.parent.parent
MAX_MEMORY = 512 << 20
"""Limit of the process's memory; Python and the libraries take 90 MB of it."""

MAX_HTML = 20 * SIZE
MAX_PLAIN = 4 * SIZE
MAX_NESTING = 70
"""20 nested blocks, each a list with its items, and 20 nested marks."""

DEFAULT_CASES = (
    "one long address",
    "one long title",
    "ten long addresses",
    "nested brackets",
    "nested emphasis",
    "nested quotes",
    "tables of one row",
    "tabs",
    "times",
)
RUN_ALL = bool(os.environ.get("PUBLISHER_TEST_HOSTILE") or os.environ.get("PUBLISHER_TEST_ALL"))
CHOSEN = list(TEXTS) if RUN_ALL else list(DEFAULT_CASES)


def measure(name: str) -> list[int] | str:
    """The lengths of a text, its HTML and its plain text, and the depth of nesting; or the error output."""
    command = [sys.executable, "-m", "tests.hostile.markdown", str(MAX_MEMORY), name]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert result.stdout, result.stderr
    (_, *sizes) = json.loads(result.stdout.splitlines()[-1])
    # The sizes are missing if the process ended while rendering the text.
    return sizes or result.stderr[-800:]


@pytest.mark.parametrize("name", CHOSEN)
def test_120_kb_of_markdown_become_bounded_documents_in_bounded_memory(name: str) -> None:
    sizes = measure(name)
    assert isinstance(sizes, list), f"failed within {MAX_MEMORY >> 20} MB: {sizes}"
    size, html_size, plain_size, nesting = sizes
    assert size > SIZE // 2
    assert html_size <= MAX_HTML
    assert plain_size <= MAX_PLAIN
    assert nesting <= MAX_NESTING


def test_references_of_ordinary_notes_are_all_resolved() -> None:
    definitions = "\n".join(f"[a{n}]: https://example.org/{n} 'Title {n}'" for n in range(500))
    uses = " ".join(f"[text][a{n}], [a{n}][] and ![a{n}]" for n in range(500))
    output = html(f"{definitions}\n\n{uses}", lambda seconds: None)
    assert output.count("<a href=") == 1500


def test_references_beyond_the_limit_stay_text_and_later_short_ones_are_resolved() -> None:
    notes = f"[a]: http://e.org/{'x' * 60_000}\n[b]: http://e.org/b\n\n[a] [a] [b]"
    output = html(notes, lambda seconds: None)
    assert output.count("x" * 60_000) == 1
    assert output.endswith('>a</a> [a] <a href="http://e.org/b">b</a></p>')


@pytest.mark.parametrize("times", ["[0:01] " * 15_000, "- [0:01]\n" * 13_000])
def test_times_beyond_the_limit_stay_text(times: str) -> None:
    url = "https://example.org/" + "x" * 2000
    output = html(times, lambda seconds: url)
    assert 400 < output.count(url) < 600
    assert output.count("0:01") == times.count("0:01")


def test_emphasis_nested_too_deep_keeps_its_words() -> None:
    output = html("*a " * 50 + "b" + " c*" * 50, lambda seconds: None)
    assert output.count("<em>") == output.count("</em>") == 20
    assert output.count("a ") == output.count(" c") == 50
